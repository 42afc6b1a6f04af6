//! What can be trained: detectors, by Ultralytics, or the second stage, by a program of our own; and what differs.

use std::path::Path;

use crate::grading::ModelRole;

/// Which program trains a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Ultralytics.
    Detector,
    /// Our own trainer of the network that grades crops, in the same Python environment.
    Crops,
}

/// A file of a program: its name in the work folder, and its text.
pub type ProgramFile = (&'static str, &'static str);

const DETECTORS: &[ProgramFile] =
    &[("driver.py", concat!(include_str!("programs/head.py"), include_str!("programs/detectors.py")))];
const CROPS: &[ProgramFile] = &[
    ("driver.py", concat!(include_str!("programs/head.py"), include_str!("programs/crops.py"))),
    ("crops_data.py", include_str!("programs/crops_data.py")),
    ("crops_export.py", include_str!("programs/crops_export.py")),
    ("crops_network.py", include_str!("programs/crops_network.py")),
    ("crops_score.py", include_str!("programs/crops_score.py")),
    ("crops_settings.py", include_str!("programs/crops_settings.py")),
    ("crops_stage.py", include_str!("programs/crops_stage.py")),
];

/// The networks that `crops_network.py` knows.
const ARCHITECTURES: [&str; 7] =
    ["plain", "resnet18", "resnet34", "resnet50", "efficientnet_b0", "efficientnet_v2_s", "convnext_tiny"];

/// Initial weights of an encoder that torchvision downloads.
pub const IMAGENET: &str = "imagenet";

impl From<ModelRole> for Kind {
    fn from(role: ModelRole) -> Self {
        match role {
            ModelRole::Levels | ModelRole::Nfn | ModelRole::Scs | ModelRole::Ss => Self::Detector,
            ModelRole::Crops => Self::Crops,
        }
    }
}

impl Kind {
    /// What the work folder gets, `driver.py` first.
    pub(super) const fn program(self) -> &'static [ProgramFile] {
        match self {
            Self::Detector => DETECTORS,
            Self::Crops => CROPS,
        }
    }

    /// Who stops, in messages.
    pub(super) const fn trainer(self) -> &'static str {
        match self {
            Self::Detector => "Ultralytics",
            Self::Crops => "the trainer of crops",
        }
    }

    /// Who downloads weights that are known by name.
    pub(super) const fn fetcher(self) -> &'static str {
        match self {
            Self::Detector => "Ultralytics",
            Self::Crops => "torchvision",
        }
    }

    /// The complete output of the program, in the work folder.
    pub(super) const fn log(self) -> &'static str {
        match self {
            Self::Detector => "ultralytics.log",
            Self::Crops => "training.log",
        }
    }

    /// What is wrong with an architecture.
    pub(super) fn objection_to_architecture(self, name: &str) -> Option<String> {
        match self {
            Self::Detector if !is_yaml(Path::new(name)) => {
                Some("expected a model YAML such as yolov8s.yaml; weights go to --weights".to_owned())
            }
            Self::Crops if !ARCHITECTURES.contains(&name) => {
                Some(format!("expected one of {}", ARCHITECTURES.join(", ")))
            }
            Self::Detector | Self::Crops => None,
        }
    }

    /// Whether a recipe may name these weights: a `.pt` file, or ones that are known by name.
    pub(super) fn knows_weights(self, name: &str) -> bool {
        is_weights(Path::new(name)) || (self == Self::Crops && name == IMAGENET)
    }

    /// Whether `given`, which is no file here, is the name of weights that can be downloaded.
    pub(super) fn can_fetch(self, given: &Path) -> bool {
        match self {
            Self::Detector => given.file_name().is_some_and(|name| given.as_os_str() == name) && is_weights(given),
            Self::Crops => given.as_os_str() == IMAGENET,
        }
    }

    /// Settings that a recipe must not set, and where they are set.
    pub(super) fn reserved(self, key: &str) -> Option<&'static str> {
        if self == Self::Crops {
            // The trainer refuses what it does not know.
            return None;
        }
        Some(match key {
            "model" | "cfg" => "the network is named by `architecture`",
            "pretrained" => "initial weights are given by `weights` or --weights",
            "data" | "single_cls" | "classes" | "split" | "task" | "mode" => "the data set and its classes are fixed",
            "imgsz" | "epochs" | "time" => "belongs in [[stages]]",
            "device" => "is given by --device",
            "resume" => "is given by --resume",
            "project" | "name" | "exist_ok" | "save" | "save_dir" | "save_period" => {
                "the location of checkpoints is fixed"
            }
            "val" => "is given by `validate`, or by --val and --no-val",
            "plots" | "deterministic" => "is set by Foramen (no plots)",
            _ => return None,
        })
    }
}

/// Whether the file's name says that it holds weights.
pub fn is_weights(file: &Path) -> bool {
    file.extension().is_some_and(|e| e.eq_ignore_ascii_case("pt"))
}

/// Whether the file's name says that it is a model YAML.
pub fn is_yaml(file: &Path) -> bool {
    file.extension().is_some_and(|e| e.eq_ignore_ascii_case("yaml") || e.eq_ignore_ascii_case("yml"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_lists_of_networks_are_the_same() {
        let (_, network) = CROPS.iter().find(|(name, _)| *name == "crops_network.py").unwrap();
        let line = network.lines().find(|line| line.starts_with("BACKBONES = ")).unwrap();
        let known: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
        assert_eq!(known, ARCHITECTURES[1..]);
    }

    #[test]
    fn weights_are_files_or_names_that_someone_can_download() {
        assert!(Kind::Detector.can_fetch(Path::new("yolov8n.pt")) && !Kind::Detector.can_fetch(Path::new("a/b.pt")));
        assert!(Kind::Crops.can_fetch(Path::new("imagenet")) && !Kind::Crops.can_fetch(Path::new("yolov8n.pt")));
        assert!(Kind::Crops.knows_weights("first.pt") && !Kind::Detector.knows_weights("imagenet"));
    }
}
