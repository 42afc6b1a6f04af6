//! How modality values become 0-255 for a detector. Part of a model: named in its manifest,
//! and applied the same way when the data set is written and when a slice is graded.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{Image8, Slice};

/// A way from modality values to 0-255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standardize {
    /// The slice's own minimum to 0 and maximum to 255, as the solution we start from did.
    #[default]
    SliceMinMax,
    /// The slice's own 0.5th percentile to 0 and 99.5th to 255.
    SlicePercentile,
    /// The whole series' 0.5th percentile to 0 and 99.5th to 255.
    SeriesPercentile,
}

/// The values that become 0 and 255.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueRange {
    /// The modality value that becomes 0.
    pub low: f32,
    /// The modality value that becomes 255.
    pub high: f32,
}

impl Standardize {
    /// Every way that a manifest can name.
    pub const ALL: [Self; 3] = [Self::SliceMinMax, Self::SlicePercentile, Self::SeriesPercentile];

    /// `slice_min_max`, `slice_percentile` or `series_percentile`, as in manifests.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SliceMinMax => "slice_min_max",
            Self::SlicePercentile => "slice_percentile",
            Self::SeriesPercentile => "series_percentile",
        }
    }

    /// Whether [`Self::image`] needs the range of the whole series.
    pub const fn needs_series(self) -> bool {
        matches!(self, Self::SeriesPercentile)
    }

    /// The image a detector sees. `series` is the range from [`ValueRange::of_series`] and is
    /// used by [`Self::SeriesPercentile`] only; without it that falls back to the slice's own percentiles.
    /// MONOCHROME1 is turned the right way round. A slice of one value becomes black.
    ///
    /// These are modality values, whatever window or VOI table the file has: those are for eyes, and differ from
    /// scanner to scanner. Padding is in no range, and 0.
    ///
    /// ```
    /// use foramen::raster::{Slice, Standardize};
    ///
    /// let slice = Slice::new(3, 1, vec![100.0, 300.0, 1100.0]).unwrap();
    /// assert_eq!(Standardize::SliceMinMax.image(&slice, None).pixels(), [0, 51, 255]);
    /// assert_eq!("slice_percentile".parse(), Ok(Standardize::SlicePercentile));
    /// ```
    pub fn image(self, slice: &Slice, series: Option<ValueRange>) -> Image8 {
        let range = match self {
            Self::SliceMinMax => ValueRange::min_max(slice),
            Self::SlicePercentile => ValueRange::percentile([slice]),
            Self::SeriesPercentile => series.unwrap_or_else(|| ValueRange::percentile([slice])),
        };
        range.image(slice)
    }
}

impl fmt::Display for Standardize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl FromStr for Standardize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|s| s.word() == text).ok_or_else(|| {
            format!("unknown standardize {text:?}; expected slice_min_max, slice_percentile or series_percentile")
        })
    }
}

impl ValueRange {
    /// Least and greatest finite value outside of padding; 0 and 0 if there is none.
    pub fn min_max(slice: &Slice) -> Self {
        let (low, high) = slice
            .real_values()
            .iter()
            .filter(|v| v.is_finite())
            .fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
        if low <= high { Self { low, high } } else { Self { low: 0.0, high: 0.0 } }
    }

    /// The 0.5th and 99.5th percentile (nearest rank) over all finite values of the slices given, without padding.
    pub fn percentile<'a>(slices: impl IntoIterator<Item = &'a Slice>) -> Self {
        let values: Vec<_> = slices.into_iter().map(Slice::real_values).collect();
        Self::percentile_of(&values.iter().map(AsRef::as_ref).collect::<Vec<&[f32]>>())
    }

    fn percentile_of(slices: &[&[f32]]) -> Self {
        if let Some(range) = Self::percentile_by_count(slices) {
            return range;
        }
        let mut values: Vec<f32> = slices.iter().copied().flatten().copied().filter(|v| v.is_finite()).collect();
        if values.is_empty() {
            return Self { low: 0.0, high: 0.0 };
        }
        let [low_rank, high_rank] = percentile_ranks(values.len());
        let low = *values.select_nth_unstable_by(low_rank, f32::total_cmp).1;
        let high = *values.select_nth_unstable_by(high_rank, f32::total_cmp).1;
        Self { low, high }
    }

    /// The same where all values are whole and small, as stored values without a rescale are: counting is several
    /// times as fast as selecting.
    fn percentile_by_count(slices: &[&[f32]]) -> Option<Self> {
        const VALUES: usize = 1 << 15;
        let mut counts = vec![0usize; VALUES];
        let mut total = 0;
        for values in slices {
            for &value in *values {
                // Not a number becomes 0, and is not 0. A negative zero is left to the other way, which tells it from 0.
                let whole = value as u16;
                if f32::from(whole).to_bits() != value.to_bits() {
                    return None;
                }
                *counts.get_mut(usize::from(whole))? += 1;
            }
            total += values.len();
        }
        let [low, high] = percentile_ranks(total.max(1)).map(|rank| {
            let mut seen = 0;
            counts.iter().position(|count| {
                seen += count;
                seen > rank
            })
        });
        Some(Self { low: low? as f32, high: high? as f32 })
    }

    /// The percentile range of a whole series.
    pub fn of_series<'a>(slices: impl IntoIterator<Item = &'a Slice>) -> Self {
        Self::percentile(slices)
    }

    fn image(self, slice: &Slice) -> Image8 {
        let low = f64::from(self.low);
        // A flat slice is black: nothing is above its least value.
        let range = if self.high > self.low { f64::from(self.high) - low } else { f64::INFINITY };
        let grey = |&v: &f32| {
            // Divided first: times 255 / range the greatest value may come out as 254.99.
            let y = ((f64::from(v) - low) / range * 255.0).clamp(0.0, 255.0) as u8;
            if slice.inverted { 255 - y } else { y }
        };
        let mut pixels: Vec<u8> = slice.values().iter().map(grey).collect();
        if let Some(padding) = slice.padding() {
            pixels.iter_mut().zip(padding).filter(|(_, is_padding)| **is_padding).for_each(|(pixel, _)| *pixel = 0);
        }
        #[expect(clippy::expect_used, reason = "a Slice has columns × rows values, so the image has as many pixels")]
        Image8::new(slice.columns(), slice.rows(), pixels).expect("same size")
    }
}

/// Ranks of the 0.5th and 99.5th percentile among `count` values, at least one.
fn percentile_ranks(count: usize) -> [usize; 2] {
    [0.005, 0.995].map(|share: f64| (share * (count - 1) as f64).round() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slice(values: Vec<f32>) -> Slice {
        Slice::new(values.len() as u32, 1, values).unwrap()
    }

    proptest! {
        #[test]
        fn standardize_is_blind_to_the_scanner_scale(
            values in prop::collection::vec(0u16..4096, 2..200), gain in 1u16..15, offset in 0u16..1000
        ) {
            let plain = slice(values.iter().map(|&v| f32::from(v)).collect());
            let scaled = slice(values.iter().map(|&v| f32::from(v) * f32::from(gain) + f32::from(offset)).collect());
            for way in [Standardize::SliceMinMax, Standardize::SlicePercentile] {
                let (a, b) = (way.image(&plain, None), way.image(&scaled, None));
                prop_assert!(a.pixels().iter().zip(b.pixels()).all(|(a, b)| a.abs_diff(*b) <= 1));
            }
        }
    }

    proptest! {
        #[test]
        fn counting_gives_what_selecting_gives(
            slices in prop::collection::vec(prop::collection::vec(0u16..5000, 0..300), 0..4)
        ) {
            let slices: Vec<Vec<f32>> = slices.iter().map(|s| s.iter().map(|&v| f32::from(v)).collect()).collect();
            let of = |slices: &[Vec<f32>]| ValueRange::percentile_of(&slices.iter().map(Vec::as_slice).collect::<Vec<_>>());
            // Half a step aside the values are not whole, and the order is the same.
            let aside: Vec<Vec<f32>> = slices.iter().map(|s| s.iter().map(|v| v + 0.5).collect()).collect();
            let (counted, selected) = (of(&slices), of(&aside));
            if slices.iter().all(Vec::is_empty) {
                prop_assert_eq!(counted, ValueRange { low: 0.0, high: 0.0 });
            } else {
                prop_assert_eq!(counted, ValueRange { low: selected.low - 0.5, high: selected.high - 0.5 });
            }
        }
    }

    #[test]
    fn monochrome1_is_turned_and_flat_or_nan_slices_are_black() {
        let mut turned = slice(vec![0.0, 50.0, 100.0]);
        turned.inverted = true;
        assert_eq!(Standardize::SliceMinMax.image(&turned, None).pixels(), [255, 128, 0]);
        assert_eq!(Standardize::SliceMinMax.image(&slice(vec![7.0; 3]), None).pixels(), [0; 3]);
        assert_eq!(Standardize::SlicePercentile.image(&slice(vec![f32::NAN; 3]), None).pixels(), [0; 3]);
    }
}
