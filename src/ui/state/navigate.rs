//! From a cell to its evidence: which slices the panes are brought to, and the next finding.

use super::{
    cells, hanging, place,
    session::{Gone, Session},
    strip::{self, SliceVotes},
};
use crate::{
    grading::{Evidence, GradeId, Role, SliceId},
    raster::BBox,
    review::BoxChoice,
};

impl Session {
    /// Selects a cell, and brings every pane to the reader's box, else to the best one, else to where the cell is to be
    /// looked for. Returns the pane that shows it.
    pub fn select(&mut self, id: GradeId) -> Option<usize> {
        self.focus.cell = Some(id);
        (self.focus.evidence, self.focus.gone, self.focus.drawn) = (None, None, None);
        match self.review().cell(id).region.clone() {
            BoxChoice::Model => (),
            BoxChoice::Reader(region) => return self.go_to_box(&region.slice, &region.bbox, id.condition().role()),
            BoxChoice::Removed => return self.go_to_place(id),
        }
        match self.run.table.as_ref().and_then(|table| table.get(id).key_evidence().cloned()) {
            Some(evidence) => self.show(evidence),
            None => self.go_to_place(id),
        }
    }

    /// Brings every pane to the disc and the side of a cell without a box: nobody but the reader will find anything
    /// there. Returns the pane that shows it.
    fn go_to_place(&mut self, id: GradeId) -> Option<usize> {
        if self.run.table.is_none() || self.run.progress.is_pending() && self.run.votes.is_empty() {
            return None;
        }
        let study = self.study.clone();
        let series = place::series_for(&study, id).ok_or("no series shares the patient space of the discs");
        let (place, series) = match place::of_cell(self, id).and_then(|place| Ok((place, series?))) {
            Ok(found) => found,
            Err(why) => {
                self.focus.gone = Some(Gone::Nowhere(why)).filter(|_| !self.run.progress.is_pending());
                return None;
            }
        };
        let (_, is_reached) = place::slice_at(&study, series, &place)?;
        self.focus.gone = Some(match (is_reached, place.is_estimated) {
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
        (self.focus.evidence, self.focus.gone) = (Some(evidence), None);
        Some(pane)
    }

    /// The series and slice of the box behind the selected cell, the reader's or the one that is looked at; `None` where
    /// there is no box.
    pub fn evidence_slice(&self) -> Option<(usize, usize)> {
        if let BoxChoice::Reader(region) = &self.review().cell(self.focus.cell?).region {
            return self.study.find(&region.slice);
        }
        self.study.find(&self.focus.evidence.as_ref()?.detection.slice)
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
            hanging::follow(&study, &mut self.panes, series, plane.patient_from_pixel(bbox.center()));
        }
        Some(pane)
    }

    /// The pane that shows a series, else the one that its role hangs in.
    fn pane_for(&self, series: usize, role: Role) -> usize {
        let shown = self.panes.iter().position(|p| p.series == Some(series));
        shown.unwrap_or_else(|| Role::ALL.iter().position(|&r| r == role).unwrap_or(0))
    }

    /// Selects the cell that a box counts for, and brings every pane to that box. Returns the pane that shows it.
    pub fn show_box(&mut self, id: GradeId, evidence: Evidence) -> Option<usize> {
        (self.focus.cell, self.focus.drawn) = (Some(id), None);
        self.show(evidence)
    }

    /// Shows the slice after (+1) or before (-1) the one whose box is highlighted, of those that voted for the
    /// selected cell. Returns the pane that shows it.
    pub fn step_evidence(&mut self, step: isize) -> Option<usize> {
        let strip = strip::of_cell(self, self.focus.cell?);
        let shown = self.focus.evidence.as_ref().and_then(|shown| self.study.find(&shown.detection.slice));
        let at = strip.iter().position(|votes| Some((votes.series, votes.slice)) == shown);
        let next = at.map_or(0, |at| (at as isize + step).rem_euclid(strip.len() as isize));
        let next = strip.get(next as usize).and_then(SliceVotes::strongest).cloned()?;
        self.show(next)
    }

    /// Selects the finding after (+1) or before (-1) the selected cell, whether that is a finding or not.
    /// Returns the pane that shows it.
    pub fn step_finding(&mut self, step: isize) -> Option<usize> {
        let all = self.findings();
        let place = |id: GradeId| cells::all().position(|other| other == id);
        let here = self.focus.cell.and_then(place);
        let next = if step > 0 {
            all.iter().find(|&&id| place(id) > here).or(all.first())
        } else {
            all.iter().rev().find(|&&id| place(id) < here).or(all.last())
        };
        self.select(*next?)
    }
}
