//! Distances in millimetres from the graders' points to the evidence of `foramen grade`.

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
    geometry::{ImagePlane, PixelCenter},
    grading::{Condition, GradeId},
    metric::{LevelLocalisation, Localisation, LocatedLevel, LocatedRow, Spread, level_localisation, localisation},
    study::{Matches, SeriesNames, Study, StudyId},
};

/// At most this many items of a list are named on a terminal.
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
    /// Estimated level points, if the file has any.
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
    let mut labelled: BTreeMap<StudyId, usize> = BTreeMap::new();
    for point in &points {
        *labelled.entry(point.study.clone()).or_default() += 1;
    }
    let studies = scan_labelled(data, &labelled, &places)?;
    let images = Images::new(&studies, &labelled);
    skipped.extend(images.matches.doubts.iter().cloned());
    let places = images.by_csv_id(places);
    let both: BTreeSet<&StudyId> = labelled.keys().filter(|study| places.contains_key(study.as_str())).collect();
    if both.is_empty() {
        let first = |mut studies: Box<dyn Iterator<Item = &str> + '_>| studies.next().unwrap_or("none").to_owned();
        return Err(input(anyhow!(
            "{} and {} have no study in common: the first is {} in one and {} in the other",
            file.display(),
            grades.display(),
            first(Box::new(labelled.keys().map(StudyId::as_str))),
            first(Box::new(places.keys().map(String::as_str)))
        )));
    }
    let (rows, levels) = located(&points, &places, &images, &mut skipped);
    let without = |all: Box<dyn Iterator<Item = &str> + '_>| all.map(str::to_owned).collect::<Vec<_>>();
    let report = Report {
        studies: both.len(),
        evidence: localisation(&rows),
        levels: places.values().any(|p| p.levels.is_some()).then(|| level_localisation(&levels)),
        studies_without_grades: without(Box::new(labelled.keys().filter(|s| !both.contains(s)).map(StudyId::as_str))),
        studies_without_points: without(Box::new(
            places.keys().map(String::as_str).filter(|s| !labelled.contains_key(*s)),
        )),
        skipped,
    };
    tell("points of studies that are not graded", &report.studies_without_grades);
    tell("graded studies without points", &report.studies_without_points);
    tell("points that cannot be used", &report.skipped);
    if rows.is_empty() {
        return Err(input(anyhow!("{}: no point lies on an image with a known position", file.display())));
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

/// The studies that have points and grades, headers only: only their own folders if each has a folder of its name, else
/// everything, because a folder may have another name.
fn scan_labelled(data: &Path, labelled: &BTreeMap<StudyId, usize>, places: &Places) -> Result<Vec<Study>, Failure> {
    let images = data.join("train_images");
    let graded: Vec<&str> = labelled.keys().map(StudyId::as_str).filter(|id| places.contains_key(*id)).collect();
    let folders: Vec<PathBuf> = graded.iter().map(|id| images.join(id)).filter(|folder| folder.is_dir()).collect();
    // A grade whose study is not labelled under that name may be of a study that has another name.
    let is_known = folders.len() == graded.len() && places.keys().all(|uid| labelled.contains_key(uid.as_str()));
    let paths = if is_known && !folders.is_empty() { folders } else { vec![images] };
    Ok(scan(&paths)?.studies)
}

/// The images that have points.
struct Images<'a> {
    studies: &'a [Study],
    matches: Matches,
    names: BTreeMap<StudyId, SeriesNames>,
}

impl<'a> Images<'a> {
    fn new(studies: &'a [Study], labelled: &BTreeMap<StudyId, usize>) -> Self {
        let matches = Matches::new(studies, labelled);
        let name = |(id, &at): (&StudyId, &usize)| (id.clone(), SeriesNames::of(&studies[at], id));
        let names = matches.found.iter().map(name).collect();
        Self { studies, matches, names }
    }

    /// The graded studies, keyed by their id in the CSV instead of their `StudyInstanceUID`.
    fn by_csv_id(&self, places: Places) -> Places {
        let ids: BTreeMap<&str, &StudyId> =
            self.matches.found.iter().map(|(id, &at)| (self.studies[at].uid.as_str(), id)).collect();
        let id = |uid: String| ids.get(uid.as_str()).map_or(uid, ToString::to_string);
        places.into_iter().map(|(uid, of_study)| (id(uid), of_study)).collect()
    }

    /// The plane of the image that a point lies on, or why there is none.
    fn plane(&self, point: &Point) -> Result<ImagePlane, String> {
        let Some((&at, names)) = self.matches.found.get(&point.study).zip(self.names.get(&point.study)) else {
            return Err("no images of the study".to_owned());
        };
        let study = &self.studies[at];
        let series = names.find_in(study, &point.series).map_err(|ambiguous| ambiguous.to_string())?;
        if series.is_empty() {
            return Err("the series is missing".to_owned());
        }
        let slices = series.iter().flat_map(|&index| &study.series[index].slices);
        let mut slices = slices.filter(|slice| slice.instance.number == Some(point.instance));
        let first = slices.next().ok_or("the image is missing")?;
        if slices.next().is_some() {
            return Err("several images have that number".to_owned());
        }
        first.plane.ok_or_else(|| "the image has no position in the patient".to_owned())
    }
}

/// Every label with what was found for it; if a row has two points, the first counts.
fn located(
    points: &[Point],
    places: &Places,
    images: &Images<'_>,
    skipped: &mut Vec<String>,
) -> (Vec<LocatedRow>, Vec<LocatedLevel>) {
    let (mut rows, mut levels) = (Vec::new(), Vec::new());
    let mut seen: BTreeSet<(&StudyId, GradeId)> = BTreeSet::new();
    for point in points {
        let Some(of_study) = places.get(point.study.as_str()) else { continue };
        let plane = match images.plane(point) {
            Ok(plane) => plane,
            Err(why) => {
                skipped
                    .push(format!("study {}, series {}, image {}: {why}", point.study, point.series, point.instance));
                continue;
            }
        };
        if !seen.insert((&point.study, point.id)) {
            skipped.push(format!("study {}, {}: a second point", point.study, point.id));
            continue;
        }
        let label: DVec3 = plane.patient_from_pixel(PixelCenter::new(point.x, point.y));
        let found = of_study.rows.get(&point.id).copied();
        let study = point.study.to_string();
        if let (Condition::SpinalCanalStenosis, Some(estimates)) = (point.id.condition(), &of_study.levels) {
            let level = point.id.level();
            let found = estimates.get(&level).copied();
            levels.push(LocatedLevel { study: study.clone(), level, label, found });
        }
        rows.push(LocatedRow { study, id: point.id, label, normal: plane.normal(), found });
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
