//! What Foramen says: conditions, levels, severities, the 25 grades of a study,
//! the detections that stand behind them, and how the one becomes the other.
//!
//! Nothing in here knows about files, DICOM, inference engines or windows.

mod aggregate;
mod calibration;
mod class;
mod detection;
mod disc;
mod id;
mod mixture;
mod probabilities;
mod shift;
mod table;
mod unfamiliar;
mod vocabulary;
mod weak;

pub use aggregate::{
    Aggregate, CANAL_FROM_FORAMEN, Disc, Discs, ExpectedPlace, Layout, Lies, Placed, Resolved, SCORE_FLOOR, SEED_CONF,
    SeriesDoubt, Vote, WithoutBox, assess, assess_seed, expected_place, geometric, geometric_at, lies, max,
};
pub use calibration::{Calibration, Calibrations};
pub use class::{DetectionClass, ParseClassError};
pub use detection::{Detection, SliceId};
pub use disc::{DiscClass, ParseDiscError};
pub use id::{GradeId, ParseGradeIdError, csv_id};
pub use mixture::{Mixture, Mixtures};
pub use probabilities::{InvalidProbabilities, Probabilities};
pub use shift::Shift;
pub use table::{Assessment, Conflict, Evidence, Grade, GradeTable, Prior};
pub use unfamiliar::{Familiar, Limit, Seen, Sign, Signs, TooFewStudies, Unfamiliar};
pub use vocabulary::{Condition, Level, ModelRole, ParseWordError, Role, Severity, Side};
pub use weak::WEAK_BELOW;
