//! More than 20,000 damaged files made of the real ones (docs/corpora.md): each is an image or a message, in time, in
//! memory that the file itself or a fixed limit bounds. And the same files recompressed by DCMTK and GDCM.
//!
//! `cargo test --test damage -- --ignored`; needs the corpora, DCMTK and GDCM, which `.ci/run` fetches.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod mutate;
mod recompressed;

#[path = "../corpora/support.rs"]
#[expect(dead_code, reason = "the other tests of real files use the rest")]
mod support;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use foramen::study;
use peak_alloc::PeakAlloc;
use rand::{SeedableRng, rngs::SmallRng};

use mutate::WAYS;
use support::{CORPORA, files, slices};

/// Counts what is allocated, so that a test can ask for the most.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// For one input, on a machine that does other things beside.
const PATIENCE: Duration = Duration::from_secs(2);
/// Frames decoded of an input.
const FRAMES: usize = 2;
/// Of each way, of each file.
const VARIANTS: usize = 11;
/// Larger files are damaged in the same ways by smaller ones.
const LARGEST: u64 = 300_000;
/// Bytes beside what the input itself accounts for: tables, buffers of codecs.
const SPARE: usize = 48 << 20;
/// Bytes a pixel: as stored, as decoded, as f32.
const PER_PIXEL: usize = 16;
/// An input is held as it is read, as it is walked, and as an object of elements.
const PER_BYTE: usize = 12;

/// What came of an input.
#[derive(Default)]
struct Outcome {
    images: usize,
    messages: usize,
    pixels: usize,
    took: Duration,
    peak: usize,
}

fn look(bytes: Vec<u8>) -> Outcome {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let start = Instant::now();
    let mut outcome = Outcome::default();
    let scan = study::scan_memory(vec![("damaged".to_owned(), Arc::from(bytes))]);
    outcome.messages += scan.issues.len();
    for slice in slices(&scan).iter().take(FRAMES) {
        match slice.decode() {
            Ok(image) => {
                outcome.images += 1;
                outcome.pixels = outcome.pixels.max(image.values().len());
                assert!(image.values().iter().all(|value| value.is_finite()), "a value that is no number");
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                outcome.messages += 1;
            }
        }
    }
    outcome.took = start.elapsed();
    outcome.peak = MEMORY.peak_usage().saturating_sub(before);
    outcome
}

/// Every DICOM file of the corpora that is not too large.
fn originals() -> Vec<(PathBuf, Vec<u8>)> {
    let all = CORPORA.iter().flat_map(|corpus| files(corpus));
    let fitting = all.filter(|path| (200..LARGEST).contains(&path.metadata().unwrap().len()));
    let read = fitting.map(|path| (path.clone(), std::fs::read(path).unwrap()));
    read.filter(|(_, bytes)| bytes.get(128..132) == Some(b"DICM")).collect()
}

#[test]
#[ignore = "needs the corpora; .ci/run fetches them"]
fn damaged_files_are_images_or_messages_in_time_and_in_bounds() {
    let originals = originals();
    assert!(originals.len() > 200, "{}", originals.len());
    let mut failures = Vec::new();
    let mut by_way: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let (mut inputs, mut longest, mut largest) = (0, Duration::ZERO, 0);
    // One thread decodes at a time, for memory is counted for all of them.
    for (number, (path, bytes)) in originals.iter().enumerate() {
        for (way, damage) in WAYS {
            for variant in 0..VARIANTS {
                let seed = (number * VARIANTS + variant) as u64;
                let damaged = damage(bytes, &mut SmallRng::seed_from_u64(seed));
                let size = damaged.len();
                let outcome = look(damaged);
                let name = format!("{}, {way}, seed {seed}", path.display());
                let bound = SPARE + PER_BYTE * size + PER_PIXEL * outcome.pixels;
                if outcome.took > PATIENCE {
                    failures.push(format!("{name}: took {:?}", outcome.took));
                }
                if outcome.peak > bound {
                    failures.push(format!("{name}: {} MB where {} MB is the bound", outcome.peak >> 20, bound >> 20));
                }
                let counts = by_way.entry(way).or_default();
                *counts = (counts.0 + 1, counts.1 + outcome.images, counts.2 + outcome.messages);
                inputs += 1;
                longest = longest.max(outcome.took);
                largest = largest.max(outcome.peak);
            }
        }
    }
    for (way, (inputs, images, messages)) in &by_way {
        println!("{way}: {inputs} inputs, {images} frames decoded, {messages} messages");
    }
    println!("{inputs} inputs; longest {longest:?}, most memory {} MB", largest >> 20);
    assert!(failures.is_empty(), "{} of {inputs}:\n{}", failures.len(), failures.join("\n"));
    assert!(inputs >= 20_000, "{inputs}");
    assert!(by_way.values().all(|(_, images, messages)| *images > 100 && *messages > 100), "{by_way:?}");
}
