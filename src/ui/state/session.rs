//! One open study: its panes, its boxes, its grades.

use std::sync::Arc;

use super::{
    cells,
    hanging::{self, PANES},
    pane::Pane,
    place::{self, Gone},
    steps::Steps,
    thumbnails::Thumbnails,
    votes::{self, SliceVotes, Votes},
};
use crate::{
    cancel::Cancel,
    geometry::Vec3,
    grading::{Evidence, GradeId, GradeTable, Role, SliceId},
    library::{Entry, RoleOverrides, StudyState},
    markup::{MarkId, Markup, MarkupError},
    pipeline::{self, GradeEvent, GradedStudy},
    raster::BBox,
    review::{BoxChoice, Desk, Review, Statement},
    study::{Issue, Study},
    worker::{SessionId, Ticket},
};

/// How far the grading is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grading {
    /// In the queue.
    Waiting,
    /// Slices done, of how many.
    Running(usize, usize),
    /// Finished.
    Done,
    /// Why it failed.
    Failed(String),
    /// Stopped by the reader.
    Cancelled,
}

impl Grading {
    /// Whether more may still come of it.
    pub const fn is_pending(&self) -> bool {
        matches!(self, Self::Waiting | Self::Running(..))
    }
}

/// An open study.
pub struct Session {
    /// Its name in this run.
    pub id: SessionId,
    /// Headers.
    pub study: Arc<Study>,
    /// What was wrong with files that were opened with it and belong to no study: they may have been of this one.
    pub scan_issues: Arc<[Issue]>,
    /// Files that were opened with it and are broken, so that what they held is missing.
    pub lost: usize,
    /// The computed demo study.
    pub is_demo: bool,
    /// What hangs where.
    pub panes: [Pane; PANES],
    /// How far the grading is.
    pub grading: Grading,
    /// Which grading: news of an earlier one is not ours.
    pub ticket: Ticket,
    /// Stops it.
    pub cancel: Cancel,
    /// Demo models are among those that grade it.
    pub demo_models: bool,
    /// The 25 grades, filling in role by role.
    pub table: Option<GradeTable>,
    /// Every box so far, low scores too, and what it counts for: until the grading is done what it names, then what
    /// the table was made of.
    pub votes: Votes,
    /// The finished result, for export.
    pub graded: Option<Box<GradedStudy>>,
    /// The cell that the reader looks at.
    pub selected: Option<GradeId>,
    /// The box that the reader looks at.
    pub highlighted: Option<Evidence>,
    /// Where the panes were brought instead, for a selected cell without a box.
    pub gone: Option<Gone>,
    /// The pane in which the selected cell is shown; on screen whatever the layout.
    pub evidence_pane: Option<usize>,
    /// The selected cell, once its box was painted on its slice.
    pub drawn: Option<GradeId>,
    /// What the reader drew, and key images.
    pub markup: Markup,
    /// The mark that is selected.
    pub selected_mark: Option<MarkId>,
    /// The point that all panes show, and the series in which it was pointed at.
    pub crosshair: Option<(usize, Vec3)>,
    /// Small pictures of the series.
    pub thumbnails: Thumbnails,
    /// How far it is, once the worklist has said so; it says nothing of a study without a UID.
    pub state: Option<StudyState>,
    /// The revision of the marks that is kept.
    pub kept_revision: u64,
    /// The marks that are kept cannot be read, and so must not be written over.
    pub are_marks_locked: bool,
    /// Other studies of the patient, newest first, open or not.
    pub priors: Vec<Entry>,
    /// What the reader says of the grades.
    pub desk: Desk,
    /// Why the review that is kept cannot be read, and so must not be added to.
    pub review_lock: Option<String>,
    /// An undo, or a redo (true), that waits until all is in the trail.
    pub waiting_step: Option<bool>,
    /// Whether marks or the review were changed last, and so are undone first.
    pub steps: Steps,
    /// The revision of the marks that those steps know.
    pub stepped_revision: u64,
}

impl Session {
    /// Hangs a study; its grading waits.
    pub fn new(id: SessionId, ticket: Ticket, study: Study, is_demo: bool) -> Self {
        Self {
            panes: hanging::hang(&study),
            study: Arc::new(study),
            id,
            ticket,
            scan_issues: Arc::default(),
            lost: 0,
            is_demo,
            grading: Grading::Waiting,
            cancel: Cancel::default(),
            demo_models: false,
            table: None,
            votes: Votes::new(),
            graded: None,
            selected: None,
            highlighted: None,
            gone: None,
            evidence_pane: None,
            drawn: None,
            markup: Markup::default(),
            selected_mark: None,
            crosshair: None,
            thumbnails: Thumbnails::default(),
            state: None,
            kept_revision: 0,
            are_marks_locked: false,
            priors: Vec::new(),
            desk: Desk::default(),
            review_lock: None,
            waiting_step: None,
            steps: Steps::default(),
            stepped_revision: 0,
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

    /// Takes in marks that were kept, below what was drawn since the study was opened.
    pub fn take_in_marks(&mut self, text: &str) -> Result<(), MarkupError> {
        let kept = Markup::from_json(text);
        self.are_marks_locked = kept.is_err();
        self.markup.take_in(kept?);
        self.stepped_revision = self.markup.revision();
        // Names may have changed.
        self.selected_mark = None;
        Ok(())
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

    /// Forgets the grades; the next grading starts from nothing.
    pub fn reset_grading(&mut self, ticket: Ticket) {
        self.cancel.cancel();
        self.ticket = ticket;
        self.cancel = Cancel::default();
        self.grading = Grading::Waiting;
        self.table = None;
        self.votes.clear();
        self.graded = None;
        self.highlighted = None;
    }

    /// Takes in what the background says.
    pub fn apply(&mut self, event: GradeEvent) {
        match event {
            GradeEvent::Started { slices, demo } => {
                self.grading = Grading::Running(0, slices);
                self.demo_models = demo;
            }
            GradeEvent::Slice { detections, .. } => {
                if let Grading::Running(done, _) = &mut self.grading {
                    *done += 1;
                }
                votes::at_their_word(&mut self.votes, &detections);
            }
            GradeEvent::Role { table, .. } => {
                self.table = Some(pipeline::renumbered_table(&table, self.review().shift()));
            }
        }
    }

    /// Takes in the finished result.
    pub fn finish(&mut self, graded: Box<GradedStudy>) {
        let graded = Box::new(graded.renumbered(self.review().shift()));
        self.grading = Grading::Done;
        self.table = Some(graded.table.clone());
        self.votes = votes::of_study(&self.study, &graded);
        self.graded = Some(graded);
    }

    /// Grades, discs and the cell that is looked at follow the numbers that the review gives to the levels.
    pub fn follow_numbers(&mut self) {
        let shift = self.review().shift();
        if let Some(graded) = self.graded.take_if(|graded| graded.shift() != shift) {
            let moved = shift.then(graded.shift().inverse());
            self.selected = self.selected.and_then(|cell| moved.grade(cell));
            self.finish(graded);
        }
    }

    /// Selects a cell, and brings every pane to the reader's box, else to the best one, else to where the cell is to be
    /// looked for. Returns the pane that shows it.
    pub fn select(&mut self, id: GradeId) -> Option<usize> {
        self.selected = Some(id);
        (self.highlighted, self.gone, self.drawn) = (None, None, None);
        match self.review().cell(id).region.clone() {
            BoxChoice::Model => (),
            BoxChoice::Reader(region) => return self.go_to_box(&region.slice, &region.bbox, id.condition().role()),
            BoxChoice::Removed => return self.go_to_place(id),
        }
        match self.table.as_ref().and_then(|table| table.get(id).key_evidence().cloned()) {
            Some(evidence) => self.show(evidence),
            None => self.go_to_place(id),
        }
    }

    /// Brings every pane to the disc and the side of a cell without a box: nobody but the reader will find anything
    /// there. Returns the pane that shows it.
    fn go_to_place(&mut self, id: GradeId) -> Option<usize> {
        if self.table.is_none() || self.grading.is_pending() && self.votes.is_empty() {
            return None;
        }
        let study = self.study.clone();
        let series = place::series_for(&study, id).ok_or("no series shares the patient space of the discs");
        let (place, series) = match place::of_cell(self, id).and_then(|place| Ok((place, series?))) {
            Ok(found) => found,
            Err(why) => {
                self.gone = Some(Gone::Nowhere(why)).filter(|_| !self.grading.is_pending());
                return None;
            }
        };
        let (_, is_reached) = place::slice_at(&study, series, &place)?;
        self.gone = Some(match (is_reached, place.is_estimated) {
            (false, _) => Gone::ToNearest,
            (true, true) => Gone::ToEstimate,
            (true, false) => Gone::ToDisc,
        });
        let pane = self.pane_for(series, study.series[series].role.unwrap_or(id.condition().role()));
        if self.panes[pane].series != Some(series) {
            self.hang(pane, series);
        }
        for pane in &mut self.panes {
            let shared = pane.series.filter(|&other| study.share_space(series, other));
            if let Some((slice, _)) = shared.and_then(|other| place::slice_at(&study, other, &place)) {
                pane.go_to(&study, slice);
            }
        }
        Some(pane)
    }

    /// Brings every pane to a box. Returns the pane that shows it.
    pub fn show(&mut self, evidence: Evidence) -> Option<usize> {
        let detection = &evidence.detection;
        let pane = self.go_to_box(&detection.slice, &detection.bbox, detection.class.role())?;
        (self.highlighted, self.gone) = (Some(evidence), None);
        Some(pane)
    }

    /// The series and slice of the box behind the selected cell, the reader's or the one that is looked at; `None` where
    /// there is no box.
    pub fn evidence_slice(&self) -> Option<(usize, usize)> {
        if let BoxChoice::Reader(region) = &self.review().cell(self.selected?).region {
            return self.study.find(&region.slice);
        }
        self.study.find(&self.highlighted.as_ref()?.detection.slice)
    }

    fn go_to_box(&mut self, slice: &SliceId, bbox: &BBox, role: Role) -> Option<usize> {
        let study = self.study.clone();
        let (series, slice) = study.find(slice)?;
        let pane = self.pane_for(series, role);
        if self.panes[pane].series != Some(series) {
            self.hang(pane, series);
        }
        self.panes[pane].go_to(&study, slice);
        if let Some(plane) = study.series[series].slices[slice].plane {
            let (column, row) = bbox.center_pixel();
            hanging::follow(&study, &mut self.panes, series, plane.patient_from_pixel(column, row));
        }
        Some(pane)
    }

    /// Hangs a series in a pane, which keeps its place on screen.
    pub fn hang(&mut self, pane: usize, series: usize) {
        let area = self.panes[pane].area;
        self.panes[pane] = Pane { area, ..Pane::of_series(&self.study, series) };
    }

    /// The pane that shows a series, else the one that its role hangs in.
    fn pane_for(&self, series: usize, role: Role) -> usize {
        let shown = self.panes.iter().position(|p| p.series == Some(series));
        shown.unwrap_or_else(|| Role::ALL.iter().position(|&r| r == role).unwrap_or(0))
    }

    /// Selects the cell that a box counts for, and brings every pane to that box. Returns the pane that shows it.
    pub fn show_box(&mut self, id: GradeId, evidence: Evidence) -> Option<usize> {
        (self.selected, self.drawn) = (Some(id), None);
        self.show(evidence)
    }

    /// Shows the slice after (+1) or before (-1) the one whose box is highlighted, of those that voted for the
    /// selected cell. Returns the pane that shows it.
    pub fn step_evidence(&mut self, step: isize) -> Option<usize> {
        let strip = votes::of_cell(self, self.selected?);
        let shown = self.highlighted.as_ref().and_then(|shown| self.study.find(&shown.detection.slice));
        let at = strip.iter().position(|votes| Some((votes.series, votes.slice)) == shown);
        let next = at.map_or(0, |at| (at as isize + step).rem_euclid(strip.len() as isize));
        let next = strip.get(next as usize).and_then(SliceVotes::strongest).cloned()?;
        self.show(next)
    }

    /// The moderate and severe cells, in reading order: level by level. The reader's word counts before the program's.
    pub fn findings(&self) -> Vec<GradeId> {
        cells::all().filter(|&id| self.statement(id).is_some_and(|said| said.is_finding())).collect()
    }

    /// What is said of a cell in the end; `None` before anything is graded.
    pub fn statement(&self, id: GradeId) -> Option<Statement> {
        Some(Statement::of(self.table.as_ref()?.get(id), self.review().cell(id)))
    }

    /// Selects the finding after (+1) or before (-1) the selected cell, whether that is a finding or not.
    /// Returns the pane that shows it.
    pub fn step_finding(&mut self, step: isize) -> Option<usize> {
        let all = self.findings();
        let place = |id: GradeId| cells::all().position(|other| other == id);
        let here = self.selected.and_then(place);
        let next = if step > 0 {
            all.iter().find(|&&id| place(id) > here).or(all.first())
        } else {
            all.iter().rev().find(|&&id| place(id) < here).or(all.last())
        };
        self.select(*next?)
    }
}
