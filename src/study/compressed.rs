//! One compressed frame: assembled from its fragments, checked against the header, then passed to its codec.
//!
//! A codec allocates memory for what a code stream claims, and a few flipped bits or a few hundred crafted bytes can
//! claim anything. So it gets exactly the bytes that were checked, and no others.

use std::{borrow::Cow, io::Read};

use dicom_dictionary_std::{tags, uids};
use dicom_encoding::{
    Codec, TransferSyntaxIndex,
    adapters::{PixelDataObject, PixelDataReader, RawPixelData},
};
use dicom_object::DefaultDicomObject;
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
enum Decoder<'a> {
    /// They are pixels already.
    Plain,
    Inflate,
    JpegXl,
    JpegLs,
    /// One of the library's.
    Library(&'a dyn PixelDataReader),
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
        Some(Codec::EncapsulatedPixelData(Some(reader), _)) => Decoder::Library(reader.as_ref()),
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
        Decoder::Library(reader) => {
            if codestream::is_in(uid) {
                check(&bytes, layout)?;
            }
            let one = OneFrame { layout, uid, bytes };
            let mut decoded = Vec::new();
            match reader.decode_frame(&one, 0, &mut decoded).map_err(|e| chain(&e)) {
                Ok(()) => Ok(decoded),
                Err(why) if why.contains("SamplePrecision(12)") => {
                    Err(PixelError::Unsupported(format!("{} with 12 bits", name())))
                }
                Err(why) => Err(PixelError::Codec(why)),
            }
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

/// An image of one frame in one fragment, as codecs expect it.
struct OneFrame<'a> {
    layout: &'a Layout,
    uid: &'a str,
    bytes: Cow<'a, [u8]>,
}

impl PixelDataObject for OneFrame<'_> {
    fn transfer_syntax_uid(&self) -> &str {
        self.uid
    }

    fn rows(&self) -> Option<u16> {
        self.layout.rows.try_into().ok()
    }

    fn cols(&self) -> Option<u16> {
        self.layout.columns.try_into().ok()
    }

    fn samples_per_pixel(&self) -> Option<u16> {
        self.layout.samples.try_into().ok()
    }

    fn bits_allocated(&self) -> Option<u16> {
        self.layout.allocated.try_into().ok()
    }

    fn bits_stored(&self) -> Option<u16> {
        self.layout.stored.try_into().ok()
    }

    fn photometric_interpretation(&self) -> Option<&str> {
        Some(self.layout.photometric.as_str())
    }

    fn number_of_frames(&self) -> Option<u32> {
        Some(1)
    }

    fn number_of_fragments(&self) -> Option<u32> {
        Some(1)
    }

    fn fragment(&self, fragment: usize) -> Option<Cow<'_, [u8]>> {
        (fragment == 0).then_some(Cow::Borrowed(&*self.bytes))
    }

    fn offset_table(&self) -> Option<Cow<'_, [u32]>> {
        None
    }

    fn raw_pixel_data(&self) -> Option<RawPixelData> {
        let fragments = [self.bytes.to_vec()].into_iter().collect();
        Some(RawPixelData { fragments, offset_table: std::iter::empty().collect() })
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
            assert!(why.contains("they are more than the 64 x 64 that the header says"), "{name}: {why}");
        }
        let why = kept("jpeg-2000-of-2000-samples").unwrap_err().to_string();
        assert!(why.contains("they have 2000 samples where the header says 1"), "{why}");
        let why = kept("jpeg-2000-of-67-million-pixels").unwrap_err().to_string();
        assert!(why.contains("600 bytes do not hold 8192 x 8192 pixels"), "{why}");
        // A codec once looped about two billion times here.
        let why = kept("jpeg-ls-ends-within-a-value").unwrap_err().to_string();
        assert!(why.contains("JPEG-LS: its bits are damaged, or end before its pixels do"), "{why}");
    }
}
