//! The RSNA 2024 submission: `row_id,normal_mild,moderate,severe`.

use crate::{
    grading::{GradeId, Prior, Probabilities},
    pipeline::GradedStudy,
    plain,
};

/// The column names of a submission.
pub const HEADER: [&str; 4] = ["row_id", "normal_mild", "moderate", "severe"];

/// `<study_id>_<condition>_<level>`.
pub fn row_id(study_uid: &str, id: GradeId) -> String {
    id.row_id(&plain::cell(study_uid))
}

/// 25 rows a study, none empty. The form has no word for "not assessed": where a study was assessed in part,
/// the rest is stated as the contest's prevalence (the caller says so); a study of which nothing was
/// assessed has no rows, for 25 invented numbers would look like a result.
///
/// ```
/// use foramen::{
///     cancel::Cancel,
///     detector::ModelSet,
///     grading::{Assessment, GradeTable, Prior},
///     output,
///     pipeline::{self, GradeOptions},
///     study::Study,
/// };
///
/// // A study as the pipeline returns it, here without images, and the rows of another program.
/// let study = Study { uid: "4003253".into(), ..Study::default() };
/// let (models, options) = (ModelSet::default(), GradeOptions::default());
/// let mut graded = pipeline::grade(&study, &models, &options, &Cancel::default(), &|_| ())?;
/// let prior = Prior::default();
/// graded.table = GradeTable::from_fn(|id| Assessment::Prior { probabilities: prior.of(id) });
///
/// let csv = String::from_utf8(output::csv_bytes(&[graded]))?;
/// let lines: Vec<&str> = csv.lines().collect();
/// assert_eq!(lines.len(), 26);
/// assert_eq!(lines[0], "row_id,normal_mild,moderate,severe");
/// assert!(lines[1].starts_with("4003253_left_neural_foraminal_narrowing_l1_l2,0.9"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn csv_bytes(studies: &[GradedStudy]) -> Vec<u8> {
    let prior = Prior::default();
    let assessed = studies.iter().filter(|study| study.table.is_assessed());
    write(assessed.flat_map(|study| {
        let rows = study.table.rows().iter();
        rows.map(|row| {
            (row_id(study.study_uid.as_str(), row.id), row.probabilities().unwrap_or_else(|| prior.of(row.id)))
        })
    }))
}

/// A file of rows with their probabilities.
pub fn write(rows: impl Iterator<Item = (String, Probabilities)>) -> Vec<u8> {
    rows_bytes(rows.map(|(id, probabilities)| (id, probabilities.as_array())))
}

/// A file of any rows: row id and the three numbers, mildest first.
pub fn rows_bytes(rows: impl Iterator<Item = (String, [f32; 3])>) -> Vec<u8> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let records = rows.map(|(id, [a, b, c])| [id, a.to_string(), b.to_string(), c.to_string()]);
    for record in std::iter::once(HEADER.map(str::to_owned)).chain(records) {
        // Writing to memory does not fail, and every record has four fields.
        let _ = writer.write_record(record);
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::{Assessment, Condition, GradeTable};

    #[test]
    fn a_partly_assessed_study_has_25_full_rows_and_an_unassessed_one_none() {
        let none = || Assessment::NotAssessed { reason: "no series".into() };
        let partly = GradeTable::from_fn(|id| match id.condition() {
            Condition::SpinalCanalStenosis => Assessment::Prior { probabilities: Prior::default().of(id) },
            _ => none(),
        });
        let bytes = csv_bytes(&[
            GradedStudy::of_table("1", partly),
            GradedStudy::of_table("2", GradeTable::from_fn(|_| none())),
        ]);
        let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().unwrap(), &HEADER[..]);
        let rows: Vec<(String, f64, f64, f64)> = reader.deserialize().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 25);
        assert_eq!(rows[0].0, "1_left_neural_foraminal_narrowing_l1_l2");
        assert!(rows.iter().all(|r| (r.1 + r.2 + r.3 - 1.0).abs() < 1e-5));
    }
}
