//! `BitsStored` and `HighBit` held against the pixels themselves.
//!
//! A mask that cuts off bits used by the pixels would silently turn bright tissue dark. Bits that the header assigns to
//! overlays (PS3.5 8.1.2, retired) do not belong to the pixels; if any other bit outside the mask is set, the header is
//! wrong, the full words are used, and an issue is reported.

use dicom_core::Tag;
use dicom_object::InMemDicomObject;

use super::{element::number, layout::Layout, padding::Padding};

/// `OverlayBitsAllocated`, in each group of an overlay.
const BITS_ALLOCATED: u16 = 0x0100;
/// `OverlayBitPosition`.
const BIT_POSITION: u16 = 0x0102;
/// `OverlayData`, where the plane is not among the pixels.
const OVERLAY_DATA: u16 = 0x3000;

/// Bits of a word used by overlays: one for each of the sixteen groups that has its plane in the pixel words.
pub fn of_overlays(object: &InMemDicomObject, allocated: u32) -> u32 {
    let plane = |group: u16| {
        let position = number::<u32>(object, Tag(group, BIT_POSITION))?;
        let is_apart = object.get(Tag(group, OVERLAY_DATA)).is_some();
        let is_inside = number::<u32>(object, Tag(group, BITS_ALLOCATED)).is_none_or(|bits| bits > 1);
        (!is_apart && is_inside && position < allocated.min(32)).then(|| 1_u32 << position)
    };
    (0..16).filter_map(|number| plane(0x6000 + 2 * number)).fold(0, |bits, bit| bits | bit)
}

impl Layout {
    /// Makes the layout fit the words of one frame, and returns what was wrong with it. `overlays` are the bits that
    /// are not the pixels'; words that are padding may be anything.
    pub fn settle(&mut self, bytes: &[u8], overlays: u32, padding: Option<&Padding>) -> Option<String> {
        if self.samples != 1 || self.stored == self.allocated {
            return None;
        }
        match (self.allocated, bytes.len() / self.pixels().max(1)) {
            (8, 1) => self.settle_words(bytes.iter().map(|&b| u32::from(b)), 8, overlays, None),
            (16, 2) => {
                let skipped = padding.and_then(Padding::word);
                let words = bytes.as_chunks::<2>().0.iter().map(|word| u32::from(u16::from_le_bytes(*word)));
                self.settle_words(words, 16, overlays, skipped)
            }
            (32, 4) => {
                let words = bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word));
                self.settle_words(words, 32, overlays, None)
            }
            _ => None,
        }
    }

    fn settle_words(
        &mut self,
        words: impl Iterator<Item = u32> + Clone,
        width: u32,
        overlays: u32,
        skipped: Option<u32>,
    ) -> Option<String> {
        let all = u32::MAX >> (32 - width);
        let own = all & !overlays;
        let shift = self.high_bit + 1 - self.stored;
        let mask = (u32::MAX >> (32 - self.stored)) << shift;
        // The usual case, in one pass without branches: nothing lies outside of the mask, padding or not.
        if words.clone().fold(0, |used, word| used | word) & own & !mask == 0 {
            return None;
        }
        let real = |word: u32| if skipped == Some(word) { 0 } else { word };
        let (stored, high_bit) = (self.stored, self.high_bit);
        if self.signed {
            // Above the sign bit there may be zeros, or copies of the sign.
            let above = if high_bit + 1 >= width { 0 } else { own & (u32::MAX << (high_bit + 1)) };
            let sign = 1_u32 << high_bit;
            let below = own & !above & !mask;
            let is_odd = |word: u32| {
                let upper = word & above;
                (upper != 0 && !(upper == above && word & sign != 0)) || word & below != 0
            };
            // Overlays that are declared may be next to others that are not: the sign is then nowhere else.
            if overlays != 0 || !words.map(real).any(is_odd) {
                return None;
            }
            (self.stored, self.high_bit) = (width, width - 1);
        } else {
            let used = words.map(real).fold(0, |used, word| used | word) & own;
            if used & !mask == 0 {
                return None;
            }
            self.stored = 32 - used.leading_zeros();
            self.high_bit = self.stored - 1;
        }
        let found = self.stored;
        Some(format!(
            "BitsStored {stored} and HighBit {high_bit} do not match its pixels, which use {found} bits: they are shown as they \
             are"
        ))
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, PrimitiveValue, VR};
    use proptest::prelude::*;

    use super::*;

    fn layout(stored: u32, high_bit: u32, signed: bool, pixels: usize) -> Layout {
        Layout { stored, high_bit, signed, ..Layout::of_words((pixels as u32, 1), 1, 16) }
    }

    fn settled(mut layout: Layout, words: &[u16], overlays: u32) -> (Vec<f32>, bool) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let doubt = layout.settle(&bytes, overlays, None);
        (layout.words(&bytes), doubt.is_some())
    }

    proptest! {
        /// No bit that the pixels use is cut off, and where the header is true nothing changes.
        #[test]
        fn values_are_whole_whatever_bits_stored_says(values in prop::collection::vec(any::<u16>(), 1..40), stored in 1u32..=16) {
            let (found, is_doubt) = settled(layout(stored, stored - 1, false, values.len()), &values, 0);
            let expected: Vec<f32> = values.iter().map(|v| f32::from(*v)).collect();
            prop_assert_eq!(found, expected);
            prop_assert_eq!(is_doubt, values.iter().any(|v| u32::from(*v) >> stored != 0));
        }

        #[test]
        fn signed_values_are_whole_and_may_be_masked(values in prop::collection::vec(any::<i16>(), 1..40), stored in 2u32..=16) {
            let words: Vec<u16> = values.iter().map(|v| *v as u16).collect();
            let limit = 1i32 << (stored - 1);
            let fits = values.iter().all(|v| (-limit..limit).contains(&i32::from(*v)));
            let (found, is_doubt) = settled(layout(stored, stored - 1, true, words.len()), &words, 0);
            if fits {
                let expected: Vec<f32> = values.iter().map(|v| f32::from(*v)).collect();
                prop_assert_eq!((&found, is_doubt), (&expected, false));
                // The same with nothing above the sign.
                let masked: Vec<u16> = words.iter().map(|w| w & (u16::MAX >> (16 - stored))).collect();
                prop_assert_eq!(settled(layout(stored, stored - 1, true, words.len()), &masked, 0), (expected, false));
            }
        }

        #[test]
        fn overlays_are_no_part_of_values(values in prop::collection::vec(0u16..4096, 1..40), planes in prop::collection::vec(0u16..16, 1..40)) {
            let words: Vec<u16> = values.iter().zip(planes.iter().cycle()).map(|(v, p)| v | p << 12).collect();
            let (found, is_doubt) = settled(layout(12, 11, false, words.len()), &words, 0xF000);
            let expected: Vec<f32> = values.iter().map(|v| f32::from(*v)).collect();
            prop_assert_eq!((found, is_doubt), (expected, false));
        }
    }

    #[test]
    fn a_high_bit_that_the_pixels_do_not_reach_is_not_believed() {
        // In the upper twelve bits, as it says.
        assert_eq!(settled(layout(12, 15, false, 2), &[0x0010, 0xFFF0], 0), (vec![1.0, 4095.0], false));
        // In the lower twelve.
        assert_eq!(settled(layout(12, 15, false, 2), &[0x0001, 0x0FFF], 0), (vec![1.0, 4095.0], true));
        // A plane of an overlay in the lowest bit.
        assert_eq!(settled(layout(12, 15, false, 2), &[0x0011, 0xFFF0], 1), (vec![1.0, 4095.0], false));
    }

    #[test]
    fn only_planes_among_the_pixels_take_bits() {
        let mut object = InMemDicomObject::new_empty();
        let mut put = |group, number: u16, value: u16| {
            object.put(DataElement::new(Tag(group, number), VR::US, PrimitiveValue::from(value)));
        };
        put(0x6000, BITS_ALLOCATED, 16);
        put(0x6000, BIT_POSITION, 12);
        put(0x6004, BIT_POSITION, 15);
        // Its own bits, elsewhere.
        put(0x6002, BITS_ALLOCATED, 1);
        put(0x6002, BIT_POSITION, 0);
        put(0x601E, BITS_ALLOCATED, 16);
        put(0x601E, BIT_POSITION, 99);
        assert_eq!(of_overlays(&object, 16), 0x9000);
    }
}
