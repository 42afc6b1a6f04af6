//! YOLO folders: `images/{train,val}`, `labels/{train,val}`, `data.yaml`, `dataset.json`.
//!
//! Everything is written beside the target and renamed into place when it is whole.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use image::{ExtendedColorType, ImageEncoder, codecs::png};
use rayon::prelude::*;

use super::{DatasetError, DatasetInfo, DatasetOptions, INFO_NAME, LabelledBox, LabelledSeries};
use crate::{
    files::{WriteError, write_atomic},
    grading::DetectionClass,
    raster::{Image8, Slice, ValueRange},
};

const PARTS: [&str; 2] = ["train", "val"];

/// Where the data set grows until it is whole.
fn partial(out: &Path) -> PathBuf {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    out.with_file_name(name)
}

/// Writes images and labels into the partial folder: images in `train` and `val`.
pub fn write(
    out: &Path,
    all: &[LabelledSeries<'_>],
    options: &DatasetOptions,
    skipped: &mut Vec<String>,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<[usize; 2], DatasetError> {
    let partial = partial(out);
    let io_error = |source: io::Error| WriteError { path: partial.clone(), source };
    if partial.exists() {
        // Left behind by a run that was killed.
        fs::remove_dir_all(&partial).map_err(io_error)?;
    }
    for kind in ["images", "labels"] {
        for part in PARTS {
            fs::create_dir_all(partial.join(kind).join(part)).map_err(io_error)?;
        }
    }
    let (done, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let counts: Vec<[usize; 2]> = all
        .par_iter()
        .map(|series| {
            let count = write_series(&partial, series, options, &failures)?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, all.len());
            Ok(if series.part == 0 { [count, 0] } else { [0, count] })
        })
        .collect::<Result<_, DatasetError>>()?;
    skipped.extend(failures.into_inner().unwrap_or_default());
    Ok(counts.into_iter().fold([0, 0], |a, b| [a[0] + b[0], a[1] + b[1]]))
}

/// Writes `data.yaml` and `dataset.json` and moves the folder into place.
pub fn finish(out: &Path, info: &DatasetInfo) -> Result<(), DatasetError> {
    let partial = partial(out);
    let target = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    let mut yaml = format!("path: {}\ntrain: images/train\nval: images/val\nnames:\n", yaml_string(&target));
    for (index, class) in DetectionClass::all(info.role).into_iter().enumerate() {
        // Writing to a String does not fail.
        let _ = writeln!(yaml, "  {index}: {class}");
    }
    write_atomic(&partial.join("data.yaml"), yaml.as_bytes())?;
    let json = serde_json::to_vec_pretty(info).unwrap_or_default();
    write_atomic(&partial.join(INFO_NAME), &json)?;
    fs::rename(&partial, out).map_err(|source| WriteError { path: out.to_owned(), source })?;
    Ok(())
}

/// Single-quoted: only a quote needs care.
fn yaml_string(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}

fn write_series(
    root: &Path,
    labelled: &LabelledSeries<'_>,
    options: &DatasetOptions,
    failures: &Mutex<Vec<String>>,
) -> Result<usize, DatasetError> {
    let mut by_slice: BTreeMap<usize, Vec<&LabelledBox>> = BTreeMap::new();
    for labelled_box in &labelled.boxes {
        by_slice.entry(labelled_box.slice).or_default().push(labelled_box);
    }
    let slices = &labelled.series.slices;
    let range = options.standardize.needs_series().then(|| {
        let decoded: Vec<Slice> = slices.iter().filter_map(|s| s.decode().ok()).collect();
        ValueRange::of_series(&decoded)
    });
    let classes = DetectionClass::all(options.role);
    let mut written = 0;
    for (index, slice) in slices.iter().enumerate() {
        let boxes = by_slice.get(&index);
        if boxes.is_none() && !is_drawn(index, options.negatives) {
            continue;
        }
        let image = match slice.decode() {
            Ok(decoded) => options.standardize.image(&decoded, range),
            Err(error) => {
                let mut failures = failures.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                failures.push(format!("{}: {error}", slice.instance.source));
                continue;
            }
        };
        let number = slice.instance.number.map_or_else(|| index.to_string(), |n| n.to_string());
        let stem = format!("{}_{}_{number}_{}", labelled.study, labelled.series.uid, slice.frame);
        let part = PARTS[labelled.part];
        save_png(&root.join("images").join(part).join(format!("{stem}.png")), &image)?;
        if let Some(boxes) = boxes {
            let text: String = boxes.iter().map(|b| line(b, &classes, &image)).collect();
            let file = root.join("labels").join(part).join(format!("{stem}.txt"));
            fs::write(&file, text).map_err(|source| WriteError { path: file, source })?;
        }
        written += 1;
    }
    Ok(written)
}

/// Evenly spread: the share of indices that cross a whole number.
fn is_drawn(index: usize, share: f64) -> bool {
    ((index + 1) as f64 * share).floor() > (index as f64 * share).floor()
}

/// `class x_center y_center width height`, in shares of the image.
fn line(labelled: &LabelledBox, classes: &[DetectionClass], image: &Image8) -> String {
    let (w, h) = (image.width() as f32, image.height() as f32);
    let class = classes.iter().position(|c| *c == labelled.class).unwrap_or_default();
    let ((x, y), b) = (labelled.bbox.center(), labelled.bbox);
    format!("{class} {:.6} {:.6} {:.6} {:.6}\n", x / w, y / h, b.width() / w, b.height() / h)
}

fn save_png(file: &Path, image: &Image8) -> Result<(), DatasetError> {
    let mut bytes = Vec::new();
    png::PngEncoder::new_with_quality(&mut bytes, png::CompressionType::Fast, png::FilterType::Adaptive)
        .write_image(image.pixels(), image.width(), image.height(), ExtendedColorType::L8)
        .map_err(|e| DatasetError::Image { file: file.to_owned(), message: e.to_string() })?;
    fs::write(file, bytes).map_err(|source| WriteError { path: file.to_owned(), source })?;
    Ok(())
}
