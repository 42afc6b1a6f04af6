//! Crops of the demo study's slices, with pixels that tell where in the patient they lie.

use super::*;
use crate::{
    geometry::{PixelCenter, Vec3},
    grading::{GradeId, Role},
    phantom,
    raster::Image8,
    study::{self, Study},
};

const CANAL: [Option<Vec3>; 5] =
    [None, Some(Vec3::new(1.0, 20.0, 30.0)), Some(Vec3::new(0.0, 18.0, -6.0)), Some(Vec3::new(0.0, 20.0, -40.0)), None];

fn demo() -> Study {
    study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED)).studies.remove(0)
}

/// What the pixel at a patient point is to hold: everywhere smooth, and another thing to the left than to the right.
fn grey(point: Vec3) -> f64 {
    128.0 + 0.6 * point.x + 0.5 * point.y - 0.4 * point.z
}

/// The slice's image as it is stored, of those greys, made upright.
fn picture(study: &Study) -> impl Fn(usize, usize) -> Option<Image8> + Sync + '_ {
    |series, slice| {
        let reference = &study.series[series].slices[slice];
        let plane = reference.plane?;
        let at = |i: u32| PixelCenter::new(f64::from(i % plane.columns()), f64::from(i / plane.columns()));
        let pixels = 0..plane.columns() * plane.rows();
        let pixels = pixels.map(|i| grey(plane.patient_from_pixel(at(i))).round().clamp(0.0, 255.0) as u8).collect();
        Some(Image8::new(plane.columns(), plane.rows(), pixels)?.turned(reference.turn))
    }
}

fn cut_all(study: &Study, shape: CropShape) -> Crops {
    cut(study, &places(&CANAL), shape, &|_| true, &picture(study))
}

/// Grading cuts what training saw: the middle of the larger crops of a data set, byte for byte.
#[test]
fn the_crops_of_a_data_set_hold_those_of_grading() {
    let study = demo();
    let shape = CropShape::default();
    let (margin, spare) = (8, 1);
    let (small, large) = (cut_all(&study, shape), cut_all(&study, shape.grown(margin, spare)));
    let mut seen = 0;
    for cell in 0..CELLS {
        for (small, large) in small.of(cell).iter().zip(&large.of(cell)[spare..]) {
            let (Some(small), Some(large)) = (small, large) else {
                assert_eq!(small.is_some(), large.is_some());
                continue;
            };
            assert_eq!((small.series, small.slice), (large.series, large.slice));
            let side = (shape.side + 2 * margin) as usize;
            let rows = large.pixels.chunks_exact(side).skip(margin as usize).take(shape.side as usize);
            let inner: Vec<u8> = rows.flat_map(|row| &row[margin as usize..side - margin as usize]).copied().collect();
            assert_eq!(inner, small.pixels);
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen} tiles");
}

/// Whatever way a file's rows and columns run, a crop's pixels lie where it says, and right ones are mirrored.
#[test]
fn every_pixel_of_a_crop_shows_its_place_in_the_patient() {
    let study = demo();
    let shape = CropShape::default();
    let crops = cut_all(&study, shape);
    let half = (f64::from(shape.side) - 1.0) / 2.0;
    for (cell, id) in GradeId::ALL.into_iter().enumerate() {
        let Some(place) = places(&CANAL)[cell] else {
            assert!(!crops.shows(cell), "{id}");
            continue;
        };
        let Some(tile) = &crops.of(cell)[shape.slices / 2] else { continue };
        let slice = &study.series[tile.series].slices[tile.slice];
        let plane = slice.plane.unwrap().turned(slice.turn);
        let on_plane = plane.patient_from_pixel(plane.pixel_from_patient(place));
        assert!(on_plane.distance(place) < 7.1, "{id}: the slice passes by");
        let is_mirrored = id.condition().role() == Role::Ss && id.side() == Some(crate::grading::Side::Right);
        let across = if is_mirrored { -plane.column_direction() } else { plane.column_direction() };
        for (column, row) in [(10, 20), (48, 48), (80, 60)] {
            let mm = |i: u32| (f64::from(i) - half) * shape.pitch;
            let point = on_plane + across * mm(column) + plane.row_direction() * mm(row);
            if !plane.contains(plane.pixel_from_patient(point)) {
                continue;
            }
            let found = f64::from(tile.pixels[(row * shape.side + column) as usize]);
            assert!((found - grey(point)).abs() < 1.5, "{id} at ({column}, {row}): {found} for {}", grey(point));
        }
    }
    assert!((0..CELLS).filter(|&cell| crops.shows(cell)).count() >= 12);
}

/// Left and right foramina are looked at from the middle outwards.
#[test]
fn slices_of_both_sides_run_outwards() {
    let study = demo();
    let crops = cut_all(&study, CropShape::default());
    for (cell, id) in GradeId::ALL.into_iter().enumerate().filter(|(_, id)| id.condition().role() == Role::Nfn) {
        let off = |tile: &Tile| study.series[tile.series].slices[tile.slice].plane.unwrap().origin().x.abs();
        let all: Vec<f64> = crops.of(cell).iter().flatten().map(off).collect();
        assert!(all.is_sorted(), "{id}: {all:?}");
    }
}

#[test]
fn a_series_of_another_space_and_an_image_that_cannot_be_read_are_missing() {
    let study = demo();
    let shape = CropShape::default();
    let none = cut(&study, &places(&CANAL), shape, &|_| false, &picture(&study));
    assert!((0..CELLS).all(|cell| !none.shows(cell)));
    let unread = cut(&study, &places(&CANAL), shape, &|_| true, &|_, _| None);
    assert!(unread.input().iter().all(|value| *value < -0.9));
}
