//! Grades, points and images come together by study, series, level and condition.

use std::{
    collections::{HashMap, HashSet},
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
    study::{Series, Study},
};

/// One series with its boxes.
pub struct LabelledSeries<'a> {
    /// `StudyInstanceUID`.
    pub study: &'a str,
    pub series: &'a Series,
    /// At least one.
    pub boxes: Vec<LabelledBox>,
    /// The fold in which it validates.
    pub fold: u32,
    /// Slices without a box may be taken as background.
    pub has_background: bool,
    /// The range of all its values, computed by the first thread that needs it.
    range: OnceLock<ValueRange>,
}

impl LabelledSeries<'_> {
    /// What becomes 0 and 255 where that is decided for a series as a whole; of `slice` alone if no slice can be
    /// decoded. Reads every file of the series, once.
    pub fn range(&self, slice: &Slice) -> ValueRange {
        *self.range.get_or_init(|| {
            let decoded: Vec<Slice> = self.series.slices.iter().filter_map(|s| s.decode().ok()).collect();
            if decoded.is_empty() { ValueRange::of_series([slice]) } else { ValueRange::of_series(&decoded) }
        })
    }
}

/// Every series of the role on which a box lies. What did not come together is listed.
pub fn label<'a>(
    studies: &'a [Study],
    grades: &Grades,
    points: &[Point],
    folds: &Folds,
    options: &DatasetOptions,
    skipped: &mut SkipList,
) -> Vec<LabelledSeries<'a>> {
    let points: Vec<&Point> = points.iter().filter(|p| p.id.condition().role() == options.role).collect();
    let mut merge = Merge::new(studies, grades, options);
    for point in &points {
        if let Err((reason, what)) = merge.place(point) {
            let separator = if what.is_empty() { "" } else { ": " };
            skipped.add(reason, format!("{}{separator}{what}", point.describe()));
        }
    }
    merge.list_holes(&points, skipped);
    merge.finish(folds, skipped)
}

struct Merge<'a, 'b> {
    grades: &'b Grades,
    options: &'b DatasetOptions,
    /// Every series of every study.
    all: Vec<(&'a Study, &'a Series)>,
    /// By ids: place in `all`.
    by_id: HashMap<(&'a str, &'a str), usize>,
    studies: HashSet<&'a str>,
    /// By series: what lies on it.
    boxes: Vec<Vec<LabelledBox>>,
    /// The points that became boxes.
    taken: HashMap<(String, GradeId), Point>,
}

impl<'a, 'b> Merge<'a, 'b> {
    fn new(studies: &'a [Study], grades: &'b Grades, options: &'b DatasetOptions) -> Self {
        let all: Vec<_> = studies.iter().flat_map(|study| study.series.iter().map(move |s| (study, s))).collect();
        let mut by_id = HashMap::new();
        for (index, (study, series)) in all.iter().enumerate() {
            by_id.entry((study.uid.as_str(), series.uid.as_str())).or_insert(index);
        }
        Self {
            grades,
            options,
            boxes: vec![Vec::new(); all.len()],
            studies: studies.iter().map(|study| study.uid.as_str()).collect(),
            all,
            by_id,
            taken: HashMap::new(),
        }
    }

    fn role(&self) -> Role {
        self.options.role
    }

    fn place(&mut self, point: &Point) -> Result<(), (Reason, String)> {
        let because = |reason| Err((reason, String::new()));
        if !self.grades.rows.contains_key(&point.study) {
            return because(Reason::NoRow);
        }
        if !self.studies.contains(point.study.as_str()) {
            // The study as a whole is listed; its ten points would say the same again.
            return Ok(());
        }
        let key = (point.study.clone(), point.id);
        if let Some(first) = self.taken.get(&key) {
            if first.is_same(point) {
                return Err((Reason::Twice, format!("as in line {}", first.line)));
            }
            return Err((Reason::SecondPoint, format!("the first is in line {}", first.line)));
        }
        let Some(&index) = self.by_id.get(&(point.study.as_str(), point.series.as_str())) else {
            return because(Reason::NoSeries);
        };
        let series = self.all[index].1;
        if series.role != Some(self.role()) {
            let wanted = self.role().label();
            let found = series.role.map_or("none of the three kinds", Role::label);
            return Err((Reason::WrongSeries, format!("{found} where {wanted} belongs ({})", series.role_reason)));
        }
        let Some(severity) = self.grades.get(&point.study, point.id) else {
            return because(Reason::NoGrade);
        };
        let made = boxes::boxes(series, point, severity, &self.options.shape)?;
        self.boxes[index].extend(made);
        self.taken.insert(key, point.clone());
        Ok(())
    }

    /// Grades without a point, labels without images, images without labels.
    fn list_holes(&self, points: &[&Point], skipped: &mut SkipList) {
        let pointed: HashSet<(&str, GradeId)> = points.iter().map(|p| (p.study.as_str(), p.id)).collect();
        let ids = || GradeId::ALL.into_iter().filter(|id| id.condition().role() == self.role());
        let graded = |study: &str| ids().any(|id| self.grades.get(study, id).is_some());
        for study in self.grades.rows.keys() {
            if !self.studies.contains(study.as_str()) {
                skipped.add(Reason::NoImages, format!("study {study}"));
                continue;
            }
            let without = |id: &GradeId| self.grades.get(study, *id).is_some() && !pointed.contains(&(study, *id));
            ids().filter(without).for_each(|id| skipped.add(Reason::NoPoint, format!("study {study}, {id}")));
        }
        let mut without: Vec<&str> = self.studies.iter().copied().filter(|study| !graded(study)).collect();
        without.sort_unstable();
        for study in without {
            skipped.add(Reason::StudyWithoutLabels, format!("study {study}"));
        }
    }

    fn finish(self, folds: &Folds, skipped: &mut SkipList) -> Vec<LabelledSeries<'a>> {
        let role = self.role();
        let labelled: HashSet<&str> = self.taken.keys().map(|(study, _)| study.as_str()).collect();
        let mut found = Vec::new();
        for ((study, series), boxes) in self.all.into_iter().zip(self.boxes) {
            let name = || format!("study {}, series {}", study.uid, series.uid);
            if boxes.is_empty() {
                if series.role == Some(role) && labelled.contains(study.uid.as_str()) {
                    skipped.add(Reason::SeriesWithoutBoxes, name());
                }
                continue;
            }
            // On a sagittal slice all levels stand together; on an axial one a level stands alone, and one that was
            // not marked would be called background.
            let has_level = |level: &Level| boxes.iter().any(|b| b.class.grade.level() == *level);
            let has_background = role != Role::Ss || Level::ALL.iter().all(has_level);
            if !has_background && self.options.negatives > 0.0 {
                skipped.add(Reason::IncompleteSeries, name());
            }
            let fold = folds.0.get(&study.uid).copied().unwrap_or_default();
            found.push(LabelledSeries {
                study: &study.uid,
                series,
                boxes,
                fold,
                has_background,
                range: OnceLock::new(),
            });
        }
        found
    }
}
