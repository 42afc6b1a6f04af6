//! How an id in a CSV is matched to its study and series: the only place that decides this.
//!
//! The contest identifies a study by a number, which is its `StudyInstanceUID` and the name of its folder, and a series
//! by a number, which is the name of its folder and the part of its `SeriesInstanceUID` after the study's id
//! (`<study>.<series>`). Other people's tables hold whole UIDs. All of these are names; a series is only ever looked
//! for inside its study, so that the numbers of two studies can't be mixed up. Names that contradict each other are an
//! [`Ambiguous`], never a guess.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use super::{model::Study, source::Source};
use crate::grading::csv_id;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// As in the table, without spaces around it and without the `.0` of tables that went through floats.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NoId;

            fn from_str(text: &str) -> Result<Self, NoId> {
                let id = csv_id(text);
                if id.is_empty() { Err(NoId) } else { Ok(Self(id.to_owned())) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id! {
    /// What a CSV calls a study: `study_id`.
    StudyId
}
id! {
    /// What a CSV calls a series of a study: `series_id`.
    SeriesId
}

/// A cell that should hold an id but is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id is empty")]
pub struct NoId;

/// An id that matches more than one thing, or a thing that matches more than one id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Ambiguous(String);

/// All names that a table may use for one study.
#[derive(Debug, Clone)]
pub struct StudyNames {
    uid: String,
    /// The folder that holds the folders of its series.
    folder: Option<String>,
    /// Folders that may be the study's, if all its files are in a single one.
    maybe: BTreeSet<String>,
}

impl StudyNames {
    /// From a study's images: its `StudyInstanceUID`, and where they lie.
    pub(super) fn new<'a>(uid: &str, sources: impl Iterator<Item = &'a Source>) -> Self {
        let folders: BTreeSet<String> = sources.map(Source::folder).collect();
        let names: Vec<[String; 2]> = folders.iter().map(|folder| last_two(folder)).collect();
        let above: BTreeSet<&String> = names.iter().map(|[above, _]| above).collect();
        let folder = above.first().filter(|_| above.len() == 1 && folders.len() > 1).map(|name| (*name).clone());
        let maybe = if folder.is_some() { BTreeSet::new() } else { names.into_iter().flatten().collect() };
        Self { uid: uid.to_owned(), folder, maybe }
    }

    /// Of a study that was scanned.
    pub fn of(study: &Study) -> Self {
        let slices = study.series.iter().flat_map(|series| &series.slices);
        Self::new(study.uid.as_str(), slices.map(|slice| &slice.instance.source))
    }

    /// The row of a table that is about the study: by `StudyInstanceUID`, else by the study's folder.
    ///
    /// # Errors
    ///
    /// If UID and folder name two rows, or two folders do.
    pub fn row_of<'t, V>(&self, table: &'t BTreeMap<StudyId, V>) -> Result<Option<(&'t StudyId, &'t V)>, Ambiguous> {
        let by_folder = self.folder.as_ref().and_then(|folder| table.get_key_value(folder.as_str()));
        if let Some(row) = table.get_key_value(self.uid.as_str()) {
            return match by_folder {
                Some((other, _)) if other != row.0 => Err(Ambiguous(format!(
                    "its StudyInstanceUID says that it is study {}, but its folder says study {other}: rename the \
                     folder, or correct the table",
                    row.0
                ))),
                _ => Ok(Some(row)),
            };
        }
        let maybe = self.maybe.iter().filter_map(|folder| table.get_key_value(folder.as_str()));
        let rows: Vec<_> = by_folder.into_iter().chain(maybe).collect();
        match rows.as_slice() {
            [] => Ok(None),
            [row] => Ok(Some(*row)),
            _ => {
                let ids: Vec<&str> = rows.iter().map(|(id, _)| id.as_str()).collect();
                Err(Ambiguous(format!(
                    "its folders name studies {}, and its StudyInstanceUID matches none of them: it could be any",
                    ids.join(" and ")
                )))
            }
        }
    }
}

/// Which study each id of a table names.
#[derive(Debug, Clone, Default)]
pub struct Matches {
    /// Id to place in the worklist. Every study has one id at most.
    pub found: BTreeMap<StudyId, usize>,
    /// Studies and ids that were left out because they are ambiguous.
    pub doubts: Vec<String>,
}

impl Matches {
    /// Brings studies and the rows of a table together.
    pub fn new<V>(studies: &[Study], table: &BTreeMap<StudyId, V>) -> Self {
        let mut matches = Self::default();
        let mut claimed: BTreeMap<&StudyId, Vec<usize>> = BTreeMap::new();
        for (index, study) in studies.iter().enumerate() {
            match StudyNames::of(study).row_of(table) {
                Ok(Some((id, _))) => claimed.entry(id).or_default().push(index),
                Ok(None) => (),
                Err(ambiguous) => matches.doubts.push(format!("study {}: {ambiguous}", study.uid)),
            }
        }
        for (id, of) in claimed {
            match of.as_slice() {
                [one] => {
                    matches.found.insert(id.clone(), *one);
                }
                several => {
                    let uids: Vec<&str> = several.iter().map(|&index| studies[index].uid.as_str()).collect();
                    matches.doubts.push(format!("study id {id} matches several studies: {}", uids.join(", ")));
                }
            }
        }
        matches
    }
}

/// What identifies a series inside its study: its UID, or where it lies if it has none.
pub(super) fn series_key(series_uid: &str, source: &Source) -> String {
    if series_uid.is_empty() { source.folder() } else { series_uid.to_owned() }
}

/// All names that a table may use for the series of one study.
#[derive(Debug, Clone)]
pub struct SeriesNames {
    /// What stands before the dot in the contest's UIDs: the study's UID, and its id in the table.
    heads: [String; 2],
    keys: BTreeSet<String>,
    /// Name of a folder to the series that lie in folders of that name. A folder of several series names none of them.
    by_folder: BTreeMap<String, BTreeSet<String>>,
}

impl SeriesNames {
    /// Of the images of one study, which the table calls `id`: (`SeriesInstanceUID`, where it is).
    pub(super) fn new<'a>(study_uid: &str, id: &StudyId, images: impl Iterator<Item = (&'a str, &'a Source)>) -> Self {
        let mut keys = BTreeSet::new();
        let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (uid, source) in images {
            let key = series_key(uid, source);
            folders.entry(source.folder()).or_default().insert(key.clone());
            keys.insert(key);
        }
        let mut by_folder: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (folder, keys) in folders.into_iter().filter(|(_, keys)| keys.len() == 1) {
            let [_, name] = last_two(&folder);
            by_folder.entry(name).or_default().extend(keys);
        }
        Self { heads: [study_uid.to_owned(), id.to_string()], keys, by_folder }
    }

    /// Of a study that was scanned.
    pub fn of(study: &Study, id: &StudyId) -> Self {
        let slices = study.series.iter().flat_map(|series| series.slices.iter().map(move |slice| (series, slice)));
        Self::new(study.uid.as_str(), id, slices.map(|(series, slice)| (series.uid.as_str(), &slice.instance.source)))
    }

    /// The key of the series that a table calls `id`.
    ///
    /// # Errors
    ///
    /// If UIDs and folders name several.
    pub fn find(&self, id: &SeriesId) -> Result<Option<&str>, Ambiguous> {
        let uids = [id.to_string(), format!("{}.{id}", self.heads[0]), format!("{}.{id}", self.heads[1])];
        let by_folder = self.by_folder.get(id.as_str()).into_iter().flatten();
        let found: BTreeSet<&str> =
            uids.iter().filter_map(|uid| self.keys.get(uid)).chain(by_folder).map(String::as_str).collect();
        match found.len() {
            0 | 1 => Ok(found.first().copied()),
            _ => {
                let all = found.into_iter().collect::<Vec<_>>().join(" and ");
                Err(Ambiguous(format!("series id {id} matches {all}: UIDs and folder names contradict each other")))
            }
        }
    }

    /// What a table of the contest's kind calls a series: the part of its UID behind the study's.
    pub fn short<'k>(&self, key: &'k str) -> &'k str {
        let behind = |head: &String| key.strip_prefix(head.as_str())?.strip_prefix('.').filter(|rest| !rest.is_empty());
        self.heads.iter().filter(|head| !head.is_empty()).find_map(behind).unwrap_or(key)
    }

    /// The series of the study that a table calls `id`, by place. They are several where the files of one UID were
    /// taken apart.
    ///
    /// # Errors
    ///
    /// If UIDs and folders name several that have nothing to do with each other.
    pub fn find_in(&self, study: &Study, id: &SeriesId) -> Result<Vec<usize>, Ambiguous> {
        let Some(key) = self.find(id)? else { return Ok(Vec::new()) };
        let is_it = |(_, series): &(usize, &super::Series)| {
            series.slices.iter().any(|slice| series_key(series.uid.as_str(), &slice.instance.source) == key)
        };
        Ok(study.series.iter().enumerate().filter(is_it).map(|(index, _)| index).collect())
    }
}

/// The last two parts of a folder's path; an archive counts as a folder of its name.
fn last_two(folder: &str) -> [String; 2] {
    let absolute;
    let mut path = folder;
    // `.` and `11` say nothing of the folder above them.
    if path.split(SEPARATORS).filter(|part| !matches!(*part, "" | ".")).count() < 2
        && let Ok(full) = std::path::absolute(if folder.is_empty() { "." } else { folder })
    {
        absolute = full.display().to_string();
        path = &absolute;
    }
    let mut parts = path.split(SEPARATORS).filter(|part| !matches!(*part, "" | ".")).rev();
    let mut next = || parts.next().map_or("", |part| part.strip_suffix(".zip").unwrap_or(part)).to_owned();
    let last = next();
    [next(), last]
}

/// What parts the folders of a [`Source`] as it prints itself.
const SEPARATORS: [char; 3] = ['/', '\\', '!'];

#[cfg(test)]
mod tests;
