//! Room for labels: none overlaps another, none leaves the pane.

use egui::{Pos2, Rect, Vec2};

/// Between a label and what it belongs to.
const GAP: f32 = 3.0;

/// What stands in a pane already.
#[derive(Debug)]
pub struct Labels {
    pane: Rect,
    /// Never covered: other labels, letters, captions.
    taken: Vec<Rect>,
    /// Covered only where there is no other room.
    boxes: Vec<Rect>,
}

impl Labels {
    /// An empty pane.
    pub const fn new(pane: Rect) -> Self {
        Self { pane, taken: Vec::new(), boxes: Vec::new() }
    }

    /// No label comes here.
    pub fn keep_free(&mut self, places: impl IntoIterator<Item = Rect>) {
        self.taken.extend(places);
    }

    /// Labels come here only where there is no other room.
    pub fn spare(&mut self, places: impl IntoIterator<Item = Rect>) {
        self.boxes.extend(places);
    }

    /// The first of some places that is free; it is then taken.
    pub fn take(&mut self, places: impl IntoIterator<Item = Rect>) -> Option<Rect> {
        let found = places.into_iter().find(|&place| self.is_free(place) && self.spares_boxes(place))?;
        self.taken.push(found);
        Some(found)
    }

    /// A place beside a box: right, left, above or below, over another box only if there is no other.
    pub fn beside(&mut self, around: Rect, size: Vec2) -> Option<Rect> {
        let places = sides(self.pane, around, size);
        let free: Vec<Rect> = places.into_iter().filter(|&place| self.is_free(place)).collect();
        let found = free.iter().find(|&&place| self.spares_boxes(place)).or(free.first()).copied()?;
        self.taken.push(found);
        Some(found)
    }

    fn is_free(&self, place: Rect) -> bool {
        self.pane.contains_rect(place) && self.taken.iter().all(|other| !other.intersects(place))
    }

    fn spares_boxes(&self, place: Rect) -> bool {
        self.boxes.iter().all(|other| !other.intersects(place))
    }
}

/// Right, left, above, below; beside a box a little higher or lower where a sign is in the way; above and below are
/// moved into the pane.
fn sides(pane: Rect, around: Rect, size: Vec2) -> [Rect; 12] {
    let (top, bottom) = (around.top(), (around.bottom() - size.y).max(around.top()));
    let (higher, lower) = (top - 0.7 * size.y, bottom + 0.7 * size.y);
    let inside = |x: f32| x.min(pane.right() - size.x).max(pane.left());
    let (from_left, from_right) = (inside(around.left()), inside(around.right() - size.x));
    let (right, left) = (around.right() + GAP, around.left() - GAP - size.x);
    let (above, below) = (around.top() - GAP - size.y, around.bottom() + GAP);
    [
        (right, top),
        (left, top),
        (right, bottom),
        (left, bottom),
        (right, higher),
        (left, higher),
        (right, lower),
        (left, lower),
        (from_left, above),
        (from_right, above),
        (from_left, below),
        (from_right, below),
    ]
    .map(|(x, y)| Rect::from_min_size(Pos2::new(x, y), size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn labels_never_overlap_nor_leave_the_pane(
            boxes in prop::collection::vec((0f32..300.0, 0f32..300.0, 5f32..60.0), 1..25),
        ) {
            let pane = Rect::from_min_size(Pos2::ZERO, vec2(300.0, 300.0));
            let mut labels = Labels::new(pane);
            let rects: Vec<Rect> =
                boxes.iter().map(|&(x, y, side)| Rect::from_min_size(Pos2::new(x, y), Vec2::splat(side))).collect();
            labels.spare(rects.iter().copied());
            let placed: Vec<Rect> = rects.iter().filter_map(|&r| labels.beside(r, vec2(80.0, 15.0))).collect();
            for (i, a) in placed.iter().enumerate() {
                prop_assert!(pane.contains_rect(*a));
                prop_assert!(placed[i + 1..].iter().all(|b| !a.intersects(*b)));
            }
        }
    }

    #[test]
    fn labels_of_boxes_side_by_side_point_away_from_each_other() {
        let mut labels = Labels::new(Rect::from_min_size(Pos2::ZERO, vec2(400.0, 400.0)));
        let at = |x: f32| Rect::from_min_size(Pos2::new(x, 200.0), vec2(30.0, 30.0));
        let (left, right) = (at(150.0), at(190.0));
        labels.spare([left, right]);
        let of_left = labels.beside(left, vec2(80.0, 15.0)).unwrap();
        let of_right = labels.beside(right, vec2(80.0, 15.0)).unwrap();
        assert!(of_left.right() < left.left() && of_right.left() > right.right());
        // At the pane's edge, where neither side has room, the label stands above.
        let mut narrow = Labels::new(Rect::from_min_size(Pos2::ZERO, vec2(100.0, 400.0)));
        let above = narrow.beside(at(50.0), vec2(80.0, 15.0)).unwrap();
        assert!(above.bottom() < 200.0 && above.right() <= 100.0);
    }
}
