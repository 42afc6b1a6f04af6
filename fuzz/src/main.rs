//! libFuzzer's entry: `FORAMEN_FUZZ` names the target. One program for all of them links in a tenth of the time.
//! With `FORAMEN_SEEDS` it writes the inputs that fuzzing begins from into that folder, and ends.

#![no_main]

mod seeds;
mod targets;

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;

fn target() -> &'static targets::Target {
    static TARGET: OnceLock<targets::Target> = OnceLock::new();
    TARGET.get_or_init(|| {
        let name = std::env::var("FORAMEN_FUZZ").unwrap_or_default();
        let Some(target) = targets::ALL.into_iter().find(|target| target.0 == name) else {
            let names = targets::ALL.map(|target| target.0).join(", ");
            eprintln!("FORAMEN_FUZZ names a target: {names}");
            std::process::exit(2);
        };
        if let Some(folder) = std::env::var_os("FORAMEN_SEEDS") {
            for (index, bytes) in seeds::of(target.0).into_iter().enumerate() {
                let _ = std::fs::write(std::path::Path::new(&folder).join(format!("seed-{index}")), bytes);
            }
            std::process::exit(0);
        }
        target
    })
}

fuzz_target!(init: { target(); }, |bytes: &[u8]| {
    (target().1)(bytes);
});
