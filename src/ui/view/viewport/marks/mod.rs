//! Measurements, notes and key images over an image: painted, found under the pointer, drawn by the mouse, typed.

mod hit;
mod label;
mod mouse;
mod paint;
mod typing;

pub use self::{
    mouse::{Held, pointer},
    paint::{paint_key_image, paint_marks},
    typing::typing_ui,
};

use egui::Pos2;

use crate::{
    markup::{Point, Shape},
    ui::state::transform::Transform,
};

/// The outline of a shape on screen.
fn outline(shape: &Shape, transform: &Transform) -> Vec<Pos2> {
    shape.outline().into_iter().map(|point| on_screen(point, transform)).collect()
}

fn on_screen(point: Point, transform: &Transform) -> Pos2 {
    transform.screen_from_pixel(point)
}
