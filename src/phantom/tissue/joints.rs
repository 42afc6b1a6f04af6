//! What lies behind the canal: facet joints, laminae, processes, and the ligaments between them.

use glam::DVec3;

use super::{S1, Sample, Site, noise};
use crate::{grading::Level, phantom::material::Tissue};

impl Site<'_> {
    /// Two processes with a curved joint between them: the upper vertebra's, round, behind and to the middle; the lower
    /// one's, hollow, in front and to the side.
    pub(super) fn facet(&self) -> Option<Sample> {
        if self.vertebra > S1
            || self.over_disc.abs() > 14.0
            || !(3.0..32.0).contains(&self.lateral)
            || !(1.0..34.0).contains(&self.behind)
        {
            return None;
        }
        let build = &self.subject.build;
        let growth = build.facet_size * (1.0 + 0.25 * self.recess) * (1.0 - ((self.over_disc + 1.0) / 15.0).powi(4));
        let [toward_side, toward_front] = build.facet_way[self.facet_index()];
        let rough = noise::field(self.subject.texture_seed ^ 0x17, self.point, 4.5) - 0.5;
        let x = self.lateral - (13.4 - 2.2 * self.recess) + 2.2 * rough;
        let y = self.behind - (18.2 - 1.2 * self.recess) - 1.6 * rough;
        // Along the way from the middle of the upper process to that of the lower one, and across it.
        let (along, across) = (x * toward_side - y * toward_front, x * toward_front + y * toward_side);
        // The upper one is drawn out towards its lamina.
        let from_middle =
            (if along < 0.0 { 0.6 * along } else { along }).hypot((if across < 0.0 { 0.9 } else { 0.7 }) * across);
        let radius = 5.0 * growth;
        let gap = build.facet_gap;
        // Thick, uneven cortical bone.
        let rim = 2.0 + 2.8 * rough + 0.7 * self.recess;
        if from_middle < radius {
            let (tissue, strength) = self.bone_with_rim(radius - from_middle + 2.0 * self.inside_arch().max(0.0), rim);
            return Some((tissue, strength * (0.85 + 0.5 * rough)));
        }
        if along < 0.12 * from_middle {
            return None;
        }
        if from_middle < radius + gap {
            // Fluid shines in the middle of the joint, cartilage is grey.
            let wet = 1.0 - (across / (0.8 * radius)).powi(2);
            let edge = 1.0 - (2.0 * (from_middle - radius) / gap - 1.0).abs();
            return Some(if wet > 0.0 {
                (Tissue::Fluid, (0.25 + 0.5 * wet + rough) * edge)
            } else {
                (Tissue::Annulus, 1.0)
            });
        }
        let thick = 6.0 * growth * (1.0 - (across / (radius + 5.0)).powi(2));
        let inside = (from_middle - radius - gap).min(radius + gap + thick - from_middle);
        (inside > 0.0).then(|| self.bone_with_rim(inside, rim))
    }

    /// Index of the nearest disc among those whose joints were drawn.
    fn facet_index(&self) -> usize {
        let last = self.subject.build.facet_way.len() / 2 - 1;
        let level = self.level.map_or(if self.vertebra >= S1 { last } else { 0 }, Level::index);
        2 * level + usize::from(self.side > 0.0)
    }

    /// The two laminae, which meet in the base of the spinous process.
    pub(super) fn arch(&self) -> Option<Sample> {
        let inside = self.inside_arch();
        (inside > 0.0).then(|| self.bone_with_rim(inside, 1.3))
    }

    /// mm from the surface of the laminae; negative outside.
    fn inside_arch(&self) -> f64 {
        if self.lateral > 17.0 || self.behind < 2.0 {
            return -1.0;
        }
        let behind = self.at.back - self.roof();
        let height = self.body_height();
        let low = if self.vertebra >= S1 { -0.6 } else { -1.0 };
        // Those of the vertebra above reach a little below the disc.
        let within = (low * height..0.12 * height).contains(&self.over_body) || self.over_disc > -3.5;
        if !within || !(0.0..8.2).contains(&behind) {
            -1.0
        } else if self.lateral < 3.0 {
            // In the midline they go over into the spinous process.
            behind
        } else {
            behind.min(6.5 + 0.1 * self.lateral - behind)
        }
    }

    /// Spinous and transverse processes, and the ligaments between the spinous ones.
    pub(super) fn processes(&self) -> Option<Sample> {
        let height = self.body_height();
        let behind = self.behind - self.subject.canal_depth - 2.0;
        let length = if self.vertebra >= S1 { 10.0 } else { self.subject.build.spinous_length - 2.0 };
        if self.lateral < 7.0 && (0.0..length).contains(&behind) {
            let drop = self.over_upper + 0.36 * height + 0.18 * behind;
            let half_height = self.subject.build.spinous_height * height * (0.8 + 0.2 * behind / length);
            // Thin in the middle, a knob at the end.
            let along = behind / length;
            let thick = 2.5 + 2.0 * (1.0 - 4.0 * along).max(0.0) + 1.6 * (along - 0.55).max(0.0);
            let end = (along * along).powi(2) + (drop / half_height).powi(4);
            let inside = ((1.0 - end) * 0.25 * half_height).min(thick - self.lateral);
            if inside > 0.0 {
                return Some(self.bone_with_rim(inside, 1.0));
            }
            if self.lateral < 2.4 {
                let streak = noise::field(self.subject.texture_seed ^ 4, self.point * DVec3::new(1.0, 0.5, 1.2), 3.0);
                return Some(if streak > 0.5 {
                    (Tissue::Fat, 0.3 + 0.8 * streak)
                } else {
                    (Tissue::Muscle, 1.3 * streak + 0.4)
                });
            }
        }
        if self.vertebra >= S1 || !(self.at.half_width * 0.8..self.at.half_width + 19.0).contains(&self.lateral) {
            return None;
        }
        let across = ((self.over_body - 4.0) / 4.2).powi(2) + ((self.behind - 7.0) / 3.8).powi(2);
        self.bone((1.0 - across.sqrt()) * 3.8)
    }
}
