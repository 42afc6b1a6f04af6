//! How many threads can grade in the memory that there is. A detector that finds no room ends the program; one thread
//! less only takes longer.

use crate::{detector::ModelSet, study};

/// Not even one thread can grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "grading needs about {} MiB of free memory, but only {} MiB are free: close other programs, or raise the limit (ulimit -v)",
    needed >> 20,
    free >> 20
)]
pub struct NotEnough {
    /// Bytes that one thread takes.
    pub needed: u64,
    /// Bytes that are free to take.
    pub free: u64,
}

/// An engine holds a model's weights as float32, as it read them, and as it lays them out to compute: three times a file
/// of float16.
const WEIGHTS: u64 = 3;
/// What a model of 384 x 384 pixels takes while it runs (measured: a thread with three demo models takes 60 MB with rten,
/// 115 MB with ONNX Runtime).
const RUN: u64 = 20 << 20;
const RUN_PIXELS: u64 = 384 * 384;
/// A thread's stack, the slice that it decodes, and what it draws from that.
const THREAD: u64 = 16 << 20;
/// Addresses that the C library sets aside for each thread that allocates.
const ARENA: u64 = 64 << 20;

/// So many of the `wanted` threads have room to load and run `models`; `loaded` of them have their detectors already.
pub fn workers(wanted: usize, loaded: usize, models: &ModelSet) -> Result<usize, NotEnough> {
    let need = |onnx: &[u8], (height, width): (u32, u32)| {
        onnx.len() as u64 * WEIGHTS + RUN * u64::from(height) * u64::from(width) / RUN_PIXELS
    };
    let levels = models.levels.iter().map(|m| need(&m.onnx, m.input_size));
    let each = THREAD + models.models.iter().map(|m| need(&m.onnx, m.input_size)).chain(levels).sum::<u64>();
    fitting(wanted, loaded, each, study::available_memory(), study::available_addresses())
}

fn fitting(
    wanted: usize,
    loaded: usize,
    each: u64,
    free: Option<u64>,
    addresses: Option<u64>,
) -> Result<usize, NotEnough> {
    let fits =
        |free: Option<u64>, each: u64| free.map_or(wanted, |free| usize::try_from(free / each).unwrap_or(wanted));
    // The first thread must fit; where the C library finds no room for its arena it does without.
    let first = usize::from(fits(free, each) > 0 && fits(addresses, each) > 0);
    let more = fits(free, each).min(fits(addresses, each + ARENA));
    match loaded + first.max(more) {
        0 => Err(NotEnough { needed: each, free: free.into_iter().chain(addresses).min().unwrap_or(0) }),
        room => Ok(wanted.min(room)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_are_as_many_as_there_is_room_for() {
        const MIB: u64 = 1 << 20;
        let fit = |wanted, loaded, free: Option<u64>, addresses: Option<u64>| {
            fitting(wanted, loaded, 100 * MIB, free.map(|n| n * MIB), addresses.map(|n| n * MIB))
        };
        assert_eq!(fit(8, 0, None, None), Ok(8), "not every system tells");
        assert_eq!(fit(8, 0, Some(16_000), None), Ok(8));
        assert_eq!(fit(8, 0, Some(350), None), Ok(3));
        assert_eq!(fit(8, 0, Some(16_000), Some(500)), Ok(3), "addresses of arenas count");
        assert_eq!(fit(8, 0, Some(16_000), Some(120)), Ok(1), "but for the first");
        assert_eq!(fit(8, 2, Some(0), None), Ok(2), "those that are loaded cost nothing");
        let why = fit(8, 0, Some(99), None).unwrap_err().to_string();
        assert!(why.contains("about 100 MiB") && why.contains("99 MiB"), "{why}");
    }
}
