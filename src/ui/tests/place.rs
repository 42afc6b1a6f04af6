//! Cells without a box lead to their disc and side, and a box by hand is held against the place at which it lies.

use egui::{PointerButton, Rect, vec2};
use egui_kittest::kittest::Queryable;

use super::{Window, click_cell, drag, graded_demo, id, is_shown, session, wait_for};
use crate::{
    geometry::Vec3,
    grading::{Assessment, GradeId, GradeTable, Level, Role, Side},
    review::BoxChoice,
    ui::state::{
        session::Gone,
        tool::Tool,
        transform::{Extent, Transform},
        viewer::Action,
    },
};

/// No cell has a box; every pane stands at its first slice.
fn nothing_seen() -> Window {
    let mut window = graded_demo();
    let open = window.state_mut().viewer.session_mut().expect("a study");
    let old = open.run.table.clone().expect("a table");
    open.run.table = Some(GradeTable::from_fn(|id| Assessment::Prior {
        probabilities: old.get(id).probabilities().expect("assessed"),
    }));
    window
}

fn select(window: &mut Window, cell: GradeId) {
    let viewer = &mut window.state_mut().viewer;
    viewer.notices = crate::ui::state::notices::Notices::default();
    viewer.session_mut().expect("a study").panes.iter_mut().for_each(|pane| pane.slice = 0);
    viewer.perform(Action::SelectGrade(cell));
    window.step();
}

/// How far the slice that a pane wants is from a point, and the least that any slice of its series is, mm.
fn distances(window: &Window, pane: usize, point: Vec3) -> (f64, f64) {
    let open = session(window.state());
    let pane = &open.panes[pane];
    let of = |i: usize| {
        let plane = open.study.series[pane.series.expect("a series")].slices[i].plane.expect("a plane");
        plane.distance_from_patient(point).abs()
    };
    (of(pane.slice), (0..pane.slice_count(&open.study)).map(of).fold(f64::MAX, f64::min))
}

fn said(window: &Window) -> Vec<String> {
    window.state().viewer.notices.iter().map(|notice| notice.text.clone()).collect()
}

#[test]
fn every_cell_that_was_not_seen_brings_all_panes_to_its_disc_and_side() {
    let mut window = nothing_seen();
    let levels = session(window.state()).run.graded.as_ref().expect("graded").levels;
    for cell in GradeId::ALL {
        select(&mut window, cell);
        let open = session(window.state());
        assert_eq!(open.focus.gone, Some(Gone::ToDisc), "{cell}");
        let disc = levels[cell.level().index()].expect("every disc is found");
        // The axial pane: the slice nearest the disc, also for a foramen, which lies above it.
        let (here, least) = distances(&window, 2, disc);
        assert!(here <= least + 1.0, "{cell}: {here} mm from the disc, {least} is possible");
        // The sagittal panes: the midline for the canal, the side of the patient for the others.
        for pane in [0, 1] {
            let series = &open.study.series[open.panes[pane].series.expect("sagittal")];
            let aside = series.slices[open.panes[pane].slice].plane.expect("a plane").center().x - disc.x;
            match cell.side() {
                None => {
                    let (here, least) = distances(&window, pane, disc);
                    assert!(here <= least + 1.0, "{cell}: {here} mm from the disc, {least} is possible");
                }
                Some(Side::Left) => assert!(aside >= 4.0, "{cell}: {aside} mm"),
                Some(Side::Right) => assert!(aside <= -4.0, "{cell}: {aside} mm"),
            }
        }
        let role = window.state().viewer.active_pane().map(|pane| pane.index);
        assert_eq!(role, Role::ALL.iter().position(|&role| role == cell.condition().role()), "{cell}");
        assert!(said(&window).is_empty(), "{:?}", said(&window));
    }
}

#[test]
fn a_disc_that_was_not_found_is_judged_by_the_others_and_without_any_it_is_said() {
    let mut window = nothing_seen();
    let cell = id("spinal_canal_stenosis_l5_s1");
    let open = window.state_mut().viewer.session_mut().expect("a study");
    let levels = &mut open.run.graded.as_mut().expect("graded").levels;
    let true_place = levels[4].take().expect("found");
    select(&mut window, cell);
    assert_eq!(session(window.state()).focus.gone, Some(Gone::ToEstimate));
    assert!(said(&window)[0].contains("L5/S1 was not found"), "{:?}", said(&window));
    let (here, least) = distances(&window, 2, true_place);
    assert!(here <= least + 20.0, "{here} mm from the disc, {least} is possible");
    // Nothing is known any more.
    let open = window.state_mut().viewer.session_mut().expect("a study");
    open.run.graded.as_mut().expect("graded").levels = [None; 5];
    open.run.votes.clear();
    select(&mut window, cell);
    assert!(said(&window)[0].contains("is not known: no disc was found"), "{:?}", said(&window));
    assert_eq!(session(window.state()).panes[2].slice, 0, "nothing is guessed");
}

#[test]
fn a_cell_that_the_reader_emptied_leads_to_its_disc_too() {
    let mut window = graded_demo();
    let cell = id("spinal_canal_stenosis_l2_l3");
    click_cell(&mut window, cell);
    window.state_mut().viewer.perform(Action::Do(crate::ui::state::command::UiCommand::RemoveBox));
    assert_eq!(session(window.state()).review().cell(cell).region, BoxChoice::Removed);
    select(&mut window, cell);
    assert_eq!(session(window.state()).focus.gone, Some(Gone::ToDisc));
}

fn transform(window: &Window, index: usize) -> Transform {
    let start = format!("Pane {}:", index + 1);
    let rect: Rect = window.get_by(|n| n.label().is_some_and(|label| label.starts_with(&start))).rect().shrink(1.0);
    let open = session(window.state());
    let pane = &open.panes[index];
    let header = &open.study.series[pane.series.expect("a series")].slices[pane.shown.expect("a slice")];
    Transform::new(rect, Extent::of_header(header), pane)
}

/// Draws a box of 26 points about the disc of a level.
fn draw_at(window: &mut Window, level: Level) {
    let open = session(window.state());
    let pane = &open.panes[1];
    let plane = open.study.series[pane.series.expect("T2")].slices[pane.shown.expect("shown")].plane.expect("a plane");
    let disc = open.run.graded.as_ref().expect("graded").levels[level.index()].expect("found");
    let at = transform(window, 1).screen_from_pixel(plane.pixel_from_patient(disc));
    drag(window, at - vec2(13.0, 13.0), vec2(26.0, 26.0), PointerButton::Primary);
}

fn has(window: &Window, wanted: &str) -> bool {
    let is_it = |said: Option<String>| said.is_some_and(|said| said.contains(wanted));
    window.query_all_by(|node| is_it(node.label()) || is_it(node.value())).next().is_some()
}

#[test]
fn a_box_by_hand_at_another_disc_is_a_conflict_at_once_and_the_reader_is_told() {
    let mut window = graded_demo();
    let cell = id("spinal_canal_stenosis_l4_l5");
    click_cell(&mut window, cell);
    wait_for(&mut window, "the slice with the box", is_shown);
    // The detector's own boxes are not in the way of the hand.
    window.state_mut().viewer.perform(Action::Do(crate::ui::state::command::UiCommand::RemoveBox));
    window.state_mut().viewer.hand.tool = Tool::Box;
    window.step();
    draw_at(&mut window, Level::L2L3);
    assert!(matches!(session(window.state()).review().cell(cell).region, BoxChoice::Reader(_)));
    let words = "drawn for L4/L5, lies at L2/L3";
    let told = said(&window);
    assert!(told.iter().any(|text| text.contains(words) && text.contains("kept as you drew it")), "{told:?}");
    assert!(has(&window, &format!("the hand-drawn box: {words}")), "the cell says so");
    assert!(has(&window, &format!("! Hand-drawn box: {words}")), "the panel says so");
    // Where it belongs nothing is said.
    window.state_mut().viewer.perform(Action::Do(crate::ui::state::command::UiCommand::RestoreBox));
    window.state_mut().viewer.perform(Action::Do(crate::ui::state::command::UiCommand::RemoveBox));
    wait_for(&mut window, "the slice", is_shown);
    window.state_mut().viewer.notices = crate::ui::state::notices::Notices::default();
    draw_at(&mut window, Level::L4L5);
    assert!(matches!(session(window.state()).review().cell(cell).region, BoxChoice::Reader(_)));
    assert!(!said(&window).iter().any(|text| text.contains("drawn for")), "{:?}", said(&window));
    assert!(!has(&window, "drawn for"));
}
