//! One frame of pixels that are not compressed: only its own bytes are touched, however many frames there are.

use std::{
    io::{Read, Seek, SeekFrom},
    ops::Range,
};

use dicom_core::PrimitiveValue;

use super::{
    doubts::Doubt,
    error::{HeaderError, PixelError},
    extent::{Missing, Plain},
    layout::Layout,
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

/// The length of a file's pixels compared with what its header requires.
#[derive(Debug, PartialEq)]
pub struct Length {
    /// Some of the pixels are missing.
    pub is_short: bool,
    /// What else is odd about it.
    pub doubt: Option<Doubt>,
}

/// Of `plain` pixels in a file of `size` bytes. A wrong declared length loses nothing if the bytes are present.
pub fn length(layout: &Layout, plain: Plain, frames: usize, size: u64) -> Length {
    let announced = plain.length as u64;
    let (there, needed) = (size.saturating_sub(plain.at), bytes_of(layout, frames));
    let found = there_are(layout, plain, frames, size);
    let doubt = |doubt| Length { is_short: false, doubt: Some(doubt) };
    if found < needed {
        // A file that ends too early is reported by the code that walked over it.
        let doubt = (announced <= there).then(|| {
            Doubt::new(format!(
                "its PixelData has {announced} bytes but its pixels need {needed}: the missing ones cannot be shown"
            ))
        });
        return Length { is_short: true, doubt };
    }
    if announced < needed {
        return doubt(Doubt::new(format!(
            "its PixelData declares {announced} bytes, but the {needed} that its pixels \
             need are there up to the end of the file: they are used"
        )));
    }
    if announced > there {
        return doubt(Doubt::note(format!(
            "its PixelData declares {announced} bytes but has {there}; its pixels need {needed} and are complete"
        )));
    }
    let one = bytes_of(layout, 1);
    // One byte makes the length even.
    match announced - needed {
        0 | 1 => Length { is_short: false, doubt: None },
        more if frames == 1 && one > 0 && more >= one => doubt(Doubt::note(format!(
            "its PixelData has room for {} images, but its header declares one: the first is shown",
            announced / one
        ))),
        more => doubt(Doubt::note(format!("its PixelData has {more} extra bytes after its pixels"))),
    }
}

/// What is missing from the only image of a file of `size` bytes.
pub fn missing(layout: &Layout, plain: Plain, size: u64) -> Missing {
    Missing { found: there_are(layout, plain, 1, size), needed: bytes_of(layout, 1) }
}

/// How many of this many frames `plain` pixels hold in a file of `size` bytes.
pub fn frames_held(layout: &Layout, plain: Plain, frames: u32, size: u64) -> u64 {
    let found = there_are(layout, plain, frames as usize, size);
    (found.saturating_mul(8) / (layout.frame_bits() as u64).max(1)).min(frames.into())
}

/// Bytes of this many frames.
fn bytes_of(layout: &Layout, frames: usize) -> u64 {
    (layout.frame_bits() as u64).saturating_mul(frames as u64).div_ceil(8)
}

/// Bytes that are the pixels' in a file of `size` bytes: those that are announced, as far as they are there; those up to
/// the end of the file, where these are just as many as all frames need.
fn there_are(layout: &Layout, plain: Plain, frames: usize, size: u64) -> u64 {
    let there = size.saturating_sub(plain.at);
    let needed = bytes_of(layout, frames);
    let announced = plain.length as u64;
    let are_just_enough = announced < needed && (there == needed || there == needed + needed % 2);
    if are_just_enough { there } else { announced.min(there) }
}

/// The same as [`frame`], from a file of `size` bytes with this many frames.
pub fn read(
    layout: &Layout,
    mut file: impl Read + Seek,
    plain: Plain,
    frame: u32,
    (frames, size): (u32, u64),
) -> Result<Vec<u8>, PixelError> {
    let found = there_are(layout, plain, frames as usize, size);
    let place = match place(layout, found as usize, frame) {
        // The file ends too early, which is more specific than that its header declares more.
        Err(PixelError::Truncated { .. }) if found < plain.length as u64 => {
            return Err(PixelError::CutShort { found, needed: plain.length as u64 });
        }
        place => place?,
    };
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(plain.at + place.start as u64)).map_err(HeaderError::Io)?;
    file.take(place.len() as u64).read_to_end(&mut bytes).map_err(HeaderError::Io)?;
    if bytes.len() < place.len() {
        // It was complete a moment ago.
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

/// Big-endian words to little-endian ones.
pub fn swap(layout: &Layout, bytes: &mut [u8]) {
    match layout.allocated {
        16 => bytes.as_chunks_mut::<2>().0.iter_mut().for_each(|word| word.reverse()),
        32 => bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|word| word.reverse()),
        _ => (),
    }
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
    use proptest::prelude::*;

    use super::*;

    fn layout(columns: u32, rows: u32, allocated: u32) -> Layout {
        Layout::of_words((columns, rows), 1, allocated)
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
        let read = |frame| read(&layout(3, 2, 8), file.clone(), plain, frame, (3, 30));
        assert_eq!(read(1).unwrap(), [113, 114, 115, 116, 117, 118]);
        assert!(matches!(read(3), Err(PixelError::Truncated { .. })));
    }

    proptest! {
        /// Whatever length is announced: pixels that are all there are read, and any other length than theirs is said.
        #[test]
        fn pixels_that_are_all_there_are_read(
            side in 1u32..9, allocated in prop::sample::select(vec![8u32, 16]), frames in 1u32..4,
            announced in 0usize..700, more in 0u64..700, at in 0u64..9,
        ) {
            let layout = layout(side, side, allocated);
            let needed = bytes_of(&layout, frames as usize);
            let size = at + needed + more;
            let file: Vec<u8> = (0..size).map(|i| i as u8).collect();
            let plain = Plain { at, length: announced };
            let found = length(&layout, plain, frames as usize, size);
            let is_known = announced as u64 >= needed || more == 0 || (more == 1 && needed % 2 == 1);
            prop_assert_eq!(found.is_short, !is_known);
            if is_known {
                let one = bytes_of(&layout, 1);
                for frame in 0..frames {
                    let bytes = read(&layout, std::io::Cursor::new(&file), plain, frame, (frames, size)).unwrap();
                    let first = (at + one * u64::from(frame)) as usize;
                    prop_assert_eq!(&bytes, &file[first..first + one as usize]);
                }
                let is_as_needed = (needed..=needed + 1).contains(&(announced as u64)) && announced as u64 <= size - at;
                prop_assert_eq!(found.doubt.is_none(), is_as_needed);
                // Nothing is missing, but a header that says too little is wrong about more than its end.
                prop_assert!(found.doubt.is_none_or(|doubt| doubt.is_note == (announced as u64 >= needed)));
            }
        }

        #[test]
        fn pixels_that_are_not_all_there_are_not(side in 1u32..9, lacking in 1u64..200, announced in 0u64..400) {
            let layout = layout(side, side, 16);
            let needed = bytes_of(&layout, 1);
            prop_assume!(lacking <= needed);
            let plain = Plain { at: 3, length: announced as usize };
            let size = 3 + needed - lacking;
            prop_assert!(length(&layout, plain, 1, size).is_short);
            let file = std::io::Cursor::new(vec![0; size as usize]);
            prop_assert!(read(&layout, file, plain, 0, (1, size)).is_err());
        }
    }

    #[test]
    fn several_images_behind_each_other_are_named() {
        let said = |length| super::length(&layout(8, 8, 16), Plain { at: 0, length }, 1, 1000).doubt.unwrap().message;
        assert!(said(384).contains("room for 3 images"));
        assert!(said(130).contains("2 extra bytes after its pixels"));
    }

    #[test]
    fn words_are_turned_round() {
        for (allocated, expected) in [(8, [1, 2, 3, 4]), (16, [2, 1, 4, 3]), (32, [4, 3, 2, 1])] {
            let mut bytes = [1, 2, 3, 4];
            swap(&layout(1, 1, allocated), &mut bytes);
            assert_eq!(bytes, expected);
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
