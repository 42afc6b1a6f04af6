//! One slice of the phantom in every encoding that DCMTK and GDCM write without loss: the values stay the same.

use std::{path::Path, process::Command};

use foramen::phantom;
use tempfile::TempDir;

use super::support::{opened, slices};

/// Program, options, and the transfer syntax that comes of it.
const VARIANTS: [(&str, &[&str], &str); 13] = [
    ("dcmconv", &["+ti"], "1.2.840.10008.1.2"),
    ("dcmconv", &["+te"], "1.2.840.10008.1.2.1"),
    ("dcmconv", &["+tb"], "1.2.840.10008.1.2.2"),
    ("dcmconv", &["+td"], "1.2.840.10008.1.2.1.99"),
    ("dcmcrle", &[], "1.2.840.10008.1.2.5"),
    ("dcmcjpeg", &["+e1"], "1.2.840.10008.1.2.4.70"),
    ("dcmcjpeg", &["+el"], "1.2.840.10008.1.2.4.57"),
    ("dcmcjpls", &["+el"], "1.2.840.10008.1.2.4.80"),
    ("gdcmconv", &["--raw"], "1.2.840.10008.1.2.1"),
    ("gdcmconv", &["--rle"], "1.2.840.10008.1.2.5"),
    ("gdcmconv", &["--jpeg"], "1.2.840.10008.1.2.4.70"),
    ("gdcmconv", &["--jpegls"], "1.2.840.10008.1.2.4.80"),
    ("gdcmconv", &["--j2k"], "1.2.840.10008.1.2.4.90"),
];

fn values(file: &Path) -> (String, Vec<f32>) {
    let scan = opened(file);
    let all = slices(&scan);
    let [slice] = all.as_slice() else { panic!("{}: {:?}", file.display(), scan.issues) };
    (slice.instance.transfer_syntax.clone(), slice.decode().unwrap().values().to_vec())
}

#[test]
#[ignore = "needs DCMTK and GDCM; .ci/run installs them"]
fn every_lossless_encoding_gives_the_same_values() {
    let dir = TempDir::new().unwrap();
    let (_, bytes) = &phantom::study_in_memory(phantom::DEMO_SEED)[6];
    let original = dir.path().join("original.dcm");
    std::fs::write(&original, bytes).unwrap();
    let (_, expected) = values(&original);
    assert!(expected.iter().any(|v| *v > 100.0));
    for (program, options, syntax) in VARIANTS {
        let name = format!("{program} {}", options.join(" "));
        let variant = dir.path().join("variant.dcm");
        let status = Command::new(program).args(options).args([&original, &variant]).status();
        assert!(status.unwrap_or_else(|e| panic!("{program} does not run: {e}")).success(), "{name}");
        let (found, values) = values(&variant);
        assert_eq!(found, syntax, "{name}");
        assert!(values == expected, "{name}: other values");
        std::fs::remove_file(variant).unwrap();
    }
}
