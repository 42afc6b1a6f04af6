//! The Python that has the peers, and Foramen as a program beside it.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::de::DeserializeOwned;

/// A file of this folder.
pub fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers").join(name)
}

/// The folder of models under test.
pub fn models() -> PathBuf {
    std::env::var_os("FORAMEN_TEST_MODELS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("models"), PathBuf::from)
}

/// `FORAMEN_PYTHON`, else the environment of `setup.sh`.
pub fn python() -> PathBuf {
    let python = std::env::var_os("FORAMEN_PYTHON")
        .map_or_else(|| foramen::training::environment().expect("a cache folder").join("bin/python"), PathBuf::from);
    assert!(python.is_file(), "{}: no such file; run tests/peers/setup.sh or set FORAMEN_PYTHON", python.display());
    python
}

/// What the script prints, read as JSON.
pub fn run<T: DeserializeOwned>(name: &str, args: &[&Path], stdin: &str) -> T {
    let mut command = Command::new(python());
    command.arg(script(name)).args(args);
    answer(command, stdin)
}

/// What `foramen` prints with these arguments, read as JSON. ONNX Runtime is the Python's.
pub fn foramen<T: DeserializeOwned>(args: &[&str]) -> T {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foramen"));
    command.args(args).env("ORT_DYLIB_PATH", onnxruntime());
    answer(command, "")
}

/// The library inside the Python's `onnxruntime`.
pub fn onnxruntime() -> PathBuf {
    let code = "import importlib.util as u, pathlib; p = pathlib.Path(u.find_spec('onnxruntime').origin); \
                print(*p.parent.glob('capi/libonnxruntime.so.*'))";
    let output = Command::new(python()).args(["-c", code]).output().unwrap();
    let path = PathBuf::from(String::from_utf8(output.stdout).unwrap().trim());
    assert!(path.is_file(), "no ONNX Runtime in {}; run tests/peers/setup.sh", python().display());
    path
}

fn answer<T: DeserializeOwned>(mut command: Command, stdin: &str) -> T {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{command:?}: {e}"));
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{command:?}: {e}\n{text}"))
}

/// A library of ONNX Runtime 1.20.1, from `setup.sh`: too old for us.
pub fn old_onnxruntime() -> PathBuf {
    let cache = foramen::training::environment().expect("a cache folder");
    let path = cache.with_file_name("onnxruntime-1.20.1/onnxruntime/capi/libonnxruntime.so.1.20.1");
    assert!(path.is_file(), "{}: no such file; run tests/peers/setup.sh", path.display());
    path
}
