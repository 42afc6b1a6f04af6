//! Weak evidence looks weak: in the cell, its tooltip, the panel, and to those who listen.

use egui::Rect;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::{Window, click_cell, graded_demo, id, session};
use crate::{
    grading::{self, GradeId, GradeTable, Prior},
    ui::tests::level_names::texts_in,
};

const CELL: &str = "spinal_canal_stenosis_l1_l2";

fn node_rect(window: &Window, cell: GradeId) -> Rect {
    let start = format!("{}:", cell.label());
    window.get_by(|node| node.label().is_some_and(|label| label.starts_with(&start))).rect()
}

fn label_of(window: &Window, cell: GradeId) -> String {
    let start = format!("{}:", cell.label());
    window
        .get_by(|node| node.label().is_some_and(|label| label.starts_with(&start)))
        .accesskit_node()
        .label()
        .unwrap_or_default()
}

fn has(window: &Window, wanted: &str) -> bool {
    let is_it = |said: Option<String>| said.is_some_and(|said| said.contains(wanted));
    window.query_all_by(|node| is_it(node.label()) || is_it(node.value())).next().is_some()
}

/// Of the votes for the cell one remains, of this score.
fn leave_one_box(window: &mut Window, cell: GradeId, score: f32) {
    let open = window.state_mut().viewer.session_mut().expect("a study");
    let best = open.run.table.as_ref().and_then(|table| table.get(cell).key_evidence()).expect("a box").clone();
    for votes in open.run.votes.values_mut() {
        votes.retain(|vote| vote.grade != cell);
    }
    let mut detection = best.detection;
    detection.score = score;
    let mut vote = grading::max(&[detection]).remove(0);
    vote.grade = cell;
    let one = grading::assess(cell, std::slice::from_ref(&vote), &Prior::default());
    open.run.votes.entry(vote.detection.slice.clone()).or_default().push(vote);
    let old = open.run.table.clone().expect("a table");
    open.run.table =
        Some(GradeTable::from_fn(|id| if id == cell { one.clone() } else { old.get(id).assessment.clone() }));
    window.step();
}

fn painted(window: &Window, cell: GradeId) -> Vec<String> {
    texts_in(window, node_rect(window, cell)).into_iter().map(|painted| painted.text).collect()
}

#[test]
fn one_faint_box_is_shown_by_its_score_and_its_slices_and_not_as_a_certainty() {
    let mut window = graded_demo();
    let cell = id(CELL);
    let slices = {
        let open = session(window.state());
        open.study.series[open.panes[1].series.expect("T2")].slices.len()
    };
    leave_one_box(&mut window, cell, 0.8);
    assert!(!label_of(&window, cell).contains("weak"), "one slice alone is not weak");
    leave_one_box(&mut window, cell, 0.05);
    let texts = painted(&window, cell);
    assert_eq!(texts, ["N".to_owned(), "0.05".to_owned(), format!("1/{slices}")]);
    let words = format!("eak evidence: the best box scores 0.05; 1 of {slices} slices voted");
    assert!(label_of(&window, cell).contains(&words), "{}", label_of(&window, cell));
    // In the panel below the table.
    click_cell(&mut window, cell);
    assert!(has(&window, &format!("W{words}")));
}

#[test]
fn a_higher_slider_asks_for_more_and_a_lower_one_makes_nothing_strong() {
    let mut window = graded_demo();
    let cell = id(CELL);
    leave_one_box(&mut window, cell, 0.4);
    let is_weak = |window: &mut Window, slider: f32| {
        window.state_mut().viewer.settings.threshold = slider;
        window.step();
        label_of(window, cell).contains("weak evidence")
    };
    assert!(!is_weak(&mut window, 0.25) && is_weak(&mut window, 0.5));
    leave_one_box(&mut window, cell, 0.2);
    assert!(is_weak(&mut window, 0.01));
}
