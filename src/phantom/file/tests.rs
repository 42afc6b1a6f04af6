//! The files of the contest, element by element: docs/phantom.md has the list, measured on real files.

use std::io::Cursor;

use dicom_core::header::Header;

use super::*;
use crate::phantom::PhantomOptions;

fn study(number: u32, dialect: Dialect) -> PhantomStudy {
    let options = PhantomOptions { studies: 3, seed: 5, dialect, balance: 0.0, label_noise: 0.0, variety: 0.0 };
    PhantomStudy::draw(&options, number)
}

/// (group, element), VR and value as text of every element in the file's order; without the value of pixel data.
type Elements = Vec<((u16, u16), String, String)>;

/// Parsed by hand up to the data set, because DICOM readers hide what a meta group lacks.
fn elements(bytes: &[u8]) -> Elements {
    assert!(bytes[..128].iter().all(|b| *b == 0) && &bytes[128..132] == b"DICM");
    let (mut at, mut found) = (132, Elements::new());
    let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    while short(at) == 2 {
        let (element, vr) = (short(at + 2), String::from_utf8(bytes[at + 4..at + 6].to_vec()).unwrap());
        let (start, length) = if vr == "OB" { (at + 12, short(at + 8)) } else { (at + 8, short(at + 6)) };
        let value = &bytes[start..start + length as usize];
        let text = if vr == "OB" {
            hex::encode(value)
        } else {
            String::from_utf8(value.to_vec()).unwrap().trim_end_matches(['\0', ' ']).to_owned()
        };
        assert_eq!(length % 2, 0);
        found.push(((2, element), vr, text));
        at = start + length as usize;
    }
    let syntax = entries::EXPLICIT_VR_LITTLE_ENDIAN.erased();
    let data = InMemDicomObject::read_dataset_with_ts(Cursor::new(&bytes[at..]), &syntax).unwrap();
    found.extend(data.iter().map(|element| {
        let (tag, vr) = (element.tag(), element.vr().to_string().to_owned());
        let value = if tag == tags::PIXEL_DATA { String::new() } else { element.to_str().unwrap().into_owned() };
        ((tag.group(), tag.element()), vr, value)
    }));
    found
}

fn encoded(study: &PhantomStudy, series: usize, image: usize) -> Vec<u8> {
    encode(&ImageOf { study, series, image }, &study.render(series)[image]).unwrap()
}

#[test]
fn the_contest_dialect_is_the_contests_files_element_by_element() {
    for (number, rescale) in [(1, false), (2, false), (3, true)] {
        let study = study(number, Dialect::Contest);
        let plan = &study.series[1];
        let (image, plane) = (3, plan.planes[3]);
        let found = elements(&encoded(&study, 1, image));
        let id = &study.ids.study;
        assert!(id.parse::<u32>().is_ok() && study.ids.series[1].parse::<u32>().is_ok(), "ids are plain integers");
        let number = (plan.first_instance + image as u32).to_string();
        let list = |values: &[f64]| values.iter().map(|v| decimal(*v)).collect::<Vec<_>>().join("\\");
        let (a, b) = (plane.column_direction(), plane.row_direction());
        let window = |element: u16| found.iter().find(|e| e.0 == (0x28, element)).unwrap().2.clone();
        let mut expected: Vec<((u16, u16), &str, String)> = vec![
            ((0x02, 0x01), "OB", "0001".into()),
            ((0x02, 0x02), "UI", "1.2.840.10008.5.1.4.1.1.4.1".into()),
            ((0x02, 0x03), "UI", format!("{id}.1.{number}")),
            ((0x02, 0x10), "UI", "1.2.840.10008.1.2.5".into()),
            ((0x02, 0x12), "UI", "1.2.826.0.1.3680043.8.498.1".into()),
            ((0x02, 0x13), "SH", "PYDICOM 2.4.2".into()),
            ((0x08, 0x18), "UI", format!("{id}.1.{number}")),
            // The one that the contest's files do not have.
            ((0x08, 0x1c), "CS", "YES".into()),
            ((0x08, 0x23), "DA", "20260102".into()),
            ((0x08, 0x33), "TM", "093000.000000".into()),
            ((0x08, 0x103e), "LO", "T2".into()),
            ((0x10, 0x20), "LO", id.clone()),
            ((0x18, 0x50), "DS", list(&[plan.thickness])),
            ((0x18, 0x88), "DS", list(&[plan.step])),
            ((0x18, 0x5100), "CS", "HFS".into()),
            ((0x20, 0x0d), "UI", id.clone()),
            ((0x20, 0x0e), "UI", format!("{id}.{}", study.ids.series[1])),
            ((0x20, 0x13), "IS", number),
            ((0x20, 0x32), "DS", list(&plane.origin().to_array())),
            ((0x20, 0x37), "DS", list(&[a.x, a.y, a.z, b.x, b.y, b.z])),
            ((0x20, 0x52), "UI", study.ids.frame_of_reference[1].clone()),
            ((0x20, 0x1041), "DS", list(&[plane.position()])),
            ((0x28, 0x02), "US", "1".into()),
            ((0x28, 0x04), "CS", "MONOCHROME2".into()),
            ((0x28, 0x10), "US", plane.rows().to_string()),
            ((0x28, 0x11), "US", plane.columns().to_string()),
            ((0x28, 0x30), "DS", list(&plane.pixel_spacing())),
            ((0x28, 0x100), "US", "16".into()),
            ((0x28, 0x101), "US", "12".into()),
            ((0x28, 0x102), "US", "11".into()),
            ((0x28, 0x103), "US", "0".into()),
            ((0x28, 0x1050), "DS", window(0x1050)),
            ((0x28, 0x1051), "DS", window(0x1051)),
        ];
        if rescale {
            expected.push(((0x28, 0x1052), "DS", "0".into()));
            expected.push(((0x28, 0x1053), "DS", "1".into()));
        }
        expected.push(((0x7fe0, 0x10), "OB", String::new()));
        let found: Vec<_> = found.iter().map(|(tag, vr, value)| (*tag, vr.as_str(), value.trim().to_owned())).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn images_of_the_contest_repeat_in_every_series_and_windows_differ_from_slice_to_slice() {
    let study = study(1, Dialect::Contest);
    let of = |series: usize, image: usize, tag: (u16, u16)| {
        elements(&encoded(&study, series, image)).into_iter().find(|e| e.0 == tag).unwrap().2
    };
    assert_eq!(study.series.len(), 3, "no localizer");
    let instance = (0x08, 0x18);
    let instances = |series: usize| -> std::collections::BTreeSet<String> {
        let rendered = study.render(series).into_iter().enumerate();
        let encoded =
            rendered.map(|(image, pixels)| encode(&ImageOf { study: &study, series, image }, &pixels).unwrap());
        encoded.map(|bytes| elements(&bytes).into_iter().find(|e| e.0 == instance).unwrap().2).collect()
    };
    assert!(instances(0).intersection(&instances(1)).count() > 5);
    assert_ne!(of(0, 2, (0x20, 0x0e)), of(1, 2, (0x20, 0x0e)));
    assert_ne!(of(0, 2, (0x20, 0x52)), of(1, 2, (0x20, 0x52)), "a frame of reference for each series");
    assert_ne!(of(0, 1, (0x28, 0x1050)), of(0, 8, (0x28, 0x1050)));
}

/// A dialect only affects how files are written: content and positions are the same.
#[test]
fn both_dialects_show_the_same_spine() {
    let (clinical, contest) = (study(2, Dialect::Clinical), study(2, Dialect::Contest));
    assert_eq!(clinical.series.len(), contest.series.len() + 1);
    assert_eq!(clinical.label_points(), contest.label_points());
    let last = contest.series.len() - 1;
    assert_eq!(clinical.render(last), contest.render(last));
}
