//! The program under test, as a user starts it; and as it is when something ends it.

use std::{
    path::Path,
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foramen"));
    command.args(args);
    command
}

/// Its exit code, and all that it printed.
pub fn run(args: &[&str]) -> (i32, String) {
    let output = command(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap(), said)
}

/// What it printed where all went well.
pub fn ok(args: &[&str]) -> String {
    let (code, said) = run(args);
    assert_eq!(code, 0, "{args:?}: {said}");
    said
}

/// Starts a training and kills it once it has written `checkpoint`.
pub fn killed_after(args: &[&str], checkpoint: &Path) {
    let mut child = command(args).stdout(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while !checkpoint.exists() {
        assert!(begun.elapsed() < Duration::from_mins(5), "no checkpoint came");
        assert_eq!(child.try_wait().unwrap(), None, "the training ended early");
        sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    sleep(Duration::from_secs(1));
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
