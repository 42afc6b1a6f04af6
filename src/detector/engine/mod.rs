//! What computes a network: rten inside the program, or ONNX Runtime where its library is found.

mod onnxruntime;
mod rten;

use std::sync::Arc;

use super::{EngineChoice, ModelError};

/// A network to load.
#[derive(Clone, Copy)]
pub struct Network<'a> {
    /// Of the file, for messages.
    pub name: &'a str,
    /// The file.
    pub onnx: &'a Arc<[u8]>,
    /// The shape of its input: images, channels, height, width.
    pub input: [usize; 4],
}

/// One loaded network.
pub trait Engine: Send {
    /// From the input to the first output, both row by row.
    fn run(&mut self, input: &[f32]) -> Result<Vec<f32>, String>;

    /// Name and version.
    fn name(&self) -> &str;
}

/// Loads a network into the engine of choice.
pub fn load(network: &Network<'_>, choice: EngineChoice, threads: usize) -> Result<Box<dyn Engine>, ModelError> {
    let failed = |message: String| ModelError::Engine { name: network.name.to_owned(), message };
    match choice {
        EngineChoice::Rten => Ok(Box::new(rten::Rten::load(network, threads).map_err(failed)?)),
        EngineChoice::OnnxRuntime => Ok(Box::new(onnxruntime::OnnxRuntime::load(network, threads).map_err(failed)?)),
        EngineChoice::Auto => match onnxruntime::OnnxRuntime::load(network, threads) {
            Ok(engine) => Ok(Box::new(engine)),
            Err(why) => {
                tracing::info!("rten is used: {why}");
                load(network, EngineChoice::Rten, threads)
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
