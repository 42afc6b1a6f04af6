//! An image of any size to the detector's input, and boxes back: what Ultralytics 8.4.190 does, to the pixel.

use crate::raster::{BBox, Image8};

/// Grey of the border.
const PAD: u8 = 114;
/// OpenCV's fixed point for 8-bit linear interpolation.
const COEFFICIENT_BITS: u32 = 11;

/// How an image lies in the detector's input.
///
/// ```
/// use foramen::{
///     detector::Letterbox,
///     raster::{BBox, Image8},
/// };
///
/// // Twice as wide as high: grey bars above and below.
/// let image = Image8::new(4, 2, vec![200; 8]).unwrap();
/// let letterbox = Letterbox::new((4, 2), (8, 8));
/// let input = letterbox.apply(&image);
/// assert_eq!((input[0], input[3 * 8]), (114, 200));
///
/// let whole = BBox::new(0.0, 2.0, 8.0, 6.0);
/// assert_eq!(letterbox.image_from_input(whole), BBox::new(0.0, 0.0, 4.0, 2.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Letterbox {
    image: (u32, u32),
    input: (u32, u32),
    resized: (u32, u32),
    left: u32,
    top: u32,
}

impl Letterbox {
    /// For an image of (width, height) in an input of (width, height), in pixels and at least 1.
    pub fn new(image: (u32, u32), input: (u32, u32)) -> Self {
        let ratio = (f64::from(input.0) / f64::from(image.0)).min(f64::from(input.1) / f64::from(image.1));
        let side =
            |length: u32, most: u32| ((f64::from(length) * ratio).round_ties_even() as u32).clamp(1, most.max(1));
        let resized = (side(image.0, input.0), side(image.1, input.1));
        let before = |input: u32, resized: u32| {
            (f64::from(input - resized.min(input)) / 2.0 - 0.1).round_ties_even().max(0.0) as u32
        };
        Self { image, input, resized, left: before(input.0, resized.0), top: before(input.1, resized.1) }
    }

    /// The detector's input: width × height grey values, row-major, 114 beside the image.
    pub fn apply(&self, image: &Image8) -> Vec<u8> {
        let (width, height) = (self.input.0 as usize, self.input.1 as usize);
        let mut out = vec![PAD; width * height];
        let resized = resize(image, self.resized);
        let (columns, left) = (self.resized.0 as usize, self.left as usize);
        for (row, pixels) in resized.chunks_exact(columns).enumerate() {
            let start = (row + self.top as usize) * width + left;
            out[start..start + columns].copy_from_slice(pixels);
        }
        out
    }

    /// A box of the input as a box of the image, cut to the image.
    pub fn image_from_input(&self, b: BBox) -> BBox {
        let gain_x = f64::from(self.resized.0) / f64::from(self.image.0);
        let gain_y = f64::from(self.resized.1) / f64::from(self.image.1);
        let x = |v: f32| (f64::from(v - self.left as f32) / gain_x) as f32;
        let y = |v: f32| (f64::from(v - self.top as f32) / gain_y) as f32;
        BBox::new(x(b.x0), y(b.y0), x(b.x1), y(b.y1)).clipped(self.image.0 as f32, self.image.1 as f32)
    }
}

/// `cv2.resize(..., INTER_LINEAR)` for 8-bit grey, which for exact halves is the mean of four.
fn resize(image: &Image8, (width, height): (u32, u32)) -> Vec<u8> {
    let source = (image.width(), image.height());
    if source == (width, height) {
        return image.pixels().to_vec();
    }
    if source == (2 * width, 2 * height) {
        return halve(image);
    }
    let (columns, rows) = (taps(source.0, width), taps(source.1, height));
    let line = |row: u32| {
        let start = row as usize * source.0 as usize;
        &image.pixels()[start..start + source.0 as usize]
    };
    let across = |row: u32| -> Vec<i32> {
        let pixels = line(row);
        columns
            .iter()
            .map(|t| i32::from(pixels[t.at as usize]) * t.first + i32::from(pixels[t.next as usize]) * t.second)
            .collect()
    };
    let mut out = Vec::with_capacity(width as usize * height as usize);
    // Rows follow one another: keep the two that were last needed.
    let mut kept: [(u32, Vec<i32>); 2] = [(u32::MAX, Vec::new()), (u32::MAX, Vec::new())];
    for t in &rows {
        let wanted = [t.at, t.next];
        if kept[1].0 == wanted[0] {
            kept.swap(0, 1);
        }
        for (keep, row) in kept.iter_mut().zip(wanted) {
            if keep.0 != row {
                *keep = (row, across(row));
            }
        }
        let blend = |(a, b): (&i32, &i32)| {
            let sum = ((t.first * (a >> 4)) >> 16) + ((t.second * (b >> 4)) >> 16);
            ((sum + 2) >> 2).clamp(0, 255) as u8
        };
        out.extend(kept[0].1.iter().zip(&kept[1].1).map(blend));
    }
    out
}

/// Two neighbours and their shares of 2048.
struct Tap {
    at: u32,
    next: u32,
    first: i32,
    second: i32,
}

fn taps(source: u32, target: u32) -> Vec<Tap> {
    let scale = f64::from(source) / f64::from(target);
    let one = f64::from(1u32 << COEFFICIENT_BITS);
    (0..target)
        .map(|i| {
            let center = ((f64::from(i) + 0.5) * scale - 0.5) as f32;
            let share = center - center.floor();
            let round = |v: f32| (f64::from(v) * one).round_ties_even() as i32;
            // Beyond the border both neighbours are the last pixel; the shares stay, for their rounding is seen.
            let inside = |at: f32| at.clamp(0.0, source as f32 - 1.0) as u32;
            let (at, next) = (inside(center.floor()), inside(center.floor() + 1.0));
            Tap { at, next, first: round(1.0 - share), second: round(share) }
        })
        .collect()
}

fn halve(image: &Image8) -> Vec<u8> {
    let width = image.width() as usize;
    image
        .pixels()
        .chunks_exact(2 * width)
        .flat_map(|rows| {
            let (upper, lower) = rows.split_at(width);
            upper.chunks_exact(2).zip(lower.chunks_exact(2)).map(|(a, b)| {
                let sum: u16 = a.iter().chain(b).map(|&v| u16::from(v)).sum();
                ((sum + 2) >> 2) as u8
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn image(width: u32, height: u32) -> Image8 {
        let pixels = (0..width * height).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        Image8::new(width, height, pixels).unwrap()
    }

    #[test]
    fn the_detectors_own_size_passes_unchanged() {
        let square = image(384, 384);
        assert_eq!(Letterbox::new((384, 384), (384, 384)).apply(&square), square.pixels());
    }

    #[test]
    fn borders_are_114_and_centred() {
        let box_ = Letterbox::new((100, 50), (384, 384));
        assert_eq!((box_.resized, box_.left, box_.top), ((384, 192), 0, 96));
        let out = box_.apply(&image(100, 50));
        assert!(out[..96 * 384].iter().all(|&v| v == PAD) && out[288 * 384..].iter().all(|&v| v == PAD));
    }

    /// `cv2.resize` of OpenCV 5.0.0. At the border the two halves of a row are rounded apart: 82, not 83.
    #[test]
    fn borders_are_rounded_as_opencv_rounds_them() {
        let picture = Image8::new(3, 3, vec![255, 228, 34, 121, 243, 189, 6, 131, 102]).unwrap();
        let expected = [
            [255, 248, 235, 179, 82, 34],
            [222, 224, 229, 192, 112, 73],
            [155, 176, 218, 217, 172, 150],
            [92, 123, 184, 203, 179, 167],
            [35, 66, 128, 150, 132, 124],
            [6, 37, 100, 124, 109, 102],
        ];
        assert_eq!(resize(&picture, (6, 6)), expected.concat());
    }

    proptest! {
        #[test]
        fn boxes_come_back_from_where_they_went(
            width in 1u32..2000, height in 1u32..2000, x in 0f32..0.9, y in 0f32..0.9, share in 0.05f32..0.1
        ) {
            let letterbox = Letterbox::new((width, height), (384, 384));
            let (w, h) = (width as f32, height as f32);
            let original = BBox::new(x * w, y * h, (x + share) * w, (y + share) * h);
            let gain = (letterbox.resized.0 as f32 / w, letterbox.resized.1 as f32 / h);
            let shift = (letterbox.left as f32, letterbox.top as f32);
            let input = BBox::new(
                original.x0 * gain.0 + shift.0, original.y0 * gain.1 + shift.1,
                original.x1 * gain.0 + shift.0, original.y1 * gain.1 + shift.1,
            );
            let back = letterbox.image_from_input(input);
            let tolerance = 1e-3 * w.max(h).max(1.0);
            for (a, b) in [(back.x0, original.x0), (back.y0, original.y0), (back.x1, original.x1), (back.y1, original.y1)] {
                prop_assert!((a - b).abs() < tolerance, "{back:?} {original:?}");
            }
        }

        #[test]
        fn no_size_breaks_it_and_no_value_is_invented(width in 1u32..300, height in 1u32..300) {
            let picture = image(width, height);
            let out = Letterbox::new((width, height), (384, 384)).apply(&picture);
            prop_assert_eq!(out.len(), 384 * 384);
            let (low, high) = (picture.pixels().iter().min().unwrap(), picture.pixels().iter().max().unwrap());
            // Fixed point may round up by one.
            prop_assert!(out.iter().all(|v| *v == PAD || (low.saturating_sub(1)..=high.saturating_add(1)).contains(v)));
        }
    }
}
