//! DICOMDIR, the directory of a file set (PS3.3 F, PS3.10 8): which files it lists, and which of them are missing.
//!
//! Files are read from their own headers, which also finds those that a faulty directory forgets. The directory adds
//! what a folder cannot show: that a file should exist.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::{Path, PathBuf},
};

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{
    element::{number, text},
    file,
    issue::Issue,
    source::{Source, folder_of},
};
use crate::panics;

/// A file that a directory lists.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Listed {
    study_uid: String,
    /// Its path relative to the folder of the directory, in components.
    path: Vec<String>,
    sop_instance_uid: String,
    is_image: bool,
}

/// The result of comparing a directory with the files.
#[derive(Debug, Default)]
pub struct Report {
    /// Studies by UID, each with what is missing and how many files that is.
    pub missing: Vec<(String, Issue, usize)>,
    /// The files that it lists and that exist, as named in messages.
    pub listed: HashSet<String>,
}

/// Names in a message.
const NAMED: usize = 3;

/// Compares a directory with the existing files. `is_known` tells whether an image of that UID was found anywhere.
///
/// # Errors
/// A message that says why the directory cannot be read.
pub fn compare(directory: &Source, is_known: &dyn Fn(&str) -> bool) -> Result<Report, String> {
    let listed = listed(directory)?;
    let mut uids: HashMap<&str, usize> = HashMap::new();
    for file in &listed {
        *uids.entry(&file.sop_instance_uid).or_default() += 1;
    }
    let mut place = Place::of(directory)?;
    let mut report = Report::default();
    let mut missing: BTreeMap<&str, Vec<&Listed>> = BTreeMap::new();
    for file in &listed {
        let uid = file.sop_instance_uid.as_str();
        // A disc whose files were copied into one folder, or renamed, is complete.
        let is_elsewhere = || !uid.is_empty() && uids.get(uid) == Some(&1) && is_known(uid);
        match place.find(&file.path) {
            Some(name) => drop(report.listed.insert(name)),
            None if is_elsewhere() => (),
            None => missing.entry(&file.study_uid).or_default().push(file),
        }
    }
    for (study, files) in missing {
        report.missing.push((study.to_owned(), Issue::new(directory, message(&files)), files.len()));
    }
    Ok(report)
}

fn message(files: &[&Listed]) -> String {
    let names: Vec<String> = files.iter().take(NAMED).map(|file| file.path.join("/")).collect();
    let more = files.len() - names.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let what = match (files.iter().all(|file| file.is_image), files.len()) {
        (true, 1) => "an image that is missing",
        (true, _) => "images that are missing",
        (false, 1) => "a file that is missing",
        (false, _) => "files that are missing",
    };
    let count = if files.len() == 1 { String::new() } else { format!("{} ", files.len()) };
    format!(
        "the DICOMDIR lists {count}{what}: {}{more}; the disc was only partly copied, or is damaged",
        names.join(", ")
    )
}

/// The records that point to files, in the order of the directory.
fn listed(directory: &Source) -> Result<Vec<Listed>, String> {
    let (from, size) = directory.open_sized().map_err(|e| e.to_string())?;
    let object = file::load(from, size, false).map_err(|e| e.to_string())?.object;
    let Ok(listed) = panics::caught(|| records(&object)) else {
        return Err("the DICOM reader failed unexpectedly on its records".to_owned());
    };
    Ok(listed)
}

fn records(object: &InMemDicomObject) -> Vec<Listed> {
    let items = object.get(tags::DIRECTORY_RECORD_SEQUENCE).and_then(|element| element.items()).unwrap_or_default();
    let mut study_uid = String::new();
    let mut listed = Vec::new();
    for item in items {
        // A deleted record remains, and is marked as unused.
        if number::<u32>(item, tags::RECORD_IN_USE_FLAG) == Some(0) {
            continue;
        }
        let kind = text(item, tags::DIRECTORY_RECORD_TYPE);
        match kind.as_str() {
            "PATIENT" => study_uid.clear(),
            "STUDY" => study_uid = text(item, tags::STUDY_INSTANCE_UID),
            _ => (),
        }
        let path: Vec<String> = values(item, tags::REFERENCED_FILE_ID);
        if !path.is_empty() {
            listed.push(Listed {
                study_uid: study_uid.clone(),
                path,
                sop_instance_uid: text(item, tags::REFERENCED_SOP_INSTANCE_UID_IN_FILE),
                is_image: kind == "IMAGE",
            });
        }
    }
    listed
}

fn values(item: &InMemDicomObject, tag: Tag) -> Vec<String> {
    let path = text(item, tag);
    path.split('\\').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Where a directory lies.
enum Place {
    /// In a folder on disk; the names in the visited folders, in normalised form.
    Disk { root: PathBuf, folders: HashMap<PathBuf, HashMap<String, PathBuf>> },
    /// In an archive: names of its entries in normalised form.
    Archive(HashMap<String, String>),
}

impl Place {
    fn of(directory: &Source) -> Result<Self, String> {
        match directory {
            Source::File(path) => {
                let root = path.parent().unwrap_or(Path::new("")).to_owned();
                Ok(Self::Disk { root, folders: HashMap::new() })
            }
            Source::Zip(entry) => {
                let names = entry.archive().names().map_err(|e| e.to_string())?;
                let folder = folder_of(entry.name());
                let own = entry.to_string();
                let archive = own.strip_suffix(entry.name()).unwrap_or_default().to_owned();
                let inside = names.iter().filter_map(|name| {
                    let path = name.strip_prefix(folder)?.trim_start_matches(['/', '\\']);
                    Some((comparable(&path.replace('\\', "/")), format!("{archive}{name}")))
                });
                Ok(Self::Archive(inside.collect()))
            }
            Source::Gzip(_) | Source::Memory { .. } => Ok(Self::Archive(HashMap::new())),
        }
    }

    /// The name of a file that is there. Discs are read with names in small letters, with `;1` and with endings.
    fn find(&mut self, path: &[String]) -> Option<String> {
        match self {
            Self::Disk { root, folders } => {
                let mut at = root.clone();
                for part in path {
                    // Nothing outside the folder is accessed.
                    if part == ".." || part == "." || part.contains(['/', '\\']) {
                        return None;
                    }
                    let exact = at.join(part);
                    at = if exact.exists() { exact } else { in_folder(folders, &at).get(&comparable(part))?.clone() };
                }
                at.is_file().then(|| at.display().to_string())
            }
            Self::Archive(names) => names.get(&comparable(&path.join("/"))).cloned(),
        }
    }
}

fn in_folder<'a>(
    folders: &'a mut HashMap<PathBuf, HashMap<String, PathBuf>>,
    folder: &Path,
) -> &'a HashMap<String, PathBuf> {
    folders.entry(folder.to_owned()).or_insert_with(|| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| (comparable(&entry.file_name().to_string_lossy()), entry.path())).collect()
    })
}

/// In capitals, without the version that ISO 9660 appends to a name and without an extension: names in a file set have
/// none.
fn comparable(path: &str) -> String {
    let path = path.to_uppercase();
    let path = path.split_once(';').map_or(path.as_str(), |(path, _)| path);
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let name = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or(name, |(stem, _)| stem);
    format!("{folder}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &[&str]) -> Listed {
        Listed {
            study_uid: String::new(),
            path: path.iter().map(|&part| part.to_owned()).collect(),
            sop_instance_uid: String::new(),
            is_image: true,
        }
    }

    #[test]
    fn names_are_found_as_discs_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir(root.join("dicom")).unwrap();
        for name in ["im0001;1", "IM0002.dcm", "Im0003.", "IM0004"] {
            std::fs::write(root.join("dicom").join(name), "x").unwrap();
        }
        let mut place = Place::of(&Source::File(root.join("DICOMDIR"))).unwrap();
        let mut is_there = |path: &[&str]| place.find(&file(path).path).is_some();
        for name in ["IM0001", "IM0002", "IM0003", "IM0004"] {
            assert!(is_there(&["DICOM", name]), "{name}");
        }
        assert!(!is_there(&["DICOM", "IM0005"]) && !is_there(&["DICOM"]) && !is_there(&["OTHER", "IM0001"]));
        assert!(!is_there(&["..", root.file_name().unwrap().to_str().unwrap(), "DICOM", "IM0004"]));
    }

    #[test]
    fn a_message_names_the_first_and_counts_the_rest() {
        let files: Vec<Listed> = (1..6).map(|n| file(&["S1", &format!("I{n}")])).collect();
        let files: Vec<&Listed> = files.iter().collect();
        let said = message(&files);
        assert!(
            said.starts_with("the DICOMDIR lists 5 images that are missing: S1/I1, S1/I2, S1/I3 and 2 more"),
            "{said}"
        );
        assert!(message(&files[..1]).starts_with("the DICOMDIR lists an image that is missing: S1/I1;"));
    }
}
