//! What is done to every slice beside inference: pixels to 0-255, letterbox, decode and NMS. And the headers of a
//! study. `cargo bench --no-default-features`; docs/performance.md holds whole programs against others.

use std::{hint::black_box, sync::Arc};

use divan::{Bencher, counter::ItemsCount};
use foramen::{
    detector::{Letterbox, RawOutput},
    phantom,
    raster::{Image8, Slice, Standardize},
    study,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Anchors of a 384 × 384 input.
const ANCHORS: usize = 3024;

fn main() {
    divan::main();
}

fn noise(side: u32) -> Image8 {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let pixels = (0..side * side).map(|_| rng.random_range(0..=255u8)).collect();
    Image8::new(side, side, pixels).unwrap_or_else(|| unreachable!("as many pixels as its sides say"))
}

#[divan::bench(args = [320, 384, 512, 640, 768])]
fn letterbox(bencher: Bencher, side: u32) {
    let image = noise(side);
    bencher.bench_local(|| Letterbox::new((side, side), (384, 384)).apply(black_box(&image)));
}

/// A picture with five discs: most anchors score next to nothing, some hundred around each disc score.
fn output(classes: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let mut values = Vec::with_capacity((4 + classes) * ANCHORS);
    let disc: Vec<Option<usize>> = (0..ANCHORS).map(|_| rng.random_bool(0.1).then(|| rng.random_range(0..5))).collect();
    let center = |d: Option<usize>| d.map_or(190.0, |d| 60.0 + 65.0 * d as f32);
    values.extend(disc.iter().map(|_| 190.0 + rng.random_range(-6.0..6.0)));
    values.extend(disc.iter().map(|d| center(*d) + rng.random_range(-6.0..6.0)));
    values.extend((0..2 * ANCHORS).map(|_| rng.random_range(25.0..40.0)));
    for class in 0..classes {
        values.extend(disc.iter().map(|d| match d {
            Some(d) if class % 5 == *d => rng.random_range(0.0..0.9),
            _ => rng.random_range(0.0..0.002),
        }));
    }
    values
}

/// By classes: 15 is the canal's detector, 30 the others'.
#[divan::bench(args = [15, 30])]
fn decode_for_a_reader(bencher: Bencher, classes: usize) {
    let values = output(classes);
    bencher.bench_local(|| RawOutput::new(black_box(&values), classes).map(|output| output.predict(0.25)));
}

#[divan::bench(args = [15, 30])]
fn decode_for_grading(bencher: Bencher, classes: usize) {
    let values = output(classes);
    bencher.bench_local(|| RawOutput::new(black_box(&values), classes).map(|output| output.evidence(0.01)));
}

#[divan::bench(args = [Standardize::SliceMinMax, Standardize::SlicePercentile])]
fn standardize(bencher: Bencher, way: Standardize) {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let values = (0..512 * 512).map(|_| f32::from(rng.random_range(0..1800u16))).collect();
    let Some(slice) = Slice::new(512, 512, values) else { return };
    bencher.bench_local(|| way.image(black_box(&slice), None));
}

/// Files of the demo study, in memory: parsing alone, without the disk.
#[divan::bench]
fn read_headers(bencher: Bencher) {
    let files: Vec<(String, Arc<[u8]>)> = phantom::study_in_memory(phantom::DEMO_SEED);
    bencher
        .counter(ItemsCount::new(files.len()))
        .with_inputs(|| files.clone())
        .bench_local_values(|files| study::scan_memory(black_box(files)));
}

/// Decoding and standardizing of all slices, one after the other.
#[divan::bench]
fn decode_slices(bencher: Bencher) {
    let scan = study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED));
    let slices: Vec<_> = scan.studies.iter().flat_map(|s| &s.series).flat_map(|s| &s.slices).collect();
    bencher.counter(ItemsCount::new(slices.len())).bench_local(|| {
        for slice in slices.iter().filter_map(|s| s.decode().ok()) {
            black_box(Standardize::SlicePercentile.image(&slice, None));
        }
    });
}
