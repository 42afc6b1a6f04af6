//! Series whose boxes cannot lie where their files say: aside of the spine, mirrored, turned, or of another scale.
//!
//! A single box that its place contradicts is a mistake of the detector. When most cells of a series are contradicted,
//! the place is the mistake: a detector names sides by what it sees, and sees no numbers of the file.

use std::collections::BTreeMap;

use crate::grading::{Condition, Conflict, Detection, GradeId};

use super::super::Vote;

/// A cell that is seen more faintly says nothing.
const FAINT: f32 = 0.1;
/// Fewer cells are no proof.
const FEWEST: usize = 5;
/// A recess lies 10 to 20 mm from the middle of the canal, and a detector may miss it by as much again.
const FAR_MM: f64 = 50.0;

/// Why a series' places are not used, by `SeriesInstanceUID`.
pub type Misplaced = BTreeMap<String, &'static str>;

/// Votes of a whole study, and of axial boxes how far from the canal they lie, in mm within their slice.
pub fn find(votes: &[Vote], from_canal: &[(&Detection, f64)]) -> Misplaced {
    let mut cells: BTreeMap<&str, BTreeMap<GradeId, &Vote>> = BTreeMap::new();
    for vote in votes.iter().filter(|vote| counts(&vote.detection) && !vote.conflicts.contains(&Conflict::Size)) {
        let best = cells.entry(&vote.detection.slice.series_uid).or_default();
        let best = best.entry(vote.detection.class.grade).or_insert(vote);
        if vote.detection.score > best.detection.score {
            *best = vote;
        }
    }
    let mut misplaced = Misplaced::new();
    for (series, cells) in cells {
        let miscount = miscount(cells.values().copied());
        let contradicted = cells.values().filter(|vote| is_contradicted(vote, miscount)).count();
        if cells.len() >= FEWEST && contradicted * 2 > cells.len() {
            misplaced.insert(series.to_owned(), "most of its boxes contradict where the files say that they lie");
        }
    }
    let mut far: BTreeMap<&str, BTreeMap<GradeId, (f32, f64)>> = BTreeMap::new();
    for (detection, mm) in from_canal.iter().filter(|(detection, _)| counts(detection)) {
        let best = far.entry(&detection.slice.series_uid).or_default();
        let best = best.entry(detection.class.grade).or_insert((detection.score, *mm));
        if detection.score > best.0 {
            *best = (detection.score, *mm);
        }
    }
    for (series, cells) in far {
        let count = cells.values().filter(|(_, mm)| *mm > FAR_MM).count();
        if cells.len() >= FEWEST && count * 2 > cells.len() {
            misplaced.insert(series.to_owned(), "its boxes lie far from the canal that sagittal images show");
        }
    }
    misplaced
}

fn counts(detection: &Detection) -> bool {
    detection.score >= FAINT
}

/// By how many levels a vote was moved from what it names, downwards.
fn moved(vote: &Vote) -> isize {
    let level = |grade: GradeId| grade.level().index() as isize;
    level(vote.grade) - level(vote.detection.class.grade)
}

/// By how many levels most votes were moved: a detector that counts from a wrong vertebra is wrong by one all along.
fn miscount<'a>(votes: impl Iterator<Item = &'a Vote>) -> isize {
    let mut counts: BTreeMap<isize, usize> = BTreeMap::new();
    votes.for_each(|vote| *counts.entry(moved(vote)).or_default() += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(0, |(moved, _)| moved)
}

/// An axial image does not show its level, so that the name of a level is a guess there.
fn is_contradicted(vote: &Vote, miscount: isize) -> bool {
    let is_axial = vote.detection.class.grade.condition() == Condition::SubarticularStenosis;
    vote.conflicts.iter().any(|conflict| match conflict {
        Conflict::Side => true,
        Conflict::Level => !is_axial && (moved(vote) == 0 || moved(vote) != miscount),
        Conflict::Size => false,
    })
}
