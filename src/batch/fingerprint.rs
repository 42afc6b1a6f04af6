//! What a study's grades were made of, in one number: the content of its files, which series served as what, and the
//! settings of the grader. Where a file lies does not count, so that a study may be moved.

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::{
    plain,
    study::{Scan, Source, StudyFiles},
};

/// Grows when the same text would mean something else.
const FORM: &str = "foramen batch 2";

/// Hex SHA-256 over a study and the settings that it is graded with.
pub fn of(study: &StudyFiles, scan: &Scan, settings: &str) -> String {
    let mut files: Vec<String> = study.sources.par_iter().map(content).collect();
    files.sort();
    let mut series: Vec<String> =
        scan.studies.iter().flat_map(|s| &s.series).map(|s| format!("{}{}={:?}", s.uid, s.part, s.role)).collect();
    series.sort();
    // A file that is found broken today is to be said in the result, and one that was repaired no longer.
    let mut issues: Vec<String> = study.issues.iter().map(|issue| issue.message.clone()).collect();
    issues.sort();
    let mut hash = Sha256::new();
    for part in [FORM, settings].into_iter().map(str::to_owned).chain(files).chain(series).chain(issues) {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

/// Hex SHA-256 of a file. One that cannot be read is read another time, perhaps.
fn content(source: &Source) -> String {
    source.sha256().map_or_else(|error| format!("unreadable: {}", error.kind()), hex::encode)
}

/// The name of a study's file, without its ending: the UID where that can be a name, else with a hash that keeps
/// two studies apart whose UIDs become one name. It says nothing of a patient, and not where the study lies.
pub fn file_stem(study: &StudyFiles) -> String {
    let key = study.key.as_str();
    let hash = || hex::encode(&Sha256::digest(key.as_bytes())[..6]);
    if !study.has_uid {
        return format!("no-uid-{}", hash());
    }
    let name = plain::folder_name(key);
    if name == key { name } else { format!("{name}-{}", hash()) }
}

/// What a study's rows begin with in tables: its UID, else the name of its file, for two studies without a UID must not
/// share their rows.
pub fn row_name<'a>(uid: &'a str, file_stem: &'a str) -> &'a str {
    if uid.is_empty() { file_stem } else { uid }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(key: &str, has_uid: bool) -> StudyFiles {
        StudyFiles { key: key.to_owned(), has_uid, sources: Vec::new(), issues: Vec::new() }
    }

    #[test]
    fn names_are_safe_and_apart() {
        assert_eq!(file_stem(&files("1.2.3", true)), "1.2.3");
        let (a, b) = (file_stem(&files("../1", true)), file_stem(&files(".._1", true)));
        assert_ne!(a, b);
        assert!(!a.contains('/'), "{a}");
        assert!(file_stem(&files("1.2.3", false)).starts_with("no-uid-"));
    }

    #[test]
    fn content_counts_and_place_does_not() {
        let at = |name: &str, byte: u8| {
            let sources = vec![Source::Memory { name: name.to_owned(), bytes: vec![byte; 3].into() }];
            of(
                &StudyFiles { key: "1".into(), has_uid: true, sources, issues: Vec::new() },
                &Scan::default(),
                "settings",
            )
        };
        assert_eq!(at("here", 1), at("there", 1));
        assert_ne!(at("here", 1), at("here", 2));
        let study = files("1", true);
        assert_ne!(of(&study, &Scan::default(), "a"), of(&study, &Scan::default(), "b"));
    }
}
