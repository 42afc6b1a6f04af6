//! Series whose boxes cannot lie where their files say: aside of the spine, mirrored, turned, or of another scale.
//!
//! A single box that its place contradicts is a mistake of the detector. When most cells of a series are contradicted,
//! the place is the mistake: a detector names sides by what it sees, and sees no numbers of the file.

use std::{collections::BTreeMap, fmt};

use crate::{
    grading::{Condition, Conflict, Detection, GradeId},
    uid::SeriesUid,
};

use crate::grading::aggregate::Vote;

/// A cell that is seen more faintly says nothing.
const FAINT: f32 = 0.1;
/// Fewer cells are no proof.
const FEWEST: usize = 5;
/// A recess lies 10 to 20 mm from the middle of the canal, and a detector may miss it by as much again.
const FAR_MM: f64 = 40.0;

/// What most of a series' boxes say against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeriesDoubt {
    /// They name other sides, or levels without order, than those at which they lie.
    Contradicted,
    /// They lie aside of the canal that sagittal images show.
    FarFromCanal,
    /// They lie above or below all discs that sagittal images show.
    FarFromDiscs,
    /// They name levels so many below, or above, those at which they lie: the place is as likely as the names.
    Miscounted(isize),
}

impl SeriesDoubt {
    /// Whether the series cannot lie where its files say.
    pub const fn denies_place(self) -> bool {
        !matches!(self, Self::Miscounted(_))
    }
}

impl fmt::Display for SeriesDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Contradicted => write!(f, "most of its boxes contradict the positions in the files"),
            Self::FarFromCanal => write!(f, "its boxes lie far from the canal seen on sagittal images"),
            Self::FarFromDiscs => write!(f, "its boxes lie at no disc seen on sagittal images"),
            Self::Miscounted(levels) => {
                let (count, way) = (levels.unsigned_abs(), if levels > 0 { "above" } else { "below" });
                let plural = if count == 1 { "" } else { "s" };
                write!(f, "most of its boxes are labelled {count} level{plural} {way} their position")
            }
        }
    }
}

/// What is known of an axial box beside its vote.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beside {
    /// How far it is from the canal, mm within its slice.
    pub canal_mm: f64,
    /// Whether its slice meets a disc that was found, of a spine of which most were.
    pub is_at_disc: bool,
}

/// From the votes of a whole study, and of its axial boxes what lies beside them.
pub fn find(votes: &[Vote], beside: &[(&Detection, Beside)]) -> BTreeMap<SeriesUid, SeriesDoubt> {
    let sized = votes.iter().filter(|vote| !vote.conflicts.contains(&Conflict::Size));
    let mut doubts = BTreeMap::new();
    for (series, votes) in best_of_cells(sized.map(|vote| (&vote.detection, vote))) {
        let miscount = miscount(votes.iter().copied());
        if is_reversed(&votes) || is_most_of(&votes, |vote| is_contradicted(vote, miscount)) {
            doubts.insert(series.clone(), SeriesDoubt::Contradicted);
        } else if miscount != 0 && is_most_of(&votes, |vote| moved(vote) == miscount) {
            doubts.insert(series.clone(), SeriesDoubt::Miscounted(miscount));
        }
    }
    for (series, cells) in best_of_cells(beside.iter().copied()) {
        if is_most_of(&cells, |cell| cell.canal_mm > FAR_MM) {
            doubts.insert(series.clone(), SeriesDoubt::FarFromCanal);
        } else if is_most_of(&cells, |cell| !cell.is_at_disc) {
            doubts.insert(series.clone(), SeriesDoubt::FarFromDiscs);
        }
    }
    doubts
}

/// By series, of each cell that a box names what belongs to its best box; faint ones are passed over.
fn best_of_cells<'a, T>(boxes: impl Iterator<Item = (&'a Detection, T)>) -> BTreeMap<&'a SeriesUid, Vec<T>> {
    let mut best: BTreeMap<&SeriesUid, BTreeMap<GradeId, (f32, T)>> = BTreeMap::new();
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

/// Whether levels run from foot to head: of two cells, the one that is named as the lower lies higher, for most pairs that
/// differ in both. A name alone says little on axial images; their order says whether they are upside down.
fn is_reversed(votes: &[&Vote]) -> bool {
    // A box at no disc keeps its name, which says nothing of where it lies.
    let votes: Vec<&Vote> =
        votes.iter().filter(|vote| moved(vote) != 0 || !vote.conflicts.contains(&Conflict::Level)).copied().collect();
    let levels = |vote: &Vote| (vote.detection.class.grade.level().index(), vote.grade.level().index());
    let (mut with, mut against) = (0, 0);
    for (at, a) in votes.iter().enumerate() {
        for b in &votes[at + 1..] {
            let ((named_a, lies_a), (named_b, lies_b)) = (levels(a), levels(b));
            match named_a.cmp(&named_b) as i8 * lies_a.cmp(&lies_b) as i8 {
                1.. => with += 1,
                0 => (),
                _ => against += 1,
            }
        }
    }
    votes.len() >= FEWEST && against > 2 * with
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
