//! Images and boxes, made upright and back.

use super::{BBox, Image8};
use crate::geometry::{PixelCorner, Turn};

impl Image8 {
    /// The upright image; itself if it is upright already.
    #[must_use]
    pub fn turned(self, turn: Turn) -> Self {
        if turn.is_none() {
            return self;
        }
        let stored = [self.width(), self.height()];
        let [width, height] = turn.size(stored);
        // As many pixels as before: it is an image still.
        Self::new(width, height, turn.pixels(self.pixels(), stored)).unwrap_or(self)
    }
}

impl BBox {
    /// A box on a stored image of this width and height, on the upright one.
    #[must_use]
    pub fn turned(&self, turn: Turn, stored: [u32; 2]) -> Self {
        let [from, to] = self.corners();
        Self::between(turn.apply(from, stored), turn.apply(to, stored))
    }

    /// A box on an upright image, on the stored one, of this width and height.
    #[must_use]
    pub fn turned_back(&self, turn: Turn, stored: [u32; 2]) -> Self {
        let [from, to] = self.corners();
        Self::between(turn.undo(from, stored), turn.undo(to, stored))
    }

    /// Its corners at the top left and at the bottom right.
    pub fn corners(&self) -> [PixelCorner; 2] {
        [(self.x0, self.y0), (self.x1, self.y1)].map(|(x, y)| PixelCorner::new(x.into(), y.into()))
    }

    fn between(a: PixelCorner, b: PixelCorner) -> Self {
        Self::new(a.x.min(b.x) as f32, a.y.min(b.y) as f32, a.x.max(b.x) as f32, a.y.max(b.y) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_stays_on_its_pixels() {
        let stored = [4, 3];
        let image = Image8::new(4, 3, (0..12).collect()).unwrap();
        // Pixel (2, 1), which is 6.
        let bbox = BBox::new(2.0, 1.0, 3.0, 2.0);
        for turn in Turn::ALL {
            let (upright, there) = (image.clone().turned(turn), bbox.turned(turn, stored));
            let at = there.y0 as usize * upright.width() as usize + there.x0 as usize;
            assert_eq!(upright.pixels()[at], 6, "{turn:?}");
            assert_eq!(there.turned_back(turn, stored), bbox);
        }
    }
}
