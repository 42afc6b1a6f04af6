//! The models of a run: embedded, or a folder of the user's.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

use super::{
    AnyModel, Class, CropModel, Model, ModelError,
    manifest::{MANIFEST_NAME, Manifest, ManifestEntry},
    warning::ModelWarning,
};
use crate::{
    files,
    grading::{DiscClass, Familiar, ModelRole, Prior, Role},
    raster::Standardize,
};

/// Name and bytes of every model in `models/` when the program was built.
const EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/models.rs"));
const EMBEDDED_MANIFEST: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/manifest.json"));

/// The models of a run: any number for each role.
///
/// ```
/// use foramen::{detector::ModelSet, grading::Role};
///
/// // Trained on computed phantoms, and built into the program.
/// let models = ModelSet::embedded()?;
/// for &role in Role::ALL {
///     let model = models.of(role).next().unwrap();
///     assert!(model.demo);
///     assert_eq!(model.missing_classes(), []);
/// }
/// # Ok::<(), foramen::detector::ModelError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct ModelSet {
    /// Those that grade, in order of [`Role::ALL`]; several of one role are an ensemble.
    pub models: Vec<Arc<Model>>,
    /// The detectors of levels; none in a folder of the three that grade.
    pub levels: Vec<Arc<Model<DiscClass>>>,
    /// The second stage; several are an ensemble, none where boxes alone grade.
    pub crops: Vec<Arc<CropModel>>,
    /// How studies look that are like those they were trained on; `None` where their manifest does not say, or says it of
    /// other models.
    pub familiar: Option<Arc<Familiar>>,
    /// Doubts to pass on to the user, such as "no manifest: `slice_min_max` assumed".
    pub warnings: Vec<ModelWarning>,
}

impl ModelSet {
    /// The models in a folder, or the demo models if none is given.
    ///
    /// # Errors
    ///
    /// Those of [`Self::embedded`] or [`Self::from_dir`].
    pub fn load(dir: Option<&Path>) -> Result<Self, ModelError> {
        dir.map_or_else(Self::embedded, Self::from_dir)
    }

    /// The demo models inside the program.
    ///
    /// # Errors
    ///
    /// The program was built without models, or with one that is none.
    pub fn embedded() -> Result<Self, ModelError> {
        let manifest = parse(EMBEDDED_MANIFEST, Path::new("models/manifest.json"))?;
        let models = EMBEDDED
            .iter()
            .map(|(name, bytes)| AnyModel::from_bytes((*name).to_owned(), (*bytes).into()))
            .collect::<Result<Vec<_>, _>>()?;
        if models.is_empty() {
            return Err(ModelError::NoneEmbedded);
        }
        Ok(Self::with_manifest(models, Some(&manifest)))
    }

    /// Every `.onnx` in `dir`, with `manifest.json` beside them if there is one. One bad file refuses the
    /// folder: grading without a model that the user put there would be silently wrong.
    ///
    /// # Errors
    ///
    /// The folder cannot be read or has no `.onnx`, its manifest cannot be read, or one of its models cannot be used.
    pub fn from_dir(dir: &Path) -> Result<Self, ModelError> {
        let unreadable = |source| ModelError::Unreadable { path: dir.to_owned(), source };
        let mut files: Vec<PathBuf> = std::fs::read_dir(dir)
            .map_err(unreadable)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("onnx")))
            .collect();
        files.sort();
        if files.is_empty() {
            return Err(ModelError::NoModels(dir.to_owned()));
        }
        let file = dir.join(MANIFEST_NAME);
        let manifest = match files::read_text(&file, files::MOST_OF_TEXT) {
            Ok(text) => Some(parse(&text, &file)?),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(ModelError::Unreadable { path: file, source }),
        };
        let models = files.iter().map(|file| AnyModel::read(file)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self::with_manifest(models, manifest.as_ref()))
    }

    fn with_manifest(models: Vec<AnyModel>, manifest: Option<&Manifest>) -> Self {
        let mut set = Self::default();
        let is_there = |file: &str| models.iter().any(|model| model.name() == file);
        let missing = manifest.iter().flat_map(|m| &m.models).filter(|entry| !is_there(&entry.file));
        set.warnings.extend(missing.map(|entry| ModelWarning::Missing { model: entry.file.clone() }));
        let demo = demo_hashes();
        for model in models {
            match model {
                AnyModel::Grades(mut model) => {
                    set.describe(&mut model, manifest, &demo);
                    set.models.push(Arc::new(model));
                }
                AnyModel::Discs(mut model) => {
                    set.describe(&mut model, manifest, &demo);
                    set.levels.push(Arc::new(model));
                }
                AnyModel::Crops(mut model) => {
                    let entry = set.listed(&model.name, ModelRole::Crops, model.standardize, manifest);
                    set.warnings.extend(entry.and_then(|entry| model.apply(entry)));
                    model.demo |= demo.contains(&model.sha256);
                    set.crops.push(Arc::new(model));
                }
            }
        }
        set.models.sort_by_key(|m| m.role);
        if let Some(familiar) = manifest.and_then(|m| m.familiar.as_ref()) {
            set.limit(familiar);
        }
        set
    }

    /// Limits are of the models that they were fitted with: others see the same images otherwise.
    fn limit(&mut self, familiar: &Familiar) {
        if self.known().all(|(hash, _)| familiar.models.contains(hash)) {
            self.familiar = Some(Arc::new(familiar.clone()));
        } else {
            self.warnings.push(ModelWarning::OtherLimits);
        }
    }

    /// What the manifest says of a model, and what must be said of it.
    fn describe<C: Class>(&mut self, model: &mut Model<C>, manifest: Option<&Manifest>, demo: &[String]) {
        let entry = self.listed(&model.name, model.role.into(), model.standardize, manifest);
        self.warnings.extend(entry.and_then(|entry| model.apply(entry)));
        self.warnings.extend(model.lack());
        // Whatever a manifest says of it: a demo model stays one in another folder, and under another name.
        model.demo |= demo.contains(&model.sha256);
    }

    /// The entry of a file. That there is none is said, and that it is about another kind of model.
    fn listed<'a>(
        &mut self,
        model: &str,
        role: ModelRole,
        standardize: Standardize,
        manifest: Option<&'a Manifest>,
    ) -> Option<&'a ManifestEntry> {
        let entry = manifest.and_then(|m| m.models.iter().find(|e| e.file == model));
        let model = model.to_owned();
        match entry.map(|entry| entry.role) {
            None => self.warnings.push(ModelWarning::NotInManifest { model, standardize }),
            Some(said) if said != role => self.warnings.push(ModelWarning::OtherRole { model, said, role }),
            Some(_) => (),
        }
        entry
    }

    /// Of every model its SHA-256, and whether it is a demo.
    fn known(&self) -> impl Iterator<Item = (&String, bool)> {
        let grades = self.models.iter().map(|model| (&model.sha256, model.demo));
        let levels = self.levels.iter().map(|model| (&model.sha256, model.demo));
        grades.chain(levels).chain(self.crops.iter().map(|model| (&model.sha256, model.demo)))
    }

    /// The models that were trained without each fold; those that name no fold are left out. A detector of levels
    /// that names no fold is in every set: it tells where discs are, and grades nothing.
    pub fn by_fold(&self) -> BTreeMap<u32, Self> {
        let mut sets: BTreeMap<u32, Self> = BTreeMap::new();
        for model in &self.models {
            if let Some(fold) = model.fold {
                let levels = || self.levels.iter().filter(|m| m.fold.is_none_or(|of| of == fold)).cloned().collect();
                let crops = || self.crops.iter().filter(|m| m.fold == Some(fold)).cloned().collect();
                let empty = || Self {
                    models: Vec::new(),
                    levels: levels(),
                    crops: crops(),
                    familiar: self.familiar.clone(),
                    warnings: self.warnings.clone(),
                };
                sets.entry(fold).or_insert_with(empty).models.push(model.clone());
            }
        }
        sets
    }

    /// Whether any of them was trained on phantoms, among others or alone.
    pub fn is_demo(&self) -> bool {
        self.known().any(|(_, is_demo)| is_demo)
    }

    /// The models of one role, none to many.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Arc<Model>> {
        self.models.iter().filter(move |m| m.role == role)
    }

    /// What to say of grades of a role that nothing is known of: as its first model's manifest has it, else the contest's
    /// prevalence.
    pub fn prior(&self, role: Role) -> &Prior {
        static CONTEST: LazyLock<Prior> = LazyLock::new(Prior::default);
        self.of(role).next().map_or(&*CONTEST, |model| &model.prior)
    }
}

/// SHA-256 of those models inside the program that are demo models.
fn demo_hashes() -> Vec<String> {
    let manifest = parse(EMBEDDED_MANIFEST, Path::new("models/manifest.json"));
    let demo = |manifest: Manifest| manifest.models.into_iter().filter(|entry| entry.demo);
    manifest.map_or_else(|_| Vec::new(), |manifest| demo(manifest).map(|entry| entry.sha256).collect())
}

fn parse(text: &str, file: &Path) -> Result<Manifest, ModelError> {
    serde_json::from_str(text).map_err(|source| ModelError::Manifest { path: file.to_owned(), source })
}
