//! Text and signs at the edges of a pane: series, slice, window, orientation letters, a scale.

use egui::{Align, Align2, FontId, Pos2, Rect, Stroke, Vec2, vec2};

use super::{
    Labels,
    view::{Look, View},
};
use crate::{
    geometry::{PlaneKind, direction_letters},
    grading::Role,
    raster::Window,
    study::Series,
    ui::{state::words, view::theme},
};

const SIZE: f32 = 12.5;

/// Series, slice and window in the corners. Returns where the text stands.
pub fn paint_corners(view: &View<'_>) -> [Rect; 3] {
    let corner = |at: Align2, lines: &[String]| {
        let text = lines.iter().filter(|l| !l.is_empty()).cloned().collect::<Vec<_>>().join("\n");
        view.text(at.pos_in_rect(&view.rect.shrink(6.0)), at, &text, SIZE, theme::IMAGE_TEXT)
    };
    let (series, number) = (view.series(), view.at.1);
    let title = match view.look {
        Look::Screen => corner(Align2::LEFT_TOP, &[study_line(view), series_title(series), role_line(series)]),
        Look::Picture => corner(Align2::LEFT_TOP, &[row_line(view), plain_title(series)]),
    };
    let count = format!("Slice {} / {}", number + 1, series.slices.len());
    let place = corner(
        Align2::LEFT_BOTTOM,
        &[count, words::position(series, number).unwrap_or_else(|| "position unknown".to_owned())],
    );
    let window = view.pane.window.map_or_else(String::new, window_text);
    let turned = if view.pane.inverted { "inverted" } else { "" };
    let zoom = 100.0 * view.pane.zoom / view.transform.one_to_one(view.painter.pixels_per_point());
    let zoom = format!("{} x {}, {zoom:.0} %", view.slice.columns(), view.slice.rows());
    [title, place, corner(Align2::RIGHT_BOTTOM, &[turned.to_owned(), zoom, window])]
}

/// Centre and width, with as many decimals as a narrow window needs.
fn window_text(window: Window) -> String {
    let decimals = if window.width >= 10.0 { 0 } else { (1.0 - window.width.max(1e-30).log10().floor()) as usize };
    format!("C {:.decimals$}  W {:.decimals$}", window.center, window.width)
}

/// Whose image it is, while two studies are on screen.
fn study_line(view: &View<'_>) -> String {
    if view.viewer.screen.compared.is_none() {
        return String::new();
    }
    let parts = [words::open_study_name(view.session).to_owned(), words::date(&view.session.study.date)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The same without a name.
fn row_line(view: &View<'_>) -> String {
    let row = if view.viewer.screen.compared == Some(view.id.session) { "Lower study" } else { "Upper study" };
    if view.viewer.screen.compared.is_some() { row.to_owned() } else { String::new() }
}

/// What kind of series it is; its description was typed by somebody and may hold a name.
fn plain_title(series: &Series) -> String {
    let plane = series.slices.iter().find_map(|slice| slice.plane).map(|plane| match PlaneKind::of(&plane) {
        PlaneKind::Sagittal => "Sagittal",
        PlaneKind::Coronal => "Coronal",
        PlaneKind::Axial => "Axial",
    });
    let kind = series.role.map(Role::label).or(plane).unwrap_or("Plane unknown");
    series.number.map_or_else(|| kind.to_owned(), |n| format!("{n}: {kind}"))
}

fn series_title(series: &Series) -> String {
    let name = words::series_name(series);
    series.number.map_or_else(|| name.to_owned(), |n| format!("{n}: {name}"))
}

fn role_line(series: &Series) -> String {
    series.role.map_or_else(|| "not graded".to_owned(), |role| format!("graded as {}", role.label()))
}

/// Points on screen by which a letter or the scale gives way.
const STEP: f32 = 8.0;

/// Which way each edge points, as the image is turned now; none where the file gives no orientation. They are never
/// hidden, for an image without sides is dangerous; where a level's name stands in the way they move along their edge.
pub fn paint_letters(view: &View<'_>, labels: &mut Labels) {
    for (letter, at, place) in letters(view) {
        let along = if at.x() == Align::Center { Vec2::RIGHT } else { Vec2::DOWN };
        let moved = to_and_fro(view.rect.size().max_elem() / 2.0 / STEP)
            .map(|steps| place.translate(along * steps * STEP))
            .filter(|place| view.rect.contains_rect(*place));
        let places: Vec<Rect> = [place].into_iter().chain(moved).collect();
        let place = labels.beside_names(&places).unwrap_or(place);
        view.text(at.pos_in_rect(&place), at, &letter, LETTER_SIZE, theme::LETTERS);
    }
}

/// Where they stand if nothing is in their way.
pub fn letter_places(view: &View<'_>) -> Vec<Rect> {
    letters(view).into_iter().map(|(.., place)| place).collect()
}

const LETTER_SIZE: f32 = 16.0;

fn letters(view: &View<'_>) -> Vec<(String, Align2, Rect)> {
    let Some(plane) = view.slice.plane else { return Vec::new() };
    let (across, down) = (plane.column_direction(), plane.row_direction());
    // Below the two lines of the caption, which narrow panes need the whole width for.
    let inner = Rect::from_min_max(view.rect.min + vec2(5.0, 40.0), view.rect.max - vec2(5.0, 5.0));
    let edges = [
        (Vec2::LEFT, Align2::LEFT_CENTER),
        (Vec2::RIGHT, Align2::RIGHT_CENTER),
        (Vec2::UP, Align2::CENTER_TOP),
        (Vec2::DOWN, Align2::CENTER_BOTTOM),
    ];
    let letter = |(screen, at): (Vec2, Align2)| {
        let step = view.transform.image_from_screen_direction(screen);
        let direction = across * f64::from(step.x) + down * f64::from(step.y);
        let letters = direction_letters(direction);
        let place = at.anchor_size(at.pos_in_rect(&inner), size_of(view, &letters, LETTER_SIZE));
        (letters, at, place)
    };
    edges.map(letter).to_vec()
}

fn size_of(view: &View<'_>, text: &str, size: f32) -> Vec2 {
    view.painter.layout_no_wrap(text.to_owned(), FontId::proportional(size), theme::IMAGE_TEXT).size()
}

/// 0, then a step on and back, two on and back, and so on.
fn to_and_fro(most: f32) -> impl Iterator<Item = f32> {
    (0..=2 * most as usize).map(|i| if i % 2 == 0 { -(i as f32) / 2.0 } else { i.div_ceil(2) as f32 })
}

/// A scale of so many mm at a place: the bar, its ends and its text.
struct Scale {
    text: String,
    /// The bar, from top to bottom.
    bar: [Pos2; 2],
    all: Rect,
}

/// 1, 2, 5 or 10 cm; none where the spacing is unknown. It gives way to names of levels: along its edge, to the other
/// edge, shorter, and is left out where there is no room at all.
pub fn paint_scale(view: &View<'_>, labels: &mut Labels) {
    let scales = scales(view);
    let places: Vec<Rect> = scales.iter().map(|scale| scale.all).collect();
    let Some(first) = places.first().copied() else { return };
    let place = if labels.is_off_names(first) { Some(first) } else { labels.take(places.iter().copied()) };
    let Some(scale) = scales.iter().find(|scale| Some(scale.all) == place) else { return };
    labels.keep_free([scale.all]);
    let ([top, bottom], stroke) = (scale.bar, Stroke::new(1.0, theme::IMAGE_TEXT));
    view.painter.line_segment([top, bottom], stroke);
    for end in [top, bottom] {
        view.painter.line_segment([end - vec2(4.0, 0.0), end + vec2(4.0, 0.0)], stroke);
    }
    view.text(top + TEXT_OF_BAR, Align2::CENTER_BOTTOM, &scale.text, SCALE_SIZE, theme::IMAGE_TEXT);
}

/// Where it stands if nothing is in its way.
pub fn scale_place(view: &View<'_>) -> Option<Rect> {
    scales(view).first().map(|scale| scale.all)
}

const SCALE_SIZE: f32 = 11.5;
/// From the top of the bar to the foot of its text.
const TEXT_OF_BAR: Vec2 = vec2(-3.0, -3.0);
/// From the edge of the pane to the bar.
const FROM_EDGE: f32 = 26.0;

/// The places of the scale, the best first.
fn scales(view: &View<'_>) -> Vec<Scale> {
    if view.slice.pixel_spacing.is_none() {
        return Vec::new();
    }
    let (rect, points_per_mm) = (view.rect, view.transform.points_per_mm());
    let longest = rect.height() * 0.3;
    let mut all = Vec::new();
    for mm in [100.0f32, 50.0, 20.0, 10.0, 5.0].into_iter().filter(|mm| mm * points_per_mm <= longest) {
        let length = mm * points_per_mm;
        let text = if mm < 10.0 { format!("{mm:.0} mm") } else { format!("{:.0} cm", mm / 10.0) };
        let size = size_of(view, &text, SCALE_SIZE);
        for x in [rect.right() - FROM_EDGE, rect.left() + FROM_EDGE] {
            for steps in to_and_fro(rect.height() / 2.0 / STEP) {
                let middle = Pos2::new(x, rect.center().y - 40.0 + steps * STEP);
                let bar = [middle - vec2(0.0, length / 2.0), middle + vec2(0.0, length / 2.0)];
                let lines = Rect::from_two_pos(bar[0], bar[1]).expand2(vec2(4.0, 0.0));
                let all_of_it = lines.union(Align2::CENTER_BOTTOM.anchor_size(bar[0] + TEXT_OF_BAR, size));
                if all.is_empty() || rect.contains_rect(all_of_it) {
                    all.push(Scale { text: text.clone(), bar, all: all_of_it });
                }
            }
        }
    }
    all
}
