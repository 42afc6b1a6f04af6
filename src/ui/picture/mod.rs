//! Pictures of panes that leave the program, as files or by the clipboard: what is seen, painted once more off screen,
//! with what has to be said of it burned in and nothing that names the patient.

mod clipboard;
mod png;
pub mod raster;

use egui::{Context, FontId, FullOutput, Pos2, RawInput, Rect, Vec2, ViewportId, epaint::ClippedPrimitive, vec2};
use image::RgbaImage;

pub use self::{clipboard::Clipboard, png::save};
use super::{
    picture::raster::{MissingTexture, Raster},
    state::{export::PictureOf, layout, pane::PaneId, session::Session, viewer::Viewer},
    view::{
        panels::cautions,
        theme,
        viewport::{self, Textures},
    },
};

/// Pixels of a picture for a point of the window, at least: letters stay sharp on paper.
const LEAST_SCALE: f32 = 2.0;
/// No picture is longer or wider, in pixels.
const MOST_PIXELS: f32 = 16_384.0;
/// Of a pane that was never on screen, in points.
const SIZE: Vec2 = vec2(480.0, 640.0);
/// Around the words of the strip.
const MARGIN: Vec2 = vec2(8.0, 4.0);

/// A picture that is laid out and not painted yet: that takes longer, and can be done on any thread.
pub struct Sketch {
    /// What has to be said of it; it is burned in too.
    pub cautions: Vec<String>,
    raster: Raster,
    primitives: Vec<ClippedPrimitive>,
    size: [u32; 2],
    scale: f32,
}

impl Sketch {
    /// Lays out what is on screen now; `None` where there is no image. At least two pixels for a point of the window,
    /// more where the screen is finer.
    pub fn new(viewer: &Viewer, of: PictureOf) -> Option<Self> {
        let rows = match of {
            PictureOf::Pane => vec![vec![viewer.active_pane()?]],
            PictureOf::AllPanes => viewer.rows(),
        };
        if !rows.iter().flatten().any(|&id| viewer.shown_in(id).is_some()) {
            return None;
        }
        let sizes: Vec<Vec<Vec2>> =
            rows.iter().map(|row| row.iter().map(|&id| size_of(viewer, id)).collect()).collect();
        let panes = layout::whole(&sizes);
        let cautions = cautions(&studies(viewer, &rows));
        let scale = viewer.screen.pixels_per_point.max(LEAST_SCALE);
        let (ctx, textures) = (Context::default(), &mut Textures::default());
        theme::install_fonts(&ctx);
        theme::apply(&ctx, viewer.settings.theme);
        let mut whole = panes;
        let mut output = ctx.run_ui(input(panes + vec2(0.0, panes.y + 400.0), scale), |ui| {
            let strip = strip_ui(ui, &cautions, panes.x);
            whole = vec2(panes.x, strip + panes.y);
            let area = Rect::from_min_size(Pos2::new(0.0, strip), panes);
            for (id, rect) in layout::grid(area, &rows) {
                viewport::picture_ui(ui, viewer, textures, id, rect);
            }
        });
        let mut raster = Raster::default();
        raster.take_in(&mut output.textures_delta);
        let FullOutput { shapes, pixels_per_point: scale, .. } = output;
        let primitives = ctx.tessellate(shapes, scale);
        // Enough of a huge picture is better than none.
        let size = whole * scale;
        let size = [size.x, size.y].map(|side| side.round().clamp(1.0, MOST_PIXELS) as u32);
        Some(Self { cautions, raster, primitives, size, scale })
    }

    /// Its pixels.
    pub fn paint(&self) -> Result<RgbaImage, MissingTexture> {
        self.raster.paint(&self.primitives, self.size, self.scale)
    }
}

/// A window of any size, in which nothing happens.
fn input(size: Vec2, scale: f32) -> RawInput {
    let mut input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)), ..RawInput::default() };
    input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point = Some(scale);
    input
}

/// With its edge, as it was last on screen.
fn size_of(viewer: &Viewer, id: PaneId) -> Vec2 {
    viewer.pane(id).map(|(_, pane)| pane.area).filter(|&area| area != Vec2::ZERO).unwrap_or(SIZE) + Vec2::splat(2.0)
}

/// Whose images are in the picture, from the top.
fn studies<'a>(viewer: &'a Viewer, rows: &[Vec<PaneId>]) -> Vec<&'a Session> {
    let mut ids: Vec<_> = rows.iter().flatten().map(|pane| pane.session).collect();
    ids.dedup();
    ids.into_iter().filter_map(|id| viewer.find(id)).collect()
}

/// What has to be said, above the images. Returns how high it is.
fn strip_ui(ui: &egui::Ui, cautions: &[String], width: f32) -> f32 {
    let palette = theme::of(ui);
    let font = FontId::new(13.0, theme::bold());
    let words = ui.painter().layout(cautions.join("  |  "), font, palette.banner_text, width - 2.0 * MARGIN.x);
    let height = (words.size().y + 2.0 * MARGIN.y).ceil();
    ui.painter().rect_filled(Rect::from_min_size(Pos2::ZERO, vec2(width, height)), 0.0, palette.banner);
    ui.painter().galley(Pos2::ZERO + MARGIN, words, palette.banner_text);
    height
}
