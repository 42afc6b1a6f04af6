//! What a data set contains and lacks, as Markdown: `report.md`, also printed by the command.

use std::fmt::Write as _;

use super::{DatasetInfo, FoldInfo, Skipped, SplitSource};
use crate::grading::DetectionClass;

/// The report of a data set as Markdown, as it stands in its `report.md`.
pub fn text(info: &DatasetInfo) -> String {
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = head(&mut text, info);
    let _ = folds(&mut text, info);
    let _ = classes(&mut text, info);
    let _ = skipped(&mut text, &info.skipped);
    text
}

fn head(text: &mut String, info: &DatasetInfo) -> std::fmt::Result {
    let images: usize = info.folds.first().map_or(0, |fold| fold.images.iter().sum());
    let boxes: usize = info.folds.first().map_or(0, |fold| fold.boxes.values().flatten().sum());
    let shape = info.shape;
    writeln!(text, "# Data set for {} ({})\n", info.role, info.role.label())?;
    writeln!(text, "{} studies, {images} images, {boxes} boxes.\n", info.studies)?;
    let size = match shape.share_of_image {
        Some(share) => format!("{:.2} % of the image's width and height", 100.0 * share),
        None => format!("{} x {} mm", shape.width_mm, shape.height_mm),
    };
    let depth = if shape.depth_mm > 0.0 {
        format!("also on slices up to {} mm away", shape.depth_mm)
    } else {
        "only on its own slice".to_owned()
    };
    writeln!(text, "- Each point becomes a box of {size}, {depth}.")?;
    writeln!(text, "- 0-255 by `{}`.", info.standardize)?;
    let split = match info.split {
        SplitSource::Read => "read from 5folds.csv",
        SplitSource::Made => "generated here, by study, stratified by the severity of each condition and level",
    };
    writeln!(text, "- Folds: {split}.")?;
    writeln!(text, "- Images of {}.", kind(info))
}

/// Whether the images are synthetic, by their own headers.
fn kind(info: &DatasetInfo) -> String {
    match info.synthetic_studies {
        _ if !info.demo => "real studies: none of their files says that it is synthetic".to_owned(),
        Some(synthetic) if synthetic < info.studies => {
            let count = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
            let real = count(info.studies - synthetic, "real study", "real studies");
            let computed = count(synthetic, "computed phantom", "computed phantoms");
            format!("{real} and {computed}: a model trained on them is a demo")
        }
        _ => "computed phantoms: a model trained on them is a demo".to_owned(),
    }
}

fn folds(text: &mut String, info: &DatasetInfo) -> std::fmt::Result {
    writeln!(text, "\n## Folds\n")?;
    writeln!(text, "| fold | studies, train + val | images, train + val | boxes, train + val |\n|---|---|---|---|")?;
    for fold in &info.folds {
        let FoldInfo { fold: number, studies, images, boxes } = fold;
        let boxes = [0, 1].map(|part| boxes.values().map(|of| of[part]).sum::<usize>());
        writeln!(
            text,
            "| {number} | {} + {} | {} + {} | {} + {} |",
            studies[0], studies[1], images[0], images[1], boxes[0], boxes[1]
        )?;
    }
    let empty: Vec<String> =
        info.folds.iter().filter(|fold| fold.images.contains(&0)).map(|fold| fold.fold.to_string()).collect();
    if !empty.is_empty() {
        let folds = empty.join(", ");
        writeln!(text, "\nToo few studies: nothing can be trained and validated in fold {folds}.")?;
    }
    Ok(())
}

fn classes(text: &mut String, info: &DatasetInfo) -> std::fmt::Result {
    writeln!(text, "\n## Validation boxes, by class and fold\n")?;
    let numbers: Vec<String> = info.folds.iter().map(|fold| fold.fold.to_string()).collect();
    writeln!(text, "| class | {} | all |", numbers.join(" | "))?;
    writeln!(text, "|---|{}---|", "---|".repeat(numbers.len()))?;
    for class in DetectionClass::all(info.role) {
        let name = class.to_string();
        let counts = info.folds.iter().map(|fold| fold.boxes.get(&name).copied().unwrap_or_default());
        let cells: Vec<String> = counts.clone().map(|[_, val]| val.to_string()).collect();
        let all: usize = counts.take(1).flatten().sum();
        writeln!(text, "| {name} | {} | {all} |", cells.join(" | "))?;
    }
    Ok(())
}

/// What was left out, by reason.
pub fn skipped(text: &mut String, all: &[Skipped]) -> std::fmt::Result {
    writeln!(text, "\n## Left out\n")?;
    if all.is_empty() {
        return writeln!(text, "Nothing.");
    }
    writeln!(text, "skipped.csv lists all of them.\n")?;
    for group in all {
        writeln!(text, "- {} x {}", group.count, group.reason)?;
        for example in &group.examples {
            writeln!(text, "  - {example}")?;
        }
        if group.count > group.examples.len() {
            writeln!(text, "  - and {} more", group.count - group.examples.len())?;
        }
    }
    Ok(())
}
