//! Detectors of one kind: loaded when first needed, lent to one thread at a time, kept from study to study.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::detector::{Class, Detector, EngineChoice, Model, ModelError};

/// The models of one kind, and those of their detectors that no thread is using.
pub struct Pool<C: Class> {
    /// As in the set of models.
    pub models: Vec<Arc<Model<C>>>,
    engine: EngineChoice,
    /// By index into `models`.
    idle: Mutex<Vec<Vec<Detector<C>>>>,
}

impl<C: Class> Pool<C> {
    /// Nothing is loaded yet.
    pub fn new(models: Vec<Arc<Model<C>>>, engine: EngineChoice) -> Self {
        let idle = Mutex::new(models.iter().map(|_| Vec::new()).collect());
        Self { models, engine, idle }
    }

    /// How many threads find detectors of an earlier study; `None` where there is no model.
    pub fn loaded(&self) -> Option<usize> {
        self.lock().iter().map(Vec::len).min()
    }

    /// For one thread; they come back when it ends.
    pub const fn lend(&self) -> Lent<'_, C> {
        Lent { pool: self, detectors: BTreeMap::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Vec<Detector<C>>>> {
        // A thread that panicked held only a push or a pop: the list is whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The detectors that one thread has taken.
pub struct Lent<'a, C: Class> {
    pool: &'a Pool<C>,
    detectors: BTreeMap<usize, Detector<C>>,
}

impl<C: Class> Lent<'_, C> {
    /// The detector of a model: an idle one, or a new one.
    pub fn of(&mut self, model: usize) -> Result<&mut Detector<C>, ModelError> {
        match self.detectors.entry(model) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let idle = self.pool.lock()[model].pop();
                Ok(entry.insert(match idle {
                    Some(detector) => detector,
                    None => Detector::new(&self.pool.models[model], self.pool.engine, 1)?,
                }))
            }
        }
    }
}

impl<C: Class> Drop for Lent<'_, C> {
    fn drop(&mut self) {
        let mut idle = self.pool.lock();
        for (model, detector) in std::mem::take(&mut self.detectors) {
            idle[model].push(detector);
        }
    }
}

/// Does the same in `workers` threads, and waits for them. Where no thread can be started, this one does the work.
pub fn side_by_side(workers: usize, work: impl Fn() + Sync) {
    std::thread::scope(|scope| {
        let start = |_: &usize| std::thread::Builder::new().spawn_scoped(scope, &work).is_ok();
        if (0..workers).take_while(start).count() == 0 {
            work();
        }
    });
}
