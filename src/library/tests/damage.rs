//! Files that are damaged, newer, from another program, in use, or left behind by a killed program.

use std::{fs, path::Path};

use rusqlite::Connection;

use super::{all, study};
use crate::library::{Library, LibraryError, Query, StudySource, StudyState, open::FILE};

/// A list with one signed study in it.
fn filled(folder: &Path) {
    let (mut library, message) = Library::open(folder).unwrap();
    assert_eq!(message, None);
    library.record(&study("1.2", "Doe^Jane", "7", "20260102"), &StudySource::Demo).unwrap();
    library.set_state(&"1.2".into(), StudyState::Signed).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Opens a folder whose file is unusable: a new list is started, and the old bytes still exist under another name.
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
    assert_eq!(library.entry(&"1.2".into()).unwrap().state, StudyState::Signed);
}

#[test]
#[cfg(unix)]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    // A file that another version left readable by everyone.
    fs::write(folder.path().join(FILE), "").unwrap();
    fs::set_permissions(folder.path().join(FILE), fs::Permissions::from_mode(0o644)).unwrap();
    filled(folder.path());
    let (mut library, _) = Library::open(folder.path()).unwrap();
    library.set_state(&"1.2".into(), StudyState::Unread).unwrap();
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

/// Makes the list in a folder look like one from a future program.
fn make_newer(folder: &Path) {
    let newer = Connection::open(folder.join(FILE)).unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    newer.close().unwrap();
}

#[test]
fn a_file_of_a_newer_program_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    make_newer(folder.path());
    let before = fs::read(folder.path().join(FILE)).unwrap();
    let error = Library::open(folder.path()).unwrap_err();
    assert!(matches!(error, LibraryError::Newer(_)) && error.to_string().contains("newer Foramen"), "{error}");
    assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), before);
    assert!(!names(folder.path()).iter().any(|name| name.contains("damaged")), "{:?}", names(folder.path()));
}

/// Things in the place of the list that are not a list, keyed by their description in the message.
fn nothing_to_read() -> Vec<(&'static str, tempfile::TempDir)> {
    let made = |what: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        what(folder.path());
        folder
    };
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        made(&|folder| {
            filled(folder);
            let mut bytes = fs::read(folder.join(FILE)).unwrap();
            change(&mut bytes);
            fs::write(folder.join(FILE), bytes).unwrap();
        })
    };
    let mut all = vec![
        ("is damaged", changed(&|bytes| bytes[..100].fill(0xA5))),
        ("is damaged", changed(&|bytes| bytes.truncate(bytes.len() / 2))),
        ("is damaged", changed(&|bytes| bytes[4096..8192].fill(0xA5))),
        ("is empty", changed(&Vec::clear)),
        (
            "not written by Foramen",
            made(&|folder| {
                let other = Connection::open(folder.join(FILE)).unwrap();
                other.execute_batch("CREATE TABLE study (something TEXT)").unwrap();
            }),
        ),
        (
            "newer Foramen",
            made(&|folder| {
                filled(folder);
                make_newer(folder);
            }),
        ),
        ("is a folder, not a file", made(&|folder| fs::create_dir(folder.join(FILE)).unwrap())),
    ];
    #[cfg(unix)]
    all.extend([
        (
            "is a link that leads nowhere",
            made(&|folder| {
                std::os::unix::fs::symlink(folder.join("gone"), folder.join(FILE)).unwrap();
            }),
        ),
        (
            "is a pipe or device",
            made(&|folder| {
                let made = std::process::Command::new("mkfifo").arg(folder.join(FILE)).status().unwrap();
                assert!(made.success());
            }),
        ),
    ]);
    all
}

#[test]
fn who_only_reads_renames_nothing_and_takes_nothing_for_an_empty_list() {
    for (words, folder) in nothing_to_read() {
        let before = names(folder.path());
        let error = Library::read(folder.path()).expect_err(words);
        assert!(error.to_string().contains(words), "{words}: {error}");
        let after: Vec<String> = names(folder.path()).into_iter().filter(|name| !name.ends_with("-shm")).collect();
        assert_eq!(after, before, "{words}");
    }
    let nowhere = tempfile::tempdir().unwrap();
    assert!(Library::read(nowhere.path()).unwrap().is_none());
    assert!(Library::read(&nowhere.path().join("deeper")).unwrap().is_none());
    assert_eq!(names(nowhere.path()), [""; 0]);
}

#[test]
fn what_is_no_file_is_not_waited_for_and_not_replaced() {
    for (words, folder) in nothing_to_read() {
        if !words.starts_with("is a ") {
            continue;
        }
        let error = Library::open(folder.path()).expect_err(words);
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert!(!names(folder.path()).iter().any(|name| name.contains("damaged") || name == "gone"), "{words}");
    }
}

/// The program that wrote the file keeps using it.
#[test]
fn an_older_file_is_read_and_stays_of_its_version() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let version =
        |connection: &Connection| -> i32 { connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap() };
    let older = Connection::open(folder.path().join(FILE)).unwrap();
    let back = "DROP TABLE role_override; CREATE TABLE role_override (study INTEGER, series_uid TEXT, role TEXT);
                PRAGMA user_version = 2;";
    older.execute_batch(back).unwrap();
    let library = Library::read(folder.path()).unwrap().expect("a list");
    assert_eq!(library.entry(&"1.2".into()).unwrap().state, StudyState::Signed);
    assert_eq!(version(&older), 2);
}

#[test]
#[cfg(unix)]
fn a_list_on_a_disk_that_cannot_be_written_is_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    fs::set_permissions(folder.path().join(FILE), fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    let library = Library::read(folder.path());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(library.unwrap().expect("a list").entry(&"1.2".into()).unwrap().state, StudyState::Signed);
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
    assert!(
        matches!(error, LibraryError::Folder { .. }) && error.to_string().contains("cannot be stored in"),
        "{error}"
    );
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
                library.set_state(&uid.as_str().into(), StudyState::Reviewed).unwrap();
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
    assert_eq!((message, library.entry(&"1.2".into()).unwrap().state), (None, StudyState::Signed));
    half.rollback().unwrap();
    assert_eq!(library.entry(&"1.2".into()).unwrap().patient.name, "Doe^Jane");
}

#[test]
fn what_a_killed_program_leaves_behind_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path());
    let (mut library, _) = Library::open(folder.path()).unwrap();
    library.record(&study("1.4", "Roe^Mary", "8", ""), &StudySource::Demo).unwrap();
    // Enough for pages of an unfinished transaction to be in the journal.
    let mut other = Connection::open(folder.path().join(FILE)).unwrap();
    other.pragma_update(None, "cache_size", 2).unwrap();
    let half = other.transaction().unwrap();
    for n in 0..2000 {
        let sql = "INSERT INTO document (study, kind, text) VALUES (1, ?1, ?2)";
        half.execute(sql, (format!("kind {n}"), "x".repeat(500))).unwrap();
    }
    half.execute_batch("UPDATE study SET state = 0").unwrap();
    // The disk in its current state, as if both programs were killed now.
    let left = tempfile::tempdir().unwrap();
    for name in names(folder.path()).iter().filter(|name| !name.ends_with("-shm")) {
        fs::copy(folder.path().join(name), left.path().join(name)).unwrap();
    }
    let (library, message) = Library::open(left.path()).unwrap();
    assert_eq!((message, all(&library).len()), (None, 2));
    assert_eq!(library.entry(&"1.2".into()).unwrap().state, StudyState::Signed);
    let documents: i64 = library.connection.query_row("SELECT count(*) FROM document", [], |row| row.get(0)).unwrap();
    assert_eq!(documents, 0);
    drop(half);
}

/// A list whose last acts are in its journal, as a killed program leaves it.
fn killed() -> tempfile::TempDir {
    let (open, left) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(open.path());
    let (mut library, _) = Library::open(open.path()).unwrap();
    for uid in ["1.3", "1.4", "1.5"] {
        library.record(&study(uid, "Doe^Jane", "7", "20260102"), &StudySource::Demo).unwrap();
    }
    for name in names(open.path()) {
        fs::copy(open.path().join(&name), left.path().join(&name)).unwrap();
    }
    left
}

const JOURNAL: &str = "library.sqlite-wal";

fn contents(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let kept = names(folder).into_iter().filter(|name| !name.ends_with("-shm"));
    kept.map(|name| (name.clone(), fs::read(folder.join(name)).unwrap())).collect()
}

#[test]
fn who_reads_takes_the_journal_in_and_leaves_it_where_it_is() {
    let folder = killed();
    let before = contents(folder.path());
    assert!(before.iter().any(|(name, bytes)| name == JOURNAL && bytes.len() > 1000), "{:?}", names(folder.path()));
    let library = Library::read(folder.path()).unwrap().unwrap();
    assert_eq!(all(&library).len(), 4);
    drop(library);
    assert_eq!(contents(folder.path()), before);
}

/// SQLite silently takes what it can read of a journal for all of it, and deletes the rest.
#[test]
fn a_journal_that_is_damaged_or_alone_is_no_list_and_is_kept() {
    type Harm = fn(&Path);
    let harms: [(&str, Harm); 6] = [
        ("head", |folder| {
            let mut bytes = fs::read(folder.join(JOURNAL)).unwrap();
            bytes[..16].fill(0);
            fs::write(folder.join(JOURNAL), bytes).unwrap();
        }),
        ("first page", |folder| {
            let mut bytes = fs::read(folder.join(JOURNAL)).unwrap();
            bytes[32 + 24 + 100] ^= 0xff;
            fs::write(folder.join(JOURNAL), bytes).unwrap();
        }),
        ("cut", |folder| {
            let bytes = fs::read(folder.join(JOURNAL)).unwrap();
            fs::write(folder.join(JOURNAL), &bytes[..bytes.len() / 2]).unwrap();
        }),
        ("emptied", |folder| fs::write(folder.join(JOURNAL), [0; 10]).unwrap()),
        ("a folder", |folder| {
            fs::remove_file(folder.join(JOURNAL)).unwrap();
            fs::create_dir(folder.join(JOURNAL)).unwrap();
        }),
        ("alone", |folder| fs::remove_file(folder.join(FILE)).unwrap()),
    ];
    for (name, harm) in harms {
        let folder = killed();
        harm(folder.path());
        let before = names(folder.path());
        let read = Library::read(folder.path());
        assert!(matches!(read, Err(LibraryError::Unfit { .. } | LibraryError::Folder { .. })), "{name}");
        assert_eq!(names(folder.path()), before, "{name}");
    }
    // The window starts a new list, and the old one is kept intact next to it, with its journal.
    let folder = killed();
    harms[1].1(folder.path());
    let journal = fs::read(folder.path().join(JOURNAL)).unwrap();
    let (library, message) = Library::open(folder.path()).unwrap();
    assert!(all(&library).is_empty() && message.is_some_and(|text| text.contains("journal")));
    let kept = contents(folder.path()).into_iter().any(|(name, bytes)| name.contains("damaged") && bytes == journal);
    assert!(kept, "{:?}", names(folder.path()));
}

/// What another program is still writing at the end is not there yet: the last frame of a journal may be incomplete.
#[test]
fn a_journal_whose_last_frame_is_torn_is_read_up_to_it() {
    let folder = killed();
    fs::remove_file(folder.path().join("library.sqlite-shm")).unwrap();
    let path = folder.path().join(JOURNAL);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 50;
    bytes[last..].fill(0);
    fs::write(&path, bytes).unwrap();
    assert!(Library::read(folder.path()).unwrap().is_some());
}

#[test]
#[cfg(unix)]
fn a_folder_on_a_disk_that_is_not_there_is_not_taken_for_none() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("data");
    std::os::unix::fs::symlink("/nowhere/at/all", &link).unwrap();
    for at in [link.clone(), link.join("deep")] {
        assert!(matches!(Library::read(&at), Err(LibraryError::NotAFile { .. })), "{}", at.display());
    }
    assert!(Library::read(&folder.path().join("missing")).unwrap().is_none());
}
