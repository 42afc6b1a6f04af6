//! The rooms of docs/architecture.md as a table.

use std::path::Path;

/// One module and what it may import.
pub struct Room {
    pub name: &'static str,
    /// Modules of this crate that it may use, beside itself.
    uses: &'static [&'static str],
    /// Crates, or paths such as `std::fs`, that it must never import. A name stands for the crates that begin
    /// with it too: `dicom` for `dicom_core`.
    never: &'static [&'static str],
}

const DICOM: &str = "dicom";
const WINDOW: [&str; 5] = ["egui", "eframe", "epaint", "rfd", "wgpu"];
const ENGINES: [&str; 2] = ["ort", "rten"];

pub const RULES: &[Room] = &[
    Room { name: "cancel", uses: &[], never: &[DICOM, "std::fs"] },
    Room { name: "files", uses: &[], never: &[DICOM] },
    Room { name: "growing", uses: &["files"], never: &[DICOM] },
    Room { name: "moment", uses: &[], never: &[DICOM, "std::fs"] },
    Room { name: "plain", uses: &[], never: &[DICOM, "std::fs"] },
    Room { name: "panics", uses: &[], never: &[DICOM, "std::fs"] },
    Room { name: "ink", uses: &["grading"], never: &[DICOM, "std::fs"] },
    Room { name: "uid", uses: &[], never: &[DICOM, "std::fs"] },
    Room { name: "grading", uses: &["geometry", "raster"], never: &[DICOM, "std::fs", "tempfile"] },
    Room { name: "geometry", uses: &[], never: &[DICOM, "std::fs"] },
    Room { name: "raster", uses: &["geometry"], never: &[DICOM, "std::fs"] },
    Room { name: "markup", uses: &["geometry", "grading", "raster"], never: &[DICOM, "std::fs", "tempfile"] },
    Room { name: "review", uses: &["grading", "raster", "moment"], never: &[DICOM, "std::fs", "tempfile"] },
    Room { name: "study", uses: &["geometry", "grading", "raster", "files", "plain", "cancel", "panics"], never: &[] },
    Room { name: "detector", uses: &["geometry", "grading", "raster", "files", "cancel", "panics"], never: &[DICOM] },
    Room { name: "crops", uses: &["study", "detector", "grading", "geometry", "raster"], never: &[DICOM, "std::fs"] },
    Room {
        name: "pipeline",
        uses: &["study", "crops", "detector", "grading", "geometry", "raster", "cancel"],
        never: &[DICOM, "std::fs"],
    },
    Room { name: "phantom", uses: &["geometry", "raster", "grading", "files", "growing", "cancel"], never: &[] },
    Room {
        name: "dataset",
        uses: &["study", "crops", "raster", "grading", "geometry", "files", "growing", "plain", "cancel"],
        never: &[DICOM],
    },
    Room { name: "training", uses: &["dataset", "detector", "grading", "raster", "files"], never: &[DICOM] },
    Room { name: "metric", uses: &["grading", "files"], never: &[DICOM] },
    Room {
        name: "report",
        uses: &[
            "grading", "pipeline", "output", "geometry", "raster", "study", "files", "plain", "markup", "review",
            "moment", "cancel", "ink", "panics",
        ],
        // The SR and SC forms are DICOM: `report` alone of the upper rooms may write it.
        never: &[],
    },
    Room {
        name: "output",
        uses: &["pipeline", "study", "grading", "geometry", "raster", "files", "plain"],
        never: &[DICOM],
    },
    Room {
        name: "batch",
        uses: &["pipeline", "study", "grading", "output", "files", "plain", "cancel", "panics"],
        never: &[DICOM],
    },
    // Of `study` only the character sets: what comes from the network is read after it is a file.
    Room {
        name: "archive",
        uses: &["study", "files", "plain", "cancel", "panics"],
        never: &["dicom_object", "dicom_core"],
    },
    Room { name: "library", uses: &["study", "grading", "files", "review", "moment"], never: &[DICOM] },
    Room {
        name: "worker",
        uses: &[
            "library", "pipeline", "study", "detector", "grading", "geometry", "raster", "report", "phantom", "files",
            "plain", "cancel", "review", "markup", "moment", "panics",
        ],
        never: &[DICOM],
    },
    Room {
        name: "ui",
        uses: &[
            "worker", "library", "pipeline", "study", "detector", "grading", "geometry", "raster", "report", "files",
            "cancel", "phantom", "markup", "review", "moment", "ink",
        ],
        never: &[DICOM],
    },
    Room {
        name: "cli",
        uses: &[
            "pipeline", "output", "study", "detector", "grading", "geometry", "raster", "report", "files", "cancel",
            "phantom", "dataset", "training", "metric", "worker", "batch", "library", "markup", "review", "moment",
            "panics", "plain", "archive",
        ],
        never: &[],
    },
];

/// A part of a room, by its path, and what of the room it must not import.
pub struct Floor {
    pub path: &'static [&'static str],
    never: &'static [&'static str],
}

/// The window's floors: what is so knows nothing of what paints it, and what paints it nothing of the window
/// around it.
pub const FLOORS: &[Floor] = &[
    Floor { path: &["ui", "state"], never: &["view", "picture", "app", "dialogs", "cover", "bench"] },
    Floor { path: &["ui", "view"], never: &["picture", "app", "dialogs", "cover", "bench"] },
    Floor { path: &["ui", "picture"], never: &["app", "dialogs", "cover", "bench"] },
];

impl Floor {
    /// Whether a module on this floor must not import an absolute path.
    pub fn forbids(&self, path: &[String]) -> bool {
        matches!(path, [root, room, part, ..] if root == "crate" && room == self.path[0] && self.never.contains(&part.as_str()))
    }
}

/// The rule of a module.
pub fn of(name: &str) -> Option<&'static Room> {
    RULES.iter().find(|room| room.name == name)
}

impl Room {
    /// Whether the room must not import an absolute path.
    pub fn forbids(&self, file: &Path, path: &[String]) -> bool {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            // The command line and the window meet in these two files.
            ["crate", "ui", ..] if file == Path::new("cli/viewer.rs") || file == Path::new("cli/bench.rs") => false,
            // Names of things are everybody's.
            ["crate", "uid", ..] => false,
            ["crate", module, ..] if of(module).is_some() => *module != self.name && !self.uses.contains(module),
            // A name for the whole crate would hide what is used of it.
            ["crate"] | ["foramen", ..] => true,
            ["crate", ..] => false,
            _ => {
                self.never.iter().any(|name| begins_with(&path, name))
                    || (self.name != "ui" && WINDOW.iter().any(|name| begins_with(&path, name)))
                    || (self.name != "detector" && ENGINES.iter().any(|name| begins_with(&path, name)))
            }
        }
    }
}

fn begins_with(path: &[&str], forbidden: &str) -> bool {
    let names: Vec<&str> = forbidden.split("::").collect();
    let same = |have: &str, want: &str| have == want || have.strip_prefix(want).is_some_and(|r| r.starts_with('_'));
    path.len() >= names.len() && path.iter().zip(&names).all(|(have, want)| same(have, want))
}
