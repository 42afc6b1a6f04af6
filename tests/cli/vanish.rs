//! What is missing is said in every output and in the exit code; and what there is no memory for is a message.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

use super::support::{foramen, foramen_with, write_small_study};

/// The small study, in which three images hold nothing that is one.
fn with_lost_images() -> (TempDir, Vec<String>) {
    let dir = TempDir::new().unwrap();
    let files = write_small_study(&dir.path().join("study"));
    std::fs::write(&files[3], "").unwrap();
    std::fs::write(&files[4], vec![0; 100_000]).unwrap();
    std::fs::write(&files[5], "<html><body>502 Bad Gateway</body></html>").unwrap();
    let lost = files[3..6].iter().map(|file| file.display().to_string()).collect();
    std::fs::write(dir.path().join("study/notes.txt"), "Dear colleague").unwrap();
    (dir, lost)
}

fn files_of(issues: &Value) -> Vec<String> {
    // The gap that they leave is told as well, and is about no file.
    let about_files = issues.as_array().unwrap().iter().filter(|issue| issue["file"] != "");
    let doubts = about_files.filter(|issue| issue["note"] != true);
    let mut files: Vec<String> = doubts.map(|issue| issue["file"].as_str().unwrap().to_owned()).collect();
    files.sort();
    files
}

#[test]
fn images_that_are_none_are_in_every_output_and_in_the_exit_code() {
    let (dir, lost) = with_lost_images();
    let study = dir.path().join("study");
    let run = foramen(&[Path::new("inspect"), &study]);
    let count = write_small_study(&dir.path().join("other")).len();
    assert_eq!(run.code, 0, "{}", run.err);
    let sum =
        format!("{} files = {} images + 0 other objects + 0 copies + 1 not DICOM + 3 issues", count + 1, count - 3);
    assert_eq!(run.out.lines().last(), Some(sum.as_str()));
    let json: Value = serde_json::from_str(&foramen(&[Path::new("inspect"), &study, Path::new("--json")]).out).unwrap();
    assert_eq!(files_of(&json["studies"][0]["issues"]), lost);
    let account = ["images", "copies", "not_dicom", "issues"].map(|name| json["account"][name].as_u64().unwrap());
    assert_eq!(json["account"]["found"].as_u64().unwrap(), account.iter().sum::<u64>());

    let arguments = ["grade", "--engine", "rten", "--format", "json", study.to_str().unwrap()];
    let run = foramen(&arguments);
    assert_eq!(run.code, 6, "{}", run.err);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(files_of(&json["studies"][0]["issues"]), lost);

    let none = dir.path().join("none");
    let report = |more: &[&str]| {
        let out = dir.path().join("report.json");
        let fixed = ["report", "--engine", "rten", "--overwrite", "--format", "json", "--out", out.to_str().unwrap()];
        let arguments = [&fixed, more, &[study.to_str().unwrap()]].concat();
        let run = foramen_with(&arguments, &[("FORAMEN_DATA_DIR", &none)]);
        assert_eq!(run.code, 6, "{}", run.err);
        serde_json::from_slice::<Value>(&std::fs::read(out).unwrap()).unwrap()["provenance"].clone()
    };
    assert_eq!(files_of(&report(&[])["issues"]), lost);
    let removed = report(&["--deidentify"]);
    assert_eq!((&removed["issue_count"], &removed["issues"]), (&Value::from(4), &Value::Array(vec![])));
}

#[test]
fn images_of_one_uid_are_graded_and_reported_but_not_pointed_to() {
    let dir = TempDir::new().unwrap();
    let files = write_small_study(&dir.path().join("study"));
    // All images of a series have the UID of its shortest.
    let uids: Vec<String> = files.iter().map(|file| uid_of(&std::fs::read(file).unwrap())).collect();
    for (file, uid) in files.iter().zip(&uids) {
        let of_series = files.iter().zip(&uids).filter(|(other, _)| other.parent() == file.parent());
        let shortest = of_series.map(|(_, uid)| uid).min_by_key(|uid| uid.len()).unwrap();
        let mut bytes = std::fs::read(file).unwrap();
        let other = [shortest.as_bytes(), &vec![0; uid.len() - shortest.len()]].concat();
        while let Some(at) = bytes.windows(uid.len()).position(|part| part == uid.as_bytes() && part != other) {
            bytes[at..at + other.len()].copy_from_slice(&other);
        }
        std::fs::write(file, bytes).unwrap();
    }
    let (study, none, out) = (dir.path().join("study"), dir.path().join("none"), dir.path().join("out"));
    let arguments =
        ["report", "--engine", "rten", "--format", "sr,json", "--out", out.to_str().unwrap(), study.to_str().unwrap()];
    let run = foramen_with(&arguments, &[("FORAMEN_DATA_DIR", &none)]);
    assert_eq!(run.code, 6, "{}", run.err);
    let written: Vec<&str> = run.out.lines().collect();
    assert_eq!(written.len(), 2, "{}{}", run.out, run.err);
    let of_kind =
        |kind: &str| written.iter().find(|file| Path::new(file).extension().is_some_and(|e| e == kind)).unwrap();
    let json = of_kind("json");
    let json: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    let issues = json["provenance"]["issues"].as_array().unwrap();
    assert!(issues.iter().any(|i| i["message"].as_str().unwrap().contains("have the SOPInstanceUID of another image")));
    let sr = of_kind("dcm");
    let sr = String::from_utf8_lossy(&std::fs::read(sr).unwrap()).into_owned();
    assert!(sr.contains("boxes on them have no region"), "the document does not say what it leaves out");
}

/// `SOPInstanceUID`, element (0008,0018) of an explicit file.
fn uid_of(bytes: &[u8]) -> String {
    let at = bytes.windows(6).position(|part| part == b"\x08\0\x18\0UI").unwrap();
    let length = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
    String::from_utf8_lossy(&bytes[at + 8..at + 8 + length]).trim_end_matches('\0').to_owned()
}

/// A series whose pixels were lost on the way looks like any other in every list; only its values tell.
#[test]
fn images_without_anything_in_them_are_no_finding_of_nothing() {
    let dir = TempDir::new().unwrap();
    let mut t1 = 0;
    for file in write_small_study(dir.path()) {
        let mut bytes = std::fs::read(&file).unwrap();
        let contains = |text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
        if contains(b"SAG T2 TSE") {
            let at = bytes.windows(6).position(|part| part == b"\xE0\x7F\x10\0OW").unwrap() + 12;
            bytes[at..].fill(0);
            std::fs::write(&file, bytes).unwrap();
        } else if contains(b"SAG T1 TSE") {
            t1 += 1;
            if t1 > 4 {
                std::fs::remove_file(&file).unwrap();
            }
        }
    }
    let run = foramen(&["grade", "--engine", "rten", dir.path().to_str().unwrap()]);
    assert_eq!(run.code, 6, "{}", run.err);
    for said in [
        "all its pixels have the same value: there is nothing to see",
        "only 4 slices are used as Sagittal T1: the anatomy next to them was not looked at",
        "no detector drew a box for",
        "the boxes of the canal score 0.00",
        "All grades are moved 100 % of the way",
    ] {
        assert!(run.err.contains(said), "{said}: {}", run.err);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn too_little_memory_is_a_message_and_never_a_crash() {
    let dir = TempDir::new().unwrap();
    let files = write_small_study(&dir.path().join("all"));
    let study = dir.path().join("study");
    std::fs::create_dir(&study).unwrap();
    for (number, file) in files.iter().step_by(6).enumerate() {
        std::fs::copy(file, study.join(format!("{number}.dcm"))).unwrap();
    }
    let bin = env!("CARGO_BIN_EXE_foramen");
    // From too little to begin with to what one thread can work in; as many threads as a large machine has.
    for (kilobytes, threads) in [(150_000, 32), (300_000, 32), (450_000, 1), (700_000, 32), (1_500_000, 4)] {
        let line = format!(
            "ulimit -v {kilobytes}; exec '{bin}' grade --engine rten --threads {threads} '{}'",
            study.display()
        );
        let output = Command::new("sh").args(["-c", &line]).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1 | 4 | 6)), "{kilobytes} kB: {code:?}, {said}");
        let last = said.lines().last().unwrap_or_default();
        assert!(code == Some(0) || last.starts_with("foramen: "), "{kilobytes} kB: {said}");
        assert!(kilobytes < 1_500_000 || code != Some(1), "{said}");
    }
}
