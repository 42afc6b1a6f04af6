//! What goes wrong around the program: no room, no right to write, files that go away, kills, hostile archives.

use std::{
    collections::BTreeSet,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use foramen::phantom::Dialect;
use tempfile::TempDir;
use zip::write::SimpleFileOptions;

use crate::{
    mounts::in_own_mounts,
    support::{everything_in, foramen, small_study, write_middle_slices, write_small_study},
};

const BIN: &str = env!("CARGO_BIN_EXE_foramen");

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Studies of a few slices, apart by their UIDs.
fn studies(count: u32, root: &Path) {
    let phantom = root.join("phantom");
    write_middle_slices(&phantom, count, Dialect::Contest);
    std::fs::rename(phantom.join("train_images"), root.join("studies")).unwrap();
}

#[test]
fn a_batch_on_a_full_disk_ends_at_once_and_goes_on_when_there_is_room() {
    let dir = TempDir::new().unwrap();
    studies(2, dir.path());
    let (studies, disk) = (dir.path().join("studies"), dir.path().join("disk"));
    std::fs::create_dir(&disk).unwrap();
    let grade = format!("'{BIN}' grade '{}' --out-dir '{}' --engine rten", studies.display(), disk.display());
    // Room for a few lines, not for a result.
    let line = format!(
        "mount -t tmpfs -o size=40k none '{disk}' || exit 99; {grade}; echo code $?; ls '{disk}'; \
         mount -o remount,size=4m '{disk}' || exit 98; {grade}; echo code $?; ls '{disk}'",
        disk = disk.display()
    );
    let Some(output) = in_own_mounts(&line) else { return };
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(out.starts_with("code 5\n"), "{out}{err}");
    assert!(err.contains("No space left on device"), "{err}");
    let (first, second) = out.split_once("code 0\n").unwrap_or_else(|| panic!("{out}{err}"));
    assert!(!first.contains("summary.csv"), "{out}");
    assert_eq!(second.matches(".json\n").count(), 2, "{out}");
    assert!(second.contains("summary.csv"), "{out}");
}

#[test]
fn a_folder_that_may_not_be_written_is_refused_before_the_work() {
    let dir = TempDir::new().unwrap();
    write_small_study(&dir.path().join("study"));
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let (study, folder) = (dir.path().join("study"), out.display().to_string());
    let line = format!(
        "mount --bind '{folder}' '{folder}' && mount -o remount,ro,bind '{folder}' || exit 99; \
         '{BIN}' grade '{study}' --out-dir '{folder}'; echo $?; '{BIN}' grade '{study}' --out '{folder}/a.csv'; echo $?; \
         '{BIN}' report '{study}' --format pdf --out '{folder}'; echo $?; '{BIN}' phantom --out '{folder}'; echo $?",
        study = study.display()
    );
    let Some(output) = in_own_mounts(&line) else { return };
    let err = text(&output.stderr);
    assert_eq!(text(&output.stdout), "5\n5\n5\n5\n", "{err}");
    assert_eq!(err.lines().filter(|line| line.starts_with("foramen: cannot write")).count(), 4, "{err}");
    assert!(!err.contains("panicked"), "{err}");
}

/// Starts a command, and kills it as soon as something is there.
fn killed_when(args: &[&str], is_there: impl Fn() -> bool) {
    let mut child = Command::new(BIN).args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    while !is_there() {
        assert!(child.try_wait().unwrap().is_none() && start.elapsed() < Duration::from_mins(2), "{args:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn phantoms_and_data_sets_that_were_stopped_can_be_started_again() {
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let is_begun = |folder: &Path| {
        let files = walkdir::WalkDir::new(folder).into_iter().flatten().filter(|entry| entry.file_type().is_file());
        files.count() > 3
    };
    let (data, set, there) = (path("data"), path("set"), path("there"));
    std::fs::create_dir(&there).unwrap();
    for (out, partial) in [(&data, path("data.partial")), (&there, path("there/.foramen-partial"))] {
        killed_when(&["phantom", "--studies", "500", "--out", out], || is_begun(Path::new(&partial)));
        let again = foramen(&["phantom", "--studies", "2", "--seed", "5", "--out", out]);
        assert_eq!(again.code, 0, "{}", again.err);
        let mut names: Vec<_> = std::fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(
            names,
            ["5folds.csv", "train.csv", "train_images", "train_label_coordinates.csv", "train_series_descriptions.csv"]
        );
        assert!(!Path::new(&partial).exists());
        // What is there now is not written over.
        assert_eq!(foramen(&["phantom", "--out", out]).code, 5);
    }
    let args = ["dataset", "--role", "scs", "--data", &data, "--out", &set];
    let partial = format!("{set}.partial");
    killed_when(&args, || Path::new(&partial).exists());
    let again = foramen(&args);
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(Path::new(&set).join("dataset.json").exists() && !Path::new(&partial).exists());
    // A folder of that name that is somebody's own is not cleared away.
    let (other, mine) = (path("other"), dir.path().join("other.partial"));
    std::fs::create_dir(&mine).unwrap();
    let refused = foramen(&["dataset", "--role", "scs", "--data", &data, "--out", &other]);
    assert!(refused.code == 5 && refused.err.contains("is in the way"), "{}", refused.err);
    assert!(mine.exists());
}

#[test]
fn a_tree_that_goes_away_under_a_batch_costs_what_is_gone() {
    let dir = TempDir::new().unwrap();
    studies(6, dir.path());
    let (studies, out) = (dir.path().join("studies"), dir.path().join("out"));
    let mut child = Command::new(BIN)
        .args(["grade", "--engine", "rten", "--out-dir"])
        .args([&out, &studies])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // With its first result all headers are read, and most of the studies are still to come.
    let deadline = Instant::now() + Duration::from_mins(3);
    let is_result = |name: &String| Path::new(name).extension().is_some_and(|ending| ending == "json");
    while !(out.is_dir() && everything_in(&out).iter().any(is_result)) {
        assert!(child.try_wait().unwrap().is_none(), "it ended without a result");
        assert!(Instant::now() < deadline, "too slow");
        std::thread::sleep(Duration::from_millis(2));
    }
    std::fs::remove_dir_all(&studies).unwrap();
    let output = child.wait_with_output().unwrap();
    let err = text(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{err}");
    assert!(!err.contains("panicked"), "{err}");
    assert!(err.contains("No such file"), "{err}");
    let summary = std::fs::read_to_string(out.join("summary.csv")).unwrap();
    assert_eq!(summary.lines().count(), 7, "{summary}");
    // What failed has no file, and the summary names none.
    let failed = summary.lines().filter(|line| line.contains(",failed,") && line.ends_with(',')).count();
    let files = everything_in(&out).iter().filter(|name| is_result(name)).count();
    assert!(failed > 0 && failed + files == 6, "{summary}");
}

#[test]
fn a_report_that_is_killed_is_whole_or_not_there() {
    let dir = TempDir::new().unwrap();
    let (study, out) = (dir.path().join("study"), dir.path().join("out"));
    write_small_study(&study);
    let mut seen = BTreeSet::new();
    // Killed at moments around the first file's arrival; the last kill waits for it.
    for wait in [0, 2, 5, 10, 20, 40] {
        if out.is_dir() {
            std::fs::remove_dir_all(&out).unwrap();
        }
        let mut child = Command::new(BIN)
            .args(["report", "--format", "pdf,sr,json,csv", "--overwrite", "--engine", "rten", "--out"])
            .args([&out, &study])
            .env("FORAMEN_DATA_DIR", dir.path().join("none"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while !out.is_dir() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        for name in if out.is_dir() { everything_in(&out) } else { Vec::new() } {
            let path = out.join(&name);
            let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { continue };
            match path.extension().and_then(|ending| ending.to_str()) {
                _ if name.contains(".foramen-") => continue,
                Some("pdf") => assert!(bytes.ends_with(b"%%EOF") || bytes.ends_with(b"%%EOF\n"), "{name}"),
                Some("json") => drop(serde_json::from_slice::<serde_json::Value>(&bytes).unwrap()),
                Some("csv") => assert_eq!(text(&bytes).lines().count(), 26, "{name}"),
                Some("dcm") => assert_eq!(&bytes[128..132], b"DICM", "{name}"),
                _ => assert!(!bytes.is_empty(), "{name}"),
            }
            seen.insert(name);
        }
    }
    assert!(!seen.is_empty());
}

fn zip_of(path: &Path, entries: &[(&str, &[u8])]) {
    let mut writer = zip::ZipWriter::new(std::fs::File::create(path).unwrap());
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn a_bomb_in_a_zip_is_refused_and_its_neighbours_open() {
    let dir = TempDir::new().unwrap();
    let zip = dir.path().join("study.zip");
    let bomb = vec![0; 600 << 20];
    let (name, slice) = &small_study()[0];
    zip_of(&zip, &[("bomb.dcm", &bomb), (name, slice)]);
    drop(bomb);
    assert!(zip.metadata().unwrap().len() < 4 << 20);
    // In less memory than the bomb unpacks to.
    let line = format!("ulimit -v 500000; '{BIN}' inspect '{}' 2>&1", zip.display());
    let output = Command::new("sh").args(["-c", &line]).output().unwrap();
    let said = text(&output.stdout);
    assert!(said.contains("bomb.dcm") && said.contains("unpack to more than"), "{said}");
    assert!(said.contains("slices   1"), "{said}");
}

#[test]
#[cfg(unix)]
fn links_in_circles_end_and_a_directory_leads_nowhere_else() {
    use std::os::unix::fs::symlink;
    let dir = TempDir::new().unwrap();
    let study: PathBuf = dir.path().join("study");
    write_small_study(&study);
    symlink(&study, study.join("again")).unwrap();
    let secret = dir.path().join("secret.dcm");
    std::fs::write(&secret, &small_study()[1].1).unwrap();
    // The path in a DICOMDIR that leads out of its folder: nothing of it is read.
    std::fs::write(study.join("DICOMDIR"), dicomdir(b"..\\secret.dcm ")).unwrap();
    let run = foramen(&["inspect", "--json", study.join("DICOMDIR").to_str().unwrap()]);
    let json: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    // It is named as an image that is missing, and no more.
    assert_eq!(json["account"]["images"].as_u64(), Some(small_study().len() as u64), "{}", run.out);
    assert_eq!(json["studies"].as_array().unwrap().len(), 1);
    // However many links lead to a folder, it is read once.
    assert_eq!(json["account"]["copies"], 0, "{}", run.out);
}

/// The directory of a file set with one record that names a file.
fn dicomdir(file: &[u8]) -> Vec<u8> {
    let element = |group: u16, number: u16, vr: &[u8; 2], value: &[u8]| {
        let mut bytes = [group.to_le_bytes(), number.to_le_bytes()].concat();
        bytes.extend(vr);
        match vr {
            b"SQ" => bytes.extend([&[0, 0], &(value.len() as u32).to_le_bytes()[..]].concat()),
            _ => bytes.extend((value.len() as u16).to_le_bytes()),
        }
        [bytes, value.to_vec()].concat()
    };
    let record = [element(4, 0x1430, b"CS", b"IMAGE "), element(4, 0x1500, b"CS", file)].concat();
    let item = [&[0xFE, 0xFF, 0, 0xE0][..], &(record.len() as u32).to_le_bytes(), &record].concat();
    let class = element(2, 2, b"UI", b"1.2.840.10008.1.3.10\0\0");
    let syntax = element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0");
    let length = element(2, 0, b"UL", &((class.len() + syntax.len()) as u32).to_le_bytes());
    [vec![0; 128], b"DICM".to_vec(), length, class, syntax, element(4, 0x1220, b"SQ", &item)].concat()
}

#[test]
fn no_name_id_or_date_of_a_patient_is_in_what_is_said_and_nothing_is_left_behind() {
    let dir = TempDir::new().unwrap();
    let (study, temporary, out) = (dir.path().join("study"), dir.path().join("tmp"), dir.path().join("out"));
    std::fs::create_dir(&temporary).unwrap();
    let files = write_small_study(&study);
    let scan = foramen::study::scan_memory(small_study().to_vec());
    let patient = &scan.studies[0].patient;
    assert!(!patient.name.is_empty() && !patient.id.is_empty());
    // Some files are cut in their header, some in their pixels, so that there is something to say.
    for (file, keep) in files.iter().zip([200, 700, 3000, 9000]) {
        let bytes = std::fs::read(file).unwrap();
        std::fs::write(file, &bytes[..keep.min(bytes.len() - 1)]).unwrap();
    }
    let telling = [&patient.name, &patient.id, &patient.birth_date, &scan.studies[0].date];
    let words: Vec<&str> = telling.iter().flat_map(|it| it.split([' ', '^'])).filter(|word| word.len() > 3).collect();
    let out_dir = out.to_str().unwrap();
    for verbose in [&[][..], &["-v"]] {
        let batch = vec!["grade", "--engine", "rten", "--redo", "--out-dir", out_dir];
        for args in [vec!["inspect"], vec!["grade", "--engine", "rten"], batch] {
            let output = Command::new(BIN)
                .args(&args)
                .arg(&study)
                .args(verbose)
                .env("TMPDIR", &temporary)
                .env_remove("RUST_LOG")
                .output()
                .unwrap();
            let said = text(&output.stderr);
            assert!(!said.is_empty() || args == ["inspect"], "{args:?}");
            for word in &words {
                assert!(!said.contains(word), "{args:?}: {word}: {said}");
            }
        }
    }
    let written: Vec<String> = everything_in(&out);
    assert!(
        ["summary.csv", "submission.csv"].iter().all(|name| written.iter().any(|file| file == name)),
        "{written:?}"
    );
    for file in written {
        let holds = text(&std::fs::read(out.join(&file)).unwrap());
        for word in &words {
            assert!(!holds.contains(word) && !file.contains(word), "{word} is in {file}");
        }
    }
    assert_eq!(everything_in(&temporary), Vec::<String>::new());
}
