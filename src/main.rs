//! The `foramen` program: all its code is in the library's `cli`.

fn main() -> std::process::ExitCode {
    silence_onnx_runtime();
    #[cfg(unix)]
    last_words::prepare();
    foramen::cli::main()
}

/// ONNX Runtime 1.32 looks up its vendor's server, and keeps a device id in the user's cache, even if its API was told
/// to send no telemetry. It respects this variable (docs/security.md; `tests/peers/network.rs`).
#[expect(unsafe_code, reason = "the only way to a variable that a library in this process reads")]
fn silence_onnx_runtime() {
    // SAFETY: this is the first thing in `main`, so no other thread exists that could read the environment.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
}

/// A program that runs out of memory is ended by SIGABRT, in Rust as in the engines' C++. If a limit is so low that no
/// check caught it, this prints a message and exits with our own code instead of crashing.
#[cfg(unix)]
mod last_words {
    const WORDS: &[u8] =
        b"foramen: stopped, most likely out of memory: close other programs, raise the limit (ulimit -v) \
        or use --threads 1. If there is enough memory, this is a bug: please report it\n";
    /// `Exit::Error`.
    const CODE: libc::c_int = 1;

    #[expect(unsafe_code, reason = "all that a signal handler may do: write and end")]
    extern "C" fn say(_: libc::c_int) {
        // SAFETY: both calls are async-signal-safe, and the text is static.
        unsafe {
            libc::write(2, WORDS.as_ptr().cast(), WORDS.len());
            libc::_exit(CODE)
        }
    }

    #[expect(unsafe_code, reason = "the standard library has no words for signals")]
    pub fn prepare() {
        let say: extern "C" fn(libc::c_int) = say;
        // SAFETY: the handler does nothing that a signal handler may not do.
        unsafe { libc::signal(libc::SIGABRT, say as libc::sighandler_t) };
    }
}
