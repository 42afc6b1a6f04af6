//! News over the images, for a while; an error stays until it is closed.

use egui::{Align2, Area, Color32, Frame, Id, Order, RichText, Ui, vec2};

use crate::ui::{
    state::{
        icon,
        notices::Kind,
        viewer::{Action, Viewer},
    },
    view::theme,
};

/// More than this at once are left to the list of messages.
const MOST: usize = 4;

/// The colour of a message.
pub fn color(ui: &Ui, kind: Kind) -> Color32 {
    let palette = theme::of(ui);
    match kind {
        Kind::Said => palette.text,
        Kind::Detail | Kind::Warning => palette.warning,
        Kind::Error => palette.error,
    }
}

/// The news.
pub fn toasts_ui(ui: &Ui, viewer: &Viewer, actions: &mut Vec<Action>) {
    let fresh: Vec<_> = viewer.notices.fresh().collect();
    let Some(soonest) = fresh.iter().map(|(_, _, left)| *left).min() else { return };
    ui.ctx().request_repaint_after(soonest);
    let shown = &fresh[fresh.len().saturating_sub(MOST)..];
    Area::new(Id::unique("toasts")).order(Order::Foreground).anchor(Align2::CENTER_BOTTOM, vec2(0.0, -40.0)).show(
        ui.ctx(),
        |ui| {
            for (index, notice, _) in shown {
                Frame::popup(ui.style()).show(ui, |ui| {
                    ui.set_max_width(560.0);
                    ui.horizontal(|ui| {
                        let sign = match notice.kind {
                            Kind::Said => icon::INFO,
                            Kind::Detail | Kind::Warning => icon::WARNING,
                            Kind::Error => icon::ERROR,
                        };
                        let tint = color(ui, notice.kind);
                        ui.label(RichText::new(sign).color(tint).size(16.0));
                        text_ui(ui, &notice.text, tint);
                        if button(ui, icon::COPY, "Copy this message") {
                            ui.ctx().copy_text(notice.text.clone());
                        }
                        if button(ui, icon::CLOSE, "Close this message") {
                            actions.push(Action::CloseNotice(*index));
                        }
                    });
                });
                ui.add_space(4.0);
            }
        },
    );
}

/// As wide as it needs, up to a line that reads well.
fn text_ui(ui: &mut Ui, text: &str, color: Color32) {
    let font = egui::TextStyle::Body.resolve(ui.style());
    let galley = ui.painter().layout(text.to_owned(), font, color, 480.0);
    let (rect, response) = ui.allocate_exact_size(galley.size(), egui::Sense::hover());
    ui.painter().galley(rect.min, galley, color);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, text));
}

fn button(ui: &mut Ui, icon: &str, name: &str) -> bool {
    let response = ui.small_button(icon);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, name));
    response.on_hover_text(name).clicked()
}

/// Says that files can be dropped, while the reader holds them over the window.
pub fn drop_hint_ui(ui: &Ui) {
    let count = ui.input(|i| i.raw.hovered_files.len());
    if count == 0 {
        return;
    }
    let rect = ui.ctx().content_rect();
    let painter = ui.ctx().layer_painter(egui::LayerId::new(Order::Foreground, Id::unique("drop")));
    painter.rect_filled(rect, 0.0, theme::DROP_SHADE);
    let font = egui::FontId::proportional(24.0);
    painter.text(rect.center(), Align2::CENTER_CENTER, "Drop to open", font, theme::IMAGE_TEXT);
}
