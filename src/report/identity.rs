//! Reports with the patient's name, and reports without.

use sha2::{Digest, Sha256};

use crate::{study::Patient, uid};

/// Makes replacement UIDs: the same for the same UID within one export, different in the next, so that no one who knows
/// a UID can search for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeidentifyKey([u8; 32]);

impl DeidentifyKey {
    /// A new, secret one.
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// A UID under 2.25 (PS3.5 B.2) in place of another.
    fn stand_in(&self, uid: &str) -> String {
        let digest = Sha256::new().chain_update(self.0).chain_update(uid.as_bytes()).finalize();
        uid::of_hash(&digest)
    }
}

/// Whether a report says whose it is.
///
/// ```
/// use foramen::{
///     report::{DeidentifyKey, Identity},
///     study::Patient,
///     uid,
/// };
///
/// let removed = Identity::Removed(DeidentifyKey::random());
/// let stand_in = removed.uid("1.2.840.1");
/// assert!(uid::is_valid(&stand_in) && stand_in != "1.2.840.1");
/// // The same within one export, another in the next.
/// assert_eq!(removed.uid("1.2.840.1"), stand_in);
/// assert_ne!(Identity::Removed(DeidentifyKey::random()).uid("1.2.840.1"), stand_in);
///
/// let patient = Patient { name: "Doe^Jane".to_owned(), ..Patient::default() };
/// assert_eq!(removed.patient(&patient).name, "");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Everything as in the files.
    Full,
    /// Patient, dates, descriptions, names of readers and free text are left out; UIDs are replaced.
    Removed(DeidentifyKey),
}

impl Identity {
    /// Whether it is left out.
    pub const fn is_removed(&self) -> bool {
        matches!(self, Self::Removed(_))
    }

    /// A UID as in the file, or its replacement.
    pub fn uid(&self, original: &str) -> String {
        match self {
            Self::Full => original.to_owned(),
            Self::Removed(_) if original.is_empty() => String::new(),
            Self::Removed(key) => key.stand_in(original),
        }
    }

    /// The patient as in the files, or an empty one.
    pub fn patient(&self, patient: &Patient) -> Patient {
        if self.is_removed() { Patient::default() } else { patient.clone() }
    }

    /// A text from the file or the reader, or nothing.
    pub const fn text<'a>(&self, text: &'a str) -> &'a str {
        if self.is_removed() { "" } else { text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_are_valid_uids_that_agree_within_an_export_only() {
        let (one, two) = (Identity::Removed(DeidentifyKey::random()), Identity::Removed(DeidentifyKey::random()));
        let uid = one.uid("1.2.840.1");
        assert!(uid.len() <= 64 && uid.starts_with("2.25.") && uid[5..].bytes().all(|b| b.is_ascii_digit()));
        assert!(!uid[5..].starts_with('0'));
        assert_eq!(uid, one.uid("1.2.840.1"));
        assert_ne!(uid, one.uid("1.2.840.2"));
        assert_ne!(uid, two.uid("1.2.840.1"));
        assert_eq!(Identity::Full.uid("1.2.840.1"), "1.2.840.1");
    }
}
