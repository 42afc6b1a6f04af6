//! The `foramen` program: all of it is in the library's `cli`.

fn main() -> std::process::ExitCode {
    silence_onnx_runtime();
    foramen::cli::main()
}

/// ONNX Runtime 1.32 looks up its maker's server, and keeps a device's id in the user's cache, also where its interface
/// was told that no telemetry is wanted. This variable it heeds (docs/security.md; `tests/peers/network.rs`).
#[expect(unsafe_code, reason = "the only way to a variable that a library in this process reads")]
fn silence_onnx_runtime() {
    // SAFETY: the first thing in `main`: no other thread is there that could read the environment.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
}
