//! Which part of a mark lies under the pointer.

use egui::{Pos2, Rect};

use super::{on_screen, outline};
use crate::{
    markup::{Mark, MarkId, Shape},
    ui::state::{gesture::marks::Grip, transform::Transform},
};

/// Points on screen from the middle of a handle at which it is held.
const HANDLE: f32 = 8.0;
/// Points on screen from a line at which it is held.
const LINE: f32 = 5.0;

/// The part of a mark at a point on screen: handles before lines, the selected mark before others, what was drawn
/// later before what was drawn earlier. `label` gives the place of the text of a note or arrow, which is a part too.
pub fn grip_at<'a>(
    marks: impl DoubleEndedIterator<Item = &'a Mark>,
    selected: Option<MarkId>,
    transform: &Transform,
    label: impl Fn(&Mark) -> Rect,
    at: Pos2,
) -> Option<Grip> {
    let mut marks: Vec<&Mark> = marks.rev().collect();
    marks.sort_by_key(|mark| Some(mark.id) != selected);
    let handle = marks.iter().find_map(|mark| {
        let handle = handle_at(mark, transform, at)?;
        Some(Grip { id: mark.id, handle: Some(handle) })
    });
    let line = || {
        let is_hit = |mark: &&&Mark| {
            let has_body = matches!(mark.shape, Shape::Note { .. } | Shape::Arrow { .. });
            is_near(&outline(&mark.shape, transform), at) || has_body && label(mark).contains(at)
        };
        marks.iter().find(is_hit).map(|mark| Grip { id: mark.id, handle: None })
    };
    handle.or_else(line)
}

/// The nearest handle, if it is near enough. A note has none: it is held by its text.
fn handle_at(mark: &Mark, transform: &Transform, at: Pos2) -> Option<usize> {
    if matches!(mark.shape, Shape::Note { .. }) {
        return None;
    }
    let handles = mark.shape.handles();
    let distances = handles.iter().map(|&handle| on_screen(handle, transform).distance(at)).enumerate();
    let nearest = distances.min_by(|a, b| a.1.total_cmp(&b.1))?;
    (nearest.1 <= HANDLE).then_some(nearest.0)
}

fn is_near(line: &[Pos2], at: Pos2) -> bool {
    line.windows(2).any(|ends| distance(ends[0], ends[1], at) <= LINE)
}

/// From a point to a segment.
fn distance(a: Pos2, b: Pos2, at: Pos2) -> f32 {
    let way = b - a;
    let share = if way.length_sq() > 0.0 { ((at - a).dot(way) / way.length_sq()).clamp(0.0, 1.0) } else { 0.0 };
    at.distance(a + way * share)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        geometry::PixelCenter,
        grading::SliceId,
        markup::Point,
        raster::Slice,
        ui::state::{pane::Pane, transform::Extent},
    };
    use egui::{pos2, vec2};

    fn mark(id: u64, shape: Shape) -> Mark {
        let slice = SliceId { series_uid: "1".into(), sop_instance_uid: "2".into(), twin: 0, frame: 0 };
        Mark { id: MarkId(id), slice, shape, text: String::new() }
    }

    /// Rows 2 mm apart, columns 0.5 mm, turned and mirrored.
    fn transform() -> Transform {
        let mut slice = Slice::new(100, 50, vec![0.0; 5000]).unwrap();
        slice.pixel_spacing = Some([2.0, 0.5]);
        let mut pane = Pane { zoom: 2.0, pan: vec2(10.0, -5.0), ..Pane::default() };
        pane.flip_horizontally();
        pane.turn_right(1);
        Transform::new(Rect::from_min_size(pos2(20.0, 30.0), vec2(400.0, 300.0)), Extent::of_slice(&slice), &pane)
    }

    #[test]
    fn a_mark_is_held_where_it_is_seen() {
        let transform = transform();
        let at = |column, row| transform.screen_from_pixel(PixelCenter::new(column, row));
        let none = |_: &Mark| Rect::NOTHING;
        let marks = [
            mark(1, Shape::Length { from: Point::new(10.0, 10.0), to: Point::new(80.0, 10.0) }),
            mark(2, Shape::Rectangle { corner: Point::new(80.0, 10.0), opposite: Point::new(20.0, 40.0) }),
        ];
        let find = |selected, place| grip_at(marks.iter(), selected, &transform, none, place);
        let line = |id, handle| Some(Grip { id: MarkId(id), handle });
        assert_eq!(find(None, at(15.0, 10.0)), line(1, None));
        assert_eq!(find(None, at(80.0, 25.0)), line(2, None));
        assert_eq!(find(None, at(50.0, 25.0)), None, "the inside of a region is no part of it");
        assert_eq!(find(None, at(10.0, 10.0)), line(1, Some(0)));
        assert_eq!(find(None, at(20.0, 10.0)), line(2, Some(1)), "a handle before a line that runs through it");
        // Two handles in one place: the later mark, unless the earlier one is selected.
        assert_eq!(find(None, at(80.0, 10.0)), line(2, Some(0)));
        assert_eq!(find(Some(MarkId(1)), at(80.0, 10.0)), line(1, Some(1)));
        // Nearness is measured on screen, whatever the pixels are like.
        let across = (at(50.0, 11.0) - at(50.0, 10.0)).normalized();
        assert_eq!(find(None, at(50.0, 10.0) + across * 4.5), line(2, None));
        assert_eq!(find(None, at(50.0, 10.0) + across * 5.5), None);
    }

    #[test]
    fn a_note_is_held_by_its_text() {
        let transform = transform();
        let note = mark(1, Shape::Note { at: Point::new(50.0, 25.0) });
        let corner = transform.screen_from_pixel(PixelCenter::new(50.0, 25.0));
        let label = |_: &Mark| Rect::from_min_size(corner, vec2(60.0, 15.0));
        let find = |step| grip_at([&note].into_iter(), None, &transform, label, corner + step);
        assert_eq!(find(vec2(50.0, 10.0)), Some(Grip { id: MarkId(1), handle: None }));
        assert_eq!(find(vec2(-3.0, 0.0)), None);
    }
}
