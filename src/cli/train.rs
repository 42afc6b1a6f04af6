//! `foramen train`.

use std::{fmt::Write as _, path::PathBuf, str::FromStr};

use super::exit::{Exit, Failure, Outcome, print};
use crate::{
    grading::ModelRole,
    training::{
        self, Checkpoint, Device, Event, Kind, Preset, Recipe, StageState, Start, TrainError, TrainOptions, Trained,
        Training, TrainingData,
    },
};

/// Folds of a data set.
const FOLDS: u32 = 5;

/// Train one model, export it to ONNX and add it to a model folder
///
/// Detectors (nfn, scs, ss) are trained by Ultralytics; the second stage (crops), which grades crops around the places that
/// the first finds, by a program of our own in the same Python environment.
///
/// The model is OUT/ROLE.onnx, trained on folds 1 to 4 and validated on fold 0. With --fold K it is OUT/ROLE-foldK.onnx,
/// and with --fold all five are trained one after another: `foramen grade --models OUT` then averages their results,
/// and `--out-of-fold` uses for each study only the model that was not trained on it.
///
/// After a kill, --resume continues from the last epoch. Models already in OUT, with the same data and recipe, are
/// skipped.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Args {
    /// Which model: the detectors nfn, scs or ss, or the second stage, crops
    #[arg(long, required_unless_present = "print_recipe", value_parser = trained_role)]
    role: Option<ModelRole>,
    /// Data set made by `foramen dataset`
    #[arg(long, value_name = "DIR", required_unless_present = "print_recipe")]
    data: Option<PathBuf>,
    /// Model folder: gets the ONNX file, manifest.json and `MODEL_CARD.md`
    #[arg(long, value_name = "DIR", required_unless_present = "print_recipe")]
    out: Option<PathBuf>,
    /// Built-in recipe
    #[arg(long, value_enum, default_value_t)]
    preset: Preset,
    /// Your own recipe: a TOML file in the form that --print-recipe shows
    #[arg(long, value_name = "FILE", conflicts_with = "preset")]
    recipe: Option<PathBuf>,
    /// Print the preset's recipe (with --role crops, of the second stage) and do nothing else
    #[arg(long)]
    print_recipe: bool,
    /// The validation fold, 0 to 4, or `all`
    #[arg(long, value_name = "K|all")]
    fold: Option<Folds>,
    /// Folder for checkpoints, with a subfolder per fold for --fold all; OUT/training-ROLE[-foldK] if left out
    #[arg(long, value_name = "DIR")]
    work: Option<PathBuf>,
    /// Python with Ultralytics; if left out, an environment is created in your cache folder
    #[arg(long, value_name = "FILE")]
    python: Option<PathBuf>,
    /// Accept any version of Ultralytics
    #[arg(long)]
    any_ultralytics: bool,
    /// Weights (.pt) to start from, or the YAML of another network to train from scratch; the recipe's if left out
    ///
    /// A name such as yolov8s.pt that is not a file goes to Ultralytics, which downloads those weights; they are kept
    /// in your cache folder. The preset seed starts from yolov8m.pt (nfn) and yolov8s.pt, demo from scratch. Of crops: the
    /// last.pt of an earlier training, or `imagenet` for an encoder that torchvision downloads.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Train from random weights, without the recipe's: needs no internet connection
    #[arg(long, conflicts_with = "weights")]
    from_scratch: bool,
    /// Validate after each epoch, not only at the end; by default the recipe decides (seed: yes, demo: no)
    #[arg(long, overrides_with = "no_val")]
    val: bool,
    /// Validate only at the end, which saves time; the last epoch then becomes the model
    #[arg(long, overrides_with = "val")]
    no_val: bool,
    /// Which checkpoint becomes the model; the recipe decides if left out (seed, contest: best, demo: last)
    #[arg(long, value_enum, value_name = "WHICH")]
    checkpoint: Option<Checkpoint>,
    /// cpu, mps, 0, or 0,1,... for several GPUs (detectors only)
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Training time (per fold), instead of the recipe's epochs
    #[arg(long, value_name = "HOURS", conflicts_with = "epochs", value_parser = hours)]
    hours: Option<f64>,
    /// Epochs of each stage, instead of the recipe's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// Continue where a killed run stopped
    #[arg(long)]
    resume: bool,
}

fn trained_role(text: &str) -> Result<ModelRole, String> {
    match text.parse().map_err(|_| "expected nfn, scs, ss or crops".to_owned())? {
        ModelRole::Levels => Err("the detector of levels is trained by the programs in docs/levels".to_owned()),
        role => Ok(role),
    }
}

#[derive(Debug, Clone, Copy)]
enum Folds {
    One(u32),
    All,
}

impl FromStr for Folds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            _ if text == "all" => Ok(Self::All),
            Ok(fold) if fold < FOLDS => Ok(Self::One(fold)),
            _ => Err("expected 0 to 4, or all".to_owned()),
        }
    }
}

fn hours(text: &str) -> Result<f64, String> {
    let hours = text.parse().ok().filter(|h: &f64| h.is_finite() && *h > 0.0);
    hours.ok_or_else(|| "expected hours, above 0".to_owned())
}

pub fn run(args: &Args) -> Outcome {
    let kind = args.role.map_or(Kind::Detector, Kind::from);
    if args.print_recipe {
        print(args.preset.text(kind).map_err(|e| failure(e.into()))?.as_bytes())?;
        return Ok(Exit::Ok);
    }
    let (Some(role), Some(data), Some(out)) = (args.role, &args.data, &args.out) else {
        // clap has checked this.
        return Ok(Exit::Usage);
    };
    let recipe = match &args.recipe {
        Some(file) => Recipe::read(file, kind),
        None => Recipe::preset(args.preset, kind),
    };
    let recipe = recipe.map_err(|e| failure(e.into()))?;
    let (validate, checkpoint) = args.kept(&recipe)?;
    let data = TrainingData::read(data, role).map_err(failure)?;
    let folds = match args.fold {
        None => vec![(0, role.to_string())],
        Some(Folds::One(fold)) => vec![(fold, format!("{role}-fold{fold}"))],
        Some(Folds::All) => (0..FOLDS).map(|fold| (fold, format!("{role}-fold{fold}"))).collect(),
    };
    let work = |fold: u32, stem: &str| match (&args.work, args.fold) {
        (Some(work), Some(Folds::All)) => work.join(format!("fold{fold}")),
        (Some(work), _) => work.clone(),
        (None, _) => out.join(format!("training-{stem}")),
    };
    let trainings: Vec<Training> = folds
        .iter()
        .map(|(fold, stem)| {
            let options = TrainOptions {
                role,
                fold: *fold,
                out: out.clone(),
                file: format!("{stem}.onnx"),
                work: work(*fold, stem),
                recipe: recipe.clone(),
                start: args.start(),
                validate,
                checkpoint,
                device: args.device.clone(),
                hours: args.hours,
                epochs: args.epochs,
                resume: args.resume,
            };
            Training::prepare(&data, options)
        })
        .collect::<Result<_, _>>()
        .map_err(failure)?;
    train_all(args, &trainings)?;
    warn_of_both_kinds(role, out);
    Ok(Exit::Ok)
}

impl Args {
    fn start(&self) -> Start {
        match &self.weights {
            Some(weights) => Start::File(weights.clone()),
            None if self.from_scratch => Start::Scratch,
            None => Start::Recipe,
        }
    }

    /// Whether to validate after each epoch, and which checkpoint becomes the model.
    fn kept(&self, recipe: &Recipe) -> Result<(bool, Checkpoint), Failure> {
        match self.checkpoint {
            Some(Checkpoint::Best) if self.no_val => {
                let why = "--checkpoint best needs validation after each epoch: remove --no-val";
                Err(Failure::new(Exit::Usage, anyhow::anyhow!(why)))
            }
            Some(Checkpoint::Best) => Ok((true, Checkpoint::Best)),
            // Without validation between epochs, only the last epoch has known figures.
            _ if self.no_val => Ok((false, Checkpoint::Last)),
            chosen => Ok((self.val || recipe.validate, chosen.unwrap_or(recipe.checkpoint))),
        }
    }
}

/// One after another. Models already in the folder are skipped when resuming; Python is only looked for when needed.
fn train_all(args: &Args, trainings: &[Training]) -> Result<(), Failure> {
    let mut python = None;
    for training in trainings {
        let fold = training.options().fold;
        let onnx = training.options().out.join(&training.options().file);
        if args.resume && training.is_entered().map_err(failure)? {
            say(&format!("fold {fold}: {} already exists, with the same data and recipe", onnx.display()))?;
            continue;
        }
        let python = match &mut python {
            Some(python) => python,
            none => none.insert(find_python(args)?),
        };
        let trained = training.run(python, &|event| show(fold, event)).map_err(failure)?;
        say(&summary(fold, &trained))?;
    }
    Ok(())
}

fn find_python(args: &Args) -> Result<training::Python, Failure> {
    let tell = |what: &str| eprintln!("foramen: {what}");
    let python =
        training::find_python(args.python.as_deref(), args.any_ultralytics, &tell).map_err(|e| failure(e.into()))?;
    if let Some(doubt) = python.doubt() {
        tell(&doubt);
    }
    Ok(python)
}

fn say(line: &str) -> Result<(), Failure> {
    print(format!("{line}\n").as_bytes())
}

fn show(fold: u32, event: Event<'_>) {
    // A closed pipe (`| head`) is only noticed at the end of the fold, so that hours of work are not lost.
    let _ = match event {
        Event::Stage(s) => {
            let how = match s.state {
                StageState::New => "begins",
                StageState::Begun => "continues",
                StageState::Done => "is done already",
            };
            say(&format!("fold {fold} stage {}/{} {how}; epochs in {}", s.stage, s.stages, s.results.display()))
        }
        Event::Epoch(p) => {
            let mut losses = String::new();
            for (name, loss) in &p.loss {
                // Writing to a String does not fail.
                let _ = write!(losses, " {name} {loss:.4}");
            }
            say(&format!(
                "fold {fold} stage {}/{} epoch {}/{}{losses} ({} s)",
                p.stage, p.stages, p.epoch, p.epochs, p.seconds
            ))
        }
        Event::Warning(warning) => {
            eprintln!("foramen: {warning}");
            Ok(())
        }
        Event::Line(line) => {
            tracing::debug!("{line}");
            Ok(())
        }
    };
}

fn summary(fold: u32, trained: &Trained) -> String {
    let mut text = String::new();
    for (file, figures) in &trained.results {
        let _ = writeln!(text, "fold {fold} {}: {figures}", file.display());
    }
    let metrics: Vec<String> = trained.metrics.iter().map(|(name, value)| format!("{name} {value:.3}")).collect();
    text + &format!("{}: {}", trained.onnx.display(), metrics.join(", "))
}

/// A single model in the same folder as fold models would be counted as one of them.
fn warn_of_both_kinds(role: ModelRole, out: &std::path::Path) {
    let single = out.join(format!("{role}.onnx"));
    let folds = (0..FOLDS).any(|fold| out.join(format!("{role}-fold{fold}.onnx")).is_file());
    if folds && single.is_file() {
        eprintln!(
            "foramen: {}: it is in the same folder as {role}-fold*.onnx and would grade together with them; move it away if you don't want that",
            single.display()
        );
    }
}

fn failure(error: TrainError) -> Failure {
    let exit = match error {
        TrainError::Data { .. }
        | TrainError::Role { .. }
        | TrainError::Weights { .. }
        | TrainError::Opinions { .. }
        | TrainError::Recipe(_)
        | TrainError::Refused(_)
        | TrainError::Changed { .. }
        | TrainError::Manifest { .. } => Exit::Input,
        TrainError::Write(_) | TrainError::DiskFull(_) => Exit::Output,
        TrainError::Busy(_) => Exit::Error,
        TrainError::Python(_) | TrainError::Fetch { .. } | TrainError::Failed { .. } | TrainError::Export { .. } => {
            Exit::Tool
        }
    };
    Failure::new(exit, error)
}
