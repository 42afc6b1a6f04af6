//! `train_label_coordinates.csv`: where graders put their points. A data set needs more of it than this, and says
//! more of what it leaves out; here a row is read or listed.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

use crate::grading::GradeId;

/// A grader's point on one image.
pub struct Point {
    pub study: String,
    pub series: String,
    /// `InstanceNumber`.
    pub instance: i32,
    pub id: GradeId,
    /// Column and row in pixels, whose centres are whole numbers.
    pub x: f64,
    pub y: f64,
}

#[derive(Deserialize)]
struct Row {
    study_id: String,
    series_id: String,
    /// Tables that went through pandas say 12.0.
    instance_number: f64,
    condition: String,
    level: String,
    x: f64,
    y: f64,
}

/// The points, and the rows that are none.
pub fn read(file: &Path) -> anyhow::Result<(Vec<Point>, Vec<String>)> {
    let named = || format!("{}: cannot be read", file.display());
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(file).with_context(named)?;
    let headers = reader.headers().with_context(named)?.clone();
    for column in ["study_id", "series_id", "instance_number", "condition", "level", "x", "y"] {
        if !headers.iter().any(|h| h == column) {
            let found = headers.iter().collect::<Vec<_>>().join(", ");
            return Err(anyhow::anyhow!("{}: it has no column {column}; columns found: {found}", file.display()));
        }
    }
    let (mut points, mut skipped) = (Vec::new(), Vec::new());
    for (index, row) in reader.deserialize::<Row>().enumerate() {
        match row.map_err(|e| e.to_string()).and_then(point) {
            Ok(point) => points.push(point),
            Err(problem) => skipped.push(format!("row {}: {problem}", index + 1)),
        }
    }
    Ok((points, skipped))
}

fn point(row: Row) -> Result<Point, String> {
    let Row { study_id: study, series_id: series, instance_number, condition, level, x, y } = row;
    let id = format!("{condition} {level}").parse().map_err(|e: crate::grading::ParseGradeIdError| e.to_string())?;
    if !(x.is_finite() && y.is_finite() && instance_number.is_finite()) {
        return Err(format!("image {instance_number}, x {x} and y {y} are no place"));
    }
    Ok(Point { study, series, instance: instance_number as i32, id, x, y })
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
