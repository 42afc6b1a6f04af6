//! Every command, once: menus, shortcuts and the help window are made from this list.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::viewer::Action;

/// A command without arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UiCommand {
    OpenFolder,
    OpenFiles,
    OpenDemo,
    CloseStudy,
    ExportCsv,
    ExportJson,
    Cancel,
    GradeAgain,
    Quit,
    PreviousSlice,
    NextSlice,
    FirstSlice,
    LastSlice,
    PreviousPane,
    NextPane,
    Maximise,
    Fit,
    ResetPane,
    ResetWindow,
    FullRangeWindow,
    Invert,
    ToggleOverlays,
    ToggleReferenceLines,
    PreviousFinding,
    NextFinding,
    ShowMessages,
    ShowHelp,
    ShowAbout,
}

/// A menu of the menu bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    File,
    View,
    Findings,
    Help,
}

impl Menu {
    /// From left to right.
    pub const ALL: [Self; 4] = [Self::File, Self::View, Self::Findings, Self::Help];

    /// In the menu bar.
    pub const fn text(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::View => "View",
            Self::Findings => "Findings",
            Self::Help => "Help",
        }
    }

    /// Its commands in order.
    pub const fn commands(self) -> &'static [UiCommand] {
        use UiCommand as C;
        match self {
            Self::File => &[
                C::OpenFolder,
                C::OpenFiles,
                C::OpenDemo,
                C::CloseStudy,
                C::ExportCsv,
                C::ExportJson,
                C::GradeAgain,
                C::Cancel,
                C::Quit,
            ],
            Self::View => &[
                C::PreviousSlice,
                C::NextSlice,
                C::FirstSlice,
                C::LastSlice,
                C::PreviousPane,
                C::NextPane,
                C::Maximise,
                C::Fit,
                C::ResetPane,
                C::ResetWindow,
                C::FullRangeWindow,
                C::Invert,
                C::ToggleReferenceLines,
            ],
            Self::Findings => &[C::PreviousFinding, C::NextFinding, C::ToggleOverlays],
            Self::Help => &[C::ShowHelp, C::ShowMessages, C::ShowAbout],
        }
    }
}

impl UiCommand {
    /// In menus.
    pub const fn text(self) -> &'static str {
        match self {
            Self::OpenFolder => "Open folder...",
            Self::OpenFiles => "Open files, zip or DICOMDIR...",
            Self::OpenDemo => "Open the demo study",
            Self::CloseStudy => "Close this study",
            Self::ExportCsv => "Export grades as CSV...",
            Self::ExportJson => "Export grades as JSON...",
            Self::Cancel => "Cancel opening or grading",
            Self::GradeAgain => "Grade this study again",
            Self::Quit => "Quit",
            Self::PreviousSlice => "Previous slice",
            Self::NextSlice => "Next slice",
            Self::FirstSlice => "First slice",
            Self::LastSlice => "Last slice",
            Self::PreviousPane => "Previous pane",
            Self::NextPane => "Next pane",
            Self::Maximise => "Maximise pane, or show all",
            Self::Fit => "Fit image to pane",
            Self::ResetPane => "Reset pane",
            Self::ResetWindow => "Window of the file",
            Self::FullRangeWindow => "Window over all values",
            Self::Invert => "Invert grey values",
            Self::ToggleOverlays => "Show boxes and lines",
            Self::ToggleReferenceLines => "Show reference lines",
            Self::PreviousFinding => "Previous finding",
            Self::NextFinding => "Next finding",
            Self::ShowMessages => "Messages",
            Self::ShowHelp => "Keys and mouse",
            Self::ShowAbout => "About Foramen",
        }
    }

    /// When the pointer rests on it.
    pub const fn tooltip(self) -> &'static str {
        match self {
            Self::OpenFolder => "Find every study below a folder; a folder can also be dropped on the window",
            Self::OpenFiles => "Open single files, a zip or a DICOMDIR",
            Self::OpenDemo => "A computed phantom, not a patient",
            Self::CloseStudy => "Take the study out of the list; its files stay as they are",
            Self::ExportCsv => "The RSNA 2024 submission form: 25 rows",
            Self::ExportJson => "Scores, sources, the box behind each number, models, warnings",
            Self::Cancel => "What is done so far is kept",
            Self::GradeAgain => "Run the detectors over this study once more",
            Self::Quit => "Close the window",
            Self::PreviousSlice | Self::NextSlice | Self::FirstSlice | Self::LastSlice => "In the active pane",
            Self::PreviousPane | Self::NextPane => "Make another pane the active one",
            Self::Maximise => "The active pane alone; a double click does the same",
            Self::Fit => "The whole image, centred",
            Self::ResetPane => "Fit, window of the file, not inverted",
            Self::ResetWindow => "The window that the file asks for, or 0.5 to 99.5 % of the values",
            Self::FullRangeWindow => "From the least to the greatest value of the slice",
            Self::Invert => "Black for white",
            Self::ToggleOverlays => "One key hides everything that is painted over the images",
            Self::ToggleReferenceLines => "Where the slices of the other panes cut this one",
            Self::PreviousFinding | Self::NextFinding => "Moderate and severe cells of the grade table in turn",
            Self::ShowMessages => "What could not be read, and what to know of the grades",
            Self::ShowHelp => "All shortcuts",
            Self::ShowAbout => "Version, engine, models, licences",
        }
    }

    /// Its key.
    pub const fn shortcut(self) -> Option<KeyboardShortcut> {
        const NONE: Modifiers = Modifiers::NONE;
        const CTRL: Modifiers = Modifiers::COMMAND;
        let (modifiers, key) = match self {
            Self::OpenFolder => (CTRL, Key::O),
            Self::OpenFiles => (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::O),
            Self::OpenDemo => (CTRL, Key::D),
            Self::CloseStudy => (CTRL, Key::W),
            Self::ExportCsv => (CTRL, Key::E),
            Self::ExportJson => (CTRL, Key::J),
            Self::Cancel => (NONE, Key::Escape),
            Self::GradeAgain => (CTRL, Key::G),
            Self::Quit => (CTRL, Key::Q),
            Self::PreviousSlice => (NONE, Key::ArrowUp),
            Self::NextSlice => (NONE, Key::ArrowDown),
            Self::FirstSlice => (NONE, Key::Home),
            Self::LastSlice => (NONE, Key::End),
            Self::PreviousPane => (NONE, Key::ArrowLeft),
            Self::NextPane => (NONE, Key::ArrowRight),
            Self::Maximise => (NONE, Key::M),
            Self::Fit => (NONE, Key::F),
            Self::ResetPane => (NONE, Key::R),
            Self::ResetWindow => (NONE, Key::W),
            Self::FullRangeWindow => (NONE, Key::A),
            Self::Invert => (NONE, Key::I),
            Self::ToggleOverlays => (NONE, Key::H),
            Self::ToggleReferenceLines => (NONE, Key::L),
            Self::PreviousFinding => (NONE, Key::P),
            Self::NextFinding => (NONE, Key::N),
            Self::ShowHelp => (NONE, Key::F1),
            Self::ShowMessages => (NONE, Key::F2),
            Self::ShowAbout => return None,
        };
        Some(KeyboardShortcut::new(modifiers, key))
    }

    /// Every command.
    pub fn all() -> impl Iterator<Item = Self> {
        Menu::ALL.into_iter().flat_map(|menu| menu.commands().iter().copied())
    }

    /// The commands whose keys were pressed in this frame. None while a text field has the keyboard.
    pub fn pressed(ctx: &egui::Context) -> Vec<Action> {
        if ctx.egui_wants_keyboard_input() {
            return Vec::new();
        }
        // The longest shortcut first: Ctrl+Shift+O is not Ctrl+O.
        let mut all: Vec<(KeyboardShortcut, Self)> = Self::all().filter_map(|c| Some((c.shortcut()?, c))).collect();
        all.sort_by_key(|(shortcut, _)| !shortcut.modifiers.shift);
        ctx.input_mut(|input| {
            let pressed = all.into_iter().flat_map(|(shortcut, command)| {
                let count = input.count_and_consume_key(shortcut.modifiers, shortcut.logical_key);
                std::iter::repeat_n(Action::Do(command), count)
            });
            pressed.collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_key_and_none_is_in_two_menus() {
        let all: Vec<UiCommand> = UiCommand::all().collect();
        for (i, a) in all.iter().enumerate() {
            for b in &all[i + 1..] {
                assert_ne!(a, b);
                assert!(a.shortcut().is_none() || a.shortcut() != b.shortcut(), "{a:?} {b:?}");
            }
        }
    }
}
