//! Text that is typed over several frames and becomes one change: when the reader goes elsewhere, or pauses, so that a
//! long text is not lost with the program.

use egui::{Key, Response, TextEdit, Ui};

use crate::grading::{GradeId, Level};

/// Seconds without a key after which what was typed is kept.
const PAUSE: f64 = 2.0;

/// A field of the review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// The comment to a cell.
    Comment(GradeId),
    /// The sentence of a level.
    Sentence(Level),
    /// The end of the impression.
    Conclusion,
    /// The comment to the study.
    Remark,
}

/// A field with what it shows until it is typed into.
#[derive(Debug, Clone, Copy)]
pub struct Editable<'a> {
    /// Tells the fields of two studies apart.
    pub study: u64,
    /// Which.
    pub field: Field,
    /// What is kept.
    pub text: &'a str,
    /// For who listens.
    pub says: &'a str,
    /// Over several lines.
    pub is_long: bool,
}

/// What is being typed.
#[derive(Debug, Default)]
pub struct Edited(Option<(u64, Field, String, f64)>);

impl Edited {
    /// The field on screen; the new text comes back when it is to be kept.
    pub fn field_ui(
        &mut self,
        ui: &mut Ui,
        of: &Editable<'_>,
        edit: impl FnOnce(&mut Ui, TextEdit<'_>) -> Response,
    ) -> (Response, Option<String>) {
        let Editable { study, field, text, says, is_long } = *of;
        let is_ours = |edited: &(u64, Field, String, f64)| edited.0 == study && edited.1 == field;
        let mut shown = self.0.as_ref().filter(|e| is_ours(e)).map_or_else(|| text.to_owned(), |e| e.2.clone());
        let widget =
            if is_long { TextEdit::multiline(&mut shown).desired_rows(1) } else { TextEdit::singleline(&mut shown) };
        let response = edit(ui, widget);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, says));
        let now = ui.input(|input| input.time);
        if response.changed() {
            self.0 = Some((study, field, shown, now));
            ui.ctx().request_repaint_after_secs(PAUSE as f32 + 0.05);
            return (response, None);
        }
        let Some((.., typed, at)) = self.0.as_ref().filter(|e| is_ours(e)) else { return (response, None) };
        let is_done = !response.has_focus();
        if !is_done && now - at < PAUSE {
            return (response, None);
        }
        let is_dropped = is_done && ui.input(|input| input.key_pressed(Key::Escape));
        let new = Some(typed.trim().to_owned()).filter(|typed| !is_dropped && typed != text);
        if is_done {
            self.0 = None;
        }
        (response, new)
    }
}
