//! What every box says, and for which cell of the table, slice by slice.

use std::collections::HashMap;

use crate::{
    grading::{self, Detection, SliceId, Vote},
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
