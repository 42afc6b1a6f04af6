//! Cuts crops out of a study: the slices for each place, and their pixels around it.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{Arc, OnceLock},
};

use rayon::prelude::*;

use crate::{
    detector::{CELLS, CropShape},
    geometry::{ImagePlane, PixelCenter, PixelCorner, Vec3},
    grading::{GradeId, Role, Side},
    raster::{BBox, Image8},
    study::{Series, Study},
};

/// The slice of a place lies no farther from it than this, mm; else nothing shows it.
const NEAR_MM: f64 = 7.0;
/// Each further slice may lie so much farther away, mm. What is beyond a gap shows something else.
const STEP_MM: f64 = 9.0;
/// What a box at a place is as wide and high as, mm, where it must be shown that no detector drew one.
const PLACE_MM: f64 = 22.0;

/// One crop of one slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Index into the study's series.
    pub series: usize,
    /// Index into the series' slices.
    pub slice: usize,
    /// Grey values, row by row; 0 outside the image.
    pub pixels: Vec<u8>,
}

/// The crops of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Crops {
    shape: CropShape,
    places: [Option<Vec3>; CELLS],
    /// Cell by cell, slice by slice.
    tiles: Vec<Option<Tile>>,
}

/// A slice that a place lies near to.
#[derive(Clone, Copy)]
struct Chosen {
    series: usize,
    slice: usize,
    /// Of the upright image.
    plane: ImagePlane,
}

/// Cuts the crops around `places` (one for each grade, patient mm). `picture` gives the upright image of a slice (series,
/// slice) as the network is to see it, or `None` if it cannot be read; it is called once for each slice that is needed.
///
/// Only series that are `usable`, by their index, are looked at: those that share the patient space of the places. Several
/// of a kind are not mixed: each place is looked at on the one whose slice passes nearest to it.
pub fn cut(
    study: &Study,
    places: &[Option<Vec3>; CELLS],
    shape: CropShape,
    usable: &dyn Fn(usize) -> bool,
    picture: &(dyn Fn(usize, usize) -> Option<Image8> + Sync),
) -> Crops {
    let chosen: Vec<Option<Chosen>> = GradeId::ALL
        .iter()
        .zip(places)
        .flat_map(|(id, place)| match place {
            Some(place) => choose(study, usable, *id, *place, shape.slices),
            None => vec![None; shape.slices],
        })
        .collect();
    let pictures: BTreeMap<(usize, usize), OnceLock<Option<Arc<Image8>>>> =
        chosen.iter().flatten().map(|at| ((at.series, at.slice), OnceLock::new())).collect();
    pictures.par_iter().for_each(|(&(series, slice), image)| {
        image.get_or_init(|| picture(series, slice).map(Arc::new));
    });
    let tile = |(at, chosen): (usize, &Option<Chosen>)| {
        let Chosen { series, slice, plane } = (*chosen)?;
        let cell = at / shape.slices;
        let image = pictures.get(&(series, slice))?.get()?.as_deref()?;
        let is_mirrored = is_mirrored(GradeId::ALL[cell]);
        let pixels = sample(image, &plane, places[cell]?, shape, is_mirrored);
        Some(Tile { series, slice, pixels })
    };
    let tiles = chosen.par_iter().enumerate().map(tile).collect();
    Crops { shape, places: *places, tiles }
}

/// Axial crops of the right side are mirrored. Sagittal ones need not be: there the order of the slices is.
fn is_mirrored(id: GradeId) -> bool {
    id.condition().role() == Role::Ss && id.side() == Some(Side::Right)
}

/// The slices for a place, in order: sagittal ones from the middle outwards (of the canal from right to left), axial ones
/// from head to foot. The middle one passes through the place.
fn choose(
    study: &Study,
    usable: &dyn Fn(usize) -> bool,
    id: GradeId,
    place: Vec3,
    count: usize,
) -> Vec<Option<Chosen>> {
    let role = id.condition().role();
    let along = match (role, id.side()) {
        (Role::Ss, _) => Vec3::NEG_Z,
        (_, Some(Side::Right)) => Vec3::NEG_X,
        _ => Vec3::X,
    };
    let of_role = study.series.iter().enumerate().filter(|(at, series)| series.role == Some(role) && usable(*at));
    let stacks = of_role.flat_map(|(index, series)| series.blocks.iter().map(move |block| (index, series, block)));
    let ordered = stacks.filter_map(|(index, series, block)| ordered(index, series, block.clone(), place, along));
    let nearest = ordered.min_by(|(_, a), (_, b)| a.total_cmp(b)).filter(|(_, distance)| *distance <= NEAR_MM);
    let Some((stack, _)) = nearest else { return vec![None; count] };
    let middle = (0..stack.len()).min_by(|&a, &b| stack[a].0.abs().total_cmp(&stack[b].0.abs())).unwrap_or_default();
    let half = count as isize / 2;
    (-half..=half)
        .map(|step| {
            let (distance, chosen) = *stack.get(middle.checked_add_signed(step)?)?;
            (distance.abs() <= NEAR_MM + STEP_MM * step.unsigned_abs() as f64).then_some(chosen)
        })
        .collect()
}

/// The slices of a block on which the place lies, by their signed distance from it in the direction `along`, and the least
/// distance.
fn ordered(
    index: usize,
    series: &Series,
    block: Range<usize>,
    place: Vec3,
    along: Vec3,
) -> Option<(Vec<(f64, Chosen)>, f64)> {
    let mut stack: Vec<(f64, Chosen)> = block
        .filter_map(|slice| {
            let reference = series.slices.get(slice)?;
            let plane = reference.plane?.turned(reference.turn);
            let towards = if plane.normal().dot(along) < 0.0 { -1.0 } else { 1.0 };
            let distance = -towards * plane.distance_from_patient(place);
            plane
                .contains(plane.pixel_from_patient(place))
                .then_some((distance, Chosen { series: index, slice, plane }))
        })
        .collect();
    stack.sort_by(|a, b| a.0.total_cmp(&b.0));
    let least = stack.iter().map(|(distance, _)| distance.abs()).min_by(f64::total_cmp)?;
    Some((stack, least))
}

/// The pixels around a place, between those of the image in proportion.
fn sample(image: &Image8, plane: &ImagePlane, place: Vec3, shape: CropShape, is_mirrored: bool) -> Vec<u8> {
    let middle = plane.pixel_from_patient(place);
    let [row_spacing, column_spacing] = plane.pixel_spacing();
    let half = (f64::from(shape.side) - 1.0) / 2.0;
    let offset = |i: u32| (f64::from(i) - half) * shape.pitch;
    let across = if is_mirrored { -1.0 } else { 1.0 };
    let columns: Vec<f64> = (0..shape.side).map(|i| middle.column + across * offset(i) / column_spacing).collect();
    let rows = (0..shape.side).map(|i| middle.row + offset(i) / row_spacing);
    rows.flat_map(|row| columns.iter().map(move |&column| PixelCenter::new(column, row)))
        .map(|at| between(image, at))
        .collect()
}

/// The grey value between four pixels; 0 outside the image.
fn between(image: &Image8, PixelCenter { column, row }: PixelCenter) -> u8 {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let is_inside = |at: f64, count: usize| (-0.5..=count as f64 - 0.5).contains(&at);
    if !is_inside(column, width) || !is_inside(row, height) {
        return 0;
    }
    let split = |at: f64, count: usize| {
        let at = at.clamp(0.0, count as f64 - 1.0);
        let first = (at.floor() as usize).min(count.saturating_sub(2));
        (first, (first + 1).min(count - 1), at - first as f64)
    };
    let ((x0, x1, fx), (y0, y1, fy)) = (split(column, width), split(row, height));
    let value = |x: usize, y: usize| f64::from(image.pixels()[y * width + x]);
    let line = |y: usize| value(x0, y) + fx * (value(x1, y) - value(x0, y));
    (line(y0) + fy * (line(y1) - line(y0))).round() as u8
}

impl Crops {
    /// Pixels, pitch and slices of each.
    pub const fn shape(&self) -> CropShape {
        self.shape
    }

    /// Those of one cell, in order; `None` where there is no slice.
    pub fn of(&self, cell: usize) -> &[Option<Tile>] {
        &self.tiles[cell * self.shape.slices..][..self.shape.slices]
    }

    /// Whether a slice passes through the cell's place.
    pub fn shows(&self, cell: usize) -> bool {
        self.middle(cell).is_some()
    }

    fn middle(&self, cell: usize) -> Option<&Tile> {
        self.of(cell)[self.shape.slices / 2].as_ref()
    }

    /// What the network is given: `[cells x slices, side, side]`, 0 to 1; -1 where there is no slice.
    pub fn input(&self) -> Vec<f32> {
        let pixels = self.shape.side as usize * self.shape.side as usize;
        let mut input = Vec::with_capacity(self.tiles.len() * pixels);
        for tile in &self.tiles {
            match tile {
                Some(tile) => input.extend(tile.pixels.iter().map(|&v| f32::from(v) / 255.0)),
                None => input.extend(std::iter::repeat_n(-1.0, pixels)),
            }
        }
        input
    }

    /// A box around a cell's place on the slice through it: (series, slice, box in stored pixels).
    pub fn place_box(&self, study: &Study, cell: usize) -> Option<(usize, usize, BBox)> {
        let tile = self.middle(cell)?;
        let slice = study.series.get(tile.series)?.slices.get(tile.slice)?;
        let plane = slice.plane?;
        let middle = PixelCorner::from(plane.pixel_from_patient(self.places[cell]?));
        let [row_spacing, column_spacing] = plane.pixel_spacing();
        let size = |spacing: f64| (PLACE_MM / spacing) as f32;
        let bbox = BBox::from_center(middle.x as f32, middle.y as f32, size(column_spacing), size(row_spacing));
        Some((tile.series, tile.slice, bbox.clipped(plane.columns() as f32, plane.rows() as f32)))
    }
}
