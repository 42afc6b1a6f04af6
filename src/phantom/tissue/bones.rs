//! Bodies, discs, arches, joints and processes.

use super::{S1, Sample, Site, bump, noise, plain};
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
        let inside = ((1.0 - r) * d).min(height / 2.0 - hollow - lost - self.over_body.abs());
        let [vein_width, vein_height] = build.vein;
        if inside > 0.0 && self.at.back > d - 7.0 && self.lateral < vein_width && self.over_body.abs() < vein_height {
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
        if self.over_disc.abs() > reach {
            return None;
        }
        let bulge = 0.8
            + 5.0 * self.canal * bump(self.lateral, 8.0)
            + 3.0 * self.recess * bump(self.lateral - 10.5, 4.0)
            + 3.5 * self.foramen * bump(self.lateral - 18.0, 5.0);
        // The bulge has a low height: the disc's edge bulges, not the edge of the bodies.
        let lip = bulge * bump(self.over_disc, node.height / 2.0 + 1.0);
        let depth = self.at.wall + if self.at.back > 0.0 { lip } else { 0.6 };
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
            let shine = cleft * (1.0 - 0.35 * off_center);
            return Some(if dry < 0.55 {
                (Tissue::Nucleus, shine * (1.15 - dry))
            } else {
                (Tissue::DryNucleus, shine)
            });
        }
        plain(Tissue::Annulus)
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

    /// Two processes with a joint between them.
    pub(super) fn facet(&self) -> Option<Sample> {
        if self.vertebra > S1 || self.over_disc.abs() > 15.0 {
            return None;
        }
        let growth = 1.0 + 0.25 * self.recess;
        let (x, y) =
            (self.lateral - (15.8 - 2.4 * self.recess), self.at.back - (self.at.wall + 16.0 - 1.5 * self.recess));
        let (rx, ry, rz) = (8.6 * growth, 7.6 * growth, 14.5);
        let r = ((x / rx).powi(2) + (y / ry).powi(2) + ((self.over_disc + 1.0) / rz).powi(4)).sqrt();
        if r >= 1.0 {
            return None;
        }
        // The joint runs from the front and the middle to the back and the side.
        let joint = (x * 0.77 - (y + 1.0) * 0.64).abs();
        if joint < 0.55 && r < 0.9 {
            return plain(Tissue::Fluid);
        }
        self.bone(((1.0 - r) * ry).min(joint - 0.5).max(0.05))
    }

    pub(super) fn arch(&self) -> Option<Sample> {
        let height = self.body_height();
        let behind = self.at.back - self.roof();
        let low = if self.vertebra >= S1 { -0.6 } else { -0.72 };
        let within = (low * height..0.12 * height).contains(&self.over_body) && self.lateral < 17.0;
        self.bone(if within { behind.min(6.0 - behind) } else { 0.0 })
    }

    /// Spinous and transverse processes, and the ligaments between the spinous ones.
    pub(super) fn processes(&self) -> Option<Sample> {
        let height = self.body_height();
        let behind = self.at.back - (self.at.wall + self.subject.canal_depth);
        let length = if self.vertebra >= S1 { 12.0 } else { self.subject.build.spinous_length };
        if (0.0..length).contains(&behind) && self.lateral < 5.0 {
            let drop = self.over_body + 0.3 * height + 0.18 * behind;
            let half_height = self.subject.build.spinous_height * height * (0.8 + 0.2 * behind / length);
            let thick = 2.6 + 1.2 * behind / length;
            let inside = (half_height - drop.abs()).min(thick - self.lateral).min(length - behind);
            if let Some(sample) = self.bone(inside) {
                return Some(sample);
            }
            if self.lateral < 2.4 {
                let fatty = noise::field(self.subject.texture_seed ^ 4, self.point, 4.0) > 0.5;
                return plain(if fatty { Tissue::Fat } else { Tissue::Ligament });
            }
        }
        let across = ((self.over_body - 4.0) / 4.2).powi(2) + ((self.at.back - self.at.wall - 7.0) / 3.8).powi(2);
        let reach = (self.at.half_width * 0.8..self.at.half_width + 19.0).contains(&self.lateral) && self.vertebra < S1;
        self.bone(if reach { (1.0 - across.sqrt()) * 3.8 } else { 0.0 })
    }

    /// The wings of the sacrum, the joints beside them, and the hip bones.
    pub(super) fn sacrum(&self) -> Option<Sample> {
        let down = self.vertebra as f64 - S1 as f64 - self.over_body / 28.0;
        if down < -1.6 {
            return None;
        }
        let joint = 46.0 - 6.0 * (down - 1.0).max(0.0) - 0.25 * (self.at.back - 5.0);
        if down > -0.5 && self.lateral < joint {
            let r = ((self.at.back - 4.0) / 17.0).abs().powi(2) + (if down < 0.0 { down / 0.5 } else { 0.0 }).powi(2);
            return self.bone((1.0 - r.sqrt()) * 15.0);
        }
        let plate = self.lateral - joint - 1.5;
        let rise = (1.6 + down).min(1.0);
        let inside = plate.min(11.0 * rise - plate).min(self.at.back + 20.0).min(45.0 - self.at.back);
        self.bone(inside)
    }
}
