//! The values that we decode are those of pydicom, file by file; where not, the difference is known and explained.

use rayon::prelude::*;
use serde::Deserialize;

use super::support::{alone, root, slices};

#[derive(Deserialize)]
struct Reference {
    versions: std::collections::BTreeMap<String, serde_json::Value>,
    files: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    file: String,
    /// Why pydicom could not.
    error: Option<String>,
    /// Little-endian float32 of all frames.
    values: Option<String>,
    frames: Option<usize>,
    rows: Option<usize>,
    columns: Option<usize>,
    syntax: Option<String>,
    colour: Option<bool>,
}

/// Of a luminance computed in float32 against float64, as a share of the largest value.
const ROUNDING: f32 = 1e-6;
/// JPEG Baseline leaves the last bit of its cosine transform, and of its colours, to the decoder.
const BASELINE: f32 = 1.0;

/// Other files whose values differ, by how much at most, and why. docs/corpora.md says more.
const KNOWN: &[(&str, f32, &str)] = &[
    ("pydicom/pydicom/data/test_files/SC_jpeg_no_color_transform.dcm", 77.0, RGB_IN_JPEG),
    ("pydicom/pydicom/data/test_files/SC_rgb_jpeg.dcm", 77.0, RGB_IN_JPEG),
    ("pydicom/pydicom/data/test_files/SC_ybr_full_422_uncompressed.dcm", 2.0, Y_IS_Y),
    ("pydicom/pydicom/data/test_files/examples_ybr_color.dcm", 2.0, Y_IS_Y),
    ("pydicom-data/data_store/data/SC_ybr_full_uncompressed.dcm", 2.0, Y_IS_Y),
    ("pydicom-data/data_store/data/gdcm-US-ALOKA-16.dcm", 65535.0, SEGMENTED),
    ("pydicom-data/data_store/data/gdcm-US-ALOKA-16_big.dcm", 65535.0, SEGMENTED),
    ("pydicom-data/data_store/data/OBXXXX1A_expb.dcm", 1.0, PALETTE_OF_BIG_FILES),
    ("pydicom-data/data_store/data/OBXXXX1A_expb_2frame.dcm", 1.0, PALETTE_OF_BIG_FILES),
];
const RGB_IN_JPEG: &str = "red, green and blue in a JPEG without a mark that says so are taken for YCbCr";
const Y_IS_Y: &str = "the luminance is taken as it is stored; pydicom goes through RGB of 8 bits";
const PALETTE_OF_BIG_FILES: &str = "pydicom leaves the bytes of a palette as they are in a big-endian file";
const SEGMENTED: &str = "segmented palettes (ultrasound) are not unfolded; the indices are shown";
/// What pydicom decodes and we do not; a clear message.
const NOT_HERE: &[&str] = &["pydicom/pydicom/data/test_files/JPGExtended.dcm"];

impl Entry {
    fn allowed(&self, largest: f32) -> f32 {
        if let Some((_, most, _)) = KNOWN.iter().find(|(file, ..)| *file == self.file) {
            return *most;
        }
        match self.syntax.as_deref() {
            Some(name) if name.starts_with("JPEG Baseline") => BASELINE,
            _ if self.colour == Some(true) => ROUNDING * largest,
            _ => 0.0,
        }
    }
}

#[test]
#[ignore = "needs the corpora; .ci/run fetches them"]
fn values_are_those_of_pydicom() {
    let path = root().join("reference.json");
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|e| panic!("{}: {e}: run tests/corpora/fetch.sh with a Python environment", path.display()));
    let reference: Reference = serde_json::from_str(&text).unwrap();
    let decoded: Vec<&Entry> = reference.files.iter().filter(|entry| entry.values.is_some()).collect();
    let outcomes: Vec<Outcome> = decoded.par_iter().map(|entry| compare(entry)).collect();
    let mut wrong = Vec::new();
    let mut syntaxes = std::collections::BTreeMap::<&str, usize>::new();
    for (entry, outcome) in decoded.iter().zip(&outcomes) {
        match outcome {
            Outcome::Differs { most, largest } if *most <= entry.allowed(*largest) => (),
            Outcome::Differs { most, .. } => wrong.push(format!("{}: differs by up to {most}", entry.file)),
            Outcome::Failed(why) if why.contains("cannot be decoded here") && NOT_HERE.contains(&&*entry.file) => (),
            Outcome::Failed(why) => wrong.push(format!("{}: {why}", entry.file)),
        }
        *syntaxes.entry(entry.syntax.as_deref().unwrap_or("")).or_default() += 1;
    }
    let equal = outcomes.iter().filter(|o| matches!(o, Outcome::Differs { most: 0.0, .. })).count();
    println!("{} files against pydicom {}: {equal} equal", decoded.len(), reference.versions["pydicom"]);
    println!("{syntaxes:#?}");
    assert!(wrong.is_empty(), "{} files are not as pydicom has them:\n{}", wrong.len(), wrong.join("\n"));
    for file in KNOWN.iter().map(|(file, ..)| file).chain(NOT_HERE) {
        assert!(decoded.iter().any(|entry| entry.file == *file), "{file} is known to differ but is not there");
    }
    assert!(decoded.len() >= 200, "only {} files were compared", decoded.len());
}

#[test]
#[ignore = "needs the corpora; .ci/run fetches them"]
fn what_pydicom_cannot_decode_is_an_image_or_a_message_here() {
    let text = std::fs::read_to_string(root().join("reference.json")).unwrap();
    let reference: Reference = serde_json::from_str(&text).unwrap();
    let mut lines = Vec::new();
    for entry in reference.files.iter().filter(|entry| entry.error.is_some()) {
        let scan = alone(&root().join(&entry.file));
        let ours = match slices(&scan).first().map(|slice| slice.decode()) {
            Some(Ok(image)) => format!("an image of {} x {}", image.columns(), image.rows()),
            Some(Err(error)) => error.to_string(),
            None => scan.issues.first().map_or("nothing".to_owned(), |issue| issue.message.clone()),
        };
        lines.push(format!("{}: {ours}", entry.file));
    }
    insta::assert_snapshot!("where_pydicom_fails", lines.join("\n"));
}

enum Outcome {
    /// By how much at most, and the largest value.
    Differs {
        most: f32,
        largest: f32,
    },
    Failed(String),
}

fn compare(entry: &Entry) -> Outcome {
    let scan = alone(&root().join(&entry.file));
    let mut frames = slices(&scan);
    frames.sort_by_key(|slice| slice.frame);
    let (rows, columns) = (entry.rows.unwrap(), entry.columns.unwrap());
    if frames.len() != entry.frames.unwrap() {
        let issues: Vec<String> = scan.issues.iter().map(|i| i.message.clone()).collect();
        return Outcome::Failed(format!("{} frames, not {}; {issues:?}", frames.len(), entry.frames.unwrap()));
    }
    let bytes = std::fs::read(root().join(entry.values.as_ref().unwrap())).unwrap();
    let expected: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let (mut most, largest) = (0.0f32, expected.iter().fold(0.0f32, |a, b| a.max(b.abs())));
    for (slice, expected) in frames.iter().zip(expected.chunks_exact(rows * columns)) {
        let image = match slice.decode() {
            Ok(image) => image,
            Err(error) => return Outcome::Failed(format!("frame {}: {error}", slice.frame + 1)),
        };
        if (image.rows() as usize, image.columns() as usize) != (rows, columns) {
            return Outcome::Failed(format!("{} x {} pixels", image.columns(), image.rows()));
        }
        let differences = image.values().iter().zip(expected).map(|(a, b)| (a - b).abs());
        most = differences.fold(most, f32::max);
    }
    Outcome::Differs { most, largest }
}
