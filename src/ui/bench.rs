//! Drives the real window's state, threads and all, without a screen, and measures what a reader would feel:
//! how long until the first image, what a frame costs while scrolling, how much memory the slices take.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use egui::{Context, Event, Modifiers, MouseWheelUnit, OutputCommand, Pos2, RawInput, Rect, TouchPhase, Vec2, vec2};
use serde::Serialize;

use super::{
    app::App,
    state::{home::Home, pane::Pane, session::Session, viewer::CACHE_BYTES},
};
use crate::worker::{GradeWith, StudySource};

/// A frame every so often, as on a screen of 60 Hz.
const FRAME: Duration = Duration::from_micros(16_667);
/// Nothing that is waited for takes longer.
const PATIENCE: Duration = Duration::from_mins(5);

/// What to measure.
#[derive(Debug, Clone)]
pub struct Options {
    /// The study; the demo study if none.
    pub study: Option<PathBuf>,
    /// Frames of scrolling, one slice each.
    pub frames: usize,
    /// Whether to scroll while the detectors run; else they are stopped first.
    pub grading: bool,
    /// Points of the window.
    pub size: [f32; 2],
}

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Slices of the study.
    pub slices: usize,
    /// From the request to open to the end of the first frame that shows an image, ms.
    pub first_image_ms: f64,
    /// Milliseconds of CPU time of a frame while scrolling: state, layout, grey values, triangles.
    pub frame_ms: Spread,
    /// Frames whose wanted slice was not decoded in time.
    pub late_frames: usize,
    /// Frames of scrolling.
    pub frames: usize,
    /// Bytes of decoded slices kept at most during the run, and the bound.
    pub cache_bytes: usize,
    /// The bound.
    pub cache_bound: usize,
    /// Largest memory of the process, bytes; 0 where the system does not tell.
    pub peak_memory: u64,
}

/// Of many values.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Spread {
    /// Half are below.
    pub median: f64,
    /// 99 of 100 are below.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let index = ((values.len() as f64 * share).ceil() as usize).clamp(1, values.len().max(1)) - 1;
            values.get(index).copied().unwrap_or_default()
        };
        Self { median: at(0.5), p99: at(0.99), max: at(1.0) }
    }
}

/// A window without a screen.
struct Bench {
    app: App,
    ctx: Context,
    size: Vec2,
    started: Instant,
    most_cached: usize,
}

/// Opens, scrolls, measures.
pub fn run(options: &Options, with: GradeWith) -> Result<Report, String> {
    let source = match &options.study {
        Some(path) => StudySource::Paths(vec![absolute(path)]),
        None => StudySource::Demo,
    };
    let ctx = Context::default();
    let started = Instant::now();
    let app = App::new(&ctx, with, &Home::default(), source);
    let mut bench = Bench { app, ctx, size: options.size.into(), started, most_cached: 0 };
    bench.app.viewer.screen.windows.hints = false;
    // Models that were being loaded when they were told to stop would count as memory of the viewer.
    bench.app.viewer.jobs.grades_at_once = options.grading;
    bench.wait("the first image", |app| app.viewer.active_pane().and_then(|id| app.viewer.shown_in(id)).is_some())?;
    bench.frame(Vec::new());
    let first_image_ms = bench.started.elapsed().as_secs_f64() * 1e3;
    let (frames, late_frames) = bench.scroll(options.frames);
    let slices = bench.app.viewer.session().map_or(0, |s| s.study.series.iter().map(|s| s.slices.len()).sum());
    Ok(Report {
        slices,
        first_image_ms,
        frames: frames.len(),
        frame_ms: Spread::of(frames),
        late_frames,
        cache_bytes: bench.most_cached,
        cache_bound: CACHE_BYTES,
        peak_memory: peak_memory(),
    })
}

impl Bench {
    /// One frame with what the reader does in it; returns its CPU time in ms.
    fn frame(&mut self, events: Vec<Event>) -> f64 {
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, self.size)),
            time: Some(self.started.elapsed().as_secs_f64()),
            events,
            ..RawInput::default()
        };
        let before = cpu_time();
        let app = &mut self.app;
        let mut output = self.ctx.run_ui(input, |ui| {
            app.update(&ui.ctx().clone());
            app.window_ui(ui);
        });
        let triangles = self.ctx.tessellate(std::mem::take(&mut output.shapes), output.pixels_per_point);
        let spent = cpu_time().saturating_sub(before).as_secs_f64() * 1e3;
        drop(triangles);
        // A screen would upload the textures here.
        output.textures_delta.clear();
        debug_assert!(!output.platform_output.commands.iter().any(|c| matches!(c, OutputCommand::OpenUrl(_))));
        self.most_cached = self.most_cached.max(self.app.viewer.slices.cache.bytes());
        spent
    }

    fn wait(&mut self, what: &str, holds: impl Fn(&App) -> bool) -> Result<(), String> {
        let begun = Instant::now();
        while !holds(&self.app) {
            if begun.elapsed() > PATIENCE {
                return Err(format!("timed out waiting for {what}"));
            }
            if self.app.viewer.opening.is_none() && self.app.viewer.session().is_none() {
                let why = self.app.viewer.notices.last().map(|n| n.text.clone());
                return Err(why.unwrap_or_else(|| "nothing was opened".to_owned()));
            }
            self.frame(Vec::new());
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// The wheel, a slice a frame at 60 frames a second, to the end of the stack and back.
    fn scroll(&mut self, frames: usize) -> (Vec<f64>, usize) {
        let at = self.middle_of_active_pane();
        self.frame(vec![Event::PointerMoved(at)]);
        let (mut spent, mut late, mut step) = (Vec::with_capacity(frames), 0, -1.0);
        for _ in 0..frames {
            let begun = Instant::now();
            if let Some((session, pane)) = self.active_pane() {
                let last = pane.slice_count(&session.study).saturating_sub(1);
                step = if pane.slice >= last {
                    1.0
                } else if pane.slice == 0 {
                    -1.0
                } else {
                    step
                };
            }
            spent.push(self.frame(vec![wheel(step)]));
            let is_late = self.active_pane().is_some_and(|(_, pane)| pane.shown != Some(pane.slice));
            late += usize::from(is_late);
            std::thread::sleep(FRAME.saturating_sub(begun.elapsed()));
        }
        (spent, late)
    }

    fn active_pane(&self) -> Option<(&Session, &Pane)> {
        self.app.viewer.active_pane().and_then(|id| self.app.viewer.pane(id))
    }

    /// The first pane lies right of the worklist.
    fn middle_of_active_pane(&self) -> Pos2 {
        let area = self.active_pane().map(|(_, pane)| pane.area);
        let width = area.map_or(300.0, |area| area.x);
        (vec2(212.0 + width / 2.0, self.size.y / 2.0)).to_pos2()
    }
}

fn wheel(step: f32) -> Event {
    Event::MouseWheel {
        unit: MouseWheelUnit::Line,
        delta: vec2(0.0, step),
        phase: TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// CPU time of this thread: the window's own work, not what other threads did meanwhile.
#[cfg(unix)]
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Elsewhere the clock on the wall, which is never less.
#[cfg(not(unix))]
fn cpu_time() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// Linux tells.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_study_is_opened_and_scrolled_through() {
        let options = Options { study: None, frames: 20, grading: false, size: [1280.0, 720.0] };
        let report = run(&options, GradeWith::default()).unwrap();
        assert_eq!((report.frames, report.slices), (20, 54));
        assert!(report.first_image_ms > 0.0 && report.frame_ms.max >= report.frame_ms.p99);
        assert!(report.cache_bytes > 0 && report.cache_bytes <= report.cache_bound);
    }

    #[test]
    fn of_a_hundred_values_the_p99_is_the_second_largest() {
        let spread = Spread::of((1..=100).map(f64::from).collect());
        assert_eq!((spread.median, spread.p99, spread.max), (50.0, 99.0, 100.0));
    }
}
