//! What a class of the detector of levels means: the disc of a level, and nothing of how narrow anything is there.

use std::{fmt, str::FromStr};

use super::{Level, vocabulary::snake_case};

/// The disc of a level: one class of the detector of levels. Canonical name: `disc_l4_l5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiscClass(pub Level);

/// A class name that names no disc.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("class name {0:?} is not disc_<level>, such as disc_l4_l5; the levels are l1_l2 to l5_s1")]
pub struct ParseDiscError(pub String);

impl DiscClass {
    /// Whether a class name means a disc, of whatever level.
    pub fn is_meant_by(text: &str) -> bool {
        snake_case(text).starts_with("disc_")
    }
}

impl fmt::Display for DiscClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("disc_{}", self.0))
    }
}

impl FromStr for DiscClass {
    type Err = ParseDiscError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let level = snake_case(text).strip_prefix("disc_").and_then(|level| level.parse().ok());
        level.map(Self).ok_or_else(|| ParseDiscError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_disc_round_trips_and_what_is_no_lumbar_disc_is_refused() {
        for &level in Level::ALL {
            assert_eq!(DiscClass(level).to_string().parse(), Ok(DiscClass(level)));
        }
        assert_eq!("Disc L4/L5".parse(), Ok(DiscClass(Level::L4L5)));
        assert!("disc_t12_l1".parse::<DiscClass>().unwrap_err().to_string().contains("disc_l4_l5"));
        assert!(DiscClass::is_meant_by("disc_l6_s1") && !DiscClass::is_meant_by("spinal_canal_stenosis_l1_l2_severe"));
    }
}
