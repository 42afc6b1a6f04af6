//! One cell of the grade table: letter, score, ground and bar by severity, the source by its look.

use egui::{Align2, FontId, Rect, RichText, Sense, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};

use crate::ui::state::strip;
use crate::{
    grading::{Assessment, Grade, GradeId, Probabilities, Severity},
    review::{BoxChoice, Decision},
    ui::{
        state::{icon, session::Session, strip::Weak, viewer::Action, words},
        view::{scores::scores_ui, theme},
    },
};

/// Height of the bar of three shares.
const BAR: f32 = 4.0;

/// A cell that a click, Enter, or Alt and the arrows select. `shown_from`: the score from which boxes are shown.
pub fn cell_ui(ui: &Ui, session: &Session, id: GradeId, shown_from: f32, rect: Rect, actions: &mut Vec<Action>) {
    let response = ui.interact(rect, ui.scope_id().with(("cell", id.index())), Sense::click());
    let row = session.run.table.as_ref().map(|table| table.get(id));
    let (weak, conflict) = (strip::weak(session, id, shown_from), words::conflict_of_cell(session, id));
    paint(ui, session, row, weak.as_ref(), rect);
    paint_decision(ui, session, id, row, rect);
    let palette = theme::of(ui);
    if conflict.is_some() {
        let corner = rect.right_top() + vec2(-7.0, 9.0);
        ui.painter().text(corner, Align2::CENTER_CENTER, "!", FontId::new(14.0, theme::bold()), palette.warning);
    }
    let stroke = if session.focus.cell == Some(id) {
        Some(Stroke::new(2.5, palette.accent))
    } else if response.hovered() || response.has_focus() {
        Some(Stroke::new(1.5, palette.text))
    } else {
        None
    };
    if let Some(stroke) = stroke {
        ui.painter().rect_stroke(rect, 3.0, stroke, StrokeKind::Inside);
    }
    let is_by_hand = matches!(session.review().cell(id).region, BoxChoice::Reader(_));
    let doubt = match (&conflict, is_by_hand) {
        (Some(words), true) => format!("; the hand-drawn box: {words}"),
        (Some(_), false) => "; the best box names a different level or side from where it lies".to_owned(),
        (None, _) => String::new(),
    };
    let weak = weak.filter(|_| !row.is_some_and(Grade::is_doubtful));
    let faint = weak.as_ref().map(|weak| format!("; {}", words::weak(weak))).unwrap_or_default();
    let spoken = format!("{}: {}{faint}{doubt}", id.label(), words::of_cell(session, id));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, spoken.clone()));
    if response.on_hover_ui(|ui| tip_ui(ui, session, id, row, weak.as_ref())).clicked() {
        actions.push(Action::SelectGrade(id));
    }
}

fn paint(ui: &Ui, session: &Session, row: Option<&Grade>, weak: Option<&Weak>, rect: Rect) {
    let palette = theme::of(ui);
    let words = |lines: [&str; 2]| {
        for (line, y) in lines.into_iter().zip([-6.0, 6.0]) {
            let at = rect.center() + vec2(0.0, y);
            ui.painter().text(at, Align2::CENTER_CENTER, line, FontId::proportional(11.5), palette.weak_text);
        }
    };
    match row.map(|row| &row.assessment) {
        Some(Assessment::Detected { .. }) if row.is_some_and(Grade::is_doubtful) => {
            // Grey and without a letter: it must not be read as a grade.
            ui.painter().rect_filled(rect, 3.0, palette.empty_cell);
            let moved = row.and_then(Grade::moved).unwrap_or_default();
            words(["doubt", &moved]);
        }
        Some(Assessment::Detected { probabilities, .. }) => match weak {
            Some(weak) => paint_weak(ui, *probabilities, weak, rect),
            None => paint_scores(ui, *probabilities, rect),
        },
        // Hollow: looked at, nothing drawn.
        Some(Assessment::Prior { .. }) => {
            ui.painter().rect_stroke(
                rect,
                3.0,
                Stroke::new(1.0, palette.weak_text.gamma_multiply(0.6)),
                StrokeKind::Inside,
            );
            words(["not", "seen"]);
        }
        _ if session.run.progress.is_pending() => {
            ui.painter().rect_filled(rect, 3.0, palette.empty_cell);
            ui.painter().text(
                rect.center(),
                Align2::CENTER_CENTER,
                "...",
                FontId::proportional(12.0),
                palette.weak_text,
            );
        }
        _ => {
            hatch(ui, rect);
            // A dash on a ground of its own, so that the lines behind it do not hide it.
            ui.painter().rect_filled(Rect::from_center_size(rect.center(), vec2(18.0, 14.0)), 2.0, palette.panel);
            let dash = [rect.center() - vec2(5.0, 0.0), rect.center() + vec2(5.0, 0.0)];
            ui.painter().line_segment(dash, Stroke::new(1.5, palette.weak_text));
        }
    }
}

fn paint_scores(ui: &Ui, probabilities: Probabilities, rect: Rect) {
    let palette = theme::of(ui);
    let severity = probabilities.most_likely();
    let score = probabilities.of(severity);
    let painter = ui.painter();
    painter.rect_filled(rect, 3.0, palette.severity_ground(severity, score));
    let text = |offset: Vec2, text: &str, font: FontId| {
        painter.text(rect.center() + offset, Align2::CENTER_CENTER, text, font, palette.text);
    };
    text(vec2(0.0, -9.0), theme::severity_letter(severity), FontId::new(15.0, theme::bold()));
    text(vec2(0.0, 6.0), &format!("{score:.2}"), FontId::proportional(11.5));
    // The three shares, mildest first, on a ground that keeps them apart from the cell's.
    let bar = Rect::from_min_max(pos2(rect.left() + 3.0, rect.bottom() - BAR - 2.0), rect.max - vec2(3.0, 2.0));
    painter.rect_filled(bar.expand(1.0), 1.0, palette.panel);
    let mut from = bar.left();
    for &severity in Severity::ALL {
        let to = from + bar.width() * probabilities.of(severity);
        let part = Rect::from_x_y_ranges(from..=to, bar.y_range());
        painter.rect_filled(part, 0.0, theme::severity(severity));
        from = to;
    }
}

/// Hollow, with a broken edge, and without the bar: the best box's score stands where else stands what the scores add
/// up to, and below it how many slices voted.
fn paint_weak(ui: &Ui, probabilities: Probabilities, weak: &Weak, rect: Rect) {
    let palette = theme::of(ui);
    let severity = probabilities.most_likely();
    let color = palette.severity_text(severity);
    let painter = ui.painter();
    let inner = rect.shrink(0.75);
    let corners = [inner.left_top(), inner.right_top(), inner.right_bottom(), inner.left_bottom(), inner.left_top()];
    painter.extend(egui::Shape::dashed_line(&corners, Stroke::new(1.0, color.gamma_multiply(0.8)), 3.0, 3.0));
    for (y, text, size, color) in [
        (-11.0, theme::severity_letter(severity).to_owned(), 13.0, color),
        (1.0, format!("{:.2}", weak.score), 11.0, palette.text),
        (12.0, format!("{}/{}", weak.voted, weak.slices), 10.5, palette.weak_text),
    ] {
        let at = rect.center() + vec2(0.0, y);
        painter.text(at, Align2::CENTER_CENTER, text, FontId::proportional(size), color);
    }
}

/// The reader's word: a tick where the program is agreed with, a pencil and the own severity where not.
fn paint_decision(ui: &Ui, session: &Session, id: GradeId, row: Option<&Grade>, rect: Rect) {
    let cell = session.review().cell(id);
    let palette = theme::of(ui);
    let painter = ui.painter();
    let text = |offset: Vec2, text: &str, font: FontId, color: egui::Color32| {
        painter.text(rect.center() + offset, Align2::CENTER_CENTER, text, font, color);
    };
    if let Some(decision @ (Decision::Changed(_) | Decision::NotAssessable)) = cell.decision {
        painter.rect_filled(rect, 3.0, palette.panel);
        if let Some(severity) = decision.severity() {
            painter.rect_filled(rect, 3.0, palette.severity_ground(severity, 1.0));
            text(vec2(0.0, -7.0), theme::severity_letter(severity), FontId::new(15.0, theme::bold()), palette.text);
        } else {
            hatch(ui, rect);
            text(vec2(0.0, -7.0), "n/a", FontId::new(13.0, theme::bold()), palette.text);
        }
        // What it was before, so that nothing of the program's is hidden.
        let is_said = row.is_some_and(|row| !row.evidence().is_empty() && !row.is_doubtful());
        let was = match row.and_then(Grade::probabilities).filter(|_| is_said) {
            Some(p) => format!("was {}", theme::severity_letter(p.most_likely())),
            None => "was -".to_owned(),
        };
        text(vec2(0.0, 9.0), &was, FontId::proportional(10.5), palette.text);
    }
    let sign = match cell.decision {
        Some(Decision::Accepted(_)) => icon::CHECK,
        Some(_) => icon::PENCIL,
        None if !cell.comment.is_empty() || cell.region != BoxChoice::Model => icon::NOTE,
        None => return,
    };
    painter.text(
        rect.left_top() + vec2(8.0, 9.0),
        Align2::CENTER_CENTER,
        sign,
        FontId::proportional(13.0),
        palette.accent,
    );
}

/// Slanted lines: nothing looked.
pub fn hatch(ui: &Ui, rect: Rect) {
    let palette = theme::of(ui);
    let painter = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let mut x = rect.left() - rect.height();
    while x < rect.right() {
        let line = [pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())];
        painter.line_segment(line, Stroke::new(1.0, palette.weak_text.gamma_multiply(0.4)));
        x += 6.0;
    }
    painter.rect_stroke(rect, 2.0, Stroke::new(1.0, palette.edge), StrokeKind::Inside);
}

fn tip_ui(ui: &mut Ui, session: &Session, id: GradeId, row: Option<&Grade>, weak: Option<&Weak>) {
    ui.set_max_width(300.0);
    let palette = theme::of(ui);
    let small = |text: String| RichText::new(text).small().color(palette.weak_text);
    ui.label(RichText::new(id.label()).family(theme::bold()));
    if let Some(probabilities) = row.and_then(Grade::probabilities) {
        scores_ui(
            ui,
            probabilities.as_array(),
            row.is_some_and(|row| !row.evidence().is_empty() && !row.is_doubtful()),
        );
    }
    let warning = |text: String| RichText::new(text).small().color(palette.warning);
    if let Some(doubt) = row.and_then(words::doubt) {
        ui.label(warning(words::sentence(&doubt)));
    }
    if let Some(weak) = weak {
        ui.label(warning(words::sentence(&words::weak(weak))));
    }
    let cell = session.review().cell(id);
    if let Some(decision) = cell.decision {
        ui.label(RichText::new(format!("Reader: {}", decision.label())).small().color(palette.accent));
    }
    if !cell.comment.is_empty() {
        ui.label(small(cell.comment.clone()));
    }
    if let Some(why) = words::why_empty(session, id) {
        ui.label(small(words::sentence(&why)));
    }
    if let Some(evidence) = row.and_then(Grade::key_evidence) {
        ui.label(small(format!("Detected. Best box: {}", words::score(evidence))));
        if let Some(place) = words::place(&session.study, &evidence.detection.slice) {
            ui.label(small(place));
        }
    }
    if let Some(words) = words::conflict_of_cell(session, id) {
        ui.label(warning(format!("! {words}")));
    }
}
