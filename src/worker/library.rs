//! The thread that owns the worklist, and the thread that looks whether they are still where they were.

use std::{
    path::PathBuf,
    sync::Arc,
    thread::JoinHandle,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::{Event, Reporter, SessionId, spawn};
use crate::{
    grading::Role,
    library::{
        Appended, Document, Entry, Library, LibraryError, Listing, Place, Query, Stored, StudySource, StudyState,
        find_below,
    },
    panics,
    review::{Act, Draft},
    study::{SeriesKey, Study},
    uid::StudyUid,
};

/// How long the end of the program waits for what is still to be written. A disk that is gone may never answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Which of the window's lists is asked for: a newer question takes the place of an older one for the same list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListName {
    /// The worklist.
    Worklist,
    /// Recent studies.
    Recent,
}

/// Something to do with the worklist.
#[derive(Debug, Clone)]
pub enum LibraryJob {
    /// A study was opened: enter it, and say what is kept with it.
    Opened(Arc<Study>, StudySource),
    /// The program has graded a study; what it found, in a few words.
    Graded(StudyUid, String),
    /// A person says how far a study is.
    SetState(StudyUid, StudyState),
    /// Keep a text with a study; `None` removes it.
    SetDocument(StudyUid, Document, Option<String>),
    /// Remember the role of a series that was changed by hand; `None`: not graded.
    SetRole(StudyUid, SeriesKey, Option<Role>),
    /// Add an act to the review of a study, on behalf of an open study; the last act is that which it knows.
    Act(SessionId, StudyUid, Box<Draft>, u64),
    /// What others have added to the review of a study since an act.
    News(StudyUid, u64),
    /// Remove a study from the list, and all that is kept with it.
    Forget(StudyUid),
    /// Which studies answer a query.
    List(ListName, Query),
    /// Other studies of the patient of a study.
    Priors(StudyUid),
    /// Look for a study below a folder.
    Find(StudyUid, PathBuf),
}

/// News of the worklist.
#[derive(Debug)]
pub enum LibraryEvent {
    /// The list is open; what the reader should know of it.
    Started(Option<String>),
    /// What is kept with a study that was opened, and how many others were found again where it lies.
    Stored {
        /// Which study.
        uid: StudyUid,
        /// What is kept with it.
        stored: Box<Stored>,
        /// Its review, or why that cannot be read.
        acts: Result<Vec<Act>, String>,
        /// Others that moved with it.
        found_again: usize,
    },
    /// What became of an act of an open study.
    Acted(SessionId, Box<Draft>, Result<Appended, String>),
    /// What others have added to the review of a study.
    News(StudyUid, Vec<Act>),
    /// How far a study is now.
    State(StudyUid, StudyState),
    /// A study is no longer in the list.
    Forgotten(StudyUid),
    /// Something in the list is other than it was: ask again for what is on screen.
    Changed,
    /// The answer to a query.
    Listed(ListName, Query, Listing),
    /// Other studies of the patient of a study, newest first.
    Priors(StudyUid, Vec<Entry>),
    /// Whether studies are where the list says. After [`LibraryEvent::Listed`], when the disks have answered.
    Places(Vec<(StudyUid, bool)>),
    /// Where a study may lie that was looked for.
    Found(StudyUid, PathBuf),
    /// What went wrong, in words.
    Failed(String),
}

/// The way to the thread.
pub struct Thread {
    jobs: Option<Sender<LibraryJob>>,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    pub fn start(folder: Option<PathBuf>, reporter: &Reporter) -> Self {
        let (jobs, receiver) = unbounded();
        let (places, to_look_for) = unbounded();
        let thread = spawn("library", {
            let reporter = reporter.clone();
            move || run(folder, &receiver, &places, &reporter)
        });
        // Ends with the thread above; nothing waits for it, because a disk may never answer.
        drop(spawn("places", {
            let reporter = reporter.clone();
            move || look_for_places(&to_look_for, &reporter)
        }));
        Self { jobs: Some(jobs), thread }
    }

    pub fn send(&self, job: LibraryJob) {
        if let Some(jobs) = &self.jobs {
            // The thread lives as long as this sender.
            let _ = jobs.send(job);
        }
    }

    /// Waits until all is written.
    pub fn finish(&mut self) {
        self.jobs = None;
        let Some(thread) = self.thread.take() else { return };
        let deadline = Instant::now() + PATIENCE;
        while !thread.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

fn run(folder: Option<PathBuf>, jobs: &Receiver<LibraryJob>, places: &Sender<Vec<Entry>>, reporter: &Reporter) {
    let say = |event| reporter.send(Event::Library(event));
    let (mut library, message) = match panics::said(|| open(folder)) {
        Ok(Ok(opened)) => opened,
        Ok(Err(error)) => return say(LibraryEvent::Failed(error.to_string())),
        Err(panic) => return say(LibraryEvent::Failed(panic)),
    };
    say(LibraryEvent::Started(message));
    while let Ok(first) = jobs.recv() {
        for job in newest_questions(std::iter::once(first).chain(jobs.try_iter()).collect()) {
            match panics::said(|| perform(&mut library, job, &say, places)) {
                Ok(Ok(())) => (),
                Ok(Err(error)) => say(LibraryEvent::Failed(error.to_string())),
                Err(panic) => say(LibraryEvent::Failed(panic)),
            }
        }
    }
}

/// A list that cannot be kept still serves until the program ends.
fn open(folder: Option<PathBuf>) -> Result<(Library, Option<String>), LibraryError> {
    let Some(folder) = folder else { return Ok((Library::in_memory()?, None)) };
    Library::open(&folder).or_else(|error| {
        let message = format!("Studies, marks and states will be lost when Foramen is closed: {error}");
        Ok((Library::in_memory()?, Some(message)))
    })
}

/// Who types quickly asks faster than the list answers: of several questions for one list the last counts.
fn newest_questions(mut jobs: Vec<LibraryJob>) -> Vec<LibraryJob> {
    for list in [ListName::Worklist, ListName::Recent] {
        let asks = |job: &LibraryJob| matches!(job, LibraryJob::List(name, _) if *name == list);
        let last = jobs.iter().rposition(asks);
        let mut at = 0;
        jobs.retain(|job| {
            at += 1;
            !asks(job) || Some(at - 1) == last
        });
    }
    jobs
}

fn perform(
    library: &mut Library,
    job: LibraryJob,
    say: &impl Fn(LibraryEvent),
    places: &Sender<Vec<Entry>>,
) -> Result<(), LibraryError> {
    match job {
        LibraryJob::Opened(study, source) => {
            let uid = study.uid.clone();
            let recorded = match library.record(&study, &source) {
                // Nothing is kept with it, and nothing is wrong.
                Err(LibraryError::NoUid) => return Ok(()),
                recorded => recorded?,
            };
            let (stored, priors) = (Box::new(library.stored(&uid)?), library.priors(&uid)?);
            let acts = library.acts(&uid, 0).map_err(|error| error.to_string());
            say(LibraryEvent::Stored { uid: uid.clone(), stored, acts, found_again: recorded.found_again.len() });
            say(LibraryEvent::Priors(uid, priors));
        }
        LibraryJob::Graded(uid, findings) => {
            library.set_findings(&uid, Some(&findings))?;
            let state = library.set_state(&uid, StudyState::Graded)?;
            say(LibraryEvent::State(uid, state));
        }
        LibraryJob::SetState(uid, state) => {
            let state = library.set_state(&uid, state)?;
            say(LibraryEvent::State(uid, state));
        }
        LibraryJob::Act(session, uid, draft, after) => {
            let appended = library.append(&uid, draft.as_ref().clone(), after);
            if let Ok(Appended { state, .. }) = &appended {
                say(LibraryEvent::State(uid, *state));
            }
            // Said in any case: the window waits to hear what became of it.
            say(LibraryEvent::Acted(session, draft, appended.map_err(|error| error.to_string())));
        }
        LibraryJob::News(uid, after) => {
            let news = library.acts(&uid, after)?;
            if !news.is_empty() {
                say(LibraryEvent::News(uid, news));
            }
            return Ok(());
        }
        LibraryJob::SetDocument(uid, kind, text) => return library.set_document(&uid, kind, text.as_deref()),
        LibraryJob::SetRole(uid, series, role) => return library.set_role(&uid, &series, role),
        LibraryJob::Forget(uid) => {
            library.forget(&uid)?;
            say(LibraryEvent::Forgotten(uid));
        }
        LibraryJob::List(list, query) => {
            let listing = library.list(&query)?;
            let entries = (list == ListName::Worklist).then(|| listing.entries.clone());
            say(LibraryEvent::Listed(list, query, listing));
            // After the list, which would else forget the answer. The other thread lives as long as this sender.
            if let Some(entries) = entries {
                let _ = places.send(entries);
            }
            return Ok(());
        }
        LibraryJob::Priors(uid) => {
            let priors = library.priors(&uid)?;
            say(LibraryEvent::Priors(uid, priors));
            return Ok(());
        }
        LibraryJob::Find(uid, folder) => {
            let place = library.entry(&uid)?.place;
            let found = last_path(&place).map_or_else(|| folder.clone(), |old| find_below(&old, &folder));
            say(LibraryEvent::Found(uid, found));
            return Ok(());
        }
    }
    say(LibraryEvent::Changed);
    Ok(())
}

/// The path by which a study is looked for: of single files, the folder of the first.
fn last_path(place: &Place) -> Option<PathBuf> {
    match place.to_open() {
        StudySource::Demo => None,
        StudySource::Paths(paths) => match paths.as_slice() {
            [one] => Some(one.clone()),
            several => several.first()?.parent().map(PathBuf::from),
        },
    }
}

fn look_for_places(lists: &Receiver<Vec<Entry>>, reporter: &Reporter) {
    while let Ok(first) = lists.recv() {
        let entries = lists.try_iter().last().unwrap_or(first);
        let looked = panics::said(|| entries.iter().map(|e| (e.uid.clone(), e.place.is_there())).collect());
        if let Ok(places) = looked {
            reporter.send(Event::Library(LibraryEvent::Places(places)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        study::Patient,
        worker::{GradeWith, Worker},
    };

    fn study(uid: &str, name: &str) -> Arc<Study> {
        let patient = Patient { name: name.to_owned(), id: "7".to_owned(), ..Patient::default() };
        Arc::new(Study { uid: uid.into(), patient, ..Study::default() })
    }

    fn start(folder: Option<PathBuf>) -> Worker {
        Worker::start(GradeWith::default(), folder, Arc::new(|| ()))
    }

    /// The next event of the list that `pick` takes.
    fn next<T>(worker: &Worker, pick: impl Fn(LibraryEvent) -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_mins(1);
        while Instant::now() < deadline {
            match worker.try_event() {
                Some(Event::Library(LibraryEvent::Failed(why))) => panic!("{why}"),
                Some(Event::Library(event)) => {
                    if let Some(picked) = pick(event) {
                        return picked;
                    }
                }
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        panic!("waited too long");
    }

    fn stored(worker: &Worker) -> Stored {
        next(worker, |event| match event {
            LibraryEvent::Stored { stored, .. } => Some(*stored),
            _ => None,
        })
    }

    #[test]
    fn what_is_sent_just_before_the_end_is_there_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let worker = start(Some(folder.path().to_owned()));
        worker.library(LibraryJob::Opened(study("1", "Doe Jane"), StudySource::Demo));
        assert_eq!(stored(&worker), Stored::default());
        let series = SeriesKey { uid: "1.1".into(), part: "TE 12 ms".to_owned() };
        worker.library(LibraryJob::SetState("1".into(), StudyState::Signed));
        worker.library(LibraryJob::SetRole("1".into(), series.clone(), None));
        for n in 0..200 {
            worker.library(LibraryJob::SetDocument("1".into(), Document::Marks, Some(format!("marks {n}"))));
        }
        drop(worker);
        let worker = start(Some(folder.path().to_owned()));
        worker.library(LibraryJob::Opened(study("2", "Doe Jane"), StudySource::Demo));
        let priors = next(&worker, |event| match event {
            LibraryEvent::Priors(uid, priors) => Some((uid, priors)),
            _ => None,
        });
        assert_eq!((priors.0.as_str(), priors.1[0].uid.as_str(), priors.1.len()), ("2", "1", 1));
        worker.library(LibraryJob::Opened(study("1", "Doe Jane"), StudySource::Demo));
        let kept = stored(&worker);
        assert_eq!((kept.state, kept.marks.as_deref()), (StudyState::Signed, Some("marks 199")));
        assert_eq!(kept.roles, [(series, None)].into());
    }

    #[test]
    fn a_folder_that_cannot_be_used_is_said_and_the_list_serves_until_the_end() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let worker = start(Some(folder.path().join("file")));
        let message = next(&worker, |event| match event {
            LibraryEvent::Started(message) => Some(message),
            _ => None,
        });
        assert!(message.is_some_and(|text| text.contains("cannot be stored in")));
        worker.library(LibraryJob::Opened(study("1", ""), StudySource::Demo));
        worker.library(LibraryJob::List(ListName::Worklist, Query::default()));
        let (known, places) = (
            next(&worker, |event| match event {
                LibraryEvent::Listed(ListName::Worklist, _, listing) => Some(listing.known),
                _ => None,
            }),
            next(&worker, |event| match event {
                LibraryEvent::Places(places) => Some(places),
                _ => None,
            }),
        );
        assert_eq!((known, places), (1, vec![("1".into(), true)]));
    }

    #[test]
    fn of_several_questions_for_one_list_the_last_is_answered() {
        let ask = |list, text: &str| LibraryJob::List(list, Query { text: text.to_owned(), ..Query::default() });
        let jobs = newest_questions(vec![
            ask(ListName::Worklist, "a"),
            LibraryJob::Forget("1".into()),
            ask(ListName::Recent, ""),
            ask(ListName::Worklist, "an"),
            LibraryJob::Priors("1".into()),
        ]);
        let left = jobs.iter().map(|job| match job {
            LibraryJob::List(ListName::Worklist, query) => query.text.as_str(),
            LibraryJob::List(ListName::Recent, _) => "recent",
            LibraryJob::Forget(_) => "forget",
            LibraryJob::Priors(_) => "priors",
            _ => "other",
        });
        assert_eq!(left.collect::<Vec<_>>(), ["forget", "recent", "an", "priors"]);
    }

    #[test]
    fn a_study_without_a_uid_is_not_listed_and_no_error() {
        let worker = start(None);
        worker.library(LibraryJob::Opened(study("", "Doe Jane"), StudySource::Demo));
        worker.library(LibraryJob::List(ListName::Recent, Query::default()));
        let known = next(&worker, |event| match event {
            LibraryEvent::Listed(ListName::Recent, _, listing) => Some(listing.known),
            _ => None,
        });
        assert_eq!(known, 0);
    }
}
