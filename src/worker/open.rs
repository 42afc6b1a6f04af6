//! The thread that opens studies.

use crossbeam_channel::Receiver;

use super::{Event, OpenSource, Reporter, guarded};
use crate::{
    cancel::Cancel,
    phantom,
    study::{self, Scan, ScanError},
};

pub fn run(jobs: &Receiver<(OpenSource, Cancel)>, reporter: &Reporter) {
    for (source, cancel) in jobs {
        reporter.send(Event::Scanning(0, 0));
        let event = match guarded(|| open(&source, &cancel, reporter)) {
            Ok(Ok(scan)) => Event::Opened(scan),
            Ok(Err(error)) => Event::OpenFailed(error.to_string()),
            Err(panic) => Event::OpenFailed(panic),
        };
        reporter.send(event);
    }
}

fn open(source: &OpenSource, cancel: &Cancel, reporter: &Reporter) -> Result<Scan, ScanError> {
    match source {
        OpenSource::Demo => Ok(study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED))),
        // A thousand files are a hundred events: progress, not a flood.
        OpenSource::Paths(paths) => study::scan(paths, cancel, &|done, all| {
            if done == all || done.is_multiple_of(10) {
                reporter.send(Event::Scanning(done, all));
            }
        }),
    }
}
