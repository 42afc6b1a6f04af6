//! Which slices go to which models, and why a role has none.

use crate::{
    detector::ModelSet,
    grading::Role,
    study::{Series, Study},
};

/// One slice to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Job {
    /// The detector's role.
    pub role: Role,
    /// Index into the study's series.
    pub series: usize,
    /// Index into the series' slices.
    pub slice: usize,
}

/// The work on one study.
#[derive(Debug, Default)]
pub struct Plan {
    /// Role by role, slices in reading order.
    pub jobs: Vec<Job>,
    /// Roles that nothing will look at, with the reason in the reader's words.
    pub skipped: Vec<(Role, String)>,
}

impl Plan {
    /// Every slice of every series of a role that has a model.
    pub fn new(study: &Study, models: &ModelSet) -> Self {
        let mut plan = Self::default();
        for &role in Role::ALL {
            let of_role = |series: &Series| series.role == Some(role) && !series.slices.is_empty();
            if !study.series.iter().any(of_role) {
                plan.skipped.push((role, format!("no {} series in this study", role.label())));
            } else if models.of(role).next().is_none() {
                plan.skipped.push((role, format!("no model for {} ({role})", role.label())));
            } else {
                for (series, s) in study.series.iter().enumerate().filter(|(_, s)| of_role(s)) {
                    plan.jobs.extend((0..s.slices.len()).map(|slice| Job { role, series, slice }));
                }
            }
        }
        plan
    }

    /// How many slices a role has.
    pub fn count(&self, role: Role) -> usize {
        self.jobs.iter().filter(|job| job.role == role).count()
    }
}
