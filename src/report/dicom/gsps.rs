//! The reader's marks as DICOM presentation states (GSPS): drawn over the original images, which are not changed.

mod annotation;

use std::{collections::BTreeMap, sync::Arc};

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids as classes};

use self::annotation::{LAYER, annotation};
use super::{
    DicomError,
    context::{Context, DateTime, Kind, referenced_series},
    dataset::{Object, decimal},
    tree::ImageReference,
};
use crate::{
    grading::SliceId,
    markup::Mark,
    raster::{VoiFunction, VoiTable, Window},
    report::Report,
    study::Photometric,
    study::SliceRef,
    uid,
};

const KIND: Kind = Kind {
    class: classes::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE,
    modality: "PR",
    series_number: 9003,
    description: "Marks",
};

/// How stored values become grey: shared by all images of a presentation state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Look {
    series_uid: String,
    /// Low values are bright.
    inverted: bool,
    /// Slope and intercept as DICOM writes them.
    rescale: Option<(String, String)>,
}

/// A slice with marks.
struct Marked<'a> {
    slice: &'a SliceRef,
    reference: ImageReference,
    /// The file's own curve, used if there is no window.
    table: Option<Arc<VoiTable>>,
    marks: Vec<&'a Mark>,
}

/// The reader's marks as DICOM presentation states, one for each series (and each way to show values, where images of a
/// series differ in that); each with the name of a file.
///
/// # Errors
///
/// The UIDs of study or images are no UIDs (contest files; removing the identity helps), are shared by several images,
/// or a file was replaced or is gone since the study was opened.
pub fn presentation_states(report: &Report) -> Result<Vec<(String, Vec<u8>)>, DicomError> {
    let mut by_slice: BTreeMap<&SliceId, Vec<&Mark>> = BTreeMap::new();
    for mark in report.markup.marks() {
        by_slice.entry(&mark.slice).or_default().push(mark);
    }
    if by_slice.is_empty() {
        return Ok(vec![]);
    }
    let context = Context::new(report)?;
    let mut by_look: BTreeMap<Look, Vec<Marked>> = BTreeMap::new();
    for (id, marks) in by_slice {
        let slice = context.slice(id)?;
        let origin = context.origin_of(slice)?;
        let look = Look {
            series_uid: id.series_uid.to_string(),
            inverted: origin.photometric == Photometric::Monochrome1,
            rescale: origin.rescale.map(|(slope, intercept)| (decimal(slope), decimal(intercept))),
        };
        by_look.entry(look).or_default().push(Marked {
            slice,
            reference: context.reference(id)?,
            table: origin.table,
            marks,
        });
    }
    let series_uid = uid::fresh();
    let each = by_look.into_iter().enumerate().map(|(at, (look, marked))| {
        let bytes = state(&context, &look, &marked, &series_uid, at + 1)?;
        Ok((format!("marks-{:02}.dcm", at + 1), bytes))
    });
    each.collect()
}

fn state(
    context: &Context,
    look: &Look,
    marked: &[Marked],
    series_uid: &str,
    number: usize,
) -> Result<Vec<u8>, DicomError> {
    let (mut object, instance_uid) = context.begin(KIND, series_uid, number);
    let created = DateTime::of(context.report.provenance.created);
    object.text(tags::BODY_PART_EXAMINED, VR::CS, "LSPINE");
    object.text(tags::CONTENT_LABEL, VR::CS, "RESEARCH USE");
    object.label(tags::CONTENT_DESCRIPTION, &context.labelled("Marks"));
    object.text(tags::PRESENTATION_CREATION_DATE, VR::DA, created.date);
    object.text(tags::PRESENTATION_CREATION_TIME, VR::TM, created.time);
    // Marks do not record who drew them.
    object.empty(tags::CONTENT_CREATOR_NAME, VR::PN);
    let references: Vec<&ImageReference> = marked.iter().map(|m| &m.reference).collect();
    let series = referenced_series(&references, tags::REFERENCED_IMAGE_SEQUENCE, true);
    object.sequence(tags::REFERENCED_SERIES_SEQUENCE, series);
    object.sequence(tags::DISPLAYED_AREA_SELECTION_SEQUENCE, marked.iter().map(displayed_area).collect());
    if let Some((slope, intercept)) = &look.rescale {
        object.text(tags::RESCALE_SLOPE, VR::DS, slope.as_str());
        object.text(tags::RESCALE_INTERCEPT, VR::DS, intercept.as_str());
        object.text(tags::RESCALE_TYPE, VR::LO, "US");
    }
    // Without a window here, the file's own would be ignored (PS3.4 N.2.2).
    let windows: Vec<Object> = marked.iter().filter_map(voi).collect();
    if !windows.is_empty() {
        object.sequence(tags::SOFTCOPY_VOILUT_SEQUENCE, windows);
    }
    object.text(tags::PRESENTATION_LUT_SHAPE, VR::CS, if look.inverted { "INVERSE" } else { "IDENTITY" });
    let annotations = marked.iter().map(|m| annotation(context, m.slice, &m.reference, &m.marks));
    object.sequence(tags::GRAPHIC_ANNOTATION_SEQUENCE, annotations.collect::<Result<_, DicomError>>()?);
    let mut layer = Object::new();
    layer.text(tags::GRAPHIC_LAYER, VR::CS, LAYER);
    layer.text(tags::GRAPHIC_LAYER_ORDER, VR::IS, "1");
    layer.label(tags::GRAPHIC_LAYER_DESCRIPTION, &context.labelled("Marks"));
    object.sequence(tags::GRAPHIC_LAYER_SEQUENCE, vec![layer]);
    object.into_file(KIND.class, &instance_uid)
}

/// A reference that also names the frame.
fn pointed_at(reference: &ImageReference) -> Object {
    let mut item = reference.encode();
    if let Some(frame) = reference.frame {
        item.text(tags::REFERENCED_FRAME_NUMBER, VR::IS, frame.to_string());
    }
    item
}

/// The whole image; corners are counted from 1.
fn displayed_area(marked: &Marked) -> Object {
    let instance = &marked.slice.instance;
    let mut area = Object::new();
    area.sequence(tags::REFERENCED_IMAGE_SEQUENCE, vec![pointed_at(&marked.reference)]);
    area.longs(tags::DISPLAYED_AREA_TOP_LEFT_HAND_CORNER, &[1, 1]);
    area.longs(tags::DISPLAYED_AREA_BOTTOM_RIGHT_HAND_CORNER, &[instance.columns as i32, instance.rows as i32]);
    area.text(tags::PRESENTATION_SIZE_MODE, VR::CS, "SCALE TO FIT");
    if let Some([rows, columns]) = marked.slice.pixel_spacing {
        area.text(tags::PRESENTATION_PIXEL_SPACING, VR::DS, format!("{}\\{}", decimal(rows), decimal(columns)));
    } else {
        let [rows, columns] = marked.slice.pixel_aspect.map_or([1, 1], whole_ratio);
        area.text(tags::PRESENTATION_PIXEL_ASPECT_RATIO, VR::IS, format!("{rows}\\{columns}"));
    }
    area
}

/// A ratio in whole numbers, as required by IS.
fn whole_ratio(ratio: [f64; 2]) -> [u32; 2] {
    let scale = if ratio.iter().all(|v| v.fract() == 0.0) { 1.0 } else { 1000.0 };
    ratio.map(|v| (v * scale).round().clamp(1.0, 1e9) as u32)
}

/// The window of a slice, or its table.
fn voi(marked: &Marked) -> Option<Object> {
    match (marked.slice.window, &marked.table) {
        (Some(window_of_file), _) => Some(window(&marked.reference, window_of_file)),
        (None, Some(of_file)) => Some(table(&marked.reference, of_file)),
        (None, None) => None,
    }
}

fn table(reference: &ImageReference, table: &VoiTable) -> Object {
    let mut lut = Object::new();
    let entries: Vec<u16> = table.entries().collect();
    // None means 65,536.
    let count = entries.len() as u16;
    if table.first() < 0 {
        lut.signed_shorts(tags::LUT_DESCRIPTOR, &[count as i16, table.first() as i16, 16]);
    } else {
        lut.shorts(tags::LUT_DESCRIPTOR, &[count, table.first() as u16, 16]);
    }
    lut.shorts(tags::LUT_DATA, &entries);
    let mut item = Object::new();
    item.sequence(tags::REFERENCED_IMAGE_SEQUENCE, vec![pointed_at(reference)]);
    item.sequence(tags::VOILUT_SEQUENCE, vec![lut]);
    item
}

fn window(reference: &ImageReference, window: Window) -> Object {
    let mut item = Object::new();
    item.sequence(tags::REFERENCED_IMAGE_SEQUENCE, vec![pointed_at(reference)]);
    item.text(tags::WINDOW_CENTER, VR::DS, decimal(f64::from(window.center)));
    item.text(tags::WINDOW_WIDTH, VR::DS, decimal(f64::from(window.width)));
    let function = match window.function {
        VoiFunction::Linear => "LINEAR",
        VoiFunction::LinearExact | VoiFunction::Table => "LINEAR_EXACT",
        VoiFunction::Sigmoid => "SIGMOID",
    };
    item.text(tags::VOILUT_FUNCTION, VR::CS, function);
    item
}
