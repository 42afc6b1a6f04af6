//! The structured report read back by highdicom and pydicom: the values are those of the table, the patient that of the
//! images, and each finding lies where its codes say.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use foramen::{
    RESEARCH_USE_ONLY,
    grading::{Assessment, Level, Severity, Side},
    markup::Markup,
    output::{About, json_bytes},
    phantom::{self, Dialect, PhantomOptions},
    report::{Identity, Report, Row},
    review::{Decision, Review, Statement},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    dicom_support::{Exported, Graded, SIGNER, TYPED, demo_files, marked, signed, without_identity},
    dicom_valid::check,
    python,
};

#[derive(Deserialize)]
struct Read {
    report: ReadReport,
    heads: Vec<Head>,
}

type Head = BTreeMap<String, String>;

#[derive(Deserialize)]
struct ReadReport {
    head: Head,
    completion: String,
    verification: String,
    verified_by: Vec<String>,
    verified_at: Vec<String>,
    persons: Vec<String>,
    devices: Vec<String>,
    template: String,
    groups: Vec<Group>,
    notices: Vec<String>,
    warnings: Vec<String>,
    impression: Vec<String>,
    remark: Vec<String>,
    provenance: Vec<String>,
    evidence: Vec<(String, String)>,
    evidence_study: Vec<String>,
    library: Vec<String>,
}

#[derive(Deserialize)]
struct Group {
    template: String,
    row: String,
    uid: String,
    level: String,
    side: Option<String>,
    severity: String,
    decision: String,
    model_severity: Option<String>,
    region_source: Option<String>,
    regions: Vec<Region>,
    scores: BTreeMap<String, f64>,
    others: BTreeMap<String, Vec<Region>>,
    algorithm: Vec<String>,
    version: Vec<String>,
    parameters: Vec<String>,
    comment: Vec<String>,
    reason: Vec<String>,
}

#[derive(Deserialize)]
struct Region {
    points: Vec<[f32; 2]>,
    sop: String,
    frame: u32,
}

fn read(exported: &Exported, further: &[&Path]) -> Read {
    let paths: Vec<&Path> = [exported.sr.as_path()].into_iter().chain(further.iter().copied()).collect();
    python::run("dicom_read.py", &paths, "")
}

/// Everything that the report says of its rows, in the words of the codes.
fn compare(report: &Report, read: &ReadReport) {
    assert_eq!((read.template.as_str(), read.groups.len()), ("1500", 25));
    let json: Value =
        serde_json::from_slice(&json_bytes(std::slice::from_ref(report.graded), &About::default()).unwrap()).unwrap();
    let groups: BTreeMap<&str, &Group> = read.groups.iter().map(|group| (group.row.as_str(), group)).collect();
    assert_eq!(groups.len(), 25, "each row once");
    for (at, row) in report.rows().iter().enumerate() {
        let group = groups[row.id.to_string().as_str()];
        let codes = ["243920003", "243921004", "243922006", "243923001", "243927000"];
        assert_eq!(group.level, format!("{}:SCT", codes[Level::index(row.id.level())]));
        let side = row.id.side().map(|side| if side == Side::Left { "7771000:SCT" } else { "24028007:SCT" });
        assert_eq!(group.side.as_deref(), side);
        assert_eq!(group.severity, severity_code(&row.statement), "{}", row.id);
        compare_decision(row, group);
        compare_scores(row, group, &json["studies"][0]["grades"][at]);
        compare_regions(report, row, group);
        let comment: Vec<String> = [row.comment].into_iter().filter(|c| !c.is_empty()).map(dos_lines).collect();
        assert_eq!(group.comment, comment);
        let reason = match &row.grade.assessment {
            Assessment::NotAssessed { reason } => vec![reason.clone()],
            _ => vec![],
        };
        assert_eq!(group.reason, reason);
        let models = report.graded.models.iter().filter(|model| model.role == row.id.condition().role().into());
        for model in models {
            assert!(group.algorithm[0].contains(&format!("DEMO model {}", model.name)));
            assert!(group.parameters.iter().any(|p| p.contains(&model.sha256) && p.contains(&model.engine)));
        }
        assert_eq!(group.version, [report.provenance.version]);
        assert!(group.parameters.contains(&format!("threshold {}", report.graded.floor)));
        assert!(group.parameters.contains(&"aggregate geometric".to_owned()));
    }
    assert_eq!(
        (read.notices.clone(), read.warnings.clone()),
        (report.banner(), report.graded.warnings.iter().map(ToString::to_string).collect())
    );
    assert!(read.notices[0] == RESEARCH_USE_ONLY && read.head["SeriesDescription"].contains(RESEARCH_USE_ONLY));
    assert!(read.head["SeriesDescription"].starts_with("DEMO "));
    assert!(read.impression[0].ends_with(&report.conclusion()));
    for (level, sentence) in report.sentences() {
        assert!(read.impression[0].contains(&format!("{}: {sentence}", level.label())));
    }
    assert_eq!(read.provenance, [dos_lines(&report.provenance_lines().join("\n"))]);
    assert_eq!(read.devices, ["Foramen"]);
    compare_evidence(report, read);
}

fn dos_lines(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join("\r\n")
}

/// Never a severity where none is stated, never plain "Normal" or "Mild".
fn severity_code(statement: &Statement) -> &'static str {
    match statement {
        Statement::Severity { severity: Severity::NormalMild, .. } => "normal_mild:99FORAMEN",
        Statement::Severity { severity: Severity::Moderate, .. } => "6736007:SCT",
        Statement::Severity { severity: Severity::Severe, .. } => "24484000:SCT",
        Statement::NotAssessable => "not_assessable:99FORAMEN",
        Statement::Doubtful => "doubtful:99FORAMEN",
        Statement::NotSeen => "not_seen:99FORAMEN",
        Statement::NotAssessed { .. } => "not_assessed:99FORAMEN",
    }
}

fn compare_decision(row: &Row, group: &Group) {
    let decided = match row.review.decision {
        Some(Decision::Accepted(_)) => "accepted",
        Some(Decision::Changed(_)) => "changed",
        Some(Decision::NotAssessable) => "refused",
        None => "undecided",
    };
    assert_eq!(group.decision, decided);
    let of_model = severity_code(&Statement::of_model(row.grade)).split(':').next().map(str::to_owned);
    assert_eq!(group.model_severity, row.review.decision.and(of_model), "{}", row.id);
}

fn compare_scores(row: &Row, group: &Group, json: &Value) {
    let Assessment::Detected { .. } = row.grade.assessment else {
        assert!(group.scores.is_empty(), "no score where nothing was seen");
        return;
    };
    for (name, key) in [("score_norm_mild", "normal_mild"), ("score_moderate", "moderate"), ("score_severe", "severe")]
    {
        let expected = json["scores"][key].as_f64().unwrap();
        assert!((group.scores[name] - 100.0 * expected).abs() < 1e-5, "{} {name}", row.id);
    }
    let stated = match row.statement {
        Statement::Severity { severity, by_reader: false } => {
            let shares = row.grade.probabilities().unwrap().as_array();
            Some(100.0 * f64::from(shares[Severity::index(severity)]))
        }
        _ => None,
    };
    assert_eq!(group.scores.contains_key("111012"), stated.is_some(), "a reader's word has no score");
    assert!(stated.is_none_or(|stated| (group.scores["111012"] - stated).abs() < 1e-5));
}

fn compare_regions(report: &Report, row: &Row, group: &Group) {
    assert_eq!(group.template, if row.regions.is_empty() { "1501" } else { "1410" }, "{}", row.id);
    assert_eq!(group.regions.len(), row.regions.len().min(1));
    let others: usize = group.others.values().map(Vec::len).sum();
    assert_eq!(others, row.regions.len().saturating_sub(1), "every other box lies with its score");
    let Some((shown, found)) = row.regions.first().zip(group.regions.first()) else { return };
    let (series, index) = report.study.find(&shown.slice).unwrap();
    let instance = &report.study.series[series].slices[index].instance;
    assert_eq!(found.sop, report.uid(&shown.slice.sop_instance_uid));
    assert_eq!(found.frame, if instance.frames > 1 { shown.slice.frame + 1 } else { 0 });
    let b = shown.bbox.clipped(instance.columns as f32, instance.rows as f32);
    let corners = [[b.x0, b.y0], [b.x1, b.y0], [b.x1, b.y1], [b.x0, b.y1], [b.x0, b.y0]];
    assert_eq!(found.points, corners, "{}", row.id);
    assert_eq!(group.region_source.as_deref(), Some(if shown.by_reader { "reader" } else { "model" }));
}

/// Every image that a detector looked at is listed, and every image that is pointed at is evidence.
fn compare_evidence(report: &Report, read: &ReadReport) {
    let mut expected: Vec<(String, String)> = report
        .provenance
        .sources
        .iter()
        .flat_map(|s| s.instances.iter().map(|(_, uid)| (report.uid(&s.series_uid), report.uid(uid))))
        .collect();
    let mut found = read.evidence.clone();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    let mut library = read.library.clone();
    library.sort();
    let mut instances: Vec<&String> = expected.iter().map(|(_, instance)| instance).collect();
    instances.sort();
    assert!(library.iter().eq(instances));
    assert_eq!(read.evidence_study, [report.uid(&report.study.uid)]);
}

/// A study on disk and what was made of it.
pub struct Case {
    dir: tempfile::TempDir,
    pub of: Graded,
}

impl Case {
    fn new(dir: tempfile::TempDir, images: &str) -> Self {
        let of = Graded::of(&[dir.path().join(images)]);
        Self { dir, of }
    }

    /// The demo study as another scanner or archive writes it.
    pub fn variant(kind: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        demo_files(&dir.path().join("demo"));
        let [from, to] = ["demo", "images"].map(|name| dir.path().join(name));
        let _: bool = python::run("dicom_variants.py", &[&from, &to, Path::new(kind)], "");
        Self::new(dir, "images")
    }

    fn images(&self) -> PathBuf {
        self.dir.path().join("images")
    }

    /// Any file of the graded series.
    fn image(&self) -> PathBuf {
        let series = self.of.study.series.iter().find(|series| series.role.is_some()).unwrap();
        PathBuf::from(series.slices[0].instance.source.to_string())
    }

    pub fn export(&self, report: &Report) -> Exported {
        Exported::write(report, &self.dir.path().join("exported"))
    }
}

#[test]
#[ignore = "needs highdicom; .ci/run installs it"]
fn highdicom_reads_the_table_back() {
    let (untouched, nothing) = (Review::default(), Markup::default());
    let dir = tempfile::tempdir().unwrap();
    demo_files(&dir.path().join("images"));
    let case = Case::new(dir, "images");
    let report = case.of.report(&untouched, &nothing, Identity::Full);
    let found = read(&case.export(&report), &[]).report;
    compare(&report, &found);
    assert_eq!((found.completion.as_str(), found.verification.as_str()), ("PARTIAL", "UNVERIFIED"));
    assert!(found.verified_by.is_empty() && found.persons.is_empty() && found.remark.is_empty());

    let (signed, marked) = (signed(&case.of), marked(&case.of));
    let report = case.of.report(&signed, &marked, Identity::Full);
    let found = read(&case.export(&report), &[]).report;
    compare(&report, &found);
    assert_eq!((found.completion.as_str(), found.verification.as_str()), ("COMPLETE", "VERIFIED"));
    assert_eq!((found.verified_by, found.persons), (vec![SIGNER.to_owned()], vec![SIGNER.to_owned()]));
    assert_eq!(found.verified_at, ["20260102021320+0000"]);
    assert_eq!(found.remark, [TYPED]);
    let says = |said: &str| found.groups.iter().filter(|g| g.decision == said).count();
    assert!(says("accepted") > 5 && says("changed") == 5 && says("refused") >= 5 && says("undecided") == 0);
    assert!(found.groups.iter().any(|g| g.region_source.as_deref() == Some("reader")));

    // The next export is another document about the same rows.
    let again = read(&case.export(&report), &[]).report;
    let uids = |groups: &[Group]| groups.iter().map(|group| group.uid.clone()).collect::<Vec<_>>();
    assert_eq!(uids(&again.groups), uids(&found.groups));
}

#[test]
#[ignore = "needs highdicom; .ci/run installs it"]
fn a_series_that_is_missing_is_said_to_be() {
    let dir = tempfile::tempdir().unwrap();
    demo_files(&dir.path().join("images"));
    let mut case = Case::new(dir, "images");
    let mut study = case.of.study.clone();
    study.series.retain(|series| series.role != Some(foramen::grading::Role::Ss));
    case.of = Graded::grade(study);
    let (untouched, nothing) = (Review::default(), Markup::default());
    let report = case.of.report(&untouched, &nothing, Identity::Full);
    let exported = case.export(&report);
    check(&exported, true);
    let found = read(&exported, &[]).report;
    compare(&report, &found);
    let missing = found.groups.iter().filter(|group| group.severity == "not_assessed:99FORAMEN");
    assert_eq!(missing.filter(|group| group.reason.len() == 1 && group.regions.is_empty()).count(), 10);
}

#[test]
#[ignore = "needs highdicom; .ci/run installs it"]
fn every_object_is_of_the_patient_and_study_of_the_images() {
    for kind in ["latin1", "utf8", "kanji"] {
        let case = Case::variant(kind);
        let (signed, marked) = (signed(&case.of), marked(&case.of));
        let exported = case.export(&case.of.report(&signed, &marked, Identity::Full));
        check(&exported, true);
        let image = case.image();
        let files: Vec<&Path> = [image.as_path()].into_iter().chain(exported.all()).collect();
        let heads = read(&exported, &files).heads;
        assert!(heads.len() > 6 && heads[0]["PatientName"].len() > 8 && heads[0]["AccessionNumber"] == "A-4711");
        for head in &heads[1..] {
            for (name, value) in &heads[0] {
                let differs = ["SOPClassUID", "SeriesDescription"].contains(&name.as_str());
                assert!(differs || head[name] == *value, "{kind}: {name} is {:?}, not {value:?}", head[name]);
            }
        }
    }
}

#[test]
#[ignore = "needs highdicom; .ci/run installs it"]
fn without_identity_nobody_is_named() {
    let case = Case::variant("latin1");
    let (signed, marked) = (signed(&case.of), marked(&case.of));
    let report = case.of.report(&signed, &marked, without_identity());
    let exported = case.export(&report);
    check(&exported, false);
    let files = exported.all();
    let found = read(&exported, &files);
    compare(&report, &found.report);
    assert_eq!(found.report.verification, "UNVERIFIED");
    assert!(found.report.persons.is_empty() && found.report.remark.is_empty());
    for head in &found.heads {
        assert_eq!(
            (head["PatientName"].as_str(), head["PatientIdentityRemoved"].as_str()),
            ("Removed^Identity", "YES")
        );
        assert_eq!(head["StudyInstanceUID"], found.heads[0]["StudyInstanceUID"]);
        for name in ["PatientBirthDate", "PatientSex", "StudyDate", "StudyTime", "StudyID", "StudyDescription"] {
            assert_eq!(head[name], "", "{name}");
        }
    }
    // No byte of what was removed is anywhere in the files, pixels included.
    let study = &case.of.study;
    let secrets = ["Müßig", "M\u{fc}ßig", "Zoë", "PHANTOM-", "A-4711", "Rita", "19500607", "Zwölf", study.uid.as_str()];
    let uids = study.series.iter().map(|series| series.uid.as_str());
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        for secret in secrets.into_iter().chain(uids.clone()) {
            let latin: Vec<u8> = secret.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
            for secret in [secret.as_bytes(), &latin] {
                assert!(!bytes.windows(secret.len()).any(|w| w == secret), "{secret:?} in {}", file.display());
            }
        }
    }
}

#[derive(Deserialize)]
struct Geometry {
    wrong: Vec<String>,
    looked_at: usize,
    sided: usize,
}

fn geometry(sr: &Path, images: &Path, how: &str) -> Geometry {
    python::run("dicom_geometry.py", &[sr, images, Path::new(how)], "")
}

#[test]
#[ignore = "needs pydicom; .ci/run installs it"]
fn findings_lie_on_the_side_and_at_the_level_that_is_coded() {
    let dir = tempfile::tempdir().unwrap();
    let options = PhantomOptions {
        studies: 3,
        seed: 5,
        dialect: Dialect::Clinical,
        balance: 0.5,
        label_noise: 0.0,
        variety: 0.5,
    };
    phantom::write(&dir.path().join("phantoms"), &options, &|| ()).unwrap();
    let mut cases: Vec<Case> = Vec::new();
    let mut studies: Vec<PathBuf> =
        std::fs::read_dir(dir.path().join("phantoms/train_images")).unwrap().map(|e| e.unwrap().path()).collect();
    studies.sort();
    for study in studies {
        let own = tempfile::tempdir().unwrap();
        std::fs::rename(study, own.path().join("images")).unwrap();
        cases.push(Case::new(own, "images"));
    }
    cases.push(Case::variant("multiframe"));
    let (untouched, nothing) = (Review::default(), Markup::default());
    let mut looked_at = 0;
    for case in &cases {
        let report = case.of.report(&untouched, &nothing, Identity::Full);
        let exported = case.export(&report);
        check(&exported, true);
        compare(&report, &read(&exported, &[]).report);
        let found = geometry(&exported.sr, &case.images(), "as-is");
        assert!(found.wrong.is_empty(), "{:#?}", found.wrong);
        looked_at += found.looked_at;
        for how in ["swap-side", "swap-level"] {
            let found = geometry(&exported.sr, &case.images(), how);
            assert!(found.sided > 8 && !found.wrong.is_empty(), "{how}: nothing was noticed");
        }
    }
    assert!(looked_at > 60, "only {looked_at} findings had a box");
}
