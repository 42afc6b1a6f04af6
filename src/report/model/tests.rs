use super::*;
use crate::{
    grading::{
        Assessment, Condition, Detection, DetectionClass, Evidence, GradeTable, Limit, Prior, Probabilities, Seen,
        Shift, Sign,
    },
    pipeline::Warning,
    report::DeidentifyKey,
    review::{Change, Decision, Region},
};

fn evidence(id: GradeId, severity: Severity, score: f32) -> Evidence {
    let slice = SliceId { series_uid: "1.2".into(), sop_instance_uid: "1.2.3".into(), twin: 0, frame: 0 };
    let detection =
        Detection { class: DetectionClass { grade: id, severity }, score, bbox: BBox::new(1.0, 2.0, 9.0, 8.0), slice };
    Evidence { severity, weight: score, detection, conflicts: vec![], is_place: false }
}

/// Canals are moderate (severe second), foramina not seen, the rest not assessed.
fn graded(uid: &str) -> GradedStudy {
    let table = GradeTable::from_fn(|id| match id.condition() {
        Condition::SpinalCanalStenosis => Assessment::Detected {
            probabilities: Probabilities::normalized([0.1, 0.6, 0.3]).unwrap(),
            evidence: vec![evidence(id, Severity::Moderate, 0.6), evidence(id, Severity::Severe, 0.3)],
        },
        Condition::NeuralForaminalNarrowing => Assessment::Prior { probabilities: Prior::default().of(id) },
        Condition::SubarticularStenosis => Assessment::NotAssessed { reason: "no Axial T2 series".into() },
    });
    GradedStudy::of_table(uid, table)
}

/// A study with the one slice that the boxes lie on.
fn study(uid: &str) -> Study {
    use crate::study::{Instance, Series, SliceRef, Source};
    let slice = SliceRef::of(Instance {
        source: Source::Memory { name: String::new(), bytes: [].into() },
        series_uid: "1.2".into(),
        sop_instance_uid: "1.2.3".into(),
        twin: 0,
        is_whole: true,
        sop_class_uid: None,
        number: None,
        columns: 10,
        rows: 10,
        frames: 1,
        is_synthetic: false,
        transfer_syntax: String::new(),
    });
    let series = Series {
        uid: "1.2".into(),
        part: String::new(),
        number: None,
        description: String::new(),
        modality: "MR".into(),
        role: Some(crate::grading::Role::Scs),
        role_reason: String::new(),
        plane_kind: None,
        frame_of_reference_uid: crate::uid::FrameOfReferenceUid::default(),
        patient_position: String::new(),
        slices: vec![slice],
        blocks: std::iter::once(0..1).collect(),
        spacing: None,
        transfer_syntaxes: std::collections::BTreeSet::new(),
    };
    let patient = Patient { name: "Doe Jane".into(), id: "7".into(), ..Patient::default() };
    Study { uid: uid.into(), patient, date: "20260102".into(), series: vec![series], ..Study::default() }
}

fn report<'a>(study: &'a Study, graded: &'a GradedStudy, review: &'a Review, identity: Identity) -> Report<'a> {
    static NOTHING: std::sync::LazyLock<Markup> = std::sync::LazyLock::new(Markup::default);
    Report::new(study, graded, review, &NOTHING, Moment(0), identity).unwrap()
}

#[test]
fn grades_of_another_study_or_on_other_images_make_no_report() {
    let (ours, untouched) = (study("1"), Review::default());
    let make = |study: &Study, graded: &GradedStudy| {
        Report::new(study, graded, &untouched, &Markup::default(), Moment(0), Identity::Full).err()
    };
    assert_eq!(make(&ours, &graded("1")), None);
    assert_eq!(make(&ours, &graded("2")), Some(ReportError::OtherStudy));
    let mut without = ours.clone();
    without.series[0].slices.clear();
    assert_eq!(make(&without, &graded("1")), Some(ReportError::OtherImages(10)));
    let mixed = Study { mixed_patients: true, ..ours };
    assert_eq!(make(&mixed, &graded("1")), Some(ReportError::MixedPatients));
}

#[test]
fn the_readers_word_and_box_stand_before_the_programs() {
    let cell: GradeId = "spinal_canal_stenosis_l4_l5".parse().unwrap();
    let region = Region {
        slice: SliceId { series_uid: "1.2".into(), sop_instance_uid: "1.2.3".into(), twin: 0, frame: 0 },
        bbox: BBox::new(2.0, 2.0, 5.0, 5.0),
    };
    let (study, graded) = (study("1"), graded("1"));
    let severe =
        Review::of_changes(vec![Change::Decision { cell, from: None, to: Some(Decision::Changed(Severity::Severe)) }]);
    let full = report(&study, &graded, &severe, Identity::Full);
    let row = &full.rows()[cell.index()];
    assert_eq!(row.statement, Statement::Severity { severity: Severity::Severe, by_reader: true });
    assert_eq!(row.regions[0].severity, Some(Severity::Severe), "the box of what is stated comes first");
    let drawn = Review::of_changes(vec![Change::Box { cell, from: BoxChoice::Model, to: BoxChoice::Reader(region) }]);
    let rows = report(&study, &graded, &drawn, Identity::Full).rows();
    assert!(matches!(rows[cell.index()].regions.as_slice(), [one] if one.by_reader));
    let removed = Review::of_changes(vec![Change::Box { cell, from: BoxChoice::Model, to: BoxChoice::Removed }]);
    assert!(report(&study, &graded, &removed, Identity::Full).rows()[cell.index()].regions.is_empty());
}

#[test]
fn without_identity_nothing_that_a_person_typed_or_is_called_is_left() {
    let cell = GradeId::ALL[0];
    let telling = "Doe Jane of 7 Elm Street";
    let review = Review::of_changes(vec![
        Change::Comment { cell, from: String::new(), to: telling.into() },
        Change::Remark { from: String::new(), to: telling.into() },
        Change::Sentence { level: Level::L1L2, from: None, to: Some(telling.into()) },
        Change::Conclusion { from: None, to: Some(telling.into()) },
    ]);
    let (study, graded) = (study("1"), graded("1"));
    let all = |report: &Report| {
        format!(
            "{:?} {} {} {:?} {} {} {:?} {:?} {}",
            report.patient(),
            report.study_date(),
            report.description(),
            report.sentences(),
            report.conclusion(),
            report.remark(),
            report.rows().iter().map(|row| row.comment).collect::<Vec<_>>(),
            report.banner(),
            report.uid("1.2.3")
        )
    };
    let full = all(&report(&study, &graded, &review, Identity::Full));
    assert!(full.contains(telling) && full.contains("20260102") && full.contains("1.2.3"));
    let without = all(&report(&study, &graded, &review, Identity::Removed(DeidentifyKey::random())));
    for word in ["Doe", "Elm", "20260102", "1.2.3", "Dr. A"] {
        assert!(!without.contains(word), "{word} in {without}");
    }
    assert!(without.contains("Moderate spinal canal stenosis"), "the proposed sentences stand there instead");
}

/// The grade of a disc stands in the report under the number that the reader gave it, and the report says whose number it is.
#[test]
fn renumbered_levels_are_said_and_grades_of_other_numbers_are_refused() {
    let down = Shift::so_that(Level::L3L4, Level::L4L5);
    let review = Review::of_changes(vec![Change::Renumber { from: Shift::NONE, to: down }]);
    let (study, graded) = (study("1"), graded("1"));
    let markup = Markup::default();
    let refused = Report::new(&study, &graded, &review, &markup, Moment(0), Identity::Full);
    assert_eq!(refused.err(), Some(ReportError::OtherNumbers));
    let moved = graded.renumbered(review.shift());
    let full = report(&study, &moved, &review, Identity::Full);
    for row in full.rows() {
        if let Some(was) = down.inverse().grade(row.id) {
            assert_eq!(row.grade.assessment, graded.table.get(was).assessment, "{}", row.id);
        }
    }
    let lines = full.provenance.lines(false).join("\n");
    assert!(lines.contains("Levels renumbered by Dr. A") && lines.contains("called L3/L4 is L4/L5"), "{lines}");
    assert!(!full.provenance.lines(true).join("\n").contains("Dr. A"));
}

/// Images that the models do not know: no severity is stated in any format, and the reason stands where it is read first.
/// What a reader stated stays.
#[test]
fn rows_of_unfamiliar_images_are_doubtful_and_the_readers_grades_stay() {
    let cell: GradeId = "spinal_canal_stenosis_l4_l5".parse().unwrap();
    let change = Change::Decision { cell, from: None, to: Some(Decision::Changed(Severity::Severe)) };
    let (study, mut graded, review) = (study("1"), graded("1"), Review::of_changes(vec![change]));
    let limit = Some(Limit { usual: Sign::of_score(0.9), limit: Sign::of_score(0.7) });
    let seen = Seen { sign: Sign::CanalScores, value: Sign::of_score(0.1), limit, passed: 5.0 };
    let unfamiliar = Unfamiliar { pull: 0.8, signs: vec![seen] };
    graded.table = unfamiliar.pulled(graded.table, |id| Prior::default().of(id));
    graded.warnings.push(Warning::Unfamiliar(unfamiliar.clone()));
    graded.unfamiliar = Some(unfamiliar);
    let full = report(&study, &graded, &review, Identity::Full);
    let canals = full.rows().into_iter().filter(|row| row.id.condition() == Condition::SpinalCanalStenosis);
    for row in canals {
        let by_reader = Statement::Severity { severity: Severity::Severe, by_reader: true };
        assert_eq!(row.statement, if row.id == cell { by_reader } else { Statement::Doubtful }, "{}", row.id);
    }
    assert!(full.conclusion().contains("4 of 25 grades doubtful"), "{}", full.conclusion());
    let text = crate::report::text(&full);
    for words in [
        "Images unlike those that the models were trained on",
        "L3/L4 spinal canal stenosis: Doubtful; scores",
        "L4/L5 spinal canal stenosis: Severe (by the reader; the program: Doubtful); scores",
        "(moved 80 % to what is usual for the level)",
        "Warning: these images are unlike",
        "the boxes of the canal score 0.10 (0.70 or more is usual)",
    ] {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let json: serde_json::Value = serde_json::from_slice(&crate::report::json::report_bytes(&full).unwrap()).unwrap();
    assert_eq!(json["grades"][21]["statement"], "doubtful", "{}", json["grades"][21]);
    let said = &json["unfamiliar"];
    assert_eq!((&said["signs"][0]["sign"], &said["signs"][0]["passed"]), (&"canal_scores".into(), &true.into()));
    assert!((said["pull"].as_f64().unwrap() - 0.8).abs() < 1e-6);
    // As after a file was read again, and under other numbers.
    let down = Shift::so_that(Level::L3L4, Level::L4L5);
    assert!(graded.renumbered(down).table.get(cell).is_doubtful());
}
