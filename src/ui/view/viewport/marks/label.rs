//! Where the text of a mark stands: beside it, never on the line that is measured.

use egui::{Align2, Painter, Pos2, Rect, Vec2, vec2};

use super::outline;
use crate::{
    markup::{Mark, Measurement, Shape, lines},
    ui::{state::transform::Transform, view::theme},
};

/// Size of the text.
pub const SIZE: f32 = 12.5;
/// Between a mark and its text.
const GAP: f32 = 8.0;

/// The text of a mark, one string; empty for a shape that is not pulled out yet.
pub fn text(mark: &Mark, measurement: &Measurement) -> String {
    if mark.shape.is_degenerate() { mark.text.clone() } else { lines(mark, measurement).join("\n") }
}

/// How large a text is on screen.
pub fn size(painter: &Painter, text: &str) -> Vec2 {
    let font = egui::FontId::proportional(SIZE);
    painter.layout_no_wrap(text.to_owned(), font, theme::MARK).size()
}

/// Where the text of a mark stands in a pane.
pub fn place(shape: &Shape, transform: &Transform, size: Vec2, pane: Rect) -> Rect {
    let line = outline(shape, transform);
    let at = match shape {
        Shape::Note { .. } => beside(Rect::from_min_size(line[0], Vec2::ZERO), Align2::LEFT_TOP, size, 0.0),
        Shape::Arrow { .. } => {
            // On from the tail, away from the tip.
            let side = if line[0].x <= line[1].x { Align2::LEFT_CENTER } else { Align2::RIGHT_CENTER };
            beside(Rect::from_min_size(line[1], Vec2::ZERO), side, size, GAP)
        }
        _ => free(&line, size, pane),
    };
    let slack = (pane.size() - size).max(Vec2::ZERO);
    Rect::from_min_size(at.min.clamp(pane.min, pane.min + slack), size)
}

/// A text on one side of a rectangle: its anchor is the edge that it turns to the rectangle.
fn beside(of: Rect, anchor: Align2, size: Vec2, gap: f32) -> Rect {
    let away = -anchor.to_sign();
    let from = of.center() + away * -0.5 * vec2(-of.width(), -of.height()) + away * gap;
    anchor.anchor_size(from, size)
}

/// The first place beside the end of a line, or beside the whole of it, that lies in the pane and off the line.
fn free(line: &[Pos2], size: Vec2, pane: Rect) -> Rect {
    let whole = Rect::from_points(line);
    let end = line.last().map_or(whole, |&end| Rect::from_min_size(end, Vec2::ZERO));
    let is_closed = line.len() > 3 && line.first() == line.last();
    let sides = [Align2::LEFT_CENTER, Align2::CENTER_TOP, Align2::RIGHT_CENTER, Align2::CENTER_BOTTOM];
    let of_end = sides.iter().map(|&side| beside(end, side, size, GAP)).filter(|_| !is_closed);
    let of_whole = sides.iter().map(|&side| beside(whole, side, size, GAP));
    let mut candidates = of_end.chain(of_whole);
    let is_free = |place: &Rect| {
        let covers = if is_closed { place.intersects(whole) } else { crosses(line, place.expand(2.0)) };
        pane.contains_rect(*place) && !covers
    };
    candidates.find(is_free).unwrap_or_else(|| beside(whole, Align2::LEFT_CENTER, size, GAP))
}

/// Whether a line of several segments touches a rectangle.
fn crosses(line: &[Pos2], rect: Rect) -> bool {
    let is_single = line.len() == 1 && rect.contains(line[0]);
    is_single || line.windows(2).any(|ends| segment_crosses(ends[0], ends[1], rect))
}

/// Liang and Barsky: the part of the segment between all four edges is not empty.
fn segment_crosses(a: Pos2, b: Pos2, rect: Rect) -> bool {
    let way = b - a;
    let (mut from, mut to) = (0.0f32, 1.0f32);
    for (step, room) in [
        (-way.x, a.x - rect.left()),
        (way.x, rect.right() - a.x),
        (-way.y, a.y - rect.top()),
        (way.y, rect.bottom() - a.y),
    ] {
        if step == 0.0 {
            if room < 0.0 {
                return false;
            }
        } else if step < 0.0 {
            from = from.max(room / step);
        } else {
            to = to.min(room / step);
        }
    }
    from <= to
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;
    use proptest::prelude::*;

    const PANE: Rect = Rect { min: pos2(0.0, 0.0), max: pos2(400.0, 600.0) };

    proptest! {
        #[test]
        fn the_text_of_a_line_lies_in_the_pane_and_off_the_line(
            ax in 0f32..400.0, ay in 0f32..600.0, bx in 0f32..400.0, by in 0f32..600.0
        ) {
            let (line, size) = ([pos2(ax, ay), pos2(bx, by)], vec2(60.0, 18.0));
            let place = free(&line, size, PANE);
            prop_assert!(PANE.contains_rect(place));
            // Every point of the line by itself.
            for step in 0..=400 {
                let at = line[0] + (line[1] - line[0]) * (step as f32 / 400.0);
                prop_assert!(!place.contains(at), "{place:?} covers {at:?}");
            }
        }

        #[test]
        fn a_segment_crosses_a_rectangle_when_one_of_its_points_lies_in_it(
            ax in 0f32..100.0, ay in 0f32..100.0, bx in 0f32..100.0, by in 0f32..100.0
        ) {
            let rect = Rect::from_min_max(pos2(30.0, 40.0), pos2(60.0, 70.0));
            let (a, b) = (pos2(ax, ay), pos2(bx, by));
            let inside = |rect: Rect| (0..=2000).any(|i| rect.contains(a + (b - a) * (i as f32 / 2000.0)));
            if inside(rect) {
                prop_assert!(segment_crosses(a, b, rect));
            } else if !inside(rect.expand(0.2)) {
                prop_assert!(!segment_crosses(a, b, rect));
            }
        }
    }

    #[test]
    fn the_text_of_a_region_stands_outside_of_it() {
        let region =
            [pos2(300.0, 100.0), pos2(390.0, 100.0), pos2(390.0, 200.0), pos2(300.0, 200.0), pos2(300.0, 100.0)];
        let place = free(&region, vec2(100.0, 60.0), PANE);
        assert!(PANE.contains_rect(place) && !place.intersects(Rect::from_points(&region)), "{place:?}");
    }
}
