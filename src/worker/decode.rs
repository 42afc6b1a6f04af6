//! The threads that decode slices: what the reader looks at first, what may be next after it.

use std::{
    collections::VecDeque,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use super::{Event, Reporter, SessionId, spawn};
use crate::{panics, raster::Slice, study::SliceRef};

/// Names one slice of one open study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SliceKey {
    /// The study.
    pub session: SessionId,
    /// Index into its series.
    pub series: usize,
    /// Index into the series' slices.
    pub slice: usize,
}

/// Two: one decodes what is on screen while the other is still busy with what was.
const THREADS: usize = 2;

#[derive(Default)]
struct Wanted {
    waiting: VecDeque<(SliceKey, SliceRef)>,
    /// Being decoded right now.
    running: Vec<SliceKey>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

/// A list of wishes that each new one replaces.
pub struct Queue(Arc<Shared>);

impl Queue {
    pub fn start(reporter: &Reporter) -> Self {
        let shared = Arc::new(Shared::default());
        for _ in 0..THREADS {
            let (shared, reporter) = (shared.clone(), reporter.clone());
            // Ends when the queue closes; nothing waits for it.
            drop(spawn("decode", move || shared.work(&reporter)));
        }
        Self(shared)
    }

    pub fn want(&self, slices: Vec<(SliceKey, SliceRef)>) {
        let mut wanted = self.0.lock();
        let running = std::mem::take(&mut wanted.running);
        wanted.waiting = slices.into_iter().filter(|(key, _)| !running.contains(key)).collect();
        wanted.running = running;
        drop(wanted);
        self.0.changed.notify_all();
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.0.lock().closed = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Wanted> {
        // Every change under this lock is a single assignment or push.
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, reporter: &Reporter) {
        while let Some((key, slice)) = self.next() {
            let decoded = panics::said(|| slice.decode().map_err(|e| e.to_string())).and_then(|result| result);
            reporter.send(Event::Decoded(key, decoded.map(Arc::<Slice>::new)));
            self.lock().running.retain(|k| *k != key);
        }
    }

    fn next(&self) -> Option<(SliceKey, SliceRef)> {
        let mut wanted = self.lock();
        loop {
            if wanted.closed {
                return None;
            }
            if let Some(job) = wanted.waiting.pop_front() {
                wanted.running.push(job.0);
                return Some(job);
            }
            wanted = self.changed.wait(wanted).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
