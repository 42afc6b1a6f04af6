//! The RSNA 2024 submission: `row_id,normal_mild,moderate,severe`.

use crate::{
    grading::{GradeId, Prior},
    pipeline::GradedStudy,
};

/// The head of the file.
pub const HEADER: [&str; 4] = ["row_id", "normal_mild", "moderate", "severe"];

/// `<study_id>_<condition>_<level>`.
pub fn row_id(study_uid: &str, id: GradeId) -> String {
    format!("{study_uid}_{id}")
}

/// 25 rows a study, none empty. The form has no word for "not assessed": where a study was assessed in part,
/// the rest is stated as the contest's prevalence (the caller says so); a study of which nothing was
/// assessed has no rows, for 25 invented numbers would look like a result.
pub fn csv_bytes(studies: &[GradedStudy]) -> Vec<u8> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let mut records = vec![HEADER.map(str::to_owned)];
    let prior = Prior::default();
    for study in studies.iter().filter(|s| s.table.is_assessed()) {
        for row in study.table.rows() {
            let [a, b, c] = row.probabilities().unwrap_or_else(|| prior.of(row.id)).as_array();
            records.push([row_id(&study.study_uid, row.id), a.to_string(), b.to_string(), c.to_string()]);
        }
    }
    for record in records {
        // Writing to memory does not fail, and every record has four fields.
        let _ = writer.write_record(record);
    }
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::{Assessment, Condition, GradeTable};
    use std::collections::BTreeMap;

    fn study(uid: &str, table: GradeTable) -> GradedStudy {
        GradedStudy {
            aggregate: crate::grading::Aggregate::Max,
            calibrated: false,
            floor: 0.01,
            levels: [None; 5],
            study_uid: uid.into(),
            table,
            detections: vec![],
            planes: BTreeMap::new(),
            models: vec![],
            warnings: vec![],
            issues: vec![],
        }
    }

    #[test]
    fn a_partly_assessed_study_has_25_full_rows_and_an_unassessed_one_none() {
        let none = || Assessment::NotAssessed { reason: "no series".into() };
        let partly = GradeTable::from_fn(|id| match id.condition() {
            Condition::SpinalCanalStenosis => Assessment::Prior { probabilities: Prior::default().of(id) },
            _ => none(),
        });
        let bytes = csv_bytes(&[study("1", partly), study("2", GradeTable::from_fn(|_| none()))]);
        let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(reader.headers().unwrap(), &HEADER[..]);
        let rows: Vec<(String, f64, f64, f64)> = reader.deserialize().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 25);
        assert_eq!(rows[0].0, "1_left_neural_foraminal_narrowing_l1_l2");
        assert!(rows.iter().all(|r| (r.1 + r.2 + r.3 - 1.0).abs() < 1e-5));
    }
}
