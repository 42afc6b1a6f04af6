//! A disk that fills up, a run that is killed, two runs at once: nothing half-written is taken for whole.

#![cfg(unix)]

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use foramen::phantom::Dialect;

use super::support::{make, phantoms, run, stems, text};

#[test]
fn what_is_there_is_not_touched() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("yolo");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("precious"), "x").unwrap();
    let (code, _, said) = run(&["dataset", "--role", "scs", "--data", text(dir.path()), "--out", text(&out)]);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("already exists; give a new folder"), "{said}");
    assert_eq!((stems(dir.path()), stems(&out)), (vec!["yolo".to_owned()], vec!["precious".to_owned()]));
}

#[test]
fn a_killed_run_leaves_no_data_set_and_the_next_one_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("yolo"));
    phantoms(&data, 2, 6, Dialect::Contest);
    let args = ["dataset", "--role", "all", "--data", text(&data), "--out", text(&out), "--negatives", "1"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_foramen")).args(args).stdout(Stdio::null()).spawn().unwrap();
    let partial = dir.path().join("yolo.partial");
    let start = Instant::now();
    while fs::read_dir(partial.join("nfn/images")).map_or(0, Iterator::count) == 0 {
        assert!(start.elapsed() < Duration::from_mins(2), "no image was written");
        std::thread::sleep(Duration::from_millis(1));
    }
    let signal = |name: &str| {
        assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
    };
    signal("-STOP");
    // It is still there: another run keeps off.
    let (code, _, said) = run(&args);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("another run is writing to it"), "{said}");
    signal("-KILL");
    child.wait().unwrap();
    assert!(!out.exists() && partial.is_dir() && !partial.join("ss/dataset.json").exists());

    assert_eq!(run(&args).0, 0);
    assert_eq!(stems(dir.path()), ["data", "yolo"], "what the killed run left is gone");
    let clean = dir.path().join("clean");
    make("nfn", &data, &clean, &["--negatives", "1"]);
    for folder in ["images", "labels"] {
        assert_eq!(stems(&out.join("nfn").join(folder)), stems(&clean.join(folder)));
    }
}

#[test]
fn a_full_disk_is_one_clear_line_and_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (data, disk) = (dir.path().join("data"), dir.path().join("disk"));
    phantoms(&data, 1, 6, Dialect::Contest);
    fs::create_dir(&disk).unwrap();
    let line = format!(
        "'{}' dataset --role nfn --data '{}' --out '{}' || echo code $?; ls -A '{}'",
        env!("CARGO_BIN_EXE_foramen"),
        data.display(),
        disk.join("yolo").display(),
        disk.display()
    );
    let mount = format!("mount -t tmpfs -o size=400k none '{}' || exit 99\n{line}", disk.display());
    let Some(output) = crate::mounts::in_own_mounts(&mount) else { return };
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "code 5\n", "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("cannot write") && said.contains("No space left on device"), "{said}");
}
