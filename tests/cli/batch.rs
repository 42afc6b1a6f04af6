//! `foramen grade --out-dir`: many studies into one folder, in shares, stopped and started again.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use foramen::phantom::{self, Dialect, PhantomOptions};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{foramen, small_study, write_small_study};

/// Three whole studies and one of another kind of file.
fn tree() -> TempDir {
    let dir = TempDir::new().unwrap();
    let options = PhantomOptions {
        studies: 3,
        seed: 31,
        dialect: Dialect::Contest,
        balance: 0.0,
        label_noise: 0.0,
        variety: 0.0,
    };
    phantom::write(dir.path(), &options, &|| ()).unwrap();
    // A few slices of each series will do.
    for series in walkdir::WalkDir::new(dir.path().join("train_images")).min_depth(2).max_depth(2) {
        let mut files: Vec<_> = std::fs::read_dir(series.unwrap().path()).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        files.iter().skip(3).for_each(|file| std::fs::remove_file(file).unwrap());
    }
    std::fs::write(dir.path().join("train_images/notes.txt"), "no image").unwrap();
    dir
}

fn grade(tree: &Path, out: &Path, more: &[&str]) -> crate::support::Run {
    let mut args = vec!["grade", tree.to_str().unwrap(), "--out-dir", out.to_str().unwrap(), "--engine", "rten"];
    args.extend(more);
    foramen(&args)
}

/// Names and bytes of the results.
fn results(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().path());
    let json = files.filter(|path| path.extension().is_some_and(|e| e == "json"));
    json.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap())).collect()
}

fn written_at(out: &Path) -> BTreeMap<String, std::time::SystemTime> {
    let at = |name: &String| std::fs::metadata(out.join(name)).unwrap().modified().unwrap();
    results(out).into_keys().map(|name| (name.clone(), at(&name))).collect()
}

/// `done_before` of each study.
fn summary(out: &Path, name: &str) -> BTreeMap<String, (String, bool)> {
    let mut reader = csv::Reader::from_path(out.join(name)).unwrap();
    let head = reader.headers().unwrap().clone();
    let column = |name: &str| head.iter().position(|h| h == name).unwrap();
    let (file, status, before) = (column("file"), column("status"), column("done_before"));
    let row = |r: csv::StringRecord| (r[file].to_owned(), (r[status].to_owned(), &r[before] == "true"));
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn a_batch_is_resumed_by_content_and_its_tables_are_those_of_one_run() {
    let tree = tree();
    let out = tree.path().join("out");
    let images = tree.path().join("train_images");
    let run = grade(&images, &out, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("3 studies: 3 graded"), "{}", run.err);
    assert!(run.err.contains("not for diagnosis"), "{}", run.err);
    let first = results(&out);
    assert_eq!(first.len(), 3);
    let whole = foramen(&["grade", images.to_str().unwrap(), "--engine", "rten"]).out;
    let mut lines: Vec<&str> = whole.lines().collect();
    let table = std::fs::read_to_string(out.join("submission.csv")).unwrap();
    let mut batch: Vec<&str> = table.lines().collect();
    lines.sort_unstable();
    batch.sort_unstable();
    assert_eq!(batch, lines, "the same numbers as of one run over all, to the last digit");

    // One study is changed, one result damaged, one study moved: two are graded again.
    let times = written_at(&out);
    let names: Vec<&String> = first.keys().collect();
    let study = |name: &str| images.join(name.strip_suffix(".json").unwrap());
    let file = walkdir::WalkDir::new(study(names[0])).into_iter().map(Result::unwrap).find(|e| e.file_type().is_file());
    std::fs::remove_file(file.unwrap().path()).unwrap();
    std::fs::write(out.join(names[1]), &first[names[1]][..1000]).unwrap();
    std::fs::create_dir(tree.path().join("train_images/moved")).unwrap();
    std::fs::rename(study(names[2]), tree.path().join("train_images/moved/here")).unwrap();
    let run = grade(&images, &out, &[]);
    assert!(run.err.contains("1 done before"), "{}", run.err);
    let again = results(&out);
    assert_ne!(again[names[0]], first[names[0]]);
    assert_eq!(again[names[1]], first[names[1]], "a damaged result is made anew");
    assert_eq!(written_at(&out)[names[2]], times[names[2]], "what is only moved is left alone");

    // Other settings, or --redo: all of them.
    assert!(grade(&images, &out, &["--aggregate", "max"]).err.contains("0 done before"));
    assert!(grade(&images, &out, &["--aggregate", "max"]).err.contains("3 done before"));
    assert!(grade(&images, &out, &["--aggregate", "max", "--redo"]).err.contains("0 done before"));
}

#[test]
fn shares_together_are_the_whole_and_apart() {
    let tree = tree();
    let (whole, shared) = (tree.path().join("whole"), tree.path().join("shared"));
    let images = tree.path().join("train_images");
    assert_eq!(grade(&images, &whole, &[]).code, 0);
    let mut seen = BTreeMap::new();
    for share in ["1/3", "2/3", "3/3"] {
        assert_eq!(grade(&images, &shared, &["--shard", share]).code, 0);
        for (file, row) in summary(&shared, &format!("summary-{}.csv", share.replace('/', "-of-"))) {
            assert_eq!(row, ("graded".to_owned(), false));
            assert!(seen.insert(file.clone(), share).is_none(), "{file} is in two shares");
        }
    }
    assert_eq!(results(&whole), results(&shared));
    assert_eq!(seen.len(), 3);
    let run = foramen(&["grade", "x", "--out-dir", "y", "--shard", "0/3"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("from 1/n to n/n"), "{}", run.err);
    assert_eq!(foramen(&["grade", "x", "--shard", "1/3"]).code, 2, "--shard is for --out-dir");
}

#[test]
fn what_cannot_be_graded_is_said_and_the_rest_is_done() {
    let tree = tree();
    let out = tree.path().join("out");
    let images = tree.path().join("train_images");
    // A slice of one study is cut short, and a study that is no spine lies beside.
    let slice = walkdir::WalkDir::new(&images)
        .into_iter()
        .map(Result::unwrap)
        .find(|entry| entry.path().extension().is_some_and(|e| e == "dcm") && entry.metadata().unwrap().len() > 4000);
    let slice = slice.unwrap().into_path();
    let bytes = std::fs::read(&slice).unwrap();
    std::fs::write(&slice, &bytes[..bytes.len() - 3000]).unwrap();
    let scan = foramen::study::scan_memory(small_study().to_vec());
    let localizer = scan.studies[0].series.iter().find(|series| series.role.is_none()).unwrap();
    let name = localizer.slices[0].instance.source.to_string();
    let (_, bytes) = small_study().iter().find(|(file, _)| *file == name).unwrap();
    std::fs::write(images.join("localizer.dcm"), bytes).unwrap();
    let run = grade(&images, &out, &[]);
    assert_eq!(run.code, 6, "{}", run.err);
    let statuses: Vec<String> = summary(&out, "summary.csv").into_values().map(|(status, _)| status).collect();
    assert_eq!(statuses.iter().filter(|s| *s == "graded").count(), 2, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|s| *s == "partial").count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|s| *s == "not_assessed").count(), 1, "{statuses:?}");
    for (name, bytes) in results(&out) {
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["notice"], "Research use only - not for diagnosis", "{name}");
        assert_eq!(json["studies"][0]["grades"].as_array().unwrap().len(), 25, "{name}");
        assert_eq!(json["fingerprint"].as_str().unwrap().len(), 64, "{name}");
    }
}

/// Starts a batch and ends it by SIGKILL once `done` results are there.
fn killed(tree: &Path, out: &Path, done: usize) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_foramen"))
        .args(["grade", "--engine", "rten", "--out-dir"])
        .args([out, tree])
        .env_remove("ORT_DYLIB_PATH")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + Duration::from_mins(3);
    while !out.is_dir() || results(out).len() < done {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was killed");
        assert!(Instant::now() < deadline, "too slow");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_killed_batch_leaves_whole_results_and_goes_on() {
    let tree = tree();
    let images = tree.path().join("train_images");
    let (out, plain): (PathBuf, PathBuf) = (tree.path().join("out"), tree.path().join("plain"));
    killed(&images, &out, 1);
    let before = results(&out);
    assert!(before.len() < 3, "it was killed too late");
    assert!(before.values().all(|bytes| serde_json::from_slice::<Value>(bytes).is_ok()));
    assert!(!out.join("summary.csv").exists(), "a table of a part would look like the whole");
    let times = written_at(&out);
    assert_eq!(grade(&images, &out, &[]).code, 0);
    assert_eq!(grade(&images, &plain, &[]).code, 0);
    assert_eq!(results(&out), results(&plain));
    let after = written_at(&out);
    assert!(times.iter().all(|(name, at)| after[name] == *at), "what was done was graded again");
    let counted = summary(&out, "summary.csv").into_values().filter(|(_, before)| *before).count();
    assert_eq!(counted, before.len());
}

#[test]
fn old_litter_of_killed_runs_is_cleared_and_new_is_not() {
    let dir = TempDir::new().unwrap();
    let studies = dir.path().join("studies");
    write_small_study(&studies);
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let (old, new) = (out.join(".foramen-old"), out.join(".foramen-new"));
    std::fs::write(&new, "of another share, at this moment").unwrap();
    let file = std::fs::File::create(&old).unwrap();
    file.set_modified(std::time::SystemTime::now() - Duration::from_hours(3)).unwrap();
    assert_eq!(grade(&studies, &out, &[]).code, 0);
    assert!(!old.exists() && new.exists());
}
