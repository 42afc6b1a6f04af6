//! Nothing vanishes: every file of the corpora is an image, a named object, a copy, no DICOM, or an issue, and only one
//! of these.

use std::collections::HashSet;

use foramen::{
    cancel::Cancel,
    study::{self, Scan},
};

use super::support::{CORPORA, files, opened, root};

/// Files of images and files of issues that are more than notes, by name.
fn named(scan: &Scan) -> (HashSet<String>, HashSet<String>) {
    let instances = scan.studies.iter().flat_map(|s| &s.series).flat_map(|s| &s.slices).map(|slice| &slice.instance);
    let shown = instances.filter(|instance| instance.is_whole).map(|instance| instance.source.to_string()).collect();
    let issues = scan.issues.iter().chain(scan.studies.iter().flat_map(|s| &s.issues));
    (shown, issues.filter(|issue| !issue.is_note).map(|issue| issue.file.clone()).collect())
}

#[test]
#[ignore = "needs the corpora; .ci/run fetches them"]
fn every_file_of_the_corpora_is_accounted_for() {
    for corpus in CORPORA {
        let scan = opened(&root().join(corpus));
        println!("{corpus}: {}", scan.tally);
        assert!(scan.tally.adds_up(), "{corpus}: {}", scan.tally);
        // Counted by another walk; what is packed has an exclamation mark in its name.
        let (shown, issues) = named(&scan);
        let packed = shown.iter().filter(|name| name.contains('!')).count();
        assert!(scan.tally.found >= files(corpus).len(), "{corpus}: {} of {}", scan.tally.found, files(corpus).len());
        assert!(packed > 0 || scan.tally.found == files(corpus).len(), "{corpus}: {}", scan.tally);
        assert_eq!(shown.len(), scan.tally.images, "{corpus}");
        assert!(issues.len() <= scan.tally.issues + shown.len(), "{corpus}: {issues:?}");
        let listing = study::list(&[root().join(corpus)], &Cancel::default(), &|_, _| ()).unwrap();
        assert!(listing.tally.adds_up(), "{corpus}: {}", listing.tally);
        assert_eq!(
            (listing.tally.found, listing.tally.not_dicom),
            (scan.tally.found, scan.tally.not_dicom),
            "{corpus}"
        );
    }
}
