//! Measurements, notes and key images: what the reader does to them, and that they are saved.

use super::Viewer;
use crate::{
    grading::SliceId,
    markup::{MarkId, Markup},
    ui::state::{
        gesture::marks::{At, Drawing, Grip, Hand},
        pane::PaneId,
        session::Session,
        steps::{StepOf, Steps},
    },
    worker::SessionId,
};

/// Something that the reader does to measurements, notes and key images.
#[derive(Debug, Clone, PartialEq)]
pub enum MarkAction {
    /// A drag begins, on a part of a mark or beside all marks.
    Press(At, Option<Grip>),
    /// The pointer moves.
    Move(At),
    /// The drag ends.
    Release(At),
    /// A click, on a part of a mark or beside all marks.
    Click(At, Option<Grip>),
    /// Type the text of a mark, in a pane.
    EditText(PaneId, MarkId),
    /// The text as it is typed so far.
    Type(String),
    /// Typing is done: keep the text.
    KeepText,
    /// Typing is done: forget the text.
    DropText,
    /// Give a mark another text.
    SetText(SessionId, MarkId, String),
    /// Write something to a key image.
    SetKeyImageNote(SessionId, SliceId, String),
    /// Delete a mark.
    Delete(SessionId, MarkId),
    /// Make a slice a key image, or no longer.
    ToggleKeyImage(SessionId, SliceId),
    /// Show a slice, and select a mark on it.
    GoTo(SessionId, SliceId, Option<MarkId>),
}

impl Viewer {
    /// Does what was asked.
    pub(super) fn mark_up(&mut self, action: MarkAction) {
        match action {
            MarkAction::Press(at, grip) => self.with_hand(at.pane.session, |hand| hand.press(&at, grip)),
            MarkAction::Move(at) => self.with_hand(at.pane.session, |hand| hand.move_to(&at)),
            MarkAction::Release(at) => self.with_hand(at.pane.session, |hand| hand.release(&at)),
            MarkAction::Click(at, grip) => self.with_hand(at.pane.session, |hand| hand.click(&at, grip)),
            MarkAction::EditText(pane, id) => self.with_hand(pane.session, |hand| hand.edit_text(pane, id)),
            MarkAction::Type(typed) => {
                if let Some(Drawing::Typing { text, .. }) = &mut self.hand.drawing {
                    *text = typed;
                }
            }
            MarkAction::KeepText => self.leave_drawing(),
            MarkAction::DropText => {
                self.give_up_drawing();
            }
            MarkAction::SetText(session, id, text) => self.with_hand(session, |hand| hand.set_text(id, &text)),
            MarkAction::SetKeyImageNote(session, slice, note) => {
                self.with_markup(session, |markup| markup.set_key_image_note(&slice, note.trim()));
            }
            MarkAction::Delete(session, id) => self.with_markup(session, |markup| markup.remove(id)),
            MarkAction::ToggleKeyImage(session, slice) => {
                self.with_markup(session, |markup| markup.toggle_key_image(&slice));
            }
            MarkAction::GoTo(session, slice, id) => self.go_to_mark(session, &slice, id),
        }
    }

    /// Whether a text is being typed over an image: keys are letters then.
    pub const fn is_typing(&self) -> bool {
        matches!(self.hand.drawing, Some(Drawing::Typing { .. }))
    }

    /// The study that commands for marks act on: that of the active pane.
    pub(super) fn marked_session(&self) -> Option<&Session> {
        self.active_pane().map(|pane| pane.session).or(self.screen.current).and_then(|id| self.find(id))
    }

    /// The slice on screen in the active pane, and its study.
    pub(super) fn active_slice(&self) -> Option<(SessionId, SliceId)> {
        let key = self.shown_in(self.active_pane()?)?;
        Some((key.session, self.slice(key)?.1.id()))
    }

    /// Whether the slice in the active pane is a key image.
    pub(super) fn is_on_key_image(&self) -> bool {
        self.active_slice()
            .is_some_and(|(id, slice)| self.find(id).is_some_and(|s| s.marks.markup.is_key_image(&slice)))
    }

    pub(super) fn toggle_key_image(&mut self) {
        if let Some((session, slice)) = self.active_slice() {
            self.mark_up(MarkAction::ToggleKeyImage(session, slice));
            let said = if self.is_on_key_image() { "Marked as key image" } else { "No longer a key image" };
            self.notices.say(said.to_owned());
        }
    }

    pub(super) fn delete_mark(&mut self) {
        let selected = self.marked_session().and_then(|s| Some((s.id, s.marks.selected?)));
        if let Some((session, id)) = selected {
            self.give_up_drawing();
            self.mark_up(MarkAction::Delete(session, id));
        }
    }

    /// Takes back the last change of marks or review; what is under way is given up first.
    pub(super) fn undo(&mut self) {
        if self.give_up_drawing() {
            return;
        }
        self.save_marks();
        let Some(session) = self.marked_session() else { return };
        let (id, next) = (session.id, Self::next_undo(session));
        match next {
            Some(StepOf::Marks) => self.with_markup(id, Markup::undo),
            Some(StepOf::Review) => self.step_review(id, false),
            None => return,
        }
        self.stepped(id, |steps| next.into_iter().for_each(|what| steps.undid(what)));
    }

    /// Does again what was taken back.
    pub(super) fn redo(&mut self) {
        if self.give_up_drawing() {
            return;
        }
        let Some(session) = self.marked_session() else { return };
        let (id, next) = (session.id, Self::next_redo(session));
        match next {
            Some(StepOf::Marks) => self.with_markup(id, Markup::redo),
            Some(StepOf::Review) => self.step_review(id, true),
            None => return,
        }
        self.stepped(id, |steps| next.into_iter().for_each(|what| steps.redid(what)));
    }

    /// What Undo would take back.
    pub(super) fn next_undo(session: &Session) -> Option<StepOf> {
        session.undo.steps.next_undo(|what| match what {
            StepOf::Marks => session.marks.markup.can_undo(),
            StepOf::Review => Self::can_step_review(session, false),
        })
    }

    /// What Redo would do again.
    pub(super) fn next_redo(session: &Session) -> Option<StepOf> {
        session.undo.steps.next_redo(|what| match what {
            StepOf::Marks => session.marks.markup.can_redo(),
            StepOf::Review => Self::can_step_review(session, true),
        })
    }

    fn stepped(&mut self, id: SessionId, step: impl FnOnce(&mut Steps)) {
        if let Some(session) = self.find_mut(id) {
            step(&mut session.undo.steps);
            session.undo.stepped_revision = session.marks.markup.revision();
        }
    }

    /// Gives up what is being drawn. Returns whether there was anything.
    pub(super) fn give_up_drawing(&mut self) -> bool {
        let session = self.hand.drawing.as_ref().map(|d| d.pane().session);
        session.is_some_and(|session| {
            let mut was_there = false;
            self.with_hand(session, |hand| was_there = hand.give_up());
            was_there
        })
    }

    /// Ends what is being drawn or typed, keeping what there is of it.
    pub(super) fn leave_drawing(&mut self) {
        if let Some(session) = self.hand.drawing.as_ref().map(|d| d.pane().session) {
            self.with_hand(session, |hand| {
                hand.leave();
            });
        }
    }

    /// Another study's hand first lays down what it holds.
    fn with_hand(&mut self, id: SessionId, act: impl FnOnce(&mut Hand<'_>)) {
        if self.hand.drawing.as_ref().is_some_and(|d| d.pane().session != id) {
            self.leave_drawing();
            self.hand.drawing = None;
        }
        if let Some(session) = self.sessions.iter_mut().find(|s| s.id == id) {
            act(&mut Hand {
                drawing: &mut self.hand.drawing,
                markup: &mut session.marks.markup,
                selected: &mut session.marks.selected,
                tool: self.hand.tool,
            });
        } else {
            self.hand.drawing = None;
        }
    }

    fn with_markup(&mut self, id: SessionId, change: impl FnOnce(&mut Markup)) {
        self.with_hand(id, |hand| {
            hand.leave();
            change(hand.markup);
            *hand.selected = hand.selected.filter(|&id| hand.markup.get(id).is_some());
        });
    }

    /// In the pane that shows the series, else in the active one.
    fn go_to_mark(&mut self, id: SessionId, slice: &SliceId, mark: Option<MarkId>) {
        if !self.is_on_screen(id) {
            self.select_study(id);
        }
        let active = self.active_pane().filter(|pane| pane.session == id).map_or(0, |pane| pane.index);
        let visible = self.visible_panes();
        let Some(session) = self.find_mut(id) else { return };
        let Some((series, index)) = session.study.find(slice) else {
            self.notices.warn("The image of this entry is not open".to_owned());
            return;
        };
        let shows = |&pane: &usize| session.panes[pane].series == Some(series);
        let is_visible = |&pane: &usize| visible.contains(&PaneId { session: id, index: pane });
        let pane = (0..session.panes.len()).filter(is_visible).find(shows).unwrap_or(active);
        if !shows(&pane) {
            session.hang(pane, series);
        }
        session.marks.selected = mark;
        let pane = PaneId { session: id, index: pane };
        self.go_to(pane, index);
        self.activate(pane);
        self.screen.maximised = self.screen.maximised.map(|_| pane);
    }
}
