//! An act before it has its place in the trail.

use super::{Act, Change};
use crate::moment::Moment;

/// An act before it has its place in the trail.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The name that the reader gave, else the name of the account.
    pub who: String,
    /// When, by the clock of the computer.
    pub when: Moment,
    /// Name and version of the program.
    pub program: String,
    /// The models whose grades were on screen.
    pub models: Vec<String>,
    /// What is to be done.
    pub change: Change,
    /// The act that this one takes back.
    pub undoes: Option<u64>,
}

impl Draft {
    /// The act that it becomes at place `seq` of its trail.
    pub fn at(self, seq: u64) -> Act {
        let Self { who, when, program, models, change, undoes } = self;
        Act { seq, who, when, program, models, change, undoes }
    }
}
