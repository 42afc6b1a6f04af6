//! How a detector is trained: data, not code.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{files, grading::Role};

/// Built-in recipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Preset {
    /// Nano detectors from scratch, on a CPU.
    #[default]
    Demo,
    /// The recipe of the solution that Foramen started from; needs a GPU.
    Seed,
}

impl Preset {
    /// The file, with its comments: a starting point for your own recipe.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Demo => include_str!("recipes/demo.toml"),
            Self::Seed => include_str!("recipes/seed.toml"),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Seed => "seed",
        }
    }
}

/// Which of Ultralytics' two checkpoints becomes the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Checkpoint {
    /// `last.pt`, of the last epoch
    #[default]
    Last,
    /// `best.pt`, of the epoch with the best validation: 0.1 mAP50 + 0.9 mAP50-95. Validates after each epoch
    Best,
}

/// A recipe that has been checked.
///
/// ```
/// use foramen::{
///     grading::Role,
///     training::{Preset, Recipe},
/// };
///
/// let recipe = Recipe::preset(Preset::Demo)?;
/// assert_eq!(recipe.architecture(Role::Scs), "yolov8n.yaml");
/// // A mirrored image would be trained with left called right.
/// assert_eq!(recipe.train(Role::Scs)["fliplr"], 0.0);
/// # Ok::<(), foramen::training::RecipeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// `demo`, `seed`, or the name of the user's file.
    pub name: String,
    /// Side of the detector's input, in pixels.
    pub input: u32,
    /// Whether to validate after each epoch, and not only at the end.
    pub validate: bool,
    /// The checkpoint that becomes the model.
    pub checkpoint: Checkpoint,
    architecture: String,
    weights: Option<String>,
    train: Map<String, Value>,
    roles: BTreeMap<Role, RoleRecipe>,
    stages: Vec<Stage>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeFile {
    architecture: String,
    input: u32,
    weights: Option<String>,
    #[serde(default)]
    validate: bool,
    #[serde(default)]
    checkpoint: Checkpoint,
    train: Map<String, Value>,
    #[serde(default)]
    role: BTreeMap<Role, RoleRecipe>,
    stages: Vec<Stage>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleRecipe {
    architecture: Option<String>,
    weights: Option<String>,
    #[serde(default)]
    train: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    imgsz: u32,
    /// Share of the time, if a time is given.
    share: f64,
    /// If no time is given.
    epochs: u32,
}

/// A recipe that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", file.display())]
    Read {
        /// Path of the recipe.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The text is no recipe.
    #[error("recipe {name}: {message}")]
    Form {
        /// Name of the recipe.
        name: String,
        /// Why, with the line.
        message: String,
    },
    /// A setting would spoil the detector or is not the recipe's to set.
    #[error("recipe {name}: {key}: {why}")]
    Setting {
        /// Name of the recipe.
        name: String,
        /// Name of the setting.
        key: String,
        /// Why it is not allowed, and what to do instead.
        why: String,
    },
}

const FLIPS: &str = "must be 0: a mirrored image keeps its class names, so left would be trained as right";

/// Ultralytics' settings that a recipe must not set, and where they are set.
fn reserved(key: &str) -> Option<&'static str> {
    Some(match key {
        "model" | "cfg" => "the network is named by `architecture`",
        "pretrained" => "initial weights are given by `weights` or --weights",
        "data" | "single_cls" | "classes" | "split" | "task" | "mode" => "the data set and its classes are fixed",
        "imgsz" | "epochs" | "time" => "belongs in [[stages]]",
        "device" => "is given by --device",
        "resume" => "is given by --resume",
        "project" | "name" | "exist_ok" | "save" | "save_dir" | "save_period" => "the location of checkpoints is fixed",
        "val" => "is given by `validate`, or by --val and --no-val",
        "plots" | "deterministic" => "is set by Foramen (no plots)",
        _ => return None,
    })
}

impl Recipe {
    /// A recipe that comes with the program.
    ///
    /// # Errors
    ///
    /// The recipe is none; not to be expected.
    pub fn preset(preset: Preset) -> Result<Self, RecipeError> {
        Self::parse(preset.name(), preset.text())
    }

    /// Reads and checks a TOML file of the user's; see [`Preset::text`].
    ///
    /// # Errors
    ///
    /// The file cannot be read or is no recipe, or one of its settings is not allowed.
    pub fn read(file: &Path) -> Result<Self, RecipeError> {
        let text = files::read_text(file, files::MOST_OF_TEXT)
            .map_err(|source| RecipeError::Read { file: file.to_owned(), source })?;
        Self::parse(&file.file_name().unwrap_or(file.as_os_str()).to_string_lossy(), &text)
    }

    fn parse(name: &str, text: &str) -> Result<Self, RecipeError> {
        let form = |message: String| RecipeError::Form { name: name.to_owned(), message };
        let file: RecipeFile = toml::from_str(text).map_err(|e| form(e.to_string().trim().to_owned()))?;
        let recipe = Self {
            name: name.to_owned(),
            input: file.input,
            validate: file.validate,
            checkpoint: file.checkpoint,
            architecture: file.architecture,
            weights: file.weights,
            train: file.train,
            roles: file.role,
            stages: file.stages,
        };
        recipe.check()?;
        Ok(recipe)
    }

    /// Checks what can be checked without Ultralytics; the driver checks every key and type with it.
    fn check(&self) -> Result<(), RecipeError> {
        let fail = |key: &str, why: &str| {
            Err(RecipeError::Setting { name: self.name.clone(), key: key.to_owned(), why: why.to_owned() })
        };
        let is_side = |side: u32| (32..=4096).contains(&side) && side.is_multiple_of(32);
        if !is_side(self.input) {
            return fail("input", "expected a multiple of 32 from 32 to 4096");
        }
        if self.stages.is_empty() {
            return fail("stages", "expected at least one [[stages]] with imgsz, share and epochs");
        }
        for stage in &self.stages {
            if !is_side(stage.imgsz) {
                return fail("stages.imgsz", "expected a multiple of 32 from 32 to 4096");
            }
            if stage.epochs == 0 || !(stage.share > 0.0 && stage.share <= 1.0) {
                return fail("stages", "expected epochs of 1 or more and a share above 0 and up to 1");
            }
        }
        if (self.stages.iter().map(|s| s.share).sum::<f64>() - 1.0).abs() > 1e-6 {
            return fail("stages.share", "the shares of all stages must sum to 1");
        }
        if self.checkpoint == Checkpoint::Best && !self.validate {
            return fail("checkpoint", "`best` needs `validate = true`: without it only the last epoch is validated");
        }
        for weights in self.roles.values().filter_map(|r| r.weights.as_ref()).chain(&self.weights) {
            if !is_weights(Path::new(weights)) {
                return fail("weights", "expected a .pt file, or the name of one of Ultralytics' own");
            }
        }
        let architectures = self.roles.values().filter_map(|r| r.architecture.as_ref()).chain([&self.architecture]);
        for architecture in architectures {
            if !is_yaml(Path::new(architecture)) {
                return fail("architecture", "expected a model YAML such as yolov8s.yaml; weights go to --weights");
            }
        }
        for settings in self.roles.values().map(|r| &r.train).chain([&self.train]) {
            for (key, value) in settings {
                if let Some(whose) = reserved(key) {
                    return fail(key, whose);
                }
                if ["fliplr", "flipud"].contains(&key.as_str()) && value.as_f64() != Some(0.0) {
                    return fail(key, FLIPS);
                }
            }
        }
        Ok(())
    }

    /// Uses another network for all roles, named by a model YAML.
    #[must_use]
    pub fn with_architecture(mut self, yaml: &Path) -> Self {
        self.architecture = yaml.display().to_string();
        self.roles.values_mut().for_each(|r| r.architecture = None);
        self
    }

    /// The architecture for a role.
    pub fn architecture(&self, role: Role) -> &str {
        self.roles.get(&role).and_then(|r| r.architecture.as_deref()).unwrap_or(&self.architecture)
    }

    /// Initial weights of a role: a file, or the name of one that Ultralytics downloads.
    pub fn weights(&self, role: Role) -> Option<&str> {
        self.roles.get(&role).and_then(|r| r.weights.as_deref()).or(self.weights.as_deref())
    }

    /// Ultralytics' settings for a role. Flips are off even if the recipe does not name them: Ultralytics' own default
    /// mirrors every second image.
    pub fn train(&self, role: Role) -> Map<String, Value> {
        let mut all: Map<String, Value> =
            ["fliplr", "flipud"].map(|key| (key.to_owned(), json!(0.0))).into_iter().collect();
        all.extend(self.train.clone());
        all.extend(self.roles.get(&role).map(|r| r.train.clone()).unwrap_or_default());
        all
    }

    /// Ultralytics' settings that differ from stage to stage: a time for each, or epochs.
    pub fn stages(&self, hours: Option<f64>, epochs: Option<u32>) -> Vec<Value> {
        let stage = |s: &Stage| match (hours, epochs) {
            (Some(hours), _) => json!({ "imgsz": s.imgsz, "epochs": 1000, "time": hours * s.share }),
            (None, epochs) => json!({ "imgsz": s.imgsz, "epochs": epochs.unwrap_or(s.epochs) }),
        };
        self.stages.iter().map(stage).collect()
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

    const SMALL: &str = "architecture = \"yolov8n.yaml\"\ninput = 64\n[train]\nbatch = 4\n[[stages]]\nimgsz = 64\nshare = 1.0\nepochs = 2\n";

    /// A mirrored image keeps its class name: left would be trained as right.
    #[test]
    fn no_recipe_flips() {
        for recipe in [Preset::Demo, Preset::Seed].map(|p| Recipe::preset(p).unwrap()) {
            for &role in Role::ALL {
                let train = recipe.train(role);
                assert_eq!((&train["fliplr"], &train["flipud"]), (&json!(0.0), &json!(0.0)), "{} {role}", recipe.name);
            }
            assert_eq!(recipe.input, 384);
        }
        // Ultralytics' own default would flip.
        assert_eq!(Recipe::parse("mine", SMALL).unwrap().train(Role::Ss)["fliplr"], json!(0.0));
        for line in ["fliplr = 0.5", "flipud = 0.1", "fliplr = true"] {
            let text = SMALL.replace("batch = 4", line);
            let message = Recipe::parse("mine", &text).unwrap_err().to_string();
            assert!(message.contains("left would be trained as right"), "{message}");
            let text = SMALL.replace("[[stages]]", &format!("[role.scs.train]\n{line}\n[[stages]]"));
            assert!(Recipe::parse("mine", &text).is_err(), "of one role too");
        }
    }

    #[test]
    fn the_seed_recipe_is_the_silver_medal_one() {
        let recipe = Recipe::preset(Preset::Seed).unwrap();
        assert_eq!((recipe.architecture(Role::Nfn), recipe.architecture(Role::Ss)), ("yolov8m.yaml", "yolov8s.yaml"));
        assert_eq!(recipe.train(Role::Scs)["lrf"], 0.001);
        assert_eq!(recipe.train(Role::Ss)["mixup"], 0.1);
        assert_eq!(recipe.stages(None, None)[0]["epochs"], 40);
        let weights = Role::ALL.iter().map(|role| recipe.weights(*role).unwrap()).collect::<Vec<_>>();
        assert_eq!(weights, ["yolov8m.pt", "yolov8s.pt", "yolov8s.pt"], "from pretrained weights");
        assert_eq!((recipe.validate, recipe.checkpoint), (true, Checkpoint::Best), "as Ultralytics does by default");
        let demo = Recipe::preset(Preset::Demo).unwrap();
        assert_eq!((demo.weights(Role::Scs), demo.validate, demo.checkpoint), (None, false, Checkpoint::Last));
        let own = recipe.with_architecture(Path::new("/x/own.yaml"));
        assert_eq!(own.architecture(Role::Nfn), "/x/own.yaml", "for every role");
    }

    #[test]
    fn what_a_recipe_may_not_say_is_refused_by_name() {
        let cases = [
            (SMALL.replace("batch = 4", "data = \"x\""), "data: the data set"),
            (SMALL.replace("batch = 4", "epochs = 4"), "epochs: belongs in [[stages]]"),
            (SMALL.replace("batch = 4", "pretrained = \"a.pt\""), "--weights"),
            (SMALL.replace("input = 64", "input = 65"), "input: expected a multiple of 32"),
            (SMALL.replace("input = 64", "input = 64\nweights = \"a.onnx\""), "weights: expected a .pt file"),
            (SMALL.replace("input = 64", "input = 64\ncheckpoint = \"best\""), "`best` needs `validate = true`"),
            (SMALL.replace("batch = 4", "val = true"), "val: is given by `validate`"),
            (SMALL.replace("imgsz = 64", "imgsz = 0"), "stages.imgsz"),
            (SMALL.replace("share = 1.0", "share = 0.5"), "must sum to 1"),
            (SMALL.replace("epochs = 2", "epochs = 0"), "epochs of 1 or more"),
            (SMALL.replace("yolov8n.yaml", "yolov8n.pt"), "expected a model YAML"),
            (SMALL.replace("[[stages]]", "[[stage]]"), "unknown field `stage`"),
            ("hello".to_owned(), "recipe mine"),
        ];
        for (text, expected) in cases {
            let message = Recipe::parse("mine", &text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        let message = Recipe::read(Path::new("/nowhere/r.toml")).unwrap_err().to_string();
        assert!(message.contains("/nowhere/r.toml: cannot be read"), "{message}");
    }
}
