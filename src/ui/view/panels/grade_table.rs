//! The 25 grades as a heat map of levels by conditions, with heads that show and hide boxes.

use egui::{Align2, FontId, Rect, RichText, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::grade_cell::{cell_ui, hatch};
use crate::{
    grading::{Condition, GradeId, Level, Severity},
    pipeline::Warning,
    ui::{
        state::{
            cells::COLUMNS,
            command::UiCommand,
            icon,
            session::Session,
            viewer::{Action, Viewer},
        },
        view::theme,
    },
};

const HEAD: f32 = 36.0;
const LEVELS: f32 = 50.0;
const ROW: f32 = 40.0;
const GAP: f32 = 3.0;

/// Heads over the columns: condition, text, first column, how many, and the command that shows or hides its boxes.
const HEADS: [(Condition, &str, f32, f32, UiCommand); 3] = [
    (Condition::SpinalCanalStenosis, "Canal", 0.0, 1.0, UiCommand::ShowCanal),
    (Condition::NeuralForaminalNarrowing, "Foramen", 1.0, 2.0, UiCommand::ShowForamina),
    (Condition::SubarticularStenosis, "Subarticular", 3.0, 2.0, UiCommand::ShowSubarticular),
];

/// The table with its legend.
pub fn grade_table_ui(ui: &mut Ui, viewer: &Viewer, session: &Session, actions: &mut Vec<Action>) {
    doubt_ui(ui, session);
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, HEAD + 5.0 * ROW), Sense::hover());
    let cell = vec2((width - LEVELS) / 5.0, ROW);
    for (condition, name, first, count, command) in HEADS {
        let left = rect.min.x + LEVELS + first * cell.x;
        let place = Rect::from_min_size(pos2(left, rect.min.y), vec2(count * cell.x, HEAD)).shrink(GAP / 2.0);
        let is_shown = viewer.visibility.shows_condition(condition);
        let hint = format!("{}: click to show or hide its boxes on the images", condition.label());
        if head_ui(ui, place, &Head { name, sides: count > 1.0, is_shown, hint: &hint }) {
            actions.push(Action::Do(command));
        }
    }
    for &level in Level::ALL {
        let top = rect.min.y + HEAD + level.index() as f32 * ROW;
        let place = Rect::from_min_size(pos2(rect.min.x, top), vec2(LEVELS, ROW)).shrink(GAP / 2.0);
        let is_shown = viewer.visibility.shows_level(level);
        if level_ui(ui, place, level, is_shown, session.focus.cell.is_some_and(|id| id.level() == level)) {
            actions.push(Action::ShowLevel(level, !is_shown));
        }
        for (i, &(condition, side)) in COLUMNS.iter().enumerate() {
            let Some(id) = GradeId::new(condition, side, level) else { continue };
            let min = pos2(rect.min.x + LEVELS + i as f32 * cell.x, top);
            let place = Rect::from_min_size(min, cell).shrink(GAP / 2.0);
            cell_ui(ui, session, id, viewer.settings.threshold, place, actions);
        }
    }
    legend_ui(ui);
}

/// Over the table of a study that is unlike those that the models know, so that nobody reads it as grades.
fn doubt_ui(ui: &mut Ui, session: &Session) {
    let Some(unfamiliar) = session.run.graded.as_ref().and_then(|graded| graded.unfamiliar.as_ref()) else { return };
    if !unfamiliar.is_pulled() {
        return;
    }
    let percent = unfamiliar.percent();
    let text = if unfamiliar.is_mostly_prior() {
        format!("{} DOUBT, NOT GRADES: unfamiliar images, moved {percent} to what is usual", icon::WARNING)
    } else {
        format!("{} Unfamiliar images: grades moved {percent} to what is usual", icon::WARNING)
    };
    let palette = theme::of(ui);
    let label = egui::Label::new(RichText::new(text).size(12.0).color(palette.warning).family(theme::bold()));
    ui.add(label).on_hover_text(Warning::Unfamiliar(unfamiliar.clone()).to_string());
}

struct Head<'a> {
    name: &'a str,
    /// Right and left below it.
    sides: bool,
    is_shown: bool,
    hint: &'a str,
}

/// A condition over its columns. Whether it was clicked.
fn head_ui(ui: &Ui, rect: Rect, head: &Head<'_>) -> bool {
    let response = switch_ui(ui, rect, head.name, head.is_shown, head.hint);
    let palette = theme::of(ui);
    let color = if head.is_shown { palette.text } else { palette.weak_text };
    let painter = ui.painter();
    let font = FontId::proportional(12.5);
    let low = rect.min.y + rect.height() * 0.74;
    let at = pos2(rect.center().x, rect.min.y + rect.height() * 0.26);
    painter.text(at, Align2::CENTER_CENTER, head.name, font, color);
    let letters = if head.sides { ["Right", "Left"] } else { ["", ""] };
    for (share, letter) in [0.2, 0.8].into_iter().zip(letters) {
        let at = pos2(rect.min.x + rect.width() * share, low);
        painter.text(at, Align2::CENTER_CENTER, letter, FontId::proportional(11.5), palette.weak_text);
    }
    eye(ui, pos2(rect.center().x, low), head.is_shown);
    response.clicked()
}

/// A level before its row. Whether it was clicked.
fn level_ui(ui: &Ui, rect: Rect, level: Level, is_shown: bool, is_selected: bool) -> bool {
    let hint = format!("{}: click to show or hide its boxes on the images", level.label());
    let response = switch_ui(ui, rect, level.label(), is_shown, &hint);
    let palette = theme::of(ui);
    let color = if is_selected {
        palette.accent
    } else if is_shown {
        palette.text
    } else {
        palette.weak_text
    };
    let at = rect.left_center() + vec2(1.0, -7.0);
    ui.painter().text(at, Align2::LEFT_CENTER, level.label(), FontId::proportional(12.5), color);
    eye(ui, rect.left_center() + vec2(8.0, 9.0), is_shown);
    response.clicked()
}

/// A head as a switch that the keyboard and a screen reader reach.
fn switch_ui(ui: &Ui, rect: Rect, name: &str, is_shown: bool, hint: &str) -> egui::Response {
    let response = ui.interact(rect, ui.scope_id().with(("head", name)), Sense::click());
    response
        .widget_info(|| egui::WidgetInfo::selected(egui::Role::CheckBox, true, is_shown, format!("Boxes of {name}")));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 3.0, theme::of(ui).empty_cell);
    }
    response.on_hover_text(hint)
}

fn eye(ui: &Ui, at: egui::Pos2, is_shown: bool) {
    let palette = theme::of(ui);
    let (sign, color) = if is_shown { (icon::EYE, palette.weak_text) } else { (icon::EYE_SLASH, palette.warning) };
    ui.painter().text(at, Align2::CENTER_CENTER, sign, FontId::proportional(13.0), color);
}

/// What the signs mean, quietly: one line, two where the panel is narrow.
fn legend_ui(ui: &mut Ui) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 1.0);
        let weak = |text: &str| RichText::new(text).size(10.5).color(theme::of(ui).weak_text);
        let words = ["normal", "moderate", "severe"].map(weak);
        let (faint, not_seen, not_assessed) = (weak("weak"), weak("not seen"), weak("not assessed"));
        for (&severity, word) in Severity::ALL.iter().zip(words) {
            let color = theme::of(ui).severity_text(severity);
            let letter = RichText::new(theme::severity_letter(severity)).size(10.5).color(color);
            entry_ui(ui, severity.label(), |ui| {
                ui.label(letter);
                ui.label(word);
            });
        }
        let hint = "The best box is weak or below the display threshold: its score, and how many slices voted";
        entry_ui(ui, hint, |ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 10.0), Sense::hover());
            let rect = rect.shrink(0.5);
            let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
            let edge = Stroke::new(1.0, theme::of(ui).severity_text(Severity::NormalMild));
            ui.painter().extend(egui::Shape::dashed_line(&corners, edge, 2.5, 2.0));
            ui.label(faint);
        });
        entry_ui(ui, "The detector looked and drew no box", |ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 10.0), Sense::hover());
            ui.painter().rect_stroke(rect, 2.0, Stroke::new(1.0, theme::of(ui).weak_text), StrokeKind::Inside);
            ui.label(not_seen);
        });
        entry_ui(ui, "Nothing looked there; the cell's tooltip says why", |ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(12.0, 10.0), Sense::hover());
            hatch(ui, rect);
            ui.label(not_assessed);
        });
    });
}

/// A sign and its word, never parted by the end of a line.
fn entry_ui(ui: &mut Ui, hint: &str, contents: impl FnOnce(&mut Ui)) {
    let entry = ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.5;
        contents(ui);
    });
    entry.response.on_hover_text(hint);
}
