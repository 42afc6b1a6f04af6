//! One phantom study: subject, series, ids; derived only from (seed, number).

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{
    Dialect, PhantomOptions,
    anatomy::Subject,
    disease::Disease,
    render,
    series::{SeriesPlan, Size, draw_series},
    variety::Variety,
};
use crate::{
    grading::{GradeId, Role},
    uid,
};

/// Share of studies that lack one of the three series.
const MISSING_SERIES: f64 = 0.03;
/// Share of clinical series that are RLE Lossless.
const RLE_SHARE: f64 = 0.15;

/// A study before its pixels are rendered.
#[derive(Debug, Clone)]
pub struct PhantomStudy {
    /// The run's seed.
    pub seed: u64,
    /// Its number in the run, from 1.
    pub number: u32,
    /// Who.
    pub subject: Subject,
    /// What is scanned.
    pub series: Vec<SeriesPlan>,
    /// For each series: RLE Lossless rather than uncompressed.
    pub rle: Vec<bool>,
    /// Names in the files.
    pub ids: Ids,
    /// Which kind of files.
    pub dialect: Dialect,
    size: Size,
    variety: Variety,
    pixel_seed: u64,
}

/// UIDs, or the plain numbers of the contest.
#[derive(Debug, Clone)]
pub struct Ids {
    /// `StudyInstanceUID`, the folder's name and `study_id`.
    pub study: String,
    /// By series: the folder's name and `series_id`.
    pub series: Vec<String>,
    /// `FrameOfReferenceUID` by series; the first is that of a clinical study.
    pub frame_of_reference: Vec<String>,
    dialect: Dialect,
}

/// Where a grader's point lies.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelPoint {
    /// Which of the 25.
    pub id: GradeId,
    /// Index of the series.
    pub series: usize,
    /// `InstanceNumber`.
    pub instance: u32,
    /// Column, in pixels.
    pub x: f64,
    /// Row, in pixels.
    pub y: f64,
}

impl Ids {
    fn clinical(rng: &mut impl Rng, series: usize) -> Self {
        let mut new = || uid::of_number(rng.random::<u128>() >> 6);
        let frame_of_reference: Vec<String> = (0..series).map(|_| new()).collect();
        let study = new();
        let series = (0..series).map(|_| new()).collect();
        Self { study, series, frame_of_reference, dialect: Dialect::Clinical }
    }

    /// Bare numbers for study and series; frames of reference are UIDs here, too.
    fn contest(rng: &mut impl Rng, frame_of_reference: Vec<String>) -> Self {
        let mut number = || rng.random_range(1_000_000u64..4_294_967_295).to_string();
        let study = number();
        let series = frame_of_reference.iter().map(|_| number()).collect();
        Self { study, series, frame_of_reference, dialect: Dialect::Contest }
    }

    /// `SeriesInstanceUID`; in the contest it is prefixed with the study's number.
    pub fn series_uid(&self, series: usize) -> String {
        match self.dialect {
            Dialect::Clinical => self.series[series].clone(),
            Dialect::Contest => format!("{}.{}", self.study, self.series[series]),
        }
    }

    /// `SOPInstanceUID`; in the contest it does not depend on the series, and repeats in each.
    pub fn instance(&self, series: usize, number: u32) -> String {
        match self.dialect {
            Dialect::Clinical => format!("{}.{number}", self.series[series]),
            Dialect::Contest => format!("{}.1.{number}", self.study),
        }
    }
}

impl PhantomStudy {
    /// The `number`th study of a run.
    pub fn draw(options: &PhantomOptions, number: u32) -> Self {
        let mut rng = rng_of(options.seed, number);
        let disease = Disease::draw(&mut rng, options.balance, options.label_noise);
        let variety = Variety::new(options.variety);
        let subject = Subject::draw(&mut rng, disease, variety);
        let mut series = draw_series(&mut rng, &subject, Size::Full, variety);
        if rng.random_bool(MISSING_SERIES) {
            let missing = Role::ALL[rng.random_range(0..3)];
            series.retain(|s| s.role != Some(missing));
        }
        let study = Self::assemble(&mut rng, (options.seed, number), subject, series, (Size::Full, variety));
        if options.dialect == Dialect::Contest { study.into_contest() } else { study }
    }

    /// The same spine in the same images, as in the contest's files: no localizer, everything in RLE, ids that are not
    /// UIDs.
    fn into_contest(mut self) -> Self {
        self.dialect = Dialect::Contest;
        // Last, so that the indices of the others do not change.
        let shown = self.series.iter().take_while(|s| s.role.is_some()).count();
        self.series.truncate(shown);
        self.ids.frame_of_reference.truncate(shown);
        self.rle = vec![true; shown];
        self.series.iter_mut().for_each(|s| s.inverted = false);
        let mut rng = ChaCha8Rng::seed_from_u64(self.pixel_seed);
        self.ids = Ids::contest(&mut rng, self.ids.frame_of_reference);
        self
    }

    /// A small clinical study with all three series: `findings` in an otherwise normal spine.
    pub fn demo(seed: u64, findings: &[(GradeId, crate::grading::Severity)]) -> Self {
        let mut rng = rng_of(seed, 0);
        let mut disease = Disease::draw(&mut rng, 0.0, 0.0);
        for id in GradeId::ALL {
            let severity = findings.iter().find(|f| f.0 == id).map_or(crate::grading::Severity::NormalMild, |f| f.1);
            disease.set(id, severity);
        }
        let subject = Subject::draw(&mut rng, disease, Variety::NONE);
        let series = draw_series(&mut rng, &subject, Size::Small, Variety::NONE);
        Self::assemble(&mut rng, (seed, 1), subject, series, (Size::Small, Variety::NONE))
    }

    fn assemble(
        rng: &mut ChaCha8Rng,
        (seed, number): (u64, u32),
        subject: Subject,
        series: Vec<SeriesPlan>,
        (size, variety): (Size, Variety),
    ) -> Self {
        let rle = series.iter().map(|_| size == Size::Full && rng.random_bool(RLE_SHARE)).collect();
        let ids = Ids::clinical(rng, series.len());
        let dialect = Dialect::Clinical;
        Self { seed, number, subject, series, rle, ids, dialect, size, variety, pixel_seed: rng.random() }
    }

    /// The stored values of every image of one series.
    pub fn render(&self, series: usize) -> Vec<Vec<u16>> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.pixel_seed.wrapping_add(1000 * series as u64));
        // Across a thick slice; a third sample matters only in the steepest places.
        let samples = if self.size == Size::Small || rng.random_bool(0.7) { 2 } else { 3 };
        render::render(&mut rng, &self.subject, &self.series[series], samples, self.variety)
    }

    /// Where graders would put their points: on the image nearest to the middle of the finding.
    pub fn label_points(&self) -> Vec<LabelPoint> {
        GradeId::ALL.into_iter().filter_map(|id| self.label_point(id)).collect()
    }

    /// On the nearest slice of any series of the right role.
    fn label_point(&self, id: GradeId) -> Option<LabelPoint> {
        let center = self.subject.center_of(id);
        let candidates = self.series.iter().enumerate().filter(|(_, s)| s.role == Some(id.condition().role()));
        let seen = candidates.flat_map(|(series, plan)| {
            let point = center - plan.moved;
            plan.planes.iter().enumerate().filter_map(move |(image, plane)| {
                let distance = plane.distance_from_patient(point).abs();
                let at = plane.pixel_from_patient(point);
                let instance = plan.first_instance + image as u32;
                let near = distance <= plan.step && plane.contains(at);
                near.then_some((distance, LabelPoint { id, series, instance, x: at.column, y: at.row }))
            })
        });
        seen.min_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, label)| label)
    }
}

/// Each study of a seed has its own random stream: the tenth is the same whether ten or fifty are made.
fn rng_of(seed: u64, number: u32) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(u64::from(number));
    rng
}
