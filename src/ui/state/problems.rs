//! What is missing or doubtful of the open studies: files that could not be read, images that could not be graded.
//! `foramen grade` ends with exit code 6 for the same list.

use std::collections::HashSet;

use super::{session::Session, viewer::Viewer, words};
use crate::study::Issue;

/// All that is known of some studies, notes too, each once, in the order in which it was found out: of the files that
/// belong to no study, of the study's files, of the grading.
fn of_sessions<'a>(sessions: impl Iterator<Item = &'a Session>) -> Vec<&'a Issue> {
    let mut known = HashSet::new();
    let all = sessions.flat_map(|session| {
        let of_grading = session.run.graded.iter().flat_map(|graded| &graded.issues);
        session.origin.scan_issues.iter().chain(&session.study.issues).chain(of_grading)
    });
    all.filter(|issue| known.insert((&issue.file, &issue.message))).collect()
}

/// The same of the studies on screen; of files of which no study came while none is open.
pub fn on_screen(viewer: &Viewer) -> Vec<&Issue> {
    if viewer.session().is_none() {
        return viewer.unopened.iter().collect();
    }
    of_sessions([viewer.screen.current, viewer.screen.compared].into_iter().flatten().filter_map(|id| viewer.find(id)))
}

/// How many of them are problems, and not notes.
pub fn count(issues: &[&Issue]) -> usize {
    issues.iter().filter(|issue| !issue.is_note).count()
}

/// "3 problems reading this study"; `None` without any.
pub fn headline(viewer: &Viewer) -> Option<String> {
    let problems = count(&on_screen(viewer));
    let what = match (viewer.session().is_some(), viewer.screen.compared.is_some()) {
        (true, false) => "this study",
        (true, true) => "these studies",
        (false, _) => "what was opened",
    };
    (problems > 0).then(|| format!("{} reading {what}", words::count(problems, "problem", "problems")))
}

/// What became of it: files that are lost are said first.
pub fn consequence(viewer: &Viewer) -> String {
    let shown = [viewer.screen.current, viewer.screen.compared].into_iter().flatten().filter_map(|id| viewer.find(id));
    // Both studies may come of one opening.
    match shown.map(|session| session.origin.lost).max().unwrap_or(0) {
        0 => "something is missing or doubtful".to_owned(),
        lost => format!("{} could not be read, and images may be missing", words::count(lost, "file", "files")),
    }
}
