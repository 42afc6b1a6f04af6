//! `foramen evaluate`: submissions with intervals, boxes against labels, millimetres; and what is refused.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use foramen::{cancel::Cancel, grading::GradeId, grading::Role, phantom::Dialect, study};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    grade::models,
    models::onnx,
    support::{Run, foramen, phantom},
};

fn evaluate(args: &[&str]) -> Run {
    foramen(&[&["evaluate"], args].concat())
}

fn parsed(run: &Run) -> Value {
    assert_eq!(run.code, 0, "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Labels of `count` studies in turns, and a file for each probability that is given to the truth.
fn tables(dir: &Path, count: usize, sure: &[(&str, f64)]) -> PathBuf {
    let words = ["Normal/Mild", "Moderate", "Severe"];
    let truth = |study: usize, id: GradeId| (study + id.index()) % 3;
    let mut labels = format!("study_id,{}\n", GradeId::ALL.map(|id| id.to_string()).join(","));
    for study in 0..count {
        writeln!(labels, "{study},{}", GradeId::ALL.map(|id| words[truth(study, id)]).join(",")).unwrap();
    }
    for (name, given) in sure {
        let mut text = "row_id,normal_mild,moderate,severe\n".to_owned();
        for (study, id) in (0..count).flat_map(|study| GradeId::ALL.map(|id| (study, id))) {
            // Studies differ in how well they are predicted.
            let given = given + 0.02 * (study % 5) as f64;
            let mut row = [(1.0 - given) / 2.0; 3];
            row[truth(study, id)] = given;
            writeln!(text, "{},{},{},{}", id.row_id(&study.to_string()), row[0], row[1], row[2]).unwrap();
        }
        std::fs::write(dir.join(name), text).unwrap();
    }
    let file = dir.join("train.csv");
    std::fs::write(&file, labels).unwrap();
    file
}

#[test]
fn an_interval_holds_the_score_and_the_same_seed_gives_it_again() {
    let dir = TempDir::new().unwrap();
    let solution = tables(dir.path(), 12, &[("a.csv", 0.5)]);
    let a = dir.path().join("a.csv");
    let base = ["--solution", solution.to_str().unwrap(), "--submission", a.to_str().unwrap(), "--json"];
    let plain = parsed(&evaluate(&base));
    assert!(plain.get("bootstrap").is_none() && plain.get("calibration").is_none());
    let with = |more: &[&str]| parsed(&evaluate(&[&base[..], more].concat()));
    let report = with(&["--bootstrap", "300"]);
    assert_eq!(report["score"], plain["score"], "resampling must not touch the score");
    let parts = report["bootstrap"]["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 5);
    let interval = &parts[4]["interval"];
    assert_eq!(parts[4]["part"], "score");
    let (low, high) = (number(&interval["low"]), number(&interval["high"]));
    assert!(low < number(&plain["score"]) && number(&plain["score"]) < high, "{interval}");
    assert_eq!(report, with(&["--bootstrap", "300"]));
    assert_ne!(report["bootstrap"], with(&["--bootstrap", "300", "--seed", "7"])["bootstrap"]);
}

#[test]
fn several_submissions_stand_in_one_table_against_the_first() {
    let dir = TempDir::new().unwrap();
    let solution = tables(dir.path(), 10, &[("max.csv", 0.4), ("b.csv", 0.6)]);
    let file = |name: &str| dir.path().join(name).display().to_string();
    let (max, named) = (file("max.csv"), format!("our way={}", file("b.csv")));
    let args =
        ["--solution", solution.to_str().unwrap(), "--submission", &max, "--submission", &named, "--bootstrap", "200"];
    let json = parsed(&evaluate(&[&args[..], &["--json"]].concat()));
    let all = json["submissions"].as_array().unwrap();
    assert_eq!((&all[0]["name"], &all[1]["name"]), (&json!("max"), &json!("our way")));
    assert!(all[0]["against_first"].is_null());
    let against = &all[1]["against_first"];
    let (first, second) = (number(&all[0]["score"]), number(&all[1]["score"]));
    assert!((number(&against["change_percent"]) - 100.0 * (second - first) / first).abs() < 1e-9);
    assert!((number(&against["bootstrap"]["better_in"]) - 1.0).abs() < 1e-12);
    assert!(number(&against["bootstrap"]["change_percent"]["high"]) < 0.0);
    let text = evaluate(&args);
    assert_eq!(text.code, 0, "{}", text.err);
    assert!(text.out.contains("our way") && text.out.contains("better in 100.0 % of 200 resamples"), "{}", text.out);
}

#[test]
fn submissions_that_cannot_be_compared_are_refused() {
    let dir = TempDir::new().unwrap();
    let solution = tables(dir.path(), 4, &[("a.csv", 0.5)]);
    let [solution, a] = [solution, dir.path().join("a.csv")].map(|p| p.display().to_string());
    let all = std::fs::read_to_string(&a).unwrap();
    let part = dir.path().join("part.csv").display().to_string();
    let kept: Vec<&str> = all.lines().filter(|l| !l.starts_with("3_")).collect();
    std::fs::write(&part, kept.join("\n")).unwrap();
    let both = ["--solution", &solution, "--submission", &a, "--submission", &part];
    let run = evaluate(&[&both[..], &["--studies-of-submission"]].concat());
    let line = run.one_line(3);
    assert!(line.contains("do not cover the same studies; in only one of them: 3;"), "{line}");
    let line = evaluate(&both).one_line(3).to_owned();
    assert!(line.contains("part.csv: 25 labelled rows are missing"), "{line}");
    let twice = evaluate(&["--solution", &solution, "--submission", &a, "--submission", &a]);
    assert!(twice.one_line(3).contains("the same name"), "{}", twice.err);
    // The command line itself: nothing, two things at once, a part of one thing, too few resamples.
    for args in [
        &[][..],
        &["--solution", &solution],
        &["--submission", &a],
        &["--solution", &solution, "--submission", &a, "--detections", "x"],
        &["--solution", &solution, "--submission", &a, "--bootstrap", "5"],
        &["--localisation", "x"],
        &["--detections", "x", "--studies-of-submission"],
    ] {
        assert_eq!(evaluate(args).code, 2, "{args:?}");
    }
}

#[test]
fn calibration_is_told_and_drawn() {
    let dir = TempDir::new().unwrap();
    let solution = tables(dir.path(), 6, &[("a.csv", 0.5)]).display().to_string();
    let (a, plots) = (dir.path().join("a.csv").display().to_string(), dir.path().join("plots"));
    let run = evaluate(&["--solution", &solution, "--submission", &a, "--plots", plots.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.out.contains("calibration (10 bins"), "{}", run.out);
    let svg = std::fs::read_to_string(plots.join("reliability.svg")).unwrap();
    assert!(svg.contains("Neural foraminal narrowing (60 rows)") && svg.contains("observed share"));
    let blocked = evaluate(&["--solution", &solution, "--submission", &a, "--plots", &a]);
    assert_eq!(blocked.code, 5, "{}", blocked.err);
}

/// The classes of the canal's model, and the number of one.
fn class_number(name: &str) -> usize {
    foramen::grading::DetectionClass::all(Role::Scs).iter().position(|c| c.to_string() == name).unwrap()
}

/// A data set of four pictures of 320 x 320. The model sees L4/L5 moderate (0.3) at 120 to 200 in each; the labels
/// agree in the first two, say severe in the third, and lie elsewhere in the fourth.
fn data_set(root: &Path, today: bool) -> PathBuf {
    let data = root.join(if today { "today" } else { "first" });
    let [images, labels] =
        if today { ["images", "labels"] } else { ["images/val", "labels/val"] }.map(|f| data.join(f));
    let fold = if today { data.join("fold1") } else { data.clone() };
    for folder in [&images, &labels, &fold] {
        std::fs::create_dir_all(folder).unwrap();
    }
    let (moderate, severe) = ("spinal_canal_stenosis_l4_l5_moderate", "spinal_canal_stenosis_l4_l5_severe");
    let mut list = String::new();
    for (index, (name, place)) in
        [(moderate, "0.5 0.5"), (moderate, "0.5 0.5"), (severe, "0.5 0.5"), (moderate, "0.2 0.2")]
            .into_iter()
            .enumerate()
    {
        image::GrayImage::new(320, 320).save(images.join(format!("{index}.png"))).unwrap();
        let text = format!("{} {place} 0.25 0.25\n", class_number(name));
        std::fs::write(labels.join(format!("{index}.txt")), text.repeat(2)).unwrap();
        writeln!(list, "/somewhere/else/images/{index}.png").unwrap();
    }
    let classes = foramen::grading::DetectionClass::all(Role::Scs);
    let names: Vec<String> = classes.iter().enumerate().map(|(i, c)| format!("  {i}: {c}\n")).collect();
    let names = names.concat();
    std::fs::write(fold.join("data.yaml"), format!("val: x\nnames:\n{names}")).unwrap();
    std::fs::write(data.join("dataset.json"), "{\"role\": \"scs\", \"fold\": 1, \"new\": []}").unwrap();
    if today {
        std::fs::write(fold.join("val.txt"), list).unwrap();
    }
    data
}

fn detections(data: &Path, models: &Path, more: &[&str]) -> Run {
    let base = ["--detections", data.to_str().unwrap(), "--models", models.to_str().unwrap(), "--engine", "rten"];
    evaluate(&[&base[..], more].concat())
}

#[test]
fn boxes_are_matched_with_labels_in_either_layout() {
    let dir = TempDir::new().unwrap();
    let plots = dir.path().join("plots");
    for today in [false, true] {
        let data = data_set(dir.path(), today);
        let json = parsed(&detections(&data, models(), &["--fold", "1", "--json", "--plots", plots.to_str().unwrap()]));
        assert_eq!((&json["images"], &json["labels"]), (&json!(4), &json!(4)), "a line that stands twice counts once");
        let model = &json["models"][0];
        let confusion = &model["confusion"];
        assert_eq!(confusion["severity"], json!([[0, 0, 0], [0, 2, 0], [0, 1, 0]]));
        assert_eq!((&confusion["missed"], &confusion["false"]), (&json!([0, 1, 0]), &json!([0, 1, 0])));
        assert_eq!(confusion["level"][3], json!([0, 0, 0, 3, 0]));
        // Moderate: four equal scores, two right, three labels; severe (0.1, everywhere): one right of four, one label.
        let coco = &model["average_precision"][1];
        assert_eq!(coco["definition"], "coco");
        let of = |name: &str| {
            let classes = coco["classes"].as_array().unwrap();
            number(&classes.iter().find(|c| c["class"] == name).unwrap()["ap50"])
        };
        assert!((of("spinal_canal_stenosis_l4_l5_moderate") - 67.0 / 101.0).abs() < 1e-9);
        assert!((of("spinal_canal_stenosis_l4_l5_severe") - 1.0 / 3.0).abs() < 1e-9);
        let mean = f64::midpoint(67.0 / 101.0, 1.0 / 3.0);
        assert!((number(&coco["map50"]) - mean).abs() < 1e-9, "{}", coco["map50"]);
        for name in ["precision-recall.svg", "confusion.svg"] {
            let svg = std::fs::read_to_string(plots.join(name)).unwrap();
            assert!(svg.contains("<text") && svg.contains("moderate"), "{name}");
        }
        let text = detections(&data, models(), &["--fold", "1"]);
        assert!(
            text.out.contains("Ultralytics 8.4's definition") && text.out.contains("COCO's definition"),
            "{}",
            text.out
        );
    }
}

#[test]
fn a_data_set_or_model_that_does_not_fit_is_refused_in_words() {
    let dir = TempDir::new().unwrap();
    let (today, first) = (data_set(dir.path(), true), data_set(dir.path(), false));
    let line = |data: &Path, models: &Path, code: i32, more: &[&str]| {
        let run = detections(data, models, more);
        run.one_line(code).replace(&dir.path().display().to_string(), "DIR")
    };
    let is = |found: String, expected: &str| assert!(found.contains(expected), "{found}\nexpected: {expected}");
    is(line(dir.path(), models(), 3, &[]), "DIR/dataset.json: expected a data set made by `foramen dataset`");
    is(line(&today, models(), 3, &["--fold", "3"]), "DIR/today: it has no fold 3, only 1");
    is(line(&first, models(), 3, &["--fold", "3"]), "DIR/first: it has one fold (1)");
    let folder = |name: &str, bytes: Vec<u8>| {
        let folder = dir.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("x.onnx"), bytes).unwrap();
        folder
    };
    let other = folder("other", onnx::of_role(Role::Ss, &[]));
    let run = detections(&today, &other, &["--fold", "1"]);
    assert_eq!(run.code, 4);
    is(run.err, "other: no model for scs");
    let few = folder("few", onnx::detector(Some("{0: 'spinal_canal_stenosis_l1_l2_severe'}"), &[1, 5, 21], &[0.5]));
    is(
        line(&today, &few, 4, &["--fold", "1"]),
        "DIR/today and x.onnx have different classes: only in the data: spinal_canal_stenosis_l1_l2_normal_mild and 13 more; \
         only in the model: none",
    );
    let label = today.join("labels/2.txt");
    std::fs::write(&label, "3 0.5 0.5 0.2 0.2\n77 0.5 0.5 0.2 0.2\n").unwrap();
    is(
        line(&today, models(), 3, &["--fold", "1"]),
        "DIR/today/labels/2.txt, line 2: \"77 0.5 0.5 0.2 0.2\": expected a class from 0 to 14",
    );
    // Lost, not background: that has an empty file.
    std::fs::remove_file(&label).unwrap();
    is(line(&today, models(), 3, &["--fold", "1"]), "DIR/today/labels/2.txt: cannot be read");
    std::fs::write(&label, "").unwrap();
    std::fs::remove_file(today.join("images/2.png")).unwrap();
    is(line(&today, models(), 3, &["--fold", "1"]), "val.txt: it names 2.png, which is not in DIR/today/images");
}

/// Grades of the phantom whose evidence lies `offset` mm from each label; rows in `left_out` have none.
fn grades_beside_labels(data: &Path, offset: [f64; 3], left_out: &[&str]) -> Value {
    let scan = study::scan(&[data.join("train_images")], &Cancel::default(), &|_, _| ()).unwrap();
    let study = &scan.studies[0];
    let csv = std::fs::read_to_string(data.join("train_label_coordinates.csv")).unwrap();
    let mut rows = Vec::new();
    let mut levels = Vec::new();
    for cells in csv.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()) {
        let id: GradeId = format!("{} {}", cells[3], cells[4]).parse().unwrap();
        let slices = study
            .series
            .iter()
            .filter(|s| s.uid == format!("{}.{}", cells[0], cells[1]).as_str())
            .flat_map(|s| &s.slices);
        let slice = slices.into_iter().find(|s| s.instance.number == cells[2].parse().ok()).unwrap();
        let label = slice.plane.unwrap().patient_from_pixel(foramen::geometry::PixelCenter::new(
            cells[5].parse().unwrap(),
            cells[6].parse().unwrap(),
        ));
        let point: [f64; 3] = std::array::from_fn(|i| label[i] + offset[i]);
        let corner = |x: f64, y: f64| json!([point[0] + x, point[1] + y, point[2]]);
        let corners = json!([corner(-5.0, -4.0), corner(5.0, -4.0), corner(5.0, 4.0), corner(-5.0, 4.0)]);
        let evidence = json!([{"severity": "moderate", "box_patient_mm": corners}]);
        let is_left_out = left_out.contains(&id.to_string().as_str());
        rows.push(json!({
            "condition": id.condition(), "side": id.side(), "level": id.level(), "aggregate": "geometric",
            "scores": {"normal_mild": 0.2, "moderate": 0.5, "severe": 0.3},
            "evidence": if is_left_out { json!([]) } else { evidence },
        }));
        if id.side().is_none() {
            levels.push(json!({"level": id.level(), "patient_mm": point}));
        }
    }
    assert!(rows.len() >= 20, "{} labels", rows.len());
    json!({"studies": [{"study_uid": study.uid, "grades": rows, "levels": levels}]})
}

#[test]
fn evidence_is_measured_in_millimetres_from_the_labels() {
    let dir = TempDir::new().unwrap();
    let data = phantom(Dialect::Contest);
    let run = |grades: &Value, more: &[&str]| {
        let file = dir.path().join("grades.json");
        std::fs::write(&file, grades.to_string()).unwrap();
        let base = ["--localisation", data.to_str().unwrap(), "--grades", file.to_str().unwrap()];
        evaluate(&[&base[..], more].concat())
    };
    // 3 mm towards the head: in the plane of sagittal slices, across axial ones.
    let grades = grades_beside_labels(data, [0.0, 0.0, 3.0], &["spinal_canal_stenosis_l4_l5"]);
    let json = parsed(&run(&grades, &["--json"]));
    let groups = json["evidence"].as_array().unwrap();
    let of = |condition: &str, level: Value| {
        groups.iter().find(|g| g["condition"] == condition && g["level"] == level).unwrap()
    };
    let canal = of("spinal_canal_stenosis", Value::Null);
    assert_eq!((&canal["labelled"], &canal["found"], &canal["right_level"]), (&json!(5), &json!(4), &json!(4)));
    assert!((number(&canal["distance_mm"]["median"]) - 3.0).abs() < 1e-3, "{canal}");
    assert!(number(&canal["in_plane_mm"]["median"]) > 2.5, "{canal}");
    let recess = of("subarticular_stenosis", Value::Null);
    assert!((number(&recess["distance_mm"]["median"]) - 3.0).abs() < 1e-3, "{recess}");
    assert!(number(&recess["in_plane_mm"]["median"]) < 2.0, "{recess}");
    assert_eq!(of("spinal_canal_stenosis", json!("l4_l5"))["found"], 0);
    let levels = json["levels"].as_array().unwrap();
    assert!((number(&levels.last().unwrap()["distance_mm"]["median"]) - 3.0).abs() < 1e-3);
    let text = run(&grades, &[]);
    assert!(text.out.contains("right level") && text.out.contains("level points"), "{}", text.out);

    // A whole level too low: nothing but the lowest is right.
    let low = parsed(&run(&grades_beside_labels(data, [0.0, 0.0, -34.0], &[]), &["--json"]));
    let all = low["evidence"].as_array().unwrap().last().unwrap().clone();
    assert!(number(&all["right_level"]) < 0.5 * number(&all["found"]), "{all}");
}

#[test]
fn grades_of_other_studies_and_other_files_are_refused() {
    let dir = TempDir::new().unwrap();
    let data = phantom(Dialect::Contest);
    let file = dir.path().join("grades.json");
    let line = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let args = ["--localisation", data.to_str().unwrap(), "--grades", file.to_str().unwrap()];
        evaluate(&args).one_line(3).to_owned()
    };
    let other = json!({"studies": [{"study_uid": "unknown", "grades": []}]}).to_string();
    assert!(line(&other).contains("have no study in common"), "{}", line(&other));
    assert!(line("[1, 2]").contains("not written by `foramen grade --format json`"));
    let missing = evaluate(&[
        "--localisation",
        dir.path().to_str().unwrap(),
        "--grades",
        dir.path().join("no.json").to_str().unwrap(),
    ]);
    assert!(missing.one_line(3).contains("no.json: cannot be read"), "{}", missing.err);
    // Graded studies that nobody labelled are listed, and the others measured.
    let mut grades = grades_beside_labels(data, [0.0; 3], &[]);
    grades["studies"].as_array_mut().unwrap().push(json!({"study_uid": "unknown", "grades": []}));
    std::fs::write(&file, grades.to_string()).unwrap();
    let run = evaluate(&["--localisation", data.to_str().unwrap(), "--grades", file.to_str().unwrap()]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(run.err.contains("left out, graded studies without points: 1 (unknown)"), "{}", run.err);
}
