//! Which act is taken back next, and which is done again: read from the trail itself, so that it outlives the program.

use super::{Act, Change};

/// Acts that can be taken back, and acts whose taking back can be taken back.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Steps {
    undo: Vec<u64>,
    redo: Vec<u64>,
}

impl Steps {
    /// Follows one more act.
    pub fn follow(&mut self, act: &Act) {
        match act.draft.undoes {
            Some(taken_back) if self.undo.last() == Some(&taken_back) => {
                self.undo.pop();
                self.redo.push(act.seq);
            }
            Some(taken_back) if self.redo.last() == Some(&taken_back) => {
                self.redo.pop();
                self.undo.push(act.seq);
            }
            _ if matches!(act.draft.change, Change::SignOff | Change::Reopen { .. }) => *self = Self::default(),
            _ => {
                self.undo.push(act.seq);
                self.redo.clear();
            }
        }
    }

    /// The act to take back next.
    pub fn next_undo(&self) -> Option<u64> {
        self.undo.last().copied()
    }

    /// The taking back to take back next.
    pub fn next_redo(&self) -> Option<u64> {
        self.redo.last().copied()
    }
}
