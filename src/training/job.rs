//! The work folder: the driver, its job, and how a killed training is distinguished from a different one.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Checkpoint, Kind, TrainError, process::Exported};
use crate::files::{WriteError, write_atomic, write_json};

const JOB: &str = "job.json";
/// Written when the ONNX file has been checked, so that only adding it to the folder remains.
const RESULT: &str = "result.json";
/// What the programs leave in the work folder, beside the stages.
const OURS: [&str; 8] = ["val", JOB, RESULT, "model.onnx", "example.bin", HELDOUT, "ultralytics.log", "training.log"];
/// What the second stage gave the studies of its fold, as a table of rows.
pub const HELDOUT: &str = "heldout.csv";
/// The opset that the driver exports with; both engines read it.
pub const OPSET: i64 = 17;

/// The identity of a training. Two trainings that agree in all of it are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Hex SHA-256 of the recipe as used: settings, stages, length, and initial weights.
    pub recipe_sha256: String,
    /// Hex SHA-256 of images and labels.
    pub data_sha256: String,
    /// The validation fold.
    pub fold: u32,
}

/// For `driver.py`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    pub identity: Identity,
    /// Which program it is for.
    #[serde(skip)]
    pub kind: Kind,
    pub work: std::path::PathBuf,
    /// The `data.yaml` of the fold, or the folder of crops.
    pub data: std::path::PathBuf,
    pub architecture: String,
    /// A file to start from.
    pub weights: Option<std::path::PathBuf>,
    /// The name of initial weights that the program downloads.
    pub pretrained: Option<String>,
    /// Where downloads are kept, for all folds and trainings; the work folder if there is none.
    pub cache: Option<std::path::PathBuf>,
    /// Whether it validates after each epoch.
    pub validate: bool,
    /// `best` or `last`.
    pub checkpoint: Checkpoint,
    pub device: String,
    pub recipe: serde_json::Map<String, Value>,
    pub stages: Vec<Value>,
    pub input: u32,
    pub opset: i64,
    pub resume: bool,
    /// Of crops: which labels to leave out.
    pub clean: Option<CleanJob>,
}

/// The files to compare labels with.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CleanJob {
    pub share: f64,
    /// `heldout.csv` of five folds.
    pub files: Vec<std::path::PathBuf>,
}

#[derive(Deserialize)]
struct Begun {
    identity: Identity,
}

#[derive(Serialize, Deserialize)]
struct Finished {
    identity: Identity,
    exported: Exported,
    onnx_sha256: String,
}

/// The work folder, locked against other trainings as long as this value lives.
#[derive(Debug)]
pub struct Workplace<'a> {
    work: &'a Path,
    _lock: File,
}

impl<'a> Workplace<'a> {
    /// Locks the folder; creates it if needed.
    pub fn take(work: &'a Path) -> Result<Self, TrainError> {
        let path = work.join("lock");
        let failed = |source| WriteError { path: path.clone(), source };
        fs::create_dir_all(work).map_err(failed)?;
        let lock = File::options().create(true).write(true).truncate(false).open(&path).map_err(failed)?;
        match lock.try_lock() {
            Err(TryLockError::WouldBlock) => Err(TrainError::Busy(work.to_owned())),
            // Some network disks have no locks.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(Self { work, _lock: lock }),
        }
    }

    /// Writes the driver and its job. Without `resume`, leftovers of an earlier training are removed.
    pub fn lay_out(&self, job: &Job) -> Result<(), TrainError> {
        if job.resume {
            self.must_be_same(&job.identity)?;
        } else {
            self.clear()?;
        }
        for (name, text) in job.kind.program() {
            write_atomic(&self.work.join(name), text.as_bytes())?;
        }
        Ok(write_json(&self.work.join(JOB), job)?)
    }

    /// Checks that the folder is empty or its work was started with the same recipe, data and fold.
    fn must_be_same(&self, identity: &Identity) -> Result<(), TrainError> {
        let Ok(text) = fs::read_to_string(self.work.join(JOB)) else { return Ok(()) };
        let changed = |what: &str| Err(TrainError::Changed { work: self.work.to_owned(), what: what.to_owned() });
        match serde_json::from_str::<Begun>(&text) {
            Err(_) => changed("version of Foramen"),
            Ok(Begun { identity: begun }) if begun.fold != identity.fold => changed("fold"),
            Ok(Begun { identity: begun }) if begun.data_sha256 != identity.data_sha256 => changed("data set"),
            Ok(Begun { identity: begun }) if begun.recipe_sha256 != identity.recipe_sha256 => {
                changed("recipe, length or initial weights")
            }
            Ok(_) => Ok(()),
        }
    }

    /// Only what the driver makes, because the folder may hold other files of the user.
    fn clear(&self) -> Result<(), WriteError> {
        let is_ours = |name: &str| {
            let stage = name.strip_prefix("stage").is_some_and(|n| n.parse::<u32>().is_ok());
            stage || OURS.contains(&name)
        };
        let failed = |source| WriteError { path: self.work.to_owned(), source };
        for entry in fs::read_dir(self.work).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.file_name().is_some_and(|name| is_ours(&name.to_string_lossy())) {
                let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                gone.map_err(|source| WriteError { path, source })?;
            }
        }
        Ok(())
    }

    /// The checked result of an earlier run that was not added to the folder, with the ONNX file's bytes.
    pub fn finished(&self, identity: &Identity) -> Option<(Exported, Vec<u8>)> {
        let text = fs::read_to_string(self.work.join(RESULT)).ok()?;
        let finished: Finished = serde_json::from_str(&text).ok()?;
        let bytes = fs::read(self.work.join("model.onnx")).ok()?;
        let is_same = finished.identity == *identity && finished.onnx_sha256 == sha256(&bytes);
        is_same.then_some((finished.exported, bytes))
    }

    /// Stores a checked result.
    pub fn finish(&self, identity: &Identity, exported: &Exported, onnx: &[u8]) -> Result<(), WriteError> {
        let finished = Finished { identity: identity.clone(), exported: exported.clone(), onnx_sha256: sha256(onnx) };
        write_json(&self.work.join(RESULT), &finished)
    }
}

/// Hex SHA-256.
pub fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(work: &Path, resume: bool, recipe: &str) -> Job {
        let identity = Identity { recipe_sha256: recipe.into(), data_sha256: "d".into(), fold: 0 };
        Job {
            identity,
            kind: Kind::Detector,
            work: work.to_owned(),
            data: "data.yaml".into(),
            architecture: "yolov8n.yaml".into(),
            weights: None,
            pretrained: None,
            cache: None,
            validate: false,
            checkpoint: Checkpoint::Last,
            device: "cpu".into(),
            recipe: serde_json::Map::new(),
            stages: vec![],
            input: 64,
            opset: OPSET,
            resume,
            clean: None,
        }
    }

    /// Resuming with other data or settings would make a model that no one can describe.
    #[test]
    fn only_the_same_training_goes_on_and_a_new_one_clears_what_is_ours() {
        let dir = tempfile::tempdir().unwrap();
        let place = Workplace::take(dir.path()).unwrap();
        place.lay_out(&job(dir.path(), true, "a")).unwrap();
        place.lay_out(&job(dir.path(), true, "a")).unwrap();
        let error = place.lay_out(&job(dir.path(), true, "b")).unwrap_err().to_string();
        assert!(error.contains("a different recipe"), "{error}");
        for name in ["stage1", "stage12", "stages", "mine"] {
            fs::create_dir_all(dir.path().join(name)).unwrap();
        }
        place.lay_out(&job(dir.path(), false, "b")).unwrap();
        let left = ["stage1", "stage12", "stages", "mine"].map(|name| dir.path().join(name).exists());
        assert_eq!(left, [false, false, true, true]);
    }

    #[test]
    fn two_trainings_do_not_share_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let first = Workplace::take(dir.path()).unwrap();
        assert!(matches!(Workplace::take(dir.path()), Err(TrainError::Busy(_))));
        drop(first);
        assert!(Workplace::take(dir.path()).is_ok());
    }
}
