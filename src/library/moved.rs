//! Studies whose folder was moved or renamed: where one of them is found again, the others may be too.

use std::path::{Path, PathBuf};

use super::{Place, StudySource};

/// A folder that was renamed or moved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move {
    from: PathBuf,
    to: PathBuf,
}

impl Move {
    /// What was moved if something was at `old` and is now at `new`: both paths without their longest common suffix.
    /// `/data/in/anna/mr` found at `/archive/2026/anna/mr` means that `/data/in` became `/archive/2026`.
    pub fn between(old: &Path, new: &Path) -> Option<Self> {
        let (mut from, mut to) = (old, new);
        while let (Some(a), Some(b)) = (from.file_name(), to.file_name())
            && a == b
            && let (Some(above), Some(beyond)) = (from.parent(), to.parent())
        {
            (from, to) = (above, beyond);
        }
        (from != to).then(|| Self { from: from.to_owned(), to: to.to_owned() })
    }

    /// Where a path is after the move; none if it was elsewhere.
    pub fn apply(&self, path: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(&self.from).ok()?;
        Some(if rest.as_os_str().is_empty() { self.to.clone() } else { self.to.join(rest) })
    }

    /// The place after the move, if the study is gone from the old place and exists at the new one. Accesses the disk.
    pub fn follow(&self, place: &Place) -> Option<Place> {
        if place.paths().iter().all(|path| self.apply(path).is_none()) || place.is_there() {
            return None;
        }
        // A path that still exists did not move: the folder that the reader opened may still exist, but without this
        // study.
        let moved = |path: &PathBuf| self.apply(path).filter(|new| !path.exists() && new.exists());
        let StudySource::Paths(paths) = &place.source else { return None };
        let mut paths: Vec<PathBuf> = paths.iter().map(|path| moved(path).unwrap_or_else(|| path.clone())).collect();
        let home = place.home.as_ref().map(|home| moved(home).unwrap_or_else(|| home.clone()));
        if let Some(home) = home.as_ref().filter(|home| !paths.iter().any(|path| home.starts_with(path))) {
            paths = vec![home.clone()];
        }
        Some(Place { source: StudySource::Paths(paths), home }).filter(Place::is_there)
    }
}

/// What was moved when a study that was at one place is found at another. Empty if it is still where it was.
pub fn moves(old: &Place, new: &Place) -> Vec<Move> {
    if old.is_there() {
        return Vec::new();
    }
    let mut moves: Vec<Move> = match (old.paths(), new.paths()) {
        // One path each: whatever the names, the first became the second.
        ([old], [new]) => Move::between(old, new).into_iter().collect(),
        (old, new) => {
            let same_name = |a: &Path, b: &Path| a.file_name().is_some() && a.file_name() == b.file_name();
            let pairs = old.iter().flat_map(|a| new.iter().map(move |b| (a, b))).filter(|(a, b)| same_name(a, b));
            pairs.filter_map(|(a, b)| Move::between(a, b)).collect()
        }
    };
    moves.sort();
    moves.dedup();
    moves
}

/// Where below `folder` something may lie that lay at `old`: the longest end of the old path that exists there.
/// The folder itself if none does. Looks at the disk.
///
/// ```
/// use foramen::library::find_below;
///
/// let dir = tempfile::tempdir()?;
/// std::fs::create_dir_all(dir.path().join("anna/mr"))?;
/// let found = find_below("/old disk/studies/anna/mr".as_ref(), dir.path());
/// assert_eq!(found, dir.path().join("anna/mr"));
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn find_below(old: &Path, folder: &Path) -> PathBuf {
    let names: Vec<_> = old.iter().skip(usize::from(old.has_root())).collect();
    let ends = (0..names.len()).map(|skipped| folder.join(names[skipped..].iter().collect::<PathBuf>()));
    let mut there = ends.filter(|path| path.starts_with(folder) && path.exists());
    there.next().unwrap_or_else(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(old: &str, new: &str) -> Option<(String, String)> {
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        Move::between(Path::new(old), Path::new(new)).map(|m| (text(m.from), text(m.to)))
    }

    #[test]
    fn the_longest_common_end_did_not_move() {
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(between("/data/in/anna/mr", "/archive/2026/anna/mr"), pair("/data/in", "/archive/2026"));
        assert_eq!(between("/data/anna/mr", "/data/berta/mr"), pair("/data/anna", "/data/berta"));
        assert_eq!(between("/anna", "/mnt/usb/anna"), pair("/", "/mnt/usb"));
        assert_eq!(between("/a/old.zip", "/a/new.zip"), pair("/a/old.zip", "/a/new.zip"));
        assert_eq!(between("/a/b", "/a/b"), None);
    }

    #[test]
    fn a_path_is_moved_by_whole_names() {
        let moved = Move { from: "/data/in".into(), to: "/archive".into() };
        assert_eq!(moved.apply(Path::new("/data/in/berta/mr")), Some("/archive/berta/mr".into()));
        assert_eq!(moved.apply(Path::new("/data/in")), Some("/archive".into()));
        assert_eq!(moved.apply(Path::new("/data/inbox/berta")), None);
    }

    #[test]
    fn a_study_is_looked_for_by_the_end_of_its_old_path() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("anna/mr")).unwrap();
        std::fs::create_dir_all(folder.path().join("mr")).unwrap();
        let found = |old: &str| find_below(Path::new(old), folder.path());
        assert_eq!(found("/data/anna/mr"), folder.path().join("anna/mr"));
        assert_eq!(found("/data/berta/mr"), folder.path().join("mr"));
        assert_eq!(found("/data/other"), folder.path());
    }
}
