//! One frame's pixels: checked before they are allocated, decoded, turned into modality values.

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};

use super::{
    bits, compressed,
    element::number,
    error::{HeaderError, PixelError, chain},
    extent::Missing,
    file::Loaded,
    frames, jpeg_ls,
    layout::{Layout, MAX_PIXELS},
    lookup::{self, luminance},
    model::SliceRef,
    native, opened,
    padding::Padding,
    photometric::Photometric,
    syntax::{self, Form},
};
use crate::raster::{BLANK, Slice};

/// The limit for modality values, so that differences of values are finite too.
const LARGEST: f64 = 1e30;

impl SliceRef {
    /// Decodes the frame to modality values. Reads the file; do not call on the UI thread.
    ///
    /// ```
    /// use foramen::{grading::Role, phantom, raster::Window, study};
    ///
    /// let study = study::scan_memory(phantom::study_in_memory(1)).studies.remove(0);
    /// let series = study.series_of(Role::Scs).next().unwrap();
    /// let slice = series.slices[series.slices.len() / 2].decode()?;
    ///
    /// // Modality values, row by row, and where they lie in the patient.
    /// assert_eq!(slice.values().len(), (slice.columns() * slice.rows()) as usize);
    /// let plane = slice.plane.unwrap();
    /// assert!(plane.center().x.abs() < 20.0, "the middle slice lies near the midline");
    ///
    /// // 0 to 255, as a viewer shows it.
    /// let grey: Vec<u8> = slice.greys(slice.first_window(), slice.inverted, |grey| grey);
    /// assert_eq!(grey.len(), slice.values().len());
    /// # Ok::<(), foramen::study::PixelError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The file is gone, damaged or cut short, its transfer syntax is unknown, or its header and pixels contradict
    /// each other.
    pub fn decode(&self) -> Result<Slice, PixelError> {
        let (mut from, size) = opened::open(&self.instance).map_err(HeaderError::Io)?;
        let loaded = opened::load(&self.instance, &mut from, size, false)?;
        let Loaded { object, missing, plain, .. } = &*loaded;
        let whole = |missing: &Option<Missing>| match *missing {
            Some(Missing { found, needed }) => Err(PixelError::CutShort { found, needed }),
            None => Ok(()),
        };
        let syntax = object.meta().transfer_syntax();
        if syntax::form(syntax) == Form::Unknown {
            return Err(PixelError::UnknownSyntax(syntax.to_owned()));
        }
        let mut slice = if let Some(plain) = *plain {
            let layout = Layout::of(object)?;
            let read = native::read(&layout, from, plain, self.frame, (self.instance.frames, size));
            let mut bytes = read.map_err(|error| contradiction(syntax, error))?;
            if syntax == syntax::GE_BIG_PIXELS {
                native::swap(&layout, &mut bytes);
            }
            finish(object, layout, &bytes, None, self.frame)?
        } else {
            whole(missing)?;
            from.rewind().map_err(HeaderError::Io)?;
            let loaded = opened::load(&self.instance, &mut from, size, true)?;
            whole(&loaded.missing)?;
            decode(&loaded.object, self.frame)?
        };
        slice.plane = self.plane;
        slice.pixel_spacing = self.pixel_spacing;
        slice.pixel_aspect = self.pixel_aspect;
        slice.window = self.window;
        if slice.window.is_none() {
            slice.table = lookup::voi(object, self.frame);
            slice.window = slice.table.as_ref().map(|table| table.window());
        }
        if slice.is_blank() {
            slice.doubt = Some(slice.doubt.map_or_else(|| BLANK.to_owned(), |doubt| format!("{doubt}; {BLANK}")));
        }
        Ok(slice)
    }
}

/// Pixels that the transfer syntax declares compressed, but that are neither in fragments nor uncompressed.
fn contradiction(syntax: &str, error: PixelError) -> PixelError {
    match error {
        PixelError::Truncated { found, needed, .. } if syntax::form(syntax) == Form::Compressed => {
            let says = syntax::name(syntax);
            let why = format!(
                "its transfer syntax is {says}, but its pixels are not in fragments as this requires, and {found} bytes are \
                 not the {needed} of uncompressed pixels"
            );
            PixelError::Layout(why)
        }
        other => other,
    }
}

fn decode(object: &DefaultDicomObject, frame: u32) -> Result<Slice, PixelError> {
    if let Some(slice) = float_pixels(object, frame)? {
        return Ok(slice);
    }
    let layout = Layout::of(object)?;
    let element = object.get(tags::PIXEL_DATA).ok_or(PixelError::NoPixelData)?;
    if let Some(value) = element.value().primitive() {
        let words_are_big = object.meta().transfer_syntax() == syntax::BIG_ENDIAN && element.vr() != VR::OL;
        let bytes = native::frame(&layout, value, frame, words_are_big)?;
        return finish(object, layout, &bytes, None, frame);
    }
    let syntax = syntax::of_fragments(object, &layout, frame);
    let bytes = compressed::decode(object, &layout, &syntax, frame)?;
    let codec = (!syntax::is_plain_in_fragments(&syntax)).then_some(syntax.as_str());
    finish(object, layout, &bytes, codec, frame)
}

/// Bytes to modality values. `codec` is the transfer syntax that they went through, if any.
fn finish(
    object: &DefaultDicomObject,
    mut layout: Layout,
    bytes: &[u8],
    codec: Option<&str>,
    frame: u32,
) -> Result<Slice, PixelError> {
    // Colour codecs return red, green and blue; RLE, JPEG-LS and uncompressed bytes stay as declared.
    let is_as_stored = codec.is_none_or(|codec| codec == uids::RLE_LOSSLESS || jpeg_ls::is_one(codec));
    let is_ybr = matches!(layout.photometric, Photometric::YbrFull | Photometric::YbrFull422) && is_as_stored;
    let is_plain = codec.is_none();
    let colour = Colour { planar: layout.planar && is_plain, is_ybr, is_422: layout.is_422() && is_plain };
    let padding = Padding::of(object, &layout);
    let overlays = if layout.stored < layout.allocated { bits::of_overlays(object, layout.allocated) } else { 0 };
    let doubt = layout.settle(bytes, overlays, padding.as_ref());
    let mut values = values(&layout, bytes, colour)?;
    let mask = padding.and_then(|padding| padding.mask(&values, bytes));
    if layout.photometric == Photometric::Palette {
        lookup::palette(object, &mut values);
    } else if layout.samples == 1 {
        rescale(object, frame, &mut values);
    }
    let slice = Slice::new(layout.columns, layout.rows, values).ok_or_else(|| {
        PixelError::Codec("the codec returned a different number of pixels from the header".to_owned())
    })?;
    let mut slice = slice.with_padding(mask.unwrap_or_default());
    slice.inverted = layout.photometric == Photometric::Monochrome1;
    slice.doubt = doubt;
    Ok(slice)
}

/// The layout and meaning of the three samples of a pixel.
#[derive(Debug, Clone, Copy)]
struct Colour {
    /// Plane after plane.
    planar: bool,
    /// The first sample is the luminance.
    is_ybr: bool,
    /// Two pixels share their colour.
    is_422: bool,
}

/// Stored values to numbers; colour to luminance.
fn values(layout: &Layout, bytes: &[u8], colour: Colour) -> Result<Vec<f32>, PixelError> {
    let count = layout.pixels();
    if colour.is_422 {
        // Two pixels, then what they share: Y Y Cb Cr.
        return Ok(bytes.as_chunks::<4>().0.iter().flat_map(|b| [f32::from(b[0]), f32::from(b[1])]).collect());
    }
    let samples = count * layout.samples;
    let short = || PixelError::Codec(format!("decoding gave {} bytes; expected {samples} samples", bytes.len()));
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

fn rescale(object: &InMemDicomObject, frame: u32, values: &mut [f32]) {
    if let Some((slope, intercept)) = frames::rescale(object, frame)
        && (slope as f32).is_finite()
        && (intercept as f32).is_finite()
        && slope != 0.0
    {
        // The usual case, in which nothing needs to be done.
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
    let padding = Padding::of_floats(object);
    let is_padding = |&v: &f64| v.is_nan() || padding.as_ref().is_some_and(|padding| padding.holds(v));
    let mask = values.iter().map(is_padding).collect();
    let number = |&v: &f64| if v.is_nan() { 0.0 } else { v.clamp(-LARGEST, LARGEST) as f32 };
    Ok(Slice::new(columns, rows, values.iter().map(number).collect()).map(|slice| slice.with_padding(mask)))
}
