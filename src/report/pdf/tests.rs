use super::*;
use crate::{
    grading::{Assessment, GradeTable},
    markup::Markup,
    moment::Moment,
    pipeline::GradedStudy,
    report::Identity,
    review::{Change, Draft, Review},
    study::Study,
};

fn pdf(review: &Review, template: &Template) -> (Vec<u8>, Vec<String>) {
    pdf_of("Doe Jane", review, template)
}

fn pdf_of(name: &str, review: &Review, template: &Template) -> (Vec<u8>, Vec<String>) {
    let patient = crate::study::Patient { name: name.to_owned(), ..Default::default() };
    let study = Study { uid: "1.2".into(), patient, ..Study::default() };
    let graded =
        GradedStudy::of_table("1.2", GradeTable::from_fn(|_| Assessment::NotAssessed { reason: "no series".into() }));
    let markup = Markup::default();
    let report = Report::new(&study, &graded, review, &markup, Moment(0), Identity::Full).unwrap();
    pdf_bytes(&report, &[], template).unwrap()
}

fn remark(text: String) -> Review {
    let change = Change::Remark { from: String::new(), to: text };
    let (who, program) = (String::new(), String::new());
    Review::from_acts([Draft { who, when: Moment(0), program, models: vec![], change, undoes: None }.at(1)])
}

fn pages(bytes: &[u8]) -> usize {
    let is_page = |window: &&[u8]| window.starts_with(b"/Type/Page") && window[10] != b's';
    let plain: Vec<u8> = bytes.iter().copied().filter(|b| *b != b' ').collect();
    plain.windows(11).filter(is_page).count()
}

#[test]
fn the_same_report_makes_the_same_bytes() {
    let (a, warnings) = pdf(&Review::default(), &Template::default());
    assert_eq!(a, pdf(&Review::default(), &Template::default()).0);
    assert!(a.starts_with(b"%PDF-") && warnings.is_empty(), "{warnings:?}");
    assert_eq!(pages(&a), 1);
}

#[test]
fn a_name_of_many_pages_does_not_hold_up_the_report() {
    let name = "Anna Maria ".repeat(3000);
    let template = Template { footer: name.clone(), ..Template::default() };
    let (bytes, _) = pdf_of(&name, &remark("words ".repeat(3000)), &template);
    assert!((2..20).contains(&pages(&bytes)), "{}", pages(&bytes));
}

#[test]
fn a_long_text_goes_on_to_further_pages_and_a_bad_logo_is_only_a_warning() {
    let long = remark("A sentence that somebody dictated, and another one. ".repeat(300));
    let template = Template { logo: Some("/nowhere/logo.png".into()), paper: Paper::Letter, ..Template::default() };
    let (bytes, warnings) = pdf(&long, &template);
    assert!(pages(&bytes) > 2, "{}", pages(&bytes));
    assert!(matches!(warnings.as_slice(), [one] if one.contains("/nowhere/logo.png")), "{warnings:?}");
}
