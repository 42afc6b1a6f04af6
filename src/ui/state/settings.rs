//! What the reader chose, kept from run to run in `settings.toml`. Written by a thread of its own.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    thread::JoinHandle,
};

use crossbeam_channel::{Sender, unbounded};
use serde::{Deserialize, Serialize};

use super::layout::Layout;
use crate::{
    files::{self, Readers, config_folder, write_for},
    grading::WEAK_BELOW,
    report::Template,
};

const FILE: &str = "settings.toml";
/// Sizes of the window's text and buttons; 1 is normal.
pub const SCALES: std::ops::RangeInclusive<f32> = 0.6..=3.0;

/// Which theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// For dark rooms.
    #[default]
    Dark,
    /// For bright ones.
    Light,
}

/// What can be chosen.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct Settings {
    /// Light or dark.
    pub theme: ThemeChoice,
    /// Size of text and buttons.
    pub scale: f32,
    /// Panes on screen.
    pub layout: Layout,
    /// Panes of one plane show the same place.
    pub link_scroll: bool,
    /// They are zoomed and moved together.
    pub link_zoom: bool,
    /// Their windows change together.
    pub link_window: bool,
    /// Lines where other panes cut.
    pub reference_lines: bool,
    /// Text in the corners.
    pub captions: bool,
    /// L1/L2 to L5/S1 beside the discs.
    pub level_labels: bool,
    /// Pixels are smoothed.
    pub smooth: bool,
    /// Boxes below this score are not shown.
    pub threshold: f32,
    /// Slices a second when playing.
    pub cine_rate: f32,
    /// The worklist is on screen.
    pub show_browser: bool,
    /// The grade table is on screen.
    pub show_grades: bool,
    /// The first steps were shown.
    pub hints_seen: bool,
    /// Who reviews and signs; the name of the account if empty.
    pub reader: String,
    /// What stands around the reports.
    pub report: Template,
    /// Keys that differ from the commands' own: `next-slice = "Ctrl+N"`.
    pub keys: BTreeMap<String, String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: ThemeChoice::default(),
            scale: 1.0,
            layout: Layout::default(),
            link_scroll: true,
            link_zoom: true,
            link_window: false,
            reference_lines: true,
            captions: true,
            level_labels: true,
            smooth: true,
            threshold: WEAK_BELOW,
            cine_rate: 8.0,
            show_browser: true,
            show_grades: true,
            hints_seen: false,
            reader: String::new(),
            report: Template::default(),
            keys: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// Who says what is said: the name that was given, else that of the account.
    pub fn reader_name(&self) -> String {
        let given = Some(self.reader.trim().to_owned()).filter(|name| !name.is_empty());
        let account = || ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| std::env::var(name).ok());
        given.or_else(account).unwrap_or_else(|| "unknown".to_owned())
    }

    /// Values that a hand wrote into the file and that make no sense become the nearest that do.
    fn sane(mut self) -> Self {
        let or = |value: f32, otherwise: f32| if value.is_finite() { value } else { otherwise };
        self.scale = or(self.scale, 1.0).clamp(*SCALES.start(), *SCALES.end());
        self.threshold = or(self.threshold, WEAK_BELOW).clamp(0.01, 0.95);
        self.cine_rate = or(self.cine_rate, 8.0).clamp(1.0, 60.0);
        self
    }
}

/// The folder of the user's settings: `FORAMEN_CONFIG_DIR`, else what the system calls it.
pub fn default_folder() -> Option<PathBuf> {
    config_folder()
}

/// Reads the settings. A file that cannot be understood is set aside, and the reader is told.
pub fn load(folder: &Path) -> (Settings, Option<String>) {
    let path = folder.join(FILE);
    let text = match files::read_text(&path, files::MOST_OF_TEXT) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return (Settings::default(), None),
        Err(error) => return (Settings::default(), Some(format!("{}: {error}", path.display()))),
    };
    match toml::from_str::<Settings>(&text) {
        Ok(settings) => (settings.sane(), None),
        Err(error) => {
            let aside = path.with_extension("toml.damaged");
            let kept = match std::fs::rename(&path, &aside) {
                Ok(()) => format!("it was set aside as {}", aside.display()),
                Err(error) => format!("it could not be set aside: {error}"),
            };
            let why = format!("{} cannot be read ({}); {kept}", path.display(), error.message());
            (Settings::default(), Some(why))
        }
    }
}

/// Writes settings in the background, the newest last.
pub struct Saver {
    sender: Option<Sender<Settings>>,
    thread: Option<JoinHandle<()>>,
    saved: Settings,
}

impl Saver {
    /// Starts the thread; without a folder nothing is kept. `settings` are those that are in the file.
    pub fn start(folder: Option<PathBuf>, settings: &Settings) -> Self {
        let Some(folder) = folder else { return Self { sender: None, thread: None, saved: settings.clone() } };
        let (sender, receiver) = unbounded::<Settings>();
        let write = move || {
            while let Ok(first) = receiver.recv() {
                // Of many changes in a row, a slider's for one, the last is written.
                std::thread::sleep(std::time::Duration::from_millis(100));
                let settings = receiver.try_iter().last().unwrap_or(first);
                if let Err(error) = save(&folder, &settings) {
                    tracing::warn!("the settings were not saved: {error}");
                }
            }
        };
        let thread = std::thread::Builder::new().name("settings".to_owned()).spawn(write);
        let thread = thread.inspect_err(|error| tracing::error!("settings are not saved: {error}")).ok();
        Self { sender: Some(sender), thread, saved: settings.clone() }
    }

    /// Notes what is to be kept; nothing is written if nothing changed.
    pub fn keep(&mut self, settings: &Settings) {
        if self.saved != *settings {
            self.saved = settings.clone();
            if let Some(sender) = &self.sender {
                // The thread lives as long as this sender, or could not be started.
                let _ = sender.send(settings.clone());
            }
        }
    }
}

impl Drop for Saver {
    /// Waits until the last change is on disk.
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn save(folder: &Path, settings: &Settings) -> Result<(), String> {
    let text = toml::to_string_pretty(settings).map_err(|e| e.to_string())?;
    // The name of the reader, and folders that may be named by patients.
    write_for(&folder.join(FILE), text.as_bytes(), Readers::Owner).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_a_damaged_file_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let changed = Settings { scale: 1.5, layout: Layout::Four, ..Settings::default() };
        let mut saver = Saver::start(Some(folder.path().to_owned()), &Settings::default());
        saver.keep(&changed);
        drop(saver);
        assert_eq!(load(folder.path()), (changed, None));
        std::fs::write(folder.path().join(FILE), "scale = \"large\"").unwrap();
        let (settings, why) = load(folder.path());
        assert_eq!(settings, Settings::default());
        assert!(why.unwrap().contains("set aside"));
        assert!(folder.path().join("settings.toml.damaged").exists());
        assert_eq!(load(folder.path()), (Settings::default(), None));
    }

    #[test]
    fn values_that_make_no_sense_are_mended() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "scale = nan\nthreshold = 7.0\ncine-rate = -1.0\nnew-thing = 3")
            .unwrap();
        let (settings, why) = load(folder.path());
        assert_eq!((settings.scale, settings.threshold, settings.cine_rate, why), (1.0, 0.95, 1.0, None));
    }
}
