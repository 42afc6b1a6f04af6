//! Measurements by mouse and key in the real window.

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, Vec2, pos2, vec2};
use egui_kittest::kittest::Queryable;

use super::{Window, click_at, drag, is_shown, press, session, sized_window, wait_for, window};
use crate::{
    geometry::ImagePlane,
    markup::{Mark, Measurement, Shape, Unit, measure},
    raster::Slice,
    ui::state::{
        command::UiCommand,
        home::Home,
        pane::PaneId,
        viewer::{Action, MarkAction},
    },
    worker::StudySource,
};

/// The demo study, its grading stopped: nothing here needs it.
fn demo() -> Window {
    demo_in(window(StudySource::Demo, None))
}

fn demo_in(mut window: Window) -> Window {
    wait_for(&mut window, "the demo study", |app| app.viewer.session().is_some());
    session(window.state()).run.cancel.cancel();
    wait_for(&mut window, "its slices", is_shown);
    window
}

fn pane_rect(window: &Window, index: usize) -> Rect {
    let start = format!("Pane {}", index + 1);
    window.get_by(|node| node.label().is_some_and(|label| label.starts_with(&start))).rect()
}

fn click(window: &mut Window, pos: Pos2) {
    click_at(window, pos, PointerButton::Primary);
    // Longer than a double click takes.
    for _ in 0..3 {
        window.step();
    }
}

fn write(window: &mut Window, text: &str) {
    for letter in text.chars() {
        let key = Key::from_name(&letter.to_ascii_uppercase().to_string()).expect("a letter");
        let event =
            |pressed| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE };
        window.event(event(true));
        window.event(Event::Text(letter.to_string()));
        window.event(event(false));
        window.step();
    }
}

fn command(window: &mut Window, command: UiCommand) {
    window.state_mut().viewer.perform(Action::Do(command));
    window.step();
}

fn marks(window: &Window) -> Vec<Mark> {
    session(window.state()).marks.markup.marks().to_vec()
}

/// The slice on screen in the first pane.
fn shown(window: &mut Window) -> Slice {
    let id = PaneId { session: session(window.state()).id, index: 0 };
    let viewer = &mut window.state_mut().viewer;
    let key = viewer.shown_in(id).expect("a slice is shown");
    viewer.slices.cache.get(key).cloned().expect("decoded").expect("readable").as_ref().clone()
}

fn length_mm(mark: &Mark, spacing: Option<[f64; 2]>) -> f64 {
    match measure(mark, spacing, None) {
        Measurement::Length { length, unit: Unit::Millimetres } => length,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_length_drawn_by_mouse_is_the_distance_in_the_patient() {
    let mut window = demo();
    let slice = shown(&mut window);
    let plane = slice.plane.expect("a plane");
    let rect = pane_rect(&window, 0);
    let by = vec2(70.0, -110.0);
    press(&mut window, Modifiers::NONE, Key::D);
    drag(&mut window, rect.center(), by, PointerButton::Primary);
    let [mark] = &marks(&window)[..] else { panic!("{:?}", marks(&window)) };
    let [from, to] = mark.shape.handles()[..] else { panic!("{mark:?}") };
    let patient = |p: crate::markup::Point| plane.patient_from_pixel(p);
    let found = length_mm(mark, slice.pixel_spacing);
    assert!((found - patient(from).distance(patient(to))).abs() < 1e-6);
    // The whole image fits the pane, and so many points of the drag are so many mm.
    let [down, across] = slice.pixel_spacing.expect("a spacing").map(|v| v as f32);
    let inside = rect.shrink(1.0);
    let fit = (inside.width() / (across * slice.columns() as f32)).min(inside.height() / (down * slice.rows() as f32));
    assert!((found - f64::from(by.length() / fit)).abs() < 0.02, "{found} mm");
    assert_eq!(session(window.state()).marks.selected, Some(mark.id));
}

/// Gives the slice in the first pane rows 2 mm and columns 0.5 mm apart.
fn make_pixels_oblong(window: &mut Window) -> ImagePlane {
    let mut slice = shown(window);
    let spacing = [2.0, 0.5];
    let old = slice.plane.expect("a plane");
    let (a, b) = (old.column_direction(), old.row_direction());
    let orientation = [a.x, a.y, a.z, b.x, b.y, b.z];
    let plane = ImagePlane::new(old.origin().to_array(), orientation, spacing, slice.columns(), slice.rows());
    slice.plane = Some(plane.expect("a plane"));
    slice.pixel_spacing = Some(spacing);
    let id = PaneId { session: session(window.state()).id, index: 0 };
    let viewer = &mut window.state_mut().viewer;
    let key = viewer.shown_in(id).expect("a slice is shown");
    viewer.slices.cache.put(key, Ok(std::sync::Arc::new(slice.clone())));
    window.step();
    slice.plane.expect("a plane")
}

#[test]
fn a_click_is_the_place_under_it_however_the_image_is_turned_mirrored_and_zoomed() {
    // A screen of fine pixels: two to a point.
    let mut window = demo_in(sized_window(StudySource::Demo, None, &Home::default(), vec2(1280.0, 720.0), 2.0));
    assert!((window.state().viewer.screen.pixels_per_point - 2.0).abs() < 1e-6);
    let plane = make_pixels_oblong(&mut window);
    let size = vec2(plane.columns() as f32, plane.rows() as f32);
    let spacing = vec2(0.5, 2.0);
    press(&mut window, Modifiers::SHIFT, Key::D);
    let offset = vec2(23.0, -31.0);
    for (flips, quarters) in [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 3)] {
        command(&mut window, UiCommand::ResetPane);
        (0..flips).for_each(|_| command(&mut window, UiCommand::FlipHorizontal));
        (0..quarters).for_each(|_| command(&mut window, UiCommand::RotateRight));
        command(&mut window, UiCommand::ZoomIn);
        command(&mut window, UiCommand::PanLeft);
        let pane = session(window.state()).panes[0].clone();
        let inside = pane_rect(&window, 0).shrink(1.0);
        let mm = if quarters % 2 == 1 { (size * spacing).yx() } else { size * spacing };
        let fit = (inside.width() / mm.x).min(inside.height() / mm.y);
        // By hand: from the image's middle, the turns taken back one by one, then the mirror.
        let at = inside.center() + pane.pan * fit + offset;
        let mut step = offset / (fit * 1.25);
        (0..quarters).for_each(|_| step = vec2(step.y, -step.x));
        if flips == 1 {
            step.x = -step.x;
        }
        let pixel = step / spacing + (size - Vec2::splat(1.0)) / 2.0;
        let expected = plane.patient_from_pixel(crate::geometry::PixelCenter::new(pixel.x.into(), pixel.y.into()));
        click(&mut window, at);
        let (drawn, slice) = (marks(&window), shown(&mut window));
        let [mark] = &drawn[..] else { panic!("{flips} {quarters} {inside:?} {drawn:?}") };
        let Measurement::Probe { patient: Some(patient), .. } = measure(mark, slice.pixel_spacing, Some(&slice)) else {
            panic!("{mark:?}")
        };
        assert!(patient.distance(expected) < 0.01, "{flips} {quarters}: {patient} {expected}");
        command(&mut window, UiCommand::Undo);
    }
}

#[test]
fn a_mark_is_moved_by_its_handle_deleted_and_brought_back() {
    let mut window = demo();
    let center = pane_rect(&window, 0).center();
    press(&mut window, Modifiers::NONE, Key::B);
    drag(&mut window, center, vec2(40.0, 60.0), PointerButton::Primary);
    let drawn = marks(&window);
    assert!(matches!(drawn[..], [Mark { shape: Shape::Rectangle { .. }, .. }]));
    // With the tool still in hand the corner is pulled: no second rectangle.
    drag(&mut window, center + vec2(40.0, 60.0), vec2(20.0, 20.0), PointerButton::Primary);
    let pulled = marks(&window);
    assert_eq!(pulled.len(), 1);
    assert_eq!(pulled[0].shape.handles()[0], drawn[0].shape.handles()[0]);
    assert_ne!(pulled[0].shape, drawn[0].shape);
    // With the tool for windows a drag of the selected line moves the whole, and the window stays.
    let before = session(window.state()).panes[0].window;
    press(&mut window, Modifiers::NONE, Key::V);
    drag(&mut window, center + vec2(30.0, 0.0), vec2(-20.0, -10.0), PointerButton::Primary);
    let moved = marks(&window);
    assert_ne!(moved[0].shape, pulled[0].shape);
    assert_eq!(session(window.state()).panes[0].window, before);
    // A click beside it lets it go; the same drag is one for the window then.
    click(&mut window, center + vec2(-60.0, -60.0));
    assert_eq!(session(window.state()).marks.selected, None);
    drag(&mut window, center + vec2(0.0, -10.0), vec2(-20.0, -10.0), PointerButton::Primary);
    assert_eq!(marks(&window), moved);
    assert_ne!(session(window.state()).panes[0].window, before);
    click(&mut window, center + vec2(0.0, -10.0));
    press(&mut window, Modifiers::NONE, Key::Delete);
    assert!(marks(&window).is_empty());
    for expected in [&moved, &pulled, &drawn] {
        press(&mut window, Modifiers::COMMAND, Key::Z);
        assert_eq!(marks(&window), *expected);
    }
    press(&mut window, Modifiers::COMMAND, Key::Y);
    press(&mut window, Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    assert_eq!(marks(&window), moved);
}

#[test]
fn an_angle_is_clicked_and_given_up_with_escape() {
    let mut window = demo();
    let center = pane_rect(&window, 0).center();
    press(&mut window, Modifiers::NONE, Key::U);
    click(&mut window, center);
    click(&mut window, center + vec2(50.0, 0.0));
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(window.state().viewer.hand.drawing.is_none());
    click(&mut window, center);
    click(&mut window, center + vec2(50.0, 0.0));
    click(&mut window, center + vec2(50.0, 50.0));
    let [mark] = &marks(&window)[..] else { panic!("{:?}", marks(&window)) };
    let slice = shown(&mut window);
    let Measurement::Angle { degrees: Some(degrees), .. } = measure(mark, slice.pixel_spacing, None) else {
        panic!("{mark:?}")
    };
    assert!((degrees - 90.0).abs() < 0.2, "{degrees}");
}

#[test]
fn what_is_typed_is_a_text_and_no_command() {
    let mut window = demo();
    let center = pane_rect(&window, 0).center();
    press(&mut window, Modifiers::NONE, Key::T);
    click(&mut window, center);
    write(&mut window, "hkid");
    press(&mut window, Modifiers::NONE, Key::Enter);
    let [note] = &marks(&window)[..] else { panic!("{:?}", marks(&window)) };
    assert!(matches!(note.shape, Shape::Note { .. }));
    assert_eq!(note.text, "hkid");
    let viewer = &window.state().viewer;
    assert!(viewer.visibility.overlays && viewer.hand.drawing.is_none() && !session(window.state()).panes[0].inverted);
    assert!(session(window.state()).marks.markup.key_images().is_empty());
    // Esc forgets the text, and only that.
    click(&mut window, center + vec2(-50.0, 80.0));
    write(&mut window, "x");
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!((marks(&window).len(), window.state().viewer.is_typing()), (1, false));
    // Keys are commands again.
    press(&mut window, Modifiers::NONE, Key::H);
    assert!(!window.state().viewer.visibility.overlays);
}

#[test]
fn a_key_image_is_marked_by_key_and_the_list_leads_back_to_it() {
    let mut window = demo();
    window.hover_at(pane_rect(&window, 0).center());
    press(&mut window, Modifiers::NONE, Key::K);
    let before = session(window.state()).panes[0].slice;
    assert_eq!(session(window.state()).marks.markup.key_images().len(), 1);
    press(&mut window, Modifiers::NONE, Key::Home);
    wait_for(&mut window, "the first slice", is_shown);
    assert_eq!(session(window.state()).panes[0].slice, 0);
    command(&mut window, UiCommand::ShowMarks);
    window.step();
    let line = format!("slice {} /", before + 1);
    window.get_by(|node| node.label().is_some_and(|label| label.contains(&line))).click();
    window.step();
    window.step();
    assert_eq!(session(window.state()).panes[0].slice, before);
    wait_for(&mut window, "the key image", is_shown);
    command(&mut window, UiCommand::KeyImage);
    assert!(session(window.state()).marks.markup.key_images().is_empty());
    press(&mut window, Modifiers::COMMAND, Key::Z);
    assert_eq!(session(window.state()).marks.markup.key_images().len(), 1);
}

#[test]
fn marks_are_on_their_slice_only_and_cannot_be_held_where_they_are_hidden() {
    let mut window = demo();
    let center = pane_rect(&window, 0).center();
    press(&mut window, Modifiers::NONE, Key::D);
    drag(&mut window, center, vec2(40.0, 0.0), PointerButton::Primary);
    let drawn = marks(&window);
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    wait_for(&mut window, "the next slice", is_shown);
    drag(&mut window, center + vec2(40.0, 0.0), vec2(0.0, 40.0), PointerButton::Primary);
    let both = marks(&window);
    assert_eq!((both.len(), &both[0]), (2, &drawn[0]));
    assert_ne!(both[0].slice, both[1].slice);
    press(&mut window, Modifiers::NONE, Key::H);
    click(&mut window, pos2(center.x + 40.0, center.y + 20.0));
    drag(&mut window, center + vec2(40.0, 0.0), vec2(0.0, 60.0), PointerButton::Primary);
    assert_eq!(marks(&window), both);
    assert!(window.state().viewer.notices.last().is_some_and(|n| n.text == "Measurements are hidden; H shows them"));
    // The list changes a text in one step.
    let (id, mark) = (session(window.state()).id, both[1].id);
    window.state_mut().viewer.perform(Action::Mark(MarkAction::SetText(id, mark, "canal".to_owned())));
    assert_eq!(marks(&window)[1].text, "canal");
    press(&mut window, Modifiers::COMMAND, Key::Z);
    assert_eq!(marks(&window), both);
}
