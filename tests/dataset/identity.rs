//! What the CSVs call a study or a series leads to its files, however they lie; what the files say of themselves makes a
//! data set a demo.

use std::{collections::BTreeMap, fs, path::Path};

use dicom_core::VR;
use dicom_dictionary_std::tags;
use foramen::phantom::Dialect;

use super::{
    dicom,
    support::{Small, info, left_out, make, phantoms, rows, run, text},
};

const HEAD: &str = "study_id,series_id,instance_number,condition,level,x,y\n";

/// Two studies with a point in the canal each; `ids` are what the CSVs call study 1, study 2 and their series 12.
fn tables(data: &Path, [first, second, series]: [&str; 3]) {
    let column = "study_id,spinal_canal_stenosis_l4_l5\n";
    fs::write(data.join("train.csv"), format!("{column}{first},Severe\n{second},Moderate\n")).unwrap();
    let point = |study: &str, x: u32| format!("{study},{series},3,Spinal Canal Stenosis,L4/L5,{x},20\n");
    let points = format!("{HEAD}{}{}", point(first, 20), point(second, 30));
    fs::write(data.join("train_label_coordinates.csv"), points).unwrap();
    fs::write(data.join("5folds.csv"), format!("study_id,fold\n{first},0\n{second},1\n")).unwrap();
}

fn two_studies(data: &Path) {
    for id in ["1", "2"] {
        Small { id }.write(data);
    }
    tables(data, ["1", "2", "12"]);
}

/// Every label file of the data set: what it holds by name.
fn labels(out: &Path) -> BTreeMap<String, String> {
    let file = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().unwrap();
        (name, fs::read_to_string(entry.path()).unwrap())
    };
    fs::read_dir(out.join("labels")).unwrap().map(|entry| file(entry.unwrap())).collect()
}

fn moved(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    fs::rename(from, to).unwrap();
}

#[test]
fn the_contests_ids_find_their_files_however_these_lie() {
    let dir = tempfile::tempdir().unwrap();
    let made = |name: &str, change: &dyn Fn(&Path)| {
        let (data, out) = (dir.path().join(name), dir.path().join(format!("{name}-yolo")));
        two_studies(&data);
        change(&data);
        let info = make("scs", &data, &out, &["--negatives", "0"]);
        let graded_elsewhere = |reason: &str| reason.contains("no column") || reason.contains("without a point");
        let lost: Vec<_> = info.skipped.iter().filter(|s| !graded_elsewhere(&s.reason)).collect();
        assert!(lost.is_empty(), "{name}: {lost:?}");
        assert_eq!((info.studies, info.folds[0].studies), (2, [1, 1]), "{name}");
        labels(&out)
    };
    let images = |data: &Path| data.join("train_images");
    let plain = made("plain", &|_| ());
    assert_eq!(plain.keys().filter(|name| name.starts_with("1_12_")).count(), 3, "{plain:?}");
    let renamed = made("renamed", &|data| {
        for study in ["1", "2"] {
            for series in ["11", "12", "13"] {
                let folder = images(data).join(study);
                moved(&folder.join(series), &folder.join(format!("series number {series}")));
            }
            moved(&images(data).join(study), &images(data).join(format!("patient {study}")));
        }
    });
    assert_eq!(renamed, plain, "by the UIDs");
    let flat = made("flat", &|data| {
        for study in ["1", "2"] {
            for series in ["11", "12", "13"] {
                for number in 1..=11 {
                    let file = Small::file(data, study, series, number);
                    if file.exists() {
                        moved(&file, &images(data).join(study).join(format!("{series}-{number}.dcm")));
                    }
                }
            }
        }
    });
    assert_eq!(flat, plain, "files right in the study's folder");
    let heap = made("heap", &|data| {
        for study in ["1", "2"] {
            for series in ["11", "12", "13"] {
                moved(
                    &images(data).join(study).join(series),
                    &images(data).join("all").join(format!("{series}-{study}")),
                );
            }
        }
    });
    assert_eq!(heap, plain, "two studies in one folder, whose series have the same numbers");
    let other_uids = made("uids", &|data| {
        for study in ["1", "2"] {
            for series in ["11", "12", "13"] {
                for number in 1..=11 {
                    let file = Small::file(data, study, series, number);
                    if file.exists() {
                        dicom::set(&file, tags::STUDY_INSTANCE_UID, VR::UI, &format!("1.2.840.{study}"));
                        dicom::set(&file, tags::SERIES_INSTANCE_UID, VR::UI, &format!("1.2.840.{study}.9.{series}"));
                    }
                }
            }
        }
    });
    assert_eq!(other_uids, plain, "by the folders");
    let floats = made("floats", &|data| tables(data, ["1.0", " 2 ", "12.0"]));
    assert_eq!(floats, plain, "a table that went through floats");
    let whole = made("whole", &|data| {
        tables(data, ["1", "2", "12"]);
        let file = data.join("train_label_coordinates.csv");
        fs::write(&file, fs::read_to_string(&file).unwrap().replace("1,12,", "1,1.12,").replace("2,12,", "2,2.12,"))
            .unwrap();
    });
    let short: BTreeMap<String, String> = whole
        .into_iter()
        .map(|(name, text)| (name.replace("_1.12_", "_12_").replace("_2.12_", "_12_"), text))
        .collect();
    assert_eq!(short, plain, "whole UIDs in the table");
}

#[test]
fn names_that_contradict_each_other_are_listed_and_not_guessed() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    two_studies(&data);
    let folder = data.join("train_images/1");
    moved(&folder.join("11"), &folder.join("x"));
    moved(&folder.join("12"), &folder.join("11"));
    moved(&folder.join("x"), &folder.join("12"));
    fs::write(
        data.join("train_series_descriptions.csv"),
        "study_id,series_id,series_description\n1,12,Sagittal T2/STIR\n2,12,Sagittal T2/STIR\n2,77,Axial T2\n",
    )
    .unwrap();
    let out = dir.path().join("yolo");
    let info = make("scs", &data, &out, &["--negatives", "0"]);
    assert_eq!(info.studies, 1, "study 2 is as it was");
    let said = left_out(&info, "series_id matches more than one series").examples.join("\n");
    assert!(said.contains("1.11") && said.contains("1.12") && said.contains("contradict"), "{said}");
    let files = left_out(&info, "a file was not read, or is doubtful").examples.join("\n");
    assert!(files.contains("study 1: a description is not used"), "{files}");
    assert!(files.contains("1 series of study 2 are missing: 77 (Axial T2)"), "{files}");

    // The folder says study 2, the files say study 1.
    let data = dir.path().join("studies");
    two_studies(&data);
    let images = data.join("train_images");
    moved(&images.join("2"), &images.join("x"));
    moved(&images.join("1"), &images.join("2"));
    let info = make("scs", &data, &dir.path().join("of-studies"), &["--negatives", "0"]);
    let said = &left_out(&info, "match no single study_id of train.csv").examples;
    assert!(said[0].contains("study 1") && said[0].contains("study 2"), "{said:?}");
    assert_eq!(info.studies, 1);
    assert!(left_out(&info, "a study in train.csv without images").examples == ["study 1"]);
}

/// Same spine, same images, other names: the same boxes in both dialects.
#[test]
fn both_dialects_make_the_same_boxes() {
    let dir = tempfile::tempdir().unwrap();
    let boxes = |dialect: Dialect| {
        let (data, out) = (dir.path().join(format!("{dialect:?}")), dir.path().join(format!("{dialect:?}-yolo")));
        phantoms(&data, 1, 5, dialect);
        let (code, _, said) = run(&["dataset", "--role", "all", "--data", text(&data), "--out", text(&out)]);
        assert_eq!((code, said.as_str()), (0, ""));
        let kinds: BTreeMap<String, String> = rows(&data.join("train_series_descriptions.csv"))
            .into_iter()
            .map(|row| (row["series_id"].clone(), row["series_description"].clone()))
            .collect();
        let of = |role: &str| {
            assert!(info(&out.join(role)).skipped.is_empty(), "{:?}", info(&out.join(role)).skipped);
            let named = |(name, boxes): (String, String)| {
                let parts: Vec<&str> = name.split('_').collect();
                ((kinds[parts[1]].clone(), parts[2].to_owned()), boxes)
            };
            labels(&out.join(role)).into_iter().map(named).collect::<BTreeMap<_, _>>()
        };
        ["nfn", "scs", "ss"].map(of)
    };
    let clinical = boxes(Dialect::Clinical);
    assert!(clinical.iter().all(|of_role| of_role.values().any(|text| !text.is_empty())));
    assert_eq!(clinical, boxes(Dialect::Contest));
}

#[test]
fn any_synthetic_image_makes_a_data_set_a_demo_and_nothing_else_does() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    two_studies(&data);
    let out = |name: &str| dir.path().join(name);
    let real = make("scs", &data, &out("real"), &["--negatives", "0"]);
    assert_eq!((real.demo, real.synthetic_studies), (false, Some(0)));
    let report = fs::read_to_string(out("real").join("report.md")).unwrap();
    assert!(report.contains("Images of real studies"), "{report}");
    // One image, and not one with a box: a study that is computed in part is no patient's.
    dicom::set(&Small::file(&data, "2", "11", 3), tags::SYNTHETIC_DATA, VR::CS, "YES");
    let mixed = make("scs", &data, &out("mixed"), &["--negatives", "0"]);
    assert_eq!((mixed.demo, mixed.synthetic_studies, mixed.studies), (true, Some(1), 2));
    let said = left_out(&mixed, "a file was not read, or is doubtful").examples.join("");
    assert!(said.contains("1 of its 21 images say that they are synthetic"), "{said}");
    let report = fs::read_to_string(out("mixed").join("report.md")).unwrap();
    assert!(report.contains("1 real study and 1 computed phantom: a model trained on them is a demo"), "{report}");
    // The option of the first version is gone, and clap says so.
    let (code, _, said) = run(&["dataset", "--role", "scs", "--data", text(&data), "--out", "x", "--real-data"]);
    assert!(code == 2 && said.contains("--real-data"), "{said}");
}
