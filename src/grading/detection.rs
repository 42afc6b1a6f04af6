//! A box that a detector drew, and the slice that it drew it on.

use serde::{Deserialize, Serialize};

use super::DetectionClass;
use crate::{
    raster::BBox,
    uid::{SeriesUid, SopInstanceUid},
};

/// Names one frame within a study; the same in every run.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SliceId {
    /// `SeriesInstanceUID` as it stands in the file (contest files: not a UID).
    pub series_uid: SeriesUid,
    /// `SOPInstanceUID` as it stands in the file.
    pub sop_instance_uid: SopInstanceUid,
    /// Which of the images that share both UIDs and differ in content, from 0: an anonymiser or archive made them one.
    /// In what is stored it stands only where it is not 0.
    #[serde(default, skip_serializing_if = "is_first")]
    pub twin: u32,
    /// Frame within the instance, from 0.
    pub frame: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_first(twin: &u32) -> bool {
    *twin == 0
}

/// One box with its class and score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detection<C = DetectionClass> {
    /// What the box claims: by default a grade and its severity.
    pub class: C,
    /// The detector's confidence, 0 to 1. Not a probability of disease.
    pub score: f32,
    /// In pixel edges of the slice as it is stored in the file.
    pub bbox: BBox,
    /// The frame that the box was drawn on.
    pub slice: SliceId,
}
