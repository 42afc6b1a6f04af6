//! Against programs that others wrote: scikit-learn for the score, Ultralytics for the boxes, ONNX Runtime for rten.
//!
//! Run by `.ci/run` with `cargo test --test peers -- --ignored`, after `tests/peers/setup.sh`. A peer that is
//! missing is a failure here, never a skip. `FORAMEN_PYTHON` names another Python than the script's;
//! `FORAMEN_TEST_MODELS` another folder of models than `models/`.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on stops where it is"
)]

#[path = "../support/boxes.rs"]
mod boxes;
mod calibrate;
mod crops;
mod dataset;
mod demo;
mod detect;
mod detections;
mod dicom_marks;
mod dicom_read;
mod dicom_support;
mod dicom_valid;
mod engines;
mod evaluate;
mod fixture;
mod letterbox;
mod network;
mod nms;
mod orthanc;
#[cfg(feature = "network")]
mod pacs;
#[path = "../support/parity_fixture.rs"]
mod parity_fixture;
mod pdf;
mod program;
mod python;
mod ray;
mod train;
