//! The grade table's order: levels from top to bottom, conditions and sides from left to right.

use crate::grading::{Condition, GradeId, Level, Side};

/// The patient's right stands left, as on the axial images.
pub const COLUMNS: [(Condition, Option<Side>); 5] = [
    (Condition::SpinalCanalStenosis, None),
    (Condition::NeuralForaminalNarrowing, Some(Side::Right)),
    (Condition::NeuralForaminalNarrowing, Some(Side::Left)),
    (Condition::SubarticularStenosis, Some(Side::Right)),
    (Condition::SubarticularStenosis, Some(Side::Left)),
];

/// The cell at a column and a level.
pub fn at(column: usize, level: usize) -> Option<GradeId> {
    let &(condition, side) = COLUMNS.get(column)?;
    GradeId::new(condition, side, *Level::ALL.get(level)?)
}

/// The cell beside another; the same one at the table's edge.
pub fn beside(id: GradeId, columns: isize, levels: isize) -> GradeId {
    let column = COLUMNS.iter().position(|&c| c == (id.condition(), id.side())).unwrap_or(0);
    let step = |from: usize, by: isize| from.saturating_add_signed(by).min(4);
    at(step(column, columns), step(id.level().index(), levels)).unwrap_or(id)
}

/// All cells, level by level.
pub fn all() -> impl Iterator<Item = GradeId> {
    (0..Level::ALL.len()).flat_map(|level| (0..COLUMNS.len()).filter_map(move |column| at(column, level)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_grade_has_one_cell_and_steps_stay_inside() {
        let mut cells: Vec<GradeId> = all().collect();
        assert_eq!(cells.len(), 25);
        assert_eq!(beside(cells[0], -1, -1), cells[0]);
        assert_eq!(beside(cells[0], 4, 4), cells[24]);
        assert_eq!(beside(cells[24], 1, 1), cells[24]);
        cells.sort_unstable();
        cells.dedup();
        assert_eq!(cells.len(), 25);
    }
}
