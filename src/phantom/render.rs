//! Planes through a subject to 12-bit pixels: partial volume, coil sensitivity, chemical shift, blur, motion, wrap,
//! noise, and the processing that scanners apply before they store an image.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::{anatomy::Subject, material::Tissue, noise, series::SeriesPlan, tissue::tissue_at, variety::Variety};
use crate::{
    geometry::{ImagePlane, PixelCenter, Vec3},
    grading::Role,
};

/// `BitsStored` is 12.
pub const MAX_VALUE: u16 = 4095;

/// Scanner conditions: drawn once per series.
#[derive(Debug, Clone)]
struct Camera {
    signals: [f64; Tissue::COUNT],
    /// Stored value of signal 1.
    gain: f64,
    /// Standard deviation of the noise in each channel, in signal units.
    noise: f64,
    coil: Coil,
    /// Pixels by which fat is shifted along the rows.
    fat_shift: usize,
    /// Of successive Gaussians, pixels.
    blur: Vec<f64>,
    /// Fraction of the blurred image that is subtracted again, as scanners' edge filters do.
    sharpen: f32,
    /// Strength, and distance as a share of the rows, of ghosts along the columns; mostly 0.
    ghost: (f32, f64),
    /// Pixels over which an image is smeared along the columns; 0 for still patients.
    smear: usize,
    /// Share of the rows that folds over from the other end, and how strongly; mostly 0.
    wrap: (f64, f32),
    /// Gamma of the stored image: below 1 brightens dark areas.
    gamma: f64,
    /// Strength and scale (mm) of a mottle that no tissue explains.
    mottle: (f64, f64),
    /// Images are dark in front of this: a saturation band against bowel motion. Patient y in sagittal images, mm down
    /// from the middle of axial ones.
    saturated_from: Option<f64>,
    /// Samples across the slice thickness.
    samples: u32,
    seed: u64,
}

/// The sensitivity of the coil.
#[derive(Debug, Clone)]
struct Coil {
    /// Growth of the signal per 100 mm towards the back, and to the left.
    slope: [f64; 2],
    /// mm from the skin of the back at which an array's signal has halved, and the steepness; `None` for a body coil.
    depth: Option<(f64, f64)>,
    /// Middle and half length along the body, mm.
    along: Option<(f64, f64)>,
}

impl Coil {
    /// Axial images are mostly made with the spine array alone.
    fn draw(rng: &mut impl Rng, v: Variety, sagittal: bool) -> Self {
        let array = if sagittal { v.chance(rng, 0.0, 0.5) } else { v.chance(rng, 1.0, 0.8) };
        let short = v.chance(rng, 0.0, 0.3);
        Self {
            slope: [v.between(rng, (0.05, 0.45), (-0.2, 0.6)), v.between(rng, (-0.06, 0.06), (-0.2, 0.2))],
            depth: array.then(|| (v.between(rng, (90.0, 130.0), (75.0, 190.0)), rng.random_range(1.0..3.0))),
            along: short.then(|| (rng.random_range(-60.0..60.0), rng.random_range(110.0..260.0))),
        }
    }

    fn sensitivity(&self, subject: &Subject, point: Vec3) -> f64 {
        let mut value = (1.0 + self.slope[0] * point.y / 100.0 + self.slope[1] * point.x / 100.0).max(0.2);
        if let Some((half, steepness)) = self.depth {
            let depth = (subject.skin_of_back(point.z) - point.y).max(0.0);
            value *= 1.6 / (1.0 + (depth / half).powf(steepness));
        }
        if let Some((middle, reach)) = self.along {
            value *= (-((point.z - middle) / reach).powi(2)).exp();
        }
        value
    }
}

/// The stored values of every image of a series, in the plan's order; MONOCHROME1 values if the plan says so.
pub fn render(
    rng: &mut impl Rng,
    subject: &Subject,
    plan: &SeriesPlan,
    samples: u32,
    variety: Variety,
) -> Vec<Vec<u16>> {
    let camera = Camera::draw(rng, subject, plan, samples, variety);
    plan.planes.par_iter().enumerate().map(|(index, plane)| camera.image(subject, plane, plan, index as u64)).collect()
}

impl Camera {
    fn draw(rng: &mut impl Rng, subject: &Subject, plan: &SeriesPlan, samples: u32, v: Variety) -> Self {
        let sagittal = matches!(plan.role, Some(Role::Nfn | Role::Scs));
        // A low field has more noise; most series have little.
        let noise = v.between(rng, (0.006, 0.022), (0.003, 0.035)) * if v.chance(rng, 0.0, 0.15) { 2.0 } else { 1.0 };
        let passes = if v.chance(rng, 0.0, 0.4) { rng.random_range(2..5) } else { 1 };
        Self {
            signals: plan.sequence.signals(subject.marrow_fat),
            gain: v.between(rng, (700.0, 2200.0), (200.0, 3200.0)),
            noise,
            coil: Coil::draw(rng, v, sagittal),
            fat_shift: v.between(rng, (0.0, 3.0), (0.0, 5.0)) as usize,
            blur: (0..passes).map(|_| v.between(rng, (0.35, 0.7), (0.3, 0.85))).collect(),
            sharpen: if v.chance(rng, 0.0, 0.3) { rng.random_range(0.2..1.2) } else { 0.0 },
            ghost: if v.chance(rng, 0.06, 0.2) {
                (rng.random_range(0.02..0.1), v.between(rng, (0.2, 0.2), (0.05, 0.45)))
            } else {
                (0.0, 0.0)
            },
            smear: if v.chance(rng, 0.0, 0.12) { rng.random_range(2..6) } else { 0 },
            wrap: if v.chance(rng, 0.0, 0.12) {
                (rng.random_range(0.04..0.15), rng.random_range(0.2..0.7))
            } else {
                (0.0, 0.0)
            },
            gamma: v.between(rng, (1.0, 1.0), (0.8, 0.95)) * v.factor(rng, 0.2),
            mottle: (v.between(rng, (0.0, 0.0), (0.0, 0.2)), rng.random_range(2.0..18.0)),
            saturated_from: if sagittal {
                v.chance(rng, 0.7, 0.5).then(|| v.between(rng, (-58.0, -38.0), (-85.0, -36.0)))
            } else {
                v.chance(rng, 0.7, 0.55).then(|| v.between(rng, (-60.0, -45.0), (-80.0, -36.0)))
            },
            samples,
            seed: rng.random(),
        }
    }

    fn image(&self, subject: &Subject, plane: &ImagePlane, plan: &SeriesPlan, index: u64) -> Vec<u16> {
        let (columns, rows) = (plane.columns() as usize, plane.rows() as usize);
        let mut water = vec![0.0f32; columns * rows];
        let mut fat = water.clone();
        let offsets: Vec<Vec3> = (0..self.samples)
            .map(|i| plane.normal() * (((f64::from(i) + 0.5) / f64::from(self.samples) - 0.5) * plan.thickness))
            .collect();
        let share = 1.0 / self.samples as f32;
        for row in 0..rows {
            for column in 0..columns {
                let center = plane.patient_from_pixel(PixelCenter::new(column as f64, row as f64)) + plan.moved;
                let center = center + subject.warp.shift(center);
                let at = row * columns + column;
                for offset in &offsets {
                    let blend = tissue_at(subject, center + *offset);
                    let signal = (self.signals[blend.tissue as usize] * blend.strength) as f32 * share;
                    if blend.tissue == Tissue::Fat {
                        fat[at] += signal;
                    } else {
                        let fatty = blend.fat as f32;
                        water[at] += signal * (1.0 - fatty);
                        fat[at] += self.signals[Tissue::Fat as usize] as f32 * share * fatty;
                    }
                }
            }
        }
        for (water, fat) in water.chunks_exact_mut(columns).zip(fat.chunks_exact(columns)) {
            water[self.fat_shift..].iter_mut().zip(fat).for_each(|(w, f)| *w += f);
        }
        self.encode(&mut water, columns);
        self.expose(&water, subject, plane, plan.inverted, index)
    }

    /// The effects between the scene and a finished image: blur, motion, fold-over, edge filter.
    fn encode(&self, signal: &mut [f32], columns: usize) {
        for &sigma in &self.blur {
            blur(signal, columns, sigma);
        }
        let rows = signal.len() / columns;
        if self.smear > 0 {
            let still = signal.to_vec();
            for (at, value) in signal.iter_mut().enumerate() {
                let row = at / columns;
                let seen = (0..self.smear).map(|d| still[(row + d).min(rows - 1) * columns + at % columns]);
                *value = seen.sum::<f32>() / self.smear as f32;
            }
        }
        if self.ghost.0 > 0.0 {
            let still = signal.to_vec();
            let distance = ((self.ghost.1 * rows as f64) as usize).max(1);
            for (at, value) in signal.iter_mut().enumerate() {
                *value += self.ghost.0 * still[(at / columns + distance) % rows * columns + at % columns];
            }
        }
        let folded = (self.wrap.0 * rows as f64) as usize;
        for row in 0..folded {
            let strength = self.wrap.1 * (1.0 - row as f32 / folded as f32);
            for column in 0..columns {
                let (top, bottom) = (row * columns + column, (rows - 1 - row) * columns + column);
                let (above, below) = (signal[top], signal[bottom]);
                signal[top] += strength * below;
                signal[bottom] += strength * above;
            }
        }
        if self.sharpen > 0.0 {
            let mut soft = signal.to_vec();
            blur(&mut soft, columns, 1.0);
            signal.iter_mut().zip(&soft).for_each(|(v, soft)| *v = (*v + self.sharpen * (*v - soft)).max(0.0));
        }
    }

    /// Signal to stored values.
    fn expose(&self, signal: &[f32], subject: &Subject, plane: &ImagePlane, inverted: bool, index: u64) -> Vec<u16> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(index));
        let (columns, rows) = (plane.columns() as usize, plane.rows() as usize);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let mut pixels = Vec::with_capacity(signal.len());
        let (mottle, scale) = self.mottle;
        let (down, middle) = (plane.row_direction(), f64::from(plane.rows()) / 2.0);
        for row in 0..rows {
            for column in 0..columns {
                let point = plane.patient_from_pixel(PixelCenter::new(column as f64, row as f64));
                let mut value = f64::from(signal[row * columns + column]);
                if mottle > 0.0 {
                    value *= 1.0 + mottle * (2.0 * noise::field(self.seed as u32, point, scale) - 1.0);
                }
                value *= self.coil.sensitivity(subject, point);
                if let Some(edge) = self.saturated_from {
                    let y = if down.y > 0.7 { (row as f64 - middle) * plane.pixel_spacing()[0] } else { point.y };
                    value *= 0.12 + 0.88 / (1.0 + ((edge - y) / 3.0).exp());
                }
                // Rician: the magnitude of a noisy complex number.
                let noisy = (value + self.noise * normal()).hypot(self.noise * normal());
                let stored = (noisy.powf(self.gamma) * self.gain).round().clamp(0.0, f64::from(MAX_VALUE)) as u16;
                pixels.push(if inverted { MAX_VALUE - stored } else { stored });
            }
        }
        pixels
    }
}

/// A Gaussian with three taps each way, edges repeated.
fn blur(values: &mut [f32], columns: usize, sigma: f64) {
    let side = (-0.5 / (sigma * sigma)).exp();
    let (center, side) = ((1.0 / (1.0 + 2.0 * side)) as f32, (side / (1.0 + 2.0 * side)) as f32);
    for row in values.chunks_exact_mut(columns) {
        let mut before = row[0];
        for i in 0..columns {
            let here = row[i];
            let after = row[(i + 1).min(columns - 1)];
            row[i] = center * here + side * (before + after);
            before = here;
        }
    }
    let mut before: Vec<f32> = values[..columns].to_vec();
    let rows = values.len() / columns;
    for row in 0..rows {
        let next = (row + 1).min(rows - 1) * columns;
        for column in 0..columns {
            let here = values[row * columns + column];
            let after = values[next + column];
            values[row * columns + column] = center * here + side * (before[column] + after);
            before[column] = here;
        }
    }
}
