//! A data set of crops for the second stage, read from its `crops.json`.

use std::path::Path;

use super::{
    Fold, TrainError, TrainingData,
    data::{Contents, hash},
};
use crate::{
    dataset::{CROPS_NAME, CropsInfo},
    detector::{CELLS, CropShape},
    files,
    grading::ModelRole,
};

impl TrainingData {
    /// Reads `crops.json`, sees that every study is whole, and hashes them.
    pub(super) fn read_crops(folder: &Path) -> Result<Self, TrainError> {
        let fail = |message: String| TrainError::Data { folder: folder.to_owned(), message };
        let list = folder.join(CROPS_NAME);
        let text = files::read_text(&list, files::MOST_OF_TABLE).map_err(|e| fail(format!("{CROPS_NAME}: {e}")))?;
        let info: CropsInfo = serde_json::from_str(&text).map_err(|e| fail(format!("{CROPS_NAME}: {e}")))?;
        check(&info).map_err(|why| fail(format!("{CROPS_NAME}: {why}")))?;
        let folder = &std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let mut all = vec![list];
        for study in &info.studies {
            let file = folder.join(&study.file);
            if !file.is_file() {
                return Err(fail(format!("{} is missing; make it again", study.file)));
            }
            all.push(file);
        }
        let studies = info.studies.len();
        let fold = |fold: u32| {
            let heldout = info.studies.iter().filter(|s| s.fold == fold).count();
            Fold { fold, images: [studies - heldout, heldout], data: folder.clone() }
        };
        Ok(Self {
            folder: folder.clone(),
            role: ModelRole::Crops,
            standardize: info.standardize,
            demo: info.demo,
            studies,
            synthetic_studies: None,
            labels_sha256: info.labels_sha256,
            sha256: hash(folder, &all).map_err(|e| fail(e.to_string()))?,
            contents: Contents::Crops { side: info.side },
            folds: (0..5).map(fold).collect(),
        })
    }
}

fn check(info: &CropsInfo) -> Result<(), String> {
    if info.format != 1 {
        return Err(format!("format {}; this program knows format 1", info.format));
    }
    let usual = CropShape::default();
    let shape = CropShape { side: info.side, pitch: info.width_mm / f64::from(info.side.max(1)), slices: info.slices };
    shape.check()?;
    if info.slices != usual.slices || info.spare_slices > usual.slices || info.margin > info.side {
        return Err("crops of another form; make it again".to_owned());
    }
    let columns = info.slices + 2 * info.spare_slices;
    for study in &info.studies {
        let is_seen = |cell: &String| cell.len() == columns && cell.bytes().all(|b| b"01".contains(&b));
        let grades = study.grades.len() == CELLS && study.grades.iter().flatten().all(|grade| *grade < 3);
        if !grades || study.seen.len() != CELLS || !study.seen.iter().all(is_seen) || study.fold > 4 {
            return Err(format!("study {}: its grades, slices or fold are not what they should be", study.study));
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use super::*;

    /// Five studies, each the validation part of its fold; the atlases are no pictures.
    pub fn write(folder: &Path) {
        fs::create_dir_all(folder.join("images")).unwrap();
        let studies: Vec<_> = (0..5)
            .map(|i| {
                fs::write(folder.join(format!("images/{i}.png")), [i]).unwrap();
                let (grades, seen) = (vec![Some(0); CELLS], vec!["0111110"; CELLS]);
                serde_json::json!({ "study": i.to_string(), "fold": i, "file": format!("images/{i}.png"),
                    "grades": grades, "seen": seen })
            })
            .collect();
        let info = serde_json::json!({
            "format": 1, "side": 96, "margin": 8, "width_mm": 50.0, "slices": 5, "spare_slices": 1,
            "standardize": "slice_percentile", "demo": true, "labels_sha256": "ab", "studies": studies,
            "skipped": [],
        });
        fs::write(folder.join(CROPS_NAME), info.to_string()).unwrap();
    }

    #[test]
    fn folds_are_of_studies_and_grades_are_hashed() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path());
        let read = || TrainingData::read(dir.path(), ModelRole::Crops);
        let data = read().unwrap();
        assert_eq!((data.studies, data.fold(3).unwrap().images), (5, [4, 1]));
        assert!(data.kind().contains("computed phantoms"), "{}", data.kind());
        let list = dir.path().join(CROPS_NAME);
        let text = fs::read_to_string(&list).unwrap();
        fs::write(&list, text.replacen("[0,", "[2,", 1)).unwrap();
        assert_ne!(read().unwrap().sha256, data.sha256, "a changed label is another data set");
        fs::write(&list, text.replacen("[0,", "[3,", 1)).unwrap();
        let message = read().unwrap_err().to_string();
        assert!(message.contains("study 0: its grades"), "{message}");
        fs::write(&list, &text).unwrap();
        fs::remove_file(dir.path().join("images/4.png")).unwrap();
        assert!(read().unwrap_err().to_string().contains("images/4.png is missing"));
        let message = TrainingData::read(dir.path(), ModelRole::Scs).unwrap_err().to_string();
        assert!(message.contains("crops, not for scs"), "{message}");
    }
}
