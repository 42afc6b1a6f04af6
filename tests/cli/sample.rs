//! `foramen grade --sample` and folders that hold no image: what is missing is filled or counted, and said.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use foramen::grading::GradeId;
use serde_json::Value;
use tempfile::TempDir;

use super::{
    grade::models,
    support::{Run, foramen, small_study, write_small_study},
};

/// Beside a good study (in folders of another name than its UID) a folder of garbage, an empty one, and one whose only
/// file is cut; and a sample that asks for all of them and for one more.
struct Bench {
    dir: TempDir,
    uid: String,
}

const STUDIES: [&str; 4] = ["101", "102", "103", "104"];

impl Bench {
    fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let images = dir.path().join("test_images");
        let files = write_small_study(&images.join("100"));
        for name in ["101/11", "102", "103/12"] {
            std::fs::create_dir_all(images.join(name)).unwrap();
        }
        std::fs::write(images.join("101/11/1.dcm"), [7; 900]).unwrap();
        std::fs::write(images.join("103/12/1.dcm"), &std::fs::read(&files[0]).unwrap()[..400]).unwrap();
        let uid = foramen::study::scan_memory(small_study().to_vec()).studies[0].uid.clone();
        Self { dir, uid: uid.into() }
    }

    fn images(&self) -> PathBuf {
        self.dir.path().join("test_images")
    }

    fn sample(&self, good: &str) -> PathBuf {
        let mut text = "row_id,normal_mild,moderate,severe\n".to_owned();
        // In an order of its own.
        for study in STUDIES.iter().rev().copied().chain([good]) {
            for id in GradeId::ALL.iter().rev() {
                writeln!(text, "{},0.333333,0.333333,0.333333", id.row_id(study)).unwrap();
            }
        }
        let file = self.dir.path().join("sample_submission.csv");
        std::fs::write(&file, text).unwrap();
        file
    }

    fn grade(paths: &[&Path], more: &[&str]) -> Run {
        let mut args: Vec<&str> = vec!["grade"];
        args.extend(paths.iter().map(|path| path.to_str().unwrap()));
        args.extend(["--models", models().to_str().unwrap(), "--engine", "rten", "--aggregate", "max"]);
        args.extend(more);
        foramen(&args)
    }
}

fn ids(csv: &str) -> Vec<String> {
    csv.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
}

#[test]
fn a_submission_has_every_row_of_the_sample_in_its_order_whatever_is_missing() {
    let bench = Bench::new();
    let sample = bench.sample(&bench.uid);
    let (sample, images) = (sample.to_str().unwrap(), bench.images());
    let run = Bench::grade(&[&images], &["--sample", sample]);
    assert_eq!(run.code, 6, "{}", run.err);
    assert_eq!(ids(&run.out), ids(&std::fs::read_to_string(sample).unwrap()));
    for line in run.out.lines().skip(1) {
        let sum: f64 = line.split(',').skip(1).map(|cell| cell.parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{line}");
    }
    let graded = format!("{}_left_neural_foraminal_narrowing_l5_s1,", bench.uid);
    let row = run.out.lines().find(|line| line.starts_with(&graded)).unwrap();
    assert!(row.rsplit(',').next().unwrap().parse::<f64>().unwrap() > 0.9, "{row}");
    for words in [
        "study 101: 25 rows hold the contest's prevalence: no readable image in it (1 file)",
        "study 102: 25 rows hold the contest's prevalence: an empty folder",
        "study 103: 25 rows hold the contest's prevalence: no readable image in it (1 file)",
        "study 104: 25 rows hold the contest's prevalence: no image of this study was found",
        "125 rows, as in the sample: 25 graded, 100 filled",
        "4 studies: 1 graded, 0 partially graded, 0 not assessed, 3 failed",
    ] {
        assert!(run.err.contains(words), "{words}\n{}", run.err);
    }
    let run = Bench::grade(&[&images], &["--sample", sample, "--format", "json"]);
    let json: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((&json["sample"]["rows"], &json["sample"]["graded"]), (&125.into(), &25.into()));
    assert_eq!(json["sample"]["filled"].as_array().unwrap().len(), 4);
    assert_eq!(json["sample"]["filled"][0]["with"], "prevalence");
    assert_eq!((&json["summary"]["failed"], &json["summary"]["graded"]), (&3.into(), &1.into()));
    assert!(json["issues"].to_string().contains("an empty folder: a failed study"), "{}", json["issues"]);

    // Into a folder of results the same.
    let out = bench.dir.path().join("out");
    let batch = Bench::grade(&[&images], &["--sample", sample, "--out-dir", out.to_str().unwrap()]);
    assert_eq!(batch.code, 6, "{}", batch.err);
    let submission = std::fs::read_to_string(out.join("submission.csv")).unwrap();
    assert_eq!(submission, Bench::grade(&[&images], &["--sample", sample]).out);
    assert!(batch.err.contains("25 graded, 100 filled"), "{}", batch.err);
}

#[test]
fn a_study_of_other_uids_is_known_by_its_folder_and_one_that_is_not_asked_for_is_named() {
    let bench = Bench::new();
    let sample = bench.sample("100");
    let run = Bench::grade(&[&bench.images()], &["--sample", sample.to_str().unwrap()]);
    assert!(run.err.contains("study 100: its files have a different UID; identified by its folder"), "{}", run.err);
    assert!(run.err.contains("25 graded, 100 filled"), "{}", run.err);
    let sample = bench.sample("999");
    let run = Bench::grade(&[&bench.images()], &["--sample", sample.to_str().unwrap()]);
    assert!(run.err.contains(&format!("study {}: not in the sample, so it has no rows", bench.uid)), "{}", run.err);
    assert_eq!(ids(&run.out).len(), 125);
}

#[test]
fn nothing_at_all_to_grade_is_a_submission_all_the_same_and_a_bad_sample_is_none() {
    let bench = Bench::new();
    let sample = bench.sample("100");
    let (missing, bare) = (bench.dir.path().join("nowhere"), bench.images().join("102"));
    for paths in [vec![missing.as_path()], vec![bare.as_path()], vec![&missing, &bare]] {
        for more in [vec![], vec!["--out-dir", "out"]] {
            let out = TempDir::new().unwrap();
            let folder = out.path().to_str().unwrap();
            let more: Vec<&str> = more.into_iter().map(|word| if word == "out" { folder } else { word }).collect();
            let run = Bench::grade(&paths, &[&["--sample", sample.to_str().unwrap()], more.as_slice()].concat());
            assert_eq!(run.code, 6, "{}", run.err);
            let text = if more.is_empty() {
                run.out
            } else {
                std::fs::read_to_string(out.path().join("submission.csv")).unwrap()
            };
            assert_eq!(ids(&text).len(), 125, "{}", run.err);
        }
    }
    std::fs::write(&sample, "study_id\n1\n").unwrap();
    let run = Bench::grade(&[&bench.images()], &["--sample", sample.to_str().unwrap()]);
    let line = run.one_line(3);
    assert!(line.contains("it has no column row_id; --sample needs a sample_submission.csv"), "{line}");
    assert!(run.out.is_empty());
    let run = Bench::grade(&[&bench.images()], &["--sample", "x", "--out-dir", "y", "--shard", "1/2"]);
    assert_eq!(run.code, 2, "a share is no submission: {}", run.err);
}

#[test]
fn a_folder_without_an_image_is_a_failed_study_and_results_are_not() {
    let bench = Bench::new();
    let images = bench.images();
    std::fs::create_dir(images.join("charts")).unwrap();
    std::fs::write(images.join("charts/a.svg"), "<svg/>").unwrap();
    let run = Bench::grade(&[&images], &[]);
    assert_eq!(run.code, 6, "{}", run.err);
    assert!(run.err.contains("101: no readable image in it (1 file): a failed study"), "{}", run.err);
    assert!(run.err.contains("102: an empty folder: a failed study"), "{}", run.err);
    assert!(!run.err.contains("charts"), "{}", run.err);
    assert_eq!(ids(&run.out).len(), 25);
    // In a batch too, which may write below what it reads; in shares each in one.
    let out = images.join("out");
    let batch = Bench::grade(&[&images], &["--out-dir", out.to_str().unwrap()]);
    assert_eq!(batch.code, 6, "{}", batch.err);
    assert!(batch.err.contains("1 graded, 0 partially graded, 0 not assessed, 3 failed"), "{}", batch.err);
    let lines = |name: &str| -> Vec<String> {
        let text = std::fs::read_to_string(out.join(name)).unwrap();
        text.lines().filter(|line| line.contains(",failed,")).map(str::to_owned).collect()
    };
    let failed = lines("summary.csv");
    assert_eq!(failed.iter().map(|line| line.split(',').next().unwrap()).collect::<Vec<_>>(), ["101", "102", "103"]);
    let mut shared = Vec::new();
    for share in ["1/2", "2/2"] {
        Bench::grade(&[&images], &["--out-dir", out.to_str().unwrap(), "--shard", share]);
        shared.extend(lines(&format!("summary-{}.csv", share.replace('/', "-of-"))));
    }
    shared.sort();
    assert_eq!(shared, failed);
}

#[test]
fn several_studies_are_named_by_their_ids_and_one_is_not() {
    let dir = TempDir::new().unwrap();
    let (data, models) = (dir.path().join("data"), dir.path().join("models"));
    std::fs::create_dir(&models).unwrap();
    // A model for one role: of the others each study says that nothing looked.
    std::fs::copy(super::grade::models().join("scs.onnx"), models.join("scs.onnx")).unwrap();
    let made =
        foramen(&["phantom", "--studies", "2", "--seed", "8", "--dialect", "contest", "--out", data.to_str().unwrap()]);
    assert_eq!(made.code, 0, "{}", made.err);
    let images = data.join("train_images");
    let grade = |path: &Path| {
        foramen(&["grade", path.to_str().unwrap(), "--models", models.to_str().unwrap(), "--engine", "rten"])
    };
    let studies: Vec<String> =
        std::fs::read_dir(&images).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    let run = grade(&images);
    assert_eq!(run.code, 6, "in part: {}", run.err);
    for study in &studies {
        let named =
            run.err.lines().any(|line| line.contains(&format!(" of 2 ({study}): ")) && line.contains("no model for"));
        assert!(named, "{study}: {}", run.err);
    }
    assert!(run.err.contains("2 studies: 0 graded, 2 partially graded"), "{}", run.err);
    assert!(grade(&images.join(&studies[0])).err.contains("study 1 of 1: "));
}
