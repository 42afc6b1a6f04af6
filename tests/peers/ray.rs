//! A batch on an engine that nobody here wrote: Ray, two worker nodes on this computer, one killed in the middle.

use std::path::Path;

use foramen::phantom::{self, Dialect, PhantomOptions};
use serde::Deserialize;

use super::python;

const STUDIES: usize = 8;

#[derive(Debug, Deserialize)]
struct Figures {
    studies: usize,
    before_kill: usize,
    skipped: usize,
    litter: usize,
}

#[test]
#[ignore = "needs Ray; .ci/run installs it"]
fn a_killed_worker_costs_no_study_and_grades_none_twice() {
    let dir = tempfile::tempdir().unwrap();
    let options = PhantomOptions {
        studies: STUDIES as u32,
        seed: 77,
        dialect: Dialect::Clinical,
        balance: 0.0,
        label_noise: 0.0,
        variety: 0.0,
    };
    phantom::write(&dir.path().join("studies"), &options, &|| ()).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_foramen"));
    let folder = dir.path().join("work");
    // The script itself compares results; see there.
    let figures: Figures = python::run("ray_batch.py", &[program, &dir.path().join("studies"), &folder], "");
    println!("{figures:?}");
    assert_eq!(figures.studies, STUDIES);
    assert!(figures.before_kill >= 2 && figures.before_kill < STUDIES);
    // The share that was killed found its own results again. One result was half written at most: a later run clears it.
    assert!(figures.skipped <= figures.before_kill && figures.litter <= 1, "{figures:?}");
}
