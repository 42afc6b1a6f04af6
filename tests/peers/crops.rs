//! The second stage with the real trainer: phantoms, crops, a short training that is killed on the way and goes on, and the
//! answers of torch, rten and ONNX Runtime to one input.

use std::{fs, path::Path, sync::Arc};

use foramen::{
    detector::{CELLS, CropGrade, CropGrader, CropModel, EngineChoice, ModelSet, manifest::Manifest},
    grading::Probabilities,
};

use super::{
    program::{killed_after, ok, text},
    python,
};

/// Nothing is learnt.
const TINY: &str = "architecture = \"plain\"\ninput = 96\nvalidate = true\n[train]\nbatch = 2\nwidth = 8\nfeatures = 32\n\
    slices = 2\n[[stages]]\nshare = 0.5\nepochs = 4\n[[stages]]\nshare = 0.5\nepochs = 1\n[stages.train]\nheads_only = true\n\
    weights = [1.0, 2.0, 4.0]\nany_severe = 1.0\n";

/// What torch was given and what it answered: `example.bin`.
fn example(work: &Path, pixels: usize) -> (Vec<f32>, Vec<f32>) {
    let bytes = fs::read(work.join("example.bin")).unwrap();
    let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let (input, answers) = numbers.split_at(pixels);
    (input.to_vec(), answers.to_vec())
}

#[test]
#[ignore = "needs torch; .ci/run runs it"]
fn crops_are_trained_through_a_kill_and_both_engines_answer_as_torch_does() {
    let dir = tempfile::tempdir().unwrap();
    let [studies, data, recipe, models] = ["studies", "data", "tiny.toml", "models"].map(|name| dir.path().join(name));
    ok(&["phantom", "--studies", "5", "--seed", "4", "--balance", "0.5", "--out", text(&studies)]);
    ok(&["dataset", "--role", "crops", "--data", text(&studies), "--out", text(&data)]);
    fs::write(&recipe, TINY).unwrap();
    let python = python::python();
    let mut train = vec!["train", "--role", "crops", "--data", text(&data), "--out", text(&models), "--fold", "2"];
    train.extend(["--recipe", text(&recipe), "--python", text(&python)]);

    let work = models.join("training-crops-fold2");
    killed_after(&train, &work.join("stage1/weights/last.pt"));
    assert!(!models.join("manifest.json").exists());

    train.push("--resume");
    let said = ok(&train);
    assert!(said.contains("fold 2 stage 1/2 continues") && said.contains("fold 2 stage 2/2 begins"), "{said}");
    assert!(!said.contains("stage 1/2 epoch 1/") && said.contains("stage 1/2 epoch 4/4 train"), "{said}");
    let results = fs::read_to_string(work.join("stage1/results.csv")).unwrap();
    let epochs: Vec<&str> = results.lines().skip(1).map(|line| line.split(',').next().unwrap()).collect();
    assert_eq!(epochs, ["1", "2", "3", "4"], "each epoch once");
    assert_eq!(fs::read_to_string(work.join("heldout.csv")).unwrap().lines().count(), 1 + CELLS, "of one study");
    let again = ok(&train);
    assert!(again.contains("crops-fold2.onnx already exists"), "{again}");

    let set = ModelSet::from_dir(&models).unwrap();
    assert_eq!(set.warnings, [], "the manifest describes the file");
    assert_eq!((set.crops.len(), set.crops[0].fold, set.crops[0].demo), (1, Some(2), true));
    let manifest: Manifest = serde_json::from_slice(&fs::read(models.join("manifest.json")).unwrap()).unwrap();
    let entry = &manifest.models[0];
    assert!(entry.training.contains("4 + 1 epochs") && !entry.licence.contains("AGPL"), "{entry:?}");
    assert!(entry.metric.contains("score ") && entry.metric.contains("1 studies of fold 2"), "{}", entry.metric);
    assert!(fs::read_to_string(models.join("MODEL_CARD.md")).unwrap().contains("all 25 grades of a study together"));

    let model = Arc::new(CropModel::read(&models.join("crops-fold2.onnx")).unwrap());
    let (input, torch) = example(&work, CELLS * model.shape.slices * 96 * 96);
    let grades = CropGrader::new(&model, EngineChoice::Rten, 1).unwrap().grade(&input, [true; CELLS]).unwrap();
    let of_grade = |grade: CropGrade| grade.probabilities.as_array().into_iter().chain([grade.strangeness]);
    let rten: Vec<f32> = grades.into_iter().flatten().flat_map(of_grade).collect();
    let onnxruntime: Vec<f32> =
        python::run("crops.py", &[&models.join("crops-fold2.onnx"), &work.join("example.bin")], "");
    // No probability is stated below a least one; ONNX Runtime and torch answer here without that.
    let stated = |answers: &[f32]| -> Vec<f32> {
        let cells = answers.as_chunks::<4>().0.iter();
        cells
            .flat_map(|&[a, b, c, d]| Probabilities::normalized([a, b, c]).unwrap().as_array().into_iter().chain([d]))
            .collect()
    };
    for (engine, answers, torch) in [("rten", rten, stated(&torch)), ("ONNX Runtime", onnxruntime, torch)] {
        assert_eq!(answers.len(), torch.len());
        for (at, (ours, theirs)) in answers.iter().zip(&torch).enumerate() {
            // Probabilities are below 1; strangeness may be any number.
            assert!((ours - theirs).abs() < 1e-4 * theirs.max(1.0), "{engine}, number {at}: {ours}, torch {theirs}");
        }
    }
}
