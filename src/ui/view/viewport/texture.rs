//! Slices as textures of their own size; the GPU scales them.

use std::collections::HashMap;

use egui::{Color32, ColorImage, Context, TextureHandle, TextureId, TextureOptions};

use crate::{
    raster::{Slice, Window},
    ui::state::pane::{self, Pane, PaneId},
    worker::SliceKey,
};

/// What a texture shows; another key needs new grey values.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Key {
    slice: SliceKey,
    window: Window,
    inverted: bool,
    smooth: bool,
}

/// One texture for each pane on screen.
#[derive(Default)]
pub struct Textures(HashMap<PaneId, (Key, TextureHandle)>);

impl Textures {
    /// The texture of a slice in a pane's window.
    pub fn get(
        &mut self,
        ctx: &Context,
        id: PaneId,
        key: SliceKey,
        slice: &Slice,
        pane: &Pane,
        smooth: bool,
    ) -> TextureId {
        let window = pane.window.unwrap_or_else(|| pane::file_window(slice));
        let key = Key { slice: key, window, inverted: pane.inverted != slice.inverted, smooth };
        let options = if smooth { TextureOptions::LINEAR } else { TextureOptions::NEAREST };
        if let Some((old, texture)) = self.0.get_mut(&id) {
            if *old != key {
                texture.set(grey(slice, window, key.inverted), options);
                *old = key;
            }
            return texture.id();
        }
        let texture = ctx.load_texture(format!("pane {}", id.index), grey(slice, window, key.inverted), options);
        let name = texture.id();
        self.0.insert(id, (key, texture));
        name
    }

    /// Lets go of the textures of panes that are not on screen.
    pub fn keep_only(&mut self, visible: &[PaneId]) {
        self.0.retain(|id, _| visible.contains(id));
    }
}

fn grey(slice: &Slice, window: Window, inverted: bool) -> ColorImage {
    let size = [slice.columns() as usize, slice.rows() as usize];
    ColorImage::new(size, slice.greys(window, inverted, Color32::from_gray))
}
