//! The tables, and migrations of older files.

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

/// In the header of the file: distinguishes ours from other SQLite files. `FRMN`.
pub const APPLICATION_ID: i32 = 0x4652_4d4e;

/// Step n makes a file of version n into one of version n + 1. Never changed once released: only added to.
const STEPS: &[&str] = &[
    "
    CREATE TABLE study (
        key          INTEGER PRIMARY KEY,
        uid          TEXT NOT NULL UNIQUE,
        patient_name TEXT NOT NULL,
        patient_id   TEXT NOT NULL,
        birth_date   TEXT NOT NULL,
        sex          TEXT NOT NULL,
        date         TEXT NOT NULL,
        description  TEXT NOT NULL,
        -- The name, and all that is searched, as fold() leaves it; the date as eight digits.
        name_text    TEXT NOT NULL,
        search_text  TEXT NOT NULL,
        date_digits  TEXT NOT NULL,
        series       INTEGER NOT NULL,
        images       INTEGER NOT NULL,
        modalities   TEXT NOT NULL,
        roles        TEXT NOT NULL,
        place        TEXT NOT NULL,
        state        INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 3),
        findings     TEXT,
        first_seen   INTEGER NOT NULL,
        last_opened  INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX study_by_patient ON study (patient_id);
    CREATE INDEX study_by_opening ON study (last_opened);
    CREATE TABLE document (
        study INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
        kind  TEXT NOT NULL,
        text  TEXT NOT NULL,
        PRIMARY KEY (study, kind)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE role_override (
        study      INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
        series_uid TEXT NOT NULL,
        -- NULL: not graded.
        role       TEXT,
        PRIMARY KEY (study, series_uid)
    ) STRICT, WITHOUT ROWID;
",
    "
    -- The audit trail: who did what to a review, and when. Acts are added, never changed, and go only with their study.
    CREATE TABLE act (
        study   INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
        seq     INTEGER NOT NULL CHECK (seq > 0),
        who     TEXT NOT NULL,
        -- Milliseconds since 1970, UTC.
        moment  INTEGER NOT NULL,
        program TEXT NOT NULL,
        -- Each model and its SHA-256, as a JSON list.
        models  TEXT NOT NULL,
        what    TEXT NOT NULL,
        -- What it is about, what was there before, and since, as JSON.
        change  TEXT NOT NULL,
        undoes  INTEGER,
        PRIMARY KEY (study, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER act_never_changes BEFORE UPDATE ON act BEGIN
        SELECT RAISE(ABORT, 'acts of the audit trail are never changed');
    END;
    CREATE TRIGGER act_never_leaves BEFORE DELETE ON act
        WHEN EXISTS (SELECT 1 FROM study WHERE key = old.study) BEGIN
        SELECT RAISE(ABORT, 'acts of the audit trail are never deleted');
    END;
",
    "
    -- Files of one SeriesInstanceUID may be several series; each has a role of its own.
    CREATE TABLE role_of_part (
        study      INTEGER NOT NULL REFERENCES study ON DELETE CASCADE,
        series_uid TEXT NOT NULL,
        -- What sets the series apart from others of its UID; empty where there are none.
        part       TEXT NOT NULL,
        -- NULL: not graded.
        role       TEXT,
        PRIMARY KEY (study, series_uid, part)
    ) STRICT, WITHOUT ROWID;
    INSERT INTO role_of_part SELECT study, series_uid, '', role FROM role_override;
    DROP TABLE role_override;
    ALTER TABLE role_of_part RENAME TO role_override;
",
];

/// The version that this program writes.
pub const VERSION: i32 = STEPS.len() as i32;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing in it yet.
    Empty,
    /// Ours, with its version.
    Ours(i32),
    /// SQLite, of another program.
    Foreign,
}

/// What a file is.
pub fn kind(connection: &Connection) -> rusqlite::Result<Kind> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i32>(0));
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(match (pragma("application_id")?, tables) {
        (APPLICATION_ID, 1..) => Kind::Ours(pragma("user_version")?),
        (0 | APPLICATION_ID, 0) => Kind::Empty,
        _ => Kind::Foreign,
    })
}

/// Whether SQLite finds its pages intact, and its indexes consistent with its tables.
pub fn is_sound(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("PRAGMA integrity_check(1)", [], |row| Ok(row.get::<_, String>(0)? == "ok"))
}

/// Whether SQLite says that a file is not what it should be.
pub fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

/// Whether SQLite says that its tables differ from what the statement expects.
pub fn is_wrong(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqlInputError { .. }) || error.sqlite_error_code() == Some(ErrorCode::Unknown)
}

/// Migrates a file that is empty or ours to the current version, in one transaction.
pub fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    // Nothing to write, so there is no need to wait for another program that is writing.
    if kind(connection)? == Kind::Ours(VERSION) {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Checked inside the transaction, because another program may have done it while we waited.
    let from = match kind(&transaction)? {
        Kind::Ours(version) => usize::try_from(version).unwrap_or_default(),
        Kind::Empty | Kind::Foreign => 0,
    };
    if from < STEPS.len() {
        for step in &STEPS[from..] {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()
}

/// Fails if a table or column of the current version is missing.
pub fn check(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare("SELECT key, uid, name_text, search_text, date_digits, place, state, last_opened FROM study")?;
    connection.prepare("SELECT study, kind, text FROM document")?;
    connection.prepare("SELECT study, series_uid, part, role FROM role_override")?;
    connection.prepare("SELECT study, seq, who, moment, program, models, what, change, undoes FROM act")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A list from an older program: roles that were chosen by hand are kept.
    #[test]
    fn roles_of_an_older_list_are_those_of_whole_series() {
        let mut connection = Connection::open_in_memory().unwrap();
        for step in &STEPS[..2] {
            connection.execute_batch(step).unwrap();
        }
        let columns = "key, uid, patient_name, patient_id, birth_date, sex, date, description, name_text, search_text, \
                       date_digits, series, images, modalities, roles, place, first_seen, last_opened";
        let study = format!(
            "INSERT INTO study ({columns}) VALUES (7, '1.2', '', '', '', '', '', '', '', '', '', 0, 0, '', '', '', 0, 0);
             INSERT INTO role_override VALUES (7, '1.2.1', 'scs'), (7, '1.2.2', NULL);"
        );
        connection.execute_batch(&study).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        connection.pragma_update(None, "user_version", 2).unwrap();
        migrate(&mut connection).unwrap();
        check(&connection).unwrap();
        let mut statement = connection.prepare("SELECT series_uid, part, role FROM role_override").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let rows: Vec<(String, String, Option<String>)> = rows.collect::<Result<_, _>>().unwrap();
        assert_eq!(rows, [("1.2.1".into(), String::new(), Some("scs".into())), ("1.2.2".into(), String::new(), None)]);
    }
}
