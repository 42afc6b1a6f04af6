//! The worklist: what it says of the open ones, and what the reader does with it.

use std::path::PathBuf;

use super::{Action, Effect, Viewer};
use crate::{
    grading::{GradeId, Severity},
    library::{Document, StudyState},
    ui::state::{session::Session, steps::StepOf, words},
    uid::StudyUid,
    worker::{LibraryEvent, LibraryJob, ListName, SessionId, StudySource},
};

/// The study that an opening is about, where there may be others at the same place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Which.
    pub uid: StudyUid,
    /// Shown below the study in front, not in its place.
    pub beside: bool,
}

impl Viewer {
    pub(super) fn apply_library(&mut self, event: LibraryEvent) {
        match event {
            LibraryEvent::Started(message) => message.into_iter().for_each(|text| self.notices.error(text)),
            LibraryEvent::Failed(why) => self.notices.error(why),
            LibraryEvent::Changed => self.worklist.forget_answers(),
            LibraryEvent::Listed(ListName::Worklist, query, listing) => self.worklist.answered(&query, listing),
            LibraryEvent::Listed(ListName::Recent, _, listing) => self.worklist.recent = listing.entries,
            LibraryEvent::Places(places) => self.worklist.found_places(places),
            LibraryEvent::Priors(uid, priors) => self.of_uid(&uid).for_each(|s| s.listed.priors.clone_from(&priors)),
            LibraryEvent::Acted(session, draft, outcome) => self.acted(session, &draft, outcome),
            LibraryEvent::News(uid, acts) => self.of_uid(&uid).for_each(|s| {
                s.desk.take_in(acts.clone());
                s.follow_numbers();
            }),
            LibraryEvent::State(uid, state) => self.of_uid(&uid).for_each(|s| s.listed.state = Some(state)),
            LibraryEvent::Forgotten(uid) => {
                self.worklist.forgotten(&uid);
                self.sessions.iter_mut().for_each(|s| s.listed.priors.retain(|prior| prior.uid != uid));
            }
            LibraryEvent::Found(uid, path) => {
                self.open_wanted(StudySource::Paths(vec![path]), Some(Wanted { uid, beside: false }));
            }
            LibraryEvent::Stored { uid, stored, acts, found_again } => {
                if found_again > 0 {
                    let found = if found_again == 1 { "1 study".to_owned() } else { format!("{found_again} studies") };
                    let text = format!("{found} from the worklist also found next to this one");
                    self.notices.say(text);
                }
                let mut again: Vec<SessionId> = Vec::new();
                let drawn_on = self.hand.drawing.as_ref().and_then(|drawing| self.find(drawing.pane().session));
                if drawn_on.is_some_and(|session| session.study.uid == uid) {
                    self.leave_drawing();
                }
                let mut doubts = Vec::new();
                for session in self.of_uid(&uid) {
                    session.listed.state = Some(stored.state);
                    Self::take_in_review(session, acts.as_deref().map_err(String::as_str));
                    doubts.extend(session.review_lock.clone());
                    let marks = stored.marks.as_deref().and_then(|text| session.take_in_marks(text).err());
                    let kept = "They are left unchanged; new marks will not be saved";
                    doubts.extend(marks.map(|doubt| format!("{doubt}. {kept}")));
                    if session.apply_roles(&stored.roles) {
                        again.push(session.id);
                    }
                }
                for id in again {
                    self.grade_again(id);
                }
                for doubt in doubts {
                    self.notices.error(words::sentence(&doubt));
                }
                self.ask_priors_beside(&uid);
            }
        }
    }

    fn of_uid(&mut self, uid: &StudyUid) -> impl Iterator<Item = &mut Session> {
        self.sessions.iter_mut().filter(move |s| s.study.uid == *uid)
    }

    /// A study that is new in the list is a prior of the other open studies of its patient.
    fn ask_priors_beside(&self, uid: &StudyUid) {
        let patient = self.sessions.iter().find(|s| s.study.uid == *uid).map(|s| &s.study.patient.id);
        let Some(patient) = patient.filter(|id| !id.is_empty()) else { return };
        for other in self.sessions.iter().filter(|s| s.study.uid != *uid && s.study.patient.id == *patient) {
            self.jobs.worker.library(LibraryJob::Priors(other.study.uid.clone()));
        }
    }

    /// The worklist is on screen, or is not; it asks what it needs.
    pub fn attend_worklist(&mut self) {
        self.worklist.shown(self.screen.windows.worklist);
        self.ask_library();
    }

    /// Asks the list what the screen needs and does not have.
    pub(super) fn ask_library(&mut self) {
        if let Some(query) = self.worklist.recent_question() {
            self.jobs.worker.library(LibraryJob::List(ListName::Recent, query));
        }
        if self.screen.windows.worklist
            && let Some(query) = self.worklist.question()
        {
            self.jobs.worker.library(LibraryJob::List(ListName::Worklist, query));
        }
    }

    /// The list keeps a study that was opened, and says what is kept with it.
    pub(super) fn remember(&self, id: SessionId, source: &StudySource) {
        if let Some(session) = self.find(id) {
            self.jobs.worker.library(LibraryJob::Opened(session.study.clone(), source.clone()));
        }
    }

    /// The list keeps that a study is graded, if anything could be.
    pub(super) fn remember_grades(&self, id: SessionId) {
        let Some(session) = self.find(id).filter(|s| !s.study.uid.is_missing()) else { return };
        if let Some(findings) = findings_text(session) {
            self.jobs.worker.library(LibraryJob::Graded(session.study.uid.clone(), findings));
        }
    }

    /// The list keeps a role that the reader chose.
    pub(super) fn remember_role(&self, id: SessionId, series: usize) {
        let Some(session) = self.find(id).filter(|s| !s.study.uid.is_missing()) else { return };
        if let Some(series) = session.study.series.get(series).filter(|series| !series.uid.is_missing()) {
            let (uid, key) = (session.study.uid.clone(), series.key());
            self.jobs.worker.library(LibraryJob::SetRole(uid, key, series.role));
        }
    }

    /// The list keeps what was drawn since the last call. Not before it has said what it keeps already.
    pub(super) fn save_marks(&mut self) {
        for session in &mut self.sessions {
            let revision = session.marks.markup.revision();
            if revision != session.undo.stepped_revision {
                session.undo.stepped_revision = revision;
                session.undo.steps.did(StepOf::Marks);
            }
            if revision != session.marks.kept_revision && session.listed.state.is_some() && !session.marks.are_locked {
                session.marks.kept_revision = revision;
                let text = if session.marks.markup.is_empty() { None } else { Some(session.marks.markup.to_json()) };
                match text.transpose() {
                    Ok(text) => {
                        let uid = session.study.uid.clone();
                        self.jobs.worker.library(LibraryJob::SetDocument(uid, Document::Marks, text));
                    }
                    Err(error) => self.notices.error(format!("Measurements cannot be saved: {error}")),
                }
            }
        }
    }

    /// Marks the study in front.
    pub(super) fn mark(&mut self, state: StudyState) {
        let Some(uid) = self.session().map(|s| s.study.uid.clone()) else { return };
        if uid.is_missing() {
            self.notices
                .warn("This study has no StudyInstanceUID: the worklist cannot distinguish it from others".to_owned());
        } else {
            self.set_state(uid, state);
        }
    }

    pub(super) fn set_state(&mut self, uid: StudyUid, state: StudyState) {
        self.notices.say(format!("Marked as {}", state.label().to_lowercase()));
        self.jobs.worker.library(LibraryJob::SetState(uid, state));
    }

    /// Removes a study from the list, after the reader was asked.
    pub(super) fn forget(&mut self, uid: StudyUid) {
        self.worklist.removing = None;
        if self.sessions.iter().any(|s| s.study.uid == uid) {
            self.notices.warn("The study is open: close it, then remove it from the worklist".to_owned());
        } else {
            self.jobs.worker.library(LibraryJob::Forget(uid));
        }
    }

    /// Brings a study of the list to the front, or below; one that is open already is not opened again.
    pub(super) fn open_listed(&mut self, wanted: Wanted, source: StudySource) -> Option<Effect> {
        let open = self.sessions.iter().find(|s| s.study.uid == wanted.uid).map(|s| s.id);
        if let Some(id) = open {
            self.screen.windows.worklist = false;
            self.perform(if wanted.beside { Action::Compare(id) } else { Action::SelectStudy(id) });
            return None;
        }
        if self.worklist.is_gone(&wanted.uid) {
            return Some(self.ask_for_place(wanted.uid));
        }
        self.screen.windows.worklist = false;
        self.open_wanted(source, Some(wanted));
        None
    }

    /// Asks for the folder into which a study was moved.
    pub(super) fn ask_for_place(&mut self, uid: StudyUid) -> Effect {
        self.worklist.looking_for = Some(uid);
        Effect::PickPlace
    }

    /// Looks for the study that the reader was asked for.
    pub(super) fn look_in(&mut self, folder: PathBuf) {
        if let Some(uid) = self.worklist.looking_for.take() {
            self.jobs.worker.library(LibraryJob::Find(uid, folder));
        }
    }
}

/// What was found, in a few words; none if nothing was assessed. The reader's word counts before the program's.
fn findings_text(session: &Session) -> Option<String> {
    if !session.run.table.as_ref()?.is_assessed() {
        return None;
    }
    let said: Vec<Severity> = GradeId::ALL.iter().filter_map(|&id| session.statement(id)?.severity()).collect();
    let count = |severity| said.iter().filter(|&&said| said == severity).count();
    Some(match (count(Severity::Severe), count(Severity::Moderate)) {
        (0, 0) => "nothing moderate or severe".to_owned(),
        (0, moderate) => format!("{moderate} moderate"),
        (severe, 0) => format!("{severe} severe"),
        (severe, moderate) => format!("{severe} severe, {moderate} moderate"),
    })
}
