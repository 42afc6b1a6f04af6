//! Boxes by hand in the real window: drawn, moved, pulled, taken away, given back.

use egui::{Key, Modifiers, PointerButton, Pos2, Rect, Vec2, pos2, vec2};
use egui_kittest::{SnapshotOptions, kittest::Queryable, try_image_snapshot_options};
use image::imageops::crop_imm;

use super::{Window, click_at, click_cell, drag, graded_demo, graded_window, id, is_shown, press, session, wait_for};
use crate::{
    geometry::PixelCorner,
    grading::GradeId,
    raster::BBox,
    review::{BoxChoice, Region},
    ui::{
        picture::Sketch,
        state::{
            command::UiCommand as C,
            export::PictureOf,
            pane::PaneId,
            tool::Tool,
            transform::{Extent, Transform},
            viewer::Action,
        },
    },
};

const CANAL: &str = "spinal_canal_stenosis_l4_l5";

fn does(window: &mut Window, command: C) {
    window.state_mut().viewer.perform(Action::Do(command));
    window.step();
    window.step();
}

fn rect(window: &Window, index: usize) -> Rect {
    let start = format!("Pane {}", index + 1);
    window.get_by(|node| node.label().is_some_and(|label| label.starts_with(&start))).rect().shrink(1.0)
}

fn choice(window: &Window, cell: &str) -> BoxChoice {
    session(window.state()).review().cell(id(cell)).region.clone()
}

fn region(window: &Window, cell: &str) -> Region {
    match choice(window, cell) {
        BoxChoice::Reader(region) => region,
        other => panic!("{other:?}"),
    }
}

/// How many changes of the review there were.
fn changes(window: &Window) -> usize {
    session(window.state()).review().acts().len()
}

/// The graded demo study, the cell selected, its best box on screen in the second pane, the tool in the hand.
fn at_the_canal(mut window: Window) -> Window {
    click_cell(&mut window, id(CANAL));
    wait_for(&mut window, "the slice with the box", is_shown);
    press(&mut window, Modifiers::SHIFT, Key::B);
    assert_eq!(window.state().viewer.hand.tool, Tool::Box);
    window
}

fn transform(window: &Window, index: usize) -> Transform {
    let open = session(window.state());
    let pane = &open.panes[index];
    let header = &open.study.series[pane.series.expect("a series")].slices[pane.shown.expect("a slice")];
    Transform::new(rect(window, index), Extent::of_header(header), pane)
}

/// The detector's box behind the cell.
fn best_box(window: &Window) -> BBox {
    let open = session(window.state());
    let evidence = open.run.table.as_ref().and_then(|table| table.get(id(CANAL)).key_evidence()).expect("a box");
    evidence.detection.bbox
}

fn center(window: &Window, b: &BBox) -> Pos2 {
    transform(window, 1).screen_from_pixel(b.center())
}

fn is_near(a: BBox, b: BBox, pixels: f32) -> bool {
    [(a.x0, b.x0), (a.y0, b.y0), (a.x1, b.x1), (a.y1, b.y1)].into_iter().all(|(a, b)| (a - b).abs() <= pixels)
}

fn last_notice(window: &Window) -> String {
    window.state().viewer.notices.last().map(|n| n.text.clone()).unwrap_or_default()
}

#[test]
fn a_detectors_box_that_is_moved_becomes_the_readers_in_one_change() {
    let mut window = at_the_canal(graded_demo());
    let before = best_box(&window);
    let scale = transform(&window, 1).points_per_mm();
    let at = center(&window, &before);
    drag(&mut window, at, vec2(12.0, -9.0), PointerButton::Primary);
    let moved = region(&window, CANAL);
    let spacing = {
        let open = session(window.state());
        let (series, slice) = open.study.find(&moved.slice).expect("the slice");
        open.study.series[series].slices[slice].pixel_spacing.expect("a spacing").map(|v| v as f32)
    };
    let (dx, dy) = (12.0 / scale / spacing[1], -9.0 / scale / spacing[0]);
    let expected = BBox::new(before.x0 + dx, before.y0 + dy, before.x1 + dx, before.y1 + dy);
    assert!(is_near(moved.bbox, expected, 0.1), "{:?} {expected:?}", moved.bbox);
    assert_eq!(changes(&window), 1);
    // One of its corners, then one of its edges.
    let corner = transform(&window, 1).screen_from_pixel(PixelCorner::new(moved.bbox.x1.into(), moved.bbox.y1.into()));
    drag(&mut window, corner, vec2(10.0, 10.0), PointerButton::Primary);
    let pulled = region(&window, CANAL).bbox;
    assert!((pulled.x0, pulled.y0) == (moved.bbox.x0, moved.bbox.y0) && pulled.x1 > moved.bbox.x1 + 2.0);
    let edge = transform(&window, 1).screen_from_pixel(PixelCorner::new(pulled.x0.into(), pulled.center().y));
    drag(&mut window, edge, vec2(-8.0, 30.0), PointerButton::Primary);
    let wider = region(&window, CANAL).bbox;
    assert!(wider.x0 < pulled.x0 - 2.0);
    assert!(is_near(BBox { x0: pulled.x0, ..wider }, pulled, 0.1), "{pulled:?} {wider:?}");
    assert_eq!(changes(&window), 3);
    // Neither the window nor the image moved meanwhile, and a click changes nothing.
    let at = center(&window, &wider);
    click_at(&mut window, at, PointerButton::Primary);
    assert_eq!(changes(&window), 3);
    let pane = &session(window.state()).panes[1];
    assert_eq!((pane.pan, pane.zoom.to_bits()), (Vec2::ZERO, 1.0f32.to_bits()));
}

#[test]
fn a_box_is_drawn_where_it_is_seen_however_the_image_is_turned_and_zoomed() {
    let mut window = at_the_canal(graded_window(vec2(1280.0, 720.0), 2.0));
    // Pixels that are not square: rows 2 mm and columns 0.5 mm apart.
    let pane = PaneId { session: session(window.state()).id, index: 1 };
    let key = window.state().viewer.shown_in(pane).expect("shown");
    let open = window.state_mut().viewer.session_mut().expect("a study");
    let header = &mut std::sync::Arc::make_mut(&mut open.study).series[key.series].slices[key.slice];
    header.pixel_spacing = Some([2.0, 0.5]);
    let size = vec2(header.instance.columns as f32, header.instance.rows as f32);
    let viewer = &mut window.state_mut().viewer;
    let mut slice = viewer.slices.cache.get(key).cloned().expect("decoded").expect("readable").as_ref().clone();
    slice.pixel_spacing = Some([2.0, 0.5]);
    viewer.slices.cache.put(key, Ok(std::sync::Arc::new(slice)));
    let spacing = vec2(0.5, 2.0);
    for (flips, quarters) in [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 3)] {
        does(&mut window, C::ResetPane);
        (0..flips).for_each(|_| does(&mut window, C::FlipHorizontal));
        (0..quarters).for_each(|_| does(&mut window, C::RotateRight));
        does(&mut window, C::ZoomIn);
        does(&mut window, C::PanLeft);
        let inside = rect(&window, 1);
        let pan = session(window.state()).panes[1].pan;
        let mm = if quarters % 2 == 1 { (size * spacing).yx() } else { size * spacing };
        let fit = (inside.width() / mm.x).min(inside.height() / mm.y);
        // By hand: from the image's middle, the turns taken back one by one, then the mirror.
        let edge = |on_screen: Pos2| {
            let mut step = (on_screen - inside.center() - pan * fit) / (fit * 1.25);
            (0..quarters).for_each(|_| step = vec2(step.y, -step.x));
            if flips == 1 {
                step.x = -step.x;
            }
            step / spacing + size / 2.0
        };
        let from = inside.center() + vec2(-60.0, -70.0);
        let by = vec2(48.0, 37.0);
        drag(&mut window, from, by, PointerButton::Primary);
        let found = region(&window, CANAL).bbox;
        let (a, b) = (edge(from), edge(from + by));
        let expected = BBox::new(a.x.min(b.x), a.y.min(b.y), a.x.max(b.x), a.y.max(b.y));
        // What was drawn beside the image is cut off.
        let expected = expected.clipped(size.x, size.y);
        assert!(is_near(found, expected, 0.1), "{flips} {quarters}: {found:?} {expected:?}");
        does(&mut window, C::RestoreBox);
        wait_for(&mut window, "the slice with the box", is_shown);
        assert_eq!(choice(&window, CANAL), BoxChoice::Model);
    }
}

#[test]
fn no_box_is_drawn_where_it_would_mean_nothing() {
    let mut window = graded_demo();
    press(&mut window, Modifiers::SHIFT, Key::B);
    let second = rect(&window, 1).center();
    drag(&mut window, second + vec2(40.0, 0.0), vec2(40.0, 40.0), PointerButton::Primary);
    assert!(last_notice(&window).contains("Select a cell"), "{}", last_notice(&window));
    click_cell(&mut window, id(CANAL));
    wait_for(&mut window, "the slice with the box", is_shown);
    // Sagittal T1 is not where the canal is graded.
    let first = rect(&window, 0).center();
    drag(&mut window, first, vec2(40.0, 40.0), PointerButton::Primary);
    let notice = last_notice(&window);
    assert!(notice.contains("is graded on Sagittal T2/STIR") && notice.contains("as Sagittal T1"), "{notice}");
    let second = rect(&window, 1).center();
    // Two pixels are no box.
    drag(&mut window, second + vec2(-90.0, -70.0), vec2(1.0, 40.0), PointerButton::Primary);
    does(&mut window, C::ShowCanal);
    drag(&mut window, second + vec2(-90.0, -70.0), vec2(40.0, 40.0), PointerButton::Primary);
    assert!(last_notice(&window).contains("are hidden"), "{}", last_notice(&window));
    does(&mut window, C::ShowCanal);
    does(&mut window, C::Overlays);
    drag(&mut window, second + vec2(-90.0, -70.0), vec2(40.0, 40.0), PointerButton::Primary);
    assert_eq!(last_notice(&window), "Boxes are hidden; H shows them");
    does(&mut window, C::Overlays);
    assert_eq!((changes(&window), window.state().viewer.hand.box_drag.is_some()), (0, false));
    // What is drawn beyond the image is cut at its edge.
    let last = transform(&window, 1).corners()[2];
    drag(&mut window, last - vec2(30.0, 30.0), vec2(60.0, 25.0), PointerButton::Primary);
    let slice = region(&window, CANAL);
    let open = session(window.state());
    let (series, index) = open.study.find(&slice.slice).expect("the slice");
    assert!((slice.bbox.x1 - open.study.series[series].slices[index].instance.columns as f32).abs() < 1e-3);
}

#[test]
fn escape_gives_a_drag_up_and_so_does_another_tool() {
    let mut window = at_the_canal(graded_demo());
    let at = center(&window, &best_box(&window));
    for give_up in [(Modifiers::NONE, Key::Escape), (Modifiers::NONE, Key::V)] {
        press(&mut window, Modifiers::SHIFT, Key::B);
        let button = |pos, pressed| egui::Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        };
        window.event(egui::Event::PointerMoved(at));
        window.event(button(at, true));
        window.step();
        window.event(egui::Event::PointerMoved(at + vec2(20.0, 10.0)));
        window.step();
        window.step();
        let live = window.state().viewer.hand.box_drag.clone().expect("a drag");
        assert!(!is_near(live.now, best_box(&window), 1.0), "it follows the pointer");
        press(&mut window, give_up.0, give_up.1);
        assert!(window.state().viewer.hand.box_drag.is_none());
        window.event(egui::Event::PointerMoved(at + vec2(30.0, 20.0)));
        window.step();
        window.event(button(at + vec2(30.0, 20.0), false));
        window.step();
        window.step();
    }
    assert_eq!((changes(&window), choice(&window, CANAL)), (0, BoxChoice::Model));
    // The cell stays selected: Esc gave up the drag and nothing else.
    assert_eq!(session(window.state()).focus.cell, Some(id(CANAL)));
}

#[test]
fn delete_takes_the_box_away_and_a_command_brings_the_detectors_back() {
    let mut window = at_the_canal(graded_demo());
    let cell: GradeId = id(CANAL);
    let seen = |window: &Window| {
        let viewer = &window.state().viewer;
        let open = session(window.state());
        let slice =
            open.run.table.as_ref().and_then(|t| t.get(cell).key_evidence()).expect("a box").detection.slice.clone();
        let all = crate::ui::view::viewport::visible_boxes(open, &viewer.visibility, viewer.settings.threshold, &slice);
        all.iter().any(|vote| vote.grade == cell)
    };
    assert!(seen(&window) && window.state().viewer.is_possible(C::DeleteMark));
    assert!(!window.state().viewer.is_possible(C::RestoreBox));
    press(&mut window, Modifiers::NONE, Key::Delete);
    assert_eq!(choice(&window, CANAL), BoxChoice::Removed);
    assert!(!seen(&window), "what the reader took away is not shown");
    assert!(!window.state().viewer.is_possible(C::RemoveBox), "there is none any more");
    does(&mut window, C::RestoreBox);
    wait_for(&mut window, "the slice with the box", is_shown);
    assert_eq!(choice(&window, CANAL), BoxChoice::Model);
    assert!(seen(&window) && session(window.state()).focus.evidence.is_some());
    // With another tool Delete is for measurements only.
    press(&mut window, Modifiers::NONE, Key::V);
    press(&mut window, Modifiers::NONE, Key::Delete);
    assert_eq!((choice(&window, CANAL), changes(&window)), (BoxChoice::Model, 2));
}

#[test]
fn a_cell_leads_to_the_readers_box_and_the_box_to_its_cell() {
    let mut window = at_the_canal(graded_demo());
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    wait_for(&mut window, "the next slice", is_shown);
    let second = rect(&window, 1).center();
    drag(&mut window, second + vec2(-90.0, 60.0), vec2(40.0, 30.0), PointerButton::Primary);
    let drawn = region(&window, CANAL);
    let slice = session(window.state()).panes[1].slice;
    click_cell(&mut window, id("spinal_canal_stenosis_l1_l2"));
    press(&mut window, Modifiers::NONE, Key::Home);
    wait_for(&mut window, "the first slice", is_shown);
    assert_ne!(session(window.state()).panes[1].slice, slice);
    click_cell(&mut window, id(CANAL));
    wait_for(&mut window, "the reader's slice", is_shown);
    assert_eq!(session(window.state()).panes[1].slice, slice);
    // With the ordinary tool a click on it selects its cell.
    press(&mut window, Modifiers::NONE, Key::V);
    window.state_mut().viewer.session_mut().expect("a study").focus.cell = None;
    let at = center(&window, &drawn.bbox);
    click_at(&mut window, at, PointerButton::Primary);
    assert_eq!(session(window.state()).focus.cell, Some(id(CANAL)));
    assert_eq!(changes(&window), 1);
}

#[test]
fn the_readers_boxes_in_pictures() {
    let mut failed = Vec::new();
    let mut window = at_the_canal(graded_demo());
    does(&mut window, C::ZoomIn);
    does(&mut window, C::ZoomIn);
    let before = best_box(&window);
    let at = center(&window, &before);
    drag(&mut window, at, vec2(-22.0, 12.0), PointerButton::Primary);
    let mut look = |image: &image::RgbaImage, name: &str| {
        let options = SnapshotOptions::new().threshold(1.0).max_failed_pixels(60);
        if let Err(error) = try_image_snapshot_options(image, name, &options) {
            failed.push(error.to_string());
        }
    };
    let screen = window.render().expect("the window");
    let around = rect(&window, 1);
    let part = |image: &image::RgbaImage, from: Pos2, size: Vec2| {
        crop_imm(image, from.x as u32, from.y as u32, size.x as u32, size.y as u32).to_image()
    };
    let middle = around.shrink2(vec2(0.0, 120.0));
    look(&part(&screen, middle.min, middle.size()), "box-by-hand");
    let picture = Sketch::new(&window.state().viewer, PictureOf::Pane).expect("an image").paint();
    let picture = picture.expect("painted");
    let from = pos2(0.0, picture.height() as f32 - around.height() * 2.0 + 240.0);
    look(&part(&picture, from, middle.size() * 2.0), "box-by-hand-picture");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
