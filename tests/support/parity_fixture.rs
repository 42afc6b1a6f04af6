//! `tests/fixtures/parity.json`: what Ultralytics saw on stored pictures, with stored models.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::boxes::Found;

#[derive(Deserialize)]
pub struct Fixture {
    pub versions: std::collections::BTreeMap<String, String>,
    pub conf: f32,
    pub models: Vec<OfModel>,
}

#[derive(Deserialize)]
pub struct OfModel {
    pub model: String,
    pub sha256: String,
    pub images: Vec<OfImage>,
}

#[derive(Deserialize)]
pub struct OfImage {
    pub file: String,
    pub boxes: Vec<Found>,
}

impl Fixture {
    pub fn read() -> Self {
        let file = folder().join("parity.json");
        let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
    }

    pub fn path(image: &OfImage) -> PathBuf {
        folder().join(&image.file)
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}
