//! Real files, damaged at random places: still an image or a message, never a panic, never a wait.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use foramen::study;
use rand::{RngExt, SeedableRng, rngs::SmallRng};
use rayon::prelude::*;

use super::support::{CORPORA, files, slices};

/// Larger files are damaged in the same ways by smaller ones.
const LARGEST: u64 = 300_000;
const VARIANTS: u64 = 12;
/// Frames decoded of each.
const FRAMES: usize = 2;
/// For one damaged file on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Some bytes changed, mostly near the start where the header is; now and then the end cut off.
fn damaged(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(1..12) {
        let end = if rng.random_bool(0.7) { bytes.len().min(4000) } else { bytes.len() };
        let at = rng.random_range(0..end);
        bytes[at] = match rng.random_range(0..4) {
            0 => 0xFF,
            1 => 0,
            2 => bytes[at] ^ (1 << rng.random_range(0..8)),
            _ => rng.random(),
        };
    }
    if rng.random_bool(0.2) {
        bytes.truncate(rng.random_range(1..=bytes.len()));
    }
    bytes
}

#[test]
#[ignore = "needs the corpora; .ci/run fetches them"]
fn damaged_files_are_images_or_messages() {
    let files: Vec<_> = CORPORA
        .iter()
        .flat_map(|corpus| files(corpus))
        .filter(|path| (200..LARGEST).contains(&path.metadata().unwrap().len()))
        .map(|path| (std::fs::read(&path).unwrap(), path))
        .filter(|(bytes, _)| bytes.get(128..132) == Some(b"DICM"))
        .collect();
    assert!(files.len() > 100, "{}", files.len());
    let counts: Vec<(usize, usize)> = files
        .par_iter()
        .enumerate()
        .flat_map_iter(|(number, file)| (0..VARIANTS).map(move |variant| (number as u64 * VARIANTS + variant, file)))
        .map(|(seed, (bytes, path))| {
            let start = Instant::now();
            let bytes: Arc<[u8]> = damaged(bytes, seed).into();
            let scan = study::scan_memory(vec![("damaged".to_owned(), bytes)]);
            let results: Vec<bool> = slices(&scan).iter().take(FRAMES).map(|s| s.decode().is_ok()).collect();
            assert!(start.elapsed() < PATIENCE, "{}, seed {seed}: {:?}", path.display(), start.elapsed());
            (results.iter().filter(|ok| **ok).count(), results.iter().filter(|ok| !**ok).count())
        })
        .collect();
    let (images, messages) = counts.iter().fold((0, 0), |(a, b), (x, y)| (a + x, b + y));
    println!("{} damaged files: {images} frames decoded, {messages} refused", counts.len());
    assert!(images > 100 && messages > 100, "{images} {messages}");
}
