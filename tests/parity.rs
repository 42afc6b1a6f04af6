//! The detectors' boxes against those that Ultralytics drew on stored pictures. No Python is needed here;
//! `tests/peers` checks that the stored boxes are still Ultralytics' own.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops where it is")]

#[path = "support/boxes.rs"]
mod boxes;
#[path = "support/parity_fixture.rs"]
mod parity_fixture;

use std::{path::Path, sync::Arc};

use boxes::{Found, differences};
use foramen::{
    detector::{AnyModel, Class, Detector, EngineChoice, Model},
    raster::Image8,
};
use parity_fixture::{Fixture, OfModel};

fn read(file: &Path) -> Image8 {
    let grey = image::open(file).unwrap_or_else(|e| panic!("{}: {e}", file.display())).to_luma8();
    Image8::new(grey.width(), grey.height(), grey.into_raw()).unwrap()
}

/// Where our boxes differ from those stored for a model.
fn differing<C: Class>(model: Model<C>, of_model: &OfModel, floor: f32) -> Vec<String> {
    assert_eq!(
        model.sha256, of_model.sha256,
        "{}: the fixture is of another model; run tests/peers/write_fixture.py",
        of_model.model
    );
    let mut detector = Detector::new(&Arc::new(model), EngineChoice::Rten, 1).unwrap();
    let count: usize = of_model.images.iter().map(|i| i.boxes.len()).sum();
    assert!(count >= 5, "{}: {count} boxes; that proves nothing", of_model.model);
    let mut wrong = Vec::new();
    for image in &of_model.images {
        let picture = read(&Fixture::path(image));
        for conf in [floor, 0.25] {
            // A higher threshold takes boxes away and leaves the others as they were.
            let expected: Vec<Found> = image.boxes.iter().filter(|b| b.score > conf).cloned().collect();
            let boxes = detector.predict(&picture, conf).unwrap().into_iter();
            let found = boxes.map(|d| Found {
                class: d.class.to_string(),
                score: d.score,
                r#box: [d.bbox.x0, d.bbox.y0, d.bbox.x1, d.bbox.y1],
            });
            let place = format!("{} {} at {conf}", of_model.model, image.file);
            wrong.extend(
                differences(&expected, &found.collect::<Vec<_>>(), conf).iter().map(|d| format!("{place}: {d}")),
            );
        }
    }
    wrong
}

#[test]
fn rten_draws_ultralytics_boxes() {
    let fixture = Fixture::read();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let stored = std::fs::read_dir(&folder).unwrap().flatten();
    let models = stored.map(|e| e.path()).filter(|path| path.extension().is_some_and(|e| e == "onnx"));
    let stored = models.filter(|path| !matches!(AnyModel::read(path).unwrap(), AnyModel::Crops(_))).count();
    assert_eq!(fixture.models.len(), stored, "models without a fixture; run tests/peers/write_fixture.py");
    let mut wrong = Vec::new();
    for of_model in &fixture.models {
        wrong.extend(match AnyModel::read(&folder.join(&of_model.model)).unwrap() {
            AnyModel::Grades(model) => differing(model, of_model, fixture.conf),
            AnyModel::Discs(model) => differing(model, of_model, fixture.conf),
            AnyModel::Crops(model) => panic!("{} draws no boxes", model.name),
        });
    }
    let peer = &fixture.versions["ultralytics"];
    assert!(wrong.is_empty(), "{} boxes differ from Ultralytics {peer}:\n{}", wrong.len(), wrong.join("\n"));
}
