//! What a hand with a drawing tool does to the marks of a study: begins, pulls, places, moves, types. Plain data.

use crate::{
    geometry::PixelCorner,
    grading::SliceId,
    markup::{Bounds, Mark, MarkId, Markup, Point, Shape},
    ui::state::{pane::PaneId, tool::Tool},
};

/// Where the pointer is.
#[derive(Debug, Clone, PartialEq)]
pub struct At {
    /// Over which pane.
    pub pane: PaneId,
    /// The slice on screen there.
    pub slice: SliceId,
    /// Its edges.
    pub bounds: Bounds,
    /// Column and row; outside the image too.
    pub pixel: PixelCorner,
}

impl At {
    /// The nearest place on the image.
    pub fn point(&self) -> Point {
        self.bounds.clamp(self.pixel.into())
    }

    fn is_on_image(&self) -> bool {
        self.point() == self.pixel.into()
    }
}

/// A part of a mark that can be held: one of its handles, else its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grip {
    /// The mark.
    pub id: MarkId,
    /// Which handle; `None` for the line, which moves the whole.
    pub handle: Option<usize>,
}

/// What is under way. One at a time in the whole window.
#[derive(Debug, Clone, PartialEq)]
pub enum Drawing {
    /// A mark that is not finished; one of its handles follows the pointer.
    New {
        /// In which pane.
        pane: PaneId,
        /// On which slice.
        slice: SliceId,
        /// So far.
        shape: Shape,
        /// The handle that follows.
        following: usize,
    },
    /// A mark that is being moved, all of it or one handle.
    Moving {
        /// In which pane.
        pane: PaneId,
        /// What is held.
        grip: Grip,
        /// The mark as it was.
        before: Mark,
        /// Where the pointer was.
        from: PixelCorner,
    },
    /// A text is being typed.
    Typing {
        /// In which pane.
        pane: PaneId,
        /// On which slice.
        slice: SliceId,
        /// Whose text.
        shape: Shape,
        /// Of a mark that is there already.
        id: Option<MarkId>,
        /// So far.
        text: String,
    },
}

impl Drawing {
    /// The pane in which it happens.
    pub const fn pane(&self) -> PaneId {
        match self {
            Self::New { pane, .. } | Self::Moving { pane, .. } | Self::Typing { pane, .. } => *pane,
        }
    }

    /// The slice on which it happens.
    pub const fn slice(&self) -> &SliceId {
        match self {
            Self::New { slice, .. } | Self::Typing { slice, .. } => slice,
            Self::Moving { before, .. } => &before.slice,
        }
    }
}

/// The hand, and all that it acts on.
pub struct Hand<'a> {
    /// What is under way.
    pub drawing: &'a mut Option<Drawing>,
    /// The marks of the study.
    pub markup: &'a mut Markup,
    /// The mark that is selected.
    pub selected: &'a mut Option<MarkId>,
    /// The tool in the hand.
    pub tool: Tool,
}

impl Hand<'_> {
    /// A drag begins, on a part of a mark or beside all marks.
    pub fn press(&mut self, at: &At, grip: Option<Grip>) {
        self.leave_elsewhere(at);
        if self.is_drawing_new() {
            self.move_to(at);
        } else if let Some((grip, mark)) = grip.and_then(|grip| Some((grip, self.markup.get(grip.id)?.clone()))) {
            *self.selected = Some(grip.id);
            self.markup.begin();
            *self.drawing = Some(Drawing::Moving { pane: at.pane, grip, before: mark, from: at.pixel });
        } else {
            self.begin_new(at);
        }
    }

    /// The pointer moves, with the button down or not.
    pub fn move_to(&mut self, at: &At) {
        match self.drawing {
            Some(drawing) if drawing.pane() != at.pane || *drawing.slice() != at.slice => (),
            Some(Drawing::New { shape, following, .. }) => {
                *shape = shape.with_handle(*following, at.point());
                if *following == 1 && matches!(shape, Shape::Angle { .. }) {
                    // The second arm is not begun yet.
                    *shape = shape.with_handle(2, at.point());
                }
            }
            Some(Drawing::Moving { grip, before, from, .. }) => {
                let shape = if let Some(handle) = grip.handle {
                    before.shape.with_handle(handle, at.point())
                } else {
                    let (columns, rows) = (at.pixel.x - from.x, at.pixel.y - from.y);
                    let (columns, rows) = at.bounds.limit(&before.shape.handles(), columns, rows);
                    before.shape.translated(columns, rows)
                };
                self.markup.replace(grip.id, shape);
            }
            Some(Drawing::Typing { .. }) | None => (),
        }
    }

    /// The drag ends.
    pub fn release(&mut self, at: &At) {
        self.move_to(at);
        if matches!(self.drawing, Some(Drawing::Moving { .. })) {
            *self.drawing = None;
            self.markup.commit();
        } else {
            self.place();
        }
    }

    /// A click, on a part of a mark or beside all marks.
    pub fn click(&mut self, at: &At, grip: Option<Grip>) {
        self.leave_elsewhere(at);
        if self.is_drawing_new() {
            self.move_to(at);
            self.place();
        } else if grip.is_some() {
            *self.selected = grip.map(|grip| grip.id);
        } else {
            *self.selected = None;
            // A click is enough for one place; the others are dragged, or clicked on from here.
            if matches!(self.tool, Tool::Probe | Tool::Note | Tool::Angle) {
                self.begin_new(at);
                if self.tool != Tool::Angle {
                    self.place();
                }
            }
        }
    }

    /// Opens the text of a mark to be typed.
    pub fn edit_text(&mut self, pane: PaneId, id: MarkId) {
        self.leave();
        if let Some(Mark { slice, shape, text, .. }) = self.markup.get(id).cloned() {
            *self.selected = Some(id);
            *self.drawing = Some(Drawing::Typing { pane, slice, shape, id: Some(id), text });
        }
    }

    /// Ends typing: the text is kept. A note without a text is none.
    pub fn keep_text(&mut self) {
        let Some(Drawing::Typing { slice, shape, id, text, .. }) =
            self.drawing.take_if(|d| matches!(d, Drawing::Typing { .. }))
        else {
            return;
        };
        match id {
            Some(id) => self.set_text(id, &text),
            None if text.trim().is_empty() => (),
            None => *self.selected = Some(self.markup.add(slice, shape, text.trim())),
        }
    }

    /// Gives a mark another text. A note without a text is none.
    pub fn set_text(&mut self, id: MarkId, text: &str) {
        let text = text.trim();
        let is_note = self.markup.get(id).is_some_and(|mark| matches!(mark.shape, Shape::Note { .. }));
        if is_note && text.is_empty() {
            self.markup.remove(id);
        } else {
            self.markup.set_text(id, text);
        }
    }

    /// Gives up what is under way. Returns whether there was anything.
    pub fn give_up(&mut self) -> bool {
        self.markup.give_up();
        self.drawing.take().is_some()
    }

    /// Ends what is under way without losing what was typed or moved.
    pub fn leave(&mut self) {
        self.keep_text();
        self.markup.commit();
        *self.drawing = None;
    }

    /// Whoever goes to another pane or slice does not go on with what was begun here.
    fn leave_elsewhere(&mut self, at: &At) {
        let is_here = |d: &Drawing| d.pane() == at.pane && *d.slice() == at.slice && matches!(d, Drawing::New { .. });
        if !self.drawing.as_ref().is_some_and(is_here) {
            self.leave();
        }
    }

    fn is_drawing_new(&self) -> bool {
        matches!(self.drawing, Some(Drawing::New { .. }))
    }

    fn begin_new(&mut self, at: &At) {
        if let Some((shape, following)) = new_shape(self.tool, at.point()).filter(|_| at.is_on_image()) {
            *self.selected = None;
            *self.drawing = Some(Drawing::New { pane: at.pane, slice: at.slice.clone(), shape, following });
        }
    }

    /// The handle that follows stays where it is; the mark is finished, or the next handle follows.
    fn place(&mut self) {
        let Some(Drawing::New { pane, slice, shape, following }) = self.drawing.clone() else { return };
        if let Shape::Angle { first, vertex, .. } = shape
            && following == 1
        {
            if first != vertex {
                *self.drawing = Some(Drawing::New { pane, slice, shape, following: 2 });
            }
            return;
        }
        if shape.is_degenerate() {
            // The second arm of an angle may still be pulled out; a length or box was only clicked.
            if !matches!(shape, Shape::Angle { .. }) {
                *self.drawing = None;
            }
            return;
        }
        *self.drawing = None;
        match shape {
            Shape::Note { .. } => {
                *self.drawing = Some(Drawing::Typing { pane, slice, shape, id: None, text: String::new() });
            }
            Shape::Arrow { .. } => {
                let id = self.markup.add(slice, shape, "");
                self.edit_text(pane, id);
            }
            _ => *self.selected = Some(self.markup.add(slice, shape, "")),
        }
    }
}

/// What a tool begins at a place, and which handle then follows the pointer. `None` for a tool that draws nothing.
const fn new_shape(tool: Tool, at: Point) -> Option<(Shape, usize)> {
    Some(match tool {
        Tool::Length => (Shape::Length { from: at, to: at }, 1),
        Tool::Angle => (Shape::Angle { first: at, vertex: at, second: at }, 1),
        Tool::Ellipse => (Shape::Ellipse { corner: at, opposite: at }, 2),
        Tool::Rectangle => (Shape::Rectangle { corner: at, opposite: at }, 2),
        Tool::Probe => (Shape::Probe { at }, 0),
        Tool::Arrow => (Shape::Arrow { tip: at, tail: at }, 0),
        Tool::Note => (Shape::Note { at }, 0),
        Tool::Window | Tool::Pan | Tool::Zoom | Tool::Scroll | Tool::Crosshair | Tool::Box => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{geometry::PixelCenter, worker::SessionId};

    const PANE: PaneId = PaneId { session: SessionId(1), index: 0 };

    #[derive(Default)]
    struct Desk {
        drawing: Option<Drawing>,
        markup: Markup,
        selected: Option<MarkId>,
        tool: Tool,
    }

    impl Desk {
        fn with(tool: Tool) -> Self {
            Self { tool, ..Self::default() }
        }

        fn hand(&mut self) -> Hand<'_> {
            Hand { drawing: &mut self.drawing, markup: &mut self.markup, selected: &mut self.selected, tool: self.tool }
        }

        fn drag(&mut self, grip: Option<Grip>, from: (f64, f64), to: (f64, f64)) {
            self.hand().press(&at(from), grip);
            self.hand().move_to(&at((f64::midpoint(from.0, to.0), from.1)));
            self.hand().release(&at(to));
        }

        fn shapes(&self) -> Vec<Shape> {
            self.markup.marks().iter().map(|m| m.shape).collect()
        }
    }

    fn slice(frame: u32) -> SliceId {
        SliceId { series_uid: "1".into(), sop_instance_uid: "2".into(), twin: 0, frame }
    }

    fn at(pixel: (f64, f64)) -> At {
        At {
            pane: PANE,
            slice: slice(0),
            bounds: Bounds { columns: 100, rows: 50 },
            pixel: PixelCenter::new(pixel.0, pixel.1).into(),
        }
    }

    fn point(column: f64, row: f64) -> Point {
        Point::new(column, row)
    }

    #[test]
    fn a_drag_draws_and_selects_and_stays_on_the_image() {
        let mut desk = Desk::with(Tool::Length);
        desk.drag(None, (10.0, 10.0), (40.0, 20.0));
        desk.drag(None, (10.0, 30.0), (400.0, -20.0));
        let [first, second] = desk.shapes()[..] else { panic!("{:?}", desk.shapes()) };
        assert_eq!(first, Shape::Length { from: point(10.0, 10.0), to: point(40.0, 20.0) });
        assert_eq!(second, Shape::Length { from: point(10.0, 30.0), to: point(99.5, -0.5) });
        assert_eq!((desk.selected, desk.drawing.is_none()), (Some(desk.markup.marks()[1].id), true));
        // Beside the image nothing begins, and a click is no length.
        desk.drag(None, (-20.0, 10.0), (40.0, 20.0));
        desk.hand().click(&at((50.0, 40.0)), None);
        assert_eq!((desk.shapes().len(), desk.selected), (2, None));
    }

    #[test]
    fn an_angle_takes_three_clicks_or_a_drag_and_a_click() {
        let expected = Shape::Angle { first: point(10.0, 10.0), vertex: point(30.0, 10.0), second: point(30.0, 40.0) };
        let mut clicked = Desk::with(Tool::Angle);
        clicked.hand().click(&at((10.0, 10.0)), None);
        clicked.hand().click(&at((10.0, 10.0)), None);
        assert!(matches!(clicked.drawing, Some(Drawing::New { following: 1, .. })), "one place twice is no arm");
        clicked.hand().click(&at((30.0, 10.0)), None);
        clicked.hand().move_to(&at((50.0, 45.0)));
        assert!(clicked.markup.is_empty());
        clicked.hand().click(&at((30.0, 40.0)), None);
        let mut dragged = Desk::with(Tool::Angle);
        dragged.drag(None, (10.0, 10.0), (30.0, 10.0));
        dragged.hand().click(&at((30.0, 40.0)), None);
        assert_eq!((clicked.shapes(), dragged.shapes()), (vec![expected], vec![expected]));
    }

    #[test]
    fn a_handle_moves_an_end_and_the_line_moves_all_in_one_step() {
        let mut desk = Desk::with(Tool::Rectangle);
        desk.drag(None, (10.0, 10.0), (30.0, 20.0));
        let id = desk.markup.marks()[0].id;
        desk.drag(Some(Grip { id, handle: Some(2) }), (30.0, 20.0), (40.0, 30.0));
        assert_eq!(desk.shapes(), [Shape::Rectangle { corner: point(10.0, 10.0), opposite: point(40.0, 30.0) }]);
        // Far beyond the right edge: it stops there and keeps its size.
        desk.drag(Some(Grip { id, handle: None }), (20.0, 10.0), (500.0, 15.0));
        assert_eq!(desk.shapes(), [Shape::Rectangle { corner: point(69.5, 15.0), opposite: point(99.5, 35.0) }]);
        desk.markup.undo();
        desk.markup.undo();
        assert_eq!(desk.shapes(), [Shape::Rectangle { corner: point(10.0, 10.0), opposite: point(30.0, 20.0) }]);
        assert!(desk.markup.can_undo(), "the drawing itself is a step");
    }

    #[test]
    fn what_is_under_way_can_be_given_up() {
        let mut desk = Desk::with(Tool::Ellipse);
        desk.hand().press(&at((10.0, 10.0)), None);
        desk.hand().move_to(&at((30.0, 30.0)));
        assert!(desk.hand().give_up() && !desk.hand().give_up());
        desk.hand().release(&at((30.0, 30.0)));
        assert!(desk.markup.is_empty());
        desk.drag(None, (10.0, 10.0), (30.0, 20.0));
        let (id, before) = (desk.markup.marks()[0].id, desk.shapes());
        desk.hand().press(&at((20.0, 10.0)), Some(Grip { id, handle: None }));
        desk.hand().move_to(&at((60.0, 40.0)));
        assert_ne!(desk.shapes(), before);
        desk.hand().give_up();
        desk.hand().release(&at((60.0, 40.0)));
        assert_eq!(desk.shapes(), before);
    }

    #[test]
    fn a_note_is_there_once_it_has_a_text() {
        let mut desk = Desk::with(Tool::Note);
        let write = |desk: &mut Desk, written: &str| match &mut desk.drawing {
            Some(Drawing::Typing { text, .. }) => written.clone_into(text),
            other => panic!("{other:?}"),
        };
        desk.hand().click(&at((10.0, 10.0)), None);
        write(&mut desk, "  ");
        desk.hand().keep_text();
        desk.hand().click(&at((10.0, 10.0)), None);
        write(&mut desk, " Schmorl's node ");
        // A click elsewhere keeps what was typed, and begins the next note.
        desk.hand().click(&at((60.0, 10.0)), None);
        desk.hand().give_up();
        assert_eq!(desk.markup.marks().iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), ["Schmorl's node"]);
        let id = desk.markup.marks()[0].id;
        desk.hand().edit_text(PANE, id);
        write(&mut desk, "");
        desk.hand().keep_text();
        assert!(desk.markup.is_empty());
        desk.markup.undo();
        assert_eq!(desk.markup.marks()[0].text, "Schmorl's node");
    }

    #[test]
    fn an_arrow_points_where_the_drag_ends_and_may_stay_without_a_text() {
        let mut desk = Desk::with(Tool::Arrow);
        desk.drag(None, (40.0, 40.0), (20.0, 10.0));
        assert!(matches!(&desk.drawing, Some(Drawing::Typing { id: Some(_), .. })));
        desk.hand().give_up();
        assert_eq!(desk.shapes(), [Shape::Arrow { tip: point(20.0, 10.0), tail: point(40.0, 40.0) }]);
    }

    #[test]
    fn a_drawing_does_not_go_on_on_another_slice() {
        let mut desk = Desk::with(Tool::Angle);
        desk.hand().click(&at((10.0, 10.0)), None);
        let there = At { slice: slice(1), ..at((30.0, 30.0)) };
        desk.hand().move_to(&there);
        desk.hand().click(&there, None);
        let Some(Drawing::New { slice: on, shape, .. }) = &desk.drawing else { panic!("{:?}", desk.drawing) };
        assert_eq!((on, shape.handles()[0]), (&slice(1), point(30.0, 30.0)));
        desk.hand().move_to(&at((5.0, 5.0)));
        assert!(matches!(&desk.drawing, Some(Drawing::New { shape, .. }) if shape.handles()[1] == point(30.0, 30.0)));
    }
}
