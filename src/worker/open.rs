//! The thread that opens studies.

use crossbeam_channel::Receiver;

use super::{Event, Job, Reporter, StudySource, Ticket};
use crate::{
    cancel::Cancel,
    panics, phantom,
    study::{self, Scan, ScanError},
};

pub fn run(jobs: &Receiver<Job<StudySource>>, reporter: &Reporter) {
    for Job { ticket, what, cancel } in jobs {
        let event = match panics::said(|| open(ticket, &what, &cancel, reporter)) {
            Ok(Ok(scan)) => Event::Opened(ticket, scan),
            Ok(Err(error)) => Event::OpenFailed(ticket, error.to_string()),
            Err(panic) => Event::OpenFailed(ticket, panic),
        };
        reporter.send(event);
    }
}

fn open(ticket: Ticket, source: &StudySource, cancel: &Cancel, reporter: &Reporter) -> Result<Scan, ScanError> {
    match source {
        StudySource::Demo => Ok(study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED))),
        // A thousand files are a hundred events: progress, not a flood.
        StudySource::Paths(paths) => study::scan(paths, cancel, &|done, all| {
            if done == all || done.is_multiple_of(10) {
                reporter.send(Event::Scanning(ticket, done, all));
            }
        }),
    }
}
