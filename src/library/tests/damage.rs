//! Files that are damaged, newer, of somebody else, in use, or left behind by a program that was killed.

use std::{fs, path::Path};

use rusqlite::Connection;

use super::{all, study};
use crate::library::{Library, LibraryError, Query, StudySource, StudyState, open::FILE};

/// A list with one signed study in it.
fn filled(folder: &Path) {
    let (mut library, message) = Library::open(folder).unwrap();
    assert_eq!(message, None);
    library.record(&study("1.2", "Doe^Jane", "7", "20260102"), &StudySource::Demo).unwrap();
    library.set_state("1.2", StudyState::Signed).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Opens a folder whose file is of no use: a new list begins, and the old bytes are still there under another name.
fn set_aside(folder: &Path) -> (Library, String) {
    let before = fs::read(folder.join(FILE)).unwrap();
    let (library, message) = Library::open(folder).unwrap();
    assert_eq!(all(&library), [""; 0]);
    let aside = names(folder).into_iter().find(|name| name.starts_with("library.sqlite.damaged-")).expect("kept");
    assert_eq!(fs::read(folder.join(&aside)).unwrap(), before, "the old file is as it was");
    let message = message.expect("the reader is told");
    assert!(message.contains(&aside), "{message}");
    (library, message)
}

#[test]
fn a_list_is_there_again_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("new/folder");
    filled(&deep);
    let (library, message) = Library::open(&deep).unwrap();
    assert_eq!((all(&library).as_slice(), message), (["1.2".to_owned()].as_slice(), None));
    assert_eq!(library.entry("1.2").unwrap().state, StudyState::Signed);
}

#[test]
#[cfg(unix)]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    // A file that another version left open to all.
    fs::write(folder.path().join(FILE), "").unwrap();
    fs::set_permissions(folder.path().join(FILE), fs::Permissions::from_mode(0o644)).unwrap();
    filled(folder.path());
    let (mut library, _) = Library::open(folder.path()).unwrap();
    library.set_state("1.2", StudyState::Unread).unwrap();
    let names = names(folder.path());
    assert!(names.contains(&"library.sqlite-wal".to_owned()), "{names:?}");
    for name in names {
        let mode = fs::metadata(folder.path().join(&name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}: {mode:o}");
    }
}

#[test]
fn a_file_that_is_no_list_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(FILE), b"this is not a database, and long enough to be looked at".repeat(100))
        .unwrap();
    let (mut library, message) = set_aside(folder.path());
    assert!(message.contains("is damaged"), "{message}");
    library.record(&study("1.3", "", "", ""), &StudySource::Demo).unwrap();
    drop(library);
    let (library, message) = Library::open(folder.path()).unwrap();
    assert_eq!((all(&library).len(), message), (1, None), "the new list stays");
}

#[test]
fn a_file_that_was_cut_or_overwritten_in_the_middle_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let whole = fs::read(folder.path().join(FILE)).unwrap();
    let mut holed = whole.clone();
    holed[4096..8192].fill(0xA5);
    for broken in [&whole[..whole.len() / 2], &holed] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), broken).unwrap();
        set_aside(folder.path());
    }
}

#[test]
fn two_damaged_files_in_one_second_are_both_kept() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["first ", "second "] {
        fs::write(folder.path().join(FILE), text.repeat(1000)).unwrap();
        let (library, message) = Library::open(folder.path()).unwrap();
        assert!(message.is_some());
        drop(library);
    }
    assert_eq!(names(folder.path()).iter().filter(|name| name.contains("damaged")).count(), 2);
}

#[test]
fn a_file_of_a_newer_program_is_set_aside_and_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let newer = Connection::open(folder.path().join(FILE)).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer.close().unwrap();
    let (_, message) = set_aside(folder.path());
    assert!(message.contains("newer Foramen"), "{message}");
    let aside = names(folder.path()).into_iter().find(|name| name.contains("damaged")).unwrap();
    let kept = Connection::open(folder.path().join(aside)).unwrap();
    let count: i64 = kept.query_row("SELECT count(*) FROM study", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_database_of_another_program_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let other = Connection::open(folder.path().join(FILE)).unwrap();
    other.execute_batch("CREATE TABLE study (something TEXT)").unwrap();
    other.close().unwrap();
    let (_, message) = set_aside(folder.path());
    assert!(message.contains("not written by Foramen"), "{message}");
}

#[test]
fn a_file_of_ours_without_its_tables_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let broken = Connection::open(folder.path().join(FILE)).unwrap();
    broken.execute_batch("DROP TABLE role_override").unwrap();
    broken.close().unwrap();
    set_aside(folder.path());
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error_in_words() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let error = Library::open(&folder.path().join("file/below")).unwrap_err();
    assert!(matches!(error, LibraryError::Folder { .. }) && error.to_string().contains("cannot be kept in"), "{error}");
}

#[test]
fn two_programs_use_one_file_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let (mut here, _) = Library::open(folder.path()).unwrap();
    let work = |who: usize| {
        let folder = folder.path().to_owned();
        std::thread::spawn(move || {
            let (mut library, message) = Library::open(&folder).unwrap();
            assert_eq!(message, None);
            for n in 0..25 {
                let uid = format!("1.{who}.{n}");
                library.record(&study(&uid, "", "", ""), &StudySource::Demo).unwrap();
                library.set_state(&uid, StudyState::Reviewed).unwrap();
            }
        })
    };
    let others: Vec<_> = (0..4).map(work).collect();
    for n in 0..25 {
        here.record(&study(&format!("2.{n}"), "", "", ""), &StudySource::Demo).unwrap();
    }
    for other in others {
        other.join().unwrap();
    }
    let listing = here.list(&Query::default()).unwrap();
    assert_eq!((listing.entries.len(), listing.known), (125, 125));
    assert_eq!(listing.entries.iter().filter(|e| e.state == StudyState::Reviewed).count(), 100);
}

#[test]
fn what_another_program_is_writing_is_not_seen_until_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let mut other = Connection::open(folder.path().join(FILE)).unwrap();
    let half = other.transaction().unwrap();
    half.execute_batch("UPDATE study SET state = 0, patient_name = 'half'").unwrap();
    // Opened, and read, while it writes.
    let (library, message) = Library::open(folder.path()).unwrap();
    assert_eq!((message, library.entry("1.2").unwrap().state), (None, StudyState::Signed));
    half.rollback().unwrap();
    assert_eq!(library.entry("1.2").unwrap().patient.name, "Doe^Jane");
}

#[test]
fn what_a_killed_program_leaves_behind_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let (mut library, _) = Library::open(folder.path()).unwrap();
    library.record(&study("1.4", "Roe^Mary", "8", ""), &StudySource::Demo).unwrap();
    // Enough for pages of a transaction that never ends to be in the journal.
    let mut other = Connection::open(folder.path().join(FILE)).unwrap();
    other.pragma_update(None, "cache_size", 2).unwrap();
    let half = other.transaction().unwrap();
    for n in 0..2000 {
        let sql = "INSERT INTO document (study, kind, text) VALUES (1, ?1, ?2)";
        half.execute(sql, (format!("kind {n}"), "x".repeat(500))).unwrap();
    }
    half.execute_batch("UPDATE study SET state = 0").unwrap();
    // The disk as it is at this moment, as if both programs were killed now.
    let left = tempfile::tempdir().unwrap();
    for name in names(folder.path()).iter().filter(|name| !name.ends_with("-shm")) {
        fs::copy(folder.path().join(name), left.path().join(name)).unwrap();
    }
    let (library, message) = Library::open(left.path()).unwrap();
    assert_eq!((message, all(&library).len()), (None, 2));
    assert_eq!(library.entry("1.2").unwrap().state, StudyState::Signed);
    let documents: i64 = library.connection.query_row("SELECT count(*) FROM document", [], |row| row.get(0)).unwrap();
    assert_eq!(documents, 0);
    drop(half);
}
