//! The spaces between the bones: the sac, its recesses, the foramina, and their contents.

use super::{L1, S1, Sample, Site, bump, noise, plain};
use crate::phantom::material::Tissue;

impl Site<'_> {
    /// Half the sac's depth and its front edge where nothing presses on it; it tapers below S1.
    pub(super) fn sac_size(&self) -> (f64, f64, f64) {
        let below_s1 =
            if self.vertebra >= S1 { (self.over_body / -30.0 + (self.vertebra - S1) as f64).max(0.0) } else { 0.0 };
        let taper = (1.0 - 0.45 * below_s1).max(0.0);
        // At L5/S1 fat parts the sac from the disc.
        let parted = self.subject.build.front_fat * ((self.down - 0.9) / 0.25).clamp(0.0, 1.0);
        let half_depth = ((self.subject.canal_depth - 4.5) / 2.0 - 0.35 * parted) * taper;
        (half_depth, self.subject.sac_half_width * taper, self.at.wall + 1.2 + parted)
    }

    /// CSF with cord or roots.
    pub(super) fn sac(&self) -> Option<Sample> {
        let (half_depth, half_width, front) = self.sac_size();
        if half_depth < 1.0 || self.lateral > half_width {
            return None;
        }
        let kept = 1.0 - 0.86 * self.canal;
        let middle = front + half_depth * (1.0 + 0.1 * self.canal);
        let (depth, width) = (half_depth * kept, half_width * (1.0 - 0.35 * self.canal) * (1.0 - 0.34 * self.recess));
        let y = (self.at.back - middle) / depth;
        // Round, oval, or narrow behind, as laminae and ligaments shape it.
        let [exponent, narrow] = self.subject.build.sac;
        let width = width * (1.0 - narrow * (y + 1.0).max(0.0) / 2.0);
        let x = self.at.left / width;
        if x.abs() >= 1.0 || y.abs() >= 1.0 {
            return None;
        }
        let r = (x.abs().powf(exponent) + y.abs().powf(exponent)).powf(1.0 / exponent);
        if r >= 1.0 {
            return None;
        }
        // The dura.
        if (1.0 - r) * depth < 0.45 {
            return plain(Tissue::Ligament);
        }
        let above_conus = (self.point - self.subject.nodes[2 * L1].center).dot(self.subject.nodes[2 * L1].up)
            - self.subject.conus_end;
        if above_conus > 0.0 {
            let radius = 4.4 * (above_conus / 22.0).min(1.0).sqrt();
            if (self.at.left / radius).powi(2) + ((self.at.back - middle - 0.5) / (radius * 0.8)).powi(2) < 1.0 {
                return plain(Tissue::Nerve);
            }
        }
        // Roots keep their size while the sac shrinks, so a tight sac is full of them.
        let radius = 0.72 + 0.4 * self.canal;
        let is_root = |&[rx, ry]: &[f64; 2]| ((x - rx) * width).powi(2) + ((y - ry) * depth).powi(2) < radius * radius;
        if self.subject.roots.iter().any(is_root) {
            return plain(Tissue::Nerve);
        }
        // Moving CSF is slightly darker in places.
        Some((Tissue::Csf, 0.9 + 0.15 * noise::field(self.subject.texture_seed ^ 3, self.point, 7.0)))
    }

    /// The corner of the canal in front of the facet: fat around a root, or bone in its place.
    pub(super) fn recess(&self) -> Option<Sample> {
        self.level?;
        if self.over_disc.abs() > 12.0 {
            return None;
        }
        let middle = self.subject.sac_half_width + 1.5;
        let (x, y) = (self.lateral - middle, self.behind - 5.0);
        if x.abs() > 5.4 || y.abs() > 6.0 {
            return None;
        }
        let grain = noise::field(self.subject.texture_seed ^ 0x15, self.point, 2.5);
        if (x / 4.6).powi(2) + (y / 5.2).powi(2) > 0.8 + 0.4 * grain {
            return None;
        }
        // The joint and its ligament close it from behind, the disc from the front.
        let (front, back) = (5.0 * self.recess - 5.2, 5.2 - 7.2 * self.recess);
        if y > back.max(front) {
            let into = y - back.max(front);
            return Some(if into < 1.3 { (Tissue::Ligament, 1.0) } else { self.bone_with_rim(into - 1.3, 1.5) });
        }
        if y < front {
            return Some((Tissue::Annulus, 0.7 + 0.4 * grain));
        }
        // The root is pressed flat before it vanishes.
        let room = 0.45 * (back - front);
        let (wide, deep) = (1.3 + 0.5 * self.recess, room.min(1.3));
        let off = ((x + 0.6) / wide).powi(2) + ((y - f64::midpoint(front, back)) / deep).powi(2);
        Some(if off < 1.0 { (Tissue::Nerve, 1.0) } else { (Tissue::Fat, 0.85 + 0.3 * grain) })
    }

    /// The keyhole-shaped foramen between two pedicles: fat, with the root in its upper half; it narrows from below.
    pub(super) fn foramen(&self) -> Option<Sample> {
        self.level?;
        let (inner, outer) = (self.subject.sac_half_width + 2.0, (self.at.half_width + 3.0).max(22.0));
        if !(inner..outer).contains(&self.lateral) || !(-13.0..19.0).contains(&self.over_disc) {
            return None;
        }
        let (y, z) = (self.behind, self.over_disc);
        if !(-2.0..14.0).contains(&y) {
            return None;
        }
        // Muscle closes it unevenly, beyond the place that graders point to.
        if self.lateral > 20.5
            && self.lateral > outer - 9.0 + 9.0 * noise::field(self.subject.texture_seed ^ 0x19, self.point, 5.0)
        {
            return None;
        }
        // It opens to the side, into the fat between the muscles.
        let out = ((self.lateral - 20.0) / (outer - 20.0)).max(0.0);
        let c = self.foramen * (1.0 - 0.5 * out);
        let open = 1.0 + 0.3 * out;
        let upper = (1.0 - 0.66 * c) * open;
        let lower = (1.0 - 1.35 * c).max(0.0) * open;
        let ellipse =
            |cy: f64, cz: f64, ry: f64, rz: f64| ry > 0.3 && ((y - cy) / ry).powi(2) + ((z - cz) / rz).powi(2) < 1.0;
        let fat = || Some((Tissue::Fat, 0.92 + 0.26 * noise::field(self.subject.texture_seed ^ 0x15, self.point, 2.5)));
        let middle = [4.8 + 0.4 * c, 9.0 + 1.5 * c];
        let root = ellipse(middle[0], middle[1], 2.7, 2.9 - 0.7 * c);
        if root {
            return plain(Tissue::Nerve);
        }
        if ellipse(middle[0], middle[1], 6.0 * upper, 8.2 * upper) || ellipse(3.6, 0.5, 3.8 * lower, 8.0 * lower) {
            return fat();
        }
        if out > 0.4 {
            return None;
        }
        // Disc bulge in front, joint and its overgrowth behind.
        if y < 3.5 {
            return if c > 0.25 && y < 3.5 * (2.2 * c).min(1.0) { plain(Tissue::Annulus) } else { fat() };
        }
        let thick = 7.5 * lower.max(0.3) + 8.0 * c;
        if y < thick { plain(Tissue::Ligament) } else { Some(self.bone_with_rim(y - thick, 1.6)) }
    }

    /// The roof of the canal, front surface, at this distance from the midline: a gable that is highest between the
    /// laminae of two vertebrae.
    pub(super) fn roof(&self) -> f64 {
        let build = &self.subject.build;
        let gable = build.gable * (0.25 + 0.75 * bump(self.over_disc, 10.0)) * (1.0 - self.lateral / 7.5).max(0.0);
        self.at.wall + self.subject.canal_depth + gable - build.roof_slope * self.lateral
    }

    /// The rest of the canal: fat behind, beside and in front of the sac, ligamentum flavum under the roof.
    pub(super) fn canal(&self) -> Option<Sample> {
        if self.lateral > self.subject.sac_half_width + 4.0 || self.behind < -4.0 {
            return None;
        }
        let behind = self.at.back - self.roof();
        if behind > 1.5 {
            return None;
        }
        let (half_depth, _, front) = self.sac_size();
        let pressed = self.canal.max(self.recess);
        let fat = || Some((Tissue::Fat, 0.85 + 0.25 * noise::field(self.subject.texture_seed ^ 0x15, self.point, 2.5)));
        // The ligament is thickest beside the midline, where its halves leave a cleft.
        let flavum = self.subject.build.flavum * (1.0 + 0.5 * pressed) * bump(self.over_disc + 4.0, 15.0);
        if behind > -flavum && self.lateral > 0.9 {
            return plain(Tissue::Ligament);
        }
        if self.at.back > front + 1.2 * half_depth {
            let reach = (self.subject.build.epidural_fat + 2.0) * (1.0 - 1.1 * self.canal);
            return if self.lateral < reach { fat() } else { plain(Tissue::Ligament) };
        }
        if self.at.back < front + 0.6 && self.lateral < 5.0 && self.behind < 1.2 {
            return plain(Tissue::Ligament);
        }
        // In front and at the sides fat with veins, where nothing presses.
        if pressed < 0.36 || self.over_disc.abs() > 9.0 {
            let vein = noise::field(self.subject.texture_seed ^ 0x16, self.point, 3.0) > 0.66;
            return if vein { Some((Tissue::Blood, 2.0)) } else { fat() };
        }
        plain(Tissue::Ligament)
    }
}
