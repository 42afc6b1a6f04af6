//! Which part of a box lies under the pointer.

use egui::{CursorIcon, Pos2, vec2};

use crate::{
    geometry::PixelCorner,
    raster::BBox,
    ui::state::{
        gesture::boxes::{End, Hold},
        transform::Transform,
    },
};

/// Points on screen from a corner or an edge at which it is held; less where the box is small, so that its inside can
/// be held too.
const REACH: f32 = 7.0;
const ENDS: [End; 2] = [End::Low, End::High];

/// The four corners, as the file has them.
pub fn corners() -> impl Iterator<Item = (End, End)> {
    ENDS.into_iter().flat_map(|across| ENDS.into_iter().map(move |down| (across, down)))
}

/// Where a corner is on screen.
pub fn corner(b: &BBox, (across, down): (End, End), transform: &Transform) -> Pos2 {
    let x = if across == End::Low { b.x0 } else { b.x1 };
    let y = if down == End::Low { b.y0 } else { b.y1 };
    transform.screen_from_pixel(PixelCorner::new(x.into(), y.into()))
}

/// The part of a box at a point on screen: corners before edges, edges before the inside.
pub fn hold_at(b: &BBox, transform: &Transform, at: Pos2) -> Option<Hold> {
    let rect = transform.screen_rect(b);
    let reach = REACH.min(rect.size().min_elem() / 3.0);
    let distance = |ends: (End, End)| corner(b, ends, transform).distance(at);
    let nearest = corners().min_by(|&one, &other| distance(one).total_cmp(&distance(other)))?;
    if distance(nearest) <= reach * 1.4 {
        return Some(Hold::Edges(Some(nearest.0), Some(nearest.1)));
    }
    if !rect.expand(reach).contains(at) {
        return None;
    }
    let edge = |one: (End, End), other: (End, End)| {
        let (from, to) = (corner(b, one, transform), corner(b, other, transform));
        // A box on screen has upright edges, however the image is turned.
        if (to - from).x.abs() < (to - from).y.abs() { (at.x - from.x).abs() } else { (at.y - from.y).abs() }
    };
    let edges = ENDS.into_iter().flat_map(|end| {
        [
            (edge((end, End::Low), (end, End::High)), Hold::Edges(Some(end), None)),
            (edge((End::Low, end), (End::High, end)), Hold::Edges(None, Some(end))),
        ]
    });
    let (far, hold) = edges.min_by(|a, b| a.0.total_cmp(&b.0))?;
    Some(if far <= reach { hold } else { Hold::Inside })
}

/// How the pointer looks over a part of a box, as the image is turned now.
pub fn cursor(b: &BBox, transform: &Transform, hold: Hold) -> CursorIcon {
    let Hold::Edges(across, down) = hold else { return CursorIcon::Move };
    let place = |end: Option<End>| match end {
        None => 0.0,
        Some(End::Low) => -1.0,
        Some(End::High) => 1.0,
    };
    let middle = transform.screen_from_pixel(b.center());
    let (half_x, half_y) = (b.width() / 2.0, b.height() / 2.0);
    let held = transform.screen_from_pixel(PixelCorner::new(
        b.center().x + f64::from(place(across) * half_x),
        b.center().y + f64::from(place(down) * half_y),
    ));
    let outward = held - middle;
    match (across.is_some() && down.is_some(), outward.x * outward.y > 0.0) {
        (true, true) => CursorIcon::ResizeNwSe,
        (true, false) => CursorIcon::ResizeNeSw,
        (false, _) if outward.x.abs() > outward.y.abs() => CursorIcon::ResizeHorizontal,
        (false, _) => CursorIcon::ResizeVertical,
    }
}

/// A square on every corner, of this half side.
pub fn handles(b: &BBox, transform: &Transform, half: f32) -> Vec<egui::Rect> {
    let square = |ends| egui::Rect::from_center_size(corner(b, ends, transform), vec2(2.0 * half, 2.0 * half));
    corners().map(square).collect()
}

#[cfg(test)]
mod tests {
    use egui::Rect;

    use super::*;
    use crate::{
        raster::Slice,
        ui::state::{pane::Pane, transform::Extent},
    };

    #[test]
    fn a_box_is_held_where_it_is_seen_however_the_image_is_turned() {
        let b = BBox::new(20.0, 10.0, 60.0, 30.0);
        let mut slice = Slice::new(100, 50, vec![0.0; 5000]).unwrap();
        slice.pixel_spacing = Some([2.0, 0.5]);
        for (quarters, flips) in (0..4).flat_map(|q| [(q, false), (q, true)]) {
            let mut pane = Pane { zoom: 2.0, pan: vec2(10.0, -5.0), ..Pane::default() };
            pane.turn_right(quarters);
            if flips {
                pane.flip_horizontally();
            }
            let rect = Rect::from_min_size(Pos2::new(20.0, 30.0), vec2(400.0, 300.0));
            let transform = Transform::new(rect, Extent::of_slice(&slice), &pane);
            let at = |x: f32, y: f32| transform.screen_from_pixel(PixelCorner::new(x.into(), y.into()));
            let hold = |place: Pos2| hold_at(&b, &transform, place);
            let edges = |across, down| Some(Hold::Edges(across, down));
            assert_eq!(hold(at(20.0, 10.0)), edges(Some(End::Low), Some(End::Low)));
            assert_eq!(hold(at(60.0, 10.0)), edges(Some(End::High), Some(End::Low)));
            assert_eq!(hold(at(60.0, 20.0)), edges(Some(End::High), None));
            assert_eq!(hold(at(40.0, 30.0)), edges(None, Some(End::High)));
            assert_eq!(hold(at(40.0, 20.0)), Some(Hold::Inside));
            assert_eq!(hold(at(80.0, 20.0)), None);
            let away = (at(61.0, 20.0) - at(60.0, 20.0)).normalized();
            assert_eq!(hold(at(60.0, 20.0) + away * 6.5), edges(Some(End::High), None));
            assert_eq!(hold(at(60.0, 20.0) + away * 7.5), None);
            let sideways = cursor(&b, &transform, Hold::Edges(Some(End::High), None));
            let expected = if quarters % 2 == 0 { CursorIcon::ResizeHorizontal } else { CursorIcon::ResizeVertical };
            assert_eq!(sideways, expected);
        }
    }

    #[test]
    fn the_inside_of_a_small_box_can_be_held() {
        let slice = Slice::new(100, 100, vec![0.0; 10_000]).unwrap();
        let rect = Rect::from_min_size(Pos2::ZERO, vec2(100.0, 100.0));
        let transform = Transform::new(rect, Extent::of_slice(&slice), &Pane::default());
        let b = BBox::new(50.0, 50.0, 62.0, 62.0);
        assert_eq!(hold_at(&b, &transform, Pos2::new(56.0, 56.0)), Some(Hold::Inside));
    }
}
