//! Whether the stored fixture is still what Ultralytics says.

use std::path::PathBuf;

use foramen::detector::AnyModel;

use super::{
    boxes::differences,
    detect::predict,
    parity_fixture::{Fixture, OfModel},
};

#[test]
#[ignore = "needs Python peers; .ci/run runs them"]
fn the_stored_boxes_are_still_ultralytics_boxes() {
    let fixture = Fixture::read();
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let run = |m: &OfModel| -> (PathBuf, Vec<PathBuf>, f32) {
        (models.join(&m.model), m.images.iter().map(Fixture::path).collect(), fixture.conf)
    };
    for m in &fixture.models {
        let now = match AnyModel::read(&models.join(&m.model)).unwrap() {
            AnyModel::Grades(model) => model.sha256,
            AnyModel::Discs(model) => model.sha256,
            AnyModel::Crops(model) => panic!("{} draws no boxes", model.name),
        };
        assert_eq!(now, m.sha256, "{}: another model; write the fixture anew", m.model);
    }
    let runs: Vec<_> = fixture.models.iter().map(run).collect();
    let peer = predict(&runs);
    assert_eq!(peer.versions["ultralytics"], fixture.versions["ultralytics"], "write the fixture anew");
    let mut wrong = Vec::new();
    for (model, now) in fixture.models.iter().zip(&peer.runs) {
        assert_eq!(model.images.len(), now.len());
        for (image, now) in model.images.iter().zip(now) {
            let found = differences(&image.boxes, now, fixture.conf);
            wrong.extend(found.iter().map(|d| format!("{} {}: {d}", model.model, image.file)));
        }
    }
    assert!(wrong.is_empty(), "{} boxes differ:\n{}", wrong.len(), wrong.join("\n"));
}
