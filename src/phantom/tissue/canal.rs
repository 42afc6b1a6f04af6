//! The spaces between the bones: the sac, its recesses, the foramina, and their contents.

use super::{L1, S1, Sample, Site, noise, plain};
use crate::phantom::material::Tissue;

impl Site<'_> {
    /// Half the sac's depth and its front edge where nothing presses on it; it tapers below S1.
    pub(super) fn sac_size(&self) -> (f64, f64, f64) {
        let below_s1 =
            if self.vertebra >= S1 { (self.over_body / -30.0 + (self.vertebra - S1) as f64).max(0.0) } else { 0.0 };
        let taper = (1.0 - 0.45 * below_s1).max(0.0);
        let half_depth = (self.subject.canal_depth - 4.5) / 2.0 * taper;
        (half_depth, self.subject.sac_half_width * taper, self.at.wall + 1.2)
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
        let (x, y) = (self.at.left / width, (self.at.back - middle) / depth);
        if x.abs() >= 1.0 || y.abs() >= 1.0 || x.abs().powf(2.3) + y.abs().powf(2.3) >= 1.0 {
            return None;
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
        let radius = 0.78 + 0.35 * self.canal;
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
        let (x, y) = (self.lateral - middle, self.at.back - (self.at.wall + 5.0));
        let open = (1.0 - 1.05 * self.recess).max(0.0);
        let inside = |size: f64| (x / (4.6 * size)).powi(2) + (y / (5.2 * size)).powi(2) < 1.0;
        if open > 0.05 && inside(open) {
            let root = (x + 0.4).powi(2) + (y - 0.6).powi(2) < 1.3f64.powi(2);
            return plain(if root { Tissue::Nerve } else { Tissue::Fat });
        }
        // Facet overgrowth and thickened ligament fill the space that the recess has lost.
        (inside(1.0) && self.recess > 0.1).then_some(if y > -1.0 {
            (Tissue::CorticalBone, 1.0)
        } else {
            (Tissue::Annulus, 0.8)
        })
    }

    /// The keyhole-shaped foramen between two pedicles: fat, with the root in its upper half; it narrows from below.
    pub(super) fn foramen(&self) -> Option<Sample> {
        self.level?;
        let (inner, outer) = (self.subject.sac_half_width + 2.0, self.at.half_width + 3.0);
        if !(inner..outer).contains(&self.lateral) || !(-13.0..19.0).contains(&self.over_disc) {
            return None;
        }
        let (y, z) = (self.at.back - self.at.wall, self.over_disc);
        if !(-2.0..14.0).contains(&y) {
            return None;
        }
        let c = self.foramen;
        let upper = 1.0 - 0.66 * c;
        let lower = (1.0 - 1.35 * c).max(0.0);
        let ellipse =
            |cy: f64, cz: f64, ry: f64, rz: f64| ry > 0.3 && ((y - cy) / ry).powi(2) + ((z - cz) / rz).powi(2) < 1.0;
        let middle = [4.8 + 0.4 * c, 9.0 + 1.5 * c];
        let root = ellipse(middle[0], middle[1], 2.7, 2.9 - 0.7 * c);
        if root {
            return plain(Tissue::Nerve);
        }
        if ellipse(middle[0], middle[1], 6.0 * upper, 8.2 * upper) || ellipse(3.6, 0.5, 3.8 * lower, 8.0 * lower) {
            return Some((Tissue::Fat, 1.05));
        }
        // Disc bulge in front, facet overgrowth behind.
        plain(if y < 3.5 { Tissue::Annulus } else { Tissue::CorticalBone })
    }

    /// The roof of the canal, front surface, at this distance from the midline.
    pub(super) fn roof(&self) -> f64 {
        self.at.wall + self.subject.canal_depth - 0.38 * self.lateral
    }

    /// The rest of the canal: fat behind and beside the sac, ligamentum flavum under the roof.
    pub(super) fn canal(&self) -> Option<Sample> {
        let behind = self.at.back - self.roof();
        if self.lateral > self.subject.sac_half_width + 4.0 || self.at.back < self.at.wall - 1.0 || behind > 1.5 {
            return None;
        }
        let (half_depth, _, front) = self.sac_size();
        let back_of_sac = front + 2.0 * half_depth;
        if self.at.back > back_of_sac - 3.0 && self.lateral < self.subject.build.epidural_fat * (1.0 - 1.2 * self.canal)
        {
            return plain(Tissue::Fat);
        }
        let pressed = self.canal + self.recess;
        let beside = self.lateral > 7.0 && self.over_disc.abs() > 9.0 && behind < -3.0;
        if beside || (pressed < 0.1 && behind < -3.5 && half_depth < 4.0) {
            return plain(Tissue::Fat);
        }
        plain(Tissue::Ligament)
    }
}
