//! Matches grades, points and images by study, series, level and condition.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::OnceLock,
};

use super::{
    DatasetOptions,
    boxes::{self, LabelledBox},
    folds::Folds,
    labels::{Grades, Point},
    skipped::{Reason, SkipList},
};
use crate::{
    grading::{GradeId, Level, Role},
    raster::{Slice, ValueRange},
    study::{Matches, Series, SeriesId, SeriesNames, Study, StudyId},
};

/// One series with its boxes.
pub struct LabelledSeries<'a> {
    /// What the CSVs call its study.
    pub study: StudyId,
    /// What they call the series.
    pub id: SeriesId,
    pub series: &'a Series,
    /// Files of the study say that their images are synthetic.
    pub is_synthetic: bool,
    /// At least one.
    pub boxes: Vec<LabelledBox>,
    /// Its validation fold.
    pub fold: u32,
    /// Slices without a box may be taken as background.
    pub has_background: bool,
    /// The range of all its values, computed by the first thread that needs it.
    range: OnceLock<ValueRange>,
}

impl LabelledSeries<'_> {
    /// The values that become 0 and 255 where this is decided for a whole series; only from `slice` if no slice can be
    /// decoded. Reads every file of the series, once.
    pub fn range(&self, slice: &Slice) -> ValueRange {
        *self.range.get_or_init(|| {
            let decoded: Vec<Slice> = self.series.slices.iter().filter_map(|s| s.decode().ok()).collect();
            if decoded.is_empty() { ValueRange::of_series([slice]) } else { ValueRange::of_series(&decoded) }
        })
    }
}

/// The inputs to match.
#[derive(Clone, Copy)]
pub struct Labels<'b> {
    /// `train.csv`.
    pub grades: &'b Grades,
    /// The study that each of its rows refers to.
    pub matches: &'b Matches,
    /// `train_label_coordinates.csv`.
    pub points: &'b [Point],
    /// `5folds.csv`, or the generated split.
    pub folds: &'b Folds,
}

/// Every series of the role that has a box. What could not be matched is listed.
pub fn label<'a>(
    studies: &'a [Study],
    labels: Labels<'_>,
    options: &DatasetOptions,
    skipped: &mut SkipList,
) -> Vec<LabelledSeries<'a>> {
    let points: Vec<&Point> = labels.points.iter().filter(|p| p.id.condition().role() == options.role).collect();
    let mut merge = Merge::new(studies, labels, options);
    for point in &points {
        if let Err((reason, what)) = merge.place(point) {
            skipped.add(reason, point.describe_with(&what));
        }
    }
    merge.list_holes(&points, skipped);
    merge.finish(skipped)
}

/// The index of the series that a point is on, of the role that its condition is seen on. If several series share a UID, it
/// is the one that has the point's image.
pub fn series_of(point: &Point, study: &Study, names: &SeriesNames) -> Result<usize, (Reason, String)> {
    let role = point.id.condition().role();
    let named =
        names.find_in(study, &point.series).map_err(|ambiguous| (Reason::WhichSeries, ambiguous.to_string()))?;
    let Some(&first) = named.first() else { return Err((Reason::NoSeries, String::new())) };
    let of_role: Vec<usize> = named.into_iter().filter(|&index| study.series[index].role == Some(role)).collect();
    if of_role.is_empty() {
        let series = &study.series[first];
        let wanted = role.label();
        let found = series.role.map_or("none of the three types", Role::label);
        return Err((Reason::WrongSeries, format!("{found} where {wanted} belongs ({})", series.role_reason)));
    }
    let has_image =
        |index: &usize| study.series[*index].slices.iter().any(|slice| slice.instance.number == Some(point.instance));
    let with_image: Vec<usize> = of_role.iter().copied().filter(has_image).collect();
    match with_image.as_slice() {
        // The code that makes the box reports what is missing.
        [] => Ok(of_role[0]),
        [one] => Ok(*one),
        _ => Err((Reason::Ambiguous, format!("InstanceNumber {}", point.instance))),
    }
}

struct Merge<'a, 'b> {
    labels: Labels<'b>,
    options: &'b DatasetOptions,
    studies: &'a [Study],
    /// By study id of the CSV: the study's index, and the ids of its series.
    by_id: BTreeMap<&'b StudyId, (usize, SeriesNames)>,
    /// By study and series index: the boxes on it, and the id that the first point used.
    boxes: BTreeMap<(usize, usize), (SeriesId, Vec<LabelledBox>)>,
    /// The points that became boxes.
    taken: HashMap<(StudyId, GradeId), Point>,
}

impl<'a, 'b> Merge<'a, 'b> {
    fn new(studies: &'a [Study], labels: Labels<'b>, options: &'b DatasetOptions) -> Self {
        let names = |(id, &study): (&'b StudyId, &usize)| (id, (study, SeriesNames::of(&studies[study], id)));
        let by_id = labels.matches.found.iter().map(names).collect();
        Self { labels, options, studies, by_id, boxes: BTreeMap::new(), taken: HashMap::new() }
    }

    fn role(&self) -> Role {
        self.options.role
    }

    fn place(&mut self, point: &Point) -> Result<(), (Reason, String)> {
        if !self.labels.grades.rows.contains_key(&point.study) {
            return Err((Reason::NoRow, String::new()));
        }
        let Some((study, names)) = self.by_id.get(&point.study) else {
            // The study as a whole is listed; its ten points would only repeat that.
            return Ok(());
        };
        let key = (point.study.clone(), point.id);
        if let Some(first) = self.taken.get(&key) {
            if first.is_same(point) {
                return Err((Reason::Twice, format!("as in line {}", first.line)));
            }
            return Err((Reason::SecondPoint, format!("the first is in line {}", first.line)));
        }
        let place = (*study, series_of(point, &self.studies[*study], names)?);
        let series = &self.studies[place.0].series[place.1];
        let Some(severity) = self.labels.grades.get(point.study.as_str(), point.id) else {
            return Err((Reason::NoGrade, String::new()));
        };
        let made = boxes::boxes(series, point, severity, &self.options.shape)?;
        self.boxes.entry(place).or_insert_with(|| (point.series.clone(), Vec::new())).1.extend(made);
        self.taken.insert(key, point.clone());
        Ok(())
    }

    /// Grades without a point, labels without images, images without labels.
    fn list_holes(&self, points: &[&Point], skipped: &mut SkipList) {
        let pointed: HashSet<(&StudyId, GradeId)> = points.iter().map(|p| (&p.study, p.id)).collect();
        let grades = self.labels.grades;
        let ids = || GradeId::ALL.into_iter().filter(|id| id.condition().role() == self.role());
        let graded = |study: &StudyId| ids().any(|id| grades.get(study.as_str(), id).is_some());
        for study in grades.rows.keys() {
            if !self.by_id.contains_key(study) {
                skipped.add(Reason::NoImages, format!("study {study}"));
                continue;
            }
            let without = |id: &GradeId| grades.get(study.as_str(), *id).is_some() && !pointed.contains(&(study, *id));
            ids().filter(without).for_each(|id| skipped.add(Reason::NoPoint, format!("study {study}, {id}")));
        }
        let with: HashSet<usize> =
            self.by_id.iter().filter(|(id, _)| graded(id)).map(|(_, (study, _))| *study).collect();
        let without = self.studies.iter().enumerate().filter(|(index, _)| !with.contains(index));
        let mut without: Vec<&str> = without.map(|(_, study)| study.uid.as_str()).collect();
        without.sort_unstable();
        for study in without {
            skipped.add(Reason::StudyWithoutLabels, format!("study {study}"));
        }
    }

    fn finish(mut self, skipped: &mut SkipList) -> Vec<LabelledSeries<'a>> {
        let role = self.role();
        let labelled: HashSet<&StudyId> = self.taken.keys().map(|(study, _)| study).collect();
        let ids: BTreeMap<usize, (&StudyId, &SeriesNames)> =
            self.by_id.iter().map(|(id, (study, names))| (*study, (*id, names))).collect();
        let mut found = Vec::new();
        for (at, study) in self.studies.iter().enumerate() {
            let Some(&(id, names)) = ids.get(&at) else { continue };
            for (series_at, series) in study.series.iter().enumerate() {
                let Some((series_id, boxes)) =
                    self.boxes.remove(&(at, series_at)).filter(|(_, boxes)| !boxes.is_empty())
                else {
                    if series.role == Some(role) && labelled.contains(id) {
                        skipped.add(
                            Reason::SeriesWithoutBoxes,
                            format!("study {id}, series {}", names.short(series.uid.as_str())),
                        );
                    }
                    continue;
                };
                // On a sagittal slice all levels appear together; on an axial one each level appears alone, and an
                // unlabelled one would be taken as background.
                let has_level = |level: &Level| boxes.iter().any(|b| b.class.grade.level() == *level);
                let has_background = role != Role::Ss || Level::ALL.iter().all(has_level);
                if !has_background && self.options.negatives > 0.0 {
                    skipped.add(Reason::IncompleteSeries, format!("study {id}, series {series_id}"));
                }
                let fold = self.labels.folds.0.get(id).copied().unwrap_or_default();
                found.push(LabelledSeries {
                    study: id.clone(),
                    id: series_id,
                    series,
                    is_synthetic: study.is_synthetic(),
                    boxes,
                    fold,
                    has_background,
                    range: OnceLock::new(),
                });
            }
        }
        found
    }
}
