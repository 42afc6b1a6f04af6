//! Nothing leaves this computer: the program under `strace`, with an ONNX Runtime that would talk to its maker.

use std::process::Command;

use super::{dicom_support::demo_files, python};

/// What a run said to the system about networks, and what it left in a home of its own.
fn traced(args: &[&str]) -> (String, Vec<String>) {
    let dir = tempfile::tempdir().unwrap();
    let (home, trace) = (dir.path().join("home"), dir.path().join("trace"));
    std::fs::create_dir(&home).unwrap();
    let output = Command::new("strace")
        .args(["-f", "-qq", "-e", "trace=%network", "-o"])
        .arg(&trace)
        .arg(env!("CARGO_BIN_EXE_foramen"))
        .args(args)
        .env("ORT_DYLIB_PATH", python::onnxruntime())
        .env("HOME", &home)
        .env_remove("XDG_CACHE_HOME")
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("ORT_DISABLE_TELEMETRY")
        .output()
        .unwrap_or_else(|error| panic!("strace does not run: {error}"));
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    let left = walkdir::WalkDir::new(&home).min_depth(1).into_iter();
    let left = left.map(|entry| entry.unwrap().path().display().to_string()).collect();
    (std::fs::read_to_string(trace).unwrap(), left)
}

#[test]
#[ignore = "needs strace and ONNX Runtime; .ci/run installs them"]
fn the_program_opens_no_connection_and_leaves_nothing_in_the_home() {
    let dir = tempfile::tempdir().unwrap();
    let study = dir.path().join("study");
    demo_files(&study);
    let (study, out) = (study.to_str().unwrap().to_owned(), dir.path().join("out").display().to_string());
    for args in [
        &["grade", &study, "--engine", "onnxruntime"][..],
        &["grade", &study, "--engine", "rten", "--out-dir", &out],
        &["report", &study, "--format", "pdf,sr", "--out", &out, "--engine", "onnxruntime"],
        &["inspect", &study],
    ] {
        let (trace, left) = traced(args);
        let talks: Vec<&str> = trace.lines().filter(|line| line.contains("AF_INET")).collect();
        assert!(talks.is_empty(), "{args:?}:\n{}", talks.join("\n"));
        assert!(left.is_empty(), "{args:?} left {left:?}");
    }
}
