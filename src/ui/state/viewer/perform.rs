//! Does what the reader asks for with the mouse.

use egui::KeyboardShortcut;

use super::{Action, Effect, OpenWindows, Opening, Viewer, Wanted};
use crate::{
    cancel::Cancel,
    grading::Role,
    report::Destination,
    study::Study,
    ui::state::{
        command::UiCommand,
        export::{self, Wish},
        keymap::Keymap,
        pane::{Pane, PaneId},
        session::Session,
        settings::Settings,
        visibility::Visibility,
        words,
    },
    worker::{Reported, SessionId, StudySource, Ticket},
};

impl Viewer {
    /// Does what was asked; what only the window can do comes back.
    pub fn perform(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Do(command) => return self.command(command),
            Action::Open(source) => self.open(source),
            Action::SelectStudy(id) => self.select_study(id),
            Action::Compare(id) => self.screen.compared = Some(id).filter(|_| self.screen.current != Some(id)),
            Action::Close(id) => self.close(id),
            Action::ShowSeries(pane, session, series) => self.show_series(pane, session, series),
            Action::SetRole(session, series, role) => self.set_role(session, series, role),
            Action::Activate(pane) => self.activate(pane),
            Action::Maximise(pane) => {
                self.activate(pane);
                self.screen.maximised = if self.screen.maximised.is_some() { None } else { Some(pane) };
            }
            Action::ScrollBy(pane, steps) => self.scroll_by(pane, steps),
            Action::Area(pane, size) => self.with_pane(pane, |pane, _| pane.area = size),
            Action::HoverMark(pane, grip) => self.hand.hovered_mark = grip.map(|grip| (pane, grip)),
            Action::DragWindow(pane, delta) => {
                for pane in self.windowed_with(pane) {
                    self.with_pane(pane, |pane, _| pane.drag_window(delta));
                }
            }
            Action::Pan(pane, delta) => self.change_view(pane, |pane| pane.pan += delta),
            Action::Zoom(pane, factor, at) => self.change_view(pane, |pane| pane.zoom_about(factor, at)),
            Action::Crosshair(pane, at) => self.set_crosshair(pane, at),
            Action::Mark(action) => self.mark_up(action),
            Action::SelectGrade(id) => self.look_at(|session| session.select(id)),
            Action::ShowBox(id, evidence) => self.look_at(|session| session.show_box(id, *evidence)),
            Action::ShowLevel(level, is_shown) => self.visibility.levels[level.index()] = is_shown,
            Action::ShowAllBoxes => self.visibility = Visibility::default(),
            Action::SetThreshold(threshold) => self.settings.threshold = threshold.clamp(0.01, 0.95),
            Action::Warn(text) => self.notices.warn(text),
            Action::Export(id, wish, to) => self.export(id, &wish, to),
            Action::PickReports(id, wish) => return Some(Effect::PickReports(id, wish)),
            Action::Windows(open) => self.open_windows(open),
            Action::CloseNotice(index) => self.notices.close(index),
            Action::Settings(settings) => self.change_settings(*settings),
            Action::SetKey(command, key) => self.set_key(command, key),
            Action::ResetKeys => {
                self.settings.keys.clear();
                self.keymap = Keymap::new(&self.settings.keys).0;
            }
            Action::List(action) => self.worklist.perform(action),
            Action::CommentFocused => self.screen.focus_comment = false,
            Action::OpenListed(wanted, source) => return self.open_listed(wanted, source),
            Action::FindListed(uid) => return Some(self.ask_for_place(uid)),
            Action::LookIn(folder) => self.look_in(folder),
            Action::SetState(uid, state) => self.set_state(uid, state),
            Action::Forget(uid) => self.forget(uid),
            Action::Review(action) => self.review(action),
            Action::Box(action) => self.edit_box(action),
            Action::Done(Ok(note)) => self.notices.say(note),
            Action::Done(Err(error)) => self.notices.error(error),
        }
        None
    }

    /// Brings a study to the front; the active pane keeps its place.
    pub(super) fn select_study(&mut self, id: SessionId) {
        if self.find(id).is_none() {
            return;
        }
        let before = self.screen.current.replace(id);
        if self.screen.compared == Some(id) {
            self.screen.compared = before.filter(|&b| b != id);
        }
        self.screen.active = self.screen.active.map(|active| PaneId { session: id, ..active });
        self.screen.maximised = self.screen.maximised.map(|pane| PaneId { session: id, ..pane });
        if self.cine.is_some_and(|cine| cine.pane.session != id) {
            self.cine = None;
        }
    }

    pub(super) fn activate(&mut self, pane: PaneId) {
        self.screen.active = Some(pane);
    }

    fn show_series(&mut self, pane: PaneId, session: SessionId, series: usize) {
        let pane = PaneId { session, ..pane };
        if !self.is_on_screen(session) {
            self.screen.compared = Some(session);
        }
        if let Some(session) = self.find_mut(session)
            && series < session.study.series.len()
            && pane.index < session.panes.len()
        {
            session.hang(pane.index, series);
            self.activate(pane);
        }
    }

    /// The reader knows better than the headers: the study is graded again with what was said.
    fn set_role(&mut self, session: SessionId, series: usize, role: Option<Role>) {
        let Some(open) = self.find_mut(session) else { return };
        if open.set_role(series, role) {
            self.remember_role(session, series);
            self.grade_again(session);
        }
    }

    pub(super) fn scroll(&mut self, id: PaneId, steps: isize) {
        if let Some((_, pane)) = self.pane(id) {
            let slice = pane.slice.saturating_add_signed(steps);
            self.go_to(id, slice);
        }
    }

    /// Parts of a slice are kept for the next movement.
    fn scroll_by(&mut self, id: PaneId, steps: f32) {
        let mut whole = 0.0;
        self.with_pane(id, |pane, _| {
            pane.wheel += steps;
            whole = pane.wheel.trunc();
            pane.wheel -= whole;
        });
        if whole != 0.0 {
            self.scroll(id, whole as isize);
        }
    }

    fn change_settings(&mut self, settings: Settings) {
        if settings.keys != self.settings.keys {
            self.keymap = Keymap::new(&settings.keys).0;
        }
        self.settings = settings;
    }

    pub(super) fn open_windows(&mut self, open: OpenWindows) {
        self.settings.hints_seen |= self.screen.windows.hints && !open.hints;
        self.screen.windows = open;
    }

    /// A key works one command: another that had it has none any more, which is said.
    fn set_key(&mut self, command: UiCommand, key: Option<KeyboardShortcut>) {
        let loser = key.and_then(|key| self.keymap.command(key)).filter(|&loser| loser != command);
        if let Some(loser) = loser {
            self.notices.warn(format!("\"{}\" no longer has a key", loser.info().text));
        }
        self.keymap.set(command, key);
        self.settings.keys = self.keymap.changes();
    }

    /// Changes zoom or position, in the linked panes too.
    pub(super) fn change_view(&mut self, id: PaneId, change: impl FnOnce(&mut Pane)) {
        self.with_pane(id, |pane, _| change(pane));
        self.link_view(id);
    }

    /// The pane that then shows the box becomes the active one.
    pub(super) fn look_at(&mut self, select: impl FnOnce(&mut Session) -> Option<usize>) {
        let Some(session) = self.session_mut() else { return };
        let id = session.id;
        let shown = select(session);
        session.focus.pane = shown;
        let doubt = session.focus.cell.zip(session.focus.gone).and_then(|(cell, gone)| words::gone_doubt(cell, gone));
        if let Some(doubt) = doubt {
            self.notices.say_once(&doubt);
        }
        if let Some(index) = shown {
            let pane = PaneId { session: id, index };
            self.activate(pane);
            self.screen.maximised = self.screen.maximised.map(|_| pane);
        }
    }

    pub(super) fn with_pane(&mut self, id: PaneId, change: impl FnOnce(&mut Pane, &Study)) {
        if let Some(session) = self.find_mut(id.session)
            && id.index < session.panes.len()
        {
            let study = session.study.clone();
            change(&mut session.panes[id.index], &study);
        }
    }

    pub(super) fn open(&mut self, source: StudySource) {
        self.open_wanted(source, None);
    }

    /// Opens, for the sake of one study.
    pub(super) fn open_wanted(&mut self, source: StudySource, wanted: Option<Wanted>) {
        if let Some(before) = &self.opening {
            before.cancel.cancel();
        }
        let (ticket, cancel) = (Ticket(self.number()), Cancel::default());
        let is_demo = source == StudySource::Demo;
        let cancel_too = cancel.clone();
        self.opening =
            Some(Opening { ticket, progress: (0, 0), is_demo, source: source.clone(), wanted, cancel: cancel_too });
        self.jobs.worker.open(ticket, source, cancel);
    }

    pub(super) fn grade_again(&mut self, id: SessionId) {
        let ticket = Ticket(self.number());
        if let Some(session) = self.find_mut(id) {
            session.reset_grading(ticket);
            let (study, cancel) = (session.study.clone(), session.run.cancel.clone());
            self.jobs.worker.grade(ticket, study, cancel);
        }
    }

    /// Writes reports of a study in the background.
    fn export(&mut self, id: SessionId, wish: &Wish, to: Destination) {
        let template = self.settings.report.clone();
        if let Some(job) = self.find(id).and_then(|session| export::job(session, wish, to, template)) {
            self.jobs.exporting += 1;
            self.jobs.worker.report(job);
        }
    }

    /// Whether a report is being written.
    pub const fn is_exporting(&self) -> bool {
        self.jobs.exporting > 0
    }

    pub(super) fn reported(&mut self, reported: Reported) {
        self.jobs.exporting = self.jobs.exporting.saturating_sub(1);
        let Reported { written, notes, failures } = reported;
        if let Some(text) = export::written(&written) {
            self.notices.say(text);
        }
        for note in notes {
            self.notices.warn(words::sentence(&note));
        }
        for why in failures {
            self.notices.error(format!("Not written: {why}"));
        }
    }
}
