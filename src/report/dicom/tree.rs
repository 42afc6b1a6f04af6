//! The content tree of a structured report: items that have a name, a value and children (PS3.3 C.17.3).

use dicom_core::VR;
use dicom_dictionary_std::tags;

use super::{
    codes::Code,
    dataset::{Object, decimal, long_text},
};
use crate::raster::BBox;

/// What an item is to its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Contains,
    HasConceptMod,
    HasObsContext,
    HasAcqContext,
    InferredFrom,
    SelectedFrom,
}

/// An image, or one frame of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageReference {
    pub series_uid: String,
    pub class_uid: String,
    pub instance_uid: String,
    /// From 1; none for an image of one frame.
    pub frame: Option<u32>,
}

/// What an item says.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Its children; the template that they follow, if any.
    Container(Option<&'static str>),
    Code(Code),
    Text(String),
    Percent(f64),
    UidRef(String),
    PersonName(String),
    Image(ImageReference),
    /// Column and row of each point, from the image's upper left corner: the image spans 0 to its size.
    Polyline(Vec<[f32; 2]>),
}

/// One item of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    relation: Relation,
    concept: Option<Code>,
    value: Value,
    children: Vec<Item>,
}

impl Item {
    pub fn new(relation: Relation, concept: Code, value: Value) -> Self {
        Self { relation, concept: Some(concept), value, children: vec![] }
    }

    /// An image that is only referenced.
    pub fn image(relation: Relation, image: ImageReference) -> Self {
        Self { relation, concept: None, value: Value::Image(image), children: vec![] }
    }

    #[must_use]
    pub fn with(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// Every image in this item and below it.
    pub fn images(&self) -> Vec<&ImageReference> {
        let own = if let Value::Image(image) = &self.value { Some(image) } else { None };
        own.into_iter().chain(self.children.iter().flat_map(Self::images)).collect()
    }

    /// Writes name, value and children into a data set: the root's into the document itself.
    pub fn write(&self, into: &mut Object) {
        into.text(tags::VALUE_TYPE, VR::CS, self.value.kind());
        if let Some(concept) = self.concept {
            into.code(tags::CONCEPT_NAME_CODE_SEQUENCE, concept);
        }
        self.value.write(into);
        if !self.children.is_empty() {
            into.sequence(tags::CONTENT_SEQUENCE, self.children.iter().map(Self::encode).collect());
        }
    }

    fn encode(&self) -> Object {
        let mut object = Object::new();
        object.text(tags::RELATIONSHIP_TYPE, VR::CS, self.relation.word());
        self.write(&mut object);
        object
    }
}

impl Relation {
    const fn word(self) -> &'static str {
        match self {
            Self::Contains => "CONTAINS",
            Self::HasConceptMod => "HAS CONCEPT MOD",
            Self::HasObsContext => "HAS OBS CONTEXT",
            Self::HasAcqContext => "HAS ACQ CONTEXT",
            Self::InferredFrom => "INFERRED FROM",
            Self::SelectedFrom => "SELECTED FROM",
        }
    }
}

impl Value {
    const fn kind(&self) -> &'static str {
        match self {
            Self::Container(_) => "CONTAINER",
            Self::Code(_) => "CODE",
            Self::Text(_) => "TEXT",
            Self::Percent(_) => "NUM",
            Self::UidRef(_) => "UIDREF",
            Self::PersonName(_) => "PNAME",
            Self::Image(_) => "IMAGE",
            Self::Polyline(_) => "SCOORD",
        }
    }

    fn write(&self, into: &mut Object) {
        match self {
            Self::Container(template) => {
                into.text(tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
                if let Some(template) = template {
                    let mut item = Object::new();
                    item.text(tags::MAPPING_RESOURCE, VR::CS, "DCMR");
                    item.text(tags::TEMPLATE_IDENTIFIER, VR::CS, *template);
                    into.sequence(tags::CONTENT_TEMPLATE_SEQUENCE, vec![item]);
                }
            }
            Self::Code(code) => into.code(tags::CONCEPT_CODE_SEQUENCE, *code),
            Self::Text(text) => into.text(tags::TEXT_VALUE, VR::UT, long_text(text)),
            Self::Percent(value) => {
                let mut measured = Object::new();
                measured.code(tags::MEASUREMENT_UNITS_CODE_SEQUENCE, super::codes::PERCENT);
                measured.text(tags::NUMERIC_VALUE, VR::DS, decimal(*value));
                into.sequence(tags::MEASURED_VALUE_SEQUENCE, vec![measured]);
            }
            Self::UidRef(uid) => into.text(tags::UID, VR::UI, uid.as_str()),
            Self::PersonName(name) => into.text(tags::PERSON_NAME, VR::PN, name.as_str()),
            Self::Image(image) => {
                let mut item = image.encode();
                if let Some(frame) = image.frame {
                    item.text(tags::REFERENCED_FRAME_NUMBER, VR::IS, frame.to_string());
                }
                into.sequence(tags::REFERENCED_SOP_SEQUENCE, vec![item]);
            }
            Self::Polyline(points) => {
                let flat: Vec<f32> = points.iter().flatten().copied().collect();
                into.floats(tags::GRAPHIC_DATA, &flat);
                into.text(tags::GRAPHIC_TYPE, VR::CS, "POLYLINE");
            }
        }
    }
}

impl ImageReference {
    /// Class and instance, as in reference sequences.
    pub fn encode(&self) -> Object {
        let mut item = Object::new();
        item.text(tags::REFERENCED_SOP_CLASS_UID, VR::UI, self.class_uid.as_str());
        item.text(tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, self.instance_uid.as_str());
        item
    }
}

/// The closed outline of the part of a box that lies on the image; none if no part does. SCOORD is counted from the
/// image's upper left corner (PS3.3 C.18.6.1.1), like boxes.
pub fn outline(bbox: BBox, columns: u32, rows: u32) -> Option<Vec<[f32; 2]>> {
    let [x0, x1] = [bbox.x0, bbox.x1].map(|x| x.clamp(0.0, columns as f32));
    let [y0, y1] = [bbox.y0, bbox.y1].map(|y| y.clamp(0.0, rows as f32));
    (x0 < x1 && y0 < y1).then(|| vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A reader that draws the report's regions draws a closed line that is on the image and is the box there.
        #[test]
        fn outlines_are_closed_and_on_the_image(
            corners in prop::array::uniform4(-900f32..2000.0), columns in 1u32..1000, rows in 1u32..1000
        ) {
            let [a, b, c, d] = corners;
            let bbox = BBox::new(a.min(b), c.min(d), a.max(b), c.max(d));
            let found = outline(bbox, columns, rows);
            let overlaps = bbox.x0.max(0.0) < bbox.x1.min(columns as f32) && bbox.y0.max(0.0) < bbox.y1.min(rows as f32);
            prop_assert_eq!(found.is_some(), overlaps);
            if let Some(line) = found {
                prop_assert_eq!(line.len(), 5);
                prop_assert_eq!(line.first(), line.last());
                for [x, y] in &line {
                    prop_assert!((0.0..=columns as f32).contains(x) && (0.0..=rows as f32).contains(y));
                    prop_assert!((bbox.x0..=bbox.x1).contains(x) && (bbox.y0..=bbox.y1).contains(y));
                }
                // A rectangle: one coordinate changes from corner to corner.
                for pair in line.windows(2) {
                    let moved = [0, 1].map(|axis| pair[0][axis].to_bits() != pair[1][axis].to_bits());
                    prop_assert!(moved[0] != moved[1]);
                }
            }
        }
    }

    #[test]
    fn a_box_that_is_no_number_has_no_outline() {
        assert_eq!(outline(BBox::new(f32::NAN, 0.0, 4.0, 4.0), 8, 8), None);
    }
}
