//! One frame of pixels that are not compressed: only its own bytes are touched, however many frames there are.

use std::{
    io::{Read, Seek, SeekFrom},
    ops::Range,
};

use dicom_core::PrimitiveValue;

use super::{
    extent::Plain,
    header::HeaderError,
    pixels::{Layout, PixelError},
};

/// The frame's bytes in a value that was read whole: little-endian; single bits as one byte each.
pub fn frame(layout: &Layout, value: &PrimitiveValue, frame: u32, words_are_big: bool) -> Result<Vec<u8>, PixelError> {
    let place = place(layout, value.calculate_byte_len(), frame)?;
    let mut bytes = unpacked(layout, bytes(value, place.start, place.end), frame);
    if layout.allocated == 32 && words_are_big {
        // Read as 16-bit words, whose order is still that of the file.
        for word in bytes.as_chunks_mut::<4>().0 {
            word.rotate_left(2);
        }
    }
    Ok(bytes)
}

/// The same, from the file.
pub fn read(layout: &Layout, mut file: impl Read + Seek, plain: Plain, frame: u32) -> Result<Vec<u8>, PixelError> {
    let place = place(layout, plain.length, frame)?;
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(plain.at + place.start as u64)).map_err(HeaderError::Io)?;
    file.take(place.len() as u64).read_to_end(&mut bytes).map_err(HeaderError::Io)?;
    if bytes.len() < place.len() {
        // It was whole a moment ago.
        return Err(PixelError::CutShort { found: bytes.len() as u64, needed: place.len() as u64 });
    }
    Ok(unpacked(layout, bytes, frame))
}

/// Where the bytes of a frame lie among `found` bytes.
fn place(layout: &Layout, found: usize, frame: u32) -> Result<Range<usize>, PixelError> {
    let bits = layout.frame_bits();
    let (first, last) = (bits * frame as usize, bits * (frame as usize + 1));
    let needed = last.div_ceil(8);
    if found < needed {
        let (columns, rows, frames) = (layout.columns as usize, layout.rows as usize, frame as usize + 1);
        return Err(PixelError::Truncated { found, needed, columns, rows, frames });
    }
    Ok(first / 8..needed)
}

/// Single bits as one byte each. Their frames follow each other without a gap, so that one may begin inside a byte.
fn unpacked(layout: &Layout, bytes: Vec<u8>, frame: u32) -> Vec<u8> {
    if layout.allocated != 1 {
        return bytes;
    }
    let count = layout.frame_bits();
    let first = count * frame as usize % 8;
    (first..first + count).map(|bit| (bytes[bit / 8] >> (bit % 8)) & 1).collect()
}

fn bytes(value: &PrimitiveValue, from: usize, to: usize) -> Vec<u8> {
    match value {
        PrimitiveValue::U8(all) => all[from..to].to_vec(),
        PrimitiveValue::U16(all) => {
            let words = &all[from / 2..to.div_ceil(2)];
            let mut bytes: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
            bytes.drain(..from % 2);
            bytes.truncate(to - from);
            bytes
        }
        other => other.to_bytes()[from..to].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(columns: u32, rows: u32, allocated: u32) -> Layout {
        Layout {
            columns,
            rows,
            samples: 1,
            allocated,
            stored: allocated,
            high_bit: allocated - 1,
            signed: false,
            planar: false,
            photometric: "MONOCHROME2".to_owned(),
        }
    }

    #[test]
    fn frames_are_cut_from_bytes_and_from_words() {
        let bytes = PrimitiveValue::U8((0..18).collect());
        let words =
            PrimitiveValue::U16((0..9u16).map(|i| u16::from_le_bytes([2 * i as u8, 2 * i as u8 + 1])).collect());
        for value in [bytes, words] {
            let frame = |n| frame(&layout(3, 2, 8), &value, n, false);
            assert_eq!(frame(1).unwrap(), [6, 7, 8, 9, 10, 11]);
            assert!(matches!(frame(3), Err(PixelError::Truncated { found: 18, needed: 24, .. })));
            assert_eq!(super::frame(&layout(3, 1, 8), &value, 3, false).unwrap(), [9, 10, 11]);
        }
        let file = std::io::Cursor::new((100..130).collect::<Vec<u8>>());
        let plain = Plain { at: 7, length: 18 };
        assert_eq!(read(&layout(3, 2, 8), file.clone(), plain, 1).unwrap(), [113, 114, 115, 116, 117, 118]);
        assert!(matches!(read(&layout(3, 2, 8), file, plain, 3), Err(PixelError::Truncated { .. })));
    }

    #[test]
    fn single_bits_go_on_from_frame_to_frame() {
        // Two frames of 3 x 1: 101 and 011, lowest bit first.
        let value = PrimitiveValue::U8([0b0011_0101].as_slice().into());
        assert_eq!(frame(&layout(3, 1, 1), &value, 0, false).unwrap(), [1, 0, 1]);
        assert_eq!(frame(&layout(3, 1, 1), &value, 1, false).unwrap(), [0, 1, 1]);
    }

    #[test]
    fn long_words_of_big_files_come_in_two_halves() {
        let value = PrimitiveValue::U16([0x0102, 0x0304].as_slice().into());
        assert_eq!(frame(&layout(1, 1, 32), &value, 0, true).unwrap(), 0x0102_0304u32.to_le_bytes());
    }
}
