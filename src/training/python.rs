//! The Python that has Ultralytics: the user's, or our own virtual environment under the user's cache.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The version that the recipes and the parity tests were made with.
pub const ULTRALYTICS: &str = "8.4.190";
/// What is installed with it.
const PACKAGES: [&str; 9] = [
    "ultralytics==8.4.190",
    "torch==2.15.0",
    "torchvision==0.29.2",
    "onnx==1.23.2",
    "onnxruntime==1.32.0",
    "onnxslim==0.1.98",
    "numpy==2.4.6",
    "opencv-python==5.0.0.93",
    // For several GPUs: otherwise Ultralytics installs it during training.
    "cloudpickle==3.1.3",
];

/// Why there is no Python to train with.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// The program does not start.
    #[error("{}: cannot be run: {source}", python.display())]
    Start {
        /// Path of the program.
        python: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It lacks Ultralytics.
    #[error("{}: it has no Ultralytics; run `{} -m pip install ultralytics=={ULTRALYTICS} onnx onnxslim`, or leave out --python", python.display(), python.display())]
    NoUltralytics {
        /// Path of the program.
        python: PathBuf,
    },
    /// It has a version that the driver was not made for.
    #[error("{}: it has Ultralytics {found}; Foramen is tested with {ULTRALYTICS}, and depends on internals that change from one {} to the next; run `{} -m pip install ultralytics=={ULTRALYTICS}`, leave out --python, or try it with --any-ultralytics", python.display(), series(ULTRALYTICS), python.display())]
    Version {
        /// Path of the program.
        python: PathBuf,
        /// The version that it has.
        found: String,
    },
    /// No environment could be made.
    #[error("cannot create a Python environment in {}: {step}: {message}", folder.display())]
    Make {
        /// Folder of the environment.
        folder: PathBuf,
        /// The command that failed.
        step: String,
        /// The last line of what it said.
        message: String,
    },
    /// The user has no cache folder.
    #[error("this user has no cache folder for a Python environment; give --python")]
    NoCache,
}

/// A Python that has Ultralytics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Python {
    /// The program, such as `/usr/bin/python3`.
    pub path: PathBuf,
    /// Version of its Ultralytics, such as `8.4.190`.
    pub ultralytics: String,
}

impl Python {
    /// A warning about a version that is not the tested one.
    pub fn doubt(&self) -> Option<String> {
        (self.ultralytics != ULTRALYTICS).then(|| {
            format!(
                "{}: it has Ultralytics {}; Foramen is tested with {ULTRALYTICS}",
                self.path.display(),
                self.ultralytics
            )
        })
    }
}

/// The given Python if it has a fitting Ultralytics (any with `any_version`); without one, our own environment, made
/// if need be. `say` is told what takes long.
///
/// # Errors
///
/// The Python given does not start or has no fitting Ultralytics, or no environment can be made.
pub fn find(given: Option<&Path>, any_version: bool, say: &dyn Fn(&str)) -> Result<Python, PythonError> {
    if let Some(python) = given {
        // It is started in the work folder. A bare name is looked up in PATH.
        let is_name = python.components().count() == 1 && !python.is_absolute();
        let python = if is_name { python.to_owned() } else { std::path::absolute(python).unwrap_or(python.to_owned()) };
        return accept(&python, any_version);
    }
    let folder = environment().ok_or(PythonError::NoCache)?;
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if let Ok(found) = accept(&python, false)
        && found.doubt().is_none()
    {
        return Ok(found);
    }
    say(&format!(
        "creating a Python environment with Ultralytics {ULTRALYTICS} in {} (several GB, once)",
        folder.display()
    ));
    let fail =
        |step: &str, message: String| PythonError::Make { folder: folder.clone(), step: step.to_owned(), message };
    let run = |program: &Path, args: &[&str]| {
        let step = format!("{} {}", program.display(), args.join(" "));
        let output = Command::new(program).args(args).output().map_err(|e| fail(&step, e.to_string()))?;
        let message =
            || String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or("no message").to_owned();
        if output.status.success() { Ok(()) } else { Err(fail(&step, message())) }
    };
    run(Path::new("python3"), &["-m", "venv", &folder.display().to_string()])?;
    let mut install = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    install.extend(PACKAGES);
    run(&python, &install)?;
    accept(&python, false)
}

/// `~/.cache/foramen/venv` on Linux.
pub fn environment() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "foramen")?.cache_dir().join("venv"))
}

/// Where weights downloaded by Ultralytics are kept, next to that environment.
pub fn fetched_weights() -> Option<PathBuf> {
    Some(environment()?.with_file_name("weights"))
}

/// The first two numbers of the Ultralytics version must match: within these, the internals that the driver depends on
/// (the loss of a detection model, the trainer's callbacks, checkpoints) have not changed.
fn accept(python: &Path, any_version: bool) -> Result<Python, PythonError> {
    let ultralytics = version(python)?;
    if any_version || series(&ultralytics) == series(ULTRALYTICS) {
        Ok(Python { path: python.to_owned(), ultralytics })
    } else {
        Err(PythonError::Version { python: python.to_owned(), found: ultralytics })
    }
}

/// `8.4` of `8.4.190`.
fn series(version: &str) -> &str {
    version.match_indices('.').nth(1).map_or(version, |(at, _)| &version[..at])
}

/// Asks the package's metadata, not the package: importing it takes seconds.
fn version(python: &Path) -> Result<String, PythonError> {
    let code = "import importlib.metadata as m; print(m.version('ultralytics'))";
    let output = Command::new(python)
        .args(["-c", code])
        .output()
        .map_err(|source| PythonError::Start { python: python.to_owned(), source })?;
    let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !found.is_empty() {
        Ok(found)
    } else {
        Err(PythonError::NoUltralytics { python: python.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_two_numbers_of_a_version() {
        for (version, first) in [("8.4.190", "8.4"), ("8.4", "8.4"), ("9", "9"), ("8.4.0rc1", "8.4"), ("", "")] {
            assert_eq!(series(version), first);
        }
        let doubt = |version: &str| Python { path: "python".into(), ultralytics: version.into() }.doubt();
        assert_eq!(doubt(ULTRALYTICS), None);
        assert!(doubt("8.4.200").unwrap().contains("8.4.200"));
    }
}
