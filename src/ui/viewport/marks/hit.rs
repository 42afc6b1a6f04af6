//! Which part of a mark lies under the pointer.

use egui::{Pos2, Rect};

use super::{on_screen, outline};
use crate::{
    markup::{Mark, MarkId, Shape},
    ui::{drawing::Grip, viewport::Transform},
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
