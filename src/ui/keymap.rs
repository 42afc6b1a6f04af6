//! Which key does what: the commands' own keys, changed by what the reader chose.

use std::collections::BTreeMap;

use egui::{Key, KeyboardShortcut, ModifierNames, Modifiers};
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
                (None, _) => doubts.push(format!("the settings give a key to \"{name}\", which is no command")),
                (_, Err(why)) => doubts.push(format!("the key of \"{name}\" in the settings: {why}")),
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

    /// The commands whose keys were pressed in this frame. None while a text field has the keyboard; a button or a
    /// slider that has it keeps only the keys that work it.
    pub fn pressed(&self, ctx: &egui::Context) -> Vec<UiCommand> {
        if ctx.text_edit_focused() {
            return Vec::new();
        }
        let is_focused = ctx.egui_wants_keyboard_input();
        let mut all: Vec<(KeyboardShortcut, UiCommand)> =
            self.keys.iter().filter_map(|(command, key)| Some(((*key)?, *command))).collect();
        all.extend(ALSO.iter().copied().filter(|(shortcut, _)| self.command(*shortcut).is_none()));
        all.retain(|(shortcut, _)| !(is_focused && works_a_button(*shortcut)));
        // The longest shortcut first: Ctrl+Shift+O is not Ctrl+O.
        all.sort_by_key(|(shortcut, _)| std::cmp::Reverse(weight(shortcut.modifiers)));
        ctx.input_mut(|input| {
            let pressed = all.into_iter().flat_map(|(shortcut, command)| {
                let count = input.count_and_consume_key(shortcut.modifiers, shortcut.logical_key);
                std::iter::repeat_n(command, count)
            });
            pressed.collect()
        })
    }
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
}
