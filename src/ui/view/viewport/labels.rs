//! Room for labels: none overlaps another, none leaves the pane. Names of levels come first and always find a place;
//! letters, the scale and the labels of boxes give way to them.

use egui::{Pos2, Rect, Vec2};

/// Between a label and what it belongs to.
const GAP: f32 = 3.0;

/// A name that has no room where it belongs is looked for in steps of so many points,
const STEP: f32 = 5.0;
/// no farther than this from its place, as long as something else can give way.
const NEAR: f32 = 90.0;

/// What stands in a pane already.
#[derive(Debug)]
pub struct Labels {
    pane: Rect,
    /// Names of levels: never covered.
    names: Vec<Rect>,
    /// Other labels, letters, captions: covered by a name that has no other room, by nothing else.
    taken: Vec<Rect>,
    /// Where letters and the scale come to stand if no name needs the place.
    yielding: Vec<Rect>,
    /// Covered only where there is no other room.
    boxes: Vec<Rect>,
}

/// What a name of a level may cover, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Covers {
    Nothing,
    /// What gives way.
    Yielding,
    /// Boxes, too.
    Boxes,
    /// All but other names.
    Texts,
}

impl Labels {
    /// An empty pane.
    pub const fn new(pane: Rect) -> Self {
        Self { pane, names: Vec::new(), taken: Vec::new(), yielding: Vec::new(), boxes: Vec::new() }
    }

    /// No label comes here.
    pub fn keep_free(&mut self, places: impl IntoIterator<Item = Rect>) {
        self.taken.extend(places);
    }

    /// Something comes here that a name of a level sends elsewhere.
    pub fn give_way(&mut self, places: impl IntoIterator<Item = Rect>) {
        self.yielding.extend(places);
    }

    /// Labels come here only where there is no other room.
    pub fn spare(&mut self, places: impl IntoIterator<Item = Rect>) {
        self.boxes.extend(places);
    }

    /// The place of a level's name: the first of some places that is free, else one where only what gives way stands,
    /// else one nearby, rather along `axis` than across, and so on: there always is one.
    pub fn name(&mut self, places: &[Rect], axis: Vec2) -> Rect {
        let listed = |covers| places.iter().copied().find(|&place| self.fits(place, covers));
        let first = places.first().copied().unwrap_or(self.pane);
        let near = |covers, farthest| self.nearest(first, axis, farthest, covers);
        let found = listed(Covers::Nothing)
            .or_else(|| listed(Covers::Yielding))
            .or_else(|| near(Covers::Nothing, NEAR))
            .or_else(|| near(Covers::Yielding, NEAR))
            .or_else(|| listed(Covers::Boxes))
            .or_else(|| near(Covers::Boxes, f32::INFINITY))
            .or_else(|| near(Covers::Texts, f32::INFINITY))
            .unwrap_or_else(|| moved_into(self.pane, first));
        self.names.push(found);
        found
    }

    /// The first of some places at which no name stands, for what gives way but does not go: best one at which nothing
    /// else stands. The first of all where the names leave none.
    pub fn beside_names(&mut self, places: &[Rect]) -> Option<Rect> {
        let first = places.first().copied()?;
        let found = if self.is_off_names(first) {
            first
        } else {
            let free = places.iter().find(|&&place| self.is_free(place));
            free.or_else(|| places.iter().find(|&&place| self.is_off_names(place))).copied().unwrap_or(first)
        };
        self.taken.push(found);
        Some(found)
    }

    /// The first of some places that is free, for what goes where there is no room; it is then taken.
    pub fn take(&mut self, places: impl IntoIterator<Item = Rect>) -> Option<Rect> {
        let found = places.into_iter().find(|&place| self.is_free(place))?;
        self.taken.push(found);
        Some(found)
    }

    /// Whether no name of a level stands at a place.
    pub fn is_off_names(&self, place: Rect) -> bool {
        self.names.iter().all(|name| !name.intersects(place))
    }

    fn fits(&self, place: Rect, covers: Covers) -> bool {
        let is_clear = |of: &[Rect]| of.iter().all(|other| !other.intersects(place));
        self.pane.contains_rect(place)
            && is_clear(&self.names)
            && (covers >= Covers::Texts || is_clear(&self.taken))
            && (covers >= Covers::Boxes || is_clear(&self.boxes))
            && (covers >= Covers::Yielding || is_clear(&self.yielding))
    }

    /// The place of a size nearest to another one; what lies across the axis counts as farther.
    fn nearest(&self, wanted: Rect, axis: Vec2, farthest: f32, covers: Covers) -> Option<Rect> {
        let count = |length: f32| (length.max(0.0) / STEP) as usize;
        let room = self.pane.size() - wanted.size();
        let across = egui::vec2(-axis.y, axis.x);
        let places = (0..=count(room.x)).flat_map(|x| (0..=count(room.y)).map(move |y| (x as f32, y as f32)));
        let distance = |place: &Rect| {
            let step = place.min - wanted.min;
            step.dot(axis).abs() + 3.0 * step.dot(across).abs()
        };
        places
            .map(|(x, y)| Rect::from_min_size(self.pane.min + STEP * egui::vec2(x, y), wanted.size()))
            .filter(|place| distance(place) <= farthest && self.fits(*place, covers))
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
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
        let mut others = self.names.iter().chain(&self.taken);
        self.pane.contains_rect(place) && others.all(|other| !other.intersects(place))
    }

    fn spares_boxes(&self, place: Rect) -> bool {
        self.boxes.iter().all(|other| !other.intersects(place))
    }
}

/// A place moved into a pane, as far as it is no larger.
pub fn moved_into(pane: Rect, place: Rect) -> Rect {
    let step = |low: f32, high: f32, from: f32, to: f32| (low - from).max(0.0) - (to - high).max(0.0);
    let x = step(pane.left(), pane.right(), place.left(), place.right());
    let y = step(pane.top(), pane.bottom(), place.top(), place.bottom());
    place.translate(egui::vec2(x, y))
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

    proptest! {
        /// However full the pane is: a name has a place in the pane that no other name has.
        #[test]
        fn a_name_always_has_a_place_of_its_own(
            texts in prop::collection::vec((0f32..300.0, 0f32..300.0, 10f32..300.0), 0..12),
            starts in prop::collection::vec((-100f32..400.0, -100f32..400.0), 5),
            axis in 0f32..6.3,
        ) {
            let pane = Rect::from_min_size(Pos2::ZERO, vec2(300.0, 300.0));
            let mut labels = Labels::new(pane);
            let at = |&(x, y, side): &(f32, f32, f32)| Rect::from_min_size(Pos2::new(x, y), vec2(side, side / 2.0));
            labels.keep_free(texts.iter().step_by(3).map(at));
            labels.give_way(texts.iter().skip(1).step_by(3).map(at));
            labels.spare(texts.iter().skip(2).step_by(3).map(at));
            let mut names: Vec<Rect> = Vec::new();
            for &(x, y) in &starts {
                let wanted = Rect::from_min_size(Pos2::new(x, y), vec2(42.0, 16.0));
                let name = labels.name(&[wanted], Vec2::angled(axis));
                prop_assert!(pane.contains_rect(name) && names.iter().all(|other| !other.intersects(name)));
                names.push(name);
            }
            // What gives way stands on no name while there is any room beside them.
            let edge: Vec<Rect> =
                (0..28).map(|y| Rect::from_min_size(Pos2::new(5.0, 10.0 * y as f32), vec2(12.0, 20.0))).collect();
            let letter = labels.beside_names(&edge).expect("always one");
            prop_assert!(names.iter().all(|name| !name.intersects(letter)));
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
