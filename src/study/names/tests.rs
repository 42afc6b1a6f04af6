use std::{path::PathBuf, sync::Arc};

use super::*;

fn files(paths: &[&str]) -> Vec<Source> {
    paths.iter().map(|path| Source::File(PathBuf::from(path))).collect()
}

fn table<'a>(ids: &[&'a str]) -> BTreeMap<StudyId, &'a str> {
    ids.iter().map(|id| (id.parse().unwrap(), *id)).collect()
}

/// The id of the table for a study of this UID whose files lie there; `None` if none is, and why if it is not clear.
fn study(uid: &str, paths: &[&str], ids: &[&str]) -> Result<Option<String>, String> {
    let names = StudyNames::new(uid, files(paths).iter());
    let table = table(ids);
    names.row_of(&table).map(|row| row.map(|(id, _)| id.to_string())).map_err(|e| e.to_string())
}

/// The key of the series of study `100` that a table calls `id`.
fn series(images: &[(&str, &str)], id: &str) -> Result<Option<String>, String> {
    let sources: Vec<(&str, Source)> =
        images.iter().map(|(uid, path)| (*uid, Source::File(PathBuf::from(path)))).collect();
    let names = SeriesNames::new("100", &"100".parse().unwrap(), sources.iter().map(|(uid, source)| (*uid, source)));
    names.find(&id.parse().unwrap()).map(|key| key.map(str::to_owned)).map_err(|e| e.to_string())
}

#[expect(clippy::unnecessary_wraps, reason = "what it is compared with may fail")]
fn found(id: &str) -> Result<Option<String>, String> {
    Ok(Some(id.to_owned()))
}

#[test]
fn an_id_is_what_a_table_means_whatever_it_went_through() {
    for (text, id) in
        [(" 4003253 ", "4003253"), ("4003253.0", "4003253"), ("4003253.00", "4003253"), ("1.2.0", "1.2.0")]
    {
        assert_eq!(text.parse::<StudyId>().unwrap().as_str(), id);
    }
    assert_eq!("1.20".parse::<SeriesId>().unwrap().as_str(), "1.20", "the end of a UID is no fraction");
    assert_eq!("  ".parse::<StudyId>(), Err(NoId));
}

#[test]
fn a_study_is_called_by_its_uid_or_its_folder() {
    let contest = ["t/100/11/1.dcm", "t/100/12/1.dcm"];
    assert_eq!(study("100", &contest, &["100", "200"]), found("100"));
    assert_eq!(study("1.2.3", &contest, &["100", "200"]), found("100"), "the folder of the series' folders");
    assert_eq!(study("1.2.3", &contest, &["1.2.3"]), found("1.2.3"));
    assert_eq!(study("100", &["elsewhere/x/1.dcm", "elsewhere/y/1.dcm"], &["100"]), found("100"));
    assert_eq!(study("1.2.3", &["t/100/1.dcm"], &["100"]), found("100"), "files right in the study's folder");
    assert_eq!(study("1.2.3", &["t/100/11/1.dcm"], &["100"]), found("100"), "a single series");
    assert_eq!(study("", &contest, &["100"]), found("100"), "no UID at all");
    assert_eq!(study("1.2.3", &contest, &["11", "300"]), Ok(None), "the name of a series' folder is no study's");
}

#[test]
fn contradicting_names_of_a_study_are_said_and_not_guessed() {
    let folder = ["t/200/11/1.dcm", "t/200/12/1.dcm"];
    let why = study("100", &folder, &["100", "200"]).unwrap_err();
    assert!(why.contains("study 100") && why.contains("study 200"), "{why}");
    let why = study("1.2.3", &["t/100/11/1.dcm"], &["100", "11"]).unwrap_err();
    assert!(why.contains("100") && why.contains("11"), "{why}");
    // A number that is one study's id and another's series does not make the study with that UID doubtful.
    assert_eq!(study("100", &["t/100/11/1.dcm", "t/100/12/1.dcm"], &["100", "11"]), found("100"));
    assert_eq!(study("100", &["t/100/11/1.dcm"], &["100", "11"]), found("100"));
}

#[test]
fn two_studies_that_one_id_fits_are_both_left_out() {
    let study = |uid: &str, folder: &str| {
        let files = crate::phantom::study_in_memory(3).into_iter().step_by(9).map(|(name, bytes)| {
            let name = name.rsplit_once('/').unwrap().1.to_owned();
            (format!("{folder}/11/{name}"), bytes)
        });
        let mut study = crate::study::scan_memory(files.collect()).studies.remove(0);
        study.uid = uid.into();
        study
    };
    let studies = [study("1.1", "a/100"), study("1.2", "b/100"), study("300", "c/x")];
    let matches = Matches::new(&studies, &table(&["100", "300"]));
    assert_eq!(matches.found.into_iter().collect::<Vec<_>>(), [("300".parse().unwrap(), 2)]);
    assert!(matches.doubts.len() == 1 && matches.doubts[0].contains("1.1, 1.2"), "{:?}", matches.doubts);
}

#[test]
fn a_series_is_called_by_its_folder_its_uid_or_the_part_behind_the_studys() {
    let real = [("100.11", "t/100/11/1.dcm"), ("100.12", "t/100/12/1.dcm")];
    for id in ["11", "11.0", " 11 ", "100.11"] {
        assert_eq!(series(&real, id), found("100.11"), "{id}");
    }
    assert_eq!(series(&[("100.11", "t/100/renamed/1.dcm"), ("100.12", "t/100/x/1.dcm")], "11"), found("100.11"));
    assert_eq!(series(&[("1.2.7", "t/100/11/1.dcm")], "11"), found("1.2.7"), "the folder alone");
    assert_eq!(series(&[("100.11", "t/100/1.dcm"), ("100.12", "t/100/2.dcm")], "12"), found("100.12"), "no folders");
    assert_eq!(series(&[("", "t/100/11/1.dcm")], "11"), found("t/100/11"), "no UID: it is called by its place");
    assert_eq!(series(&real, "77"), Ok(None));
    // The end of a UID says nothing where the study's is not in front of it.
    assert_eq!(series(&[("1.2.840.5", "t/100/a/1.dcm")], "5"), Ok(None));
    assert_eq!(series(&[("200.5", "t/100/a/1.dcm")], "5"), Ok(None));
}

#[test]
fn contradicting_names_of_a_series_are_said_and_not_guessed() {
    let swapped = [("100.12", "t/100/11/1.dcm"), ("100.11", "t/100/12/1.dcm")];
    let why = series(&swapped, "11").unwrap_err();
    assert!(why.contains("100.11") && why.contains("100.12"), "{why}");
    // One stray file does not rename the series whose folder it lies in.
    let stray = [("100.11", "t/100/11/1.dcm"), ("100.12", "t/100/11/2.dcm"), ("100.12", "t/100/12/1.dcm")];
    assert_eq!(series(&stray, "11"), found("100.11"));
    let why = series(&[("1.1", "a/100/11/1.dcm"), ("1.2", "b/100/11/1.dcm")], "11").unwrap_err();
    assert!(why.contains("1.1") && why.contains("1.2"), "{why}");
}

#[test]
fn an_archive_is_a_folder_of_its_name() {
    let entry = |name: &str| Source::Memory { name: format!("d/100.zip!{name}"), bytes: Arc::from([]) };
    let sources = [entry("11/1.dcm"), entry("12/1.dcm")];
    let table = table(&["100"]);
    assert!(StudyNames::new("1.2.3", sources.iter()).row_of(&table).unwrap().is_some());
    let id = "100".parse().unwrap();
    let names = SeriesNames::new("1.2.3", &id, sources.iter().zip(["7.1", "7.2"]).map(|(source, uid)| (uid, source)));
    assert_eq!(names.find(&"12".parse().unwrap()), Ok(Some("7.2")));
    assert_eq!(names.short("1.2.3.9"), "9");
    assert_eq!(names.short("7.2"), "7.2");
}
