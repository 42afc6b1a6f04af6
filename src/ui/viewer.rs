//! The state of the window and all that can be asked of it. Plain data: no painting, no egui context.

use std::path::PathBuf;

use egui::Vec2;

use super::{
    cache::SliceCache,
    command::UiCommand,
    export::{ExportFormat, export},
    hanging::PANES,
    notices::Notices,
    pane::{self, Pane},
    session::{Grading, Session},
};
use crate::{
    cancel::Cancel,
    grading::{Evidence, GradeId},
    study::Scan,
    worker::{Event, LibraryEvent, OpenSource, SessionId, SliceKey, Ticket, Worker},
};

/// Pixels of decoded slices that are kept.
const CACHE_BYTES: usize = 128 << 20;
/// Slices decoded ahead in the direction of scrolling, and behind.
const AHEAD: isize = 8;
const BEHIND: isize = 2;

/// Something that the reader asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A command of the menus.
    Do(UiCommand),
    /// Open studies.
    Open(OpenSource),
    /// Bring an open study to the front.
    SelectStudy(SessionId),
    /// Hang a series of the current study in a pane.
    ShowSeries(usize, usize),
    /// Make a pane the active one.
    Activate(usize),
    /// Show a pane alone, or all again.
    Maximise(usize),
    /// Slices on, in a pane.
    Scroll(usize, isize),
    /// A drag for window and level, in points.
    DragWindow(usize, Vec2),
    /// A drag that moves the image, in mm on screen.
    Pan(usize, Vec2),
    /// A zoom about a point, given in mm on screen from the middle of the pane.
    Zoom(usize, f32, Vec2),
    /// Look at a cell of the grade table.
    SelectGrade(GradeId),
    /// Look at a box.
    ShowEvidence(Box<Evidence>),
    /// Boxes below this score are not shown.
    SetThreshold(f32),
    /// Tell the reader something that went wrong.
    Warn(String),
    /// Write the grades of a study to a file.
    Export(SessionId, ExportFormat, PathBuf),
}

/// What only the window can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Close.
    Quit,
    /// Ask for a folder to open.
    PickFolder,
    /// Ask for files to open.
    PickFiles,
    /// Ask where to write the grades of a study.
    PickExport(SessionId, ExportFormat),
}

/// Opening that is under way.
pub struct Opening {
    /// Which opening.
    pub ticket: Ticket,
    /// Files read, files found.
    pub progress: (usize, usize),
    /// Whether it is the demo study.
    pub is_demo: bool,
    /// Stops it.
    pub cancel: Cancel,
}

/// Which windows over the images are open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenWindows {
    /// Keys and mouse.
    pub help: bool,
    /// Messages.
    pub messages: bool,
    /// About.
    pub about: bool,
}

/// The state.
pub struct Viewer {
    /// Open studies, in order of opening.
    pub sessions: Vec<Session>,
    /// The one in front.
    pub current: Option<SessionId>,
    active: usize,
    /// The pane that is shown alone.
    pub maximised: Option<usize>,
    /// Boxes, lines and letters are shown.
    pub overlays: bool,
    /// Reference lines are shown.
    pub reference_lines: bool,
    /// Boxes below this score are not shown.
    pub threshold: f32,
    /// Under way.
    pub opening: Option<Opening>,
    /// Decoded slices.
    pub cache: SliceCache,
    /// What the reader should know.
    pub notices: Notices,
    /// Windows over the images.
    pub windows: OpenWindows,
    worker: Worker,
    next_number: u64,
    wanted: Vec<SliceKey>,
}

impl Viewer {
    /// Nothing is open yet.
    pub fn new(worker: Worker) -> Self {
        Self {
            sessions: Vec::new(),
            current: None,
            active: 0,
            maximised: None,
            overlays: true,
            reference_lines: true,
            threshold: 0.25,
            opening: None,
            cache: SliceCache::new(CACHE_BYTES),
            notices: Notices::default(),
            windows: OpenWindows::default(),
            worker,
            next_number: 0,
            wanted: Vec::new(),
        }
    }

    /// The study in front.
    pub fn session(&self) -> Option<&Session> {
        self.find(self.current?)
    }

    /// The study in front.
    pub fn session_mut(&mut self) -> Option<&mut Session> {
        let id = self.current?;
        self.sessions.iter_mut().find(|s| s.id == id)
    }

    /// An open study.
    pub fn find(&self, id: SessionId) -> Option<&Session> {
        self.sessions.iter().find(|s| s.id == id)
    }

    /// Whether something is under way that can be cancelled.
    pub fn is_busy(&self) -> bool {
        let is_grading = |s: &Session| matches!(s.grading, Grading::Waiting | Grading::Running(..));
        self.opening.is_some() || self.sessions.iter().any(is_grading)
    }

    /// The panes on screen, from left to right: the maximised one, else those that show a series.
    pub fn visible_panes(&self) -> Vec<usize> {
        let filled = self.filled_panes();
        match self.maximised.filter(|pane| filled.contains(pane)) {
            Some(pane) => vec![pane],
            None => filled,
        }
    }

    fn filled_panes(&self) -> Vec<usize> {
        let is_filled = |&pane: &usize| self.session().is_some_and(|s| s.panes[pane].series.is_some());
        (0..PANES).filter(is_filled).collect()
    }

    /// The pane that keys act on: the one that the reader chose, if it is on screen.
    pub fn active_pane(&self) -> usize {
        let visible = self.visible_panes();
        if visible.contains(&self.active) { self.active } else { visible.first().copied().unwrap_or(0) }
    }

    /// Takes in all that the background has said since the last call.
    pub fn take_events(&mut self) {
        while let Some(event) = self.worker.try_event() {
            self.apply(event);
        }
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
                    self.opened(scan, opening.is_demo);
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
                }
            }
            Event::GradeFailed(ticket, why) => self.stopped(ticket, Grading::Failed(why)),
            Event::GradeCancelled(ticket) => self.stopped(ticket, Grading::Cancelled),
            Event::Decoded(key, decoded) => {
                if let (Ok(slice), Some(session)) = (&decoded, self.sessions.iter_mut().find(|s| s.id == key.session)) {
                    for pane in session.panes.iter_mut().filter(|p| p.series == Some(key.series)) {
                        pane.decoded(key.slice, slice);
                    }
                }
                self.cache.put(key, decoded);
            }
            Event::Library(LibraryEvent::Failed(why)) => self.notices.error(why),
            Event::Library(_) => (),
        }
    }

    /// The study that a grading is of; none if it was closed or is graded anew.
    fn graded_by(&mut self, ticket: Ticket) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|s| s.ticket == ticket)
    }

    fn stopped(&mut self, ticket: Ticket, grading: Grading) {
        let Some(session) = self.graded_by(ticket) else { return };
        session.grading = grading.clone();
        if let Grading::Failed(why) = grading {
            self.notices.error(format!("The study was not graded: {why}"));
        }
    }

    /// A number that was not used before.
    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    fn opened(&mut self, scan: Scan, is_demo: bool) {
        let issues = scan.issues.iter().chain(scan.studies.iter().flat_map(|s| &s.issues));
        let unread = issues.map(|issue| self.notices.warn(issue.to_string())).count();
        if scan.studies.is_empty() {
            self.notices.error(format!("Nothing was opened: no DICOM images among {} files", scan.files));
            return;
        }
        if unread > 0 {
            self.notices
                .warn(format!("{unread} files were not read, or with a doubt; the rest is open (F2 lists them)"));
        }
        let mut first = None;
        for study in scan.studies {
            // A study that is opened again takes the place of the old one: its files may have changed.
            if let Some(old) = self.sessions.iter().find(|s| !study.uid.is_empty() && s.study.uid == study.uid) {
                self.close(old.id);
            }
            let (id, ticket) = (SessionId(self.number()), Ticket(self.number()));
            let session = Session::new(id, ticket, study, is_demo);
            self.worker.grade(ticket, session.study.clone(), session.cancel.clone());
            self.sessions.push(session);
            first.get_or_insert(id);
        }
        self.current = first.or(self.current);
    }

    fn close(&mut self, id: SessionId) {
        if let Some(at) = self.sessions.iter().position(|s| s.id == id) {
            self.sessions.remove(at).cancel.cancel();
            self.cache.forget(id);
            if self.current == Some(id) {
                self.current = self.sessions.get(at).or(self.sessions.last()).map(|s| s.id);
            }
        }
    }

    /// Asks the background for the slices that the panes need and will need.
    pub fn want_slices(&mut self) {
        let mut keys = Vec::new();
        if let Some(session) = self.session() {
            let study = &session.study;
            let visible: Vec<&Pane> = self.visible_panes().into_iter().map(|p| &session.panes[p]).collect();
            for step in (0..=AHEAD).chain(-BEHIND..0) {
                for pane in &visible {
                    let Some(series) = pane.series else { continue };
                    let slice = pane.slice.checked_add_signed(step * pane.direction);
                    keys.extend(slice.filter(|&s| s < pane.slice_count(study)).map(|slice| SliceKey {
                        session: session.id,
                        series,
                        slice,
                    }));
                }
            }
        }
        keys.retain(|key| !self.cache.contains(*key));
        if keys == self.wanted {
            return;
        }
        let slices = self.session().map(|session| {
            let find = |key: &SliceKey| session.study.series[key.series].slices[key.slice].clone();
            keys.iter().map(|key| (*key, find(key))).collect()
        });
        self.worker.want(slices.unwrap_or_default());
        self.wanted = keys;
    }

    /// Brings slices that are in the cache already on screen.
    pub fn show_cached(&mut self) {
        let Some(at) = self.current.and_then(|id| self.sessions.iter().position(|s| s.id == id)) else { return };
        let session = &mut self.sessions[at];
        for pane in &mut session.panes {
            let Some(series) = pane.series else { continue };
            if pane.shown != Some(pane.slice)
                && let Some(Ok(slice)) = self.cache.get(SliceKey { session: session.id, series, slice: pane.slice })
            {
                pane.decoded(pane.slice, slice);
            }
        }
    }

    /// Does what was asked; what only the window can do comes back.
    pub fn perform(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Do(command) => return self.command(command),
            Action::Open(source) => self.open(source),
            Action::SelectStudy(id) => self.current = Some(id),
            Action::ShowSeries(pane, series) => {
                if let Some(session) = self.session_mut() {
                    session.panes[pane] = Pane::of_series(&session.study, series);
                }
            }
            Action::Activate(pane) => self.active = pane,
            Action::Maximise(pane) => {
                self.active = pane;
                self.maximised = if self.maximised.is_some() { None } else { Some(pane) };
            }
            Action::Scroll(pane, steps) => self.with_pane(pane, |pane, study| pane.scroll(study, steps)),
            Action::DragWindow(pane, delta) => self.with_pane(pane, |pane, _| pane.drag_window(delta)),
            Action::Pan(pane, delta) => self.with_pane(pane, |pane, _| pane.pan += delta),
            Action::Zoom(pane, factor, at) => self.with_pane(pane, |pane, _| pane.zoom_about(factor, at)),
            Action::SelectGrade(id) => self.look_at(|session| session.select(id)),
            Action::ShowEvidence(evidence) => self.look_at(|session| session.show(*evidence)),
            Action::SetThreshold(threshold) => self.threshold = threshold.clamp(0.01, 1.0),
            Action::Warn(text) => self.notices.warn(text),
            Action::Export(id, format, path) => self.export(id, format, &path),
        }
        None
    }

    /// The pane that then shows the box becomes the active one.
    fn look_at(&mut self, select: impl FnOnce(&mut Session) -> Option<usize>) {
        if let Some(pane) = self.session_mut().and_then(select) {
            self.active = pane;
            self.maximised = self.maximised.map(|_| pane);
        }
    }

    fn with_pane(&mut self, pane: usize, change: impl FnOnce(&mut Pane, &crate::study::Study)) {
        if let Some(session) = self.session_mut() {
            let study = session.study.clone();
            change(&mut session.panes[pane], &study);
        }
    }

    fn open(&mut self, source: OpenSource) {
        if let Some(before) = &self.opening {
            before.cancel.cancel();
        }
        let (ticket, cancel) = (Ticket(self.number()), Cancel::default());
        let is_demo = source == OpenSource::Demo;
        self.opening = Some(Opening { ticket, progress: (0, 0), is_demo, cancel: cancel.clone() });
        self.worker.open(ticket, source, cancel);
    }

    fn command(&mut self, command: UiCommand) -> Option<Effect> {
        use UiCommand as C;
        let active = self.active_pane();
        match command {
            C::Quit => return Some(Effect::Quit),
            C::OpenFolder => return Some(Effect::PickFolder),
            C::OpenFiles => return Some(Effect::PickFiles),
            C::ExportCsv => return self.exportable().map(|id| Effect::PickExport(id, ExportFormat::Csv)),
            C::ExportJson => return self.exportable().map(|id| Effect::PickExport(id, ExportFormat::Json)),
            C::OpenDemo => self.open(OpenSource::Demo),
            C::CloseStudy => self.current.into_iter().for_each(|id| self.close(id)),
            C::Cancel => self.cancel(),
            C::GradeAgain => self.grade_again(),
            C::PreviousSlice => self.with_pane(active, |pane, study| pane.scroll(study, -1)),
            C::NextSlice => self.with_pane(active, |pane, study| pane.scroll(study, 1)),
            C::FirstSlice => self.with_pane(active, |pane, study| pane.go_to(study, 0)),
            C::LastSlice => self.with_pane(active, |pane, study| pane.go_to(study, usize::MAX)),
            C::PreviousPane => self.step_pane(-1),
            C::NextPane => self.step_pane(1),
            C::Maximise => return self.perform(Action::Maximise(active)),
            C::Fit => self.with_pane(active, |pane, _| pane.fit()),
            C::Invert => self.with_pane(active, |pane, _| pane.inverted = !pane.inverted),
            C::ResetWindow => self.set_window(pane::file_window),
            C::FullRangeWindow => self.set_window(pane::full_window),
            C::ResetPane => {
                self.with_pane(active, |pane, _| {
                    pane.fit();
                    pane.inverted = false;
                });
                self.set_window(pane::file_window);
            }
            C::ToggleOverlays => self.overlays = !self.overlays,
            C::ToggleReferenceLines => self.reference_lines = !self.reference_lines,
            C::PreviousFinding => self.look_at(|session| session.step_finding(-1)),
            C::NextFinding => self.look_at(|session| session.step_finding(1)),
            C::ShowMessages => self.windows.messages = !self.windows.messages,
            C::ShowHelp => self.windows.help = !self.windows.help,
            C::ShowAbout => self.windows.about = !self.windows.about,
        }
        None
    }

    fn step_pane(&mut self, step: isize) {
        let filled = self.filled_panes();
        if let Some(at) = filled.iter().position(|&p| p == self.active_pane()) {
            self.active = filled[(at + filled.len()).saturating_add_signed(step) % filled.len()];
            self.maximised = self.maximised.map(|_| self.active);
        }
    }

    fn cancel(&mut self) {
        if let Some(opening) = self.opening.take() {
            opening.cancel.cancel();
            self.notices.say("Opening was cancelled".to_owned());
        } else if let Some(session) = self.session() {
            session.cancel.cancel();
        }
    }

    fn grade_again(&mut self) {
        let ticket = Ticket(self.number());
        if let Some(session) = self.session_mut() {
            session.reset_grading(ticket);
            let (study, cancel) = (session.study.clone(), session.cancel.clone());
            self.worker.grade(ticket, study, cancel);
        }
    }

    fn set_window(&mut self, of: impl Fn(&crate::raster::Slice) -> crate::raster::Window) {
        let Some(key) = self.shown_in(self.active_pane()) else { return };
        let Some(Ok(slice)) = self.cache.get(key) else { return };
        let window = of(slice);
        self.with_pane(self.active_pane(), |pane, _| pane.window = Some(window));
    }

    /// The slice on screen in a pane of the current study.
    pub fn shown_in(&self, pane: usize) -> Option<SliceKey> {
        let session = self.session()?;
        let pane = &session.panes[pane];
        Some(SliceKey { session: session.id, series: pane.series?, slice: pane.shown? })
    }

    /// The current study, if its grades can be written.
    fn exportable(&mut self) -> Option<SessionId> {
        let session = self.session()?;
        if session.graded.is_some() {
            return Some(session.id);
        }
        self.notices.warn("There are no grades to export yet: wait until the study is graded".to_owned());
        None
    }

    fn export(&mut self, id: SessionId, format: ExportFormat, path: &std::path::Path) {
        let Some(graded) = self.find(id).and_then(|s| s.graded.as_deref()) else { return };
        match export(graded, format, path) {
            Ok(note) => self.notices.say(note),
            Err(error) => self.notices.error(error),
        }
    }
}

impl Drop for Viewer {
    /// The worker then waits for what is under way.
    fn drop(&mut self) {
        self.opening.iter().for_each(|o| o.cancel.cancel());
        self.sessions.iter().for_each(|s| s.cancel.cancel());
    }
}
