//! Unique identifiers: new ones, ones that follow from other names, and whether a text is one at all.

use sha2::{Digest, Sha256};

/// A new UID that nothing else has: `2.25.` and a random UUID (PS3.5 B.2).
pub fn fresh() -> String {
    format!("2.25.{}", uuid::Uuid::new_v4().as_u128())
}

/// The UID that follows from these names: the same names, the same UID, on every computer.
pub fn derived(names: &[&str]) -> String {
    let mut hash = Sha256::new();
    for name in names {
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name.as_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    format!("2.25.{}", uuid::Builder::from_custom_bytes(bytes).into_uuid().as_u128())
}

/// Whether a text is a UID (PS3.5 9.1): numbers without leading zeros between dots, at most 64 characters. A single
/// number, such as the contest has, is none: its root would be nobody's.
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
