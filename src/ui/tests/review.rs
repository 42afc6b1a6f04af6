//! What a reader says of the grades: by keys alone, by mouse alone, with two windows, and after a kill.

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;

use super::{Window, click_cell, graded_demo, id, press, session, wait_for, worklist::window_at};
use crate::{
    grading::{GradeId, Severity},
    library::StudyState,
    report::Format,
    review::{Change, Decision},
    ui::{
        app::App,
        state::{
            command::UiCommand,
            home::Home,
            viewer::{Action, ReviewAction},
        },
    },
    worker::StudySource,
};

fn ask(window: &mut Window, command: UiCommand) {
    window.state_mut().viewer.perform(Action::Do(command));
    window.step();
}

fn is_saved(app: &App) -> bool {
    session(app).desk.unsaved() == 0
}

fn decision(window: &Window, cell: &str) -> Option<Decision> {
    session(window.state()).review().cell(id(cell)).decision
}

/// Whether the box behind the selected cell was on screen, if it has one.
fn is_seen(app: &App) -> bool {
    let session = session(app);
    session.evidence_slice().is_none() || session.focus.drawn == session.focus.cell
}

/// Looks, and agrees.
fn accept(window: &mut Window) {
    wait_for(window, "the box", is_seen);
    press(window, Modifiers::NONE, Key::Enter);
}

/// Agrees with everything, by key.
pub fn decide_all(window: &mut Window) {
    ask(window, UiCommand::NextUndecided);
    for _ in 0..25 {
        accept(window);
    }
    assert_eq!(session(window.state()).review().decided(), 25);
    wait_for(window, "all of it to be saved", is_saved);
}

fn kept(folder: &std::path::Path) -> Home {
    Home { library: Some(folder.to_owned()), ..Home::default() }
}

/// The demo study, graded, in a window whose list is kept.
fn demo_at(home: &Home) -> Window {
    let mut window = window_at(home, StudySource::Demo, None);
    wait_for(&mut window, "the grades and the list", |app| {
        app.viewer.session().is_some_and(|s| s.run.graded.is_some() && s.listed.state.is_some())
    });
    window
}

#[test]
fn a_study_is_reviewed_and_signed_by_keys_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = demo_at(&kept(folder.path()));
    window.state_mut().viewer.settings.reader = "Dr. A".to_owned();
    let none = session(window.state()).focus.cell;
    assert_eq!(none, None);
    // The first key brings the first cell, the next ones decide and go on.
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(session(window.state()).focus.cell, Some(id("spinal_canal_stenosis_l1_l2")));
    accept(&mut window);
    assert!(matches!(decision(&window, "spinal_canal_stenosis_l1_l2"), Some(Decision::Accepted(_))));
    press(&mut window, Modifiers::NONE, Key::Num8);
    assert_eq!(
        decision(&window, "right_neural_foraminal_narrowing_l1_l2").and_then(Decision::severity),
        Some(Severity::Severe)
    );
    press(&mut window, Modifiers::NONE, Key::Num9);
    assert_eq!(decision(&window, "left_neural_foraminal_narrowing_l1_l2"), Some(Decision::NotAssessable));
    // Back, and forward again.
    press(&mut window, Modifiers::COMMAND, Key::Z);
    wait_for(&mut window, "the undo", is_saved);
    assert_eq!(decision(&window, "left_neural_foraminal_narrowing_l1_l2"), None);
    let selected = session(window.state()).focus.cell;
    assert_eq!(selected, Some(id("left_neural_foraminal_narrowing_l1_l2")), "what was taken back is in front");
    press(&mut window, Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
    wait_for(&mut window, "the redo", is_saved);
    assert_eq!(decision(&window, "left_neural_foraminal_narrowing_l1_l2"), Some(Decision::NotAssessable));
    ask(&mut window, UiCommand::NextUndecided);
    while session(window.state()).review().decided() < 25 {
        accept(&mut window);
    }
    wait_for(&mut window, "all of it to be saved", is_saved);
    assert_eq!(session(window.state()).listed.state, Some(StudyState::Reviewed));
    let study = session(window.state()).id;
    window.state_mut().viewer.perform(Action::Review(ReviewAction::SignOff(study)));
    wait_for(&mut window, "the signature", |app| session(app).listed.state == Some(StudyState::Signed));
    // Nothing changes any more.
    press(&mut window, Modifiers::NONE, Key::Num9);
    let said = window.state().viewer.notices.last().map(|notice| notice.text.clone());
    assert!(said.as_deref().is_some_and(|text| text.contains("signed")), "{said:?}");
    // Another start: all of it is there, with the name and the models.
    drop(window);
    let mut window = demo_at(&kept(folder.path()));
    let review = session(window.state()).review();
    assert_eq!((review.decided(), review.signature().map(|s| s.who.as_str())), (25, Some("Dr. A")));
    let first = &review.acts()[0];
    assert!(
        first.draft.program.starts_with("foramen ")
            && first.draft.models.len() == 5
            && first.draft.models[0].len() > 64
    );
    let again = ReviewAction::Reopen(study_of(&window), "wrong side".into());
    window.state_mut().viewer.perform(Action::Review(again));
    wait_for(&mut window, "the opening", |app| session(app).listed.state == Some(StudyState::Reviewed));
}

fn study_of(window: &Window) -> crate::worker::SessionId {
    session(window.state()).id
}

#[test]
fn a_cell_is_decided_and_commented_by_mouse() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = demo_at(&kept(folder.path()));
    let cell = id("left_subarticular_stenosis_l5_s1");
    click_cell(&mut window, cell);
    let field = |window: &Window, text: &str| {
        let field = window.get_by_label("Comment on this grade");
        field.focus();
        field.type_text(text);
    };
    field(&window, "scar tissue");
    window.step();
    window.step();
    // Kept when the reader goes elsewhere.
    window.get_by(|node| node.role() == Role::Button && node.label().as_deref() == Some("Severe")).click();
    window.step();
    window.step();
    window.step();
    wait_for(&mut window, "both to be saved", |app| is_saved(app) && session(app).review().acts().len() == 2);
    let review = session(window.state()).review().clone();
    assert_eq!(review.cell(cell).comment, "scar tissue");
    assert_eq!(review.cell(cell).decision.and_then(Decision::severity), Some(Severity::Severe));
    assert!(window.query_by_label("1 of 25 reviewed").is_some());
}

#[test]
fn two_windows_on_one_study_see_what_the_other_decided() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut one, mut two) = (demo_at(&kept(folder.path())), demo_at(&kept(folder.path())));
    let cell = id("spinal_canal_stenosis_l4_l5");
    let say = |window: &mut Window, decision| {
        let action = ReviewAction::Decide(study_of(window), cell, Some(decision));
        window.state_mut().viewer.perform(Action::Review(action));
        wait_for(window, "an answer", is_saved);
    };
    say(&mut one, Decision::NotAssessable);
    // The second window has not seen that: it is told, and sees it then.
    say(&mut two, Decision::Changed(Severity::Severe));
    assert!(two.state().viewer.notices.last().is_some_and(|notice| notice.text.contains("another window")));
    assert_eq!(decision(&two, "spinal_canal_stenosis_l4_l5"), Some(Decision::NotAssessable));
    say(&mut two, Decision::Changed(Severity::Severe));
    assert_eq!(decision(&two, "spinal_canal_stenosis_l4_l5"), Some(Decision::Changed(Severity::Severe)));
    // The first one sees it when the reader comes back to it.
    one.state().viewer.ask_news();
    wait_for(&mut one, "the news", |app| {
        session(app).review().cell(cell).decision == Some(Decision::Changed(Severity::Severe))
    });
}

#[test]
fn sentences_are_proposed_from_the_grades_and_the_readers_stand_in_their_place() {
    let mut window = graded_demo();
    // A study of its own, that no list keeps.
    let study = study_of(&window);
    let texts = |window: &Window| crate::ui::state::export::report_text(session(window.state())).expect("a report");
    assert!(texts(&window).contains("Not reviewed by a person"));
    let cells: Vec<GradeId> = GradeId::ALL.to_vec();
    for cell in cells {
        let action = ReviewAction::Decide(study, cell, Some(Decision::Changed(Severity::NormalMild)));
        window.state_mut().viewer.perform(Action::Review(action));
    }
    let all_normal = "No moderate or severe stenosis where graded.";
    assert!(texts(&window).contains(all_normal), "{}", texts(&window));
    let own = ReviewAction::Conclusion(study, Some("Nothing to operate on.".to_owned()));
    window.state_mut().viewer.perform(Action::Review(own));
    let text = texts(&window);
    assert!(text.contains("Nothing to operate on.") && !text.contains(all_normal));
    assert!(text.contains("25 of 25 grades reviewed; not signed"));
}

#[test]
fn what_is_exported_is_what_was_decided() {
    let mut window = graded_demo();
    let (study, cell) = (study_of(&window), id("spinal_canal_stenosis_l1_l2"));
    let action = ReviewAction::Decide(study, cell, Some(Decision::Changed(Severity::Severe)));
    window.state_mut().viewer.perform(Action::Review(action));
    let folder = tempfile::tempdir().expect("a folder");
    let wish = crate::ui::state::export::Wish {
        formats: vec![Format::CsvReviewed, Format::Csv, Format::Json],
        deidentify: true,
        replace: false,
        share: false,
    };
    let to = crate::report::Destination::Folder(folder.path().to_owned());
    window.state_mut().viewer.perform(Action::Export(study, wish, to));
    wait_for(&mut window, "the files", |app| !app.viewer.is_exporting());
    let made = std::fs::read_dir(folder.path()).expect("a folder").next().expect("one").expect("readable").path();
    let uid = session(window.state()).study.uid.clone();
    let read = |name: &str| std::fs::read_to_string(made.join(name)).expect("written");
    let row = |text: &str| text.lines().find(|l| l.contains("spinal_canal_stenosis_l1_l2")).expect("a row").to_owned();
    let reviewed: f32 = row(&read("grades-reviewed.csv")).rsplit(',').next().expect("a number").parse().expect("one");
    let program: f32 = row(&read("grades.csv")).rsplit(',').next().expect("a number").parse().expect("one");
    assert!(reviewed > 0.99 && program < 0.5, "{reviewed} {program}");
    for name in ["grades-reviewed.csv", "report.json"] {
        assert!(!read(name).contains(uid.as_str()), "{name} names the study");
    }
    let change = &session(window.state()).review().acts()[0].draft.change;
    assert!(matches!(change, Change::Decision { .. }));
}

#[test]
fn nothing_is_accepted_before_its_box_was_on_screen() {
    let mut window = graded_demo();
    let first = id("spinal_canal_stenosis_l1_l2");
    let last_said = |window: &Window| window.state().viewer.notices.last().map(|notice| notice.text.clone());
    // As a held key would, all in one frame: the first brings the cell, none of the others decides it.
    for _ in 0..5 {
        window.state_mut().viewer.perform(Action::Do(UiCommand::AcceptGrade));
    }
    assert_eq!((session(window.state()).focus.cell, session(window.state()).review().decided()), (Some(first), 0));
    assert!(last_said(&window).is_some_and(|text| text.contains("was not on screen yet")), "{:?}", last_said(&window));
    // Hidden by the reader, it is said so; a severity of one's own needs no box.
    window.state_mut().viewer.visibility.overlays = false;
    (0..5).for_each(|_| window.step());
    ask(&mut window, UiCommand::AcceptGrade);
    assert_eq!(session(window.state()).review().decided(), 0);
    assert!(last_said(&window).is_some_and(|text| text.contains("hidden")), "{:?}", last_said(&window));
    window.state_mut().viewer.visibility.overlays = true;
    accept(&mut window);
    assert!(matches!(decision(&window, "spinal_canal_stenosis_l1_l2"), Some(Decision::Accepted(_))));
    let second = session(window.state()).focus.cell;
    assert!(second.is_some_and(|cell| cell != first));
}

#[test]
fn a_box_comes_on_screen_in_every_layout() {
    use crate::ui::state::layout::Layout;
    let mut window = graded_demo();
    for layout in [Layout::Two, Layout::One, Layout::Three, Layout::Four] {
        window.state_mut().viewer.settings.layout = layout;
        for cell in
            ["left_neural_foraminal_narrowing_l5_s1", "spinal_canal_stenosis_l4_l5", "left_subarticular_stenosis_l4_l5"]
        {
            window.state_mut().viewer.perform(Action::SelectGrade(id(cell)));
            wait_for(&mut window, "the box", is_seen);
            window.step();
            assert_eq!(window.query_all_by_label_contains("Box on screen").count(), 1, "{layout:?} {cell}");
        }
        // Scrolled away, it is not said to be there.
        let pane = window.state().viewer.active_pane().expect("a pane");
        window.state_mut().viewer.perform(Action::ScrollBy(pane, 2.0));
        wait_for(&mut window, "the slice", super::is_shown);
        assert_eq!(window.query_all_by_label_contains("Box, not on screen").count(), 1, "{layout:?}");
    }
}

/// The second click of a double click on a slider must not grade.
#[test]
fn nothing_moves_under_the_pointer_when_a_cell_is_selected() {
    let mut window = graded_demo();
    let places = |window: &Window| {
        ["Accept this grade", "Severe", "Normal or mild"].map(|text| {
            let mut found = window.query_all_by_role_and_label(Role::Button, text).map(|node| node.rect());
            found.find(|rect| rect.left() > 800.0).unwrap_or_else(|| panic!("no {text}"))
        })
    };
    // It stands below the comment.
    let slider = |window: &Window| window.get_by_role(Role::Slider).rect();
    let before = (places(&window), slider(&window));
    click_cell(&mut window, id("left_subarticular_stenosis_l5_s1"));
    (0..3).for_each(|_| window.step());
    assert_eq!((places(&window), slider(&window)), before);
}

/// What is found by its name may be a window.
#[test]
fn a_window_opens_from_the_palette() {
    let mut window = graded_demo();
    press(&mut window, Modifiers::COMMAND, Key::K);
    window.step();
    window.event(egui::Event::Text("settings".to_owned()));
    (0..2).for_each(|_| window.step());
    press(&mut window, Modifiers::NONE, Key::Enter);
    (0..2).for_each(|_| window.step());
    let open = window.state().viewer.screen.windows;
    assert!(open.settings && !open.palette, "{open:?}");
}

/// A transitional vertebra: the reader says which disc this is, and all that is on screen follows, and comes back.
#[test]
fn one_command_renumbers_all_levels_and_undo_takes_it_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = demo_at(&kept(folder.path()));
    let table = |window: &Window| session(window.state()).run.table.clone().expect("graded");
    let discs = |window: &Window| session(window.state()).run.graded.as_ref().expect("graded").levels;
    let (found, places) = (table(&window), discs(&window));
    let canal = |level: &str| id(&format!("spinal_canal_stenosis_{level}"));
    click_cell(&mut window, canal("l3_l4"));
    ask(&mut window, UiCommand::DiscIsL4L5);
    assert_eq!(table(&window).get(canal("l4_l5")).assessment, found.get(canal("l3_l4")).assessment);
    assert_eq!((discs(&window)[3], discs(&window)[0]), (places[2], None), "the names beside the discs");
    assert_eq!(session(window.state()).focus.cell, Some(canal("l4_l5")), "the same disc stays selected");
    wait_for(&mut window, "all of it to be saved", is_saved);
    ask(&mut window, UiCommand::Undo);
    wait_for(&mut window, "the numbers as they were", |app| session(app).review().shift().is_none());
    assert_eq!((table(&window), discs(&window)), (found, places));
}
