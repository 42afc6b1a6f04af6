//! The fuzz targets without a fuzzer: inputs that once broke something, the seeds, and thousands of damaged ones that
//! are the same on every run. `fuzz/run.sh` looks for new ones, guided by coverage.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

#[path = "../../fuzz/src/seeds.rs"]
mod seeds;
#[path = "../../fuzz/src/targets.rs"]
mod targets;

use std::path::Path;

use rand::{RngExt, SeedableRng, rngs::SmallRng, seq::IndexedRandom};

/// Damaged inputs a target.
const DAMAGED: u64 = 400;
/// What numbers in texts and headers become.
const NUMBERS: [&[u8]; 8] = [b"-1", b"0", b"NaN", b"1e308", b"99999999999", b"-0.0", b"inf", b"\xff\xff\xff\xff"];

/// One to eight changes of an input, some of them with a piece of another.
fn damaged(seeds: &[Vec<u8>], rng: &mut SmallRng) -> Vec<u8> {
    let mut bytes = seeds.choose(rng).unwrap().clone();
    for _ in 0..rng.random_range(1..=8) {
        if bytes.is_empty() {
            return bytes;
        }
        // Headers are in front: half of the changes are there.
        let end = if rng.random_bool(0.5) { bytes.len().min(1200) } else { bytes.len() };
        let at = rng.random_range(0..end);
        match rng.random_range(0..7) {
            0 => bytes[at] ^= 1 << rng.random_range(0..8),
            1 => bytes[at] = *[0, 0xFF, 0x7F, 0x80, b'-', b'.'].choose(rng).unwrap(),
            2 => bytes.truncate(at),
            3 => drop(bytes.splice(at..at, NUMBERS.choose(rng).unwrap().iter().copied())),
            4 => {
                let word = NUMBERS.choose(rng).unwrap();
                let end = (at + word.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&word[..end - at]);
            }
            5 => {
                let piece = bytes[at..(at + rng.random_range(1..200)).min(bytes.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            _ => {
                let other = seeds.choose(rng).unwrap();
                let from = rng.random_range(0..=other.len());
                let piece = other[from..(from + 100).min(other.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    bytes
}

fn kept(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/regressions").join(target);
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| std::fs::read(entry.unwrap().path()).unwrap()).collect()
}

fn survives(name: &str) {
    let (_, run) = targets::ALL.into_iter().find(|target| target.0 == name).unwrap();
    let mut seeds = seeds::of(name);
    assert!(!seeds.is_empty(), "nothing to begin from");
    seeds.extend(kept(name));
    for bytes in &seeds {
        run(bytes);
    }
    let mut rng = SmallRng::seed_from_u64(7);
    for _ in 0..DAMAGED {
        run(&damaged(&seeds, &mut rng));
    }
}

macro_rules! target_tests {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            survives(stringify!($name));
        })*

        #[test]
        fn every_target_has_its_test() {
            assert_eq!(targets::ALL.map(|target| target.0), [$(stringify!($name)),*]);
        }
    };
}

target_tests!(
    headers, pixels, zip, dicomdir, onnx, csv, yolo, settings, library, stored, texts, places, commands, packets, heads
);

#[test]
fn seeds_are_what_they_should_be() {
    use foramen::{detector::Model, study};
    for (index, bytes) in seeds::of("pixels").into_iter().enumerate() {
        let scan = study::scan_memory(vec![("seed".to_owned(), bytes.into())]);
        let slices: Vec<_> = scan.studies.iter().flat_map(|s| &s.series).flat_map(|s| &s.slices).collect();
        assert!(!slices.is_empty(), "seed {index}: {:?}", scan.issues);
        slices[0].decode().unwrap();
    }
    let model = |index: usize| Model::from_bytes("seed".to_owned(), seeds::of("onnx")[index].clone().into());
    assert!(model(0).is_ok() && model(1).is_err_and(|error| error.to_string().contains("Loop")));
}
