//! The outcome for every file that was found: none is lost track of.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use super::model::Study;

/// Files by outcome. A zip that was opened counts as the files in it.
///
/// `found` is counted where files are found, everything else where they are classified; the two must agree, which
/// [`Tally::adds_up`] checks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Files, entries of zips, and what else lay there: links that lead nowhere, folders that could not be read, pipes.
    pub found: usize,
    /// Images that can be shown, in a series of a study.
    pub images: usize,
    /// DICOM objects of other kinds, such as reports, by the name of their kind.
    pub objects: BTreeMap<String, usize>,
    /// Files with the same content as another one.
    pub copies: usize,
    /// Files that hold no DICOM.
    pub not_dicom: usize,
    /// Files that give no image, with the reason among the issues.
    pub issues: usize,
}

impl Tally {
    /// Whether every file that was found is accounted for once.
    pub fn adds_up(&self) -> bool {
        let Self { found, images, objects: _, copies, not_dicom, issues } = self;
        *found == images + self.other_objects() + copies + not_dicom + issues
    }

    /// How many DICOM objects hold no image: reports, presentation states and the like.
    pub fn other_objects(&self) -> usize {
        self.objects.values().sum()
    }

    /// Counts the files that a study was made of.
    pub(super) fn add_study(&mut self, study: &Study) {
        self.copies += study.copies;
        self.issues += study.damaged_copies;
        for series in &study.series {
            for slice in series.slices.iter().filter(|slice| slice.frame == 0) {
                *(if slice.instance.is_whole { &mut self.images } else { &mut self.issues }) += 1;
            }
        }
    }
}

impl fmt::Display for Tally {
    /// `9 files = 4 images + 1 other object (1 Basic Text SR Storage) + 1 copy + 2 not DICOM + 1 issue`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
        let kinds: Vec<String> = self.objects.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        write!(
            f,
            "{} = {} + {}{kinds} + {} + {} not DICOM + {}",
            some(self.found, "file", "files"),
            some(self.images, "image", "images"),
            some(self.other_objects(), "other object", "other objects"),
            some(self.copies, "copy", "copies"),
            self.not_dicom,
            some(self.issues, "issue", "issues"),
        )
    }
}
