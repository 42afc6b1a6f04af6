//! One cell of the grade table: letter, score, ground and bar by severity, the source by its look.

use egui::{Align2, FontId, Rect, RichText, Sense, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};

use crate::{
    grading::{Assessment, Grade, GradeId, Probabilities, Severity},
    review::{BoxChoice, Decision},
    ui::{
        scores::scores_ui,
        session::Session,
        theme::{self, icon},
        viewer::Action,
        words,
    },
};

/// Height of the bar of three shares.
const BAR: f32 = 4.0;

/// A cell that a click, Enter, or Alt and the arrows select.
pub fn cell_ui(ui: &Ui, session: &Session, id: GradeId, rect: Rect, actions: &mut Vec<Action>) {
    let response = ui.interact(rect, ui.scope_id().with(("cell", id.index())), Sense::click());
    let row = session.table.as_ref().map(|table| table.get(id));
    paint(ui, session, row, rect);
    paint_decision(ui, session, id, row, rect);
    let palette = theme::of(ui);
    let stroke = if session.selected == Some(id) {
        Some(Stroke::new(2.5, palette.accent))
    } else if response.hovered() || response.has_focus() {
        Some(Stroke::new(1.5, palette.text))
    } else {
        None
    };
    if let Some(stroke) = stroke {
        ui.painter().rect_stroke(rect, 3.0, stroke, StrokeKind::Inside);
    }
    let doubt = if conflict(row).is_some() { "; the best box names another place than where it lies" } else { "" };
    let spoken = format!("{}: {}{doubt}", id.label(), words::of_cell(session, id));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, spoken.clone()));
    if response.on_hover_ui(|ui| tip_ui(ui, session, id, row)).clicked() {
        actions.push(Action::SelectGrade(id));
    }
}

/// What the best box claims against where it lies.
fn conflict(row: Option<&Grade>) -> Option<String> {
    words::conflict(row?.id, row?.key_evidence()?)
}

fn paint(ui: &Ui, session: &Session, row: Option<&Grade>, rect: Rect) {
    let palette = theme::of(ui);
    let words = |lines: [&str; 2]| {
        for (line, y) in lines.into_iter().zip([-6.0, 6.0]) {
            let at = rect.center() + vec2(0.0, y);
            ui.painter().text(at, Align2::CENTER_CENTER, line, FontId::proportional(11.5), palette.weak_text);
        }
    };
    match row.map(|row| &row.assessment) {
        Some(Assessment::Detected { probabilities, .. }) => paint_scores(ui, *probabilities, rect),
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
        _ if session.grading.is_pending() => {
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
    if conflict(row).is_some() {
        let corner = rect.right_top() + vec2(-7.0, 9.0);
        ui.painter().text(corner, Align2::CENTER_CENTER, "!", FontId::new(14.0, theme::bold()), palette.warning);
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
        match decision.severity() {
            Some(severity) => {
                painter.rect_filled(rect, 3.0, palette.severity_ground(severity, 1.0));
                text(vec2(0.0, -7.0), theme::severity_letter(severity), FontId::new(15.0, theme::bold()), palette.text);
            }
            None => {
                hatch(ui, rect);
                text(vec2(0.0, -7.0), "n/a", FontId::new(13.0, theme::bold()), palette.text);
            }
        }
        // What it was before, so that nothing of the program's is hidden.
        let was = match row.and_then(Grade::probabilities).filter(|_| row.is_some_and(|r| !r.evidence().is_empty())) {
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

fn tip_ui(ui: &mut Ui, session: &Session, id: GradeId, row: Option<&Grade>) {
    ui.set_max_width(300.0);
    let palette = theme::of(ui);
    let small = |text: String| RichText::new(text).small().color(palette.weak_text);
    ui.label(RichText::new(id.label()).family(theme::bold()));
    if let Some(probabilities) = row.and_then(Grade::probabilities) {
        scores_ui(ui, probabilities.as_array(), row.is_some_and(|row| !row.evidence().is_empty()));
    }
    if let Some(why) = words::why_empty(session, id) {
        ui.label(small(sentence(&why)));
        return;
    }
    let cell = session.review().cell(id);
    if let Some(decision) = cell.decision {
        ui.label(RichText::new(format!("Reader: {}", decision.label())).small().color(palette.accent));
    }
    if !cell.comment.is_empty() {
        ui.label(small(cell.comment.clone()));
    }
    let Some(evidence) = row.and_then(Grade::key_evidence) else { return };
    ui.label(small(format!("Detected. Best box: {}", words::score(evidence))));
    if let Some(place) = words::place(&session.study, &evidence.detection.slice) {
        ui.label(small(place));
    }
    if let Some(words) = words::conflict(id, evidence) {
        ui.label(RichText::new(format!("! {words}")).small().color(palette.warning));
    }
}

/// With a capital letter first.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
