//! One compressed frame: assembled from its fragments, checked against the header, then passed to its codec.
//!
//! A codec allocates memory for what a code stream claims, and a few flipped bits or a few hundred crafted bytes can
//! claim anything. So it gets exactly the bytes that were checked, and no others.

use std::{borrow::Cow, io::Read};

use dicom_core::{DataElement, PrimitiveValue, VR, value::PixelFragmentSequence};
use dicom_dictionary_std::{tags, uids};
use dicom_encoding::{Codec, TransferSyntaxIndex, adapters::PixelDataObject as _};
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, InMemDicomObject};
use dicom_pixeldata::PixelDecoder as _;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;
use flate2::read::DeflateDecoder;

use super::{
    codestream,
    error::{PixelError, chain},
    jpeg_ls, jpeg_xl,
    layout::Layout,
    rle,
    syntax::{self, Form},
};
use crate::panics;

/// A frame of up to this many pixels may have any compression ratio.
const USUAL_PIXELS: usize = 1 << 22;
/// In a larger one, a byte may expand to at most this many pixels: codecs allocate 20 bytes and more per pixel before
/// they read the first.
const PIXELS_A_BYTE: usize = 1024;

/// What turns one frame's bytes into pixels.
enum Decoder {
    /// They are pixels already.
    Plain,
    Inflate,
    JpegXl,
    JpegLs,
    /// One of the library's.
    Library,
}

/// Its bytes, little-endian, samples of a pixel side by side. `uid` is the transfer syntax that the fragments are of,
/// which need not be the one that the file says.
pub fn decode(object: &DefaultDicomObject, layout: &Layout, uid: &str, frame: u32) -> Result<Vec<u8>, PixelError> {
    if syntax::form(uid) == Form::Native {
        let says = syntax::name(uid);
        let why = format!("its transfer syntax is {says}, but they are in fragments of no known format");
        return Err(PixelError::Codec(why));
    }
    let syntax = TransferSyntaxRegistry.get(uid);
    let name = || syntax.map_or_else(|| uid.to_owned(), |s| s.name().to_owned());
    if uid == uids::RLE_LOSSLESS && layout.allocated >= 8 {
        let fragments = object.get(tags::PIXEL_DATA).and_then(|e| e.fragments()).unwrap_or_default();
        let bytes_each = layout.allocated as usize / 8;
        let fragment = fragments.get(frame as usize).ok_or(PixelError::NoFrame)?;
        let decoded = rle::decode(fragment, layout.pixels(), layout.samples, bytes_each);
        return decoded.ok_or_else(|| PixelError::Codec("the run lengths are inconsistent".to_owned()));
    }
    let decoder = match syntax.map(dicom_encoding::TransferSyntax::codec) {
        _ if syntax::is_plain_in_fragments(uid) => Decoder::Plain,
        _ if uid == uids::DEFLATED_IMAGE_FRAME_COMPRESSION => Decoder::Inflate,
        _ if jpeg_xl::is_one(uid) => Decoder::JpegXl,
        _ if jpeg_ls::is_one(uid) => Decoder::JpegLs,
        Some(Codec::EncapsulatedPixelData(Some(_), _)) => Decoder::Library,
        _ => return Err(PixelError::Unsupported(name())),
    };
    let bytes = object.frame_pixel_data(frame).filter(|bytes| !bytes.is_empty());
    let bytes = bytes.ok_or(PixelError::NoFrame)?;
    if layout.pixels() > USUAL_PIXELS.max(bytes.len().saturating_mul(PIXELS_A_BYTE)) {
        let (columns, rows) = (layout.columns, layout.rows);
        return Err(PixelError::Codec(format!("{} bytes do not hold {columns} x {rows} pixels", bytes.len())));
    }
    let decoded = panics::caught(|| match decoder {
        Decoder::Plain => Ok(bytes.into_owned()),
        Decoder::Inflate => inflate(&bytes, layout),
        Decoder::JpegXl => jpeg_xl::decode(&bytes, layout),
        Decoder::JpegLs => jpeg_ls::decode(&bytes, layout),
        Decoder::Library => {
            if codestream::is_in(uid) {
                check(&bytes, layout)?;
            }
            by_library(bytes, layout, uid)
        }
    });
    decoded.unwrap_or_else(|_| Err(PixelError::Codec(format!("the {} codec failed unexpectedly", name()))))
}

/// What the code stream claims must match the header.
fn check(bytes: &[u8], layout: &Layout) -> Result<(), PixelError> {
    let head = codestream::head(bytes).ok_or_else(|| PixelError::Codec("there is no image in them".to_owned()))?;
    let (columns, rows, samples) = (layout.columns, layout.rows, layout.samples);
    if head.pixels > layout.pixels() as u64 {
        return Err(PixelError::Codec(format!("they are more than the {columns} x {rows} in the header")));
    }
    if head.samples != samples as u64 {
        let why = format!("they have {} samples where the header says {samples}", head.samples);
        return Err(PixelError::Codec(why));
    }
    Ok(())
}

/// PS3.5 A.4.13: the bytes of the frame, deflated. The output is limited to the size of a frame.
fn inflate(bytes: &[u8], layout: &Layout) -> Result<Vec<u8>, PixelError> {
    let mut inflated = Vec::new();
    let size = layout.frame_bits().div_ceil(8) as u64;
    match DeflateDecoder::new(bytes).take(size).read_to_end(&mut inflated) {
        Ok(_) => Ok(inflated),
        Err(error) => Err(PixelError::Codec(format!("they cannot be inflated: {error}"))),
    }
}

/// Decodes with the codec of the transfer syntax. It sees an image of one frame in one fragment: what was checked, under a
/// header that says what was checked.
fn by_library(bytes: Cow<'_, [u8]>, layout: &Layout, uid: &str) -> Result<Vec<u8>, PixelError> {
    let (Ok(rows), Ok(columns), Ok(samples)) =
        (u16::try_from(layout.rows), u16::try_from(layout.columns), u16::try_from(layout.samples))
    else {
        return Err(PixelError::TooLarge(layout.columns, layout.rows));
    };
    let mut image = InMemDicomObject::new_empty();
    for (tag, value) in [
        (tags::ROWS, rows),
        (tags::COLUMNS, columns),
        (tags::SAMPLES_PER_PIXEL, samples),
        (tags::BITS_ALLOCATED, layout.allocated as u16),
        (tags::BITS_STORED, layout.stored as u16),
        (tags::HIGH_BIT, layout.high_bit as u16),
        (tags::PIXEL_REPRESENTATION, layout.signed.into()),
        (tags::PLANAR_CONFIGURATION, 0),
    ] {
        image.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
    }
    let photometric = layout.photometric.as_str();
    image.put(DataElement::new(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, photometric));
    image.put(DataElement::new(tags::NUMBER_OF_FRAMES, VR::IS, "1"));
    let fragments = PixelFragmentSequence::new_fragments(vec![bytes.into_owned()]);
    image.put(DataElement::new(tags::PIXEL_DATA, VR::OB, fragments));
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uid)
        .media_storage_sop_class_uid(uids::MR_IMAGE_STORAGE)
        .media_storage_sop_instance_uid("1")
        .build()
        .map_err(|e| PixelError::Codec(chain(&e)))?;
    match image.with_exact_meta(meta).decode_pixel_data() {
        Ok(decoded) => Ok(decoded.data().to_vec()),
        Err(error) => {
            let why = chain(&error);
            let is_deep = why.contains("SamplePrecision(12)");
            let name = || syntax::name(uid);
            Err(if is_deep {
                PixelError::Unsupported(format!("{} with 12 bits", name()))
            } else {
                PixelError::Codec(why)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of a few hundred bytes that once took gigabytes or seconds.
    fn kept(name: &str) -> Result<Vec<f32>, PixelError> {
        let path = format!("{}/fuzz/regressions/pixels/{name}", env!("CARGO_MANIFEST_DIR"));
        let scan = crate::study::scan_memory(vec![(name.to_owned(), std::fs::read(path).unwrap().into())]);
        scan.studies[0].series[0].slices[0].decode().map(|slice| slice.values().to_vec())
    }

    #[test]
    fn what_a_code_stream_claims_is_checked_however_it_is_cut_up() {
        for name in [
            "jpeg-baseline-in-two-fragments",
            "jpeg-lossless-in-two-fragments",
            "jpeg-2000-in-two-fragments",
            "jpeg-2000-behind-a-long-box",
        ] {
            let why = kept(name).unwrap_err().to_string();
            assert!(why.contains("they are more than the 64 x 64 in the header"), "{name}: {why}");
        }
        let why = kept("jpeg-2000-of-2000-samples").unwrap_err().to_string();
        assert!(why.contains("they have 2000 samples where the header says 1"), "{why}");
        let why = kept("jpeg-2000-of-67-million-pixels").unwrap_err().to_string();
        assert!(why.contains("600 bytes do not hold 8192 x 8192 pixels"), "{why}");
        // A codec once looped about two billion times here.
        let why = kept("jpeg-ls-ends-within-a-value").unwrap_err().to_string();
        assert!(why.contains("JPEG-LS: its data is damaged, or ends before its last pixel"), "{why}");
    }
}
