//! A share of a batch: which studies one of several computers grades.

use std::{fmt, num::NonZeroU32, str::FromStr};

use sha2::{Digest, Sha256};

/// The `index`-th of `count` shares, from 1. Each study belongs to one share, whatever else lies beside it.
///
/// ```
/// use foramen::batch::Shard;
///
/// let shards: Vec<Shard> = ["1/2", "2/2"].iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
/// // Each study belongs to one of them.
/// assert!(shards[0].holds("1.2.3") != shards[1].holds("1.2.3"));
/// assert_eq!(shards[1].file_name("summary"), "summary-2-of-2.csv");
/// # Ok::<(), foramen::batch::ShardError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: NonZeroU32,
    count: NonZeroU32,
}

/// A text that names no share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}': expected a share and the number of shares, from 1/n to n/n, such as 2/8")]
pub struct ShardError(String);

impl Shard {
    /// The share of a batch that is not divided: every study.
    pub const WHOLE: Self = Self { index: NonZeroU32::MIN, count: NonZeroU32::MIN };

    /// Whether a study, by its key, belongs to it.
    pub fn holds(self, key: &str) -> bool {
        let digest = Sha256::digest(key.as_bytes());
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        number % u64::from(self.count.get()) == u64::from(self.index.get()) - 1
    }

    /// The name of a table of this share: `summary.csv`, `summary-2-of-8.csv`.
    pub fn file_name(self, table: &str) -> String {
        if self == Self::WHOLE {
            format!("{table}.csv")
        } else {
            format!("{table}-{}-of-{}.csv", self.index, self.count)
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let numbers = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match numbers {
            Some((index, count)) if index <= count => Ok(Self { index, count }),
            _ => Err(ShardError(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_study_is_in_one_share(key in "[0-9.]{1,40}", count in 1_u32..50) {
            let shares: Vec<Shard> = (1..=count).map(|i| format!("{i}/{count}").parse().unwrap()).collect();
            prop_assert_eq!(shares.iter().filter(|share| share.holds(&key)).count(), 1);
        }
    }

    #[test]
    fn studies_are_dealt_out_evenly_and_bad_shares_are_refused() {
        let share: Shard = "2/4".parse().unwrap();
        let held = (0..4000).filter(|n| share.holds(&format!("1.2.840.{n}"))).count();
        assert!((900..1100).contains(&held), "{held} of 4000");
        for bad in ["0/4", "5/4", "1", "1/0", "-1/2", "a/b", "1/2/3", ""] {
            assert_eq!(bad.parse::<Shard>(), Err(ShardError(bad.to_owned())));
        }
    }
}
