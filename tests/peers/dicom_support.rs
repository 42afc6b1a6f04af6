//! Studies, reports and their DICOM objects as files, and the programs that judge them.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use foramen::{
    cancel::Cancel,
    detector::{EngineChoice, ModelSet},
    grading::{Condition, GradeId, Level, Probabilities, Severity, Side},
    markup::{Markup, Point, Shape},
    moment::Moment,
    phantom,
    pipeline::{self, GradeOptions, GradedStudy},
    raster::BBox,
    report::{DeidentifyKey, Identity, Report, dicom, key_images},
    review::{Act, BoxChoice, Change, Decision, Draft, Region, Review},
    study::{self, Study},
};

/// A study with its grades, as a reader has it before him.
pub struct Graded {
    pub study: Study,
    pub graded: GradedStudy,
}

impl Graded {
    /// Grades the only study below some paths.
    pub fn of(paths: &[PathBuf]) -> Self {
        let mut scan = study::scan(paths, &Cancel::default(), &|_, _| ()).unwrap();
        assert_eq!(scan.studies.len(), 1, "{:?}", scan.issues);
        Self::grade(scan.studies.remove(0))
    }

    pub fn grade(study: Study) -> Self {
        let set = ModelSet::from_dir(&super::python::models()).unwrap();
        let options = GradeOptions { engine: EngineChoice::Rten, ..GradeOptions::default() };
        let graded = pipeline::grade(&study, &set, &options, &Cancel::default(), &|_| ()).unwrap();
        Self { study, graded }
    }

    pub fn report<'a>(&'a self, review: &'a Review, markup: &'a Markup, identity: Identity) -> Report<'a> {
        // 2026-01-02 03:04:05
        Report::new(&self.study, &self.graded, review, markup, Moment(1_767_323_045_000), identity).unwrap()
    }
}

/// The demo study, graded once.
pub static DEMO: LazyLock<Graded> = LazyLock::new(|| {
    let mut scan = study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED));
    Graded::grade(scan.studies.remove(0))
});

/// The demo study's files on disk.
pub fn demo_files(folder: &Path) {
    for (name, bytes) in phantom::study_in_memory(phantom::DEMO_SEED) {
        foramen::files::write_atomic(&folder.join(name), &bytes).unwrap();
    }
}

/// Text that a person typed and that no form without identity may hold.
pub const TYPED: &str = "Zwölf Grad — typed";
/// Who signs.
pub const SIGNER: &str = "Zoë Müller";

fn review_of(changes: Vec<Change>) -> Review {
    let acts = (1..).zip(changes).map(|(seq, change)| Act {
        seq,
        draft: Draft {
            who: SIGNER.to_owned(),
            when: Moment(1_767_320_000_000),
            program: "foramen".to_owned(),
            models: vec![],
            change,
            undoes: None,
        },
    });
    Review::from_acts(acts)
}

/// A reader who accepts most, changes and refuses some, draws a box, takes one away, writes comments, and signs.
pub fn signed(of: &Graded) -> Review {
    let mut changes = Vec::new();
    for (at, cell) in GradeId::ALL.into_iter().enumerate() {
        let stated = of.graded.table.get(cell).probabilities().map(Probabilities::most_likely);
        let to = match (at % 5, stated) {
            (1, Some(Severity::Severe)) => Decision::Changed(Severity::Moderate),
            (1, _) => Decision::Changed(Severity::Severe),
            (0 | 2 | 4, Some(severity)) => Decision::Accepted(severity),
            _ => Decision::NotAssessable,
        };
        changes.push(Change::Decision { cell, from: None, to: Some(to) });
    }
    let commented = GradeId::new(Condition::SpinalCanalStenosis, None, Level::L4L5).unwrap();
    changes.push(Change::Comment { cell: commented, from: String::new(), to: format!("{TYPED}\nsecond line") });
    let drawn = GradeId::new(Condition::SpinalCanalStenosis, None, Level::L3L4).unwrap();
    if let Some(evidence) = of.graded.table.get(drawn).key_evidence() {
        let slice = evidence.detection.slice.clone();
        let center = evidence.detection.bbox.center();
        let (x, y) = (center.x as f32, center.y as f32);
        // Wider than the image: only the part on it may be pointed at.
        let bbox = BBox::new(x - 5000.0, y - 6.0, x + 5000.0, y + 6.0);
        let to = BoxChoice::Reader(Region { slice, bbox });
        changes.push(Change::Box { cell: drawn, from: BoxChoice::Model, to });
    }
    let removed = GradeId::new(Condition::NeuralForaminalNarrowing, Some(Side::Left), Level::L2L3).unwrap();
    changes.push(Change::Box { cell: removed, from: BoxChoice::Model, to: BoxChoice::Removed });
    changes.push(Change::Remark { from: String::new(), to: TYPED.to_owned() });
    changes.push(Change::Sentence { level: Level::L1L2, from: None, to: Some(TYPED.to_owned()) });
    changes.push(Change::SignOff);
    review_of(changes)
}

/// Every kind of mark on slices of two series, and key images.
pub fn marked(of: &Graded) -> Markup {
    let mut markup = Markup::default();
    let study = &of.study;
    let [a, b] = [1, study.series.len() - 1].map(|series| {
        let slices = &study.series[series].slices;
        slices[slices.len() / 2].id()
    });
    let p = Point::new;
    for shape in [
        Shape::Length { from: p(20.0, 30.0), to: p(60.0, 80.0) },
        Shape::Angle { first: p(90.0, 20.0), vertex: p(70.0, 50.0), second: p(100.0, 60.0) },
        Shape::Ellipse { corner: p(30.0, 90.0), opposite: p(50.0, 130.0) },
        Shape::Rectangle { corner: p(80.0, 90.0), opposite: p(110.0, 110.0) },
        Shape::Probe { at: p(15.0, 15.0) },
    ] {
        markup.add(a.clone(), shape, "");
    }
    markup.add(b.clone(), Shape::Arrow { tip: p(40.0, 40.0), tail: p(70.0, 20.0) }, TYPED);
    markup.add(b.clone(), Shape::Note { at: p(10.0, 100.0) }, TYPED);
    markup.toggle_key_image(&a);
    markup.set_key_image_note(&a, TYPED);
    markup.toggle_key_image(&b);
    markup
}

pub fn without_identity() -> Identity {
    Identity::Removed(DeidentifyKey::random())
}

/// All DICOM objects of a report, as files of a folder.
pub struct Exported {
    pub sr: PathBuf,
    pub captures: Vec<PathBuf>,
    pub key_objects: Option<PathBuf>,
    pub states: Vec<PathBuf>,
}

impl Exported {
    pub fn write(report: &Report, folder: &Path) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let put = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let all = |files: Vec<(String, Vec<u8>)>| files.iter().map(|(name, bytes)| put(name, bytes)).collect();
        Self {
            sr: put("report.dcm", &dicom::sr_bytes(report).unwrap()),
            captures: all(dicom::secondary_captures(report, &key_images(report).0).unwrap()),
            key_objects: dicom::key_objects(report).unwrap().map(|bytes| put("key-objects.dcm", &bytes)),
            states: all(dicom::presentation_states(report).unwrap()),
        }
    }

    pub fn all(&self) -> Vec<&Path> {
        let all = [&self.sr].into_iter().chain(&self.captures).chain(&self.key_objects).chain(&self.states);
        all.map(PathBuf::as_path).collect()
    }
}

/// What a program of a Debian package says of files: standard output, then standard error.
pub fn said(program: &str, package: &str, args: &[&Path]) -> (bool, String) {
    let output = Command::new(program).args(args).output().unwrap_or_else(|e| {
        panic!("{program} does not run ({e}): apt-get install {package}");
    });
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), text)
}
