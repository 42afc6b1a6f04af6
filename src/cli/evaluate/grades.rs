//! The part of the JSON of `foramen grade` that localisation needs. Unknown keys are allowed.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, anyhow};
use glam::DVec3;
use serde::Deserialize;

use crate::files;
use crate::grading::{Condition, GradeId, Level, Severity, Side};

/// Where Foramen found its evidence, by study.
pub type Places = BTreeMap<String, StudyPlaces>;

/// For one study.
#[derive(Debug, Default)]
pub struct StudyPlaces {
    /// Centre of each row's key evidence, LPS, mm.
    pub rows: BTreeMap<GradeId, DVec3>,
    /// Estimated points of the levels; `None` if the file has no such key.
    pub levels: Option<BTreeMap<Level, DVec3>>,
}

#[derive(Deserialize)]
struct Document {
    studies: Vec<StudyForm>,
}

#[derive(Deserialize)]
struct StudyForm {
    study_uid: String,
    grades: Vec<RowForm>,
    levels: Option<Vec<LevelForm>>,
}

#[derive(Deserialize)]
struct RowForm {
    condition: Condition,
    side: Option<Side>,
    level: Level,
    scores: Option<Scores>,
    evidence: Vec<EvidenceForm>,
}

#[derive(Deserialize)]
struct Scores {
    normal_mild: f32,
    moderate: f32,
    severe: f32,
}

#[derive(Deserialize)]
struct EvidenceForm {
    severity: Severity,
    box_patient_mm: Option<[[f64; 3]; 4]>,
}

#[derive(Deserialize)]
struct LevelForm {
    level: Level,
    patient_mm: Option<[f64; 3]>,
}

/// Reads a file of `foramen grade --format json`.
pub fn read(file: &Path) -> anyhow::Result<Places> {
    let text =
        files::read_text(file, files::MOST_OF_TABLE).with_context(|| format!("{}: cannot be read", file.display()))?;
    let document: Document = serde_json::from_str(&text)
        .with_context(|| format!("{}: not written by `foramen grade --format json`", file.display()))?;
    let mut places = Places::new();
    for study in document.studies {
        let mut of_study = StudyPlaces::default();
        for row in &study.grades {
            let id = GradeId::new(row.condition, row.side, row.level).ok_or_else(|| {
                anyhow!(
                    "{}: study {}: {} with side {:?} is not a grade",
                    file.display(),
                    study.study_uid,
                    row.condition,
                    row.side
                )
            })?;
            if let Some(point) = row.place() {
                of_study.rows.insert(id, point);
            }
        }
        of_study.levels = study
            .levels
            .map(|levels| levels.iter().filter_map(|l| Some((l.level, DVec3::from_array(l.patient_mm?)))).collect());
        if places.insert(study.study_uid.clone(), of_study).is_some() {
            return Err(anyhow!("{}: study {} appears twice", file.display(), study.study_uid));
        }
    }
    if places.is_empty() {
        return Err(anyhow!("{}: it holds no studies", file.display()));
    }
    Ok(places)
}

impl RowForm {
    /// Centre of the box that the viewer shows first: the best one for the most likely severity, else the best overall.
    fn place(&self) -> Option<DVec3> {
        let key = self.evidence.iter().find(|e| Some(e.severity) == self.likeliest()).or(self.evidence.first())?;
        Some(key.box_patient_mm?.map(DVec3::from_array).iter().sum::<DVec3>() / 4.0)
    }

    /// On a tie, the milder one.
    fn likeliest(&self) -> Option<Severity> {
        let Scores { normal_mild, moderate, severe } = self.scores.as_ref()?;
        let mut best = (Severity::NormalMild, *normal_mild);
        for next in [(Severity::Moderate, *moderate), (Severity::Severe, *severe)] {
            if next.1 > best.1 {
                best = next;
            }
        }
        Some(best.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Places, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("grades.json");
        std::fs::write(&file, text).unwrap();
        read(&file).map_err(|e| format!("{e:#}"))
    }

    /// A study with one row: evidence for moderate at z = 1, for severe at z = 2; then the rest of the study.
    fn study(severe: f32, more: &str) -> String {
        let corner = |z: f64| format!("[[0,0,{z}],[2,0,{z}],[2,4,{z}],[0,4,{z}]]");
        format!(
            "{{\"future\": 1, \"studies\": [{{\"study_uid\": \"7\", \"grades\": [{{\"condition\": \"spinal_canal_stenosis\", \
             \"side\": null, \"level\": \"l4_l5\", \"conflicts\": [], \"scores\": {{\"normal_mild\": 0.1, \"moderate\": 0.3, \
             \"severe\": {severe}}}, \"evidence\": [{{\"severity\": \"moderate\", \"box_patient_mm\": {}}}, {{\"severity\": \
             \"severe\", \"box_patient_mm\": {}}}]}}]{more}}}]}}",
            corner(1.0),
            corner(2.0)
        )
    }

    #[test]
    fn the_place_is_that_of_the_box_that_is_shown_first() {
        let id: GradeId = "spinal_canal_stenosis_l4_l5".parse().unwrap();
        assert_eq!(read_text(&study(0.6, "")).unwrap()["7"].rows[&id], DVec3::new(1.0, 2.0, 2.0));
        let moderate = read_text(&study(0.2, ", \"levels\": [{\"level\": \"l1_l2\", \"patient_mm\": [1, 2, 3]}, {\"level\": \"l2_l3\", \"patient_mm\": null}]")).unwrap();
        assert_eq!(moderate["7"].rows[&id], DVec3::new(1.0, 2.0, 1.0));
        assert_eq!(moderate["7"].levels.as_ref().unwrap().len(), 1);
    }

    #[test]
    fn another_file_is_refused_by_name() {
        for (text, expected) in [
            ("{\"models\": []}", "missing field `studies`"),
            ("row_id,normal_mild", "not written by `foramen grade --format json`"),
            ("{\"studies\": []}", "no studies"),
        ] {
            let message = read_text(text).unwrap_err();
            assert!(message.contains("grades.json") && message.contains(expected), "{message}");
        }
    }
}
