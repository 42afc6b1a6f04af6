//! Files in archives.

use super::*;

/// A zip with these images, numbered from `first`.
fn zip_of(images: &[(String, Arc<[u8]>)], first: usize) -> Vec<u8> {
    let names: Vec<String> = (first..).take(images.len()).map(|n| format!("s/IM{n:04}.dcm")).collect();
    let entries: Vec<(&str, &[u8])> =
        names.iter().zip(images).map(|(name, (_, bytes))| (name.as_str(), &bytes[..])).collect();
    zipped(&entries)
}

fn decoded(study: &Study) -> usize {
    study.series.iter().flat_map(|s| &s.slices).filter(|slice| slice.decode().is_ok()).count()
}

#[test]
fn archives_are_opened_whatever_they_are_called_and_two_deep() {
    let dir = tempfile::tempdir().unwrap();
    let images = images();
    let (a, rest) = images.split_at(2);
    let (b, rest) = rest.split_at(2);
    let (c, rest) = rest.split_at(2);
    let (d, e) = rest.split_at(1);
    let deflated = zipped(&[("inner/a.ZIP", &zip_of(a, 1)), ("notes.txt", b"text")]);
    let mut stored = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let as_it_is = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    stored.start_file("b", as_it_is).unwrap();
    stored.write_all(&zip_of(b, 3)).unwrap();
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("outer.zip"), deflated).unwrap();
    std::fs::write(at("without-ending"), stored.finish().unwrap().into_inner()).unwrap();
    std::fs::write(at("c.dat"), zip_of(c, 5)).unwrap();
    std::fs::write(at("d.dcm.gz"), gzipped(&d[0].1)).unwrap();
    let e: Vec<(String, Vec<u8>)> = e.iter().map(|(name, bytes)| (format!("{name}.gz"), gzipped(bytes))).collect();
    let e: Vec<(&str, &[u8])> = e.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    std::fs::write(at("e.zip"), zipped(&e)).unwrap();
    std::fs::write(at("t2.nii.gz"), gzipped(b"not DICOM")).unwrap();
    let (study, tally) = one(dir.path());
    assert!(wrong(&study).is_empty(), "{:?}", study.issues);
    assert_eq!((tally.images, tally.not_dicom, tally.found), (images.len(), 2, images.len() + 2));
    assert_eq!(decoded(&study), images.len());
    let slices = study.series.iter().flat_map(|s| &s.slices);
    let names: Vec<String> = slices.map(|slice| slice.instance.source.to_string()).collect();
    assert!(names.iter().any(|name| name.ends_with("outer.zip!inner/a.ZIP!s/IM0001.dcm")), "{names:?}");
    let paths = [at("e.zip"), at("d.dcm.gz"), at("outer.zip")];
    let scan = scan(&paths, &Cancel::default(), &|_, _| ()).unwrap();
    assert!(scan.empty(&paths).is_empty() && scan.tally.adds_up());
}

#[test]
fn what_is_in_an_archive_and_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let images = images();
    let deep = zipped(&[("1.zip", &zipped(&[("2.zip", &zip_of(&images[..1], 1))]))]);
    let tar = [vec![b'x'; 257], b"ustar\0".to_vec(), vec![0; 300]].concat();
    let whole = zip_of(&images, 1);
    let at = |name: &str| dir.path().join(name);
    std::fs::write(at("study.zip"), &whole).unwrap();
    std::fs::write(at("deep.zip"), deep).unwrap();
    std::fs::write(at("cut.zip"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(at("a.tar"), &tar).unwrap();
    std::fs::write(at("b.tgz"), gzipped(&tar)).unwrap();
    std::fs::write(at("half.dcm.gz"), &gzipped(&images[0].1)[..400]).unwrap();
    std::fs::write(at("page.dcm.gz"), gzipped(b"<html>")).unwrap();
    std::fs::write(at("x.rar"), b"Rar!\x1A\x07\x01\x00").unwrap();
    std::fs::write(at("tables.zip"), zipped(&[("a.csv", b"1,2"), ("b.dcm", b"")])).unwrap();
    let (study, tally) = one(dir.path());
    let mut names: Vec<String> = wrong(&study).into_iter().map(|(name, _)| name).collect();
    names.sort();
    let expected = [
        "a.tar",
        "b.tgz",
        "cut.zip",
        "deep.zip!1.zip!2.zip",
        "half.dcm.gz",
        "page.dcm.gz",
        "tables.zip!b.dcm",
        "x.rar",
    ];
    assert_eq!(names, expected, "{:?}", study.issues);
    assert_eq!((tally.images, tally.not_dicom, tally.issues), (images.len(), 1, expected.len()));
}

#[test]
fn damage_inside_a_zip_costs_the_entry_and_is_known_before_it_is_decoded() {
    let dir = tempfile::tempdir().unwrap();
    let images = images();
    let mut zip = zip_of(&images, 1);
    let places = |zip: &[u8], magic: &[u8; 4]| -> Vec<usize> {
        (0..zip.len() - 4).filter(|&at| zip[at..].starts_with(magic)).collect()
    };
    // In the middle of the pixels of the second entry, and the checksum of the third.
    let heads = places(&zip, b"PK\x03\x04");
    let middle = heads[1] + (heads[2] - heads[1]) / 2;
    zip[middle..middle + 40].fill(0xFF);
    let records = places(&zip, b"PK\x01\x02");
    zip[records[2] + 16] ^= 1;
    let path = dir.path().join("study.zip");
    std::fs::write(&path, zip).unwrap();
    let (study, tally) = one(&path);
    let names: Vec<String> = wrong(&study).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["IM0002.dcm", "IM0003.dcm"]);
    assert_eq!((tally.images, tally.issues), (images.len() - 2, 2));
    assert_eq!(decoded(&study), images.len() - 2);
}

#[test]
fn two_entries_of_one_name_are_both_read() {
    let dir = tempfile::tempdir().unwrap();
    let images = images();
    let mut zip = zip_of(&images, 1);
    // The writer refuses them: the second is called as the first afterwards, in its header and in the directory.
    while let Some(at) = zip.windows(10).position(|part| part == b"IM0002.dcm") {
        zip[at + 5] = b'1';
    }
    let path = dir.path().join("study.zip");
    std::fs::write(&path, zip).unwrap();
    assert_eq!(one(&path).1.images, images.len());
}

#[test]
fn a_study_over_two_zips_is_one_and_a_broken_half_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let images = images();
    let (a, b) = images.split_at(3);
    let halves = [zip_of(a, 1), zip_of(b, 4)];
    let paths = ["a.zip", "b.zip"].map(|name| dir.path().join(name));
    paths.iter().zip(&halves).for_each(|(path, half)| std::fs::write(path, half).unwrap());
    assert_eq!(one(dir.path()).1.images, images.len());
    std::fs::write(&paths[1], &halves[1][..halves[1].len() - 30]).unwrap();
    let scan = scan(&paths, &Cancel::default(), &|_, _| ()).unwrap();
    assert_eq!((scan.tally.images, scan.lost), (a.len(), 1));
    assert!(wrong(&scan.studies[0])[0].1.contains("the zip cannot be read"), "{:?}", scan.studies[0].issues);
}
