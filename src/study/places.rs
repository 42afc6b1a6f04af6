//! The study of a file that cannot be read: that of its neighbours.

use std::collections::{HashMap, HashSet};

use super::source::{Source, folder_of};

/// Folders, and the study whose images are in and below each; `None` for several.
#[derive(Debug)]
pub struct Places {
    by_folder: HashMap<String, Option<usize>>,
    /// If there is only one study: the folder that contains all of it.
    only: Option<String>,
}

impl Places {
    /// Of images and the numbers of their studies, of `studies` in all.
    pub fn of<'a>(studies: usize, images: impl Iterator<Item = (usize, &'a Source)>) -> Self {
        let mut by_folder: HashMap<String, Option<usize>> = HashMap::new();
        let mut seen: HashSet<(usize, String)> = HashSet::new();
        let mut home: Option<String> = None;
        let mut is_one_series = true;
        for (study, image) in images {
            let folder = image.folder();
            if !seen.insert((study, folder.clone())) {
                continue;
            }
            let mut folder = folder.as_str();
            // Of an archive, the folder that it lies in: the other half of a study may be packed beside it.
            let packed = image.path().filter(|_| image.is_packed()).map(|path| path.display().to_string());
            let around = packed.as_deref().map_or(folder, folder_of);
            is_one_series &= packed.is_none() && home.is_none();
            home = Some(home.map_or_else(|| around.to_owned(), |home| common(&home, around).to_owned()));
            loop {
                let of = by_folder.entry(folder.to_owned()).or_insert(Some(study));
                if *of != Some(study) {
                    *of = None;
                }
                if folder.is_empty() {
                    break;
                }
                folder = folder_of(folder);
            }
        }
        // One folder is one series: other series of the study would be next to it.
        let home = home.map(|home| if is_one_series { folder_of(&home).to_owned() } else { home });
        Self { by_folder, only: home.filter(|_| studies == 1) }
    }

    /// The study of the file of this name: that of the images in its folder or, where there are none, around it. A
    /// folder that the user did not give (none of `roots` is it or above it) says nothing.
    pub fn study_of(&self, file: &str, roots: &[String]) -> Option<usize> {
        let mut folder = folder_of(file);
        if let Some(home) = &self.only {
            return (file.is_empty() || home.is_empty() || is_within(folder, home)).then_some(0);
        }
        loop {
            if !roots.iter().any(|root| is_within(folder, root)) {
                return None;
            }
            if let Some(study) = self.by_folder.get(folder) {
                return *study;
            }
            if folder.is_empty() {
                return None;
            }
            folder = folder_of(folder);
        }
    }
}

/// The deepest folder around both.
fn common<'a>(a: &'a str, b: &str) -> &'a str {
    let mut folder = a;
    while !folder.is_empty() && !is_within(b, folder) {
        folder = folder_of(folder);
    }
    folder
}

fn is_within(folder: &str, root: &str) -> bool {
    let root = root.trim_end_matches(['/', '\\']);
    folder.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '\\', '!']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_of_the_study_around_it_and_of_none_between_two() {
        let images: Vec<(usize, Source)> = [(0, "in/a/s1/1"), (0, "in/a/s2/1"), (1, "in/b/1"), (1, "in/b/2")]
            .map(|(study, path)| (study, Source::File(path.into())))
            .into();
        let places = Places::of(2, images.iter().map(|(study, source)| (*study, source)));
        let of = |file: &str| places.study_of(file, &["in".to_owned()]);
        assert_eq!((of("in/a/s1/2"), of("in/a/s3/1"), of("in/a/x.zip!y/1")), (Some(0), Some(0), Some(0)));
        assert_eq!((of("in/b/3"), of("in/3"), of("in/c/3"), of("elsewhere/3")), (Some(1), None, None, None));
        // Of one study: what lies beside it may be another that nothing can be read of.
        let only = |count: usize, file: &str| {
            Places::of(1, images[..count].iter().map(|(study, source)| (*study, source))).study_of(file, &[])
        };
        assert_eq!((only(2, "in/a/s3/1"), only(2, "in/a/1"), only(2, "in/c/1")), (Some(0), Some(0), None));
        assert_eq!((only(1, "in/a/s1/2"), only(1, "in/a/s3/1"), only(1, "in/c/1")), (Some(0), Some(0), None));
        assert_eq!((only(2, ""), only(2, "elsewhere/3")), (Some(0), None));
    }
}
