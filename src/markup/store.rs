//! Marks as text (JSON), as they are stored with the study.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Mark, MarkId, Markup, edit::State};
use crate::grading::SliceId;

/// Version of the stored form; grows when an older program would misread it.
pub const MARKUP_VERSION: u64 = 1;

/// Stored marks that cannot be read. The text is left to whoever holds it: it must not be written over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkupError {
    /// Not the form that is expected.
    #[error("the saved measurements of this study cannot be read: {0}")]
    NotReadable(String),
    /// Written by a newer program.
    #[error(
        "the saved measurements of this study were written by a newer Foramen (format version {0}; this one \
         reads up to version {MARKUP_VERSION})"
    )]
    Newer(u64),
    /// A kind of shape that this program does not have.
    #[error("the saved measurements of this study contain a {0:?}, which this Foramen does not know")]
    UnknownShape(String),
}

#[derive(Serialize)]
struct Written<'a> {
    version: u64,
    marks: &'a [Mark],
    key_images: Vec<KeyImage>,
}

#[derive(Serialize, Deserialize)]
struct KeyImage {
    slice: SliceId,
    #[serde(default)]
    note: String,
}

impl Markup {
    /// The text in which the marks are stored; the steps that led to them are not.
    ///
    /// # Errors
    ///
    /// They cannot be serialised; not to be expected.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let State { marks, key_images } = self.state();
        let key_images =
            key_images.iter().map(|(slice, note)| KeyImage { slice: slice.clone(), note: note.clone() }).collect();
        serde_json::to_string_pretty(&Written { version: MARKUP_VERSION, marks, key_images })
    }

    /// From stored text. What an older program left out is taken as empty; what is not understood is an error, for
    /// the next save would drop it.
    ///
    /// # Errors
    ///
    /// The text is no JSON of this form, is of a newer version, or holds a shape that this program does not know.
    pub fn from_json(text: &str) -> Result<Self, MarkupError> {
        let whole: Value = serde_json::from_str(text).map_err(|e| unreadable(&e))?;
        let version = whole.get("version").and_then(Value::as_u64);
        match version {
            None => return Err(MarkupError::NotReadable("it has no version".to_owned())),
            Some(version) if version > MARKUP_VERSION => return Err(MarkupError::Newer(version)),
            Some(_) => (),
        }
        let mut marks: Vec<Mark> = list(&whole, "marks")?.iter().map(mark).collect::<Result<_, _>>()?;
        rename_doubles(&mut marks);
        let key_images: Vec<KeyImage> = list(&whole, "key_images")?
            .iter()
            .map(|value| KeyImage::deserialize(value).map_err(|e| unreadable(&e)))
            .collect::<Result<_, _>>()?;
        let key_images: BTreeMap<SliceId, String> = key_images.into_iter().map(|key| (key.slice, key.note)).collect();
        Ok(Self::from_state(State { marks, key_images }))
    }
}

fn unreadable(error: &serde_json::Error) -> MarkupError {
    MarkupError::NotReadable(error.to_string())
}

fn list<'a>(whole: &'a Value, key: &str) -> Result<&'a [Value], MarkupError> {
    match whole.get(key) {
        None => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(MarkupError::NotReadable(format!("{key} is not a list"))),
    }
}

fn mark(value: &Value) -> Result<Mark, MarkupError> {
    Mark::deserialize(value).map_err(|error| {
        let kind = value.pointer("/shape/kind").and_then(Value::as_str);
        match kind {
            Some(kind) if error.to_string().contains("unknown variant") => MarkupError::UnknownShape(kind.to_owned()),
            _ => unreadable(&error),
        }
    })
}

/// Two marks of one name, as a hand-made file may have, would be deleted together.
fn rename_doubles(marks: &mut [Mark]) {
    let mut next = marks.iter().map(|m| m.id.0).max().unwrap_or(0);
    let mut seen = BTreeSet::new();
    for mark in marks {
        if !seen.insert(mark.id) {
            next = next.saturating_add(1);
            mark.id = MarkId(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markup::strategies::{any_shape, any_slice_id};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_stored_comes_back(
            marks in prop::collection::vec((any_slice_id(), any_shape(), any::<String>()), 0..12),
            keys in prop::collection::vec((any_slice_id(), any::<String>()), 0..6),
        ) {
            let mut markup = Markup::default();
            for (slice, shape, text) in marks {
                markup.add(slice, shape, text);
            }
            for (slice, note) in keys {
                markup.toggle_key_image(&slice);
                markup.set_key_image_note(&slice, note);
            }
            let mut back = Markup::from_json(&markup.to_json().unwrap()).unwrap();
            prop_assert_eq!(back.state(), markup.state());
            prop_assert!(!back.can_undo(), "the steps are not stored");
            let (a, b) = (any_id(&mut back), any_id(&mut markup));
            prop_assert_eq!(a, b, "new names go on where they were");
        }
    }

    fn any_id(markup: &mut Markup) -> MarkId {
        let slice = crate::markup::strategies::slice_id(1, 0);
        markup.add(slice, crate::markup::Shape::Note { at: crate::markup::Point::default() }, "")
    }

    const NOTE: &str = r#"{"id": 4, "slice": {"series_uid": "1", "sop_instance_uid": "2", "frame": 0},
        "shape": {"kind": "note", "at": {"column": 1.5, "row": 2}}}"#;

    #[test]
    fn what_is_not_understood_is_said_and_what_is_missing_is_empty() {
        let read = |text: &str| Markup::from_json(text).map(|m| m.marks().len());
        assert_eq!(read(r#"{"version": 1}"#), Ok(0));
        assert_eq!(read(&format!(r#"{{"version": 1, "marks": [{NOTE}], "later": true}}"#)), Ok(1));
        assert_eq!(read(r#"{"version": 2, "marks": "elsewhere"}"#), Err(MarkupError::Newer(2)));
        let spline = NOTE.replace("note", "spline");
        let unknown = read(&format!(r#"{{"version": 1, "marks": [{spline}]}}"#));
        assert_eq!(unknown, Err(MarkupError::UnknownShape("spline".to_owned())));
        let broken = NOTE.replace("1.5", "null");
        for text in
            ["", "{}", "[1]", r#"{"version": 1, "marks": {}}"#, &format!(r#"{{"version":1,"marks":[{broken}]}}"#)]
        {
            assert!(matches!(read(text), Err(MarkupError::NotReadable(_))), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn marks_of_one_name_get_names_of_their_own() {
        let text = format!(r#"{{"version": 1, "marks": [{NOTE}, {NOTE}, {NOTE}]}}"#);
        let mut markup = Markup::from_json(&text).unwrap();
        let ids: Vec<u64> = markup.marks().iter().map(|m| m.id.0).collect();
        assert_eq!(ids, [4, 5, 6]);
        markup.remove(MarkId(4));
        assert_eq!(markup.marks().len(), 2);
    }
}
