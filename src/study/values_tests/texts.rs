//! Names in files, through the header and through what reports repeat of it.

use dicom_core::value::DataSetSequence;

use super::*;

/// A file whose `PatientName` and `PatientID` are these bytes, in an encoding.
fn named(sets: Option<&str>, name: &[u8], encoding: &str) -> Vec<u8> {
    let mut name = name.to_vec();
    name.resize(name.len().next_multiple_of(2), b' ');
    let stand_in = "Q".repeat(name.len());
    let mut made = Made::new();
    if let Some(sets) = sets {
        made.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, sets);
    }
    made.text(tags::PATIENT_NAME, VR::PN, &stand_in);
    made.text(tags::PATIENT_ID, VR::LO, &stand_in);
    // The character set of an item is the item's own.
    let mut item = Made(InMemDicomObject::new_empty());
    item.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 144");
    item.text(tags::CODE_MEANING, VR::LO, "meaning");
    made.0.put(DataElement::new(tags::PROCEDURE_CODE_SEQUENCE, VR::SQ, DataSetSequence::from(vec![item.0])));
    let bytes = made.bytes(encoding, encoding);
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    while let Some(at) = rest.windows(name.len()).position(|window| window == stand_in.as_bytes()) {
        out.extend(&rest[..at]);
        out.extend(&name);
        rest = &rest[at + name.len()..];
    }
    out.extend(rest);
    out
}

fn read(bytes: Vec<u8>) -> (String, String, Vec<Issue>) {
    let scan = scan_of(bytes);
    let study = &scan.studies[0];
    let source = &study.series[0].slices[0].instance.source;
    let origin = source.origin(0).unwrap();
    let name = origin.others.iter().find(|(tag, _)| *tag == tags::PATIENT_NAME).map(|(_, name)| name.clone());
    assert_eq!(origin.patient_id, study.patient.id);
    (study.patient.name.clone(), name.unwrap_or_default(), study.issues.clone())
}

const ENCODINGS: [&str; 3] =
    [uids::EXPLICIT_VR_LITTLE_ENDIAN, uids::IMPLICIT_VR_LITTLE_ENDIAN, crate::study::syntax::BIG_ENDIAN];

#[test]
fn names_are_read_in_sets_as_files_spell_them() {
    let utf_8 = "Müller^Jörg".as_bytes();
    for (sets, bytes, shown, written) in [
        ("ISO IR 192", utf_8, "Müller Jörg", "Müller^Jörg"),
        ("UTF-8", utf_8, "Müller Jörg", "Müller^Jörg"),
        ("ISO-IR 100", b"M\xfcller^J\xf6rg", "Müller Jörg", "Müller^Jörg"),
        ("ISO_IR 6", b"Mueller^Joerg", "Mueller Joerg", "Mueller^Joerg"),
        (
            "ISO 2022 IR 6\\ISO 2022 IR 87",
            b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B",
            "Yamada Tarou",
            "Yamada^Tarou=山田^太郎",
        ),
        ("ISO2022IR13\\ISO2022IR87", b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", "ﾔﾏﾀﾞ ﾀﾛｳ", "ﾔﾏﾀﾞ^ﾀﾛｳ"),
        (
            "\\ISO 2022 IR 149",
            b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7",
            "Hong Gildong",
            "Hong^Gildong=洪^吉洞",
        ),
        ("ISO_IR 58", b"\xcd\xf5^\xd0\xa1\xb6\xab", "王 小东", "王^小东"),
        // Its second byte is a backslash, which parts no values here.
        ("GBK", b"\x81\x5c^\x95\x5c", "乗 昞", "乗^昞"),
        ("ISO_IR 999", b"Doe^Jane", "Doe Jane", "Doe^Jane"),
    ] {
        for encoding in ENCODINGS {
            let found = read(named(Some(sets), bytes, encoding));
            assert_eq!(found, (shown.to_owned(), written.to_owned(), vec![]), "{sets} {encoding}");
        }
    }
}

#[test]
fn what_is_not_understood_is_said_once_without_the_name() {
    for (sets, bytes, written, words, is_note) in [
        (None, &b"M\xfcller"[..], "Müller", "Latin-1", false),
        (None, "Müller".as_bytes(), "Müller", "UTF-8", true),
        (Some("ISO_IR 999"), b"M\xfcller", "M\u{fffd}ller", "unknown character set 'ISO_IR 999'", false),
        (Some("ISO_IR 999"), "Müller".as_bytes(), "Müller", "read as UTF-8", false),
        (Some("ISO_IR 192"), b"M\xfcller", "M\u{fffd}ller", "is not valid in", false),
    ] {
        for encoding in ENCODINGS {
            let (_, found, issues) = read(named(sets, bytes, encoding));
            assert_eq!(found, written, "{sets:?}");
            assert_eq!(only(&issues, words), is_note, "{sets:?}");
            assert!(!issues[0].message.contains("ller"));
        }
    }
}

#[test]
fn a_name_in_an_element_of_unknown_kind_is_a_name() {
    let mut made = Made::new();
    made.text(tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO IR 192");
    made.put(tags::PATIENT_NAME, VR::UN, PrimitiveValue::U8("Müller^Jörg ".as_bytes().into()));
    assert_eq!(made.scan().studies[0].patient.name, "Müller Jörg");
}
