//! Labels with holes and mistakes: one clear line, or listed with the reason and the rest is made.

use std::{fs, path::Path};

use super::support::{Small, info, left_out, make, run, stems, text};

const POINTS: &str = "study_id,series_id,instance_number,condition,level,x,y\n";
const CANAL: &str = "spinal_canal_stenosis";

/// `train.csv` with the five columns of the canal.
fn canal_grades(data: &Path, rows: &[&str]) {
    let levels = ["l1_l2", "l2_l3", "l3_l4", "l4_l5", "l5_s1"].map(|level| format!("{CANAL}_{level}"));
    fs::write(data.join("train.csv"), format!("study_id,{}\n{}\n", levels.join(","), rows.join("\n"))).unwrap();
}

fn points(data: &Path, rows: &[String]) {
    fs::write(data.join("train_label_coordinates.csv"), format!("{POINTS}{}\n", rows.join("\n"))).unwrap();
}

#[test]
fn labels_that_do_not_fit_are_listed_by_reason_and_the_rest_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("yolo"));
    for id in ["101", "102", "104"] {
        Small { id }.write(&data);
    }
    // The header of 11 says T1 and that of 14 T2; the CSV says otherwise, and wins. 15 is a second T2 without points.
    Small { id: "101" }.write_series(&data, "14", "Sagittal T2/STIR");
    Small { id: "101" }.write_series(&data, "15", "Sagittal T2/STIR");
    let descriptions = "study_id,series_id,series_description\n101,14,Sagittal T1\n101,12,Sagittal T2/STIR\n";
    fs::write(data.join("train_series_descriptions.csv"), descriptions).unwrap();
    let normal = "Normal/Mild,Moderate,Severe,Severe,Severe";
    canal_grades(&data, &[&format!("101,{normal}"), &format!("103,{normal}"), "104,,Severe,,,"]);
    let row = |text: &str| text.to_owned();
    points(
        &data,
        &[
            row("101,12,3,Spinal Canal Stenosis,L1/L2,20,10"),
            row("101,12,3,spinal_canal_stenosis,l1_l2,20.0,10"),
            row("101,12,3,Spinal Canal Stenosis,L1/L2,25,12"),
            row("101,14,3,Spinal Canal Stenosis,L2/L3,20,18"),
            row("101,12,3,Spinal Canal Stenosis,L2/L3,20,18"),
            row("101,12,99,Spinal Canal Stenosis,L3/L4,20,18"),
            row("101,12,3,Spinal Canal Stenosis,L4/L5,48,10"),
            row("101,77,3,Spinal Canal Stenosis,L5/S1,20,18"),
            row("101,12,3,Spinal Canal Stenosis,L6/S1,20,18"),
            row("999,12,3,Spinal Canal Stenosis,L1/L2,20,18"),
            row("104,12,3,Spinal Canal Stenosis,L1/L2,20,18"),
            row("103,12,3,Spinal Canal Stenosis,L1/L2,20,18"),
            // Another detector's label is not this one's loss.
            row("101,11,3,Left Neural Foraminal Narrowing,L1/L2,20,18"),
        ],
    );
    let info = make("scs", &data, &out, &["--negatives", "0"]);
    assert_eq!(info.studies, 1);
    let boxes = |class: &str| info.folds[0].boxes[class].iter().sum::<usize>();
    let of = |class: &str| boxes(&format!("{CANAL}_{class}"));
    assert_eq!((of("l1_l2_normal_mild"), of("l2_l3_moderate")), (3, 3), "the point's slice and its two neighbours");
    assert_eq!(info.folds[0].boxes.values().flatten().sum::<usize>(), 6);
    assert_eq!(stems(&out.join("images")), ["101_12_2_0", "101_12_3_0", "101_12_4_0"]);

    for (reason, example) in [
        ("a duplicate point", "line 3: study 101, series 12, spinal_canal_stenosis_l1_l2: as in line 2"),
        (
            "another point for a label",
            "line 4: study 101, series 12, spinal_canal_stenosis_l1_l2: the first is in line 2",
        ),
        ("of the wrong type for its condition", "Sagittal T1 where Sagittal T2/STIR belongs"),
        (
            "an image that its series does not have",
            "line 7: study 101, series 12, spinal_canal_stenosis_l3_l4: InstanceNumber 99",
        ),
        (
            "outside its image",
            "line 8: study 101, series 12, spinal_canal_stenosis_l4_l5: (48, 10) on an image of 48 x 40",
        ),
        ("a series without images", "line 9: study 101, series 77, spinal_canal_stenosis_l5_s1"),
        ("cannot be read", "line 10: \"Spinal Canal Stenosis L6/S1\""),
        ("not in train.csv", "line 11: study 999"),
        ("without a grade", "line 12: study 104, series 12, spinal_canal_stenosis_l1_l2"),
        ("a grade without a point", "study 104, spinal_canal_stenosis_l2_l3"),
        ("without images", "study 103"),
        ("a study without labels", "study 102"),
        ("a series without any box", "study 101, series 15"),
    ] {
        let group = info.skipped.iter().find(|g| g.examples.iter().any(|e| e.contains(example)));
        let group = group.unwrap_or_else(|| panic!("'{example}' is not in {:#?}", info.skipped));
        assert!(group.reason.contains(reason) && group.count == 1, "{example}: {group:?}");
    }
    assert_eq!(info.skipped.len(), 13, "{:#?}", info.skipped);
    let listed = fs::read_to_string(out.join("skipped.csv")).unwrap();
    assert_eq!(listed.lines().count(), 1 + 13);
}

/// On an axial slice a level stands alone: one that nobody marked must not be learnt as background.
#[test]
fn background_is_drawn_only_where_everything_was_marked() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    Small { id: "1" }.write(&data);
    let levels = ["l1_l2", "l2_l3", "l3_l4", "l4_l5", "l5_s1"];
    let names = levels.map(|level| format!("left_subarticular_stenosis_{level}"));
    fs::write(data.join("train.csv"), format!("study_id,{}\n1{}\n", names.join(","), ",Severe".repeat(5))).unwrap();
    let all: Vec<String> = (levels.iter().enumerate())
        .map(|(i, level)| format!("1,13,{},Left Subarticular Stenosis,{level},20,20", 2 * i + 2))
        .collect();
    points(&data, &all);
    let whole = dir.path().join("whole");
    make("ss", &data, &whole, &["--negatives", "1"]);
    assert_eq!(stems(&whole.join("images")).len(), 11);
    points(&data, &all[..4]);
    let part = dir.path().join("part");
    make("ss", &data, &part, &["--negatives", "1"]);
    assert_eq!(stems(&part.join("images")).len(), 4);
    assert_eq!(left_out(&info(&part), "it may show that level").examples, ["study 1, series 13"]);
}

/// Without spacing a millimetre is 1.5 pixels, and the slice of the point alone is labelled.
#[test]
fn without_spacing_boxes_are_made_in_pixels() {
    use super::dicom;
    use dicom_dictionary_std::tags;

    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("yolo"));
    Small { id: "1" }.write(&data);
    for number in 1..=5 {
        dicom::change(&Small::file(&data, "1", "12", number), |object| {
            for tag in [tags::PIXEL_SPACING, tags::IMAGE_POSITION_PATIENT, tags::IMAGE_ORIENTATION_PATIENT] {
                object.remove_element(tag);
            }
        });
    }
    fs::write(data.join("train_series_descriptions.csv"), "study_id,series_id,series_description\n1,12,Sagittal T2\n")
        .unwrap();
    canal_grades(&data, &["1,,,,Severe,"]);
    points(&data, &["1,12,3,Spinal Canal Stenosis,L4/L5,23.5,19.5".to_owned()]);
    make("scs", &data, &out, &["--negatives", "0", "--box-mm", "8x4"]);
    assert_eq!(stems(&out.join("images")), ["1_12_3_0"]);
    let label = fs::read_to_string(out.join("labels/1_12_3_0.txt")).unwrap();
    assert_eq!(label, "11 0.500000 0.500000 0.250000 0.150000\n", "12 x 6 of 48 x 40 pixels");
}

#[test]
fn csv_files_that_cannot_be_used_are_one_clear_line_and_leave_nothing_behind() {
    let dir = tempfile::tempdir().unwrap();
    let (data, out) = (dir.path().join("data"), dir.path().join("yolo"));
    fs::create_dir_all(&data).unwrap();
    let said = |words: &[&str]| {
        let args = ["dataset", "--role", "scs", "--data", text(&data), "--out", text(&out)];
        let (code, out, said) = run(&args);
        assert_eq!((code, out.as_str(), said.lines().count()), (3, "", 1), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{words:?}: {said}");
    };
    said(&["train.csv"]);
    fs::write(data.join("train.csv"), "study_id,left_subarticular_stenosis_l1_l2\n1,Severe\n").unwrap();
    said(&["train.csv", "no column for scs, such as spinal_canal_stenosis_l1_l2"]);
    canal_grades(&data, &["1,Awful,,,,"]);
    said(&["train.csv", "study 1", "spinal_canal_stenosis_l1_l2", "Awful"]);
    canal_grades(&data, &["1,Severe,Severe,Severe,Severe,Severe"]);
    said(&["train_label_coordinates.csv"]);
    fs::write(data.join("train_label_coordinates.csv"), "study_id,series_id\n1,2\n").unwrap();
    said(&["train_label_coordinates.csv", "no column instance_number"]);
    points(&data, &["1,12,3,Spinal Canal Stenosis,L4/L5,500,20".to_owned()]);
    said(&["train_images"]);
    Small { id: "1" }.write(&data);
    said(&["no box could be made for scs", "a grade without a point", "spinal_canal_stenosis_l1_l2"]);
    fs::write(data.join("5folds.csv"), "study_id,fold\n2,0\n").unwrap();
    said(&["5folds.csv", "no fold for 1 of the studies, such as 1"]);
    fs::write(data.join("5folds.csv"), "study_id,fold\n1,7\n").unwrap();
    said(&["5folds.csv", "study 1 has fold '7'"]);
    assert_eq!(stems(dir.path()), ["data"]);
}
