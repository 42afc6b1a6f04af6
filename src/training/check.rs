//! What an exported ONNX file must be before it is added to a folder of models.

use std::sync::Arc;

use super::{Kind, TrainError, Training, job::OPSET, process::Exported};
use crate::{
    detector::{CELLS, CropGrade, CropGrader, CropModel, Detector, EngineChoice, Model},
    files,
    grading::{DetectionClass, ModelRole, Probabilities, Role},
    raster::Image8,
};

/// Of probabilities, between the training program and rten.
const NEAR: f32 = 1e-4;

/// The file must be a model of the role that both engines can read: names, shapes, operators; and it must run.
pub fn check(training: &Training, exported: &Exported, onnx: &[u8]) -> Result<(), TrainError> {
    let fail = |message: String| TrainError::Export { file: exported.onnx.clone(), message };
    if exported.opset != OPSET {
        return Err(fail(format!("its opset is {}; {OPSET} was requested", exported.opset)));
    }
    match training.options.recipe.kind {
        Kind::Detector => detector(training, exported, onnx),
        Kind::Crops => crops(training, exported, onnx),
    }
    .map_err(fail)
}

fn detector(training: &Training, exported: &Exported, onnx: &[u8]) -> Result<(), String> {
    let trained = training.options.role;
    let role = Role::ALL.iter().find(|role| ModelRole::from(**role) == trained);
    let expected = role.map(|role| DetectionClass::all(*role)).unwrap_or_default();
    let names: Vec<String> = expected.iter().map(ToString::to_string).collect();
    if exported.names != names {
        return Err(format!("its class names are not those of {trained}: {}", exported.names.join(", ")));
    }
    let model = Model::from_bytes(training.options.file.clone(), onnx.into()).map_err(|e| e.to_string())?;
    if model.classes != expected {
        return Err("the names in the file are in a different order".to_owned());
    }
    let side = training.options.recipe.input;
    if model.input_size != (side, side) {
        let (height, width) = model.input_size;
        return Err(format!("its input is {height} x {width}; {side} x {side} was requested"));
    }
    // The content of the image does not matter: the network must run in the engine that is always available.
    let run = |image: &Image8| Detector::new(&Arc::new(model), EngineChoice::Rten, 1)?.evidence(image, 0.5);
    match Image8::new(side, side, vec![128; (side * side) as usize]).map(|image| run(&image)) {
        Some(Err(error)) => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// It must answer as the program that trained it, for a study that the program chose.
fn crops(training: &Training, exported: &Exported, onnx: &[u8]) -> Result<(), String> {
    let model = CropModel::from_bytes(training.options.file.clone(), onnx.into()).map_err(|e| e.to_string())?;
    let (shape, side) = (model.shape, training.options.recipe.input);
    if shape.side != side {
        return Err(format!("its crops have {} pixels; {side} were requested", shape.side));
    }
    let example = exported.example.as_ref().ok_or("the training program gave no example of its answers")?;
    let bytes =
        files::read_regular(example, files::MOST_OF_TABLE).map_err(|e| format!("{}: {e}", example.display()))?;
    let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
    let pixels = CELLS * shape.slices * (side * side) as usize;
    if numbers.len() != pixels + 4 * CELLS {
        return Err(format!("{}: {} numbers are no example", example.display(), numbers.len()));
    }
    let (input, answers) = numbers.split_at(pixels);
    let mut grader = CropGrader::new(&Arc::new(model), EngineChoice::Rten, 1).map_err(|e| e.to_string())?;
    let grades = grader.grade(input, [true; CELLS]).map_err(|e| e.to_string())?;
    for (cell, (grade, answer)) in grades.iter().zip(answers.as_chunks::<4>().0).enumerate() {
        let Some(grade) = grade else { continue };
        if !is_alike(grade, *answer) {
            return Err(format!(
                "rten answers differently from the program that trained it: {:?}, {} and {answer:?} in cell {cell}",
                grade.probabilities.as_array(),
                grade.strangeness
            ));
        }
    }
    Ok(())
}

/// Whether a grade is the answer of the program that trained the network: the answer as it is stated, for no probability is
/// stated below [`Probabilities::CLIP`].
fn is_alike(grade: &CropGrade, [a, b, c, strangeness]: [f32; 4]) -> bool {
    let Ok(answer) = Probabilities::normalized([a, b, c]) else { return false };
    let pairs = grade.probabilities.as_array().into_iter().zip(answer.as_array());
    let far = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    // So written that NaN is far.
    far <= NEAR && (grade.strangeness - strangeness).abs() / strangeness.max(1.0) <= 10.0 * NEAR
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A well-trained network is sure: its answer is below the least that is stated.
    #[test]
    fn a_sure_answer_is_compared_as_it_is_stated() {
        let answer = [5.2e-5, 0.006_87, 0.993_08, 0.68];
        let probabilities = Probabilities::normalized([answer[0], answer[1], answer[2]]).unwrap();
        let grade = CropGrade { probabilities, strangeness: 0.68 };
        assert!(is_alike(&grade, answer));
        assert!(!is_alike(&grade, [0.3, 0.006_87, 0.693, 0.68]));
        assert!(!is_alike(&grade, [f32::NAN, 0.1, 0.9, 0.68]));
        assert!(!is_alike(&CropGrade { strangeness: f32::NAN, ..grade }, answer));
    }
}
