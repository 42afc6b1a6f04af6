//! Walks over data sets that are whole, cut, and made to mislead.

use super::*;
use proptest::prelude::*;

fn explicit(group: u16, number: u16, vr: [u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
    bytes.extend(vr);
    if SHORT.contains(&&vr) {
        bytes.extend((value.len() as u16).to_le_bytes());
    } else {
        bytes.extend([0, 0]);
        bytes.extend((value.len() as u32).to_le_bytes());
    }
    [bytes, value.to_vec()].concat()
}

fn walk(bytes: &[u8], whole: bool) -> Result<Extent, Stop> {
    of(bytes, 0, bytes.len() as u64, Encoding::ExplicitLittle, whole)
}

fn sample() -> Vec<u8> {
    let item = [[0xFE, 0xFF, 0x00, 0xE0, 12, 0, 0, 0].to_vec(), explicit(8, 0x1150, *b"UI", b"1.2\0")].concat();
    [explicit(8, 0x60, *b"CS", b"MR"), explicit(8, 0x1140, *b"SQ", &item), explicit(0x7FE0, 0x10, *b"OW", &[1; 100])]
        .concat()
}

#[test]
fn the_pixels_are_found_and_what_follows_them_is_left_out() {
    let bytes = sample();
    let pixels = bytes.len() - 112;
    let plain = Some(Plain { at: pixels as u64 + 12, length: 100 });
    assert_eq!(
        walk(&bytes, false),
        Ok(Extent {
            pixels,
            end: pixels,
            has_pixels: true,
            missing: None,
            plain,
            is_in_fragments: false,
            mended: vec![]
        })
    );
    let longer = [bytes.clone(), explicit(0xFFFC, 0xFFFC, *b"OB", &[0; 10])].concat();
    assert_eq!(
        walk(&longer, true),
        Ok(Extent {
            pixels,
            end: bytes.len(),
            has_pixels: true,
            missing: None,
            plain: None,
            is_in_fragments: false,
            mended: vec![]
        })
    );
}

#[test]
fn a_cut_is_found_wherever_it_is() {
    let bytes = sample();
    let pixels = bytes.len() - 112;
    for length in (1..bytes.len()).filter(|n| *n != 10 && *n != pixels) {
        match walk(&bytes[..length], true) {
            Ok(extent) => assert!(
                length >= pixels + 12 && extent.missing.is_some_and(|m| m.found < m.needed),
                "{length}: {extent:?}"
            ),
            Err(stop) => assert!(matches!(stop, Stop::Broken(_)) && length < pixels + 12, "{length}: {stop:?}"),
        }
    }
}

#[test]
fn more_bytes_are_asked_for_until_the_pixels_are_seen() {
    let bytes = sample();
    let size = bytes.len() as u64;
    let pixels = bytes.len() - 112;
    let stop = of(&bytes[..20], 0, size, Encoding::ExplicitLittle, false);
    assert!(matches!(stop, Err(Stop::Incomplete(n)) if n > 20 && n <= size), "{stop:?}");
    let seen = of(&bytes[..pixels + 12], 0, size, Encoding::ExplicitLittle, false);
    assert_eq!(seen.map(|e| e.pixels), Ok(pixels));
}

#[test]
fn an_unknown_element_of_undefined_length_gets_a_length() {
    // (0008,1115) UN, undefined; an item of undefined length with (0020,000E) in implicit form; two delimiters.
    let unknown = [
        &[8, 0, 0x15, 0x11, b'U', b'N', 0, 0, 255, 255, 255, 255][..],
        &[0xFE, 0xFF, 0, 0xE0, 255, 255, 255, 255, 0x20, 0, 0x0E, 0, 4, 0, 0, 0, b'1', b'.', b'2', 0],
        &[0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0],
    ]
    .concat();
    let bytes = [unknown, sample()].concat();
    let extent = walk(&bytes, true).unwrap();
    assert_eq!((extent.mended, extent.end), (vec![(8, vec![36, 0, 0, 0])], bytes.len()));
}

#[test]
fn lengths_are_read_as_the_library_reads_them() {
    // An unknown VR has a length of four bytes; a sequence holds items and nothing else.
    let unknown = [&[8, 0, 0x60, 0][..], b"XX", &[2, 0, 0, 0, 0, 0x40], &[0; 200]].concat();
    assert!(matches!(walk(&unknown, true), Err(Stop::Broken(why)) if why.contains("(0008,0060)")));
    let no_item = explicit(8, 0x1140, *b"SQ", &explicit(8, 0x1150, *b"UI", b"1.2\0"));
    assert!(matches!(walk(&no_item, true), Err(Stop::Broken(why)) if why.contains("where an item should be")));
}

#[test]
fn a_length_that_does_not_fit_its_kind_cannot_lead_astray() {
    // US of three bytes: what is left would be read as the head of an element.
    let odd = [explicit(0x28, 0x10, *b"US", &[1, 0, 0]), sample()].concat();
    assert_eq!(walk(&odd, true).unwrap().mended, vec![(4, b"ST".to_vec())]);
    let long = [explicit(0x28, 0x10, *b"OF", &[1, 0, 0]), sample()].concat();
    assert_eq!(walk(&long, true).unwrap().mended, vec![(4, b"UN".to_vec())]);
    let implicit = [&[0x28, 0, 0x10, 0, 3, 0, 0, 0, 1, 0, 0][..], &[8, 0, 0x60, 0, 2, 0, 0, 0, b'M', b'R']].concat();
    let stop = of(&implicit, 0, implicit.len() as u64, Encoding::ImplicitLittle, true);
    assert!(matches!(stop, Err(Stop::Broken(why)) if why.contains("(0028,0010)")));
    // The last of a file is not followed by anything.
    assert!(of(&implicit[..11], 0, 11, Encoding::ImplicitLittle, true).is_ok());
}

#[test]
fn the_character_sets_are_kept_from_the_library() {
    let sets = explicit(8, 5, *b"CS", b"ISO_IR 100");
    let item = [[0xFE, 0xFF, 0x00, 0xE0, 18, 0, 0, 0].to_vec(), sets.clone()].concat();
    let bytes = [sets, explicit(8, 0x1140, *b"SQ", &item), sample()].concat();
    assert_eq!(walk(&bytes, true).unwrap().mended, [(2, vec![4, 0]), (18 + 8 + 4 + 8 + 2, vec![4, 0])]);
}

#[test]
fn endless_nesting_is_refused() {
    let open = [explicit(8, 0x1140, *b"SQ", b""), vec![]].concat();
    let open: Vec<u8> = [&open[..8], &[0xFF; 4], &[0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]].concat();
    let bytes = open.repeat(10_000);
    assert!(matches!(walk(&bytes, true), Err(Stop::Broken(why)) if why.contains("nested")));
}

proptest! {
    #[test]
    fn any_bytes_end_in_an_answer(
        bytes in prop::collection::vec(prop_oneof![Just(0u8), Just(0xFF), Just(0xFE), Just(0xE0), any::<u8>()], 0..400),
        whole: bool,
    ) {
        for encoding in [Encoding::ImplicitLittle, Encoding::ExplicitLittle, Encoding::ExplicitBig] {
            if let Ok(extent) = of(&bytes, 0, bytes.len() as u64, encoding, whole) {
                prop_assert!(extent.pixels <= bytes.len() && extent.end <= bytes.len());
            }
        }
    }
}
