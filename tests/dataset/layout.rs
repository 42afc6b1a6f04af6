//! Five folds over one set of images; several detectors in one run; the report and the sheet.

use std::{collections::BTreeSet, fs};

use foramen::{
    dataset::{FOLDS, SplitSource, data_yaml},
    phantom::Dialect,
    raster::Standardize,
};

use super::support::{info, make, phantoms, rows, run, stems, text};

#[test]
fn five_folds_share_the_images_and_every_study_validates_once() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("yolo"));
    let studies = phantoms(&data, 5, 21, Dialect::Contest);
    let info = make("scs", &data, &out, &[]);
    assert_eq!(info.split, SplitSource::Read);
    let images: BTreeSet<String> = stems(&out.join("images")).into_iter().collect();
    assert_eq!(stems(&out.join("labels")).into_iter().collect::<BTreeSet<_>>(), images, "background has an empty file");
    let folds = rows(&data.join("5folds.csv"));
    let mut validated = BTreeSet::new();
    for fold in 0..FOLDS {
        let yaml = data_yaml(&out, fold);
        assert!(!fs::read_to_string(&yaml).unwrap().contains(text(dir.path())), "the folder may be moved");
        let list = |name: &str| -> BTreeSet<String> {
            let lines = fs::read_to_string(yaml.with_file_name(name)).unwrap();
            let name = |line: &str| line.strip_prefix("./../images/").unwrap().strip_suffix(".png").unwrap().to_owned();
            lines.lines().map(name).collect()
        };
        let (train, val) = (list("train.txt"), list("val.txt"));
        assert!(train.is_disjoint(&val) && train.union(&val).eq(images.iter()));
        let counted = &info.folds[fold as usize];
        assert_eq!((counted.fold, counted.images), (fold, [train.len(), val.len()]));
        let here: BTreeSet<&str> =
            folds.iter().filter(|row| row["fold"] == fold.to_string()).map(|row| row["study_id"].as_str()).collect();
        assert!(val.iter().all(|name| here.contains(name.split('_').next().unwrap())));
        let lines = |names: &BTreeSet<String>| -> usize {
            names
                .iter()
                .map(|n| fs::read_to_string(out.join("labels").join(format!("{n}.txt"))).unwrap().lines().count())
                .sum()
        };
        let boxes = [0, 1].map(|part| counted.boxes.values().map(|c| c[part]).sum::<usize>());
        assert_eq!(boxes, [lines(&train), lines(&val)]);
        validated.extend(val);
    }
    assert_eq!(validated, images);
    assert_eq!(info.studies, studies.len());

    // Without 5folds.csv a split is made; the one that was written makes the same data set again.
    fs::remove_file(data.join("5folds.csv")).unwrap();
    let made = make("scs", &data, &dir.path().join("made"), &[]);
    assert_eq!(made.split, SplitSource::Made);
    assert!(made.folds.iter().all(|fold| fold.studies == [4, 1]), "{:?}", made.folds);
    fs::copy(dir.path().join("made/5folds.csv"), data.join("5folds.csv")).unwrap();
    let again = make("scs", &data, &dir.path().join("again"), &[]);
    assert_eq!((again.split, &again.folds), (SplitSource::Read, &made.folds));
}

#[test]
fn all_roles_in_one_run_are_what_each_alone_is() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("all"));
    phantoms(&data, 1, 6, Dialect::Clinical);
    let args = ["dataset", "--role", "all", "--data", text(&data), "--out", text(&out)];
    let (code, said, err) = run(&args);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(stems(&out), ["nfn", "scs", "ss"]);
    for role in ["nfn", "scs", "ss"] {
        let alone = dir.path().join(role);
        let one = make(role, &data, &alone, &[]);
        assert_eq!(info(&out.join(role)), one);
        assert_eq!(stems(&out.join(role).join("images")), stems(&alone.join("images")));
        let report = fs::read_to_string(alone.join("report.md")).unwrap();
        assert!(said.contains(&report), "{said}\nlacks\n{report}");
        let boxes: usize = one.folds[0].boxes.values().flatten().sum();
        assert!(report.contains(&format!(" {boxes} boxes.")), "{report}");
        assert!(report.contains("nothing can be trained and validated in fold"), "one study is too few: {report}");
        let sheet = image::open(alone.join("contact_sheet.png")).unwrap().into_rgb8();
        let severe = sheet.pixels().filter(|p| p.0 == [255, 106, 61]).count();
        let has_severe =
            one.folds[0].boxes.iter().any(|(name, n)| name.ends_with("severe") && n.iter().sum::<usize>() > 0);
        // The tags of the five or ten row heads are there in any case; frames of boxes come on top.
        assert_eq!(severe > 10 * 13 * 15, has_severe, "{role}: {severe} pixels in the colour of severe");
    }
    // The size of a box is that of one role.
    let (code, _, said) = run(&[&args[..], &["--box-mm", "20"]].concat());
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("a single role"), "{said}");
    let (code, _, said) = run(&["dataset", "--role", "knee", "--data", "x", "--out", "y"]);
    assert_eq!(code, 2);
    assert!(said.contains("nfn, scs, ss, all or crops"), "{said}");
}

#[test]
fn the_seeds_choices_come_at_once_and_each_can_be_changed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    phantoms(&data, 2, 6, Dialect::Contest);
    let seed = make("scs", &data, &dir.path().join("seed"), &["--preset", "seed"]);
    assert_eq!(seed.standardize, Standardize::SliceMinMax);
    assert_eq!((seed.shape.share_of_image, seed.shape.depth_mm), (Some(20.0 / 384.0), 0.0));
    let labels = |name: &str| -> Vec<Vec<f64>> {
        let folder = dir.path().join(name).join("labels");
        let files = fs::read_dir(folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
        let texts: Vec<String> = files.collect();
        assert!(name != "seed" || texts.iter().all(|text| !text.is_empty()), "background");
        let lines = texts.iter().flat_map(|text| text.lines());
        lines.map(|line| line.split(' ').map(|cell| cell.parse().unwrap()).collect()).collect()
    };
    // One box a point, on its own slice, of the same share of every image.
    let points = rows(&data.join("train_label_coordinates.csv"));
    let points = points.iter().filter(|point| point["condition"].to_lowercase().starts_with("spinal")).count();
    let boxes = labels("seed");
    assert_eq!(boxes.len(), points);
    let side = 20.0 / 384.0;
    assert!(boxes.iter().all(|cells| cells[3..].iter().all(|s| (s - side).abs() < 1e-5)), "{boxes:?}");
    let report = fs::read_to_string(dir.path().join("seed/report.md")).unwrap();
    assert!(
        report.contains("Each point becomes a box of 5.21 % of the image's width and height, only on its own slice"),
        "{report}"
    );

    let mixed = ["--preset", "seed", "--box-mm", "20x20", "--depth-mm", "5", "--negatives", "0.5"];
    let mixed = make("scs", &data, &dir.path().join("mixed"), &mixed);
    assert_eq!((mixed.shape.share_of_image, mixed.shape.width_mm, mixed.shape.depth_mm), (None, 20.0, 5.0));
    assert_eq!(mixed.standardize, Standardize::SliceMinMax);
    assert!(labels("mixed").len() > points);
    // Without the preset nothing changes.
    let plain = make("scs", &data, &dir.path().join("plain"), &[]);
    assert_eq!((plain.standardize, plain.shape.share_of_image), (Standardize::SlicePercentile, None));
}

#[test]
fn what_was_read_and_left_out_is_told_line_by_line_when_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    phantoms(&data, 1, 6, Dialect::Contest);
    let points = data.join("train_label_coordinates.csv");
    let lines = fs::read_to_string(&points).unwrap();
    fs::write(&points, lines + "1,2,3,Spinal Canal Stenosis,L9/L9,1,1\n").unwrap();
    let out = dir.path().join("out");
    let (code, _, said) = run(&["dataset", "-vv", "--role", "scs", "--data", text(&data), "--out", text(&out)]);
    assert_eq!(code, 0, "{said}");
    for words in ["1 studies in train.csv", "boxes on", "left out: "] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
