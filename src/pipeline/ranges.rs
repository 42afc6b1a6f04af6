//! The range of all values of a series, for models whose pixels are made from it: computed once for a study, by the first
//! thread that needs it.

use std::sync::OnceLock;

use crate::{
    raster::{Slice, ValueRange},
    study::Study,
};

/// By series.
pub struct Ranges<'a> {
    study: &'a Study,
    ranges: Vec<OnceLock<ValueRange>>,
}

impl<'a> Ranges<'a> {
    /// Nothing is computed yet.
    pub fn new(study: &'a Study) -> Self {
        Self { study, ranges: study.series.iter().map(|_| OnceLock::new()).collect() }
    }

    /// Of the series that `slice` is from. Slices that cannot be decoded are left out; they are reported when their turn
    /// comes.
    pub fn of(&self, series: usize, slice: &Slice) -> ValueRange {
        *self.ranges[series].get_or_init(|| {
            let decoded: Vec<Slice> = self.study.series[series].slices.iter().filter_map(|s| s.decode().ok()).collect();
            if decoded.is_empty() { ValueRange::of_series([slice]) } else { ValueRange::of_series(&decoded) }
        })
    }
}
