//! Where the other panes' slices cut this one, and the point that all panes show.

use egui::{Align2, Color32, Pos2, Rect, Shape, Stroke};

use super::view::View;
use crate::{
    geometry::{ImagePlane, PixelCenter, cross_reference_line},
    ui::{state::pane::PaneId, view::theme},
};

/// Planes that meet at a smaller angle have no line that helps a reader: two sagittal stacks, say.
const LEAST_ANGLE_DEG: f64 = 10.0;
/// Room between the edges of the crosshair and its middle, so that it hides nothing.
const HOLE: f32 = 7.0;

/// What another pane of the same study casts here.
enum Cast {
    /// Its slice's line and the lines of the first and last slice of its block, in pixels.
    Lines { active: [PixelCenter; 2], ends: Vec<[PixelCenter; 2]> },
    /// No line, and why, in the reader's words.
    None(&'static str),
    /// The planes are nearly parallel: nobody expects a line.
    Parallel,
}

/// The lines of every other pane of this study on screen, and a word where one cannot be drawn. Returns where the words
/// stand.
pub fn paint_references(view: &View<'_>) -> Rect {
    let mut words = Vec::new();
    let mut assumed = false;
    for other in view.viewer.visible_panes() {
        if other == view.id || other.session != view.id.session {
            continue;
        }
        let name = other.index + 1;
        match cast(view, other) {
            Some(Cast::Lines { active, ends }) => {
                let color = theme::reference_line(other.index);
                for line in ends {
                    paint_line(view, line, Stroke::new(1.0, color.gamma_multiply(0.35)), None);
                }
                paint_line(view, active, Stroke::new(1.3, color), Some((7.0, 4.0)));
                assumed |= view.session.study.assumed_common_space;
            }
            Some(Cast::None(why)) => words.push(format!("no line for pane {name}: {why}")),
            Some(Cast::Parallel) | None => (),
        }
    }
    if assumed {
        words.push("lines assume one patient space".to_owned());
    }
    // Above the number and the place of the slice; the top has letters and levels.
    let at = view.rect.left_bottom() + egui::vec2(6.0, -42.0);
    view.text(at, Align2::LEFT_BOTTOM, &words.join("\n"), 11.5, theme::LETTERS)
}

fn paint_line(view: &View<'_>, line: [PixelCenter; 2], stroke: Stroke, dashes: Option<(f32, f32)>) {
    let ends = line.map(|end| view.transform.screen_from_pixel(end));
    match dashes {
        Some((dash, gap)) => {
            let dashes: Vec<Shape> = Shape::dashed_line(&ends, stroke, dash, gap);
            view.painter.extend(dashes);
        }
        None => {
            view.painter.line_segment(ends, stroke);
        }
    }
}

/// `None` where the other pane shows nothing, or the same series.
fn cast(view: &View<'_>, other: PaneId) -> Option<Cast> {
    let (session, pane) = view.viewer.pane(other)?;
    let series_index = pane.series.filter(|&series| series != view.at.0)?;
    let series = &session.study.series[series_index];
    let shown = pane.shown?;
    let (Some(here), Some(there)) = (view.slice.plane, series.slices.get(shown)?.plane) else {
        return Some(Cast::None("a position is missing"));
    };
    if is_near_parallel(&here, &there) {
        return Some(Cast::Parallel);
    }
    if !session.study.share_space(view.at.0, series_index) {
        return Some(Cast::None("another patient space"));
    }
    let Some(active) = cross_reference_line(&here, &there) else {
        return Some(Cast::None("its slice lies outside"));
    };
    let block = series.blocks.iter().find(|block| block.contains(&shown));
    let ends = block.map(|block| [block.start, block.end.saturating_sub(1)]).into_iter().flatten();
    let planes = ends.filter(|&end| end != shown).filter_map(|end| series.slices.get(end)?.plane);
    Some(Cast::Lines { active, ends: planes.filter_map(|plane| cross_reference_line(&here, &plane)).collect() })
}

fn is_near_parallel(a: &ImagePlane, b: &ImagePlane) -> bool {
    a.normal().dot(b.normal()).abs() > LEAST_ANGLE_DEG.to_radians().cos()
}

/// The point that the reader pointed at, where this pane shows its place; paler where the slice lies beside it.
pub fn paint_crosshair(view: &View<'_>) {
    let Some((series, point)) = view.session.crosshair else { return };
    if !view.session.study.share_space(series, view.at.0) {
        return;
    }
    let Some(plane) = view.slice.plane else { return };
    let pixel = plane.pixel_from_patient(point);
    let at = view.transform.screen_from_pixel(pixel);
    let reach = view.series().spacing.unwrap_or(5.0) / 2.0 + 0.5;
    let is_here = plane.distance_from_patient(point).abs() <= reach;
    let color = if is_here { theme::CROSSHAIR } else { theme::CROSSHAIR.gamma_multiply(0.45) };
    paint_cross(view, at, color);
}

fn paint_cross(view: &View<'_>, at: Pos2, color: Color32) {
    let (rect, stroke) = (view.rect, Stroke::new(1.0, color));
    for [from, to] in [
        [Pos2::new(rect.left(), at.y), Pos2::new(at.x - HOLE, at.y)],
        [Pos2::new(at.x + HOLE, at.y), Pos2::new(rect.right(), at.y)],
        [Pos2::new(at.x, rect.top()), Pos2::new(at.x, at.y - HOLE)],
        [Pos2::new(at.x, at.y + HOLE), Pos2::new(at.x, rect.bottom())],
    ] {
        view.painter.line_segment([from, to], stroke);
    }
}
