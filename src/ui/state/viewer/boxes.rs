//! Boxes by hand: what the reader draws, moves, takes away or gives back, as changes of the review.

use super::{Action, Viewer};
use crate::{
    grading::GradeId,
    raster::BBox,
    review::{BoxChoice, Change, Refusal, Region},
    ui::state::{
        command::UiCommand,
        gesture::{
            boxes::{BoxDrag, Hold},
            marks::At,
        },
        keymap,
        session::Session,
        words,
    },
    worker::SessionId,
};

/// Something that the reader does to the box behind the selected cell.
#[derive(Debug, Clone, PartialEq)]
pub enum BoxAction {
    /// A drag begins, on a part of the box or beside it.
    Press(At, Option<(Hold, BBox)>),
    /// The pointer moves.
    Move(At),
    /// The drag ends.
    Release(At),
    /// A click on a box by hand: its cell is looked at, on the slice on screen.
    Select(SessionId, GradeId),
}

impl Viewer {
    /// Does what was asked.
    pub(super) fn edit_box(&mut self, action: BoxAction) {
        match action {
            BoxAction::Press(at, held) => match self.cell_to_box(&at, held.is_some()) {
                Ok(cell) => self.hand.box_drag = Some(BoxDrag::new(&at, cell, held)),
                Err(why) => self.notices.warn(why),
            },
            BoxAction::Select(session, cell) => {
                if let Some(session) = self.find_mut(session) {
                    (session.focus.cell, session.focus.evidence) = (Some(cell), None);
                }
            }
            BoxAction::Move(at) => self.hand.box_drag.iter_mut().for_each(|drag| drag.move_to(&at)),
            BoxAction::Release(at) => {
                if let Some(mut drag) = self.hand.box_drag.take() {
                    drag.move_to(&at);
                    if let Some(region) = drag.result() {
                        self.box_dragged(drag.pane.session, drag.cell, region);
                    }
                }
            }
        }
    }

    /// The cell whose box a drag changes, or why there is none.
    fn cell_to_box(&self, at: &At, is_there: bool) -> Result<GradeId, String> {
        let session = self.find(at.pane.session).ok_or_else(String::new)?;
        let cell = session.focus.cell.ok_or("Select a cell of the grade table first: the box is drawn for it")?;
        if session.review().signature().is_some() {
            return Err(words::sentence(&Refusal::Signed.to_string()));
        }
        if !self.visibility.overlays {
            let key = self.keymap.key(UiCommand::Overlays).map(keymap::spoken);
            let how = key.map_or_else(|| "the menu Findings shows them".to_owned(), |key| format!("{key} shows them"));
            return Err(format!("Boxes are hidden; {how}"));
        }
        if !self.visibility.shows(session, cell) {
            return Err(format!("Boxes of {} are hidden: show them before you draw one", cell.label()));
        }
        let (wanted, series) = (cell.condition().role(), session.study.find(&at.slice).map(|(series, _)| series));
        let role = series.and_then(|series| session.study.series[series].role);
        if role != Some(wanted) && !is_there {
            let is = role.map_or_else(|| "is not graded".to_owned(), |role| format!("is graded as {}", role.label()));
            return Err(format!("{} is graded on {}; this series {is}", cell.label(), wanted.label()));
        }
        Ok(cell)
    }

    /// Gives up the box under the hand. Returns whether there was any.
    pub(super) fn give_up_box(&mut self) -> bool {
        self.hand.box_drag.take().is_some()
    }

    /// The cell whose box can be taken away: it has one.
    pub(super) fn removable_box(&self) -> Option<(SessionId, GradeId)> {
        let session = self.marked_session()?;
        let cell = session.focus.cell?;
        let has_box = match &session.review().cell(cell).region {
            BoxChoice::Model => detector_has_box(session, cell),
            BoxChoice::Reader(_) => true,
            BoxChoice::Removed => false,
        };
        has_box.then_some((session.id, cell))
    }

    /// The cell whose box by the detector can be given back.
    pub(super) fn restorable_box(&self) -> Option<(SessionId, GradeId)> {
        let session = self.marked_session()?;
        let cell = session.focus.cell?;
        (session.review().cell(cell).region != BoxChoice::Model).then_some((session.id, cell))
    }

    /// The reader's choice becomes a change of the review.
    fn choose_box(&mut self, id: SessionId, cell: GradeId, to: BoxChoice) {
        let Some(session) = self.find_mut(id) else { return };
        let from = session.review().cell(cell).region.clone();
        // What the reader looks at is the box that stands now.
        session.focus.evidence = None;
        let change = Change::Box { cell, from, to };
        self.notices.say(change.words());
        self.change_review(id, change);
    }

    /// The box is kept where it was drawn; where that is not the cell's level and side, the reader is told.
    fn box_dragged(&mut self, id: SessionId, cell: GradeId, region: Region) {
        self.choose_box(id, cell, BoxChoice::Reader(region));
        let doubt = self.find(id).and_then(|session| words::conflict_by_hand(session, cell));
        if let Some(doubt) = doubt {
            self.notices.warn(format!("Check the box for {}: {doubt}. It is kept as you drew it", cell.label()));
        }
    }

    /// The reader says that there is no such box.
    pub(super) fn remove_box(&mut self) {
        self.give_up_box();
        if let Some((session, cell)) = self.removable_box() {
            self.choose_box(session, cell, BoxChoice::Removed);
        }
    }

    /// The detector's box counts again, and is shown.
    pub(super) fn restore_box(&mut self) {
        self.give_up_box();
        if let Some((session, cell)) = self.restorable_box() {
            self.choose_box(session, cell, BoxChoice::Model);
            if self.screen.current == Some(session) {
                self.perform(Action::SelectGrade(cell));
            }
        }
    }
}

fn detector_has_box(session: &Session, cell: GradeId) -> bool {
    session.run.table.as_ref().is_some_and(|table| !table.get(cell).evidence().is_empty())
}
