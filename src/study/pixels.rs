//! One frame's pixels: checked before they are allocated, decoded, turned into modality values.

use dicom_dictionary_std::{tags, uids};
use dicom_encoding::TransferSyntaxIndex;
use dicom_object::{DefaultDicomObject, InMemDicomObject};
use dicom_pixeldata::PixelDecoder;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::{
    extent::Missing,
    file::{self, Loaded},
    frames,
    header::{HeaderError, chain, number, text},
    model::SliceRef,
};
use crate::{panics, raster::Slice};

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
    #[error("its transfer syntax, {0}, cannot be decoded here; convert it with dcmconv or gdcmconv")]
    Unsupported(String),
    /// A layout that is not shown.
    #[error("{0}")]
    Layout(String),
    /// The compressed data are broken.
    #[error("its pixels cannot be decoded: {0}")]
    Codec(String),
}

/// More pixels than this in one frame are not believed.
const MAX_PIXELS: u64 = 1 << 28;

impl SliceRef {
    /// Decodes the frame to modality values. Reads the file; do not call on the UI thread.
    pub fn decode(&self) -> Result<Slice, PixelError> {
        let (from, size) = self.instance.source.open_sized().map_err(HeaderError::Io)?;
        let Loaded { object, missing } = file::load(from, size, true)?;
        if let Some(Missing { found, needed }) = missing {
            return Err(PixelError::CutShort { found, needed });
        }
        let mut slice = decode(&object, self.frame)?;
        slice.plane = self.plane;
        slice.pixel_spacing = self.pixel_spacing;
        slice.window = self.window;
        Ok(slice)
    }
}

/// The attributes of PS3.3 C.7.6.3 that say how to read the bytes.
#[derive(Debug)]
struct Layout {
    columns: u32,
    rows: u32,
    samples: usize,
    allocated: u32,
    stored: u32,
    high_bit: u32,
    signed: bool,
    planar: bool,
    photometric: String,
}

impl Layout {
    fn of(object: &InMemDicomObject) -> Result<Self, PixelError> {
        let value = |tag| number::<u32>(object, tag);
        let allocated = value(tags::BITS_ALLOCATED).unwrap_or(16);
        let stored = value(tags::BITS_STORED).filter(|s| (1..=allocated).contains(s)).unwrap_or(allocated);
        let layout = Self {
            columns: value(tags::COLUMNS).unwrap_or(0),
            rows: value(tags::ROWS).unwrap_or(0),
            samples: value(tags::SAMPLES_PER_PIXEL).unwrap_or(1) as usize,
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
        if ![1, 8, 16, 32].contains(&allocated) || ![1, 3].contains(&layout.samples) {
            return Err(PixelError::Layout(format!(
                "pixels of {} samples with {allocated} bits are not shown",
                layout.samples
            )));
        }
        Ok(layout)
    }

    fn pixels(&self) -> usize {
        self.columns as usize * self.rows as usize
    }
}

fn decode(object: &DefaultDicomObject, frame: u32) -> Result<Slice, PixelError> {
    if let Some(slice) = float_pixels(object, frame)? {
        return Ok(slice);
    }
    let layout = Layout::of(object)?;
    let element = object.get(tags::PIXEL_DATA).ok_or(PixelError::NoPixelData)?;
    let encapsulated = element.fragments().is_some();
    if !encapsulated {
        let bits = layout.pixels() * layout.samples * layout.allocated as usize;
        let frames = frame as usize + 1;
        let needed = (bits * frames).div_ceil(8);
        let found = element.value().primitive().map_or(0, |p| p.calculate_byte_len());
        if found < needed {
            let (columns, rows) = (layout.columns as usize, layout.rows as usize);
            return Err(PixelError::Truncated { found, needed, columns, rows, frames });
        }
    }
    let (bytes, photometric) = decode_bytes(object, frame)?;
    let planar = layout.planar && !encapsulated;
    let mut values = values(&layout, &bytes, planar)?;
    drop(bytes);
    if photometric == "PALETTE COLOR" {
        palette(object, &mut values);
    } else if layout.samples == 1 {
        rescale(object, frame, &mut values);
    }
    slice(&layout, values)
}

fn slice(layout: &Layout, values: Vec<f32>) -> Result<Slice, PixelError> {
    let mut slice = Slice::new(layout.columns, layout.rows, values)
        .ok_or_else(|| PixelError::Codec("the codec gave another number of pixels than the header".to_owned()))?;
    slice.inverted = layout.photometric == "MONOCHROME1";
    Ok(slice)
}

/// The frame's bytes, little-endian, interleaved, and what they mean.
fn decode_bytes(object: &DefaultDicomObject, frame: u32) -> Result<(Vec<u8>, String), PixelError> {
    let uid = object.meta().transfer_syntax();
    let syntax = TransferSyntaxRegistry.get(uid);
    let name = || syntax.map_or_else(|| uid.to_owned(), |s| s.name().to_owned());
    if !syntax.is_some_and(|s| s.can_decode_all()) || uid == uids::JPIP_REFERENCED {
        return Err(PixelError::Unsupported(name()));
    }
    let decoded = panics::caught(|| {
        let decoded = object.decode_pixel_data_frame(frame).map_err(|e| chain(&e))?;
        Ok((decoded.data().to_vec(), decoded.photometric_interpretation().as_str().to_owned()))
    });
    match decoded {
        Ok(result) => result.map_err(PixelError::Codec),
        Err(_) => Err(PixelError::Codec(format!("the {} codec gave up on it", name()))),
    }
}

/// Stored values to numbers; colour to luminance (Rec. 601).
fn values(layout: &Layout, bytes: &[u8], planar: bool) -> Result<Vec<f32>, PixelError> {
    let count = layout.pixels();
    let samples = count * layout.samples;
    let short = || PixelError::Codec(format!("{} bytes came out where {samples} samples were expected", bytes.len()));
    // Codecs may give 8-bit samples for files that allocate 16, and single bits as bytes.
    let width = bytes.len() / samples.max(1);
    let mut numbers: Vec<f32> = match width {
        1 if layout.allocated == 1 => bytes.iter().map(|&b| f32::from(u8::from(b > 0))).collect(),
        1 => bytes.iter().map(|&b| layout.number(u32::from(b), 8)).collect(),
        2..4 => bytes.chunks_exact(2).map(|b| layout.number(u32::from(u16::from_le_bytes([b[0], b[1]])), 16)).collect(),
        4.. => bytes.chunks_exact(4).map(|b| layout.number(u32::from_le_bytes([b[0], b[1], b[2], b[3]]), 32)).collect(),
        0 => return Err(short()),
    };
    if numbers.len() < samples {
        return Err(short());
    }
    numbers.truncate(samples);
    if layout.samples == 3 {
        let luminance = |r: f32, g: f32, b: f32| 0.299 * r + 0.587 * g + 0.114 * b;
        numbers = if planar {
            (0..count).map(|i| luminance(numbers[i], numbers[i + count], numbers[i + 2 * count])).collect()
        } else {
            numbers.chunks_exact(3).map(|p| luminance(p[0], p[1], p[2])).collect()
        };
    }
    Ok(numbers)
}

impl Layout {
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
        && slope.is_finite()
        && intercept.is_finite()
        && (slope != 1.0 || intercept != 0.0)
        && slope != 0.0
    {
        values.iter_mut().for_each(|v| *v = (f64::from(*v) * slope + intercept) as f32);
    }
}

/// Palette indices to luminance. A palette that does not hold leaves the indices.
fn palette(object: &InMemDicomObject, values: &mut [f32]) {
    let table = |descriptor, data| -> Option<(i64, Vec<f32>)> {
        let descriptor = object.get(descriptor)?.to_multi_int::<i64>().ok()?;
        let &[count, first, bits] = descriptor.as_slice() else { return None };
        let count = if count == 0 { 65536 } else { usize::try_from(count & 0xffff).ok()? };
        let data = object.get(data)?.to_bytes().ok()?;
        let entries: Vec<f32> = if bits == 8 && data.len() < 2 * count {
            data.iter().map(|&b| f32::from(b)).collect()
        } else {
            let high = if bits == 8 { 1.0 } else { 257.0 };
            data.chunks_exact(2).map(|b| f32::from(u16::from_le_bytes([b[0], b[1]])) / high).collect()
        };
        (!entries.is_empty()).then_some((first, entries))
    };
    let tables = [
        table(tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        table(tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        table(tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA),
    ];
    let [Some(red), Some(green), Some(blue)] = tables else { return };
    for value in values {
        let look = |(first, entries): &(i64, Vec<f32>)| {
            let at = (*value as i64 - first).clamp(0, entries.len() as i64 - 1);
            entries[at as usize]
        };
        *value = 0.299 * look(&red) + 0.587 * look(&green) + 0.114 * look(&blue);
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
    Ok(Slice::new(columns, rows, values.iter().map(|&v| v as f32).collect()))
}
