//! Every command, once: menus, the palette, shortcuts, the toolbar and the help window are made from this list.

use egui::{Key, KeyboardShortcut, Modifiers};
use serde::{Deserialize, Serialize};

use super::icon;

/// A menu of the menu bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    File,
    View,
    Image,
    Tools,
    Findings,
    Review,
    Help,
}

impl Menu {
    /// From left to right.
    pub const ALL: [Self; 7] =
        [Self::File, Self::View, Self::Image, Self::Tools, Self::Findings, Self::Review, Self::Help];

    /// In the menu bar.
    pub const fn text(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::View => "View",
            Self::Image => "Image",
            Self::Tools => "Tools",
            Self::Findings => "Findings",
            Self::Review => "Review",
            Self::Help => "Help",
        }
    }

    /// Its commands in order.
    pub fn commands(self) -> impl Iterator<Item = UiCommand> {
        UiCommand::ALL.iter().copied().filter(move |command| command.info().menu == self)
    }
}

/// What there is to know of a command.
#[derive(Debug, Clone, Copy)]
pub struct Info {
    /// Where it stands.
    pub menu: Menu,
    /// In menus.
    pub text: &'static str,
    /// When the pointer rests on it.
    pub tooltip: &'static str,
    /// Before the text; empty for none.
    pub icon: &'static str,
    /// Its key, unless the reader chose another.
    pub key: Option<KeyboardShortcut>,
}

#[expect(clippy::unnecessary_wraps, reason = "the table says NONE for no key")]
const fn with(modifiers: Modifiers, key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(modifiers, key))
}

const fn key(key: Key) -> Option<KeyboardShortcut> {
    with(Modifiers::NONE, key)
}

const fn shift(key: Key) -> Option<KeyboardShortcut> {
    with(Modifiers::SHIFT, key)
}

const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    with(Modifiers::COMMAND, key)
}

const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    with(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

const fn alt(key: Key) -> Option<KeyboardShortcut> {
    with(Modifiers::ALT, key)
}

const NONE: Option<KeyboardShortcut> = None;

/// Makes the enum and its table from one list.
macro_rules! commands {
    ($($menu:ident { $($name:ident $key:expr, $icon:expr, $text:literal, $tooltip:literal;)* })*) => {
        /// A command without arguments. Its name in the settings file is written in kebab case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum UiCommand { $($(#[doc = $tooltip] $name,)*)* }

        impl UiCommand {
            /// Every command, menu by menu.
            pub const ALL: &'static [Self] = &[$($(Self::$name,)*)*];

            /// Its line in the list.
            pub const fn info(self) -> Info {
                match self {
                    $($(Self::$name => Info {
                        menu: Menu::$menu, text: $text, tooltip: $tooltip, icon: $icon, key: $key,
                    },)*)*
                }
            }
        }
    };
}

commands! {
    File {
        OpenFolder ctrl(Key::O), icon::FOLDER, "Open folder...",
            "Find every study below a folder; a folder can also be dropped on the window";
        OpenFiles ctrl_shift(Key::O), icon::FILE, "Open files, zip or DICOMDIR...",
            "Open single files, a zip or a DICOMDIR";
        OpenDemo ctrl(Key::D), icon::PERSON, "Open the demo study", "A computed phantom, not a patient";
        ShowWorklist ctrl(Key::L), icon::WORKLIST, "Worklist...",
            "Every study opened so far and whether it has been read; search by name, ID and date";
        PreviousStudy ctrl(Key::PageUp), "", "Previous open study", "Bring the study above in the list to the front";
        NextStudy ctrl(Key::PageDown), "", "Next open study", "Bring the study below in the list to the front";
        Compare ctrl(Key::B), icon::COMPARE, "Show another study below",
            "Shows the next open study, priors first, in a second row of panes; press again to hide it";
        CloseStudy ctrl(Key::W), icon::CLOSE, "Close this study",
            "Removes the study from the list of open studies; its files are not changed";
        MarkUnread NONE, "", "Mark as unread", "In the worklist";
        MarkReviewed ctrl(Key::R), icon::CHECK, "Mark as reviewed", "In the worklist";
        ExportCsv ctrl(Key::E), icon::EXPORT, "Export grades as CSV...", "The RSNA 2024 submission form: 25 rows";
        ExportJson ctrl(Key::J), icon::EXPORT, "Export grades as JSON...",
            "Scores, sources, the box behind each number, models, warnings";
        SavePanePicture ctrl(Key::S), icon::IMAGE, "Save picture of this pane...",
            "A PNG file of what is shown, without names or dates";
        SavePicture ctrl_shift(Key::S), icon::IMAGE, "Save picture of all panes...",
            "A PNG file of what is shown, without names or dates";
        CopyPicture ctrl_shift(Key::C), icon::COPY, "Copy picture of this pane",
            "To the clipboard, without names or dates";
        GradeAgain ctrl(Key::G), icon::AGAIN, "Grade this study again", "Run the detectors on this study again";
        Cancel key(Key::Escape), "", "Cancel", "Closes windows over the images; stops drawing, playing, opening or grading";
        Quit ctrl(Key::Q), "", "Quit", "Close the window";
    }
    View {
        PreviousSlice key(Key::ArrowUp), "", "Previous slice", "In the active pane";
        NextSlice key(Key::ArrowDown), "", "Next slice", "In the active pane";
        SkipBack key(Key::PageUp), "", "Five slices back", "In the active pane";
        SkipForward key(Key::PageDown), "", "Five slices forward", "In the active pane";
        FirstSlice key(Key::Home), "", "First slice", "In the active pane";
        LastSlice key(Key::End), "", "Last slice", "In the active pane";
        PlayCine key(Key::Space), icon::PLAY, "Play or stop", "Plays the slices of the active pane";
        CineFaster ctrl(Key::ArrowUp), "", "Play faster", "More slices per second";
        CineSlower ctrl(Key::ArrowDown), "", "Play slower", "Fewer slices per second";
        PreviousPane key(Key::ArrowLeft), "", "Previous pane", "Make another pane the active one";
        NextPane key(Key::ArrowRight), "", "Next pane", "Make another pane the active one";
        PreviousSeries ctrl(Key::ArrowLeft), "", "Previous series", "Show another series in the active pane";
        NextSeries ctrl(Key::ArrowRight), "", "Next series", "Show another series in the active pane";
        Maximise key(Key::M), icon::MAXIMISE, "Maximise pane, or show all",
            "The active pane alone; a double click does the same";
        LayoutOne key(Key::Num1), icon::LAYOUT_ONE, "One pane", "The active pane, large";
        LayoutTwo key(Key::Num2), icon::LAYOUT_TWO, "Two panes", "Sagittal T2 and axial T2, side by side";
        LayoutThree key(Key::Num3), icon::LAYOUT_THREE, "Three panes", "Sagittal T1, sagittal T2, axial T2";
        LayoutFour key(Key::Num4), icon::LAYOUT_FOUR, "Two by two", "Four panes; drag a series into any of them";
        LinkScroll key(Key::Y), icon::LINK, "Link scrolling",
            "Panes of the same plane show the same position; compared studies scroll together";
        LinkZoom shift(Key::Y), "", "Link zoom and position", "In panes of the same plane";
        LinkWindow NONE, "", "Link window", "Window changes apply to all panes of the same plane";
        ReferenceLines key(Key::L), "", "Show reference lines", "Where the slices of the other panes cross this one";
        Captions key(Key::C), "", "Show text on images", "Series, slice, position and window in the corners";
        ToggleBrowser NONE, icon::SIDEBAR, "Show the study list", "On the left";
        ToggleGrades NONE, icon::TABLE, "Show the grade table", "On the right";
    }
    Image {
        ResetPane key(Key::R), icon::RESET, "Reset pane", "Fit to pane, window from the file, not inverted, not rotated";
        Fit key(Key::F), icon::FIT, "Fit image to pane", "The whole image, centred";
        OneToOne key(Key::O), "", "One image pixel to one screen pixel", "No scaling, no interpolated pixels";
        ZoomIn key(Key::Plus), "", "Zoom in", "Around the centre of the pane";
        ZoomOut key(Key::Minus), "", "Zoom out", "Around the centre of the pane";
        PanLeft shift(Key::ArrowLeft), "", "Move image left", "A tenth of the pane";
        PanRight shift(Key::ArrowRight), "", "Move image right", "A tenth of the pane";
        PanUp shift(Key::ArrowUp), "", "Move image up", "A tenth of the pane";
        PanDown shift(Key::ArrowDown), "", "Move image down", "A tenth of the pane";
        FileWindow key(Key::W), icon::WINDOW, "Window from the file",
            "The window stored in the file, or the 0.5th to 99.5th percentile";
        PercentileWindow key(Key::Q), "", "Window from 1st to 99th percentile", "Of the slice on screen";
        FullWindow key(Key::A), "", "Window over the full range", "From the minimum to the maximum value of the slice";
        Wider key(Key::Period), "", "Wider window", "Less contrast";
        Narrower key(Key::Comma), "", "Narrower window", "More contrast";
        Brighter alt(Key::Period), "", "Brighter", "Lowers the window centre";
        Darker alt(Key::Comma), "", "Darker", "Raises the window centre";
        Invert key(Key::I), icon::INVERT, "Invert grey values", "Swaps black and white";
        FlipHorizontal shift(Key::H), icon::FLIP_HORIZONTAL, "Flip horizontally", "Orientation letters follow";
        FlipVertical shift(Key::V), icon::FLIP_VERTICAL, "Flip vertically", "Orientation letters follow";
        RotateRight shift(Key::R), icon::ROTATE, "Rotate right 90°", "Orientation letters follow";
        RotateLeft NONE, "", "Rotate left 90°", "Orientation letters follow";
        Smooth key(Key::S), "", "Smooth pixels", "Off: each pixel of the file is shown as a uniform square";
    }
    Tools {
        ToolWindow key(Key::V), icon::WINDOW, "Window", "Left drag: right is wider, down is darker";
        ToolPan key(Key::G), icon::PAN, "Move", "Left drag moves the image; the middle button always does";
        ToolZoom key(Key::Z), icon::ZOOM, "Zoom", "Left drag up zooms in; the right button always zooms";
        ToolScroll key(Key::J), icon::SCROLL, "Scroll", "Left drag scrolls through the slices; the wheel always does";
        ToolCrosshair key(Key::X), icon::CROSSHAIR, "Crosshair",
            "Click: every pane goes to this point; Shift+click works with any tool";
        ToolLength key(Key::D), icon::LENGTH, "Length", "Drag from end to end";
        ToolAngle key(Key::U), icon::ANGLE, "Angle", "Three clicks; the second is the corner";
        ToolEllipse key(Key::E), icon::ELLIPSE, "Ellipse", "Mean, SD and area of an ellipse";
        ToolRectangle key(Key::B), icon::RECTANGLE, "Rectangle", "Mean, SD and area of a rectangle";
        ToolProbe shift(Key::D), icon::PROBE, "Probe", "Value and patient position of a point, in mm";
        ToolArrow shift(Key::A), icon::ARROW, "Arrow", "Points at something; drag from the tail to the tip";
        ToolNote key(Key::T), icon::NOTE, "Text note", "Click, then type";
        ToolBox shift(Key::B), icon::BOX, "Box for the cell",
            "Draw a box for the selected cell, or move and resize the existing one";
        KeyImage key(Key::K), icon::STAR, "Key image", "Mark or unmark this slice as a key image";
        Undo ctrl(Key::Z), icon::UNDO, "Undo", "Undoes the last change to a measurement, note, key image or grade";
        Redo ctrl_shift(Key::Z), icon::REDO, "Redo", "Repeats what was undone";
        DeleteMark key(Key::Delete), icon::TRASH, "Delete the selected measurement", "Undo brings it back";
        ShowMarks NONE, icon::LIST, "Measurements and key images", "Lists all of them in this study";
    }
    Findings {
        PreviousFinding key(Key::P), icon::PREVIOUS, "Previous finding", "Goes through the moderate and severe cells of the table";
        NextFinding key(Key::N), icon::NEXT, "Next finding", "Goes through the moderate and severe cells of the table";
        PreviousEvidence shift(Key::P), "", "Previous box of this cell", "Goes through the slices that voted";
        NextEvidence shift(Key::N), "", "Next box of this cell", "Goes through the slices that voted";
        CellUp alt(Key::ArrowUp), "", "Cell above", "In the grade table";
        CellDown alt(Key::ArrowDown), "", "Cell below", "In the grade table";
        CellLeft alt(Key::ArrowLeft), "", "Cell on the left", "In the grade table";
        CellRight alt(Key::ArrowRight), "", "Cell on the right", "In the grade table";
        RemoveBox NONE, icon::TRASH, "Remove box of this cell",
            "Removes the selected cell's box; with the box tool, Delete does the same";
        RestoreBox NONE, icon::UNDO, "Restore detector's box", "For the selected cell, in place of a hand-drawn or removed box";
        Overlays key(Key::H), icon::EYE, "Show boxes, lines and measurements",
            "Hides or shows everything drawn over the images";
        LevelLabels shift(Key::L), "", "Show level names next to discs", "L1/L2 to L5/S1 on sagittal images";
        ShowCanal alt(Key::Num1), "", "Show canal boxes", "Spinal canal stenosis";
        ShowForamina alt(Key::Num2), "", "Show foramen boxes", "Left and right neural foraminal narrowing";
        ShowSubarticular alt(Key::Num3), "", "Show subarticular boxes", "Left and right subarticular stenosis";
        OnlySelectedLevel alt(Key::Num4), "", "Only the level of the selected cell", "Boxes of other levels are not shown";
        GradeAsT1 NONE, "", "Grade this series as sagittal T1", "The series in the active pane; the study is graded again";
        GradeAsT2 NONE, "", "Grade this series as sagittal T2 or STIR",
            "The series in the active pane; the study is graded again";
        GradeAsAxial NONE, "", "Grade this series as axial T2", "The series in the active pane; the study is graded again";
        DoNotGrade NONE, "", "Do not grade this series", "The series in the active pane; the study is graded again";
        ThresholdUp key(Key::CloseBracket), "", "Fewer boxes", "Raises the score threshold for showing boxes by 0.05";
        ThresholdDown key(Key::OpenBracket), "", "More boxes", "Lowers the score threshold for showing boxes by 0.05";
    }
    Review {
        AcceptGrade key(Key::Enter), icon::CHECK, "Accept this grade",
            "Accepts the program's grade for the selected cell, then goes to the next undecided cell";
        SayNormal key(Key::Num6), "", "Normal or mild", "Your grade for the selected cell, then goes to the next undecided cell";
        SayModerate key(Key::Num7), "", "Moderate", "Your grade for the selected cell, then goes to the next undecided cell";
        SaySevere key(Key::Num8), "", "Severe", "Your grade for the selected cell, then goes to the next undecided cell";
        SayNotAssessable key(Key::Num9), "", "Not assessable", "The images do not allow a grade; then goes to the next undecided cell";
        Undecide key(Key::Backspace), "", "Reset to undecided", "Clears your decision for the selected cell";
        CommentGrade key(Key::Slash), icon::PENCIL, "Comment on this grade", "Included in every report";
        NextUndecided shift(Key::Enter), "", "Next undecided cell", "Goes through the table level by level";
        DiscIsL1L2 NONE, "", "The disc of the selected cell is L1/L2", "Moves all levels with their grades and texts; the report says so";
        DiscIsL2L3 NONE, "", "The disc of the selected cell is L2/L3", "Moves all levels with their grades and texts; the report says so";
        DiscIsL3L4 NONE, "", "The disc of the selected cell is L3/L4", "Moves all levels with their grades and texts; the report says so";
        DiscIsL4L5 NONE, "", "The disc of the selected cell is L4/L5", "Moves all levels with their grades and texts; the report says so";
        DiscIsL5S1 NONE, "", "The disc of the selected cell is L5/S1", "Moves all levels with their grades and texts; the report says so";
        ShowReport ctrl(Key::I), icon::NOTE, "Impression and signature...",
            "Sentences for each level, comment, signature and audit trail";
        ShowExport ctrl(Key::P), icon::EXPORT, "Export reports...",
            "PDF, DICOM, JSON, CSV, text; with or without the patient's name";
        CopyReport ctrl_shift(Key::I), icon::COPY, "Copy text of the report", "To the clipboard";
    }
    Help {
        ShowPalette ctrl(Key::K), icon::COMMAND, "Find a command...", "Type part of its name";
        ShowKeys key(Key::F1), icon::KEYBOARD, "Keys and mouse", "All shortcuts; click one to change it";
        ShowMessages key(Key::F2), icon::INFO, "Messages", "What could not be read, and notes about the grades";
        ShowProblems key(Key::F3), icon::WARNING, "Problems reading the files",
            "Every file that could not be read or is doubtful, with the reason; can be copied";
        ShowSettings ctrl(Key::Comma), icon::SETTINGS, "Settings", "Colours, size, panes, storage locations";
        UiLarger ctrl(Key::Plus), "", "Larger text and buttons", "The whole window";
        UiSmaller ctrl(Key::Minus), "", "Smaller text and buttons", "The whole window";
        UiNormal ctrl(Key::Num0), "", "Reset size of text and buttons", "The whole window";
        ToggleTheme NONE, icon::THEME, "Light or dark", "Images always have a near-black background";
        ShowHints NONE, "", "First steps", "A short introduction";
        ShowAbout NONE, icon::INFO, "About Foramen", "Version, engine, models, licences";
    }
}

impl UiCommand {
    /// Whether it says something of a cell, or goes on to the next: what nobody should do behind a window.
    pub const fn is_grading(self) -> bool {
        matches!(
            self,
            Self::AcceptGrade
                | Self::SayNormal
                | Self::SayModerate
                | Self::SaySevere
                | Self::SayNotAssessable
                | Self::Undecide
                | Self::NextUndecided
                | Self::CommentGrade
                | Self::RemoveBox
                | Self::RestoreBox
                | Self::DiscIsL1L2
                | Self::DiscIsL2L3
                | Self::DiscIsL3L4
                | Self::DiscIsL4L5
                | Self::DiscIsL5S1
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_key_or_a_text() {
        for (i, a) in UiCommand::ALL.iter().enumerate() {
            for b in &UiCommand::ALL[i + 1..] {
                assert!(a.info().key.is_none() || a.info().key != b.info().key, "{a:?} {b:?}");
                assert_ne!(a.info().text, b.info().text);
            }
        }
    }
}
