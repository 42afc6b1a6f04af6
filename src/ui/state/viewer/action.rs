//! What the reader can ask for, and what only the window can do.

use std::path::PathBuf;

use egui::{KeyboardShortcut, Vec2};

use super::{OpenWindows, Wanted};
use crate::{
    geometry::PixelCorner,
    grading::{Evidence, GradeId, Level, Role},
    library::StudyState,
    report::Destination,
    report::Format,
    ui::state::{
        command::UiCommand,
        export::{PictureOf, Wish},
        gesture::marks::Grip,
        pane::PaneId,
        settings::Settings,
        viewer::{BoxAction, MarkAction, ReviewAction},
        worklist::ListAction,
    },
    uid::StudyUid,
    worker::{SessionId, StudySource},
};

/// Something that the reader asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// A command of the menus.
    Do(UiCommand),
    /// Open studies.
    Open(StudySource),
    /// Bring an open study to the front.
    SelectStudy(SessionId),
    /// Show an open study below the one in front.
    Compare(SessionId),
    /// Close an open study.
    Close(SessionId),
    /// Hang a series of an open study in a pane; another study's pane brings that study beside.
    ShowSeries(PaneId, SessionId, usize),
    /// Say by hand what a series is graded as; it is graded again.
    SetRole(SessionId, usize, Option<Role>),
    /// Make a pane the active one.
    Activate(PaneId),
    /// Show a pane alone, or all again.
    Maximise(PaneId),
    /// Parts of a slice on, in a pane: a wheel or a drag.
    ScrollBy(PaneId, f32),
    /// A pane is of this size on screen now, in points.
    Area(PaneId, Vec2),
    /// The pointer is over a part of a mark in this pane, or over none.
    HoverMark(PaneId, Option<Grip>),
    /// A drag for window and level, in points.
    DragWindow(PaneId, Vec2),
    /// A drag that moves the image, in mm on screen.
    Pan(PaneId, Vec2),
    /// A zoom about a point, given in mm on screen from the middle of the pane.
    Zoom(PaneId, f32, Vec2),
    /// Bring every pane to a point of the slice on screen: column, row.
    Crosshair(PaneId, PixelCorner),
    /// Something with measurements, notes or key images.
    Mark(MarkAction),
    /// Look at a cell of the grade table.
    SelectGrade(GradeId),
    /// Look at a box, and select the cell that it counts for.
    ShowBox(GradeId, Box<Evidence>),
    /// Show or hide the boxes of a level.
    ShowLevel(Level, bool),
    /// Show the boxes of all conditions and levels.
    ShowAllBoxes,
    /// Boxes below this score are not shown.
    SetThreshold(f32),
    /// Tell the reader something that went wrong.
    Warn(String),
    /// Write reports of a study.
    Export(SessionId, Wish, Destination),
    /// Ask for the folder of reports, then write them.
    PickReports(SessionId, Wish),
    /// Which windows are open.
    Windows(OpenWindows),
    /// The reader has seen a message.
    CloseNotice(usize),
    /// Settings as the reader changed them.
    Settings(Box<Settings>),
    /// Give a command a key, or none.
    SetKey(UiCommand, Option<KeyboardShortcut>),
    /// All keys as they were at first.
    ResetKeys,
    /// Something with the lines of the worklist.
    List(ListAction),
    /// The field of the comment has the keyboard.
    CommentFocused,
    /// Open a study of the worklist.
    OpenListed(Wanted, StudySource),
    /// Ask for the folder into which a study of the worklist was moved.
    FindListed(StudyUid),
    /// Look for that study in a folder.
    LookIn(PathBuf),
    /// Say how far a study of the worklist is.
    SetState(StudyUid, StudyState),
    /// Remove a study from the worklist; the reader was asked.
    Forget(StudyUid),
    /// Something with the box behind a cell.
    Box(BoxAction),
    /// Something that the reader says of the grades.
    Review(ReviewAction),
    /// Tell the reader how something ended that was done beside the window.
    Done(Result<String, String>),
}

/// What only the window can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Close.
    Quit,
    /// Ask for a folder to open.
    PickFolder,
    /// Ask for files to open.
    PickFiles,
    /// Ask where to write one form of a report.
    PickExport(SessionId, Format),
    /// Ask for the folder of reports.
    PickReports(SessionId, Wish),
    /// Ask for the folder into which a study was moved.
    PickPlace,
    /// Ask where to write a picture of what is on screen, and write it.
    SavePicture(PictureOf),
    /// Put the text of the report into the clipboard.
    CopyReport,
    /// Put a picture of the active pane into the clipboard.
    CopyPicture,
}
