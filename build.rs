//! Finds the demo models in `models/` and the version of rten, for the binary to hold.

use std::{env, fmt::Write, fs, io, path::Path};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=models");
    println!("cargo:rerun-if-changed=Cargo.lock");
    let root = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let mut names: Vec<String> = match fs::read_dir(Path::new(&root).join("models")) {
        Ok(entries) => entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect(),
        Err(_) => Vec::new(),
    };
    names.retain(|n| Path::new(n).extension().is_some_and(|e| e == "onnx"));
    names.sort();
    let mut code = String::from("&[\n");
    for name in names {
        let file = format!("{root}/models/{name}");
        writeln!(code, "    ({name:?}, include_bytes!({file:?})),").map_err(io::Error::other)?;
    }
    code.push(']');
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out).join("models.rs"), code)?;
    println!("cargo:rustc-env=FORAMEN_RTEN_VERSION={}", version_of("rten", &root));
    Ok(())
}

/// From Cargo.lock.
fn version_of(package: &str, root: &str) -> String {
    let lock = fs::read_to_string(Path::new(root).join("Cargo.lock")).unwrap_or_default();
    let entry = format!("name = \"{package}\"\nversion = \"");
    let version = lock.split_once(&entry).and_then(|(_, rest)| rest.split('"').next());
    version.unwrap_or("unknown version").to_owned()
}
