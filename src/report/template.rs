//! What surrounds the PDF report: the reader's own text and logo.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::files;

/// The size of a PDF's pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Paper {
    /// 210 × 297 mm.
    #[default]
    A4,
    /// 8.5 × 11 in.
    Letter,
}

/// Text and logo of the PDF. A logo that cannot be read is a warning, and the report is made without it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Template {
    /// The institution, at the top of the first page.
    pub institution: String,
    /// The title; `Lumbar spine MRI: stenosis report` if empty.
    pub title: String,
    /// A line at the bottom of every page; none if empty.
    pub footer: String,
    /// A PNG or JPEG file, at the top of the first page.
    pub logo: Option<PathBuf>,
    /// The size of the pages; A4 unless said otherwise.
    pub paper: Paper,
}

/// Why a template was not read.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file does not exist or cannot be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Path of the template.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is not a template.
    #[error(
        "{}: {} (a template is TOML with institution, title, footer, logo, and paper = \"a4\" or \"letter\")",
        path.display(),
        source.message()
    )]
    Invalid {
        /// Path of the template.
        path: PathBuf,
        /// What the TOML parser said.
        source: Box<toml::de::Error>,
    },
}

/// The part of the window's settings that is about reports.
#[derive(Deserialize)]
struct OfSettings {
    #[serde(default)]
    report: Template,
}

impl Template {
    /// Reads a template; a logo's path is taken from the template's folder.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or is no TOML of these keys.
    pub fn read(path: &Path) -> Result<Self, TemplateError> {
        let unreadable = |source| TemplateError::Unreadable { path: path.to_owned(), source };
        let text = files::read_text(path, files::MOST_OF_TEXT).map_err(unreadable)?;
        let invalid = |source| TemplateError::Invalid { path: path.to_owned(), source: Box::new(source) };
        let mut template: Self = toml::from_str(&text).map_err(invalid)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        template.logo = template.logo.map(|logo| folder.join(logo));
        Ok(template)
    }

    /// What was set in the window; the default if nothing was set or it cannot be read.
    pub fn of_user() -> Self {
        let text = files::config_folder()
            .and_then(|dir| files::read_text(&dir.join("settings.toml"), files::MOST_OF_TEXT).ok());
        let settings = text.and_then(|text| toml::from_str::<OfSettings>(&text).ok());
        settings.map(|settings| settings.report).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_read_with_its_logo_beside_it_and_a_wrong_word_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("template.toml");
        std::fs::write(&file, "institution = \"Clinic\"\nlogo = \"logo.png\"\npaper = \"letter\"\n").unwrap();
        let template = Template::read(&file).unwrap();
        assert_eq!((template.institution.as_str(), template.paper), ("Clinic", Paper::Letter));
        assert_eq!(template.logo, Some(dir.path().join("logo.png")));
        std::fs::write(&file, "instituton = \"Clinic\"\n").unwrap();
        let message = Template::read(&file).unwrap_err().to_string();
        assert!(message.contains("instituton") && message.contains("template.toml"), "{message}");
    }
}
