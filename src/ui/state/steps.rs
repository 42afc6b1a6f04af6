//! What the reader did last: one key takes back the last change, be it of a mark or of the review.

/// What a change was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepOf {
    /// Measurements, notes, key images.
    Marks,
    /// What is said of the grades.
    Review,
}

/// The order of changes over both.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    done: Vec<StepOf>,
    undone: Vec<StepOf>,
}

impl Steps {
    /// One more change.
    pub fn did(&mut self, what: StepOf) {
        self.done.push(what);
        self.undone.clear();
    }

    /// What is taken back next; of a study that was opened again, what can be.
    pub fn next_undo(&self, can: impl Fn(StepOf) -> bool) -> Option<StepOf> {
        next(&self.done, can)
    }

    /// What is done again next.
    pub fn next_redo(&self, can: impl Fn(StepOf) -> bool) -> Option<StepOf> {
        next(&self.undone, can)
    }

    /// The last change was taken back.
    pub fn undid(&mut self, what: StepOf) {
        take_last(&mut self.done, what);
        self.undone.push(what);
    }

    /// What was taken back was done again.
    pub fn redid(&mut self, what: StepOf) {
        take_last(&mut self.undone, what);
        self.done.push(what);
    }
}

fn next(stack: &[StepOf], can: impl Fn(StepOf) -> bool) -> Option<StepOf> {
    let known = stack.iter().rev().copied().find(|&what| can(what));
    known.or_else(|| [StepOf::Marks, StepOf::Review].into_iter().find(|&what| can(what)))
}

fn take_last(stack: &mut Vec<StepOf>, what: StepOf) {
    if let Some(at) = stack.iter().rposition(|&step| step == what) {
        stack.remove(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_go_back_and_forward_in_the_order_in_which_they_were_done() {
        let mut steps = Steps::default();
        for what in [StepOf::Marks, StepOf::Review, StepOf::Marks] {
            steps.did(what);
        }
        let mut back = Vec::new();
        for _ in 0..3 {
            let what = steps.next_undo(|_| true).unwrap();
            steps.undid(what);
            back.push(what);
        }
        assert_eq!(back, [StepOf::Marks, StepOf::Review, StepOf::Marks]);
        assert_eq!(steps.next_redo(|_| true), Some(StepOf::Marks));
        steps.redid(StepOf::Marks);
        assert_eq!(steps.next_redo(|_| true), Some(StepOf::Review));
        // After a start nothing is known of the order, and what can be taken back is.
        assert_eq!(Steps::default().next_undo(|what| what == StepOf::Review), Some(StepOf::Review));
    }
}
