//! `foramen report`: which files it makes of which studies, what it refuses, and that nobody is mistaken for another.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use foramen::{
    cancel::Cancel,
    grading::{GradeId, Severity},
    library::{Library, Moment, StudySource},
    phantom::Dialect,
    review::{Change, Decision, Draft},
    study,
};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    grade::models,
    support::{Run, everything_in, foramen_with, phantom, write_small_study},
};

/// Runs the command on studies, with a worklist of its own.
fn report(studies: &[&Path], list: &Path, args: &[&str]) -> Run {
    let mut all: Vec<&std::ffi::OsStr> = vec!["report".as_ref()];
    all.extend(studies.iter().map(|path| path.as_os_str()));
    all.extend(["--models".as_ref(), models().as_os_str()]);
    all.extend(args.iter().map(std::ffi::OsStr::new));
    foramen_with(&all, &[("FORAMEN_DATA_DIR", list), ("FORAMEN_CONFIG_DIR", list)])
}

fn uid(folder: &Path) -> String {
    study::scan(&[folder.to_owned()], &Cancel::default(), &|_, _| ()).unwrap().studies[0].uid.to_string()
}

fn schema() -> (boon::Schemas, boon::SchemaIndex) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/report-1.json");
    let mut schemas = boon::Schemas::new();
    let index = boon::Compiler::new().compile(path, &mut schemas).unwrap();
    (schemas, index)
}

#[track_caller]
fn valid_json(path: &Path) -> Value {
    let json: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let (schemas, index) = schema();
    if let Err(error) = schemas.validate(&json, index) {
        panic!("{}: {error:#}", path.display());
    }
    json
}

#[test]
fn every_form_of_one_study_in_a_folder_of_its_own_and_nothing_is_written_over() {
    let dir = TempDir::new().unwrap();
    let (data, out) = (dir.path().join("study"), dir.path().join("out"));
    write_small_study(&data);
    let forms = "pdf,sr,sc,json,csv,csv-reviewed,text";
    let at = out.to_str().unwrap();
    let run = report(&[&data], dir.path(), &["--format", forms, "--out", at]);
    assert_eq!(run.code, 0, "{}", run.err);
    let made = out.join(uid(&data));
    let names = everything_in(&made);
    for name in [
        "grades-reviewed.csv",
        "grades-reviewed.csv.txt",
        "grades.csv",
        "grades.csv.txt",
        "key-image-01.dcm",
        "report-sr.dcm",
        "report.json",
        "report.pdf",
        "report.txt",
    ] {
        assert!(names.iter().any(|made| made == name), "{name} is not in {names:?}");
        assert!(run.out.contains(name), "{name} is not said: {}", run.out);
    }
    let json = valid_json(&made.join("report.json"));
    assert_eq!(json["provenance"]["status"]["status"], "not_reviewed");
    assert!(json["banner"][0].as_str().unwrap().contains("Research use only"));
    let text = std::fs::read_to_string(made.join("report.txt")).unwrap();
    assert!(text.contains("PHANTOM Lumbar") && text.contains("not assessed") || text.contains("not seen"), "{text}");
    // Again: what is there stays, and is named.
    let before = std::fs::read(made.join("report.txt")).unwrap();
    let again = report(&[&data], dir.path(), &["--format", "text", "--out", at]);
    assert_eq!(again.code, 5);
    assert!(again.err.contains("report.txt") && again.err.contains("use --overwrite to replace it"), "{}", again.err);
    assert_eq!(std::fs::read(made.join("report.txt")).unwrap(), before);
    assert_eq!(report(&[&data], dir.path(), &["--format", "text", "--out", at, "--overwrite"]).code, 0);
    // One form as one file; several make a folder necessary.
    let file = dir.path().join("one.pdf");
    let run = report(&[&data], dir.path(), &["--format", "pdf", "--out", file.to_str().unwrap()]);
    assert_eq!((run.code, run.out.trim()), (0, file.to_str().unwrap()), "{}", run.err);
    assert!(std::fs::read(&file).unwrap().starts_with(b"%PDF"));
    let piped = report(&[&data], dir.path(), &["--format", "csv", "--out", "/dev/stdout"]);
    assert!(piped.code == 0 && piped.out.lines().filter(|line| line.contains("l1_l2")).count() == 5, "{}", piped.err);
    let two = report(&[&data], dir.path(), &["--format", "pdf,text", "--out", "two.pdf"]);
    assert!(two.code == 2 && two.err.contains("give a folder"), "{}", two.err);
}

#[test]
fn a_wrong_document_is_not_valid() {
    let (schemas, index) = schema();
    assert!(schemas.validate(&serde_json::json!({ "kind": "foramen-report", "format": 1 }), index).is_err());
}

#[test]
fn without_identity_nobody_can_be_found_and_the_files_of_one_run_agree() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("study");
    write_small_study(&data);
    let run = |name: &str| {
        let out = dir.path().join(name);
        let forms = "pdf,sr,sc,json,csv,text";
        let args = ["--format", forms, "--deidentify", "--out", out.to_str().unwrap()];
        assert_eq!(report(&[&data], dir.path(), &args).code, 0);
        let [made] =
            everything_in(&out).into_iter().filter(|n| !n.contains('/')).collect::<Vec<_>>().try_into().unwrap();
        (out.join(&made), made)
    };
    let (folder, stand_in) = run("a");
    let read = study::scan(std::slice::from_ref(&data), &Cancel::default(), &|_, _| ()).unwrap().studies.remove(0);
    let mut telling = vec![read.uid.to_string(), read.patient.name.clone(), read.patient.id.clone(), read.date.clone()];
    telling.extend(read.series.iter().map(|series| series.uid.to_string()));
    telling.extend(read.series.iter().map(|series| series.slices[0].instance.sop_instance_uid.to_string()));
    telling.retain(|word| word.len() > 3);
    for name in everything_in(&folder) {
        let bytes = std::fs::read(folder.join(&name)).unwrap();
        for word in &telling {
            let is_in = bytes.windows(word.len()).any(|window| window == word.as_bytes());
            assert!(!is_in, "{name} holds {word}");
        }
    }
    let json = valid_json(&folder.join("report.json"));
    assert_eq!((json["study"]["uid"].as_str(), &json["patient"]), (Some(stand_in.as_str()), &Value::Null));
    let csv = std::fs::read_to_string(folder.join("grades.csv")).unwrap();
    assert!(csv.lines().nth(1).unwrap().starts_with(&stand_in));
    assert_ne!(stand_in, run("b").1, "the next run has other stand-ins");
}

/// Writes a copy of a study in which one file says something else of the patient.
fn mixed(folder: &Path, tag: dicom_core::Tag, vr: dicom_core::VR, says: &str) {
    let files = write_small_study(folder);
    let put = |file: &Path, says: &str| {
        let mut object = dicom_object::open_file(file).unwrap();
        object.put(dicom_core::DataElement::new(tag, vr, says));
        object.write_to_file(file).unwrap();
    };
    files[1..].iter().for_each(|file| put(file, "M"));
    put(&files[0], says);
}

#[test]
fn one_patient_id_is_no_proof_of_one_patient() {
    use dicom_core::VR;
    use dicom_dictionary_std::tags;
    for (tag, vr, word) in [
        (tags::PATIENT_NAME, VR::PN, "PatientName"),
        (tags::PATIENT_BIRTH_DATE, VR::DA, "PatientBirthDate"),
        (tags::PATIENT_SEX, VR::CS, "PatientSex"),
        (tags::ISSUER_OF_PATIENT_ID, VR::LO, "IssuerOfPatientID"),
    ] {
        let dir = TempDir::new().unwrap();
        let (data, out) = (dir.path().join("study"), dir.path().join("out"));
        mixed(&data, tag, vr, "F");
        let run = report(&[&data], dir.path(), &["--format", "text", "--out", out.to_str().unwrap()]);
        assert_eq!(run.code, 3, "{word}: {}", run.err);
        assert!(run.err.contains(&format!("{word} differs")), "{word}: {}", run.err);
        assert!(!out.exists() || everything_in(&out).is_empty(), "{word}");
    }
}

#[test]
fn in_a_batch_one_study_of_two_patients_is_refused_and_the_others_are_reported() {
    let dir = TempDir::new().unwrap();
    let wrong = dir.path().join("mixed");
    mixed(&wrong, dicom_dictionary_std::tags::PATIENT_ID, dicom_core::VR::LO, "ANOTHER");
    let good = phantom(Dialect::Clinical).join("train_images");
    let out = dir.path().join("out");
    let args = ["--format", "text,json", "--out", out.to_str().unwrap()];
    let run = report(&[&good, &wrong], dir.path(), &args);
    assert_eq!(run.code, 6, "{}", run.err);
    assert!(run.err.contains("different patients"), "{}", run.err);
    let made: BTreeSet<String> = everything_in(&out).into_iter().filter(|name| !name.contains('/')).collect();
    assert_eq!(made, [uid(&good)].into());
    valid_json(&out.join(uid(&good)).join("report.json"));
    // Alone, it is an error of the input.
    let alone = report(&[&wrong], dir.path(), &["--format", "pdf", "--out", out.to_str().unwrap()]);
    assert_eq!(alone.code, 3, "{}", alone.err);
}

#[test]
fn contest_files_have_no_uids_for_dicom_and_all_other_forms() {
    let dir = TempDir::new().unwrap();
    let data = phantom(Dialect::Contest);
    let out = dir.path().join("out");
    let run = report(&[data], dir.path(), &["--format", "sr,json,csv,pdf", "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, 6, "{}", run.err);
    assert!(run.err.contains("is not a DICOM UID") || run.err.contains("not a DICOM UID"), "{}", run.err);
    let made = everything_in(&out);
    assert!(
        made.iter().any(|name| name.ends_with("report.json")) && made.iter().any(|name| name.ends_with("report.pdf"))
    );
    assert!(!made.iter().any(|name| name.ends_with("report-sr.dcm")), "{made:?}");
}

/// A list in which a reader has decided all, one of it against the program, and signed.
fn signed(data: &Path, list: &Path) -> GradeId {
    let read = study::scan(&[data.to_owned()], &Cancel::default(), &|_, _| ()).unwrap().studies.remove(0);
    let (mut library, _) = Library::open(list).unwrap();
    library.record(&read, &StudySource::Paths(vec![data.to_owned()])).unwrap();
    let cell: GradeId = "left_subarticular_stenosis_l2_l3".parse().unwrap();
    let say = |severity| Some(Decision::Changed(severity));
    let mut changes: Vec<Change> = GradeId::ALL
        .into_iter()
        .map(|id| {
            let to = say(if id == cell { Severity::Severe } else { Severity::NormalMild });
            Change::Decision { cell: id, from: None, to }
        })
        .collect();
    changes.push(Change::Comment { cell, from: String::new(), to: "cyst of the facet joint".into() });
    changes.push(Change::SignOff);
    for change in changes {
        let (who, program) = ("Dr. Grün".to_owned(), "foramen test".to_owned());
        let draft = Draft { who, when: Moment::now(), program, models: vec![], change, undoes: None };
        assert_eq!(library.append(&read.uid, draft, 0).unwrap().refusal, None);
    }
    cell
}

#[test]
fn what_a_person_decided_and_signed_is_in_the_report_unless_it_is_to_be_ignored() {
    let dir = TempDir::new().unwrap();
    let (data, list) = (dir.path().join("study"), dir.path().join("list"));
    write_small_study(&data);
    let cell = signed(&data, &list);
    let folder = |name: &str| dir.path().join(name);
    let run = |name: &str, more: &[&str]| {
        let out = folder(name);
        let mut args = vec!["--format", "text,csv-reviewed,json", "--out", out.to_str().unwrap()];
        args.extend(more);
        assert_eq!(report(&[&data], &list, &args).code, 0);
        let made = out.join(uid(&data));
        let json = valid_json(&made.join("report.json"));
        let text = std::fs::read_to_string(made.join("report.txt")).unwrap();
        let csv = std::fs::read_to_string(made.join("grades-reviewed.csv")).unwrap();
        let row = csv.lines().find(|line| line.contains(&cell.to_string())).unwrap();
        (json, text, row.rsplit(',').next().unwrap().parse::<f64>().unwrap())
    };
    let (json, text, severe) = run("signed", &[]);
    assert_eq!(json["provenance"]["status"]["who"], "Dr. Grün");
    assert_eq!(json["audit"].as_array().unwrap().len(), 27);
    assert!(text.contains("Signed by Dr. Grün") && text.contains("cyst of the facet joint"), "{text}");
    assert!(severe > 0.99, "{severe}");
    let (json, text, severe) = run("ignored", &["--ignore-review"]);
    assert_eq!(json["audit"].as_array().unwrap().len(), 0);
    assert!(text.contains("Not reviewed by a person") && severe < 0.99);
    // A list that another program wrote over: no report that would look as if nobody had signed.
    std::fs::remove_file(list.join("library.sqlite-wal")).ok();
    let acts = rusqlite::Connection::open(list.join("library.sqlite")).unwrap();
    acts.execute_batch("DROP TRIGGER act_never_changes; UPDATE act SET change = '{}' WHERE seq = 3;").unwrap();
    drop(acts);
    let out: PathBuf = folder("damaged");
    let run = report(&[&data], &list, &["--format", "text", "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, 3, "{}", run.err);
    assert!(run.err.contains("--ignore-review") && !out.join(uid(&data)).exists(), "{}", run.err);
}

/// "Not reviewed by a person" over a study that was signed is the worst that a report can say.
#[test]
fn a_list_that_cannot_be_read_makes_no_report_and_stays_where_it_is() {
    let dir = TempDir::new().unwrap();
    let (data, good, out) = (dir.path().join("study"), dir.path().join("good"), dir.path().join("out"));
    write_small_study(&data);
    signed(&data, &good);
    let list = dir.path().join("list");
    let file = list.join("library.sqlite");
    let whole = std::fs::read(good.join("library.sqlite")).unwrap();
    let (mut headless, mut newer) = (whole.clone(), whole.clone());
    headless[..64].fill(0);
    // user_version, in the head of every SQLite file.
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    let cut = whole[..whole.len() / 2].to_vec();
    for (words, bytes) in [("is damaged", headless), ("is damaged", cut), ("newer Foramen", newer)] {
        std::fs::remove_dir_all(&list).ok();
        std::fs::create_dir(&list).unwrap();
        std::fs::write(&file, &bytes).unwrap();
        let run = report(&[&data], &list, &["--format", "text", "--out", out.to_str().unwrap()]);
        assert_eq!(run.code, 3, "{words}: {}", run.err);
        assert!(run.err.contains(words) && run.err.contains("--ignore-review"), "{words}: {}", run.err);
        assert!(!out.exists(), "{words}");
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "{words}");
        assert!(!everything_in(&list).iter().any(|name| name.contains("damaged")), "{:?}", everything_in(&list));
        let run = report(&[&data], &list, &["--format", "text", "--ignore-review", "--out", out.to_str().unwrap()]);
        assert_eq!(run.code, 0, "{words}: {}", run.err);
        std::fs::remove_dir_all(&out).unwrap();
    }
}

#[test]
fn a_template_with_a_wrong_word_is_refused_before_the_work() {
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("study");
    write_small_study(&data);
    let template = dir.path().join("template.toml");
    std::fs::write(&template, "instituton = \"Clinic\"\n").unwrap();
    let out = dir.path().join("out");
    let args = ["--format", "pdf", "--template", template.to_str().unwrap(), "--out", out.to_str().unwrap()];
    let run = report(&[&data], dir.path(), &args);
    assert!(run.code == 3 && run.err.contains("instituton"), "{}", run.err);
    assert!(!out.exists());
}

/// Who may not read the worklist may not read its reports.
#[cfg(unix)]
#[test]
fn reports_that_name_the_patient_are_for_the_user_alone_unless_told() {
    use std::os::unix::fs::PermissionsExt;
    let dir = TempDir::new().unwrap();
    let data = dir.path().join("study");
    write_small_study(&data);
    let usual = dir.path().join("usual");
    std::fs::write(&usual, "").unwrap();
    let usual = std::fs::metadata(&usual).unwrap().permissions().mode() & 0o777;
    for (name, more, mode) in [("a", None, 0o600), ("b", Some("--shared"), usual), ("c", Some("--deidentify"), usual)] {
        let out = dir.path().join(name);
        let mut args = vec!["--format", "json,text,sr", "--out", out.to_str().unwrap()];
        args.extend(more);
        let run = report(&[&data], dir.path(), &args);
        assert_eq!(run.code, 0, "{}", run.err);
        let written: Vec<&str> = run.out.lines().collect();
        assert_eq!(written.len(), 3, "{}", run.out);
        for file in written {
            assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, mode, "{name}: {file}");
        }
    }
}

#[test]
fn a_full_disk_leaves_the_old_report() {
    let dir = TempDir::new().unwrap();
    let (data, disk) = (dir.path().join("study"), dir.path().join("disk"));
    write_small_study(&data);
    std::fs::create_dir(&disk).unwrap();
    let line = format!(
        "echo old >'{file}'; head -c 380000 /dev/zero >'{disk}/fill'; \
         FORAMEN_DATA_DIR='{list}' '{bin}' report '{data}' --models '{models}' --format json --overwrite --out '{file}' \
         || echo code $?; cat '{file}'; ls -A '{disk}'",
        file = disk.join("report.json").display(),
        disk = disk.display(),
        list = dir.path().display(),
        bin = env!("CARGO_BIN_EXE_foramen"),
        data = data.display(),
        models = models().display(),
    );
    let mount = format!("mount -t tmpfs -o size=400k none '{}' || exit 99\n{line}", disk.display());
    let Some(output) = crate::mounts::in_own_mounts(&mount) else { return };
    let (said, out) = (String::from_utf8_lossy(&output.stderr), String::from_utf8_lossy(&output.stdout));
    assert_eq!(out, "code 5\nold\nfill\nreport.json\n", "{said}");
    assert!(said.contains("No space left on device") && said.contains("report.json"), "{said}");
}
