//! The validation part of a YOLO data set that `foramen dataset` made, in the current layout (`images/`, `labels/`,
//! `fold<k>/val.txt`) or the first one (`images/val/`, `labels/val/`).

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, anyhow};
use serde::Deserialize;

use crate::{
    dataset::INFO_NAME,
    files,
    grading::{DetectionClass, Role},
    raster::{BBox, Image8},
};

/// Images to look at, and where their labels are.
pub struct DataSet {
    pub role: Role,
    /// The validation fold.
    pub fold: Option<u32>,
    /// Meaning of each class number in the label files.
    pub classes: Vec<DetectionClass>,
    pub items: Vec<Item>,
}

pub struct Item {
    pub image: PathBuf,
    labels: PathBuf,
    /// In the first layout an image without boxes has no label file; in the current one it has an empty file.
    may_lack_labels: bool,
}

/// The part of `dataset.json` that is read; both layouts have it.
#[derive(Deserialize)]
struct Info {
    role: Role,
    /// Only in the first layout, which held one fold.
    fold: Option<u32>,
}

impl DataSet {
    /// The validation images of `fold`, by default 0.
    pub fn open(folder: &Path, fold: Option<u32>) -> anyhow::Result<Self> {
        let file = folder.join(INFO_NAME);
        let text = files::read_text(&file, files::MOST_OF_TABLE)
            .with_context(|| format!("{}: expected a data set made by `foramen dataset`", file.display()))?;
        let info: Info = serde_json::from_str(&text)
            .with_context(|| format!("{}: not written by `foramen dataset`", file.display()))?;
        let folds = folds(folder);
        let (fold, yaml, items) = if folds.is_empty() {
            (info.fold, folder.join("data.yaml"), first_layout(folder, info.fold, fold)?)
        } else {
            let fold = fold.unwrap_or(0);
            if !folds.contains(&fold) {
                let there = folds.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                return Err(anyhow!("{}: it has no fold {fold}, only {there}", folder.display()));
            }
            let place = folder.join(format!("fold{fold}"));
            (Some(fold), place.join("data.yaml"), listed(folder, &place.join("val.txt"))?)
        };
        if items.is_empty() {
            return Err(anyhow!("{}: it has no validation images", folder.display()));
        }
        let classes = classes(&yaml)?;
        if let Some(foreign) = classes.iter().find(|class| class.role() != info.role) {
            return Err(anyhow!("{}: class {foreign} does not belong to role {}", yaml.display(), info.role));
        }
        Ok(Self { role: info.role, fold, classes, items })
    }
}

impl Item {
    /// The picture as it is; colour is converted to grey.
    pub fn picture(&self) -> anyhow::Result<Image8> {
        let grey = image::open(&self.image)
            .with_context(|| format!("{}: not a readable image", self.image.display()))?
            .to_luma8();
        let (width, height) = grey.dimensions();
        Image8::new(width, height, grey.into_raw()).ok_or_else(|| anyhow!("{}: it is empty", self.image.display()))
    }

    /// The labelled boxes in pixels of a picture of this size. The same line twice counts once, as in Ultralytics.
    pub fn labels(
        &self,
        classes: &[DetectionClass],
        (width, height): (u32, u32),
    ) -> anyhow::Result<Vec<(DetectionClass, BBox)>> {
        let text = match files::read_text(&self.labels, files::MOST_OF_TEXT) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && self.may_lack_labels => return Ok(Vec::new()),
            Err(e) => return Err(e).with_context(|| format!("{}: cannot be read", self.labels.display())),
        };
        let (mut seen, mut labels) = (BTreeSet::new(), Vec::new());
        for (index, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
            let (class, [x, y, w, h]) = label(line, classes.len()).ok_or_else(|| {
                anyhow!(
                    "{}, line {}: {line:?}: expected a class from 0 to {}, and x, y, width and height from 0 to 1",
                    self.labels.display(),
                    index + 1,
                    classes.len() - 1
                )
            })?;
            if seen.insert(line.to_owned()) {
                let (width, height) = (width as f32, height as f32);
                labels.push((classes[class], BBox::from_center(x * width, y * height, w * width, h * height)));
            }
        }
        Ok(labels)
    }
}

fn label(line: &str, classes: usize) -> Option<(usize, [f32; 4])> {
    let mut words = line.split_whitespace();
    let class = words.next()?.parse().ok().filter(|class| *class < classes)?;
    let numbers: Vec<f32> = words.map(|w| w.parse().ok()).collect::<Option<_>>()?;
    let numbers: [f32; 4] = numbers.try_into().ok()?;
    numbers.iter().all(|v| (0.0..=1.0).contains(v)).then_some((class, numbers))
}

/// The folds that have a list.
fn folds(folder: &Path) -> BTreeSet<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.path().join("val.txt").is_file())
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("fold")?.parse().ok())
        .collect()
}

fn first_layout(folder: &Path, held: Option<u32>, wanted: Option<u32>) -> anyhow::Result<Vec<Item>> {
    let images = folder.join("images/val");
    if wanted.is_some() && wanted != held {
        let held = held.map_or("not named".to_owned(), |fold| fold.to_string());
        return Err(anyhow!("{}: it has one fold ({held}); make the data set again for all five", folder.display()));
    }
    let entries = fs::read_dir(&images)
        .with_context(|| format!("{}: it has neither images/val nor fold0/val.txt", folder.display()))?;
    let mut pictures: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("png")))
        .collect();
    pictures.sort();
    let labels = folder.join("labels/val");
    let item = |image: PathBuf| {
        let name = image.with_extension("txt").file_name().map(PathBuf::from).unwrap_or_default();
        Item { labels: labels.join(name), image, may_lack_labels: true }
    };
    Ok(pictures.into_iter().map(item).collect())
}

/// The images of a list, looked up by name in `images/`, because the data set may have been moved since.
fn listed(folder: &Path, list: &Path) -> anyhow::Result<Vec<Item>> {
    let text =
        files::read_text(list, files::MOST_OF_TABLE).with_context(|| format!("{}: cannot be read", list.display()))?;
    let (mut seen, mut items) = (BTreeSet::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        // Either separator: the list may have been written on another system.
        let name = line.rsplit(['/', '\\']).next().unwrap_or(line);
        let image = folder.join("images").join(name);
        if !image.is_file() {
            return Err(anyhow!("{}: it names {name}, which is not in {}/images", list.display(), folder.display()));
        }
        if seen.insert(name.to_owned()) {
            let labels = folder.join("labels").join(Path::new(name).with_extension("txt"));
            items.push(Item { image, labels, may_lack_labels: false });
        }
    }
    Ok(items)
}

/// `names:` of a `data.yaml` as `foramen dataset` writes it: one `index: name` per line.
fn classes(yaml: &Path) -> anyhow::Result<Vec<DetectionClass>> {
    let text =
        files::read_text(yaml, files::MOST_OF_TEXT).with_context(|| format!("{}: cannot be read", yaml.display()))?;
    let unreadable = |what: &str| {
        anyhow!(
            "{}: {what}; expected lines such as `  0: spinal_canal_stenosis_l1_l2_severe` below `names:`",
            yaml.display()
        )
    };
    let mut lines = text.lines().skip_while(|line| line.trim_end() != "names:");
    lines.next().ok_or_else(|| unreadable("it has no `names:`"))?;
    let mut classes = Vec::new();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        let (index, name) = line.split_once(':').ok_or_else(|| unreadable(line.trim()))?;
        if index.trim().parse() != Ok(classes.len()) {
            return Err(unreadable(&format!("expected class {}, found {}", classes.len(), line.trim())));
        }
        let name = name.trim().trim_matches(['\'', '"']);
        classes.push(name.parse::<DetectionClass>().with_context(|| yaml.display().to_string())?);
    }
    if classes.is_empty() {
        return Err(unreadable("it names no classes"));
    }
    Ok(classes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classes_of(text: &str) -> Result<Vec<DetectionClass>, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("data.yaml");
        fs::write(&file, text).unwrap();
        classes(&file).map_err(|e| format!("{e:#}"))
    }

    #[test]
    fn class_names_are_read_and_what_is_none_is_said() {
        let yaml = "train: train.txt\nnames:\n  0: spinal_canal_stenosis_l1_l2_severe\n  1: 'spinal_canal_stenosis_l1_l2_moderate'\nx: 1\n";
        let names: Vec<String> = classes_of(yaml).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(names, ["spinal_canal_stenosis_l1_l2_severe", "spinal_canal_stenosis_l1_l2_moderate"]);
        for (text, expected) in [
            ("train: x\n", "no `names:`"),
            ("names:\nval: x\n", "names no classes"),
            ("names:\n  1: spinal_canal_stenosis_l1_l2_severe\n", "expected class 0, found 1"),
            ("names:\n  0: cat\n", "\"cat\""),
        ] {
            let message = classes_of(text).unwrap_err();
            assert!(message.contains("data.yaml") && message.contains(expected), "{message}");
        }
    }

    #[test]
    fn a_label_line_that_is_no_box_is_refused() {
        assert_eq!(label("2 0.5 0.5 0.25 1", 3), Some((2, [0.5, 0.5, 0.25, 1.0])));
        for bad in
            ["3 0.5 0.5 0.2 0.2", "0 0.5 0.5 0.2", "0 0.5 0.5 0.2 0.2 0.9", "0 0.5 0.5 20 0.2", "0 nan 0 0 0", "x"]
        {
            assert_eq!(label(bad, 3), None, "{bad}");
        }
    }
}
