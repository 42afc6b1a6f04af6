//! What lies around the spine: vessels, muscles, kidneys, bowel.

use glam::DVec3;

use super::{L1, S1, Sample, Site, noise};
use crate::phantom::material::Tissue;

impl Site<'_> {
    pub(super) fn vessels(&self) -> Option<Sample> {
        let front = self.at.back + self.at.wall;
        if !(-32.0..0.0).contains(&front) {
            return None;
        }
        // They bifurcate in front of L4.
        let spread = (self.vertebra as f64 - (L1 + 3) as f64 - self.over_body / 35.0).max(0.0) * 12.0;
        let size = if spread > 0.5 { 5.5 } else { 9.0 };
        let tube = |x: f64, y: f64, r: f64| {
            let d = ((self.at.left - x).powi(2) + (front - y).powi(2)).sqrt();
            (d < r).then_some(if d > r - 1.2 { (Tissue::Ligament, 1.0) } else { (Tissue::Blood, 1.0) })
        };
        tube(6.0 + spread, -11.5, size)
            .or_else(|| tube(6.0 - 1.2 * spread - 4.0, -12.5, if spread > 0.5 { size } else { 0.0 }))
            .or_else(|| tube(-14.0 + spread * 0.9, -9.0, size))
            .or_else(|| tube(-16.0 - spread * 0.8, -9.0, if spread > 0.5 { size } else { 0.0 }))
    }

    pub(super) fn muscles(&self) -> Option<Sample> {
        let (subject, m) = (self.subject, self.subject.muscle);
        let seed = subject.texture_seed;
        let grain = || 0.88 + 0.24 * noise::field(seed ^ 5, self.point, 3.0);
        let down = ((self.vertebra as f64 - L1 as f64 - self.over_body / 35.0) / 4.0).clamp(0.0, 1.2);
        let psoas = (m * (8.0 + 11.0 * down), m * (10.0 + 10.0 * down));
        let x = self.lateral - (self.at.half_width + psoas.0 * 0.85 + 1.5);
        if (x / psoas.0).powi(2) + ((self.at.back - 4.0 + 6.0 * down) / psoas.1).powi(2) < 1.0 {
            return Some((Tissue::Muscle, grain()));
        }
        // Multifidus beside the spinous processes, erector spinae outside it, a seam of fat between them.
        let behind = self.at.back - self.at.wall;
        let fat = subject.muscle_fat * (0.6 + 0.6 * down);
        let muscle = |x: f64, y: f64, rx: f64, ry: f64| {
            ((self.lateral - x) / (rx * m)).powi(2) + ((behind - y) / (ry * m)).powi(2) < 1.0
        };
        let multifidus = muscle(14.5, 34.0, 13.0, 18.0);
        let erector = muscle(42.0, 33.0, 22.0, 20.0) && down < 1.15;
        if multifidus || erector {
            let streak = noise::field(seed ^ 6, self.point * DVec3::new(1.0, 1.0, 0.25), 4.5);
            let is_fat = streak > 1.0 - fat * if multifidus { 1.2 } else { 0.8 };
            return Some(if is_fat { (Tissue::Fat, 0.9) } else { (Tissue::Muscle, grain()) });
        }
        let quadratus = ((self.lateral - 55.0) / 12.0).powi(2) + ((behind - 8.0) / 9.0).powi(2) < 1.0;
        (quadratus && down < 0.95).then(|| (Tissue::Muscle, grain()))
    }

    /// Kidneys, bowel with gas, fat.
    pub(super) fn belly(&self) -> Sample {
        let seed = self.subject.texture_seed;
        let kidney_x = self.lateral - 72.0;
        let kidney_z = self.point.z - if self.side > 0.0 { 52.0 } else { 42.0 };
        let r = (kidney_x / 26.0).powi(2) + ((self.at.back - 2.0) / 24.0).powi(2) + (kidney_z / 50.0).powi(2);
        if r < 1.0 {
            return if r < 0.18 { (Tissue::Fat, 0.9) } else { (Tissue::Kidney, 1.0) };
        }
        if self.at.back + self.at.wall < -24.0 && self.vertebra <= S1 + 2 {
            let loops =
                0.65 * noise::field(seed ^ 7, self.point, 24.0) + 0.35 * noise::field(seed ^ 0xA, self.point, 9.0);
            if loops > 0.6 {
                let gas = noise::field(seed ^ 8, self.point, 14.0) > 0.72;
                return if gas { (Tissue::Air, 1.0) } else { (Tissue::Bowel, 0.7 + 0.9 * (loops - 0.5)) };
            }
            if loops > 0.52 {
                return (Tissue::Bowel, 1.0);
            }
        }
        (Tissue::Fat, 0.9 + 0.15 * noise::field(seed ^ 9, self.point, 9.0))
    }
}
