//! Padding, bits and lengths.

use proptest::prelude::*;

use super::*;
use crate::raster::{Standardize, ValueRange};

/// Where all elements of a file of `Made` end and the bytes of its pixels begin.
fn cut_at_pixels(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let head = [0xE0, 0x7F, 0x10, 0, b'O', b'W', 0, 0];
    let at = bytes.windows(8).position(|window| window == head).unwrap() + 8;
    (bytes[..at].to_vec(), bytes[at + 4..].to_vec())
}

/// With another length in the header, and other bytes behind it.
fn with_length(made: &Made, claims: usize, pixels: &[u8]) -> Scan {
    let (head, _) = cut_at_pixels(&made.bytes(uids::EXPLICIT_VR_LITTLE_ENDIAN, uids::EXPLICIT_VR_LITTLE_ENDIAN));
    scan_of([&head[..], &(claims as u32).to_le_bytes(), pixels].concat())
}

proptest! {
    /// Padding of either sign, written with either sign, for either polarity, with any rescale: it is in no range.
    #[expect(clippy::float_cmp, reason = "ends are passed on, not computed again")]
    #[test]
    fn padding_never_enters_a_range(
        word in prop_oneof![Just(0x8000u16), Just(63536), Just(0), Just(0xFFFF), any::<u16>()],
        pixel_sign: bool, vr in prop::sample::select(vec![VR::US, VR::SS]),
        inverted: bool, slope in prop::sample::select(vec![1i16, 2, -3]),
    ) {
        let mut made = Made::new();
        let real: Vec<u16> = (0..64).map(|i| 1000 + i * 7).collect();
        prop_assume!(!real.contains(&word));
        let words: Vec<u16> = real.iter().enumerate().map(|(i, v)| if i % 3 == 0 { word } else { *v }).collect();
        made.words(words);
        made.short(tags::PIXEL_REPRESENTATION, pixel_sign.into());
        let value = if vr == VR::SS { PrimitiveValue::from(word as i16) } else { PrimitiveValue::from(word) };
        made.put(tags::PIXEL_PADDING_VALUE, vr, value);
        made.text(tags::RESCALE_SLOPE, VR::DS, &slope.to_string());
        made.text(tags::RESCALE_INTERCEPT, VR::DS, "5");
        if inverted {
            made.text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
        }
        let (reference, issues) = made.read();
        prop_assert!(issues.is_empty(), "{:?}", issues);
        let slice = reference.decode().unwrap();
        let modality = |v: u16| f32::from(slope) * f32::from(v) + 5.0;
        let ends = [modality(1007), modality(1000 + 62 * 7)];
        let range = ValueRange::min_max(&slice);
        prop_assert_eq!([range.low, range.high], [ends[0].min(ends[1]), ends[0].max(ends[1])]);
        for way in Standardize::ALL {
            let image = way.image(&slice, None);
            prop_assert!(image.pixels().iter().step_by(3).all(|grey| *grey == 0));
            let real: Vec<u8> = image.pixels().iter().enumerate().filter(|(i, _)| i % 3 != 0).map(|(_, g)| *g).collect();
            prop_assert!(real.contains(&255) && real.contains(&0));
        }
        let greys = slice.greys(slice.first_window(), slice.inverted, |grey| grey);
        prop_assert!(greys.iter().step_by(3).all(|grey| *grey == 0));
    }
}

#[test]
fn a_range_of_padding_is_padding() {
    let mut made = Made::new();
    made.short(tags::PIXEL_PADDING_VALUE, 60);
    made.short(tags::PIXEL_PADDING_RANGE_LIMIT, 50);
    let slice = made.decoded();
    let padded: Vec<usize> = (0..64).filter(|at| slice.padding().unwrap()[*at]).collect();
    assert_eq!(padded, (50..=60).collect::<Vec<_>>());
    assert_eq!((slice.value(1, 6), slice.value(2, 6)), (Some(49.0), None));
}

/// Nothing is seen in such an image, and a grade from it would look like any other.
#[test]
fn an_image_of_one_value_is_in_doubt() {
    for word in [0, 500] {
        let mut made = Made::new();
        made.words(vec![word; 64]);
        assert!(
            made.decoded().doubt.is_some_and(|doubt| doubt.contains("all its pixels have the same value")),
            "{word}"
        );
    }
    let mut padded = Made::new();
    padded.words((0..64).map(|i| if i < 32 { 7 } else { 9 }).collect());
    assert_eq!(padded.decoded().doubt, None);
    padded.short(tags::PIXEL_PADDING_VALUE, 9);
    assert!(padded.decoded().doubt.is_some(), "what is left beside the padding has one value");
}

#[test]
#[expect(clippy::float_cmp, reason = "whole numbers are exact")]
fn bits_stored_that_lies_loses_no_bit_and_is_said() {
    let mut made = Made::new();
    made.words((0..64).map(|i| i * 1000).collect());
    made.short(tags::BITS_STORED, 12);
    made.short(tags::HIGH_BIT, 11);
    let (slice, issues) = made.read();
    assert!(issues.is_empty(), "only the pixels tell");
    let slice = slice.decode().unwrap();
    assert!(slice.values().iter().enumerate().all(|(i, v)| v.to_bits() == (i as f32 * 1000.0).to_bits()));
    assert!(slice.doubt.unwrap().contains("BitsStored 12"));
    for (stored, high_bit, words) in
        [(0, 15, "BitsStored 0"), (17, 16, "BitsStored 17"), (12, 3, "HighBit 3"), (12, 16, "HighBit 16")]
    {
        let mut made = Made::new();
        made.short(tags::BITS_STORED, stored);
        made.short(tags::HIGH_BIT, high_bit);
        let (slice, issues) = made.read();
        assert!(!only(&issues, words));
        assert_eq!(slice.decode().unwrap().values()[63], 63.0);
    }
}

#[test]
fn the_pixels_are_shown_where_they_are_all_there_whatever_their_length_says() {
    let made = Made::new();
    let (_, pixels) = cut_at_pixels(&made.bytes(uids::EXPLICIT_VR_LITTLE_ENDIAN, uids::EXPLICIT_VR_LITTLE_ENDIAN));
    assert_eq!(pixels.len(), 128);
    let right = made.decoded();
    let more = [&pixels[..], &[0; 128]].concat();
    for (claims, bytes, words, is_note) in [
        (136, &pixels[..], "136 bytes but has 128", true),
        (130, &pixels, "130 bytes but has 128", true),
        (256, &more, "room for 2 images", true),
        (148, &more[..148], "20 extra bytes after its pixels", true),
        (100, &pixels, "declares 100 bytes", false),
    ] {
        let (slice, issues) = slice_of(with_length(&made, claims, bytes));
        assert_eq!(slice.decode().unwrap(), right, "{claims}");
        assert_eq!(only(&issues, words), is_note, "{claims}");
    }
    // And where they are not, nothing is shown.
    for (claims, bytes, words) in [(128, &pixels[..100], "truncated"), (100, &more[..190], "100 of 128 bytes")] {
        let (slice, issues) = slice_of(with_length(&made, claims, bytes));
        assert!(!only(&issues, words) && slice.decode().is_err());
    }
    assert!(made.read().1.is_empty());
}

#[test]
#[expect(clippy::float_cmp, reason = "whole numbers are exact")]
fn an_odd_number_of_bytes_needs_no_padding() {
    let mut made = Made::new();
    for (tag, value) in
        [(tags::ROWS, 3), (tags::COLUMNS, 3), (tags::BITS_ALLOCATED, 8), (tags::BITS_STORED, 8), (tags::HIGH_BIT, 7)]
    {
        made.short(tag, value);
    }
    let pixels: Vec<u8> = (1..=9).collect();
    for claims in [9, 10] {
        let (slice, issues) = slice_of(with_length(&made, claims, &pixels));
        assert_eq!(slice.decode().unwrap().values()[8], 9.0, "{claims}");
        assert!(issues.iter().all(|issue| issue.is_note), "{issues:?}");
    }
}
