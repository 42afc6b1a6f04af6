//! Where a study lies.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::study::{Source, Study};

/// How a study was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StudySource {
    /// The demo study, which is computed and lies nowhere.
    Demo,
    /// What the reader opened: files, folders, zips, DICOMDIRs. There may be other studies below them.
    Paths(Vec<PathBuf>),
}

/// Where a study lies on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// How it was opened; paths are absolute.
    pub source: StudySource,
    /// The folder (or zip) below one of those paths that holds every image of the study; none if its images are in
    /// several places.
    pub home: Option<PathBuf>,
}

impl Place {
    /// For a study that was opened this way.
    pub fn of(study: &Study, source: &StudySource) -> Self {
        let StudySource::Paths(paths) = source else { return Self { source: StudySource::Demo, home: None } };
        let paths: Vec<PathBuf> = paths.iter().map(|path| absolute(path)).collect();
        let home = common_folder(study).filter(|home| paths.iter().any(|path| home.starts_with(path)));
        Self { source: StudySource::Paths(paths), home }
    }

    /// What to open to see this study, with as little else as possible.
    pub fn to_open(&self) -> StudySource {
        match &self.home {
            Some(home) => StudySource::Paths(vec![home.clone()]),
            None => self.source.clone(),
        }
    }

    /// Whether it still exists. Accesses the disk.
    pub fn is_there(&self) -> bool {
        self.paths().iter().all(|path| path.exists())
    }

    /// The paths of [`Self::to_open`]; none for the demo study.
    pub(super) fn paths(&self) -> &[PathBuf] {
        match (&self.home, &self.source) {
            (Some(home), _) => std::slice::from_ref(home),
            (None, StudySource::Paths(paths)) => paths,
            (None, StudySource::Demo) => &[],
        }
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The deepest folder, or the zip, that holds every image.
fn common_folder(study: &Study) -> Option<PathBuf> {
    let mut common: Option<PathBuf> = None;
    for slice in study.series.iter().flat_map(|series| &series.slices) {
        let folder = match &slice.instance.source {
            Source::File(file) => file.parent().unwrap_or(Path::new("")),
            packed => packed.path()?,
        };
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        common = Some(match common {
            None => absolute(folder),
            Some(common) if folder.starts_with(&common) => common,
            Some(common) => {
                let folder = absolute(folder);
                common.ancestors().find(|ancestor| folder.starts_with(ancestor))?.to_owned()
            }
        });
    }
    common
}

/// A place as stored in the file. Paths are not text on every system.
#[derive(Serialize, Deserialize)]
enum Written {
    #[serde(rename = "demo")]
    Demo,
    #[serde(rename = "paths")]
    Paths { paths: Vec<WrittenPath>, home: Option<WrittenPath> },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenPath {
    Text(String),
    Bytes(Vec<u8>),
}

impl WrittenPath {
    fn of(path: &Path) -> Self {
        if let Some(text) = path.to_str() {
            return Self::Text(text.to_owned());
        }
        #[cfg(unix)]
        return Self::Bytes(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()).to_owned());
        #[cfg(not(unix))]
        Self::Text(path.to_string_lossy().into_owned())
    }

    fn path(self) -> PathBuf {
        match self {
            Self::Text(text) => text.into(),
            #[cfg(unix)]
            Self::Bytes(bytes) => {
                PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(bytes))
            }
            #[cfg(not(unix))]
            Self::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
        }
    }
}

impl Place {
    pub(super) fn to_json(&self) -> rusqlite::Result<String> {
        let written = match &self.source {
            StudySource::Demo => Written::Demo,
            StudySource::Paths(paths) => Written::Paths {
                paths: paths.iter().map(|path| WrittenPath::of(path)).collect(),
                home: self.home.as_deref().map(WrittenPath::of),
            },
        };
        serde_json::to_string(&written).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
    }

    /// What cannot be parsed becomes a place with no paths: the study is in the list, and its files must be found
    /// again.
    pub(super) fn from_json(text: &str) -> Self {
        match serde_json::from_str(text) {
            Ok(Written::Demo) => Self { source: StudySource::Demo, home: None },
            Ok(Written::Paths { paths, home }) => Self {
                source: StudySource::Paths(paths.into_iter().map(WrittenPath::path).collect()),
                home: home.map(WrittenPath::path),
            },
            Err(_) => Self { source: StudySource::Paths(Vec::new()), home: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_the_file() {
        for place in [
            Place { source: StudySource::Demo, home: None },
            Place { source: StudySource::Paths(vec!["/a b/\"c\"".into(), "/é".into()]), home: None },
            Place { source: StudySource::Paths(vec!["/a".into()]), home: Some("/a/b.zip".into()) },
        ] {
            assert_eq!(Place::from_json(&place.to_json().unwrap()), place);
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_path_that_is_no_text_comes_back_too() {
        use std::os::unix::ffi::OsStrExt;
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(b"/disk/\xff\xfe"));
        let place = Place { source: StudySource::Paths(vec![path]), home: None };
        assert_eq!(Place::from_json(&place.to_json().unwrap()), place);
    }
}
