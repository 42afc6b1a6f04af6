//! Pictures of every panel in every state. A picture that changed is looked at before it is accepted:
//! `UPDATE_SNAPSHOTS=1 cargo test --lib ui::tests::snapshots` writes the new ones to tests/snapshots.

use std::sync::Arc;

use egui::{Key, Modifiers, Rect, vec2};
use egui_kittest::{SnapshotOptions, try_image_snapshot_options};
use image::imageops::{FilterType, crop_imm, resize};

use super::{Window, graded_demo, graded_window, id, is_shown, session, sized_window, wait_for, window};
use crate::{
    grading::{Assessment, Condition, GradeTable},
    library::StudyState,
    markup::{Point, Shape},
    ui::state::{
        command::UiCommand as C,
        home::Home,
        session::{Grading, Session},
        settings::ThemeChoice,
        viewer::{Action, ReviewAction},
    },
    worker::{SessionId, SliceKey, StudySource, Ticket},
};

/// Takes pictures and keeps what differed until the end: one run shows all that changed.
#[derive(Default)]
struct Album(Vec<String>);

impl Album {
    /// The whole window.
    fn take(&mut self, window: &mut Window, name: &str) {
        let whole = window.ctx.content_rect();
        self.take_part(window, name, whole);
    }

    fn take_part(&mut self, window: &mut Window, name: &str, part: Rect) {
        let image = window.render().expect("a picture");
        let scale = window.ctx.pixels_per_point();
        let part = (part * scale)
            .intersect(Rect::from_min_size(egui::Pos2::ZERO, vec2(image.width() as f32, image.height() as f32)));
        let image = crop_imm(&image, part.left() as u32, part.top() as u32, part.width() as u32, part.height() as u32)
            .to_image();
        // Images are looked at for what lies where: half the size keeps the repository small.
        let image = if image.width() * image.height() > 300_000 {
            resize(&image, image.width() / 2, image.height() / 2, FilterType::Triangle)
        } else {
            image
        };
        // Another CPU may round a score or an edge of a letter in another way.
        let options = SnapshotOptions::new().threshold(1.0).max_failed_pixels(60);
        if let Err(error) = try_image_snapshot_options(&image, name, &options) {
            self.0.push(error.to_string());
        }
    }
}

impl Drop for Album {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.0.is_empty(), "{}", self.0.join("\n"));
        }
    }
}

fn does(window: &mut Window, command: C) {
    window.state_mut().viewer.perform(Action::Do(command));
    settle(window);
}

fn settle(window: &mut Window) {
    for _ in 0..4 {
        window.step();
    }
    wait_for(window, "the slices", |app| app.viewer.session().is_none() || is_shown(app));
    window.step();
}

fn left(window: &Window) -> Rect {
    Rect::from_min_max(egui::pos2(0.0, 75.0), egui::pos2(212.0, window.ctx.content_rect().bottom()))
}

fn right(window: &Window) -> Rect {
    let whole = window.ctx.content_rect();
    Rect::from_min_max(egui::pos2(whole.right() - 330.0, 75.0), whole.right_bottom())
}

#[test]
fn nothing_open_and_an_error() {
    let mut album = Album::default();
    let mut window = window(StudySource::Paths(vec!["/no/such/study".into()]), None);
    wait_for(&mut window, "the error", |app| app.viewer.opening.is_none());
    window.step();
    album.take(&mut window, "error");
    window.state_mut().viewer.notices.close(0);
    settle(&mut window);
    let whole = window.ctx.content_rect();
    album.take_part(&mut window, "empty", whole.shrink2(vec2(200.0, 80.0)));
}

#[test]
fn while_a_study_opens_and_is_graded() {
    let mut album = Album::default();
    let mut window = window(StudySource::Demo, None);
    window.step();
    album.take_part(&mut window, "opening", Rect::from_min_max(egui::pos2(0.0, 600.0), egui::pos2(1280.0, 720.0)));
    wait_for(&mut window, "the first grades", |app| app.viewer.session().is_some_and(|s| s.run.table.is_some()));
    does(&mut window, C::Cancel);
    wait_for(&mut window, "the end of it", |app| {
        app.viewer.session().is_some_and(|s| s.run.progress == crate::ui::state::session::Grading::Cancelled)
    });
    // How far it came depends on the machine: only what stays is compared.
    let part = left(&window);
    album.take_part(&mut window, "browser-cancelled", part);
}

#[test]
fn a_graded_study_in_all_layouts_and_both_themes() {
    let mut album = Album::default();
    let mut window = graded_demo();
    settle(&mut window);
    album.take(&mut window, "graded");
    window.state_mut().viewer.perform(Action::SelectGrade(id("left_subarticular_stenosis_l4_l5")));
    settle(&mut window);
    album.take(&mut window, "selected");
    for (command, name) in [(C::LayoutOne, "layout-one"), (C::LayoutTwo, "layout-two"), (C::LayoutFour, "layout-four")]
    {
        does(&mut window, command);
        let middle = Rect::from_min_max(egui::pos2(212.0, 75.0), egui::pos2(990.0, 690.0));
        album.take_part(&mut window, name, middle);
    }
    does(&mut window, C::LayoutThree);
    for command in [C::FlipHorizontal, C::RotateRight, C::Invert, C::Smooth, C::Overlays] {
        does(&mut window, command);
    }
    let middle = Rect::from_min_max(egui::pos2(212.0, 75.0), egui::pos2(990.0, 690.0));
    album.take_part(&mut window, "turned-inverted-hidden", middle);
    window.state_mut().viewer.settings.theme = ThemeChoice::Light;
    settle(&mut window);
    let (left, right) = (left(&window), right(&window));
    album.take_part(&mut window, "light-browser", left);
    album.take_part(&mut window, "light-grades", right);
}

#[test]
fn grades_that_are_partly_there_not_seen_not_assessed_failed_and_reviewed() {
    let mut album = Album::default();
    let mut window = graded_demo();
    let full = session(window.state()).run.table.clone().expect("a table");
    let reason = "no axial T2 series in this study".to_owned();
    let partial = GradeTable::from_fn(|id| match id.condition() {
        Condition::SpinalCanalStenosis => full.get(id).assessment.clone(),
        Condition::NeuralForaminalNarrowing => match full.get(id).probabilities() {
            Some(probabilities) => Assessment::Prior { probabilities },
            None => Assessment::NotAssessed { reason: reason.clone() },
        },
        Condition::SubarticularStenosis => Assessment::NotAssessed { reason: reason.clone() },
    });
    let states = [
        ("grades-running", Grading::Running(26, 51), None),
        ("grades-partial", Grading::Done, Some(StudyState::Reviewed)),
        ("grades-failed", Grading::Failed("models/scs.onnx: not an ONNX file".to_owned()), None),
    ];
    for (name, grading, state) in states {
        let open = window.state_mut().viewer.session_mut().expect("open");
        open.run.table = if name == "grades-failed" { None } else { Some(partial.clone()) };
        (open.run.progress, open.run.graded, open.listed.state) = (grading, None, state);
        open.focus.cell = Some(id("right_subarticular_stenosis_l3_l4"));
        settle(&mut window);
        let (left, right) = (left(&window), right(&window));
        album.take_part(&mut window, name, right);
        if state.is_some() {
            album.take_part(&mut window, "browser-reviewed", left);
        }
    }
}

#[test]
fn grades_of_a_study_unlike_those_that_the_models_know() {
    let mut album = Album::default();
    for (name, pull) in [("grades-doubt", 0.73), ("grades-moved", 0.2)] {
        let mut window = super::doubt::strange_demo(pull);
        window.state_mut().viewer.session_mut().expect("open").focus.cell = Some(id("spinal_canal_stenosis_l4_l5"));
        settle(&mut window);
        let right = right(&window);
        album.take_part(&mut window, name, right);
    }
}

#[test]
fn a_line_that_cannot_be_drawn_is_explained_and_so_is_a_slice_that_cannot_be_decoded() {
    let mut album = Album::default();
    let mut window = graded_demo();
    let open = window.state_mut().viewer.session_mut().expect("open");
    let axial = open.panes[2].series.expect("axial");
    let key = SliceKey { session: open.id, series: open.panes[0].series.expect("T1"), slice: open.panes[0].slice };
    Arc::make_mut(&mut open.study).series[axial].frame_of_reference_uid = "1.2.3".into();
    window.state_mut().viewer.slices.cache.put(key, Err("the JPEG 2000 data end too early".to_owned()));
    settle(&mut window);
    let middle = Rect::from_min_max(egui::pos2(212.0, 600.0), egui::pos2(960.0, 700.0));
    album.take_part(&mut window, "no-reference-line", middle);
    let first = Rect::from_min_max(egui::pos2(212.0, 280.0), egui::pos2(460.0, 480.0));
    album.take_part(&mut window, "slice-error", first);
}

#[test]
fn two_studies_and_the_worklist() {
    let mut album = Album::default();
    let mut window = graded_demo();
    let below =
        crate::study::scan_memory(crate::phantom::study_in_memory(crate::phantom::DEMO_SEED + 2)).studies.remove(0);
    let viewer = &mut window.state_mut().viewer;
    let mut second = Session::new(SessionId(1_002), Ticket(1_003), below, false);
    second.run.progress = Grading::Cancelled;
    viewer.sessions.push(second);
    viewer.perform(Action::Compare(SessionId(1_002)));
    wait_for(&mut window, "both studies", |app| {
        let visible = app.viewer.visible_panes();
        visible.len() == 6 && visible.into_iter().all(|id| app.viewer.shown_in(id).is_some())
    });
    settle(&mut window);
    album.take(&mut window, "compared");
    drop(window);
    let mut window = super::window(StudySource::Demo, None);
    wait_for(&mut window, "the list to know the study", |app| {
        app.viewer.session().is_some_and(|s| s.listed.state.is_some())
    });
    does(&mut window, C::Cancel);
    does(&mut window, C::ShowWorklist);
    wait_for(&mut window, "the list", |app| app.viewer.worklist.listing.entries.len() == 1);
    settle(&mut window);
    let list = window.ctx.content_rect().shrink2(vec2(230.0, 150.0));
    album.take_part(&mut window, "worklist", list);
}

#[test]
fn windows_over_the_images() {
    let mut album = Album::default();
    let mut window = graded_demo();
    for (command, name) in [
        (C::ShowKeys, "keys"),
        (C::ShowSettings, "settings"),
        (C::ShowAbout, "about"),
        (C::ShowHints, "first-steps"),
        (C::ShowPalette, "palette"),
    ] {
        does(&mut window, command);
        let middle = window.ctx.content_rect().shrink2(vec2(240.0, 60.0));
        album.take_part(&mut window, name, middle);
        window.state_mut().viewer.screen.windows = crate::ui::state::viewer::OpenWindows::default();
        settle(&mut window);
    }
    window
        .state_mut()
        .viewer
        .perform(Action::Warn("3 files were not read, or with a doubt; the rest is open (F2 lists them)".to_owned()));
    settle(&mut window);
    album.take_part(&mut window, "warning", Rect::from_min_max(egui::pos2(212.0, 560.0), egui::pos2(1280.0, 720.0)));
}

#[test]
fn a_review_under_way_signed_and_exported() {
    let mut album = Album::default();
    // A list that keeps what is decided.
    let kept = tempfile::tempdir().expect("a folder");
    let home = Home { library: Some(kept.path().to_owned()), ..Home::default() };
    let mut window = sized_window(StudySource::Demo, None, &home, vec2(1280.0, 800.0), 2.0);
    wait_for(&mut window, "the grades", |app| app.viewer.session().is_some_and(|s| s.run.graded.is_some()));
    for command in [C::NextUndecided, C::AcceptGrade, C::SaySevere, C::SayNotAssessable, C::AcceptGrade] {
        does(&mut window, command);
    }
    let study = session(window.state()).id;
    let cell = id("right_subarticular_stenosis_l4_l5");
    window.state_mut().viewer.perform(Action::SelectGrade(cell));
    let comment = ReviewAction::Comment(study, cell, "Scar tissue after surgery".to_owned());
    window.state_mut().viewer.perform(Action::Review(comment));
    wait_for(&mut window, "the acts", |app| session(app).desk.unsaved() == 0);
    window.state_mut().viewer.notices = crate::ui::state::notices::Notices::default();
    settle(&mut window);
    let right = right(&window);
    album.take_part(&mut window, "review-grades", right);
    let middle = window.ctx.content_rect().shrink2(vec2(270.0, 60.0));
    for (command, name) in [(C::ShowReport, "review-report"), (C::ShowExport, "review-export")] {
        does(&mut window, command);
        album.take_part(&mut window, name, middle);
        window.state_mut().viewer.screen.windows = crate::ui::state::viewer::OpenWindows::default();
        settle(&mut window);
    }
}

#[test]
fn large_text_and_a_fine_screen() {
    let mut album = Album::default();
    let mut window = graded_window(vec2(1920.0, 1080.0), 2.0);
    settle(&mut window);
    let right = right(&window);
    album.take_part(&mut window, "fine-screen-grades", right);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Num0);
    for _ in 0..4 {
        window.key_press_modifiers(Modifiers::COMMAND, Key::Plus);
        window.step();
    }
    settle(&mut window);
    assert!((window.ctx.zoom_factor() - 1.4641).abs() < 1e-3);
}

#[test]
fn marks_of_every_kind_upright_turned_and_in_the_list() {
    let mut album = Album::default();
    let mut window = graded_demo();
    does(&mut window, C::LayoutOne);
    does(&mut window, C::Captions);
    let session = window.state_mut().viewer.session_mut().expect("a study");
    let pane = &session.panes[0];
    let slice = session.study.series[pane.series.expect("a series")].slices[pane.slice].id();
    let at = Point::new;
    for (shape, text) in [
        (Shape::Length { from: at(60.0, 40.0), to: at(130.0, 70.0) }, ""),
        (Shape::Angle { first: at(40.0, 110.0), vertex: at(60.0, 160.0), second: at(110.0, 150.0) }, ""),
        (Shape::Ellipse { corner: at(170.0, 40.0), opposite: at(215.0, 70.0) }, "fat"),
        (Shape::Rectangle { corner: at(30.0, 200.0), opposite: at(80.0, 230.0) }, ""),
        (Shape::Probe { at: at(160.0, 150.0) }, ""),
        (Shape::Arrow { tip: at(150.0, 215.0), tail: at(200.0, 250.0) }, "L5/S1"),
        (Shape::Note { at: at(20.0, 270.0) }, "a note"),
    ] {
        session.marks.markup.add(slice.clone(), shape, text);
    }
    session.marks.markup.toggle_key_image(&slice);
    session.marks.selected = session.marks.markup.marks().get(2).map(|mark| mark.id);
    settle(&mut window);
    album.take(&mut window, "marks");
    does(&mut window, C::FlipHorizontal);
    does(&mut window, C::RotateRight);
    does(&mut window, C::Invert);
    album.take(&mut window, "marks-turned");
    does(&mut window, C::ShowMarks);
    let list = Rect::from_center_size(window.ctx.content_rect().center(), vec2(520.0, 300.0));
    album.take_part(&mut window, "marks-list", list);
}
