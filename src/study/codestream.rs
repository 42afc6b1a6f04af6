//! What a compressed image says about its own size, read before a codec allocates memory for it: a few flipped bits
//! turn a small file into 65,535 x 65,535 pixels.

use dicom_dictionary_std::uids;

/// What an image says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Width times height.
    pub pixels: u64,
    /// Of each pixel.
    pub samples: u64,
}

/// Whether a transfer syntax is one of those handled here: JPEG, JPEG-LS and JPEG 2000 (PS3.5 A.4).
pub fn is_in(transfer_syntax: &str) -> bool {
    let number = transfer_syntax.strip_prefix("1.2.840.10008.1.2.4.").and_then(|number| number.parse::<u32>().ok());
    number.is_some_and(|number| (50..=93).contains(&number))
}

/// The head of a JPEG, JPEG-LS or JPEG 2000 code stream; `None` where there is none.
pub fn head(bytes: &[u8]) -> Option<Head> {
    match bytes {
        [0xFF, 0xD8, rest @ ..] => jpeg(rest),
        [0xFF, 0x4F, 0xFF, 0x51, rest @ ..] => jpeg_2000(rest),
        [0, 0, 0, 0x0C, 0x6A, 0x50, ..] => head(in_boxes(bytes)?),
        _ => None,
    }
}

/// The transfer syntax of a frame, by its first bytes; `None` if they are unknown. Where one decoder reads several, any
/// of them.
pub fn syntax(bytes: &[u8], samples: usize, allocated: u32) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(match start_of_frame(&bytes[2..])?.0 {
            0xF7 => uids::JPEGLS_NEAR_LOSSLESS,
            0xC3 => uids::JPEG_LOSSLESS,
            _ => uids::JPEG_BASELINE8_BIT,
        }),
        [0xFF, 0x4F, 0xFF, 0x51, ..] | [0, 0, 0, 0x0C, b'j', b'P', b' ', b' ', ..] => Some(uids::JPEG2000),
        [0, 0, 0, 0x0C, b'J', b'X', b'L', b' ', ..] | [0xFF, 0x0A, ..] => Some(uids::JPEGXL),
        _ => is_rle(bytes, samples, allocated).then_some(uids::RLE_LOSSLESS),
    }
}

/// PS3.5 G.5: sixteen words, of which the first counts the segments, and the others say where they begin.
fn is_rle(bytes: &[u8], samples: usize, allocated: u32) -> bool {
    let Some((head, rest)) = bytes.split_first_chunk::<64>() else { return false };
    let words: Vec<u32> = head.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let count = words[0] as usize;
    let size = (64 + rest.len()) as u32;
    (1..16).contains(&count)
        && count == samples * allocated as usize / 8
        && words[1] == 64
        && words[1..=count].is_sorted_by(|a, b| a < b)
        && words[count] < size
        && words[count + 1..].iter().all(|word| *word == 0)
}

/// The code stream in a JP2 file (ISO 15444-1 I.4): boxes, each with its length and its kind.
fn in_boxes(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (length, head) = match long(bytes, 0)? {
            0 => (bytes.len() as u64, 8),
            1 => (long(bytes, 8)? << 32 | long(bytes, 12)?, 16),
            length => (length, 8),
        };
        if bytes.get(4..8)? == b"jp2c" {
            // Boxes do not contain boxes of the same kind: the stream begins here, or there is none.
            return bytes.get(head..).filter(|stream| stream.starts_with(&[0xFF, 0x4F, 0xFF, 0x51]));
        }
        if length < head as u64 {
            return None;
        }
        bytes = bytes.get(usize::try_from(length).ok()?..)?;
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?)))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?)))
}

/// What the first start of frame says.
fn jpeg(bytes: &[u8]) -> Option<Head> {
    let (_, frame) = start_of_frame(bytes)?;
    Some(Head { pixels: word(frame, 3)? * word(frame, 5)?, samples: u64::from(*frame.get(7)?) })
}

/// Skips marker segments up to the first start of frame (ISO 10918-1 B.2.2, 14495-1 C.2.2): which it is, and its bytes.
fn start_of_frame(mut bytes: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        match bytes {
            // Fill bytes before a marker.
            [0xFF, 0xFF, ..] => bytes = &bytes[1..],
            [0xFF, 0xC4 | 0xC8 | 0xCC, rest @ ..] => bytes = rest.get(word(rest, 0)? as usize..)?,
            [0xFF, marker @ (0xC0..=0xCF | 0xF7), rest @ ..] => return Some((*marker, rest)),
            [0xFF, 0x01 | 0xD0..=0xD9, rest @ ..] => bytes = rest,
            [0xFF, _, rest @ ..] => bytes = rest.get(word(rest, 0)? as usize..)?,
            _ => return None,
        }
    }
}

/// Behind the marker of SIZ (ISO 15444-1 A.5.1): the size of the grid, where on it the image begins,
/// and how many components there are.
fn jpeg_2000(siz: &[u8]) -> Option<Head> {
    let side = |end: usize, start: usize| Some(long(siz, end)?.saturating_sub(long(siz, start)?));
    Some(Head { pixels: side(4, 12)?.saturating_mul(side(8, 16)?), samples: word(siz, 36)? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn jpeg_2000_stream(sides: [u32; 4], samples: u16) -> Vec<u8> {
        let sides: Vec<u8> = sides.iter().flat_map(|side| side.to_be_bytes()).collect();
        [&[0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0][..], &sides, &[0; 16], &samples.to_be_bytes()].concat()
    }

    fn boxed(kind: [u8; 4], value: &[u8]) -> Vec<u8> {
        [&(value.len() as u32 + 8).to_be_bytes()[..], &kind, value].concat()
    }

    #[test]
    fn sizes_are_read_from_the_heads_of_code_streams() {
        let frame = [8, 0x01, 0x00, 0x02, 0x00, 3, 1, 0x11, 0];
        let app = [0xFF, 0xE0, 0, 4, 1, 2];
        for marker in [0xC0, 0xC3, 0xF7] {
            let stream = [&[0xFF, 0xD8][..], &app, &[0xFF, marker, 0, 11], &frame].concat();
            assert_eq!(head(&stream), Some(Head { pixels: 256 * 512, samples: 3 }));
        }
        let stream = jpeg_2000_stream([300, 200, 100, 0], 2000);
        let expected = Some(Head { pixels: 200 * 200, samples: 2000 });
        assert_eq!(head(&stream), expected);
        // However much lies before it.
        let signature = boxed(*b"jP  ", &[0x0D, 0x0A, 0x87, 0x0A]);
        let file = [signature.clone(), boxed(*b"free", &[0; 5000]), boxed(*b"jp2c", &stream)].concat();
        assert_eq!(head(&file), expected);
        let long = [&[0, 0, 0, 1][..], b"jp2c", &(stream.len() as u64 + 16).to_be_bytes(), &stream].concat();
        assert_eq!(head(&[signature.clone(), long].concat()), expected);
        assert_eq!(head(&[signature, vec![0, 0, 0, 3], b"free".to_vec()].concat()), None, "no end to it");
        assert_eq!(head(b"RLE or nothing"), None);
    }

    #[test]
    fn code_streams_say_what_they_are() {
        let jpeg = |marker| {
            [&[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, marker, 0, 11][..], &[8, 1, 0, 2, 0, 1, 1, 0x11, 0]].concat()
        };
        let of = |bytes: &[u8]| syntax(bytes, 1, 16);
        assert_eq!(of(&jpeg(0xC0)), Some(uids::JPEG_BASELINE8_BIT));
        assert_eq!(of(&jpeg(0xC3)), Some(uids::JPEG_LOSSLESS));
        assert_eq!(of(&jpeg(0xF7)), Some(uids::JPEGLS_NEAR_LOSSLESS));
        assert_eq!(of(&jpeg_2000_stream([300, 200, 0, 0], 1)), Some(uids::JPEG2000));
        assert_eq!(of(&[0xFF, 0x0A, 0]), Some(uids::JPEGXL));
        let rle = |words: &[u32]| {
            let mut head: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            head.resize(200, 0);
            head
        };
        assert_eq!(of(&rle(&[2, 64, 100])), Some(uids::RLE_LOSSLESS));
        // Of another number of segments than the pixels need, out of order, beyond the end, or nothing but zeros.
        for words in [&[1, 64][..], &[2, 64, 64], &[2, 64, 200], &[2, 64, 100, 150], &[0], &[2, 60, 100]] {
            assert_eq!(of(&rle(words)), None, "{words:?}");
        }
        assert_eq!(of(&[0xFF, 0xD8, 0xFF]), None);
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn which_transfer_syntaxes_have_a_head() {
        assert!(is_in("1.2.840.10008.1.2.4.70") && is_in("1.2.840.10008.1.2.4.80") && is_in("1.2.840.10008.1.2.4.91"));
        assert!(!is_in("1.2.840.10008.1.2.5") && !is_in("1.2.840.10008.1.2.4.110") && !is_in("1.2.840.10008.1.2.8.1"));
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_an_answer(bytes in prop::collection::vec(prop_oneof![Just(0xFF), any::<u8>()], 0..200)) {
            let _ = head(&[&[0xFF, 0xD8][..], &bytes].concat());
            let _ = head(&[&[0xFF, 0x4F, 0xFF, 0x51][..], &bytes].concat());
            let _ = head(&[&[0, 0, 0, 0x0C, 0x6A, 0x50][..], &bytes].concat());
            let _ = syntax(&[&[0xFF, 0xD8, 0xFF][..], &bytes].concat(), 1, 16);
            let _ = syntax(&bytes, 1, 16);
        }
    }
}
