//! Ultralytics finds in each fold of a data set what `dataset.json` says is there, also after the folder was moved.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
};

use foramen::dataset::{DatasetInfo, FOLDS, data_yaml};
use serde::Deserialize;

use super::python;

#[derive(Debug, PartialEq, Deserialize)]
struct Counted {
    images: [usize; 2],
    backgrounds: [usize; 2],
    boxes: BTreeMap<String, [usize; 2]>,
}

fn counted(folder: &Path) -> Vec<Counted> {
    let files: Vec<PathBuf> = (0..FOLDS).map(|fold| data_yaml(folder, fold)).collect();
    python::run("dataset.py", &files.iter().map(PathBuf::as_path).collect::<Vec<_>>(), "")
}

#[test]
#[ignore = "needs Ultralytics; .ci/run runs it"]
fn ultralytics_counts_the_same_images_and_boxes_in_every_fold() {
    let dir = tempfile::tempdir().unwrap();
    let [studies, data, moved] = ["studies", "data", "elsewhere/moved"].map(|name| dir.path().join(name));
    let ok = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_foramen")).args(args).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    ok(&["phantom", "--studies", "6", "--seed", "31", "--dialect", "contest", "--out", &text(&studies)]);
    ok(&["dataset", "--role", "scs", "--data", &text(&studies), "--out", &text(&data)]);
    let info: DatasetInfo = serde_json::from_slice(&std::fs::read(data.join("dataset.json")).unwrap()).unwrap();
    let found = counted(&data);
    assert_eq!(found.len(), info.folds.len());
    for (fold, found) in info.folds.iter().zip(&found) {
        assert_eq!((found.images, &found.boxes), (fold.images, &fold.boxes), "fold {}", fold.fold);
    }
    let [train, val] = found[0].backgrounds;
    assert!(train > 0 && val > 0, "images without a box are there as background");

    std::fs::create_dir(moved.parent().unwrap()).unwrap();
    std::fs::rename(&data, &moved).unwrap();
    assert_eq!(counted(&moved), found);
}
