//! `train_label_coordinates.csv`: where graders put their points. Every row is either read or listed.

use std::path::Path;

use crate::dataset::{self, LabelError, Point};

/// The points, and the rows that could not be read.
pub fn read(file: &Path) -> Result<(Vec<Point>, Vec<String>), LabelError> {
    let (mut points, mut skipped) = (Vec::new(), Vec::new());
    for (index, row) in dataset::point_rows(file)?.into_iter().enumerate() {
        match row {
            Ok(point) => points.push(point),
            Err(bad) => skipped.push(format!("row {}: {}", index + 1, bad.problem)),
        }
    }
    Ok((points, skipped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_in_either_spelling_or_listed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("points.csv");
        let head = "study_id,series_id,instance_number,condition,level,x,y\n";
        let rows = "1,2,3.0,Left Neural Foraminal Narrowing,L4/L5,10.5,20\n1,2,3,spinal_canal_stenosis,l4_l5,nan,20\n1,2,3,Spinal,L4/L5,1,2\n";
        std::fs::write(&file, format!("{head}{rows}")).unwrap();
        let (points, skipped) = read(&file).unwrap();
        assert_eq!((points.len(), points[0].instance), (1, 3));
        assert_eq!(points[0].id.to_string(), "left_neural_foraminal_narrowing_l4_l5");
        assert!(skipped[0].starts_with("row 2") && skipped[1].starts_with("row 3"), "{skipped:?}");
        std::fs::write(&file, "study_id,x\n").unwrap();
        assert!(format!("{:#}", read(&file).err().unwrap()).contains("no column series_id"));
    }
}
