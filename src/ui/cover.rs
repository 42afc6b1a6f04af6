//! Whether something stands over the images: any window, menu or question, whoever opened it. Keys that grade rest
//! meanwhile, for nobody should grade what is covered.

use egui::{Context, Order, Popup};

/// What the reader is told whose key rests.
pub const RESTING: &str = "Grading keys are disabled while a window or menu is open; press Esc to close it";

/// Whether a window or a menu was on screen in the last frame. This asks egui, not a list of our windows: a new one
/// needs no line here.
pub fn is_covered(ctx: &Context) -> bool {
    let is_window = ctx.memory(|memory| {
        let has_window = memory.areas().visible_layer_ids().iter().any(|layer| layer.order == Order::Middle);
        has_window || memory.top_modal_layer().is_some()
    });
    is_window || Popup::is_any_open(ctx)
}

#[cfg(test)]
mod tests {
    use egui::{Id, Modal, RawInput, Ui, Window};

    use super::*;

    fn after(frame: impl Fn(&mut Ui)) -> bool {
        let ctx = Context::default();
        for _ in 0..2 {
            ctx.run_ui(RawInput::default(), &frame).textures_delta.clear();
        }
        is_covered(&ctx)
    }

    #[test]
    fn any_window_menu_or_question_covers_and_nothing_else_does() {
        assert!(!after(|ui| {
            ui.label("an image");
            egui::Area::new(Id::unique("news")).order(Order::Foreground).show(ui.ctx(), |ui| ui.label("news"));
        }));
        assert!(after(|ui| {
            Window::new("one that nobody has thought of").show(ui.ctx(), |ui| ui.label("text"));
        }));
        assert!(after(|ui| {
            Modal::new(Id::unique("question")).show(ui.ctx(), |ui| ui.label("Really?"));
        }));
        assert!(after(|ui| {
            let button = ui.button("menu");
            Popup::menu(&button).open_memory(Some(egui::SetOpenCommand::Bool(true))).show(|ui| ui.label("entry"));
        }));
    }
}
