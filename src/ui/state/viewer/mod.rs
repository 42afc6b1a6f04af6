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
mod screen;
mod slices;

use egui::{Rect, Vec2};

pub use action::{Action, Effect};
pub use boxes::BoxAction;
pub use library::Wanted;
pub use marks::MarkAction;
pub use review::ReviewAction;
pub use screen::{OpenWindows, Screen};

use super::{
    cache::SliceCache,
    cine::Cine,
    gesture::{
        boxes::BoxDrag,
        marks::{Drawing, Grip},
    },
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

/// The state.
pub struct Viewer {
    /// Open studies, in order of opening.
    pub sessions: Vec<Session>,
    /// What of them is on screen.
    pub screen: Screen,
    /// What the pointer is doing.
    pub hand: Hand,
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
    /// What was wrong with files of which no study came.
    pub unopened: Vec<Issue>,
    /// Decoded slices.
    pub slices: Slices,
    /// What the reader should know.
    pub notices: Notices,
    /// Studies that were opened before.
    pub worklist: Worklist,
    /// What the background does.
    pub jobs: Jobs,
}

/// What the pointer is doing.
#[derive(Default)]
pub struct Hand {
    /// What the left button does.
    pub tool: Tool,
    /// The measurement or note that is being drawn, moved or typed.
    pub drawing: Option<Drawing>,
    /// The part of a mark under the pointer, and in which pane.
    pub hovered_mark: Option<(PaneId, Grip)>,
    /// The box that is being drawn, moved or pulled.
    pub box_drag: Option<BoxDrag>,
}

/// Decoded slices.
pub struct Slices {
    /// Those that are here.
    pub cache: SliceCache,
    /// Those that were asked for.
    wanted: Vec<SliceKey>,
}

/// What the background does for the window.
pub struct Jobs {
    worker: Worker,
    next_number: u64,
    /// Reports that are being written.
    exporting: usize,
    /// Studies are graded as soon as they are open.
    pub grades_at_once: bool,
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
            screen: Screen::new(&settings),
            hand: Hand::default(),
            cine: None,
            visibility: Visibility::default(),
            settings,
            home: Home::default(),
            keymap,
            opening: None,
            unopened: Vec::new(),
            slices: Slices { cache: SliceCache::new(CACHE_BYTES), wanted: Vec::new() },
            notices,
            worklist: Worklist::default(),
            jobs: Jobs { worker, next_number: 0, exporting: 0, grades_at_once: true },
        }
    }

    /// The study in front.
    pub fn session(&self) -> Option<&Session> {
        self.find(self.screen.current?)
    }

    /// The study in front.
    pub fn session_mut(&mut self) -> Option<&mut Session> {
        self.find_mut(self.screen.current?)
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
        let is_grading = |s: &Session| s.run.progress.is_pending();
        self.hand.drawing.is_some()
            || self.hand.box_drag.is_some()
            || self.opening.is_some()
            || self.cine.is_some()
            || self.sessions.iter().any(is_grading)
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
        self.jobs.next_number += 1;
        self.jobs.next_number
    }
}

impl Drop for Viewer {
    /// The worker then waits for what is under way.
    fn drop(&mut self) {
        self.leave_drawing();
        self.save_marks();
        self.opening.iter().for_each(|o| o.cancel.cancel());
        self.sessions.iter().for_each(|s| s.run.cancel.cancel());
    }
}
