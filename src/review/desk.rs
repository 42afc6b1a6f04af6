//! A review on a reader's desk: what the trail holds, and what was just done and is on its way there.
//!
//! A decision is on screen at once. Whether it is in the trail is known a moment later, when the thread that writes it
//! has answered; until then [`Desk::unsaved`] says so. Another window may have been quicker: then the trail counts.

use std::collections::VecDeque;

use super::{Act, Draft, Refusal, Review};

/// A review that is worked on.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    /// What the trail holds, as far as we know.
    trail: Review,
    /// On the way there, in order.
    pending: VecDeque<Draft>,
    /// Both together.
    shown: Review,
    /// Why what is pending could not be written.
    failure: Option<String>,
}

impl Desk {
    /// A review as the trail holds it.
    pub fn new(trail: Review) -> Self {
        Self { shown: trail.clone(), trail, ..Self::default() }
    }

    /// As it stands on screen.
    pub const fn review(&self) -> &Review {
        &self.shown
    }

    /// The last act of the trail that we know.
    pub fn last_seq(&self) -> u64 {
        self.trail.last_seq()
    }

    /// How many acts are not in the trail yet.
    pub fn unsaved(&self) -> usize {
        self.pending.len()
    }

    /// Why they are not, if the writing failed.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Does something, on screen; returns it if it is to be sent to the trail now. A change that changes nothing is
    /// none.
    ///
    /// # Errors
    ///
    /// The report is signed, another change came first, or what is needed to sign or reopen is missing.
    pub fn propose(&mut self, draft: Draft) -> Result<Option<Draft>, Refusal> {
        if draft.change.is_nothing() {
            return Ok(None);
        }
        self.shown.check(&draft.who, &draft.change)?;
        self.shown.follow(draft.clone().at(self.shown.last_seq() + 1));
        self.pending.push_back(draft.clone());
        Ok(Some(draft))
    }

    /// The trail has answered to an act: what is new in it, that act with it unless it was refused. Returns whether the
    /// act was pending.
    pub fn settle(&mut self, draft: &Draft, news: Vec<Act>) -> bool {
        let at = self.pending.iter().position(|pending| pending == draft);
        let was_pending = at.and_then(|at| self.pending.remove(at)).is_some();
        if self.pending.is_empty() {
            self.failure = None;
        }
        self.take_in(news);
        was_pending
    }

    /// An act could not be written. It stays pending.
    pub fn fail(&mut self, why: String) {
        self.failure = Some(why);
    }

    /// What another window has added to the trail.
    pub fn take_in(&mut self, news: Vec<Act>) {
        let last = self.trail.last_seq();
        news.into_iter().filter(|act| act.seq > last).for_each(|act| self.trail.follow(act));
        self.shown = self.trail.clone();
        for draft in &self.pending {
            // What no longer fits will be refused by the trail, and is not shown until then.
            if self.shown.check(&draft.who, &draft.change).is_ok() {
                self.shown.follow(draft.clone().at(self.shown.last_seq() + 1));
            }
        }
    }

    /// All that is pending, to be sent once more.
    pub fn again(&mut self) -> Vec<Draft> {
        self.failure = None;
        self.pending.iter().cloned().collect()
    }

    /// Without a trail, as for a study that cannot be told from others: what is pending counts as done.
    pub fn settle_without_trail(&mut self) {
        self.pending.clear();
        self.trail = self.shown.clone();
    }
}
