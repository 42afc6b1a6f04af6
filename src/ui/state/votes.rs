//! What every box says, and for which cell of the table: slice by slice, and for one cell all slices that voted.

use std::collections::HashMap;

use super::session::Session;
use crate::{
    grading::{self, Detection, Evidence, GradeId, SliceId, Vote},
    pipeline::{self, GradedStudy},
    study::Study,
};

/// The votes of each slice.
pub type Votes = HashMap<SliceId, Vec<Vote>>;

/// Boxes of a study that is not graded to the end: each counts for what it names.
pub fn at_their_word(votes: &mut Votes, detections: &[Detection]) {
    insert(votes, grading::max(detections));
}

/// The votes that the table of a graded study was made of.
pub fn of_study(study: &Study, graded: &GradedStudy) -> Votes {
    let mut votes = Votes::new();
    insert(&mut votes, graded.votes(&pipeline::layout(study)));
    votes
}

fn insert(votes: &mut Votes, new: Vec<Vote>) {
    for vote in new {
        votes.entry(vote.detection.slice.clone()).or_default().push(vote);
    }
}

/// A slice that voted for a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct SliceVotes {
    /// Index of the series in the study.
    pub series: usize,
    /// Index of the slice in the series: slices stand in the order of their places.
    pub slice: usize,
    /// The box that counts most, of each severity that has one.
    pub best: [Option<Evidence>; 3],
}

impl SliceVotes {
    /// The box that counts most of all.
    pub fn strongest(&self) -> Option<&Evidence> {
        self.best.iter().flatten().max_by(|a, b| a.weight.total_cmp(&b.weight))
    }

    /// How much each severity counts here; 0 without a box.
    pub fn weights(&self) -> [f32; 3] {
        self.best.each_ref().map(|evidence| evidence.as_ref().map_or(0.0, |e| e.weight))
    }
}

/// All slices on which a box votes for a cell, series by series, in the order of their places.
pub fn of_cell(session: &Session, id: GradeId) -> Vec<SliceVotes> {
    let mut all: Vec<SliceVotes> = Vec::new();
    for (slice, votes) in &session.votes {
        let best = best(votes, id);
        if best.iter().any(Option::is_some)
            && let Some((series, slice)) = session.study.find(slice)
        {
            all.push(SliceVotes { series, slice, best: best.map(|vote| vote.map(Evidence::from)) });
        }
    }
    all.sort_by_key(|votes| (votes.series, votes.slice));
    all
}

/// How little stands behind a weak cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weak {
    /// The score of its key box.
    pub score: f32,
    /// Slices that voted.
    pub voted: usize,
    /// Slices of the series that voted.
    pub slices: usize,
}

/// How little stands behind a cell; `None` where enough does, or nothing. Boxes are shown from a score on.
pub fn weak(session: &Session, id: GradeId, shown_from: f32) -> Option<Weak> {
    let row = session.table.as_ref()?.get(id);
    let score = row.key_score().filter(|_| row.is_weak_below(shown_from))?;
    let has_vote = |votes: &[Vote]| votes.iter().any(|vote| vote.grade == id);
    let of_slices = session.votes.iter().filter(|(_, votes)| has_vote(votes));
    let voted: Vec<usize> = of_slices.filter_map(|(slice, _)| Some(session.study.find(slice)?.0)).collect();
    let is_of_series = |series: &usize| voted.contains(series);
    let slices = (0..session.study.series.len()).filter(is_of_series).map(|i| session.study.series[i].slices.len());
    Some(Weak { score, voted: voted.len(), slices: slices.sum() })
}

/// The vote for a cell that counts most, of each severity that has one; of equals the last.
fn best(votes: &[Vote], id: GradeId) -> [Option<&Vote>; 3] {
    let mut best: [Option<&Vote>; 3] = [None; 3];
    for vote in votes.iter().filter(|vote| vote.grade == id) {
        let place = &mut best[vote.severity.index()];
        if place.is_none_or(|other| vote.weight.total_cmp(&other.weight).is_ge()) {
            *place = Some(vote);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        grading::{DetectionClass, Role, Severity},
        phantom,
        raster::BBox,
        study,
        worker::{SessionId, Ticket},
    };

    fn demo() -> Session {
        let study = study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED)).studies.remove(0);
        Session::new(SessionId(1), Ticket(2), study, true)
    }

    #[test]
    fn slices_that_voted_stand_in_order_with_the_best_box_of_each_severity() {
        let mut session = demo();
        let series = session.study.series.iter().position(|s| s.role == Some(Role::Scs)).unwrap();
        let classes = DetectionClass::all(Role::Scs);
        let at = |slice: usize, class: usize, score: f32| Detection {
            class: classes[class],
            score,
            bbox: BBox::new(0.0, 0.0, 10.0, 10.0),
            slice: session.study.series[series].slices[slice].id(),
        };
        // Classes 0 to 2 are the three severities of the first cell, 3 is of the second.
        let boxes = [at(7, 0, 0.2), at(5, 0, 0.3), at(7, 2, 0.6), at(7, 2, 0.4), at(6, 3, 0.9)];
        at_their_word(&mut session.votes, &boxes);
        let strip = of_cell(&session, classes[0].grade);
        assert_eq!(strip.iter().map(|s| (s.series, s.slice)).collect::<Vec<_>>(), [(series, 5), (series, 7)]);
        let tenths = |i: usize| strip[i].weights().map(|weight| (weight * 10.0).round() as u8);
        assert_eq!(tenths(0), [3, 0, 0]);
        assert_eq!(tenths(1), [2, 0, 6]);
        assert_eq!(strip[1].strongest().unwrap().severity, Severity::Severe);
        assert!(of_cell(&session, classes[14].grade).is_empty());
    }
}
