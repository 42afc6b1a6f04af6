//! `foramen grade --out-dir`: many studies into one folder, in shares, stopped and started again.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use foramen::phantom::Dialect;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{foramen, small_study, write_middle_slices, write_small_study};

/// Three studies and one file of another kind.
fn tree() -> TempDir {
    tree_of(3, Dialect::Contest)
}

fn tree_of(studies: u32, dialect: Dialect) -> TempDir {
    let dir = TempDir::new().unwrap();
    write_middle_slices(dir.path(), studies, dialect);
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
    assert!(run.err.contains("1 already done"), "{}", run.err);
    let again = results(&out);
    assert_ne!(again[names[0]], first[names[0]]);
    assert_eq!(again[names[1]], first[names[1]], "a damaged result is made anew");
    assert_eq!(written_at(&out)[names[2]], times[names[2]], "what is only moved is left alone");

    // Other settings, or --redo: all of them.
    assert!(grade(&images, &out, &["--aggregate", "max"]).err.contains("0 already done"));
    assert!(grade(&images, &out, &["--aggregate", "max"]).err.contains("3 already done"));
    assert!(grade(&images, &out, &["--aggregate", "max", "--redo"]).err.contains("0 already done"));
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
fn litter_of_killed_runs_is_cleared_and_what_another_share_writes_is_not() {
    let dir = TempDir::new().unwrap();
    let studies = dir.path().join("studies");
    write_small_study(&studies);
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let made = |name: &str, hours: u64| {
        let file = std::fs::File::create(out.join(name)).unwrap();
        file.set_modified(std::time::SystemTime::now() - Duration::from_hours(hours)).unwrap();
        file
    };
    let (_dead, held, _new) = (made(".foramen-dead", 3), made(".foramen-held", 3), made(".foramen-new", 0));
    // A share on a computer that slept: its file is old, and it will go on with it.
    held.lock().unwrap();
    assert_eq!(grade(&studies, &out, &[]).code, 0);
    let left = |name: &str| out.join(name).exists();
    assert_eq!((left(".foramen-dead"), left(".foramen-held"), left(".foramen-new")), (false, true, true));
}

/// The files of a study's series, by folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

fn scan(path: &Path) -> foramen::study::Scan {
    foramen::study::scan(&[path.to_owned()], &foramen::cancel::Cancel::default(), &|_, _| ()).unwrap()
}

#[test]
fn what_is_wrong_with_a_study_is_said_again_when_it_was_done_before() {
    let tree = tree_of(2, Dialect::Clinical);
    let (images, out, bare) = (tree.path().join("train_images"), tree.path().join("out"), tree.path().join("bare"));
    std::fs::remove_file(images.join("notes.txt")).unwrap();
    std::fs::create_dir(&bare).unwrap();
    let mut studies: Vec<PathBuf> = std::fs::read_dir(&images).unwrap().map(|e| e.unwrap().path()).collect();
    studies.sort();
    // Of the first, one file names another patient, and the axial series is missing; the second has a copy.
    let read = scan(&studies[0]);
    let axial = read.studies[0].series_of(foramen::grading::Role::Ss).next().unwrap();
    let mut of_axial: Vec<String> = axial.slices.iter().map(|slice| slice.instance.source.to_string()).collect();
    of_axial.dedup();
    for file in &of_axial {
        std::fs::remove_file(file).unwrap();
    }
    let (id, file) = (&read.studies[0].patient.id, &files_below(&studies[0])[0]);
    let mut bytes = std::fs::read(file).unwrap();
    let at = bytes.windows(id.len()).position(|part| part == id.as_bytes()).unwrap();
    bytes[at..at + id.len()].fill(b'7');
    std::fs::write(file, bytes).unwrap();
    std::fs::copy(&files_below(&studies[1])[0], studies[1].join("copy.dcm")).unwrap();

    let mut tables = Vec::new();
    for before in [0, 2] {
        let run = grade(&images, &out, &[bare.to_str().unwrap()]);
        assert_eq!(run.code, 6, "{}", run.err);
        assert!(
            run.err.contains(&format!("1 graded, 1 partially graded, 0 not assessed, 1 failed; {before} already done")),
            "{}",
            run.err
        );
        let file = |study: &Path| format!("({}.json): ", study.file_name().unwrap().to_str().unwrap());
        let said = |file: &str, words: &str| run.err.lines().any(|line| line.contains(file) && line.contains(words));
        assert!(said(&file(&studies[0]), "name different patients"), "{}", run.err);
        assert!(said(&file(&studies[0]), "Axial T2: not assessed"), "{}", run.err);
        assert!(said(&file(&studies[0]), "hold the contest's prevalence"), "{}", run.err);
        assert!(said(&file(&studies[1]), "a copy of an image"), "{}", run.err);
        assert!(said("bare: ", "no DICOM image in it"), "{}", run.err);
        let lines = std::fs::read_to_string(out.join("summary.csv")).unwrap();
        let mut reader = csv::Reader::from_reader(lines.as_bytes());
        // Without the time and whether it was done before.
        let row = |r: csv::StringRecord| -> Vec<String> {
            [0, 1, 3, 4, 5, 6, 7, 8, 10].iter().map(|&column| r[column].to_owned()).collect()
        };
        tables.push(reader.records().map(|record| row(record.unwrap())).collect::<Vec<_>>());
    }
    assert_eq!(tables[0], tables[1], "a study would look better in the second run");
    let whole = foramen(&["grade", images.to_str().unwrap(), "--engine", "rten"]);
    assert_eq!(whole.code, 6, "two patients in one study are as bad without a folder: {}", whole.err);
    // The second alone is whole: a copy costs nothing. A path without an image does, as it does without a folder.
    assert_eq!(grade(&studies[1], &out, &[]).code, 0);
    assert_eq!(grade(&studies[1], &out, &[bare.to_str().unwrap()]).code, 6);
}

#[test]
fn studies_without_a_uid_are_told_apart_and_a_folder_named_for_a_patient_is_in_no_table() {
    let tree = tree_of(2, Dialect::Clinical);
    let (images, out) = (tree.path().join("train_images"), tree.path().join("out"));
    let studies: Vec<PathBuf> = std::fs::read_dir(&images).unwrap().map(|e| e.unwrap().path()).collect();
    for (study, name) in studies.iter().filter(|path| path.is_dir()).zip(["Doe^Jane 1960-01-01", "Smith^John"]) {
        std::fs::create_dir(images.join(name)).unwrap();
        for (number, file) in files_below(study).iter().enumerate() {
            let mut bytes = std::fs::read(file).unwrap();
            let at = bytes.windows(6).position(|part| part == b"\x20\0\x0d\0UI").unwrap();
            let length = usize::from(bytes[at + 6]);
            bytes[at + 8..at + 8 + length].fill(0);
            std::fs::write(images.join(name).join(format!("{number}.dcm")), bytes).unwrap();
        }
        std::fs::remove_dir_all(study).unwrap();
    }
    let run = grade(&images, &out, &[]);
    assert_eq!(run.code, 0, "{}", run.err);
    let first = results(&out);
    assert_eq!(first.len(), 2);
    let submission = std::fs::read_to_string(out.join("submission.csv")).unwrap();
    let rows: std::collections::BTreeSet<&str> =
        submission.lines().map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!((rows.len(), submission.lines().count()), (51, 51), "a row of one study would be taken for another's");
    for (name, bytes) in &first {
        let json: Value = serde_json::from_slice(bytes).unwrap();
        assert_eq!(json["studies"][0]["study_uid"], "", "{name}");
        let row = json["studies"][0]["grades"][0]["row_id"].as_str().unwrap();
        assert!(rows.contains(row) && row.starts_with(name.strip_suffix(".json").unwrap()), "{row}");
    }
    // The same tree by another path, in shares: what is done is found, each by one share.
    let other = images.join("../train_images");
    let runs = ["1/2", "2/2"].map(|share| grade(&other, &out, &["--shard", share]));
    assert_eq!(results(&out), first);
    let mut shared = summary(&out, "summary-1-of-2.csv");
    shared.append(&mut summary(&out, "summary-2-of-2.csv"));
    assert_eq!(shared.keys().collect::<Vec<_>>(), first.keys().collect::<Vec<_>>());
    assert!(shared.values().all(|(_, before)| *before), "{shared:?}");
    let tables = ["summary.csv", "summary-1-of-2.csv", "summary-2-of-2.csv", "submission-1-of-2.csv"];
    let text = tables.map(|name| std::fs::read_to_string(out.join(name)).unwrap()).concat();
    for word in ["Doe", "Jane", "1960", "Smith", "John", "train_images"] {
        let said = runs.iter().any(|run| run.err.contains(word));
        assert!(!text.contains(word) && !submission.contains(word) && !said, "{word} is written or said");
    }
}

#[test]
#[cfg(unix)]
fn the_slurm_script_refuses_an_array_that_leaves_shares_out() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let program = dir.path().join("foramen");
    std::fs::write(&program, "#!/bin/sh\necho \"$@\"\nexit 6\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("batch/slurm.sbatch");
    // As of --array=MIN-MAX with COUNT tasks, of which this is the one of id ID.
    let run = |[id, min, max, count]: [u32; 4]| {
        let path = format!("{}:{}", dir.path().display(), std::env::var("PATH").unwrap());
        let mut command = Command::new("bash");
        command.arg(&script).args(["STUDIES", "OUT"]).env("PATH", path).env("SLURM_CPUS_PER_TASK", "2");
        for (name, number) in [("ID", id), ("MIN", min), ("MAX", max), ("COUNT", count)] {
            command.env(format!("SLURM_ARRAY_TASK_{name}"), number.to_string());
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, said, _) = run([3, 1, 32, 32]);
    assert_eq!((code, said.trim()), (Some(0), "grade STUDIES --out-dir OUT --threads 2 --shard 3/32"));
    // --array=0-31, 1-31:2, "1,5", 5: of some shares nobody would grade a study, and no one would say so.
    for bad in [[0, 0, 31, 32], [3, 1, 31, 16], [5, 1, 5, 2], [5, 5, 5, 1]] {
        let (code, said, error) = run(bad);
        assert_eq!((code, said.as_str()), (Some(2), ""), "{bad:?}");
        assert!(error.contains("--array=1-N"), "{error}");
    }
}
