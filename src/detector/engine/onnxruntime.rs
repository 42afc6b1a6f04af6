//! ONNX Runtime, loaded from a library on the user's machine. Faster than rten where it is there.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use ort::{environment::Environment, logging::LogLevel, session::Session, value::TensorRef};

use super::{Engine, Network};

/// A network in ONNX Runtime.
pub struct OnnxRuntime {
    session: Session,
    shape: [usize; 4],
    name: String,
}

/// What came of looking for the library: once for the whole process, as `ort` wants it.
static LIBRARY: OnceLock<Result<Library, String>> = OnceLock::new();

struct Library {
    environment: Environment,
    name: String,
}

/// Name and version of the library, or why there is none.
pub fn version() -> Result<String, String> {
    library().map(|library| library.name.clone())
}

fn library() -> Result<&'static Library, String> {
    LIBRARY.get_or_init(find_and_load).as_ref().map_err(Clone::clone)
}

impl OnnxRuntime {
    /// Loads a model.
    pub fn load(network: &Network<'_>, threads: usize) -> Result<Self, String> {
        let Library { environment, name } = library()?;
        let session = guarded(|| {
            let builder = Session::builder(environment).map_err(|e| e.to_string())?;
            let mut builder = builder.with_intra_threads(threads.max(1)).map_err(|e| e.to_string())?;
            builder.commit_from_memory(network.onnx).map_err(|e| e.to_string())
        })?;
        Ok(Self { session, shape: network.input, name: name.clone() })
    }
}

impl Engine for OnnxRuntime {
    fn run(&mut self, input: &[f32]) -> Result<Vec<f32>, String> {
        let tensor = TensorRef::from_array_view((self.shape, input)).map_err(|e| e.to_string())?;
        let outputs = self.session.run(ort::inputs![tensor]).map_err(|e| e.to_string())?;
        let (_, values) = outputs[0].try_extract_tensor::<f32>().map_err(|e| e.to_string())?;
        Ok(values.to_vec())
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// `ort` panics where a library is not what it seems; here that is an answer like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("ONNX Runtime's library does not work".to_owned()))
}

fn find_and_load() -> Result<Library, String> {
    // What the user names is taken or refused, never passed over for another.
    if let Some(named) = std::env::var_os("ORT_DYLIB_PATH").filter(|v| !v.is_empty()) {
        return load_library(Path::new(&named)).map_err(|why| format!("ORT_DYLIB_PATH: {why}"));
    }
    let mut last = "no ONNX Runtime library was found; `pip install onnxruntime` or set ORT_DYLIB_PATH".to_owned();
    for path in candidates() {
        match load_library(&path) {
            Ok(library) => return Ok(library),
            Err(why) => last = why,
        }
    }
    Err(last)
}

fn load_library(path: &Path) -> Result<Library, String> {
    if !path.is_file() {
        return Err(format!("{}: no such file", path.display()));
    }
    guarded(|| {
        let unusable = |e: &dyn std::fmt::Display| format!("{}: not usable: {e}", path.display());
        let builder = ort::init_from(path).map_err(|e| unusable(&e))?;
        let environment = builder.with_name("foramen").with_telemetry(false).build().map_err(|e| unusable(&e))?;
        // What it has to say comes back as errors; its log would write to the terminal in colours, slice by slice.
        environment.set_log_level(LogLevel::Fatal);
        // Fails here, not at the first slice, if the library is not what it seems.
        Session::builder(&environment).map_err(|e| unusable(&e))?;
        Ok(Library { environment, name: format!("ONNX Runtime {}", version_of(path)) })
    })
}

/// `libonnxruntime.so.1.32.0` says it; so does the branch that a release was built from.
fn version_of(path: &Path) -> String {
    let resolved = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let file = resolved.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let numbers = |text: &str| -> Option<String> {
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let version: String = text[start..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let version = version.trim_end_matches('.').to_owned();
        version.contains('.').then_some(version)
    };
    numbers(&file)
        .or_else(|| numbers(ort::info().split("git-branch=").nth(1)?.split(',').next()?))
        .unwrap_or_else(|| "of unknown version".to_owned())
}

/// Where a library may lie: beside the program, in the user's data folder, in a Python environment.
fn candidates() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    folders.extend(std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_owned)));
    let dirs = directories::ProjectDirs::from("", "", "foramen");
    folders.extend(dirs.as_ref().map(|d| d.data_dir().to_owned()));
    let mut environments: Vec<PathBuf> =
        ["VIRTUAL_ENV", "CONDA_PREFIX"].iter().filter_map(std::env::var_os).map(PathBuf::from).collect();
    environments.extend(dirs.as_ref().map(|d| d.cache_dir().join("venv")));
    environments.extend(directories::BaseDirs::new().map(|d| d.home_dir().join(".local")));
    environments.extend(["/usr/local", "/usr"].map(PathBuf::from));
    for environment in environments {
        folders.push(environment.join("Lib/site-packages/onnxruntime/capi"));
        let pythons = std::fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
        let mut pythons: Vec<PathBuf> = pythons
            .map(|e| e.path())
            .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("python")))
            .collect();
        pythons.sort();
        for python in pythons {
            folders.push(python.join("site-packages/onnxruntime/capi"));
            folders.push(python.join("dist-packages/onnxruntime/capi"));
        }
    }
    folders.iter().filter_map(|folder| library_in(folder)).collect()
}

fn library_in(folder: &Path) -> Option<PathBuf> {
    let is_library = |name: &str| {
        name == "onnxruntime.dll"
            || name.starts_with("libonnxruntime.so")
            || (name.starts_with("libonnxruntime.") && Path::new(name).extension().is_some_and(|e| e == "dylib"))
    };
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .ok()?
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.file_name().and_then(|n| n.to_str()).is_some_and(is_library))
        .collect();
    found.sort();
    found.pop()
}
