//! The 25 grades as a table of levels by conditions. A click on a cell shows its evidence in every pane.

use egui::{Align2, Color32, FontId, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, vec2};

use crate::{
    grading::{Assessment, GradeId, Level, Severity},
    ui::{
        cells::COLUMNS,
        session::{Grading, Session},
        theme,
        viewer::Action,
    },
};

const HEAD: f32 = 34.0;
const LEVELS: f32 = 44.0;
const ROW: f32 = 38.0;
const GAP: f32 = 3.0;

/// Heads over the columns: text, first column, how many.
const HEADS: [(&str, f32, f32); 3] = [("Canal", 0.0, 1.0), ("Foramen", 1.0, 2.0), ("Subarticular", 3.0, 2.0)];

/// The table.
pub fn grade_table_ui(ui: &mut Ui, session: &Session, actions: &mut Vec<Action>) {
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEAD + 5.0 * ROW), Sense::hover());
    let cell = vec2((width - LEVELS) / 5.0, ROW);
    let painter = ui.painter_at(rect);
    let font = FontId::proportional(12.0);
    let middle = |column: f32, columns: f32| rect.min.x + LEVELS + (column + columns / 2.0) * cell.x;
    for (name, first, count) in HEADS {
        let at = egui::pos2(middle(first, count), rect.min.y + HEAD * 0.28);
        painter.text(at, Align2::CENTER_CENTER, name, font.clone(), theme::of(ui).weak_text);
    }
    for (i, (_, side)) in COLUMNS.iter().enumerate() {
        let at = egui::pos2(middle(i as f32, 1.0), rect.min.y + HEAD * 0.75);
        let letter = side.map_or("", |side| side.label());
        painter.text(at, Align2::CENTER_CENTER, letter, font.clone(), theme::of(ui).weak_text);
    }
    for &level in Level::ALL {
        let top = rect.min.y + HEAD + level.index() as f32 * ROW;
        let at = egui::pos2(rect.min.x, top + ROW / 2.0);
        painter.text(at, Align2::LEFT_CENTER, level.label(), font.clone(), theme::of(ui).text);
        for (i, &(condition, side)) in COLUMNS.iter().enumerate() {
            let Some(id) = GradeId::new(condition, side, level) else { continue };
            let min = egui::pos2(rect.min.x + LEVELS + i as f32 * cell.x, top);
            let place = Rect::from_min_size(min, cell).shrink(GAP / 2.0);
            cell_ui(ui, session, id, place, actions);
        }
    }
}

/// What a cell shows.
struct Look {
    ground: Color32,
    edge: Color32,
    large: String,
    small: String,
}

fn cell_ui(ui: &mut Ui, session: &Session, id: GradeId, rect: Rect, actions: &mut Vec<Action>) {
    let response = ui.interact(rect, ui.scope_id().with(("cell", id.index())), Sense::click());
    let look = look(ui, session, id);
    let painter = ui.painter();
    painter.rect_filled(rect, 3.0, look.ground);
    let is_selected = session.selected == Some(id);
    let stroke = if is_selected {
        Stroke::new(2.5, theme::ACCENT)
    } else if response.hovered() || response.has_focus() {
        Stroke::new(1.5, theme::of(ui).text)
    } else {
        Stroke::new(1.0, look.edge)
    };
    painter.rect_stroke(rect, 3.0, stroke, StrokeKind::Inside);
    let text = |offset: Vec2, text: &str, size: f32, color| {
        painter.text(rect.center() + offset, Align2::CENTER_CENTER, text, FontId::proportional(size), color);
    };
    if look.small.is_empty() {
        text(Vec2::ZERO, &look.large, 15.0, theme::of(ui).text);
    } else if look.large.is_empty() {
        let lines: Vec<&str> = look.small.lines().collect();
        for (i, line) in lines.iter().enumerate() {
            let y = (i as f32 - (lines.len() as f32 - 1.0) / 2.0) * 12.0;
            text(vec2(0.0, y), line, 11.0, theme::of(ui).weak_text);
        }
    } else {
        text(vec2(0.0, -6.0), &look.large, 15.0, theme::of(ui).text);
        text(vec2(0.0, 9.0), &look.small, 11.0, theme::of(ui).text);
    }
    let is_contradicted = session
        .table
        .as_ref()
        .is_some_and(|table| table.get(id).key_evidence().is_some_and(|evidence| !evidence.conflicts.is_empty()));
    if is_contradicted {
        let corner = rect.right_top() + vec2(-6.0, 8.0);
        painter.text(corner, Align2::CENTER_CENTER, "!", FontId::proportional(12.0), theme::of(ui).warning);
    }
    let doubt = if is_contradicted { "; the best box names another place than where it lies" } else { "" };
    let spoken = format!("{}: {}{doubt}", id.label(), words(session, id));
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, spoken.clone()));
    if response.on_hover_text(spoken).clicked() {
        actions.push(Action::SelectGrade(id));
    }
}

fn assessment(session: &Session, id: GradeId) -> Option<&Assessment> {
    session.table.as_ref().map(|table| &table.get(id).assessment)
}

/// Whether the numbers of a cell may still come.
fn is_pending(session: &Session) -> bool {
    matches!(session.grading, Grading::Waiting | Grading::Running(..))
}

fn look(ui: &Ui, session: &Session, id: GradeId) -> Look {
    let palette = theme::of(ui);
    let empty = |small: &str| Look {
        ground: palette.empty_cell,
        edge: palette.edge,
        large: String::new(),
        small: small.to_owned(),
    };
    match assessment(session, id) {
        Some(Assessment::Detected { probabilities, .. }) => {
            let severity = probabilities.most_likely();
            Look {
                ground: palette.severity_ground(severity, probabilities.of(severity)),
                edge: theme::severity(severity),
                large: theme::severity_letter(severity).to_owned(),
                small: format!("{:.2}", probabilities.of(severity)),
            }
        }
        Some(Assessment::Prior { .. }) => empty("not\nseen"),
        _ if is_pending(session) => empty("..."),
        _ => empty("not\nassessed"),
    }
}

/// The cell in words: three different things stay three different things.
fn words(session: &Session, id: GradeId) -> String {
    match assessment(session, id) {
        Some(Assessment::Detected { probabilities: p, .. }) => {
            let parts = Severity::ALL.iter().map(|&s| format!("{} {:.2}", s.label(), p.of(s)));
            format!("{} (scores: {})", p.most_likely().label(), parts.collect::<Vec<_>>().join(", "))
        }
        Some(Assessment::Prior { .. }) => {
            "not seen: the detector looked and drew no box; an export states how common each severity is".to_owned()
        }
        _ if is_pending(session) => "not looked at yet".to_owned(),
        Some(Assessment::NotAssessed { reason }) => format!("not assessed: {reason}"),
        None => match &session.grading {
            Grading::Failed(why) => format!("not assessed: {why}"),
            _ => "not assessed".to_owned(),
        },
    }
}
