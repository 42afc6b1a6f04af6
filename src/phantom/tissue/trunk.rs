//! What lies around the spine and its muscles: fat under the skin, vessels, kidneys, bowel.

use glam::DVec3;

use super::{Blend, S1, Sample, Site, noise};
use crate::phantom::material::Tissue;

impl Site<'_> {
    /// Fat, parted by thin septa that run along the skin.
    pub(super) fn fat(&self) -> Blend {
        let seed = self.subject.texture_seed;
        let wave = noise::field(seed, self.point * DVec3::new(0.5, 0.8, 0.4), 15.0);
        let grain = noise::field(seed ^ 9, self.point, 2.6);
        let layer = (self.point.y + 26.0 * wave) / 11.0;
        let off = (layer - layer.round()).abs() * 11.0;
        let present = (6.0 * (wave - 0.45).abs() - 0.5).clamp(0.0, 1.0);
        let septum = (1.0 - off / 0.55).max(0.0) * present;
        Blend { tissue: Tissue::Fat, strength: 0.86 + 0.22 * grain - 0.45 * septum, fat: 0.0 }
    }

    /// Aorta and vena cava, their branches, and the small vessels of the fat around them.
    pub(super) fn vessels(&self) -> Option<Sample> {
        let front = self.at.back + self.at.wall;
        if !(-48.0..14.0).contains(&front) || self.lateral > 75.0 {
            return None;
        }
        // They bifurcate in front of L4.
        let spread = (4.0 * self.down - 3.0).max(0.0) * 12.0;
        let split = spread > 0.5;
        let [aorta, cava, flat] = self.subject.build.great_vessels;
        let tube = |x: f64, y: f64, r: f64, flat: f64, bright: f64| {
            let d = (self.at.left - x).hypot((front - y) / flat);
            (d < r).then_some(if d > r - 1.1 { (Tissue::Ligament, 1.2) } else { (Tissue::Blood, bright) })
        };
        if self.lateral < 45.0 && front < 0.0 {
            let narrow = 1.0 - 0.36 * (spread / 7.0).min(1.0);
            let (aorta, cava) = (narrow * aorta, narrow * cava);
            let great = tube(6.0 + spread, -2.5 - aorta, aorta, 1.0, 1.0)
                .or_else(|| if split { tube(2.0 - 0.2 * spread, -3.5 - aorta, aorta, 1.0, 1.0) } else { None })
                .or_else(|| tube(-14.0 + spread * 0.9, -2.0 - cava * flat, cava, flat, 2.5))
                .or_else(|| if split { tube(-16.0 - spread * 0.8, -2.0 - cava * flat, cava, flat, 2.5) } else { None });
            if great.is_some() {
                return great;
            }
        }
        let z = self.point.z;
        self.subject.build.small_vessels.iter().find_map(|v| {
            if (self.at.left - v.left).abs() > 7.0 || (front - v.front).abs() > 6.0 {
                return None;
            }
            let sway = 4.0 * (z / 23.0 + v.phase).sin();
            let (dx, dy) = (self.at.left - v.left - sway, front - v.front - 0.6 * sway);
            (dx * dx + dy * dy < v.radius * v.radius).then_some((Tissue::Blood, v.bright))
        })
    }

    /// Kidneys, bowel with gas, fat.
    pub(super) fn belly(&self) -> Blend {
        let seed = self.subject.texture_seed;
        let kidney_x = self.lateral - 72.0;
        let kidney_z = self.point.z - if self.side > 0.0 { 52.0 } else { 42.0 };
        if kidney_z.abs() < 50.0 && kidney_x.abs() < 27.0 {
            let r = (kidney_x / 26.0).powi(2) + ((self.at.back - 2.0) / 24.0).powi(2) + (kidney_z / 50.0).powi(2);
            if r < 1.0 {
                let lobed = r + 0.7 * (noise::field(seed ^ 0x12, self.point, 9.0) - 0.5);
                return match lobed {
                    ..0.2 => Blend { strength: 0.9, ..Blend::of(Tissue::Fat) },
                    0.2..0.6 => Blend { strength: 1.15, ..Blend::of(Tissue::Kidney) },
                    _ => Blend::of(Tissue::Kidney),
                };
            }
        }
        // Bowel lies in front of the spine and in front of the psoas.
        let front = self.at.back + self.at.wall;
        let edge = -24.0 + 34.0 * ((self.lateral - 48.0) / 26.0).clamp(0.0, 1.0);
        if front < edge + 14.0 && self.vertebra <= S1 + 2 {
            let loops = noise::field(seed ^ 7, self.point, 26.0) - 0.03 * (front - edge).max(0.0);
            if loops > 0.46 {
                let folds = noise::field(seed ^ 0xA, self.point, 5.0);
                let inside = loops - 0.46 + 0.05 * (folds - 0.5);
                if inside > 0.03 {
                    let gas = loops > 0.62 && noise::field(seed ^ 8, self.point, 14.0) > 0.66;
                    return if gas {
                        Blend::of(Tissue::Air)
                    } else {
                        Blend { strength: 0.6 + 0.9 * folds, ..Blend::of(Tissue::Bowel) }
                    };
                }
                if inside > 0.0 {
                    return Blend::of(Tissue::Bowel);
                }
            }
        }
        self.fat()
    }
}
