//! How far from a grader's point the evidence of a row lies, in millimetres of patient space.

use std::collections::BTreeMap;

use glam::DVec3;
use serde::Serialize;

use super::quantile::Spread;
use crate::grading::{Condition, GradeId, Level};

/// A grader's point, and where the row's evidence is.
#[derive(Debug, Clone, PartialEq)]
pub struct LocatedRow {
    /// `study_id` of the labels.
    pub study: String,
    /// Condition, side and level.
    pub id: GradeId,
    /// The grader's point in patient space (LPS), mm.
    pub label: DVec3,
    /// Unit normal of the slice that the label was set on.
    pub normal: DVec3,
    /// The evidence, LPS, mm; `None` if the row has none.
    pub found: Option<DVec3>,
}

/// Where a level's disc was estimated to be, beside the grader's point of the canal at that level.
#[derive(Debug, Clone, PartialEq)]
pub struct LocatedLevel {
    /// `study_id` of the labels.
    pub study: String,
    /// The level whose disc it is.
    pub level: Level,
    /// The label of the canal, LPS, mm.
    pub label: DVec3,
    /// The estimate, LPS, mm; `None` if there is none.
    pub found: Option<DVec3>,
}

/// Of one condition and level, or of several together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Localisation {
    /// All if there is none.
    pub condition: Option<Condition>,
    /// All if there is none.
    pub level: Option<Level>,
    /// Rows that have a label.
    pub labelled: usize,
    /// Rows of these that have evidence with a place.
    pub found: usize,
    /// Rows of these whose evidence is nearest to the label of its own level, among the labels of the same
    /// condition and side in the study.
    pub right_level: usize,
    /// Distance after moving the evidence onto the label's slice along its normal, mm.
    pub in_plane_mm: Option<Spread>,
    /// Distance in space, mm: box and label may lie on different slices.
    pub distance_mm: Option<Spread>,
}

/// How well level points lie along the spine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LevelLocalisation {
    /// All if there is none.
    pub level: Option<Level>,
    /// Levels whose canal has a label.
    pub labelled: usize,
    /// Of these, those with an estimate.
    pub found: usize,
    /// Distance in space, mm. A disc's centre lies in front of the canal: some of this is no error.
    pub distance_mm: Option<Spread>,
    /// The part of it along the spine: the line between the canal's labels above and below.
    pub along_spine_mm: Option<Spread>,
}

struct Measured {
    id: GradeId,
    /// (in plane, in space, is the right level)
    found: Option<(f64, f64, bool)>,
}

/// By condition and level, each condition, and all; groups without labels are left out.
pub fn localisation(rows: &[LocatedRow]) -> Vec<Localisation> {
    let mut labels: BTreeMap<(&str, GradeId), DVec3> = BTreeMap::new();
    for row in rows {
        labels.insert((&row.study, row.id), row.label);
    }
    let measure =
        |row: &LocatedRow| Measured { id: row.id, found: row.found.map(|point| measure(row, point, &labels)) };
    let measured: Vec<Measured> = rows.iter().map(measure).collect();
    let mut groups: Vec<(Option<Condition>, Option<Level>)> = Vec::new();
    for &condition in Condition::ALL {
        groups.extend(Level::ALL.iter().map(|&level| (Some(condition), Some(level))));
        groups.push((Some(condition), None));
    }
    groups.push((None, None));
    groups.into_iter().map(|(c, l)| summary(&measured, c, l)).filter(|s| s.labelled > 0).collect()
}

fn measure(row: &LocatedRow, point: DVec3, labels: &BTreeMap<(&str, GradeId), DVec3>) -> (f64, f64, bool) {
    let off = point - row.label;
    let in_plane = off - row.normal * off.dot(row.normal);
    let nearest = Level::ALL
        .iter()
        .filter_map(|&level| Some((level, labels.get(&(row.study.as_str(), row.id.at(level)))?.distance(point))))
        .min_by(|a, b| a.1.total_cmp(&b.1));
    (in_plane.length(), off.length(), nearest.is_some_and(|(level, _)| level == row.id.level()))
}

fn summary(all: &[Measured], condition: Option<Condition>, level: Option<Level>) -> Localisation {
    let is_wanted =
        |m: &&Measured| condition.is_none_or(|c| c == m.id.condition()) && level.is_none_or(|l| l == m.id.level());
    let wanted: Vec<&Measured> = all.iter().filter(is_wanted).collect();
    let found: Vec<(f64, f64, bool)> = wanted.iter().filter_map(|m| m.found).collect();
    Localisation {
        condition,
        level,
        labelled: wanted.len(),
        found: found.len(),
        right_level: found.iter().filter(|f| f.2).count(),
        in_plane_mm: Spread::of(found.iter().map(|f| f.0).collect()),
        distance_mm: Spread::of(found.iter().map(|f| f.1).collect()),
    }
}

/// By level, and all together. Along the spine is measured where the study has another label of the canal beside
/// the level's own.
pub fn level_localisation(rows: &[LocatedLevel]) -> Vec<LevelLocalisation> {
    let mut labels: BTreeMap<(&str, Level), DVec3> = BTreeMap::new();
    for row in rows {
        labels.insert((&row.study, row.level), row.label);
    }
    let along = |row: &LocatedLevel, point: DVec3| {
        let of = |level: &Level| labels.get(&(row.study.as_str(), *level)).copied();
        let at = row.level.index();
        let above = Level::ALL[..at].iter().rev().find_map(of).unwrap_or(row.label);
        let below = Level::ALL[at + 1..].iter().find_map(of).unwrap_or(row.label);
        Some((point - row.label).dot((above - below).try_normalize()?).abs())
    };
    let groups = Level::ALL.iter().map(|&level| Some(level)).chain([None]);
    let summary = |level: Option<Level>| {
        let wanted: Vec<&LocatedLevel> = rows.iter().filter(|r| level.is_none_or(|l| l == r.level)).collect();
        let found: Vec<(&LocatedLevel, DVec3)> = wanted.iter().filter_map(|r| Some((*r, r.found?))).collect();
        LevelLocalisation {
            level,
            labelled: wanted.len(),
            found: found.len(),
            distance_mm: Spread::of(found.iter().map(|(row, point)| row.label.distance(*point)).collect()),
            along_spine_mm: Spread::of(found.iter().filter_map(|(row, point)| along(row, *point)).collect()),
        }
    };
    groups.map(summary).filter(|s| s.labelled > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels of the canal 35 mm apart along z, on sagittal slices; evidence moved by `offset`.
    fn rows(offset: DVec3) -> Vec<LocatedRow> {
        let row = |&level: &Level| {
            let id = GradeId::new(Condition::SpinalCanalStenosis, None, level).unwrap();
            let label = DVec3::new(0.0, 10.0, -35.0 * level.index() as f64);
            LocatedRow { study: "1".into(), id, label, normal: DVec3::X, found: Some(label + offset) }
        };
        Level::ALL.iter().map(row).collect()
    }

    fn all(rows: &[LocatedRow]) -> Localisation {
        *localisation(rows).last().unwrap()
    }

    #[test]
    fn across_the_slice_counts_in_space_and_not_in_the_plane() {
        let near = all(&rows(DVec3::new(4.0, 0.0, 3.0)));
        assert_eq!((near.labelled, near.found, near.right_level), (5, 5, 5));
        let close = |spread: Option<Spread>, expected: f64| (spread.unwrap().median - expected).abs() < 1e-12;
        assert!(close(near.in_plane_mm, 3.0) && close(near.distance_mm, 5.0), "{near:?}");
    }

    #[test]
    fn evidence_a_level_too_low_is_at_the_wrong_level_except_where_there_is_none_below() {
        let low = all(&rows(DVec3::new(0.0, 0.0, -30.0)));
        assert_eq!((low.found, low.right_level), (5, 1));
    }

    #[test]
    fn a_row_without_evidence_is_labelled_and_not_found() {
        let mut rows = rows(DVec3::ZERO);
        rows[2].found = None;
        // The same level of another study is not a neighbour.
        rows.push(LocatedRow { study: "2".into(), label: DVec3::new(0.0, 0.0, 1e4), ..rows[0].clone() });
        let groups = localisation(&rows);
        let of = |level: Level| groups.iter().find(|g| g.level == Some(level)).unwrap();
        assert_eq!((of(Level::L3L4).labelled, of(Level::L3L4).found), (1, 0));
        assert_eq!(of(Level::L3L4).in_plane_mm, None);
        assert_eq!(of(Level::L1L2).right_level, 2);
    }

    #[test]
    fn a_point_in_front_of_the_canal_is_off_in_space_but_not_along_the_spine() {
        let level = |row: LocatedRow| {
            let found = row.found.map(|p| p + DVec3::new(0.0, -20.0, 1.5));
            LocatedLevel { study: row.study, level: row.id.level(), label: row.label, found }
        };
        let levels: Vec<LocatedLevel> = rows(DVec3::ZERO).into_iter().map(level).collect();
        let all = *level_localisation(&levels).last().unwrap();
        assert!((all.along_spine_mm.unwrap().median - 1.5).abs() < 1e-9, "{all:?}");
        assert!(all.distance_mm.unwrap().median > 20.0);
        let alone = level_localisation(&levels[..1]);
        assert_eq!((alone[0].found, alone[0].along_spine_mm), (1, None));
    }
}
