//! The state of the worklist: what is asked of the worklist, what it answered, which line is chosen.

use std::collections::HashMap;

use crate::{
    library::{Entry, Listing, Order, Query, StudyState},
    uid::StudyUid,
};

/// Studies in the menu and at the start.
pub const RECENT: usize = 8;

/// The worklist, and the recent studies.
#[derive(Debug, Default)]
pub struct Worklist {
    /// What the reader asks.
    pub query: Query,
    /// What the list answered last.
    pub listing: Listing,
    /// The studies that were opened last.
    pub recent: Vec<Entry>,
    /// The uid of the chosen line.
    pub chosen: Option<StudyUid>,
    /// The study that is to be removed once the reader has said so again.
    pub removing: Option<StudyUid>,
    /// The study whose new place the reader is asked for.
    pub looking_for: Option<StudyUid>,
    /// Whether studies are where the list says, as far as that is known.
    there: HashMap<StudyUid, bool>,
    asked: Option<Query>,
    is_recent_asked: bool,
    is_shown: bool,
}

/// Something that the reader does to the lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListAction {
    /// Type what is looked for.
    Search(String),
    /// Sort by a column; by the one that it is sorted by already, the other way round.
    SortBy(Order),
    /// Show studies of a state, or no longer.
    ToggleState(StudyState),
    /// Choose a study.
    Choose(StudyUid),
    /// Choose another line, so many further down.
    Step(isize),
    /// Ask whether a study is to be removed, or no longer.
    AskRemoval(Option<StudyUid>),
}

impl Worklist {
    /// Does what was asked.
    pub fn perform(&mut self, action: ListAction) {
        match action {
            ListAction::Search(text) => self.query.text = text,
            ListAction::SortBy(order) => self.sort_by(order),
            ListAction::ToggleState(state) => self.toggle_state(state),
            ListAction::Choose(uid) => self.chosen = Some(uid),
            ListAction::Step(lines) => self.step(lines),
            ListAction::AskRemoval(uid) => self.removing = uid,
        }
    }

    /// Notes whether it is on screen. When it comes there it asks anew: folders may have moved meanwhile.
    pub fn shown(&mut self, is_shown: bool) {
        let is_new = is_shown && !self.is_shown;
        self.is_shown = is_shown;
        if is_new {
            self.asked = None;
        }
        if !is_shown {
            self.removing = None;
        }
    }

    /// What is to be asked now: nothing if the answer is there or under way.
    pub fn question(&mut self) -> Option<Query> {
        if self.asked.as_ref() == Some(&self.query) {
            return None;
        }
        self.asked = Some(self.query.clone());
        self.asked.clone()
    }

    /// The same for the recent studies.
    pub fn recent_question(&mut self) -> Option<Query> {
        if std::mem::replace(&mut self.is_recent_asked, true) {
            return None;
        }
        Some(Query { limit: Some(RECENT), ..Query::default() })
    }

    /// Answers are old now.
    pub fn forget_answers(&mut self) {
        self.asked = None;
        self.is_recent_asked = false;
    }

    /// Takes in an answer, unless the reader has asked something else since.
    pub fn answered(&mut self, query: &Query, listing: Listing) {
        if *query != self.query {
            return;
        }
        self.listing = listing;
        if self.chosen_entry().is_none() {
            self.chosen = self.listing.entries.first().map(|entry| entry.uid.clone());
        }
    }

    /// Takes in which studies are where the list says.
    pub fn found_places(&mut self, places: Vec<(StudyUid, bool)>) {
        self.there.extend(places);
    }

    /// Whether a study is known to be gone from where the list says.
    pub fn is_gone(&self, uid: &StudyUid) -> bool {
        self.there.get(uid) == Some(&false)
    }

    /// A study is no longer in the list.
    pub fn forgotten(&mut self, uid: &StudyUid) {
        self.listing.entries.retain(|entry| entry.uid != *uid);
        self.recent.retain(|entry| entry.uid != *uid);
        self.there.remove(uid);
    }

    /// The chosen line.
    pub fn chosen_entry(&self) -> Option<&Entry> {
        let chosen = self.chosen.as_ref()?;
        self.listing.entries.iter().find(|entry| entry.uid == *chosen)
    }

    /// The number of the chosen line.
    pub fn chosen_line(&self) -> Option<usize> {
        let chosen = self.chosen.as_ref()?;
        self.listing.entries.iter().position(|entry| entry.uid == *chosen)
    }

    /// Chooses another line.
    pub fn step(&mut self, lines: isize) {
        let Some(last) = self.listing.entries.len().checked_sub(1) else { return };
        let next = self.chosen_line().map_or(0, |at| at.saturating_add_signed(lines).min(last));
        self.chosen = Some(self.listing.entries[next].uid.clone());
    }

    /// Sorts by a column; by the one that it is sorted by already, the other way round.
    pub fn sort_by(&mut self, order: Order) {
        if self.query.order == order {
            self.query.ascending = !self.query.ascending;
        } else {
            self.query.order = order;
            // Names run from A; what is newest or most comes first.
            self.query.ascending = matches!(order, Order::Name | Order::PatientId | Order::Description | Order::Place);
        }
    }

    /// Shows studies of a state, or no longer.
    pub fn toggle_state(&mut self, state: StudyState) {
        if !self.query.states.remove(&state) {
            self.query.states.insert(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        library::{Library, StudySource},
        study::Study,
    };

    fn listing(uids: &[&str]) -> Listing {
        let mut library = Library::in_memory().unwrap();
        for uid in uids {
            library.record(&Study { uid: (*uid).into(), ..Study::default() }, &StudySource::Demo).unwrap();
        }
        let query = Query { order: Order::StudyDate, ..Query::default() };
        let mut listing = library.list(&query).unwrap();
        listing.entries.sort_by(|a, b| a.uid.cmp(&b.uid));
        listing
    }

    #[test]
    fn a_question_is_asked_once_and_an_old_answer_is_not_shown() {
        let mut worklist = Worklist::default();
        let first = worklist.question().expect("asked");
        assert_eq!(worklist.question(), None);
        worklist.query.text = "doe".to_owned();
        let second = worklist.question().expect("asked again");
        worklist.answered(&first, listing(&["1", "2"]));
        assert!(worklist.listing.entries.is_empty(), "the answer to another question");
        worklist.answered(&second, listing(&["1"]));
        assert_eq!(worklist.listing.entries.len(), 1);
        worklist.forget_answers();
        assert_eq!(worklist.question(), Some(second));
        assert!(worklist.recent_question().is_some() && worklist.recent_question().is_none());
    }

    #[test]
    fn the_chosen_line_stays_with_its_study() {
        let mut worklist = Worklist::default();
        worklist.step(1);
        assert_eq!(worklist.chosen, None);
        worklist.answered(&Query::default(), listing(&["1", "2", "3"]));
        assert_eq!(worklist.chosen.as_ref().map(crate::uid::StudyUid::as_str), Some("1"));
        worklist.step(5);
        worklist.step(-1);
        assert_eq!(worklist.chosen.as_ref().map(crate::uid::StudyUid::as_str), Some("2"));
        worklist.answered(&Query::default(), listing(&["0", "1", "2"]));
        assert_eq!(
            (worklist.chosen.as_ref().map(crate::uid::StudyUid::as_str), worklist.chosen_line()),
            (Some("2"), Some(2))
        );
        worklist.forgotten(&"2".into());
        worklist.answered(&Query::default(), listing(&["0", "1"]));
        assert_eq!(worklist.chosen.as_ref().map(crate::uid::StudyUid::as_str), Some("0"));
    }

    #[test]
    fn a_second_click_on_a_head_turns_the_order_round() {
        let mut worklist = Worklist::default();
        worklist.sort_by(Order::Name);
        assert!(worklist.query.ascending);
        worklist.sort_by(Order::Name);
        assert!(!worklist.query.ascending);
        worklist.sort_by(Order::StudyDate);
        assert!(!worklist.query.ascending);
    }
}
