//! One subject: the curve of the spine in patient space, the sizes of its parts, and the map between
//! patient millimetres and the straight template spine in which [`super::tissue`] describes them.

use glam::DVec3;
use rand::{Rng, RngExt};

use super::{
    build::{Build, VERTEBRAE},
    disease::Disease,
    material::Tissue,
    variety::{Variety, Warp},
};
use crate::grading::{Condition, GradeId, Level, Side};

/// Index of L1.
pub const L1: usize = 4;
/// Index of S1.
pub const S1: usize = 9;

/// A vertebra or a disc: a piece of the spine with its own frame.
#[derive(Debug, Clone, Copy)]
pub struct Node {
    /// Centre, patient mm.
    pub center: DVec3,
    /// Unit vector to the subject's left.
    pub left: DVec3,
    /// Unit vector to the back.
    pub back: DVec3,
    /// Unit vector along the spine to the head.
    pub up: DVec3,
    /// Height along the spine, mm.
    pub height: f64,
    /// Half the front-back depth of body or disc.
    pub half_depth: f64,
    /// Half the width of body or disc.
    pub half_width: f64,
}

/// A place in the straight template: which vertebra or disc, and mm from its centre.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The node above (or at) the place: even is a vertebra, odd the disc below it.
    pub node: usize,
    /// Towards the subject's left, mm from the middle.
    pub left: f64,
    /// Towards the back, mm from the middle of the bodies.
    pub back: f64,
    /// mm above (+) or below (-) the centre of each of the two nearest nodes: `node` and `node + 1`.
    pub up: [f64; 2],
    /// Half the front-back depth of the column here: its back wall lies at this `back`.
    pub wall: f64,
    /// Half the width of the column here.
    pub half_width: f64,
}

impl Place {
    /// The nearest vertebra (from T9) and mm above its centre.
    pub fn vertebra(&self) -> (usize, f64) {
        if self.node.is_multiple_of(2) { (self.node / 2, self.up[0]) } else { (self.node / 2 + 1, self.up[1]) }
    }

    /// The nearest disc, by the vertebra above it (from T9), and mm above its centre.
    pub fn disc(&self) -> (usize, f64) {
        (self.node / 2, if self.node.is_multiple_of(2) { self.up[1] } else { self.up[0] })
    }
}

/// Everything that varies from subject to subject.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Vertebrae and discs in turn, head to foot.
    pub nodes: Vec<Node>,
    /// The narrowing at each place.
    pub disease: Disease,
    /// For each lumbar disc: 0 well hydrated, 1 dehydrated.
    pub desiccation: [f64; 5],
    /// Front-back depth of the bony canal, mm.
    pub canal_depth: f64,
    /// Half the width of the thecal sac, mm.
    pub sac_half_width: f64,
    /// Nerve roots of the cauda equina: (left, back) in half sac sizes.
    pub roots: Vec<[f64; 2]>,
    /// Where the cord ends, mm above (+) or below the middle of L1.
    pub conus_end: f64,
    /// Half sizes of the trunk: left-right, front-back.
    pub trunk: [f64; 2],
    /// (z, y) of the skin of the back, from head to foot.
    pub skin: Vec<[f64; 2]>,
    /// Thickness of the fat under the skin of the back.
    pub back_fat: f64,
    /// Relative size of the muscles, about 1.
    pub muscle: f64,
    /// Share of fat in the muscles of the back, 0 to 0.5.
    pub muscle_fat: f64,
    /// Fat in the marrow, 0 to 1.
    pub marrow_fat: f64,
    /// Seed of the textures.
    pub texture_seed: u32,
    /// What shapes bones, discs and soft tissue.
    pub build: Build,
    /// Inclusions in the marrow: islands of fat, oedema at endplates, nodes.
    pub spots: Vec<Spot>,
    /// Bends the whole scene.
    pub warp: Warp,
}

/// An ellipsoid in a vertebra that is not marrow.
#[derive(Debug, Clone)]
pub struct Spot {
    /// From T9.
    pub vertebra: usize,
    /// Centre: left, back, up from the middle of the body, mm.
    pub center: DVec3,
    /// Half sizes, mm.
    pub half: DVec3,
    /// What it is made of, and how bright.
    pub sample: (Tissue, f64),
}

/// Rotation of each vertebra relative to the one above it, degrees, from T10 on; positive tilts the top to the front.
const TURN_DEG: [f64; VERTEBRAE - 1] = [1.0, 1.0, 1.0, 3.0, 5.0, 7.0, 9.0, 13.0, 17.0, 6.0, 8.0, 10.0];
const BODY_HEIGHT: [f64; VERTEBRAE] = [21.0, 22.0, 23.0, 24.0, 26.0, 27.0, 27.5, 27.5, 27.0, 27.0, 22.0, 19.0, 16.0];
const DISC_HEIGHT: [f64; VERTEBRAE - 1] = [5.0, 5.5, 6.0, 7.0, 8.5, 9.5, 10.5, 11.0, 10.0, 3.0, 2.0, 1.5];
const HALF_DEPTH: [f64; VERTEBRAE] = [14.0, 14.5, 15.0, 15.5, 16.5, 17.0, 17.5, 17.5, 17.5, 15.5, 11.0, 8.5, 6.5];
const HALF_WIDTH: [f64; VERTEBRAE] = [16.0, 17.0, 18.5, 20.0, 21.5, 22.5, 23.5, 24.5, 25.5, 26.0, 21.0, 17.0, 13.0];

impl Subject {
    /// Draws a subject. The draws that shape the anatomy do not depend on the disease.
    pub fn draw(rng: &mut impl Rng, disease: Disease, variety: Variety) -> Self {
        let v = variety;
        let size = v.between(rng, (0.9, 1.1), (0.8, 1.2));
        let desiccation = std::array::from_fn(|i| (rng.random_range(-0.3..0.75) + 0.07 * i as f64).clamp(0.0, 1.0));
        let nodes = draw_nodes(rng, size, &desiccation, v);
        let back_fat = v.between(rng, (12.0, 32.0), (5.0, 60.0));
        let skin = skin_of(&nodes, back_fat);
        let build = Build::draw(rng, v);
        Self {
            spots: draw_spots(rng, &nodes, v),
            nodes,
            disease,
            desiccation,
            canal_depth: size * v.between(rng, (17.5, 20.0), (15.5, 21.0)),
            sac_half_width: size * v.between(rng, (9.0, 10.5), (8.0, 11.5)),
            roots: draw_roots(rng, v),
            conus_end: v.between(rng, (-18.0, 14.0), (-35.0, 35.0)),
            skin,
            trunk: [v.between(rng, (150.0, 190.0), (130.0, 215.0)), v.between(rng, (100.0, 130.0), (90.0, 150.0))],
            back_fat,
            muscle: v.between(rng, (0.9, 1.12), (0.75, 1.25)),
            // Most people have little.
            muscle_fat: v.between(rng, (0.02, 0.35), (0.0, 0.8)) * rng.random_range(0.15..1.0),
            marrow_fat: v.between(rng, (0.25, 0.75), (0.05, 0.95)),
            texture_seed: rng.random(),
            build,
            warp: Warp::draw(rng, v),
        }
    }

    /// The template position of a patient point. Linear between the frames of neighbouring nodes, so that there are no
    /// jumps between pieces.
    pub fn place_from_patient(&self, point: DVec3) -> Place {
        let height = |node: &Node| (point - node.center).dot(node.up);
        // The first node that the point lies above; the one before it is the node above the point.
        let below = self.nodes.partition_point(|node| height(node) < 0.0).clamp(1, self.nodes.len() - 1);
        let (above, below) = (below - 1, below);
        let (a, b) = (&self.nodes[above], &self.nodes[below]);
        let (ha, hb) = (height(a), height(b));
        let t = if (hb - ha).abs() > 1e-9 { (-ha / (hb - ha)).clamp(0.0, 1.0) } else { 0.5 };
        let mix = |x: f64, y: f64| x + (y - x) * t;
        let (da, db) = (point - a.center, point - b.center);
        Place {
            node: above,
            left: mix(da.dot(a.left), db.dot(b.left)),
            back: mix(da.dot(a.back), db.dot(b.back)),
            up: [ha, hb],
            wall: mix(a.half_depth, b.half_depth),
            half_width: mix(a.half_width, b.half_width),
        }
    }

    /// How far back (y) the skin lies at a height.
    pub fn skin_of_back(&self, z: f64) -> f64 {
        let below = self.skin.partition_point(|p| p[0] > z).clamp(1, self.skin.len() - 1);
        let ([z0, y0], [z1, y1]) = (self.skin[below - 1], self.skin[below]);
        let t = ((z - z0) / (z1 - z0)).clamp(0.0, 1.0);
        y0 + (y1 - y0) * t
    }

    /// How much deeper the skin of the back lies in the furrow over the spinous processes than `x` mm beside it.
    pub fn furrow(&self, x: f64) -> f64 {
        let depth = (self.build.furrow + 2.0).min(0.5 * self.back_fat);
        if x.abs() > 50.0 { 0.0 } else { depth * (-(x / 17.0).powi(2)).exp() }
    }

    /// The patient point of a place beside a disc, given in mm from the disc's centre.
    pub fn patient_from_disc(&self, level: Level, left: f64, back: f64, up: f64) -> DVec3 {
        let node = self.disc(level);
        node.center + node.left * left + node.back * back + node.up * up
    }

    /// The disc of a level.
    pub fn disc(&self, level: Level) -> &Node {
        &self.nodes[2 * (L1 + level.index()) + 1]
    }

    /// The centre of the structure that a grade refers to, patient mm: where a grader puts the point.
    pub fn center_of(&self, id: GradeId) -> DVec3 {
        self.warp.patient_from_scene(self.scene_center_of(id))
    }

    fn scene_center_of(&self, id: GradeId) -> DVec3 {
        let depth = self.disc(id.level()).half_depth;
        let sign = match id.side() {
            Some(Side::Left) => 1.0,
            Some(Side::Right) => -1.0,
            None => 0.0,
        };
        match id.condition() {
            Condition::SpinalCanalStenosis => {
                self.patient_from_disc(id.level(), 0.0, depth + self.canal_depth * 0.47, 0.0)
            }
            Condition::NeuralForaminalNarrowing => self.patient_from_disc(id.level(), sign * 17.5, depth + 5.0, 6.0),
            Condition::SubarticularStenosis => {
                self.patient_from_disc(id.level(), sign * (self.sac_half_width + 1.5), depth + 5.0, 0.0)
            }
        }
    }
}

/// Tilt of each vertebra, degrees: lordosis, with the sacrum's own angle, and jitter.
fn draw_tilts(rng: &mut impl Rng, v: Variety) -> [f64; VERTEBRAE] {
    let lordosis = v.between(rng, (0.7, 1.25), (0.4, 1.4));
    let jitter = v.between(rng, (1.5, 1.5), (1.5, 3.0));
    let mut tilt = [0.0f64; VERTEBRAE];
    for i in 1..VERTEBRAE {
        tilt[i] = tilt[i - 1] + TURN_DEG[i - 1] * lordosis + rng.random_range(-jitter..jitter);
    }
    tilt
}

/// Heights of the discs, mm before scaling by the subject's size: dehydrated ones are low, some have collapsed, and
/// occasionally the last mobile disc is not the fifth.
fn draw_disc_heights(rng: &mut impl Rng, dry: &[f64; 5], v: Variety) -> [f64; VERTEBRAE - 1] {
    let scale = v.between(rng, (0.85, 1.12), (0.7, 1.25));
    let mut heights: [f64; VERTEBRAE - 1] = std::array::from_fn(|i| {
        let dryness = i.checked_sub(L1).and_then(|level| dry.get(level)).copied().unwrap_or(0.2);
        let collapse = if v.chance(rng, 0.0, 0.1) { rng.random_range(0.4..0.75) } else { 1.0 };
        DISC_HEIGHT[i] * scale * (1.0 - 0.4 * dryness) * collapse * v.factor(rng, 0.06)
    });
    let is_lumbarised = v.chance(rng, 0.0, 0.04);
    if is_lumbarised {
        heights[S1] = rng.random_range(5.0..8.0);
    }
    let is_sacralised = !is_lumbarised && v.chance(rng, 0.0, 0.04);
    if is_sacralised {
        heights[S1 - 1] *= 0.4;
    }
    heights
}

fn draw_nodes(rng: &mut impl Rng, size: f64, dry: &[f64; 5], v: Variety) -> Vec<Node> {
    // Angles first, with L3 roughly upright.
    let tilt = draw_tilts(rng, v);
    let disc_heights = draw_disc_heights(rng, dry, v);
    let upright = tilt[L1 + 2] + v.between(rng, (-5.0, 5.0), (-10.0, 10.0));
    // Most spines are straight, some are scoliotic.
    let most = if v.chance(rng, 0.0, 0.25) { 13.0 } else { 5.0 };
    let bend = rng.random_range(-most..most);
    let bend_phase = rng.random_range(0.0..std::f64::consts::TAU);
    let (twist, whole_twist) = (v.between(rng, (-3.0, 3.0), (-7.0, 7.0)), v.between(rng, (-3.0, 3.0), (-7.0, 7.0)));
    let frame = |tilt_deg: f64, at: f64| {
        let wave = (bend_phase + at * 0.45).sin();
        let turn = glam::DQuat::from_rotation_z((whole_twist + twist * wave).to_radians())
            * glam::DQuat::from_rotation_y((bend * wave).to_radians())
            * glam::DQuat::from_rotation_x((tilt_deg - upright).to_radians());
        [turn * DVec3::X, turn * DVec3::Y, turn * DVec3::Z]
    };
    let mut nodes: Vec<Node> = Vec::with_capacity(2 * VERTEBRAE - 1);
    let mut center = DVec3::ZERO;
    for i in 0..VERTEBRAE {
        let height = BODY_HEIGHT[i] * size * v.between(rng, (0.95, 1.05), (0.88, 1.12));
        let [left, back, up] = frame(tilt[i], i as f64);
        if let Some(disc) = nodes.last() {
            center = disc.center - disc.up * (disc.height / 2.0) - up * (height / 2.0);
            if v.chance(rng, 0.0, 0.05) {
                // The vertebra above has slipped to the front, seldom to the back.
                center += back * rng.random_range(-2.0..7.0);
            }
        }
        let (half_depth, half_width) = (HALF_DEPTH[i] * size, HALF_WIDTH[i] * size);
        nodes.push(Node { center, left, back, up, height, half_depth, half_width });
        if i + 1 < VERTEBRAE {
            let disc_height = disc_heights[i] * size;
            let [left, back, up_disc] = frame(f64::midpoint(tilt[i], tilt[i + 1]), i as f64 + 0.5);
            let center = center - up * (height / 2.0) - up_disc * (disc_height / 2.0);
            let half = |sizes: &[f64; VERTEBRAE]| f64::midpoint(sizes[i], sizes[i + 1]) * size;
            let (half_depth, half_width) = (half(&HALF_DEPTH), half(&HALF_WIDTH));
            nodes.push(Node { center, left, back, up: up_disc, height: disc_height, half_depth, half_width });
        }
    }
    // L3 near the origin, but never exactly.
    let shift = DVec3::from_array(std::array::from_fn(|_| rng.random_range(-8.0..8.0))) - nodes[2 * (L1 + 2)].center;
    for node in &mut nodes {
        node.center += shift;
    }
    nodes
}

/// Haemangiomas and islands of fat, oedema and fat along endplates (Modic), nodes of disc in endplates (Schmorl),
/// dark islands of bone.
fn draw_spots(rng: &mut impl Rng, nodes: &[Node], v: Variety) -> Vec<Spot> {
    if v == Variety::NONE {
        return Vec::new();
    }
    let count = v.between(rng, (0.0, 0.0), (0.0, 9.0)) as usize;
    let spot = |_| {
        let vertebra = rng.random_range(0..S1 + 1);
        let node = &nodes[2 * vertebra];
        let mut inside = |half: f64| rng.random_range(-0.8..0.8) * half;
        let center = DVec3::new(inside(node.half_width), inside(node.half_depth), inside(node.height / 2.0));
        let edge = DVec3::new(center.x, center.y, (node.height / 2.0 - 2.0) * center.z.signum());
        let round = DVec3::splat(rng.random_range(2.5..7.0));
        let plate = DVec3::new(14.0, rng.random_range(6.0..16.0), rng.random_range(3.0..8.0));
        let (center, half, sample) = match rng.random_range(0..6) {
            0 | 1 => (center, round, (Tissue::Fat, rng.random_range(0.7..1.1))),
            2 => (center, round, (Tissue::CorticalBone, 1.0)),
            3 => (edge, plate, (Tissue::Fat, rng.random_range(0.6..1.0))),
            4 => (edge, plate, (Tissue::Kidney, rng.random_range(0.7..1.2))), // water in marrow: long T1 and T2
            _ => (edge, round * 0.8, (Tissue::Annulus, 1.0)),
        };
        Spot { vertebra, center, half, sample }
    };
    (0..count).map(spot).collect()
}

/// The back is flatter than the spine below it, and never thinner than the spinous processes.
fn skin_of(nodes: &[Node], back_fat: f64) -> Vec<[f64; 2]> {
    let mean = nodes.iter().map(|n| n.center.y).sum::<f64>() / nodes.len() as f64;
    let hump = nodes.iter().map(|n| n.center.y).fold(f64::NEG_INFINITY, f64::max) - mean;
    let y = |n: &Node| mean + 0.75 * (n.center.y - mean) + 0.12 * hump + 70.0 + back_fat;
    nodes.iter().step_by(2).map(|n| [n.center.z, y(n)]).collect()
}

/// Roots lie to the back and the sides of the sac when the subject lies on the back.
fn draw_roots(rng: &mut impl Rng, v: Variety) -> Vec<[f64; 2]> {
    // In some they have sunk to the back wall, in others they float.
    let highest = v.between(rng, (-0.5, -0.3), (-1.1, 0.6));
    (0..20)
        .map(|i| {
            let side = if i % 2 == 0 { 1.0 } else { -1.0 };
            let angle: f64 = rng.random_range(highest..1.35);
            let radius: f64 = rng.random_range(0.42..0.88);
            [side * radius * angle.cos(), radius * angle.sin()]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn subject(seed: u64) -> Subject {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let disease = Disease::draw(&mut rng, 0.5, 0.0);
        Subject::draw(&mut rng, disease, Variety::NONE)
    }

    #[test]
    fn the_map_to_the_template_is_continuous_and_finds_discs() {
        for seed in 0..20 {
            let subject = subject(seed);
            for &level in Level::ALL {
                let node = 2 * (L1 + level.index()) + 1;
                let place = subject.place_from_patient(subject.patient_from_disc(level, 3.0, 8.0, -0.5));
                assert_eq!(place.node, node);
                assert!((place.left - 3.0).abs() < 0.5 && (place.back - 8.0).abs() < 0.5);
                let just_above = subject.place_from_patient(subject.patient_from_disc(level, 3.0, 8.0, 1e-6));
                let just_below = subject.place_from_patient(subject.patient_from_disc(level, 3.0, 8.0, -1e-6));
                assert!((just_above.back - just_below.back).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn left_is_plus_x_and_levels_go_down() {
        let subject = subject(5);
        for &level in Level::ALL {
            let id = |side| GradeId::new(Condition::NeuralForaminalNarrowing, Some(side), level).unwrap();
            assert!(subject.center_of(id(Side::Left)).x > subject.center_of(id(Side::Right)).x + 25.0);
        }
        let z: Vec<f64> = Level::ALL.iter().map(|&l| subject.disc(l).center.z).collect();
        assert!(z.windows(2).all(|w| w[0] > w[1] + 20.0), "{z:?}");
    }
}
