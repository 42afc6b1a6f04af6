//! What all acts of a review add up to.

use std::collections::BTreeMap;

use super::{
    Act, BoxChoice, Change, Decision,
    texts::{Place, Slot, Texts},
    undo::Steps,
};
use crate::{
    grading::{GradeId, Level, Shift},
    moment::Moment,
};

/// What the reader says of one cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CellReview {
    /// Nothing yet, or what was decided.
    pub decision: Option<Decision>,
    /// What the reader wrote to it; empty for none.
    pub comment: String,
    /// The box that shows it.
    pub region: BoxChoice,
}

/// Who stands by the report, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name that the reader gave.
    pub who: String,
    /// When the report was signed.
    pub when: Moment,
}

/// Why a change is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Signed reports do not change.
    #[error("the report is signed: reopen it with a reason to change it")]
    Signed,
    /// There is nothing to open again.
    #[error("the report is not signed")]
    NotSigned,
    /// What the reader saw is not what is there: another window was quicker.
    #[error("it was changed in another window in the meantime: check it again")]
    Changed,
    /// A report is signed when all is decided.
    #[error("{0} of 25 grades are not decided yet")]
    Undecided(usize),
    /// Somebody must stand by it.
    #[error("enter your name before signing")]
    NoName,
    /// None of the five levels would be left.
    #[error("levels cannot be moved so far: none of the five would be left")]
    TooFar,
    /// A report is not opened again without a word.
    #[error("reopening a signed report needs a reason")]
    NoReason,
}

/// A cell of which nothing was said.
static NOTHING: CellReview = CellReview { decision: None, comment: String::new(), region: BoxChoice::Model };

/// The review of one study.
///
/// ```
/// use foramen::{
///     grading::Severity,
///     moment::Moment,
///     review::{Change, Decision, Draft, Refusal, Review},
/// };
///
/// let cell = "spinal_canal_stenosis_l4_l5".parse()?;
/// let change = Change::Decision { cell, from: None, to: Some(Decision::Changed(Severity::Moderate)) };
/// let mut review = Review::default();
/// review.check("Dr A", &change)?;
/// let draft = Draft {
///     who: "Dr A".to_owned(),
///     when: Moment::now(),
///     program: "notebook".to_owned(),
///     models: vec![],
///     change: change.clone(),
///     undoes: None,
/// };
/// review.follow(draft.at(review.last_seq() + 1));
/// assert_eq!(review.cell(cell).decision, Some(Decision::Changed(Severity::Moderate)));
///
/// // What was there before is no longer there, and 24 cells are open.
/// assert_eq!(review.check("Dr B", &change), Err(Refusal::Changed));
/// assert_eq!(review.check("Dr A", &Change::SignOff), Err(Refusal::Undecided(24)));
/// // From the trail alone the same review.
/// assert_eq!(Review::from_acts(review.acts().to_vec()), review);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Review {
    /// By condition and side, and place: what is said of a disc stays with it, whatever it is called.
    cells: BTreeMap<Place, CellReview>,
    texts: Texts,
    shift: Shift,
    signature: Option<Signature>,
    acts: Vec<Act>,
    steps: Steps,
}

impl Review {
    /// What the acts of a trail add up to; they must be in order.
    pub fn from_acts(acts: impl IntoIterator<Item = Act>) -> Self {
        let mut review = Self::default();
        acts.into_iter().for_each(|act| review.follow(act));
        review
    }

    /// A review in which somebody changed this, one after the other.
    #[cfg(test)]
    pub fn of_changes(changes: impl IntoIterator<Item = Change>) -> Self {
        let draft = |change| super::Draft {
            who: "Dr. A".into(),
            when: crate::moment::Moment(0),
            program: String::new(),
            models: vec![],
            change,
            undoes: None,
        };
        Self::from_acts((1..).zip(changes).map(|(seq, change)| draft(change).at(seq)))
    }

    /// Takes in one more act, which was checked when it was written.
    pub fn follow(&mut self, act: Act) {
        match act.draft.change.clone() {
            Change::Decision { cell, to, .. } => self.cell_mut(cell).decision = to,
            Change::Comment { cell, to, .. } => {
                self.texts.write(Slot::Comment(self.place(cell)), Some(to.clone()), self.shift);
                self.cell_mut(cell).comment = to;
            }
            Change::Box { cell, to, .. } => self.cell_mut(cell).region = to,
            Change::Sentence { level, to, .. } => self.texts.write(self.slot(level), to, self.shift),
            Change::Conclusion { to, .. } => self.texts.write(Slot::Conclusion, to, self.shift),
            Change::Remark { to, .. } => self.texts.write(Slot::Remark, Some(to), self.shift),
            Change::Renumber { to, .. } => self.renumber(to),
            Change::SignOff => self.signature = Some(Signature { who: act.draft.who.clone(), when: act.draft.when }),
            Change::Reopen { .. } => self.signature = None,
        }
        self.steps.follow(&act);
        self.acts.push(act);
    }

    /// Whether a change fits what is there.
    ///
    /// # Errors
    ///
    /// The report is signed, another change came first, or what is needed to sign or reopen is missing.
    pub fn check(&self, who: &str, change: &Change) -> Result<(), Refusal> {
        match change {
            Change::Reopen { .. } if self.signature.is_none() => return Err(Refusal::NotSigned),
            Change::Reopen { reason } if reason.trim().is_empty() => return Err(Refusal::NoReason),
            Change::Reopen { .. } => return Ok(()),
            _ if self.signature.is_some() => return Err(Refusal::Signed),
            Change::SignOff if self.decided() < 25 => return Err(Refusal::Undecided(25 - self.decided())),
            Change::SignOff if who.trim().is_empty() => return Err(Refusal::NoName),
            _ => (),
        }
        let fits = match change {
            Change::Renumber { to, .. } if !to.is_possible() => return Err(Refusal::TooFar),
            Change::Renumber { from, .. } => *from == self.shift,
            Change::Decision { cell, from, .. } => *from == self.cell(*cell).decision,
            Change::Comment { cell, from, .. } => *from == self.cell(*cell).comment,
            Change::Box { cell, from, .. } => *from == self.cell(*cell).region,
            Change::Sentence { level, from, .. } => from.as_deref() == self.sentence(*level),
            Change::Conclusion { from, .. } => from.as_deref() == self.conclusion(),
            Change::Remark { from, .. } => from == self.remark(),
            Change::SignOff | Change::Reopen { .. } => true,
        };
        if fits { Ok(()) } else { Err(Refusal::Changed) }
    }

    /// What the reader says of a cell.
    pub fn cell(&self, id: GradeId) -> &CellReview {
        self.cells.get(&self.place(id)).unwrap_or(&NOTHING)
    }

    /// The sentence of a level, if the reader wrote one.
    pub fn sentence(&self, level: Level) -> Option<&str> {
        self.texts.get(self.slot(level))
    }

    /// The end of the impression, if the reader wrote one.
    pub fn conclusion(&self) -> Option<&str> {
        self.texts.get(Slot::Conclusion)
    }

    /// The comment to the whole study.
    pub fn remark(&self) -> &str {
        self.texts.get(Slot::Remark).unwrap_or_default()
    }

    /// How many of the 25 cells are decided.
    pub fn decided(&self) -> usize {
        GradeId::ALL.iter().filter(|&&id| self.cell(id).decision.is_some()).count()
    }

    /// By how much the reader numbers the levels otherwise than the program.
    pub const fn shift(&self) -> Shift {
        self.shift
    }

    /// Who numbered the levels as they are, and when; `None` where they are as the program numbers them.
    pub fn renumbered(&self) -> Option<Signature> {
        let last = self.acts.iter().rev().find(|act| matches!(act.draft.change, Change::Renumber { .. }));
        last.filter(|_| !self.shift.is_none()).map(|act| Signature { who: act.draft.who.clone(), when: act.draft.when })
    }

    fn place(&self, cell: GradeId) -> Place {
        (cell.at(Level::L1L2), self.shift.found_at(cell.level()))
    }

    fn slot(&self, level: Level) -> Slot {
        Slot::Sentence(self.shift.found_at(level))
    }

    fn cell_mut(&mut self, cell: GradeId) -> &mut CellReview {
        self.cells.entry(self.place(cell)).or_default()
    }

    fn renumber(&mut self, to: Shift) {
        self.shift = to;
        self.texts.renumber(to);
        for (place, cell) in &mut self.cells {
            self.texts.get(Slot::Comment(*place)).unwrap_or_default().clone_into(&mut cell.comment);
        }
    }

    /// Who stands by the report; `None` while it is open.
    pub const fn signature(&self) -> Option<&Signature> {
        self.signature.as_ref()
    }

    /// The reason of the last opening again.
    pub fn reopened_because(&self) -> Option<&str> {
        self.acts.iter().rev().find_map(|act| match &act.draft.change {
            Change::Reopen { reason } => Some(reason.as_str()),
            _ => None,
        })
    }

    /// Everything that was done, oldest first.
    pub fn acts(&self) -> &[Act] {
        &self.acts
    }

    /// The number of the last act; 0 before the first.
    pub fn last_seq(&self) -> u64 {
        self.acts.last().map_or(0, |act| act.seq)
    }

    /// Whether nobody did anything.
    pub const fn is_untouched(&self) -> bool {
        self.acts.is_empty()
    }

    /// The change that takes back the last act, and the number of that act.
    pub fn undo(&self) -> Option<(u64, Change)> {
        self.inverse_of(self.steps.next_undo()?)
    }

    /// The change that does again what was taken back last, and the number of the act that took it back.
    pub fn redo(&self) -> Option<(u64, Change)> {
        self.inverse_of(self.steps.next_redo()?)
    }

    fn inverse_of(&self, seq: u64) -> Option<(u64, Change)> {
        let act = self.acts.iter().rev().find(|act| act.seq == seq)?;
        Some((seq, act.draft.change.inverse()?))
    }
}
