//! The images of a study: the planes of each series, as protocols plan them.

use glam::{DQuat, DVec3};
use rand::{Rng, RngExt};

use super::{
    anatomy::Subject,
    sequence::{Contrast, Sequence},
    variety::Variety,
};
use crate::{
    geometry::ImagePlane,
    grading::{Level, Role},
};

/// One series to render.
#[derive(Debug, Clone)]
pub struct SeriesPlan {
    /// Its role for the detectors; `None` for the localizer.
    pub role: Option<Role>,
    /// Scanner settings.
    pub sequence: Sequence,
    /// Images in order of acquisition.
    pub planes: Vec<ImagePlane>,
    /// `SliceThickness`, mm.
    pub thickness: f64,
    /// `SpacingBetweenSlices`, mm.
    pub step: f64,
    /// `InstanceNumber` of the first image.
    pub first_instance: u32,
    /// MONOCHROME1.
    pub inverted: bool,
    /// How far the patient had moved, mm: images show the scene at their plane plus this offset.
    pub moved: DVec3,
}

/// Pixels and millimetres of one image.
#[derive(Debug, Clone, Copy)]
struct Grid {
    columns: u32,
    rows: u32,
    row_spacing: f64,
    column_spacing: f64,
}

impl Grid {
    fn square(matrix: u32, field_of_view: f64) -> Self {
        let spacing = field_of_view / f64::from(matrix);
        Self { columns: matrix, rows: matrix, row_spacing: spacing, column_spacing: spacing }
    }

    /// An image centred on a point; `None` only for numbers that do not describe a plane.
    fn plane(&self, center: DVec3, along_row: DVec3, down_column: DVec3) -> Option<ImagePlane> {
        let half = |count: u32, spacing: f64| (f64::from(count) - 1.0) / 2.0 * spacing;
        let origin = center
            - along_row * half(self.columns, self.column_spacing)
            - down_column * half(self.rows, self.row_spacing);
        let (a, b) = (along_row, down_column);
        ImagePlane::new(
            origin.to_array(),
            [a.x, a.y, a.z, b.x, b.y, b.z],
            [self.row_spacing, self.column_spacing],
            self.columns,
            self.rows,
        )
        .ok()
    }
}

/// The size of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// As from a scanner.
    Full,
    /// Fewer and smaller images: the demo study, tests.
    Small,
}

/// Draws the series of one study.
struct Protocol<'a, R> {
    rng: &'a mut R,
    subject: &'a Subject,
    size: Size,
    variety: Variety,
}

/// Sagittal T1, sagittal T2 or STIR, axial T2 (sometimes in two series), localizer.
pub fn draw_series(rng: &mut impl Rng, subject: &Subject, size: Size, variety: Variety) -> Vec<SeriesPlan> {
    let mut protocol = Protocol { rng, subject, size, variety };
    let second = if size == Size::Full && protocol.rng.random_bool(0.25) { Contrast::Stir } else { Contrast::T2 };
    let (stack, center) = protocol.sagittal_stack();
    let mut all = vec![
        protocol.sagittal(&stack, Role::Nfn, Contrast::T1),
        protocol.sagittal(&stack, Role::Scs, second),
        protocol.axial(),
    ];
    if variety.chance(protocol.rng, 0.0, 0.12) {
        all.push(protocol.axial());
    }
    all.push(localizer(protocol.rng, center));
    all
}

/// Where sagittal slices lie; the two series of a study share it.
struct SagittalStack {
    center: DVec3,
    normal: DVec3,
    along_row: DVec3,
    down_column: DVec3,
    count: u32,
    step: f64,
    grid: Grid,
}

impl<R: Rng> Protocol<'_, R> {
    /// A small rotation of the scanner's axes: degrees about x, y, z.
    fn turn(&mut self, typical: [f64; 3], wide: [f64; 3]) -> DQuat {
        let mut angle =
            |i: usize| self.variety.between(self.rng, (-typical[i], typical[i]), (-wide[i], wide[i])).to_radians();
        let (x, y, z) = (angle(0), angle(1), angle(2));
        DQuat::from_rotation_z(z) * DQuat::from_rotation_y(y) * DQuat::from_rotation_x(x)
    }

    fn sagittal_stack(&mut self) -> (SagittalStack, DVec3) {
        let (v, small) = (self.variety, self.size == Size::Small);
        let turn = self.turn([0.0, 2.5, 2.5], [9.0, 8.0, 8.0]);
        let grid = self.sagittal_grid();
        // A small field of view shows half a lumbar spine, somewhere; a large one may be off centre by more.
        let spare = (f64::from(grid.rows) * grid.row_spacing - 150.0).abs() * 0.3;
        let aside = DVec3::new(
            v.between(self.rng, (-4.0, 4.0), (-9.0, 9.0)),
            v.between(self.rng, (-14.0, 14.0), (-30.0, 30.0)),
            v.between(self.rng, (-8.0, 28.0), (-30.0 - spare, 40.0 + spare)),
        );
        let center = self.subject.disc(Level::L3L4).center + aside;
        let count = match (small, v.chance(self.rng, 0.0, 0.7)) {
            (true, _) => 13,
            (false, true) => self.rng.random_range(9..24),
            (false, false) => 2 * self.rng.random_range(6..9) + 1,
        };
        // Usually wide enough for the foramina of both sides, sometimes not.
        let width = if v.chance(self.rng, 0.0, 0.1) { 34.0 } else { 54.0 };
        let step = v.between(self.rng, (4.0, 4.8), (3.0, 5.0)).max(width / f64::from(count - 1));
        let [normal, along_row, down_column] = [turn * DVec3::X, turn * DVec3::Y, turn * -DVec3::Z];
        (SagittalStack { center, normal, along_row, down_column, count, step, grid }, center)
    }

    fn sagittal(&mut self, stack: &SagittalStack, role: Role, contrast: Contrast) -> SeriesPlan {
        // Usually one protocol for both; sometimes a different matrix and field of view.
        let grid = if self.variety.chance(self.rng, 1.0, 0.4) { self.sagittal_grid() } else { stack.grid };
        let plane = |offset| grid.plane(stack.center + stack.normal * offset, stack.along_row, stack.down_column);
        let planes = planes_of(stack.count, stack.step, plane);
        self.plan(role, contrast, planes, stack.step)
    }

    fn sagittal_grid(&mut self) -> Grid {
        if self.size == Size::Small {
            return Grid::square(320, 270.0);
        }
        let wide = self.variety.chance(self.rng, 0.0, 0.7);
        let matrix = if wide {
            [192, 256, 320, 320, 384, 448, 512, 640][self.rng.random_range(0..8)]
        } else {
            [320, 384, 448][self.rng.random_range(0..3)]
        };
        // From half a lumbar spine to thorax and sacrum; most are of the usual size.
        let field_of_view = match self.rng.random_range(0..10) {
            0 if wide => self.rng.random_range(140.0..200.0),
            1 | 2 if wide => self.rng.random_range(310.0..420.0),
            _ => self.variety.between(self.rng, (250.0, 310.0), (200.0, 330.0)),
        };
        let mut grid = Grid::square(matrix, field_of_view);
        if self.rng.random_bool(0.2) {
            // A field of view cut in front and behind.
            grid.columns = grid.columns * 3 / 4;
        }
        if self.variety.chance(self.rng, 0.0, 0.12) {
            // Pixels that are not square.
            let squeeze = self.rng.random_range(0.75..1.3);
            grid.columns = (f64::from(grid.columns) / squeeze).round() as u32;
            grid.column_spacing *= squeeze;
        }
        grid
    }

    fn plan(&mut self, role: Role, contrast: Contrast, mut planes: Vec<ImagePlane>, step: f64) -> SeriesPlan {
        if self.rng.random_bool(0.3) {
            planes.reverse();
        }
        let mut odd = |share| self.size == Size::Full && self.rng.random_bool(share);
        let (starts_elsewhere, inverted) = (odd(0.1), odd(0.05));
        let moves = self.variety.chance(self.rng, 0.0, 0.3);
        SeriesPlan {
            role: Some(role),
            sequence: Sequence::draw(self.rng, contrast, self.variety),
            planes,
            thickness: step * self.variety.between(self.rng, (0.88, 0.88), (0.7, 1.0)),
            step,
            first_instance: if starts_elsewhere { self.rng.random_range(2..40) } else { 1 },
            inverted,
            moved: if moves { self.variety.offset(self.rng, [1.5, 2.0, 2.0]) } else { DVec3::ZERO },
        }
    }

    fn axial(&mut self) -> SeriesPlan {
        let (v, small) = (self.variety, self.size == Size::Small);
        let matrix = match (small, v.chance(self.rng, 0.0, 0.5)) {
            (true, _) => 256,
            (false, true) => [192, 256, 320, 448, 512][self.rng.random_range(0..5)],
            (false, false) => [256, 320, 384][self.rng.random_range(0..3)],
        };
        // The spine fills the picture; some protocols show the whole back.
        let field_of_view = if v.chance(self.rng, 0.0, 0.15) {
            self.rng.random_range(200.0..270.0)
        } else {
            v.between(self.rng, (165.0, 200.0), (145.0, 205.0))
        };
        let grid = Grid::square(matrix, field_of_view);
        let aside = DVec3::new(
            v.between(self.rng, (-5.0, 5.0), (-12.0, 12.0)),
            v.between(self.rng, (8.0, 22.0), (-6.0, 30.0)),
            0.0,
        );
        // Slightly rotated in its own plane, or the patient is.
        let roll = v.between(self.rng, (0.0, 0.0), (-7.0, 7.0)).to_radians();
        let angled = small || self.rng.random_bool(0.45);
        let step = if small { 4.0 } else { v.between(self.rng, (3.5, 4.6), (3.0, 5.5)) };
        let planes = if angled { self.blocks(grid, aside, roll, step) } else { self.straight(grid, aside, roll, step) };
        self.plan(Role::Ss, Contrast::T2, planes, step)
    }

    /// A block for each disc, parallel to it; at least the three lowest, and blocks may overlap.
    fn blocks(&mut self, grid: Grid, aside: DVec3, roll: f64, step: f64) -> Vec<ImagePlane> {
        let v = self.variety;
        let first = if v.chance(self.rng, 0.0, 0.25) { self.rng.random_range(1..3) } else { 0 };
        let per_disc = if self.size == Size::Small { 5 } else { 2 * self.rng.random_range(2..4) + 1 };
        let mut planes = Vec::new();
        for &level in &Level::ALL[first..] {
            let disc = self.subject.disc(level);
            let tilt = self.turn([3.0, 0.0, 0.0], [9.0, 5.0, 0.0]);
            let count = if v.chance(self.rng, 0.0, 0.5) { self.rng.random_range(3..10) } else { per_disc };
            // Slices are angled front to back, rarely side to side.
            let down = tilt * DVec3::new(0.0, disc.back.y, disc.back.z).normalize();
            let across = tilt * DVec3::X;
            let normal = across.cross(down);
            let turn = DQuat::from_axis_angle(normal, roll);
            let center = disc.center + aside + v.offset(self.rng, [0.0, 0.0, 4.0]);
            let plane = |offset: f64| grid.plane(center - normal * offset, turn * across, turn * down);
            planes.extend(planes_of(count, step, plane));
        }
        planes
    }

    /// One stack through all levels, or through what was assumed to be all of them.
    fn straight(&mut self, grid: Grid, aside: DVec3, roll: f64, step: f64) -> Vec<ImagePlane> {
        let v = self.variety;
        let tilt = DQuat::from_rotation_x(v.between(self.rng, (-4.0, 14.0), (-12.0, 22.0)).to_radians());
        let (across, down, normal) = (tilt * DVec3::X, tilt * DVec3::Y, tilt * DVec3::Z);
        let [top, bottom] = [Level::L1L2, Level::L5S1].map(|l| self.subject.disc(l).center);
        let above = v.between(self.rng, (10.0, 10.0), (-40.0, 60.0));
        let below = v.between(self.rng, (14.0, 14.0), (-10.0, 50.0));
        let (first, last) = (top + normal * above, bottom - normal * below);
        let count = ((first - last).dot(normal) / step).ceil() as u32 + 1;
        // The stack tilts with its normal; in the image the spine shifts a little from slice to slice.
        let center = first.midpoint(last) + aside;
        let turn = DQuat::from_axis_angle(normal, roll);
        planes_of(count, step, |offset| grid.plane(center - normal * offset, turn * across, turn * down))
    }
}

fn localizer(rng: &mut impl Rng, center: DVec3) -> SeriesPlan {
    let grid = Grid::square(256, 400.0);
    let planes = [(DVec3::X, -DVec3::Z), (DVec3::Y, -DVec3::Z), (DVec3::X, DVec3::Y)];
    let planes = planes.into_iter().filter_map(|(along, down)| grid.plane(center, along, down)).collect();
    let sequence = Sequence::draw(rng, Contrast::T2, Variety::NONE);
    SeriesPlan {
        role: None,
        sequence,
        planes,
        thickness: 8.0,
        step: 8.0,
        first_instance: 1,
        inverted: false,
        moved: DVec3::ZERO,
    }
}

/// Parallel planes, `step` mm apart, the middle one at offset 0.
fn planes_of(count: u32, step: f64, plane: impl Fn(f64) -> Option<ImagePlane>) -> Vec<ImagePlane> {
    (0..count).filter_map(|i| plane((f64::from(i) - f64::from(count - 1) / 2.0) * step)).collect()
}
