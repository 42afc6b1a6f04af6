//! Icons by name: characters of the Phosphor font (MIT), in Unicode's private range.

/// Folder open.
pub const FOLDER: &str = "\u{E256}";
/// File plus.
pub const FILE: &str = "\u{E236}";
/// Person.
pub const PERSON: &str = "\u{E3A8}";
/// List magnifying glass.
pub const WORKLIST: &str = "\u{EBE0}";
/// Rows.
pub const COMPARE: &str = "\u{E5A2}";
/// X.
pub const CLOSE: &str = "\u{E4F6}";
/// Check circle.
pub const CHECK: &str = "\u{E184}";
/// Export.
pub const EXPORT: &str = "\u{EAF0}";
/// Arrow clockwise.
pub const AGAIN: &str = "\u{E036}";
/// Play.
pub const PLAY: &str = "\u{E3D0}";
/// Pause.
pub const PAUSE: &str = "\u{E39E}";
/// Arrows out simple.
pub const MAXIMISE: &str = "\u{E0A6}";
/// Rectangle.
pub const LAYOUT_ONE: &str = "\u{E3F0}";
/// Square split horizontal.
pub const LAYOUT_TWO: &str = "\u{E870}";
/// Columns.
pub const LAYOUT_THREE: &str = "\u{E546}";
/// Squares four.
pub const LAYOUT_FOUR: &str = "\u{E464}";
/// Link.
pub const LINK: &str = "\u{E2E2}";
/// Sidebar simple.
pub const SIDEBAR: &str = "\u{EC24}";
/// Table.
pub const TABLE: &str = "\u{E476}";
/// Arrow counter clockwise.
pub const RESET: &str = "\u{E038}";
/// Frame corners.
pub const FIT: &str = "\u{E626}";
/// Sun.
pub const WINDOW: &str = "\u{E472}";
/// Circle half.
pub const INVERT: &str = "\u{E18C}";
/// Flip horizontal.
pub const FLIP_HORIZONTAL: &str = "\u{ED6A}";
/// Flip vertical.
pub const FLIP_VERTICAL: &str = "\u{ED6C}";
/// Arrow arc right.
pub const ROTATE: &str = "\u{E016}";
/// Hand.
pub const PAN: &str = "\u{E298}";
/// Magnifying glass plus.
pub const ZOOM: &str = "\u{E310}";
/// Stack.
pub const SCROLL: &str = "\u{E466}";
/// Crosshair.
pub const CROSSHAIR: &str = "\u{E1D6}";
/// Ruler.
pub const LENGTH: &str = "\u{E6B8}";
/// Angle.
pub const ANGLE: &str = "\u{E7BC}";
/// Circle.
pub const ELLIPSE: &str = "\u{E18A}";
/// Square.
pub const RECTANGLE: &str = "\u{E45E}";
/// Eyedropper.
pub const PROBE: &str = "\u{E568}";
/// Arrow up right.
pub const ARROW: &str = "\u{E092}";
/// Text t.
pub const NOTE: &str = "\u{E48A}";
/// Bounding box.
pub const BOX: &str = "\u{E6CE}";
/// Pencil simple.
pub const PENCIL: &str = "\u{E3B4}";
/// Star.
pub const STAR: &str = "\u{E46A}";
/// Arrow u up left.
pub const UNDO: &str = "\u{E08A}";
/// Arrow u up right.
pub const REDO: &str = "\u{E08C}";
/// Trash.
pub const TRASH: &str = "\u{E4A6}";
/// List bullets.
pub const LIST: &str = "\u{E2F2}";
/// Caret left.
pub const PREVIOUS: &str = "\u{E138}";
/// Caret up.
pub const UP: &str = "\u{E13C}";
/// Caret down.
pub const DOWN: &str = "\u{E136}";
/// Caret right.
pub const NEXT: &str = "\u{E13A}";
/// Eye.
pub const EYE: &str = "\u{E220}";
/// Eye slash.
pub const EYE_SLASH: &str = "\u{E224}";
/// Command.
pub const COMMAND: &str = "\u{E1C4}";
/// Keyboard.
pub const KEYBOARD: &str = "\u{E2D8}";
/// Info.
pub const INFO: &str = "\u{E2CE}";
/// Gear.
pub const SETTINGS: &str = "\u{E270}";
/// Moon.
pub const THEME: &str = "\u{E330}";
/// Warning.
pub const WARNING: &str = "\u{E4E0}";
/// Warning circle.
pub const ERROR: &str = "\u{E4E2}";
/// Copy.
pub const COPY: &str = "\u{E1CA}";
/// Magnifying glass.
pub const SEARCH: &str = "\u{E30C}";
/// Clock counter clockwise.
pub const CLOCK: &str = "\u{E1A0}";
/// Image.
pub const IMAGE: &str = "\u{E2CA}";
