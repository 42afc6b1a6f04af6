//! A DICOM data set that is built element by element, and its bytes as a file.

use dicom_core::{
    DataElement, PrimitiveValue, Tag, VR,
    value::{DataSetSequence, Value},
};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use super::{DicomError, codes::Code};

/// A data set or an item of a sequence.
#[derive(Debug, Clone)]
pub struct Object(pub InMemDicomObject);

impl Object {
    pub fn new() -> Self {
        Self(InMemDicomObject::new_empty())
    }

    /// Any text, as it is.
    pub fn text(&mut self, tag: Tag, vr: VR, value: impl Into<String>) {
        self.0.put(DataElement::new(tag, vr, PrimitiveValue::from(value.into())));
    }

    /// One of our own short texts, truncated to the length of LO.
    pub fn label(&mut self, tag: Tag, value: &str) {
        self.text(tag, VR::LO, shortened(value, 64));
    }

    /// An element with no value.
    pub fn empty(&mut self, tag: Tag, vr: VR) {
        self.0.put(DataElement::new(tag, vr, PrimitiveValue::Empty));
    }

    pub fn shorts(&mut self, tag: Tag, values: &[u16]) {
        self.0.put(DataElement::new(tag, VR::US, PrimitiveValue::U16(values.into())));
    }

    pub fn signed_shorts(&mut self, tag: Tag, values: &[i16]) {
        self.0.put(DataElement::new(tag, VR::SS, PrimitiveValue::I16(values.into())));
    }

    pub fn floats(&mut self, tag: Tag, values: &[f32]) {
        self.0.put(DataElement::new(tag, VR::FL, PrimitiveValue::F32(values.into())));
    }

    pub fn longs(&mut self, tag: Tag, values: &[i32]) {
        self.0.put(DataElement::new(tag, VR::SL, PrimitiveValue::I32(values.into())));
    }

    pub fn bytes(&mut self, tag: Tag, vr: VR, values: Vec<u8>) {
        self.0.put(DataElement::new(tag, vr, PrimitiveValue::U8(values.into())));
    }

    pub fn sequence(&mut self, tag: Tag, items: Vec<Self>) {
        let items: Vec<InMemDicomObject> = items.into_iter().map(|item| item.0).collect();
        self.0.put(DataElement::new(tag, VR::SQ, Value::from(DataSetSequence::from(items))));
    }

    /// A sequence of one coded concept.
    pub fn code(&mut self, tag: Tag, code: Code) {
        let mut item = Self::new();
        item.text(tags::CODE_VALUE, VR::SH, code.value);
        item.text(tags::CODING_SCHEME_DESIGNATOR, VR::SH, code.scheme);
        item.text(tags::CODE_MEANING, VR::LO, code.meaning);
        self.sequence(tag, vec![item]);
    }

    /// The bytes of a file.
    pub fn into_file(self, class: &str, instance: &str) -> Result<Vec<u8>, DicomError> {
        let meta = FileMetaTableBuilder::new()
            .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
            .media_storage_sop_class_uid(class)
            .media_storage_sop_instance_uid(instance);
        let file = self.0.with_meta(meta).map_err(|e| DicomError::Write(Box::new(e)))?;
        let mut bytes = Vec::new();
        file.write_all(&mut bytes).map_err(|e| DicomError::Write(Box::new(e)))?;
        Ok(bytes)
    }
}

/// At most this many characters, no backslash (which separates values) and no control characters.
pub fn shortened(text: &str, most: usize) -> String {
    let text: String = text.chars().map(|c| if c == '\\' || c.is_control() { ' ' } else { c }).collect();
    let text = text.trim();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let cut: String = text.chars().take(most.saturating_sub(3)).collect();
    format!("{}...", cut.trim_end())
}

/// A text of several lines, with DICOM line ends. Other control characters are removed.
pub fn long_text(text: &str) -> String {
    let lines = text.lines().map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>());
    lines.collect::<Vec<_>>().join("\r\n").trim_end().to_owned()
}

/// At most 16 characters, as DS allows.
pub fn decimal(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fit_their_elements() {
        assert_eq!(shortened(" a\\b\n", 64), "a b");
        assert_eq!(shortened(&"ü".repeat(70), 64).chars().count(), 64);
        assert_eq!(long_text("one\ntwo\u{7}\n"), "one\r\ntwo");
        assert_eq!(
            (decimal(87.34), decimal(0.0), decimal(-1e-9), decimal(100.0)),
            ("87.34".into(), "0".into(), "0".into(), "100".into())
        );
    }
}
