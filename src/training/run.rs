//! One training: the job for the driver, its progress, and what becomes of its result.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{PythonError, Recipe, RecipeError, card, python::ULTRALYTICS};
use crate::{
    dataset::{self, DatasetInfo, INFO_NAME},
    detector::manifest::{MANIFEST_NAME, Manifest, ManifestEntry},
    files::{WriteError, write_atomic},
    grading::{Calibrations, DetectionClass, Prior, Role},
};

/// The fold that validates.
const FOLD: u32 = 0;
const DRIVER: &str = include_str!("driver.py");

/// What to train, and where.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// Which detector.
    pub role: Role,
    /// Folder made by `foramen dataset`.
    pub data: PathBuf,
    /// Folder of models: gets `<role>.onnx`, `manifest.json`, `MODEL_CARD.md`.
    pub out: PathBuf,
    /// Folder for checkpoints and Ultralytics' own output; kept.
    pub work: PathBuf,
    /// A Python with Ultralytics.
    pub python: PathBuf,
    /// The recipe.
    pub recipe: Recipe,
    /// A `.pt` to start from instead of from scratch.
    pub weights: Option<PathBuf>,
    /// Ultralytics' device: `cpu`, `0`, `0,1`.
    pub device: String,
    /// Time for all stages; without it the recipe's epochs.
    pub hours: Option<f64>,
    /// Epochs of each stage instead of the recipe's.
    pub epochs: Option<u32>,
    /// Go on where a killed run in `work` stopped.
    pub resume: bool,
}

/// What is known after an epoch.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Progress {
    /// From 1.
    pub stage: usize,
    /// How many there are.
    pub stages: usize,
    /// From 1, within the stage.
    pub epoch: usize,
    /// As far as is known.
    pub epochs: usize,
    /// Box, class and distribution loss.
    pub loss: Vec<f64>,
}

/// A finished training.
#[derive(Debug, Clone, PartialEq)]
pub struct Trained {
    /// The ONNX file.
    pub onnx: PathBuf,
    /// Ultralytics' mAP at IoU 0.5 on the validation part.
    pub map50: f64,
    /// Ultralytics' mAP at IoU 0.5 to 0.95.
    pub map: f64,
}

/// Why no detector came of it.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The data set.
    #[error("{}: not a data set of `foramen dataset`: {message}", folder.display())]
    Data {
        /// The folder.
        folder: PathBuf,
        /// Why.
        message: String,
    },
    /// The data set is another detector's.
    #[error("{}: the data set is for {found}, not for {wanted}", folder.display())]
    Role {
        /// The folder.
        folder: PathBuf,
        /// Whose.
        found: Role,
        /// Asked for.
        wanted: Role,
    },
    /// Python.
    #[error(transparent)]
    Python(#[from] PythonError),
    /// The recipe.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// Nothing to go on with.
    #[error("{}: no checkpoint to resume from", .0.display())]
    NoCheckpoint(PathBuf),
    /// Ultralytics stopped.
    #[error("Ultralytics failed ({status}); its last words:\n{words}")]
    Failed {
        /// Exit status.
        status: String,
        /// The end of its output.
        words: String,
    },
    /// The exported names are not those of the data set.
    #[error("the exported model's class names are not those of the data set: {0}")]
    Names(String),
    /// A file.
    #[error(transparent)]
    Write(#[from] WriteError),
}

#[derive(Deserialize)]
struct Done {
    onnx: PathBuf,
    names: Vec<String>,
    map50: f64,
    map: f64,
}

/// Trains, exports, and enters the model into `out`. `on_epoch` is called after each epoch, `on_line` with
/// every line that Ultralytics prints.
pub fn train(
    options: &TrainOptions,
    on_epoch: &dyn Fn(&Progress),
    on_line: &dyn Fn(&str),
) -> Result<Trained, TrainError> {
    let info = read_info(options)?;
    let job = write_job(options)?;
    let done = run_driver(options, &job, on_epoch, on_line)?;
    let expected: Vec<String> = DetectionClass::all(options.role).iter().map(ToString::to_string).collect();
    if done.names != expected {
        return Err(TrainError::Names(done.names.join(", ")));
    }
    let onnx = options.out.join(format!("{}.onnx", options.role));
    let bytes = fs::read(&done.onnx).map_err(|source| WriteError { path: done.onnx.clone(), source })?;
    write_atomic(&onnx, &bytes)?;
    enter(options, &info, &bytes, &done)?;
    Ok(Trained { onnx, map50: done.map50, map: done.map })
}

fn read_info(options: &TrainOptions) -> Result<DatasetInfo, TrainError> {
    let folder = options.data.clone();
    let fail = |message: String| TrainError::Data { folder: folder.clone(), message };
    let text = fs::read_to_string(options.data.join(INFO_NAME)).map_err(|e| fail(format!("{INFO_NAME}: {e}")))?;
    let info: DatasetInfo = serde_json::from_str(&text).map_err(|e| fail(format!("{INFO_NAME}: {e}")))?;
    if info.role != options.role {
        return Err(TrainError::Role { folder, found: info.role, wanted: options.role });
    }
    Ok(info)
}

/// The driver and its job, beside each other in the work folder.
fn write_job(options: &TrainOptions) -> Result<PathBuf, TrainError> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let work = absolute(&options.work);
    let stages = options.recipe.stages(options.hours, options.epochs);
    let resume = if options.resume { Some(last_checkpoint(&work, stages.len())?) } else { None };
    let job = json!({
        "work": work,
        "data": dataset::data_yaml(&absolute(&options.data), FOLD),
        "architecture": options.recipe.architecture(options.role),
        "weights": options.weights.as_deref().map(absolute),
        "device": options.device,
        "recipe": options.recipe.train(options.role),
        "stages": stages,
        "input": options.recipe.input,
        "resume": resume,
    });
    write_atomic(&work.join("driver.py"), DRIVER.as_bytes())?;
    let file = work.join("job.json");
    write_atomic(&file, job.to_string().as_bytes())?;
    Ok(file)
}

/// The latest stage that has a checkpoint.
fn last_checkpoint(work: &Path, stages: usize) -> Result<serde_json::Value, TrainError> {
    let checkpoint = |stage: usize| work.join(format!("stage{}", stage + 1)).join("weights").join("last.pt");
    let stage = (0..stages).rev().find(|&s| checkpoint(s).is_file());
    let stage = stage.ok_or_else(|| TrainError::NoCheckpoint(work.to_owned()))?;
    Ok(json!({ "stage": stage, "checkpoint": checkpoint(stage) }))
}

fn run_driver(
    options: &TrainOptions,
    job: &Path,
    on_epoch: &dyn Fn(&Progress),
    on_line: &dyn Fn(&str),
) -> Result<Done, TrainError> {
    let start = |source| PythonError::Start { python: options.python.clone(), source };
    let mut child = Command::new(&options.python)
        .arg(job.with_file_name("driver.py"))
        .arg(job)
        .current_dir(job.parent().unwrap_or(Path::new(".")))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start)?;
    let stderr = child.stderr.take();
    // Both pipes must be emptied, or the child waits for us.
    let errors = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stderr) = stderr {
            let _ = stderr.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let (mut done, mut words) = (None, Vec::new());
    for line in child.stdout.take().map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok) {
        if let Some(message) = line.strip_prefix("FORAMEN ") {
            if let Ok(progress) = serde_json::from_str::<Progress>(message) {
                on_epoch(&progress);
            } else if let Ok(result) = serde_json::from_str::<Done>(message) {
                done = Some(result);
            }
        } else {
            on_line(&line);
            words.push(line);
        }
    }
    let status = child.wait().map_err(start)?;
    let errors = errors.join().unwrap_or_default();
    match done {
        Some(done) if status.success() => Ok(done),
        _ => {
            words.extend(errors.lines().map(str::to_owned));
            let tail = words.len().saturating_sub(30);
            Err(TrainError::Failed { status: status.to_string(), words: words[tail..].join("\n") })
        }
    }
}

/// Puts the model into the manifest and the card of its folder.
fn enter(options: &TrainOptions, info: &DatasetInfo, onnx: &[u8], done: &Done) -> Result<(), TrainError> {
    let manifest = fs::read_to_string(options.out.join(MANIFEST_NAME))
        .ok()
        .and_then(|text| serde_json::from_str::<Manifest>(&text).ok())
        .unwrap_or_default();
    let length = options.hours.map_or_else(|| "the recipe's epochs".to_owned(), |h| format!("{h:.2} h"));
    let [train, val] = info.folds.get(FOLD as usize).map_or([0; 2], |fold| fold.images);
    let kind = if info.demo { "computed phantoms (no patients)" } else { "the user's labelled studies" };
    let entry = ManifestEntry {
        file: format!("{}.onnx", options.role),
        sha256: hex::encode(Sha256::digest(onnx)),
        role: options.role,
        standardize: info.standardize,
        prior: Prior::default(),
        calibration: Calibrations::new(),
        fold: Some(FOLD),
        demo: info.demo,
        classes: done.names.clone(),
        training_data: format!(
            "{kind}: {} studies, {} training and {} validation images, labels sha256 {}",
            info.studies, train, val, info.labels_sha256
        ),
        training: format!(
            "Ultralytics {ULTRALYTICS}, {}, {length} on {}",
            options.recipe.architecture(options.role),
            options.device
        ),
        metric: format!(
            "mAP50 {:.3}, mAP50-95 {:.3} (Ultralytics {ULTRALYTICS}) on fold {} of the same kind of data",
            done.map50, done.map, FOLD
        ),
        licence: "AGPL-3.0 (made with Ultralytics)".to_owned(),
    };
    let manifest = manifest.with(entry);
    manifest.write(&options.out)?;
    write_atomic(&options.out.join(card::NAME), card::text(&manifest).as_bytes())?;
    Ok(())
}
