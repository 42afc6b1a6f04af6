//! Running the program, and studies to run it on. Each is made once for all tests.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use foramen::phantom::{self, Dialect, PhantomOptions};
use tempfile::TempDir;

/// Long enough for a busy machine; a hang is longer.
const PATIENCE: Duration = Duration::from_mins(5);

/// How a run ended.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs `foramen` with `args`.
pub fn foramen<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Run {
    foramen_with(args, &[])
}

/// The same with environment variables. ONNX Runtime is not looked for unless a test asks for it.
pub fn foramen_with<S: AsRef<std::ffi::OsStr>>(args: &[S], variables: &[(&str, &Path)]) -> Run {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_foramen"));
    command.args(args).timeout(PATIENCE).env_remove("RUST_LOG").env_remove("ORT_DYLIB_PATH");
    for (name, value) in variables {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let run = Run { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) };
    assert!(!run.err.contains("panicked"), "a panic:\n{}", run.err);
    run
}

impl Run {
    /// Asserts that the run ended with `code` and one line on stderr, which is returned without `foramen: `.
    #[track_caller]
    pub fn one_line(&self, code: i32) -> &str {
        assert_eq!(self.code, code, "{}", self.err);
        let lines: Vec<&str> = self.err.lines().collect();
        let [line] = lines[..] else { panic!("{} lines on stderr:\n{}", lines.len(), self.err) };
        line.strip_prefix("foramen: ").unwrap_or_else(|| panic!("{line}"))
    }

    /// Both outputs and the code in one text, with `folder` named FOLDER: for snapshots.
    pub fn snapshot(&self, folder: &Path) -> String {
        let mut text = format!("exit code {}\n", self.code);
        for (name, part) in [("stdout", &self.out), ("stderr", &self.err)] {
            if !part.is_empty() {
                let _ = write!(text, "--- {name}\n{part}");
            }
        }
        text.replace(&folder.display().to_string(), "FOLDER")
    }
}

/// A phantom study in each dialect as `foramen phantom` writes it, below a folder that lives as long as the tests.
pub fn phantom(dialect: Dialect) -> &'static Path {
    static CLINICAL: OnceLock<PathBuf> = OnceLock::new();
    static CONTEST: OnceLock<PathBuf> = OnceLock::new();
    let made = match dialect {
        Dialect::Clinical => &CLINICAL,
        Dialect::Contest => &CONTEST,
    };
    made.get_or_init(|| {
        let out = folder().join(format!("{dialect:?}"));
        // Seed 5: all three series, the axial one in angled blocks.
        let options = PhantomOptions { studies: 1, seed: SEED, dialect, balance: 0.0, label_noise: 0.0, variety: 0.0 };
        phantom::write(&out, &options, &|| ()).unwrap();
        out
    })
}

const SEED: u64 = 5;

/// A folder for this run of the tests.
pub fn folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    FOLDER.get_or_init(|| tempfile::Builder::new().prefix("foramen-cli-").tempdir().unwrap()).path()
}

/// A small study: 13 + 13 slices and angled axial blocks, and a localizer.
pub fn small_study() -> &'static [(String, std::sync::Arc<[u8]>)] {
    static STUDY: OnceLock<Vec<(String, std::sync::Arc<[u8]>)>> = OnceLock::new();
    STUDY.get_or_init(|| phantom::study_in_memory(phantom::DEMO_SEED))
}

/// Writes the small study below `root`; returns its files.
pub fn write_small_study(root: &Path) -> Vec<PathBuf> {
    let write = |(name, bytes): &(String, std::sync::Arc<[u8]>)| {
        let path = root.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    };
    small_study().iter().map(write).collect()
}

/// Every file and folder below `root`, relative.
pub fn everything_in(root: &Path) -> Vec<String> {
    let mut names: Vec<String> = walkdir::WalkDir::new(root)
        .min_depth(1)
        .into_iter()
        .map(|entry| entry.unwrap().path().strip_prefix(root).unwrap().display().to_string())
        .collect();
    names.sort();
    names
}

/// Textbook studies of nine slices a series, from the middle, where the detectors see something: they grade in a third of
/// the time.
pub fn write_middle_slices(root: &Path, studies: u32, dialect: Dialect) {
    let options = PhantomOptions { studies, seed: 31, dialect, balance: 0.0, label_noise: 0.0, variety: 0.0 };
    phantom::write(root, &options, &|| ()).unwrap();
    for series in walkdir::WalkDir::new(root.join("train_images")).min_depth(2).max_depth(2) {
        let mut files: Vec<_> = std::fs::read_dir(series.unwrap().path()).unwrap().map(|e| e.unwrap().path()).collect();
        // Files are named by number.
        files.sort_by_key(|file| file.file_stem().and_then(|stem| stem.to_str()?.parse::<u32>().ok()));
        let middle = files.len() / 2;
        let spare = files.iter().enumerate().filter(|(at, _)| at.abs_diff(middle) > 4);
        spare.for_each(|(_, file)| std::fs::remove_file(file).unwrap());
    }
}
