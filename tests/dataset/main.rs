//! Labels and DICOM to YOLO data sets, through the program: the pixels are those that a detector gets when it grades,
//! every box lies on what its label is about, the folds share one set of images, what does not fit is listed, and
//! nothing half-written is taken for whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod bad_input;
mod dicom;
mod faults;
mod identity;
mod layout;
#[path = "../support/mounts.rs"]
mod mounts;
mod pixels;
mod support;
