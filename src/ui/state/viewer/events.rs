//! What the background says.

use std::sync::Arc;

use super::{Opening, Viewer};
use crate::{
    study::{Issue, Scan},
    ui::state::{
        command::UiCommand,
        keymap,
        session::{Grading, Session},
        words,
    },
    worker::{Event, SessionId, Ticket},
};

impl Viewer {
    /// Takes in all that the background has said since the last call.
    pub fn take_events(&mut self) {
        while let Some(event) = self.jobs.worker.try_event() {
            self.apply(event);
        }
        self.save_marks();
        self.ask_library();
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Scanning(ticket, done, all) => {
                if let Some(opening) = self.opening.as_mut().filter(|o| o.ticket == ticket) {
                    opening.progress = (done, all);
                }
            }
            Event::Opened(ticket, scan) => {
                if let Some(opening) = self.opening.take_if(|o| o.ticket == ticket) {
                    self.opened(scan, &opening);
                }
            }
            Event::OpenFailed(ticket, why) => {
                if self.opening.take_if(|o| o.ticket == ticket).is_some() {
                    self.notices.error(format!("Nothing was opened: {why}"));
                }
            }
            Event::Grading(ticket, event) => {
                if let Some(session) = self.graded_by(ticket) {
                    session.apply(event);
                }
            }
            Event::Graded(ticket, graded) => {
                if let Some(session) = self.graded_by(ticket) {
                    session.finish(graded);
                    let id = session.id;
                    self.remember_grades(id);
                }
            }
            Event::GradeFailed(ticket, why) => self.stopped(ticket, Grading::Failed(why)),
            Event::GradeCancelled(ticket) => self.stopped(ticket, Grading::Cancelled),
            Event::Decoded(key, decoded) => {
                if let Some(session) = self.find_mut(key.session) {
                    let slice = decoded.as_deref().ok();
                    session.thumbnails.decoded(&session.study, key, slice);
                    for pane in session.panes.iter_mut().filter(|p| p.series == Some(key.series)) {
                        if let Some(slice) = slice {
                            pane.decoded(key.slice, slice);
                        }
                    }
                }
                self.slices.cache.put(key, decoded);
            }
            Event::Reported(reported) => self.reported(reported),
            Event::Library(event) => self.apply_library(event),
        }
    }

    /// The study that a grading is of; none if it was closed or is graded anew.
    fn graded_by(&mut self, ticket: Ticket) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|s| s.run.ticket == ticket)
    }

    fn stopped(&mut self, ticket: Ticket, grading: Grading) {
        let Some(session) = self.graded_by(ticket) else { return };
        session.run.progress = grading.clone();
        if let Grading::Failed(why) = grading {
            self.notices.error(format!("The study was not graded: {why}"));
        }
    }

    fn opened(&mut self, mut scan: Scan, opening: &Opening) {
        let issues = scan.issues.iter().chain(scan.studies.iter().flat_map(|s| &s.issues));
        let mut problems = 0;
        for issue in issues {
            self.notices.note(issue.to_string());
            problems += usize::from(!issue.is_note);
        }
        let key = self.keymap.key(UiCommand::ShowProblems).map(keymap::spoken);
        let lists_them = key.map_or_else(|| "the menu Help lists them".to_owned(), |key| format!("{key} lists them"));
        let problems = (problems > 0).then(|| words::count(problems, "problem", "problems"));
        if scan.studies.is_empty() {
            let why = problems.map(|problems| format!("; {problems}: {lists_them}")).unwrap_or_default();
            self.notices.error(format!("Nothing was opened: no DICOM images among {} files{why}", scan.files));
            self.unopened = scan.issues;
            return;
        }
        if let Some(problems) = problems {
            let text = format!("{problems} reading the files: something is missing or doubtful; {lists_them}");
            self.notices.warn(text);
        }
        if let Some(wanted) = &opening.wanted {
            scan.studies.retain(|study| study.uid == wanted.uid);
            if scan.studies.is_empty() {
                self.notices.error("Nothing was opened: this folder holds other studies, but not this one".to_owned());
                return;
            }
        }
        let mut first = None;
        let (scan_issues, lost): (Arc<[Issue]>, usize) = (scan.issues.into(), scan.lost);
        self.unopened.clear();
        for study in scan.studies {
            // A study that is opened again takes the place of the old one: its files may have changed.
            if let Some(old) = self.sessions.iter().find(|s| !study.uid.is_missing() && s.study.uid == study.uid) {
                self.close(old.id);
            }
            let (id, ticket) = (SessionId(self.number()), Ticket(self.number()));
            let mut session = Session::new(id, ticket, study, opening.is_demo);
            (session.origin.scan_issues, session.origin.lost) = (scan_issues.clone(), lost);
            if !self.jobs.grades_at_once {
                session.run.cancel.cancel();
            }
            self.jobs.worker.grade(ticket, session.study.clone(), session.run.cancel.clone());
            self.sessions.push(session);
            self.remember(id, &opening.source);
            first.get_or_insert(id);
        }
        let is_beside = self.screen.current.is_some() && opening.wanted.as_ref().is_some_and(|wanted| wanted.beside);
        match first {
            Some(first) if is_beside => self.screen.compared = Some(first),
            Some(first) => self.select_study(first),
            None => (),
        }
    }

    /// Takes a study out of the list.
    pub(super) fn close(&mut self, id: SessionId) {
        if self.hand.drawing.as_ref().is_some_and(|drawing| drawing.pane().session == id) {
            self.leave_drawing();
        }
        self.hand.box_drag.take_if(|drag| drag.pane.session == id);
        self.save_marks();
        if let Some(at) = self.sessions.iter().position(|s| s.id == id) {
            self.sessions.remove(at).run.cancel.cancel();
            self.slices.cache.forget(id);
            self.screen.compared = self.screen.compared.filter(|&other| other != id);
            self.cine = self.cine.filter(|cine| cine.pane.session != id);
            if self.screen.current == Some(id) {
                self.screen.current = self.sessions.get(at).or(self.sessions.last()).map(|s| s.id);
                self.screen.compared = self.screen.compared.filter(|_| self.screen.compared != self.screen.current);
            }
        }
    }
}
