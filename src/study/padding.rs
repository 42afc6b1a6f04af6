//! Pixels that are not part of the image (PS3.3 C.7.5.1.1.2): outside a round field of view, say, or where an image was
//! enlarged. They are marked before any rescale, since the header gives them as stored values.

use dicom_core::{PrimitiveValue, Tag};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{element::element_value, layout::Layout, photometric::Photometric};

/// Whether a word is signed.
type Number = fn(u16) -> f64;

/// The stored values that are padding.
#[derive(Debug, Clone, PartialEq)]
pub struct Padding {
    /// From, to; both are padding.
    ranges: Vec<(f64, f64)>,
    /// Its 16-bit word, if it is a single word.
    word: Option<u32>,
}

impl Padding {
    /// `PixelPaddingValue` and `PixelPaddingRangeLimit`. `None` where there is none, and in colour.
    ///
    /// Writers confuse the signs: -2000 is written as 63536, and 63536 as -2000. Only one of the two is a value that
    /// the pixels can have, so both are accepted.
    pub fn of(object: &InMemDicomObject, layout: &Layout) -> Option<Self> {
        let is_grey = layout.samples == 1 && layout.photometric != Photometric::Palette;
        let value = word(object, tags::PIXEL_PADDING_VALUE).filter(|_| is_grey)?;
        let limit = word(object, tags::PIXEL_PADDING_RANGE_LIMIT);
        let range = |number: Number| {
            let (a, b) = (number(value), number(limit.unwrap_or(value)));
            (a.min(b), a.max(b))
        };
        let (signed, unsigned): (Number, Number) = (|w| f64::from(w as i16), f64::from);
        let own = range(if layout.signed { signed } else { unsigned });
        let mut ranges = vec![own];
        // With 32 bits both signs are values, and a range of the other sign may be any.
        if limit.is_none() && layout.allocated <= 16 {
            ranges.push(range(if layout.signed { unsigned } else { signed }));
        }
        let is_one = limit.is_none_or(|limit| limit == value);
        Some(Self { ranges, word: is_one.then(|| u32::from(value)) })
    }

    /// The same for pixels that are floating-point numbers.
    pub fn of_floats(object: &InMemDicomObject) -> Option<Self> {
        let number = |tags: [Tag; 2]| tags.into_iter().find_map(|tag| super::decimal::first(object, tag));
        let value = number([tags::FLOAT_PIXEL_PADDING_VALUE, tags::DOUBLE_FLOAT_PIXEL_PADDING_VALUE])?;
        let limit = number([tags::FLOAT_PIXEL_PADDING_RANGE_LIMIT, tags::DOUBLE_FLOAT_PIXEL_PADDING_RANGE_LIMIT]);
        let limit = limit.unwrap_or(value);
        Some(Self { ranges: vec![(value.min(limit), value.max(limit))], word: None })
    }

    /// Whether a stored value is padding.
    pub fn holds(&self, value: f64) -> bool {
        self.ranges.iter().any(|(low, high)| *low <= value && value <= *high)
    }

    /// Which pixels of a frame are padding, by their stored values and, where their words have 16 bits, by these: a word
    /// of padding may have bits beyond those of a value. `None` where none is.
    pub fn mask(&self, values: &[f32], bytes: &[u8]) -> Option<Vec<bool>> {
        let mut mask: Vec<bool> = values.iter().map(|&value| self.holds(f64::from(value))).collect();
        if let Some(padding) = self.word.filter(|_| bytes.len() == 2 * values.len()) {
            for (is_padding, word) in mask.iter_mut().zip(bytes.as_chunks::<2>().0) {
                *is_padding |= u32::from(u16::from_le_bytes(*word)) == padding;
            }
        }
        mask.contains(&true).then_some(mask)
    }

    /// The 16-bit word that is padding, if there is only one.
    pub fn word(&self) -> Option<u32> {
        self.word
    }
}

/// Sixteen bits of an element that is signed or not as the pixels are (US or SS), whatever kind it was written as.
fn word(object: &InMemDicomObject, tag: Tag) -> Option<u16> {
    match element_value(object, tag)? {
        PrimitiveValue::U16(words) => words.first().copied(),
        PrimitiveValue::I16(words) => words.first().map(|w| *w as u16),
        PrimitiveValue::U8(bytes) => Some(u16::from_le_bytes(*bytes.first_chunk()?)),
        _ => {
            let number = super::decimal::first(object, tag)?;
            (-32768.0..=65535.0).contains(&number).then_some(number as i32 as u16)
        }
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, VR};
    use proptest::prelude::*;

    use super::*;

    fn layout(allocated: u32, stored: u32, signed: bool) -> Layout {
        Layout { stored, high_bit: stored - 1, signed, ..Layout::of_words((1, 1), 1, allocated) }
    }

    /// All ways in which 16 bits are written.
    fn kinds(word: u16) -> [(VR, PrimitiveValue); 5] {
        [
            (VR::US, PrimitiveValue::from(word)),
            (VR::SS, PrimitiveValue::from(word as i16)),
            (VR::UN, PrimitiveValue::U8(word.to_le_bytes().as_slice().into())),
            (VR::OB, PrimitiveValue::U8(word.to_le_bytes().as_slice().into())),
            (VR::IS, PrimitiveValue::from((word as i16).to_string())),
        ]
    }

    proptest! {
        /// Whatever the kind of the element and the sign that its writer thought of: the word that is padding is marked,
        /// and none else.
        #[test]
        fn a_word_of_padding_is_marked_in_any_kind_and_sign(word: u16, other: u16, signed: bool) {
            let layout = layout(16, 16, signed);
            let number = |word: u16| f64::from(layout.number(u32::from(word), 16));
            for (vr, value) in kinds(word) {
                let mut object = InMemDicomObject::new_empty();
                object.put(DataElement::new(tags::PIXEL_PADDING_VALUE, vr, value));
                let padding = Padding::of(&object, &layout).unwrap();
                prop_assert!(padding.holds(number(word)));
                prop_assert_eq!(padding.holds(number(other)), word == other);
                prop_assert_eq!(padding.word(), Some(u32::from(word)));
            }
        }

        #[test]
        fn a_range_of_padding_is_marked_whichever_end_is_first(a: u16, b: u16, value: u16, signed: bool) {
            let layout = layout(16, 16, signed);
            let number = |word: u16| f64::from(layout.number(u32::from(word), 16));
            for ((vr, first), (other, second)) in kinds(a).into_iter().zip(kinds(b)) {
                let mut object = InMemDicomObject::new_empty();
                object.put(DataElement::new(tags::PIXEL_PADDING_VALUE, vr, first));
                object.put(DataElement::new(tags::PIXEL_PADDING_RANGE_LIMIT, other, second));
                let padding = Padding::of(&object, &layout).unwrap();
                let (low, high) = (number(a).min(number(b)), number(a).max(number(b)));
                prop_assert_eq!(padding.holds(number(value)), (low..=high).contains(&number(value)));
            }
        }
    }

    #[test]
    fn a_word_of_padding_may_have_more_bits_than_a_value() {
        let mut object = InMemDicomObject::new_empty();
        object.put(DataElement::new(tags::PIXEL_PADDING_VALUE, VR::US, PrimitiveValue::from(0xF830_u16)));
        let layout = layout(16, 12, false);
        let bytes: Vec<u8> = [0xF830_u16, 0x0830, 0].iter().flat_map(|word| word.to_le_bytes()).collect();
        let mask = Padding::of(&object, &layout).unwrap().mask(&layout.words(&bytes), &bytes);
        assert_eq!(mask, Some(vec![true, false, false]));
    }

    #[test]
    fn what_has_no_padding_has_none() {
        let mut object = InMemDicomObject::new_empty();
        assert_eq!(Padding::of(&object, &layout(16, 12, false)), None);
        object.put(DataElement::new(tags::PIXEL_PADDING_VALUE, VR::US, PrimitiveValue::from(0_u16)));
        assert!(Padding::of(&object, &layout(16, 12, false)).is_some());
        let colour = Layout { samples: 3, ..layout(8, 8, false) };
        assert_eq!(Padding::of(&object, &colour), None);
        let mask = Padding::of(&object, &layout(16, 12, false)).unwrap().mask(&[1.0, 2.0], &[1, 0, 2, 0]);
        assert_eq!(mask, None);
        object.put(DataElement::new(tags::FLOAT_PIXEL_PADDING_VALUE, VR::FL, PrimitiveValue::from(-1.5_f32)));
        let floats = Padding::of_floats(&object).unwrap();
        assert_eq!(floats.mask(&[0.0, -1.5], &[]), Some(vec![false, true]));
    }
}
