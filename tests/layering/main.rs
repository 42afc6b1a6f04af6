//! The rooms of the house (docs/architecture.md): which module may import what. Source files are read as text, so a
//! dependency that no `Cargo.toml` forbids is still seen.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod circles;
mod paths;
mod rules;

use std::path::{Path, PathBuf};

use rules::RULES;

/// Every breach in `source`, the file `file` below src/: `grading/id.rs:3: grading must not use std::fs::read`.
fn breaches(file: &Path, source: &str) -> Vec<String> {
    let module = paths::module_of(file);
    let Some(room) = module.first().and_then(|name| rules::of(name)) else { return Vec::new() };
    paths::paths(source)
        .into_iter()
        .filter_map(|(line, path)| {
            let absolute = paths::absolute(&module, &path);
            let floor =
                rules::FLOORS.iter().find(|floor| module.iter().zip(floor.path).filter(|(a, b)| a == b).count() == 2);
            (room.forbids(file, &absolute) || floor.is_some_and(|floor| floor.forbids(&absolute)))
                .then(|| format!("{}:{line}: {} must not use {}", file.display(), room.name, absolute.join("::")))
        })
        .collect()
}

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        // A test may begin with what it likes, in a file of its own as in a module of its file.
        if path.file_stem().is_some_and(|name| name == "tests") {
            continue;
        }
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|e| e == "rs") {
            all.push(path);
        }
    }
}

#[test]
fn every_module_imports_only_what_its_room_may_use() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 50, "only {} sources found: the test looks at the wrong place", files.len());
    let mut all = Vec::new();
    for file in files {
        all.extend(breaches(file.strip_prefix(&root).unwrap(), &std::fs::read_to_string(&file).unwrap()));
    }
    assert!(all.is_empty(), "imports against docs/architecture.md:\n{}", all.join("\n"));
}

/// Painters look and say what the reader asks for; only the window changes what is so.
#[test]
fn painters_change_no_state() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui");
    for floor in ["view", "picture"] {
        let mut files = Vec::new();
        sources(&root.join(floor), &mut files);
        assert!(files.len() > 2, "{floor}: the test looks at the wrong place");
        for file in files {
            let source = std::fs::read_to_string(&file).unwrap();
            let taken = source.lines().find(|line| line.contains("&mut Viewer") || line.contains("&mut Session"));
            assert_eq!(taken, None, "{}", file.display());
        }
    }
}

/// Circles that are harmless, with the reason in docs/architecture.md.
const HARMLESS: [&[&str]; 3] = [
    &["geometry/orientation", "geometry/plane", "geometry/turn"],
    &["raster/slice", "raster/standardize"],
    &["ui/state/viewer/action", "ui/state/viewer/boxes", "ui/state/viewer/library"],
];

#[test]
fn files_of_a_room_import_one_another_in_one_direction() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let read = |file: PathBuf| {
        let source = std::fs::read_to_string(&file).unwrap();
        (file.strip_prefix(&root).unwrap().to_owned(), source)
    };
    let found = circles::circles(&files.into_iter().map(read).collect::<Vec<_>>());
    let known: std::collections::BTreeSet<Vec<String>> =
        HARMLESS.iter().map(|circle| circle.iter().map(|&file| file.to_owned()).collect()).collect();
    let new: Vec<_> = found.difference(&known).collect();
    assert!(new.is_empty(), "files that import one another: {new:#?}");
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(gone.is_empty(), "no longer circles: {gone:#?}");
}

#[test]
fn a_circle_is_seen_through_other_files() {
    let file = |name: &str, source: &str| (PathBuf::from(name), source.to_owned());
    let sources = [
        file("study/scan.rs", "use super::header::Header;"),
        file("study/header.rs", "use super::{file, text};"),
        file("study/file/mod.rs", "mod part; use crate::study::scan::scan;"),
        file("study/file/part.rs", "use super::Whole;"),
        file("study/text.rs", "#[cfg(test)]\nmod tests { use super::super::header::Header; }"),
    ];
    let found = circles::circles(&sources);
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [["study/file", "study/header", "study/scan"]]);
}

#[test]
fn every_module_has_a_rule() {
    let lib = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let modules: Vec<&str> = lib.lines().filter_map(|l| l.split_once("mod ")?.1.strip_suffix(';')).collect();
    assert!(modules.contains(&"grading") && modules.contains(&"study"), "{modules:?}");
    let without: Vec<_> = modules.iter().filter(|name| rules::of(name).is_none()).collect();
    assert!(without.is_empty(), "write down in tests/layering/rules.rs what {without:?} may use");
    let gone: Vec<_> = RULES.iter().map(|r| r.name).filter(|name| !modules.contains(name)).collect();
    assert!(gone.is_empty(), "rules for modules that are not there: {gone:?}");
}

#[test]
fn every_dependency_says_why_it_is_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest: toml::Table = toml::from_str(&std::fs::read_to_string(root.join("Cargo.toml")).unwrap()).unwrap();
    let why = std::fs::read_to_string(root.join("docs/dependencies.md")).unwrap();
    let said: Vec<&str> = why.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_').collect();
    let targets = manifest["target"].as_table().unwrap().values().filter_map(toml::Value::as_table);
    let names: Vec<&String> = std::iter::once(&manifest)
        .chain(targets)
        .flat_map(|table| ["dependencies", "dev-dependencies", "build-dependencies"].map(|kind| table.get(kind)))
        .flatten()
        .filter_map(toml::Value::as_table)
        .flat_map(toml::Table::keys)
        .collect();
    assert!(names.len() > 40, "{names:?}");
    let without: Vec<_> = names.into_iter().filter(|name| !said.contains(&name.as_str())).collect();
    assert!(without.is_empty(), "docs/dependencies.md does not say why these are here: {without:?}");
}

#[test]
fn breaches_are_seen_however_they_are_written() {
    let cases = [
        ("grading/id.rs", "use std::fs;", "std::fs"),
        ("grading/id.rs", "fn f() { let x = std::fs::read(\"a\"); }", "std::fs::read"),
        ("grading/id.rs", "use std::{collections::BTreeMap, fs::{self, File}};", "std::fs"),
        ("grading.rs", "pub use dicom_core::Tag;", "dicom_core::Tag"),
        ("geometry/plane.rs", "use crate::raster::Slice;", "crate::raster::Slice"),
        ("geometry/plane.rs", "use super::super::{cancel, raster::{Slice as S, BBox}};", "crate::raster::Slice"),
        ("raster/slice.rs", "#[test]\nfn f() {} impl egui::Widget for X {}", "egui::Widget"),
        ("study/deep/er.rs", "type A = ::ort::Session;", "ort::Session"),
        ("detector/model.rs", "use crate::study::Study;", "crate::study::Study"),
        ("metric/score.rs", "use crate::{grading::Side, raster};", "crate::raster"),
        ("metric/score.rs", "use crate::{self as root};", "crate"),
        ("report/csv.rs", "use crate::ui::theme::*;", "crate::ui::theme::*"),
        ("ui/mod.rs", "fn f(x: dicom_object::InMemDicomObject) {}", "dicom_object::InMemDicomObject"),
        ("cli/grade.rs", "crate::ui::run(path)", "crate::ui::run"),
        ("ui/state/session.rs", "use crate::ui::view::theme;", "crate::ui::view::theme"),
        ("ui/state/viewer/mod.rs", "use super::super::{picture::Sketch, view::panels};", "crate::ui::view::panels"),
        ("ui/view/panels/menu.rs", "use crate::ui::{app::App, state::pane::Pane};", "crate::ui::app::App"),
        ("ui/picture/mod.rs", "use super::dialogs;", "crate::ui::dialogs"),
    ];
    for (file, source, path) in cases {
        let found = breaches(Path::new(file), source);
        assert!(found.iter().any(|b| b.ends_with(&format!(" {path}"))), "{file}: {source}: {found:?}");
    }
    assert_eq!(breaches(Path::new("grading/a.rs"), "\n\nuse ort::x;"), ["grading/a.rs:3: grading must not use ort::x"]);
}

#[test]
fn what_is_allowed_and_what_only_looks_like_an_import_passes() {
    let cases = [
        ("grading/id.rs", "use crate::{geometry::Vec3, raster::BBox};"),
        ("grading/id.rs", "// use std::fs;\n/* ort::x /* egui::y */ dicom::z */\n/// [`std::fs::read`]\nstruct A;"),
        ("grading/id.rs", r##"const A: &str = "std::fs::read"; const B: &str = r#"ort::"x"#; const C: char = '"';"##),
        ("grading/id.rs", "fn f<'a>(x: &'a str) { 'b: loop { break 'b; } }"),
        ("grading/id.rs", "#[cfg(test)]\nmod tests { use crate::study::Study; fn f() { std::fs::read(\"}\"); } }"),
        ("metric/score.rs", "use super::rows::Row; use crate::grading::Severity; use crate::metric::score::X;"),
        ("cli/viewer.rs", "crate::ui::run(path)"),
        ("ui/view/panels/menu.rs", "use crate::ui::{state::viewer::Viewer, view::theme};"),
        ("ui/picture/mod.rs", "use crate::ui::{state::pane::Pane, view::theme};"),
        ("study/scan.rs", "use dicom_object::open_file;"),
    ];
    for (file, source) in cases {
        assert_eq!(breaches(Path::new(file), source), Vec::<String>::new(), "{source}");
    }
}
