//! How an image is turned and mirrored on screen.

use egui::{Vec2, vec2};

use crate::geometry::Turn;

/// Mirrored first, then turned to the right in quarters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Orientation {
    /// Left and right of the image change places.
    mirrored: bool,
    /// Quarters to the right, 0 to 3.
    turns: u8,
}

impl Orientation {
    /// Shows an image upright: the patient's front or right at the left, head or front up.
    pub const fn upright(turn: Turn) -> Self {
        let (mirrored, turns) = match (turn.is_transposed(), turn.has_reversed_columns(), turn.has_reversed_rows()) {
            (false, false, false) => (false, 0),
            (false, true, false) => (true, 0),
            (false, true, true) => (false, 2),
            (false, false, true) => (true, 2),
            (true, true, false) => (false, 1),
            (true, false, true) => (false, 3),
            (true, true, true) => (true, 1),
            (true, false, false) => (true, 3),
        };
        Self { mirrored, turns }
    }

    /// Whether width and height change places.
    pub const fn is_sideways(self) -> bool {
        self.turns % 2 == 1
    }

    /// A step from the image's middle, as it shows on screen.
    pub fn screen_from_image(self, step: Vec2) -> Vec2 {
        let step = if self.mirrored { vec2(-step.x, step.y) } else { step };
        turned(step, self.turns)
    }

    /// A step on screen, in the image.
    pub fn image_from_screen(self, step: Vec2) -> Vec2 {
        let step = turned(step, 4 - self.turns);
        if self.mirrored { vec2(-step.x, step.y) } else { step }
    }

    /// With left and right on screen changed.
    pub const fn flipped_horizontally(self) -> Self {
        Self { mirrored: !self.mirrored, turns: (4 - self.turns) % 4 }
    }

    /// With top and bottom on screen changed.
    pub const fn flipped_vertically(self) -> Self {
        Self { mirrored: !self.mirrored, turns: (6 - self.turns) % 4 }
    }

    /// Turned to the right by quarters.
    pub const fn turned_right(self, quarters: u8) -> Self {
        Self { mirrored: self.mirrored, turns: (self.turns + quarters) % 4 }
    }
}

/// To the right on a screen whose y grows downwards.
pub fn turned(step: Vec2, quarters: u8) -> Vec2 {
    match quarters % 4 {
        0 => step,
        1 => vec2(-step.y, step.x),
        2 => -step,
        _ => vec2(step.y, -step.x),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::PixelCorner;

    /// All eight.
    pub fn all() -> impl Iterator<Item = Orientation> {
        [false, true].into_iter().flat_map(|mirrored| (0..4).map(move |turns| Orientation { mirrored, turns }))
    }

    #[test]
    fn an_image_is_shown_as_a_detector_sees_it() {
        for turn in Turn::ALL {
            let shown = Orientation::upright(turn);
            for (x, y) in [(1.0, 0.0), (0.0, 1.0)] {
                let moved = |x: f32, y: f32| turn.apply(PixelCorner::new(x.into(), y.into()), [9, 9]);
                let (a, b) = (moved(0.0, 0.0), moved(x, y));
                assert_eq!(
                    shown.screen_from_image(vec2(x, y)),
                    vec2((b.x - a.x) as f32, (b.y - a.y) as f32),
                    "{turn:?}"
                );
            }
        }
    }

    #[test]
    fn each_change_does_on_screen_what_it_says_and_can_be_turned_back() {
        let step = vec2(3.0, -2.0);
        for o in all() {
            let before = o.screen_from_image(step);
            assert_eq!(o.image_from_screen(before), step);
            assert_eq!(o.flipped_horizontally().screen_from_image(step), vec2(-before.x, before.y));
            assert_eq!(o.flipped_vertically().screen_from_image(step), vec2(before.x, -before.y));
            assert_eq!(o.turned_right(1).screen_from_image(step), vec2(-before.y, before.x));
            assert_eq!(o.turned_right(3).turned_right(1), o);
        }
    }
}
