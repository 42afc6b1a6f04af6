//! How a detector is trained: data, not code.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::grading::Role;

/// Recipes that come with the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Preset {
    /// Nano detectors from scratch, on a CPU.
    #[default]
    Demo,
    /// The recipe of the solution that Foramen starts from; wants a GPU.
    Seed,
}

/// A recipe file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    architecture: String,
    /// Side of the detector's input.
    pub input: u32,
    train: Map<String, Value>,
    #[serde(default)]
    role: BTreeMap<Role, RoleRecipe>,
    stages: Vec<Stage>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleRecipe {
    architecture: Option<String>,
    #[serde(default)]
    train: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    imgsz: u32,
    /// Of the time, where a time is given.
    share: f64,
    /// Where no time is given.
    epochs: u32,
}

/// A recipe that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the recipe cannot be read: {0}")]
pub struct RecipeError(#[from] toml::de::Error);

impl Recipe {
    /// One of the program's own.
    pub fn preset(preset: Preset) -> Result<Self, RecipeError> {
        Ok(toml::from_str(match preset {
            Preset::Demo => include_str!("recipes/demo.toml"),
            Preset::Seed => include_str!("recipes/seed.toml"),
        })?)
    }

    /// The architecture for a role.
    pub fn architecture(&self, role: Role) -> &str {
        self.role.get(&role).and_then(|r| r.architecture.as_deref()).unwrap_or(&self.architecture)
    }

    /// Ultralytics' settings for a role.
    pub fn train(&self, role: Role) -> Map<String, Value> {
        let mut all = self.train.clone();
        all.extend(self.role.get(&role).map(|r| r.train.clone()).unwrap_or_default());
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A mirrored image keeps its class name: left would be trained as right.
    #[test]
    fn no_recipe_flips() {
        for preset in [Preset::Demo, Preset::Seed] {
            let recipe = Recipe::preset(preset).unwrap();
            for &role in Role::ALL {
                let train = recipe.train(role);
                assert_eq!(train["fliplr"], 0.0, "{preset:?} {role}");
                assert_eq!(train["flipud"], 0.0);
            }
            assert_eq!(recipe.input, 384);
        }
    }

    #[test]
    fn the_seed_recipe_is_the_silver_medal_one() {
        let recipe = Recipe::preset(Preset::Seed).unwrap();
        assert_eq!((recipe.architecture(Role::Nfn), recipe.architecture(Role::Ss)), ("yolov8m.yaml", "yolov8s.yaml"));
        assert_eq!(recipe.train(Role::Scs)["lrf"], 0.001);
        assert_eq!(recipe.train(Role::Ss)["mixup"], 0.1);
        assert_eq!(recipe.stages(None, None)[0]["epochs"], 40);
    }
}
