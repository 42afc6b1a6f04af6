//! Unique identifiers (UIDs): typed by what they name, newly made, derived from other names, and checked.
//!
//! Files say what they like: contest files have bare numbers, and some have nothing. So a UID holds the text as it stands in
//! the file, and "none" is a state of it, [`is_missing`](StudyUid::is_missing). The UID of a series
//! can't be passed for that of a study:
//!
//! ```
//! use foramen::uid::{SeriesUid, StudyUid};
//!
//! let study: StudyUid = "1.2.840.1".into();
//! assert_eq!(study.known(), Some("1.2.840.1"));
//! assert!(SeriesUid::default().is_missing());
//! ```

use std::{borrow::Borrow, convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

macro_rules! uids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// As in the file; empty if the file has none.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// Whether the file has none.
            pub fn is_missing(&self) -> bool {
                self.0.is_empty()
            }

            /// As in the file, if the file has one.
            pub fn known(&self) -> Option<&str> {
                (!self.is_missing()).then_some(self.0.as_str())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl FromStr for $name {
            type Err = Infallible;

            fn from_str(text: &str) -> Result<Self, Infallible> {
                Ok(text.into())
            }
        }

        impl From<$name> for String {
            fn from(uid: $name) -> Self {
                uid.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, text: &str) -> bool {
                self.0 == text
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, text: &&str) -> bool {
                self.0 == *text
            }
        }
    )*};
}

uids! {
    /// `StudyInstanceUID`.
    StudyUid;
    /// `SeriesInstanceUID`.
    SeriesUid;
    /// `SOPInstanceUID`: of an image, or of any other object in a file.
    SopInstanceUid;
    /// `FrameOfReferenceUID`: the patient space that positions refer to.
    FrameOfReferenceUid;
}

/// A UID below `2.25.` (PS3.5 B.2) from a unique number.
pub fn of_number(number: u128) -> String {
    format!("2.25.{number}")
}

/// A new unique UID.
pub fn fresh() -> String {
    of_number(uuid::Uuid::new_v4().as_u128())
}

/// The UID derived from 16 bytes or more of a hash.
///
/// # Panics
///
/// If `hash` has fewer than 16 bytes.
pub fn of_hash(hash: &[u8]) -> String {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    of_number(uuid::Builder::from_custom_bytes(bytes).into_uuid().as_u128())
}

/// The UID that follows from these names: the same names, the same UID, on every computer.
///
/// ```
/// use foramen::uid;
///
/// let report = uid::derived(&["1.2.840.1", "report"]);
/// assert!(uid::is_valid(&report) && report.starts_with("2.25."));
/// assert_eq!(report, uid::derived(&["1.2.840.1", "report"]));
/// assert_ne!(report, uid::derived(&["1.2.840.1", "images"]));
/// ```
pub fn derived(names: &[&str]) -> String {
    let mut hash = Sha256::new();
    for name in names {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
    }
    of_hash(&hash.finalize())
}

/// Whether a text is a UID (PS3.5 9.1): numbers without leading zeros between dots, at most 64 characters. A single
/// number, such as the contest has, is none: its root would be nobody's.
///
/// ```
/// use foramen::uid;
///
/// assert!(uid::is_valid("1.2.840.10008.5.1.4.1.1.4"));
/// assert!(!uid::is_valid("4003253") && !uid::is_valid("1.02.3"));
/// assert!(uid::is_valid(&uid::fresh()));
/// ```
pub fn is_valid(text: &str) -> bool {
    let number = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()) && (part == "0" || !part.starts_with('0'))
    };
    text.len() <= 64 && text.contains('.') && text.split('.').all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_uid_and_what_is_not() {
        for good in ["1.2.840.10008.1.2", "2.25.0", "2.25.329800735698586629295641978511506172918"] {
            assert!(is_valid(good), "{good}");
        }
        let long = format!("1.{}", "2".repeat(63));
        for bad in ["", "4003253", "1..2", "1.02", "1.2.", "1.2a", " 1.2", long.as_str()] {
            assert!(!is_valid(bad), "{bad}");
        }
    }

    #[test]
    fn new_ones_differ_and_derived_ones_do_not() {
        assert!(is_valid(&fresh()) && fresh() != fresh());
        assert_eq!(derived(&["a", "b"]), derived(&["a", "b"]));
        assert_ne!(derived(&["a", "b"]), derived(&["ab"]));
        assert!(is_valid(&derived(&[])));
    }
}
