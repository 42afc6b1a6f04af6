//! A box under the hand: drawn, moved, pulled by its edges. Plain data, in pixel edges of the image, so that it is the
//! same however the image is turned.

use super::marks::At;
use crate::{
    grading::{GradeId, SliceId},
    raster::BBox,
    review::Region,
    ui::state::pane::PaneId,
};

/// A box that is narrower or lower than so many pixels was not meant.
pub const LEAST: f32 = 3.0;

/// One of the two ends of a box along an axis of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Left or top, as the file has it.
    Low,
    /// Right or bottom.
    High,
}

/// The part of a box that is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// None yet: the box is drawn from here.
    New,
    /// The inside: the whole box moves.
    Inside,
    /// An edge, or two that meet in a corner.
    Edges(Option<End>, Option<End>),
}

/// A box that follows the pointer.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxDrag {
    /// In which pane.
    pub pane: PaneId,
    /// Behind which cell.
    pub cell: GradeId,
    /// On which slice.
    pub slice: SliceId,
    /// As it is now.
    pub now: BBox,
    /// What is held of it.
    pub hold: Hold,
    /// As it was; empty for one that is drawn.
    before: BBox,
    /// Where the pointer was.
    from: (f32, f32),
    /// Width and height of the image.
    size: (f32, f32),
}

impl BoxDrag {
    /// The pointer takes hold of a box, or begins one beside it.
    pub fn new(at: &At, cell: GradeId, held: Option<(Hold, BBox)>) -> Self {
        let size = (at.bounds.columns as f32, at.bounds.rows as f32);
        let from = edge_of(at);
        let start = BBox::new(from.0, from.1, from.0, from.1);
        let (hold, before) = match held {
            // A detector's box may reach beyond the image.
            Some((hold, bbox)) => (hold, bbox.clipped(size.0, size.1)),
            // A box that is begun beside the image is cut off when it reaches it, not moved.
            None => (Hold::New, start),
        };
        let now = before.clipped(size.0, size.1);
        Self { pane: at.pane, cell, slice: at.slice.clone(), now, hold, before, from, size }
    }

    /// The pointer moves; over another pane or slice nothing happens.
    pub fn move_to(&mut self, at: &At) {
        if at.pane != self.pane || at.slice != self.slice {
            return;
        }
        let to = edge_of(at);
        let (dx, dy) = (to.0 - self.from.0, to.1 - self.from.1);
        let (b, (width, height)) = (self.before, self.size);
        let moved = match self.hold {
            Hold::New => BBox::new(b.x0, b.y0, b.x1 + dx, b.y1 + dy),
            Hold::Inside => {
                // It stops at the edges of the image, and keeps its size.
                let (dx, dy) = (dx.clamp(-b.x0, width - b.x1), dy.clamp(-b.y0, height - b.y1));
                BBox::new(b.x0 + dx, b.y0 + dy, b.x1 + dx, b.y1 + dy)
            }
            Hold::Edges(across, down) => {
                let ((x0, x1), (y0, y1)) = (pulled((b.x0, b.x1), across, dx), pulled((b.y0, b.y1), down, dy));
                BBox::new(x0, y0, x1, y1)
            }
        };
        self.now = upright(moved).clipped(width, height);
    }

    /// What the box is when it is let go; `None` where it was not changed, or is too small to be meant.
    pub fn result(&self) -> Option<Region> {
        let bbox = BBox::new(kept(self.now.x0), kept(self.now.y0), kept(self.now.x1), kept(self.now.y1));
        let is_meant = bbox.width() >= LEAST && bbox.height() >= LEAST && self.now != self.before;
        is_meant.then(|| Region { slice: self.slice.clone(), bbox })
    }
}

/// Where the pointer is, counted from the edge of the first pixel.
fn edge_of(at: &At) -> (f32, f32) {
    (at.pixel.x as f32, at.pixel.y as f32)
}

fn pulled((low, high): (f32, f32), end: Option<End>, by: f32) -> (f32, f32) {
    match end {
        Some(End::Low) => (low + by, high),
        Some(End::High) => (low, high + by),
        None => (low, high),
    }
}

/// An edge that is pulled over the opposite one takes its place.
fn upright(b: BBox) -> BBox {
    BBox::new(b.x0.min(b.x1), b.y0.min(b.y1), b.x0.max(b.x1), b.y0.max(b.y1))
}

/// Sixteenths of a pixel: finer than a hand, and exact in any text.
fn kept(value: f32) -> f32 {
    (value * 16.0).round() / 16.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{geometry::PixelCorner, markup::Bounds, worker::SessionId};

    const PANE: PaneId = PaneId { session: SessionId(1), index: 0 };

    fn cell() -> GradeId {
        "spinal_canal_stenosis_l4_l5".parse().unwrap()
    }

    /// A place counted from the edge of the first pixel of an image of 100 x 50.
    fn at(x: f32, y: f32) -> At {
        let slice = SliceId { series_uid: "1".into(), sop_instance_uid: "2".into(), twin: 0, frame: 0 };
        let pixel = PixelCorner::new(x.into(), y.into());
        At { pane: PANE, slice, bounds: Bounds { columns: 100, rows: 50 }, pixel }
    }

    fn dragged(held: Option<(Hold, BBox)>, from: (f32, f32), to: (f32, f32)) -> Option<BBox> {
        let mut drag = BoxDrag::new(&at(from.0, from.1), cell(), held);
        drag.move_to(&at(f32::midpoint(from.0, to.0), from.1));
        drag.move_to(&at(to.0, to.1));
        drag.result().map(|region| region.bbox)
    }

    #[test]
    fn a_box_is_drawn_either_way_cut_at_the_image_and_never_tiny() {
        let expected = Some(BBox::new(10.0, 20.0, 30.0, 40.0));
        assert_eq!(dragged(None, (10.0, 20.0), (30.0, 40.0)), expected);
        assert_eq!(dragged(None, (30.0, 40.0), (10.0, 20.0)), expected);
        assert_eq!(dragged(None, (80.0, 40.0), (500.0, -9.0)), Some(BBox::new(80.0, 0.0, 100.0, 40.0)));
        assert_eq!(dragged(None, (10.0, 20.0), (12.9, 40.0)), None);
        assert_eq!(dragged(None, (10.0, 20.0), (10.0, 20.0)), None);
    }

    #[test]
    fn the_inside_moves_all_and_an_edge_only_itself() {
        let b = BBox::new(10.0, 20.0, 30.0, 40.0);
        let by = |hold, dx: f32, dy: f32| dragged(Some((hold, b)), (11.0, 21.0), (11.0 + dx, 21.0 + dy));
        assert_eq!(by(Hold::Inside, 5.0, -3.0), Some(BBox::new(15.0, 17.0, 35.0, 37.0)));
        assert_eq!(by(Hold::Inside, 500.0, -300.0), Some(BBox::new(80.0, 0.0, 100.0, 20.0)));
        assert_eq!(by(Hold::Edges(Some(End::Low), None), 5.0, 9.0), Some(BBox::new(15.0, 20.0, 30.0, 40.0)));
        let corner = Hold::Edges(Some(End::High), Some(End::High));
        assert_eq!(by(corner, 5.0, 9.0), Some(BBox::new(10.0, 20.0, 35.0, 49.0)));
        // Pulled over the opposite edge.
        assert_eq!(by(Hold::Edges(None, Some(End::Low)), 0.0, 27.0), Some(BBox::new(10.0, 40.0, 30.0, 47.0)));
        assert_eq!(by(Hold::Edges(Some(End::Low), None), 18.0, 0.0), None, "two pixels are no box");
        assert_eq!(by(Hold::Inside, 0.0, 0.0), None, "a click changes nothing");
        // A detector's box beyond the image comes back onto it when it is touched.
        let beyond = Some((Hold::Inside, BBox::new(-4.0, 20.0, 30.0, 40.0)));
        assert_eq!(dragged(beyond, (11.0, 21.0), (12.0, 21.0)), Some(BBox::new(1.0, 20.0, 31.0, 40.0)));
    }

    #[test]
    fn the_pointer_over_another_slice_moves_nothing() {
        let mut drag = BoxDrag::new(&at(10.0, 20.0), cell(), None);
        drag.move_to(&at(30.0, 40.0));
        let mut there = at(90.0, 45.0);
        there.slice.frame = 1;
        drag.move_to(&there);
        assert_eq!(drag.now, BBox::new(10.0, 20.0, 30.0, 40.0));
    }

    proptest! {
        #[test]
        fn a_box_by_hand_lies_on_the_image(
            holds in 0usize..10, x0 in -20f32..110.0, y0 in -20f32..60.0, w in 0f32..80.0, h in 0f32..50.0,
            to in (-200f32..300.0, -200f32..300.0), from in (0f32..100.0, 0f32..50.0),
        ) {
            let ends = [None, Some(End::Low), Some(End::High)];
            let hold = if holds == 9 { Hold::Inside } else { Hold::Edges(ends[holds % 3], ends[holds / 3]) };
            if let Some(b) = dragged(Some((hold, BBox::new(x0, y0, x0 + w, y0 + h))), from, to) {
                prop_assert!(b.x0 >= 0.0 && b.y0 >= 0.0 && b.x1 <= 100.0 && b.y1 <= 50.0, "{b:?}");
                prop_assert!(b.width() >= LEAST && b.height() >= LEAST, "{b:?}");
            }
        }
    }
}
