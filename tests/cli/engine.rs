//! `--engine onnxruntime` with a library that is not there, no library, or another one: one line, no hang.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{
    grade::models,
    support::{foramen_with, write_small_study},
};

fn grade(study: &Path, engine: &str, library: &Path) -> super::support::Run {
    let args: [&Path; 6] =
        ["grade".as_ref(), study, "--models".as_ref(), models(), "--engine".as_ref(), engine.as_ref()];
    foramen_with(&args, &[("ORT_DYLIB_PATH", library)])
}

/// The C library: a real one, but no ONNX Runtime.
fn libc() -> PathBuf {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let path = maps.split_whitespace().find(|word| word.contains("/libc.so") || word.contains("/libc-")).unwrap();
    PathBuf::from(path)
}

#[test]
#[cfg(target_os = "linux")]
fn a_library_that_cannot_be_used_is_one_clear_line() {
    let dir = TempDir::new().unwrap();
    let study = dir.path().join("study");
    write_small_study(&study);
    let text = dir.path().join("libonnxruntime.so");
    std::fs::write(&text, "this is no library").unwrap();
    let line = |library: &Path| {
        let run = grade(&study, "onnxruntime", library);
        assert_eq!(run.out, "");
        let last = run.err.lines().last().unwrap().to_owned();
        assert_eq!(run.code, 4, "{}", run.err);
        assert_eq!(run.err.lines().filter(|l| l.contains("ORT_DYLIB_PATH")).count(), 1, "{}", run.err);
        last
    };
    let start = "foramen: model nfn.onnx: ORT_DYLIB_PATH: ";
    let missing = dir.path().join("missing.so");
    assert_eq!(line(&missing), format!("{start}{}: no such file", missing.display()));
    for library in [&text, &libc()] {
        let line = line(library);
        assert!(line.starts_with(&format!("{start}{}: not usable: ", library.display())), "{line}");
    }
}

#[test]
fn without_a_usable_library_auto_takes_rten() {
    let dir = TempDir::new().unwrap();
    write_small_study(dir.path());
    let run = grade(dir.path(), "auto", &dir.path().join("missing.so"));
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(run.out.lines().count(), 26);
}
