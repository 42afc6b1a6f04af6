//! Files that are not DICOM: which of them are archives, and which are in place of an image.
//!
//! A broken transfer leaves empty files, files of zeros, or a web server's error page under an image's name. Such a
//! file is distinguished from one that belongs there (a letter, a table) by its name: it ends in `.dcm`, or follows the
//! pattern of the images' names.

use std::collections::HashSet;

use super::{
    file,
    source::{Source, file_name_of, folder_of},
};

/// How many leading bytes identify a file.
pub const FIRST: u64 = 4096;

/// What a non-DICOM file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A zip.
    Zip,
    /// Packed with gzip.
    Gzip,
    /// An archive that is not opened here; what it is.
    Archive(&'static str),
    /// Named as an archive, but not one; what it is instead.
    BrokenArchive(String),
    /// Something else.
    Other(What),
}

/// What the first bytes of a file show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct What {
    /// In words.
    pub words: &'static str,
    /// It is empty, or contains only zeros as far as was read.
    pub is_blank: bool,
    /// A macOS companion file.
    pub is_companion: bool,
}

/// Leading bytes of archives. A tar has its signature later.
const ARCHIVES: [(&[u8], &str); 9] = [
    (b"7z\xBC\xAF\x27\x1C", "a 7-Zip archive"),
    (b"Rar!\x1A\x07", "a RAR archive"),
    (b"BZh", "packed with bzip2"),
    (b"\xFD7zXZ\0", "packed with xz"),
    (b"\x28\xB5\x2F\xFD", "packed with Zstandard"),
    (b"\x04\x22\x4D\x18", "packed with LZ4"),
    (b"MSCF\0\0\0\0", "a cabinet archive"),
    (b"\x1F\x9D", "packed with compress"),
    (b"!<arch>\n", "an ar archive"),
];
/// The position of the signature in a tar.
const TAR: (usize, &[u8]) = (257, b"ustar");
/// Zips and other archives by name that never hold images to read: documents, programs, arrays, and packed files of other
/// kinds.
const NO_ARCHIVES: [&str; 24] = [
    "docx", "xlsx", "pptx", "odt", "ods", "odp", "odg", "epub", "jar", "apk", "whl", "npz", "xpi", "kmz", "pt", "pth",
    "deb", "a", "lib", "egg", "crx", "ipa", "3mf", "nupkg",
];
/// Endings of archives.
const ARCHIVE_ENDINGS: [&str; 12] = ["zip", "gz", "tgz", "tar", "7z", "rar", "bz2", "tbz2", "xz", "txz", "zst", "iso"];
/// A single compressed file is of another kind if its name says so: `labels.csv.xz`.
const OTHER_ENDINGS: [&str; 18] = [
    "nii", "csv", "tsv", "txt", "json", "xml", "html", "log", "md", "pdf", "svg", "sql", "mgh", "nrrd", "bval", "bvec",
    "py", "sh",
];
/// Endings that only DICOM files have.
const DICOM_ENDINGS: [&str; 4] = ["dcm", "dicom", "dic", "ima"];

/// What the file of this name is that begins so.
pub fn kind_of(name: &str, begin: &[u8]) -> Kind {
    let name = file_name_of(name).to_lowercase();
    let ending = ending_of(&name);
    let is_tar = begin.get(TAR.0..).is_some_and(|bytes| bytes.starts_with(TAR.1));
    let other = || Kind::Other(what(begin));
    if NO_ARCHIVES.contains(&ending) {
        return other();
    }
    if [b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"].iter().any(|magic| begin.starts_with(*magic)) {
        return Kind::Zip;
    }
    if begin.starts_with(b"\x1F\x8B") {
        return Kind::Gzip;
    }
    if is_tar {
        return Kind::Archive("a tar archive");
    }
    let inside = ending_of(name.rsplit_once('.').map_or("", |(inside, _)| inside));
    if let Some((magic, what)) = ARCHIVES.iter().find(|(magic, _)| begin.starts_with(magic)) {
        let is_of_another_kind = what.starts_with("packed") && OTHER_ENDINGS.contains(&inside);
        let is_bzip2 = *magic != b"BZh" || begin.get(3).is_some_and(u8::is_ascii_digit);
        return if is_of_another_kind || !is_bzip2 { other() } else { Kind::Archive(what) };
    }
    match ending {
        "iso" => Kind::Archive("a disc image"),
        _ if ARCHIVE_ENDINGS.contains(&ending) && !OTHER_ENDINGS.contains(&inside) && !what(begin).is_companion => {
            Kind::BrokenArchive(what(begin).words.to_owned())
        }
        _ => other(),
    }
}

/// What is packed with gzip, by its first bytes: `None` for DICOM.
pub fn kind_of_unpacked(name: &str, begin: &[u8]) -> Option<Kind> {
    if file::begins_as_dicom(begin) {
        return None;
    }
    let name = file_name_of(name).to_lowercase();
    let inside = name.strip_suffix(".gz").map_or_else(|| name.replace(".tgz", ".tar"), str::to_owned);
    Some(match kind_of(&inside, begin) {
        Kind::Zip | Kind::Gzip => Kind::Archive("an archive compressed twice"),
        other => other,
    })
}

/// What these first bytes are, in words.
pub fn what(begin: &[u8]) -> What {
    let text = || std::str::from_utf8(begin).map_or_else(|e| e.valid_up_to() + 4 > begin.len(), |_| true);
    let starts = |word: &str| {
        let head = String::from_utf8_lossy(&begin[..begin.len().min(256)]).to_lowercase();
        head.trim_start().trim_start_matches('\u{feff}').starts_with(word)
    };
    let is_blank = begin.iter().all(|byte| *byte == 0);
    let is_companion = begin.starts_with(b"\x00\x05\x16\x07");
    let words = if begin.is_empty() {
        "it is empty (0 bytes)"
    } else if is_blank {
        "it holds zeros"
    } else if starts("<!doctype html") || starts("<html") {
        "it is a web page"
    } else if starts("<?xml") {
        "it is XML"
    } else if begin.starts_with(b"\xFF\xD8\xFF") {
        "it is a JPEG picture"
    } else if begin.starts_with(b"\x89PNG") {
        "it is a PNG picture"
    } else if begin.starts_with(b"%PDF") {
        "it is a PDF document"
    } else if text() && !begin.contains(&0) {
        "it is a text file"
    } else {
        "it does not begin like a DICOM file"
    };
    What { words, is_blank, is_companion }
}

fn ending_of(name: &str) -> &str {
    // `.zip` alone is a name without an extension.
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map_or("", |(_, ending)| ending)
}

/// A name with a mark for every number in it: images of one series have one such pattern.
pub fn pattern(name: &str) -> String {
    let name = file_name_of(name).to_lowercase();
    let mut pattern = String::with_capacity(name.len());
    let mut word = String::new();
    for letter in name.chars().chain(['\0']) {
        if letter.is_ascii_alphanumeric() {
            word.push(letter);
            continue;
        }
        let has_digit = word.contains(|letter: char| letter.is_ascii_digit());
        if has_digit && word.chars().all(|letter| letter.is_ascii_hexdigit()) {
            pattern.push('#');
        } else {
            for letter in word.chars() {
                let mark = if letter.is_ascii_digit() { '#' } else { letter };
                if !(mark == '#' && pattern.ends_with('#')) {
                    pattern.push(mark);
                }
            }
        }
        word.clear();
        // `1.2.840`, `IM-0001-0002`, `3f2a-11` have more or fewer parts.
        for between in ["#.#", "#-#", "#_#", "# #"] {
            if pattern.ends_with(between) {
                pattern.truncate(pattern.len() - 2);
            }
        }
        if letter != '\0' {
            pattern.push(letter);
        }
    }
    pattern
}

/// The names of the images that were found.
#[derive(Debug, Default)]
pub struct Names {
    /// By folder: the patterns of the names.
    in_folder: HashSet<(String, String)>,
    anywhere: HashSet<String>,
    /// Folders with images whose names have no ending.
    without_ending: HashSet<String>,
}

impl Names {
    /// Of these images.
    pub fn of<'a>(images: impl Iterator<Item = &'a Source>) -> Self {
        let mut names = Self::default();
        for image in images {
            let name = image.to_string();
            let (folder, pattern) = (folder_of(&name).to_owned(), pattern(&name));
            if ending_of(file_name_of(&name)).is_empty() {
                names.without_ending.insert(folder.clone());
            }
            if !names.anywhere.contains(&pattern) {
                names.anywhere.insert(pattern.clone());
            }
            names.in_folder.insert((folder, pattern));
        }
        names
    }

    /// Why a non-DICOM file seems to be in place of an image; `None` if it does not.
    pub fn is_lost_image(&self, name: &str, what: &What) -> Option<&'static str> {
        let file = file_name_of(name).to_lowercase();
        if what.is_companion {
            return None;
        }
        let unpacked = file.strip_suffix(".gz").unwrap_or(&file);
        if DICOM_ENDINGS.contains(&ending_of(unpacked)) {
            return Some("its name says that it is one");
        }
        let (folder, pattern) = (folder_of(name), pattern(name));
        // A name of nothing but letters is a pattern of its own, and of nothing but a number a weak one.
        let has_number = pattern.contains('#');
        let key = (folder.to_owned(), pattern);
        if has_number && self.in_folder.contains(&key) {
            return Some("it is among images and named like them");
        }
        if has_number && key.1 != "#" && self.anywhere.contains(&key.1) {
            return Some("it is named like the images");
        }
        let is_bare = ending_of(&file).is_empty() && !file.starts_with('.');
        if has_number && is_bare && what.is_blank && self.without_ending.contains(folder) {
            return Some("it is among images");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_are_known_by_their_bytes_and_broken_ones_by_their_names() {
        let tar = [vec![b'x'; 257], b"ustar\0".to_vec()].concat();
        let kinds = [
            ("study", &b"PK\x03\x04..."[..], Kind::Zip),
            ("IM0001", b"\x1F\x8B\x08", Kind::Gzip),
            ("a.tar", &tar, Kind::Archive("a tar archive")),
            ("noname", &tar, Kind::Archive("a tar archive")),
            ("study.7z", b"7z\xBC\xAF\x27\x1C", Kind::Archive("a 7-Zip archive")),
            ("x", b"Rar!\x1A\x07\x01\x00", Kind::Archive("a RAR archive")),
            ("study.dcm.bz2", b"BZh91AY", Kind::Archive("packed with bzip2")),
            ("CD.ISO", b"\0\0\0", Kind::Archive("a disc image")),
            ("study.zip", b"", Kind::BrokenArchive("it is empty (0 bytes)".into())),
            ("study.tgz", b"<html>", Kind::BrokenArchive("it is a web page".into())),
        ];
        for (name, begin, kind) in kinds {
            assert_eq!(kind_of(name, begin), kind, "{name}");
        }
        for (name, begin) in [
            ("letter.docx", &b"PK\x03\x04"[..]),
            ("labels.csv.xz", b"\xFD7zXZ\0"),
            ("BZhang.txt", b"BZhang wrote"),
            ("t2.nii.gz", b"it is not even packed"),
            ("notes", b"Dear colleague"),
        ] {
            assert!(matches!(kind_of(name, begin), Kind::Other(_)), "{name}");
        }
    }

    #[test]
    fn names_of_one_kind_have_one_pattern() {
        let alike = [
            ["IM0001", "IM0250"],
            ["s2-0003.dcm", "s3-0011.dcm"],
            ["1.2.840.113619.2", "1.2.840.7"],
            ["IM-0001-0002", "IM-0002-0001-0003"],
            ["00000A1F", "3D2E0B11"],
            ["c5a1b2c3-11d2.dcm", "0011-22aa.dcm"],
        ];
        for [a, b] in alike {
            assert_eq!(pattern(a), pattern(b), "{a} {b}");
        }
        for [a, b] in [["IM0001", "README"], ["IM0001", "IM0001.txt"], ["0001.dcm", "0001.json"], ["I1", "S1"]] {
            assert_ne!(pattern(a), pattern(b), "{a} {b}");
        }
    }

    #[test]
    fn a_stranger_among_images_is_lost_and_a_letter_is_not() {
        let image = |name: &str| Source::File(name.into());
        let images = [image("a/IM0001"), image("a/IM0002"), image("b/1.dcm"), image("z.zip!d/IM0001")];
        let names = Names::of(images.iter());
        let lost = |name: &str, begin: &[u8]| names.is_lost_image(name, &what(begin)).is_some();
        let zeros = [0; 400];
        for (name, begin) in [
            ("a/IM0003", &b"<html>"[..]),
            ("a/7", &zeros),
            ("c/IM0001", &zeros),
            ("b/2.DCM", b""),
            ("c/2.dcm.gz", b"text"),
            ("z.zip!d/IM0009", b"x"),
        ] {
            assert!(lost(name, begin), "{name}");
        }
        for (name, begin) in [
            ("a/README", &b"text"[..]),
            ("a/DONE", b""),
            ("a/IM0003.txt", b"text"),
            ("b/1.json", b"{}"),
            ("b/._1.dcm", b"\x00\x05\x16\x07\x00\x02"),
            ("a/.DS_Store1", &zeros),
        ] {
            assert!(!lost(name, begin), "{name}");
        }
    }
}
