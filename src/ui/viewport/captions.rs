//! Text and signs at the edges of a pane: series, slice, window, orientation letters, a scale.

use egui::{Align2, Pos2, Rect, Stroke, Vec2, vec2};

use super::view::{Look, View};
use crate::{
    geometry::{PlaneKind, direction_letters},
    grading::Role,
    raster::Window,
    study::Series,
    ui::{theme, words},
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
    if view.viewer.compared.is_none() {
        return String::new();
    }
    let parts = [words::open_study_name(view.session).to_owned(), words::date(&view.session.study.date)];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// The same without a name.
fn row_line(view: &View<'_>) -> String {
    let row = if view.viewer.compared == Some(view.id.session) { "Lower study" } else { "Upper study" };
    if view.viewer.compared.is_some() { row.to_owned() } else { String::new() }
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

/// Which way each edge points, as the image is turned now; none where the file gives no orientation. They are never
/// hidden, for an image without sides is dangerous. Returns where they stand.
pub fn paint_letters(view: &View<'_>) -> Vec<Rect> {
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
    let letters = edges.map(|(screen, at)| {
        let step = view.transform.image_from_screen_direction(screen);
        let direction = across * f64::from(step.x) + down * f64::from(step.y);
        view.text(at.pos_in_rect(&inner), at, &direction_letters(direction), 16.0, theme::LETTERS)
    });
    letters.to_vec()
}

/// 1, 2, 5 or 10 cm; none where the spacing is unknown. Returns where its text stands.
pub fn paint_scale(view: &View<'_>) -> Option<Rect> {
    view.slice.pixel_spacing?;
    let (rect, points_per_mm) = (view.rect, view.transform.points_per_mm());
    let longest = rect.height() * 0.3;
    let mm = [100.0f32, 50.0, 20.0, 10.0, 5.0].into_iter().find(|mm| mm * points_per_mm <= longest)?;
    let length = mm * points_per_mm;
    let x = rect.right() - 26.0;
    let (top, bottom) = (rect.center().y - length / 2.0 - 40.0, rect.center().y + length / 2.0 - 40.0);
    let stroke = Stroke::new(1.0, theme::IMAGE_TEXT);
    view.painter.line_segment([Pos2::new(x, top), Pos2::new(x, bottom)], stroke);
    for y in [top, bottom] {
        view.painter.line_segment([Pos2::new(x - 4.0, y), Pos2::new(x + 4.0, y)], stroke);
    }
    let text = if mm < 10.0 { format!("{mm:.0} mm") } else { format!("{:.0} cm", mm / 10.0) };
    Some(view.text(Pos2::new(x - 3.0, top - 3.0), Align2::CENTER_BOTTOM, &text, 11.5, theme::IMAGE_TEXT))
}
