//! Planes through a subject to 12-bit pixels: partial volume, coil bias, chemical shift, blur, ghost, noise.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

use super::{
    anatomy::Subject,
    series::SeriesPlan,
    tissue::{Tissue, tissue_at},
};
use crate::{
    geometry::{ImagePlane, Vec3},
    grading::Role,
};

/// `BitsStored` is 12.
pub const MAX_VALUE: u16 = 4095;

/// How the scanner and the day were: drawn once a series.
#[derive(Debug, Clone)]
struct Camera {
    signals: [f64; Tissue::COUNT],
    /// Stored value of signal 1.
    gain: f64,
    /// Standard deviation of the noise in either channel, in signal.
    noise: f64,
    /// The back is nearer to the coil: growth of the signal per 100 mm towards it, and to the left.
    bias: [f64; 2],
    /// Pixels by which fat lies off along the rows.
    fat_shift: usize,
    /// Of a Gaussian, pixels.
    blur: f64,
    /// Strength of a ghost along the columns; mostly 0.
    ghost: f64,
    /// Sagittal images are dark in front of this patient y: a saturation band against bowel that moves.
    saturated_from: Option<f64>,
    /// Samples across the slice thickness.
    samples: u32,
    seed: u64,
}

/// The stored values of every image of a series, in the plan's order; MONOCHROME1 values where it says so.
pub fn render(rng: &mut impl Rng, subject: &Subject, plan: &SeriesPlan, samples: u32) -> Vec<Vec<u16>> {
    let camera = Camera::draw(rng, subject, plan, samples);
    plan.planes.par_iter().enumerate().map(|(index, plane)| camera.image(subject, plane, plan, index as u64)).collect()
}

impl Camera {
    fn draw(rng: &mut impl Rng, subject: &Subject, plan: &SeriesPlan, samples: u32) -> Self {
        let sagittal = matches!(plan.role, Some(Role::Nfn | Role::Scs));
        Self {
            signals: plan.sequence.signals(subject.marrow_fat),
            gain: rng.random_range(700.0..2200.0),
            noise: rng.random_range(0.006..0.022),
            bias: [rng.random_range(0.05..0.45), rng.random_range(-0.06..0.06)],
            fat_shift: rng.random_range(0..3),
            blur: rng.random_range(0.35..0.7),
            ghost: if rng.random_bool(0.06) { rng.random_range(0.02..0.06) } else { 0.0 },
            saturated_from: (sagittal && rng.random_bool(0.7)).then(|| rng.random_range(-58.0..-38.0)),
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
        for row in 0..rows {
            for column in 0..columns {
                let center = plane.patient_from_pixel(column as f64, row as f64);
                let at = row * columns + column;
                for offset in &offsets {
                    let (tissue, strength) = tissue_at(subject, center + *offset);
                    let signal = (self.signals[tissue as usize] * strength) as f32 / self.samples as f32;
                    if tissue == Tissue::Fat { fat[at] += signal } else { water[at] += signal }
                }
            }
        }
        for (water, fat) in water.chunks_exact_mut(columns).zip(fat.chunks_exact(columns)) {
            water[self.fat_shift..].iter_mut().zip(fat).for_each(|(w, f)| *w += f);
        }
        blur(&mut water, columns, self.blur);
        self.expose(&water, plane, plan.inverted, index)
    }

    /// Signal to stored values.
    fn expose(&self, signal: &[f32], plane: &ImagePlane, inverted: bool, index: u64) -> Vec<u16> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(index));
        let (columns, rows) = (plane.columns() as usize, plane.rows() as usize);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let mut pixels = Vec::with_capacity(signal.len());
        for row in 0..rows {
            for column in 0..columns {
                let point = plane.patient_from_pixel(column as f64, row as f64);
                let mut value = f64::from(signal[row * columns + column]);
                if self.ghost > 0.0 {
                    value += self.ghost * f64::from(signal[(row + rows / 5) % rows * columns + column]);
                }
                value *= (1.0 + self.bias[0] * point.y / 100.0 + self.bias[1] * point.x / 100.0).max(0.2);
                if let Some(edge) = self.saturated_from {
                    value *= 0.15 + 0.85 / (1.0 + ((edge - point.y) / 3.0).exp());
                }
                // Rician: the length of a noisy complex number.
                let noisy = (value + self.noise * normal()).hypot(self.noise * normal());
                let stored = (noisy * self.gain).round().clamp(0.0, f64::from(MAX_VALUE)) as u16;
                pixels.push(if inverted { MAX_VALUE - stored } else { stored });
            }
        }
        pixels
    }
}

/// A Gaussian of three taps each way, edges repeated.
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
