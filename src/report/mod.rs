//! A graded and reviewed study as files, one source file per format. All formats carry all 25 rows of a study, the ids
//! of the study that they came from, and their provenance.

pub mod csv;
pub mod dicom;
mod export;
mod format;
mod identity;
pub mod json;
mod key_image;
mod model;
pub mod pdf;
mod picture;
mod provenance;
mod save;
mod template;
mod text;

/// The notice for images whose files say that they are synthetic.
const SYNTHETIC: &str = "SYNTHETIC (computed) images: this is not a patient";

pub use export::{Destination, Export, ExportError, Exported};
pub use format::{Format, FormatError, Output};
pub use identity::{DeidentifyKey, Identity};
pub use key_image::{KeyBox, KeyImage, KeyLine, key_images};
pub use model::{Report, ReportError, Row, RowRegion};
pub use provenance::{Provenance, ReviewStatus, SourceSeries};
pub use save::{Existing, Saving, save_as, save_in};
pub use template::{Paper, Template};
pub use text::text;
