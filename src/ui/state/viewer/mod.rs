//! The state of the window and all that can be asked of it. Plain data: no painting, no egui context.

mod action;
mod availability;
mod boxes;
mod commands;
mod events;
mod library;
mod links;
mod marks;
mod perform;
mod review;
mod slices;

use egui::{Rect, Vec2};

pub use action::{Action, Effect};
pub use boxes::BoxAction;
pub use library::Wanted;
pub use marks::MarkAction;
pub use review::ReviewAction;

use super::{
    cache::SliceCache,
    cine::Cine,
    gesture::{
        boxes::BoxDrag,
        marks::{Drawing, Grip},
    },
    hanging::PANES,
    home::Home,
    keymap::Keymap,
    notices::Notices,
    pane::{Pane, PaneId},
    session::Session,
    settings::Settings,
    tool::Tool,
    transform::{Extent, Transform},
    visibility::Visibility,
    worklist::Worklist,
};
use crate::{
    cancel::Cancel,
    study::{Issue, SliceRef},
    worker::{SessionId, SliceKey, StudySource, Ticket, Worker},
};

/// Pixels of decoded slices that are kept.
pub const CACHE_BYTES: usize = 128 << 20;

/// Opening that is under way.
pub struct Opening {
    /// Which opening.
    pub ticket: Ticket,
    /// Files read, files found.
    pub progress: (usize, usize),
    /// Whether it is the demo study.
    pub is_demo: bool,
    /// What is being opened.
    pub source: StudySource,
    /// The one study that is asked for; all that are found if none.
    pub wanted: Option<Wanted>,
    /// Stops it.
    pub cancel: Cancel,
}

/// Which windows over the images are open.
#[expect(clippy::struct_excessive_bools, reason = "each window is open or not")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OpenWindows {
    /// Keys and mouse.
    pub keys: bool,
    /// Messages.
    pub messages: bool,
    /// What could not be read.
    pub problems: bool,
    /// About.
    pub about: bool,
    /// Find a command.
    pub palette: bool,
    /// Settings.
    pub settings: bool,
    /// First steps.
    pub hints: bool,
    /// Worklist.
    pub worklist: bool,
    /// Measurements and key images.
    pub marks: bool,
    /// Impression, signature, audit trail.
    pub report: bool,
    /// What leaves the program.
    pub export: bool,
}

/// The state.
pub struct Viewer {
    /// Open studies, in order of opening.
    pub sessions: Vec<Session>,
    /// The one in front.
    pub current: Option<SessionId>,
    /// Another one, shown below.
    pub compared: Option<SessionId>,
    active: Option<PaneId>,
    /// The pane that is shown alone.
    pub maximised: Option<PaneId>,
    /// What the left button does.
    pub tool: Tool,
    /// The measurement or note that is being drawn, moved or typed.
    pub drawing: Option<Drawing>,
    /// The part of a mark under the pointer, and in which pane.
    pub hovered_mark: Option<(PaneId, Grip)>,
    /// The box that is being drawn, moved or pulled.
    pub box_drag: Option<BoxDrag>,
    /// The field of the comment is to take the keyboard.
    pub focus_comment: bool,
    /// What is being played.
    pub cine: Option<Cine>,
    /// Which boxes are shown.
    pub visibility: Visibility,
    /// What the reader chose.
    pub settings: Settings,
    /// Where that and the worklist are kept.
    pub home: Home,
    /// Which key does what.
    pub keymap: Keymap,
    /// Under way.
    pub opening: Option<Opening>,
    /// Decoded slices.
    pub cache: SliceCache,
    /// Studies are graded as soon as they are open.
    pub grades_at_once: bool,
    /// What the reader should know.
    pub notices: Notices,
    /// What was wrong with files of which no study came.
    pub unopened: Vec<Issue>,
    /// Windows over the images.
    pub windows: OpenWindows,
    /// Studies that were opened before.
    pub worklist: Worklist,
    /// Reports that are being written.
    exporting: usize,
    /// Pixels of the screen for a point.
    pub pixels_per_point: f32,
    worker: Worker,
    next_number: u64,
    wanted: Vec<SliceKey>,
}

impl Viewer {
    /// Nothing is open yet.
    pub fn new(worker: Worker, settings: Settings) -> Self {
        let (keymap, doubts) = Keymap::new(&settings.keys);
        let mut notices = Notices::default();
        for doubt in doubts {
            notices.warn(doubt);
        }
        Self {
            sessions: Vec::new(),
            current: None,
            compared: None,
            active: None,
            maximised: None,
            tool: Tool::default(),
            drawing: None,
            hovered_mark: None,
            box_drag: None,
            focus_comment: false,
            exporting: 0,
            cine: None,
            visibility: Visibility::default(),
            windows: OpenWindows { hints: !settings.hints_seen, ..OpenWindows::default() },
            settings,
            home: Home::default(),
            keymap,
            opening: None,
            cache: SliceCache::new(CACHE_BYTES),
            grades_at_once: true,
            notices,
            unopened: Vec::new(),
            worklist: Worklist::default(),
            pixels_per_point: 1.0,
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
        self.find_mut(self.current?)
    }

    /// An open study.
    pub fn find(&self, id: SessionId) -> Option<&Session> {
        self.sessions.iter().find(|s| s.id == id)
    }

    /// An open study.
    pub fn find_mut(&mut self, id: SessionId) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|s| s.id == id)
    }

    /// A pane and its study.
    pub fn pane(&self, id: PaneId) -> Option<(&Session, &Pane)> {
        let session = self.find(id.session)?;
        Some((session, session.panes.get(id.index)?))
    }

    /// A pane.
    pub fn pane_mut(&mut self, id: PaneId) -> Option<&mut Pane> {
        self.find_mut(id.session)?.panes.get_mut(id.index)
    }

    /// Whether something is under way that can be cancelled.
    pub fn is_busy(&self) -> bool {
        let is_grading = |s: &Session| s.grading.is_pending();
        self.drawing.is_some()
            || self.box_drag.is_some()
            || self.opening.is_some()
            || self.cine.is_some()
            || self.sessions.iter().any(is_grading)
    }

    /// The panes on screen, row by row: the maximised one, else those of the layout, for the study in front and the
    /// one below it. A pane without a series is shown only where four are.
    pub fn rows(&self) -> Vec<Vec<PaneId>> {
        if let Some(alone) = self.maximised.filter(|&id| self.is_filled(id) && self.is_on_screen(id.session)) {
            return vec![vec![alone]];
        }
        let mut rows = Vec::new();
        for session in [self.current, self.compared].into_iter().flatten() {
            rows.extend(self.rows_of(session));
        }
        rows
    }

    fn rows_of(&self, session: SessionId) -> Vec<Vec<PaneId>> {
        use super::layout::Layout;
        let id = |index: usize| PaneId { session, index };
        let active = self.active.filter(|a| a.session == session).map_or(0, |a| a.index);
        let layout = self.settings.layout;
        let mut shown = layout.panes(active);
        if let Some((evidence, slot)) = self.find(session).and_then(|session| hidden_evidence(session, &shown)) {
            shown[slot] = evidence;
        }
        let mut panes: Vec<PaneId> = shown.into_iter().map(id).collect();
        if layout != Layout::Four {
            panes.retain(|&pane| self.is_filled(pane));
            if panes.is_empty() {
                panes = (0..PANES).map(id).filter(|&pane| self.is_filled(pane)).take(1).collect();
            }
        }
        panes.chunks(layout.columns()).map(<[PaneId]>::to_vec).collect()
    }

    fn is_on_screen(&self, session: SessionId) -> bool {
        self.current == Some(session) || self.compared == Some(session)
    }

    fn is_filled(&self, id: PaneId) -> bool {
        self.pane(id).is_some_and(|(_, pane)| pane.series.is_some())
    }

    /// The panes on screen, from left to right and from top to bottom.
    pub fn visible_panes(&self) -> Vec<PaneId> {
        self.rows().concat()
    }

    /// The pane that keys act on: the one that the reader chose, if it is on screen.
    pub fn active_pane(&self) -> Option<PaneId> {
        let visible = self.visible_panes();
        self.active.filter(|active| visible.contains(active)).or_else(|| visible.first().copied())
    }

    /// A slice of an open study, and the study.
    pub fn slice(&self, key: SliceKey) -> Option<(&Session, &SliceRef)> {
        let session = self.find(key.session)?;
        Some((session, session.study.series.get(key.series)?.slices.get(key.slice)?))
    }

    /// The slice that the reader wants to see in a pane.
    pub fn wanted_in(&self, id: PaneId) -> Option<SliceKey> {
        let (_, pane) = self.pane(id)?;
        Some(SliceKey { session: id.session, series: pane.series?, slice: pane.slice })
    }

    /// The slice on screen in a pane.
    pub fn shown_in(&self, id: PaneId) -> Option<SliceKey> {
        let (_, pane) = self.pane(id)?;
        Some(SliceKey { session: id.session, series: pane.series?, slice: pane.shown? })
    }

    /// Where the wanted slice of a pane lies on a screen whose pane begins at the origin.
    fn transform(&self, id: PaneId) -> Option<Transform> {
        let (_, pane) = self.pane(id)?;
        let (_, slice) = self.slice(self.wanted_in(id)?)?;
        let area = if pane.area == Vec2::ZERO { Vec2::splat(400.0) } else { pane.area };
        Some(Transform::new(Rect::from_min_size(egui::Pos2::ZERO, area), Extent::of_header(slice), pane))
    }

    /// A number that was not used before.
    fn number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }
}

/// The pane of the selected cell, if it is not among those shown, and the place of the one that gives way to it: of the
/// same plane, else the last.
fn hidden_evidence(session: &Session, shown: &[usize]) -> Option<(usize, usize)> {
    let evidence = session.evidence_pane.filter(|pane| shown.len() > 1 && !shown.contains(pane))?;
    let plane = |pane: usize| session.study.series.get(session.panes.get(pane)?.series?)?.plane_kind;
    let slot = shown.iter().position(|&pane| plane(pane) == plane(evidence));
    Some((evidence, slot.unwrap_or(shown.len() - 1)))
}

impl Drop for Viewer {
    /// The worker then waits for what is under way.
    fn drop(&mut self) {
        self.leave_drawing();
        self.save_marks();
        self.opening.iter().for_each(|o| o.cancel.cancel());
        self.sessions.iter().for_each(|s| s.cancel.cancel());
    }
}
