//! A graded study under the numbers that a reader gave to its levels: the grades, the discs and the votes move together,
//! and what was found is kept, so that other numbers can be given again.

use std::sync::Arc;

use super::GradedStudy;
use crate::{
    geometry::Vec3,
    grading::{self, Aggregate, Assessment, Disc, Grade, GradeId, GradeTable, Layout, Level, Shift, Vote},
};

impl GradedStudy {
    /// By how much its levels are numbered otherwise than they were found.
    pub fn shift(&self) -> Shift {
        self.found.as_ref().map_or(Shift::NONE, |(shift, _)| *shift)
    }

    /// As it was found, with its levels moved.
    #[must_use]
    pub fn renumbered(&self, shift: Shift) -> Self {
        if shift == self.shift() {
            return self.clone();
        }
        let found = self.found.as_ref().map_or_else(|| Arc::new(self.clone()), |(_, found)| found.clone());
        if shift.is_none() {
            return Self::clone(&found);
        }
        Self {
            table: table(&found.table, shift),
            levels: levels(found.levels, shift),
            discs: discs(&found.discs, shift),
            parts: Vec::new(),
            found: Some((shift, found)),
            ..self.clone()
        }
    }

    /// The votes that the table was made of, and the places of rows that only the second stage has looked at.
    pub fn votes(&self, layout: &Layout) -> Vec<Vote> {
        let (shift, found) = self.found.as_ref().map_or((Shift::NONE, self), |(shift, found)| (*shift, &**found));
        let votes = match found.aggregate {
            Aggregate::Max | Aggregate::Seed => grading::max(&found.detections),
            Aggregate::Geometric => grading::geometric_at(&found.disc_places, &found.detections, layout).votes,
        };
        let votes = votes.into_iter().filter_map(|vote| Some(Vote { grade: shift.grade(vote.grade)?, ..vote }));
        votes.chain(self.table.rows().iter().flat_map(places)).collect()
    }
}

fn places(row: &Grade) -> impl Iterator<Item = Vote> {
    let places = row.evidence().iter().filter(|evidence| evidence.is_place);
    places.map(|place| Vote {
        grade: row.id,
        severity: place.severity,
        weight: place.weight,
        detection: place.detection.clone(),
        conflicts: Vec::new(),
    })
}

/// A table with its rows moved; a row to which none moves was not graded.
pub fn table(found: &GradeTable, shift: Shift) -> GradeTable {
    let was = |id: GradeId| shift.inverse().grade(id).map(|was| found.get(was));
    let moved = GradeTable::from_fn(|id| match was(id) {
        Some(was) => was.assessment.clone(),
        None => {
            Assessment::NotAssessed { reason: "the levels were renumbered, and nothing looked at this disc".to_owned() }
        }
    });
    moved.map(|row| row.pull = was(row.id).map_or(0.0, |was| was.pull))
}

fn discs(found: &[Disc], shift: Shift) -> Vec<Disc> {
    found.iter().filter_map(|disc| Some(Disc { level: shift.level(disc.level)?, ..*disc })).collect()
}

fn levels(found: [Option<Vec3>; 5], shift: Shift) -> [Option<Vec3>; 5] {
    let was = |level: &Level| shift.inverse().level(*level).and_then(|was| found[was.index()]);
    std::array::from_fn(|i| Level::ALL.get(i).and_then(was))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader who renumbers twice must not lose the rows that had moved beyond the five levels.
    #[test]
    fn renumbering_moves_rows_and_discs_and_can_be_taken_back_exactly() {
        let reason = |id: GradeId| Assessment::NotAssessed { reason: id.to_string() };
        let mut study = GradedStudy::of_table("1.2", GradeTable::from_fn(reason));
        study.table = study.table.map(|row| row.pull = if row.id.level() == Level::L3L4 { 0.75 } else { 0.0 });
        study.levels = std::array::from_fn(|i| Some(Vec3::new(0.0, 0.0, -36.0 * i as f64)));
        let down = Shift::so_that(Level::L1L2, Level::L3L4);
        let moved = study.renumbered(down);
        assert_eq!(moved.shift(), down);
        assert_eq!((moved.levels[2], moved.levels[0]), (study.levels[0], None));
        for id in GradeId::ALL {
            let row = &moved.table.get(id).assessment;
            match down.inverse().grade(id) {
                Some(was) => {
                    assert_eq!(*row, reason(was));
                    assert_eq!(moved.table.get(id).is_doubtful(), was.level() == Level::L3L4, "{id}");
                }
                None => assert!(matches!(row, Assessment::NotAssessed { reason } if reason.contains("renumbered"))),
            }
        }
        let back = moved.renumbered(Shift::so_that(Level::L2L3, Level::L1L2)).renumbered(Shift::NONE);
        assert_eq!((&back.table, back.levels, back.shift()), (&study.table, study.levels, Shift::NONE));
    }
}
