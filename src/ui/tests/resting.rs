//! Keys that grade: by place on every keyboard, and never behind a window.

use egui::{Event, Key, Modifiers};

use super::{Window, click_cell, graded_demo, id, press, session};
use crate::{
    grading::{GradeId, Severity},
    review::Decision,
    ui::{
        cover,
        state::{command::UiCommand, viewer::OpenWindows},
    },
};

const CELL: &str = "spinal_canal_stenosis_l1_l2";

fn decision(window: &Window) -> Option<Decision> {
    session(window.state()).review().cell(id(CELL)).decision
}

/// A key of the digit row that types something else.
fn press_at(window: &mut Window, key: Key, place: Key) {
    let event =
        |pressed| Event::Key { key, physical_key: Some(place), pressed, repeat: false, modifiers: Modifiers::NONE };
    window.event(event(true));
    window.event(Event::Text("-".to_owned()));
    window.event(event(false));
    window.step();
    window.step();
}

#[test]
fn a_digit_of_a_french_keyboard_grades_without_shift_and_does_nothing_else() {
    let mut window = graded_demo();
    click_cell(&mut window, id(CELL));
    let zoom = session(window.state()).panes.each_ref().map(|pane| pane.zoom.to_bits());
    press_at(&mut window, Key::Minus, Key::Num6);
    assert_eq!(decision(&window).and_then(Decision::severity), Some(Severity::NormalMild));
    assert_eq!(session(window.state()).review().acts().len(), 1);
    assert_eq!(session(window.state()).panes.each_ref().map(|pane| pane.zoom.to_bits()), zoom, "- does not zoom too");
}

/// Every window, taken from the list of them: a new one does not compile here until it is in the test.
fn windows() -> Vec<(&'static str, OpenWindows)> {
    let none = OpenWindows::default();
    let OpenWindows { keys, messages, problems, about, palette, settings, hints, worklist, marks, report, export } =
        none;
    assert!(
        ![keys, messages, problems, about, palette, settings, hints, worklist, marks, report, export].contains(&true)
    );
    vec![
        ("keys", OpenWindows { keys: true, ..none }),
        ("messages", OpenWindows { messages: true, ..none }),
        ("problems", OpenWindows { problems: true, ..none }),
        ("about", OpenWindows { about: true, ..none }),
        ("palette", OpenWindows { palette: true, ..none }),
        ("settings", OpenWindows { settings: true, ..none }),
        ("hints", OpenWindows { hints: true, ..none }),
        ("worklist", OpenWindows { worklist: true, ..none }),
        ("marks", OpenWindows { marks: true, ..none }),
        ("report", OpenWindows { report: true, ..none }),
        ("export", OpenWindows { export: true, ..none }),
    ]
}

#[test]
fn keys_that_grade_rest_while_any_window_is_open_and_say_so() {
    let mut window = graded_demo();
    click_cell(&mut window, id(CELL));
    press(&mut window, Modifiers::NONE, Key::Num8);
    click_cell(&mut window, id(CELL));
    let before = (decision(&window), 1);
    let grading: Vec<UiCommand> = UiCommand::ALL.iter().copied().filter(|command| command.is_grading()).collect();
    assert!(grading.contains(&UiCommand::SayNormal) && grading.contains(&UiCommand::AcceptGrade));
    for (name, open) in windows() {
        window.state_mut().viewer.screen.windows = open;
        window.state_mut().viewer.notices = crate::ui::state::notices::Notices::default();
        window.step();
        window.step();
        // Where text is typed, keys are text, and Enter chooses.
        let is_typed = matches!(name, "palette" | "worklist");
        for &command in &grading {
            let Some(key) = command.info().key.filter(|key| !is_typed || key.logical_key != Key::Enter) else {
                continue;
            };
            press(&mut window, key.modifiers, key.logical_key);
            let selected: Option<GradeId> = session(window.state()).focus.cell;
            assert_eq!(selected, Some(id(CELL)), "{command:?} behind {name}");
            let acts = session(window.state()).review().acts().len();
            assert_eq!((decision(&window), acts), before, "{command:?} behind {name}");
        }
        press_at(&mut window, Key::Minus, Key::Num6);
        assert_eq!(decision(&window), before.0, "by place behind {name}");
        assert!(!window.state().viewer.screen.focus_comment, "{name}");
        let has_said = window.state().viewer.notices.iter().any(|notice| notice.text == cover::RESTING);
        assert_eq!(has_said, !is_typed, "{name}");
        // Other keys go on: what is behind can be looked at.
        window.state_mut().viewer.screen.windows = OpenWindows::default();
        window.run_steps(4);
    }
    press(&mut window, Modifiers::NONE, Key::Num6);
    assert_eq!(decision(&window).and_then(Decision::severity), Some(Severity::NormalMild), "none is open any more");
}

/// Who holds Enter has not seen the cells that go by.
#[test]
fn a_key_that_is_held_grades_one_cell() {
    let mut window = graded_demo();
    click_cell(&mut window, id(CELL));
    let before = session(window.state()).review().acts().len();
    // egui tells a repeated press by the key being down already.
    for _ in 0..12 {
        let (key, modifiers) = (Key::Enter, Modifiers::NONE);
        window.event(Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
        window.run_steps(3);
    }
    window.event(Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed: false,
        repeat: false,
        modifiers: Modifiers::NONE,
    });
    window.run_steps(4);
    assert_eq!(session(window.state()).review().acts().len(), before + 1);
    press(&mut window, Modifiers::NONE, Key::Enter);
    window.run_steps(4);
    assert_eq!(session(window.state()).review().acts().len(), before + 2, "and the next press the next");
}
