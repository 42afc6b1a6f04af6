//! Whose images they are, and whether two files can be of one person.

use std::collections::BTreeSet;

use serde::Serialize;

/// The patient of a study. Empty if the file says nothing. Never logged.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Patient {
    /// `PatientName`, as `Family Given`.
    pub name: String,
    /// `PatientID`.
    pub id: String,
    /// `PatientBirthDate`, as in the file.
    pub birth_date: String,
    /// `PatientSex`.
    pub sex: String,
    /// `IssuerOfPatientID`: who assigned the IDs.
    #[serde(skip)]
    pub issuer: String,
}

impl Patient {
    /// What shows that two files of one study belong to different patients; `None` if nothing does. A missing value
    /// shows nothing.
    pub fn difference(&self, other: &Self) -> Option<&'static str> {
        let differ = |a: &str, b: &str| !a.is_empty() && !b.is_empty() && !a.eq_ignore_ascii_case(b);
        [
            (differ(&self.id, &other.id), "PatientID"),
            (differ(&self.issuer, &other.issuer), "IssuerOfPatientID"),
            (differ(&date(&self.birth_date), &date(&other.birth_date)), "PatientBirthDate"),
            (differ(&self.sex, &other.sex), "PatientSex"),
            (!can_be_one_name(&self.name, &other.name), "PatientName"),
        ]
        .into_iter()
        .find_map(|(differs, what)| differs.then_some(what))
    }
}

/// A date without the dots used in old files; anything else unchanged.
fn date(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text.chars().all(|c| c.is_ascii_digit() || c == '.') { digits } else { text.to_owned() }
}

/// Whether two ways of writing can be one name: in other order or case, with initials, cut short, with a part left out.
/// Where both have words without any ASCII letter, of one script, these are compared as they stand. A letter beyond ASCII
/// within a word of ASCII letters may be spelled in all kinds of ways, and stands for any.
fn can_be_one_name(a: &str, b: &str) -> bool {
    can_be_in_ascii(a, b) && can_be_beyond_ascii(a, b)
}

/// Names in Cyrillic, Greek, Han and other letters. Of a name in two scripts one may be left out.
fn can_be_beyond_ascii(a: &str, b: &str) -> bool {
    let words = |name: &str| -> BTreeSet<String> {
        let words = name.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()).map(str::to_lowercase);
        words.filter(|word| !word.is_empty() && word.chars().all(|c| !c.is_ascii() && c.is_alphabetic())).collect()
    };
    let (a, b) = (words(a), words(b));
    let scripts = |words: &BTreeSet<String>| -> BTreeSet<u32> {
        // Blocks of 256 tell scripts apart well enough; Han and Kana have many, and are one.
        let block = |c: char| if ('\u{3040}'..='\u{9fff}').contains(&c) { 0x30 } else { u32::from(c) >> 8 };
        words.iter().flat_map(|word| word.chars().map(block)).collect()
    };
    let (fewer, more) = if a.len() <= b.len() { (&a, &b) } else { (&b, &a) };
    fewer.is_empty() || scripts(&a).is_disjoint(&scripts(&b)) || fewer.iter().all(|word| more.contains(word))
}

fn can_be_in_ascii(a: &str, b: &str) -> bool {
    let words = |name: &str| -> BTreeSet<String> {
        name.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric())
            .map(|word| word.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase())
            .filter(|word| !word.is_empty())
            .collect()
    };
    let (a, b) = (words(a), words(b));
    let (fewer, more) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let begins = |one: &str, other: &str| one.starts_with(other) || other.starts_with(one);
    fewer.iter().all(|word| more.iter().any(|other| begins(word, other)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Patient {
        Patient { name: name.into(), id: "7".into(), ..Patient::default() }
    }

    #[test]
    fn one_name_is_written_in_many_ways_and_two_names_are_two() {
        for (a, b) in [
            ("Doe Jane", "DOE JANE"),
            ("Doe Jane", "Jane Doe"),
            ("Doe Jane", "Doe Jane Mary"),
            ("Doe J", "Doe Jane"),
            ("Doe-Smith Jane", "Doe Smith Jane"),
            ("Mueller Jane", ""),
            ("Müller Jane", "M?ller Jane"),
            ("Müller Jane", "MÜLLER JANE"),
            ("山田 太郎", "Yamada Tarou"),
            ("Yamada Tarou=山田 太郎", "山田 太郎"),
            ("Петров Иван", "петров иван"),
            ("Петров Иван", "Petrov Ivan"),
            ("Петров Иван", "Иван Петров"),
            ("山田 太郎=やまだ たろう", "山田 太郎"),
        ] {
            assert_eq!(named(a).difference(&named(b)), None, "{a}, {b}");
            assert_eq!(named(b).difference(&named(a)), None, "{b}, {a}");
        }
        for (a, b) in [
            ("Doe Jane", "Roe Jane"),
            ("Doe Jane", "Doe Mary"),
            ("Smith", "Miller"),
            ("Петров Иван", "Смирнова Ольга"),
            ("鈴木 花子", "山田 太郎"),
            ("Παπαδόπουλος Νίκος", "Γεωργίου Μαρία"),
        ] {
            assert_eq!(named(a).difference(&named(b)), Some("PatientName"), "{a}, {b}");
        }
    }

    #[test]
    fn one_number_is_no_proof_of_one_patient() {
        let jane = Patient {
            name: "Doe Jane".into(),
            id: "7".into(),
            birth_date: "19700101".into(),
            sex: "F".into(),
            issuer: "NORTH".into(),
        };
        let other = |change: &dyn Fn(&mut Patient)| {
            let mut other = jane.clone();
            change(&mut other);
            jane.difference(&other)
        };
        assert_eq!(other(&|_| ()), None);
        assert_eq!(other(&|p| p.id = "8".into()), Some("PatientID"));
        assert_eq!(other(&|p| p.issuer = "SOUTH".into()), Some("IssuerOfPatientID"));
        assert_eq!(other(&|p| p.birth_date = "19710101".into()), Some("PatientBirthDate"));
        assert_eq!(other(&|p| p.birth_date = "1970.01.01".into()), None, "as old files write it");
        assert_eq!(other(&|p| p.sex = "M".into()), Some("PatientSex"));
        assert_eq!(other(&|p| *p = Patient { id: "7".into(), ..Patient::default() }), None, "nothing is said");
    }
}
