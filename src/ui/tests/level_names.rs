//! Names of levels on images: each level in view has its name, whatever else is painted there.

use egui::{Rect, Shape, Vec2, vec2};
use egui_kittest::kittest::Queryable;

use super::{Window, graded_window, id, is_shown, session, wait_for};
use crate::{
    geometry::{ImagePlane, PlaneKind},
    grading::Level,
    ui::{
        state::{
            command::UiCommand as C,
            layout::Layout,
            pane::Pane,
            transform::{Extent, Transform},
            viewer::Action,
        },
        view::theme,
    },
};

/// A text as it was painted, without the dark edge around it.
pub struct Painted {
    pub text: String,
    pub rect: Rect,
}

fn collect(shape: &Shape, all: &mut Vec<Painted>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, all)),
        Shape::Text(text) => {
            let color = text.override_text_color.or(text.galley.job.sections.first().map(|s| s.format.color));
            if color != Some(theme::TEXT_EDGE) && !text.galley.text().is_empty() {
                let rect = text.galley.rect.translate(text.pos.to_vec2());
                all.push(Painted { text: text.galley.text().to_owned(), rect });
            }
        }
        _ => (),
    }
}

/// The texts of the last frame on a part of the screen.
pub fn texts_in(window: &Window, part: Rect) -> Vec<Painted> {
    let mut all = Vec::new();
    for clipped in &window.output().shapes {
        if clipped.clip_rect.intersect(part).is_positive() {
            collect(&clipped.shape, &mut all);
        }
    }
    all.retain(|painted| part.contains(painted.rect.center()));
    all
}

fn pane_rect(window: &Window, index: usize) -> Rect {
    let start = format!("Pane {}:", index + 1);
    window.get_by(|node| node.label().is_some_and(|label| label.starts_with(&start))).rect().shrink(1.0)
}

/// The plane of the slice on screen, and where its pixels are.
fn on_screen(window: &Window, index: usize, rect: Rect) -> (ImagePlane, Transform) {
    let open = session(window.state());
    let pane = &open.panes[index];
    let header = &open.study.series[pane.series.expect("a series")].slices[pane.shown.expect("a slice")];
    (header.plane.expect("a plane"), Transform::new(rect, Extent::of_header(header), pane))
}

fn is_level(text: &str) -> bool {
    Level::ALL.iter().any(|level| text == level.label())
}

/// Names are those of the discs in view, each once, in the pane, on no other text.
fn check(window: &Window, index: usize, what: &str) -> usize {
    let rect = pane_rect(window, index);
    let (plane, transform) = on_screen(window, index, rect);
    let texts = texts_in(window, rect);
    let levels = session(window.state()).run.graded.as_ref().expect("graded").levels;
    let names: Vec<&Painted> = match PlaneKind::of(&plane) {
        PlaneKind::Sagittal => {
            let names: Vec<&Painted> = texts.iter().filter(|painted| is_level(&painted.text)).collect();
            let in_view = Level::ALL.iter().zip(levels).filter(|(_, disc)| {
                let at = plane.pixel_from_patient(disc.expect("every disc of the demo study is found"));
                rect.contains(transform.screen_from_pixel(at))
            });
            let expected: Vec<&str> = in_view.map(|(level, _)| level.label()).collect();
            let mut found: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
            found.sort_unstable();
            assert_eq!(found, expected, "{what}, pane {index}");
            names
        }
        PlaneKind::Axial => {
            let starts = ["between ", "above ", "below "];
            let is_name = |text: &str| is_level(text) || starts.iter().any(|start| text.starts_with(start));
            let names: Vec<&Painted> = texts.iter().filter(|painted| is_name(&painted.text)).collect();
            assert_eq!(names.len(), 1, "{what}, pane {index}");
            names
        }
        PlaneKind::Coronal => Vec::new(),
    };
    for name in &names {
        assert!(rect.expand(0.5).contains_rect(name.rect), "{what}, pane {index}: {} at {:?}", name.text, name.rect);
        for other in texts.iter().filter(|other| !std::ptr::eq(*name, *other)) {
            let is_clear = !name.rect.shrink(0.5).intersects(other.rect.shrink(0.5));
            assert!(is_clear, "{what}, pane {index}: {} on {}", name.text, other.text);
        }
    }
    // An image without sides is dangerous: all four letters are there.
    let letters = texts.iter().filter(|t| t.text.len() <= 3 && t.text.chars().all(|c| "LRAPHF".contains(c)));
    assert_eq!(letters.count(), 4, "{what}, pane {index}");
    names.len()
}

fn views() -> impl Iterator<Item = (f32, Vec2, u8, bool)> {
    let pans = [Vec2::ZERO, vec2(70.0, 55.0), vec2(-60.0, 30.0), vec2(15.0, -90.0)];
    let turns = [(0, false), (1, false), (2, true), (3, false)];
    [0.5, 1.0, 1.9, 4.0].into_iter().flat_map(move |zoom| {
        pans.into_iter().flat_map(move |pan| turns.map(|(quarters, flip)| (zoom, pan, quarters, flip)))
    })
}

fn turn_to(window: &mut Window, (zoom, pan, quarters, flip): (f32, Vec2, u8, bool)) {
    let open = window.state_mut().viewer.session_mut().expect("a study");
    for pane in &mut open.panes[..3] {
        *pane = Pane { zoom: 1.0, pan: Vec2::ZERO, orientation: Pane::default().orientation, ..pane.clone() };
        pane.turn_right(quarters);
        if flip {
            pane.flip_horizontally();
        }
        (pane.zoom, pane.pan) = (zoom, pan);
    }
    window.step();
}

#[test]
fn every_level_in_view_has_its_name_at_every_zoom_place_and_turn() {
    let mut window = graded_window(vec2(1280.0, 720.0), 1.0);
    let mut names = 0;
    for cell in [None, Some("spinal_canal_stenosis_l3_l4"), Some("right_neural_foraminal_narrowing_l4_l5")] {
        if let Some(cell) = cell {
            window.state_mut().viewer.perform(Action::SelectGrade(id(cell)));
            wait_for(&mut window, "the slices", is_shown);
        }
        for view in views() {
            turn_to(&mut window, view);
            for pane in 0..3 {
                names += check(&window, pane, &format!("{cell:?} {view:?}"));
            }
        }
    }
    assert!(names > 500, "{names}");
}

#[test]
fn every_level_in_view_has_its_name_in_every_layout_and_with_every_overlay() {
    let mut window = graded_window(vec2(1280.0, 720.0), 1.0);
    // All boxes, and words that say why there is no line.
    window.state_mut().viewer.settings.threshold = 0.01;
    window.state_mut().viewer.perform(Action::SelectGrade(id("left_neural_foraminal_narrowing_l3_l4")));
    wait_for(&mut window, "the slices", is_shown);
    for layout in [Layout::One, Layout::Two, Layout::Three, Layout::Four] {
        window.state_mut().viewer.settings.layout = layout;
        window.step();
        wait_for(&mut window, "the slices", is_shown);
        for switched in [None, Some(C::Captions), Some(C::ReferenceLines)] {
            for command in switched.into_iter().chain(switched) {
                window.state_mut().viewer.perform(Action::Do(command));
                for view in views().step_by(5) {
                    turn_to(&mut window, view);
                    let panes = window.state().viewer.visible_panes();
                    for pane in panes.into_iter().map(|id| id.index).filter(|&index| index < 3) {
                        check(&window, pane, &format!("{layout:?} {switched:?} {view:?}"));
                    }
                }
            }
        }
    }
}
