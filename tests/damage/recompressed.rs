//! The corpora's files through the encoders of DCMTK and GDCM: what they write without loss has the values of the
//! file that it was made of, and what is damaged of it is an image or a message.

use std::{path::Path, process::Command};

use rand::{SeedableRng, rngs::SmallRng};
use tempfile::TempDir;

use super::{look, mutate::WAYS, originals, support::alone, support::slices};

/// Program and options: encodings without loss.
const ENCODERS: [(&str, &[&str]); 8] = [
    ("dcmcrle", &[]),
    ("dcmcjpeg", &["+e1"]),
    ("dcmcjpls", &["+el"]),
    ("dcmconv", &["+td"]),
    ("gdcmconv", &["--rle"]),
    ("gdcmconv", &["--jpeg"]),
    ("gdcmconv", &["--jpegls"]),
    ("gdcmconv", &["--j2k"]),
];

/// The values of the first frames; nothing where one cannot be decoded.
fn values(path: &Path) -> Option<Vec<Vec<f32>>> {
    let scan = alone(path);
    let all = slices(&scan);
    let some = all.iter().take(super::FRAMES).map(|slice| slice.decode().ok().map(|image| image.values().to_vec()));
    some.collect::<Option<Vec<_>>>().filter(|all| !all.is_empty())
}

#[test]
#[ignore = "needs the corpora, DCMTK and GDCM; .ci/run installs them"]
fn recompressed_files_have_the_same_values() {
    let _alone = super::ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let dir = TempDir::new().unwrap();
    let variant = dir.path().join("variant.dcm");
    let (mut equal, mut refused, mut damaged) = (0, 0, 0);
    let (mut different, mut faults) = (Vec::new(), Vec::new());
    for (number, (path, _)) in originals().iter().enumerate() {
        let Some(expected) = values(path) else { continue };
        for (program, options) in ENCODERS {
            let _ = std::fs::remove_file(&variant);
            let run = Command::new(program).args(options).arg(path).arg(&variant).output();
            let run = run.unwrap_or_else(|error| panic!("{program} does not run: {error}"));
            // Not every file can be recompressed: colour, palettes, floats, broken ones.
            if !run.status.success() || !variant.exists() {
                refused += 1;
                continue;
            }
            let name = format!("{} by {program} {}", path.file_name().unwrap().display(), options.join(" "));
            if values(&variant).as_ref() == Some(&expected) {
                equal += 1;
            } else {
                different.push(name.clone());
            }
            let encoded = std::fs::read(&variant).unwrap();
            for (way, damage) in WAYS {
                let broken = damage(&encoded, &mut SmallRng::seed_from_u64(number as u64));
                let (size, outcome) = (broken.len(), look(broken));
                faults.extend(outcome.faults(size).into_iter().map(|fault| format!("{name}, {way}: {fault}")));
                damaged += 1;
            }
        }
    }
    println!(
        "{equal} recompressed files with equal values, {refused} that the encoders refuse; {damaged} damaged ones"
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    insta::assert_snapshot!("recompressed_with_other_values", different.join("\n"));
    assert!(equal > 500, "{equal}");
}
