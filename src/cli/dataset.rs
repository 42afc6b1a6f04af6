//! `foramen dataset`.

use std::{path::PathBuf, str::FromStr};

use super::{
    exit::{self, Exit, Failure, Outcome},
    progress::{self, Teller},
};
use crate::{
    dataset::{self, BoxShape, DatasetError, DatasetOptions, Step},
    grading::Role,
    raster::Standardize,
};

/// Make YOLO data sets with five folds from the contest's CSVs and DICOM, or crops for the second stage
///
/// One role writes to OUT itself: `images/`, `labels/`, `fold0/` to `fold4/` with a `data.yaml` each,
/// `contact_sheet.png`, `report.md`, `skipped.csv`, `5folds.csv` and `dataset.json`. Several roles write to OUT/nfn,
/// OUT/scs and OUT/ss and read the image headers once. `--role crops` writes one picture of crops a study and
/// `crops.json`. The folds are those of `5folds.csv` next to `train.csv`; without
/// it they are made, by study, stratified by the severities of every condition and level. Whether images are computed
/// phantoms is read from the files: a model trained on a data set with any is a demo.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which detectors: nfn, scs or ss, several separated by commas, or all; or crops, for the second stage
    #[arg(long, required = true, value_delimiter = ',', value_name = "ROLE")]
    role: Vec<Roles>,
    /// Folder with `train.csv`, `train_label_coordinates.csv` and `train_images/`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// New folder to write
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
    /// Defaults for the options below
    #[arg(long, value_enum, default_value_t)]
    preset: Preset,
    /// How slices become 0-255: `slice_min_max` (seed), `slice_percentile` (foramen) or `series_percentile`
    #[arg(long, value_name = "HOW")]
    standardize: Option<Standardize>,
    /// Size of the boxes in mm, WIDTHxHEIGHT; depends on the role if left out
    #[arg(long, value_name = "WxH", value_parser = size)]
    box_mm: Option<(f64, f64)>,
    /// Width and height of the boxes as a fraction of the image's; seed: 0.0521, which is 20 of 384 pixels
    #[arg(long, value_name = "SHARE", value_parser = progress::share, conflicts_with = "box_mm")]
    box_share: Option<f64>,
    /// Also label slices within this distance of a point, in mm; 0 for only its own slice (seed)
    #[arg(long, value_name = "MM", value_parser = depth)]
    depth_mm: Option<f64>,
    /// Share of the slices without boxes to write as background; 0.15 (foramen) or 0 (seed) if left out
    #[arg(long, value_name = "SHARE", value_parser = progress::share)]
    negatives: Option<f64>,
}

/// A set of choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Preset {
    /// Boxes of a physical size on every slice near the point, percentiles to 0-255, some background
    #[default]
    Foramen,
    /// The starting solution's: a box of 20 of 384 pixels on the point's own slice, each slice's minimum and maximum to
    /// 0-255, no background
    Seed,
}

/// One role or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Roles {
    One(Role),
    All,
    Crops,
}

impl FromStr for Roles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            "crops" => Ok(Self::Crops),
            _ => text.parse().map(Self::One).map_err(|_| "expected nfn, scs, ss, all or crops".to_owned()),
        }
    }
}

impl Args {
    /// Each role once, in order.
    fn roles(&self) -> Vec<Role> {
        let is_asked = |role: &&Role| self.role.contains(&Roles::All) || self.role.contains(&Roles::One(**role));
        Role::ALL.iter().filter(is_asked).copied().collect()
    }

    fn options(&self, role: Role) -> DatasetOptions {
        let (mut shape, standardize, negatives) = match self.preset {
            Preset::Foramen => (BoxShape::of(role), Standardize::SlicePercentile, 0.15),
            Preset::Seed => (BoxShape::seed(role), Standardize::SliceMinMax, 0.0),
        };
        if let Some((width, height)) = self.box_mm {
            (shape.width_mm, shape.height_mm, shape.share_of_image) = (width, height, None);
        }
        shape.share_of_image = self.box_share.or(shape.share_of_image);
        shape.depth_mm = self.depth_mm.unwrap_or(shape.depth_mm);
        DatasetOptions {
            role,
            standardize: self.standardize.unwrap_or(standardize),
            shape,
            negatives: self.negatives.unwrap_or(negatives),
        }
    }
}

fn size(text: &str) -> Result<(f64, f64), String> {
    let (w, h) = text.split_once('x').unwrap_or((text, text));
    Ok((millimetres(w)?, millimetres(h)?))
}

fn millimetres(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|v: &f64| v.is_finite() && *v > 0.0)
        .ok_or_else(|| "expected millimetres, above 0".to_owned())
}

fn depth(text: &str) -> Result<f64, String> {
    let depth = text.parse().ok().filter(|v: &f64| v.is_finite() && *v >= 0.0);
    depth.ok_or_else(|| "expected millimetres, 0 or more".to_owned())
}

/// One data set for the second stage.
fn crops(args: &Args) -> Outcome {
    let is_box_option = args.box_mm.is_some() || args.box_share.is_some() || args.depth_mm.is_some();
    let standardize = args.standardize.unwrap_or(Standardize::SlicePercentile);
    let why = if args.role.len() > 1 {
        "--role crops makes a data set of its own: run it apart from the detectors"
    } else if is_box_option || args.negatives.is_some() || args.preset == Preset::Seed {
        "--role crops has no boxes and no background: leave out --preset, --box-mm, --box-share, --depth-mm and --negatives"
    } else if standardize.needs_series() {
        "--role crops looks at slices one by one: --standardize slice_percentile or slice_min_max"
    } else {
        let (headers, images) = (Teller::new("files"), Teller::new("studies"));
        let info = dataset::make_crops(&args.data, &args.out, standardize, &|step, done, all| match step {
            Step::Headers => headers.at("reading headers", done, all),
            Step::Images(_) | Step::Crops => {
                headers.end();
                images.at("crops", done, all);
            }
        })
        .map_err(failure)?;
        images.end();
        let text = dataset::crops_text(&info);
        exit::print(format!("{text}\nWritten to {}\n", args.out.display()).as_bytes())?;
        return Ok(Exit::Ok);
    };
    Err(Failure::new(Exit::Usage, anyhow::anyhow!(why)))
}

fn failure(error: DatasetError) -> Failure {
    let exit = match error {
        DatasetError::Grow(_) | DatasetError::Write(_) | DatasetError::Image { .. } => Exit::Output,
        DatasetError::Labels(_) | DatasetError::Scan(_) | DatasetError::Empty { .. } | DatasetError::NoCrops { .. } => {
            Exit::Input
        }
    };
    Failure::new(exit, error)
}

pub fn run(args: &Args) -> Outcome {
    if args.role.contains(&Roles::Crops) {
        return crops(args);
    }
    let roles = args.roles();
    if roles.len() > 1 && (args.box_mm.is_some() || args.depth_mm.is_some()) {
        let error = anyhow::anyhow!("--box-mm and --depth-mm apply to a single role: run the roles one by one");
        return Err(Failure::new(Exit::Usage, error));
    }
    let options: Vec<DatasetOptions> = roles.iter().map(|role| args.options(*role)).collect();
    // Two bars, because files are counted first and then images.
    let (headers, images) = (Teller::new("files"), Teller::new("images"));
    let infos = dataset::make(&args.data, &args.out, &options, &|step, done, all| match step {
        Step::Headers => headers.at("reading headers", done, all),
        Step::Images(role) => {
            headers.end();
            images.at(role.word(), done, all);
        }
        Step::Crops => (),
    })
    .map_err(failure)?;
    images.end();
    let reports: Vec<String> = infos.iter().map(dataset::report_text).collect();
    exit::print(format!("{}\nWritten to {}\n", reports.join("\n"), args.out.display()).as_bytes())?;
    Ok(Exit::Ok)
}
