//! What training needs to know of a data set, read from `dataset.json` and the folder.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Kind, TrainError};
use crate::{
    dataset::{CROPS_NAME, INFO_NAME, data_yaml},
    files,
    grading::{ModelRole, Role},
    raster::Standardize,
};

/// A data set that has been checked.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingData {
    /// The folder of the data set, absolute.
    pub folder: PathBuf,
    /// The model that it is for.
    pub role: ModelRole,
    /// How slices became 0-255; goes into the model's manifest.
    pub standardize: Standardize,
    /// It contains computed phantoms.
    pub demo: bool,
    /// How many studies have images in it.
    pub studies: usize,
    /// How many of them are computed phantoms, where that is known.
    pub synthetic_studies: Option<usize>,
    /// Hex SHA-256 over the label CSVs that it was made from.
    pub labels_sha256: String,
    /// Hex SHA-256 over the names and contents of all images and labels.
    pub sha256: String,
    /// What its images are.
    pub(super) contents: Contents,
    /// In order.
    pub(super) folds: Vec<Fold>,
}

/// What the images of a data set are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contents {
    /// Slices with YOLO labels.
    Slices,
    /// Atlases of crops, one a study, of this side.
    Crops { side: u32 },
}

/// One way to split the images.
#[derive(Debug, Clone, PartialEq)]
pub struct Fold {
    /// Number of the fold, from 0.
    pub fold: u32,
    /// Numbers of training and validation images.
    pub images: [usize; 2],
    /// What the training program reads: its `data.yaml`, or the folder of crops.
    pub data: PathBuf,
}

/// Both formats have these.
#[derive(Deserialize)]
struct Info {
    role: Role,
    standardize: Standardize,
    demo: bool,
    studies: usize,
    #[serde(default)]
    synthetic_studies: Option<usize>,
    labels_sha256: String,
    #[serde(flatten)]
    split: Split,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Split {
    /// Format 2.
    Folds { folds: Vec<FoldInfo> },
    /// Format 1: one fold, `data.yaml` at the top level.
    One(FoldInfo),
}

#[derive(Deserialize)]
struct FoldInfo {
    fold: u32,
    images: [usize; 2],
}

impl TrainingData {
    /// Reads `dataset.json` or `crops.json`, sees that all images are there, and hashes them.
    ///
    /// # Errors
    ///
    /// The folder is no data set of this role, or images or a `data.yaml` of it are missing.
    pub fn read(folder: &Path, role: ModelRole) -> Result<Self, TrainError> {
        let fail = |message: String| TrainError::Data { folder: folder.to_owned(), message };
        if !folder.is_dir() {
            return Err(fail("no such folder".to_owned()));
        }
        if Kind::from(role) == Kind::Crops {
            return Self::read_crops(folder);
        }
        if folder.join(CROPS_NAME).is_file() {
            let found = ModelRole::Crops;
            return Err(TrainError::Role { folder: folder.to_owned(), found, wanted: role });
        }
        let text = files::read_text(&folder.join(INFO_NAME), files::MOST_OF_TABLE)
            .map_err(|e| fail(format!("{INFO_NAME}: {e}")))?;
        let info: Info = serde_json::from_str(&text).map_err(|e| fail(format!("{INFO_NAME}: {e}")))?;
        let found = info.role.into();
        if found != role {
            return Err(TrainError::Role { folder: folder.to_owned(), found, wanted: role });
        }
        // Absolute, because Ultralytics runs in another folder.
        let folder = &std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let folds: Vec<Fold> = match info.split {
            Split::One(f) => vec![Fold { fold: f.fold, images: f.images, data: folder.join("data.yaml") }],
            Split::Folds { folds } => folds
                .into_iter()
                .map(|f| Fold { fold: f.fold, images: f.images, data: data_yaml(folder, f.fold) })
                .collect(),
        };
        let files = files(folder);
        let images = files.iter().filter(|f| f.starts_with(folder.join("images"))).count();
        for fold in &folds {
            let expected: usize = fold.images.iter().sum();
            if images < expected {
                return Err(fail(format!("only {images} of {expected} images exist; make it again")));
            }
            if !fold.data.is_file() {
                return Err(fail(format!("{} is missing; make it again", fold.data.display())));
            }
        }
        let sha256 = hash(folder, &files).map_err(|e| fail(e.to_string()))?;
        Ok(Self {
            folder: folder.clone(),
            role,
            standardize: info.standardize,
            demo: info.demo,
            studies: info.studies,
            synthetic_studies: info.synthetic_studies,
            labels_sha256: info.labels_sha256,
            sha256,
            contents: Contents::Slices,
            folds,
        })
    }

    /// What its images show, in a few words.
    pub fn kind(&self) -> String {
        match self.synthetic_studies {
            _ if !self.demo => "the user's labelled studies".to_owned(),
            Some(synthetic) if synthetic < self.studies => {
                let real = self.studies - synthetic;
                format!("{real} of the user's labelled studies and {synthetic} computed phantoms, together")
            }
            _ => "computed phantoms (no patients)".to_owned(),
        }
    }

    /// A fold that can be trained: it has images on both sides.
    ///
    /// # Errors
    ///
    /// There is no such fold, or it has no images on one side.
    pub fn fold(&self, fold: u32) -> Result<&Fold, TrainError> {
        let fail = |message: String| TrainError::Data { folder: self.folder.clone(), message };
        let found = self.folds.iter().find(|f| f.fold == fold).ok_or_else(|| {
            let known = self.folds.iter().map(|f| f.fold.to_string()).collect::<Vec<_>>().join(", ");
            fail(format!("it has no fold {fold}, only {known}; make it again for all five"))
        })?;
        if found.images.contains(&0) {
            return Err(fail(format!(
                "fold {fold} has {} training and {} validation images; it needs both: add studies",
                found.images[0], found.images[1]
            )));
        }
        Ok(found)
    }
}

/// Images and labels, in order of name. Ultralytics leaves caches next to the labels; they are not data.
fn files(folder: &Path) -> Vec<PathBuf> {
    let below = |name: &str| walkdir::WalkDir::new(folder.join(name)).sort_by_file_name();
    let is_data = |path: &Path| {
        let extension = path.extension().unwrap_or_default();
        ["png", "jpg", "txt"].iter().any(|e| extension.eq_ignore_ascii_case(e))
    };
    ["images", "labels"]
        .into_iter()
        .flat_map(|name| below(name).into_iter().filter_map(Result::ok))
        .filter(|entry| entry.file_type().is_file() && is_data(entry.path()))
        .map(walkdir::DirEntry::into_path)
        .collect()
}

pub(super) fn hash(folder: &Path, files: &[PathBuf]) -> std::io::Result<String> {
    let parts: Vec<_> = files
        .par_iter()
        .map(|file| Ok(Sha256::digest(files::read_regular(file, files::MOST_OF_TABLE)?)))
        .collect::<std::io::Result<_>>()?;
    let mut hasher = Sha256::new();
    for (file, part) in files.iter().zip(parts) {
        let name = file.strip_prefix(folder).unwrap_or(file);
        for piece in name.components() {
            hasher.update(piece.as_os_str().as_encoded_bytes());
            hasher.update([0]);
        }
        hasher.update(part);
    }
    Ok(hex::encode(hasher.finalize()))
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;

    use super::*;

    /// A data set in format 2: five images, each the validation part of its fold.
    pub fn write(folder: &Path, role: Role) {
        for name in ["images", "labels"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let mut folds = Vec::new();
        for fold in 0..5 {
            fs::write(folder.join(format!("images/{fold}.png")), [fold]).unwrap();
            fs::write(folder.join(format!("labels/{fold}.txt")), "0 0.5 0.5 0.1 0.1\n").unwrap();
            fs::create_dir_all(folder.join(format!("fold{fold}"))).unwrap();
            fs::write(folder.join(format!("fold{fold}/data.yaml")), "train: train.txt\n").unwrap();
            folds.push(serde_json::json!({ "fold": fold, "images": [4, 1], "studies": [4, 1], "boxes": {} }));
        }
        let info = serde_json::json!({
            "format": 2, "role": role, "standardize": "slice_percentile", "demo": true, "studies": 5,
            "labels_sha256": "ab", "folds": folds, "skipped": [],
        });
        fs::write(folder.join(INFO_NAME), info.to_string()).unwrap();
    }

    #[test]
    fn both_forms_are_read_and_another_role_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), Role::Scs);
        let data = TrainingData::read(dir.path(), ModelRole::Scs).unwrap();
        assert!((0..5).all(|k| data.fold(k).unwrap().data.ends_with(format!("fold{k}/data.yaml"))));
        let message = TrainingData::read(dir.path(), ModelRole::Ss).unwrap_err().to_string();
        assert!(message.contains("for scs, not for ss"), "{message}");
        let old = serde_json::json!({
            "format": 1, "role": "scs", "standardize": "slice_min_max", "demo": false, "studies": 5, "fold": 2,
            "images": [4, 1], "boxes": {}, "labels_sha256": "ab", "skipped": [],
        });
        fs::write(dir.path().join(INFO_NAME), old.to_string()).unwrap();
        fs::write(dir.path().join("data.yaml"), "").unwrap();
        let data = TrainingData::read(dir.path(), ModelRole::Scs).unwrap();
        assert!(data.fold(2).unwrap().data.is_file());
        let message = data.fold(0).unwrap_err().to_string();
        assert!(message.contains("no fold 0, only 2"), "{message}");
    }

    #[test]
    fn what_is_missing_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("ds");
        let line = |folder: &Path| TrainingData::read(folder, ModelRole::Scs).unwrap_err().to_string();
        assert!(line(&folder).contains("no such folder"));
        fs::create_dir(&folder).unwrap();
        assert!(line(&folder).contains("dataset.json"));
        write(&folder, Role::Scs);
        fs::remove_file(folder.join("fold3/data.yaml")).unwrap();
        assert!(line(&folder).contains("fold3/data.yaml is missing"), "{}", line(&folder));
        fs::remove_file(folder.join("images/2.png")).unwrap();
        assert!(line(&folder).contains("4 of 5 images"), "{}", line(&folder));
    }

    /// A changed image or label makes it a different training; Ultralytics' caches do not.
    #[test]
    fn the_hash_follows_pixels_and_labels_alone() {
        let dir = tempfile::tempdir().unwrap();
        let sha = || TrainingData::read(dir.path(), ModelRole::Scs).unwrap().sha256;
        write(dir.path(), Role::Scs);
        let first = sha();
        fs::write(dir.path().join("labels.cache"), "x").unwrap();
        fs::write(dir.path().join("labels/fold0.cache"), "x").unwrap();
        assert_eq!(sha(), first);
        fs::write(dir.path().join("images/0.png"), [77]).unwrap();
        assert_ne!(sha(), first);
        write(dir.path(), Role::Scs);
        assert_eq!(sha(), first);
        fs::write(dir.path().join("labels/0.txt"), "1 0.5 0.5 0.1 0.1\n").unwrap();
        assert_ne!(sha(), first);
    }
}
