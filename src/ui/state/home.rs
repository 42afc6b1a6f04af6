//! Where the program keeps what it remembers.

use std::path::PathBuf;

use super::settings;
use crate::library;

/// The folders. `None`: nowhere, as in tests.
#[derive(Debug, Clone, Default)]
pub struct Home {
    /// Folder of the settings.
    pub settings: Option<PathBuf>,
    /// Folder of the worklist.
    pub library: Option<PathBuf>,
}

impl Home {
    /// The user's folders.
    pub fn of_user() -> Self {
        Self { settings: settings::default_folder(), library: library::default_folder() }
    }
}
