//! Files that share their UIDs.

use std::collections::{BTreeSet, HashSet};

use super::*;
use crate::{geometry::PlaneKind, grading::SliceId};

/// Files of one sagittal series.
fn series() -> Vec<Arc<[u8]>> {
    let mut first = None;
    let mut all = Vec::new();
    for (name, bytes) in phantom::study_in_memory(phantom::DEMO_SEED) {
        let study = scan_memory(vec![(name, bytes.clone())]).studies.remove(0);
        let series = &study.series[0];
        let is_same = first.as_ref().is_none_or(|uid| *uid == series.uid);
        if series.plane_kind == Some(PlaneKind::Sagittal) && is_same {
            first = Some(series.uid.clone());
            all.push(bytes);
        }
    }
    assert!(all.len() > 5);
    all
}

fn uid_of(bytes: &Arc<[u8]>) -> String {
    let study = scan_memory(vec![(String::new(), bytes.clone())]).studies.remove(0);
    study.series[0].slices[0].instance.sop_instance_uid.to_string()
}

/// The bytes with one text for another, which may be shorter.
fn with(bytes: &[u8], text: &str, other: &str) -> Arc<[u8]> {
    let mut bytes = bytes.to_vec();
    let padded = [other.as_bytes(), &vec![0; text.len() - other.len()]].concat();
    let places: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at..].starts_with(text.as_bytes())).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + padded.len()].copy_from_slice(&padded);
    }
    bytes.into()
}

fn ids(study: &Study) -> Vec<(SliceId, Option<i32>)> {
    study.series.iter().flat_map(|s| &s.slices).map(|slice| (slice.id(), slice.instance.number)).collect()
}

fn of(files: Vec<Arc<[u8]>>) -> (Study, Tally) {
    let files = files.into_iter().enumerate().map(|(n, bytes)| (format!("{n}.dcm"), bytes)).collect();
    let mut scan = scan_memory(files);
    assert!(scan.tally.adds_up(), "{}", scan.tally);
    (scan.studies.remove(0), scan.tally)
}

#[test]
fn images_of_one_uid_are_all_there_and_named_apart_in_any_order() {
    let series = series();
    let shortest = series.iter().map(uid_of).min_by_key(String::len).unwrap();
    let same: Vec<Arc<[u8]>> = series.iter().map(|bytes| with(bytes, &uid_of(bytes), &shortest)).collect();
    let (study, tally) = of(same.clone());
    assert_eq!((tally.images, tally.copies, tally.issues), (same.len(), 0, 0));
    let all = ids(&study);
    assert_eq!(all.iter().map(|(id, _)| id).collect::<HashSet<_>>().len(), same.len());
    for (place, (id, _)) in all.iter().enumerate() {
        assert_eq!(study.find(id), Some((0, place)));
        let written = serde_json::to_string(id).unwrap();
        assert_eq!(written.contains("twin"), id.twin > 0);
        assert_eq!(serde_json::from_str::<SliceId>(&written).unwrap(), *id);
    }
    let wrong = wrong(&study);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].1.contains(&format!("{} images have the SOPInstanceUID", same.len() - 1)), "{wrong:?}");

    let reversed = of(same.iter().rev().cloned().collect());
    assert_eq!(ids(&reversed.0).into_iter().collect::<BTreeSet<_>>(), all.into_iter().collect());
    // All of them twice: copies, and no other images.
    let (twice, tally) = of(same.iter().chain(same.iter().rev()).cloned().collect());
    assert_eq!((tally.images, tally.copies), (same.len(), same.len()));
    assert_eq!(ids(&twice), ids(&study));
}

#[test]
fn a_copy_says_the_same_and_not_only_shows_the_same() {
    let bytes = &series()[0];
    // Who sent it is told before the data set, and is no part of what the image is.
    let mut sent = bytes.to_vec();
    sent[..4].copy_from_slice(b"sent");
    let described = scan_memory(vec![(String::new(), bytes.clone())]).studies[0].series[0].description.clone();
    let other = with(bytes, &described, &"X".repeat(described.len()));
    let (study, tally) = of(vec![bytes.clone(), sent.into(), other]);
    assert_eq!((tally.images, tally.copies), (2, 1));
    // That one has another name is told as well.
    assert_eq!(wrong(&study).iter().filter(|(_, message)| message.contains("the SOPInstanceUID")).count(), 1);
}

#[test]
fn of_a_whole_and_a_damaged_file_the_whole_one_is_shown_wherever_it_lies() {
    let whole = series()[0].clone();
    let cut: Arc<[u8]> = whole[..whole.len() - 1000].into();
    for files in [vec![whole.clone(), cut.clone()], vec![cut.clone(), whole]] {
        let (study, tally) = of(files);
        assert_eq!((tally.images, tally.copies, tally.issues), (1, 0, 1));
        assert!(study.series[0].slices[0].decode().is_ok());
        assert!(
            wrong(&study)[0].1.contains("truncated") && wrong(&study)[0].1.contains("complete"),
            "{:?}",
            study.issues
        );
    }
    let (study, tally) = of(vec![cut.clone(), cut]);
    assert_eq!((tally.images, tally.copies, tally.issues), (0, 1, 1));
    assert!(wrong(&study)[0].1.contains("this image cannot be shown"), "{:?}", study.issues);
}

#[test]
fn one_uid_in_two_series_is_no_collision() {
    let all: Vec<Arc<[u8]>> =
        phantom::study_in_memory(phantom::DEMO_SEED).into_iter().map(|(_, bytes)| bytes).collect();
    let series_of =
        |bytes: &Arc<[u8]>| scan_memory(vec![(String::new(), bytes.clone())]).studies.remove(0).series.remove(0).uid;
    let other = all.iter().find(|bytes| series_of(bytes) != series_of(&all[0])).unwrap();
    let mut pair = [all[0].clone(), other.clone()];
    pair.sort_by_key(|bytes| uid_of(bytes).len());
    let [short, long] = pair;
    let (study, _) = of(vec![short.clone(), with(&long, &uid_of(&long), &uid_of(&short))]);
    assert!(wrong(&study).is_empty(), "{:?}", study.issues);
    assert!(ids(&study).iter().all(|(id, _)| id.twin == 0));
}

/// Wherever it sorts, and whatever is wrong with the other.
#[test]
fn the_image_that_can_be_shown_wins_over_one_of_its_uid_that_cannot() {
    let series = series();
    let good = series[3].clone();
    let short: Arc<[u8]> = good[..good.len() / 2].into();
    let odd = with(&good, "1.2.840.10008.1.2.1", "1.2.840.10008.9.9.9");
    for (bad, why) in [(short, "truncated"), (odd, "is unknown")] {
        for order in [[&bad, &good], [&good, &bad]] {
            let mut files: Vec<Arc<[u8]>> = series.clone();
            files.remove(3);
            files.extend(order.map(Arc::clone));
            let (study, tally) = of(files);
            assert_eq!((tally.images, tally.issues, tally.copies), (series.len(), 1, 0), "{why}");
            let said: Vec<&str> = study.issues.iter().map(|issue| issue.message.as_str()).collect();
            assert!(matches!(said[..], [one] if one.contains(why) && one.contains("is left out")), "{said:?}");
            let slices: Vec<_> = study.series.iter().flat_map(|series| &series.slices).collect();
            assert!(slices.len() == series.len() && slices.iter().all(|slice| slice.decode().is_ok()));
        }
    }
}
