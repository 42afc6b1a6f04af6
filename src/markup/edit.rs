//! All marks of one study, and what can be done with them.

use std::collections::BTreeMap;

use super::{Mark, MarkId, Shape, history::History};
use crate::grading::SliceId;

/// What is drawn and kept, at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct State {
    pub(super) marks: Vec<Mark>,
    /// Key images, with what the reader wrote to them.
    pub(super) key_images: BTreeMap<SliceId, String>,
}

/// The marks and key images of one study, with the steps that led there.
///
/// Every change that changes something is one step that can be taken back. A drag is one step too: what happens between
/// [`Self::begin`] and [`Self::commit`].
///
/// ```
/// use foramen::{
///     grading::SliceId,
///     markup::{Markup, Point, Shape},
/// };
///
/// let slice = SliceId { series_uid: "1.2.3".into(), sop_instance_uid: "1.2.3.7".into(), twin: 0, frame: 0 };
/// let mut markup = Markup::default();
/// markup.add(slice.clone(), Shape::Probe { at: Point::new(20.0, 30.0) }, "bright");
/// markup.toggle_key_image(&slice);
/// markup.undo();
/// assert!(!markup.is_key_image(&slice));
///
/// let stored = markup.to_json()?;
/// assert_eq!(Markup::from_json(&stored)?.marks(), markup.marks());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Markup {
    state: State,
    history: History<State>,
    /// What was there before the drag that is under way.
    dragged_from: Option<State>,
    /// The highest number that was given.
    last_id: u64,
    revision: u64,
}

impl Markup {
    pub(super) fn from_state(state: State) -> Self {
        let last_id = state.marks.iter().map(|m| m.id.0).max().unwrap_or(0);
        Self { state, last_id, ..Self::default() }
    }

    pub(super) const fn state(&self) -> &State {
        &self.state
    }

    /// All marks, in the order in which they were drawn.
    pub fn marks(&self) -> &[Mark] {
        &self.state.marks
    }

    /// The marks on a slice.
    pub fn on(&self, slice: &SliceId) -> impl DoubleEndedIterator<Item = &Mark> {
        self.state.marks.iter().filter(move |mark| mark.slice == *slice)
    }

    /// A mark by its name; `None` once it is deleted.
    pub fn get(&self, id: MarkId) -> Option<&Mark> {
        self.state.marks.iter().find(|mark| mark.id == id)
    }

    /// The key images, with what the reader wrote to each, mostly nothing.
    pub const fn key_images(&self) -> &BTreeMap<SliceId, String> {
        &self.state.key_images
    }

    /// Whether a slice is a key image.
    pub fn is_key_image(&self, slice: &SliceId) -> bool {
        self.state.key_images.contains_key(slice)
    }

    /// Nothing is drawn and no image is kept.
    pub fn is_empty(&self) -> bool {
        self.state.marks.is_empty() && self.state.key_images.is_empty()
    }

    /// Grows with every finished change, undo and redo included: another number than at the last time means that
    /// there is something to save.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Adds a mark and returns its name; one step that can be undone.
    pub fn add(&mut self, slice: SliceId, shape: Shape, text: impl Into<String>) -> MarkId {
        self.last_id += 1;
        let id = MarkId(self.last_id);
        let text = text.into();
        self.change(|state| state.marks.push(Mark { id, slice, shape, text }));
        id
    }

    /// Gives a mark another shape.
    pub fn replace(&mut self, id: MarkId, shape: Shape) {
        self.change_mark(id, |mark| mark.shape = shape);
    }

    /// Gives a mark another text.
    pub fn set_text(&mut self, id: MarkId, text: impl Into<String>) {
        let text = text.into();
        self.change_mark(id, |mark| mark.text = text);
    }

    /// Deletes a mark; nothing if there is none of that name.
    pub fn remove(&mut self, id: MarkId) {
        self.change(|state| state.marks.retain(|mark| mark.id != id));
    }

    /// Makes a slice a key image, or no longer.
    pub fn toggle_key_image(&mut self, slice: &SliceId) {
        self.change(|state| {
            if state.key_images.remove(slice).is_none() {
                state.key_images.insert(slice.clone(), String::new());
            }
        });
    }

    /// Writes something to a key image.
    pub fn set_key_image_note(&mut self, slice: &SliceId, note: impl Into<String>) {
        let note = note.into();
        self.change(|state| {
            if let Some(old) = state.key_images.get_mut(slice) {
                *old = note;
            }
        });
    }

    /// Takes in marks that were stored earlier, below what was drawn since. Names may change, and the steps that led
    /// here are forgotten.
    pub fn take_in(&mut self, stored: Self) {
        let drawn = std::mem::replace(self, Self { revision: self.revision, ..stored });
        let before = self.state.clone();
        for mark in drawn.state.marks {
            self.last_id += 1;
            self.state.marks.push(Mark { id: MarkId(self.last_id), ..mark });
        }
        self.state.key_images.extend(drawn.state.key_images);
        self.history = History::default();
        if before != self.state {
            self.revision += 1;
        }
    }

    /// From here to [`Self::commit`] all changes are one step.
    pub fn begin(&mut self) {
        self.commit();
        self.dragged_from = Some(self.state.clone());
    }

    /// Ends the step that [`Self::begin`] began. If nothing changed, there was no step.
    pub fn commit(&mut self) {
        if let Some(before) = self.dragged_from.take() {
            self.step(before);
        }
    }

    /// Gives up what was changed since [`Self::begin`].
    pub fn give_up(&mut self) {
        if let Some(before) = self.dragged_from.take() {
            self.state = before;
        }
    }

    /// Takes the last step back; during a drag, gives up the drag.
    pub fn undo(&mut self) {
        if self.dragged_from.is_some() {
            self.give_up();
        } else if self.history.undo(&mut self.state) {
            self.revision += 1;
        }
    }

    /// Does again what was taken back.
    pub fn redo(&mut self) {
        if self.dragged_from.is_none() && self.history.redo(&mut self.state) {
            self.revision += 1;
        }
    }

    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        self.history.can_undo() || self.dragged_from.is_some()
    }

    /// Whether there is a step to do again.
    pub fn can_redo(&self) -> bool {
        self.history.can_redo()
    }

    fn change_mark(&mut self, id: MarkId, change: impl FnOnce(&mut Mark)) {
        self.change(|state| {
            if let Some(mark) = state.marks.iter_mut().find(|mark| mark.id == id) {
                change(mark);
            }
        });
    }

    fn change(&mut self, change: impl FnOnce(&mut State)) {
        if self.dragged_from.is_some() {
            change(&mut self.state);
        } else {
            let before = self.state.clone();
            change(&mut self.state);
            self.step(before);
        }
    }

    fn step(&mut self, before: State) {
        if before != self.state {
            self.history.stepped(before);
            self.revision += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markup::{
        Point,
        strategies::{any_shape, any_slice_id, slice_id},
    };
    use proptest::{prelude::*, sample::Index};

    #[derive(Debug, Clone)]
    enum Edit {
        Add(SliceId, Shape),
        Replace(Index, Shape),
        SetText(Index, String),
        Remove(Index),
        ToggleKey(SliceId),
        NoteKey(SliceId, String),
        Drag(Index, Vec<Shape>),
    }

    fn any_edit() -> impl Strategy<Value = Edit> {
        let pick = any::<Index>;
        prop_oneof![
            (any_slice_id(), any_shape()).prop_map(|(slice, shape)| Edit::Add(slice, shape)),
            (pick(), any_shape()).prop_map(|(i, shape)| Edit::Replace(i, shape)),
            (pick(), "[ab]{0,2}").prop_map(|(i, text)| Edit::SetText(i, text)),
            pick().prop_map(Edit::Remove),
            any_slice_id().prop_map(Edit::ToggleKey),
            (any_slice_id(), "[ab]{0,2}").prop_map(|(slice, note)| Edit::NoteKey(slice, note)),
            (pick(), prop::collection::vec(any_shape(), 0..4)).prop_map(|(i, shapes)| Edit::Drag(i, shapes)),
        ]
    }

    /// Picks a mark; where there is none, a name that no mark has.
    fn id(markup: &Markup, pick: Index) -> MarkId {
        if markup.marks().is_empty() { MarkId(u64::MAX) } else { pick.get(markup.marks()).id }
    }

    fn edit(markup: &mut Markup, edit: Edit) {
        match edit {
            Edit::Add(slice, shape) => {
                markup.add(slice, shape, "");
            }
            Edit::Replace(i, shape) => markup.replace(id(markup, i), shape),
            Edit::SetText(i, text) => markup.set_text(id(markup, i), text),
            Edit::Remove(i) => markup.remove(id(markup, i)),
            Edit::ToggleKey(slice) => markup.toggle_key_image(&slice),
            Edit::NoteKey(slice, note) => markup.set_key_image_note(&slice, note),
            Edit::Drag(i, shapes) => {
                let id = id(markup, i);
                markup.begin();
                for shape in shapes {
                    markup.replace(id, shape);
                }
                markup.commit();
            }
        }
    }

    proptest! {
        #[test]
        fn undo_goes_back_state_by_state_and_redo_the_same_way_forward(
            first in prop::collection::vec(any_edit(), 0..5), edits in prop::collection::vec(any_edit(), 0..40)
        ) {
            let mut start = Markup::default();
            for e in first {
                edit(&mut start, e);
            }
            let mut markup = Markup::from_state(start.state.clone());
            // Every state that differs from the one before it is a step, and each raises the revision by one.
            let mut states = vec![markup.state.clone()];
            for e in edits {
                let revision = markup.revision();
                edit(&mut markup, e);
                let is_step = states.last() != Some(&markup.state);
                prop_assert_eq!(markup.revision() - revision, u64::from(is_step));
                if is_step {
                    states.push(markup.state.clone());
                }
            }
            for state in states.iter().rev().skip(1) {
                prop_assert!(markup.can_undo());
                markup.undo();
                prop_assert_eq!(&markup.state, state);
            }
            prop_assert!(!markup.can_undo());
            for state in &states[1..] {
                prop_assert!(markup.can_redo());
                markup.redo();
                prop_assert_eq!(&markup.state, state);
            }
            prop_assert!(!markup.can_redo());
        }
    }

    #[test]
    fn a_drag_is_one_step_and_can_be_given_up() {
        let mut markup = Markup::default();
        let shape = |c| Shape::Probe { at: Point::new(c, 0.0) };
        let id = markup.add(slice_id(1, 0), shape(0.0), "");
        let revision = markup.revision();
        markup.begin();
        (1..9).for_each(|c| markup.replace(id, shape(f64::from(c))));
        assert_eq!(markup.revision(), revision, "nothing is saved while the mouse is down");
        markup.commit();
        markup.undo();
        assert_eq!(markup.marks()[0].shape, shape(0.0));
        markup.begin();
        markup.replace(id, shape(5.0));
        markup.undo();
        assert_eq!(markup.marks()[0].shape, shape(0.0));
        markup.redo();
        assert_eq!(markup.marks()[0].shape, shape(8.0), "a drag that was given up forgets nothing");
    }

    #[test]
    fn marks_that_come_back_late_lie_below_what_was_drawn_meanwhile() {
        let note = |text: &str| {
            let mut markup = Markup::default();
            markup.add(slice_id(1, 0), Shape::Note { at: Point::default() }, text);
            markup
        };
        let mut stored = note("stored");
        stored.toggle_key_image(&slice_id(2, 0));
        let mut drawn = note("drawn");
        let revision = drawn.revision();
        drawn.take_in(stored.clone());
        let texts: Vec<(u64, &str)> = drawn.marks().iter().map(|m| (m.id.0, m.text.as_str())).collect();
        assert_eq!(texts, [(1, "stored"), (2, "drawn")]);
        assert!(drawn.is_key_image(&slice_id(2, 0)) && drawn.revision() > revision && !drawn.can_undo());
        // Nothing drawn meanwhile: nothing to save.
        let mut nothing = Markup::default();
        nothing.take_in(stored.clone());
        assert_eq!((nothing.state(), nothing.revision()), (stored.state(), 0));
    }

    #[test]
    fn a_name_is_never_given_twice() {
        let mut markup = Markup::default();
        let add = |markup: &mut Markup| markup.add(slice_id(1, 0), Shape::Note { at: Point::default() }, "");
        let first = add(&mut markup);
        markup.undo();
        let second = add(&mut markup);
        assert_ne!(first, second);
        assert_eq!(markup.marks().len(), 1);
    }
}
