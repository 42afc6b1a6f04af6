//! What fuzzing begins from: small inputs of each kind that are right.

use std::io::{Cursor, Write};

use foramen::{
    grading::{GradeId, Level, Severity},
    library::Library,
    phantom,
    review::{BoxChoice, Change, Decision},
};
use zip::write::SimpleFileOptions;

/// Inputs for a target by its name.
pub fn of(target: &str) -> Vec<Vec<u8>> {
    match target {
        "headers" | "pixels" => dicom(),
        "zip" => vec![zipped(&dicom()[..1]), zipped(&[b"no image".to_vec()]), zipped(&[])],
        "dicomdir" => vec![dicomdir()],
        "onnx" => {
            vec![onnx(&[]), onnx(&HOSTILE.map(node).concat()), include_bytes!("../../models/manifest.json").to_vec()]
        }
        "csv" => CSV.iter().map(|text| text.as_bytes().to_vec()).collect(),
        "yolo" => vec![yolo()],
        "settings" => vec![SETTINGS.as_bytes().to_vec(), TEMPLATE.as_bytes().to_vec()],
        "library" => library().into_iter().collect(),
        "stored" => stored(),
        "texts" => TEXTS.iter().map(|text| text.as_bytes().to_vec()).collect(),
        "places" => places(),
        "commands" => commands(),
        "packets" => packets(),
        "heads" => vec![small(), NODES.as_bytes().to_vec()],
        _ => Vec::new(),
    }
}

/// One slice of each kind of encoding that the phantom writes, its pixels cut to a few rows.
fn dicom() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for (name, bytes) in phantom::study_in_memory(phantom::DEMO_SEED) {
        if name.ends_with('1') || name.ends_with("1.dcm") || files.is_empty() {
            files.push(bytes.to_vec());
        }
        if files.len() == 3 {
            break;
        }
    }
    files.push(small());
    files.push(enhanced(b"2 "));
    // More frames than there are pixels for.
    files.push(enhanced(b"2000"));
    files
}

/// An element in explicit little endian.
fn element(group: u16, number: u16, vr: [u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
    bytes.extend(vr);
    if matches!(&vr, b"OB" | b"OW" | b"SQ" | b"UN" | b"UT") {
        bytes.extend([0, 0]);
        bytes.extend((value.len() as u32).to_le_bytes());
    } else {
        bytes.extend((value.len() as u16).to_le_bytes());
    }
    bytes.extend(value);
    bytes
}

fn us(group: u16, number: u16, value: u16) -> Vec<u8> {
    element(group, number, *b"US", &value.to_le_bytes())
}

fn item(elements: &[Vec<u8>]) -> Vec<u8> {
    let value = elements.concat();
    [&[0xFE, 0xFF, 0x00, 0xE0][..], &(value.len() as u32).to_le_bytes(), &value].concat()
}

fn file(elements: &[Vec<u8>]) -> Vec<u8> {
    let syntax = element(2, 0x10, *b"UI", b"1.2.840.10008.1.2.1\0");
    let length = element(2, 0, *b"UL", &(syntax.len() as u32).to_le_bytes());
    [vec![0; 128], b"DICM".to_vec(), length, syntax, elements.concat()].concat()
}

fn pixel_elements(rows: u16, columns: u16) -> Vec<Vec<u8>> {
    vec![
        us(0x28, 2, 1),
        element(0x28, 4, *b"CS", b"MONOCHROME2 "),
        us(0x28, 0x10, rows),
        us(0x28, 0x11, columns),
        element(0x28, 0x30, *b"DS", b"0.5\\0.5 "),
        us(0x28, 0x100, 16),
        us(0x28, 0x101, 12),
        us(0x28, 0x102, 11),
        us(0x28, 0x103, 0),
        element(0x28, 0x1050, *b"DS", b"40"),
        element(0x28, 0x1051, *b"DS", b"400 "),
        element(0x28, 0x1052, *b"DS", b"0 "),
        element(0x28, 0x1053, *b"DS", b"1 "),
    ]
}

/// A whole image of 4 x 4 pixels.
fn small() -> Vec<u8> {
    let mut all = vec![
        element(8, 0x16, *b"UI", b"1.2.840.10008.5.1.4.1.1.4\0"),
        element(8, 0x18, *b"UI", b"1.2.3.4\0"),
        element(8, 0x60, *b"CS", b"MR"),
        element(8, 0x103E, *b"LO", b"Sag T2"),
        element(0x10, 0x10, *b"PN", b"A^B "),
        element(0x20, 0x0D, *b"UI", b"1.2\0"),
        element(0x20, 0x0E, *b"UI", b"1.2.3\0"),
        element(0x20, 0x32, *b"DS", b"0\\-10\\20 "),
        element(0x20, 0x37, *b"DS", b"0\\1\\0\\0\\0\\-1"),
    ];
    all.extend(pixel_elements(4, 4));
    all.push(element(0x7FE0, 0x10, *b"OW", &[7; 32]));
    file(&all)
}

/// Two frames with functional groups, and the number that the file says.
fn enhanced(frames_said: &[u8]) -> Vec<u8> {
    let place = |z: &[u8]| element(0x20, 0x9113, *b"SQ", &item(&[element(0x20, 0x32, *b"DS", z)]));
    let shared = element(0x20, 0x9116, *b"SQ", &item(&[element(0x20, 0x37, *b"DS", b"1\\0\\0\\0\\1\\0 ")]));
    let frames = [item(&[place(b"0\\0\\0 ")]), item(&[place(b"0\\0\\4 ")])].concat();
    let mut all = vec![
        element(8, 0x16, *b"UI", b"1.2.840.10008.5.1.4.1.1.4.1\0"),
        element(8, 0x18, *b"UI", b"1.2.3.5\0"),
        element(0x20, 0x0D, *b"UI", b"1.2\0"),
        element(0x20, 0x0E, *b"UI", b"1.2.4\0"),
        element(0x28, 8, *b"IS", frames_said),
    ];
    all.extend(pixel_elements(2, 2));
    all.push(element(0x5200, 0x9229, *b"SQ", &item(&[shared])));
    all.push(element(0x5200, 0x9230, *b"SQ", &frames));
    all.push(element(0x7FE0, 0x10, *b"OW", &[9; 16]));
    file(&all)
}

/// A directory of one image that lies outside the folder.
fn dicomdir() -> Vec<u8> {
    let record = item(&[element(4, 0x1430, *b"CS", b"IMAGE "), element(4, 0x1500, *b"CS", b"..\\..\\ETC ")]);
    file(&[element(4, 0x1130, *b"CS", b"TEST"), element(4, 0x1220, *b"SQ", &record)])
}

fn zipped(files: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (index, bytes) in files.iter().enumerate() {
        if writer.start_file(format!("a/{index}.dcm"), SimpleFileOptions::default()).is_ok() {
            let _ = writer.write_all(bytes);
        }
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// A field of a protobuf message that holds bytes.
fn field(number: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    let mut length = value.len();
    while length > 0x7F {
        bytes.push((length & 0x7F) as u8 | 0x80);
        length >>= 7;
    }
    bytes.push(length as u8);
    bytes.extend(value);
    bytes
}

/// Operators that would hold or end a program, and one that every detector has.
const HOSTILE: [&str; 4] = ["Loop", "If", "Pad", "Conv"];

fn node(operator: &str) -> Vec<u8> {
    field(1, &[field(1, b"images"), field(2, b"x"), field(4, operator.as_bytes())].concat())
}

/// A model of fifteen classes without weights: nodes, input, output, metadata.
fn onnx(nodes: &[u8]) -> Vec<u8> {
    let dimension = |n: u16| field(1, &[8, (n & 0x7F) as u8 | 0x80, (n >> 7) as u8]);
    let value = |name: &[u8], sides: &[u16]| {
        let shape = sides.iter().map(|n| dimension(*n)).collect::<Vec<_>>().concat();
        let tensor = [vec![8, 1], field(2, &shape)].concat();
        [field(1, name), field(2, &field(1, &tensor))].concat()
    };
    let (input, output) = (value(b"images", &[1, 3, 384, 384]), value(b"output0", &[1, 19, 3024]));
    let graph = [nodes.to_vec(), field(11, &input), field(12, &output)].concat();
    let levels = ["l1_l2", "l2_l3", "l3_l4", "l4_l5", "l5_s1"];
    let severities = ["normal_mild", "moderate", "severe"];
    let names = levels.iter().flat_map(|l| severities.map(|s| format!("spinal_canal_stenosis_{l}_{s}")));
    let names: Vec<String> = names.enumerate().map(|(index, name)| format!("{index}: '{name}'")).collect();
    let property = |key: &str, value: &str| {
        // Field 14, and a value longer than one byte of length.
        field(14, &[field(1, key.as_bytes()), field(2, value.as_bytes())].concat())
    };
    [field(7, &graph), property("task", "detect"), property("names", &format!("{{{}}}", names.join(", ")))].concat()
}

fn yolo() -> Vec<u8> {
    let mut bytes = vec![15, 60, 80, 11, 11];
    let (classes, anchors) = (15, 12);
    for row in 0..4 + classes {
        for anchor in 0..anchors {
            let value = if row < 4 { (10 * anchor + row) as f32 } else { ((row * anchor) % 10) as f32 / 10.0 };
            bytes.extend(value.to_le_bytes());
        }
    }
    bytes
}

fn library() -> Option<Vec<u8>> {
    let folder = tempfile::tempdir().ok()?;
    Library::open(folder.path()).ok()?;
    std::fs::read(folder.path().join("library.sqlite")).ok()
}

const CSV: [&str; 5] = [
    "study_id,fold\n1,0\n2,1\n",
    "study_id,series_id,instance_number,condition,level,x,y\n1,2,3,Spinal Canal Stenosis,L1/L2,10.5,20\n",
    "study_id,spinal_canal_stenosis_l1_l2,spinal_canal_stenosis_l2_l3\n1,Normal/Mild,Severe\n",
    "row_id,normal_mild,moderate,severe\n1_spinal_canal_stenosis_l1_l2,0.5,0.25,0.25\n",
    "study_id,series_id,series_description\n1,2,Axial T2\n",
];

const SETTINGS: &str = "theme = \"dark\"\nscale = 1.25\nlink-scroll = true\nthreshold = 0.25\nreader = \"A\"\n\
    [keys]\nnext-slice = \"Ctrl+N\"\n[report]\ninstitution = \"B\"\n";
const TEMPLATE: &str = "institution = \"B\"\ntitle = \"C\"\nfooter = \"D\"\npaper = \"letter\"\n";

const MARKS: &str = r#"{"version": 1, "marks": [{"id": 4, "slice": {"series_uid": "1", "sop_instance_uid": "2",
"frame": 0}, "shape": {"kind": "note", "at": {"column": 1.5, "row": 2}}}], "key_images": [{"slice": {"series_uid": "1",
"sop_instance_uid": "2", "frame": 0}, "note": "look"}]}"#;

/// Marks; the acts of a review, one a line.
fn stored() -> Vec<Vec<u8>> {
    let cell = GradeId::ALL[3];
    let changes = [
        Change::Decision { cell, from: None, to: Some(Decision::Changed(Severity::Severe)) },
        Change::Comment { cell, from: String::new(), to: "look again".to_owned() },
        Change::Box { cell, from: BoxChoice::Model, to: BoxChoice::Removed },
        Change::Sentence { level: Level::ALL[0], from: None, to: Some("nothing".to_owned()) },
        Change::SignOff,
        Change::Reopen { reason: "prior found".to_owned() },
    ];
    let lines: Vec<String> = changes.iter().filter_map(|change| serde_json::to_string(change).ok()).collect();
    vec![MARKS.as_bytes().to_vec(), lines.join("\n").into_bytes()]
}

/// What stood in files and did something where it was shown.
const TEXTS: [&str; 5] = [
    "SAG T2\n  series 9 'AX T2'",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "=HYPERLINK(\"http://example.org\")",
    "\u{202e}desrever",
    "-1\r\n@SUM(A1)",
];

/// Ten boxes on slices of three series, and the same far away.
fn places() -> Vec<Vec<u8>> {
    let record = |n: u8, at: u8| {
        let y = 40 + 20 * (n % 5);
        [n, 0, n, 3, 128, at, 128, 0, 0, n, 128, y]
    };
    [128, 0].map(|at| (0..10).flat_map(|n| record(n, at)).collect()).into()
}

const NODES: &str = "ae-title = \"FORAMEN\"\n[receive]\nlisten = \"127.0.0.1:11113\"\n[nodes.pacs]\nae-title = \"A\"\n\
                     host = \"localhost\"\nport = 104\npatience = 5\ntls = { ca = \"ca.pem\" }\n";

/// An element in implicit little endian.
fn implicit(group: u16, number: u16, value: &[u8]) -> Vec<u8> {
    [&group.to_le_bytes()[..], &number.to_le_bytes(), &(value.len() as u32).to_le_bytes(), value].concat()
}

/// A request to store, an answer to C-GET, and an answer to a search with a sequence in it.
fn commands() -> Vec<Vec<u8>> {
    let number = |element: u16, number: u16| implicit(0, element, &number.to_le_bytes());
    let store = [
        implicit(0, 2, b"1.2.840.10008.5.1.4.1.1.4\0"),
        number(0x100, 1),
        number(0x110, 7),
        number(0x800, 1),
        implicit(0, 0x1000, b"1.2.3.4\0"),
    ];
    let got = [number(0x100, 0x8010), number(0x120, 7), number(0x800, 0x101), number(0x900, 0xFF00), number(0x1021, 3)];
    let found = [
        implicit(8, 5, b"ISO_IR 100"),
        [
            &[8, 0, 0x10, 0x11, 0xFF, 0xFF, 0xFF, 0xFF][..],
            &implicit(0xFFFE, 0xE000, b"1.2\0"),
            &implicit(0xFFFE, 0xE0DD, b""),
        ]
        .concat(),
        implicit(0x10, 0x10, b"M\xFCller^A"),
    ];
    vec![store.concat(), got.concat(), found.concat()]
}

/// A PDU with its header.
fn packet(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 0][..], &(content.len() as u32).to_be_bytes(), content].concat()
}

/// An item in a PDU.
fn part(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 0][..], &(content.len() as u16).to_be_bytes(), content].concat()
}

/// A request for an association, its acceptance, a rejection, an abort, and P-DATA of two pieces.
fn packets() -> Vec<Vec<u8>> {
    let titles = [&[0, 1, 0, 0][..], b"ARCHIVE         ", b"FORAMEN         ", &[0; 32]].concat();
    let syntax = part(0x40, b"1.2.840.10008.1.2");
    let user = part(0x50, &[part(0x51, &[0, 2, 0, 0]), part(0x52, b"1.2.3")].concat());
    let application = part(0x10, b"1.2.840.10008.3.1.1.1");
    let asked = part(0x20, &[&[1, 0, 0, 0][..], &part(0x30, b"1.2.840.10008.1.1"), &syntax].concat());
    let agreed = part(0x21, &[&[1, 0, 0, 0][..], &syntax].concat());
    let piece = |flags: u8| [&[0, 0, 0, 6, 1, flags][..], b"abcd"].concat();
    vec![
        packet(1, &[&titles[..], &application, &asked, &user].concat()),
        packet(2, &[&titles[..], &application, &agreed, &user].concat()),
        packet(3, &[0, 1, 1, 7]),
        packet(7, &[0, 0, 2, 6]),
        packet(4, &[piece(1), piece(2)].concat()),
    ]
}
