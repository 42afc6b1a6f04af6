//! A study that is unlike those that the models know: its rows look like doubt and not like grades, and nobody accepts them.

use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::{Window, click_cell, graded_demo, id, press, session};
use crate::{
    grading::{GradeId, Limit, Prior, Seen, Sign, Unfamiliar},
    pipeline::{GradedStudy, Warning},
    review::Decision,
    ui::tests::level_names::texts_in,
};

const CELL: &str = "spinal_canal_stenosis_l4_l5";

/// The demo study as if its images were strange to the models.
pub fn strange_demo(pull: f32) -> Window {
    let mut window = graded_demo();
    let open = window.state_mut().viewer.session_mut().expect("a study");
    let mut graded: GradedStudy = (**open.run.graded.as_ref().expect("graded")).clone();
    let limit = Limit { usual: Sign::of_score(0.83), limit: Sign::of_score(0.62) };
    let value = Sign::of_score(0.11);
    let passed = if pull > 0.0 { 4.0 } else { 0.0 };
    let unfamiliar =
        Unfamiliar { pull, signs: vec![Seen { sign: Sign::CanalScores, value, limit: Some(limit), passed }] };
    graded.table = unfamiliar.pulled(graded.table, |id| Prior::default().of(id));
    if unfamiliar.is_pulled() {
        graded.warnings.push(Warning::Unfamiliar(unfamiliar.clone()));
    }
    graded.unfamiliar = Some(unfamiliar);
    open.finish(Box::new(graded));
    window.step();
    window.step();
    window
}

fn label_of(window: &Window, cell: GradeId) -> String {
    let start = format!("{}:", cell.label());
    let node = window.get_by(|node| node.label().is_some_and(|label| label.starts_with(&start)));
    node.accesskit_node().label().unwrap_or_default()
}

fn painted(window: &Window, cell: GradeId) -> Vec<String> {
    let start = format!("{}:", cell.label());
    let rect = window.get_by(|node| node.label().is_some_and(|label| label.starts_with(&start))).rect();
    texts_in(window, rect).into_iter().map(|painted| painted.text).collect()
}

fn has(window: &Window, wanted: &str) -> bool {
    let is_it = |said: Option<String>| said.is_some_and(|said| said.contains(wanted));
    window.query_all_by(|node| is_it(node.label()) || is_it(node.value())).next().is_some()
}

#[test]
fn rows_that_are_mostly_the_prior_are_doubt_and_not_grades() {
    let mut window = strange_demo(0.73);
    let cell = id(CELL);
    assert_eq!(painted(&window, cell)[..2], ["doubt", "73 %"]);
    assert!(label_of(&window, cell).contains("doubtful, not a grade"), "{}", label_of(&window, cell));
    assert!(has(&window, "DOUBT, NOT GRADES"));
    assert!(has(&window, "the boxes of the canal score 0.11 (0.62 or more is usual)"));
    assert_eq!(session(window.state()).findings(), []);
    // There is no severity to agree with; a reader can state one.
    click_cell(&mut window, cell);
    let decision = |window: &Window| session(window.state()).review().cell(cell).decision;
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(decision(&window), None);
    press(&mut window, Modifiers::NONE, Key::Num8);
    assert!(matches!(decision(&window), Some(Decision::Changed(_))), "{:?}", decision(&window));
}

#[test]
fn rows_that_are_moved_a_little_stay_grades_and_familiar_ones_say_nothing() {
    let window = strange_demo(0.2);
    assert!(has(&window, "Unfamiliar images: grades moved 20 % to what is usual"));
    assert!(!label_of(&window, id(CELL)).contains("doubtful"));
    let window = strange_demo(0.0);
    assert!(!has(&window, "nfamiliar images"));
}
