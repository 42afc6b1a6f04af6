use std::collections::BTreeMap;

use proptest::{prelude::*, sample::select};

use super::*;
use crate::{
    grading::{GradeId, Level, Severity, Shift, SliceId},
    moment::Moment,
    raster::BBox,
};

fn act(review: &Review, change: Change, undoes: Option<u64>) -> Act {
    Act {
        seq: review.last_seq() + 1,
        who: "A reader".to_owned(),
        when: Moment(0),
        program: "foramen".to_owned(),
        models: vec![],
        change,
        undoes,
    }
}

/// What a reader can do, without knowing what is there.
#[derive(Debug, Clone)]
enum Deed {
    Decide(GradeId, Option<Decision>),
    Comment(GradeId, String),
    Box(GradeId, BoxChoice),
    Sentence(Level, Option<String>),
    Renumber(Shift),
    Undo,
    Redo,
}

fn any_decision() -> impl Strategy<Value = Decision> {
    prop_oneof![
        select(Severity::ALL).prop_map(Decision::Accepted),
        select(Severity::ALL).prop_map(Decision::Changed),
        Just(Decision::NotAssessable),
    ]
}

fn any_box() -> impl Strategy<Value = BoxChoice> {
    let slice = SliceId { series_uid: "1".into(), sop_instance_uid: "2".into(), twin: 0, frame: 0 };
    prop_oneof![
        Just(BoxChoice::Model),
        Just(BoxChoice::Removed),
        (0..9u8).prop_map(move |x| BoxChoice::Reader(Region {
            slice: slice.clone(),
            bbox: BBox::new(f32::from(x), 1.0, 20.0, 30.5)
        })),
    ]
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let cell = || select(&GradeId::ALL[..4]);
    prop_oneof![
        (cell(), proptest::option::of(any_decision())).prop_map(|(c, d)| Deed::Decide(c, d)),
        (cell(), "[ab]{0,2}").prop_map(|(c, t)| Deed::Comment(c, t)),
        (cell(), any_box()).prop_map(|(c, b)| Deed::Box(c, b)),
        (select(Level::ALL), proptest::option::of("(L[1-4]/L[2-5]|[ab]){0,2}")).prop_map(|(l, t)| Deed::Sentence(l, t)),
        (select(Level::ALL), select(Level::ALL)).prop_map(|(named, is)| Deed::Renumber(Shift::so_that(named, is))),
        Just(Deed::Undo),
        Just(Deed::Redo),
    ]
}

fn change(review: &Review, deed: &Deed) -> Option<(Change, Option<u64>)> {
    Some(match deed.clone() {
        Deed::Decide(cell, to) => (Change::Decision { cell, from: review.cell(cell).decision, to }, None),
        Deed::Comment(cell, to) => (Change::Comment { cell, from: review.cell(cell).comment.clone(), to }, None),
        Deed::Box(cell, to) => (Change::Box { cell, from: review.cell(cell).region.clone(), to }, None),
        Deed::Sentence(level, to) => {
            (Change::Sentence { level, from: review.sentence(level).map(str::to_owned), to }, None)
        }
        Deed::Renumber(to) => (Change::Renumber { from: review.shift(), to }, None),
        Deed::Undo => review.undo().map(|(seq, change)| (change, Some(seq)))?,
        Deed::Redo => review.redo().map(|(seq, change)| (change, Some(seq)))?,
    })
}

/// All but the trail.
fn stand(review: &Review) -> String {
    let cells: Vec<_> = GradeId::ALL.iter().map(|&id| review.cell(id)).collect();
    let sentences: Vec<_> = Level::ALL.iter().map(|&level| review.sentence(level)).collect();
    format!("{cells:?} {sentences:?}")
}

proptest! {
    #[test]
    fn undo_goes_back_act_by_act_and_redo_forward_also_after_a_start(deeds in prop::collection::vec(any_deed(), 0..60)) {
        let mut review = Review::default();
        // The stands that undo should go back through, and redo forward.
        let (mut back, mut forward) = (vec![stand(&review)], Vec::new());
        for deed in &deeds {
            let Some((change, undoes)) = change(&review, deed) else { continue };
            prop_assert_eq!(review.check("", &change), Ok(()));
            let new = act(&review, change, undoes);
            review.follow(new);
            match deed {
                Deed::Undo => forward.extend(back.pop()),
                Deed::Redo => back.extend(forward.pop()),
                _ => {
                    back.push(stand(&review));
                    forward.clear();
                }
            }
            prop_assert_eq!(&stand(&review), back.last().unwrap());
        }
        // What is stored and read again is the same, and goes back the same way.
        let stored: Vec<String> = review.acts().iter().map(|a| serde_json::to_string(a).unwrap()).collect();
        let mut again = Review::from_acts(stored.iter().map(|text| serde_json::from_str(text).unwrap()));
        prop_assert_eq!(&again, &review);
        while let Some((seq, change)) = again.undo() {
            back.pop();
            let new = act(&again, change, Some(seq));
            again.follow(new);
            prop_assert_eq!(&stand(&again), back.last().unwrap());
        }
        prop_assert_eq!(back.len(), 1);
    }
}

#[test]
fn a_change_that_does_not_know_what_is_there_is_refused() {
    let cell = GradeId::ALL[3];
    let mut review = Review::default();
    let decide = |from, to| Change::Decision { cell, from, to };
    let severe = Some(Decision::Changed(Severity::Severe));
    let first = act(&review, decide(None, severe), None);
    review.follow(first);
    assert_eq!(review.check("", &decide(None, Some(Decision::NotAssessable))), Err(Refusal::Changed));
    assert_eq!(review.check("", &decide(severe, None)), Ok(()));
}

#[test]
fn a_signed_report_is_shut_until_it_is_opened_again_with_a_reason() {
    let mut review = Review::default();
    assert_eq!(review.check("Dr. A", &Change::SignOff), Err(Refusal::Undecided(25)));
    for cell in GradeId::ALL {
        let to = Some(Decision::Accepted(Severity::NormalMild));
        let decided = act(&review, Change::Decision { cell, from: None, to }, None);
        review.follow(decided);
    }
    assert_eq!(review.check(" ", &Change::SignOff), Err(Refusal::NoName));
    assert_eq!(review.check("Dr. A", &Change::Reopen { reason: "x".into() }), Err(Refusal::NotSigned));
    let signed = act(&review, Change::SignOff, None);
    review.follow(signed);
    assert_eq!(review.signature().map(|s| s.who.as_str()), Some("A reader"));
    assert!(review.undo().is_none(), "a signature is not undone by a key");
    let comment = Change::Remark { from: String::new(), to: "late".into() };
    assert_eq!(review.check("Dr. A", &comment), Err(Refusal::Signed));
    assert_eq!(review.check("Dr. A", &Change::Reopen { reason: " ".into() }), Err(Refusal::NoReason));
    let opened = act(&review, Change::Reopen { reason: "wrong side".into() }, None);
    review.follow(opened);
    assert_eq!(review.check("Dr. A", &comment), Ok(()));
    assert_eq!((review.signature(), review.reopened_because(), review.decided()), (None, Some("wrong side"), 25));
}

fn statements(of: &[(&str, Statement)]) -> BTreeMap<GradeId, Statement> {
    let normal = Statement::Severity { severity: Severity::NormalMild, by_reader: false };
    let mut all: BTreeMap<GradeId, Statement> = GradeId::ALL.iter().map(|&id| (id, normal.clone())).collect();
    all.extend(of.iter().map(|(id, said)| (id.parse().unwrap(), said.clone())));
    all
}

const fn found(severity: Severity) -> Statement {
    Statement::Severity { severity, by_reader: true }
}

#[test]
fn sentences_say_side_and_severity_and_what_is_not_known() {
    let said = statements(&[
        ("spinal_canal_stenosis_l4_l5", found(Severity::Severe)),
        ("left_subarticular_stenosis_l4_l5", found(Severity::Moderate)),
        ("right_subarticular_stenosis_l4_l5", found(Severity::Severe)),
        ("left_neural_foraminal_narrowing_l4_l5", found(Severity::Severe)),
        ("right_neural_foraminal_narrowing_l3_l4", Statement::NotSeen),
        ("left_subarticular_stenosis_l5_s1", Statement::NotAssessable),
        ("right_subarticular_stenosis_l5_s1", Statement::NotAssessable),
        ("left_neural_foraminal_narrowing_l5_s1", found(Severity::Moderate)),
        ("right_neural_foraminal_narrowing_l5_s1", found(Severity::Moderate)),
        ("spinal_canal_stenosis_l1_l2", Statement::NotAssessed { reason: "no series".into() }),
    ]);
    let of = |id: GradeId| said.get(&id);
    let sentences: Vec<String> = Level::ALL.iter().map(|&level| sentence(level, &of)).collect();
    assert_eq!(
        sentences,
        [
            "Spinal canal stenosis: not assessed. No moderate or severe subarticular stenosis or neural foraminal narrowing.",
            "No moderate or severe spinal canal stenosis, subarticular stenosis or neural foraminal narrowing.",
            "Neural foraminal narrowing: left normal or mild, right not seen by the detector. No moderate or severe spinal \
             canal stenosis or subarticular stenosis.",
            "Severe spinal canal stenosis. Severe right and moderate left subarticular stenosis. Severe left neural \
             foraminal narrowing; right normal or mild.",
            "Subarticular stenosis of both sides: not assessable. Moderate bilateral neural foraminal narrowing. No \
             moderate or severe spinal canal stenosis.",
        ]
    );
    assert_eq!(
        conclusion(&of),
        "Severe: spinal canal stenosis L4/L5; subarticular stenosis L4/L5 right; neural foraminal narrowing L4/L5 left. \
         Moderate: subarticular stenosis L4/L5 left; neural foraminal narrowing L5/S1 bilateral. 1 of 25 grades not \
         seen by the detector. 1 of 25 grades not assessed. 2 of 25 grades not assessable."
    );
}

#[test]
fn a_normal_study_is_not_praised_for_what_nobody_looked_at() {
    let all = statements(&[]);
    assert_eq!(conclusion(&|id| all.get(&id)), "No moderate or severe stenosis where it was graded.");
    let none: Vec<(String, Statement)> = GradeId::ALL.iter().map(|id| (id.to_string(), Statement::NotSeen)).collect();
    let none: Vec<(&str, Statement)> = none.iter().map(|(id, s)| (id.as_str(), s.clone())).collect();
    let none = statements(&none);
    assert_eq!(conclusion(&|id| none.get(&id)), "25 of 25 grades not seen by the detector.");
}

fn proposal(change: Change) -> Draft {
    let act = act(&Review::default(), change, None);
    Draft { who: act.who, when: act.when, program: act.program, models: act.models, change: act.change, undoes: None }
}

#[test]
fn a_desk_shows_at_once_what_is_decided_and_yields_to_a_quicker_window() {
    let [a, b] = [GradeId::ALL[0], GradeId::ALL[1]];
    let decide = |cell, to| Change::Decision { cell, from: None, to: Some(to) };
    let mut desk = Desk::default();
    let (normal, severe) = (Decision::Accepted(Severity::NormalMild), Decision::Changed(Severity::Severe));
    let first = desk.propose(proposal(decide(a, normal))).unwrap().expect("something to send");
    let second = desk.propose(proposal(decide(b, severe))).unwrap().expect("something to send");
    assert_eq!((desk.review().decided(), desk.unsaved()), (2, 2));
    // Another window has decided `a`: the trail refuses ours, and says what is there.
    let theirs = Act { seq: 1, who: "Dr. B".into(), ..act(&Review::default(), decide(a, severe), None) };
    assert!(desk.settle(&first, vec![theirs]));
    assert_eq!((desk.review().cell(a).decision, desk.review().cell(b).decision), (Some(severe), Some(severe)));
    // Ours about `b` is written; the same news twice does no harm.
    let ours = Act { seq: 2, ..act(&Review::default(), decide(b, severe), None) };
    assert!(desk.settle(&second, vec![ours.clone()]));
    assert!(!desk.settle(&second, vec![ours.clone()]), "once is enough");
    desk.take_in(vec![ours]);
    assert_eq!((desk.review().last_seq(), desk.unsaved()), (2, 0));
}

#[test]
fn what_could_not_be_written_stays_on_the_desk_and_is_sent_again() {
    let mut desk = Desk::default();
    let remark = Change::Remark { from: String::new(), to: "kept".into() };
    desk.propose(proposal(remark.clone())).unwrap();
    let cell = GradeId::ALL[0];
    let comment = Change::Comment { cell, from: String::new(), to: "on its way".into() };
    let later = desk.propose(proposal(comment.clone())).unwrap().expect("something to send");
    desk.fail("disk full".into());
    // The one behind it was on its way already, and is written: the first one stays pending.
    let written = act(&Review::default(), comment, None);
    assert!(desk.settle(&later, vec![written]));
    assert_eq!((desk.review().cell(cell).comment.as_str(), desk.unsaved()), ("on its way", 1));
    assert_eq!((desk.review().remark(), desk.failure(), desk.unsaved()), ("kept", Some("disk full"), 1));
    let again = desk.again();
    assert_eq!(again.len(), 1);
    let written = Act { seq: 2, ..act(&Review::default(), remark, None) };
    assert!(desk.settle(&again[0], vec![written]));
    assert_eq!((desk.failure(), desk.unsaved()), (None, 0));
    let nothing = Change::Remark { from: "kept".into(), to: "kept".into() };
    assert_eq!(desk.propose(proposal(nothing)), Ok(None), "a change of nothing is no act");
}

/// A reader who has decided, commented and dictated, and then sees that a vertebra was counted wrongly, does not begin again.
#[test]
fn what_was_said_of_a_disc_stays_with_it_when_the_levels_are_renumbered() {
    let id = |level: &str| format!("spinal_canal_stenosis_{level}").parse::<GradeId>().unwrap();
    let down = Shift::so_that(Level::L3L4, Level::L4L5);
    let decided = Some(Decision::Changed(Severity::Severe));
    let comment = "worse than L4/L5".to_owned();
    let mut review = Review::default();
    let mut doing = |change: Change| {
        review.check("A reader", &change).unwrap();
        let next = act(&review, change, None);
        review.follow(next);
        review.clone()
    };
    doing(Change::Decision { cell: id("l3_l4"), from: None, to: decided });
    doing(Change::Comment { cell: id("l5_s1"), from: String::new(), to: comment.clone() });
    doing(Change::Sentence { level: Level::L3L4, from: None, to: Some("See L4/L5.".to_owned()) });
    let before = doing(Change::Conclusion { from: None, to: Some("L3/L4, L5/S1.".to_owned()) });
    let after = doing(Change::Renumber { from: Shift::NONE, to: down });
    assert_eq!((after.cell(id("l3_l4")).decision, after.cell(id("l4_l5")).decision), (None, decided));
    assert_eq!((after.sentence(Level::L4L5), after.sentence(Level::L3L4)), (Some("See L5/S1."), None));
    assert_eq!(after.conclusion(), Some("L4/L5, S1/S2."));
    assert_eq!(after.renumbered().map(|by| by.who), Some("A reader".to_owned()));
    let (seq, back) = after.undo().unwrap();
    assert_eq!(back, Change::Renumber { from: down, to: Shift::NONE });
    let mut again = after.clone();
    again.follow(act(&after, back, Some(seq)));
    assert_eq!(again.cell(id("l5_s1")).comment, comment, "what had moved beyond the five levels is back");
    assert_eq!((again.conclusion(), again.decided(), again.renumbered()), (before.conclusion(), 1, None));
    let too_far = Change::Renumber { from: Shift::NONE, to: down.then(down).then(down).then(down).then(down) };
    assert_eq!(again.check("A reader", &too_far), Err(Refusal::TooFar));
}
