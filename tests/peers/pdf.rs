//! The PDF report as poppler and qpdf see it: its words can be searched and copied, its fonts are inside, nothing is
//! broken, and without identity nobody can be found in it.

use std::path::{Path, PathBuf};

use foramen::{
    grading::Level,
    markup::Markup,
    moment::Moment,
    report::{Identity, Paper, Report, Template, key_images, pdf::pdf_bytes},
    review::Review,
    study::Patient,
};

use super::dicom_support::{DEMO, SIGNER, TYPED, marked, said, signed, without_identity};

fn write(folder: &Path, report: &Report, template: &Template) -> PathBuf {
    let (images, issues) = key_images(report);
    assert!(issues.is_empty() && !images.is_empty(), "{issues:?}");
    let (bytes, warnings) = pdf_bytes(report, &images, template).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    let path = folder.join("report.pdf");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// What can be copied out of it, spaces and lines as one space.
fn words(pdf: &Path) -> String {
    let (done, text) = said("pdftotext", "poppler-utils", &[pdf, Path::new("-")]);
    assert!(done, "{text}");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn pages(pdf: &Path) -> usize {
    let (done, text) = said("pdfinfo", "poppler-utils", &[pdf]);
    let count = text.lines().find_map(|line| line.strip_prefix("Pages:")).expect("a count");
    assert!(done && text.contains("Lumbar spine MRI"), "{text}");
    count.trim().parse().unwrap()
}

#[test]
#[ignore = "needs poppler-utils and qpdf: run by .ci/run"]
fn pdf_of_the_demo_study_is_whole_and_says_what_it_must() {
    let folder = tempfile::tempdir().unwrap();
    let (review, markup) = (Review::default(), Markup::default());
    let report = DEMO.report(&review, &markup, Identity::Full);
    let pdf = write(folder.path(), &report, &Template::default());
    let (is_whole, text) = said("qpdf", "qpdf", &[Path::new("--check"), &pdf]);
    assert!(is_whole, "{text}");
    let (_, fonts) = said("pdffonts", "poppler-utils", &[&pdf]);
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    // Columns from the right: object, generation, unicode, subset, embedded.
    let is_inside = |row: &&str| row.split_whitespace().rev().skip(2).take(3).all(|word| word == "yes");
    assert!(!rows.is_empty() && rows.iter().all(is_inside), "{fonts}");
    assert!((1..=2).contains(&pages(&pdf)), "{} pages", pages(&pdf));
    let text = words(&pdf);
    for must in ["Research use only - not for diagnosis", "DEMO models", "Not reviewed by a person", "Impression"] {
        assert!(text.contains(must), "{must}: {text}");
    }
    for (level, sentence) in report.sentences() {
        assert!(text.contains(&sentence), "{}: {sentence}", level.label());
    }
    assert_eq!(Level::ALL.iter().filter(|level| text.contains(level.label())).count(), 5);
    for model in &report.graded.models {
        assert!(text.contains(&model.name) && text.contains(&model.sha256), "{}", model.name);
    }
    let uid = text.replace(' ', "");
    assert!(uid.contains(report.study.uid.as_str()), "the study's UID");
}

#[test]
#[ignore = "needs poppler-utils and fonts for other scripts: run by .ci/run"]
fn pdf_names_of_every_script_can_be_read_and_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (review, markup) = (Review::default(), Markup::default());
    for name in [
        "Łukasiewicz Żaneta",
        "Ωμέγα Ἑλένη",
        "Достоевский Фёдор",
        "Nguyễn Thị Hồng",
        "山田 太郎",
        "김 철수",
        "देवनागरी क्षत्रिय",
        "தமிழ் செல்வன்",
        "محمد علي",
        "כהן דוד",
    ] {
        let mut study = DEMO.study.clone();
        study.patient = Patient { name: name.to_owned(), ..Patient::default() };
        let report = Report::new(&study, &DEMO.graded, &review, &markup, Moment(0), Identity::Full).unwrap();
        let pdf = write(folder.path(), &report, &Template { paper: Paper::Letter, ..Template::default() });
        // Poppler marks the direction of what runs from right to left.
        let text: String =
            words(&pdf).chars().filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')).collect();
        assert!(text.contains(name), "{name}: {}", &text[..400.min(text.len())]);
    }
}

#[test]
#[ignore = "needs poppler-utils: run by .ci/run"]
fn pdf_of_a_signed_report_names_the_reader_and_without_identity_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut study = DEMO.study.clone();
    study.patient = Patient {
        name: "Telling Name".into(),
        id: "ID-4711".into(),
        birth_date: "19501231".into(),
        sex: "F".into(),
        ..Patient::default()
    };
    study.description = "Telling description".into();
    let (review, markup) = (signed(&DEMO), marked(&DEMO));
    let report = |identity| Report::new(&study, &DEMO.graded, &review, &markup, Moment(0), identity).unwrap();
    let telling = ["Telling", "ID-4711", "1950-12-31", SIGNER, TYPED, study.uid.as_str(), study.series[0].uid.as_str()]
        .map(str::to_owned);
    let full = words(&write(folder.path(), &report(Identity::Full), &Template::default()));
    for word in &telling[..4] {
        assert!(full.contains(word.as_str()), "{word}: {full}");
    }
    assert!(full.contains("reader; was") && full.contains("accepted"), "{full}");
    let pdf = write(folder.path(), &report(without_identity()), &Template::default());
    let nobody = words(&pdf).replace(' ', "");
    for word in &telling {
        assert!(!nobody.contains(&word.replace(' ', "")), "{word}: {nobody}");
    }
}
