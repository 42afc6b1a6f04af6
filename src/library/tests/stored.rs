//! What is kept with a study.

use super::{all, study};
use crate::{
    grading::Role,
    library::{Document, Library, LibraryError, Stored, StudySource, StudyState, open::FILE},
    study::SeriesKey,
};

fn with_study() -> Library {
    let mut library = Library::in_memory().unwrap();
    library.record(&study("1.2", "Doe^Jane", "7", "20260102"), &StudySource::Demo).unwrap();
    library
}

fn series(uid: &str) -> SeriesKey {
    SeriesKey { uid: uid.into(), part: String::new() }
}

/// Two echoes of one UID: one is graded as the reader says, the other is not touched.
#[test]
fn parts_of_one_series_have_roles_of_their_own() {
    let mut library = with_study();
    let part = |part: &str| SeriesKey { uid: "1.2.1".into(), part: part.to_owned() };
    library.set_role(&"1.2".into(), &part("TE 12 ms"), Some(Role::Nfn)).unwrap();
    library.set_role(&"1.2".into(), &part("TE 100 ms"), Some(Role::Scs)).unwrap();
    library.set_role(&"1.2".into(), &part("TE 12 ms"), None).unwrap();
    let roles = [(part("TE 100 ms"), Some(Role::Scs)), (part("TE 12 ms"), None)].into();
    assert_eq!(library.stored(&"1.2".into()).unwrap().roles, roles);
}

#[test]
fn marks_roles_and_findings_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Stored {
        state: StudyState::Reviewed,
        findings: Some("2 severe".to_owned()),
        marks: Some(r#"[{"length":12.5,"text":"Ä \u0000 'quoted'"}]"#.to_owned()),
        roles: [(series("1.2.1"), None), (series("1.2.2"), Some(Role::Ss))].into(),
    };
    let (mut library, _) = Library::open(folder.path()).unwrap();
    library.record(&study("1.2", "", "", ""), &StudySource::Demo).unwrap();
    assert_eq!(library.stored(&"1.2".into()).unwrap(), Stored::default());
    library.set_state(&"1.2".into(), kept.state).unwrap();
    library.set_findings(&"1.2".into(), kept.findings.as_deref()).unwrap();
    library.set_document(&"1.2".into(), Document::Marks, Some("first")).unwrap();
    library.set_document(&"1.2".into(), Document::Marks, kept.marks.as_deref()).unwrap();
    library.set_role(&"1.2".into(), &series("1.2.1"), Some(Role::Nfn)).unwrap();
    library.set_role(&"1.2".into(), &series("1.2.1"), None).unwrap();
    library.set_role(&"1.2".into(), &series("1.2.2"), Some(Role::Ss)).unwrap();
    drop(library);
    let (mut library, _) = Library::open(folder.path()).unwrap();
    assert_eq!(library.stored(&"1.2".into()).unwrap(), kept);
    // Opened once more: nothing is lost.
    library.record(&study("1.2", "New name", "", ""), &StudySource::Demo).unwrap();
    assert_eq!(library.stored(&"1.2".into()).unwrap(), kept);
    assert_eq!(library.entry(&"1.2".into()).unwrap().patient.name, "New name");
    library.set_document(&"1.2".into(), Document::Marks, None).unwrap();
    library.set_findings(&"1.2".into(), None).unwrap();
    let left = library.stored(&"1.2".into()).unwrap();
    assert_eq!((left.marks, left.findings, left.roles), (None, None, kept.roles));
}

#[test]
fn a_grading_never_takes_back_what_a_person_said() {
    let mut library = with_study();
    for (said, then) in [
        (StudyState::Unread, StudyState::Graded),
        (StudyState::Graded, StudyState::Graded),
        (StudyState::Reviewed, StudyState::Reviewed),
        (StudyState::Signed, StudyState::Signed),
    ] {
        assert_eq!(library.set_state(&"1.2".into(), said).unwrap(), said);
        assert_eq!(library.set_state(&"1.2".into(), StudyState::Graded).unwrap(), then);
        assert_eq!(library.entry(&"1.2".into()).unwrap().state, then);
    }
}

#[test]
fn a_forgotten_study_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let (mut library, _) = Library::open(folder.path()).unwrap();
    library.record(&study("1.2", "Zebedee^Quux", "7", ""), &StudySource::Demo).unwrap();
    library.record(&study("1.3", "Doe^Jane", "8", ""), &StudySource::Demo).unwrap();
    library.set_document(&"1.2".into(), Document::Marks, Some("marks of Quux")).unwrap();
    library.set_role(&"1.2".into(), &series("1.2.1"), None).unwrap();
    library.forget(&"1.2".into()).unwrap();
    assert_eq!(all(&library), ["1.3"]);
    assert!(matches!(library.stored(&"1.2".into()), Err(LibraryError::Unknown)));
    library.record(&study("1.2", "Other", "7", ""), &StudySource::Demo).unwrap();
    assert_eq!(library.stored(&"1.2".into()).unwrap(), Stored::default());
    for name in [FILE, "library.sqlite-wal"] {
        let bytes = std::fs::read(folder.path().join(name)).unwrap();
        assert!(!bytes.windows(4).any(|w| w.eq_ignore_ascii_case(b"quux")), "the name is still in {name}");
    }
}

#[test]
fn a_study_that_is_not_in_the_list_is_an_error() {
    let mut library = with_study();
    let unknown = |result: Result<(), LibraryError>| assert!(matches!(result, Err(LibraryError::Unknown)));
    unknown(library.set_state(&"9".into(), StudyState::Signed).map(drop));
    unknown(library.set_document(&"9".into(), Document::Marks, Some("x")));
    unknown(library.set_role(&"9".into(), &series("9.1"), None));
    unknown(library.set_findings(&"9".into(), Some("x")));
    unknown(library.forget(&"9".into()));
    unknown(library.entry(&"9".into()).map(drop));
    let nameless = library.record(&study("", "Doe^Jane", "7", ""), &StudySource::Demo);
    assert!(matches!(nameless, Err(LibraryError::NoUid)));
    assert_eq!(all(&library), ["1.2"]);
}

#[test]
fn an_entry_tells_what_the_study_holds() {
    let entry = with_study().entry(&"1.2".into()).unwrap();
    assert_eq!((entry.summary.series, entry.summary.images), (1, 0));
    assert_eq!((entry.summary.modalities, entry.summary.roles), (vec!["MR".to_owned()], vec![Role::Scs]));
    assert_eq!((entry.state, entry.findings), (StudyState::Unread, None));
    assert!(entry.place.is_there() && entry.place.to_open() == StudySource::Demo);
    assert!(entry.first_seen <= entry.last_opened && entry.first_seen.0 > 1_700_000_000_000);
}
