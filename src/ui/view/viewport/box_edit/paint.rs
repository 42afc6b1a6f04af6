//! The reader's boxes: two lines where a detector's box has one, a pencil before the label, and handles while the tool
//! for boxes is in the hand.

use egui::{Align2, FontId, Rect, Stroke, StrokeKind};

use super::{super::boxes::drag_in, by_hand, hit::handles, of_selected};
use crate::{
    grading::{GradeId, Severity},
    raster::BBox,
    review::Statement,
    ui::{
        state::{icon, session::Session, tool::Tool, words},
        view::{
            theme,
            viewport::{Labels, Look, View, boxes},
        },
    },
};

/// Between the two lines.
const GAP: f32 = 3.0;
const LINE: f32 = 1.3;
/// Under both: they read on white too.
const SHADOW: f32 = 2.0 * LINE + GAP + 1.6;
/// Half the side of a handle.
const HANDLE: f32 = 3.5;

/// The reader's boxes of the slice on screen, the one under the hand as it is now. Returns them.
pub fn paint_by_hand(view: &View<'_>, labels: &mut Labels) -> Vec<(GradeId, BBox)> {
    let mut all = by_hand(view.session, &view.viewer.visibility, &view.header().id());
    if let Some(drag) = drag_in(view) {
        all.retain(|(cell, _)| *cell != drag.cell);
        all.push((drag.cell, drag.now));
    }
    labels.spare(all.iter().map(|(_, bbox)| rect_of(view, bbox)));
    for (cell, bbox) in &all {
        paint_box(view, *cell, bbox);
    }
    all
}

fn rect_of(view: &View<'_>, b: &BBox) -> Rect {
    view.transform.screen_rect(b)
}

fn paint_box(view: &View<'_>, cell: GradeId, bbox: &BBox) {
    let rect = rect_of(view, bbox);
    if view.selected() == Some(cell) {
        view.painter.rect_stroke(rect.expand(2.5), 3.0, Stroke::new(2.0, theme::ACCENT), StrokeKind::Outside);
    }
    let color = color(view.session, cell);
    let between = rect.shrink(GAP / 2.0);
    view.painter.rect_stroke(between, 2.0, Stroke::new(SHADOW, theme::MARK_SHADOW), StrokeKind::Middle);
    for rect in [rect, rect.shrink(GAP)] {
        // Of a box that is small on screen one line remains.
        if rect.width() > 2.0 && rect.height() > 2.0 {
            view.painter.rect_stroke(rect, 1.0, Stroke::new(LINE, color), StrokeKind::Middle);
        }
    }
}

/// Their labels.
pub fn paint_labels(view: &View<'_>, boxes: &[(GradeId, BBox)], labels: &mut Labels) {
    for (cell, bbox) in boxes {
        let (color, letter) = (color(view.session, *cell), severity(view.session, *cell).map(theme::severity_letter));
        let letter = letter.unwrap_or("?");
        let rect = rect_of(view, bbox).expand(2.0);
        // Like a detector's box that names another place than its own.
        let doubt = if words::conflict_by_hand(view.session, *cell).is_some() { " !" } else { "" };
        let full = format!("{} {} {letter}{doubt}", icon::PENCIL, boxes::place_name(*cell));
        for text in [full, format!("{}{doubt}", icon::PENCIL)] {
            let galley = view.painter.layout_no_wrap(text.clone(), FontId::proportional(12.5), color);
            if let Some(place) = labels.beside(rect, galley.size()) {
                view.text(place.min, Align2::LEFT_TOP, &text, 12.5, color);
                break;
            }
        }
    }
}

/// The handles of the box behind the selected cell, while the tool for boxes is in the hand.
pub fn paint_handles(view: &View<'_>) {
    if view.viewer.hand.tool != Tool::Box || view.look != Look::Screen {
        return;
    }
    let dragged = drag_in(view).map(|drag| drag.now);
    let Some(bbox) = dragged.or_else(|| of_selected(view.viewer, view.session, &view.header().id())) else { return };
    for square in handles(&bbox, &view.transform, HANDLE) {
        view.painter.rect_filled(square, 0.0, theme::MARK_SHADOW);
        view.painter.rect_stroke(square, 0.0, Stroke::new(LINE, theme::MARK_ACTIVE), StrokeKind::Inside);
    }
}

/// What is said of the cell in the end.
fn severity(session: &Session, cell: GradeId) -> Option<Severity> {
    let review = session.review().cell(cell);
    match &session.run.table {
        Some(table) => Statement::of(table.get(cell), review).severity(),
        None => review.decision.and_then(crate::review::Decision::severity),
    }
}

fn color(session: &Session, cell: GradeId) -> egui::Color32 {
    severity(session, cell).map_or(theme::IMAGE_TEXT, theme::severity)
}
