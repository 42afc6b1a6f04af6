//! Studies, series, instances and slices as they stand after a scan: headers only.

use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    bare::{BareFolder, bare_folders},
    patient::Patient,
    source::Source,
    tally::Tally,
};
use crate::{
    geometry::{ImagePlane, PlaneKind, Turn},
    grading::{Role, SliceId},
    raster::Window,
    uid::{FrameOfReferenceUid, SeriesUid, SopInstanceUid, StudyUid},
};

/// All that was found below the paths given.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// The studies, in order of date and id.
    pub studies: Vec<Study>,
    /// What could not be read or was left out, and belongs to no study: what lies among the files of one is an issue of
    /// that study.
    pub issues: Vec<Issue>,
    /// How many files were looked at.
    pub files: usize,
    /// How many of them are broken, so that what they held is missing, and how many that should be there are not. Other
    /// kinds of files do not count.
    pub lost: usize,
    /// What became of each file.
    pub tally: Tally,
}

impl Scan {
    /// Those of `paths`, as they were given to the scan, that no image came from.
    pub fn empty<'a>(&self, paths: &'a [PathBuf]) -> Vec<&'a Path> {
        let slices = self.studies.iter().flat_map(|s| &s.series).flat_map(|s| &s.slices);
        without_image(paths, slices.map(|slice| &slice.instance.source))
    }

    /// Folders below `paths` that stand for a study and hold no image that can be read; `out` is passed over.
    pub fn bare(&self, paths: &[PathBuf], out: Option<&Path>) -> Vec<BareFolder> {
        bare_folders(paths, self.studies.iter().map(|study| study.sources().collect()), out)
    }
}

/// Those of `paths` that none of the images lies at or below. A DICOMDIR stands for its folder.
pub(super) fn without_image<'a, 's>(paths: &'a [PathBuf], images: impl Iterator<Item = &'s Source>) -> Vec<&'a Path> {
    let place = |path: &'a Path| {
        let is_directory = path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("DICOMDIR"));
        path.parent().filter(|_| is_directory && !path.is_dir()).unwrap_or(path)
    };
    let mut left: HashSet<&Path> = paths.iter().map(|path| place(path)).collect();
    for image in images {
        let Some(path) = image.path() else { continue };
        // As many looks as the image lies deep: neither files nor paths are few.
        for place in path.ancestors() {
            left.remove(place);
        }
        if left.is_empty() {
            break;
        }
    }
    paths.iter().map(PathBuf::as_path).filter(|path| left.contains(place(path))).collect()
}

/// Something that could not be read, or was read with a doubt. The rest was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// The file, `archive.zip!entry` for an entry of a zip; empty if it is not about one file.
    pub file: String,
    /// What was wrong and what became of it, in the user's terms.
    pub message: String,
    /// Nothing is missing or doubtful for it: a copy that was left out.
    #[serde(rename = "note", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_note: bool,
}

/// One examination: all images of one `StudyInstanceUID`.
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
    /// Its files name more than one patient: nothing of it may be reported under one name.
    pub mixed_patients: bool,
    /// Files that were left out because another holds the same.
    pub copies: usize,
    /// Files that were left out because they are damaged and another holds the image whole.
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
    /// What sets it apart from the other series of its UID, such as `TE 100 ms` or `axial`; the same in whatever order
    /// the files came. Empty where the UID is one series.
    pub part: String,
    /// `SeriesNumber`; `None` where the file has none, or no number.
    pub number: Option<i32>,
    /// `SeriesDescription`, or the contest CSV's where there is one.
    pub description: String,
    /// `Modality`; empty in contest files.
    pub modality: String,
    /// What the series is to the detectors; `None` is "other".
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
    /// What makes it upright, as detectors and readers expect it.
    pub turn: Turn,
    /// mm between rows and between columns.
    pub pixel_spacing: Option<[f64; 2]>,
    /// How high and how wide a pixel is in relation to the other, where the file says so.
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
    /// Which of the images of this series that have its `SOPInstanceUID` and other content, from 0.
    pub twin: u32,
    /// Whether its pixels are there, as far as its length tells. Else the study has an issue that says so.
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

impl Issue {
    /// Something is missing or doubtful.
    pub fn new(file: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { file: file.to_string(), message: message.into(), is_note: false }
    }

    /// Something to know, for which nothing is missing.
    pub fn note(file: impl fmt::Display, message: impl Into<String>) -> Self {
        Self { is_note: true, ..Self::new(file, message) }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.file.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.file, self.message) }
    }
}

impl SliceRef {
    /// The first frame of a file that says nothing of it.
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
    /// Whether any of its files says that its image was computed: what is seen in it says nothing of a patient.
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

    /// Whether positions in two of its series (by index) may be compared: same `FrameOfReferenceUID`, or
    /// one patient space is assumed for the whole study; and the patient was not laid another way between them.
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
