//! An opened study is added to the list, or found there again.

use rusqlite::{OptionalExtension, TransactionBehavior, named_params, params};

use super::{
    Library, LibraryError, Moment, Place, StudySource, Summary, entry::date_digits, fold::fold, moved, moved::Move,
};
use crate::{study::Study, uid::StudyUid};

/// The outcome of recording an opened study.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Other studies (by uid) that were lost and found again: they moved with this one.
    pub found_again: Vec<StudyUid>,
}

impl Library {
    /// Enters a study, or meets it again: its state and all that is kept with it stay, wherever it lies now. When it
    /// lay somewhere else before, other studies that moved with it are found again too.
    ///
    /// # Errors
    ///
    /// The study has no UID, or the file cannot be read or written, or another program holds it for longer than a few
    /// seconds.
    pub fn record(&mut self, study: &Study, source: &StudySource) -> Result<Recorded, LibraryError> {
        if study.uid.is_missing() {
            return Err(LibraryError::NoUid);
        }
        let place = Place::of(study, source);
        let summary = Summary::of(study);
        let before = self.before(&study.uid)?;
        // Opening a part of a study on its own does not replace the place of the whole study.
        if let Some((old, images)) = &before
            && *images > summary.images
            && *old != place
            && old.is_there()
        {
            let sql = "UPDATE study SET last_opened = ?2 WHERE uid = ?1";
            self.connection.execute(sql, params![study.uid, Moment::now().0])?;
            return Ok(Recorded::default());
        }
        self.write(study, &place, &summary)?;
        let moves = before.as_ref().map(|(old, _)| moved::moves(old, &place)).unwrap_or_default();
        Ok(Recorded { found_again: self.follow(&moves)? })
    }

    /// Where a study was, and how many images it had.
    fn before(&self, uid: &StudyUid) -> Result<Option<(Place, usize)>, LibraryError> {
        let sql = "SELECT place, images FROM study WHERE uid = ?1";
        let found = self.connection.query_row(sql, [uid], |row| {
            let images: i64 = row.get(1)?;
            Ok((Place::from_json(&row.get::<_, String>(0)?), usize::try_from(images).unwrap_or_default()))
        });
        Ok(found.optional()?)
    }

    fn write(&self, study: &Study, place: &Place, summary: &Summary) -> Result<(), LibraryError> {
        let patient = &study.patient;
        let roles: Vec<&str> = summary.roles.iter().map(|role| role.word()).collect();
        // A search word never matches across two texts, because there is a line break between them.
        let search_text = [&patient.name, &patient.id, &study.description].map(|text| fold(text)).join("\n");
        self.connection.execute(
            "INSERT INTO study (uid, patient_name, patient_id, birth_date, sex, date, description, name_text,
                search_text, date_digits, series, images, modalities, roles, place, first_seen, last_opened)
            VALUES (:uid, :patient_name, :patient_id, :birth_date, :sex, :date, :description, :name_text,
                :search_text, :date_digits, :series, :images, :modalities, :roles, :place, :now, :now)
            ON CONFLICT (uid) DO UPDATE SET patient_name = excluded.patient_name, patient_id = excluded.patient_id,
                birth_date = excluded.birth_date, sex = excluded.sex, date = excluded.date,
                description = excluded.description, name_text = excluded.name_text,
                search_text = excluded.search_text, date_digits = excluded.date_digits, series = excluded.series,
                images = excluded.images, modalities = excluded.modalities, roles = excluded.roles,
                place = excluded.place, last_opened = excluded.last_opened",
            named_params! {
                ":uid": study.uid, ":patient_name": patient.name, ":patient_id": patient.id,
                ":birth_date": patient.birth_date, ":sex": patient.sex, ":date": study.date,
                ":description": study.description, ":name_text": fold(&patient.name), ":search_text": search_text,
                ":date_digits": date_digits(&study.date), ":series": summary.series as i64,
                ":images": summary.images as i64, ":modalities": summary.modalities.join("\\"),
                ":roles": roles.join("\\"), ":place": place.to_json()?, ":now": Moment::now().0,
            },
        )?;
        Ok(())
    }

    /// Finds other studies that moved the same way.
    fn follow(&mut self, moves: &[Move]) -> Result<Vec<StudyUid>, LibraryError> {
        if moves.is_empty() {
            return Ok(Vec::new());
        }
        // The disk may be slow, so it is accessed before the file is locked for writing.
        let moved: Vec<(StudyUid, String, String)> = {
            let mut statement = self.connection.prepare("SELECT uid, place FROM study")?;
            let rows = statement.query_map([], |row| Ok((row.get::<_, StudyUid>(0)?, row.get::<_, String>(1)?)))?;
            let rows: Vec<(StudyUid, String)> = rows.collect::<Result<_, _>>()?;
            let new = |old: &str| moves.iter().find_map(|moved| moved.follow(&Place::from_json(old)));
            rows.into_iter()
                .filter_map(|(uid, old)| Some(new(&old)?.to_json().map(|new| (uid, new, old))))
                .collect::<Result<_, _>>()?
        };
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut found_again = Vec::new();
        for (uid, new, old) in moved {
            // Unless another program has found it in the meantime.
            let sql = "UPDATE study SET place = ?2 WHERE uid = ?1 AND place = ?3";
            if transaction.execute(sql, params![uid, new, old])? > 0 {
                found_again.push(uid);
            }
        }
        transaction.commit()?;
        Ok(found_again)
    }
}
