//! What the left button of the mouse does in a pane.

use super::command::UiCommand;

/// One at a time. The other buttons and the wheel do the same with every tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tool {
    /// Drag for window and level.
    #[default]
    Window,
    /// Drag to move the image.
    Pan,
    /// Drag to zoom.
    Zoom,
    /// Drag through the slices.
    Scroll,
    /// Click to bring every pane to a point.
    Crosshair,
    /// Distance between two points.
    Length,
    /// Angle at the middle one of three points.
    Angle,
    /// Statistics of an ellipse.
    Ellipse,
    /// Statistics of a rectangle.
    Rectangle,
    /// Value and place of a point.
    Probe,
    /// Points at something.
    Arrow,
    /// Words at a place.
    Note,
    /// The reader's box for the selected cell.
    Box,
}

impl Tool {
    /// In the order of the toolbar.
    pub const ALL: [Self; 13] = [
        Self::Window,
        Self::Pan,
        Self::Zoom,
        Self::Scroll,
        Self::Crosshair,
        Self::Length,
        Self::Angle,
        Self::Ellipse,
        Self::Rectangle,
        Self::Probe,
        Self::Arrow,
        Self::Note,
        Self::Box,
    ];

    /// The command that chooses it.
    pub const fn command(self) -> UiCommand {
        match self {
            Self::Window => UiCommand::ToolWindow,
            Self::Pan => UiCommand::ToolPan,
            Self::Zoom => UiCommand::ToolZoom,
            Self::Scroll => UiCommand::ToolScroll,
            Self::Crosshair => UiCommand::ToolCrosshair,
            Self::Length => UiCommand::ToolLength,
            Self::Angle => UiCommand::ToolAngle,
            Self::Ellipse => UiCommand::ToolEllipse,
            Self::Rectangle => UiCommand::ToolRectangle,
            Self::Probe => UiCommand::ToolProbe,
            Self::Arrow => UiCommand::ToolArrow,
            Self::Note => UiCommand::ToolNote,
            Self::Box => UiCommand::ToolBox,
        }
    }

    /// The tool that a command chooses.
    pub fn of(command: UiCommand) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.command() == command)
    }

    /// Whether a click brings every pane to its point; with Shift any tool does that but those that draw.
    pub fn sets_crosshair(self, with_shift: bool) -> bool {
        self == Self::Crosshair || with_shift && !self.is_drawing() && self != Self::Box
    }

    /// Whether it draws measurements or notes.
    pub const fn is_drawing(self) -> bool {
        !matches!(self, Self::Window | Self::Pan | Self::Zoom | Self::Scroll | Self::Crosshair | Self::Box)
    }
}
