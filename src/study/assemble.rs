//! Builds studies from headers: grouped by UID, slices in patient order, with roles.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use dicom_encoding::TransferSyntaxIndex;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::{
    classify::{Facts, classify},
    copies,
    descriptions::{self, Descriptions},
    doubts,
    found::Found,
    gaps,
    header::Header,
    issue::Issue,
    model::{Series, SliceRef, Study},
    parts::{self, Doubt, Part},
    patient::Patient,
    traits::Traits,
    unplaced,
};
use crate::geometry::{self, ImagePlane};

/// What the files of one study have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Their `StudyInstanceUID`.
    Uid(String),
    /// They have none, are in one place, and have the same date.
    Folder(String, String),
}

impl Group {
    /// That of a file.
    pub fn of(file: &Found) -> Self {
        let header = &file.header;
        if header.study_uid.is_missing() {
            Self::Folder(file.source.folder(), header.study_date.clone())
        } else {
            Self::Uid(header.study_uid.to_string())
        }
    }
}

/// Studies in order of date and UID.
pub fn studies(found: Vec<Found>, descriptions: &Descriptions) -> Vec<Study> {
    let mut groups: BTreeMap<Group, Vec<Found>> = BTreeMap::new();
    for file in found {
        groups.entry(Group::of(&file)).or_default().push(file);
    }
    let mut studies: Vec<Study> = groups.into_values().filter_map(|files| study(files, descriptions)).collect();
    studies.sort_by(|a, b| (&a.date, &a.uid).cmp(&(&b.date, &b.uid)));
    studies
}

/// The study that some files form, whatever else they say; `None` for no files.
pub fn study(files: Vec<Found>, descriptions: &Descriptions) -> Option<Study> {
    files.first()?;
    let common = |text: fn(&Header) -> &str| most_common(files.iter().map(|file| text(&file.header))).to_owned();
    let patients: BTreeSet<&Patient> = files.iter().map(|file| &file.header.patient).collect();
    let count = |patient: &Patient| files.iter().filter(|file| file.header.patient == *patient).count();
    let mut study = Study {
        uid: common(|h| h.study_uid.as_str()).into(),
        patient: patients.iter().rev().max_by_key(|patient| count(patient)).map(|p| (*p).clone()).unwrap_or_default(),
        description: common(|h| &h.study_description),
        ..Study::default()
    };
    // One UID is one study, whatever a clock or a tool did to the dates.
    let dates: BTreeSet<&String> = files.iter().map(|f| &f.header.study_date).filter(|date| !date.is_empty()).collect();
    study.date = dates.first().map_or_else(String::new, |date| (*date).clone());
    if dates.len() > 1 {
        let message =
            "files of this study give different study dates: it is treated as one study with the earliest date";
        study.issues.push(Issue::note("", message));
    }
    study.issues.extend(doubts_of(&files));
    let difference = patients.iter().find_map(|one| patients.iter().find_map(|other| one.difference(other)));
    study.mixed_patients = difference.is_some();
    if let Some(what) = difference {
        let message = format!(
            "files of this study name different patients ({what} differs): it is shown, but no report is written \
             for it; correct the headers, or open each patient's files separately"
        );
        study.issues.push(Issue::new("", message));
    }
    let files = copies::apart(files, &mut study);
    let synthetic = files.iter().filter(|file| file.header.is_synthetic).count();
    if synthetic > 0 && synthetic < files.len() {
        let message = format!(
            "{synthetic} of its {} images say that they are synthetic and the others do not: the study is treated as a \
             synthetic one",
            files.len()
        );
        study.issues.push(Issue::new("", message));
    }
    let described = descriptions.of(&files, &mut study.issues);
    let mut positions = BTreeSet::new();
    let mut by_series: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    for file in files {
        let header = &file.header;
        if !header.patient_position.is_empty() {
            positions.insert(header.patient_position.clone());
        }
        by_series.entry(descriptions::key_of(&file)).or_default().push(file);
    }
    for (key, files) in by_series {
        let all = series(files, described.get(&key), &mut study.issues);
        study.series.extend(all);
    }
    // Stable: those with the same number and UID stay in the order of their parts.
    study.series.sort_by(|a, b| {
        let number = |series: &Series| series.number.unwrap_or(i32::MAX);
        (number(a), &a.uid).cmp(&(number(b), &b.uid))
    });
    study.assumed_common_space = positions.len() <= 1 && needs_common_space(&study.series);
    Some(study)
}

/// Whether nothing can be compared unless one space is assumed: each series has its own frame of reference, or none. If
/// some share one, the files distinguish spaces, and a series in another one is elsewhere. Only series for a detector
/// count, if there are several.
fn needs_common_space(all: &[Series]) -> bool {
    let placed = || all.iter().filter(|series| series.plane_kind.is_some());
    let graded: Vec<&Series> = placed().filter(|series| series.role.is_some()).collect();
    let asked: Vec<&Series> = if graded.len() > 1 { graded } else { placed().collect() };
    let known: Vec<&str> = asked.iter().filter_map(|series| series.frame_of_reference_uid.known()).collect();
    let apart = known.iter().collect::<BTreeSet<_>>().len() + asked.len() - known.len();
    asked.len() > 1 && apart == asked.len()
}

/// The series that the files of one `SeriesInstanceUID` form.
fn series(files: Vec<Found>, csv_description: Option<&str>, issues: &mut Vec<Issue>) -> Vec<Series> {
    let (slices, headers) = copies::slices(files, issues);
    let frames = headers.iter().flat_map(|header| header.frames.iter().map(move |frame| (header, frame)));
    let mut images = parts::images(slices.into_iter().zip(frames));
    let numbers: BTreeSet<i32> = images.iter().filter_map(|image| image.slice.instance.number).collect();
    let at_origin = unplaced::forget_unset(&mut images);
    let (parts, doubt) = parts::split(images);
    let most = parts.iter().map(|part| part.images.len()).max().unwrap_or(0);
    let mut all = Vec::with_capacity(parts.len());
    let mut said = Vec::new();
    for part in parts {
        let mut told = Vec::new();
        let series = one_series(&part, most, &numbers, csv_description, &mut told);
        let title = series.title();
        said.extend(told.into_iter().map(|message| Issue::new("", format!("{title}: {message}"))));
        all.push(series);
    }
    if at_origin > 0 {
        let what = if at_origin == 1 { "an image gives" } else { "images give" };
        let title = all.iter().max_by_key(|series| series.slices.len()).map(Series::title).unwrap_or_default();
        let message = format!("{title}: {at_origin} {what} 0, 0, 0 as position, off the line of the others");
        said.push(Issue::new("", format!("{message}: treated as unknown")));
    }
    issues.extend(mixture(&all, doubt));
    issues.extend(said);
    all
}

/// The message about several series under one UID.
fn mixture(all: &[Series], doubt: Doubt) -> Option<Issue> {
    let largest = all.iter().max_by_key(|series| series.slices.len()).filter(|_| all.len() > 1)?;
    let list = all.iter().map(|series| {
        let name = if series.part.is_empty() { "images" } else { &series.part };
        format!("{name} ({})", series.slices.len())
    });
    let list = list.collect::<Vec<_>>().join("; ");
    let whole = Series { part: String::new(), ..largest.clone() }.title();
    let shared = if largest.uid.is_missing() { "files without SeriesInstanceUID" } else { "one SeriesInstanceUID" };
    let message = format!("{whole}: {shared} for {} kinds of images, separated: {list}", all.len());
    Some(match doubt {
        Doubt::None => Issue::note("", message),
        Doubt::Mixed => Issue::new("", message),
        Doubt::Numbers => Issue::new("", format!("{message}; only their instance numbers distinguish the volumes")),
    })
}

/// Turns a part into a series; problems are added to `told`.
fn one_series(
    part: &Part<'_>,
    most: usize,
    numbers: &BTreeSet<i32>,
    csv_description: Option<&str>,
    told: &mut Vec<String>,
) -> Series {
    let apart = part.is_stray(most).then(|| {
        let images = if part.images.len() == 1 { "an image" } else { "images" };
        format!("{images} among those of another series, but different from them: {}", part.name)
    });
    let header = |text: fn(&Header) -> &str| most_common(part.images.iter().map(|image| text(image.header)));
    let frame = |text: fn(&Traits) -> &str| most_common(part.images.iter().map(|image| text(&image.frame.traits)));
    let decimal = |value: fn(&Traits) -> Option<f64>| {
        let mut all: Vec<f64> = part.images.iter().filter_map(|image| value(&image.frame.traits)).collect();
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    };
    let description = header(|h| &h.series_description);
    let verdict = classify(&Facts {
        plane: part.plane,
        csv_description,
        description,
        protocol: header(|h| &h.protocol_name),
        study_description: header(|h| &h.study_description),
        body_part: header(|h| &h.body_part),
        modality: header(|h| &h.modality),
        image_type: frame(|t| &t.image_type),
        contrast_agent: header(|h| &h.contrast_agent),
        scanning_sequence: frame(|t| &t.scanning_sequence),
        repetition_time: decimal(|t| t.repetition_time),
        echo_time: decimal(|t| t.echo_time),
        inversion_time: decimal(|t| t.inversion_time),
        b_value: decimal(|t| t.b_value),
        is_picture: part.is_picture,
        is_one_of_echoes: part.is_one_of_echoes(),
        apart: apart.as_deref(),
        slices: part.images.len(),
    });
    told.extend(verdict.doubt);
    told.extend(unplaced::unknown(part, verdict.role.is_some()));
    let said_spacing = decimal(|t| t.spacing);
    let frame_of_reference = header(|h| h.frame_of_reference_uid.as_str());
    let slices = part.images.iter().map(|image| SliceRef { turn: part.turn(image), ..image.slice.clone() }).collect();
    let (slices, blocks) = ordered(slices);
    let series = Series {
        uid: header(|h| h.series_uid.as_str()).into(),
        part: part.name.clone(),
        number: part.images.iter().find_map(|image| image.header.series_number),
        description: csv_description.unwrap_or(description).to_owned(),
        modality: header(|h| &h.modality).to_owned(),
        role: verdict.role,
        role_reason: verdict.reason,
        plane_kind: part.plane,
        frame_of_reference_uid: frame_of_reference.into(),
        patient_position: header(|h| &h.patient_position).to_owned(),
        spacing: spacing(&slices, &blocks),
        blocks,
        transfer_syntaxes: part.images.iter().map(|image| syntax_name(&image.header.transfer_syntax)).collect(),
        slices,
    };
    if !part.is_localizer && !part.is_picture && apart.is_none() {
        told.extend(gaps::find(&series, numbers, said_spacing));
        told.extend(unplaced::turned_against_others(&series));
    }
    series
}

/// On a tie, the first in sort order, so that it does not depend on the order of files.
fn most_common<T: Ord + Copy + Default>(values: impl Iterator<Item = T>) -> T {
    let mut counts: BTreeMap<T, usize> = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map(|(value, _)| value).unwrap_or_default()
}

/// Block by block in patient order; slices without a position last, by number.
fn ordered(mut slices: Vec<SliceRef>) -> (Vec<SliceRef>, Vec<Range<usize>>) {
    slices.sort_by_key(|s| {
        let instance = &s.instance;
        (instance.number.unwrap_or(i32::MAX), instance.sop_instance_uid.clone(), instance.twin, s.frame)
    });
    let (placed, lost): (Vec<SliceRef>, Vec<SliceRef>) = slices.into_iter().partition(|s| s.plane.is_some());
    let planes: Vec<ImagePlane> = placed.iter().filter_map(|s| s.plane).collect();
    let (mut sorted, mut ranges) = (Vec::with_capacity(placed.len() + lost.len()), Vec::new());
    for block in geometry::blocks(&planes) {
        let start = sorted.len();
        sorted.extend(block.slices.iter().map(|&i| placed[i].clone()));
        ranges.push(start..sorted.len());
    }
    if !lost.is_empty() {
        ranges.push(sorted.len()..sorted.len() + lost.len());
        sorted.extend(lost);
    }
    (sorted, ranges)
}

/// Of the longest block.
fn spacing(slices: &[SliceRef], blocks: &[Range<usize>]) -> Option<f64> {
    let planes_of = |block: &Range<usize>| slices[block.clone()].iter().filter_map(|s| s.plane).collect::<Vec<_>>();
    let planes = blocks.iter().map(planes_of).max_by_key(Vec::len)?;
    let block = geometry::SliceBlock { slices: (0..planes.len()).collect() };
    geometry::spacing_between(&planes, &block)
}

fn syntax_name(uid: &str) -> String {
    TransferSyntaxRegistry.get(uid).map_or_else(|| uid.to_owned(), |syntax| syntax.name().to_owned())
}

/// The doubts of some files: each once, with the first file it concerns and the number of others.
fn doubts_of(files: &[Found]) -> Vec<Issue> {
    let each = files.iter().flat_map(|file| file.header.doubts.iter().map(move |doubt| (doubt, &file.source)));
    doubts::gathered(each.map(|(doubt, source)| (doubt.clone(), source.to_string())))
}

#[cfg(test)]
mod tests;
