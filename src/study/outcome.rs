//! The result of a scan: studies, issues, and the outcome for each file.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{
    bare::{BareFolder, bare_folders},
    issue::Issue,
    model::Study,
    source::Source,
    tally::Tally,
};

/// All that was found below the paths given.
#[derive(Debug, Clone, Default)]
pub struct Scan {
    /// The studies, in order of date and id.
    pub studies: Vec<Study>,
    /// What could not be read or was left out, and belongs to no study: what lies among the files of one is an issue of
    /// that study.
    pub issues: Vec<Issue>,
    /// How many files were looked at.
    pub files: usize,
    /// How many of them are broken, so that what they held is missing, and how many that should be there are not. Other
    /// kinds of files do not count.
    pub lost: usize,
    /// What became of each file.
    pub tally: Tally,
}

impl Scan {
    /// Those of `paths`, as they were given to the scan, that no image came from.
    pub fn empty<'a>(&self, paths: &'a [PathBuf]) -> Vec<&'a Path> {
        let slices = self.studies.iter().flat_map(|s| &s.series).flat_map(|s| &s.slices);
        without_image(paths, slices.map(|slice| &slice.instance.source))
    }

    /// Folders below `paths` that stand for a study and hold no image that can be read; `out` is passed over.
    pub fn bare(&self, paths: &[PathBuf], out: Option<&Path>) -> Vec<BareFolder> {
        bare_folders(paths, self.studies.iter().map(|study| study.sources().collect()), out)
    }
}

/// Those of `paths` that none of the images lies at or below. A DICOMDIR stands for its folder.
pub(super) fn without_image<'a, 's>(paths: &'a [PathBuf], images: impl Iterator<Item = &'s Source>) -> Vec<&'a Path> {
    let place = |path: &'a Path| {
        let is_directory = path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("DICOMDIR"));
        path.parent().filter(|_| is_directory && !path.is_dir()).unwrap_or(path)
    };
    let mut left: HashSet<&Path> = paths.iter().map(|path| place(path)).collect();
    for image in images {
        let Some(path) = image.path() else { continue };
        // The cost is the depth of the image, because there may be many files and many paths.
        for place in path.ancestors() {
            left.remove(place);
        }
        if left.is_empty() {
            break;
        }
    }
    paths.iter().map(PathBuf::as_path).filter(|path| left.contains(place(path))).collect()
}
