//! Transfer syntaxes that are not true, and one that is GE's own.

use dicom_core::value::PixelFragmentSequence;

use super::*;
use crate::study::{PixelError, syntax::GE_BIG_PIXELS};

const EXPLICIT: &str = uids::EXPLICIT_VR_LITTLE_ENDIAN;

fn pixels() -> Vec<u16> {
    (0..64).map(|i| i * 517 % 4096).collect()
}

fn values(slice: &SliceRef) -> Vec<u16> {
    slice.decode().unwrap().values().iter().map(|v| *v as u16).collect()
}

/// The file with its pixels in fragments.
fn in_fragments(fragments: Vec<Vec<u8>>, says: &str) -> (SliceRef, Vec<Issue>) {
    let mut made = Made::new();
    let sequence = PixelFragmentSequence::new_fragments(fragments);
    made.0.put(DataElement::new(tags::PIXEL_DATA, VR::OB, sequence));
    slice_of(scan_of(made.bytes(uids::RLE_LOSSLESS, says)))
}

#[test]
fn the_words_of_ge_are_big_endian_in_a_little_endian_file() {
    let mut made = Made::new();
    made.words(pixels().iter().map(|word| word.swap_bytes()).collect());
    let (slice, issues) = slice_of(scan_of(made.bytes(uids::IMPLICIT_VR_LITTLE_ENDIAN, GE_BIG_PIXELS)));
    assert!(issues.is_empty(), "{issues:?}");
    assert_eq!((values(&slice), slice.pixel_spacing), (pixels(), Some([0.5, 0.75])));
}

#[test]
fn a_transfer_syntax_that_nobody_knows_is_refused_by_name() {
    for unknown in ["1.2.840.113619.5.3", "1.2.840.113619.5.2.1", "1.3.46.670589.33.1.4.1", "1.2.3"] {
        for encoding in [EXPLICIT, uids::IMPLICIT_VR_LITTLE_ENDIAN] {
            let (slice, issues) = slice_of(scan_of(Made::new().bytes(encoding, unknown)));
            assert!(!only(&issues, unknown));
            assert!(matches!(slice.decode(), Err(PixelError::UnknownSyntax(name)) if name == unknown));
        }
        let (slice, issues) = in_fragments(vec![vec![0xFF, 0xD8, 0xFF, 0xC0]], unknown);
        assert!(!only(&issues, unknown) && slice.decode().is_err());
    }
}

#[test]
fn compressed_pixels_are_read_as_what_they_are() {
    let rle = || vec![run_lengths(&pixels())];
    for says in [EXPLICIT, uids::JPEG_LOSSLESS_SV1, uids::JPEG2000, uids::JPEGLS_LOSSLESS, uids::RLE_LOSSLESS] {
        let (slice, issues) = in_fragments(rle(), says);
        assert_eq!(values(&slice), pixels(), "{says}");
        if says == EXPLICIT {
            assert!(!only(&issues, "but its pixels are compressed"));
        } else {
            assert!(issues.is_empty(), "{issues:?}");
        }
    }
    let plain: Vec<u8> = pixels().iter().flat_map(|word| word.to_le_bytes()).collect();
    let (slice, issues) = in_fragments(vec![plain], "1.2.840.10008.1.2.1.98");
    assert!(issues.is_empty() && values(&slice) == pixels());
    let (slice, _) = in_fragments(vec![vec![7; 100]], EXPLICIT);
    let why = slice.decode().unwrap_err().to_string();
    assert!(why.contains("Explicit VR Little Endian") && why.contains("in fragments"), "{why}");
}

#[test]
fn plain_pixels_are_read_whatever_compression_is_said() {
    for says in [uids::JPEG_LOSSLESS_SV1, uids::RLE_LOSSLESS, uids::JPEG2000, uids::JPEGLS_LOSSLESS, uids::JPEGXL] {
        let mut made = Made::new();
        made.words(pixels());
        let (slice, issues) = slice_of(scan_of(made.bytes(EXPLICIT, says)));
        assert_eq!(values(&slice), pixels());
        assert!(!only(&issues, "but its pixels are not compressed"));
        // And bytes that are neither are not shown.
        made.words(pixels()[..30].to_vec());
        let why = slice_of(scan_of(made.bytes(EXPLICIT, says))).0.decode().unwrap_err().to_string();
        assert!(why.contains("not in fragments") && why.contains("60 bytes"), "{why}");
    }
}

/// Literal runs only.
fn run_lengths(words: &[u16]) -> Vec<u8> {
    let plane = |shift: u32| {
        let bytes: Vec<u8> = words.iter().map(|word| (word >> shift) as u8).collect();
        let mut packed: Vec<u8> = bytes.chunks(32).flat_map(|c| [&[c.len() as u8 - 1], c].concat()).collect();
        packed.resize(packed.len().next_multiple_of(2), 0);
        packed
    };
    let (high, low) = (plane(8), plane(0));
    let mut head = [0_u32; 16];
    head[..3].copy_from_slice(&[2, 64, 64 + high.len() as u32]);
    [head.iter().flat_map(|word| word.to_le_bytes()).collect(), high, low].concat()
}
