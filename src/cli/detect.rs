//! `foramen detect`: one detector on single images.

use std::{
    fmt::Write as _,
    io::BufReader,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use serde::Serialize;

use super::{
    exit::{Exit, Failure, Outcome, print},
    progress,
};
use crate::{
    cancel::Cancel,
    detector::{AnyModel, Class, Detector, EngineChoice, Model, ModelError, RawDetection},
    files,
    geometry::Turn,
    raster::{BLANK, Image8, Standardize},
    study,
};

/// Print one detector's boxes on single images, as Ultralytics' predict would
#[derive(Debug, clap::Args)]
pub struct Args {
    /// PNG, JPEG or DICOM files
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// The ONNX file
    #[arg(long, value_name = "FILE")]
    model: PathBuf,
    /// Boxes must score above this
    #[arg(long, default_value_t = 0.25, value_parser = progress::share)]
    conf: f64,
    /// How DICOM values become 0-255; PNG and JPEG are used as they are
    #[arg(long, default_value_t = Standardize::SlicePercentile)]
    standardize: Standardize,
    /// Inference engine
    #[arg(long, value_enum, default_value_t)]
    engine: EngineChoice,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    model: String,
    sha256: String,
    engine: String,
    conf: f64,
    images: Vec<ImageReport>,
}

#[derive(Serialize)]
struct ImageReport {
    file: String,
    /// From 1.
    frame: u32,
    width: u32,
    height: u32,
    detections: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    class: String,
    score: f32,
    /// Left, top, right, bottom in pixel edges.
    r#box: [f32; 4],
}

pub fn run(args: &Args) -> Outcome {
    let report = match AnyModel::read(&args.model).map_err(unusable)? {
        AnyModel::Grades(model) => detect(args, model),
        AnyModel::Discs(model) => detect(args, model),
        AnyModel::Crops(model) => {
            let why = "it grades crops of a whole study and draws no boxes; `foramen grade --method crops` runs it";
            return Err(unusable(ModelError::Refused { name: model.name, problem: why.to_owned() }));
        }
    }?;
    let text = if args.json {
        serde_json::to_string_pretty(&report).map_err(|e| Failure::new(Exit::Error, e))? + "\n"
    } else {
        human(&report)
    };
    print(text.as_bytes())?;
    Ok(Exit::Ok)
}

fn unusable(error: ModelError) -> Failure {
    Failure::new(Exit::Model, error)
}

fn detect<C: Class>(args: &Args, model: Model<C>) -> Result<Report, Failure> {
    let model = std::sync::Arc::new(model);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut detector = Detector::new(&model, args.engine, threads).map_err(unusable)?;
    let mut images = Vec::new();
    for file in &args.images {
        for (frame, turn, image) in read(file, args.standardize).map_err(|e| Failure::new(Exit::Input, e))? {
            let stored = turn.size([image.width(), image.height()]);
            let mut boxes = detector.predict(&image, args.conf as f32).map_err(unusable)?;
            for found in &mut boxes {
                found.bbox = found.bbox.turned_back(turn, stored);
            }
            images.push(ImageReport {
                file: file.display().to_string(),
                frame,
                width: stored[0],
                height: stored[1],
                detections: boxes.iter().map(Found::from).collect(),
            });
        }
    }
    Ok(Report {
        model: model.name.clone(),
        sha256: model.sha256.clone(),
        engine: detector.engine().to_owned(),
        conf: args.conf,
        images,
    })
}

/// (frame from 1, how it was rotated to be upright, image). Colour is converted to grey.
fn read(file: &Path, standardize: Standardize) -> anyhow::Result<Vec<(u32, Turn, Image8)>> {
    let opened = files::open_regular(file, files::MOST_OF_TABLE).with_context(|| format!("{}", file.display()))?;
    if let Ok(format) = image::ImageReader::new(BufReader::new(opened))
        .with_guessed_format()
        .with_context(|| format!("{}", file.display()))
        && format.format().is_some()
    {
        let grey = format.decode().with_context(|| format!("{}: not a readable image", file.display()))?.to_luma8();
        let (width, height) = grey.dimensions();
        let image =
            Image8::new(width, height, grey.into_raw()).ok_or_else(|| anyhow!("{}: it is empty", file.display()))?;
        if image.is_blank() {
            eprintln!("foramen: {}: {BLANK}", file.display());
        }
        return Ok(vec![(1, Turn::NONE, image)]);
    }
    let scan = study::scan(&[file.to_owned()], &Cancel::default(), &|_, _| ())?;
    if let Some(issue) = scan.issues.first() {
        return Err(anyhow!("{issue}; expected PNG, JPEG or a DICOM image"));
    }
    let slices: Vec<_> = scan.studies.iter().flat_map(|s| &s.series).flat_map(|s| &s.slices).collect();
    if slices.is_empty() {
        return Err(anyhow!("{}: no image in it", file.display()));
    }
    let mut images = Vec::new();
    for slice in slices {
        let decoded = slice.decode().with_context(|| format!("{}, frame {}", file.display(), slice.frame + 1))?;
        if let Some(doubt) = &decoded.doubt {
            eprintln!("foramen: {}, frame {}: {doubt}", file.display(), slice.frame + 1);
        }
        images.push((slice.frame + 1, slice.turn, standardize.image(&decoded, None).turned(slice.turn)));
    }
    Ok(images)
}

fn human(report: &Report) -> String {
    let mut text = format!("{} in {}\n", report.model, report.engine);
    for image in &report.images {
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "{} frame {} ({} x {}): {} boxes",
            image.file,
            image.frame,
            image.width,
            image.height,
            image.detections.len()
        );
        for found in &image.detections {
            let [x0, y0, x1, y1] = found.r#box;
            let _ = writeln!(text, "  {:.3}  {:<56} {x0:.1} {y0:.1} {x1:.1} {y1:.1}", found.score, found.class);
        }
    }
    text
}

impl<C: Class> From<&RawDetection<C>> for Found {
    fn from(d: &RawDetection<C>) -> Self {
        Self { class: d.class.to_string(), score: d.score, r#box: [d.bbox.x0, d.bbox.y0, d.bbox.x1, d.bbox.y1] }
    }
}
