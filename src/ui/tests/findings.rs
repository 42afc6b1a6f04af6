//! Findings in the real window: cells, boxes, the strip of slices, and what is shown of them.

use egui::{Modifiers, PointerButton, Pos2};
use egui_kittest::kittest::Queryable;

use super::{Window, click_at, graded_demo, id, is_shown, wait_for};
use crate::{
    grading::{Conflict, GradeId, Level, Severity, Vote},
    ui::{
        state::{
            pane::PaneId,
            session::Session,
            strip,
            transform::{Extent, Transform},
            viewer::Action,
        },
        view::viewport,
    },
};

fn session(window: &Window) -> &Session {
    window.state().viewer.session().expect("a study is open")
}

/// Rests the pointer until tooltips come.
fn rest(window: &mut Window, at: Pos2) {
    window.hover_at(at);
    for _ in 0..90 {
        window.step();
    }
}

/// Whether a widget's name or text has some words.
fn has_label(window: &Window, wanted: &str) -> bool {
    let has = |said: Option<String>| said.is_some_and(|said| said.contains(wanted));
    window.query_all_by(|node| has(node.label()) || has(node.value())).next().is_some()
}

fn center_of(window: &Window, start: &str) -> Pos2 {
    window.get_by(|node| node.label().is_some_and(|label| label.starts_with(start))).rect().center()
}

fn click(window: &mut Window, at: Pos2) {
    click_at(window, at, PointerButton::Primary);
}

/// Where a pane of the study in front shows pixels: as `pane_ui` has it.
fn transform(window: &Window, index: usize) -> Transform {
    let start = format!("Pane {}:", index + 1);
    let rect = window.get_by(|node| node.label().is_some_and(|label| label.starts_with(&start))).rect();
    let open = session(window);
    let pane = &open.panes[index];
    let slice = &open.study.series[pane.series.expect("a series")].slices[pane.slice];
    Transform::new(rect.shrink(1.0), Extent::of_header(slice), pane)
}

/// What is painted in a pane.
fn painted(window: &Window, index: usize) -> Vec<Vote> {
    let (open, viewer) = (session(window), &window.state().viewer);
    let pane = &open.panes[index];
    let slice = open.study.series[pane.series.expect("a series")].slices[pane.shown.expect("a slice")].id();
    let visible = viewport::visible_boxes(open, &viewer.visibility, viewer.settings.threshold, &slice);
    visible.into_iter().cloned().collect()
}

#[test]
fn a_cell_under_the_pointer_states_three_severities_the_source_and_the_place_of_its_best_box() {
    let mut window = graded_demo();
    let severe = id("spinal_canal_stenosis_l4_l5");
    let at = center_of(&window, &format!("{}:", severe.label()));
    assert!(!has_label(&window, "Best box:"), "no tooltip yet");
    rest(&mut window, at);
    let scores = session(&window).run.table.as_ref().expect("a table").get(severe).probabilities().expect("scores");
    for &severity in Severity::ALL {
        let line = format!("{} {:.2}", severity.label(), scores.of(severity));
        assert!(has_label(&window, &line), "{line}");
    }
    assert!(has_label(&window, "Detected. Best box: Severe"));
    assert!(has_label(&window, "SAG T2"));
}

#[test]
fn a_box_under_the_pointer_says_what_was_seen_there_and_a_click_selects_its_cell() {
    let mut window = graded_demo();
    // A turned and mirrored image: what is clicked is what is painted.
    let pane = PaneId { session: session(&window).id, index: 1 };
    let open = window.state_mut().viewer.pane_mut(pane).expect("a pane");
    open.turn_right(1);
    open.flip_vertically();
    window.step();
    let wanted = painted(&window, 1).into_iter().find(|v| v.grade.level() == Level::L4L5).expect("a box at L4/L5");
    let at = transform(&window, 1).screen_from_pixel(wanted.detection.bbox.center());
    rest(&mut window, at);
    assert!(has_label(&window, "Detected by scs.onnx (demo model)"));
    assert!(has_label(&window, "L4/L5 spinal canal stenosis"));
    let before = session(&window).panes[1].clone();
    click(&mut window, at);
    let after = session(&window);
    assert_eq!(after.focus.cell, Some(wanted.grade));
    assert_eq!(after.focus.evidence.as_ref().map(|e| &e.detection), Some(&wanted.detection));
    assert_eq!((after.panes[1].slice, after.panes[1].window), (before.slice, before.window), "the slice stays");
}

#[test]
fn a_click_beside_the_boxes_or_with_a_tool_that_draws_selects_nothing() {
    let mut window = graded_demo();
    let transform = transform(&window, 1);
    click(&mut window, transform.screen_from_pixel(crate::geometry::PixelCorner::new(2.0, 2.0)));
    assert_eq!(session(&window).focus.cell, None);
    let center = painted(&window, 1)[0].detection.bbox.center();
    window.state_mut().viewer.hand.tool = crate::ui::state::tool::Tool::Length;
    click(&mut window, transform.screen_from_pixel(center));
    assert_eq!(session(&window).focus.cell, None);
}

#[test]
fn heads_hide_and_show_the_boxes_of_a_condition_and_of_a_level() {
    let mut window = graded_demo();
    let levels = |window: &Window| painted(window, 1).iter().map(|v| v.grade.level()).collect::<Vec<_>>();
    assert!(levels(&window).contains(&Level::L4L5));
    let at = center_of(&window, "Boxes of L4/L5");
    click(&mut window, at);
    assert!(!levels(&window).contains(&Level::L4L5) && levels(&window).contains(&Level::L3L4));
    let at = center_of(&window, "Boxes of Canal");
    click(&mut window, at);
    assert!(levels(&window).is_empty());
    assert!(has_label(&window, "Hidden: canal, L4/L5"));
    window.get_by_label("Show all").click();
    window.step();
    window.step();
    assert!(levels(&window).contains(&Level::L4L5));
    window.key_press(egui::Key::H);
    window.step();
    assert!(levels(&window).is_empty());
}

#[test]
fn the_strip_holds_the_boxes_of_the_table_and_a_click_goes_to_a_slice() {
    let mut window = graded_demo();
    let open = session(&window);
    for row in open.run.table.as_ref().expect("a table").rows() {
        let strip = strip::of_cell(open, row.id);
        // The best of all slices is what the table was made of.
        for evidence in row.evidence() {
            let of_severity = strip.iter().filter_map(|s| s.best[evidence.severity.index()].as_ref());
            let most = of_severity.map(|e| e.weight).fold(0.0, f32::max);
            assert!((most - evidence.weight).abs() < 1e-6, "{}: {most} {}", row.id, evidence.weight);
        }
        assert_eq!(strip.is_empty(), row.evidence().is_empty(), "{}", row.id);
    }
    let cell = id("left_subarticular_stenosis_l4_l5");
    window.state_mut().viewer.perform(Action::SelectGrade(cell));
    wait_for(&mut window, "the best slice", is_shown);
    let strip = strip::of_cell(session(&window), cell);
    let shown = session(&window).panes[2].slice;
    let other = strip.iter().find(|s| s.slice != shown).expect("another slice that voted").clone();
    let at = center_of(&window, &format!("Slice {},", other.slice + 1));
    click(&mut window, at);
    let after = session(&window);
    assert_eq!(after.panes[2].slice, other.slice);
    assert_eq!(after.focus.evidence.as_ref(), other.strongest());
    assert_eq!(after.focus.cell, Some(cell));
    // The key goes on from there, through the strip.
    let at = strip.iter().position(|s| *s == other).expect("in the strip");
    window.key_press_modifiers(Modifiers::SHIFT, egui::Key::N);
    window.step();
    assert_eq!(session(&window).panes[2].slice, strip[(at + 1) % strip.len()].slice);
}

#[test]
fn findings_are_counted_and_walked_on_from_any_cell() {
    let mut window = graded_demo();
    let findings = session(&window).findings();
    let levels: Vec<Level> = findings.iter().map(|id| id.level()).collect();
    assert!(levels.is_sorted(), "level by level");
    // A cell before the second finding that is no finding itself.
    let all: Vec<GradeId> = crate::ui::state::cells::all().collect();
    let second = all.iter().position(|id| *id == findings[1]).expect("a cell");
    let before = all[..second].iter().rfind(|id| !findings.contains(id)).copied().expect("a normal cell");
    let expected =
        findings.iter().copied().find(|f| all.iter().position(|id| id == f) > all.iter().position(|id| *id == before));
    window.state_mut().viewer.perform(Action::SelectGrade(before));
    window.key_press(egui::Key::N);
    window.step();
    assert_eq!(session(&window).focus.cell, expected);
    let at = findings.iter().position(|f| Some(*f) == expected).expect("a finding");
    assert!(has_label(&window, &format!("Finding {} of {}", at + 1, findings.len())));
}

#[test]
fn a_contradicted_box_is_marked_in_the_cell_in_its_tooltip_and_in_the_panel() {
    let mut window = graded_demo();
    let cell = id("spinal_canal_stenosis_l4_l5");
    let viewer = &mut window.state_mut().viewer;
    let session = viewer.session_mut().expect("a study");
    let mut json = serde_json::to_value(session.run.table.as_ref().expect("a table")).expect("JSON");
    let evidence = &mut json["rows"][cell.index()]["evidence"][0];
    evidence["conflicts"] = serde_json::to_value([Conflict::Level]).expect("JSON");
    evidence["detection"]["class"] = "spinal_canal_stenosis_l3_l4_severe".into();
    session.run.table = Some(serde_json::from_value(json).expect("a table"));
    window.step();
    let start = format!("{}:", cell.label());
    assert!(has_label(&window, "the best box names a different level or side from where it lies"));
    let at = center_of(&window, &start);
    rest(&mut window, at);
    assert!(has_label(&window, "! says L3/L4, lies at L4/L5"));
    click(&mut window, at);
    assert!(has_label(&window, "! Severe: says L3/L4, lies at L4/L5"));
}
