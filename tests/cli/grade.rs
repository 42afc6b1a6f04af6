//! `foramen grade` with models whose answers are known, and with those inside the program.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use foramen::grading::Role;
use tempfile::TempDir;

use super::{
    models::onnx,
    support::{Run, folder, foramen, write_small_study},
};

/// A folder with one tiny model for each role, each of which sees one thing on every slice.
pub fn models() -> &'static Path {
    static MODELS: OnceLock<PathBuf> = OnceLock::new();
    MODELS.get_or_init(|| {
        let dir = folder().join("models");
        std::fs::create_dir(&dir).unwrap();
        let seen = [
            (Role::Nfn, [("left_neural_foraminal_narrowing_l5_s1_severe", 0.6)].as_slice()),
            (Role::Scs, &[("spinal_canal_stenosis_l4_l5_moderate", 0.3), ("spinal_canal_stenosis_l4_l5_severe", 0.1)]),
            (Role::Ss, &[("right_subarticular_stenosis_l3_l4_normal_mild", 0.8)]),
        ];
        for (role, seen) in seen {
            std::fs::write(dir.join(format!("{role}.onnx")), onnx::of_role(role, seen)).unwrap();
        }
        dir
    })
}

fn grade(paths: &[&Path], format: &str) -> Run {
    let mut args: Vec<&Path> = vec!["grade".as_ref()];
    args.extend(paths);
    args.extend([Path::new("--models"), models(), Path::new("--engine"), Path::new("rten")]);
    args.extend([Path::new("--format"), Path::new(format)]);
    // The boxes of these models lie anywhere: their names must count.
    args.extend([Path::new("--aggregate"), Path::new("max")]);
    foramen(&args)
}

/// The rows of a CSV: (name, three scores).
fn rows(csv: &str) -> Vec<(String, [f64; 3])> {
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("row_id,normal_mild,moderate,severe"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            (cells[0].to_owned(), [1, 2, 3].map(|i| cells[i].parse().unwrap()))
        })
        .collect()
}

#[test]
fn a_study_has_25_rows_that_say_what_was_seen() {
    let dir = TempDir::new().unwrap();
    write_small_study(dir.path());
    let run = grade(&[dir.path()], "csv");
    assert_eq!(run.code, 0, "{}", run.err);
    let rows = rows(&run.out);
    assert_eq!(rows.len(), 25);
    for (name, scores) in &rows {
        assert!(
            (scores.iter().sum::<f64>() - 1.0).abs() < 1e-5 && scores.iter().all(|s| *s > 0.0 && *s < 1.0),
            "{name}"
        );
    }
    let of = |tail: &str| rows.iter().find(|(name, _)| name.ends_with(tail)).unwrap().1;
    assert!(of("left_neural_foraminal_narrowing_l5_s1")[2] > 0.9);
    let canal = of("spinal_canal_stenosis_l4_l5");
    assert!((canal[1] / canal[2] - 3.0).abs() < 0.1, "{canal:?}");
    assert!(of("right_subarticular_stenosis_l3_l4")[0] > 0.9);
}

#[test]
fn the_json_says_where_each_number_comes_from() {
    let dir = TempDir::new().unwrap();
    write_small_study(dir.path());
    let run = grade(&[dir.path()], "json");
    assert_eq!(run.code, 0, "{}", run.err);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let study = &json["studies"][0];
    assert_eq!(study["assessed"], true);
    assert_eq!(study["models"].as_array().unwrap().len(), 3);
    assert!(study["models"][0]["engine"].as_str().unwrap().starts_with("rten "));
    assert_eq!(study["models"][0]["sha256"].as_str().unwrap().len(), 64);
    let grades = study["grades"].as_array().unwrap();
    let sources = |source: &str| grades.iter().filter(|g| g["source"] == source).count();
    assert_eq!((sources("detected"), sources("prior"), sources("not_assessed")), (3, 22, 0));
    let row = grades.iter().find(|g| g["condition"] == "spinal_canal_stenosis" && g["level"] == "l4_l5").unwrap();
    let evidence = &row["evidence"][0];
    // The model's box, 12 to 20 of 32, in an image of 320 pixels.
    let sides: Vec<f64> = evidence["box_pixels"].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert!(sides.iter().zip([120.0, 120.0, 200.0, 200.0]).all(|(a, b)| (a - b).abs() < 0.01), "{sides:?}");
    assert_eq!(evidence["box_patient_mm"].as_array().unwrap().len(), 4);
    assert!(evidence["sop_instance_uid"].as_str().unwrap().starts_with("2.25."));
}

#[test]
fn a_broken_study_does_not_stop_the_others() {
    let dir = TempDir::new().unwrap();
    let (good, broken, cut) = (dir.path().join("good"), dir.path().join("broken"), dir.path().join("cut"));
    let files = write_small_study(&good);
    std::fs::create_dir(&broken).unwrap();
    std::fs::write(broken.join("1.dcm"), &std::fs::read(&files[0]).unwrap()[..400]).unwrap();
    let alone = grade(&[&good], "csv");
    let run = grade(&[&broken, &good], "csv");
    assert_eq!(run.code, 6, "{}", run.err);
    assert_eq!(run.out, alone.out, "the good study is graded as if it were alone");
    let told: Vec<&str> = run.err.lines().filter(|line| line.contains("broken")).collect();
    assert_eq!(told.len(), 2, "{}", run.err);
    assert!(told[0].contains("1.dcm: cannot be read: the file ends in the middle of its header"), "{told:?}");
    assert!(told[1].ends_with("no DICOM image in it; the others are graded"), "{told:?}");
    assert!(run.err.contains("2 studies: 1 graded, 0 partially graded, 0 not assessed, 1 failed"), "{}", run.err);

    // One slice without its pixels: said once, with series and slice; the study is graded from the others.
    let files = write_small_study(&cut);
    let bytes = std::fs::read(&files[3]).unwrap();
    std::fs::write(&files[3], &bytes[..bytes.len() - 1000]).unwrap();
    let run = grade(&[&cut], "csv");
    assert_eq!(run.code, 6, "{}", run.err);
    assert_eq!(rows(&run.out).len(), 25);
    let name = files[3].display().to_string();
    let told: Vec<&str> = run.err.lines().filter(|line| line.contains(&name)).collect();
    assert_eq!(told.len(), 1, "{}", run.err);
    assert!(told[0].contains("slice") && told[0].contains("truncated"), "{told:?}");
}

#[test]
fn a_missing_series_is_graded_in_part_and_said_so() {
    let dir = TempDir::new().unwrap();
    for file in write_small_study(dir.path()) {
        let run =
            foramen::study::scan(std::slice::from_ref(&file), &foramen::cancel::Cancel::default(), &|_, _| ()).unwrap();
        if run.studies[0].series[0].role == Some(Role::Ss) {
            std::fs::remove_file(file).unwrap();
        }
    }
    let run = grade(&[dir.path()], "json");
    assert_eq!(run.code, 6, "in part, as a batch has it: {}", run.err);
    assert!(run.err.contains("Axial T2: not assessed: no Axial T2 series in this study"), "{}", run.err);
    assert!(run.err.contains("1 study: 0 graded, 1 partially graded"), "{}", run.err);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let grades = json["studies"][0]["grades"].as_array().unwrap();
    let not_assessed: Vec<_> = grades.iter().filter(|g| g["source"] == "not_assessed").collect();
    assert_eq!(not_assessed.len(), 10);
    for grade in not_assessed {
        assert_eq!(grade["condition"], "subarticular_stenosis");
        assert_eq!(
            (&grade["scores"], &grade["reason"]),
            (&serde_json::Value::Null, &"no Axial T2 series in this study".into())
        );
    }
}

#[test]
fn the_models_inside_the_program_grade_the_small_study() {
    let dir = TempDir::new().unwrap();
    write_small_study(dir.path());
    let run = foramen(&[Path::new("grade"), dir.path(), Path::new("--engine"), Path::new("rten")]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(rows(&run.out).len(), 25);
    assert!(run.err.contains("demo models"), "{}", run.err);
}
