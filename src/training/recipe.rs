//! How a detector is trained: data, not code.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Kind;
use crate::{files, grading::ModelRole};

/// Built-in recipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Preset {
    /// Small networks from scratch, on a CPU.
    #[default]
    Demo,
    /// Detectors as the solution that Foramen started from trained them; needs a GPU.
    Seed,
    /// The second stage (crops) for the contest's real studies; needs a GPU. It was not run here.
    Contest,
}

impl Preset {
    /// The file, with its comments: a starting point for your own recipe.
    ///
    /// # Errors
    ///
    /// There is no recipe of this name for what is to be trained.
    pub fn text(self, kind: Kind) -> Result<&'static str, RecipeError> {
        match (self, kind) {
            (Self::Demo, Kind::Detector) => Ok(include_str!("recipes/demo.toml")),
            (Self::Seed, Kind::Detector) => Ok(include_str!("recipes/seed.toml")),
            (Self::Demo, Kind::Crops) => Ok(include_str!("recipes/crops.toml")),
            (Self::Contest, Kind::Crops) => Ok(include_str!("recipes/crops-contest.toml")),
            (Self::Contest, Kind::Detector) => {
                Err(RecipeError::NoPreset { name: "contest", what: "detectors", instead: "demo or seed" })
            }
            (Self::Seed, Kind::Crops) => {
                Err(RecipeError::NoPreset { name: "seed", what: "the second stage", instead: "demo or contest" })
            }
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Seed => "seed",
            Self::Contest => "contest",
        }
    }
}

/// Which of the two checkpoints becomes the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Checkpoint {
    /// `last.pt`, of the last epoch
    #[default]
    Last,
    /// `best.pt`, of the epoch with the best validation: 0.1 mAP50 + 0.9 mAP50-95, or the contest's score of crops.
    /// Validates after each epoch
    Best,
}

/// A recipe that has been checked.
///
/// ```
/// use foramen::{
///     grading::Role,
///     training::{Kind, Preset, Recipe},
/// };
///
/// let recipe = Recipe::preset(Preset::Demo, Kind::Detector)?;
/// assert_eq!(recipe.architecture(Role::Scs), "yolov8n.yaml");
/// // A mirrored image would be trained with left called right.
/// assert_eq!(recipe.train(Role::Scs)["fliplr"], 0.0);
/// # Ok::<(), foramen::training::RecipeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// `demo`, `seed`, `contest`, or the name of the user's file.
    pub name: String,
    /// What it is for.
    pub kind: Kind,
    /// Side of the network's input, in pixels.
    pub input: u32,
    /// Whether to validate after each epoch, and not only at the end.
    pub validate: bool,
    /// The checkpoint that becomes the model.
    pub checkpoint: Checkpoint,
    architecture: String,
    weights: Option<String>,
    train: Map<String, Value>,
    roles: BTreeMap<ModelRole, RoleRecipe>,
    stages: Vec<Stage>,
    clean: Option<Clean>,
}

/// Labels to leave out: those that models which had not seen them disagree with most.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clean {
    /// Share of the labels of each condition, above 0 and up to 0.2.
    pub share: f64,
    /// The model folder of five folds that were trained before.
    pub models: PathBuf,
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
    role: BTreeMap<ModelRole, RoleRecipe>,
    stages: Vec<Stage>,
    clean: Option<Clean>,
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
    /// Of detectors. Crops have the size that they were cut in.
    imgsz: Option<u32>,
    /// Share of the time, if a time is given.
    share: f64,
    /// If no time is given.
    epochs: u32,
    /// Settings of `[train]` that differ in this stage.
    #[serde(default)]
    train: Map<String, Value>,
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
    /// A preset that there is not for what is to be trained.
    #[error("there is no preset {name} for {what}; use {instead}")]
    NoPreset {
        /// The preset.
        name: &'static str,
        /// What was to be trained.
        what: &'static str,
        /// The presets that there are.
        instead: &'static str,
    },
}

const FLIPS: &str = "must be 0: a mirrored image keeps its class names, so left would be trained as right";

impl Recipe {
    /// A recipe that comes with the program.
    ///
    /// # Errors
    ///
    /// There is no such preset for what is to be trained.
    pub fn preset(preset: Preset, kind: Kind) -> Result<Self, RecipeError> {
        Self::parse(preset.name(), kind, preset.text(kind)?)
    }

    /// Reads and checks a TOML file of the user's; see [`Preset::text`].
    ///
    /// # Errors
    ///
    /// The file cannot be read or is no recipe, or one of its settings is not allowed.
    pub fn read(file: &Path, kind: Kind) -> Result<Self, RecipeError> {
        let text = files::read_text(file, files::MOST_OF_TEXT)
            .map_err(|source| RecipeError::Read { file: file.to_owned(), source })?;
        Self::parse(&file.file_name().unwrap_or(file.as_os_str()).to_string_lossy(), kind, &text)
    }

    fn parse(name: &str, kind: Kind, text: &str) -> Result<Self, RecipeError> {
        let form = |message: String| RecipeError::Form { name: name.to_owned(), message };
        let file: RecipeFile = toml::from_str(text).map_err(|e| form(e.to_string().trim().to_owned()))?;
        let recipe = Self {
            name: name.to_owned(),
            kind,
            input: file.input,
            validate: file.validate,
            checkpoint: file.checkpoint,
            architecture: file.architecture,
            weights: file.weights,
            train: file.train,
            roles: file.role,
            stages: file.stages,
            clean: file.clean,
        };
        recipe.check()?;
        Ok(recipe)
    }

    /// Checks what can be checked without Python; the driver checks every key and type.
    fn check(&self) -> Result<(), RecipeError> {
        let fail = |key: &str, why: &str| {
            Err(RecipeError::Setting { name: self.name.clone(), key: key.to_owned(), why: why.to_owned() })
        };
        let is_side = |side: u32| (32..=4096).contains(&side) && side.is_multiple_of(32);
        if !is_side(self.input) {
            return fail("input", "expected a multiple of 32 from 32 to 4096");
        }
        if self.stages.is_empty() {
            return fail("stages", "expected at least one [[stages]] with share and epochs");
        }
        for stage in &self.stages {
            match (self.kind, stage.imgsz) {
                (Kind::Detector, Some(side)) if is_side(side) => (),
                (Kind::Detector, _) => return fail("stages.imgsz", "expected a multiple of 32 from 32 to 4096"),
                (Kind::Crops, None) => (),
                (Kind::Crops, Some(_)) => return fail("stages.imgsz", "crops have the size that they were cut in"),
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
            if !self.kind.knows_weights(weights) {
                let names = match self.kind {
                    Kind::Detector => "the name of one of Ultralytics' own",
                    Kind::Crops => "imagenet",
                };
                return fail("weights", &format!("expected a .pt file, or {names}"));
            }
        }
        let architectures = self.roles.values().filter_map(|r| r.architecture.as_ref()).chain([&self.architecture]);
        for architecture in architectures {
            if let Some(why) = self.kind.objection_to_architecture(architecture) {
                return fail("architecture", &why);
            }
        }
        match &self.clean {
            Some(_) if self.kind == Kind::Detector => {
                return fail("clean", "labels are cleaned for the second stage alone");
            }
            Some(clean) if !(clean.share > 0.0 && clean.share <= 0.2) => {
                return fail("clean.share", "expected a share above 0 and up to 0.2");
            }
            _ => (),
        }
        let of_roles = self.roles.values().map(|r| &r.train);
        for settings in of_roles.chain(self.stages.iter().map(|s| &s.train)).chain([&self.train]) {
            for (key, value) in settings {
                if let Some(whose) = self.kind.reserved(key) {
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
    pub fn architecture(&self, role: impl Into<ModelRole>) -> &str {
        self.roles.get(&role.into()).and_then(|r| r.architecture.as_deref()).unwrap_or(&self.architecture)
    }

    /// Initial weights of a role: a file, or the name of one that Ultralytics downloads.
    pub fn weights(&self, role: impl Into<ModelRole>) -> Option<&str> {
        self.roles.get(&role.into()).and_then(|r| r.weights.as_deref()).or(self.weights.as_deref())
    }

    /// The settings of `[train]` for a role. Of detectors, flips are off even if the recipe does not name them:
    /// Ultralytics' own default mirrors every second image.
    pub fn train(&self, role: impl Into<ModelRole>) -> Map<String, Value> {
        let mut all: Map<String, Value> = match self.kind {
            Kind::Detector => ["fliplr", "flipud"].map(|key| (key.to_owned(), json!(0.0))).into_iter().collect(),
            Kind::Crops => Map::new(),
        };
        all.extend(self.train.clone());
        all.extend(self.roles.get(&role.into()).map(|r| r.train.clone()).unwrap_or_default());
        all
    }

    /// What differs from stage to stage: a time for each, or epochs; the size of images; settings.
    pub fn stages(&self, hours: Option<f64>, epochs: Option<u32>) -> Vec<Value> {
        let stage = |s: &Stage| {
            let mut all = s.train.clone();
            all.extend(s.imgsz.map(|side| ("imgsz".to_owned(), json!(side))));
            match hours {
                Some(hours) => {
                    all.extend([("epochs".to_owned(), json!(1000)), ("time".to_owned(), json!(hours * s.share))]);
                }
                None => all.extend([("epochs".to_owned(), json!(epochs.unwrap_or(s.epochs)))]),
            }
            Value::Object(all)
        };
        self.stages.iter().map(stage).collect()
    }

    /// Which labels to leave out.
    pub const fn clean(&self) -> Option<&Clean> {
        self.clean.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grading::Role;

    const CROPS: &str = "architecture = \"plain\"\ninput = 96\n[train]\n[[stages]]\nshare = 1.0\nepochs = 2\n";
    const SMALL: &str = "architecture = \"yolov8n.yaml\"\ninput = 64\n[train]\nbatch = 4\n[[stages]]\nimgsz = 64\nshare = 1.0\nepochs = 2\n";

    fn parse(text: &str) -> Result<Recipe, RecipeError> {
        Recipe::parse("mine", Kind::Detector, text)
    }

    /// A mirrored image keeps its class name: left would be trained as right.
    #[test]
    fn no_recipe_flips() {
        for recipe in [Preset::Demo, Preset::Seed].map(|p| Recipe::preset(p, Kind::Detector).unwrap()) {
            for &role in Role::ALL {
                let train = recipe.train(role);
                assert_eq!((&train["fliplr"], &train["flipud"]), (&json!(0.0), &json!(0.0)), "{} {role}", recipe.name);
            }
            assert_eq!(recipe.input, 384);
        }
        // Ultralytics' own default would flip.
        assert_eq!(parse(SMALL).unwrap().train(Role::Ss)["fliplr"], json!(0.0));
        for line in ["fliplr = 0.5", "flipud = 0.1", "fliplr = true"] {
            let text = SMALL.replace("batch = 4", line);
            let message = parse(&text).unwrap_err().to_string();
            assert!(message.contains("left would be trained as right"), "{message}");
            let text = SMALL.replace("[[stages]]", &format!("[role.scs.train]\n{line}\n[[stages]]"));
            assert!(parse(&text).is_err(), "of one role too");
        }
    }

    #[test]
    fn the_seed_recipe_is_the_silver_medal_one() {
        let recipe = Recipe::preset(Preset::Seed, Kind::Detector).unwrap();
        assert_eq!((recipe.architecture(Role::Nfn), recipe.architecture(Role::Ss)), ("yolov8m.yaml", "yolov8s.yaml"));
        assert_eq!(recipe.train(Role::Scs)["lrf"], 0.001);
        assert_eq!(recipe.train(Role::Ss)["mixup"], 0.1);
        assert_eq!(recipe.stages(None, None)[0]["epochs"], 40);
        let weights = Role::ALL.iter().map(|role| recipe.weights(*role).unwrap()).collect::<Vec<_>>();
        assert_eq!(weights, ["yolov8m.pt", "yolov8s.pt", "yolov8s.pt"], "from pretrained weights");
        assert_eq!((recipe.validate, recipe.checkpoint), (true, Checkpoint::Best), "as Ultralytics does by default");
        let demo = Recipe::preset(Preset::Demo, Kind::Detector).unwrap();
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
            let message = parse(&text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        let message = Recipe::read(Path::new("/nowhere/r.toml"), Kind::Detector).unwrap_err().to_string();
        assert!(message.contains("/nowhere/r.toml: cannot be read"), "{message}");
    }

    #[test]
    fn recipes_of_the_second_stage() {
        for preset in [Preset::Demo, Preset::Contest] {
            let recipe = Recipe::preset(preset, Kind::Crops).unwrap();
            assert_eq!(recipe.input, 96);
            assert!(!recipe.train(ModelRole::Crops).contains_key("fliplr"), "a setting of Ultralytics");
            // First unweighted, then under the contest's weights.
            let stages = recipe.stages(Some(1.0), None);
            assert!(stages[0].get("weights").is_none() && stages[0].get("imgsz").is_none(), "{}", stages[0]);
            assert_eq!((&stages[1]["weights"], &stages[1]["any_severe"]), (&json!([1.0, 2.0, 4.0]), &json!(1.0)));
            assert!((stages[0]["time"].as_f64().unwrap() + stages[1]["time"].as_f64().unwrap() - 1.0).abs() < 1e-9);
        }
        let message = Recipe::preset(Preset::Seed, Kind::Crops).unwrap_err().to_string();
        assert_eq!(message, "there is no preset seed for the second stage; use demo or contest");
        let contest = Recipe::preset(Preset::Contest, Kind::Crops).unwrap();
        assert_eq!((contest.weights(ModelRole::Crops), contest.clean()), (Some("imagenet"), None));

        let read = |text: &str| Recipe::parse("mine", Kind::Crops, text);
        let text = format!("{CROPS}[clean]\nshare = 0.02\nmodels = \"first\"\n");
        assert_eq!(read(&text).unwrap().clean().unwrap().models, Path::new("first"));
        let cases = [
            (CROPS.replace("plain", "yolov8n.yaml"), "architecture: expected one of plain, resnet18"),
            (CROPS.replace("share", "imgsz = 96\nshare"), "crops have the size"),
            (CROPS.replace("input = 96", "input = 96\nweights = \"x.onnx\""), "expected a .pt file, or imagenet"),
            (text.replace("0.02", "0.5"), "clean.share"),
        ];
        for (text, expected) in cases {
            let message = read(&text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
