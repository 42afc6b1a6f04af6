//! What of the open studies is on screen: which of them, in which panes, behind which windows.

use super::{Session, Viewer};
use crate::{
    ui::state::{hanging::PANES, layout::Layout, pane::PaneId, settings::Settings},
    worker::SessionId,
};

/// What is on screen.
pub struct Screen {
    /// The study in front.
    pub current: Option<SessionId>,
    /// Another one, shown below.
    pub compared: Option<SessionId>,
    pub(super) active: Option<PaneId>,
    /// The pane that is shown alone.
    pub maximised: Option<PaneId>,
    /// Windows over the images.
    pub windows: OpenWindows,
    /// The field of the comment is to take the keyboard.
    pub focus_comment: bool,
    /// Pixels of the screen for a point.
    pub pixels_per_point: f32,
}

impl Screen {
    /// Nothing but the first steps, if the reader has not seen them.
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            current: None,
            compared: None,
            active: None,
            maximised: None,
            windows: OpenWindows { hints: !settings.hints_seen, ..OpenWindows::default() },
            focus_comment: false,
            pixels_per_point: 1.0,
        }
    }
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

impl Viewer {
    /// The panes on screen, row by row: the maximised one, else those of the layout, for the study in front and the
    /// one below it. A pane without a series is shown only where four are.
    pub fn rows(&self) -> Vec<Vec<PaneId>> {
        if let Some(alone) = self.screen.maximised.filter(|&id| self.is_filled(id) && self.is_on_screen(id.session)) {
            return vec![vec![alone]];
        }
        let mut rows = Vec::new();
        for session in [self.screen.current, self.screen.compared].into_iter().flatten() {
            rows.extend(self.rows_of(session));
        }
        rows
    }

    fn rows_of(&self, session: SessionId) -> Vec<Vec<PaneId>> {
        let id = |index: usize| PaneId { session, index };
        let active = self.screen.active.filter(|a| a.session == session).map_or(0, |a| a.index);
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

    pub(super) fn is_on_screen(&self, session: SessionId) -> bool {
        self.screen.current == Some(session) || self.screen.compared == Some(session)
    }

    pub(super) fn is_filled(&self, id: PaneId) -> bool {
        self.pane(id).is_some_and(|(_, pane)| pane.series.is_some())
    }

    /// The panes on screen, from left to right and from top to bottom.
    pub fn visible_panes(&self) -> Vec<PaneId> {
        self.rows().concat()
    }

    /// The pane that keys act on: the one that the reader chose, if it is on screen.
    pub fn active_pane(&self) -> Option<PaneId> {
        let visible = self.visible_panes();
        self.screen.active.filter(|active| visible.contains(active)).or_else(|| visible.first().copied())
    }
}

/// The pane of the selected cell, if it is not among those shown, and the place of the one that gives way to it: of the
/// same plane, else the last.
fn hidden_evidence(session: &Session, shown: &[usize]) -> Option<(usize, usize)> {
    let evidence = session.focus.pane.filter(|pane| shown.len() > 1 && !shown.contains(pane))?;
    let plane = |pane: usize| session.study.series.get(session.panes.get(pane)?.series?)?.plane_kind;
    let slot = shown.iter().position(|&pane| plane(pane) == plane(evidence));
    Some((evidence, slot.unwrap_or(shown.len() - 1)))
}
