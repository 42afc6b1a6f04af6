//! The worklist, from one start of the program to the next.

use std::path::Path;

use egui::{Event, Key, Modifiers, PointerButton, Pos2, vec2};
use egui_kittest::kittest::{By, Queryable};

use super::{Window, session, sized_window, wait_for};
use crate::{
    grading::Role,
    library::StudyState,
    markup::{Point, Shape},
    phantom,
    ui::{
        app::App,
        state::{
            command::UiCommand,
            home::Home,
            session::Grading,
            viewer::{Action, Effect, ReviewAction},
        },
    },
    worker::StudySource,
};

pub fn window_at(home: &Home, first: StudySource, models: Option<&Path>) -> Window {
    sized_window(first, models, home, vec2(1280.0, 720.0), 1.0)
}

/// A program that keeps its list in a folder, and grades nothing: there are no models in that folder.
fn start(kept: &Path, first: &Path) -> Window {
    let home = Home { library: Some(kept.to_owned()), ..Home::default() };
    window_at(&home, StudySource::Paths(vec![first.to_owned()]), Some(kept))
}

/// Three small images of a study. `uid` replaces the last digits of its UIDs: another study of the same patient.
fn localizer(folder: &Path, uid: Option<&str>) {
    let files = phantom::study_in_memory(phantom::DEMO_SEED);
    let series = |name: &str| name.rsplit_once('/').expect("a folder").0.to_owned();
    let scan = crate::study::scan_memory(files.clone());
    let old = scan.studies[0].uid.to_string();
    let new = uid.map_or_else(|| old.clone(), |end| format!("{}{end}", &old[..old.len() - end.len()]));
    let small = files.iter().filter(|(name, _)| files.iter().filter(|(n, _)| series(n) == series(name)).count() == 3);
    for (name, bytes) in small {
        let mut bytes = bytes.to_vec();
        let found = |bytes: &[u8]| bytes.windows(old.len()).position(|window| window == old.as_bytes());
        while let Some(at) = found(&bytes).filter(|_| old != new) {
            bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
        }
        crate::files::write_atomic(&folder.join(name.rsplit('/').next().expect("a name")), &bytes).expect("written");
    }
}

fn wait_for_state(window: &mut Window, state: StudyState) {
    wait_for(window, "the list to know the study", |app| {
        app.viewer.session().is_some_and(|s| s.listed.state == Some(state))
    });
}

fn ask(window: &mut Window, command: UiCommand) -> Option<Effect> {
    window.state_mut().viewer.perform(Action::Do(command))
}

fn show_worklist(window: &mut Window, known: usize) {
    window.key_press_modifiers(Modifiers::COMMAND, Key::L);
    window.step();
    assert!(window.state().viewer.screen.windows.worklist);
    wait_for(window, "the list", |app| {
        let listing = &app.viewer.worklist.listing;
        listing.known == known && listing.entries.len() == known
    });
}

fn type_text(window: &mut Window, text: &str) {
    window.event(Event::Text(text.to_owned()));
    window.step();
    window.step();
}

fn shown(app: &App) -> Vec<String> {
    app.viewer.worklist.listing.entries.iter().map(|entry| entry.patient.id.clone()).collect()
}

#[test]
fn a_study_is_in_the_worklist_after_a_restart_with_all_that_is_kept_with_it() {
    let (kept, images) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    localizer(images.path(), None);
    let mut window = start(kept.path(), images.path());
    wait_for_state(&mut window, StudyState::Unread);
    let (id, patient) = (session(window.state()).id, session(window.state()).study.patient.clone());
    ask(&mut window, UiCommand::MarkReviewed);
    window.state_mut().viewer.perform(Action::SetRole(id, 0, Some(Role::Ss)));
    // Drawn in the very last moment.
    let open = window.state_mut().viewer.session_mut().expect("open");
    let slice = open.study.series[0].slices[0].id();
    open.marks.markup.add(slice.clone(), Shape::Note { at: Point::default() }, "here");
    open.marks.markup.toggle_key_image(&slice);
    drop(window);

    // The program starts again on something that is not there, and finds the study in its list.
    let mut window = start(kept.path(), &images.path().join("gone"));
    wait_for(&mut window, "the recent studies", |app| app.viewer.worklist.recent.len() == 1);
    show_worklist(&mut window, 1);
    type_text(&mut window, "nobody");
    wait_for(&mut window, "nobody", |app| shown(app).is_empty() && app.viewer.worklist.listing.known == 1);
    window.key_press(Key::Escape);
    window.step();
    type_text(&mut window, &patient.name.to_lowercase());
    wait_for(&mut window, "the patient", |app| !shown(app).is_empty());
    assert_eq!(shown(window.state()), [patient.id]);
    assert_eq!(window.state().viewer.worklist.listing.entries[0].state, StudyState::Reviewed);
    window.key_press(Key::Enter);
    window.step();
    wait_for_state(&mut window, StudyState::Reviewed);
    let open = session(window.state());
    assert_eq!(open.marks.markup.marks().iter().map(|mark| mark.text.as_str()).collect::<Vec<_>>(), ["here"]);
    assert!(open.marks.markup.is_key_image(&slice));
    assert_eq!(open.study.series[0].role, Some(Role::Ss), "the role that was chosen by hand");
    assert!(!window.state().viewer.screen.windows.worklist, "the images are in front");
    // The words and the line that they stand in.
    assert!(window.query_all_by(|node| node.value().is_some_and(|text| text.ends_with(", reviewed"))).count() > 0);
}

#[test]
fn a_study_in_a_folder_that_was_moved_is_found_again() {
    let (kept, disk) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    localizer(&disk.path().join("old/anna"), None);
    localizer(&disk.path().join("old/berta"), Some("77"));
    let mut window = start(kept.path(), &disk.path().join("old"));
    wait_for_state(&mut window, StudyState::Unread);
    assert_eq!(window.state().viewer.sessions.len(), 2);
    ask(&mut window, UiCommand::MarkReviewed);
    wait_for_state(&mut window, StudyState::Reviewed);
    drop(window);
    std::fs::rename(disk.path().join("old"), disk.path().join("new")).expect("moved");

    let mut window = start(kept.path(), &disk.path().join("old"));
    show_worklist(&mut window, 2);
    wait_for(&mut window, "the disk", |app| {
        app.viewer.worklist.listing.entries.iter().all(|entry| app.viewer.worklist.is_gone(&entry.uid))
    });
    assert_eq!(window.query_all(kittest_row(", moved?")).count(), 2);
    let marked = |app: &App| {
        let mut entries = app.viewer.worklist.listing.entries.iter();
        entries.find(|entry| entry.state == StudyState::Reviewed).cloned().expect("a reviewed study")
    };
    let uid = marked(window.state()).uid;
    // The dialog asks for a folder; the reader names the one above.
    let wanted = Action::FindListed(uid.clone());
    assert_eq!(window.state_mut().viewer.perform(wanted), Some(Effect::PickPlace));
    window.state_mut().viewer.perform(Action::LookIn(disk.path().join("new")));
    wait_for_state(&mut window, StudyState::Reviewed);
    assert_eq!(session(window.state()).study.uid, uid);
    // The other one moved with it.
    wait_for(&mut window, "the other one", |app| {
        let viewer = &app.viewer;
        viewer.worklist.listing.entries.iter().all(|e| e.place.is_there() && !viewer.worklist.is_gone(&e.uid))
    });
    assert!(window.state().viewer.notices.iter().any(|n| n.text.starts_with("1 study from the worklist also found")));
}

/// A line of the table that ends in a text.
fn kittest_row(end: &'static str) -> By<'static> {
    By::new().predicate(move |node| node.label().is_some_and(|label| label.ends_with(end)))
}

#[test]
fn a_double_click_opens_and_a_prior_is_shown_below() {
    let (kept, disk) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    localizer(&disk.path().join("now"), None);
    localizer(&disk.path().join("before"), Some("77"));
    let mut window = start(kept.path(), &disk.path().join("before"));
    wait_for_state(&mut window, StudyState::Unread);
    let before = session(window.state()).study.uid.clone();
    drop(window);
    let mut window = start(kept.path(), &disk.path().join("now"));
    wait_for(&mut window, "the prior", |app| app.viewer.session().is_some_and(|s| s.listed.priors.len() == 1));
    window.step();
    window.get_by(|node| node.label().is_some_and(|label| label.starts_with("Prior "))).click();
    wait_for(&mut window, "it to be shown below", |app| app.viewer.screen.compared.is_some());
    let viewer = &window.state().viewer;
    assert_ne!(session(window.state()).study.uid, before);
    assert_eq!(
        viewer.screen.compared.and_then(|id| viewer.find(id)).map(|s| s.study.uid.clone()),
        Some(before.clone())
    );

    show_worklist(&mut window, 2);
    let line = window.state().viewer.worklist.listing.entries.iter().position(|e| e.uid == before).expect("listed");
    let rows: Vec<Pos2> = window.query_all(kittest_row(", Unread")).map(|row| row.rect().center()).collect();
    window.hover_at(rows[line]);
    window.step();
    for _ in 0..2 {
        for pressed in [true, false] {
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            // In one frame: frames of the harness are a quarter of a second long.
            window.input_mut().events.push(Event::PointerButton { pos: rows[line], button, pressed, modifiers });
        }
        window.step();
    }
    wait_for(&mut window, "it to come to the front", |app| session(app).study.uid == before);
    assert_eq!(window.state().viewer.sessions.len(), 2, "what is open is not opened again");
}

#[test]
fn removing_asks_first_and_an_open_study_stays() {
    let (kept, images) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    localizer(images.path(), None);
    let mut window = start(kept.path(), images.path());
    wait_for_state(&mut window, StudyState::Unread);
    show_worklist(&mut window, 1);
    let remove = |window: &mut Window| {
        window.get(kittest_row(", Unread")).click_secondary();
        window.step();
        window.step();
        window.get_by(|node| node.label().is_some_and(|label| label.ends_with("Remove from the list..."))).click();
        window.step();
        window.step();
        assert_eq!(window.state().viewer.worklist.listing.entries.len(), 1, "nothing is removed without a question");
        window.get_by_label("Remove").click();
        window.step();
        window.step();
    };
    remove(&mut window);
    assert!(window.state().viewer.notices.last().is_some_and(|n| n.text.contains("The study is open")));
    ask(&mut window, UiCommand::CloseStudy);
    remove(&mut window);
    wait_for(&mut window, "it to go", |app| app.viewer.worklist.listing.known == 0 && shown(app).is_empty());
    drop(window);
    assert!(images.path().read_dir().expect("a folder").count() > 0, "its images are still there");
    let mut window = start(kept.path(), &images.path().join("gone"));
    show_worklist(&mut window, 0);
}

#[test]
fn marks_that_cannot_be_read_are_said_and_never_written_over() {
    let (kept, images) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    localizer(images.path(), None);
    let newer = r#"{"version": 99, "marks": "elsewhere"}"#;
    let mut window = start(kept.path(), images.path());
    wait_for_state(&mut window, StudyState::Unread);
    let uid = session(window.state()).study.uid.clone();
    drop(window);
    let stored = |text: Option<&str>| {
        let (mut library, _) = crate::library::Library::open(kept.path()).expect("the list");
        if text.is_some() {
            library.set_document(&uid, crate::library::Document::Marks, text).expect("written");
        }
        library.stored(&uid).expect("kept").marks
    };
    stored(Some(newer));
    let mut window = start(kept.path(), images.path());
    wait_for_state(&mut window, StudyState::Unread);
    assert!(window.state().viewer.notices.iter().any(|n| n.text.contains("newer Foramen")));
    let open = window.state_mut().viewer.session_mut().expect("open");
    let slice = open.study.series[0].slices[0].id();
    open.marks.markup.toggle_key_image(&slice);
    drop(window);
    assert_eq!(stored(None).as_deref(), Some(newer));
}

#[test]
fn a_graded_study_is_listed_as_graded_and_grading_again_does_not_take_back_a_signature() {
    let kept = tempfile::tempdir().expect("a folder");
    let home = Home { library: Some(kept.path().to_owned()), ..Home::default() };
    let mut window = window_at(&home, StudySource::Demo, None);
    wait_for_state(&mut window, StudyState::Graded);
    show_worklist(&mut window, 1);
    wait_for(&mut window, "the findings", |app| app.viewer.worklist.listing.entries[0].findings.is_some());
    let findings = window.state().viewer.worklist.listing.entries[0].findings.clone().expect("said");
    assert!(findings.contains("severe"), "{findings}");
    window.state_mut().viewer.screen.windows.worklist = false;
    super::review::decide_all(&mut window);
    let id = session(window.state()).id;
    window.state_mut().viewer.settings.reader = "Dr. A".to_owned();
    window.state_mut().viewer.perform(Action::Review(ReviewAction::SignOff(id)));
    wait_for_state(&mut window, StudyState::Signed);
    ask(&mut window, UiCommand::GradeAgain);
    wait_for(&mut window, "the grades", |app| session(app).run.progress == Grading::Done);
    ask(&mut window, UiCommand::ShowWorklist);
    wait_for(&mut window, "the list", |app| {
        app.viewer.worklist.listing.entries.first().is_some_and(|entry| entry.state == StudyState::Signed)
    });
    assert_eq!(session(window.state()).listed.state, Some(StudyState::Signed));
}
