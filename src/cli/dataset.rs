//! `foramen dataset`.

use std::{path::PathBuf, str::FromStr};

use super::{
    exit::{self, Exit, Failure, Outcome},
    progress,
};
use crate::{
    dataset::{self, BoxShape, DatasetError, DatasetOptions},
    grading::Role,
    raster::Standardize,
};

/// Make YOLO data sets of five folds from the contest's CSVs and DICOM
///
/// One role writes to OUT itself: `images/`, `labels/`, `fold0/` to `fold4/` with a `data.yaml` each,
/// `contact_sheet.png`, `report.md`, `skipped.csv`, `5folds.csv` and `dataset.json`. Several roles write to OUT/nfn,
/// OUT/scs and OUT/ss and read the images' headers once. The folds are those of `5folds.csv` beside `train.csv`; without
/// one they are made, by study and alike in the severities of every condition and level. Whether images are computed
/// phantoms is read from the files: a model trained on a data set with any is a demo.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which detectors: nfn, scs or ss, several with commas, or all
    #[arg(long, required = true, value_delimiter = ',', value_name = "ROLE")]
    role: Vec<Roles>,
    /// Folder with `train.csv`, `train_label_coordinates.csv` and `train_images/`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// New folder to write
    #[arg(long, value_name = "OUT")]
    out: PathBuf,
    /// How slices become 0-255: `slice_min_max`, `slice_percentile` or `series_percentile`
    #[arg(long, default_value_t = Standardize::SlicePercentile)]
    standardize: Standardize,
    /// Size of the boxes in mm, WIDTHxHEIGHT; made to fit the role if left out
    #[arg(long, value_name = "WxH", value_parser = size)]
    box_mm: Option<(f64, f64)>,
    /// Label slices this near to a point too, in mm
    #[arg(long, value_name = "MM", value_parser = millimetres)]
    depth_mm: Option<f64>,
    /// Share of the slices without boxes to write as background
    #[arg(long, default_value_t = 0.15, value_name = "SHARE", value_parser = progress::share)]
    negatives: f64,
}

/// One role or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Roles {
    One(Role),
    All,
}

impl FromStr for Roles {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Self::All),
            _ => text.parse().map(Self::One).map_err(|_| "expected nfn, scs, ss or all".to_owned()),
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
        let mut shape = BoxShape::of(role);
        if let Some((width, height)) = self.box_mm {
            (shape.width_mm, shape.height_mm) = (width, height);
        }
        shape.depth_mm = self.depth_mm.unwrap_or(shape.depth_mm);
        DatasetOptions { role, standardize: self.standardize, shape, negatives: self.negatives }
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

pub fn run(args: &Args) -> Outcome {
    let roles = args.roles();
    if roles.len() > 1 && (args.box_mm.is_some() || args.depth_mm.is_some()) {
        let error = anyhow::anyhow!("--box-mm and --depth-mm are of one role: run the roles one by one");
        return Err(Failure::new(Exit::Usage, error));
    }
    let options: Vec<DatasetOptions> = roles.iter().map(|role| args.options(*role)).collect();
    let bar = progress::bar("images");
    let infos = dataset::make(&args.data, &args.out, &options, &|done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })
    .map_err(|error| {
        let exit = match error {
            DatasetError::Exists(_) | DatasetError::Busy(_) | DatasetError::Write(_) | DatasetError::Image { .. } => {
                Exit::Output
            }
            DatasetError::Labels(_) | DatasetError::Scan(_) | DatasetError::Empty { .. } => Exit::Input,
        };
        Failure::new(exit, error)
    })?;
    bar.finish_and_clear();
    let reports: Vec<String> = infos.iter().map(dataset::report_text).collect();
    exit::print(format!("{}\nWritten to {}\n", reports.join("\n"), args.out.display()).as_bytes())?;
    Ok(Exit::Ok)
}
