//! One decoded frame.

use std::{borrow::Cow, ops::Range, sync::Arc};

use super::{ValueRange, VoiFunction, VoiTable, Window};
use crate::geometry::ImagePlane;

/// One decoded frame: modality values (after rescale), where it lies, and how its file wants it shown.
///
/// ```
/// use foramen::raster::{Slice, Window};
///
/// let slice = Slice::new(3, 2, vec![0.0, 100.0, 200.0, 300.0, 400.0, 500.0]).unwrap();
/// assert_eq!(slice.value(2, 1), Some(500.0));
/// assert_eq!(slice.value(3, 1), None);
///
/// // From 100 (black) to 400 (white), as 0-255.
/// let grey = slice.greys(Window::from_range(100.0, 400.0), false, |grey| grey);
/// assert_eq!(grey, [0, 0, 85, 170, 255, 255]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    columns: u32,
    rows: u32,
    values: Vec<f32>,
    /// Which pixels are padding; `None` where none is.
    padding: Option<Vec<bool>>,
    /// Where the slice lies in the patient, if the file says so.
    pub plane: Option<ImagePlane>,
    /// mm between rows and between columns, if known (also without a plane).
    pub pixel_spacing: Option<[f64; 2]>,
    /// How high and how wide a pixel is in relation to the other, where the file says only this.
    pub pixel_aspect: Option<[f64; 2]>,
    /// VOI window of the file: the first that can be used where it gives several.
    pub window: Option<Window>,
    /// VOI table of the file, which [`VoiFunction::Table`] stands for.
    pub table: Option<Arc<VoiTable>>,
    /// MONOCHROME1: low values are shown bright.
    pub inverted: bool,
    /// What the pixels contradict in the header, in the user's terms. The slice is as the pixels have it.
    pub doubt: Option<String>,
}

impl Slice {
    /// `None` unless there are exactly `columns` × `rows` values and at least one.
    pub fn new(columns: u32, rows: u32, values: Vec<f32>) -> Option<Self> {
        let expected = (columns as usize).checked_mul(rows as usize)?;
        (expected > 0 && values.len() == expected).then_some(Self {
            columns,
            rows,
            values,
            padding: None,
            plane: None,
            pixel_spacing: None,
            pixel_aspect: None,
            window: None,
            table: None,
            inverted: false,
            doubt: None,
        })
    }

    /// The slice with some of its pixels marked as padding: there is no value in them, whatever number stands there.
    /// A mask of another size marks nothing.
    #[must_use]
    pub fn with_padding(mut self, mask: Vec<bool>) -> Self {
        self.padding = Some(mask).filter(|mask| mask.len() == self.values.len() && mask.contains(&true));
        self
    }

    /// Width in pixels, at least 1.
    pub const fn columns(&self) -> u32 {
        self.columns
    }

    /// Height in pixels, at least 1.
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Columns × rows modality values (after rescale), row-major; in padding whatever number stands there. What is
    /// computed from values is computed from [`Self::real_values`].
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Which pixels are padding, row by row; `None` where none is.
    pub fn padding(&self) -> Option<&[bool]> {
        self.padding.as_deref()
    }

    /// The modality values of all pixels that are not padding, row-major.
    pub fn real_values(&self) -> Cow<'_, [f32]> {
        match &self.padding {
            None => Cow::Borrowed(&self.values),
            Some(padding) => {
                let real = self.values.iter().zip(padding).filter(|(_, is_padding)| !**is_padding);
                Cow::Owned(real.map(|(value, _)| *value).collect())
            }
        }
    }

    /// The values of a row between two columns, without those of padding.
    pub fn row_values(&self, row: u32, columns: Range<u32>) -> impl Iterator<Item = f32> + Clone + '_ {
        let first = row.min(self.rows) as usize * self.columns as usize;
        let [start, end] = [columns.start, columns.end].map(|column| first + column.min(self.columns) as usize);
        let places = start.min(self.values.len())..end.min(self.values.len());
        places.filter(move |at| !self.is_padding(*at)).map(move |at| self.values[at])
    }

    /// The value at a pixel; none outside and in padding.
    pub fn value(&self, column: u32, row: u32) -> Option<f32> {
        let at = row as usize * self.columns as usize + column as usize;
        (column < self.columns && !self.is_padding(at)).then(|| self.values.get(at).copied())?
    }

    fn is_padding(&self, at: usize) -> bool {
        self.padding.as_ref().is_some_and(|padding| padding.get(at) == Some(&true))
    }

    /// Whether all pixels that are no padding have one value: nothing can be seen.
    pub fn is_blank(&self) -> bool {
        let mut real = (0..self.values.len()).filter(|&at| !self.is_padding(at)).map(|at| self.values[at]);
        let first = real.next();
        real.all(|value| Some(value) == first)
    }

    /// Height and width of a pixel as it is to be shown: in mm where spacing is known, else in relation to each other.
    pub fn pixel_size(&self) -> [f64; 2] {
        self.pixel_spacing.or(self.pixel_aspect).unwrap_or([1.0, 1.0])
    }

    /// The window to begin with: the file's, else from the 0.5th to the 99.5th percentile.
    pub fn first_window(&self) -> Window {
        self.window.unwrap_or_else(|| {
            let range = ValueRange::percentile([self]);
            Window::from_range(range.low, range.high)
        })
    }

    /// A value as grey in a window, which may be the file's table.
    pub fn grey(&self, window: Window, value: f32, inverted: bool) -> u8 {
        match (&self.table, window.function) {
            (Some(table), VoiFunction::Table) => table.grey(window, value, inverted),
            _ => window.grey(value, inverted),
        }
    }

    /// All pixels as grey values in a window, which may be the file's table. Padding is black, also where `inverted`.
    pub fn greys<T>(&self, window: Window, inverted: bool, pixel: impl Fn(u8) -> T) -> Vec<T> {
        let mut greys = match (&self.table, window.function) {
            (Some(table), VoiFunction::Table) => {
                self.values.iter().map(|&value| pixel(table.grey(window, value, inverted))).collect()
            }
            _ => window.greys(&self.values, inverted, &pixel),
        };
        if let Some(padding) = &self.padding {
            let padded = greys.iter_mut().zip(padding).filter(|(_, is_padding)| **is_padding);
            padded.for_each(|(grey, _)| *grey = pixel(0));
        }
        greys
    }

    /// Bytes that the values take in memory.
    pub fn byte_len(&self) -> usize {
        self.values.len() * size_of::<f32>() + self.padding.as_ref().map_or(0, Vec::len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever stands in padding, and wherever it is: nothing that is computed or shown depends on it.
        #[test]
        fn padding_is_in_no_range_no_window_and_no_statistics(
            pixels in prop::collection::vec((-3000f32..3000.0, any::<bool>()), 1..120),
            filling in prop_oneof![Just(-32768f32), Just(63536.0), Just(0.0), Just(f32::NAN), -1e30f32..1e30],
            inverted: bool,
        ) {
            let real: Vec<f32> = pixels.iter().filter(|(_, p)| !p).map(|(v, _)| *v).collect();
            let mask: Vec<bool> = pixels.iter().map(|(_, p)| *p).collect();
            let values = pixels.iter().map(|(v, p)| if *p { filling } else { *v }).collect();
            let mut slice = Slice::new(pixels.len() as u32, 1, values).unwrap().with_padding(mask.clone());
            slice.inverted = inverted;
            let real_values = slice.real_values();
            prop_assert_eq!(real_values.as_ref(), real.as_slice());
            let in_rows: Vec<f32> = slice.row_values(0, 0..slice.columns()).collect();
            prop_assert_eq!(&in_rows, &real);
            for (column, is_padding) in mask.iter().enumerate() {
                prop_assert_eq!(slice.value(column as u32, 0).is_none(), *is_padding);
            }
            let greys = slice.greys(slice.first_window(), inverted, |grey| grey);
            prop_assert!(greys.iter().zip(&mask).all(|(grey, p)| !p || *grey == 0));
            if !real.is_empty() {
                let mut plain = Slice::new(real.len() as u32, 1, real).unwrap();
                plain.inverted = inverted;
                prop_assert_eq!(slice.first_window(), plain.first_window());
                prop_assert_eq!(ValueRange::min_max(&slice), ValueRange::min_max(&plain));
                for way in crate::raster::Standardize::ALL {
                    let (padded, plain) = (way.image(&slice, None), way.image(&plain, None));
                    let shown = padded.pixels().iter().zip(&mask);
                    prop_assert!(shown.clone().all(|(grey, p)| !p || *grey == 0));
                    let real: Vec<u8> = shown.filter(|(_, p)| !**p).map(|(grey, _)| *grey).collect();
                    prop_assert_eq!(real.as_slice(), plain.pixels());
                }
            }
        }
    }

    #[test]
    fn a_mask_that_marks_nothing_is_none() {
        let slice = || Slice::new(2, 1, vec![1.0, 2.0]).unwrap();
        assert_eq!(slice().with_padding(vec![false; 2]), slice());
        assert_eq!(slice().with_padding(vec![true; 3]), slice());
        let all = slice().with_padding(vec![true; 2]);
        assert_eq!((ValueRange::min_max(&all).high, all.real_values().len()), (0.0, 0));
        assert!(all.is_blank() && !slice().is_blank() && slice().with_padding(vec![true, false]).is_blank());
        assert_eq!(all.greys(all.first_window(), true, |grey| grey), [0, 0]);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "numbers that are passed on")]
    fn a_pixel_has_the_proportions_that_are_known() {
        let mut slice = Slice::new(1, 1, vec![0.0]).unwrap();
        assert_eq!(slice.pixel_size(), [1.0, 1.0]);
        slice.pixel_aspect = Some([2.0, 1.0]);
        assert_eq!(slice.pixel_size(), [2.0, 1.0]);
        slice.pixel_spacing = Some([0.5, 0.75]);
        assert_eq!(slice.pixel_size(), [0.5, 0.75], "millimetres say more");
    }
}
