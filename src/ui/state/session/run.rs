//! One grading of an open study: how far it is, and what came of it so far.

use super::super::votes::{self, Votes};
use crate::{
    cancel::Cancel,
    grading::{GradeTable, Shift},
    pipeline::{self, GradeEvent, GradedStudy},
    study::Study,
    worker::Ticket,
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

/// The grading of a study, and what came of it so far.
pub struct GradingRun {
    /// How far it is.
    pub progress: Grading,
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
}

impl GradingRun {
    /// One that has not begun.
    pub fn waiting(ticket: Ticket) -> Self {
        Self {
            progress: Grading::Waiting,
            ticket,
            cancel: Cancel::default(),
            demo_models: false,
            table: None,
            votes: Votes::new(),
            graded: None,
        }
    }

    /// Stops it and starts again from nothing. Until the detectors are known, they are taken for what they were.
    pub fn restart(&mut self, ticket: Ticket) {
        self.cancel.cancel();
        *self = Self { demo_models: self.demo_models, ..Self::waiting(ticket) };
    }

    /// Takes in what the background says, under the numbers that the reader gives to the levels.
    pub fn apply(&mut self, event: GradeEvent, shift: Shift) {
        match event {
            GradeEvent::Started { slices, demo } => {
                self.progress = Grading::Running(0, slices);
                self.demo_models = demo;
            }
            GradeEvent::Slice { detections, .. } => {
                if let Grading::Running(done, _) = &mut self.progress {
                    *done += 1;
                }
                votes::at_their_word(&mut self.votes, &detections);
            }
            GradeEvent::Role { table, .. } => self.table = Some(pipeline::renumbered_table(&table, shift)),
        }
    }

    /// Takes in the finished result, under the numbers that the reader gives to the levels.
    pub fn finish(&mut self, study: &Study, graded: Box<GradedStudy>, shift: Shift) {
        let graded = if graded.shift() == shift { graded } else { Box::new(graded.renumbered(shift)) };
        self.progress = Grading::Done;
        self.table = Some(graded.table.clone());
        self.votes = votes::of_study(study, &graded);
        self.graded = Some(graded);
    }
}
