//! The 25 things that are graded in a study.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::vocabulary::{Condition, Level, Side, snake_case};

/// One cell of the grade table: a condition, its side if it has one, and a level.
///
/// `Display` and `FromStr` use the contest's column form, `left_neural_foraminal_narrowing_l4_l5`.
///
/// ```
/// use foramen::grading::{Condition, GradeId, Level, Side};
///
/// let id: GradeId = "left_neural_foraminal_narrowing_l4_l5".parse()?;
/// assert_eq!(id.condition(), Condition::NeuralForaminalNarrowing);
/// assert_eq!((id.side(), id.level()), (Some(Side::Left), Level::L4L5));
/// assert_eq!(id.label(), "L4/L5 left neural foraminal narrowing");
/// assert_eq!(GradeId::ALL[id.index()], id);
/// # Ok::<(), foramen::grading::ParseGradeIdError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct GradeId {
    condition: Condition,
    side: Option<Side>,
    level: Level,
}

/// A text that names none of the 25 grades.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a condition and level such as left_neural_foraminal_narrowing_l4_l5")]
pub struct ParseGradeIdError(pub String);

/// An id of a table as it is meant: without spaces around it, and without the `.0` that numbers get in tables which went
/// through floats.
///
/// ```
/// use foramen::grading::csv_id;
///
/// assert_eq!(csv_id(" 4003253.0 "), "4003253");
/// assert_eq!(csv_id("1.2.840.0"), "1.2.840.0");
/// ```
pub fn csv_id(text: &str) -> &str {
    let text = text.trim();
    let is_number = |part: &str, is: fn(u8) -> bool| !part.is_empty() && part.bytes().all(is);
    match text.split_once('.') {
        Some((whole, zeros)) if is_number(whole, |b| b.is_ascii_digit()) && is_number(zeros, |b| b == b'0') => whole,
        _ => text,
    }
}

impl GradeId {
    /// All 25 in the order of the contest's submission file (alphabetical by row id).
    pub const ALL: [Self; 25] = Self::all();

    const fn all() -> [Self; 25] {
        use Condition::{NeuralForaminalNarrowing as Nfn, SpinalCanalStenosis as Scs, SubarticularStenosis as Ss};
        const COLUMNS: [(Condition, Option<Side>); 5] = [
            (Nfn, Some(Side::Left)),
            (Ss, Some(Side::Left)),
            (Nfn, Some(Side::Right)),
            (Ss, Some(Side::Right)),
            (Scs, None),
        ];
        let mut all = [Self { condition: Scs, side: None, level: Level::L1L2 }; 25];
        let mut i = 0;
        while i < 25 {
            let (condition, side) = COLUMNS[i / 5];
            all[i] = Self { condition, side, level: Level::ALL[i % 5] };
            i += 1;
        }
        all
    }

    /// The grade of `condition` at `level`, if the condition has a side exactly when `side` is given.
    ///
    /// ```
    /// use foramen::grading::{Condition, GradeId, Level, Side};
    ///
    /// assert!(GradeId::new(Condition::SpinalCanalStenosis, None, Level::L4L5).is_some());
    /// assert!(GradeId::new(Condition::SpinalCanalStenosis, Some(Side::Left), Level::L4L5).is_none());
    /// ```
    pub fn new(condition: Condition, side: Option<Side>, level: Level) -> Option<Self> {
        (condition.has_side() == side.is_some()).then_some(Self { condition, side, level })
    }

    /// What may be narrow: canal, foramen or subarticular zone.
    pub const fn condition(self) -> Condition {
        self.condition
    }

    /// The side, for the two conditions that have one.
    pub const fn side(self) -> Option<Side> {
        self.side
    }

    /// The disc level at which it is graded.
    pub const fn level(self) -> Level {
        self.level
    }

    /// The same condition and side at another level.
    #[must_use]
    pub const fn at(self, level: Level) -> Self {
        Self { level, ..self }
    }

    /// The position in [`Self::ALL`].
    pub fn index(self) -> usize {
        let column = match (self.condition, self.side) {
            (Condition::NeuralForaminalNarrowing, Some(Side::Left)) => 0,
            (Condition::SubarticularStenosis, Some(Side::Left)) => 1,
            (Condition::NeuralForaminalNarrowing, _) => 2,
            (Condition::SubarticularStenosis, _) => 3,
            (Condition::SpinalCanalStenosis, _) => 4,
        };
        column * 5 + self.level.index()
    }

    /// The condition with its side, as the contest names it: `left_neural_foraminal_narrowing`.
    pub fn condition_word(self) -> String {
        match self.side {
            Some(side) => format!("{side}_{}", self.condition),
            None => self.condition.to_string(),
        }
    }

    /// The row id of the submission file: `<study>_<condition>_<level>`.
    pub fn row_id(self, study: &str) -> String {
        format!("{study}_{self}")
    }

    /// The study and the grade of a row id; `None` if it is none.
    ///
    /// ```
    /// use foramen::grading::GradeId;
    ///
    /// let (study, id) = GradeId::parse_row_id("4003253_spinal_canal_stenosis_l1_l2").unwrap();
    /// assert_eq!((study, id.label().as_str()), ("4003253", "L1/L2 spinal canal stenosis"));
    /// assert_eq!(id.row_id(study), "4003253_spinal_canal_stenosis_l1_l2");
    /// ```
    pub fn parse_row_id(row_id: &str) -> Option<(&str, Self)> {
        Self::ALL.into_iter().find_map(|id| {
            let study = row_id.strip_suffix(&id.to_string())?.strip_suffix('_')?;
            (!study.is_empty()).then_some((study, id))
        })
    }

    /// As a reader writes it: `L4/L5 left neural foraminal narrowing`.
    pub fn label(self) -> String {
        let condition = self.condition.label().to_lowercase();
        match self.side {
            Some(side) => format!("{} {side} {condition}", self.level.label()),
            None => format!("{} {condition}", self.level.label()),
        }
    }
}

impl fmt::Display for GradeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}_{}", self.condition_word(), self.level))
    }
}

impl FromStr for GradeId {
    type Err = ParseGradeIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = snake_case(text);
        let fail = || ParseGradeIdError(text.to_owned());
        let cut = word.len().checked_sub("_l1_l2".len()).filter(|&c| word.is_char_boundary(c)).ok_or_else(fail)?;
        let (head, level) = word.split_at(cut);
        let level = level.parse().map_err(|_| fail())?;
        let (side, condition) = match head.split_once('_') {
            Some(("left", rest)) => (Some(Side::Left), rest),
            Some(("right", rest)) => (Some(Side::Right), rest),
            _ => (None, head),
        };
        let condition = condition.parse().map_err(|_| fail())?;
        Self::new(condition, side, level).ok_or_else(fail)
    }
}

impl From<GradeId> for String {
    fn from(id: GradeId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for GradeId {
    type Error = ParseGradeIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_in_submission_order_and_round_trip() {
        let words: Vec<String> = GradeId::ALL.iter().map(ToString::to_string).collect();
        let mut sorted = words.clone();
        sorted.sort();
        assert_eq!(words, sorted);
        for (i, id) in GradeId::ALL.into_iter().enumerate() {
            assert_eq!(id.index(), i);
            assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn a_side_where_none_belongs_is_refused() {
        assert!("left_spinal_canal_stenosis_l1_l2".parse::<GradeId>().is_err());
        assert!("neural_foraminal_narrowing_l1_l2".parse::<GradeId>().is_err());
        assert!("".parse::<GradeId>().is_err());
    }
}
