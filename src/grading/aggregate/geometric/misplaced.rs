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
    let sized = votes.iter().filter(|vote| !vote.conflicts.contains(&Conflict::Size));
    let cells = best_of_cells(sized.map(|vote| (&vote.detection, vote)));
    let mut misplaced = Misplaced::new();
    for (series, votes) in cells {
        let miscount = miscount(votes.iter().copied());
        if is_most_of(&votes, |vote| is_contradicted(vote, miscount)) {
            misplaced.insert(series.to_owned(), "most of its boxes contradict where the files say that they lie");
        }
    }
    for (series, distances) in best_of_cells(from_canal.iter().copied()) {
        if is_most_of(&distances, |mm| *mm > FAR_MM) {
            misplaced.insert(series.to_owned(), "its boxes lie far from the canal that sagittal images show");
        }
    }
    misplaced
}

/// By series, of each cell that a box names what belongs to its best box; faint ones are passed over.
fn best_of_cells<'a, T>(boxes: impl Iterator<Item = (&'a Detection, T)>) -> BTreeMap<&'a str, Vec<T>> {
    let mut best: BTreeMap<&str, BTreeMap<GradeId, (f32, T)>> = BTreeMap::new();
    for (detection, what) in boxes.filter(|(detection, _)| detection.score >= FAINT) {
        let cells = best.entry(&detection.slice.series_uid).or_default();
        let grade = detection.class.grade;
        if cells.get(&grade).is_none_or(|(score, _)| detection.score > *score) {
            cells.insert(grade, (detection.score, what));
        }
    }
    let of_series = |cells: BTreeMap<GradeId, (f32, T)>| cells.into_values().map(|(_, what)| what).collect();
    best.into_iter().map(|(series, cells)| (series, of_series(cells))).collect()
}

/// Whether it is so of more than half of enough cells.
fn is_most_of<T>(cells: &[T], is_so: impl Fn(&T) -> bool) -> bool {
    cells.len() >= FEWEST && cells.iter().filter(|cell| is_so(cell)).count() * 2 > cells.len()
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
