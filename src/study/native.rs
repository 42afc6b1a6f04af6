//! One frame of pixels that are not compressed: only its own bytes are touched, however many frames there are.

use dicom_core::PrimitiveValue;

use super::pixels::{Layout, PixelError};

/// The frame's bytes, little-endian; single bits as one byte each.
pub fn frame(layout: &Layout, value: &PrimitiveValue, frame: u32, words_are_big: bool) -> Result<Vec<u8>, PixelError> {
    let bits = layout.frame_bits();
    let (first, last) = (bits * frame as usize, bits * (frame as usize + 1));
    let (needed, found) = (last.div_ceil(8), value.calculate_byte_len());
    if found < needed {
        let (columns, rows, frames) = (layout.columns as usize, layout.rows as usize, frame as usize + 1);
        return Err(PixelError::Truncated { found, needed, columns, rows, frames });
    }
    let mut bytes = bytes(value, first / 8, needed);
    if layout.allocated == 1 {
        // Frames of single bits follow each other without a gap.
        let bits = (first % 8..).take(last - first);
        bytes = bits.map(|bit| (bytes[bit / 8] >> (bit % 8)) & 1).collect();
    } else if layout.allocated == 32 && words_are_big {
        // Read as 16-bit words, whose order is still that of the file.
        bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|b| b.rotate_left(2));
    }
    Ok(bytes)
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
