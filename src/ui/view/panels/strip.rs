//! All slices that voted for the selected cell, side by side: a column for a slice, a bar for a severity.

use egui::{Align2, FontId, Rect, RichText, ScrollArea, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use crate::{
    grading::{GradeId, SliceId},
    study::Series,
    ui::{
        state::{session::Session, strip::SliceVotes, viewer::Action, words},
        view::{scores::scores_ui, theme},
    },
};

const BARS: f32 = 56.0;
const NUMBERS: f32 = 15.0;
const MARKS: f32 = 9.0;
/// Width of a column, at least and at most.
const COLUMN: (f32, f32) = (14.0, 34.0);

/// A strip for each series that voted.
pub fn strip_ui(ui: &mut Ui, session: &Session, id: GradeId, votes: &[SliceVotes], actions: &mut Vec<Action>) {
    for of_series in votes.chunk_by(|a, b| a.series == b.series) {
        let (Some(first), Some(last)) = (of_series.first(), of_series.last()) else { continue };
        let Some(series) = session.study.series.get(first.series) else { continue };
        let count = last.slice + 1 - first.slice;
        let title = format!("{}: {} of {} slices voted", series.description, of_series.len(), series.slices.len());
        ui.label(RichText::new(title).small().color(theme::of(ui).weak_text));
        let strip = Strip { session, id, series, shown: shown(session, first.series), best: best(session, id) };
        let width = (ui.available_width() / count as f32).clamp(COLUMN.0, COLUMN.1);
        ScrollArea::horizontal().id_salt(("strip", first.series)).show(ui, |ui| {
            let size = vec2(width * count as f32, MARKS + BARS + NUMBERS);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            paint_ground(ui, rect);
            for slice in first.slice..=last.slice {
                let left = rect.left() + (slice - first.slice) as f32 * width;
                let column = Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()));
                let here = of_series.iter().find(|votes| votes.slice == slice);
                strip.column_ui(ui, column, slice, here, actions);
            }
        });
    }
}

/// The slice of a series that is on screen.
fn shown(session: &Session, series: usize) -> Option<usize> {
    session.panes.iter().find(|pane| pane.series == Some(series)).map(|pane| pane.slice)
}

/// The slice with the box that the table shows first.
fn best(session: &Session, id: GradeId) -> Option<SliceId> {
    Some(session.run.table.as_ref()?.get(id).key_evidence()?.detection.slice.clone())
}

struct Strip<'a> {
    session: &'a Session,
    id: GradeId,
    series: &'a Series,
    shown: Option<usize>,
    best: Option<SliceId>,
}

impl Strip<'_> {
    fn column_ui(&self, ui: &Ui, rect: Rect, slice: usize, votes: Option<&SliceVotes>, actions: &mut Vec<Action>) {
        let palette = theme::of(ui);
        let is_shown = self.shown == Some(slice);
        let is_best =
            self.best.as_ref().is_some_and(|best| self.series.slices.get(slice).is_some_and(|s| s.id() == *best));
        self.paint_number(ui, rect, slice, is_shown, votes.is_some());
        let Some(votes) = votes else { return };
        let response = ui.interact(rect, ui.scope_id().with(("vote", votes.series, slice)), Sense::click());
        if is_shown || response.hovered() || response.has_focus() {
            let color = if is_shown { palette.accent } else { palette.weak_text };
            ui.painter().rect_stroke(rect.shrink(0.5), 2.0, Stroke::new(1.2, color), StrokeKind::Inside);
        }
        paint_bars(ui, rect, votes);
        if is_best {
            let (top, x) = (rect.top() + 1.5, rect.center().x);
            let triangle = vec![pos2(x - 4.0, top), pos2(x + 4.0, top), pos2(x, top + 6.0)];
            ui.painter().add(egui::Shape::convex_polygon(triangle, palette.text, Stroke::NONE));
        }
        let place = words::position(self.series, slice).map(|at| format!(", {at}")).unwrap_or_default();
        let best = if is_best { ", best" } else { "" };
        let scores = votes.best.iter().flatten().map(words::score).collect::<Vec<_>>().join("; ");
        let spoken = format!("Slice {}{place}{best}: {scores}", slice + 1);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, spoken.clone()));
        if response.on_hover_ui(|ui| self.tip_ui(ui, slice, votes)).clicked()
            && let Some(evidence) = votes.strongest()
        {
            actions.push(Action::ShowBox(self.id, Box::new(evidence.clone())));
        }
    }

    /// Every slice's number where there is room; else every fifth, and the one on screen.
    fn paint_number(&self, ui: &Ui, rect: Rect, slice: usize, is_shown: bool, has_votes: bool) {
        let palette = theme::of(ui);
        let is_near_shown = self.shown.is_some_and(|shown| shown.abs_diff(slice) == 1);
        let is_wide = rect.width() >= 20.0;
        if !is_wide && !is_shown && (is_near_shown || !(slice + 1).is_multiple_of(5)) {
            return;
        }
        let color = if is_shown {
            palette.accent
        } else if has_votes {
            palette.text
        } else {
            palette.weak_text
        };
        let at = pos2(rect.center().x, rect.bottom() - NUMBERS / 2.0);
        ui.painter().text(at, Align2::CENTER_CENTER, slice + 1, FontId::proportional(11.0), color);
    }

    fn tip_ui(&self, ui: &mut Ui, slice: usize, votes: &SliceVotes) {
        ui.set_max_width(280.0);
        let id = self.series.slices.get(slice).map(crate::study::SliceRef::id);
        let place = id.and_then(|id| words::place(&self.session.study, &id)).unwrap_or_default();
        ui.label(RichText::new(place).family(theme::bold()));
        scores_ui(ui, votes.weights(), true);
        for evidence in votes.best.iter().flatten() {
            let conflict = words::conflict(self.id, evidence);
            if (evidence.detection.score - evidence.weight).abs() >= 0.005 || conflict.is_some() {
                let text = RichText::new(words::score(evidence)).small();
                ui.label(text.color(theme::of(ui).weak_text));
            }
            if let Some(words) = conflict {
                ui.label(RichText::new(format!("! {words}")).small().color(theme::of(ui).warning));
            }
        }
    }
}

/// A line at 0, at a half and at 1.
fn paint_ground(ui: &Ui, rect: Rect) {
    for share in [0.0, 0.5, 1.0] {
        let y = rect.top() + MARKS + BARS * (1.0 - share);
        ui.painter().hline(rect.x_range(), y, Stroke::new(1.0, theme::of(ui).edge.gamma_multiply(0.7)));
    }
}

fn paint_bars(ui: &Ui, rect: Rect, votes: &SliceVotes) {
    let floor = rect.top() + MARKS + BARS;
    let width = (rect.width() - 4.0) / 3.0;
    for (i, evidence) in votes.best.iter().enumerate() {
        let Some(evidence) = evidence else { continue };
        let height = (BARS * evidence.weight.clamp(0.0, 1.0)).max(2.0);
        let left = rect.left() + 2.0 + i as f32 * width;
        let bar = Rect::from_x_y_ranges(left..=left + width - 0.5, floor - height..=floor);
        ui.painter().rect_filled(bar, 0.0, theme::severity(evidence.severity));
    }
}
