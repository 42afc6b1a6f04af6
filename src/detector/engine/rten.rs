//! rten: pure Rust, always there.

use std::sync::Arc;

use rten::{RunOptions, ThreadPool};
use rten_tensor::NdTensorView;

use super::{Engine, Network};
use crate::panics;

/// Name and version.
pub const NAME: &str = concat!("rten ", env!("FORAMEN_RTEN_VERSION"));

/// A network in rten.
pub struct Rten {
    model: rten::Model,
    pool: Arc<ThreadPool>,
    shape: [usize; 4],
}

impl Rten {
    /// Loads a model with a thread pool of its own.
    pub fn load(network: &Network<'_>, threads: usize) -> Result<Self, String> {
        Ok(Self {
            model: panics::caught(|| rten::Model::load(network.onnx.to_vec()))
                .map_err(|_| "rten failed unexpectedly while loading it".to_owned())?
                .map_err(|e| format!("rten cannot load it: {e}"))?,
            pool: Arc::new(ThreadPool::with_num_threads(threads.max(1))),
            shape: network.input,
        })
    }
}

impl Engine for Rten {
    fn run(&mut self, input: &[f32]) -> Result<Vec<f32>, String> {
        let view = NdTensorView::try_from_data(self.shape, input).map_err(|e| e.to_string())?;
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let output = panics::caught(|| self.model.run_one(view.into(), Some(options)))
            .map_err(|_| "rten failed unexpectedly while running".to_owned())?
            .map_err(|e| e.to_string())?;
        let tensor: rten_tensor::Tensor<f32> =
            output.try_into().map_err(|_| "its output is not 32-bit floats".to_owned())?;
        Ok(tensor.into_data())
    }

    fn name(&self) -> &str {
        NAME
    }
}
