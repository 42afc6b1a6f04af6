//! Queries: by words and states, and for other studies of a patient.

use std::collections::BTreeSet;

use rusqlite::{Row, ToSql, params_from_iter};

use super::{Entry, Library, LibraryError, Moment, Place, StudyState, Summary, entry::date_digits, fold::fold};
use crate::{study::Patient, uid::StudyUid};

/// Further words are ignored: nobody types that many.
const MOST_WORDS: usize = 32;

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// [`Entry::state`]: unread, graded, reviewed, signed.
    State,
    /// Name of the patient, without case and accents.
    Name,
    /// `PatientID`, letter by letter.
    PatientId,
    /// `StudyDate`, by its digits.
    StudyDate,
    /// `StudyDescription`, letter by letter.
    Description,
    /// How many images the study has.
    Images,
    /// The path that it was opened from.
    Place,
    /// When it was opened last.
    #[default]
    LastOpened,
}

impl Order {
    const fn column(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Name => "name_text",
            Self::PatientId => "patient_id",
            Self::StudyDate => "date_digits",
            Self::Description => "description",
            Self::Images => "images",
            Self::Place => "place",
            Self::LastOpened => "last_opened",
        }
    }
}

/// A query to the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Every word must be in the name, the id, the description or the date of a study; case and accents do not
    /// matter. `2026`, `2026-01`, `2026-01-02` and `20260102` are dates too.
    pub text: String,
    /// Only these states; every state if empty.
    pub states: BTreeSet<StudyState>,
    /// The column that entries are sorted by.
    pub order: Order,
    /// Ascending: small to large, A to Z, old to new; descending if not set.
    pub ascending: bool,
    /// At most so many entries; all of them if `None`.
    pub limit: Option<usize>,
}

/// Studies that answer a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// In the order asked for.
    pub entries: Vec<Entry>,
    /// How many studies the list has in total.
    pub known: usize,
}

const COLUMNS: &str = "uid, patient_name, patient_id, birth_date, sex, date, description, series, images, modalities, \
    roles, place, state, findings, first_seen, last_opened";

impl Library {
    /// The studies that answer a query.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn list(&self, query: &Query) -> Result<Listing, LibraryError> {
        let mut values: Vec<Box<dyn ToSql>> = Vec::new();
        let mut place = |value: Box<dyn ToSql>| {
            values.push(value);
            format!("?{}", values.len())
        };
        let mut conditions = vec!["1".to_owned()];
        for word in fold(&query.text).split_whitespace().take(MOST_WORDS) {
            let in_text = format!("instr(search_text, {}) > 0", place(Box::new(word.to_owned())));
            conditions.push(match date_prefix(word) {
                Some(date) => {
                    format!("({in_text} OR substr(date_digits, 1, {}) = {})", date.len(), place(Box::new(date)))
                }
                None => in_text,
            });
        }
        if !query.states.is_empty() {
            let states: Vec<String> = query.states.iter().map(|s| place(Box::new(s.number()))).collect();
            conditions.push(format!("state IN ({})", states.join(", ")));
        }
        let limit = query.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1));
        let direction = if query.ascending { "ASC" } else { "DESC" };
        let sql = format!(
            "SELECT {COLUMNS} FROM study WHERE {} ORDER BY {} {direction}, last_opened DESC, key DESC LIMIT {}",
            conditions.join(" AND "),
            query.order.column(),
            place(Box::new(limit)),
        );
        let entries = self.entries(&sql, &values)?;
        let known: i64 = self.connection.query_row("SELECT count(*) FROM study", [], |row| row.get(0))?;
        Ok(Listing { entries, known: usize::try_from(known).unwrap_or_default() })
    }

    /// The entry of one study.
    ///
    /// # Errors
    ///
    /// The study is not in the list, or the file cannot be read.
    pub fn entry(&self, uid: &StudyUid) -> Result<Entry, LibraryError> {
        let sql = format!("SELECT {COLUMNS} FROM study WHERE uid = ?1");
        self.entries(&sql, &[Box::new(uid.clone())])?.pop().ok_or(LibraryError::Unknown)
    }

    /// Other studies of the same patient, newest first: with the same id, and the same name or date of birth besides.
    /// A name or date that is missing says nothing: ids like `ANON` are of many patients.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn priors(&self, uid: &StudyUid) -> Result<Vec<Entry>, LibraryError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM study WHERE uid <> ?1 AND EXISTS (
                SELECT 1 FROM study AS this WHERE this.uid = ?1
                AND this.patient_id <> '' AND this.patient_id = study.patient_id
                AND ((this.name_text <> '' AND this.name_text = study.name_text)
                    OR (this.birth_date <> '' AND this.birth_date = study.birth_date))
            ) ORDER BY date_digits DESC, last_opened DESC, key DESC"
        );
        self.entries(&sql, &[Box::new(uid.clone())])
    }

    fn entries(&self, sql: &str, values: &[Box<dyn ToSql>]) -> Result<Vec<Entry>, LibraryError> {
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map(params_from_iter(values), entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let words = |text: String| text.split('\\').filter(|w| !w.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let count = |number: i64| usize::try_from(number).unwrap_or_default();
    Ok(Entry {
        uid: row.get("uid")?,
        patient: Patient {
            name: row.get("patient_name")?,
            id: row.get("patient_id")?,
            birth_date: row.get("birth_date")?,
            sex: row.get("sex")?,
            issuer: String::new(),
        },
        date: row.get("date")?,
        description: row.get("description")?,
        summary: Summary {
            series: count(row.get("series")?),
            images: count(row.get("images")?),
            modalities: words(row.get("modalities")?),
            roles: words(row.get("roles")?).iter().filter_map(|word| word.parse().ok()).collect(),
        },
        place: Place::from_json(&row.get::<_, String>("place")?),
        state: StudyState::of_number(row.get("state")?),
        findings: row.get("findings")?,
        first_seen: Moment(row.get("first_seen")?),
        last_opened: Moment(row.get("last_opened")?),
    })
}

/// The leading digits of a date: a year, a month or a day. None if the word is not a date.
fn date_prefix(word: &str) -> Option<String> {
    let parts: Vec<&str> = word.split(['-', '.', '/']).collect();
    let is_number = |part: &str, digits: usize| part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
    match parts.as_slice() {
        [day] if is_number(day, 8) => Some(date_digits(day)),
        [year] if is_number(year, 4) => Some((*year).to_owned()),
        [year, month] if is_number(year, 4) && is_number(month, 2) => Some(parts.concat()),
        [year, month, day] if is_number(year, 4) && is_number(month, 2) && is_number(day, 2) => Some(parts.concat()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::date_prefix;

    #[test]
    fn dates_are_read_in_four_forms() {
        for (word, digits) in [
            ("2026", "2026"),
            ("2026-01", "202601"),
            ("2026-01-02", "20260102"),
            ("2026.01.02", "20260102"),
            ("20260102", "20260102"),
        ] {
            assert_eq!(date_prefix(word).as_deref(), Some(digits));
        }
        for word in ["", "202", "2026-1", "2026-", "202601", "2026-01-02-03", "20x6", "anna"] {
            assert_eq!(date_prefix(word), None, "{word}");
        }
    }
}
