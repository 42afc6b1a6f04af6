//! An act before it has its place in the trail.

use serde::{Deserialize, Serialize};

use super::Change;
use crate::moment::Moment;

/// An act before it has its place in the trail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The name that the reader gave, else the name of the account.
    pub who: String,
    /// When, in UTC, by the clock of the computer.
    pub when: Moment,
    /// Name and version of the program.
    pub program: String,
    /// The models whose grades were on screen: `scs.onnx 9f86d081…`.
    pub models: Vec<String>,
    /// What was done, with what was there before.
    pub change: Change,
    /// The act that this one takes back.
    pub undoes: Option<u64>,
}
