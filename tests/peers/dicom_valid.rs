//! Our DICOM objects under `dciodvfy` (Debian: dicom3tools) and `dsrdump` (DCMTK), which nobody here wrote.

use std::path::Path;

use foramen::{markup::Markup, report::Identity, review::Review};

use super::dicom_support::{DEMO, Exported, Graded, marked, said, signed, without_identity};

/// `dciodvfy` knows no private coding scheme, also where the object itself says what it is.
const OWN_SCHEME: &str =
    "Warning - Unrecognized defined term <99FORAMEN> for value 1 of attribute <Coding Scheme Designator>";
/// Synthetic Data (0008,001C), in what is made of phantoms, came into the standard after Debian's dicom3tools (2022).
const NEWER: [&str; 4] = [
    "(0x0008,0x001c)  ?  - Warning - Unrecognized tag - assuming explicit value representation OK",
    "Error - Attribute with an even group number is not a recognized standard attribute - (0x0008,0x001c)  ? ",
    "Warning - Attribute is not present in standard DICOM IOD - (0x0008,0x001c)  ? ",
    "Warning - Dicom dataset contains attributes not present in standard DICOM IOD - this is a Standard Extended SOP Class",
];
/// A typed name, of which nobody knows what is the family name.
const ONE_NAME: &str = "<Zoë Müller> - Retired Person Name form";
/// What `dsrdump` says of itself.
const NOT_CHECKED: [&str; 2] = [
    "W: The VR checker does not support this Specific Character Set: ISO_IR 192",
    "W: Check for template constraints not yet supported",
];

/// What `dciodvfy` complains of; its first line is the kind of object.
pub fn complaints(file: &Path) -> (String, Vec<String>) {
    let (_, text) = said("dciodvfy", "dicom3tools", &[file]);
    let is_complaint = |line: &&str| ["Error", "Warning", "(0x"].iter().any(|start| line.starts_with(start));
    let kind = text.lines().find(|line| !is_complaint(line)).unwrap_or_default().to_owned();
    (
        kind,
        text.lines()
            .filter(is_complaint)
            .filter(|line| *line != OWN_SCHEME && !NEWER.contains(line) && !line.ends_with(ONE_NAME))
            .map(str::to_owned)
            .collect(),
    )
}

/// Dates and numbers that are meant to be missing where the identity is removed.
const NO_DATES: &str = "Warning - Missing attribute or value that would be needed to build DICOMDIR - Study ";

/// Every object is of its kind, and neither program has a word against it.
pub fn check(exported: &Exported, identity: bool) {
    let mut found = Vec::new();
    for file in exported.all() {
        let (kind, lines) = complaints(file);
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let expected = match name.split(['-', '.']).next().unwrap() {
            "report" => "ComprehensiveSR",
            "marks" => "GrayscaleSoftcopyPresentationState",
            _ if name == "key-objects.dcm" => "KeyObjectSelectionDocument",
            _ => "SCImage",
        };
        if kind != expected {
            found.push(format!("{name}: taken for {kind}"));
        }
        let lines = lines.into_iter().filter(|line| identity || !line.starts_with(NO_DATES));
        found.extend(lines.map(|line| format!("{name}: {line}")));
    }
    for file in [Some(&exported.sr), exported.key_objects.as_ref()].into_iter().flatten() {
        let (ok, text) = said("dsrdump", "dcmtk", &[file]);
        let odd = text.lines().filter(|line| line.starts_with(['W', 'E', 'F']) && line.contains(": "));
        let odd = odd.filter(|line| !NOT_CHECKED.contains(line));
        found.extend(odd.map(|line| format!("dsrdump: {line}")));
        if !ok {
            found.push(format!("dsrdump refuses {}", file.display()));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn export(
    of: &Graded,
    review: &Review,
    markup: &Markup,
    identity: Identity,
    name: &str,
) -> (tempfile::TempDir, Exported) {
    let dir = tempfile::tempdir().unwrap();
    let keep = std::env::var_os("FORAMEN_KEEP").map(|folder| Path::new(&folder).join(name));
    let folder = keep.as_deref().unwrap_or(dir.path());
    let exported = Exported::write(&of.report(review, markup, identity), folder);
    (dir, exported)
}

#[test]
#[ignore = "needs dciodvfy and dsrdump; .ci/run installs them"]
fn untouched_signed_and_nameless_reports_are_valid() {
    let (untouched, nothing) = (Review::default(), Markup::default());
    let (_dir, exported) = export(&DEMO, &untouched, &nothing, Identity::Full, "untouched");
    check(&exported, true);
    let (signed, marked) = (signed(&DEMO), marked(&DEMO));
    let (_dir, exported) = export(&DEMO, &signed, &marked, Identity::Full, "signed");
    assert!(exported.states.len() == 2 && exported.key_objects.is_some() && exported.captures.len() > 2);
    check(&exported, true);
    let (_dir, exported) = export(&DEMO, &signed, &marked, without_identity(), "nameless");
    check(&exported, false);
}

#[test]
#[ignore = "needs dciodvfy and dsrdump; .ci/run installs them"]
fn the_validators_would_complain() {
    let (untouched, nothing) = (Review::default(), Markup::default());
    let (_dir, exported) = export(&DEMO, &untouched, &nothing, Identity::Full, "broken");
    let bytes = std::fs::read(&exported.sr).unwrap();
    // A document that is neither partial nor complete.
    let at = bytes.windows(7).position(|w| w == b"PARTIAL").unwrap();
    let mut broken = bytes.clone();
    broken[at..at + 7].copy_from_slice(b"PERHAPS");
    std::fs::write(&exported.sr, broken).unwrap();
    assert!(std::panic::catch_unwind(|| check(&exported, true)).is_err(), "dciodvfy says nothing");
    // An image from which a box would be selected is contained in it instead.
    let at = bytes.windows(13).position(|w| w == b"SELECTED FROM").unwrap();
    let mut broken = bytes;
    broken[at..at + 13].copy_from_slice(b"CONTAINS     ");
    std::fs::write(&exported.sr, broken).unwrap();
    assert!(std::panic::catch_unwind(|| check(&exported, true)).is_err(), "dsrdump says nothing");
}
