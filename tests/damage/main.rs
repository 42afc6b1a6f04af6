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
    sync::{Arc, Mutex, PoisonError},
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

/// Memory is counted for the whole program: one test at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// For one input, on a machine that does other things beside.
const PATIENCE: Duration = Duration::from_secs(2);
/// Frames decoded of an input.
const FRAMES: usize = 2;
/// Of each way, of each file.
const VARIANTS: usize = 9;
/// Larger files are damaged in the same ways by smaller ones.
const LARGEST: u64 = 300_000;
/// Bytes beside what the input itself accounts for: tables, buffers of codecs.
const SPARE: usize = 48 << 20;
/// Bytes a pixel: as stored, as decoded, as f32.
const PER_PIXEL: usize = 16;
/// An input is held as it is read, as it is walked, and as an object of elements.
const PER_BYTE: usize = 12;

/// What came of an input.
struct Outcome {
    images: usize,
    messages: usize,
    pixels: usize,
    /// Every value is a number.
    is_finite: bool,
    took: Duration,
    peak: usize,
}

impl Outcome {
    /// What is wrong with it, of an input of `size` bytes.
    fn faults(&self, size: usize) -> Vec<String> {
        let bound = SPARE + PER_BYTE * size + PER_PIXEL * self.pixels;
        let slow = (self.took > PATIENCE).then(|| format!("took {:?}", self.took));
        let large = (self.peak > bound).then(|| format!("{} MB where {} are the bound", self.peak >> 20, bound >> 20));
        let odd = (!self.is_finite).then(|| "a value that is no number".to_owned());
        [slow, large, odd].into_iter().flatten().collect()
    }
}

fn look(bytes: Vec<u8>) -> Outcome {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let start = Instant::now();
    let mut outcome = Outcome { images: 0, messages: 0, pixels: 0, is_finite: true, took: Duration::ZERO, peak: 0 };
    let scan = study::scan_memory(vec![("damaged".to_owned(), Arc::from(bytes))]);
    outcome.messages += scan.issues.len();
    for slice in slices(&scan).iter().take(FRAMES) {
        match slice.decode() {
            Ok(image) => {
                outcome.images += 1;
                outcome.pixels = outcome.pixels.max(image.values().len());
                outcome.is_finite &= image.values().iter().all(|value| value.is_finite());
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

/// With `FORAMEN_DAMAGE_DIR`, inputs that fail are kept there, to be looked at.
fn keep_if(is_bad: bool, bytes: &[u8], number: usize) {
    if let Some(folder) = std::env::var_os("FORAMEN_DAMAGE_DIR").filter(|_| is_bad) {
        std::fs::write(PathBuf::from(folder).join(format!("{number}.dcm")), bytes).unwrap();
    }
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
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let originals = originals();
    // One file alone, while a failure is looked at.
    let only = std::env::var("FORAMEN_DAMAGE_ONLY").unwrap_or_default();
    let is_wanted = |path: &PathBuf| path.display().to_string().contains(&only);
    assert!(originals.len() > 200, "{}", originals.len());
    let mut failures = Vec::new();
    let mut by_way: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let (mut inputs, mut longest, mut largest) = (0, Duration::ZERO, 0);
    // One thread decodes at a time, for memory is counted for all of them.
    for (number, (path, bytes)) in originals.iter().enumerate().filter(|(_, (path, _))| is_wanted(path)) {
        for (way, damage) in WAYS {
            for variant in 0..VARIANTS {
                let seed = (number * VARIANTS + variant) as u64;
                let damaged = damage(bytes, &mut SmallRng::seed_from_u64(seed));
                let size = damaged.len();
                let outcome = look(damaged.clone());
                let name = format!("{}, {way}, seed {seed}", path.display());
                keep_if(!outcome.faults(size).is_empty(), &damaged, failures.len());
                failures.extend(outcome.faults(size).into_iter().map(|fault| format!("{name}: {fault}")));
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
    assert!(!only.is_empty() || inputs >= 20_000, "{inputs}");
    // What is cut is never shown: its pixels are at its end.
    let is_both = |(way, (_, images, messages)): (&&str, &(usize, usize, usize))| {
        *messages > 100 && (*images > 50 || *way == "cut")
    };
    assert!(by_way.iter().all(is_both), "{by_way:?}");
}
