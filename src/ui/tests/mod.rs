//! The window without a screen: `egui_kittest` drives the real app, threads and models and all.

mod box_edit;
mod doubt;
mod findings;
mod layouts;
mod level_names;
mod main_job;
mod marks;
mod picture;
mod place;
mod problems;
mod resting;
mod review;
mod snapshots;
mod weak;
mod worklist;

use std::{
    path::Path,
    sync::LazyLock,
    time::{Duration, Instant},
};

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Vec2, vec2};
use egui_kittest::{Harness, TestRenderer, kittest::Queryable};

use super::{
    app::App,
    picture::raster::Raster,
    state::{home::Home, session::Session, viewer::Action},
};
use crate::{
    cancel::Cancel,
    detector::{EngineChoice, ModelSet},
    grading::GradeId,
    phantom,
    pipeline::{self, GradeOptions, GradedStudy},
    study::{self, Study},
    worker::{GradeWith, SessionId, StudySource, Ticket},
};

pub type Window = Harness<'static, App>;

/// The window is painted as pictures of panes are: the same pixels on every machine.
impl TestRenderer for Raster {
    fn handle_delta(&mut self, delta: &mut egui::TexturesDelta) {
        self.take_in(delta);
    }

    fn render(&mut self, ctx: &egui::Context, output: &egui::FullOutput) -> Result<image::RgbaImage, String> {
        let scale = output.pixels_per_point;
        let size = ctx.content_rect().size() * scale;
        let jobs = ctx.tessellate(output.shapes.clone(), scale);
        self.paint(&jobs, [size.x.round() as u32, size.y.round() as u32], scale).map_err(|e| e.to_string())
    }
}

/// A window of 1280 x 720 points that keeps nothing.
pub fn window(first: StudySource, models: Option<&Path>) -> Window {
    sized_window(first, models, &Home::default(), vec2(1280.0, 720.0), 1.0)
}

/// Any window; `pixels` of the screen for a point.
pub fn sized_window(first: StudySource, models: Option<&Path>, home: &Home, size: Vec2, pixels: f32) -> Window {
    let with = GradeWith { models: models.map(Path::to_owned), engine: EngineChoice::Rten };
    let home = home.clone();
    Harness::builder().with_size(size).with_pixels_per_point(pixels).renderer(Raster::default()).build_eframe(
        move |cc| {
            let mut app = App::new(&cc.egui_ctx, with, &home, first);
            // The first steps stand in the middle of the window until they are read.
            app.viewer.screen.windows.hints = false;
            app
        },
    )
}

/// Runs the window until something holds; background threads take their time, a hang does not pass.
pub fn wait_for(window: &mut Window, what: &str, holds: impl Fn(&App) -> bool) {
    let deadline = Instant::now() + Duration::from_mins(3);
    while !holds(window.state()) {
        assert!(Instant::now() < deadline, "waited too long for: {what}");
        std::thread::sleep(Duration::from_millis(10));
        window.step();
    }
    window.step();
}

pub fn session(app: &App) -> &Session {
    app.viewer.session().expect("a study is open")
}

pub fn is_shown(app: &App) -> bool {
    app.viewer.session().is_some_and(|s| {
        let visible = app.viewer.visible_panes();
        visible.iter().map(|id| &s.panes[id.index]).all(|p| p.series.is_none() || p.shown == Some(p.slice))
    })
}

/// The demo study, graded once for all tests.
static DEMO: LazyLock<(Study, GradedStudy)> = LazyLock::new(|| {
    let study = study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED)).studies.remove(0);
    let options = GradeOptions { engine: EngineChoice::Rten, ..GradeOptions::default() };
    let models = ModelSet::embedded().expect("the demo models");
    let graded = pipeline::grade(&study, &models, &options, &Cancel::default(), &|_| ()).expect("graded");
    (study, graded)
});

/// The demo study with its grades, in a window of 1280 x 720 points.
pub fn graded_demo() -> Window {
    graded_window(vec2(1280.0, 720.0), 1.0)
}

/// The same in a window of any size; `pixels` of the screen for a point.
pub fn graded_window(size: Vec2, pixels: f32) -> Window {
    let (study, graded) = &*DEMO;
    let mut window = sized_window(StudySource::Paths(Vec::new()), None, &Home::default(), size, pixels);
    // Nothing is opened from a disk, and what was said of that is not on screen.
    wait_for(&mut window, "nothing to open", |app| app.viewer.opening.is_none());
    let viewer = &mut window.state_mut().viewer;
    viewer.notices = crate::ui::state::notices::Notices::default();
    let mut session = Session::new(SessionId(1_000), Ticket(1_001), study.clone(), true);
    session.finish(Box::new(graded.clone()));
    session.run.demo_models = true;
    viewer.sessions.push(session);
    viewer.perform(Action::SelectStudy(SessionId(1_000)));
    wait_for(&mut window, "its slices to be decoded", is_shown);
    window
}

pub fn id(word: &str) -> GradeId {
    word.parse().expect("a grade")
}

pub fn pane(window: &Window, index: usize) -> Pos2 {
    let start = format!("Pane {}", index + 1);
    window.get_by(|node| node.label().is_some_and(|label| label.starts_with(&start))).rect().center()
}

pub fn click_cell(window: &mut Window, id: GradeId) {
    let start = format!("{}:", id.label());
    window.get_by(move |node| node.label().is_some_and(|label| label.starts_with(&start))).click();
    window.step();
    window.step();
}

/// Presses a key and lets two frames pass: one does it, one shows it.
pub fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.key_press_modifiers(modifiers, key);
    window.step();
    window.step();
}

/// Moves the pointer to a place and clicks there.
pub fn click_at(window: &mut Window, at: Pos2, button: PointerButton) {
    let press = |pressed| Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE };
    window.event(Event::PointerMoved(at));
    window.step();
    window.event(press(true));
    window.step();
    window.event(press(false));
    window.step();
    window.step();
}

/// Presses a button, moves by `by` in four steps, lets go.
pub fn drag(window: &mut Window, from: Pos2, by: Vec2, button: PointerButton) {
    let press = |pos, pressed| Event::PointerButton { pos, button, pressed, modifiers: Modifiers::NONE };
    window.event(Event::PointerMoved(from));
    window.event(press(from, true));
    window.step();
    for step in 1..=4 {
        window.event(Event::PointerMoved(from + by * step as f32 / 4.0));
        window.step();
    }
    window.event(press(from + by, false));
    window.step();
    window.step();
}
