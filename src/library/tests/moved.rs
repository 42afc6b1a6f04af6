//! Folders that are moved and renamed behind the list's back.

use crate::uid::StudyUid;
use std::{fs, path::Path};

use super::{files, paths, study_in};
use crate::library::{Library, Place, StudySource, StudyState};

/// Two images of a study in a folder.
fn open(library: &mut Library, uid: &str, folder: &Path, opened: &Path) -> Vec<StudyUid> {
    let study = study_in(uid, &files(folder, &["1.dcm", "2.dcm"]));
    library.record(&study, &paths(&[opened])).unwrap().found_again
}

fn place(library: &Library, uid: &str) -> Place {
    library.entry(&uid.into()).unwrap().place
}

#[test]
fn one_study_that_is_found_again_brings_the_others_that_moved_with_it() {
    let disk = tempfile::tempdir().unwrap();
    let (old, new) = (disk.path().join("old"), disk.path().join("archive/2026"));
    let mut library = Library::in_memory().unwrap();
    for name in ["anna", "berta", "clara"] {
        open(&mut library, name, &old.join(name).join("mr"), &old.join(name));
    }
    // Opened as a whole folder, with others in it.
    open(&mut library, "dora", &old.join("dora"), &old);
    // Elsewhere, gone, and not at the new place.
    open(&mut library, "elsa", &disk.path().join("other/elsa"), &disk.path().join("other"));
    open(&mut library, "lost", &old.join("lost"), &old.join("lost"));
    library.set_state(&"berta".into(), StudyState::Signed).unwrap();
    fs::remove_dir_all(old.join("lost")).unwrap();
    fs::create_dir_all(disk.path().join("archive")).unwrap();
    fs::rename(&old, &new).unwrap();
    // One of them was copied back since: it is where it was.
    files(&old.join("clara/mr"), &["1.dcm"]);
    assert!(!place(&library, "berta").is_there() && place(&library, "clara").is_there());

    let mut found = open(&mut library, "anna", &new.join("anna/mr"), &new.join("anna"));
    found.sort();
    assert_eq!(found, ["berta", "dora"]);
    assert_eq!(place(&library, "berta").source, paths(&[&new.join("berta")]));
    assert_eq!(place(&library, "berta").home, Some(new.join("berta/mr")));
    // The folder that was opened is still there; the study is not in it.
    assert_eq!(place(&library, "dora").to_open(), paths(&[&new.join("dora")]));
    assert!(["anna", "berta", "clara", "dora", "elsa"].iter().all(|uid| place(&library, uid).is_there()));
    assert_eq!(place(&library, "clara").to_open(), paths(&[&old.join("clara/mr")]));
    assert!(!place(&library, "lost").is_there());
    assert_eq!(library.entry(&"berta".into()).unwrap().state, StudyState::Signed);
}

#[test]
fn a_renamed_folder_a_zip_and_single_files_are_followed() {
    let disk = tempfile::tempdir().unwrap();
    let old = disk.path().join("a");
    let mut library = Library::in_memory().unwrap();
    let single = files(&old, &["x/1.dcm", "y/2.dcm"]);
    let opened = StudySource::Paths(single.clone());
    library.record(&study_in("files", &single), &opened).unwrap();
    assert_eq!(place(&library, "files"), Place { source: opened, home: None });
    open(&mut library, "folder", &old.join("folder"), &old.join("folder"));
    library.record(&study_in("zip", &files(&old, &["zips/1.zip"])), &paths(&[&old.join("zips")])).unwrap();
    assert_eq!(place(&library, "zip").to_open(), paths(&[&old.join("zips/1.zip")]));
    let new = disk.path().join("b");
    fs::rename(&old, &new).unwrap();

    let moved = [new.join("x/1.dcm"), new.join("y/2.dcm")];
    let recorded = library.record(&study_in("files", &moved), &StudySource::Paths(moved.to_vec())).unwrap();
    assert_eq!(recorded.found_again, vec![StudyUid::from("folder"), "zip".into()]);
    assert_eq!(place(&library, "zip").to_open(), paths(&[&new.join("zips/1.zip")]));
    assert_eq!(place(&library, "files").source, StudySource::Paths(moved.to_vec()));
    // A folder that has another name has no common end: the study's own folder is what was renamed.
    fs::rename(new.join("folder"), new.join("renamed")).unwrap();
    assert_eq!(open(&mut library, "folder", &new.join("renamed"), &new.join("renamed")), [""; 0]);
    assert!(place(&library, "folder").is_there());
}

#[test]
fn a_copy_moves_the_study_that_was_opened_and_no_other() {
    let disk = tempfile::tempdir().unwrap();
    let (here, copy) = (disk.path().join("here"), disk.path().join("copy"));
    let mut library = Library::in_memory().unwrap();
    for uid in ["anna", "berta"] {
        open(&mut library, uid, &here.join(uid), &here);
        files(&copy.join(uid), &["1.dcm", "2.dcm"]);
    }
    assert_eq!(open(&mut library, "anna", &copy.join("anna"), &copy), [""; 0]);
    assert_eq!(place(&library, "anna").to_open(), paths(&[&copy.join("anna")]));
    assert_eq!(place(&library, "berta").to_open(), paths(&[&here.join("berta")]));
}

#[test]
fn one_image_opened_alone_does_not_hide_where_the_study_lies() {
    let disk = tempfile::tempdir().unwrap();
    let mut library = Library::in_memory().unwrap();
    open(&mut library, "anna", disk.path(), disk.path());
    let opened = library.entry(&"anna".into()).unwrap().last_opened;
    let one = disk.path().join("1.dcm");
    library.record(&study_in("anna", std::slice::from_ref(&one)), &paths(&[&one])).unwrap();
    let entry = library.entry(&"anna".into()).unwrap();
    assert_eq!((entry.summary.images, entry.place.to_open()), (2, paths(&[disk.path()])));
    assert!(entry.last_opened >= opened);
    // When the other image is really gone, the list says so.
    fs::remove_file(disk.path().join("2.dcm")).unwrap();
    library.record(&study_in("anna", std::slice::from_ref(&one)), &paths(&[disk.path()])).unwrap();
    assert_eq!(library.entry(&"anna".into()).unwrap().summary.images, 1);
}

#[test]
fn relative_paths_are_kept_as_absolute_ones() {
    let mut library = Library::in_memory().unwrap();
    library.record(&study_in("a", &["src/lib.rs".into()]), &paths(&[Path::new(".")])).unwrap();
    let here = std::env::current_dir().unwrap();
    assert_eq!(place(&library, "a"), Place { source: paths(&[&here]), home: Some(here.join("src")) });
    library.record(&study_in("b", &["Cargo.toml".into()]), &paths(&[Path::new("Cargo.toml")])).unwrap();
    assert_eq!(place(&library, "b").to_open(), paths(&[&here.join("Cargo.toml")]));
}
