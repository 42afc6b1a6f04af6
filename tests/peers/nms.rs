//! Decoding and NMS alone against Ultralytics', on outputs with far more overlaps than a spine has.

use std::path::PathBuf;

use foramen::detector::RawOutput;
use serde::Deserialize;

use super::python;

#[derive(Deserialize)]
struct Case {
    classes: usize,
    conf: f32,
    output: PathBuf,
    /// Left, top, right, bottom, score, class.
    boxes: Vec<[f32; 6]>,
}

#[test]
#[ignore = "needs Python peers; .ci/run runs them"]
fn the_same_boxes_in_the_same_order_are_left() {
    let dir = tempfile::tempdir().unwrap();
    let cases: Vec<Case> = python::run("nms.py", &[dir.path()], "");
    let mut full = 0;
    for (number, case) in cases.iter().enumerate() {
        let bytes = std::fs::read(&case.output).unwrap();
        let values: Vec<f32> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        let ours = RawOutput::new(&values, case.classes).expect("a whole output").predict(case.conf);
        assert!(case.boxes.len() > 20, "case {number}: {} boxes; that proves nothing", case.boxes.len());
        full += usize::from(case.boxes.len() == 300);
        assert_eq!(ours.len(), case.boxes.len(), "case {number}");
        for (rank, (a, b)) in ours.iter().zip(&case.boxes).enumerate() {
            let found = [a.bbox.x0, a.bbox.y0, a.bbox.x1, a.bbox.y1, a.score, a.class as f32];
            let same = found.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4);
            assert!(same, "case {number}, box {rank}: {found:?} here, {b:?} in Ultralytics");
        }
    }
    assert!(full > 0, "no case reached the most boxes that are kept");
}
