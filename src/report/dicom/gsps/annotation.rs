//! One slice's marks as graphics and texts. Positions are counted from the image's upper left corner (PS3.3
//! C.10.5.1.2), those of marks from the centre of the first pixel: half a pixel apart.

use dicom_core::VR;
use dicom_dictionary_std::tags;

use super::pointed_at;
use crate::{
    markup::{Mark, Point, Shape, lines, measure},
    raster::Slice,
    report::dicom::{DicomError, context::Context, dataset::Object, tree::ImageReference},
    study::SliceRef,
};

/// The layer of all marks.
pub const LAYER: &str = "FORAMEN MARKS";
/// Length of an arrow's head, pixels.
const HEAD: f64 = 8.0;

/// The marks of a slice.
pub fn annotation(
    context: &Context,
    slice: &SliceRef,
    reference: &ImageReference,
    marks: &[&Mark],
) -> Result<Object, DicomError> {
    let needs_values =
        |mark: &&Mark| matches!(mark.shape, Shape::Ellipse { .. } | Shape::Rectangle { .. } | Shape::Probe { .. });
    let values = if marks.iter().any(needs_values) {
        let file = || slice.instance.source.to_string();
        Some(slice.decode().map_err(|cause| DicomError::Pixels { file: file(), cause })?)
    } else {
        None
    };
    let size = [slice.instance.columns, slice.instance.rows];
    let graphics: Vec<Object> = marks.iter().filter_map(|mark| graphic(&mark.shape, size)).collect();
    let texts: Vec<Object> = marks.iter().filter_map(|mark| text(context, mark, slice, values.as_ref())).collect();
    let mut item = Object::new();
    item.sequence(tags::REFERENCED_IMAGE_SEQUENCE, vec![pointed_at(reference)]);
    item.text(tags::GRAPHIC_LAYER, VR::CS, LAYER);
    if !texts.is_empty() {
        item.sequence(tags::TEXT_OBJECT_SEQUENCE, texts);
    }
    if !graphics.is_empty() {
        item.sequence(tags::GRAPHIC_OBJECT_SEQUENCE, graphics);
    }
    Ok(item)
}

/// Counted from the corner of the image, and clamped to the image.
fn place(point: Point, [columns, rows]: [u32; 2]) -> [f32; 2] {
    let on = |v: f64, size: u32| (v + 0.5).clamp(0.0, f64::from(size)) as f32;
    [on(point.column(), columns), on(point.row(), rows)]
}

/// What is drawn; nothing for a note.
fn graphic(shape: &Shape, size: [u32; 2]) -> Option<Object> {
    let (kind, points): (_, Vec<Point>) = match *shape {
        Shape::Note { .. } => return None,
        Shape::Probe { at } => ("POINT", vec![at]),
        Shape::Ellipse { corner, opposite } => ("ELLIPSE", axes(corner, opposite).to_vec()),
        Shape::Arrow { tip, tail } => ("POLYLINE", arrow(tip, tail)),
        Shape::Length { .. } | Shape::Angle { .. } | Shape::Rectangle { .. } => ("POLYLINE", shape.outline()),
    };
    let data: Vec<f32> = points.iter().flat_map(|&point| place(point, size)).collect();
    let mut object = Object::new();
    object.text(tags::GRAPHIC_ANNOTATION_UNITS, VR::CS, "PIXEL");
    object.shorts(tags::GRAPHIC_DIMENSIONS, &[2]);
    object.shorts(tags::NUMBER_OF_GRAPHIC_POINTS, &[points.len() as u16]);
    object.floats(tags::GRAPHIC_DATA, &data);
    object.text(tags::GRAPHIC_TYPE, VR::CS, kind);
    if matches!(kind, "ELLIPSE") || matches!(shape, Shape::Rectangle { .. }) {
        object.text(tags::GRAPHIC_FILLED, VR::CS, "N");
    }
    Some(object)
}

/// Ends of the longer axis, then of the shorter one.
fn axes(corner: Point, opposite: Point) -> [Point; 4] {
    let (a, b) = (corner, opposite);
    let middle = [f64::midpoint(a.column(), b.column()), f64::midpoint(a.row(), b.row())];
    let across = [Point::new(a.column(), middle[1]), Point::new(b.column(), middle[1])];
    let down = [Point::new(middle[0], a.row()), Point::new(middle[0], b.row())];
    let is_wide = (a.column() - b.column()).abs() >= (a.row() - b.row()).abs();
    let [[a, b], [c, d]] = if is_wide { [across, down] } else { [down, across] };
    [a, b, c, d]
}

/// In one line: shaft, then the head.
fn arrow(tip: Point, tail: Point) -> Vec<Point> {
    let way = [tail.column() - tip.column(), tail.row() - tip.row()];
    let length = way[0].hypot(way[1]);
    if length == 0.0 {
        return vec![tail, tip];
    }
    let head = HEAD.min(length / 2.0) / length;
    let side = |turn: f64| {
        let (sin, cos) = turn.sin_cos();
        tip.moved(head * (way[0] * cos - way[1] * sin), head * (way[0] * sin + way[1] * cos))
    };
    vec![tail, tip, side(0.4), tip, side(-0.4)]
}

/// What the reader wrote, unless the identity is removed, and what was measured.
fn text(context: &Context, mark: &Mark, slice: &SliceRef, values: Option<&Slice>) -> Option<Object> {
    let measured = measure(mark, slice.pixel_spacing, values);
    let written = if context.report.identity.is_removed() {
        lines(&Mark { text: String::new(), ..mark.clone() }, &measured)
    } else {
        lines(mark, &measured)
    };
    let words = written.join("\r\n");
    if words.trim().is_empty() {
        return None;
    }
    let anchor = match mark.shape {
        Shape::Arrow { tail, .. } => tail,
        shape => shape.handles().into_iter().max_by(|a, b| a.column().total_cmp(&b.column()))?,
    };
    let mut object = Object::new();
    object.text(tags::UNFORMATTED_TEXT_VALUE, VR::ST, words.chars().take(1024).collect::<String>());
    object.text(tags::ANCHOR_POINT_ANNOTATION_UNITS, VR::CS, "PIXEL");
    object.floats(tags::ANCHOR_POINT, &place(anchor, [slice.instance.columns, slice.instance.rows]));
    object.text(tags::ANCHOR_POINT_VISIBILITY, VR::CS, "N");
    Some(object)
}
