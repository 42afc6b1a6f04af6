//! The thread that grades studies, one after the other, with models that are loaded once.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::{Event, GradeWith, Reporter, SessionId, guarded, load};
use crate::{
    cancel::Cancel,
    pipeline::{GradeError, GradeOptions, Grader},
    study::Study,
};

pub fn run(jobs: &Receiver<(SessionId, Arc<Study>, Cancel)>, with: &GradeWith, reporter: &Reporter) {
    let mut grader = None;
    for (session, study, cancel) in jobs {
        if cancel.is_cancelled() {
            reporter.send(Event::GradeCancelled(session));
            continue;
        }
        let graded = guarded(|| {
            let grader = ready(&mut grader, with)?;
            Ok(grader.grade(&study, &cancel, &|event| reporter.send(Event::Grading(session, event))))
        });
        reporter.send(match graded {
            Ok(Ok(Ok(graded))) => Event::Graded(session, Box::new(graded)),
            Ok(Ok(Err(GradeError::Cancelled))) => Event::GradeCancelled(session),
            Ok(Ok(Err(error))) => Event::GradeFailed(session, error.to_string()),
            Ok(Err(error)) | Err(error) => Event::GradeFailed(session, error),
        });
    }
}

/// The grader, made when it is first needed: loading models must not hold up the window.
fn ready<'a>(grader: &'a mut Option<Grader>, with: &GradeWith) -> Result<&'a Grader, String> {
    if grader.is_none() {
        let options = GradeOptions { engine: with.engine, ..GradeOptions::default() };
        *grader = Some(Grader::new(load(with)?, options));
    }
    grader.as_ref().ok_or_else(|| "no models".to_owned())
}
