//! Output that cannot be written: known before the work, and nothing half-written left.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{
    grade::models,
    support::{everything_in, foramen, write_small_study},
};

#[test]
fn output_that_cannot_be_written_is_refused_before_the_work() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name);
    write_small_study(&at("study"));
    std::fs::create_dir(at("folder")).unwrap();
    std::fs::write(at("file"), "precious").unwrap();
    let before = everything_in(dir.path());
    let line = |out: PathBuf| {
        let run = foramen(&[Path::new("grade"), &at("study"), "--models".as_ref(), models(), "--out".as_ref(), &out]);
        assert_eq!(run.out, "");
        run.one_line(5).replace(&dir.path().display().to_string(), "DIR")
    };
    assert_eq!(line(at("folder")), "cannot write DIR/folder: it is a folder; give a file");
    // Below a regular file no one can write, not even root.
    assert_eq!(line(at("file/grades.csv")), "cannot write DIR/file/grades.csv: files cannot be made in DIR/file");
    assert_eq!(line(at("file/a/b.csv")), "cannot write DIR/file/a/b.csv: files cannot be made in DIR/file");
    assert_eq!(everything_in(dir.path()), before);
    assert_eq!(std::fs::read_to_string(at("file")).unwrap(), "precious");
}

#[test]
fn missing_folders_are_made_with_the_file_and_not_by_a_run_that_fails() {
    let dir = TempDir::new().unwrap();
    let out = dir.path().join("new/deep/grades.json");
    let args = |study: &Path| {
        let words: [&Path; 6] = ["grade".as_ref(), study, "--models".as_ref(), models(), "--out".as_ref(), &out];
        words.map(Path::to_owned)
    };
    assert_eq!(foramen(&args(&dir.path().join("missing"))).code, 3);
    assert!(everything_in(dir.path()).is_empty());
    write_small_study(&dir.path().join("study"));
    let run = foramen(&args(&dir.path().join("study")));
    assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!(json["studies"][0]["grades"].as_array().unwrap().len(), 25);
    assert_eq!(std::fs::read_dir(out.parent().unwrap()).unwrap().count(), 1, "a temporary file was left");
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let dir = TempDir::new().unwrap();
    let (data, reports, made) = (dir.path().join("data"), dir.path().join("reports"), dir.path().join("made"));
    write_small_study(&data);
    let closed = |args: &[&Path]| {
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_foramen"))
            .args(args)
            .env_remove("RUST_LOG")
            .env("FORAMEN_DATA_DIR", dir.path().join("list"))
            .env("FORAMEN_CONFIG_DIR", dir.path().join("list"))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(5), "{args:?}: {err}");
        assert!(!err.contains("Broken pipe") && !err.contains("panicked"), "{args:?}: {err}");
    };
    let path = Path::new;
    closed(&[path("inspect"), &data]);
    // What goes into files is written all the same.
    let forms = path("text,json,csv");
    closed(&[path("report"), &data, path("--models"), models(), path("--format"), forms, path("--out"), &reports]);
    let names = everything_in(&reports);
    for name in ["report.txt", "report.json", "grades.csv"] {
        assert!(names.iter().any(|made| made.ends_with(name)), "{name} is not in {names:?}");
    }
    closed(&[path("phantom"), path("--out"), &made]);
    assert!(!everything_in(&made).is_empty());
}
