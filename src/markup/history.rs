//! States to go back to, and forward again.

/// Steps that can be taken back.
const MOST_STEPS: usize = 200;

/// The states before and after the present one. The present one lies with its owner.
#[derive(Debug, Clone)]
pub(super) struct History<S> {
    before: Vec<S>,
    after: Vec<S>,
}

impl<S> Default for History<S> {
    fn default() -> Self {
        Self { before: Vec::new(), after: Vec::new() }
    }
}

impl<S> History<S> {
    /// A step was made: `before` is what was there. What had been taken back is gone.
    pub fn stepped(&mut self, before: S) {
        self.after.clear();
        self.before.push(before);
        if self.before.len() > MOST_STEPS {
            self.before.remove(0);
        }
    }

    /// Exchanges the present state for the one before it.
    pub fn undo(&mut self, present: &mut S) -> bool {
        exchange(&mut self.before, &mut self.after, present)
    }

    /// Exchanges the present state for the one that was taken back last.
    pub fn redo(&mut self, present: &mut S) -> bool {
        exchange(&mut self.after, &mut self.before, present)
    }

    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    /// Whether there is a step to do again.
    pub fn can_redo(&self) -> bool {
        !self.after.is_empty()
    }
}

fn exchange<S>(from: &mut Vec<S>, to: &mut Vec<S>, present: &mut S) -> bool {
    let Some(state) = from.pop() else { return false };
    to.push(std::mem::replace(present, state));
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_steps_are_forgotten() {
        let (mut history, mut present) = (History::default(), 0);
        for next in 1..=MOST_STEPS + 50 {
            history.stepped(std::mem::replace(&mut present, next));
        }
        while history.undo(&mut present) {}
        assert_eq!(present, 50);
        assert!(!history.can_undo() && history.can_redo());
    }
}
