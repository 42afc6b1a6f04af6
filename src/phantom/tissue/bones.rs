//! Bodies, discs, pedicles, sacrum and hip bones.

use super::{Blend, S1, Sample, Site, bump, noise};
use crate::phantom::material::Tissue;

impl Site<'_> {
    pub(super) fn body(&self) -> Option<Sample> {
        let (height, build) = (self.body_height(), &self.subject.build);
        let waist = 1.0 - build.waist * (1.0 - (2.0 * self.over_body / height).powi(2)).max(0.0);
        let lip = build.osteophyte[self.vertebra] * bump(height / 2.0 - self.over_body.abs(), 2.5);
        let w = self.at.half_width * waist + 0.5 * lip;
        let d = if self.at.back < 0.0 { self.at.wall * waist + lip } else { self.at.wall };
        if self.over_body.abs() >= height / 2.0 || self.lateral >= w || self.at.back.abs() >= d {
            return None;
        }
        let n = build.body_exponent;
        let r = ((self.lateral / w).powf(n) + (self.at.back.abs() / d).powf(n)).powf(1.0 / n);
        // Endplates are concave in the middle; the front of the upper one may be compressed.
        let front = (0.5 - 0.5 * self.at.back / d).clamp(0.0, 1.0);
        let lost = if self.over_body > 0.0 { build.wedge[self.vertebra] * front } else { 0.0 };
        let hollow = build.endplate_hollow * (1.0 - r * r).max(0.0);
        let mut above = height / 2.0 - hollow - lost - self.over_body.abs();
        if above < 4.0 {
            above -=
                build.endplate_rough * (noise::field(self.subject.texture_seed ^ 0x18, self.point, 7.0) - 0.4).max(0.0);
        }
        let inside = ((1.0 - r) * d).min(above);
        let [vein_width, vein_height] = build.vein;
        if inside > 0.0
            && self.at.back > d - 8.0
            && self.lateral < vein_width
            && self.over_body.abs() < vein_height * ((self.at.back - d + 8.0) / 8.0).sqrt()
        {
            return Some((Tissue::Blood, 6.0)); // the basivertebral vein: slow flow shines
        }
        if inside > 0.0
            && let Some(spot) = self.spot()
        {
            return Some(spot);
        }
        self.bone(inside)
    }

    /// An inclusion at this place in the marrow, if any.
    fn spot(&self) -> Option<Sample> {
        let spots = self.subject.spots.iter().filter(|spot| spot.vertebra == self.vertebra);
        let at = glam::DVec3::new(self.at.left, self.at.back, self.over_body);
        spots.filter(|spot| ((at - spot.center) / spot.half).length_squared() < 1.0).map(|spot| spot.sample).next()
    }

    /// Everything between two bodies within the disc's outline; its edge bulges where it causes narrowing.
    pub(super) fn disc(&self) -> Option<Sample> {
        let node = &self.subject.nodes[self.at.node | 1];
        let reach = node.height / 2.0 + 4.0 + self.subject.build.wedge[self.at.node / 2 + 1];
        if self.over_disc.abs() > reach
            || self.lateral > self.at.half_width + 0.8
            || self.at.back.abs() > self.at.wall + 10.0
        {
            return None;
        }
        let bulge = 0.8
            + 5.0 * self.canal * bump(self.lateral, 8.0)
            + 3.0 * self.recess * bump(self.lateral - 10.5, 4.0)
            + 3.5 * self.foramen * bump(self.lateral - 18.0, 5.0);
        // The bulge has a low height: the disc's edge bulges, not the edge of the bodies.
        let lip = bulge * bump(self.over_disc, node.height / 2.0 + 1.0);
        // Upper discs are hollow behind, lower ones flat or round, where nothing bulges.
        let depth = self.at.wall + if self.at.back > 0.0 { lip - self.disc_hollow() } else { 0.6 };
        let side_bulge = self.at.half_width + 0.8;
        if self.lateral >= side_bulge || self.at.back.abs() >= depth {
            return None;
        }
        let r = ((self.lateral / side_bulge).powf(2.5) + (self.at.back.abs() / depth).powf(2.5)).powf(0.4);
        if r >= 1.0 {
            return None;
        }
        let dry = self.level.map_or(0.3, |l| self.subject.desiccation[l.index()]);
        let [share, half_height] = self.subject.build.nucleus;
        // A lens, brightest in the middle.
        let off_center = (r / share).powf(2.5) + (self.over_disc / (node.height * half_height)).abs().powf(2.5);
        if off_center < 1.0 && node.height > 4.0 {
            // A dark cleft runs through the middle of a nucleus.
            let cleft = if self.over_disc.abs() < 0.8 { self.subject.build.cleft } else { 1.0 };
            let grain = noise::field(self.subject.texture_seed ^ 0x13, self.point, 3.5);
            let shine = cleft * (1.0 - (0.35 + 0.4 * grain) * off_center) * (0.85 + 0.3 * grain);
            return Some(if dry < 0.55 {
                (Tissue::Nucleus, shine * (1.15 - dry))
            } else {
                (Tissue::DryNucleus, shine)
            });
        }
        // Lamellae: the outer ones are dark, the inner ones grey.
        let grain = noise::field(self.subject.texture_seed ^ 0x14, self.point, 2.5);
        let inner = ((0.95 - r) / 0.3).clamp(0.0, 1.0);
        Some((Tissue::Annulus, 0.7 + 0.4 * grain + 1.5 * inner * (1.0 - 0.6 * dry)))
    }

    /// How far the back of the disc here lies in front of the back of the bodies, mm.
    pub(super) fn disc_hollow(&self) -> f64 {
        let hollow = self.level.map_or(0.0, |l| self.subject.build.disc_hollow[l.index()]);
        hollow * bump(self.lateral, 12.0) * (1.0 - self.canal)
    }

    pub(super) fn pedicle(&self) -> Option<Sample> {
        if self.vertebra >= S1 {
            return None;
        }
        let middle = self.at.half_width * 0.66;
        let along = ((self.at.back - (self.at.wall + 5.0)) / 11.0).abs();
        let across =
            ((self.lateral - middle) / 4.2).abs().powi(2) + ((self.over_body - 0.2 * self.body_height()) / 7.2).powi(2);
        self.bone(if along < 1.0 { (1.0 - across.sqrt()) * 4.2 } else { 0.0 })
    }

    /// The wings of the sacrum, as far as the joints with the hip bones.
    pub(super) fn sacrum(&self) -> Option<Sample> {
        let down = self.vertebra as f64 - S1 as f64 - self.over_body / 28.0;
        if down <= -0.5 || self.lateral > 75.0 {
            return None;
        }
        let (_, across, half) = self.hip_place();
        let wing = (self.at.back - 4.0 + 0.15 * self.lateral) / (12.0 + 0.15 * self.lateral);
        let r = wing.powi(2) + (if down < 0.0 { down / 0.5 } else { 0.0 }).powi(2) + (self.lateral / 58.0).powi(6);
        self.bone(((1.0 - r.sqrt()) * 15.0).min(-half - 1.5 - across))
    }

    /// Where a point lies relative to the wing of the hip bone: mm along it from its back edge outward to the front, mm
    /// across it from its middle to the outer face, and half its thickness.
    fn hip_place(&self) -> (f64, f64, f64) {
        let down = 4.0 * (self.down - 1.25);
        // The crest comes nearer to the spine from L4 down to the joint with the sacrum.
        let start = 78.0 - 32.0 * ((1.5 + down) / 1.5).min(1.0) - 6.0 * (down - 0.5).max(0.0);
        let (x, y) = (self.lateral - start * self.subject.build.hip_width, self.at.back - 27.0);
        let (along, across) = (0.8 * x - 0.6 * y, 0.6 * x + 0.8 * y);
        (along, across - 5.0 * (along / 14.0).sin(), 5.0 + 3.0 * bump(along - 8.0, 12.0))
    }

    /// The wing of the hip bone, a plate that runs outward to the front, with muscle on both faces.
    pub(super) fn hip(&self) -> Option<Blend> {
        if self.down < 0.875 || self.lateral < 30.0 {
            return None;
        }
        let (along, across, half) = self.hip_place();
        if along < 0.0 || !(-22.0..45.0).contains(&across) {
            return None;
        }
        if across.abs() < half {
            let inside = (half - across.abs()).min(along);
            return Some(self.bone_with_rim(inside.max(0.02), 1.1).into());
        }
        if across < 0.0 {
            return (across > -half - 9.0 && along > 14.0).then(|| self.streaked(0.1, 0.0));
        }
        (across < half + 26.0 * (along / 40.0).min(1.0)).then(|| self.streaked(0.5 * self.subject.muscle_fat, 0.0))
    }
}
