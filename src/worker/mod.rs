//! Background threads for the window: jobs in, events out. Opening, grading and decoding each have
//! threads of their own, so that a long grade never holds up a slice that the reader scrolls to.
//!
//! Nothing in here knows of egui: whoever shows the events gives a `wake` function that is called after each.

mod decode;
mod grade;
mod library;
mod open;
mod report;

use std::{path::PathBuf, sync::Arc, thread::JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::{
    cancel::Cancel,
    detector::EngineChoice,
    panics,
    pipeline::{GradeEvent, GradedStudy},
    raster::Slice,
    study::{Scan, SliceRef, Study},
};

pub use crate::library::StudySource;
pub use decode::SliceKey;
pub use library::{LibraryEvent, LibraryJob, ListName};
pub use report::{ReportJob, Reported};

/// Called after each event, from any thread: the window repaints.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// Names one open study in this run of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// Names one opening, or one grading of one study: news of an earlier one that was cancelled is told from news of
/// the one that took its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// With which models studies are graded.
#[derive(Debug, Clone, Default)]
pub struct GradeWith {
    /// Folder of models; the demo models if none.
    pub models: Option<PathBuf>,
    /// Inference engine.
    pub engine: EngineChoice,
}

/// News from the background.
#[derive(Debug)]
pub enum Event {
    /// Headers read so far, of how many files; both 0 until the files are counted.
    Scanning(Ticket, usize, usize),
    /// Done opening.
    Opened(Ticket, Scan),
    /// Nothing could be opened; why, in the reader's words.
    OpenFailed(Ticket, String),
    /// A study is being graded.
    Grading(Ticket, GradeEvent),
    /// A study is graded.
    Graded(Ticket, Box<GradedStudy>),
    /// A study could not be graded; why.
    GradeFailed(Ticket, String),
    /// The reader stopped a grading.
    GradeCancelled(Ticket),
    /// A slice is there, or cannot be decoded; why.
    Decoded(SliceKey, Result<Arc<Slice>, String>),
    /// A report is written, or not.
    Reported(Reported),
    /// News of the worklist.
    Library(LibraryEvent),
}

/// One thing to do in the background.
struct Job<T> {
    ticket: Ticket,
    what: T,
    cancel: Cancel,
}

/// Channels to the threads. They end when this is dropped.
pub struct Worker {
    events: Option<Receiver<Event>>,
    open: Sender<Job<StudySource>>,
    grade: Option<Sender<Job<Arc<Study>>>>,
    grader: Option<JoinHandle<()>>,
    decode: decode::Queue,
    library: library::Thread,
    reports: Vec<JoinHandle<()>>,
    reporter: Reporter,
}

/// Where the threads send their news.
#[derive(Clone)]
struct Reporter {
    events: Sender<Event>,
    wake: Wake,
}

impl Reporter {
    /// Waits while the window has too much to read; is quiet once the window is gone.
    fn send(&self, event: Event) {
        if self.events.send(event).is_ok() {
            (self.wake)();
        }
    }
}

/// Events that may wait to be read before the threads wait too.
const EVENTS: usize = 1024;

impl Worker {
    /// Starts the threads. `library` is the folder of the worklist; without one, the list is forgotten at the end.
    pub fn start(with: GradeWith, library: Option<PathBuf>, wake: Wake) -> Self {
        let (events, receiver) = bounded(EVENTS);
        let reporter = Reporter { events, wake };
        let (open, open_jobs) = unbounded();
        let (grade, grade_jobs) = unbounded();
        let _opener = spawn("open", {
            let reporter = reporter.clone();
            move || open::run(&open_jobs, &reporter)
        });
        let grader = spawn("grade", {
            let reporter = reporter.clone();
            move || grade::run(&grade_jobs, &with, &reporter)
        });
        let decode = decode::Queue::start(&reporter);
        let library = library::Thread::start(library, &reporter);
        let reports = Vec::new();
        Self { events: Some(receiver), open, grade: Some(grade), grader, decode, library, reports, reporter }
    }

    /// The next event, if there is one.
    pub fn try_event(&self) -> Option<Event> {
        self.events.as_ref()?.try_recv().ok()
    }

    /// Opens; `cancel` stops it.
    pub fn open(&self, ticket: Ticket, source: StudySource, cancel: Cancel) {
        // The thread lives as long as this sender.
        let _ = self.open.send(Job { ticket, what: source, cancel });
    }

    /// Grades, after the studies that were sent before; `cancel` stops it.
    pub fn grade(&self, ticket: Ticket, study: Arc<Study>, cancel: Cancel) {
        if let Some(grade) = &self.grade {
            let _ = grade.send(Job { ticket, what: study, cancel });
        }
    }

    /// Asks something of the worklist; jobs are done in order.
    pub fn library(&self, job: LibraryJob) {
        self.library.send(job);
    }

    /// Writes a report.
    pub fn report(&mut self, job: ReportJob) {
        self.reports.retain(|thread| !thread.is_finished());
        let reporter = self.reporter.clone();
        let thread = spawn("report", move || {
            let reported = panics::said(|| report::write(&job));
            let failed = |why| Reported { failures: vec![why], ..Reported::default() };
            reporter.send(Event::Reported(reported.unwrap_or_else(failed)));
        });
        self.reports.extend(thread);
    }

    /// Wants slices decoded, the first the most. What was wanted before and is not wanted now is forgotten.
    pub fn want(&self, slices: Vec<(SliceKey, SliceRef)>) {
        self.decode.want(slices);
    }
}

impl Drop for Worker {
    /// Waits for the grading thread, which whoever closes has cancelled: a process that ends while an engine
    /// computes may crash in the engine's own clean-up. Then for the worklist, to which the last changes may
    /// still be written.
    fn drop(&mut self) {
        self.events = None;
        self.grade = None;
        if let Some(grader) = self.grader.take() {
            // Its panics are caught; there is nobody left to tell.
            let _ = grader.join();
        }
        // What was asked for is written.
        for report in self.reports.drain(..) {
            let _ = report.join();
        }
        self.library.finish();
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Option<JoinHandle<()>> {
    let started = std::thread::Builder::new().name(name.to_owned()).spawn(work);
    started.inspect_err(|error| tracing::error!("the {name} thread cannot be started: {error}")).ok()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicBool, Ordering},
        time::{Duration, Instant},
    };

    use super::*;
    use crate::{phantom, study};

    #[test]
    fn a_panic_in_a_job_is_a_message_and_the_thread_goes_on() {
        let thread = std::thread::spawn(|| {
            let first = panics::said(|| -> u32 { panic!("slice {}", 7) });
            (first, panics::said(|| 8))
        });
        let (first, second) = thread.join().unwrap();
        assert_eq!(first.unwrap_err(), "an error inside Foramen (please report it): slice 7");
        assert_eq!(second, Ok(8));
    }

    #[test]
    fn a_panic_in_a_running_grading_is_said_and_the_study_can_be_graded_again() {
        let study = Arc::new(study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED)).studies.remove(0));
        // The first news of a grading ends in a panic on the thread that grades.
        let struck = AtomicBool::new(false);
        let wake: Wake = Arc::new(move || {
            let is_grading = std::thread::current().name() == Some("grade");
            assert!(!is_grading || struck.swap(true, Ordering::Relaxed), "struck");
        });
        let with = GradeWith { models: None, engine: EngineChoice::Rten };
        let worker = Worker::start(with, None, wake);
        let graded = |ticket| {
            worker.grade(ticket, study.clone(), Cancel::default());
            let deadline = Instant::now() + Duration::from_mins(3);
            while Instant::now() < deadline {
                match worker.try_event() {
                    Some(Event::GradeFailed(of, why)) if of == ticket => return Err(why),
                    Some(Event::Graded(of, graded)) if of == ticket => return Ok(graded),
                    Some(_) => (),
                    None => std::thread::sleep(Duration::from_millis(10)),
                }
            }
            panic!("waited too long");
        };
        let why = graded(Ticket(1)).unwrap_err();
        assert_eq!(why, "an error inside Foramen (please report it): struck");
        assert_eq!(graded(Ticket(2)).unwrap().table.rows().len(), 25);
    }
}
