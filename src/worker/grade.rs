//! The thread that grades studies, one after the other, with models that are loaded once.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::{Event, GradeWith, Job, Reporter};
use crate::{
    detector::ModelSet,
    panics,
    pipeline::{GradeError, GradeOptions, Grader},
    study::Study,
};

pub fn run(jobs: &Receiver<Job<Arc<Study>>>, with: &GradeWith, reporter: &Reporter) {
    let mut grader = None;
    for Job { ticket, what: study, cancel } in jobs {
        if cancel.is_cancelled() {
            reporter.send(Event::GradeCancelled(ticket));
            continue;
        }
        let graded = panics::said(|| {
            let grader = ready(&mut grader, with)?;
            Ok(grader.grade(&study, &cancel, &|event| reporter.send(Event::Grading(ticket, event))))
        });
        reporter.send(match graded {
            Ok(Ok(Ok(graded))) => Event::Graded(ticket, Box::new(graded)),
            Ok(Ok(Err(GradeError::Cancelled))) => Event::GradeCancelled(ticket),
            Ok(Ok(Err(error))) => Event::GradeFailed(ticket, error.to_string()),
            Ok(Err(error)) | Err(error) => Event::GradeFailed(ticket, error),
        });
    }
}

/// The grader, made when it is first needed: loading models must not hold up the window.
fn ready<'a>(grader: &'a mut Option<Grader>, with: &GradeWith) -> Result<&'a Grader, String> {
    if grader.is_none() {
        let options = GradeOptions { engine: with.engine, ..GradeOptions::default() };
        *grader = Some(Grader::new(ModelSet::load(with.models.as_deref()).map_err(|e| e.to_string())?, options));
    }
    grader.as_ref().ok_or_else(|| "no models".to_owned())
}
