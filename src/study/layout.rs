//! The attributes of PS3.3 C.7.6.3 that say how to read the bytes of pixels, and stored words to numbers.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{
    doubts::Doubt,
    element::{number, text},
    error::PixelError,
    photometric::Photometric,
};

/// A claim of more pixels than this in one frame is not trusted.
pub const MAX_PIXELS: u64 = 1 << 26;

/// How to read the bytes of pixels.
#[derive(Debug)]
pub struct Layout {
    pub columns: u32,
    pub rows: u32,
    pub samples: usize,
    pub allocated: u32,
    pub stored: u32,
    pub high_bit: u32,
    pub signed: bool,
    pub planar: bool,
    pub photometric: Photometric,
}

#[cfg(test)]
impl Layout {
    /// Of whole unsigned words, samples side by side, without a photometric interpretation.
    pub fn of_words((columns, rows): (u32, u32), samples: usize, allocated: u32) -> Self {
        Self {
            columns,
            rows,
            samples,
            allocated,
            stored: allocated,
            high_bit: allocated - 1,
            signed: false,
            planar: false,
            photometric: Photometric::Missing,
        }
    }
}

impl Layout {
    /// That of a file.
    pub fn of(object: &InMemDicomObject) -> Result<Self, PixelError> {
        let value = |tag| number::<u32>(object, tag);
        let allocated = value(tags::BITS_ALLOCATED).unwrap_or(16);
        let samples = value(tags::SAMPLES_PER_PIXEL).unwrap_or(1) as usize;
        if ![1, 8, 16, 32].contains(&allocated) || ![1, 3].contains(&samples) {
            return Err(PixelError::Layout(format!(
                "pixels with {samples} samples of {allocated} bits are not supported"
            )));
        }
        let stored = value(tags::BITS_STORED).filter(|s| (1..=allocated).contains(s)).unwrap_or(allocated);
        let layout = Self {
            columns: value(tags::COLUMNS).unwrap_or(0),
            rows: value(tags::ROWS).unwrap_or(0),
            samples,
            allocated,
            stored,
            high_bit: value(tags::HIGH_BIT).filter(|h| (stored - 1..allocated).contains(h)).unwrap_or(stored - 1),
            signed: value(tags::PIXEL_REPRESENTATION) == Some(1),
            planar: value(tags::PLANAR_CONFIGURATION) == Some(1),
            photometric: text(object, tags::PHOTOMETRIC_INTERPRETATION).into(),
        };
        if u64::from(layout.columns) * u64::from(layout.rows) > MAX_PIXELS || layout.columns == 0 || layout.rows == 0 {
            return Err(PixelError::TooLarge(layout.columns, layout.rows));
        }
        Ok(layout)
    }

    /// Impossible values about bits in the header.
    pub fn doubts(&self, object: &InMemDicomObject) -> Vec<Doubt> {
        let other = |tag, what: &str, taken: u32| {
            let said = number::<i64>(object, tag).filter(|said| *said != i64::from(taken))?;
            let allocated = self.allocated;
            Some(Doubt::new(format!("its {what} {said} is invalid with BitsAllocated {allocated}: read as {taken}")))
        };
        let stored = other(tags::BITS_STORED, "BitsStored", self.stored);
        // If two do not match, the second is derived from the first.
        let high_bit = if stored.is_none() { other(tags::HIGH_BIT, "HighBit", self.high_bit) } else { None };
        stored.into_iter().chain(high_bit).collect()
    }

    /// Columns times rows.
    pub fn pixels(&self) -> usize {
        self.columns as usize * self.rows as usize
    }

    /// Uncompressed, two pixels share their colour: two bytes a pixel instead of three.
    pub fn is_422(&self) -> bool {
        self.photometric == Photometric::YbrFull422 && self.samples == 3 && self.allocated == 8
    }

    /// Bits of an uncompressed frame.
    pub fn frame_bits(&self) -> usize {
        let samples = if self.is_422() { 2 } else { self.samples };
        self.pixels() * samples * self.allocated as usize
    }

    /// 16-bit words to numbers, as [`Self::number`] does it one by one: nearly all of MRI, and a loop without branches.
    pub fn words(&self, bytes: &[u8]) -> Vec<f32> {
        let words = bytes.as_chunks::<2>().0.iter().map(|word| u16::from_le_bytes(*word));
        let stored = self.stored.min(16);
        let shift = (self.high_bit + 1).saturating_sub(stored).min(16 - stored);
        let up = 16 - stored;
        if self.signed {
            words.map(|word| f32::from((word >> shift << up) as i16 >> up)).collect()
        } else {
            let mask = u16::MAX >> up;
            words.map(|word| f32::from((word >> shift) & mask)).collect()
        }
    }

    /// Extracts `BitsStored` bits up to `HighBit` from a stored word and applies the sign.
    pub fn number(&self, word: u32, width: u32) -> f32 {
        let stored = self.stored.min(width);
        let shift = (self.high_bit + 1).saturating_sub(stored).min(width - stored);
        let bits = (word >> shift) & (u32::MAX >> (32 - stored));
        if self.signed {
            let up = 32 - stored;
            ((bits << up) as i32 >> up) as f32
        } else {
            bits as f32
        }
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, PrimitiveValue, VR};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn words_are_the_numbers_one_by_one(
            words in prop::collection::vec(any::<u16>(), 0..40),
            stored in 1_u32..=16,
            high_bit in 0_u32..16,
            signed: bool,
        ) {
            let high_bit = high_bit.max(stored - 1);
            let layout = Layout { stored, high_bit, signed, ..Layout::of_words((1, 1), 1, 16) };
            let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            let one_by_one: Vec<f32> = words.iter().map(|word| layout.number(u32::from(*word), 16)).collect();
            prop_assert_eq!(layout.words(&bytes), one_by_one);
        }

        /// Whatever a header says about bits, it is either used as it is, or replaced and reported.
        #[test]
        fn bits_that_cannot_be_are_named(stored in 0u16..40, high_bit in 0u16..40) {
            let mut object = InMemDicomObject::new_empty();
            for (tag, value) in [
                (tags::ROWS, 2), (tags::COLUMNS, 2), (tags::BITS_ALLOCATED, 16), (tags::BITS_STORED, stored),
                (tags::HIGH_BIT, high_bit),
            ] {
                object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
            }
            let layout = Layout::of(&object).unwrap();
            let can_be = (1..=16).contains(&stored) && (stored - 1..16).contains(&high_bit);
            prop_assert_eq!(layout.doubts(&object).is_empty(), can_be);
            prop_assert!((1..=16).contains(&layout.stored) && (layout.stored - 1..16).contains(&layout.high_bit));
        }
    }
}
