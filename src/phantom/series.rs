//! Which images a study has: the planes of each series, as protocols lay them.

use glam::{DQuat, DVec3};
use rand::{Rng, RngExt};

use super::{
    anatomy::Subject,
    sequence::{Contrast, Sequence},
};
use crate::{
    geometry::ImagePlane,
    grading::{Level, Role},
};

/// One series to render.
#[derive(Debug, Clone)]
pub struct SeriesPlan {
    /// What the detectors see in it; `None` for the localizer.
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

    /// An image centred on a point; `None` only for numbers that describe no plane.
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

/// How large a study is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// As scanners make them.
    Full,
    /// Fewer and smaller images: the demo study, tests.
    Small,
}

/// Sagittal T1, sagittal T2 or STIR, axial T2, localizer.
pub fn draw_series(rng: &mut impl Rng, subject: &Subject, size: Size) -> Vec<SeriesPlan> {
    let second = if size == Size::Full && rng.random_bool(0.25) { Contrast::Stir } else { Contrast::T2 };
    let turn = DQuat::from_rotation_z(rng.random_range(-2.5..2.5f64).to_radians())
        * DQuat::from_rotation_y(rng.random_range(-2.5..2.5f64).to_radians());
    let center = subject.disc(Level::L3L4).center
        + DVec3::new(rng.random_range(-4.0..4.0), rng.random_range(-14.0..14.0), rng.random_range(-8.0..28.0));
    let count = if size == Size::Small { 13 } else { 2 * rng.random_range(6..9) + 1 };
    let step: f64 = rng.random_range(4.0..4.8f64).max(54.0 / f64::from(count - 1));
    let sagittal = |rng: &mut _, role, contrast| {
        let grid = sagittal_grid(rng, size);
        let [normal, along_row, down] = [turn * DVec3::X, turn * DVec3::Y, turn * -DVec3::Z];
        let planes = stack(count, step, |offset| grid.plane(center + normal * offset, along_row, down));
        plan(rng, role, contrast, planes, step, size)
    };
    let t1 = sagittal(rng, Role::Nfn, Contrast::T1);
    let t2 = sagittal(rng, Role::Scs, second);
    let axial = axial(rng, subject, size);
    vec![t1, t2, axial, localizer(rng, center)]
}

fn plan(
    rng: &mut impl Rng,
    role: Role,
    contrast: Contrast,
    mut planes: Vec<ImagePlane>,
    step: f64,
    size: Size,
) -> SeriesPlan {
    if rng.random_bool(0.3) {
        planes.reverse();
    }
    let odd = |rng: &mut _, share| size == Size::Full && RngExt::random_bool(rng, share);
    SeriesPlan {
        role: Some(role),
        sequence: Sequence::draw(rng, contrast),
        planes,
        thickness: step * 0.88,
        step,
        first_instance: if odd(rng, 0.1) { rng.random_range(2..40) } else { 1 },
        inverted: odd(rng, 0.05),
    }
}

fn sagittal_grid(rng: &mut impl Rng, size: Size) -> Grid {
    if size == Size::Small {
        return Grid::square(320, 270.0);
    }
    let matrix = [320, 384, 448][rng.random_range(0..3)];
    let mut grid = Grid::square(matrix, rng.random_range(250.0..310.0));
    if rng.random_bool(0.2) {
        // A field of view cut in front and behind.
        grid.columns = grid.columns * 3 / 4;
    }
    grid
}

fn axial(rng: &mut impl Rng, subject: &Subject, size: Size) -> SeriesPlan {
    let matrix = if size == Size::Small { 256 } else { [256, 320, 384][rng.random_range(0..3)] };
    let grid = Grid::square(matrix, rng.random_range(165.0..215.0));
    let aside = DVec3::new(rng.random_range(-5.0..5.0), rng.random_range(8.0..22.0), 0.0);
    let angled = size == Size::Small || rng.random_bool(0.45);
    let step = if size == Size::Small { 4.0 } else { rng.random_range(3.5..4.6) };
    let mut planes = Vec::new();
    if angled {
        let per_disc = if size == Size::Small { 5 } else { 2 * rng.random_range(2..4) + 1 };
        for &level in Level::ALL {
            let disc = subject.disc(level);
            let tilt = DQuat::from_rotation_x(rng.random_range(-3.0..3.0f64).to_radians());
            // Scanners are angled front to back, seldom side to side.
            let down = tilt * DVec3::new(0.0, disc.back.y, disc.back.z).normalize();
            let normal = DVec3::X.cross(down);
            let center = disc.center + aside;
            planes.extend(stack(per_disc, step, |offset| grid.plane(center - normal * offset, DVec3::X, down)));
        }
    } else {
        let tilt = DQuat::from_rotation_x(rng.random_range(-4.0..14.0f64).to_radians());
        let (down, normal) = (tilt * DVec3::Y, tilt * DVec3::Z);
        let [top, bottom] = [Level::L1L2, Level::L5S1].map(|l| subject.disc(l).center);
        let (first, last) = (top + normal * 10.0, bottom - normal * 14.0);
        let length = (first - last).dot(normal);
        let count = (length / step).ceil() as u32 + 1;
        // The stack leans with its normal; in the image the spine wanders a little from slice to slice.
        let center = first.midpoint(last) + aside;
        planes.extend(stack(count, step, |offset| grid.plane(center - normal * offset, DVec3::X, down)));
    }
    plan(rng, Role::Ss, Contrast::T2, planes, step, size)
}

fn localizer(rng: &mut impl Rng, center: DVec3) -> SeriesPlan {
    let grid = Grid::square(256, 400.0);
    let planes = [(DVec3::X, -DVec3::Z), (DVec3::Y, -DVec3::Z), (DVec3::X, DVec3::Y)];
    let planes = planes.into_iter().filter_map(|(along, down)| grid.plane(center, along, down)).collect();
    let sequence = Sequence::draw(rng, Contrast::T2);
    SeriesPlan { role: None, sequence, planes, thickness: 8.0, step: 8.0, first_instance: 1, inverted: false }
}

/// Parallel planes, `step` mm apart, the middle one at offset 0.
fn stack(count: u32, step: f64, plane: impl Fn(f64) -> Option<ImagePlane>) -> Vec<ImagePlane> {
    (0..count).filter_map(|i| plane((f64::from(i) - f64::from(count - 1) / 2.0) * step)).collect()
}
