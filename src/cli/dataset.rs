//! `foramen dataset`.

use std::path::PathBuf;

use super::{
    exit::{Exit, Failure, Outcome},
    progress,
};
use crate::{
    dataset::{self, BoxShape, DatasetError, DatasetOptions},
    grading::Role,
    raster::Standardize,
};

/// Make a YOLO data set for one detector from the contest's CSVs and DICOM
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which detector: nfn, scs or ss
    #[arg(long)]
    role: Role,
    /// Folder with `train.csv`, `train_label_coordinates.csv` and `train_images/`
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// New folder to write
    #[arg(long, value_name = "DIR")]
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
    /// The fold of `5folds.csv` that validates, 0 to 4
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..5))]
    fold: u32,
    /// Share of the slices without boxes to write as background
    #[arg(long, default_value_t = 0.15, value_name = "SHARE", value_parser = progress::share)]
    negatives: f64,
    /// The images are of patients, not phantoms: models trained on them are not marked as demo
    #[arg(long)]
    real_data: bool,
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
    let mut shape = BoxShape::of(args.role);
    if let Some((width, height)) = args.box_mm {
        (shape.width_mm, shape.height_mm) = (width, height);
    }
    shape.depth_mm = args.depth_mm.unwrap_or(shape.depth_mm);
    let options = DatasetOptions {
        role: args.role,
        standardize: args.standardize,
        shape,
        fold: args.fold,
        negatives: args.negatives,
        demo: !args.real_data,
    };
    let bar = progress::bar("series");
    let info = dataset::make(&args.data, &args.out, &options, &|done, all| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    })
    .map_err(|error| {
        let exit = match error {
            DatasetError::Exists(_) | DatasetError::Write(_) | DatasetError::Image { .. } => Exit::Output,
            _ => Exit::Input,
        };
        Failure::new(exit, error)
    })?;
    bar.finish_and_clear();
    let [train, val]: [usize; 2] = std::array::from_fn(|part| info.boxes.values().map(|c| c[part]).sum());
    println!("{}: {} studies", args.out.display(), info.studies);
    println!("  train {} images, {train} boxes; val {} images, {val} boxes", info.images[0], info.images[1]);
    for skipped in info.skipped.iter().take(20) {
        println!("  left out: {skipped}");
    }
    if info.skipped.len() > 20 {
        println!("  and {} more, listed in dataset.json", info.skipped.len() - 20);
    }
    Ok(Exit::Ok)
}
