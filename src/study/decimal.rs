//! Decimal numbers as files have them: whatever the VR of the element, padded, with a decimal comma.
//!
//! Unambiguous values are read; anything else is reported with the file's own text, and is never treated like a missing
//! element.

use dicom_core::{PrimitiveValue, Tag};
use dicom_object::InMemDicomObject;

use super::element::{elements, name, value};

/// The numbers of an element.
#[derive(Debug, Clone, PartialEq)]
pub enum Decimals {
    /// There is no such element, or nothing in it.
    Absent,
    /// All of them.
    Read {
        /// At least one; each finite.
        values: Vec<f64>,
        /// Some were written with a comma.
        with_commas: bool,
    },
    /// At least one of them is not a number: the element's text.
    Unreadable(String),
}

/// All numbers of an element.
pub fn read(object: &InMemDicomObject, tag: Tag) -> Decimals {
    let Some(value) = value(object, tag) else { return Decimals::Absent };
    match &*value {
        PrimitiveValue::Empty => Decimals::Absent,
        PrimitiveValue::Str(text) => of_texts(std::slice::from_ref(text)),
        PrimitiveValue::Strs(texts) => of_texts(texts),
        binary => match binary.to_multi_float64() {
            Ok(values) if values.is_empty() => Decimals::Absent,
            Ok(values) if values.iter().all(|v| v.is_finite()) => Decimals::Read { values, with_commas: false },
            _ => Decimals::Unreadable(binary.to_str().into_owned()),
        },
    }
}

/// The numbers in texts, each of which may contain several separated by backslashes.
fn of_texts(texts: &[String]) -> Decimals {
    let parts = || texts.iter().flat_map(|text| text.split('\\')).map(trimmed);
    let (mut values, mut with_commas) = (Vec::with_capacity(texts.len()), false);
    for part in parts() {
        match number(part) {
            Some((number, has_comma)) => {
                values.push(number);
                with_commas |= has_comma;
            }
            None if parts().all(str::is_empty) => return Decimals::Absent,
            None => return Decimals::Unreadable(quoted(&texts.join("\\"))),
        }
    }
    Decimals::Read { values, with_commas }
}

/// The first value; none where it cannot be read.
pub fn first(object: &InMemDicomObject, tag: Tag) -> Option<f64> {
    match read(object, tag) {
        Decimals::Read { values, .. } => values.first().copied(),
        other => other.each().first().copied().flatten(),
    }
}

/// Exactly this many numbers; none if there is nothing, and the reason if there is something else.
pub fn exactly<const N: usize>(object: &InMemDicomObject, tag: Tag) -> Result<Option<[f64; N]>, String> {
    read(object, tag).exactly(object, tag)
}

impl Decimals {
    /// The same for what was read from an element.
    pub fn exactly<const N: usize>(self, object: &InMemDicomObject, tag: Tag) -> Result<Option<[f64; N]>, String> {
        match self {
            Self::Absent => Ok(None),
            Self::Unreadable(text) => Err(format!("its {} '{text}' cannot be read", name(tag))),
            Self::Read { values, .. } => values.try_into().map(Some).map_err(|values: Vec<f64>| {
                let (text, count) = (elements_text(object, tag), values.len());
                let plural = if count == 1 { "value" } else { "values" };
                format!("its {} '{text}' has {count} {plural} instead of {N}", name(tag))
            }),
        }
    }

    /// Each value separately; `None` in place of one that is not a number.
    pub fn each(&self) -> Vec<Option<f64>> {
        match self {
            Self::Absent => Vec::new(),
            Self::Read { values, .. } => values.iter().copied().map(Some).collect(),
            Self::Unreadable(text) => text.split('\\').map(|part| Some(number(trimmed(part))?.0)).collect(),
        }
    }

    /// Whether numbers are written with commas.
    pub const fn with_commas(&self) -> bool {
        matches!(self, Self::Read { with_commas: true, .. })
    }
}

/// An element's text, for a message.
pub fn elements_text(object: &InMemDicomObject, tag: Tag) -> String {
    value(object, tag).map(|value| quoted(&elements(&value))).unwrap_or_default()
}

fn quoted(text: &str) -> String {
    trimmed(text).chars().take(LONGEST_QUOTED).collect()
}

/// Longer text is truncated in a message.
const LONGEST_QUOTED: usize = 120;

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\0')
}

/// A finite number, and whether it has a decimal comma. DICOM has no thousands separators, so a single comma without a
/// point can only be a decimal comma.
fn number(text: &str) -> Option<(f64, bool)> {
    // Words that Rust parses as numbers, such as "infinity", are not numbers here.
    if !text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b',' | b'e' | b'E')) {
        return None;
    }
    let has_comma = text.contains(',');
    if has_comma && (text.contains('.') || text.matches(',').count() > 1) {
        return None;
    }
    let number: f64 = if has_comma { text.replace(',', ".").parse().ok()? } else { text.parse().ok()? };
    number.is_finite().then_some((number, has_comma))
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, VR};
    use dicom_dictionary_std::tags;
    use proptest::prelude::*;

    use super::*;

    fn put(vr: VR, value: PrimitiveValue) -> InMemDicomObject {
        let mut object = InMemDicomObject::new_empty();
        object.put(DataElement::new(tags::PIXEL_SPACING, vr, value));
        object
    }

    fn spacing(vr: VR, value: PrimitiveValue) -> Decimals {
        read(&put(vr, value), tags::PIXEL_SPACING)
    }

    fn all_kinds(text: &str) -> Vec<Decimals> {
        let strs = || PrimitiveValue::Strs(text.split('\\').map(str::to_owned).collect());
        let bytes = || PrimitiveValue::U8(text.as_bytes().into());
        vec![
            spacing(VR::DS, strs()),
            spacing(VR::LO, strs()),
            spacing(VR::UT, PrimitiveValue::Str(text.to_owned())),
            spacing(VR::ST, PrimitiveValue::Str(text.to_owned())),
            spacing(VR::UN, bytes()),
            spacing(VR::OB, bytes()),
        ]
    }

    proptest! {
        /// However numbers are written, in whatever kind of element: they are read as what they are.
        #[test]
        fn numbers_are_read_however_they_are_written(
            numbers in prop::collection::vec(-1e6f64..1e6, 1..6),
            form in 0..4, comma: bool, plus: bool,
            padding in prop::sample::select(vec!["", " ", "  ", "\0", " \0\0", "\n", "\t "]),
        ) {
            let written = |n: &f64| {
                let text = match form { 0 => format!("{n}"), 1 => format!("{n:.6e}"), 2 => format!("{n:E}"), _ => format!("{n:.3}") };
                let text = if plus && *n >= 0.0 { format!("+{text}") } else { text };
                let text = if comma { text.replace('.', ",") } else { text };
                format!("{padding}{text}{padding}")
            };
            let text = numbers.iter().map(written).collect::<Vec<_>>().join("\\");
            for found in all_kinds(&text) {
                let Decimals::Read { values, with_commas } = found else { panic!("{text:?}: {found:?}") };
                prop_assert_eq!(with_commas, text.contains(','));
                prop_assert_eq!(values.len(), numbers.len());
                prop_assert!(values.iter().zip(&numbers).all(|(a, b)| (a - b).abs() <= 1e-3 + b.abs() * 1e-6));
            }
        }

        #[test]
        fn any_text_is_read_named_or_empty(text in ".{0,30}") {
            for found in all_kinds(&text) {
                if let Decimals::Read { values, .. } = found {
                    prop_assert!(!values.is_empty() && values.iter().all(|v| v.is_finite()));
                }
            }
        }
    }

    #[test]
    fn what_can_mean_two_things_is_named() {
        for text in ["1,234.5", "0,5,0,5", "0.5 mm", "NaN", "inf", "0.5\\", "\\0.5", "0..5", "abc", "1e999"] {
            for found in all_kinds(text) {
                assert!(matches!(&found, Decimals::Unreadable(named) if named == text), "{text}: {found:?}");
            }
        }
        for text in ["", " ", "\0\0", "\\", " \\ "] {
            assert!(all_kinds(text).iter().all(|found| *found == Decimals::Absent), "{text:?}");
        }
        assert_eq!(read(&InMemDicomObject::new_empty(), tags::PIXEL_SPACING), Decimals::Absent);
    }

    #[test]
    fn numbers_in_binary_and_of_another_count() {
        let binary = put(VR::FD, PrimitiveValue::F64([0.5, 0.75].as_slice().into()));
        assert_eq!(exactly(&binary, tags::PIXEL_SPACING), Ok(Some([0.5, 0.75])));
        let one = put(VR::DS, PrimitiveValue::from("0,5"));
        let why = exactly::<2>(&one, tags::PIXEL_SPACING).unwrap_err();
        assert_eq!(why, "its PixelSpacing '0,5' has 1 value instead of 2");
        let why = exactly::<2>(&put(VR::DS, PrimitiveValue::from("1.2.3")), tags::PIXEL_SPACING).unwrap_err();
        assert_eq!(why, "its PixelSpacing '1.2.3' cannot be read");
        let some = put(VR::DS, PrimitiveValue::Strs(["x".to_owned(), "7,5".to_owned()].as_slice().into()));
        assert_eq!(read(&some, tags::PIXEL_SPACING).each(), [None, Some(7.5)]);
        assert_eq!(first(&some, tags::PIXEL_SPACING), None);
    }
}
