//! What computes a network: rten inside the program, or ONNX Runtime where its library is found.

mod onnxruntime;
mod rten;

use super::{Class, EngineChoice, Model, ModelError};

/// One loaded network.
pub trait Engine: Send {
    /// From `[1, 3, height, width]` to `[1, 4 + classes, anchors]`, both row by row.
    fn run(&mut self, input: &[f32]) -> Result<Vec<f32>, String>;

    /// Name and version.
    fn name(&self) -> &str;
}

/// Loads `model` into the engine of choice.
pub fn load<C: Class>(model: &Model<C>, choice: EngineChoice, threads: usize) -> Result<Box<dyn Engine>, ModelError> {
    let failed = |message: String| ModelError::Engine { name: model.name.clone(), message };
    match choice {
        EngineChoice::Rten => Ok(Box::new(rten::Rten::load(model, threads).map_err(failed)?)),
        EngineChoice::OnnxRuntime => Ok(Box::new(onnxruntime::OnnxRuntime::load(model, threads).map_err(failed)?)),
        EngineChoice::Auto => match onnxruntime::OnnxRuntime::load(model, threads) {
            Ok(engine) => Ok(Box::new(engine)),
            Err(why) => {
                tracing::info!("rten is used: {why}");
                load(model, EngineChoice::Rten, threads)
            }
        },
    }
}

/// The engine that `choice` selects on this computer, and how to get a faster one: a sentence for the status bar.
pub fn describe(choice: EngineChoice) -> String {
    match (choice, onnxruntime::version()) {
        (EngineChoice::Auto | EngineChoice::OnnxRuntime, Ok(version)) => version,
        (EngineChoice::Auto, Err(_)) => {
            format!("{}; `pip install onnxruntime` makes grading about 1.6 times as fast", rten::NAME)
        }
        (EngineChoice::Rten, _) => rten::NAME.to_owned(),
        (EngineChoice::OnnxRuntime, Err(why)) => why,
    }
}
