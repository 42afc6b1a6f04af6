//! What could not be read is in the window: counted, named with its reason, copied, and not to be overlooked.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;

use super::{Window, graded_demo, press, session, wait_for, window};
use crate::{phantom, study::Issue, worker::StudySource};

fn has(window: &Window, wanted: &str) -> bool {
    let is_it = |said: Option<String>| said.is_some_and(|said| said.contains(wanted));
    window.query_all_by(|node| is_it(node.label()) || is_it(node.value())).next().is_some()
}

fn copied(window: &Window) -> Option<String> {
    window.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

#[test]
fn a_study_without_problems_has_no_strip_and_its_list_says_so() {
    let mut window = graded_demo();
    assert!(!has(&window, "reading this study"));
    press(&mut window, Modifiers::NONE, Key::F3);
    assert!(has(&window, "None: everything that was found could be read."));
}

/// Problems of every origin: files of no study, the study's files, the grading.
#[test]
fn problems_are_counted_listed_with_file_and_reason_and_copied() {
    let mut window = graded_demo();
    let open = window.state_mut().viewer.session_mut().expect("a study");
    open.origin.scan_issues = vec![Issue::new("lost.dcm", "the file ends in its header")].into();
    open.origin.lost = 1;
    let study = std::sync::Arc::make_mut(&mut open.study);
    study.issues.push(Issue::new("", "two slices are 9 mm apart where the others are 4"));
    study.issues.push(Issue::note("copy.dcm", "a copy of a.dcm was left out"));
    let decoded = Issue::new("a.dcm", "the JPEG 2000 data end too early");
    open.run.graded.as_mut().expect("graded").issues.push(decoded);
    window.step();
    window.step();
    assert!(has(&window, "3 problems reading this study: 1 file could not be read, and images may be missing"));
    // By key, and closed by key.
    press(&mut window, Modifiers::NONE, Key::F3);
    for words in [
        "lost.dcm",
        "the file ends in its header",
        "two slices are 9 mm apart",
        "a.dcm",
        "the JPEG 2000 data end too early",
        "a copy of a.dcm was left out",
    ] {
        assert!(has(&window, words), "{words}");
    }
    window
        .get_all_by(|node| node.label().is_some_and(|label| label.contains("Copy all")))
        .next()
        .expect("a button")
        .click();
    let text = (0..4).find_map(|_| {
        window.step();
        copied(&window)
    });
    let text = text.expect("a text in the clipboard");
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.starts_with("lost.dcm: the file ends in its header\n"), "{text}");
    assert!(text.ends_with("Note: copy.dcm: a copy of a.dcm was left out"), "{text}");
    press(&mut window, Modifiers::NONE, Key::Escape);
    window.run_steps(4);
    assert!(!has(&window, "Everything else is open and graded."));
    // The strip stays.
    assert!(has(&window, "3 problems reading this study"));
    let list = |node: &egui_kittest::kittest::AccessKitNode<'_>| {
        node.label().is_some_and(|label| label.starts_with("Show the list"))
    };
    window.get_all_by(list).next().expect("a button").click();
    window.step();
    window.step();
    assert!(has(&window, "Everything else is open and graded."));
}

#[test]
fn a_broken_file_beside_a_study_is_said_as_soon_as_it_is_open() {
    let folder = tempfile::tempdir().expect("a folder");
    for (i, (_, bytes)) in phantom::study_in_memory(phantom::DEMO_SEED).into_iter().enumerate() {
        let cut = if i == 4 { &bytes[..600] } else { &bytes[..] };
        std::fs::write(folder.path().join(format!("{i}.dcm")), cut).expect("written");
    }
    let mut window = window(StudySource::Paths(vec![folder.path().to_owned()]), None);
    wait_for(&mut window, "the study", |app| app.viewer.session().is_some());
    window.state_mut().viewer.session_mut().expect("a study").run.cancel.cancel();
    window.step();
    assert_eq!(session(window.state()).origin.lost, 1);
    assert!(
        has(&window, "2 problems reading this study: 1 file could not be read"),
        "the strip: the file, and the gap"
    );
    press(&mut window, Modifiers::NONE, Key::F3);
    assert!(has(&window, "4.dcm"));
}

#[test]
fn where_nothing_could_be_opened_the_list_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, bytes) = phantom::study_in_memory(phantom::DEMO_SEED).remove(0);
    std::fs::write(folder.path().join("only.dcm"), &bytes[..600]).expect("written");
    let mut window = window(StudySource::Paths(vec![folder.path().to_owned()]), None);
    wait_for(&mut window, "the end of opening", |app| app.viewer.opening.is_none());
    assert!(has(&window, "1 problem reading what was opened"));
    press(&mut window, Modifiers::NONE, Key::F3);
    assert!(has(&window, "only.dcm"));
}
