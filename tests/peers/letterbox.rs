//! The letterbox against Ultralytics' and OpenCV's, pixel for pixel.

use std::path::PathBuf;

use foramen::{detector::Letterbox, raster::Image8};
use serde::Deserialize;

use super::python;

#[derive(Deserialize)]
struct Case {
    width: u32,
    height: u32,
    picture: PathBuf,
    input: PathBuf,
}

#[test]
#[ignore = "needs Python peers; .ci/run runs them"]
fn every_pixel_of_the_letterbox_is_ultralytics_pixel() {
    let dir = tempfile::tempdir().unwrap();
    let cases: Vec<Case> = python::run("letterbox.py", &[dir.path()], "");
    assert!(cases.len() > 50);
    let mut wrong = Vec::new();
    for Case { width, height, picture, input } in cases {
        let picture = Image8::new(width, height, std::fs::read(picture).unwrap()).unwrap();
        let ours = Letterbox::new((width, height), (384, 384)).apply(&picture);
        let theirs = std::fs::read(input).unwrap();
        assert_eq!(ours.len(), theirs.len());
        let off = ours.iter().zip(&theirs).filter(|(a, b)| a != b).count();
        let most = ours.iter().zip(&theirs).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        if off > 0 {
            wrong.push(format!("{width} x {height}: {off} pixels differ, by {most} at most"));
        }
    }
    assert!(wrong.is_empty(), "{} sizes:\n{}", wrong.len(), wrong.join("\n"));
}
