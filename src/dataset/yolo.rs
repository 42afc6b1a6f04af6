//! The YOLO folder: every image once in `images/`, its boxes in `labels/`, and for each fold a `data.yaml` with two
//! lists of images.
//!
//! Ultralytics takes the folder of a `data.yaml` without `path:` as the root of what it names, and the folder of a list
//! as the place of lines that begin with `./`. So no path in it is absolute, and the folder can be moved.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    fmt::Write as _,
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use image::{ExtendedColorType, ImageEncoder, codecs::png};
use rayon::prelude::*;

use super::{
    DatasetError, DatasetOptions, FoldInfo, LabelledBox,
    folds::FOLDS,
    merge::LabelledSeries,
    skipped::{Reason, SkipList},
};
use crate::{
    files::{WriteError, write_atomic},
    grading::DetectionClass,
    raster::Image8,
};

/// One image of the data set.
pub struct Picture<'a> {
    /// File name without extension, in `images/` and in `labels/`.
    pub name: String,
    pub from: &'a LabelledSeries<'a>,
    /// Index into the series' slices.
    pub slice: usize,
    /// None: background.
    pub boxes: Vec<&'a LabelledBox>,
}

/// The images to write: every slice with a box, and the given fraction of the others as background.
pub fn plan<'a>(all: &'a [LabelledSeries<'a>], negatives: f64) -> Vec<Picture<'a>> {
    let (mut pictures, mut names) = (Vec::new(), HashSet::new());
    for from in all {
        for (slice, reference) in from.series.slices.iter().enumerate() {
            let boxes: Vec<&LabelledBox> = from.boxes.iter().filter(|b| b.slice == slice).collect();
            if boxes.is_empty() && !(from.has_background && is_drawn(slice, negatives)) {
                continue;
            }
            let number = reference.instance.number.map_or_else(|| format!("at{slice}"), |n| n.to_string());
            let ids = [from.study.as_str(), from.id.as_str()].map(file_name);
            let mut name = format!("{}_{}_{number}_{}", ids[0], ids[1], reference.frame);
            if !names.insert(name.clone()) {
                // Two files with one number.
                let _ = write!(name, "_at{slice}");
                names.insert(name.clone());
            }
            pictures.push(Picture { name, from, slice, boxes });
        }
    }
    pictures
}

/// Ids come from files; as part of a file name they must not lead elsewhere.
pub fn file_name(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || ".-".contains(c) { c } else { '_' }).collect()
}

/// Spreads the selected indices evenly.
fn is_drawn(index: usize, share: f64) -> bool {
    ((index + 1) as f64 * share).floor() > (index as f64 * share).floor()
}

/// Writes images and labels into `root`; returns what was written, in order of name. An image that cannot be
/// decoded is listed and left out with its boxes. `progress` is called with (images done, images in all).
pub fn write<'a>(
    root: &Path,
    pictures: Vec<Picture<'a>>,
    options: &DatasetOptions,
    skipped: &mut SkipList,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Picture<'a>>, DatasetError> {
    for folder in ["images", "labels"].map(|kind| root.join(kind)) {
        fs::create_dir_all(&folder).map_err(|source| WriteError { path: folder.clone(), source })?;
    }
    let classes = DetectionClass::all(options.role);
    let (done, count) = (AtomicUsize::new(0), pictures.len());
    let results: Vec<Result<(Picture<'a>, Option<String>), String>> = pictures
        .into_par_iter()
        .map(|picture| {
            let written = write_picture(root, &picture, options, &classes)?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, count);
            Ok(written.map(|doubt| (picture, doubt)))
        })
        .collect::<Result<_, DatasetError>>()?;
    let mut written = Vec::with_capacity(results.len());
    for result in results {
        match result {
            Ok((picture, doubt)) => {
                written.push(picture);
                if let Some(doubt) = doubt {
                    skipped.add(Reason::File, doubt);
                }
            }
            Err(what) => skipped.add(Reason::Undecodable, what),
        }
    }
    written.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(written)
}

/// Returns a doubt about the image, if any. The inner error concerns only this image.
fn write_picture(
    root: &Path,
    picture: &Picture<'_>,
    options: &DatasetOptions,
    classes: &[DetectionClass],
) -> Result<Result<Option<String>, String>, DatasetError> {
    let slice = &picture.from.series.slices[picture.slice];
    let decoded = match slice.decode() {
        Ok(decoded) => decoded,
        Err(error) => return Ok(Err(format!("{}: {error}", slice.instance.source))),
    };
    // As in the pipeline, so that the pixels are those that a detector gets when grading.
    let range = options.standardize.needs_series().then(|| picture.from.range(&decoded));
    let image = options.standardize.image(&decoded, range).turned(slice.turn);
    let file = root.join("images").join(&picture.name).with_added_extension("png");
    save_png(&file, image.pixels(), [image.width(), image.height()], ExtendedColorType::L8)?;
    // Background has an empty label file, so that a lost label file is not taken for background.
    let text: String = picture.boxes.iter().map(|b| line(b, classes, &image)).collect();
    let file = root.join("labels").join(&picture.name).with_added_extension("txt");
    fs::write(&file, text).map_err(|source| WriteError { path: file, source })?;
    Ok(Ok(decoded.doubt.map(|doubt| format!("{}: {doubt}", slice.instance.source))))
}

/// `class x_center y_center width height`, as fractions of the image.
fn line(labelled: &LabelledBox, classes: &[DetectionClass], image: &Image8) -> String {
    let (w, h) = (image.width() as f32, image.height() as f32);
    let class = classes.iter().position(|c| *c == labelled.class).unwrap_or_default();
    let (center, b) = (labelled.bbox.center(), labelled.bbox);
    let (x, y) = (center.x as f32, center.y as f32);
    format!("{class} {:.6} {:.6} {:.6} {:.6}\n", x / w, y / h, b.width() / w, b.height() / h)
}

/// The fastest DEFLATE level that compresses: images are written once and read in every epoch.
pub fn save_png(
    file: &Path,
    pixels: &[u8],
    [width, height]: [u32; 2],
    colour: ExtendedColorType,
) -> Result<(), DatasetError> {
    let mut bytes = Vec::new();
    png::PngEncoder::new_with_quality(&mut bytes, png::CompressionType::Fast, png::FilterType::Up)
        .write_image(pixels, width, height, colour)
        .map_err(|e| DatasetError::Image { file: file.to_owned(), message: e.to_string() })?;
    fs::write(file, bytes).map_err(|source| WriteError { path: file.to_owned(), source })?;
    Ok(())
}

/// Writes `fold<k>/` for every fold and counts what is in it.
pub fn write_folds(
    root: &Path,
    pictures: &[Picture<'_>],
    classes: &[DetectionClass],
) -> Result<Vec<FoldInfo>, DatasetError> {
    let mut yaml = "train: train.txt\nval: val.txt\nnames:\n".to_owned();
    for (index, class) in classes.iter().enumerate() {
        // Writing to a String does not fail.
        let _ = writeln!(yaml, "  {index}: {class}");
    }
    (0..FOLDS)
        .map(|fold| {
            let file = super::data_yaml(root, fold);
            write_atomic(&file, yaml.as_bytes())?;
            for (part, name) in ["train.txt", "val.txt"].into_iter().enumerate() {
                let of_part = pictures.iter().filter(|p| part_of(p, fold) == part);
                let list: String = of_part.flat_map(|p| ["./../images/", &p.name, ".png\n"]).collect();
                write_atomic(&file.with_file_name(name), list.as_bytes())?;
            }
            Ok(count(pictures, fold, classes))
        })
        .collect()
}

/// 0: training, 1: validation.
fn part_of(picture: &Picture<'_>, fold: u32) -> usize {
    usize::from(picture.from.fold == fold)
}

fn count(pictures: &[Picture<'_>], fold: u32, classes: &[DetectionClass]) -> FoldInfo {
    let mut boxes: BTreeMap<String, [usize; 2]> = classes.iter().map(|c| (c.to_string(), [0; 2])).collect();
    let (mut images, mut studies) = ([0; 2], [BTreeSet::new(), BTreeSet::new()]);
    for picture in pictures {
        let part = part_of(picture, fold);
        images[part] += 1;
        studies[part].insert(&picture.from.study);
        for labelled in &picture.boxes {
            boxes.entry(labelled.class.to_string()).or_default()[part] += 1;
        }
    }
    FoldInfo { fold, images, boxes, studies: studies.map(|s| s.len()) }
}
