use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use super::{Library, StudySource, study};
use crate::{
    grading::{GradeId, Severity},
    library::{Appended, LibraryError, Moment, StudyState},
    review::{Change, Decision, Draft, Refusal, Review},
};

fn draft(change: Change) -> Draft {
    Draft {
        who: "Dr. A".to_owned(),
        when: Moment::now(),
        program: "foramen 0".to_owned(),
        models: vec!["scs.onnx 12ab".to_owned()],
        change,
        undoes: None,
    }
}

const fn decide(cell: GradeId, from: Option<Decision>, to: Option<Decision>) -> Change {
    Change::Decision { cell, from, to }
}

const NORMAL: Option<Decision> = Some(Decision::Accepted(Severity::NormalMild));
const SEVERE: Option<Decision> = Some(Decision::Changed(Severity::Severe));

fn append(library: &mut Library, change: Change) -> Appended {
    library.append(&"1.2".into(), draft(change), 0).unwrap()
}

fn in_folder(folder: &std::path::Path) -> Library {
    let (mut library, _) = Library::open(folder).unwrap();
    library.record(&study("1.2", "Doe^Jane", "7", ""), &StudySource::Demo).unwrap();
    library
}

/// If the computer's clock is set back, by hand or by a time zone change, later acts stay later.
#[test]
fn a_clock_that_goes_backward_changes_no_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut library = in_folder(folder.path());
    let cell = GradeId::ALL[0];
    for (when, from, to) in [(5_000, None, NORMAL), (1_000, NORMAL, SEVERE), (-1, SEVERE, None), (0, None, SEVERE)] {
        let draft = Draft { when: Moment(when), ..draft(decide(cell, from, to)) };
        assert_eq!(library.append(&"1.2".into(), draft, 0).unwrap().refusal, None);
    }
    let acts = library.acts(&"1.2".into(), 0).unwrap();
    assert_eq!(
        acts.iter().map(|act| (act.seq, act.draft.when.0)).collect::<Vec<_>>(),
        [(1, 5_000), (2, 1_000), (3, -1), (4, 0)]
    );
    assert_eq!(Review::from_acts(acts).cell(cell).decision, SEVERE);
    assert_eq!(Moment(10_000).ago(Moment(0)), Moment(0).ago(Moment(0)), "what is to come is now");
}

#[test]
fn what_one_window_decided_the_other_does_not_overwrite() {
    let folder = tempfile::tempdir().unwrap();
    let (mut one, mut two) = (in_folder(folder.path()), in_folder(folder.path()));
    let [a, b] = [GradeId::ALL[0], GradeId::ALL[1]];
    assert_eq!(append(&mut one, decide(a, None, NORMAL)).refusal, None);
    // The other window has not seen that.
    let late = two.append(&"1.2".into(), draft(decide(a, None, SEVERE)), 0).unwrap();
    assert_eq!((late.refusal, late.news.len()), (Some(Refusal::Changed), 1));
    // An act about something else is added after it.
    let other = two.append(&"1.2".into(), draft(decide(b, None, SEVERE)), 0).unwrap();
    assert_eq!((other.refusal, other.news.len(), other.state), (None, 2, StudyState::Graded));
    assert_eq!(two.append(&"1.2".into(), draft(decide(a, NORMAL, SEVERE)), 2).unwrap().news.len(), 1);
    let review = Review::from_acts(one.acts(&"1.2".into(), 0).unwrap());
    assert_eq!((review.cell(a).decision, review.cell(b).decision, review.last_seq()), (SEVERE, SEVERE, 3));
    assert_eq!(one.acts(&"1.2".into(), 2).unwrap().len(), 1);
}

#[test]
fn the_state_follows_the_review_and_a_signed_study_is_not_marked_otherwise() {
    let mut library = in_folder(tempfile::tempdir().unwrap().path());
    let states: Vec<StudyState> =
        GradeId::ALL.into_iter().map(|cell| append(&mut library, decide(cell, None, NORMAL)).state).collect();
    assert_eq!((states[0], states[23], states[24]), (StudyState::Graded, StudyState::Graded, StudyState::Reviewed));
    assert_eq!(append(&mut library, Change::SignOff).state, StudyState::Signed);
    for state in [StudyState::Unread, StudyState::Reviewed] {
        assert!(matches!(library.set_state(&"1.2".into(), state), Err(LibraryError::Signed)));
    }
    assert_eq!(library.set_state(&"1.2".into(), StudyState::Graded).unwrap(), StudyState::Signed, "graded once more");
    let late = append(&mut library, decide(GradeId::ALL[0], NORMAL, SEVERE));
    assert_eq!((late.refusal, late.state), (Some(Refusal::Signed), StudyState::Signed));
    assert_eq!(append(&mut library, Change::Reopen { reason: "typo".into() }).state, StudyState::Reviewed);
    assert!(library.set_state(&"1.2".into(), StudyState::Unread).is_ok());
}

#[test]
fn acts_are_neither_changed_nor_deleted_and_go_with_their_study() {
    let mut library = in_folder(tempfile::tempdir().unwrap().path());
    append(&mut library, decide(GradeId::ALL[0], None, NORMAL));
    for sql in ["UPDATE act SET who = 'Mallory'", "DELETE FROM act"] {
        let refused = library.connection.execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("audit trail"), "{refused}");
    }
    library.forget(&"1.2".into()).unwrap();
    assert!(matches!(library.acts(&"1.2".into(), 0), Err(LibraryError::Unknown)));
    let left: i64 = library.connection.query_row("SELECT count(*) FROM act", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn an_act_of_a_newer_program_is_not_written_over() {
    let mut library = in_folder(tempfile::tempdir().unwrap().path());
    let sql =
        "INSERT INTO act VALUES (1, 1, 'B', 0, 'foramen 9', '[]', 'holography', '{\"what\":\"holography\"}', NULL)";
    library.connection.execute(sql, []).unwrap();
    assert!(matches!(library.acts(&"1.2".into(), 0), Err(LibraryError::Act { seq: 1, .. })));
    let ours = draft(decide(GradeId::ALL[0], None, NORMAL));
    assert!(matches!(library.append(&"1.2".into(), ours, 0), Err(LibraryError::Act { .. })));
}

/// Names the folder in which [`decides_until_it_is_killed`] works; without it, that test does nothing.
const VICTIM: &str = "FORAMEN_TEST_VICTIM";

/// Not a test of its own: the process that [`killed_at_any_moment_no_decision_is_lost`] kills.
#[test]
#[expect(clippy::print_stdout, reason = "tells the other process what is saved")]
fn decides_until_it_is_killed() {
    let Some(folder) = std::env::var_os(VICTIM) else { return };
    let mut library = in_folder(folder.as_ref());
    let mut review = Review::from_acts(library.acts(&"1.2".into(), 0).unwrap());
    loop {
        let seq = review.last_seq() + 1;
        let cell = GradeId::ALL[seq as usize % 25];
        let before = review.cell(cell).comment.clone();
        let change = Change::Comment { cell, from: before, to: format!("word {seq}") };
        for act in library.append(&"1.2".into(), draft(change), review.last_seq()).unwrap().news {
            review.follow(act);
        }
        // What is printed here is shown to the reader as saved.
        println!("saved {}", review.last_seq());
    }
}

#[test]
fn killed_at_any_moment_no_decision_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut saved = 0;
    for round in 0..8 {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "library::tests::acts::decides_until_it_is_killed", "--nocapture"])
            .env(VICTIM, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
        let words = |line: &str| line.rsplit_once("saved ").and_then(|(_, seq)| seq.parse::<u64>().ok());
        let first = lines.by_ref().map_while(Result::ok).find_map(|line| words(&line));
        assert!(first.is_some(), "the other process saved nothing");
        std::thread::sleep(Duration::from_millis(7 * round));
        // SIGKILL: no code of the program runs after it.
        victim.kill().unwrap();
        let last = lines.map_while(Result::ok).filter_map(|line| words(&line)).last().or(first);
        victim.wait().unwrap();
        let library = in_folder(folder.path());
        let acts = library.acts(&"1.2".into(), 0).unwrap();
        assert!(acts.len() as u64 >= last.unwrap(), "{} of {last:?} acts are there", acts.len());
        let whole = acts.iter().zip(1..).all(|(act, seq)| {
            act.seq == seq && matches!(&act.draft.change, Change::Comment { to, .. } if *to == format!("word {seq}"))
        });
        assert!(whole, "the trail has gaps");
        assert!(acts.len() as u64 > saved, "nothing new in this round");
        saved = acts.len() as u64;
    }
}
