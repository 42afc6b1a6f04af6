//! How many instructions the hot paths take, counted by callgrind: a guard that a busy machine does not disturb.
//!
//! `cargo test --test counts -- --ignored` compares with `expected.json` (the dev profile; x86-64); `UPDATE_COUNTS=1`
//! writes it anew. A workload is run once and three times: the difference is free of start and set-up.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops where it is")]

use std::{
    collections::BTreeMap,
    hint::black_box,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::Arc,
};

use foramen::{
    detector::{Letterbox, RawOutput},
    grading,
    phantom::{self, Dialect, PhantomOptions},
    pipeline,
    raster::{Image8, Slice, Standardize},
    study::{self, Scan, SliceRef},
};

/// Another compiler or processor gives other counts by some percent; what is meant to be found gives more.
const TOLERANCE: f64 = 0.10;
/// Anchors of a 384 x 384 input.
const ANCHORS: usize = 3024;

type Files = Vec<(String, Arc<[u8]>)>;
/// A name, and what is made ready once and then done as often as is asked.
type Workload = (&'static str, fn() -> Box<dyn Fn()>);

const WORKLOADS: [Workload; 7] = [
    ("headers of the demo study", headers),
    ("decode 10 raw slices", decode_raw),
    ("decode 10 RLE slices", decode_rle),
    ("standardize 512 x 512 by percentiles", standardize),
    ("letterbox 640 x 640 to 384 x 384", letterbox),
    ("boxes for grading, 30 classes", boxes),
    ("levels by place, 25 findings", geometric),
];

/// Numbers that look like chance and are the same everywhere.
fn noise(count: usize) -> impl Iterator<Item = u32> {
    (0..count as u32).scan(12_345_u32, |state, _| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(*state >> 8)
    })
}

/// Where the files lie that workloads read: to compute them under callgrind takes minutes.
const FOLDER: &str = "FORAMEN_COUNTS_FOLDER";

/// Writes the demo study, and a study in the contest's dialect, most of which is RLE.
fn write_files(folder: &Path) {
    for (name, bytes) in phantom::study_in_memory(phantom::DEMO_SEED) {
        foramen::files::write_atomic(&folder.join("demo").join(name), &bytes).unwrap();
    }
    let options =
        PhantomOptions { studies: 1, seed: 5, dialect: Dialect::Contest, balance: 0.0, label_noise: 0.0, variety: 0.0 };
    phantom::write(&folder.join("contest"), &options, &|| ()).unwrap();
}

fn read_files(name: &str) -> Files {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap()).join(name);
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_type().is_file());
    files.map(|entry| (entry.path().display().to_string(), std::fs::read(entry.path()).unwrap().into())).collect()
}

const RAW: &str = "1.2.840.10008.1.2.1";
const RLE: &str = "1.2.840.10008.1.2.5";

fn slices_of<'a>(scan: &'a Scan, syntax: &'static str) -> impl Iterator<Item = &'a SliceRef> {
    let all = scan.studies.iter().flat_map(|s| &s.series).flat_map(|s| &s.slices);
    all.filter(move |slice| slice.instance.transfer_syntax == syntax)
}

fn headers() -> Box<dyn Fn()> {
    let files = read_files("demo");
    Box::new(move || drop(black_box(study::scan_memory(files.clone()))))
}

fn decode_ten(files: &str, syntax: &'static str) -> Box<dyn Fn()> {
    let scan = study::scan_memory(read_files(files));
    Box::new(move || {
        let ten = slices_of(&scan, syntax).take(10).filter(|slice| black_box(slice.decode()).is_ok());
        assert_eq!(ten.count(), 10);
    })
}

fn decode_raw() -> Box<dyn Fn()> {
    decode_ten("demo", RAW)
}

fn decode_rle() -> Box<dyn Fn()> {
    decode_ten("contest", RLE)
}

fn standardize() -> Box<dyn Fn()> {
    let values = noise(512 * 512).map(|n| (n % 1800) as f32).collect();
    let slice = Slice::new(512, 512, values).unwrap();
    Box::new(move || drop(black_box(Standardize::SlicePercentile.image(&slice, None))))
}

fn letterbox() -> Box<dyn Fn()> {
    let image = Image8::new(640, 640, noise(640 * 640).map(|n| n as u8).collect()).unwrap();
    Box::new(move || drop(black_box(Letterbox::new((640, 640), (384, 384)).apply(&image))))
}

fn boxes() -> Box<dyn Fn()> {
    let classes = 30;
    let coordinates = noise(4 * ANCHORS).map(|n| 20.0 + (n % 340) as f32);
    let scores = noise(classes * ANCHORS).map(|n| if n.is_multiple_of(40) { (n % 900) as f32 / 1000.0 } else { 0.001 });
    let values: Vec<f32> = coordinates.chain(scores).collect();
    Box::new(move || drop(black_box(RawOutput::new(&values, classes).unwrap().evidence(0.01))))
}

/// Evidence on the demo study: five boxes of every class of every detector, on slices of its own series.
fn geometric() -> Box<dyn Fn()> {
    let scan: Scan = study::scan_memory(read_files("demo"));
    let study = &scan.studies[0];
    let layout = pipeline::layout(study);
    let mut places = noise(10_000).map(|n| (n % 250) as f32);
    let mut boxes = Vec::new();
    for series in study.series.iter().filter(|series| series.role.is_some()) {
        for class in grading::DetectionClass::all(series.role.unwrap()) {
            for slice in series.slices.iter().take(5) {
                let (x, y) = (places.next().unwrap(), places.next().unwrap());
                let bbox = foramen::raster::BBox::new(x, y, x + 30.0, y + 30.0);
                boxes.push(grading::Detection { class, score: 0.5, bbox, slice: slice.id() });
            }
        }
    }
    Box::new(move || drop(black_box(grading::geometric(&boxes, &layout))))
}

/// Instructions of this program with a workload done so many times.
fn count(folder: &Path, name: &str, times: u32) -> u64 {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().unwrap())
        .args(["--work", name, &times.to_string()])
        .env("RAYON_NUM_THREADS", "1")
        // An error at the end of each file walks the stack where this is set.
        .env("RUST_BACKTRACE", "0")
        .env_remove("RUST_LIB_BACKTRACE")
        .env(FOLDER, folder)
        .output();
    let Ok(output) = output else { panic!("valgrind does not run; .ci/run installs it") };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
    let line = said.lines().find_map(|line| line.split_once("Collected : ")).unwrap();
    line.1.trim().parse().unwrap()
}

fn expected_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/counts/expected.json")
}

fn compare() -> bool {
    let text = std::fs::read_to_string(expected_file()).unwrap_or_else(|_| "{}".to_owned());
    let expected: BTreeMap<String, u64> = serde_json::from_str(&text).unwrap();
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path());
    let once = |name| (count(folder.path(), name, 3) - count(folder.path(), name, 1)) / 2;
    let found: BTreeMap<String, u64> = WORKLOADS.iter().map(|(name, _)| ((*name).to_owned(), once(name))).collect();
    if std::env::var_os("UPDATE_COUNTS").is_some() {
        std::fs::write(expected_file(), serde_json::to_string_pretty(&found).unwrap() + "\n").unwrap();
    }
    let mut is_fine = true;
    for (name, count) in &found {
        let before = expected.get(name).copied();
        let change = before.map(|before| *count as f64 / before as f64 - 1.0);
        // Far fewer is news as well: the file should say so, that they are not lost again unseen.
        let is_near = change.is_some_and(|change| change.abs() <= TOLERANCE);
        is_fine &= is_near;
        let change = change.map_or_else(|| "new".to_owned(), |change| format!("{:+.1} %", change * 100.0));
        println!("{} {name}: {count} instructions, {change}", if is_near { "ok  " } else { "FAIL" });
    }
    is_fine || std::env::var_os("UPDATE_COUNTS").is_some()
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, name, times] = args.as_slice()
        && flag == "--work"
    {
        let work = WORKLOADS.iter().find(|workload| workload.0 == name).unwrap().1();
        (0..times.parse().unwrap()).for_each(|_: u32| work());
        return ExitCode::SUCCESS;
    }
    if !args.iter().any(|arg| arg == "--ignored") {
        println!("test counts ... ignored, needs valgrind; .ci/run installs it");
        return ExitCode::SUCCESS;
    }
    if compare() {
        return ExitCode::SUCCESS;
    }
    println!("UPDATE_COUNTS=1 cargo test --test counts -- --ignored  takes the new counts, where they are meant");
    ExitCode::FAILURE
}
