//! Small pictures of series: the middle slice, shrunk when it is decoded.

use std::collections::BTreeMap;

use egui::ColorImage;

use super::pane;
use crate::{
    geometry::Turn,
    raster::Slice,
    study::Study,
    worker::{SessionId, SliceKey},
};

/// Pixels of the longer side.
const SIDE: u32 = 96;

/// The pictures of one study.
#[derive(Default)]
pub struct Thumbnails(BTreeMap<usize, Option<ColorImage>>);

impl Thumbnails {
    /// The slice that a series is known by.
    pub fn slice(study: &Study, series: usize) -> Option<usize> {
        let slices = study.series.get(series)?.slices.len();
        (slices > 0).then_some(slices / 2)
    }

    /// What has still to be decoded.
    pub fn missing(&self, session: SessionId, study: &Study) -> Vec<SliceKey> {
        let series = (0..study.series.len()).filter(|series| !self.0.contains_key(series));
        series.filter_map(|series| Some(SliceKey { session, series, slice: Self::slice(study, series)? })).collect()
    }

    /// Takes a decoded slice, if it is the one that its series is known by.
    pub fn decoded(&mut self, study: &Study, key: SliceKey, slice: Option<&Slice>) {
        if Self::slice(study, key.series) == Some(key.slice) && !self.0.contains_key(&key.series) {
            let turn = study.series[key.series].slices[key.slice].turn;
            self.0.insert(key.series, slice.map(|slice| upright(&small(slice), turn)));
        }
    }

    /// The picture of a series; `None` while it is not decoded, and where it cannot be.
    pub fn get(&self, series: usize) -> Option<&ColorImage> {
        self.0.get(&series)?.as_ref()
    }
}

/// As the panes show it.
fn upright(image: &ColorImage, turn: Turn) -> ColorImage {
    let stored = image.size.map(|side| side as u32);
    ColorImage::new(turn.size(stored).map(|side| side as usize), turn.pixels(&image.pixels, stored))
}

/// In true proportions; each pixel is the mean of those that it stands for.
fn small(slice: &Slice) -> ColorImage {
    let [down, across] = slice.pixel_size();
    let (columns, rows) = (slice.columns().max(1), slice.rows().max(1));
    let (width, height) = (f64::from(columns) * across, f64::from(rows) * down);
    let scale = f64::from(SIDE) / width.max(height);
    let size = [width, height].map(|side| ((side * scale).round() as usize).clamp(1, SIDE as usize));
    let window = pane::file_window(slice);
    let span = |at: usize, of: usize, pixels: u32| {
        let edge = |i: usize| (i as u64 * u64::from(pixels) / of as u64) as u32;
        edge(at)..edge(at + 1).max(edge(at) + 1).min(pixels)
    };
    let mut grey = Vec::with_capacity(size[0] * size[1]);
    for y in 0..size[1] {
        for x in 0..size[0] {
            let (mut sum, mut count) = (0.0, 0);
            for row in span(y, size[1], rows) {
                for value in slice.row_values(row, span(x, size[0], columns)) {
                    sum += value;
                    count += 1;
                }
            }
            // Padding is black.
            grey.push(if count == 0 { 0 } else { slice.grey(window, sum / count as f32, slice.inverted) });
        }
    }
    ColorImage::from_gray(size, &grey)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_small_has_true_proportions_and_shows_what_is_there() {
        let values = (0..300 * 200).map(|i| if i % 300 < 150 { 0.0 } else { 100.0 }).collect();
        let mut slice = Slice::new(300, 200, values).unwrap();
        slice.pixel_spacing = Some([1.5, 0.5]);
        let image = small(&slice);
        assert_eq!(image.size, [48, 96]);
        assert!(image.pixels[0].r() < 10 && image.pixels[47].r() > 245);
        assert_eq!(small(&Slice::new(1, 1, vec![3.0]).unwrap()).size, [96, 96]);
    }
}
