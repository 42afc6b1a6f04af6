//! Slices as textures of their own size; the GPU scales them.

use std::collections::HashMap;

use egui::{ColorImage, Context, TextureHandle, TextureId, TextureOptions};

use crate::{
    raster::{Slice, Window},
    ui::pane::{self, Pane},
    worker::SliceKey,
};

/// What a texture shows; another key needs new grey values.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Key {
    slice: SliceKey,
    window: Window,
    inverted: bool,
}

/// One texture for each pane.
#[derive(Default)]
pub struct Textures(HashMap<usize, (Key, TextureHandle)>);

impl Textures {
    /// The texture of a slice in a pane's window.
    pub fn get(&mut self, ctx: &Context, index: usize, key: SliceKey, slice: &Slice, pane: &Pane) -> TextureId {
        let window = pane.window.unwrap_or_else(|| pane::file_window(slice));
        let key = Key { slice: key, window, inverted: pane.inverted != slice.inverted };
        if let Some((old, texture)) = self.0.get_mut(&index) {
            if *old != key {
                texture.set(grey(slice, window, key.inverted), TextureOptions::LINEAR);
                *old = key;
            }
            return texture.id();
        }
        let image = grey(slice, window, key.inverted);
        let texture = ctx.load_texture(format!("pane {index}"), image, TextureOptions::LINEAR);
        let id = texture.id();
        self.0.insert(index, (key, texture));
        id
    }
}

fn grey(slice: &Slice, window: Window, inverted: bool) -> ColorImage {
    let size = [slice.columns() as usize, slice.rows() as usize];
    let grey: Vec<u8> = slice.values().iter().map(|&v| window.grey(v, inverted)).collect();
    ColorImage::from_gray(size, &grey)
}
