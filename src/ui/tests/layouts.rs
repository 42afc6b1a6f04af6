//! Panes: layouts, links between them, what is remembered, and clicks against `geometry`.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::{Window, click_at, drag, graded_demo, is_shown, pane, press, session, sized_window, wait_for};
use crate::{
    geometry::PixelCenter,
    geometry::Vec3,
    grading::Role,
    ui::state::{
        command::UiCommand as C,
        home::Home,
        layout::Layout,
        pane::PaneId,
        transform::{Extent, Transform},
        viewer::Action,
    },
    worker::StudySource,
};

fn name(window: &Window, index: usize) -> PaneId {
    PaneId { session: session(window.state()).id, index }
}

fn plane(window: &Window, index: usize) -> crate::geometry::ImagePlane {
    window.state().viewer.plane(name(window, index)).expect("a plane")
}

#[test]
fn sagittal_panes_scroll_and_zoom_together_and_axial_ones_do_not_follow() {
    let mut window = graded_demo();
    let axial = session(window.state()).panes[2].slice;
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    wait_for(&mut window, "the slices", is_shown);
    let (t1, t2) = (plane(&window, 0), plane(&window, 1));
    assert!(t2.distance_from_patient(t1.center()).abs() < 2.5, "both show the same place");
    assert_eq!(session(window.state()).panes[2].slice, axial);
    // Zoomed at a corner: both sagittal panes then show the same patient point in their middle, at the same size.
    let at = pane(&window, 0);
    drag(&mut window, at, vec2(0.0, -60.0), PointerButton::Secondary);
    drag(&mut window, at, vec2(30.0, 40.0), PointerButton::Middle);
    let middle = |window: &Window, index: usize| {
        let pane = &session(window.state()).panes[index];
        let study = &session(window.state()).study;
        let slice = &study.series[pane.series.expect("series")].slices[pane.slice];
        let rect = egui::Rect::from_min_size(Pos2::ZERO, pane.area);
        let transform = Transform::new(rect, Extent::of_header(slice), pane);
        let at = transform.pixel_from_screen(rect.center());
        (slice.plane.expect("plane").patient_from_pixel(at), transform.points_per_mm())
    };
    let ((a, zoom_a), (b, zoom_b)) = (middle(&window, 0), middle(&window, 1));
    assert!((zoom_a - zoom_b).abs() / zoom_a < 1e-3, "{zoom_a} {zoom_b}");
    let apart = a - b;
    assert!(apart.y.abs() < 0.2 && apart.z.abs() < 0.2, "{apart:?}");
    // The window of one changes alone, until it is linked.
    let width = |window: &Window, pane: usize| session(window.state()).panes[pane].window.expect("a window").width;
    let (before, at) = ([0, 1, 2].map(|pane| width(&window, pane)), pane(&window, 0));
    drag(&mut window, at, vec2(60.0, 0.0), PointerButton::Primary);
    assert!(width(&window, 0) > before[0] && width(&window, 1) <= before[1]);
    window.state_mut().viewer.perform(Action::Do(C::LinkWindow));
    drag(&mut window, at, vec2(60.0, 0.0), PointerButton::Primary);
    assert!(
        width(&window, 1) > before[1] && width(&window, 2) <= before[2],
        "the other sagittal pane, not the axial one"
    );
    press(&mut window, Modifiers::NONE, Key::Y);
    let t2 = session(window.state()).panes[1].slice;
    press(&mut window, Modifiers::NONE, Key::ArrowUp);
    assert_eq!(session(window.state()).panes[1].slice, t2, "the link is off");
}

#[test]
fn a_click_brings_all_panes_to_its_patient_point_whatever_is_flipped_turned_and_zoomed() {
    for pixels in [1.0, 2.0] {
        let mut window = sized_window(StudySource::Demo, None, &Home::default(), vec2(1280.0, 720.0), pixels);
        wait_for(&mut window, "the study", |app| app.viewer.session().is_some());
        wait_for(&mut window, "its slices", is_shown);
        for commands in
            [&[][..], &[C::FlipHorizontal, C::RotateRight, C::ZoomIn, C::ZoomIn], &[C::FlipVertical, C::PanLeft]]
        {
            for &command in commands {
                window.state_mut().viewer.perform(Action::Do(command));
            }
            window.step();
            let area = session(window.state()).panes[0].area;
            let (at, offset) = (pane(&window, 0), vec2(21.0, -17.0));
            let expected = expected_point(&window, area / 2.0 + offset);
            shift_click(&mut window, at + offset);
            let (_, point) = session(window.state()).crosshair.expect("a point");
            assert!((point - expected).length() < 0.05, "{point:?} {expected:?} at {pixels}");
            // The axial pane shows the slice nearest to the point of those that have it within their edges.
            let chosen = plane(&window, 2).distance_from_patient(point).abs();
            let open = session(window.state());
            let axial = &open.study.series[open.panes[2].series.expect("axial")];
            let inside =
                axial.slices.iter().filter_map(|s| s.plane).filter(|p| p.contains(p.pixel_from_patient(point)));
            let nearest = inside.map(|p| p.distance_from_patient(point).abs()).min_by(f64::total_cmp);
            assert!(nearest.is_none_or(|nearest| (chosen - nearest).abs() < 1e-6));
        }
    }
}

/// The patient point at a place of the first pane, written down anew: turned back, scaled, and by `geometry`.
fn expected_point(window: &Window, at: Vec2) -> Vec3 {
    let pane = &session(window.state()).panes[0];
    let slice = &session(window.state()).study.series[pane.series.expect("series")].slices[pane.slice];
    let [down, across] = slice.pixel_spacing.expect("spacing");
    let (columns, rows) = (f64::from(slice.instance.columns), f64::from(slice.instance.rows));
    let (width, height) = (columns * across, rows * down);
    let sideways = pane.orientation.is_sideways();
    let (shown_width, shown_height) = if sideways { (height, width) } else { (width, height) };
    let fit = (f64::from(pane.area.x) / shown_width).min(f64::from(pane.area.y) / shown_height);
    let step = (at - pane.area / 2.0 - pane.pan * fit as f32) / (fit as f32 * pane.zoom);
    let mm = pane.orientation.image_from_screen(step);
    let column = (f64::from(mm.x) + width / 2.0) / across - 0.5;
    let row = (f64::from(mm.y) + height / 2.0) / down - 0.5;
    slice.plane.expect("plane").patient_from_pixel(PixelCenter::new(column, row))
}

fn shift_click(window: &mut Window, at: Pos2) {
    let held = Modifiers::SHIFT;
    window.event(Event::PointerMoved(at));
    window.step();
    window.event_modifiers(
        Event::PointerButton { pos: at, button: PointerButton::Primary, pressed: true, modifiers: held },
        held,
    );
    window.event_modifiers(
        Event::PointerButton { pos: at, button: PointerButton::Primary, pressed: false, modifiers: held },
        held,
    );
    window.step();
    window.step();
}

#[test]
fn layouts_and_keys_are_remembered_and_every_command_can_be_done_from_a_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home { settings: Some(folder.path().to_owned()), ..Home::default() };
    let open = || {
        let mut window = sized_window(StudySource::Demo, None, &home, vec2(1280.0, 720.0), 1.0);
        wait_for(&mut window, "the study", |app| app.viewer.session().is_some());
        window
    };
    let mut window = open();
    press(&mut window, Modifiers::NONE, Key::Num4);
    assert_eq!(window.state().viewer.visible_panes().len(), 4);
    press(&mut window, Modifiers::NONE, Key::M);
    assert_eq!(window.state().viewer.visible_panes().len(), 1);
    press(&mut window, Modifiers::NONE, Key::M);
    // A key of the reader's own: recorded in the window of keys, so in the settings, so after a restart.
    let viewer = &mut window.state_mut().viewer;
    viewer.keymap.set(C::Invert, Some(egui::KeyboardShortcut::new(Modifiers::ALT, Key::X)));
    viewer.settings.keys = viewer.keymap.changes();
    window.step();
    drop(window);
    let mut window = open();
    assert_eq!(window.state().viewer.settings.layout, Layout::Four);
    press(&mut window, Modifiers::ALT, Key::X);
    assert!(session(window.state()).panes[0].inverted);
    press(&mut window, Modifiers::NONE, Key::I);
    assert!(session(window.state()).panes[0].inverted, "the old key does nothing");
}

#[test]
fn settings_say_where_things_are_kept_and_a_palette_that_finds_nothing_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let home = Home { settings: Some(at("settings")), library: Some(at("list")) };
    let mut window = sized_window(StudySource::Paths(Vec::new()), None, &home, vec2(1280.0, 720.0), 1.0);
    press(&mut window, Modifiers::COMMAND, Key::Comma);
    window.step();
    for name in ["settings", "list"] {
        window.get_by_label(&at(name).display().to_string());
    }
    press(&mut window, Modifiers::NONE, Key::Escape);
    press(&mut window, Modifiers::COMMAND, Key::K);
    window.step();
    let nothing = "No matching command";
    assert!(window.query_by_label(nothing).is_none());
    window.event(Event::Text("qqq".to_owned()));
    window.step();
    window.step();
    window.get_by_label(nothing);
}

#[test]
fn a_key_is_changed_by_a_click_and_a_press_and_who_loses_it_is_said() {
    let mut window = graded_demo();
    press(&mut window, Modifiers::NONE, Key::F1);
    let record = |window: &mut Window, modifiers: Modifiers, key: Key| {
        let starts = |label: String| label.starts_with("Key of Invert grey values");
        window.get_by(|node| node.label().is_some_and(starts)).click();
        window.step();
        window.step();
        press(window, modifiers, key);
    };
    // The list is long: only the line that is wanted.
    window.get_by_label("Search keys").focus();
    window.step();
    window.event(Event::Text("invert".to_owned()));
    window.step();
    window.step();
    record(&mut window, Modifiers::NONE, Key::Escape);
    let key = |window: &Window| window.state().viewer.keymap.key(C::Invert).map(|key| (key.modifiers, key.logical_key));
    assert_eq!(key(&window), Some((Modifiers::NONE, Key::I)), "Esc leaves it");
    assert!(window.state().viewer.screen.windows.keys, "and closes nothing");
    record(&mut window, Modifiers::NONE, Key::N);
    assert_eq!(key(&window), Some((Modifiers::NONE, Key::N)));
    assert!(session(window.state()).focus.cell.is_none(), "the press itself does nothing else");
    assert_eq!(window.state().viewer.keymap.key(C::NextFinding), None);
    assert!(window.state().viewer.notices.last().is_some_and(|n| n.text.contains("Next finding")));
    record(&mut window, Modifiers::NONE, Key::Delete);
    assert_eq!(key(&window), None);
    window.get_by_label("Reset all keys").click();
    window.step();
    window.step();
    assert_eq!(key(&window), Some((Modifiers::NONE, Key::I)));
    assert!(window.state().viewer.settings.keys.is_empty());
}

#[test]
fn another_study_below_scrolls_along_and_closing_it_leaves_the_first() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, bytes) in crate::phantom::study_in_memory(crate::phantom::DEMO_SEED + 2) {
        crate::files::write_atomic(&folder.path().join(name), &bytes).expect("written");
    }
    let mut window = graded_demo();
    let first = session(window.state()).id;
    window.state_mut().viewer.perform(Action::Open(StudySource::Paths(vec![folder.path().to_owned()])));
    wait_for(&mut window, "the second study", |app| app.viewer.sessions.len() == 2);
    press(&mut window, Modifiers::COMMAND, Key::B);
    assert_eq!(window.state().viewer.screen.compared, Some(first));
    wait_for(&mut window, "its slices", is_shown);
    assert_eq!(window.state().viewer.visible_panes().len(), 6);
    let says = |window: &Window| {
        let is_said = |text: String| text.contains("ANOTHER PATIENT");
        window.query_all_by(|n| n.label().is_some_and(is_said) || n.value().is_some_and(is_said)).next().is_some()
    };
    assert!(says(&window), "the two phantoms are two patients");
    let below = PaneId { session: first, index: 0 };
    let before = window.state().viewer.plane(below).expect("plane").position();
    press(&mut window, Modifiers::NONE, Key::Home);
    let after = window.state().viewer.plane(below).expect("plane").position();
    assert!((after - before).abs() > 5.0, "it went along");
    press(&mut window, Modifiers::COMMAND, Key::W);
    assert_eq!(window.state().viewer.visible_panes().len(), 3);
    assert!(!says(&window));
    assert_eq!(session(window.state()).id, first);
}

#[test]
fn a_series_is_dragged_into_a_pane_and_its_role_is_chosen_by_a_right_click() {
    let mut window = graded_demo();
    let series = |window: &Window, pane: usize| session(window.state()).panes[pane].series;
    let localizer = series(&window, 3).expect("the localizer hangs in the fourth pane");
    let description = session(window.state()).study.series[localizer].description.clone();
    let card_of = |window: &Window, words: &str| {
        let is_it = |label: String| label.starts_with("Series ") && label.contains(words);
        window.get_by(|node| node.label().is_some_and(is_it)).rect().center()
    };
    let card = card_of(&window, &description);
    let target = pane(&window, 0);
    drag(&mut window, card, target - card, PointerButton::Primary);
    assert_eq!(series(&window, 0), Some(localizer));
    assert_eq!(window.state().viewer.active_pane(), Some(name(&window, 0)));
    // A click hangs it in the active pane, which is the first.
    let axial = card_of(&window, "AX T2");
    click_at(&mut window, axial, PointerButton::Primary);
    assert_eq!(series(&window, 0), series(&window, 2));
    click_at(&mut window, card, PointerButton::Secondary);
    window.get_by_role_and_label(egui::accesskit::Role::Button, "Axial T2").click();
    window.step();
    window.step();
    let changed = &session(window.state()).study.series[localizer];
    assert_eq!((changed.role, changed.role_reason.as_str()), (Some(Role::Ss), "chosen by the reader"));
    assert!(session(window.state()).run.graded.is_none(), "it is graded again");
    // The same by a command, for the keyboard.
    window.state_mut().viewer.perform(Action::Do(C::LayoutFour));
    let fourth = name(&window, 3);
    window.state_mut().viewer.perform(Action::Activate(fourth));
    window.state_mut().viewer.perform(Action::Do(C::DoNotGrade));
    assert_eq!(session(window.state()).study.series[localizer].role, None);
}

#[test]
fn every_control_has_a_name_for_a_screen_reader() {
    use egui::accesskit::Role;
    let mut window = graded_demo();
    window.state_mut().viewer.perform(Action::SelectGrade(super::id("spinal_canal_stenosis_l4_l5")));
    let is_control = |role: Role| {
        matches!(
            role,
            Role::Button
                | Role::CheckBox
                | Role::RadioButton
                | Role::Slider
                | Role::TextInput
                | Role::ComboBox
                | Role::SpinButton
        )
    };
    for command in [
        C::ShowKeys,
        C::ShowSettings,
        C::ShowWorklist,
        C::ShowMarks,
        C::ShowPalette,
        C::ShowHints,
        C::ShowAbout,
        C::ShowMessages,
    ] {
        window.state_mut().viewer.perform(Action::Do(command));
        window.step();
        window.step();
        let nodes = window.root().children_recursive();
        let nameless: Vec<String> = nodes
            .filter(|node| is_control(node.accesskit_node().role()))
            .filter(|node| node.accesskit_node().label().is_none_or(|label| label.trim().is_empty()))
            .map(|node| format!("{node:?}"))
            .collect();
        assert!(nameless.is_empty(), "{command:?}: {nameless:#?}");
        window.state_mut().viewer.screen.windows = crate::ui::state::viewer::OpenWindows::default();
    }
}

#[test]
fn playing_runs_through_all_slices_and_ends_with_escape() {
    let mut window = graded_demo();
    press(&mut window, Modifiers::NONE, Key::Home);
    wait_for(&mut window, "the first slice", is_shown);
    press(&mut window, Modifiers::NONE, Key::Space);
    let mut seen = std::collections::BTreeSet::new();
    let count = session(window.state()).panes[0].slice_count(&session(window.state()).study);
    for _ in 0..2000 {
        window.step();
        seen.extend(session(window.state()).panes[0].shown);
        if seen.len() == count {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    assert_eq!(seen.len(), count);
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(window.state().viewer.cine.is_none());
}
