//! Input that is missing, broken or hostile: one clear line, the right code, and the rest still opens.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use zip::{ZipWriter, write::SimpleFileOptions};

use super::support::{everything_in, foramen, small_study, write_small_study};

fn inspect(path: &Path) -> super::support::Run {
    foramen(&[Path::new("inspect"), path])
}

#[test]
fn missing_empty_and_foreign_folders_are_told_apart() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::create_dir(at("empty")).unwrap();
    std::fs::create_dir(at("text")).unwrap();
    std::fs::write(at("text/letter.txt"), "Dear colleague").unwrap();
    std::fs::write(at("text/letter.doc"), "Dear colleague").unwrap();
    for command in ["inspect", "grade"] {
        let line = |name: &str| {
            let run = foramen(&[Path::new(command), &at(name)]);
            assert_eq!(run.out, "");
            run.one_line(3).replace(&dir.path().display().to_string(), "DIR")
        };
        assert_eq!(line("missing"), "DIR/missing: no such file or folder");
        if command == "inspect" {
            assert_eq!(line("empty"), "DIR/empty: no files in it");
            assert_eq!(line("text"), "DIR/text: no DICOM image among 2 files");
            assert_eq!(line("text/letter.txt"), "DIR/text/letter.txt: not a DICOM file");
        }
    }
}

#[test]
fn a_file_cut_at_any_length_costs_only_itself() {
    let dir = TempDir::new().unwrap();
    let study = dir.path().join("study");
    let files = write_small_study(&study);
    let victim = &files[4];
    let whole = std::fs::read(victim).unwrap();
    let slices = |run: &super::support::Run| -> usize {
        let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        let series = json["studies"][0]["series"].as_array().unwrap().iter();
        series.map(|s| s["slices"].as_u64().unwrap() as usize).sum()
    };
    // In the preamble, the meta group, the header, at the start of the pixels, in them, and one byte short.
    for length in [1, 131, 133, 200, 351, 500, 1000, whole.len() - 200_000, whole.len() / 2, whole.len() - 1] {
        std::fs::write(victim, &whole[..length]).unwrap();
        let run = foramen(&[Path::new("inspect"), &study, Path::new("--json")]);
        assert_eq!((run.code, run.err.as_str()), (0, ""), "{length}");
        let has_header = length > 2000;
        assert_eq!(slices(&run), files.len() - usize::from(!has_header), "{length}");
        let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
        // Whatever is left of it lies among the images of the study, and its name says what it was.
        // (That its slice is missing between the others is told too, and is about no file.)
        let issues = json["studies"][0]["issues"].as_array().unwrap().iter().filter(|issue| issue["file"] != "");
        let issues: Vec<_> = issues.collect();
        let [issue] = issues[..] else { panic!("{length}: {issues:?}") };
        assert_eq!(issue["file"].as_str(), victim.to_str());
        let part = if length > 132 { "truncated" } else { "an image is missing here" };
        assert!(issue["message"].as_str().unwrap().contains(part), "{length}: {issue}");
        let account = &json["account"];
        assert_eq!((account["found"].as_u64(), account["issues"].as_u64()), (Some(files.len() as u64), Some(1)));
    }
}

#[test]
fn hostile_headers_are_refused_without_memory_or_stack() {
    let dir = TempDir::new().unwrap();
    let element = |number: u16, value: &[u8]| {
        [&[2, 0], &number.to_le_bytes()[..], b"UI", &(value.len() as u16).to_le_bytes(), value].concat()
    };
    let head = [vec![0; 128], b"DICM".to_vec(), element(0x10, b"1.2.840.10008.1.2.1\0")].concat();
    let claims_4_gib = [&[8, 0, 0x60, 0][..], b"OB", &[0, 0, 0xF0, 0xFF, 0xFF, 0xFF], &[b'x'; 100]].concat();
    let nested = [&[8, 0, 0x40, 0x11][..], b"SQ", &[0, 0], &[0xFF; 4], &[0xFE, 0xFF, 0, 0xE0], &[0xFF; 4]].concat();
    let line = |body: Vec<u8>| {
        let file = dir.path().join("hostile.dcm");
        std::fs::write(&file, [head.clone(), body].concat()).unwrap();
        inspect(&file).one_line(3).replace(&dir.path().display().to_string(), "DIR")
    };
    assert_eq!(
        line(claims_4_gib),
        "DIR/hostile.dcm: cannot be read: the file ends in the middle of its header, at element (0008,0060): \
         it is truncated or damaged"
    );
    assert_eq!(
        line(nested.repeat(100_000)),
        "DIR/hostile.dcm: cannot be read: its sequences are nested more than 32 deep"
    );
}

fn zipped(path: &Path, entries: &[(&str, &[u8])]) {
    let mut zip = ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
}

/// A folder with `study.zip` in it: the small study, and `extra` beside it.
fn zip_with(extra: &[(&str, &[u8])]) -> (TempDir, PathBuf) {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("study.zip");
    let study: Vec<(&str, &[u8])> = small_study().iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    zipped(&path, &[&study, extra].concat());
    (dir, path)
}

#[test]
fn a_zip_opens_in_place_and_nothing_leaves_it() {
    let evil = &small_study()[0].1[..];
    let (dir, path) = zip_with(&[("../../evil.dcm", evil), ("/etc/evil.dcm", evil), ("notes.txt", b"hello")]);
    let run = inspect(&path);
    assert_eq!(run.code, 0, "{}", run.err);
    let text = run.out.replace(&dir.path().display().to_string(), "DIR");
    assert!(text.contains("Sagittal T1: sagittal, 'T1' in its description"), "{text}");
    assert!(text.contains("DIR/study.zip: '../../evil.dcm' in the zip points outside the zip; left out"), "{text}");
    // A name from the root is a name like any other where nothing is unpacked: a copy of the first file.
    assert!(text.contains("DIR/study.zip!/etc/evil.dcm: a copy of an image that is already there; left out"), "{text}");
    assert_eq!(everything_in(dir.path()), ["study.zip"]);
    assert!(!dir.path().parent().unwrap().join("evil.dcm").exists());
}

#[test]
fn a_zip_that_is_cut_or_encrypted_is_said_so() {
    let (dir, path) = zip_with(&[]);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let line = inspect(&path).one_line(3).replace(&dir.path().display().to_string(), "DIR");
    assert!(line.starts_with("DIR/study.zip: the zip cannot be read: "), "{line}");

    // Bit 0 of the general purpose flags, in the local header and in the central directory.
    zipped(&path, &[("a.dcm", &small_study()[0].1)]);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[6] |= 1;
    let central = bytes.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    bytes[central + 8] |= 1;
    std::fs::write(&path, &bytes).unwrap();
    let line = inspect(&path).one_line(3).replace(&dir.path().display().to_string(), "DIR");
    assert_eq!(line, "DIR/study.zip: 'a.dcm' in the zip is encrypted; unpack it first");
}

/// A description must not forge a line of `inspect`, and no text of a file reaches the terminal as a command.
#[test]
fn texts_of_files_stay_on_their_line_and_give_no_terminal_commands() {
    use dicom_core::{DataElement, VR};
    use dicom_dictionary_std::tags;
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("a\nStudy 9\u{1b}[2J");
    for file in write_small_study(&folder) {
        let mut object = dicom_object::open_file(&file).unwrap();
        object.put(DataElement::new(tags::SERIES_DESCRIPTION, VR::LO, "SAG T2\n  Series 9 'forged'\u{1b}]0;x\u{7}"));
        object.put(DataElement::new(tags::STUDY_DESCRIPTION, VR::LO, "spine\r\nStudy 10"));
        object.write_to_file(&file).unwrap();
    }
    std::fs::write(folder.join("1/lost.dcm"), "").or_else(|_| std::fs::write(folder.join("lost.dcm"), "")).unwrap();
    let run = inspect(&folder);
    for shown in [&run.out, &run.err] {
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown}");
        assert!(!shown.lines().any(|line| line.starts_with("Study 9") || line.starts_with("Study 10")), "{shown}");
        assert!(!shown.lines().any(|line| line.trim_start().starts_with("Series 9")), "{shown}");
    }
    assert!(run.out.contains("\\u{a}"), "{}", run.out);
}
