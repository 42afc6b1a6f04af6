//! The main job: open, grade, look, export; and what goes wrong.

use std::path::Path;

use egui::{Event, Key, Modifiers, MouseWheelUnit, PointerButton, TouchPhase, vec2};
use egui_kittest::kittest::Queryable;

use super::{click_cell, drag, graded_demo, id, is_shown, pane, session, wait_for, window};
use crate::{
    grading::Severity,
    library::StudyState,
    phantom,
    report::Destination,
    report::Format,
    ui::state::{export::Wish, pane::PaneId, session::Grading, viewer::Action},
    worker::StudySource,
};

#[test]
fn the_demo_study_is_graded_and_a_cell_leads_to_its_box_in_every_pane() {
    // This one runs all of it, threads and models; the others start from its result.
    let mut window = window(StudySource::Demo, None);
    wait_for(&mut window, "the demo study to be graded", |app| {
        app.viewer.session().is_some_and(|s| s.run.progress == Grading::Done)
    });
    wait_for(&mut window, "its slices to be decoded", is_shown);
    let severe = id("spinal_canal_stenosis_l4_l5");
    let table = session(window.state()).run.table.clone().expect("a table");
    assert!(table.rows().iter().all(|row| row.probabilities().is_some()), "25 rows are assessed");
    assert_eq!(
        table.get(severe).probabilities().map(crate::grading::Probabilities::most_likely),
        Some(Severity::Severe)
    );
    click_cell(&mut window, severe);
    wait_for(&mut window, "the box's slice", is_shown);
    let open = session(window.state());
    let evidence = open.focus.evidence.as_ref().expect("a box is highlighted");
    let (series, slice) = open.study.find(&evidence.detection.slice).expect("its slice");
    assert_eq!((open.panes[1].series, open.panes[1].shown), (Some(series), Some(slice)));
    assert_eq!(window.state().viewer.active_pane().map(|p| p.index), Some(1), "keys act on the pane with the box");
    // The axial pane went to the slice nearest to the middle of the box.
    let point = open.study.series[series].slices[slice]
        .plane
        .expect("a plane")
        .patient_from_pixel(evidence.detection.bbox.center());
    let axial = &open.study.series[open.panes[2].series.expect("axial")];
    let distance = |i: usize| axial.slices[i].plane.map_or(f64::MAX, |p| p.distance_from_patient(point).abs());
    let nearest = (0..axial.slices.len()).map(distance).fold(f64::MAX, f64::min);
    assert!((distance(open.panes[2].slice) - nearest).abs() < 1e-6);
}

#[test]
fn the_mouse_scrolls_windows_and_zooms_and_a_window_stays_while_scrolling() {
    let mut window = graded_demo();
    let at = pane(&window, 0);
    window.hover_at(at);
    window.step();
    let before = session(window.state()).panes[0].clone();
    for _ in 0..2 {
        window.event(Event::MouseWheel {
            unit: MouseWheelUnit::Line,
            delta: vec2(0.0, -1.0),
            phase: TouchPhase::Move,
            source: egui::MouseWheelSource::Wheel,
            modifiers: Modifiers::NONE,
        });
        window.step();
    }
    drag(&mut window, at, vec2(60.0, 0.0), PointerButton::Primary);
    drag(&mut window, at, vec2(0.0, -80.0), PointerButton::Secondary);
    let after = session(window.state()).panes[0].clone();
    assert_eq!(after.slice, before.slice + 2);
    assert!(after.window.expect("window").width > before.window.expect("window").width);
    assert!(after.zoom > 1.5);
    window.key_press(Key::End);
    window.step();
    wait_for(&mut window, "the last slice", is_shown);
    let last = &session(window.state()).panes[0];
    assert_eq!((last.slice, last.window), (last.slice_count(&session(window.state()).study) - 1, after.window));
    window.key_press(Key::R);
    window.step();
    let reset = &session(window.state()).panes[0];
    assert!((reset.zoom - 1.0).abs() < 1e-6 && reset.window != after.window);
}

#[test]
fn findings_are_walked_by_key_and_one_key_hides_the_overlays() {
    let mut window = graded_demo();
    let count = session(window.state()).findings().len();
    assert!(count >= 3, "the demo study has seven things wrong: {count} found");
    let mut seen = Vec::new();
    for _ in 0..count {
        window.key_press(Key::N);
        window.step();
        seen.extend(session(window.state()).focus.cell);
    }
    assert_eq!(seen, session(window.state()).findings());
    window.key_press(Key::H);
    window.step();
    assert!(!window.state().viewer.visibility.overlays);
}

/// A demo study that the worklist knows, its grading stopped: grades are put in by [`graded_demo`] elsewhere.
fn listed_demo() -> super::Window {
    let mut window = window(StudySource::Demo, None);
    wait_for(&mut window, "the list to know the study", |app| {
        app.viewer.session().is_some_and(|s| s.listed.state.is_some())
    });
    wait_for(&mut window, "the grades", |app| session(app).run.progress == Grading::Done);
    wait_for(&mut window, "its slices", is_shown);
    window
}

fn is_reviewed(app: &crate::ui::app::App) -> bool {
    session(app).listed.state == Some(StudyState::Reviewed)
}

#[test]
fn a_study_is_reviewed_by_keyboard_alone() {
    let mut window = listed_demo();
    let findings = session(window.state()).findings();
    for _ in &findings {
        window.key_press(Key::N);
        window.step();
        wait_for(&mut window, "the finding", is_shown);
        window.key_press(Key::K);
        window.step();
    }
    assert!(!session(window.state()).marks.markup.key_images().is_empty(), "what was found is marked");
    for key in [Key::ArrowUp, Key::ArrowRight] {
        window.key_press_modifiers(Modifiers::ALT, key);
        window.step();
    }
    assert_ne!(session(window.state()).focus.cell, findings.last().copied(), "another cell");
    window.key_press_modifiers(Modifiers::COMMAND, Key::K);
    window.step();
    window.event(Event::Text("mark as reviewed".to_owned()));
    window.step();
    window.key_press(Key::Enter);
    window.step();
    wait_for(&mut window, "the list to know", is_reviewed);
}

#[test]
fn a_study_is_reviewed_by_mouse_alone() {
    let mut window = listed_demo();
    for _ in session(window.state()).findings() {
        window.get_by_label("Next finding").click();
        window.step();
        wait_for(&mut window, "the finding", is_shown);
    }
    window.get_by_label("Key image").click();
    window.step();
    assert_eq!(session(window.state()).marks.markup.key_images().len(), 1);
    window.get_by_label("File").click();
    window.step();
    window.step();
    window.get_by(|node| node.label().is_some_and(|label| label.contains("Mark as reviewed"))).click();
    window.step();
    wait_for(&mut window, "the list to know", is_reviewed);
}

#[test]
fn exports_are_what_foramen_grade_writes() {
    let mut window = graded_demo();
    let folder = tempfile::tempdir().expect("a folder");
    let open = session(window.state());
    let (id, expected) = (open.id, crate::output::csv_bytes(&[*open.run.graded.clone().expect("graded")]));
    let wish = Wish { formats: vec![Format::Csv, Format::Json, Format::Text], ..Wish::default() };
    let to = Destination::Folder(folder.path().to_owned());
    window.state_mut().viewer.perform(Action::Export(id, wish.clone(), to.clone()));
    wait_for(&mut window, "the files", |app| !app.viewer.is_exporting());
    let files = folder.path().join(session(window.state()).study.uid.as_str());
    assert_eq!(std::fs::read(files.join("grades.csv")).expect("written"), expected);
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(files.join("report.json")).expect("written")).expect("JSON");
    assert_eq!(json["grades"].as_array().map(Vec::len), Some(25));
    // What is there is not written over, and the reader is told.
    std::fs::write(files.join("report.txt"), "mine").expect("written");
    window.state_mut().viewer.perform(Action::Export(id, wish, to));
    wait_for(&mut window, "the refusal", |app| !app.viewer.is_exporting());
    assert!(window.state().viewer.notices.last().is_some_and(|n| n.text.contains("already exists")));
    assert_eq!(std::fs::read(files.join("report.txt")).expect("there"), b"mine");
    // A folder in the way of a file: the same.
    let wish = Wish::one(Format::Csv, true);
    window.state_mut().viewer.perform(Action::Export(id, wish, Destination::File(folder.path().to_owned())));
    wait_for(&mut window, "the failure", |app| !app.viewer.is_exporting());
    assert!(window.state().viewer.notices.last().is_some_and(|n| n.text.contains("cannot write")));
}

#[test]
fn a_study_without_the_three_series_opens_and_says_that_it_was_not_assessed() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = phantom::study_in_memory(phantom::DEMO_SEED);
    let series = |name: &str| name.rsplit_once('/').expect("a folder").0.to_owned();
    // The localizer is the series of three images.
    for (name, bytes) in &files {
        if files.iter().filter(|(other, _)| series(other) == series(name)).count() == 3 {
            std::fs::write(folder.path().join(name.rsplit('/').next().expect("a name")), bytes).expect("written");
        }
    }
    let mut window = window(StudySource::Paths(vec![folder.path().to_owned()]), None);
    wait_for(&mut window, "the localizer to be graded", |app| {
        app.viewer.session().is_some_and(|s| s.run.progress == Grading::Done)
    });
    wait_for(&mut window, "its slices", is_shown);
    assert!(session(window.state()).panes[0].shown.is_some(), "it is shown");
    let alone = PaneId { session: session(window.state()).id, index: 0 };
    assert_eq!(window.state().viewer.visible_panes(), [alone], "no pane is empty");
    let label = "L1/L2 spinal canal stenosis: not assessed";
    window.get_by(|node| node.label().is_some_and(|l| l.starts_with(label)));
    assert!(!window.state().viewer.notices.iter().any(|n| n.text.contains("error")));
}

#[test]
fn what_cannot_be_opened_or_graded_is_said_and_the_window_lives_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let gone = folder.path().join("gone");
    let mut window = window(StudySource::Paths(vec![gone]), Some(folder.path()));
    wait_for(&mut window, "the error", |app| app.viewer.opening.is_none());
    assert!(window.state().viewer.notices.last().is_some_and(|n| n.text.contains("no such file or folder")));
    window.get_by(|node| node.label().is_some_and(|label| label.contains("Open the demo study"))).click();
    wait_for(&mut window, "the demo study without models", |app| {
        app.viewer.session().is_some_and(|s| matches!(s.run.progress, Grading::Failed(_)))
    });
    wait_for(&mut window, "its slices", is_shown);
    assert!(window.state().viewer.notices.iter().any(|n| n.text.contains("no .onnx file")));
}

#[test]
fn grading_can_be_cancelled_and_started_again() {
    let mut window = window(StudySource::Demo, None);
    wait_for(&mut window, "the first slices", |app| {
        app.viewer.session().is_some_and(|s| matches!(s.run.progress, Grading::Running(..)))
    });
    window.key_press(Key::Escape);
    wait_for(&mut window, "the end of it", |app| session(app).run.progress == Grading::Cancelled);
    window.key_press_modifiers(Modifiers::COMMAND, Key::G);
    wait_for(&mut window, "the grades", |app| session(app).run.progress == Grading::Done);
}

#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

#[test]
fn a_dropped_folder_opens_beside_what_is_open_and_a_second_opening_takes_the_place_of_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in phantom::study_in_memory(phantom::DEMO_SEED + 1) {
        crate::files::write_atomic(&folder.path().join(name), &bytes).expect("written");
    }
    // The demo study is still being computed when the drop comes: the drop is what the reader wants.
    let mut window = window(StudySource::Demo, None);
    window.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(folder.path().to_owned())));
    wait_for(&mut window, "the dropped study", |app| app.viewer.session().is_some());
    assert!(!session(window.state()).origin.is_demo);
    assert_eq!(window.state().viewer.sessions.len(), 1, "the demo study was given up");
    window.key_press_modifiers(Modifiers::COMMAND, Key::D);
    wait_for(&mut window, "the demo study", |app| app.viewer.session().is_some_and(|s| s.origin.is_demo));
    assert_eq!(window.state().viewer.sessions.len(), 2);
    // The same study once more takes the place of the first: one study is never two.
    window.key_press_modifiers(Modifiers::COMMAND, Key::D);
    wait_for(&mut window, "it to open again", |app| app.viewer.opening.is_none());
    assert_eq!(window.state().viewer.sessions.len(), 2);
    window.key_press_modifiers(Modifiers::COMMAND, Key::W);
    window.step();
    window.step();
    assert_eq!(window.state().viewer.sessions.len(), 1);
    assert!(!session(window.state()).origin.is_demo, "the other study comes to the front");
}
