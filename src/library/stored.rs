//! What is stored with a study: its state, the findings, the reader's marks, roles changed by hand.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use super::{Library, LibraryError, StudyState};
use crate::{grading::Role, study::SeriesKey, uid::StudyUid};

/// A text that is stored with a study. The list does not interpret it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Document {
    /// Measurements, notes and key images, as [`Markup::to_json`](crate::markup::Markup::to_json) writes them.
    Marks,
}

impl Document {
    const fn word(self) -> &'static str {
        match self {
            Self::Marks => "marks",
        }
    }
}

/// Roles that were changed by hand, by series; `None` is "not graded".
pub type RoleOverrides = BTreeMap<SeriesKey, Option<Role>>;

/// What is kept with a study.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stored {
    /// How far its reading is.
    pub state: StudyState,
    /// What was found, in a few words.
    pub findings: Option<String>,
    /// The text of [`Document::Marks`]; `None` if nothing is drawn.
    pub marks: Option<String>,
    /// Roles that were changed by hand; the others follow from the images.
    pub roles: RoleOverrides,
}

impl Library {
    /// All that is kept with a study.
    ///
    /// # Errors
    ///
    /// The study is not in the list, or the file cannot be read.
    pub fn stored(&self, uid: &StudyUid) -> Result<Stored, LibraryError> {
        let sql = "SELECT key, state, findings FROM study WHERE uid = ?1";
        let found = self.connection.query_row(sql, [uid], |row| {
            let stored =
                Stored { state: StudyState::of_number(row.get(1)?), findings: row.get(2)?, ..Stored::default() };
            Ok((row.get::<_, i64>(0)?, stored))
        });
        let (key, mut stored) = found.optional()?.ok_or(LibraryError::Unknown)?;
        let document = |kind: Document| {
            let sql = "SELECT text FROM document WHERE study = ?1 AND kind = ?2";
            self.connection.query_row(sql, params![key, kind.word()], |row| row.get::<_, String>(0)).optional()
        };
        stored.marks = document(Document::Marks)?;
        let mut statement =
            self.connection.prepare("SELECT series_uid, part, role FROM role_override WHERE study = ?1")?;
        let rows = statement.query_map([key], |row| {
            Ok((SeriesKey { uid: row.get(0)?, part: row.get(1)? }, row.get::<_, Option<String>>(2)?))
        })?;
        for row in rows {
            match row? {
                (series, None) => stored.roles.insert(series, None),
                // A role that this program does not know is ignored.
                (series, Some(word)) => word.parse().ok().and_then(|role| stored.roles.insert(series, Some(role))),
            };
        }
        Ok(stored)
    }

    /// Sets how far a study is, and returns how far it then is. What a person has reviewed or signed does not
    /// become [`StudyState::Graded`] again because the program graded it once more.
    ///
    /// # Errors
    ///
    /// The study is not in the list or its report is signed, or the file cannot be read or written, or another program
    /// holds it for longer than a few seconds.
    pub fn set_state(&mut self, uid: &StudyUid, state: StudyState) -> Result<StudyState, LibraryError> {
        if state < StudyState::Signed && state != StudyState::Graded && self.is_signed(uid)? {
            return Err(LibraryError::Signed);
        }
        self.change(uid, |transaction, key| {
            let sql = match state {
                StudyState::Graded => "UPDATE study SET state = max(state, ?2) WHERE key = ?1 RETURNING state",
                _ => "UPDATE study SET state = ?2 WHERE key = ?1 RETURNING state",
            };
            transaction.query_row(sql, params![key, state.number()], |row| row.get(0)).map(StudyState::of_number)
        })
    }

    /// Sets what was found, in a few words.
    ///
    /// # Errors
    ///
    /// The study is not in the list, or the file cannot be read or written, or another program holds it for longer
    /// than a few seconds.
    pub fn set_findings(&mut self, uid: &StudyUid, findings: Option<&str>) -> Result<(), LibraryError> {
        self.change(uid, |transaction, key| {
            transaction.execute("UPDATE study SET findings = ?2 WHERE key = ?1", params![key, findings]).map(drop)
        })
    }

    /// Keeps a text with a study in place of the one before; `None` removes it.
    ///
    /// # Errors
    ///
    /// The study is not in the list, or the file cannot be read or written, or another program holds it for longer
    /// than a few seconds.
    pub fn set_document(&mut self, uid: &StudyUid, kind: Document, text: Option<&str>) -> Result<(), LibraryError> {
        self.change(uid, |transaction, key| {
            let sql = match text {
                Some(_) => "INSERT OR REPLACE INTO document (study, kind, text) VALUES (?1, ?2, ?3)",
                None => "DELETE FROM document WHERE study = ?1 AND kind = ?2 AND ?3 IS NULL",
            };
            transaction.execute(sql, params![key, kind.word(), text]).map(drop)
        })
    }

    /// Remembers the role of a series that was changed by hand; `None` is "not graded".
    ///
    /// # Errors
    ///
    /// The study is not in the list, or the file cannot be read or written, or another program holds it for longer
    /// than a few seconds.
    pub fn set_role(&mut self, uid: &StudyUid, series: &SeriesKey, role: Option<Role>) -> Result<(), LibraryError> {
        self.change(uid, |transaction, key| {
            let sql = "INSERT OR REPLACE INTO role_override (study, series_uid, part, role) VALUES (?1, ?2, ?3, ?4)";
            let role = role.map(Role::word);
            transaction.execute(sql, params![key, series.uid, series.part, role]).map(drop)
        })
    }

    /// Removes a study and all that is kept with it from the list. Its images are not touched.
    ///
    /// # Errors
    ///
    /// The study is not in the list, or the file cannot be read or written, or another program holds it for longer
    /// than a few seconds.
    pub fn forget(&mut self, uid: &StudyUid) -> Result<(), LibraryError> {
        self.change(uid, |transaction, key| transaction.execute("DELETE FROM study WHERE key = ?1", [key]).map(drop))?;
        // What was deleted is overwritten in the file; this takes it out of the journal too. Another program that is
        // reading may delay this; then the next checkpoint does it.
        let _ = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        Ok(())
    }

    /// One change to one study, completely or not at all.
    pub(super) fn change<T>(
        &mut self,
        uid: &StudyUid,
        change: impl FnOnce(&Transaction<'_>, i64) -> rusqlite::Result<T>,
    ) -> Result<T, LibraryError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let key = transaction.query_row("SELECT key FROM study WHERE uid = ?1", [uid], |row| row.get(0)).optional()?;
        let changed = change(&transaction, key.ok_or(LibraryError::Unknown)?)?;
        transaction.commit()?;
        Ok(changed)
    }
}
