//! One frame's pixels: checked before they are allocated, decoded, turned into modality values.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};

use super::{
    compressed,
    extent::Missing,
    file::{self, Loaded},
    frames,
    header::{HeaderError, chain, number, text},
    jpeg_ls, lookup,
    model::SliceRef,
    native,
};
use crate::raster::Slice;

/// Why a slice could not be decoded. Names no file: the caller knows which.
#[derive(Debug, thiserror::Error)]
pub enum PixelError {
    /// The file cannot be read again.
    #[error(transparent)]
    File(#[from] HeaderError),
    /// No pixels.
    #[error("it has no PixelData")]
    NoPixelData,
    /// The file ends before its pixels do.
    #[error("the file is cut short: {found} of {needed} bytes of its pixels are there")]
    CutShort {
        /// Bytes there.
        found: u64,
        /// Bytes announced.
        needed: u64,
    },
    /// Fewer bytes than the header promises.
    #[error("PixelData is cut short: {found} bytes where {columns} x {rows} pixels and {frames} frames need {needed}")]
    Truncated {
        /// Bytes there.
        found: usize,
        /// Bytes that should be there.
        needed: usize,
        /// Width.
        columns: usize,
        /// Height.
        rows: usize,
        /// Frames up to the one asked for.
        frames: usize,
    },
    /// A size that no image has.
    #[error("{0} x {1} pixels are more than any image has; the header is wrong")]
    TooLarge(u32, u32),
    /// A codec that is not in this program.
    #[error("its transfer syntax, {0}, cannot be decoded here; convert it with dcmdjpeg or gdcmconv --raw")]
    Unsupported(String),
    /// A layout that is not shown.
    #[error("{0}")]
    Layout(String),
    /// The compressed data are broken.
    #[error("its pixels cannot be decoded: {0}")]
    Codec(String),
}

/// No modality value is larger; so that differences of values are numbers too.
const LARGEST: f64 = 1e30;
/// More pixels than this in one frame are not believed.
const MAX_PIXELS: u64 = 1 << 26;

impl SliceRef {
    /// Decodes the frame to modality values. Reads the file; do not call on the UI thread.
    pub fn decode(&self) -> Result<Slice, PixelError> {
        let (mut from, size) = self.instance.source.open_sized().map_err(HeaderError::Io)?;
        let Loaded { object, missing, plain } = file::load(&mut from, size, false)?;
        let whole = |missing: Option<Missing>| match missing {
            Some(Missing { found, needed }) => Err(PixelError::CutShort { found, needed }),
            None => Ok(()),
        };
        whole(missing)?;
        let mut slice = if let Some(plain) = plain {
            let layout = Layout::of(&object)?;
            let bytes = native::read(&layout, from, plain, self.frame)?;
            finish(&object, &layout, &bytes, false, self.frame)?
        } else {
            from.rewind().map_err(HeaderError::Io)?;
            let Loaded { object, missing, .. } = file::load(from, size, true)?;
            whole(missing)?;
            decode(&object, self.frame)?
        };
        slice.plane = self.plane;
        slice.pixel_spacing = self.pixel_spacing;
        slice.window = self.window;
        Ok(slice)
    }
}

/// The attributes of PS3.3 C.7.6.3 that say how to read the bytes.
#[derive(Debug)]
pub struct Layout {
    pub columns: u32,
    pub rows: u32,
    pub samples: usize,
    pub allocated: u32,
    pub stored: u32,
    pub high_bit: u32,
    pub signed: bool,
    pub planar: bool,
    pub photometric: String,
}

impl Layout {
    fn of(object: &InMemDicomObject) -> Result<Self, PixelError> {
        let value = |tag| number::<u32>(object, tag);
        let allocated = value(tags::BITS_ALLOCATED).unwrap_or(16);
        let samples = value(tags::SAMPLES_PER_PIXEL).unwrap_or(1) as usize;
        if ![1, 8, 16, 32].contains(&allocated) || ![1, 3].contains(&samples) {
            return Err(PixelError::Layout(format!("pixels of {samples} samples with {allocated} bits are not shown")));
        }
        let stored = value(tags::BITS_STORED).filter(|s| (1..=allocated).contains(s)).unwrap_or(allocated);
        let layout = Self {
            columns: value(tags::COLUMNS).unwrap_or(0),
            rows: value(tags::ROWS).unwrap_or(0),
            samples,
            allocated,
            stored,
            high_bit: value(tags::HIGH_BIT).filter(|h| (stored - 1..allocated).contains(h)).unwrap_or(stored - 1),
            signed: value(tags::PIXEL_REPRESENTATION) == Some(1),
            planar: value(tags::PLANAR_CONFIGURATION) == Some(1),
            photometric: text(object, tags::PHOTOMETRIC_INTERPRETATION),
        };
        if u64::from(layout.columns) * u64::from(layout.rows) > MAX_PIXELS || layout.columns == 0 || layout.rows == 0 {
            return Err(PixelError::TooLarge(layout.columns, layout.rows));
        }
        Ok(layout)
    }

    /// Columns times rows.
    pub fn pixels(&self) -> usize {
        self.columns as usize * self.rows as usize
    }

    /// Uncompressed, two pixels share their colour: two bytes a pixel instead of three.
    fn is_422(&self) -> bool {
        self.photometric == "YBR_FULL_422" && self.samples == 3 && self.allocated == 8
    }

    /// Bits of an uncompressed frame.
    pub fn frame_bits(&self) -> usize {
        let samples = if self.is_422() { 2 } else { self.samples };
        self.pixels() * samples * self.allocated as usize
    }
}

fn decode(object: &DefaultDicomObject, frame: u32) -> Result<Slice, PixelError> {
    if let Some(slice) = float_pixels(object, frame)? {
        return Ok(slice);
    }
    let layout = Layout::of(object)?;
    let element = object.get(tags::PIXEL_DATA).ok_or(PixelError::NoPixelData)?;
    let is_compressed = element.fragments().is_some();
    let bytes = if let Some(value) = element.value().primitive() {
        let words_are_big = object.meta().transfer_syntax() == file::BIG_ENDIAN && element.vr() != VR::OL;
        native::frame(&layout, value, frame, words_are_big)?
    } else {
        compressed::decode(object, &layout, frame)?
    };
    finish(object, &layout, &bytes, is_compressed, frame)
}

/// Bytes to modality values.
fn finish(
    object: &DefaultDicomObject,
    layout: &Layout,
    bytes: &[u8],
    is_compressed: bool,
    frame: u32,
) -> Result<Slice, PixelError> {
    let syntax = object.meta().transfer_syntax();
    let is_as_stored = syntax == uids::RLE_LOSSLESS || jpeg_ls::is_one(syntax);
    // Codecs of colour give red, green and blue; RLE, JPEG-LS and plain bytes are what they are.
    let is_ybr = layout.photometric.starts_with("YBR_FULL") && (!is_compressed || is_as_stored);
    let colour = Colour { planar: layout.planar && !is_compressed, is_ybr, is_422: layout.is_422() && !is_compressed };
    let mut values = values(layout, bytes, colour)?;
    if layout.photometric == "PALETTE COLOR" {
        lookup::palette(object, &mut values);
    } else if layout.samples == 1 {
        rescale(object, frame, &mut values);
    }
    slice(layout, values)
}

/// How the three samples of a pixel lie and what they mean.
#[derive(Debug, Clone, Copy)]
struct Colour {
    /// Plane after plane.
    planar: bool,
    /// The first sample is the luminance.
    is_ybr: bool,
    /// Two pixels share their colour.
    is_422: bool,
}

fn slice(layout: &Layout, values: Vec<f32>) -> Result<Slice, PixelError> {
    let mut slice = Slice::new(layout.columns, layout.rows, values)
        .ok_or_else(|| PixelError::Codec("the codec gave another number of pixels than the header".to_owned()))?;
    slice.inverted = layout.photometric == "MONOCHROME1";
    Ok(slice)
}

/// Rec. 601.
pub fn luminance(red: f32, green: f32, blue: f32) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

/// Stored values to numbers; colour to luminance.
fn values(layout: &Layout, bytes: &[u8], colour: Colour) -> Result<Vec<f32>, PixelError> {
    let count = layout.pixels();
    if colour.is_422 {
        // Two pixels, then what they share: Y Y Cb Cr.
        return Ok(bytes.as_chunks::<4>().0.iter().flat_map(|b| [f32::from(b[0]), f32::from(b[1])]).collect());
    }
    let samples = count * layout.samples;
    let short = || PixelError::Codec(format!("{} bytes came out where {samples} samples were expected", bytes.len()));
    // Codecs may give 8-bit samples for files that allocate 16, and single bits as bytes.
    let width = bytes.len() / samples.max(1);
    let mut numbers: Vec<f32> = match width {
        1 if layout.allocated == 1 => bytes.iter().map(|&b| f32::from(u8::from(b > 0))).collect(),
        1 => bytes.iter().map(|&b| layout.number(u32::from(b), 8)).collect(),
        2..4 => layout.words(bytes),
        4.. => bytes.chunks_exact(4).map(|b| layout.number(u32::from_le_bytes([b[0], b[1], b[2], b[3]]), 32)).collect(),
        0 => return Err(short()),
    };
    if numbers.len() < samples {
        return Err(short());
    }
    numbers.truncate(samples);
    if layout.samples == 3 {
        let grey = |r: f32, g: f32, b: f32| if colour.is_ybr { r } else { luminance(r, g, b) };
        numbers = if colour.planar {
            (0..count).map(|i| grey(numbers[i], numbers[i + count], numbers[i + 2 * count])).collect()
        } else {
            numbers.chunks_exact(3).map(|p| grey(p[0], p[1], p[2])).collect()
        };
    }
    Ok(numbers)
}

impl Layout {
    /// 16-bit words to numbers, as [`Self::number`] does it one by one: nearly all of MRI, and a loop without branches.
    fn words(&self, bytes: &[u8]) -> Vec<f32> {
        let words = bytes.as_chunks::<2>().0.iter().map(|word| u16::from_le_bytes(*word));
        let stored = self.stored.min(16);
        let shift = (self.high_bit + 1).saturating_sub(stored).min(16 - stored);
        let up = 16 - stored;
        if self.signed {
            words.map(|word| f32::from((word >> shift << up) as i16 >> up)).collect()
        } else {
            let mask = u16::MAX >> up;
            words.map(|word| f32::from((word >> shift) & mask)).collect()
        }
    }

    /// Cuts a stored word to `BitsStored` bits below `HighBit` and minds the sign.
    fn number(&self, word: u32, width: u32) -> f32 {
        let stored = self.stored.min(width);
        let shift = (self.high_bit + 1).saturating_sub(stored).min(width - stored);
        let bits = (word >> shift) & (u32::MAX >> (32 - stored));
        if self.signed {
            let up = 32 - stored;
            ((bits << up) as i32 >> up) as f32
        } else {
            bits as f32
        }
    }
}

fn rescale(object: &InMemDicomObject, frame: u32, values: &mut [f32]) {
    if let Some((slope, intercept)) = frames::rescale(object, frame)
        && (slope as f32).is_finite()
        && (intercept as f32).is_finite()
        && slope != 0.0
    {
        // The usual case, in which nothing is to be done.
        if (slope, intercept) == (1.0, 0.0) {
            return;
        }
        for v in values {
            *v = (f64::from(*v) * slope + intercept).clamp(-LARGEST, LARGEST) as f32;
        }
    } else {
        lookup::modality(object, values);
    }
}

/// `FloatPixelData` and `DoubleFloatPixelData`.
fn float_pixels(object: &InMemDicomObject, frame: u32) -> Result<Option<Slice>, PixelError> {
    let element = [tags::FLOAT_PIXEL_DATA, tags::DOUBLE_FLOAT_PIXEL_DATA].into_iter().find_map(|t| object.get(t));
    let Some(element) = element else { return Ok(None) };
    let value = |tag| number::<u32>(object, tag).unwrap_or(0);
    let (columns, rows) = (value(tags::COLUMNS), value(tags::ROWS));
    let pixels = u64::from(columns) * u64::from(rows);
    if pixels == 0 || pixels > MAX_PIXELS {
        return Err(PixelError::TooLarge(columns, rows));
    }
    let all = element.to_multi_float64().map_err(|e| PixelError::Codec(chain(&e)))?;
    let (pixels, frames) = (pixels as usize, frame as usize + 1);
    let values = all.get(pixels * frame as usize..pixels * frames).ok_or(PixelError::Truncated {
        found: all.len() * 4,
        needed: pixels * frames * 4,
        columns: columns as usize,
        rows: rows as usize,
        frames,
    })?;
    // Programs that compute maps leave "not a number" outside of the body.
    let number = |&v: &f64| if v.is_nan() { 0.0 } else { v.clamp(-LARGEST, LARGEST) as f32 };
    Ok(Slice::new(columns, rows, values.iter().map(number).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_are_the_numbers_one_by_one(
            words in prop::collection::vec(any::<u16>(), 0..40),
            stored in 1_u32..=16,
            high_bit in 0_u32..16,
            signed: bool,
        ) {
            let high_bit = high_bit.max(stored - 1);
            let layout = Layout {
                columns: 1, rows: 1, samples: 1, allocated: 16, stored, high_bit, signed, planar: false,
                photometric: String::new(),
            };
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            let one_by_one: Vec<f32> = words.iter().map(|word| layout.number(u32::from(*word), 16)).collect();
            prop_assert_eq!(layout.words(&bytes), one_by_one);
        }
    }
}
