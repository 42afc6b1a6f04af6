//! One open study: its panes, its boxes, its grades.

mod focus;
mod marks;
mod run;

use std::sync::Arc;

use super::{
    cells,
    hanging::{self, PANES},
    pane::Pane,
    steps::Steps,
    thumbnails::Thumbnails,
};
use crate::{
    geometry::Vec3,
    grading::{GradeId, Role},
    library::{Entry, RoleOverrides, StudyState},
    markup::MarkupError,
    pipeline::{GradeEvent, GradedStudy},
    review::{Desk, Review, Statement},
    study::{Issue, Study},
    worker::{SessionId, Ticket},
};

pub use focus::{Focus, Gone};
pub use marks::Marks;
pub use run::{Grading, GradingRun};

/// An open study.
pub struct Session {
    /// Its name in this run.
    pub id: SessionId,
    /// Headers.
    pub study: Arc<Study>,
    /// How it came here.
    pub origin: Origin,
    /// What hangs where.
    pub panes: [Pane; PANES],
    /// Small pictures of the series.
    pub thumbnails: Thumbnails,
    /// The point that all panes show, and the series in which it was pointed at.
    pub crosshair: Option<(usize, Vec3)>,
    /// The grading, and what came of it so far.
    pub run: GradingRun,
    /// What the reader looks at.
    pub focus: Focus,
    /// What the reader drew.
    pub marks: Marks,
    /// What the reader says of the grades.
    pub desk: Desk,
    /// Why the review that is kept cannot be read, and so must not be added to.
    pub review_lock: Option<String>,
    /// What undo acts on next.
    pub undo: Undo,
    /// What the worklist knows of it.
    pub listed: Listed,
}

/// How a study came here.
pub struct Origin {
    /// What was wrong with files that were opened with it and belong to no study: they may have been of this one.
    pub scan_issues: Arc<[Issue]>,
    /// Files that were opened with it and are broken, so that what they held is missing.
    pub lost: usize,
    /// The computed demo study.
    pub is_demo: bool,
}

/// What the worklist knows of a study.
#[derive(Default)]
pub struct Listed {
    /// How far it is, once the worklist has said so; it says nothing of a study without a UID.
    pub state: Option<StudyState>,
    /// Other studies of the patient, newest first, open or not.
    pub priors: Vec<Entry>,
}

/// What undo acts on next.
#[derive(Default)]
pub struct Undo {
    /// Whether marks or the review were changed last, and so are undone first.
    pub steps: Steps,
    /// The revision of the marks that those steps know.
    pub stepped_revision: u64,
    /// An undo, or a redo (true), that waits until all is in the trail.
    pub waiting: Option<bool>,
}

impl Session {
    /// Hangs a study; its grading waits.
    pub fn new(id: SessionId, ticket: Ticket, study: Study, is_demo: bool) -> Self {
        Self {
            panes: hanging::hang(&study),
            study: Arc::new(study),
            id,
            origin: Origin { scan_issues: Arc::default(), lost: 0, is_demo },
            thumbnails: Thumbnails::default(),
            crosshair: None,
            run: GradingRun::waiting(ticket),
            focus: Focus::default(),
            marks: Marks::default(),
            desk: Desk::default(),
            review_lock: None,
            undo: Undo::default(),
            listed: Listed::default(),
        }
    }

    /// What the reader says of the grades.
    pub const fn review(&self) -> &Review {
        self.desk.review()
    }

    /// Gives a series another role. Returns whether that changes anything.
    pub fn set_role(&mut self, series: usize, role: Option<Role>) -> bool {
        if self.study.series.get(series).is_none_or(|s| s.role == role) {
            return false;
        }
        let series = &mut Arc::make_mut(&mut self.study).series[series];
        series.role = role;
        "chosen by the reader".clone_into(&mut series.role_reason);
        true
    }

    /// Gives series the roles that the reader chose when the study was open before. Returns whether that changes any.
    pub fn apply_roles(&mut self, roles: &RoleOverrides) -> bool {
        let chosen: Vec<(usize, Option<Role>)> = self
            .study
            .series
            .iter()
            .enumerate()
            .filter_map(|(index, series)| Some((index, *roles.get(&series.key())?)))
            .collect();
        chosen.into_iter().filter(|&(index, role)| self.set_role(index, role)).count() > 0
    }

    /// Takes in marks that were kept, below what was drawn since the study was opened.
    pub fn take_in_marks(&mut self, text: &str) -> Result<(), MarkupError> {
        self.marks.take_in(text)?;
        self.undo.stepped_revision = self.marks.markup.revision();
        Ok(())
    }

    /// Takes in what the background says of the grading.
    pub fn apply(&mut self, event: GradeEvent) {
        let shift = self.review().shift();
        self.run.apply(event, shift);
    }

    /// Takes in the finished grading.
    pub fn finish(&mut self, graded: Box<GradedStudy>) {
        let shift = self.review().shift();
        self.run.finish(&self.study, graded, shift);
    }

    /// Grades, discs and the cell that is looked at follow the numbers that the review gives to the levels.
    pub fn follow_numbers(&mut self) {
        let shift = self.review().shift();
        if let Some(graded) = self.run.graded.take_if(|graded| graded.shift() != shift) {
            let moved = shift.then(graded.shift().inverse());
            self.focus.cell = self.focus.cell.and_then(|cell| moved.grade(cell));
            self.finish(graded);
        }
    }

    /// Forgets the grades; the next grading starts from nothing.
    pub fn reset_grading(&mut self, ticket: Ticket) {
        self.run.restart(ticket);
        self.focus.evidence = None;
    }

    /// Hangs a series in a pane, which keeps its place on screen.
    pub fn hang(&mut self, pane: usize, series: usize) {
        let area = self.panes[pane].area;
        self.panes[pane] = Pane { area, ..Pane::of_series(&self.study, series) };
    }

    /// The moderate and severe cells, in reading order: level by level. The reader's word counts before the program's.
    pub fn findings(&self) -> Vec<GradeId> {
        cells::all().filter(|&id| self.statement(id).is_some_and(|said| said.is_finding())).collect()
    }

    /// What is said of a cell in the end; `None` before anything is graded.
    pub fn statement(&self, id: GradeId) -> Option<Statement> {
        Some(Statement::of(self.run.table.as_ref()?.get(id), self.review().cell(id)))
    }
}
