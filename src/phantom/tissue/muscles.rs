//! Muscles: one mass on either side of the processes of the back, streaked with fat; quadratus, psoas, the muscles of the
//! hip bone.

use glam::DVec3;

use super::{Blend, Site, noise};
use crate::phantom::material::Tissue;

/// How many mm beside the midline the muscles of the back are thickest.
const CREST: f64 = 22.0;

/// Fibres run along the body.
const ALONG_FIBRES: DVec3 = DVec3::new(1.0, 1.0, 0.4);

impl Site<'_> {
    pub(super) fn muscles(&self) -> Option<Blend> {
        if self.lateral > 105.0 || self.behind > 80.0 || self.at.back < -50.0 {
            return None;
        }
        self.back_muscles().or_else(|| self.psoas()).or_else(|| self.quadratus())
    }

    /// Front and back edge of the muscles of the back at this distance from the midline, mm behind the bodies.
    fn back_muscle_edges(&self) -> Option<(f64, f64)> {
        let (subject, build) = (self.subject, &self.subject.build);
        let low = ((self.down - 0.85) / 0.4).clamp(0.0, 1.0);
        let reach = (58.0 + 16.0 * (1.0 - (self.down - 0.55).abs()).max(0.0)) * subject.muscle * (1.0 - 0.3 * low);
        let tip = subject.canal_depth + build.spinous_length;
        let crest = tip + build.hump * (1.0 - 0.4 * low) - 6.0 * low;
        let middle = 12.0;
        if self.lateral < CREST {
            let inward = 1.0 - self.lateral / CREST;
            return Some((-2.0, crest - (crest - tip + build.furrow) * inward * inward));
        }
        let outward = (self.lateral - CREST) / (reach - CREST);
        let round = 1.0 - outward.powf(build.back_round);
        (round > 0.0).then(|| (middle - 13.0 * round.sqrt().sqrt(), middle + (crest - middle) * round.sqrt()))
    }

    /// Multifidus, longissimus and iliocostalis.
    fn back_muscles(&self) -> Option<Blend> {
        // Fat around the exit of the roots.
        let uneven = 1.5 * (self.point.z / 6.0).sin() + 2.0 * (self.lateral / 3.5).sin() - 1.0;
        if self.behind < 5.0 + uneven - 0.45 * (self.lateral - 20.0).max(0.0) {
            return None;
        }
        let (front, back) = self.back_muscle_edges()?;
        if !(front..back).contains(&self.behind) {
            return None;
        }
        let subject = self.subject;
        let seed = subject.texture_seed;
        let under_fascia = back - self.behind;
        if under_fascia < 0.9 {
            return Some(Blend::of(Tissue::Ligament));
        }
        let patches = noise::field(seed ^ 0x11, self.point, 13.0);
        let multifidus = (1.0 - (self.lateral - 12.0) / 26.0).clamp(0.0, 1.0);
        let fatty = subject.muscle_fat * (0.45 + 0.75 * self.down.clamp(0.0, 1.3)) * (0.55 + 0.9 * multifidus);
        let fatty = fatty * (2.2 * patches - 0.1).max(0.0);
        // Fat between muscle and bone, under the fascia, and in the clefts between the three.
        let off_bone = if self.lateral < 19.0 {
            (self.behind - self.subject.canal_depth - 7.5 + 0.4 * self.lateral).min(self.lateral - 3.0)
        } else {
            f64::INFINITY
        };
        let grain = noise::field(seed ^ 5, self.point * ALONG_FIBRES, 1.8);
        let cleft =
            |x: f64| (self.lateral - x - 0.22 * (self.behind - 16.0) - 1.6 * (self.behind / 6.0 + x).sin()).abs();
        let gap = |distance: f64, wide: f64| (wide - distance) / 0.8;
        let clefts = gap(cleft(21.0), 1.6 * grain - 0.8 + (1.0 + 7.0 * fatty) * (patches - 0.1))
            .max(gap(cleft(43.0), 1.2 * grain - 0.8 + (0.6 + 5.0 * fatty) * (patches - 0.1)))
            .max(gap(off_bone, 1.5 * grain - 0.4 + 1.6 * patches + 6.0 * fatty * patches))
            .max(gap(under_fascia - 0.9, (4.0 * patches - 2.2) + 2.5 * fatty));
        let joint = (self.lateral - 23.0).hypot(self.behind - 13.0);
        let clefts = clefts.max(gap(joint, 1.0 + 3.0 * patches + 3.0 * grain));
        if clefts >= 1.0 {
            return Some(self.fat_of_muscle());
        }
        Some(self.streaked(fatty, clefts.max(0.0)))
    }

    fn fat_of_muscle(&self) -> Blend {
        let grain = noise::field(self.subject.texture_seed ^ 5, self.point, 2.2);
        Blend { tissue: Tissue::Muscle, strength: 1.0, fat: 0.75 + 0.25 * grain }
    }

    /// Muscle with fibres and streaks of fat that run from the middle of the front to the back and the side.
    pub(super) fn streaked(&self, fatty: f64, least: f64) -> Blend {
        let seed = self.subject.texture_seed;
        let grain = noise::field(seed ^ 5, self.point * ALONG_FIBRES, 1.8);
        // The bundles lie like the ribs of a fan that opens to the back.
        let (x, y) = (self.lateral - 8.0, self.behind + 12.0);
        let turn = x / (y.abs() + x.abs()).max(1.0);
        let fan = DVec3::new(self.side * 20.0 * turn + 1.2 * grain, (x.abs() + y) / 13.0, self.point.z / 16.0);
        let streak = (noise::field(seed ^ 6, fan, 1.0) - 0.5).abs();
        // Few sheets in a lean muscle, more than muscle in a wasted one.
        let width = (0.45 * fatty + 0.012) * (0.3 + 1.4 * grain);
        let fat = ((width - streak) / 0.07 + 0.3).clamp(0.0, 1.0) * (0.3 + 0.7 * grain) * (0.5 + 0.8 * fatty).min(1.0);
        let diffuse = (1.1 * (fatty - 0.25)).clamp(0.0, 0.7) * grain;
        Blend { tissue: Tissue::Muscle, strength: 0.78 + 0.44 * grain, fat: fat.max(least).max(diffuse) }
    }

    /// Against the bodies, thicker from level to level; at L5 it leaves them to the front.
    fn psoas(&self) -> Option<Blend> {
        let (subject, build) = (self.subject, &self.subject.build);
        if self.lateral < 14.0 || self.down < -0.3 {
            return None;
        }
        let (grown, low) = (self.down.clamp(0.0, 1.0), ((self.down - 0.95) / 0.3).clamp(0.0, 1.5));
        let size = subject.muscle * build.psoas;
        let (rx, ry) = (size * (6.5 + 13.0 * grown), size * (11.0 + 12.0 * grown));
        let x = self.lateral - (self.at.half_width + 0.76 * rx - 1.0 + 6.0 * low);
        let y = self.at.back - (7.0 - 9.0 * grown - 12.0 * low);
        let lean = 0.25 + 0.2 * low;
        let (x, y) = ((x + lean * y * 0.5) / rx, (y - lean * x) / ry);
        let from_middle = x * x + y * y;
        if from_middle >= 1.0 || (from_middle > 0.6 && x.abs().powf(2.4) + y.abs().powf(2.4) >= 1.0) {
            return None;
        }
        if self.lateral < self.at.half_width + 1.0 + 0.8 * (self.at.back / 4.0).sin()
            && self.at.back.abs() < self.at.wall - 4.0
        {
            return Some(self.fat_of_muscle());
        }
        Some(self.streaked(0.12 * subject.muscle_fat * (1.0 + grown), 0.0))
    }

    /// From the transverse processes to the side, in front of the muscles of the back.
    fn quadratus(&self) -> Option<Blend> {
        if !(34.0..92.0).contains(&self.lateral) || self.down > 0.95 || self.down < -0.2 {
            return None;
        }
        let along = (self.lateral - 34.0) / 58.0;
        let middle = -1.0 - 14.0 * (along - 0.25) * self.subject.build.quadratus;
        let half = 7.0 * self.subject.muscle * (along * (1.0 - along) * 4.0).powf(0.6);
        (((self.behind - middle) / half).abs() < 1.0).then(|| self.streaked(0.2 * self.subject.muscle_fat, 0.0))
    }
}
