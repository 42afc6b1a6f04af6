//! What a search finds, against the plainest search there is.

use proptest::prelude::*;

use super::{study, uids};
use crate::{
    library::{Library, Order, Query, StudySource, StudyState, fold::fold},
    study::{Patient, Study},
};

fn list_of(studies: &[Study]) -> Library {
    let mut library = Library::in_memory().unwrap();
    for study in studies {
        library.record(study, &StudySource::Demo).unwrap();
    }
    library
}

fn some() -> Library {
    let described = |study: Study, description: &str| Study { description: description.to_owned(), ..study };
    list_of(&[
        described(study("1", "Müller^Anna^^Dr", "A-100", "20260102"), "MR LWS nativ"),
        described(study("2", "Mueller^Bertha", "B100", "20260131"), "Lumbar spine"),
        described(study("3", "Łuczak^Żaneta", "C_7%", "2025.12.31"), "Lumbar spine, post-op"),
        described(study("4", "", "2026", ""), ""),
    ])
}

fn find(library: &Library, text: &str) -> Vec<String> {
    let mut found = uids(library, &Query { text: text.to_owned(), ..Query::default() });
    found.sort();
    found
}

#[test]
fn every_word_must_be_there_and_case_accents_and_carets_do_not_matter() {
    let library = some();
    for (text, found) in [
        ("", &["1", "2", "3", "4"][..]),
        ("  ", &["1", "2", "3", "4"]),
        ("muller", &["1"]),
        ("MÜLLER", &["1"]),
        ("Mu\u{308}ller", &["1"]),
        ("Müller^Anna", &["1"]),
        ("anna muller", &["1"]),
        ("Müller, Anna", &["1"]),
        ("anna bertha", &[]),
        ("luczak zaneta", &["3"]),
        ("lumbar", &["2", "3"]),
        ("lumbar mueller", &["2"]),
        ("100", &["1", "2"]),
        ("a-100", &["1"]),
        // No word reaches from one text into the next.
        ("dra-100", &[]),
    ] {
        assert_eq!(find(&library, text), found, "{text}");
    }
}

#[test]
fn dates_are_found_in_every_form() {
    let library = some();
    for (text, found) in [
        ("20260102", &["1"][..]),
        ("2026-01-02", &["1"]),
        ("2026-01", &["1", "2"]),
        ("2025", &["3"]),
        ("2025-12-31", &["3"]),
        // A year, and somebody's id.
        ("2026", &["1", "2", "4"]),
        ("2026 anna", &["1"]),
        ("2026-02", &[]),
    ] {
        assert_eq!(find(&library, text), found, "{text}");
    }
}

#[test]
fn text_that_looks_like_sql_is_text() {
    let library = some();
    for text in ["' OR '1'='1", "\"; DROP TABLE study; --", "%", "_7", "c_7%", "*", "?1", "\0", "a' --", "\\"] {
        let found = find(&library, text);
        let expected = match text {
            "%" | "_7" | "c_7%" => vec!["3"],
            "\0" | "\\" => vec!["1", "2", "3", "4"],
            _ => Vec::new(),
        };
        assert_eq!(found, expected, "{text:?}");
    }
    assert_eq!(find(&library, "").len(), 4);
    let hostile = "x', 0); DROP TABLE study; --";
    let library = list_of(&[study(hostile, hostile, hostile, hostile)]);
    assert_eq!(find(&library, "drop table"), [hostile]);
    assert_eq!(library.entry(&hostile.into()).unwrap().date, hostile);
}

#[test]
fn more_words_than_anybody_types_are_no_error() {
    let library = some();
    assert_eq!(find(&library, &"lumbar 2026-01 ".repeat(5000)), ["2"]);
    assert_eq!(find(&library, &"x".repeat(1_000_000)), [""; 0]);
}

#[test]
fn states_orders_and_limits() {
    let mut library = some();
    library.set_state(&"2".into(), StudyState::Signed).unwrap();
    library.set_state(&"3".into(), StudyState::Graded).unwrap();
    let query = |order, ascending| Query { order, ascending, ..Query::default() };
    let states = |states: &[StudyState]| Query { states: states.iter().copied().collect(), ..Query::default() };
    assert_eq!(uids(&library, &states(&[StudyState::Signed, StudyState::Graded])), ["3", "2"]);
    assert_eq!(uids(&library, &states(&[StudyState::Reviewed])), [""; 0]);
    assert_eq!(uids(&library, &query(Order::Name, true)), ["4", "3", "2", "1"]);
    assert_eq!(uids(&library, &query(Order::StudyDate, false)), ["2", "1", "3", "4"]);
    assert_eq!(uids(&library, &query(Order::State, false)), ["2", "3", "4", "1"]);
    assert_eq!(uids(&library, &query(Order::PatientId, true)), ["4", "1", "2", "3"]);
    assert_eq!(uids(&library, &query(Order::LastOpened, true)).len(), 4);
    let two = library.list(&Query { limit: Some(2), ..Query::default() }).unwrap();
    assert_eq!((two.entries.len(), two.known), (2, 4));
    // Opened once more, a study comes to the top.
    std::thread::sleep(std::time::Duration::from_millis(2));
    library.record(&study("1", "", "", ""), &StudySource::Demo).unwrap();
    assert_eq!(uids(&library, &Query::default())[0], "1");
}

#[test]
fn priors_are_of_the_same_patient() {
    let of = |uid: &str, name: &str, id: &str, birth: &str, date: &str| {
        let mut study = study(uid, name, id, date);
        study.patient.birth_date = birth.to_owned();
        study
    };
    let library = list_of(&[
        of("now", "Doe^Jane", "7", "19700101", "20260102"),
        of("older", "DOE JANE", "7", "", "20200101"),
        of("old", "Doe-Roe Jane", "7", "19700101", "20230101"),
        of("other person", "Roe^Mary", "7", "19800101", "20240101"),
        of("other id", "Doe^Jane", "8", "19700101", "20240101"),
        of("anonymous 1", "", "ANON", "", "20240101"),
        of("anonymous 2", "", "ANON", "", "20240101"),
        of("no id", "Doe^Jane", "", "19700101", "20240101"),
        of("no id either", "Doe^Jane", "", "19700101", "20240101"),
    ]);
    let priors = |uid: &str| library.priors(&uid.into()).unwrap().into_iter().map(|e| e.uid).collect::<Vec<_>>();
    assert_eq!(priors("now"), ["old", "older"]);
    assert_eq!(priors("older"), ["now"]);
    assert_eq!(priors("anonymous 1"), [""; 0]);
    assert_eq!(priors("no id"), [""; 0]);
    assert_eq!(priors("unknown"), [""; 0]);
}

#[test]
fn a_list_of_five_thousand_is_searched_like_a_short_one() {
    let mut library = Library::in_memory().unwrap();
    // One transaction, so that filling it does not take longer than the test.
    library.connection.execute_batch("BEGIN").unwrap();
    for n in 0..5000 {
        let study = study(&format!("1.{n}"), &format!("Name{n}^Given"), &format!("ID{n:05}"), "20260102");
        library.record(&study, &StudySource::Demo).unwrap();
    }
    library.connection.execute_batch("COMMIT").unwrap();
    assert_eq!(uids(&library, &Query::default()).len(), 5000);
    assert_eq!(uids(&library, &Query { text: "given 2026-01 id04999".to_owned(), ..Query::default() }), ["1.4999"]);
    library.set_state(&"1.17".into(), StudyState::Signed).unwrap();
    let signed = Query { states: [StudyState::Signed].into(), ..Query::default() };
    assert_eq!(uids(&library, &signed), ["1.17"]);
}

/// Few letters, so that words meet by chance; with what names and searches are made of.
fn words() -> impl Strategy<Value = String> {
    "[abüÜŁß1-3%_' ^,\u{308}]{0,8}"
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_search_finds_what_the_plainest_search_finds(
        texts in proptest::collection::vec((words(), words(), words()), 1..12),
        search in words(),
    ) {
        let studies: Vec<Study> = texts.iter().enumerate().map(|(n, (name, id, description))| Study {
            patient: Patient { name: name.clone(), id: id.clone(), ..Patient::default() },
            description: description.clone(),
            ..study(&format!("{n}"), "", "", "")
        }).collect();
        let library = list_of(&studies);
        let holds = |study: &&Study| fold(&search).split(' ').all(|word| {
            [&study.patient.name, &study.patient.id, &study.description].iter().any(|text| fold(text).contains(word))
        });
        let mut expected: Vec<String> = studies.iter().filter(holds).map(|study| study.uid.to_string()).collect();
        expected.sort();
        prop_assert_eq!(find(&library, &search), expected);
    }

    #[test]
    fn a_study_is_found_by_any_part_of_its_name_however_it_is_typed(
        name in "[A-Za-zÀ-ÖØ-öø-ÿŁłŻż]{1,8}\\^[A-Za-zÀ-ÖØ-öø-ÿ]{1,8}",
        upper in any::<bool>(),
        from in 0_usize..16,
        count in 1_usize..6,
    ) {
        let library = list_of(&[study("1", &name, "", "")]);
        let part: String = name.chars().skip(from).take(count).collect();
        let typed = if upper { part.to_uppercase() } else { part.to_lowercase() };
        prop_assert_eq!(find(&library, &typed), ["1"]);
        prop_assert_eq!(find(&library, &format!("{typed}§")), [""; 0]);
    }
}
