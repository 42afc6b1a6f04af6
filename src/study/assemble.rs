//! Headers to studies: grouped by UID, slices in patient order, roles decided.

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
    header::Header,
    model::{Issue, Patient, Series, SliceRef, Study},
    source::Source,
};
use crate::geometry::{self, ImagePlane, PlaneKind};

/// A header and where it came from.
pub struct Found {
    pub source: Source,
    pub header: Header,
}

/// Whether two headers cannot be of one patient: both have an ID, or none has and both have a name, and they differ.
fn is_other(a: &Patient, b: &Patient) -> bool {
    let differ = |a: &str, b: &str| !a.is_empty() && !b.is_empty() && a != b;
    differ(&a.id, &b.id) || ((a.id.is_empty() || b.id.is_empty()) && differ(&a.name, &b.name))
}

/// What the files of one study have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Their `StudyInstanceUID`.
    Uid(String),
    /// They have none, lie together, and are of one day.
    Folder(String, String),
}

impl Group {
    /// That of a file.
    pub fn of(file: &Found) -> Self {
        let header = &file.header;
        if header.study_uid.is_empty() {
            Self::Folder(file.source.folder(), header.study_date.clone())
        } else {
            Self::Uid(header.study_uid.clone())
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

/// The study that some files are, whatever else they say; `None` of no files.
pub fn study(files: Vec<Found>, descriptions: &Descriptions) -> Option<Study> {
    let first = &files.first()?.header;
    let mut study = Study {
        uid: first.study_uid.clone(),
        patient: first.patient.clone(),
        description: first.study_description.clone(),
        ..Study::default()
    };
    // One UID is one study, whatever a clock or a tool made of the dates.
    let dates: BTreeSet<&String> = files.iter().map(|f| &f.header.study_date).filter(|date| !date.is_empty()).collect();
    study.date = dates.first().map_or_else(String::new, |date| (*date).clone());
    if dates.len() > 1 {
        let message = "files of this study give different study dates: it is taken for one study, of the earliest";
        study.issues.push(Issue::note("", message));
    }
    study.issues.extend(doubts::of(&files));
    study.mixed_patients = files.iter().any(|file| is_other(&first.patient, &file.header.patient));
    if study.mixed_patients {
        let message = "files of this study name different patients: it is shown, and no report is written of it; \
                       correct the headers, or open the patients' files apart";
        study.issues.push(Issue::new("", message));
    }
    let files = copies::apart(files, &mut study);
    let synthetic = files.iter().filter(|file| file.header.is_synthetic).count();
    if synthetic > 0 && synthetic < files.len() {
        let message = format!(
            "{synthetic} of its {} images say that they are synthetic and the others do not: the study is taken for a \
             synthetic one",
            files.len()
        );
        study.issues.push(Issue::new("", message));
    }
    let described = descriptions.of(&files, &mut study.issues);
    let mut positions = BTreeSet::new();
    let mut by_series: BTreeMap<(i32, String), Vec<Found>> = BTreeMap::new();
    for file in files {
        let header = &file.header;
        if !header.patient_position.is_empty() {
            positions.insert(header.patient_position.clone());
        }
        let key = descriptions::key_of(&file);
        by_series.entry((header.series_number.unwrap_or(i32::MAX), key)).or_default().push(file);
    }
    for ((_, key), files) in by_series {
        let series = series(files, described.get(&key), &mut study.issues);
        study.series.push(series);
    }
    let placed = || study.series.iter().filter(|s| s.plane_kind.is_some());
    let frames: BTreeSet<_> = placed().map(|s| &s.frame_of_reference_uid).collect();
    let unsure = frames.len() > 1 || frames.iter().any(|uid| uid.is_none());
    study.assumed_common_space = unsure && placed().count() > 1 && positions.len() <= 1;
    Some(study)
}

fn series(files: Vec<Found>, csv_description: Option<&str>, issues: &mut Vec<Issue>) -> Series {
    let (slices, headers) = copies::slices(files, issues);
    let first = &headers[0];
    let (slices, blocks) = ordered(slices);
    let plane_kind = most_common_plane(&slices);
    let (role, role_reason) = classify(&Facts {
        plane: plane_kind,
        csv_description,
        description: &first.series_description,
        protocol: &first.protocol_name,
        study_description: &first.study_description,
        body_part: &first.body_part,
        modality: &first.modality,
        image_type: &first.image_type,
        contrast_agent: &first.contrast_agent,
        scanning_sequence: &first.scanning_sequence,
        repetition_time: first.repetition_time,
        echo_time: first.echo_time,
        inversion_time: first.inversion_time,
        slices: slices.len(),
    });
    Series {
        uid: first.series_uid.clone(),
        number: first.series_number,
        description: csv_description.map_or_else(|| first.series_description.clone(), str::to_owned),
        modality: first.modality.clone(),
        role,
        role_reason,
        plane_kind,
        frame_of_reference_uid: first.frame_of_reference_uid.clone(),
        spacing: spacing(&slices, &blocks),
        blocks,
        transfer_syntaxes: headers.iter().map(|h| syntax_name(&h.transfer_syntax)).collect(),
        slices,
    }
}

/// Block by block in patient order; slices without a place last, by number.
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

fn most_common_plane(slices: &[SliceRef]) -> Option<PlaneKind> {
    let count = |kind| slices.iter().filter_map(|s| s.plane).filter(|p| PlaneKind::of(p) == kind).count();
    [PlaneKind::Sagittal, PlaneKind::Coronal, PlaneKind::Axial]
        .into_iter()
        .max_by_key(|&kind| count(kind))
        .filter(|&kind| count(kind) > 0)
}

/// Of the longest block.
fn spacing(slices: &[SliceRef], blocks: &[Range<usize>]) -> Option<f64> {
    let longest = blocks.iter().max_by_key(|b| b.len())?;
    let planes: Vec<ImagePlane> = slices[longest.clone()].iter().filter_map(|s| s.plane).collect();
    let block = geometry::SliceBlock { slices: (0..planes.len()).collect() };
    geometry::spacing_between(&planes, &block)
}

fn syntax_name(uid: &str) -> String {
    TransferSyntaxRegistry.get(uid).map_or_else(|| uid.to_owned(), |syntax| syntax.name().to_owned())
}
