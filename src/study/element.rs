//! The values of single elements, whatever their VR.

use std::borrow::Cow;

use dicom_core::{
    PrimitiveValue, Tag, VR,
    dictionary::{DataDictionary, DataDictionaryEntry},
};
use dicom_dictionary_std::StandardDataDictionary;
use dicom_object::InMemDicomObject;

use crate::plain;

/// Where the object has the `SpecificCharacterSet` of the file. Under its own name the library would decode texts by it:
/// by no other name than the standard's, and by the last one in the file, were it in an item. So it takes each byte for a
/// character, and [`super::charset`] makes texts of them.
pub const CHARACTER_SETS: Tag = Tag(0x0008, 0x0004);

/// The text of an element, trimmed, several values joined by `\`, on one line; empty if it is missing. Where letters
/// beyond ASCII matter, [`Texts`] reads it.
pub fn text(object: &InMemDicomObject, tag: Tag) -> String {
    plain::into_line(raw_text(object, tag))
}

/// The same as it stands in the file: each character is a byte.
pub fn raw_text(object: &InMemDicomObject, tag: Tag) -> String {
    value(object, tag).map(|v| elements(&v).trim_matches(['\0', ' ']).to_owned()).unwrap_or_default()
}

/// The first value of an element as a number, whatever its VR.
pub fn number<T: std::str::FromStr + TryFrom<i64>>(object: &InMemDicomObject, tag: Tag) -> Option<T> {
    let value = value(object, tag)?;
    if let PrimitiveValue::U16(words) = &*value {
        return T::try_from(i64::from(*words.first()?)).ok();
    }
    let value = value.to_str();
    let first = value.split('\\').next()?.trim_matches(['\0', ' ']);
    // "12.0" and "+12" occur where integers belong.
    first.parse().ok().or_else(|| first.parse::<f64>().ok().filter(|v| v.fract() == 0.0)?.to_string().parse().ok())
}

/// All values of an element as one text, parted by `\`.
pub fn elements(value: &PrimitiveValue) -> Cow<'_, str> {
    match value {
        PrimitiveValue::Strs(texts) => match texts.as_slice() {
            [text] => Cow::Borrowed(text),
            texts => Cow::Owned(texts.join("\\")),
        },
        other => other.to_str(),
    }
}

/// The name of an element, for messages.
pub fn name(tag: Tag) -> &'static str {
    StandardDataDictionary.by_tag(tag).map_or("element", DataDictionaryEntry::alias)
}

/// The plain value of an element, as it is written.
pub fn element_value(object: &InMemDicomObject, tag: Tag) -> Option<&PrimitiveValue> {
    object.get(tag)?.value().primitive()
}

/// The plain value of an element. Gateways write elements that they do not know as UN, which is bytes: what they
/// mean is looked up.
pub fn value(object: &InMemDicomObject, tag: Tag) -> Option<Cow<'_, PrimitiveValue>> {
    let value = element_value(object, tag)?;
    let PrimitiveValue::U8(bytes) = value else { return Some(Cow::Borrowed(value)) };
    let meant = StandardDataDictionary.by_tag(tag).and_then(|entry| entry.vr().exact());
    match meant {
        Some(VR::US) => {
            let words = bytes.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]]));
            Some(Cow::Owned(PrimitiveValue::U16(words.collect())))
        }
        Some(VR::AS | VR::CS | VR::DA | VR::DS | VR::IS | VR::LO | VR::LT | VR::PN | VR::SH | VR::TM | VR::UI) => {
            let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
            Some(Cow::Owned(PrimitiveValue::Strs(text.split('\\').map(str::to_owned).collect())))
        }
        _ => Some(Cow::Borrowed(value)),
    }
}
