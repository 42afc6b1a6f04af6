//! A lumbar spine that we can compute: a seeded 3-D scene of implicit shapes in patient millimetres,
//! sampled by each series' own planes, so that anatomy, labels and pixels are known exactly.
//!
//! `disease` decides what is narrow, `anatomy` shapes a subject, `tissue` determines what is at a point, `sequence` how
//! bright it is, `series` where the images lie, `render` makes the pixels, `file` and `labels` write them. Every file
//! says that it is not a patient.

mod anatomy;
mod build;
mod disease;
mod file;
mod labels;
mod material;
mod noise;
mod render;
mod rle;
mod sequence;
mod series;
mod study;
mod tissue;
mod variety;

use std::{path::Path, sync::Arc};

use rayon::prelude::*;

use crate::{
    files::{WriteError, write_atomic},
    grading::{GradeId, Severity},
    growing::{GrowError, Growing},
};
use file::{ImageOf, encode};
use labels::StudyLabels;
use study::PhantomStudy;

pub use file::EncodeError;

/// Which kind of files to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Dialect {
    /// Valid MR Image Storage, as scanners write it.
    #[default]
    Clinical,
    /// As in the RSNA 2024 contest: ids that are not UIDs, few attributes.
    Contest,
}

/// Which phantom studies to make.
#[derive(Debug, Clone)]
pub struct PhantomOptions {
    /// How many studies, numbered from 1.
    pub studies: u32,
    /// A study depends on the seed and its number alone.
    pub seed: u64,
    /// As scanners or as the contest writes files.
    pub dialect: Dialect,
    /// 0: severities as common as in the contest's labels; 1: equally common.
    pub balance: f64,
    /// Share of labels moved by one grade, as graders disagree.
    pub label_noise: f64,
    /// 0: textbook spines and settings; 1: all that people and scanners come up with.
    pub variety: f64,
}

/// Why no phantom was written.
#[derive(Debug, thiserror::Error)]
pub enum PhantomError {
    /// The folder exists, is in use, or cannot be made.
    #[error(transparent)]
    Grow(#[from] GrowError),
    /// A file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A file cannot be built.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// The findings of the demo study.
const DEMO_FINDINGS: [(&str, Severity); 7] = [
    ("spinal_canal_stenosis_l4_l5", Severity::Severe),
    ("spinal_canal_stenosis_l3_l4", Severity::Moderate),
    ("left_neural_foraminal_narrowing_l5_s1", Severity::Severe),
    ("right_neural_foraminal_narrowing_l4_l5", Severity::Moderate),
    ("left_subarticular_stenosis_l4_l5", Severity::Severe),
    ("right_subarticular_stenosis_l4_l5", Severity::Moderate),
    ("left_subarticular_stenosis_l3_l4", Severity::Moderate),
];

/// The seed of the viewer's demo study.
pub const DEMO_SEED: u64 = 20_261_124;

/// The files of one small study in memory: (relative name, bytes). The demo study of the viewer.
///
/// ```
/// use foramen::{phantom, study};
///
/// let files = phantom::study_in_memory(1);
/// assert!(files.iter().all(|(name, _)| name.ends_with(".dcm")));
/// // The same seed makes the same pixels.
/// assert_eq!(files, phantom::study_in_memory(1));
///
/// let study = study::scan_memory(files).studies.remove(0);
/// assert!(study.is_synthetic(), "its files say that no patient is shown");
/// ```
pub fn study_in_memory(seed: u64) -> Vec<(String, Arc<[u8]>)> {
    let findings: Vec<(GradeId, Severity)> =
        DEMO_FINDINGS.iter().filter_map(|(id, severity)| Some((id.parse().ok()?, *severity))).collect();
    let study = PhantomStudy::demo(seed, &findings);
    // Encoding to memory does not fail; a file that failed would be missing from the study, not wrong.
    files(&study).filter_map(Result::ok).map(|(name, bytes)| (name, bytes.into())).collect()
}

/// Writes studies below `out`, which must be missing or empty: `train_images/<study>/<series>/<instance>.dcm`
/// and the contest's CSVs. `done` is called after each study. Until all is written the folder has another name: a run that
/// was stopped can be started again.
///
/// # Errors
///
/// `out` is there and not empty, another run writes it, or a file cannot be written.
pub fn write(out: &Path, options: &PhantomOptions, done: &dyn Fn()) -> Result<(), PhantomError> {
    let growing = Growing::start(out)?;
    let mut all = Vec::new();
    for number in 1..=options.studies {
        let study = PhantomStudy::draw(options, number);
        for file in files(&study) {
            let (name, bytes) = file?;
            write_atomic(&growing.path().join("train_images").join(name), &bytes)?;
        }
        all.push(StudyLabels::of(&study));
        done();
    }
    labels::write(growing.path(), &all)?;
    Ok(growing.finish()?)
}

/// Renders and encodes series by series.
fn files(study: &PhantomStudy) -> impl Iterator<Item = Result<(String, Vec<u8>), EncodeError>> {
    (0..study.series.len()).flat_map(move |series| {
        let images: Vec<_> = study
            .render(series)
            .into_par_iter()
            .enumerate()
            .map(|(image, pixels)| {
                let number = study.series[series].first_instance + image as u32;
                let name = format!("{}/{}/{number}.dcm", study.ids.study, study.ids.series[series]);
                Ok((name, encode(&ImageOf { study, series, image }, &pixels)?))
            })
            .collect();
        images
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        geometry::PixelCenter,
        grading::{Condition, Role},
    };

    fn study(findings: &[(GradeId, Severity)]) -> PhantomStudy {
        PhantomStudy::demo(11, findings)
    }

    /// The grade must be visible at its place and nowhere else: a detector that found it in the noise, the brightness
    /// or another level would learn the phantom, not the spine.
    #[test]
    fn a_severe_finding_changes_the_pixels_around_it_and_no_others() {
        let plain = study(&[]);
        for word in [
            "spinal_canal_stenosis_l3_l4",
            "right_neural_foraminal_narrowing_l4_l5",
            "left_subarticular_stenosis_l2_l3",
        ] {
            let id: GradeId = word.parse().unwrap();
            let severe = study(&[(id, Severity::Severe)]);
            let center = plain.subject.center_of(id);
            let series = plain.series.iter().position(|s| s.role == Some(id.condition().role())).unwrap();
            let planes = &plain.series[series].planes;
            let mut near = 0;
            for ((plane, a), b) in planes.iter().zip(plain.render(series)).zip(severe.render(series)) {
                for (at, _) in a.iter().zip(&b).enumerate().filter(|(_, (a, b))| a != b) {
                    let (row, column) = (at / plane.columns() as usize, at % plane.columns() as usize);
                    let distance =
                        plane.patient_from_pixel(PixelCenter::new(column as f64, row as f64)).distance(center);
                    assert!(distance < 38.0, "{id}: a pixel {distance:.0} mm away differs");
                    near += usize::from(distance < 15.0);
                }
            }
            assert!(near > 60, "{id}: only {near} pixels near the finding differ");
        }
    }

    #[test]
    fn a_study_depends_on_seed_and_number_alone() {
        let options = |studies, seed| PhantomOptions {
            studies,
            seed,
            dialect: Dialect::Clinical,
            balance: 0.0,
            label_noise: 0.0,
            variety: 1.0,
        };
        let draw = |studies, seed| {
            let study = PhantomStudy::draw(&options(studies, seed), 2);
            let localizer = study.series.iter().position(|s| s.role.is_none()).unwrap();
            (study.ids.study.clone(), study.render(localizer))
        };
        assert_eq!(draw(2, 5), draw(50, 5));
        assert_ne!(draw(2, 5).0, draw(2, 6).0);
    }

    /// However unusual a subject and its scan are: a label lies on an image, and the image shows the place that it
    /// refers to.
    #[test]
    fn wide_studies_are_labelled_where_the_scene_is() {
        let options = PhantomOptions {
            studies: 1,
            seed: 77,
            dialect: Dialect::Contest,
            balance: 0.5,
            label_noise: 0.0,
            variety: 1.0,
        };
        let mut shown = 0;
        for number in 1..=60 {
            let study = PhantomStudy::draw(&options, number);
            assert!(study.series.iter().all(|s| !s.planes.is_empty()));
            for point in study.label_points() {
                let plan = &study.series[point.series];
                let plane = &plan.planes[(point.instance - plan.first_instance) as usize];
                assert!(plane.contains(PixelCenter::new(point.x, point.y)));
                let in_scene = plane.patient_from_pixel(PixelCenter::new(point.x, point.y)) + plan.moved;
                let off = in_scene.distance(study.subject.center_of(point.id));
                assert!(off <= plan.step, "study {number}, {}: {off:.1} mm from its slice", point.id);
                shown += 1;
            }
        }
        assert!((900..1450).contains(&shown), "of 1500 places most are scanned, not all: {shown}");
    }

    #[test]
    fn the_demo_study_has_all_three_series_and_every_label_is_a_point_on_one() {
        let findings: Vec<_> = DEMO_FINDINGS.iter().map(|(id, severity)| (id.parse().unwrap(), *severity)).collect();
        let study = PhantomStudy::demo(DEMO_SEED, &findings);
        let roles: Vec<Role> = study.series.iter().filter_map(|s| s.role).collect();
        assert_eq!(roles, Role::ALL);
        let points = study.label_points();
        assert_eq!(points.len(), 25);
        // Left is at higher columns on axial images, where the patient's right is on the left of the screen.
        for pair in points.chunks(5).filter(|c| c[0].id.condition() == Condition::SubarticularStenosis) {
            let other = |p: &study::LabelPoint| {
                points
                    .iter()
                    .find(|q| q.id.level() == p.id.level() && q.series == p.series && q.id.side() != p.id.side())
            };
            for point in pair {
                let opposite = other(point).unwrap();
                let is_left = point.id.side() == Some(crate::grading::Side::Left);
                assert_eq!(point.x > opposite.x, is_left, "{}", point.id);
            }
        }
    }
}
