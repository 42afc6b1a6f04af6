//! A flag that asks long work to stop.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Clones share the flag; work looks at it between slices and files.
///
/// ```
/// use foramen::cancel::Cancel;
///
/// let cancel = Cancel::default();
/// let of_worker = cancel.clone();
/// assert!(!of_worker.is_cancelled());
/// cancel.cancel();
/// assert!(of_worker.is_cancelled());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the work to stop. This cannot be undone.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the work was asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
