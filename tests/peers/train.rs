//! The whole way of a researcher, with the real Ultralytics: phantoms, data set, five folds of a tiny training that is
//! killed on the way and goes on, ONNX with names, manifest, card, and grades by the five.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::Duration,
};

use foramen::{
    detector::{ModelSet, manifest::Manifest},
    grading::{DetectionClass, Role},
    training::{Kind, Preset, Recipe},
};
use serde::Deserialize;

use super::{
    program::{killed_after, ok, run, text},
    python,
};

/// Seconds an epoch on two cores; nothing is learnt.
const TINY: &str = "architecture = \"yolov8n.yaml\"\ninput = 64\n[train]\nbatch = 8\nworkers = 0\nseed = 3\n\
    [[stages]]\nimgsz = 64\nshare = 0.5\nepochs = 1\n[[stages]]\nimgsz = 64\nshare = 0.5\nepochs = 4\n";

/// Five phantom studies, their data set for the canal, and the recipe.
fn bench(dir: &Path) -> [PathBuf; 3] {
    let [studies, data, recipe] = ["studies", "data", "tiny.toml"].map(|name| dir.join(name));
    ok(&["phantom", "--studies", "5", "--seed", "3", "--out", text(&studies)]);
    ok(&["dataset", "--role", "scs", "--data", text(&studies), "--out", text(&data)]);
    fs::write(&recipe, TINY).unwrap();
    [studies, data, recipe]
}

#[test]
#[ignore = "needs Ultralytics; .ci/run runs it"]
fn five_folds_are_trained_through_a_kill_and_grade_together() {
    let dir = tempfile::tempdir().unwrap();
    let [studies, data, recipe] = bench(dir.path());
    let (models, python) = (dir.path().join("models"), python::python());
    let mut train = vec!["train", "--role", "scs", "--data", text(&data), "--out", text(&models), "--fold", "all"];
    train.extend(["--recipe", text(&recipe), "--python", text(&python)]);

    // Killed in the second fold's second stage, after its first epoch.
    let stage = models.join("training-scs-fold1/stage2");
    killed_after(&train, &stage.join("weights/whole.pt"));
    let epochs = || fs::read_to_string(stage.join("results.csv")).unwrap();
    let at_the_kill = epochs();
    sleep(Duration::from_secs(4));
    assert_eq!(epochs(), at_the_kill, "Ultralytics went on without us");
    let files = |end: &str| {
        let names = fs::read_dir(&models).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(end)).count()
    };
    let manifest = || serde_json::from_slice::<Manifest>(&fs::read(models.join("manifest.json")).unwrap()).unwrap();
    assert_eq!((files(".onnx"), manifest().models.len()), (1, 1), "nothing of the fold that was killed");

    train.push("--resume");
    let said = ok(&train);
    assert!(said.contains("scs-fold0.onnx already exists"), "{said}");
    assert!(said.contains("fold 1 stage 1/2 is done already") && said.contains("fold 1 stage 2/2 continues"), "{said}");
    assert!(!said.contains("fold 1 stage 2/2 epoch 1/4") && said.contains("fold 1 stage 2/2 epoch 4/4"), "{said}");
    let numbers: Vec<String> = epochs().lines().skip(1).map(|l| l.split(',').next().unwrap().trim().into()).collect();
    assert_eq!(numbers, ["1", "2", "3", "4"], "each epoch once");

    let set = ModelSet::from_dir(&models).unwrap();
    assert_eq!(set.warnings, [], "the manifest describes the files");
    let folds: Vec<Option<u32>> = set.of(Role::Scs).map(|m| m.fold).collect();
    assert_eq!(folds, (0..5).map(Some).collect::<Vec<_>>());
    for model in set.of(Role::Scs) {
        assert_eq!(model.classes, DetectionClass::all(Role::Scs));
        assert_eq!((model.input_size, model.demo), ((64, 64), true));
    }
    assert!(manifest().models[1].training.contains("1 + 4 epochs"), "{}", manifest().models[1].training);
    let card = fs::read_to_string(models.join("MODEL_CARD.md")).unwrap();
    assert!(card.contains("Demo models") && card.contains("AGPL-3.0"));
    let out = dir.path().join("grades.csv");
    let (code, said) =
        run(&["grade", text(&studies), "--models", text(&models), "--engine", "rten", "--out", text(&out)]);
    assert!(code == 6 && said.contains("no model for Axial T2"), "one model of three grades in part: {said}");
    assert_eq!(fs::read_to_string(out).unwrap().lines().count(), 1 + 5 * 25);
}

/// Weights that are known by name alone, and a network that leads nowhere: one line, soon, that says what to do. Then the
/// same with a choice of checkpoint, from scratch.
#[test]
#[ignore = "needs Ultralytics; .ci/run runs it"]
fn weights_that_cannot_be_fetched_are_one_clear_line_and_the_best_epoch_can_be_kept() {
    let dir = tempfile::tempdir().unwrap();
    let [_, data, recipe] = bench(dir.path());
    let (models, python, cache) = (dir.path().join("models"), python::python(), dir.path().join("cache"));
    let mut train = vec!["train", "--role", "scs", "--data", text(&data), "--out", text(&models)];
    train.extend(["--recipe", text(&recipe), "--python", text(&python)]);
    let nowhere = "http://127.0.0.1:9";
    let output = Command::new(env!("CARGO_BIN_EXE_foramen"))
        .args([&train[..], &["--weights", "yolov8n.pt"]].concat())
        .env("XDG_CACHE_HOME", &cache)
        .envs([("http_proxy", nowhere), ("https_proxy", nowhere), ("HTTPS_PROXY", nowhere), ("no_proxy", "")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!((output.status.code(), lines.len()), (Some(8), 1), "{said}");
    for words in ["yolov8n.pt: no such file here", "could not download it", "--weights", "--from-scratch"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(!models.join("scs.onnx").exists());
    assert_eq!(walkdir::WalkDir::new(&cache).into_iter().flatten().filter(|e| e.file_type().is_file()).count(), 0);

    let best = ok(&[&train[..], &["--from-scratch", "--checkpoint", "best"]].concat());
    assert!(best.contains("mAP50"), "{best}");
    let results = fs::read_to_string(models.join("training-scs/stage2/results.csv")).unwrap();
    // Each epoch has losses of the validation part, not the last alone. Of boxes an untrained network has none: nothing
    // that it draws is near enough to a box to be held against it.
    let mut table = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(results.as_bytes());
    let column = table.headers().unwrap().iter().position(|name| name == "val/cls_loss").unwrap();
    let losses: Vec<f64> = table.records().map(|r| r.unwrap()[column].parse().unwrap()).collect();
    assert!(losses.len() == 4 && losses.iter().all(|loss| *loss > 0.0), "{losses:?}");
}

#[derive(Deserialize)]
struct Started {
    /// What the workers said of their epochs: (epoch, losses).
    epochs: Vec<(usize, usize)>,
    /// Whether the copy of the checkpoint is there.
    is_kept: bool,
    /// What a worker that is not the first said.
    second: String,
    /// Presets' settings that Ultralytics knows.
    checked: usize,
}

/// There is no GPU here: the file that Ultralytics would start once for each GPU is started once on the CPU. Progress
/// and checkpoints must survive the way into another process.
#[test]
#[ignore = "needs Ultralytics; .ci/run runs it"]
fn what_ultralytics_starts_for_several_gpus_works_and_knows_every_setting() {
    let dir = tempfile::tempdir().unwrap();
    let [_, data, recipe] = bench(dir.path());
    let (models, python) = (dir.path().join("models"), python::python());
    // A setting that Ultralytics does not know ends it before anything is trained, and lays out the driver.
    fs::write(&recipe, TINY.replace("seed = 3", "batsch = 3")).unwrap();
    let mut train = vec!["train", "--role", "scs", "--data", text(&data), "--out", text(&models)];
    train.extend(["--recipe", text(&recipe), "--python", text(&python)]);
    let (code, said) = run(&train);
    assert_eq!((code, said.lines().count()), (3, 1), "{said}");
    assert!(
        said.contains("the recipe sets 'batsch', which Ultralytics 8.4.190 does not know; near to it: batch"),
        "{said}"
    );

    let work = models.join("training-scs");
    let presets = [Preset::Demo, Preset::Seed].map(|preset| Recipe::preset(preset, Kind::Detector).unwrap());
    let settings: Vec<_> = presets.iter().flat_map(|p| Role::ALL.iter().map(|role| p.train(*role))).collect();
    let settings = serde_json::to_string(&settings).unwrap();
    let started: Started =
        python::run("several_gpus.py", &[&work.join("driver.py"), &work.join("job.json")], &settings);
    assert_eq!(started.epochs, [(1, 3)]);
    assert!(started.is_kept);
    assert_eq!((started.second.as_str(), started.checked), ("", 6));
}

#[test]
#[ignore = "needs Python; .ci/run runs it"]
fn a_python_without_ultralytics_is_one_clear_line() {
    let dir = tempfile::tempdir().unwrap();
    let [_, data, _] = bench(dir.path());
    let bare = dir.path().join("bare");
    let made = Command::new("python3").args(["-m", "venv", "--without-pip", text(&bare)]).status().unwrap();
    assert!(made.success());
    for (python, words) in [(bare.join("bin/python"), "it has no Ultralytics"), (bare.join("gone"), "cannot be run")] {
        let out = dir.path().join("models");
        let args = ["train", "--role", "scs", "--data", text(&data), "--out", text(&out), "--python", text(&python)];
        let (code, said) = run(&args);
        assert_eq!((code, said.lines().count()), (8, 1), "{said}");
        assert!(said.contains(words), "{said}");
    }
}
