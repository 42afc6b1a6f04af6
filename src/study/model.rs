//! Studies, series, instances and slices after a scan: headers only.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use super::{issue::Issue, patient::Patient, source::Source};
use crate::{
    geometry::{ImagePlane, PlaneKind, Turn},
    grading::{Role, SliceId},
    raster::Window,
    uid::{FrameOfReferenceUid, SeriesUid, SopInstanceUid, StudyUid},
};

/// One examination.
#[derive(Debug, Clone, Default)]
pub struct Study {
    /// `StudyInstanceUID` as it stands in the file (contest files: a bare number).
    pub uid: StudyUid,
    /// Name, id and date of birth as the first file has them.
    pub patient: Patient,
    /// `StudyDate`, as in the file.
    pub date: String,
    /// `StudyDescription`; empty where there is none.
    pub description: String,
    /// The series, in order of `SeriesNumber` and uid.
    pub series: Vec<Series>,
    /// What could not be read, is missing or doubtful; notes too.
    pub issues: Vec<Issue>,
    /// Series have different `FrameOfReferenceUID`s, or none, and are taken to share the
    /// patient space because nothing contradicts it. Shown as "assumed".
    pub assumed_common_space: bool,
    /// Its files name more than one patient, so it must not be reported under one name.
    pub mixed_patients: bool,
    /// Files that were left out because another has the same content.
    pub copies: usize,
    /// Files that were left out because they are damaged and another holds the complete image.
    pub damaged_copies: usize,
}

/// Names a series within its study: files of one `SeriesInstanceUID` may be several series.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesKey {
    /// `SeriesInstanceUID`; see [`Series::uid`].
    pub uid: SeriesUid,
    /// What sets it apart within its UID; see [`Series::part`].
    pub part: String,
}

/// One series: images that a scanner took together, in reading order.
#[derive(Debug, Clone)]
pub struct Series {
    /// `SeriesInstanceUID` as it stands in the file. Several series may have the same: see [`Self::part`].
    pub uid: SeriesUid,
    /// What distinguishes it from the other series with its UID, such as `TE 100 ms` or `axial`; independent of the
    /// order of the files. Empty where the UID is one series.
    pub part: String,
    /// `SeriesNumber`; `None` where the file has none, or no number.
    pub number: Option<i32>,
    /// `SeriesDescription`, or the contest CSV's where there is one.
    pub description: String,
    /// `Modality`; empty in contest files.
    pub modality: String,
    /// The role of the series for the detectors; `None` is "other".
    pub role: Option<Role>,
    /// Why it has that role, or none: one phrase.
    pub role_reason: String,
    /// The anatomical plane that most slices lie nearest to; `None` where no slice says where it lies.
    pub plane_kind: Option<PlaneKind>,
    /// `FrameOfReferenceUID`: series of one such UID share a patient space. May be missing.
    pub frame_of_reference_uid: FrameOfReferenceUid,
    /// `PatientPosition`, such as `HFS`; empty where the files say nothing.
    pub patient_position: String,
    /// Every slice in reading order: block by block, each block by position.
    pub slices: Vec<SliceRef>,
    /// Blocks of one orientation, as ranges of `slices`. One range for an ordinary series.
    pub blocks: Vec<Range<usize>>,
    /// mm between neighbouring slices, from positions.
    pub spacing: Option<f64>,
    /// Names of the transfer syntaxes found.
    pub transfer_syntaxes: BTreeSet<String>,
}

/// One frame of one instance, not yet decoded.
#[derive(Debug, Clone)]
pub struct SliceRef {
    /// The file that it is a frame of.
    pub instance: Arc<Instance>,
    /// Frame within the instance, from 0.
    pub frame: u32,
    /// Where it lies in the patient, if the file says so.
    pub plane: Option<ImagePlane>,
    /// The rotation that makes it upright, as detectors and readers expect it.
    pub turn: Turn,
    /// mm between rows and between columns.
    pub pixel_spacing: Option<[f64; 2]>,
    /// The relative height and width of a pixel, if the file gives them.
    pub pixel_aspect: Option<[f64; 2]>,
    /// The file's first usable VOI window for this frame.
    pub window: Option<Window>,
}

/// One file with its images: what its header says, without pixels.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The file, the entry of a zip, or the memory that its bytes are read from.
    pub source: Source,
    /// `SeriesInstanceUID` as it stands in the file.
    pub series_uid: SeriesUid,
    /// `SOPInstanceUID` as it stands in the file.
    pub sop_instance_uid: SopInstanceUid,
    /// Its index among the images of this series that share its `SOPInstanceUID` but have different content, from 0.
    pub twin: u32,
    /// Whether its pixels are present, as far as its length shows. If not, the study has an issue that says so.
    pub is_whole: bool,
    /// `SOPClassUID`; contest files have none.
    pub sop_class_uid: Option<String>,
    /// `InstanceNumber`; `None` where the file has none, or no number.
    pub number: Option<i32>,
    /// Width in pixels, at least 1.
    pub columns: u32,
    /// Height in pixels, at least 1.
    pub rows: u32,
    /// How many frames can be read, at least 1.
    pub frames: u32,
    /// UID of the transfer syntax: how pixels are encoded.
    pub transfer_syntax: String,
    /// The file says that its image was computed, in whole or in part.
    pub is_synthetic: bool,
}

impl SliceRef {
    /// The first frame of a file that says nothing about it.
    #[cfg(test)]
    pub fn of(instance: Instance) -> Self {
        Self {
            instance: Arc::new(instance),
            frame: 0,
            plane: None,
            turn: crate::geometry::Turn::NONE,
            pixel_spacing: None,
            pixel_aspect: None,
            window: None,
        }
    }

    /// Height and width of a pixel as it is to be shown: in mm where spacing is known, else in relation to each other.
    pub fn pixel_size(&self) -> [f64; 2] {
        self.pixel_spacing.or(self.pixel_aspect).unwrap_or([1.0, 1.0])
    }

    /// What names it within its study: the UIDs of series and image, twin and frame.
    pub fn id(&self) -> SliceId {
        SliceId {
            series_uid: self.instance.series_uid.clone(),
            sop_instance_uid: self.instance.sop_instance_uid.clone(),
            twin: self.instance.twin,
            frame: self.frame,
        }
    }
}

impl Series {
    /// What names it within the study: UID and part.
    pub fn key(&self) -> SeriesKey {
        SeriesKey { uid: self.uid.clone(), part: self.part.clone() }
    }

    /// For people: `series 5 'SAG T2 TSE' (TE 100 ms)`.
    pub fn title(&self) -> String {
        let mut title = match self.number {
            Some(number) => format!("series {number}"),
            None => "series".to_owned(),
        };
        if !self.description.is_empty() {
            title = format!("{title} '{}'", self.description);
        }
        if self.part.is_empty() { title } else { format!("{title} ({})", self.part) }
    }
}

impl Study {
    /// Whether any of its files says that its image is synthetic: findings in it say nothing about a patient.
    pub fn is_synthetic(&self) -> bool {
        self.series.iter().flat_map(|series| &series.slices).any(|slice| slice.instance.is_synthetic)
    }

    /// Where its images are; a file of several frames once for each.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.series.iter().flat_map(|series| &series.slices).map(|slice| &slice.instance.source)
    }

    /// The series that a detector looks at, in order.
    pub fn series_of(&self, role: Role) -> impl Iterator<Item = &Series> {
        self.series.iter().filter(move |s| s.role == Some(role))
    }

    /// Whether positions in two of its series (by index) may be compared: same `FrameOfReferenceUID`, or one patient
    /// space is assumed for the whole study; and the patient was not repositioned between them.
    pub fn share_space(&self, a: usize, b: usize) -> bool {
        let frame = |i: usize| self.series.get(i).and_then(|s| s.frame_of_reference_uid.known());
        let position = |i: usize| self.series.get(i).map(|s| s.patient_position.as_str()).filter(|p| !p.is_empty());
        let was_turned = position(a).zip(position(b)).is_some_and(|(a, b)| a != b);
        a == b || (!was_turned && (self.assumed_common_space || (frame(a).is_some() && frame(a) == frame(b))))
    }

    /// Finds a slice by its name: (index of the series, index of the slice).
    ///
    /// ```
    /// use foramen::{phantom, study};
    ///
    /// let study = study::scan_memory(phantom::study_in_memory(1)).studies.remove(0);
    /// let id = study.series[1].slices[3].id();
    /// assert_eq!(study.find(&id), Some((1, 3)));
    /// ```
    pub fn find(&self, id: &SliceId) -> Option<(usize, usize)> {
        self.series.iter().enumerate().filter(|(_, s)| s.uid == id.series_uid).find_map(|(i, s)| {
            let is_it = |slice: &SliceRef| {
                let instance = &slice.instance;
                slice.frame == id.frame && instance.twin == id.twin && instance.sop_instance_uid == id.sop_instance_uid
            };
            let at = s.slices.iter().position(is_it)?;
            Some((i, at))
        })
    }
}
