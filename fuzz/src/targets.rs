//! What is fuzzed: each target takes any bytes and must come to an end without a panic. The same functions run under
//! libFuzzer (`fuzz/run.sh`) and, over kept inputs and random damage, in `cargo test --test fuzz`.

use std::{path::Path, sync::Arc};

use foramen::{
    archive::{
        Nodes,
        dimse::{command::Command, elements::Elements, pdu},
        read_head,
    },
    cancel::Cancel,
    dataset::{Folds, point_rows},
    detector::{Letterbox, Model, RawOutput, manifest::Manifest},
    geometry::ImagePlane,
    grading::{self, Detection, DetectionClass, GradeId, Layout, Placed, Severity, SliceId},
    library::{Library, Query},
    markup::Markup,
    metric::{Solution, Submission},
    moment::Moment,
    plain,
    raster::BBox,
    report::Template,
    review::{Change, Draft, Review},
    study::{self, Scan},
    ui::settings,
};

/// A name and what is done with the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Target; 15] = [
    ("headers", headers),
    ("pixels", pixels),
    ("zip", zip),
    ("dicomdir", dicomdir),
    ("onnx", onnx),
    ("csv", csv),
    ("yolo", yolo),
    ("settings", settings),
    ("library", library),
    ("stored", stored),
    ("texts", texts),
    ("places", places),
    ("commands", commands),
    ("packets", packets),
    ("heads", heads),
];

/// Frames decoded of an input.
const FRAMES: usize = 4;

fn scan_one(bytes: &[u8]) -> Scan {
    study::scan_memory(vec![("fuzzed".to_owned(), Arc::from(bytes))])
}

fn decode(scan: &Scan) {
    let slices = scan.studies.iter().flat_map(|s| &s.series).flat_map(|s| &s.slices);
    for slice in slices.take(FRAMES) {
        if let Ok(pixels) = slice.decode() {
            assert_eq!(pixels.values().len(), pixels.columns() as usize * pixels.rows() as usize);
        }
    }
}

fn headers(bytes: &[u8]) {
    for study in scan_one(bytes).studies {
        for series in &study.series {
            assert!(series.blocks.iter().map(std::ops::Range::len).sum::<usize>() <= series.slices.len());
        }
        foramen::pipeline::layout(&study);
    }
}

/// The bytes are a whole file, or the value of its pixels: the first byte says.
fn pixels(bytes: &[u8]) {
    decode(&scan_one(bytes));
}

/// In a folder that is gone afterwards.
fn in_folder(name: &str, bytes: &[u8], then: impl FnOnce(&Path)) {
    // Memory, where there is such a place: a disk would be the slowest part by far.
    let memory = Path::new("/dev/shm");
    let root = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let Ok(folder) = tempfile::Builder::new().prefix("foramen-fuzz-").tempdir_in(root) else { return };
    let path = folder.path().join(name);
    if std::fs::write(&path, bytes).is_ok() {
        then(&path);
    }
}

fn zip(bytes: &[u8]) {
    in_folder("fuzzed.zip", bytes, |path| {
        if let Ok(scan) = study::scan(&[path.to_owned()], &Cancel::default(), &|_, _| ()) {
            decode(&scan);
        }
    });
}

fn dicomdir(bytes: &[u8]) {
    in_folder("DICOMDIR", bytes, |path| {
        let found = study::list(&[path.to_owned()], &Cancel::default(), &|_, _| ());
        for study in found.iter().flat_map(|listing| &listing.studies) {
            // Whatever a directory says, nothing is read outside its folder.
            for source in &study.sources {
                let folder = path.parent().unwrap_or(path).display().to_string();
                assert!(source.to_string().starts_with(&folder));
            }
        }
    });
}

/// Metadata and shapes; what `manifest.json` says of models.
fn onnx(bytes: &[u8]) {
    let _ = Model::from_bytes("fuzzed.onnx".to_owned(), Arc::from(bytes));
    let _: Option<Manifest> = serde_json::from_slice(bytes).ok();
}

fn csv(bytes: &[u8]) {
    in_folder("fuzzed.csv", bytes, |path| {
        let _ = Folds::read(path);
        let _ = point_rows(path).map(|rows| rows.len());
        let _ = Solution::read(path).map(|solution| solution.studies().count());
        let _ = Submission::read(path, |_| true);
        // `train_series_descriptions.csv` is looked for beside what is opened.
        let named = path.with_file_name("train_series_descriptions.csv");
        if std::fs::rename(path, &named).is_ok() {
            let _ = study::scan(&[named], &Cancel::default(), &|_, _| ());
        }
    });
}

/// A detector's output of any numbers, NaN and infinity among them.
fn yolo(bytes: &[u8]) {
    let Some((head, rest)) = bytes.split_at_checked(5) else { return };
    let classes = usize::from(head[0] % 33);
    let image = (1 + 5 * u32::from(head[1]), 1 + 5 * u32::from(head[2]));
    let input = (32 * (1 + u32::from(head[3] % 20)), 32 * (1 + u32::from(head[4] % 20)));
    let values: Vec<f32> = rest.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let Some(output) = RawOutput::new(&values, classes) else { return };
    let letterbox = Letterbox::new(image, input);
    for candidate in [output.predict(0.25), output.multi_label(0.01), output.evidence(0.01)].concat() {
        assert!(candidate.class < classes && candidate.score > 0.0, "{candidate:?}");
        letterbox.image_from_input(candidate.bbox);
    }
}

/// The window's settings, and a report's template.
fn settings(bytes: &[u8]) {
    in_folder("settings.toml", bytes, |path| {
        let folder = path.parent().unwrap_or(path);
        let _ = Template::read(path);
        let (read, _) = settings::load(folder);
        assert!(settings::SCALES.contains(&read.scale) && read.threshold.is_finite());
    });
}

/// The worklist's file. Who only reads it leaves it as it was.
fn library(bytes: &[u8]) {
    in_folder("library.sqlite", bytes, |path| {
        let _ = Library::read(path.parent().unwrap_or(path)).map(drop);
        assert!(std::fs::read(path).is_ok_and(|now| now == bytes), "reading changed the file");
        let Ok((list, _)) = Library::open(path.parent().unwrap_or(path)) else { return };
        for entry in list.list(&Query::default()).map(|found| found.entries).unwrap_or_default() {
            let _ = list.stored(&entry.uid);
            let _ = list.acts(&entry.uid, 0).map(Review::from_acts);
        }
    });
}

/// Texts that are kept with a study: its marks; acts of its review, one a line.
fn stored(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(marks) = Markup::from_json(text) {
        assert!(
            marks.to_json().is_ok_and(|text| Markup::from_json(&text).is_ok()),
            "what was read is written so that it is read"
        );
    }
    let changes = text.lines().filter_map(|line| serde_json::from_str::<Change>(line).ok());
    let acts = changes.enumerate().map(|(index, change)| {
        let draft = Draft {
            who: "fuzz".to_owned(),
            when: Moment(index as i64),
            program: String::new(),
            models: Vec::new(),
            change,
            undoes: text.len().is_multiple_of(3).then_some(index as u64),
        };
        draft.at(index as u64 + 1)
    });
    let review = Review::from_acts(acts);
    let _ = (review.decided(), review.undo(), review.redo());
    for id in foramen::grading::GradeId::ALL {
        let _ = review.cell(id);
    }
}

/// What a file says reaches terminals, lists and tables as one line that nothing acts on.
fn texts(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for shown in [plain::line(&text), plain::cell(&text)] {
        assert!(!shown.contains(char::is_control) && shown.lines().count() <= 1, "{shown:?}");
    }
    assert!(!plain::cell(&text).starts_with(['=', '+', '-', '@']));
}

/// Boxes on slices that lie anywhere, in any patient space, under any names: each counts for one grade, and a series whose
/// place is denied for what its boxes name.
fn places(bytes: &[u8]) {
    let number = |at: usize| f64::from(bytes.get(at).copied().unwrap_or(0));
    let mut slices: Vec<(SliceId, Placed)> = Vec::new();
    let mut boxes: Vec<Detection> = Vec::new();
    for record in 0..(bytes.len() / 12).min(60) {
        let value = |field: usize| number(record * 12 + field);
        let series = (value(0) as usize % 3).to_string();
        let slice =
            SliceId { series_uid: series.into(), sop_instance_uid: record.to_string().into(), twin: 0, frame: 0 };
        let sign = if value(1) > 127.0 { -1.0 } else { 1.0 };
        let directions = match value(2) as usize % 3 {
            0 => [0.0, sign, 0.0, 0.0, 0.0, -1.0],
            1 => [sign, 0.0, 0.0, 0.0, 1.0, 0.0],
            _ => [0.0, 1.0, 0.0, sign, 0.0, 0.0],
        };
        let scale = 10f64.powi(value(3) as i32 % 7 - 3);
        let origin = [value(4), value(5), value(6)].map(|mm| (mm - 128.0) * scale);
        let Ok(plane) = ImagePlane::new(origin, directions, [0.5 + value(7) / 100.0; 2], 384, 384) else { continue };
        slices.push((slice.clone(), Placed { plane, space: usize::from(value(8) > 250.0) }));
        let class = DetectionClass {
            grade: GradeId::ALL[value(9) as usize % GradeId::ALL.len()],
            severity: Severity::ALL[record % 3],
        };
        let bbox = BBox::from_center(value(10) as f32 * 1.5, value(11) as f32 * 1.5, 20.0, 20.0);
        boxes.push(Detection { class, score: value(6) as f32 / 255.0, bbox, slice });
    }
    let resolved = grading::geometric(&boxes, &Layout::new(slices));
    assert_eq!(resolved.votes.len(), boxes.len());
    for vote in &resolved.votes {
        assert!((0.0..=1.0).contains(&vote.weight), "{vote:?}");
        let doubt = resolved.doubts.get(&vote.detection.slice.series_uid);
        let is_denied = doubt.is_some_and(|doubt| doubt.denies_place());
        assert!(!is_denied || vote.grade == vote.detection.class.grade, "{vote:?}");
    }
}

/// Command sets, questions and answers from another computer.
fn commands(bytes: &[u8]) {
    if let Ok(elements) = Elements::decode(bytes) {
        assert_eq!(Elements::decode(&elements.encode()).as_ref(), Ok(&elements), "what was read is written as it was");
    }
    if let Ok(command) = Command::decode(bytes) {
        let _ = (command.verb(), command.has_data(), command.counts(), command.status().to_string());
        assert!(Command::decode(&command.answer(0).encode()).is_ok());
    }
}

/// PDUs from another computer: the first six bytes are a header.
fn packets(bytes: &[u8]) {
    let Some((header, content)) = bytes.split_first_chunk::<6>() else { return };
    if let Ok(packet) = pdu::decode(*header, content) {
        let _ = pdu::unexpected(&packet).to_string();
    }
    let mut at = 0;
    while let Ok((piece, next)) = pdu::piece(content, at) {
        assert!(next > at && next <= content.len() && piece.bytes.len() < content.len());
        at = next;
    }
}

/// The head of a file that is to be sent, and a file of nodes.
fn heads(bytes: &[u8]) {
    if let Ok((head, start)) = read_head(&mut &bytes[..]) {
        assert!(start <= bytes.len() as u64 && head.instance.len() <= 64);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Nodes::parse(Path::new("nodes.toml"), text).map(|nodes| nodes.get("pacs").map(ToString::to_string));
    }
}
