//! What a compressed image says of its own size, before a codec takes memory for it: a few flipped bits make 65,535 x
//! 65,535 pixels of a small file.

/// What an image says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Width times height.
    pub pixels: u64,
    /// Of each pixel.
    pub samples: u64,
}

/// Whether a transfer syntax is one of those that are read here: JPEG, JPEG-LS and JPEG 2000 (PS3.5 A.4).
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

/// The code stream in a JP2 file (ISO 15444-1 I.4): boxes, each with its length and its kind.
fn in_boxes(mut bytes: &[u8]) -> Option<&[u8]> {
    loop {
        let (length, head) = match long(bytes, 0)? {
            0 => (bytes.len() as u64, 8),
            1 => (long(bytes, 8)? << 32 | long(bytes, 12)?, 16),
            length => (length, 8),
        };
        if bytes.get(4..8)? == b"jp2c" {
            // Boxes do not hold boxes of their own kind: the stream begins here, or there is none.
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

/// Goes over marker segments to the first start of frame (ISO 10918-1 B.2.2, 14495-1 C.2.2).
fn jpeg(mut bytes: &[u8]) -> Option<Head> {
    loop {
        match bytes {
            // Filling before a marker.
            [0xFF, 0xFF, ..] => bytes = &bytes[1..],
            [0xFF, 0xC4 | 0xC8 | 0xCC, rest @ ..] => bytes = rest.get(word(rest, 0)? as usize..)?,
            [0xFF, 0xC0..=0xCF | 0xF7, rest @ ..] => {
                return Some(Head { pixels: word(rest, 3)? * word(rest, 5)?, samples: u64::from(*rest.get(7)?) });
            }
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
        }
    }
}
