//! What a compressed image says of its own size, before a codec takes memory for it: a few flipped bits make 65,535 x
//! 65,535 pixels of a small file.

/// Width times height by the head of a JPEG, JPEG-LS or JPEG 2000 code stream; `None` where there is none.
pub fn pixels(bytes: &[u8]) -> Option<u64> {
    match bytes {
        [0xFF, 0xD8, rest @ ..] => jpeg(rest),
        [0xFF, 0x4F, 0xFF, 0x51, rest @ ..] => jpeg_2000(rest),
        // A JP2 file around the code stream: the boxes before it are short.
        [0, 0, 0, 0x0C, 0x6A, 0x50, ..] => {
            let head = &bytes[..bytes.len().min(4096)];
            let at = head.windows(4).position(|window| window == [0xFF, 0x4F, 0xFF, 0x51])?;
            jpeg_2000(&bytes[at + 4..])
        }
        _ => None,
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?)))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?)))
}

/// Goes over marker segments to the first start of frame (ISO 10918-1 B.2.2, 14495-1 C.2.2).
fn jpeg(mut bytes: &[u8]) -> Option<u64> {
    loop {
        match bytes {
            // Filling before a marker.
            [0xFF, 0xFF, ..] => bytes = &bytes[1..],
            [0xFF, 0xC4 | 0xC8 | 0xCC, rest @ ..] => bytes = rest.get(word(rest, 0)? as usize..)?,
            [0xFF, 0xC0..=0xCF | 0xF7, rest @ ..] => return Some(word(rest, 3)? * word(rest, 5)?),
            [0xFF, 0x01 | 0xD0..=0xD9, rest @ ..] => bytes = rest,
            [0xFF, _, rest @ ..] => bytes = rest.get(word(rest, 0)? as usize..)?,
            _ => return None,
        }
    }
}

/// Behind the marker of SIZ (ISO 15444-1 A.5.1): the size of the grid, and where on it the image begins.
fn jpeg_2000(siz: &[u8]) -> Option<u64> {
    let side = |end: usize, start: usize| Some(long(siz, end)?.saturating_sub(long(siz, start)?));
    Some(side(4, 12)?.saturating_mul(side(8, 16)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_are_read_from_the_heads_of_code_streams() {
        let frame = [8, 0x01, 0x00, 0x02, 0x00, 1, 1, 0x11, 0];
        let app = [0xFF, 0xE0, 0, 4, 1, 2];
        for marker in [0xC0, 0xC3, 0xF7] {
            let stream = [&[0xFF, 0xD8][..], &app, &[0xFF, marker, 0, 11], &frame].concat();
            assert_eq!(pixels(&stream), Some(256 * 512));
        }
        let sides: Vec<u8> = [300_u32, 200, 100, 0].iter().flat_map(|side| side.to_be_bytes()).collect();
        let stream = [&[0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0][..], &sides].concat();
        assert_eq!(pixels(&stream), Some(200 * 200));
        let boxed = [&[0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20][..], &[0; 40], &stream].concat();
        assert_eq!(pixels(&boxed), Some(200 * 200));
        assert_eq!(pixels(b"RLE or nothing"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_an_answer(bytes in prop::collection::vec(prop_oneof![Just(0xFF), any::<u8>()], 0..200)) {
            let _ = pixels(&[&[0xFF, 0xD8][..], &bytes].concat());
            let _ = pixels(&[&[0xFF, 0x4F, 0xFF, 0x51][..], &bytes].concat());
        }
    }
}
