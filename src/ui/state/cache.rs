//! Decoded slices in memory, bounded in bytes: the least recently used goes first.

use std::{cell::Cell, collections::HashMap, sync::Arc};

use crate::{
    raster::Slice,
    worker::{SessionId, SliceKey},
};

/// A decoded slice, or why there is none.
pub type Decoded = Result<Arc<Slice>, String>;

/// The cache.
pub struct SliceCache {
    entries: HashMap<SliceKey, (Decoded, Cell<u64>)>,
    bytes: usize,
    bound: usize,
    clock: Cell<u64>,
}

impl SliceCache {
    /// Keeps at most `bound` bytes of pixels, and always the newest slice.
    pub fn new(bound: usize) -> Self {
        Self { entries: HashMap::new(), bytes: 0, bound, clock: Cell::new(0) }
    }

    /// A slice, which then counts as used.
    pub fn get(&self, key: SliceKey) -> Option<&Decoded> {
        let (decoded, used) = self.entries.get(&key)?;
        used.set(self.tick());
        Some(decoded)
    }

    fn tick(&self) -> u64 {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }

    /// Bytes of pixels that are kept now.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a slice is there, or known to be unreadable.
    pub fn contains(&self, key: SliceKey) -> bool {
        self.entries.contains_key(&key)
    }

    /// Adds a slice and lets older ones go.
    pub fn put(&mut self, key: SliceKey, decoded: Decoded) {
        self.bytes += bytes(&decoded);
        let now = Cell::new(self.tick());
        if let Some((old, _)) = self.entries.insert(key, (decoded, now)) {
            self.bytes -= bytes(&old);
        }
        while self.bytes > self.bound && self.entries.len() > 1 {
            let Some(oldest) = self.entries.iter().min_by_key(|(_, (_, used))| used.get()).map(|(key, _)| *key) else {
                break;
            };
            self.remove(oldest);
        }
    }

    /// Lets go of a closed study.
    pub fn forget(&mut self, session: SessionId) {
        let keys: Vec<SliceKey> = self.entries.keys().filter(|k| k.session == session).copied().collect();
        for key in keys {
            self.remove(key);
        }
    }

    fn remove(&mut self, key: SliceKey) {
        if let Some((decoded, _)) = self.entries.remove(&key) {
            self.bytes -= bytes(&decoded);
        }
    }
}

fn bytes(decoded: &Decoded) -> usize {
    decoded.as_ref().map_or(0, |slice| slice.byte_len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(slice: usize) -> SliceKey {
        SliceKey { session: SessionId(1), series: 0, slice }
    }

    #[test]
    fn the_least_recently_used_slice_goes_and_the_bound_holds() {
        let slice = || Ok(Arc::new(Slice::new(10, 10, vec![0.0; 100]).unwrap()));
        let mut cache = SliceCache::new(1000);
        cache.put(key(0), slice());
        cache.put(key(1), slice());
        assert!(cache.get(key(0)).is_some());
        cache.put(key(2), slice());
        assert!(cache.contains(key(0)) && !cache.contains(key(1)) && cache.contains(key(2)));
        assert_eq!(cache.bytes, 800);
        cache.forget(SessionId(1));
        assert_eq!((cache.bytes, cache.entries.len()), (0, 0));
    }
}
