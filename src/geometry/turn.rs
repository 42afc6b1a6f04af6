//! Upright images: sagittal ones with the patient's front at the left and the head up, axial ones with the patient's
//! right at the left and the front up, coronal ones with the patient's right at the left and the head up.
//!
//! Rows and columns of a file may run in any direction. Detectors are trained on upright images, so every image
//! reaches them upright, and their boxes go back into the pixels of the file. [`Turn`] is the one way in between.

use glam::DVec3;

use super::{ImagePlane, PixelCorner, PlaneKind};

/// What makes a stored image upright: one of the eight ways in which a rectangle can be laid on itself.
/// Rows and columns are exchanged first, then the new columns and rows are reversed.
///
/// ```
/// use foramen::geometry::{ImagePlane, PlaneKind, Turn, PixelCorner};
///
/// // A sagittal image that is stored with the feet up.
/// let plane = ImagePlane::new([0.0; 3], [0.0, 1.0, 0.0, 0.0, 0.0, 1.0], [1.0, 1.0], 3, 2)?;
/// let turn = Turn::upright(&plane, PlaneKind::Sagittal);
/// assert_eq!(turn.pixels(&[1, 2, 3, 4, 5, 6], [3, 2]), [4, 5, 6, 1, 2, 3]);
/// assert_eq!(turn.apply(PixelCorner::new(0.5, 0.5), [3, 2]), PixelCorner::new(0.5, 1.5));
/// assert_eq!(turn.undo(PixelCorner::new(0.5, 1.5), [3, 2]), PixelCorner::new(0.5, 0.5));
/// # Ok::<(), foramen::geometry::InvalidPlane>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Turn {
    transposed: bool,
    columns_reversed: bool,
    rows_reversed: bool,
}

/// An image must be this much better turned than as it is stored (as a sum of two cosines): at 45° nothing is
/// right, and slices of one series must not be turned one way and the other by rounding.
const CLEARLY: f64 = 0.05;

impl Turn {
    /// The image is upright as it is stored.
    pub const NONE: Self = Self { transposed: false, columns_reversed: false, rows_reversed: false };

    /// All eight, [`Self::NONE`] first.
    pub const ALL: [Self; 8] = {
        let mut all = [Self::NONE; 8];
        let mut i = 0;
        while i < 8 {
            all[i] = Self { transposed: i & 4 != 0, columns_reversed: i & 1 != 0, rows_reversed: i & 2 != 0 };
            i += 1;
        }
        all
    };

    /// What makes an image upright that is one of a series of this kind. An angled image of an axial series is
    /// laid as its neighbours are, even where it is nearer to another plane.
    pub fn upright(plane: &ImagePlane, kind: PlaneKind) -> Self {
        let (across, down) = match kind {
            PlaneKind::Sagittal => (DVec3::Y, -DVec3::Z),
            PlaneKind::Coronal => (DVec3::X, -DVec3::Z),
            PlaneKind::Axial => (DVec3::X, DVec3::Y),
        };
        let fit = |turn: Self| {
            let [c, r] = turn.directions(plane.column_direction(), plane.row_direction());
            c.dot(across) + r.dot(down)
        };
        let best = Self::ALL.into_iter().max_by(|&a, &b| fit(a).total_cmp(&fit(b))).unwrap_or_default();
        if fit(best) > fit(Self::NONE) + CLEARLY { best } else { Self::NONE }
    }

    /// Whether the image is upright as it is stored.
    pub fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Whether width and height change places.
    pub const fn is_transposed(self) -> bool {
        self.transposed
    }

    /// Whether the columns of the upright image run against those (or the rows) of the stored one.
    pub const fn has_reversed_columns(self) -> bool {
        self.columns_reversed
    }

    /// Whether the rows of the upright image run against those (or the columns) of the stored one.
    pub const fn has_reversed_rows(self) -> bool {
        self.rows_reversed
    }

    /// Width and height of the upright image of a stored one.
    pub const fn size(self, [columns, rows]: [u32; 2]) -> [u32; 2] {
        if self.transposed { [rows, columns] } else { [columns, rows] }
    }

    /// A position in a stored image, in the upright one. `stored` is the stored image's width and height.
    pub fn apply(self, PixelCorner { x, y }: PixelCorner, stored: [u32; 2]) -> PixelCorner {
        let [width, height] = self.size(stored).map(f64::from);
        let (x, y) = if self.transposed { (y, x) } else { (x, y) };
        PixelCorner::new(
            if self.columns_reversed { width - x } else { x },
            if self.rows_reversed { height - y } else { y },
        )
    }

    /// A position in the upright image, in the stored one: the way back of [`Self::apply`].
    pub fn undo(self, PixelCorner { x, y }: PixelCorner, stored: [u32; 2]) -> PixelCorner {
        let [width, height] = self.size(stored).map(f64::from);
        let x = if self.columns_reversed { width - x } else { x };
        let y = if self.rows_reversed { height - y } else { y };
        if self.transposed { PixelCorner::new(y, x) } else { PixelCorner::new(x, y) }
    }

    /// The pixels of the upright image, row by row, from those of the stored one.
    pub fn pixels<T: Copy>(self, pixels: &[T], stored: [u32; 2]) -> Vec<T> {
        let [width, height] = self.size(stored).map(|side| side as usize);
        let columns = stored[0] as usize;
        let mut out = Vec::with_capacity(pixels.len());
        for y in 0..height {
            let y = if self.rows_reversed { height - 1 - y } else { y };
            let mut row = |x: usize| {
                let at = if self.transposed { x * columns + y } else { y * columns + x };
                out.extend(pixels.get(at).copied());
            };
            if self.columns_reversed { (0..width).rev().for_each(&mut row) } else { (0..width).for_each(&mut row) }
        }
        out
    }

    /// Columns' and rows' directions of the upright image.
    pub(super) fn directions(self, columns: DVec3, rows: DVec3) -> [DVec3; 2] {
        let (c, r) = if self.transposed { (rows, columns) } else { (columns, rows) };
        [if self.columns_reversed { -c } else { c }, if self.rows_reversed { -r } else { r }]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geometry::PixelCenter;

    proptest! {
        /// Whatever way an image is stored, upright it lies as the others do, and its pixels are where they were.
        #[test]
        fn every_way_of_storing_an_image_has_one_upright_image(
            plane in super::super::plane::tests::any_plane(), stored_as in 0usize..8, x in 0f64..1.0, y in 0f64..1.0,
        ) {
            let kind = PlaneKind::of(&plane);
            let upright = plane.turned(Turn::upright(&plane, kind));
            let stored = plane.turned(Turn::ALL[stored_as]);
            let turn = Turn::upright(&stored, kind);
            let again = stored.turned(turn);
            // At 45 degrees two ways are equally right.
            let fit = |p: &ImagePlane| match kind {
                PlaneKind::Sagittal => p.column_direction().y - p.row_direction().z,
                PlaneKind::Coronal => p.column_direction().x - p.row_direction().z,
                PlaneKind::Axial => p.column_direction().x + p.row_direction().y,
            };
            prop_assert!((fit(&upright) - fit(&again)).abs() <= CLEARLY + 1e-9);

            let size = [stored.columns(), stored.rows()];
            let here = PixelCorner::new(x * f64::from(size[0]), y * f64::from(size[1]));
            let there = turn.apply(here, size);
            let back = turn.undo(there, size);
            prop_assert!((back.x - here.x).abs() < 1e-3 && (back.y - here.y).abs() < 1e-3);
            prop_assert!(stored.patient_from_pixel(here).distance(again.patient_from_pixel(there)) < 1e-2);
        }
    }

    #[test]
    fn pixels_move_as_positions_do() {
        let stored = [3, 2];
        let pixels: Vec<usize> = (0..6).collect();
        for turn in Turn::ALL {
            let [width, height] = turn.size(stored);
            let upright = turn.pixels(&pixels, stored);
            for y in 0..height {
                for x in 0..width {
                    let center = PixelCenter::new(f64::from(x), f64::from(y));
                    let from = turn.undo(center.into(), stored);
                    let at = from.y as usize * stored[0] as usize + from.x as usize;
                    assert_eq!(upright[(y * width + x) as usize], pixels[at], "{turn:?}");
                }
            }
        }
    }

    #[test]
    fn what_scanners_store_is_upright_and_an_angled_axial_stays_as_it_lies() {
        let upright = |iop, kind| Turn::upright(&ImagePlane::new([0.0; 3], iop, [1.0; 2], 4, 4).unwrap(), kind);
        assert!(upright([0.0, 1.0, 0.0, 0.0, 0.0, -1.0], PlaneKind::Sagittal).is_none());
        // 47 degrees: nearer to coronal, and part of an axial series.
        assert!(upright([1.0, 0.0, 0.0, 0.0, 0.682, 0.731], PlaneKind::Axial).is_none());
        let mirrored = upright([-1.0, 0.0, 0.0, 0.0, 1.0, 0.0], PlaneKind::Axial);
        assert_eq!(mirrored, Turn { transposed: false, columns_reversed: true, rows_reversed: false });
    }
}
