//! Three scores, one for each severity, as bars with numbers.

use egui::{Align2, FontId, Sense, Ui, vec2};

use super::theme;
use crate::grading::Severity;

const ROW: f32 = 18.0;
const NAME: f32 = 98.0;
const NUMBER: f32 = 34.0;
const LEAST_BAR: f32 = 70.0;

/// The bars. `is_seen`: they come from boxes; else they only say how common each severity is, and stay grey.
pub fn scores_ui(ui: &mut Ui, scores: [f32; 3], is_seen: bool) {
    for &severity in Severity::ALL {
        let score = scores[severity.index()];
        let width = ui.available_width().clamp(NAME + LEAST_BAR + NUMBER, 320.0);
        let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        let spoken = format!("{} {score:.2}", severity.label());
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, spoken.clone()));
        let palette = theme::of(ui);
        let painter = ui.painter();
        let name = format!("{}  {}", theme::severity_letter(severity), severity.label());
        let color = if is_seen { palette.severity_text(severity) } else { palette.weak_text };
        painter.text(rect.left_center(), Align2::LEFT_CENTER, name, FontId::proportional(12.5), color);
        let mut bar = rect.shrink2(vec2(0.0, 4.0));
        bar.min.x += NAME;
        bar.max.x -= NUMBER;
        painter.rect_filled(bar, 2.0, palette.empty_cell);
        let fill = if is_seen { theme::severity(severity) } else { palette.edge };
        bar.set_width(bar.width() * score.clamp(0.0, 1.0));
        painter.rect_filled(bar, 2.0, fill);
        let number = format!("{score:.2}");
        painter.text(rect.right_center(), Align2::RIGHT_CENTER, number, FontId::proportional(12.5), palette.text);
    }
}
