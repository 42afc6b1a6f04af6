//! What is at a patient point: the scene as implicit shapes around the template spine.
//!
//! All sizes are millimetres. `side` is +1 on the subject's left, -1 on the right.

use glam::DVec3;

use super::{
    anatomy::{L1, Place, S1, Subject},
    noise,
};
use crate::grading::{Condition, Level, Side};

/// A kind of tissue; what it looks like is in [`super::sequence`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tissue {
    Air,
    Skin,
    Fat,
    Muscle,
    CorticalBone,
    Marrow,
    Nucleus,
    DryNucleus,
    Annulus,
    Csf,
    Nerve,
    Ligament,
    Fluid,
    Blood,
    Bowel,
    Kidney,
}

impl Tissue {
    /// How many there are.
    pub const COUNT: usize = Self::Kidney as usize + 1;
}

/// Tissue and how strongly it shines compared with its kind, about 1.
pub type Sample = (Tissue, f64);

#[expect(clippy::unnecessary_wraps, reason = "the last word of functions that find something or nothing")]
const fn plain(tissue: Tissue) -> Option<Sample> {
    Some((tissue, 1.0))
}

/// A point seen from the spine, with the causes that matter there.
struct Site<'a> {
    subject: &'a Subject,
    point: DVec3,
    at: Place,
    side: f64,
    /// Distance from the midline.
    lateral: f64,
    vertebra: usize,
    /// mm above the centre of the nearest vertebra.
    over_body: f64,
    /// mm above the centre of the nearest disc.
    over_disc: f64,
    level: Option<Level>,
    canal: f64,
    foramen: f64,
    recess: f64,
}

/// The tissue at a patient point.
pub fn tissue_at(subject: &Subject, point: DVec3) -> Sample {
    if let Some(sample) = outside(subject, point) {
        return sample;
    }
    let under_skin = is_under_skin(subject, point);
    let site = Site::new(subject, point);
    let near = site.lateral < 62.0 && site.at.back.abs() < 75.0;
    let spine = near
        .then(|| {
            site.body()
                .or_else(|| site.disc())
                .or_else(|| site.sac())
                .or_else(|| site.pedicle())
                .or_else(|| site.recess())
                .or_else(|| site.facet())
                .or_else(|| site.foramen())
                .or_else(|| site.arch())
                .or_else(|| site.canal())
                .or_else(|| site.processes())
                .or_else(|| site.sacrum())
        })
        .flatten();
    let spine = spine
        .or_else(|| under_skin.then(|| (Tissue::Fat, 0.92 + 0.12 * noise::field(subject.texture_seed, point, 6.0))));
    spine.or_else(|| site.vessels()).or_else(|| site.muscles()).unwrap_or_else(|| site.belly())
}

/// Whether a point lies outside the trunk less `inset` mm. The skin of the back follows the spine.
fn is_outside_trunk(subject: &Subject, point: DVec3, inset: f64, front_inset: f64) -> bool {
    let [half_width, half_depth] = subject.trunk;
    let y = point.y - (subject.skin_of_back(point.z) - half_depth);
    let depth = half_depth - if y > 0.0 { inset } else { front_inset };
    is_outside_superellipse((point.x / (half_width - inset)).abs(), (y / depth).abs(), 2.6)
}

/// Whether aⁿ + bⁿ > 1. Most points are told without the powers, which are most of the cost of a phantom.
fn is_outside_superellipse(a: f64, b: f64, n: f64) -> bool {
    let (least, most) = (a.min(b), a.max(b));
    // For n ≥ 2 the curve lies between the circle and the square.
    most > 1.0 || (least * least + most * most > 1.0 && a.powf(n) + b.powf(n) > 1.0)
}

/// Air and skin: `None` inside.
fn outside(subject: &Subject, point: DVec3) -> Option<Sample> {
    if is_outside_trunk(subject, point, 0.0, 0.0) {
        plain(Tissue::Air)
    } else if is_outside_trunk(subject, point, 2.0, 2.0) {
        plain(Tissue::Skin)
    } else {
        None
    }
}

fn is_under_skin(subject: &Subject, point: DVec3) -> bool {
    is_outside_trunk(subject, point, subject.back_fat, 0.7 * subject.back_fat)
}

/// Bone with a dark rim: `inside` is mm from the surface.
fn bone(subject: &Subject, point: DVec3, inside: f64) -> Sample {
    if inside < 0.9 {
        return (Tissue::CorticalBone, 1.0);
    }
    let grain = noise::field(subject.texture_seed ^ 1, point, 2.5) + noise::field(subject.texture_seed ^ 2, point, 9.0);
    (Tissue::Marrow, 0.82 + 0.18 * grain)
}

/// 1 in the middle of a Gaussian bump of half-length `reach`, falling to 0.
fn bump(x: f64, reach: f64) -> f64 {
    (-(x / reach).powi(2)).exp()
}

impl<'a> Site<'a> {
    fn new(subject: &'a Subject, point: DVec3) -> Self {
        let at = subject.place_from_patient(point);
        let (vertebra, over_body) = at.vertebra();
        let (disc, over_disc) = at.disc();
        let level = disc.checked_sub(L1).and_then(|i| Level::ALL.get(i)).copied();
        let side = if at.left >= 0.0 { Side::Left } else { Side::Right };
        let cause = |condition, side| level.map_or(0.0, |l| subject.disease.cause(condition, side, l));
        Self {
            subject,
            point,
            at,
            side: at.left.signum(),
            lateral: at.left.abs(),
            vertebra,
            over_body,
            over_disc,
            level,
            canal: cause(Condition::SpinalCanalStenosis, None) * bump(over_disc, 8.0),
            foramen: cause(Condition::NeuralForaminalNarrowing, Some(side)),
            recess: cause(Condition::SubarticularStenosis, Some(side)) * bump(over_disc, 10.0),
        }
    }

    fn body_height(&self) -> f64 {
        self.subject.nodes[2 * self.vertebra].height
    }

    fn bone(&self, inside: f64) -> Option<Sample> {
        (inside > 0.0).then(|| bone(self.subject, self.point, inside))
    }

    /// Half the sac's depth and its front edge where nothing presses on it; it tapers below S1.
    fn sac_size(&self) -> (f64, f64, f64) {
        let below_s1 =
            if self.vertebra >= S1 { (self.over_body / -30.0 + (self.vertebra - S1) as f64).max(0.0) } else { 0.0 };
        let taper = (1.0 - 0.45 * below_s1).max(0.0);
        let half_depth = (self.subject.canal_depth - 4.5) / 2.0 * taper;
        (half_depth, self.subject.sac_half_width * taper, self.at.wall + 1.2)
    }

    fn body(&self) -> Option<Sample> {
        let (height, waist) =
            (self.body_height(), 1.0 - 0.1 * (1.0 - (2.0 * self.over_body / self.body_height()).powi(2)).max(0.0));
        let (w, d) = (self.at.half_width * waist, self.at.wall * if self.at.back < 0.0 { waist } else { 1.0 });
        if self.over_body.abs() >= height / 2.0 || self.lateral >= w || self.at.back.abs() >= d {
            return None;
        }
        let r = ((self.lateral / w).powf(2.5) + (self.at.back.abs() / d).powf(2.5)).powf(0.4);
        // Endplates are hollow in the middle.
        let inside = ((1.0 - r) * d).min(height / 2.0 - 1.0 * (1.0 - r * r).max(0.0) - self.over_body.abs());
        if inside > 0.0 && self.at.back > d - 7.0 && self.lateral < 3.0 && self.over_body.abs() < 2.2 {
            return Some((Tissue::Blood, 6.0)); // the basivertebral vein: slow flow shines
        }
        self.bone(inside)
    }

    /// Whatever lies between two bodies within the disc's outline; its edge bulges where it narrows.
    fn disc(&self) -> Option<Sample> {
        let node = &self.subject.nodes[self.at.node | 1];
        let reach = node.height / 2.0 + 4.0;
        if self.over_disc.abs() > reach {
            return None;
        }
        let bulge = 0.8
            + 5.0 * self.canal * bump(self.lateral, 8.0)
            + 3.0 * self.recess * bump(self.lateral - 10.5, 4.0)
            + 3.5 * self.foramen * bump(self.lateral - 18.0, 5.0);
        // What bulges is low: the disc's edge, not the edge of the bodies.
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
        if r < 0.68 && self.over_disc.abs() < node.height * 0.36 && node.height > 4.5 {
            // A dark cleft runs through the middle of a nucleus.
            let cleft = if self.over_disc.abs() < 0.8 { 0.75 } else { 1.0 };
            return Some(if dry < 0.55 {
                (Tissue::Nucleus, cleft * (1.15 - dry))
            } else {
                (Tissue::DryNucleus, cleft)
            });
        }
        plain(Tissue::Annulus)
    }

    /// CSF with cord or roots.
    fn sac(&self) -> Option<Sample> {
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
        // Roots keep their size while the sac shrinks: a tight sac is full of them.
        let radius = 0.78 + 0.35 * self.canal;
        let is_root = |&[rx, ry]: &[f64; 2]| ((x - rx) * width).powi(2) + ((y - ry) * depth).powi(2) < radius * radius;
        if self.subject.roots.iter().any(is_root) {
            return plain(Tissue::Nerve);
        }
        // CSF that moves is a little darker here and there.
        Some((Tissue::Csf, 0.9 + 0.15 * noise::field(self.subject.texture_seed ^ 3, self.point, 7.0)))
    }

    fn pedicle(&self) -> Option<Sample> {
        if self.vertebra >= S1 {
            return None;
        }
        let middle = self.at.half_width * 0.66;
        let along = ((self.at.back - (self.at.wall + 5.0)) / 11.0).abs();
        let across =
            ((self.lateral - middle) / 4.2).abs().powi(2) + ((self.over_body - 0.2 * self.body_height()) / 7.2).powi(2);
        self.bone(if along < 1.0 { (1.0 - across.sqrt()) * 4.2 } else { 0.0 })
    }

    /// The corner of the canal in front of the facet: fat around a root, or bone in its place.
    fn recess(&self) -> Option<Sample> {
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
        // Overgrown facet and thick ligament fill what the recess has lost.
        (inside(1.0) && self.recess > 0.1).then_some(if y > -1.0 {
            (Tissue::CorticalBone, 1.0)
        } else {
            (Tissue::Annulus, 0.8)
        })
    }

    /// Two processes with a joint between them.
    fn facet(&self) -> Option<Sample> {
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

    /// The keyhole between two pedicles: fat, the root in its upper half; it closes from below.
    fn foramen(&self) -> Option<Sample> {
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
        // Bulge in front, overgrown facet behind.
        plain(if y < 3.5 { Tissue::Annulus } else { Tissue::CorticalBone })
    }

    /// The roof of the canal, front surface, at this distance from the midline.
    fn roof(&self) -> f64 {
        self.at.wall + self.subject.canal_depth - 0.38 * self.lateral
    }

    fn arch(&self) -> Option<Sample> {
        let height = self.body_height();
        let behind = self.at.back - self.roof();
        let low = if self.vertebra >= S1 { -0.6 } else { -0.72 };
        let within = (low * height..0.12 * height).contains(&self.over_body) && self.lateral < 17.0;
        self.bone(if within { behind.min(6.0 - behind) } else { 0.0 })
    }

    /// What is left of the canal: fat behind the sac and beside it, yellow ligament under the roof.
    fn canal(&self) -> Option<Sample> {
        let behind = self.at.back - self.roof();
        if self.lateral > self.subject.sac_half_width + 4.0 || self.at.back < self.at.wall - 1.0 || behind > 1.5 {
            return None;
        }
        let (half_depth, _, front) = self.sac_size();
        let back_of_sac = front + 2.0 * half_depth;
        if self.at.back > back_of_sac - 3.0 && self.lateral < 5.5 * (1.0 - 1.2 * self.canal) {
            return plain(Tissue::Fat);
        }
        let pressed = self.canal + self.recess;
        let beside = self.lateral > 7.0 && self.over_disc.abs() > 9.0 && behind < -3.0;
        if beside || (pressed < 0.1 && behind < -3.5 && half_depth < 4.0) {
            return plain(Tissue::Fat);
        }
        plain(Tissue::Ligament)
    }

    /// Spinous and transverse processes, and the ligaments between the spinous ones.
    fn processes(&self) -> Option<Sample> {
        let height = self.body_height();
        let behind = self.at.back - (self.at.wall + self.subject.canal_depth);
        let length = if self.vertebra >= S1 { 12.0 } else { 33.0 };
        if (0.0..length).contains(&behind) && self.lateral < 5.0 {
            let drop = self.over_body + 0.3 * height + 0.18 * behind;
            let half_height = 0.36 * height * (0.8 + 0.2 * behind / length);
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
    fn sacrum(&self) -> Option<Sample> {
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

    fn vessels(&self) -> Option<Sample> {
        let front = self.at.back + self.at.wall;
        if !(-32.0..0.0).contains(&front) {
            return None;
        }
        // They fork in front of L4.
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

    fn muscles(&self) -> Option<Sample> {
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
    fn belly(&self) -> Sample {
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

#[cfg(test)]
mod tests {
    use super::is_outside_superellipse;
    use proptest::prelude::*;

    proptest! {
        /// The short cuts must not change a phantom: labels and models were made with the plain formula.
        #[test]
        fn the_short_cuts_of_the_superellipse_change_nothing(a in 0f64..1.5, b in 0f64..1.5, n in 2f64..4.0) {
            prop_assert_eq!(is_outside_superellipse(a, b, n), a.powf(n) + b.powf(n) > 1.0);
        }
    }
}
