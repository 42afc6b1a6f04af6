//! Files in folders.

use super::*;
use crate::study::list;

#[test]
fn every_kind_of_file_is_accounted_for_once() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let images = write_images(&root.join("study"), ".dcm");
    let write = |name: &str, bytes: &[u8]| std::fs::write(root.join("study").join(name), bytes).unwrap();
    let (first, second) = (std::fs::read(&images[0]).unwrap(), std::fs::read(&images[1]).unwrap());
    write("empty.dcm", b"");
    write("ZEROS.DCM", &vec![0; first.len()]);
    write("IM0100.dcm", b"<html><body>502 Bad Gateway</body></html>");
    write("IM0101.dcm", &first[..133]);
    write("cut.dcm", &second[..second.len() / 2]);
    write("copy.dcm", &first);
    write("report.dcm", &object(BASIC_TEXT_SR));
    write("image.dcm", &object("1.2.840.10008.5.1.4.1.1.4"));
    write("notes.txt", b"Dear colleague");
    write("README", b"this is what it is");
    write("._IM0001.dcm", b"\x00\x05\x16\x07\x00\x02\x00\x00");
    write("study.7z", b"7z\xBC\xAF\x27\x1C..");
    write("old.zip", b"");
    let (study, tally) = one(root);
    assert_eq!((tally.found, tally.images), (images.len() + 13, images.len()));
    let objects: Vec<(&str, usize)> = tally.objects.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
    assert_eq!(objects, [("Basic Text SR Storage", 1)]);
    assert_eq!((tally.copies, tally.not_dicom, tally.issues), (1, 3, 8));
    let mut wrong = wrong(&study);
    wrong.sort();
    let expected = [
        ("IM0100.dcm", "it is a web page"),
        ("IM0101.dcm", "truncated"),
        ("ZEROS.DCM", "it holds zeros"),
        ("cut.dcm", "another file holds this image complete"),
        ("empty.dcm", "0 bytes"),
        ("image.dcm", "without Rows and Columns"),
        ("old.zip", "named as an archive, but "),
        ("study.7z", "7-Zip"),
    ];
    assert_eq!(wrong.len(), expected.len(), "{wrong:?}");
    for ((name, message), (file, part)) in wrong.iter().zip(expected) {
        assert!(name == file && message.contains(part), "{name}: {message}");
    }
}

#[test]
fn files_without_an_ending_are_told_by_the_names_around_them() {
    let dir = tempfile::tempdir().unwrap();
    let images = write_images(&dir.path().join("s1"), "");
    std::fs::write(dir.path().join("s1/IM0900"), vec![0; 5000]).unwrap();
    // A series of which nothing is left.
    std::fs::create_dir(dir.path().join("s2")).unwrap();
    (1..4).for_each(|n| std::fs::write(dir.path().join(format!("s2/IM000{n}")), "").unwrap());
    for (name, text) in [("s1/README", "read this"), ("VERSION", "2"), ("s1/DONE", "")] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let (study, tally) = one(dir.path());
    assert_eq!((tally.images, tally.not_dicom, tally.issues), (images.len(), 3, 4));
    assert_eq!(wrong(&study).len(), 4);
}

#[test]
#[cfg(unix)]
fn links_and_pipes_are_named_and_no_folder_is_read_twice() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    let count = write_images(&root.join("study"), ".dcm").len();
    symlink("nowhere", root.join("study/IM0900.dcm")).unwrap();
    symlink("../study", root.join("study/again")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    // From each of a chain of folders two ways lead to the next: to the last there are two to the twentieth.
    for n in 0..20 {
        let folder = root.join(format!("farm{n}"));
        std::fs::create_dir(&folder).unwrap();
        for way in ["a", "b"] {
            symlink(format!("../farm{}", n + 1), folder.join(way)).unwrap();
        }
    }
    std::fs::create_dir(root.join("farm20")).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("notes.txt"), "far away").unwrap();
    symlink(elsewhere.path(), root.join("elsewhere")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(root.join("pipe.dcm")).status().unwrap().success());
    let (study, tally) = one(root);
    assert_eq!((tally.images, tally.copies, tally.not_dicom), (count, 0, 1));
    assert_eq!((tally.found, tally.issues), (count + 4, 3));
    let names: Vec<String> = wrong(&study).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["loop", "IM0900.dcm"]);
    let notes: Vec<&Issue> = study.issues.iter().filter(|issue| issue.is_note).collect();
    assert!(notes.iter().any(|note| note.file.ends_with("pipe.dcm") && note.message.contains("a pipe")), "{notes:?}");
    assert!(notes.iter().any(|note| note.message.contains("each folder is read once")), "{notes:?}");
}

#[test]
#[cfg(unix)]
fn what_a_program_is_writing_below_is_passed_over() {
    use std::os::unix::fs::symlink;
    let dir = tempfile::tempdir().unwrap();
    // A link to nowhere is to the walk what a file is that was renamed after its name was read.
    symlink("nowhere", dir.path().join(".foramen-a")).unwrap();
    std::fs::write(dir.path().join(".foramen-b"), "half of a result").unwrap();
    let scan_it = || opened(dir.path());
    assert_eq!((scan_it().files, scan_it().lost), (0, 0));
    symlink("nowhere", dir.path().join("1.dcm")).unwrap();
    assert_eq!(scan_it().lost, 1, "another file that goes away is missed");
}

#[test]
fn of_two_studies_each_is_told_of_its_own_files() {
    let dir = tempfile::tempdir().unwrap();
    for (seed, name) in [(5, "a"), (6, "b")] {
        std::fs::create_dir_all(dir.path().join(name)).unwrap();
        for (number, (_, bytes)) in phantom::study_in_memory(seed).iter().step_by(9).enumerate() {
            std::fs::write(dir.path().join(name).join(format!("{number}.dcm")), bytes).unwrap();
        }
    }
    std::fs::write(dir.path().join("b/99.dcm"), "").unwrap();
    std::fs::write(dir.path().join("lost.dcm"), "").unwrap();
    let paths = [dir.path().to_owned()];
    let scan = opened(dir.path());
    assert!(scan.tally.adds_up(), "{}", scan.tally);
    assert_eq!((scan.lost, scan.issues.len()), (2, 1));
    assert_eq!(scan.studies.iter().map(|study| wrong(study).len()).sum::<usize>(), 1);
    // A batch knows the same.
    let listing = list(&paths, &Cancel::default(), &|_, _| ()).unwrap();
    assert!(listing.tally.adds_up(), "{}", listing.tally);
    assert_eq!((listing.lost, listing.issues.len(), listing.files), (1, 1, scan.files));
    for files in &listing.studies {
        let opened = listing.open(files, &Cancel::default());
        assert_eq!(wrong(&opened.studies[0]).len(), files.issues.len());
        assert!(opened.tally.adds_up(), "{}", opened.tally);
    }
    assert_eq!(listing.studies.iter().map(|files| files.issues.len()).sum::<usize>(), 1);
}

/// A DICOMDIR that lists these files as images, each with a UID.
fn dicomdir(files: &[(String, String)]) -> Vec<u8> {
    use dicom_core::{DataElement, PrimitiveValue, VR, value::DataSetSequence};
    use dicom_dictionary_std::{tags, uids};
    use dicom_object::{FileMetaTableBuilder, InMemDicomObject};
    let text = |tag, vr, value: &str| DataElement::new(tag, vr, PrimitiveValue::from(value));
    let mut items = vec![InMemDicomObject::from_element_iter([text(tags::DIRECTORY_RECORD_TYPE, VR::CS, "PATIENT")])];
    items.extend(files.iter().map(|(path, uid)| {
        let path = path.replace('/', "\\");
        InMemDicomObject::from_element_iter([
            DataElement::new(tags::RECORD_IN_USE_FLAG, VR::US, PrimitiveValue::from(0xFFFF_u16)),
            text(tags::DIRECTORY_RECORD_TYPE, VR::CS, "IMAGE"),
            text(tags::REFERENCED_FILE_ID, VR::CS, &path),
            text(tags::REFERENCED_SOP_INSTANCE_UID_IN_FILE, VR::UI, uid),
        ])
    }));
    let mut object = InMemDicomObject::new_empty();
    object.put(text(tags::SOP_CLASS_UID, VR::UI, uids::MEDIA_STORAGE_DIRECTORY_STORAGE));
    object.put(DataElement::new(tags::DIRECTORY_RECORD_SEQUENCE, VR::SQ, DataSetSequence::from(items)));
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .media_storage_sop_class_uid(uids::MEDIA_STORAGE_DIRECTORY_STORAGE)
        .media_storage_sop_instance_uid("1.2.3");
    let mut bytes = Vec::new();
    object.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

#[test]
fn what_a_dicomdir_lists_and_is_not_there_is_said_once() {
    let dir = tempfile::tempdir().unwrap();
    let disc = dir.path().join("disc");
    let folder = disc.join("im");
    let files = write_images(&folder, "");
    let uid = |n: usize| format!("1.2.99.{n}");
    let name = |file: &PathBuf| format!("IM/{}", file.file_name().unwrap().to_str().unwrap());
    let mut listed: Vec<(String, String)> = files.iter().enumerate().map(|(n, file)| (name(file), uid(n))).collect();
    std::fs::write(disc.join("DICOMDIR"), dicomdir(&listed)).unwrap();
    let (study, tally) = one(&disc.join("DICOMDIR"));
    assert!(wrong(&study).is_empty(), "{:?}", study.issues);
    assert_eq!(tally.other_objects(), 1);

    // Five are gone, one is a text, and one is there under another name.
    let known = study.series[0].slices[0].instance.clone();
    for file in files.iter().filter(|file| known.source.path() != Some(file)).take(5) {
        std::fs::remove_file(file).unwrap();
    }
    std::fs::write(folder.join("TEXT"), "502").unwrap();
    listed.push(("IM/TEXT".into(), uid(900)));
    listed.push(("OLD/IM7".into(), known.sop_instance_uid.to_string()));
    std::fs::write(disc.join("DICOMDIR"), dicomdir(&listed)).unwrap();
    // The same in a zip, below a folder.
    let below = walkdir::WalkDir::new(&disc).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    let entries: Vec<(String, Vec<u8>)> = below
        .map(|entry| {
            let name = entry.path().strip_prefix(&disc).unwrap().display().to_string();
            (format!("CD/{name}"), std::fs::read(entry.path()).unwrap())
        })
        .collect();
    let entries: Vec<(&str, &[u8])> = entries.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    let elsewhere = tempfile::tempdir().unwrap();
    let zip = elsewhere.path().join("disc.zip");
    std::fs::write(&zip, zipped(&entries)).unwrap();
    for path in [disc.join("DICOMDIR"), disc, dir.path().to_owned(), zip] {
        let (study, tally) = one(&path);
        let wrong = wrong(&study);
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        let of = |name: &str| wrong.iter().find(|(file, _)| file == name).unwrap().1.as_str();
        assert!(of("DICOMDIR").contains("lists 5 images that are missing: IM/IM000"), "{wrong:?}");
        assert!(of("DICOMDIR").contains(" and 2 more"), "{wrong:?}");
        assert!(of("TEXT").contains("the DICOMDIR lists it"), "{wrong:?}");
        assert_eq!(tally.images, files.len() - 5);
    }
}
