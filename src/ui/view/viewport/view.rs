//! All that is needed to paint over an image.

use egui::{Align2, Color32, FontId, Painter, Pos2, Rect, vec2};

use crate::{
    grading::{GradeId, Vote},
    raster::Slice,
    study::{Series, SliceRef},
    ui::{
        state::{
            pane::{Pane, PaneId},
            session::Session,
            transform::Transform,
            viewer::Viewer,
        },
        view::theme,
    },
};

/// What a pane is painted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The window, with what the pointer is at and what the reader has selected.
    Screen,
    /// A picture that leaves the program: no handles, nothing selected, and no word that names the patient, neither
    /// name nor date nor what was typed at the scanner.
    Picture,
}

/// One pane with the slice that is on screen in it.
pub struct View<'a> {
    /// What it is painted for.
    pub look: Look,
    /// Clipped to the pane.
    pub painter: &'a Painter,
    /// The pane on screen.
    pub rect: Rect,
    /// The window's state.
    pub viewer: &'a Viewer,
    /// The study.
    pub session: &'a Session,
    /// The pane.
    pub pane: &'a Pane,
    /// Its name.
    pub id: PaneId,
    /// Index of the series in the study, and of the slice in the series.
    pub at: (usize, usize),
    /// Its pixels.
    pub slice: &'a Slice,
    /// Where they are.
    pub transform: Transform,
}

impl View<'_> {
    /// The series on screen.
    pub fn series(&self) -> &Series {
        &self.session.study.series[self.at.0]
    }

    /// The slice on screen, as the study knows it.
    pub fn header(&self) -> &SliceRef {
        &self.series().slices[self.at.1]
    }

    /// The cell that is selected, where that shows.
    pub fn selected(&self) -> Option<GradeId> {
        self.session.focus.cell.filter(|_| self.look == Look::Screen)
    }

    /// Whether a box is the one that the reader looks at, where that shows.
    pub fn is_highlighted(&self, vote: &Vote) -> bool {
        self.look == Look::Screen && self.session.focus.evidence.as_ref().is_some_and(|e| e.detection == vote.detection)
    }

    /// Text that reads on black and on white.
    pub fn text(&self, at: Pos2, anchor: Align2, text: &str, size: f32, color: Color32) -> Rect {
        outlined(self.painter, at, anchor, text, &FontId::proportional(size), color)
    }
}

/// Text that reads on black and on white.
pub fn outlined(painter: &Painter, at: Pos2, anchor: Align2, text: &str, font: &FontId, color: Color32) -> Rect {
    for offset in [vec2(1.0, 0.0), vec2(-1.0, 0.0), vec2(0.0, 1.0), vec2(0.0, -1.0)] {
        painter.text(at + offset, anchor, text, font.clone(), theme::TEXT_EDGE);
    }
    painter.text(at, anchor, text, font.clone(), color)
}
