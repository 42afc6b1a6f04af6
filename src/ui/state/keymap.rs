//! Which key does what: the commands' own keys, changed by what the reader chose.

use std::collections::BTreeMap;

use egui::{Event, Key, KeyboardShortcut, ModifierNames, Modifiers};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value},
};

use super::command::UiCommand;

/// Keys that differ from the commands' own, as the settings file has them: `"next-slice" = "Ctrl+N"`, "" for none.
pub type Changes = BTreeMap<String, String>;

/// Second keys, as other programs have them, unless the reader gave them to another command.
const ALSO: [(KeyboardShortcut, UiCommand); 1] = [(KeyboardShortcut::new(Modifiers::COMMAND, Key::Y), UiCommand::Redo)];

/// Keys and commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    keys: BTreeMap<UiCommand, Option<KeyboardShortcut>>,
}

impl Keymap {
    /// The commands' own keys with the reader's changes; what cannot be understood comes back, to be told.
    pub fn new(changes: &Changes) -> (Self, Vec<String>) {
        let mut doubts = Vec::new();
        let mut keymap = Self { keys: UiCommand::ALL.iter().map(|&c| (c, c.info().key)).collect() };
        for (name, written) in changes {
            match (command(name), parse(written)) {
                (Some(command), Ok(shortcut)) => keymap.set(command, shortcut),
                (None, _) => doubts.push(format!("the settings assign a key to \"{name}\", which is not a command")),
                (_, Err(why)) => doubts.push(format!("the key for \"{name}\" in the settings: {why}")),
            }
        }
        (keymap, doubts)
    }

    /// The key of a command.
    pub fn key(&self, command: UiCommand) -> Option<KeyboardShortcut> {
        self.keys.get(&command).copied().flatten()
    }

    /// Gives a command a key; another command that had it loses it.
    pub fn set(&mut self, command: UiCommand, shortcut: Option<KeyboardShortcut>) {
        if shortcut.is_some() {
            self.keys.values_mut().filter(|key| **key == shortcut).for_each(|key| *key = None);
        }
        self.keys.insert(command, shortcut);
    }

    /// The command that has a key.
    pub fn command(&self, shortcut: KeyboardShortcut) -> Option<UiCommand> {
        self.keys.iter().find(|(_, key)| **key == Some(shortcut)).map(|(command, _)| *command)
    }

    /// What differs from the commands' own keys, for the settings file.
    pub fn changes(&self) -> Changes {
        let differs = self.keys.iter().filter(|(command, key)| command.info().key != **key);
        differs.map(|(command, key)| (name(*command), key.map(written).unwrap_or_default())).collect()
    }

    /// The commands whose keys were pressed in this frame, in the order of the keys. None while a text field has the
    /// keyboard; a button or a slider that has it keeps only the keys that work it. The key of a command that `may`
    /// refuses is left to whatever else listens. A key that is held down grades once: whoever holds Enter has not seen
    /// the cells that go by.
    pub fn pressed(&self, ctx: &egui::Context, mut may: impl FnMut(UiCommand) -> bool) -> Vec<UiCommand> {
        if ctx.text_edit_focused() {
            return Vec::new();
        }
        let is_focused = ctx.egui_wants_keyboard_input();
        let mut pressed = Vec::new();
        ctx.input_mut(|input| {
            input.events.retain(|event| {
                let press = Press::of(event);
                let command = press.and_then(|press| self.meant(press, is_focused)).filter(|&c| may(c));
                let is_held = press.is_some_and(|press| press.is_repeat);
                pressed.extend(command.filter(|command| !(is_held && command.is_grading())));
                command.is_none()
            });
        });
        pressed
    }

    /// The one command that a key press means: what the reader bound to the letter, then what is bound to the digit
    /// at its place, then what else is bound to the letter. Of several the longest: Ctrl+Shift+O is not Ctrl+O.
    fn meant(&self, press: Press, is_focused: bool) -> Option<UiCommand> {
        let first = self.keys.iter().filter_map(|(&command, &key)| {
            let is_own = command.info().key != key;
            Some((key?, command, is_own))
        });
        let second = ALSO.iter().filter(|(shortcut, _)| self.command(*shortcut).is_none());
        let all = first.chain(second.map(|&(shortcut, command)| (shortcut, command, false)));
        let ranked = all.filter(|(shortcut, ..)| !(is_focused && works_a_button(*shortcut))).filter_map(
            |(shortcut, command, is_own)| {
                let rank = match (press.is_letter(shortcut), press.is_place(shortcut), is_own) {
                    (true, _, true) => 2,
                    (_, true, _) => 1,
                    (true, false, false) => 0,
                    (false, false, _) => return None,
                };
                Some((rank, weight(shortcut.modifiers), command))
            },
        );
        ranked.max_by_key(|&(rank, weight, _)| (rank, weight)).map(|(.., command)| command)
    }
}

/// A key that was pressed: what it types, and where it lies.
#[derive(Debug, Clone, Copy)]
struct Press {
    key: Key,
    place: Option<Key>,
    modifiers: Modifiers,
    /// It is held down.
    is_repeat: bool,
}

impl Press {
    fn of(event: &Event) -> Option<Self> {
        match *event {
            Event::Key { key, physical_key, pressed: true, modifiers, repeat } => {
                Some(Self { key, place: digit_at(key, physical_key), modifiers, is_repeat: repeat })
            }
            _ => None,
        }
    }

    fn is_letter(self, shortcut: KeyboardShortcut) -> bool {
        self.key == shortcut.logical_key && self.modifiers.matches_logically(shortcut.modifiers)
    }

    /// With Shift the digit row types a sign on one keyboard and the digit on another: then only a shortcut with Shift
    /// goes by place.
    fn is_place(self, shortcut: KeyboardShortcut) -> bool {
        self.place == Some(shortcut.logical_key)
            && self.modifiers.shift == shortcut.modifiers.shift
            && self.modifiers.matches_logically(shortcut.modifiers)
    }
}

/// The digit of a key of the digit row that types something else without Shift, as on French, Belgian, Czech and
/// Lithuanian keyboards (egui names a key by its place where it has no name for what it types: è is already 7).
fn digit_at(key: Key, place: Option<Key>) -> Option<Key> {
    place.filter(|&place| is_digit(place) && is_sign_of_digit_row(key))
}

/// The key of a shortcut that the reader presses to choose it.
pub fn chosen_key(key: Key, place: Option<Key>, modifiers: Modifiers) -> Key {
    digit_at(key, place).filter(|_| !modifiers.shift).unwrap_or(key)
}

const fn is_digit(key: Key) -> bool {
    use Key as K;
    matches!(key, K::Num0 | K::Num1 | K::Num2 | K::Num3 | K::Num4 | K::Num5 | K::Num6 | K::Num7 | K::Num8 | K::Num9)
}

/// What the digit row types alone. Brackets, bars and backslashes are typed with `AltGr` there, of which egui says
/// nothing; and where the digits of the number pad are off, its keys are arrows.
const fn is_sign_of_digit_row(key: Key) -> bool {
    use Key as K;
    matches!(
        key,
        K::Minus
            | K::Plus
            | K::Equals
            | K::Quote
            | K::Slash
            | K::Exclamationmark
            | K::Questionmark
            | K::Colon
            | K::Semicolon
            | K::Comma
            | K::Period
    )
}

/// A command by its name in the settings file.
fn command(name: &str) -> Option<UiCommand> {
    let name: value::StrDeserializer<'_, value::Error> = name.into_deserializer();
    UiCommand::deserialize(name).ok()
}

fn name(command: UiCommand) -> String {
    // A command without arguments is always one word.
    serde_json::to_value(command).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn works_a_button(shortcut: KeyboardShortcut) -> bool {
    let keys = [Key::Space, Key::Enter, Key::ArrowUp, Key::ArrowDown, Key::ArrowLeft, Key::ArrowRight, Key::Escape];
    !shortcut.modifiers.any() && keys.contains(&shortcut.logical_key)
}

fn weight(modifiers: Modifiers) -> u8 {
    u8::from(modifiers.shift) + u8::from(modifiers.alt) + u8::from(modifiers.command || modifiers.ctrl)
}

/// As the settings file has it; the same on every system.
fn written(shortcut: KeyboardShortcut) -> String {
    let m = shortcut.modifiers;
    let parts = [(m.command || m.ctrl, "Ctrl"), (m.alt, "Alt"), (m.shift, "Shift")];
    let held = parts.into_iter().filter(|(is_held, _)| *is_held).map(|(_, name)| format!("{name}+"));
    held.chain([shortcut.logical_key.name().to_owned()]).collect()
}

fn parse(text: &str) -> Result<Option<KeyboardShortcut>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    // "Ctrl++" is the plus key.
    let (held, name) = match text.strip_suffix('+') {
        Some(rest) if rest.is_empty() || rest.ends_with('+') => (rest, "Plus"),
        _ => text.rsplit_once('+').map_or(("", text), |(held, name)| (held, name)),
    };
    let mut modifiers = Modifiers::NONE;
    for part in held.split('+').map(str::trim).filter(|p| !p.is_empty()) {
        modifiers = modifiers.plus(match part.to_ascii_lowercase().as_str() {
            "ctrl" | "cmd" | "command" => Modifiers::COMMAND,
            "alt" => Modifiers::ALT,
            "shift" => Modifiers::SHIFT,
            _ => return Err(format!("\"{part}\" is not Ctrl, Alt or Shift")),
        });
    }
    let name = name.trim();
    let key = Key::from_name(name).ok_or_else(|| format!("there is no key \"{name}\""))?;
    Ok(Some(KeyboardShortcut::new(modifiers, key)))
}

/// A key for the reader: with the sign that stands on it, where it has one.
pub fn spoken(shortcut: KeyboardShortcut) -> String {
    let names = ModifierNames::NAMES;
    let held = names.format(&shortcut.modifiers, cfg!(target_os = "macos"));
    let joint = if held.is_empty() { "" } else { names.concat };
    format!("{held}{joint}{}", sign(shortcut.logical_key))
}

fn sign(key: Key) -> &'static str {
    match key {
        // Arrows are not in every font, and a minus sign is too long beside a `+`.
        Key::ArrowUp | Key::ArrowDown | Key::ArrowLeft | Key::ArrowRight => key.name(),
        Key::Minus => "-",
        Key::Quote => "'",
        Key::PageUp => "Page Up",
        Key::PageDown => "Page Down",
        _ => key.symbol_or_name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read_back_as_it_is_written() {
        for command in UiCommand::ALL {
            let key = command.info().key;
            assert_eq!(parse(&key.map(written).unwrap_or_default()), Ok(key), "{command:?}");
        }
        assert_eq!(parse("Ctrl++"), Ok(Some(KeyboardShortcut::new(Modifiers::COMMAND, Key::Plus))));
        assert!(parse("Hyper+A").is_err() && parse("Ctrl+Nothing").is_err());
    }

    #[test]
    fn a_key_is_shown_by_its_sign_and_kept_by_its_name() {
        let shown = |written: &str| spoken(parse(written).unwrap().unwrap());
        for (written, seen) in [
            ("CloseBracket", "]"),
            ("OpenBracket", "["),
            ("Slash", "/"),
            ("Alt+Comma", "Alt+,"),
            ("Ctrl+Plus", "Ctrl++"),
            ("Ctrl+Minus", "Ctrl+-"),
            ("Shift+Left", "Shift+Left"),
            ("Ctrl+PageUp", "Ctrl+Page Up"),
            ("Quote", "'"),
            ("F1", "F1"),
        ] {
            let seen = if cfg!(target_os = "macos") {
                seen.replace("Ctrl", "Cmd").replace("Alt", "Option")
            } else {
                seen.to_owned()
            };
            assert_eq!(shown(written), seen);
        }
        let keymap = Keymap::new(&Changes::new()).0;
        for command in UiCommand::ALL {
            let key = keymap.key(*command).map(spoken).unwrap_or_default();
            assert!(key.is_ascii() && !key.contains("Bracket"), "{command:?}: {key}");
        }
    }

    #[test]
    fn a_second_key_is_no_other_commands_first() {
        let keymap = Keymap::new(&Changes::new()).0;
        assert!(ALSO.iter().all(|(shortcut, _)| keymap.command(*shortcut).is_none()));
    }

    #[test]
    fn a_key_belongs_to_one_command_and_changes_survive_the_settings_file() {
        let (mut keymap, doubts) = Keymap::new(&Changes::new());
        assert!(doubts.is_empty() && keymap.changes().is_empty());
        let down = UiCommand::NextSlice.info().key;
        keymap.set(UiCommand::NextFinding, down);
        assert_eq!((keymap.key(UiCommand::NextSlice), keymap.key(UiCommand::NextFinding)), (None, down));
        let (again, doubts) = Keymap::new(&keymap.changes());
        assert_eq!((again, doubts), (keymap, Vec::new()));
    }

    /// A press as a keyboard sends it: what it types, which key it is, what is held.
    fn event(key: Key, place: Key, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: Some(place), pressed: true, repeat: false, modifiers }
    }

    fn meant(keymap: &Keymap, key: Key, place: Key, modifiers: Modifiers) -> Option<UiCommand> {
        keymap.meant(Press::of(&event(key, place, modifiers)).unwrap(), false)
    }

    /// Every command with a digit, on the keyboards that there are.
    #[test]
    fn digits_are_found_by_place_on_every_keyboard() {
        use UiCommand as C;
        let keymap = Keymap::new(&Changes::new()).0;
        let digits: Vec<(KeyboardShortcut, UiCommand)> = UiCommand::ALL
            .iter()
            .filter_map(|&c| Some((c.info().key.filter(|key| is_digit(key.logical_key))?, c)))
            .collect();
        assert!(digits.len() > 8, "{digits:?}");
        for &(shortcut, command) in &digits {
            let (place, held) = (shortcut.logical_key, shortcut.modifiers);
            // Plain; as on AZERTY, BÉPO, Czech and Belgian rows; as egui says a key that it has no name for.
            for key in [place, Key::Minus, Key::Plus, Key::Slash, Key::Quote, Key::Exclamationmark] {
                assert_eq!(meant(&keymap, key, place, held), Some(command), "{key:?} at {place:?}");
            }
            // AZERTY with Shift types the digit.
            assert_eq!(meant(&keymap, place, place, held | Modifiers::SHIFT), Some(command));
        }
        // QWERTZ: Shift+7 is the sign for a comment, AltGr+8 and AltGr+9 are brackets, and none of them is a grade.
        assert_eq!(meant(&keymap, Key::Slash, Key::Num7, Modifiers::SHIFT), Some(C::CommentGrade));
        assert_eq!(meant(&keymap, Key::OpenBracket, Key::Num8, Modifiers::NONE), Some(C::ThresholdDown));
        assert_eq!(meant(&keymap, Key::CloseBracket, Key::Num9, Modifiers::NONE), Some(C::ThresholdUp));
        // The number pad: digits, or arrows where its digits are off; and its minus is no digit.
        assert_eq!(meant(&keymap, Key::Num6, Key::Num6, Modifiers::NONE), Some(C::SayNormal));
        assert_eq!(meant(&keymap, Key::ArrowUp, Key::Num8, Modifiers::NONE), Some(C::PreviousSlice));
        assert_eq!(meant(&keymap, Key::PageUp, Key::Num9, Modifiers::NONE), Some(C::SkipBack));
        assert_eq!(meant(&keymap, Key::Minus, Key::Minus, Modifiers::NONE), Some(C::ZoomOut));
        // What is no digit goes by what it types: on AZERTY the key at Q types A.
        assert_eq!(meant(&keymap, Key::A, Key::Q, Modifiers::NONE), Some(C::FullWindow));
    }

    #[test]
    fn what_the_reader_bound_to_a_letter_is_before_the_digit_at_its_place() {
        use UiCommand as C;
        let own = |name: &str, key: &str| Keymap::new(&Changes::from([(name.to_owned(), key.to_owned())])).0;
        let minus = |keymap: &Keymap| meant(keymap, Key::Minus, Key::Num6, Modifiers::NONE);
        assert_eq!(minus(&own("next-slice", "Minus")), Some(C::NextSlice));
        // A digit that was given to another command is that command's by place, too.
        assert_eq!(minus(&own("next-slice", "6")), Some(C::NextSlice));
        // A digit that no command has leaves the key to what it types.
        assert_eq!(minus(&own("say-normal", "")), Some(C::ZoomOut));
        // A key is chosen as it is found again.
        let chosen = chosen_key(Key::Minus, Some(Key::Num6), Modifiers::NONE);
        assert_eq!((chosen, spoken(KeyboardShortcut::new(Modifiers::NONE, chosen))), (Key::Num6, "6".to_owned()));
        assert_eq!(chosen_key(Key::Slash, Some(Key::Num7), Modifiers::SHIFT), Key::Slash);
    }

    #[test]
    fn a_press_does_one_thing_and_a_key_that_may_not_act_is_left() {
        let keymap = Keymap::new(&Changes::new()).0;
        let ctx = egui::Context::default();
        let events = vec![
            event(Key::Minus, Key::Num6, Modifiers::NONE),
            Event::Text("-".to_owned()),
            event(Key::Y, Key::Y, Modifiers::COMMAND),
            event(Key::ArrowUp, Key::ArrowUp, Modifiers::SHIFT),
        ];
        let frame = |may: fn(UiCommand) -> bool| {
            let mut seen = (Vec::new(), 0);
            let input = egui::RawInput { events: events.clone(), ..Default::default() };
            let mut output = ctx.run_ui(input, |ui| {
                seen = (keymap.pressed(ui.ctx(), may), ui.input(|input| input.events.len()));
            });
            output.textures_delta.clear();
            seen
        };
        assert_eq!(frame(|_| true), (vec![UiCommand::SayNormal, UiCommand::Redo, UiCommand::PanUp], 1));
        assert_eq!(frame(|c| c != UiCommand::SayNormal), (vec![UiCommand::Redo, UiCommand::PanUp], 2));
    }
}
