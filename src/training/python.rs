//! The Python that has Ultralytics: the user's, or a virtual environment of our own under the user's cache.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The version that the recipes and the parity tests are made with.
pub const ULTRALYTICS: &str = "8.4.190";
/// What is installed beside it.
const PACKAGES: [&str; 8] = [
    "ultralytics==8.4.190",
    "torch==2.15.0",
    "torchvision==0.29.2",
    "onnx==1.23.2",
    "onnxruntime==1.32.0",
    "onnxslim==0.1.98",
    "numpy==2.4.6",
    "opencv-python==5.0.0.93",
];

/// Why there is no Python to train with.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// It does not start.
    #[error("{}: cannot be run: {source}", python.display())]
    Start {
        /// The program.
        python: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It lacks Ultralytics.
    #[error("{}: it has no Ultralytics; run `{} -m pip install ultralytics=={ULTRALYTICS} onnx onnxslim`, or leave --python out", python.display(), python.display())]
    NoUltralytics {
        /// The program.
        python: PathBuf,
    },
    /// It has another version.
    #[error("{}: it has Ultralytics {found}; {ULTRALYTICS} is needed", python.display())]
    Version {
        /// The program.
        python: PathBuf,
        /// What it has.
        found: String,
    },
    /// No environment could be made.
    #[error("cannot make a Python environment in {}: {step}: {message}", folder.display())]
    Make {
        /// Where.
        folder: PathBuf,
        /// Which command.
        step: String,
        /// What it said.
        message: String,
    },
    /// The user has no cache folder.
    #[error("this user has no cache folder for a Python environment; give --python")]
    NoCache,
}

/// The given Python if it has the right Ultralytics; without one, our own environment, made if need be.
/// `say` is told what takes long.
pub fn find(given: Option<&Path>, say: &dyn Fn(&str)) -> Result<PathBuf, PythonError> {
    if let Some(python) = given {
        check(python)?;
        return Ok(python.to_owned());
    }
    let folder = environment().ok_or(PythonError::NoCache)?;
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if python.exists() && check(&python).is_ok() {
        return Ok(python);
    }
    say(&format!("making a Python environment with Ultralytics {ULTRALYTICS} in {} (some GB, once)", folder.display()));
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
    check(&python)?;
    Ok(python)
}

/// `~/.cache/foramen/venv` on Linux.
pub fn environment() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "foramen")?.cache_dir().join("venv"))
}

/// Asks the package's metadata, not the package: importing it takes seconds.
fn check(python: &Path) -> Result<(), PythonError> {
    let code = "import importlib.metadata as m; print(m.version('ultralytics'))";
    let output = Command::new(python)
        .args(["-c", code])
        .output()
        .map_err(|source| PythonError::Start { python: python.to_owned(), source })?;
    let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || found.is_empty() {
        Err(PythonError::NoUltralytics { python: python.to_owned() })
    } else if found == ULTRALYTICS {
        Ok(())
    } else {
        Err(PythonError::Version { python: python.to_owned(), found })
    }
}
