//! The audit trail of each study's review: acts are read, and added at the end.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{Library, LibraryError, Moment, StudyState};
use crate::{
    review::{Act, Draft, Refusal, Review},
    uid::StudyUid,
};

/// The outcome of adding an act.
#[derive(Debug, Clone, PartialEq)]
pub struct Appended {
    /// The acts added since the last one that the caller knew: those of others, and ours at the end unless it was
    /// refused.
    pub news: Vec<Act>,
    /// Why ours is not among them.
    pub refusal: Option<Refusal>,
    /// The state of the study now.
    pub state: StudyState,
}

/// A row as SQLite has it.
struct Row {
    seq: i64,
    who: String,
    moment: i64,
    program: String,
    models: String,
    change: String,
    undoes: Option<i64>,
}

impl Library {
    /// The trail of a study after an act; 0 for all of it.
    ///
    /// # Errors
    ///
    /// The study is not in the list, an act is of a newer program, or the file cannot be read or written, or another
    /// program holds it for longer than a few seconds.
    pub fn acts(&self, uid: &StudyUid, after: u64) -> Result<Vec<Act>, LibraryError> {
        let sql = "SELECT key FROM study WHERE uid = ?1";
        let key = self.connection.query_row(sql, [uid], |row| row.get(0)).optional()?;
        read(&self.connection, key.ok_or(LibraryError::Unknown)?, after)
    }

    /// Adds an act at the end of the trail, if it fits what is there: a writer can't overwrite changes it hasn't read.
    /// `after` is the last act that the caller knows.
    ///
    /// # Errors
    ///
    /// The study is not in the list, or the file cannot be read or written, or another program holds it for longer
    /// than a few seconds. An act that does not fit is a [`refusal`](Appended::refusal), not an error.
    pub fn append(&mut self, uid: &StudyUid, draft: Draft, after: u64) -> Result<Appended, LibraryError> {
        // Read and written in one transaction, so that no other writer comes between.
        self.change(uid, |transaction, key| Ok(append(transaction, key, draft, after)))?
    }

    /// Whether a person has signed the report.
    pub(super) fn is_signed(&self, uid: &StudyUid) -> Result<bool, LibraryError> {
        let sql = "SELECT what FROM act WHERE study = (SELECT key FROM study WHERE uid = ?1) \
                   AND what IN ('sign_off', 'reopen') ORDER BY seq DESC LIMIT 1";
        let last = self.connection.query_row(sql, [uid], |row| row.get::<_, String>(0)).optional()?;
        Ok(last.as_deref() == Some("sign_off"))
    }
}

fn read(connection: &Connection, key: i64, after: u64) -> Result<Vec<Act>, LibraryError> {
    let sql =
        "SELECT seq, who, moment, program, models, change, undoes FROM act WHERE study = ?1 AND seq > ?2 ORDER BY seq";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(params![key, after as i64], |row| {
        Ok(Row {
            seq: row.get(0)?,
            who: row.get(1)?,
            moment: row.get(2)?,
            program: row.get(3)?,
            models: row.get(4)?,
            change: row.get(5)?,
            undoes: row.get(6)?,
        })
    })?;
    rows.map(|row| act(row?)).collect()
}

fn act(row: Row) -> Result<Act, LibraryError> {
    let seq = row.seq as u64;
    let unreadable = |source| LibraryError::Act { seq, source };
    Ok(Act {
        seq,
        draft: Draft {
            who: row.who,
            when: Moment(row.moment),
            program: row.program,
            models: serde_json::from_str(&row.models).map_err(unreadable)?,
            change: serde_json::from_str(&row.change).map_err(unreadable)?,
            undoes: row.undoes.map(|seq| seq as u64),
        },
    })
}

fn append(transaction: &Transaction, key: i64, draft: Draft, after: u64) -> Result<Appended, LibraryError> {
    let mut review = Review::from_acts(read(transaction, key, 0)?);
    let refusal = review.check(&draft.who, &draft.change).err();
    if refusal.is_none() {
        let act = draft.at(review.last_seq() + 1);
        write(transaction, key, &act)?;
        review.follow(act);
        let sql = "UPDATE study SET state = ?2 WHERE key = ?1";
        transaction.execute(sql, params![key, state_of(&review).number()])?;
    }
    let sql = "SELECT state FROM study WHERE key = ?1";
    let state = StudyState::of_number(transaction.query_row(sql, [key], |row| row.get(0))?);
    let news = review.acts().iter().filter(|act| act.seq > after).cloned().collect();
    Ok(Appended { news, refusal, state })
}

fn write(transaction: &Transaction, key: i64, act: &Act) -> Result<(), LibraryError> {
    let json = |source| LibraryError::Act { seq: act.seq, source };
    let models = serde_json::to_string(&act.draft.models).map_err(json)?;
    let change = serde_json::to_string(&act.draft.change).map_err(json)?;
    transaction.execute(
        "INSERT INTO act (study, seq, who, moment, program, models, what, change, undoes) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            key,
            act.seq as i64,
            act.draft.who,
            act.draft.when.0,
            act.draft.program,
            models,
            act.draft.change.word(),
            change,
            act.draft.undoes.map(|seq| seq as i64)
        ],
    )?;
    Ok(())
}

/// The state of a study with this review.
fn state_of(review: &Review) -> StudyState {
    match (review.signature(), review.decided()) {
        (Some(_), _) => StudyState::Signed,
        (None, 25) => StudyState::Reviewed,
        (None, _) => StudyState::Graded,
    }
}
