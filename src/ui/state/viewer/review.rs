//! What the reader says of the grades: how it comes on screen, into the audit trail, and back.

use super::Viewer;
use crate::{
    grading::{GradeId, Level, Severity, Shift},
    library::Appended,
    moment::Moment,
    report::Provenance,
    review::{Act, Change, Decision, Desk, Draft, Review, Statement},
    ui::state::{cells, session::Session, steps::StepOf, words},
    worker::{LibraryJob, SessionId, SliceKey},
};

/// Something that the reader says.
#[derive(Debug, Clone, PartialEq)]
pub enum ReviewAction {
    /// Of a cell; `None` takes it back.
    Decide(SessionId, GradeId, Option<Decision>),
    /// A comment to a cell.
    Comment(SessionId, GradeId, String),
    /// The sentence of a level; `None` for the proposed one.
    Sentence(SessionId, Level, Option<String>),
    /// The end of the impression; `None` for the proposed one.
    Conclusion(SessionId, Option<String>),
    /// A comment to the study.
    Remark(SessionId, String),
    /// That the disc which is called by one name has another; all levels follow.
    Renumber(SessionId, Level, Level),
    /// That the report stands.
    SignOff(SessionId),
    /// That it is open again, and why.
    Reopen(SessionId, String),
    /// Try once more to write what could not be written.
    SaveAgain(SessionId),
}

impl Viewer {
    /// Does what was asked.
    pub(super) fn review(&mut self, action: ReviewAction) {
        match action {
            ReviewAction::Decide(id, cell, to) => {
                self.change_with(id, |review| Change::Decision { cell, from: review.cell(cell).decision, to });
            }
            ReviewAction::Comment(id, cell, to) => {
                self.change_with(id, |review| Change::Comment { cell, from: review.cell(cell).comment.clone(), to });
            }
            ReviewAction::Sentence(id, level, to) => self.change_with(id, |review| Change::Sentence {
                level,
                from: review.sentence(level).map(str::to_owned),
                to,
            }),
            ReviewAction::Conclusion(id, to) => {
                self.change_with(id, |review| Change::Conclusion { from: review.conclusion().map(str::to_owned), to });
            }
            ReviewAction::Remark(id, to) => {
                self.change_with(id, |review| Change::Remark { from: review.remark().to_owned(), to });
            }
            ReviewAction::Renumber(id, named, is) => self.change_with(id, |review| {
                let from = review.shift();
                Change::Renumber { from, to: from.then(Shift::so_that(named, is)) }
            }),
            ReviewAction::SignOff(id) => self.change_with(id, |_| Change::SignOff),
            ReviewAction::Reopen(id, reason) => self.change_with(id, |_| Change::Reopen { reason }),
            ReviewAction::SaveAgain(id) => self.send_pending(id),
        }
    }

    fn change_with(&mut self, id: SessionId, change: impl FnOnce(&Review) -> Change) {
        if let Some(session) = self.find(id) {
            let change = change(session.review());
            self.change_review(id, change);
        }
    }

    /// Says something of the grades. It is on screen at once, and a moment later in the audit trail.
    pub(super) fn change_review(&mut self, id: SessionId, change: Change) {
        if self.propose(id, change, None)
            && let Some(session) = self.find_mut(id)
        {
            session.undo.steps.did(StepOf::Review);
        }
    }

    /// Whether there is something to take back, or to do again, in the review.
    pub(super) fn can_step_review(session: &Session, is_redo: bool) -> bool {
        let review = session.review();
        if is_redo { review.redo() } else { review.undo() }.is_some()
    }

    /// Takes the last act back, or does it again.
    pub(super) fn step_review(&mut self, id: SessionId, is_redo: bool) {
        let Some(session) = self.find_mut(id).filter(|session| Self::can_step_review(session, is_redo)) else { return };
        if session.desk.unsaved() > 0 {
            // The number of the act that is taken back is known once it is in the trail.
            session.undo.waiting = Some(is_redo);
            return;
        }
        let step = if is_redo { session.review().redo() } else { session.review().undo() };
        let Some((seq, change)) = step else { return };
        let (said, cell) = (change.words(), change.cell());
        if self.propose(id, change, Some(seq)) {
            self.notices.say(said);
            // What was taken back is seen where it was said.
            if let Some(cell) = cell.filter(|_| self.screen.current == Some(id)) {
                self.look_at(|session| session.select(cell));
            }
        }
    }

    /// Returns whether something was done.
    fn propose(&mut self, id: SessionId, change: Change, undoes: Option<u64>) -> bool {
        let who = self.settings.reader_name();
        let Some(session) = self.find_mut(id) else { return false };
        if let Some(why) = &session.review_lock {
            let text = format!("This study can't be reviewed: {why}");
            self.notices.error(text);
            return false;
        }
        let models =
            session.run.graded.as_ref().map(|graded| Provenance::model_names(&graded.models)).unwrap_or_default();
        let program = format!("foramen {}", env!("CARGO_PKG_VERSION"));
        let draft = Draft { who, when: Moment::now(), program, models, change, undoes };
        let has_failed = session.desk.failure().is_some();
        match session.desk.propose(draft) {
            Err(refusal) => {
                self.notices.warn(words::sentence(&refusal.to_string()));
                return false;
            }
            Ok(None) => return false,
            Ok(Some(_)) if session.study.uid.is_missing() => {
                session.desk.settle_without_trail();
                let text = "This study has no StudyInstanceUID: its review will be lost when it is closed";
                self.notices.warn(text.to_owned());
            }
            // What waits goes first.
            Ok(Some(_)) if has_failed => self.send_pending(id),
            Ok(Some(draft)) => {
                let (uid, after) = (session.study.uid.clone(), session.desk.last_seq());
                self.jobs.worker.library(LibraryJob::Act(id, uid, Box::new(draft), after));
            }
        }
        if let Some(session) = self.find_mut(id) {
            session.follow_numbers();
        }
        self.remember_grades(id);
        true
    }

    /// Sends all that could not be written once more.
    fn send_pending(&mut self, id: SessionId) {
        let Some(session) = self.find_mut(id) else { return };
        let (uid, after, drafts) = (session.study.uid.clone(), session.desk.last_seq(), session.desk.again());
        for draft in drafts {
            self.jobs.worker.library(LibraryJob::Act(id, uid.clone(), Box::new(draft), after));
        }
    }

    /// The trail has answered.
    pub(super) fn acted(&mut self, id: SessionId, draft: &Draft, outcome: Result<Appended, String>) {
        let Some(session) = self.sessions.iter_mut().find(|session| session.id == id) else { return };
        match outcome {
            Ok(appended) => {
                // Sent twice, as after a failure, it is settled once.
                let was_pending = session.desk.settle(draft, appended.news);
                session.follow_numbers();
                let step = if session.desk.unsaved() == 0 { session.undo.waiting.take() } else { None };
                if let Some(refusal) = appended.refusal.filter(|_| was_pending) {
                    self.notices.warn(format!("Not saved: {refusal}"));
                }
                if let Some(is_redo) = step {
                    self.step_review(id, is_redo);
                }
            }
            Err(why) => {
                let is_known = session.desk.failure() == Some(&why);
                session.desk.fail(why.clone());
                if is_known {
                    return;
                }
                self.notices.error(format!(
                    "Not saved: {why}. Your decision stays on screen; the next one, or \"Save again\", retries"
                ));
            }
        }
    }

    /// The review that is kept with a study that was opened.
    pub(super) fn take_in_review(session: &mut Session, acts: Result<&[Act], &str>) {
        match acts {
            Ok(acts) if session.desk.unsaved() == 0 => session.desk = Desk::new(Review::from_acts(acts.to_vec())),
            Ok(acts) => session.desk.take_in(acts.to_vec()),
            Err(why) => session.review_lock = Some(why.to_owned()),
        }
        session.follow_numbers();
    }

    /// Asks what other windows have said of the open studies.
    pub fn ask_news(&self) {
        for session in self.sessions.iter().filter(|session| session.listed.state.is_some()) {
            self.jobs.worker.library(LibraryJob::News(session.study.uid.clone(), session.desk.last_seq()));
        }
    }

    /// Agrees with the program about the selected cell, and goes on to the next.
    pub(super) fn accept(&mut self) {
        let Some((id, cell)) = self.selected_cell() else { return self.next_undecided() };
        let Some(session) = self.find(id) else { return };
        let row = session.run.table.as_ref().map(|table| Statement::of_model(table.get(cell)));
        if let Some(severity) = row.and_then(|said| said.severity()) {
            if session.evidence_slice().is_some() && session.focus.drawn != Some(cell) {
                // Nobody agrees with what was not to be seen. It comes on screen now, if it can.
                let is_hidden = !self.visibility.shows(session, cell);
                self.look_at(|session| session.select(cell));
                self.notices.warn(words::not_drawn(is_hidden).to_owned());
                return;
            }
            self.decide(Decision::Accepted(severity));
        } else {
            let text = "There is nothing to accept here: the program gives no severity. Enter what you see, or mark it \
                        not assessable";
            self.notices.warn(text.to_owned());
        }
    }

    /// Says a severity of the selected cell, and goes on to the next.
    pub(super) fn say(&mut self, severity: Severity) {
        let Some((id, cell)) = self.selected_cell() else { return self.next_undecided() };
        let table = self.find(id).and_then(|session| session.run.table.as_ref());
        let agrees = table.is_some_and(|table| Statement::of_model(table.get(cell)).severity() == Some(severity));
        self.decide(if agrees { Decision::Accepted(severity) } else { Decision::Changed(severity) });
    }

    /// Decides the selected cell, and goes on to the next that is not decided.
    pub(super) fn decide(&mut self, decision: Decision) {
        let Some((id, cell)) = self.selected_cell() else { return self.next_undecided() };
        let was_signed = self.find(id).is_some_and(|session| session.review().signature().is_some());
        self.review(ReviewAction::Decide(id, cell, Some(decision)));
        if !was_signed {
            self.next_undecided();
        }
    }

    /// Takes back what was decided of the selected cell.
    pub(super) fn undecide(&mut self) {
        if let Some((id, cell)) = self.selected_cell() {
            self.review(ReviewAction::Decide(id, cell, None));
        }
    }

    /// A frame was painted: whether the box behind the selected cell was in it.
    pub fn note_drawn(&mut self) {
        // Once is enough, and this is asked in every frame.
        let is_drawn = self.session().is_some_and(|session| {
            if session.focus.drawn == session.focus.cell {
                return false;
            }
            let is_wanted = session.focus.cell.is_some_and(|cell| self.visibility.shows(session, cell));
            is_wanted && self.is_evidence_on_screen(session)
        });
        if let Some(session) = self.session_mut().filter(|_| is_drawn) {
            session.focus.drawn = session.focus.cell;
        }
    }

    /// Whether the slice of the box behind the selected cell of a study is on screen.
    pub fn is_evidence_on_screen(&self, of: &Session) -> bool {
        let Some((series, slice)) = of.evidence_slice() else { return false };
        let key = SliceKey { session: of.id, series, slice };
        self.visible_panes().into_iter().any(|pane| self.shown_in(pane) == Some(key))
    }

    /// The disc of the selected cell has another name.
    pub(super) fn selected_disc_is(&mut self, level: Level) {
        if let Some((id, cell)) = self.selected_cell() {
            self.review(ReviewAction::Renumber(id, cell.level(), level));
        }
    }

    fn selected_cell(&self) -> Option<(SessionId, GradeId)> {
        self.session().and_then(|session| Some((session.id, session.focus.cell?)))
    }

    /// Selects the next cell that is not decided, in reading order; round the table, and none if all are.
    pub(super) fn next_undecided(&mut self) {
        let Some(session) = self.session() else { return };
        let review = session.review();
        let all: Vec<GradeId> = cells::all().collect();
        let start = session.focus.cell.and_then(|id| all.iter().position(|&cell| cell == id)).map_or(0, |at| at + 1);
        let open =
            (0..all.len()).map(|step| all[(start + step) % all.len()]).find(|&id| review.cell(id).decision.is_none());
        if let Some(open) = open {
            self.look_at(|session| session.select(open));
        }
    }
}
