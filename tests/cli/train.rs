//! `foramen train` around Ultralytics: a shell script stands in for Python and says what the driver would say.
//! The real one is in `tests/peers`.

#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use foramen::{
    detector::{ModelSet, manifest::Manifest},
    grading::{DetectionClass, Role},
};
use tempfile::TempDir;

use super::{
    models::onnx,
    support::{Run, foramen_with},
};

const RECIPE: &str =
    "architecture = \"yolov8n.yaml\"\ninput = 32\n[train]\nseed = 7\n[[stages]]\nimgsz = 32\nshare = 1.0\nepochs = 1\n";

/// A data set, a recipe, and the stand-in.
struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(TempDir::new().unwrap());
        write_data(&bench.path("data"));
        let classes: Vec<String> = DetectionClass::all(Role::Scs).iter().map(ToString::to_string).collect();
        bench.set("names", &serde_json::to_string(&classes).unwrap());
        bench.set("version", "8.4.190\n");
        bench.set("mode", "good");
        // A link: a script that was written a moment ago may still be open in a fork of another test ("text file busy").
        symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/python.sh"), bench.path("python")).unwrap();
        fs::write(bench.path("model.onnx"), onnx::of_role(Role::Scs, &[])).unwrap();
        bench.set("recipe.toml", RECIPE);
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn set(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Trains the canal's detector into `models` with more arguments.
    fn train(&self, more: &[&str]) -> Run {
        let [data, models, python, recipe] =
            ["data", "models", "python", "recipe.toml"].map(|name| self.path(name).display().to_string());
        let mut args = vec!["train", "--role", "scs", "--data", &data, "--out", &models, "--python", &python];
        args.extend(["--recipe", &recipe]);
        args.extend(more);
        foramen_with(&args, &[])
    }

    fn runs(&self) -> usize {
        fs::read_to_string(self.path("runs")).map_or(0, |text| text.lines().count())
    }

    /// What the driver was told.
    fn job(&self) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.path("models/training-scs/job.json")).unwrap()).unwrap()
    }

    fn manifest(&self) -> Manifest {
        serde_json::from_slice(&fs::read(self.path("models/manifest.json")).unwrap()).unwrap()
    }
}

/// Form 2: five images, each validates in its fold.
fn write_data(folder: &Path) {
    let write = |name: String, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let mut folds = Vec::new();
    for fold in 0..5 {
        write(format!("images/{fold}.png"), &fold.to_string());
        write(format!("labels/{fold}.txt"), "0 0.5 0.5 0.1 0.1\n");
        write(format!("fold{fold}/data.yaml"), "train: train.txt\n");
        folds.push(serde_json::json!({ "fold": fold, "images": [4, 1], "boxes": {}, "studies": [4, 1] }));
    }
    let info = serde_json::json!({
        "format": 2, "role": "scs", "standardize": "slice_percentile", "demo": true, "studies": 5,
        "labels_sha256": "abcd", "folds": folds, "skipped": [],
    });
    write("dataset.json".to_owned(), &info.to_string());
}

#[test]
fn five_folds_become_five_models_that_grade_together() {
    let bench = Bench::new();
    let run = bench.train(&["--fold", "all"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""), "{}", run.out);
    assert!(run.out.contains("fold 4 stage 1/1 epoch 1/1 box 0.7500 class 0.5000 dfl 0.2500 (3 s)"), "{}", run.out);
    let results = "models/training-scs-fold2/stage1/results.csv: epoch 1, box loss 0.7500, mAP50 0.500, mAP50-95 0.250";
    assert!(run.out.contains(results), "{}", run.out);
    let set = ModelSet::from_dir(&bench.path("models")).unwrap();
    assert_eq!(set.warnings, []);
    let folds: Vec<Option<u32>> = set.of(Role::Scs).map(|m| m.fold).collect();
    assert_eq!(folds, (0..5).map(Some).collect::<Vec<_>>());
    let manifest = bench.manifest();
    assert_eq!(manifest.models[2].file, "scs-fold2.onnx");
    for words in ["recipe recipe.toml, seed 7, 1 epochs", "torch 2.15.0", "Foramen ", "recipe sha256 "] {
        assert!(manifest.models[2].training.contains(words), "{}", manifest.models[2].training);
    }
    for words in ["fold 2: 4 training and 1 validation images", "labels sha256 abcd", "images and boxes sha256 "] {
        assert!(manifest.models[2].training_data.contains(words), "{}", manifest.models[2].training_data);
    }
    let card = fs::read_to_string(bench.path("models/MODEL_CARD.md")).unwrap();
    assert!(card.contains("## scs-fold4.onnx") && card.contains("- Fold: 4"), "{card}");

    // All of it again: nothing to do. One file lost: it is entered from its work folder.
    let again = bench.train(&["--fold", "all", "--resume"]);
    assert_eq!((again.code, bench.runs()), (0, 5), "{}", again.err);
    assert_eq!(again.out.matches("already exists, with the same data and recipe").count(), 5, "{}", again.out);
    fs::remove_file(bench.path("models/scs-fold2.onnx")).unwrap();
    let again = bench.train(&["--fold", "all", "--resume"]);
    assert_eq!((again.code, bench.runs()), (0, 5), "{}", again.err);
    assert_eq!(bench.manifest(), manifest);
    // A model of one fold beside them would be counted among them.
    let single = bench.train(&[]);
    assert!(single.one_line(0).contains("scs.onnx: it is in the same folder as scs-fold*.onnx"));
    assert_eq!(bench.manifest().models[5].fold, Some(0));
}

#[test]
fn a_training_that_fails_leaves_the_folds_before_it_and_goes_on() {
    let bench = Bench::new();
    assert_eq!(bench.train(&["--fold", "0"]).code, 0);
    bench.set("mode", "fail");
    let run = bench.train(&["--fold", "all", "--resume"]);
    let line = run.one_line(8);
    assert!(line.contains("ValueError: the batch is too large"), "{line}");
    assert!(line.contains("training-scs-fold1/ultralytics.log; --resume continues"), "{line}");
    assert_eq!(bench.manifest().models.len(), 1, "nothing of the failed fold");
    assert!(!bench.path("models/scs-fold1.onnx").exists());
    bench.set("mode", "good");
    assert_eq!(bench.train(&["--fold", "all", "--resume"]).code, 0);
    assert_eq!((bench.manifest().models.len(), bench.runs()), (5, 6));
}

/// A model of other data must not pass for one of these.
#[test]
fn another_data_set_or_recipe_is_not_gone_on_with() {
    let bench = Bench::new();
    assert_eq!(bench.train(&[]).code, 0);
    let run = bench.train(&["--resume", "--epochs", "9"]);
    assert!(run.one_line(3).contains("a different recipe, length or initial weights"), "{}", run.err);
    bench.set("data/images/3.png", "retouched");
    let run = bench.train(&["--resume"]);
    assert!(run.one_line(3).contains("training-scs: the training there has a different data set"), "{}", run.err);
    assert_eq!(bench.runs(), 1);
    assert_eq!(bench.train(&[]).code, 0, "anew");
    assert_eq!((bench.manifest().models.len(), bench.runs()), (1, 2));
}

#[test]
fn a_full_disk_enters_nothing() {
    let bench = Bench::new();
    bench.set("mode", "full");
    let run = bench.train(&[]);
    assert!(run.one_line(5).contains("the disk is full"), "{}", run.err);
    // The model itself finds no room.
    bench.set("mode", "good");
    symlink("/dev/full", bench.path("models/scs.onnx")).unwrap();
    let run = bench.train(&["--resume"]);
    let line = run.one_line(5);
    assert!(line.contains("cannot write") && line.contains("No space left on device"), "{line}");
    assert!(!bench.path("models/manifest.json").exists());
    // With room again, what was trained is entered.
    fs::remove_file(bench.path("models/scs.onnx")).unwrap();
    assert_eq!((bench.train(&["--resume"]).code, bench.runs()), (0, 2));
    assert_eq!(ModelSet::from_dir(&bench.path("models")).unwrap().warnings, []);
}

#[test]
fn what_is_no_detector_of_the_role_is_not_entered() {
    let bench = Bench::new();
    let refusal = |mode: &str| {
        bench.set("mode", mode);
        let run = bench.train(&[]);
        assert!(!bench.path("models/scs.onnx").exists() && !bench.path("models/manifest.json").exists());
        run.one_line(8).to_owned()
    };
    assert!(refusal("opset").contains("opset is 12; 17 was requested"));
    assert!(refusal("torn").contains("was not added: model scs.onnx"));
    bench.set("recipe.toml", &RECIPE.replace("input = 32", "input = 64"));
    assert!(refusal("good").contains("its input is 32 x 32; 64 x 64 was requested"));
    bench.set("names", "[\"cat\"]");
    assert!(refusal("good").contains("its class names are not those of scs: cat"));
    // Another role's file under the right list of names.
    let names: Vec<String> = DetectionClass::all(Role::Scs).iter().map(ToString::to_string).collect();
    bench.set("names", &serde_json::to_string(&names).unwrap());
    fs::write(bench.path("model.onnx"), onnx::of_role(Role::Ss, &[])).unwrap();
    assert!(refusal("good").contains("the names in the file are in a different order"));
}

#[test]
fn other_versions_of_ultralytics_are_named() {
    let bench = Bench::new();
    bench.set("version", "9.0.1\n");
    let run = bench.train(&[]);
    let line = run.one_line(8);
    for words in ["it has Ultralytics 9.0.1", "8.4.190", "--any-ultralytics", "pip install"] {
        assert!(line.contains(words), "{line}");
    }
    assert_eq!(bench.runs(), 0);
    let run = bench.train(&["--any-ultralytics"]);
    assert!(run.one_line(0).contains("it has Ultralytics 9.0.1; Foramen is tested with 8.4.190"));
    bench.set("version", "8.4.999\n");
    assert!(bench.train(&[]).one_line(0).contains("8.4.999"));
    bench.set("version", "");
    assert!(bench.train(&[]).one_line(8).contains("it has no Ultralytics"));
    fs::remove_file(bench.path("python")).unwrap();
    assert!(bench.train(&[]).one_line(8).contains("python: cannot be run"));
}

#[test]
fn what_is_wrong_is_said_before_anything_is_trained() {
    let bench = Bench::new();
    let [data, weights, text] = ["nowhere", "gone.pt", "names"].map(|name| bench.path(name).display().to_string());
    let refused = |more: &[&str], code: i32| bench.train(more).one_line(code).to_owned();
    assert!(refused(&["--weights", &weights], 3).contains("gone.pt: cannot be read"));
    assert!(refused(&["--weights", &text], 3).contains("expected weights (.pt) or a model YAML"));
    for bad in [["--device", "gpu"], ["--device", "0,0"], ["--fold", "5"], ["--hours", "0"], ["--epochs", "0"]] {
        assert_eq!(bench.train(&bad).code, 2, "{bad:?}");
    }
    bench.set("recipe.toml", &RECIPE.replace("seed = 7", "fliplr = 0.5"));
    assert!(refused(&[], 3).contains("recipe recipe.toml: fliplr: must be 0"));
    bench.set("recipe.toml", RECIPE);
    fs::create_dir_all(bench.path("models")).unwrap();
    bench.set("models/manifest.json", "{");
    assert!(refused(&[], 3).contains("manifest.json: cannot be read"));
    fs::remove_file(bench.path("models/manifest.json")).unwrap();
    let missing = foramen_with(&["train", "--role", "scs", "--out", "x", "--data", &data], &[]);
    assert!(missing.one_line(3).contains("nowhere: not a complete data set"), "{}", missing.err);
    assert_eq!(bench.runs(), 0);
    bench.set("mode", "refuse");
    assert_eq!(refused(&[], 3), "the recipe sets 'batsch'");
}

#[test]
fn a_printed_recipe_is_a_recipe_and_a_yaml_names_the_network() {
    let bench = Bench::new();
    let printed = foramen_with(&["train", "--print-recipe", "--preset", "seed"], &[]);
    assert_eq!(printed.code, 0, "{}", printed.err);
    // As printed but for the size, which the stand-in's model has.
    bench.set("recipe.toml", &printed.out.replace("input = 384", "input = 32"));
    bench.set("own.yaml", "nc: 15\n");
    let own = bench.path("own.yaml").display().to_string();
    let run = bench.train(&["--weights", &own, "--device", "0,01"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let job = bench.job();
    assert_eq!((job["architecture"].as_str(), job["weights"].is_null()), (Some(own.as_str()), true));
    assert_eq!((&job["device"], &job["recipe"]["lrf"]), (&"0,1".into(), &0.001.into()));
    assert_eq!((&job["recipe"]["fliplr"], &job["stages"][0]["epochs"]), (&0.0.into(), &40.into()));
    assert!(job["data"].as_str().unwrap().ends_with("data/fold0/data.yaml"), "{job}");
    let manifest = bench.manifest();
    assert!(manifest.models[0].training.contains("own.yaml from scratch"), "{}", manifest.models[0].training);
    assert!(!manifest.models[0].training.contains(&own), "where it lay is nobody's business");
}

#[test]
fn the_seed_starts_from_pretrained_weights_that_ultralytics_fetches() {
    let bench = Bench::new();
    let printed = foramen_with(&["train", "--print-recipe", "--preset", "seed"], &[]).out;
    bench.set("recipe.toml", &printed.replace("input = 384", "input = 32"));
    let trained = |more: &[&str]| {
        let run = bench.train(more);
        assert_eq!(run.code, 0, "{}", run.err);
        let job = bench.job();
        (job["pretrained"].clone(), job["weights"].clone(), bench.manifest().models[0].training.clone())
    };
    let (named, file, how) = trained(&[]);
    assert_eq!((named, file.is_null()), ("yolov8s.pt".into(), true));
    assert!(how.contains("from yolov8s.pt as downloaded by Ultralytics") && how.contains("the best of them"), "{how}");
    assert_eq!((&bench.job()["validate"], &bench.job()["checkpoint"]), (&true.into(), &"best".into()));
    let (named, _, how) = trained(&["--from-scratch", "--no-val"]);
    assert!(named.is_null() && how.contains("yolov8s.yaml from scratch") && !how.contains("best"), "{how}");
    assert_eq!((&bench.job()["validate"], &bench.job()["checkpoint"]), (&false.into(), &"last".into()));
    assert_eq!(trained(&["--weights", "yolov8x.pt"]).0, "yolov8x.pt", "a name that is no file");
    // A file is that file, whatever its name.
    bench.set("yolov8s.pt", "weights");
    let own = bench.path("yolov8s.pt").display().to_string();
    let (named, file, how) = trained(&["--weights", &own]);
    assert_eq!((named.is_null(), file.as_str()), (true, Some(own.as_str())));
    assert!(how.contains("from yolov8s.pt,"), "{how}");

    // Without a network.
    bench.set("mode", "offline");
    let run = bench.train(&[]);
    let line = run.one_line(8);
    for words in ["yolov8s.pt: no such file here", "may be offline", "--weights", "--from-scratch"] {
        assert!(line.contains(words), "{line}");
    }
}

#[test]
fn validation_and_the_checkpoint_are_a_choice() {
    let bench = Bench::new();
    let kept = |more: &[&str]| {
        let run = bench.train(more);
        assert_eq!(run.code, 0, "{}", run.err);
        let job = bench.job();
        (job["validate"].as_bool().unwrap(), job["checkpoint"].as_str().unwrap().to_owned())
    };
    assert_eq!(kept(&[]), (false, "last".to_owned()), "as before");
    assert_eq!(kept(&["--val"]), (true, "last".to_owned()));
    assert_eq!(kept(&["--checkpoint", "best"]), (true, "best".to_owned()), "which is known by validating alone");
    let run = bench.train(&["--checkpoint", "best", "--no-val"]);
    assert!(run.one_line(2).contains("--checkpoint best needs validation after each epoch"), "{}", run.err);
    // Another choice is another training.
    let run = bench.train(&["--resume"]);
    assert!(run.one_line(3).contains("a different recipe, length or initial weights"), "{}", run.err);
}

/// The real trainer is in `tests/peers/crops.rs`.
#[test]
fn the_second_stage_has_recipes_and_data_of_its_own() {
    let bench = Bench::new();
    let of_crops = |more: &[&str]| foramen_with(&[&["train", "--role", "crops"], more].concat(), &[]);
    for preset in [&["--print-recipe"][..], &["--print-recipe", "--preset", "contest"]] {
        let printed = of_crops(preset);
        assert_eq!(printed.code, 0, "{}", printed.err);
        bench.set("crops.toml", &printed.out);
        let [recipe, data, out] = ["crops.toml", "data", "models"].map(|name| bench.path(name).display().to_string());
        // The recipe is read, and the data set is one of slices.
        let run = of_crops(&["--recipe", &recipe, "--data", &data, "--out", &out]);
        assert!(run.one_line(3).contains("data: not a complete data set"), "{}", run.err);
        assert!(run.err.contains("crops.json"), "{}", run.err);
        // For a detector it is none.
        let run = bench.train(&["--recipe", &recipe]);
        assert_eq!(run.code, 2, "given twice");
        let args = ["train", "--role", "scs", "--data", &data, "--out", &out, "--recipe", &recipe];
        assert!(foramen_with(&args, &[]).one_line(3).contains("expected a multiple of 32"));
    }
    let refused = of_crops(&["--print-recipe", "--preset", "seed"]);
    assert_eq!(refused.one_line(3), "there is no preset seed for the second stage; use demo or contest");
    let run = foramen_with(&["train", "--role", "levels", "--data", "x", "--out", "y"], &[]);
    assert!(run.code == 2 && run.err.contains("docs/levels"), "{}", run.err);
    assert_eq!(bench.runs(), 0);
}
