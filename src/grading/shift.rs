//! Levels that are numbered otherwise than the program numbers them: where a vertebra is transitional, or one is missing or
//! too many, somebody must say which disc is which, and everything that has a level moves by as much.

use serde::{Deserialize, Serialize};

use super::{GradeId, Level};

/// By how many levels all names move, towards the foot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shift(i8);

impl Shift {
    /// As the program numbers them.
    pub const NONE: Self = Self(0);

    /// So that the disc that is called `named` is called `is`.
    pub const fn so_that(named: Level, is: Level) -> Self {
        Self(is.index() as i8 - named.index() as i8)
    }

    /// Whether nothing moves.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether any of the five levels stays among the five.
    pub const fn is_possible(self) -> bool {
        self.0.unsigned_abs() < Level::ALL.len() as u8
    }

    /// One after the other.
    #[must_use]
    pub const fn then(self, next: Self) -> Self {
        Self(self.0.saturating_add(next.0))
    }

    /// The other way.
    #[must_use]
    pub const fn inverse(self) -> Self {
        Self(self.0.saturating_neg())
    }

    /// What a level is called then; `None` beyond the five.
    pub fn level(self, level: Level) -> Option<Level> {
        let index = usize::try_from(level.index() as i8 + self.0).ok()?;
        Level::ALL.get(index).copied()
    }

    /// What a grade is called then; `None` beyond the five levels.
    pub fn grade(self, id: GradeId) -> Option<GradeId> {
        Some(id.at(self.level(id.level())?))
    }

    /// How far below the first level, by the program's numbers, the disc lies that is called `level` now.
    pub const fn found_at(self, level: Level) -> i8 {
        level.index() as i8 - self.0
    }

    /// In words: `what was called L3/L4 is L4/L5`. Nothing where nothing moves.
    pub fn words(self) -> String {
        // The level in the middle of those that stay, so that both names exist.
        let (Some(named), false) = (
            [Level::L3L4, Level::L4L5, Level::L2L3, Level::L5S1, Level::L1L2]
                .into_iter()
                .find(|&l| self.level(l).is_some()),
            self.is_none(),
        ) else {
            return String::new();
        };
        let is = self.level(named).map_or("", Level::label);
        format!("the disc that was called {} is {is}", named.label())
    }

    /// A text with the names of its discs moved: `L4/L5`, `L4-L5`, `L4/5`, `L4-5`, down to the sacrum and up to the chest.
    /// Names of single vertebrae stay, for `T1` and `T2` are also names of sequences.
    pub fn text(self, text: &str) -> String {
        let mut moved = String::with_capacity(text.len());
        let mut rest = text;
        // A name begins where no letter or digit stands before it.
        let mut is_within = false;
        while let Some(c) = rest.chars().next() {
            if let Some((name, length)) = DiscName::at_start(rest).filter(|_| !is_within && !self.is_none()) {
                moved.push_str(&name.moved(self.0).unwrap_or_else(|| rest[..length].to_owned()));
                rest = &rest[length..];
                is_within = true;
            } else {
                moved.push(c);
                rest = &rest[c.len_utf8()..];
                is_within = c.is_alphanumeric();
            }
        }
        moved
    }
}

/// The vertebrae whose discs may be meant, head to foot. `T1` to `T4` are left out: T1/T2 is about sequences.
const VERTEBRAE: [&str; 18] =
    ["T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5", "S1", "S2", "S3", "S4", "S5"];

/// A disc in a text.
struct DiscName {
    /// The vertebra above, in [`VERTEBRAE`].
    above: usize,
    separator: char,
    /// The vertebra below by its number alone: `L4/5`.
    is_short: bool,
}

impl DiscName {
    /// The name with which a text begins, and its length in bytes.
    fn at_start(text: &str) -> Option<(Self, usize)> {
        // Longer names first, so that L1 is not seen in L12 or T1 in T10.
        let ends = |rest: &str| !rest.chars().next().is_some_and(char::is_alphanumeric);
        let (above, rest) = VERTEBRAE
            .iter()
            .enumerate()
            .find_map(|(i, name)| Some((i, text.strip_prefix(name)?)).filter(|(_, rest)| ends(rest)))?;
        let separator = rest.chars().next().filter(|c| matches!(c, '/' | '-'))?;
        let rest = &rest[separator.len_utf8()..];
        let below = VERTEBRAE.get(above + 1)?;
        let (is_short, rest) = match rest.strip_prefix(below) {
            Some(rest) => (false, rest),
            None => (true, rest.strip_prefix(&below[1..]).filter(|_| below[..1] == VERTEBRAE[above][..1])?),
        };
        ends(rest).then(|| (Self { above, separator, is_short }, text.len() - rest.len()))
    }

    fn moved(&self, levels: i8) -> Option<String> {
        let above = self.above.checked_add_signed(isize::from(levels))?;
        let (above, below) = (VERTEBRAE.get(above)?, VERTEBRAE.get(above + 1)?);
        let is_short = self.is_short && above[..1] == below[..1];
        Some(format!("{above}{}{}", self.separator, if is_short { &below[1..] } else { below }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_grades_move_together_and_beyond_the_five_there_is_nothing() {
        let down = Shift::so_that(Level::L3L4, Level::L4L5);
        assert_eq!(down.level(Level::L1L2), Some(Level::L2L3));
        assert_eq!(down.level(Level::L5S1), None);
        assert_eq!(down.inverse().level(Level::L1L2), None);
        assert_eq!(down.then(down.inverse()), Shift::NONE);
        for id in GradeId::ALL {
            assert_eq!(down.grade(id).map(GradeId::level), down.level(id.level()), "{id}");
        }
        assert_eq!(down.words(), "the disc that was called L3/L4 is L4/L5");
        let up = Shift::so_that(Level::L5S1, Level::L1L2);
        assert!(up.is_possible() && !up.then(up).is_possible());
        assert_eq!(up.words(), "the disc that was called L5/S1 is L1/L2");
    }

    #[test]
    fn names_of_discs_in_a_text_move_and_nothing_else_does() {
        let down = Shift::so_that(Level::L3L4, Level::L4L5);
        let cases = [
            ("Severe at L4/L5 and L5-S1.", "Severe at L5/S1 and S1-S2."),
            ("L3/4, L4-5: moderate", "L4/5, L5-S1: moderate"),
            ("T12/L1 normal; T1/T2 and T2 images, L4 root", "L1/L2 normal; T1/T2 and T2 images, L4 root"),
            ("XL4/L5 L4/L55 L4/L6 é L1/L2", "XL4/L5 L4/L55 L4/L6 é L2/L3"),
        ];
        for (before, after) in cases {
            assert_eq!(down.text(before), after);
            assert_eq!(Shift::NONE.text(before), before);
        }
        assert_eq!(down.inverse().text("L1/L2"), "T12/L1");
    }
}
