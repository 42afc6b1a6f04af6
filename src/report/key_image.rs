//! The images that a report shows, with everything drawn on them.

mod choose;
mod lines;

use super::{Report, Row};
use crate::{
    geometry::{ImagePlane, PlaneKind},
    grading::{GradeId, Severity, SliceId},
    markup::Mark,
    raster::BBox,
    study::{Issue, Series},
};

#[cfg(test)]
use choose::MOST;

/// A box on a key image.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyBox {
    /// The row that it belongs to.
    pub id: GradeId,
    /// The stated severity of the row.
    pub severity: Option<Severity>,
    /// In pixel edges of the upright image.
    pub bbox: BBox,
    /// Whether the reader drew it; else the detector did.
    pub by_reader: bool,
}

/// Where the slice of another key image crosses this one.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyLine {
    /// One end, (x, y) in pixel edges.
    pub from: (f32, f32),
    /// The other end, (x, y) in pixel edges.
    pub to: (f32, f32),
    /// Number of the key image that cuts here, from 1.
    pub label: String,
}

/// An image of the report: upright, however its file stores it, with everything drawn on it.
#[derive(Debug, Clone)]
pub struct KeyImage {
    /// The frame that it shows.
    pub slice: SliceId,
    /// Index of its series in the study.
    pub series: usize,
    /// Index of the slice in the series.
    pub index: usize,
    /// Grey values through the window of the file, as the viewer shows them.
    pub pixels: image::GrayImage,
    /// mm between rows and between columns; 1 and 1 where unknown.
    pub pixel_spacing: [f64; 2],
    /// mm between rows and between columns, by which marks are measured; `None` where unknown.
    pub mark_spacing: Option<[f64; 2]>,
    /// Where it lies, if known.
    pub plane: Option<ImagePlane>,
    /// Boxes of all rows that refer to it.
    pub boxes: Vec<KeyBox>,
    /// Where the other key images cross it.
    pub lines: Vec<KeyLine>,
    /// Orientation letters: left, top, right, bottom.
    pub letters: [Option<char>; 4],
    /// What the reader drew on it.
    pub marks: Vec<Mark>,
    /// The reader's note on it; empty if the identity is removed.
    pub note: String,
    /// What it shows; never a name.
    pub caption: String,
}

/// The slices worth showing: the reader's key images, then those of the worst moderate and severe statements, at most
/// eight of them; one image per slice, each group in reading order. A slice that cannot be decoded becomes an issue,
/// not an image.
pub fn key_images(report: &Report<'_>) -> (Vec<KeyImage>, Vec<Issue>) {
    let rows = report.rows();
    let (mut images, mut issues) = (Vec::new(), Vec::new());
    for ((series, index), slice) in choose::places(report, &rows) {
        match image(report, &rows, (series, index), slice) {
            Ok(image) => images.push(image),
            Err(message) => issues.push(Issue::new(message.0, message.1)),
        }
    }
    let lines: Vec<Vec<KeyLine>> = images.iter().map(|image| lines_on(report, image, &images)).collect();
    for (image, lines) in images.iter_mut().zip(lines) {
        image.lines = lines;
    }
    (images, issues)
}

/// The file and what was wrong with it, if there is no image.
fn image(
    report: &Report<'_>,
    rows: &[Row<'_>],
    (series, index): (usize, usize),
    slice: SliceId,
) -> Result<KeyImage, (String, String)> {
    let of = &report.study.series[series];
    let reference = &of.slices[index];
    let failed = |why: String| (reference.instance.source.to_string(), format!("no key image: {why}"));
    let decoded = reference.decode().map_err(|why| failed(why.to_string()))?;
    let (turn, stored) = (reference.turn, [decoded.columns(), decoded.rows()]);
    // The viewer's initial window.
    let greys = decoded.greys(decoded.first_window(), decoded.inverted, |grey| grey);
    let [width, height] = turn.size(stored);
    let pixels = image::GrayImage::from_raw(width, height, turn.pixels(&greys, stored))
        .ok_or_else(|| failed("the file has fewer pixels than rows and columns".to_owned()))?;
    let mut boxes = choose::boxes(rows, &slice, stored[0], stored[1]);
    for shown in &mut boxes {
        shown.bbox = shown.bbox.turned(turn, stored);
    }
    let plane = decoded.plane.map(|plane| plane.turned(turn));
    let spacing = |[rows, columns]: [f64; 2]| if turn.is_transposed() { [columns, rows] } else { [rows, columns] };
    let is_removed = report.identity.is_removed();
    // A position is not text: shapes stay if the identity is removed, but lose what a person wrote on them.
    let shown = |mark: &Mark| Mark {
        shape: mark.shape.turned(turn, stored),
        text: if is_removed { String::new() } else { mark.text.clone() },
        ..mark.clone()
    };
    let marks = report.markup.on(&slice).map(shown).collect();
    let note = report.markup.key_images().get(&slice).map_or("", |note| report.identity.text(note)).to_owned();
    let findings = choose::findings(&boxes);
    let place = format!("{}, slice {} of {}", words(of, plane.as_ref()), index + 1, of.slices.len());
    Ok(KeyImage {
        slice,
        series,
        index,
        pixels,
        pixel_spacing: spacing(decoded.pixel_size()),
        mark_spacing: decoded.pixel_spacing.map(spacing),
        plane,
        boxes,
        lines: Vec::new(),
        letters: lines::letters(plane.as_ref()),
        marks,
        note,
        caption: if findings.is_empty() { place } else { format!("{place}: {findings}") },
    })
}

/// Never the description in the file, where people write all kinds of things.
fn words(series: &Series, plane: Option<&ImagePlane>) -> String {
    // A localizer has slices in three planes.
    match (series.role, plane.map(PlaneKind::of).or(series.plane_kind)) {
        (Some(role), _) => role.label().to_owned(),
        (None, Some(PlaneKind::Sagittal)) => "Sagittal".to_owned(),
        (None, Some(PlaneKind::Coronal)) => "Coronal".to_owned(),
        (None, Some(PlaneKind::Axial)) => "Axial".to_owned(),
        (None, None) => "Image".to_owned(),
    }
}

/// Where the other images of other series cut this one; each is named by its number, from 1.
fn lines_on(report: &Report<'_>, image: &KeyImage, all: &[KeyImage]) -> Vec<KeyLine> {
    let Some(on) = &image.plane else { return Vec::new() };
    let others = all
        .iter()
        .zip(1..)
        .filter(|(other, _)| other.series != image.series && report.study.share_space(image.series, other.series));
    others.filter_map(|(other, number)| lines::line(on, other.plane.as_ref()?, number.to_string())).collect()
}

#[cfg(test)]
mod tests;
