//! Levels and sides by position: what a reader would see wrong if geometry were wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

use foramen::{
    geometry::{ImagePlane, PixelCenter, PixelCorner, Vec3},
    grading::{
        Assessment, Condition, Conflict, Detection, DetectionClass, DiscClass, Discs, GradeId, Layout, Level, Placed,
        Prior, Resolved, Role, SeriesDoubt, Severity, Side, SliceId, assess, geometric, geometric_at, max,
    },
    raster::BBox,
};
use proptest::prelude::*;

/// mm a pixel.
const SPACING: f64 = 0.6;
const SIZE: u32 = 400;

/// The canal at each disc of a lordotic spine, LPS mm.
fn discs() -> [Vec3; 5] {
    [(4.0, 70.0), (0.0, 35.0), (-3.0, 0.0), (0.0, -36.0), (12.0, -70.0)].map(|(y, z)| Vec3::new(1.5, y, z))
}

/// A study that is put together box by box.
#[derive(Default, Clone)]
struct Study {
    slices: Vec<(SliceId, Placed)>,
    boxes: Vec<Detection>,
}

impl Study {
    fn slice(&mut self, series: &str, space: usize, plane: ImagePlane) -> usize {
        let number = self.slices.len();
        let id = SliceId { series_uid: series.into(), sop_instance_uid: number.to_string().into(), twin: 0, frame: 0 };
        self.slices.push((id, Placed { plane, space }));
        number
    }

    /// A box of 30 pixels about the foot of a patient point.
    fn see(&mut self, slice: usize, point: Vec3, grade: GradeId, severity: Severity, score: f32) {
        let (id, at) = &self.slices[slice];
        let center = PixelCorner::from(at.plane.pixel_from_patient(point));
        let bbox = BBox::from_center(center.x as f32, center.y as f32, 30.0, 30.0);
        self.boxes.push(Detection { class: DetectionClass { grade, severity }, score, bbox, slice: id.clone() });
    }

    /// The sagittal T2 slice through the canal, with the boxes of a good detector.
    fn with_canal(mut self, space: usize) -> Self {
        let slice = self.slice("t2", space, sagittal(1.5));
        for (&level, disc) in Level::ALL.iter().zip(discs()) {
            self.see(slice, disc, canal(level), Severity::NormalMild, 0.8);
        }
        self
    }

    fn resolve(&self) -> Resolved {
        geometric(&self.boxes, &Layout::new(self.slices.iter().cloned()))
    }

    fn likeliest(&self, id: GradeId) -> Option<Severity> {
        likeliest(&assess(id, &self.resolve().votes, &Prior::default()))
    }
}

fn likeliest(assessment: &Assessment) -> Option<Severity> {
    match assessment {
        Assessment::Detected { probabilities, .. } => Some(probabilities.most_likely()),
        _ => None,
    }
}

fn plane(center: Vec3, along_row: Vec3, down_column: Vec3) -> ImagePlane {
    let half = f64::from(SIZE - 1) / 2.0 * SPACING;
    let origin = center - along_row * half - down_column * half;
    let (a, b) = (along_row, down_column);
    ImagePlane::new(origin.to_array(), [a.x, a.y, a.z, b.x, b.y, b.z], [SPACING; 2], SIZE, SIZE).unwrap()
}

fn sagittal(x: f64) -> ImagePlane {
    plane(Vec3::new(x, 0.0, 0.0), Vec3::Y, -Vec3::Z)
}

/// Through a point, tipped about the left-right axis.
fn axial(through: Vec3, tilt_deg: f64) -> ImagePlane {
    let (sin, cos) = tilt_deg.to_radians().sin_cos();
    plane(through, Vec3::X, Vec3::new(0.0, cos, sin))
}

fn canal(level: Level) -> GradeId {
    GradeId::new(Condition::SpinalCanalStenosis, None, level).unwrap()
}

fn foramen(side: Side, level: Level) -> GradeId {
    GradeId::new(Condition::NeuralForaminalNarrowing, Some(side), level).unwrap()
}

fn recess(side: Side, level: Level) -> GradeId {
    GradeId::new(Condition::SubarticularStenosis, Some(side), level).unwrap()
}

fn beside(disc: Vec3, side: Side, mm: f64) -> Vec3 {
    disc + Vec3::X * if side == Side::Left { mm } else { -mm }
}

#[test]
fn an_axial_box_counts_for_the_disc_at_which_its_slice_cuts_the_spine() {
    let mut study = Study::default().with_canal(0);
    let disc = discs()[3];
    let slice = study.slice("ax", 0, axial(disc, 0.0));
    study.see(slice, beside(disc, Side::Left, 11.0), recess(Side::Left, Level::L3L4), Severity::Severe, 0.7);
    assert_eq!(study.likeliest(recess(Side::Left, Level::L4L5)), Some(Severity::Severe));
    assert_eq!(study.likeliest(recess(Side::Left, Level::L3L4)), None, "nothing was seen at L3/L4");
    let claimed = assess(recess(Side::Left, Level::L3L4), &max(&study.boxes), &Prior::default());
    assert_eq!(likeliest(&claimed), Some(Severity::Severe), "which is what the box says");
    let Assessment::Detected { evidence, .. } =
        assess(recess(Side::Left, Level::L4L5), &study.resolve().votes, &Prior::default())
    else {
        panic!("detected")
    };
    assert_eq!(evidence[0].conflicts, [Conflict::Level]);
    assert_eq!(evidence[0].detection.class.grade.level(), Level::L3L4, "what the detector claimed stays readable");
}

/// An axial image does not show its level: scores of one place are spread over the names of several levels.
#[test]
fn names_of_several_levels_at_one_place_add_up() {
    let mut study = Study::default().with_canal(0);
    let disc = discs()[2];
    let slice = study.slice("ax", 0, axial(disc, 4.0));
    let at = beside(disc, Side::Right, 11.0);
    for (level, score) in [(Level::L2L3, 0.25), (Level::L3L4, 0.2), (Level::L4L5, 0.25)] {
        study.see(slice, at, recess(Side::Right, level), Severity::Moderate, score);
    }
    study.see(slice, at, recess(Side::Right, Level::L3L4), Severity::NormalMild, 0.4);
    // A fourth name, sure of itself alone, is what the reader is shown.
    study.see(slice, at, recess(Side::Right, Level::L5S1), Severity::Moderate, 0.3);
    let id = recess(Side::Right, Level::L3L4);
    assert_eq!(study.likeliest(id), Some(Severity::Moderate));
    let Assessment::Detected { evidence, .. } = assess(id, &study.resolve().votes, &Prior::default()) else {
        panic!("detected")
    };
    assert!((evidence[0].detection.score - 0.3).abs() < 1e-6 && evidence[0].weight > 0.9);
}

#[test]
fn a_slice_between_discs_hardly_counts() {
    let mut study = Study::default().with_canal(0);
    let (disc, body) = (discs()[2], (discs()[2] + discs()[3]) / 2.0);
    let at_disc = study.slice("ax", 0, axial(disc, 0.0));
    let at_body = study.slice("ax", 0, axial(body, 0.0));
    let grade = recess(Side::Left, Level::L3L4);
    study.see(at_disc, beside(disc, Side::Left, 11.0), grade, Severity::NormalMild, 0.3);
    study.see(at_body, beside(body, Side::Left, 11.0), grade, Severity::Severe, 0.8);
    assert_eq!(study.likeliest(grade), Some(Severity::NormalMild));
}

/// Blocks angled along their discs reach into each other in space; each slice has its own plane.
#[test]
fn overlapping_angled_blocks_keep_their_levels() {
    let mut study = Study::default().with_canal(0);
    for (i, tilt) in [(3usize, -12.0), (4, -34.0)] {
        let disc = discs()[i];
        for step in -3..=3 {
            let normal = axial(disc, tilt).normal();
            let through = disc + normal * f64::from(step) * 4.0;
            let slice = study.slice("ax", 0, axial(through, tilt));
            // The detector calls everything L4/L5.
            let severity = if i == 3 { Severity::NormalMild } else { Severity::Severe };
            study.see(slice, beside(through, Side::Left, 11.0), recess(Side::Left, Level::L4L5), severity, 0.6);
        }
    }
    assert_eq!(study.likeliest(recess(Side::Left, Level::L4L5)), Some(Severity::NormalMild));
    assert_eq!(study.likeliest(recess(Side::Left, Level::L5S1)), Some(Severity::Severe));
}

#[test]
fn several_axial_series_are_read_together() {
    let mut study = Study::default().with_canal(0);
    for (series, level) in [("ax1", 1usize), ("ax2", 4)] {
        let disc = discs()[level];
        let slice = study.slice(series, 0, axial(disc, 0.0));
        study.see(slice, beside(disc, Side::Right, 11.0), recess(Side::Right, Level::L3L4), Severity::Moderate, 0.5);
    }
    assert_eq!(study.likeliest(recess(Side::Right, Level::L2L3)), Some(Severity::Moderate));
    assert_eq!(study.likeliest(recess(Side::Right, Level::L5S1)), Some(Severity::Moderate));
    assert_eq!(study.likeliest(recess(Side::Right, Level::L3L4)), None);
}

/// Other frames of reference, or no sagittal series: nothing is known, and the boxes are taken at their word.
#[test]
fn without_a_common_space_or_a_sagittal_series_boxes_are_taken_at_their_word() {
    let add_axial = |mut study: Study| {
        let disc = discs()[3];
        let slice = study.slice("ax", 1, axial(disc, 0.0));
        study.see(slice, beside(disc, Side::Left, 11.0), recess(Side::Left, Level::L2L3), Severity::Severe, 0.7);
        study
    };
    for study in [add_axial(Study::default().with_canal(0)), add_axial(Study::default())] {
        assert_eq!(study.likeliest(recess(Side::Left, Level::L2L3)), Some(Severity::Severe));
        let why = study.resolve().at_their_word;
        assert!(why[&Role::Ss].contains("no disc"), "{why:?}");
        assert!(!why.contains_key(&Role::Scs));
    }
    let mut lost = add_axial(Study::default().with_canal(1));
    lost.slices.retain(|(id, _)| id.series_uid != "ax");
    assert!(lost.resolve().at_their_word[&Role::Ss].contains("some slices have no position"));
}

/// A detector that has lost its way calls the whole image a finding, and is sure of it.
#[test]
fn a_box_as_large_as_the_trunk_says_nothing() {
    let mut study = Study::default().with_canal(0);
    let disc = discs()[0];
    let slice = study.slice("ax", 0, axial(disc, 0.0));
    let grade = recess(Side::Left, Level::L1L2);
    study.see(slice, beside(disc, Side::Left, 11.0), grade, Severity::NormalMild, 0.6);
    study.see(slice, disc, grade, Severity::Severe, 0.99);
    study.boxes.last_mut().unwrap().bbox = BBox::new(0.0, 0.0, 400.0, 400.0);
    assert_eq!(study.likeliest(grade), Some(Severity::NormalMild));
    assert!(study.resolve().votes.iter().any(|v| v.conflicts == [Conflict::Size]));
}

#[test]
fn a_level_that_no_axial_slice_reaches_stays_unseen() {
    let mut study = Study::default().with_canal(0);
    let disc = discs()[4];
    let slice = study.slice("ax", 0, axial(disc, -20.0));
    study.see(slice, beside(disc, Side::Left, 11.0), recess(Side::Left, Level::L1L2), Severity::Severe, 0.9);
    assert_eq!(study.likeliest(recess(Side::Left, Level::L1L2)), None);
    assert_eq!(study.likeliest(recess(Side::Left, Level::L5S1)), Some(Severity::Severe));
}

/// +x is the patient's left, however the stack was scanned.
#[test]
fn a_foramen_is_left_or_right_by_where_its_slice_lies() {
    let mut study = Study::default().with_canal(0);
    let disc = discs()[3];
    let slice = study.slice("t1", 0, sagittal(-17.0));
    let at = disc + Vec3::new(-18.0, -3.0, 6.0);
    study.see(slice, at, foramen(Side::Left, Level::L4L5), Severity::Severe, 0.8);
    assert_eq!(study.likeliest(foramen(Side::Right, Level::L4L5)), Some(Severity::Severe));
    assert_eq!(study.likeliest(foramen(Side::Left, Level::L4L5)), None);
    let votes = study.resolve().votes;
    assert!(votes.iter().any(|v| v.conflicts == [Conflict::Side] && v.weight < v.detection.score));
}

#[test]
fn a_canal_box_at_another_disc_counts_there() {
    let mut study = Study::default().with_canal(0);
    let slice = study.slice("t2", 0, sagittal(5.0));
    study.see(slice, discs()[4], canal(Level::L4L5), Severity::Severe, 0.95);
    // The wrong name must not outshout what lies at the disc that it names.
    assert_eq!(study.likeliest(canal(Level::L4L5)), Some(Severity::NormalMild));
    // Far above the five: a thoracic disc that is called L1/L2.
    study.see(slice, discs()[0] + Vec3::Z * 35.0, canal(Level::L1L2), Severity::Severe, 0.9);
    assert_eq!(study.likeliest(canal(Level::L1L2)), Some(Severity::NormalMild));
}

/// Boxes where a good detector draws them, with names that are right: geometry has nothing to mend.
fn plain_study(severities: &[usize; 25]) -> Study {
    let mut study = Study::default();
    let middle = study.slice("t2", 0, sagittal(1.5));
    let sides = [Side::Left, Side::Right];
    let foramina = sides.map(|side| study.slice("t1", 0, sagittal(beside(discs()[0], side, 18.0).x)));
    let axials = discs().map(|disc| study.slice("ax", 0, axial(disc, -8.0)));
    for id in GradeId::ALL {
        let disc = discs()[id.level().index()];
        let severity = Severity::ALL[severities[id.index()]];
        let lateral = |mm| id.side().map_or(disc, |side| beside(disc, side, mm));
        let (slice, point) = match id.condition() {
            Condition::SpinalCanalStenosis => (middle, disc),
            Condition::NeuralForaminalNarrowing => {
                (foramina[usize::from(id.side() == Some(Side::Right))], lateral(18.0) + Vec3::new(0.0, -3.0, 6.0))
            }
            Condition::SubarticularStenosis => (axials[id.level().index()], lateral(11.0)),
        };
        study.see(slice, point, id, severity, 0.6);
        study.see(slice, point, id, Severity::ALL[(severities[id.index()] + 1) % 3], 0.2);
    }
    study
}

proptest! {
    #[test]
    fn where_names_are_right_geometry_says_what_max_says(severities in prop::array::uniform25(0usize..3)) {
        let study = plain_study(&severities);
        let (resolved, plain) = (study.resolve(), max(&study.boxes));
        prop_assert!(resolved.votes.iter().all(|v| v.conflicts.is_empty()));
        for id in GradeId::ALL {
            let geometric = likeliest(&assess(id, &resolved.votes, &Prior::default()));
            prop_assert_eq!(geometric, likeliest(&assess(id, &plain, &Prior::default())));
            prop_assert_eq!(geometric, Some(Severity::ALL[severities[id.index()]]));
        }
    }

    /// A spine that lies elsewhere in the scanner, a little turned, is the same spine; and lists have no order.
    #[test]
    fn the_place_in_the_scanner_and_the_order_of_boxes_do_not_matter(
        severities in prop::array::uniform25(0usize..3),
        shift in prop::array::uniform3(-200f64..200.0),
        turn_deg in -8f64..8.0,
        seed in any::<u64>(),
    ) {
        use rand::{SeedableRng, seq::SliceRandom};
        let study = plain_study(&severities);
        let mut moved = study.clone();
        let turn = glam::DQuat::from_rotation_x(turn_deg.to_radians());
        for (_, placed) in &mut moved.slices {
            let old = placed.plane;
            let [a, b] = [old.column_direction(), old.row_direction()].map(|d| turn * d);
            let origin = turn * old.origin() + Vec3::from_array(shift);
            let cosines = [a.x, a.y, a.z, b.x, b.y, b.z];
            placed.plane = ImagePlane::new(origin.to_array(), cosines, old.pixel_spacing(), SIZE, SIZE).unwrap();
        }
        moved.boxes.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
        let (here, there) = (study.resolve(), moved.resolve());
        for id in GradeId::ALL {
            let row = |votes| likeliest(&assess(id, votes, &Prior::default()));
            prop_assert_eq!(row(&here.votes), row(&there.votes), "{}", id);
        }
    }

    /// Whatever detectors draw: no panic, weights stay scores, and rows are rows.
    #[test]
    fn any_boxes_make_votes_between_0_and_1(
        boxes in prop::collection::vec((0usize..25, 0usize..3, 0usize..8, 0f64..400.0, 0f64..400.0, 0.01f32..1.0), 0..80)
    ) {
        let mut study = plain_study(&[0; 25]);
        study.boxes.clear();
        for (id, severity, slice, x, y, score) in boxes {
            let point = study.slices[slice].1.plane.patient_from_pixel(PixelCenter::new(x, y));
            study.see(slice, point, GradeId::ALL[id], Severity::ALL[severity], score);
        }
        let votes = study.resolve().votes;
        prop_assert_eq!(votes.len(), study.boxes.len(), "no box is lost");
        prop_assert!(votes.iter().all(|v| (0.0..=1.0).contains(&v.weight)));
    }
}

impl Study {
    /// Five axial slices through the discs, with both recesses; a slice and its boxes lie `aside` of the spine, and the
    /// first `swapped` boxes name the other side.
    fn with_recesses(mut self, aside: Vec3, swapped: usize) -> Self {
        let mut count = 0;
        for (&level, disc) in Level::ALL.iter().zip(discs()) {
            let slice = self.slice("ax", 0, axial(disc + aside, 0.0));
            for &side in Side::ALL {
                let other = if side == Side::Left { Side::Right } else { Side::Left };
                let named = if count < swapped { other } else { side };
                let point = beside(disc, side, 12.0) + aside;
                self.see(slice, point, recess(named, level), Severity::Severe, 0.7);
                count += 1;
            }
        }
        self
    }

    fn side_conflicts(&self) -> usize {
        self.resolve().votes.iter().filter(|vote| vote.conflicts.contains(&Conflict::Side)).count()
    }
}

/// A wrong number in every file of a series must not change a side or level of all its findings.
#[test]
fn a_series_that_cannot_lie_where_it_says_is_taken_at_its_word_as_a_whole() {
    let mirrored = Study::default().with_canal(0).with_recesses(Vec3::ZERO, 10);
    let far = Study::default().with_canal(0).with_recesses(Vec3::X * 120.0, 0);
    for (name, study) in [("mirrored", mirrored), ("far", far)] {
        let resolved = study.resolve();
        assert_eq!(resolved.doubts.keys().collect::<Vec<_>>(), ["ax"], "{name}");
        assert!(resolved.at_their_word.contains_key(&Role::Ss), "{name}");
        assert!(resolved.doubts["ax"].denies_place(), "{name}");
        for vote in resolved.votes.iter().filter(|vote| vote.detection.slice.series_uid == "ax") {
            assert_eq!((vote.grade, vote.conflicts.len()), (vote.detection.class.grade, 0), "{name}");
        }
    }
}

#[test]
fn single_mistakes_of_a_detector_say_nothing_of_its_series() {
    let good = Study::default().with_canal(0).with_recesses(Vec3::ZERO, 0);
    assert!(good.resolve().doubts.is_empty() && good.side_conflicts() == 0);
    let three = Study::default().with_canal(0).with_recesses(Vec3::ZERO, 3);
    assert!(three.resolve().doubts.is_empty());
    assert_eq!(three.side_conflicts(), 3, "they are mended, and said");
}

#[test]
fn a_series_above_or_below_the_spine_and_one_beside_its_level_are_said() {
    let along = |mm: f64| Study::default().with_canal(0).with_recesses(Vec3::Z * mm, 0).resolve();
    for mm in [-17.5, 300.0, 2000.0] {
        let resolved = along(mm);
        assert_eq!(resolved.doubts.get("ax"), Some(&SeriesDoubt::FarFromDiscs), "{mm}");
        for vote in resolved.votes.iter().filter(|vote| vote.detection.slice.series_uid == "ax") {
            assert_eq!(vote.grade, vote.detection.class.grade, "{mm}");
        }
    }
    // One level down: the names or the place are wrong, and nothing tells which. The place counts, and it is said.
    let resolved = along(-35.5);
    assert_eq!(resolved.doubts.get("ax"), Some(&SeriesDoubt::Miscounted(1)));
    assert!(resolved.at_their_word.is_empty());
    // Between two discs that were found nothing is known of the others.
    let mut study = Study::default();
    let slice = study.slice("t2", 0, sagittal(1.5));
    for (&level, disc) in Level::ALL.iter().zip(discs()).take(2) {
        study.see(slice, disc, canal(level), Severity::NormalMild, 0.8);
    }
    assert!(study.with_recesses(Vec3::ZERO, 0).resolve().doubts.is_empty());
}

/// A sign in the positions: the names of axial boxes say little, their order says that head and feet are changed.
#[test]
fn an_axial_series_from_foot_to_head_is_taken_at_its_word() {
    let mut study = Study::default().with_canal(0);
    for (&level, disc) in Level::ALL.iter().zip(discs()) {
        let slice = study.slice("ax", 0, axial(Vec3::new(disc.x, disc.y, -disc.z), 0.0));
        for &side in Side::ALL {
            let point = beside(Vec3::new(disc.x, disc.y, -disc.z), side, 12.0);
            study.see(slice, point, recess(side, level), Severity::Severe, 0.7);
        }
    }
    let resolved = study.resolve();
    assert_eq!(resolved.doubts.get("ax"), Some(&SeriesDoubt::Contradicted), "{:?}", resolved.doubts);
    for vote in resolved.votes.iter().filter(|vote| vote.detection.slice.series_uid == "ax") {
        assert_eq!(vote.grade, vote.detection.class.grade);
    }
}

/// Levels from foot to head: no spine is so, and a file whose images were turned by 180 degrees is.
#[test]
fn a_sagittal_series_upside_down_gives_no_axial_slice_its_level() {
    let mut study = Study::default();
    let slice = study.slice("t2", 0, sagittal(1.5));
    for (&level, disc) in Level::ALL.iter().rev().zip(discs()) {
        study.see(slice, disc, canal(level), Severity::NormalMild, 0.8);
    }
    let study = study.with_recesses(Vec3::ZERO, 0);
    let resolved = study.resolve();
    for vote in &resolved.votes {
        let claimed = vote.detection.class.grade;
        assert!(vote.grade.level() == claimed.level() || resolved.doubts.is_empty(), "{claimed:?}: {resolved:?}");
    }
}

/// The boxes of the detector of levels on one sagittal slice: the middles of the discs, before the canal.
fn discs_found(study: &mut Study, found: &[Level]) -> Discs {
    let slice = study.slice("t1", 0, sagittal(1.5));
    let (id, at) = study.slices[slice].clone();
    let boxes: Vec<Detection<DiscClass>> = found
        .iter()
        .map(|&level| {
            let center = PixelCorner::from(at.plane.pixel_from_patient(discs()[level.index()] - Vec3::Y * 24.0));
            let bbox = BBox::from_center(center.x as f32, center.y as f32, 60.0, 20.0);
            Detection { class: DiscClass(level), score: 0.8, bbox, slice: id.clone() }
        })
        .collect();
    Discs::find(&boxes, &Layout::new(study.slices.iter().cloned()))
}

fn resolve_at(discs: &Discs, study: &Study) -> Resolved {
    geometric_at(discs, &study.boxes, &Layout::new(study.slices.iter().cloned()))
}

/// A detector of the canal that has seen phantoms alone counts from a wrong vertebra of a patient: every grade would be
/// that of the neighbouring disc.
#[test]
fn discs_outvote_a_detector_that_counts_from_the_wrong_vertebra() {
    let mut study = Study::default();
    let slice = study.slice("t2", 0, sagittal(1.5));
    for (i, disc) in discs().into_iter().enumerate().skip(1) {
        let severity = if i == 3 { Severity::Severe } else { Severity::NormalMild };
        study.see(slice, disc, canal(Level::ALL[i - 1]), severity, 0.8);
    }
    let found = discs_found(&mut study, Level::ALL);
    let resolved = resolve_at(&found, &study);
    let of = |resolved: &Resolved, level| likeliest(&assess(canal(level), &resolved.votes, &Prior::default()));
    assert_eq!(of(&resolved, Level::L4L5), Some(Severity::Severe));
    assert_eq!(of(&study.resolve(), Level::L3L4), Some(Severity::Severe), "which is what the names say");
    for (found, truth) in resolved.levels.iter().zip(discs()).skip(1) {
        assert!(found.unwrap().distance(truth) < 1.0, "the canal is where its boxes lie");
    }
    assert!(resolved.levels[0].unwrap().distance(discs()[0]) < 6.0, "and where there is none, behind the disc");
}

/// With two discs the numbering hangs on one name: nothing changes.
#[test]
fn fewer_than_three_discs_change_nothing() {
    let mut study = Study::default().with_canal(0);
    let found = discs_found(&mut study, &[Level::L1L2, Level::L2L3]);
    assert_eq!((found.alone().len(), resolve_at(&found, &study)), (2, study.resolve()));
}

/// On a real axial image a detector of phantoms sees a recess in a muscle, with great confidence.
#[test]
fn an_axial_box_far_from_where_the_discs_put_the_recesses_counts_little() {
    let mut study = Study::default().with_canal(0);
    let (disc, grade) = (discs()[3], recess(Side::Left, Level::L4L5));
    let slice = study.slice("ax", 0, axial(disc, 0.0));
    study.see(slice, beside(disc, Side::Left, 10.0), grade, Severity::NormalMild, 0.3);
    study.see(slice, beside(disc, Side::Left, 35.0) + Vec3::Y * 30.0, grade, Severity::Severe, 0.9);
    let found = discs_found(&mut study, Level::ALL);
    let of = |resolved: &Resolved| likeliest(&assess(grade, &resolved.votes, &Prior::default()));
    assert_eq!(of(&resolve_at(&found, &study)), Some(Severity::NormalMild));
    assert_eq!(of(&study.resolve()), Some(Severity::Severe), "without discs, as before");
}
