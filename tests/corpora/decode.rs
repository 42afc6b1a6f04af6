//! Every file and every frame: an image or a message, never a panic or a hang.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rayon::prelude::*;

use super::support::{CORPORA, alone, files, root, slices};

/// No file here takes a second; this is for a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

#[test]
#[ignore = "needs the corpora; .ci/run fetches them"]
fn every_frame_is_an_image_or_a_message() {
    let files: Vec<_> = CORPORA.iter().flat_map(|corpus| files(corpus)).collect();
    // (frames decoded, messages) of each file.
    let results: Vec<(usize, Vec<String>)> = files
        .par_iter()
        .map(|path| {
            let start = Instant::now();
            let scan = alone(path);
            let (mut decoded, mut messages) = (0, Vec::new());
            for slice in slices(&scan) {
                match slice.decode() {
                    Ok(image) => {
                        assert_eq!((image.columns(), image.rows()), (slice.instance.columns, slice.instance.rows));
                        assert!(image.values().iter().all(|v| v.is_finite()), "{}", path.display());
                        decoded += 1;
                    }
                    Err(error) => messages.push(error.to_string()),
                }
            }
            assert!(start.elapsed() < PATIENCE, "{} took {:?}", path.display(), start.elapsed());
            messages.dedup();
            let name = path.strip_prefix(root()).unwrap().display();
            (decoded, messages.into_iter().map(|message| format!("{name}: {message}")).collect())
        })
        .collect();
    let frames: usize = results.iter().map(|(decoded, _)| decoded).sum();
    let images = results.iter().filter(|(decoded, _)| *decoded > 0).count();
    let messages: Vec<String> = results.into_iter().flat_map(|(_, messages)| messages).collect();
    println!("{frames} frames of {images} files decoded; {} messages", messages.len());
    insta::assert_snapshot!("what_cannot_be_decoded", messages.join("\n"));
    assert!(images >= 200 && frames >= 540, "{images} files, {frames} frames");
}

#[test]
#[ignore = "needs the corpora; .ci/run fetches them"]
fn the_program_lists_each_corpus() {
    let mut found = BTreeMap::new();
    for corpus in CORPORA {
        let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_foramen"))
            .args(["inspect", "--json"])
            .arg(root().join(corpus))
            .timeout(PATIENCE)
            .output()
            .unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]), "{corpus}");
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let studies = json["studies"].as_array().unwrap();
        let slices = |study: &serde_json::Value| -> u64 {
            study["series"].as_array().unwrap().iter().map(|s| s["slices"].as_u64().unwrap()).sum()
        };
        found.insert(corpus, (studies.len(), studies.iter().map(slices).sum::<u64>()));
    }
    insta::assert_debug_snapshot!("studies_and_slices", found);
}
