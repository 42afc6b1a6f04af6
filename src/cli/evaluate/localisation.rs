//! Millimetres from the graders' points to the evidence of `foramen grade`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::anyhow;
use glam::DVec3;
use serde::Serialize;

use super::{
    answer,
    grades::{self, Places},
    points,
};
use crate::{
    cli::{
        exit::{Exit, Failure, Outcome},
        scan,
    },
    dataset::Point,
    geometry::ImagePlane,
    grading::{Condition, GradeId},
    metric::{LevelLocalisation, Localisation, LocatedLevel, LocatedRow, Spread, level_localisation, localisation},
};

/// So many of a list are named on a terminal.
const NAMED: usize = 5;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Localisation")]
pub struct LocalisationArgs {
    /// Contest folder with `train_label_coordinates.csv` and `train_images/`
    #[arg(long, value_name = "DATA", requires = "grades")]
    pub localisation: Option<PathBuf>,
    /// `foramen grade --format json` of the same studies
    #[arg(long, value_name = "FILE", requires = "localisation")]
    pub grades: Option<PathBuf>,
}

#[derive(Serialize)]
struct Report {
    /// Studies that have points and grades.
    studies: usize,
    /// By condition and level, by condition, and all.
    evidence: Vec<Localisation>,
    /// Estimated level points, where the file has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    levels: Option<Vec<LevelLocalisation>>,
    studies_without_grades: Vec<String>,
    studies_without_points: Vec<String>,
    /// Points that could not be used, and why.
    skipped: Vec<String>,
}

pub fn run(data: &Path, grades: &Path, json: bool) -> Outcome {
    let input = |e| Failure::new(Exit::Input, e);
    let places = grades::read(grades).map_err(input)?;
    let file = data.join("train_label_coordinates.csv");
    let (points, mut skipped) = points::read(&file).map_err(|e| input(e.into()))?;
    let labelled: BTreeSet<&str> = points.iter().map(|p| p.study.as_str()).collect();
    let both: BTreeSet<&str> = labelled.iter().copied().filter(|study| places.contains_key(*study)).collect();
    if both.is_empty() {
        let one = |mut studies: Box<dyn Iterator<Item = &str> + '_>| studies.next().unwrap_or("none").to_owned();
        return Err(input(anyhow!(
            "{} and {} have no study in common: the first is {} here and {} there",
            file.display(),
            grades.display(),
            one(Box::new(labelled.iter().copied())),
            one(Box::new(places.keys().map(String::as_str)))
        )));
    }
    let planes = planes(data, &points, &both)?;
    let (rows, levels) = located(&points, &places, &planes, &mut skipped);
    let report = Report {
        studies: both.len(),
        evidence: localisation(&rows),
        levels: places.values().any(|p| p.levels.is_some()).then(|| level_localisation(&levels)),
        studies_without_grades: labelled.iter().filter(|s| !both.contains(*s)).map(|s| (*s).to_owned()).collect(),
        studies_without_points: places.keys().filter(|s| !both.contains(s.as_str())).cloned().collect(),
        skipped,
    };
    tell("points of studies that are not graded", &report.studies_without_grades);
    tell("graded studies without points", &report.studies_without_points);
    tell("points that cannot be used", &report.skipped);
    if rows.is_empty() {
        return Err(input(anyhow!("{}: no point lies on an image whose place is known", file.display())));
    }
    answer(&report, json, || human(&report))?;
    Ok(Exit::Ok)
}

fn tell(what: &str, list: &[String]) {
    if !list.is_empty() {
        let more = if list.len() > NAMED { ", …" } else { "" };
        let named = list.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        eprintln!("foramen: left out, {what}: {} ({named}{more})", list.len());
    }
}

/// A slice by study, series and `InstanceNumber`, as the contest names it.
type SliceName = (String, String, i32);

/// The planes of the slices that have points. Headers only.
fn planes(data: &Path, points: &[Point], studies: &BTreeSet<&str>) -> Result<BTreeMap<SliceName, ImagePlane>, Failure> {
    let wanted: BTreeSet<SliceName> = points.iter().map(|p| (p.study.clone(), p.series.clone(), p.instance)).collect();
    // A study whose folder is missing has points that cannot be used; they are listed.
    let images = data.join("train_images");
    let folders: Vec<PathBuf> = studies.iter().map(|s| images.join(s)).filter(|folder| folder.is_dir()).collect();
    if folders.is_empty() {
        let error = anyhow!("{}: no folder of a graded study is in it", images.display());
        return Err(Failure::new(Exit::Input, error));
    }
    let scan = scan(&folders)?;
    let mut planes = BTreeMap::new();
    for study in &scan.studies {
        for slice in study.series.iter().flat_map(|series| &series.slices) {
            let Some((number, plane)) = slice.instance.number.zip(slice.plane) else { continue };
            let name = (study.uid.clone(), slice.instance.series_uid.clone(), number);
            if wanted.contains(&name) {
                planes.entry(name).or_insert(plane);
            }
        }
    }
    Ok(planes)
}

/// Every label with what was found for it; of two points for one row the first counts.
fn located(
    points: &[Point],
    places: &Places,
    planes: &BTreeMap<SliceName, ImagePlane>,
    skipped: &mut Vec<String>,
) -> (Vec<LocatedRow>, Vec<LocatedLevel>) {
    let (mut rows, mut levels) = (Vec::new(), Vec::new());
    let mut seen: BTreeSet<(&str, GradeId)> = BTreeSet::new();
    for point in points {
        let Some(of_study) = places.get(&point.study) else { continue };
        let name = (point.study.clone(), point.series.clone(), point.instance);
        let Some(plane) = planes.get(&name) else {
            skipped.push(format!(
                "study {}, series {}, image {}: not there, or without a place in the patient",
                point.study, point.series, point.instance
            ));
            continue;
        };
        if !seen.insert((&point.study, point.id)) {
            skipped.push(format!("study {}, {}: a second point", point.study, point.id));
            continue;
        }
        let label: DVec3 = plane.patient_from_pixel(point.x, point.y);
        let found = of_study.rows.get(&point.id).copied();
        rows.push(LocatedRow { study: point.study.clone(), id: point.id, label, normal: plane.normal(), found });
        if let (Condition::SpinalCanalStenosis, Some(estimates)) = (point.id.condition(), &of_study.levels) {
            let level = point.id.level();
            let found = estimates.get(&level).copied();
            levels.push(LocatedLevel { study: point.study.clone(), level, label, found });
        }
    }
    (rows, levels)
}

fn human(report: &Report) -> String {
    let mut text = format!("studies: {}; distances in mm from the graders' points\n\n", report.studies);
    // Writing to a String does not fail, here and below.
    let _ = writeln!(
        text,
        "{:<36}{:>7}{:>9}{:>9}{:>9}{:>9}{:>9}{:>13}",
        "evidence", "points", "found", "in plane", "90 %", "in space", "90 %", "right level"
    );
    for one in &report.evidence {
        let name = match (one.condition, one.level) {
            (Some(condition), Some(level)) => format!("  {} {}", condition.label().to_lowercase(), level.label()),
            (Some(condition), None) => condition.label().to_owned(),
            _ => "All".to_owned(),
        };
        let [plane, plane_90] = cells(one.in_plane_mm);
        let [space, space_90] = cells(one.distance_mm);
        let (found, right) = (share(one.found, one.labelled), share(one.right_level, one.found));
        let _ = writeln!(
            text,
            "{name:<36}{:>7}{found:>9}{plane:>9}{plane_90:>9}{space:>9}{space_90:>9}{right:>13}",
            one.labelled
        );
    }
    text.push_str("medians and 90th percentiles; right level: of the evidence found\n");
    if let Some(levels) = &report.levels {
        let _ = writeln!(
            text,
            "\n{:<36}{:>7}{:>9}{:>9}{:>9}{:>9}{:>9}",
            "level points and the canal's", "points", "found", "along", "90 %", "in space", "90 %"
        );
        for one in levels {
            let [along, along_90] = cells(one.along_spine_mm);
            let [space, space_90] = cells(one.distance_mm);
            let (name, found) = (one.level.map_or("All", |l| l.label()), share(one.found, one.labelled));
            let _ =
                writeln!(text, "{name:<36}{:>7}{found:>9}{along:>9}{along_90:>9}{space:>9}{space_90:>9}", one.labelled);
        }
        text.push_str("along: along the spine\n");
    }
    text
}

fn cells(spread: Option<Spread>) -> [String; 2] {
    spread.map_or_else(|| ["-".to_owned(), "-".to_owned()], |s| [s.median, s.p90].map(|mm| format!("{mm:.1}")))
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 { "-".to_owned() } else { format!("{:.1} %", 100.0 * part as f64 / whole as f64) }
}
