//! Slices in order: one block per orientation, each sorted along its own normal.
//!
//! Axial lumbar series often hold several angled blocks, one per disc, that overlap in
//! space. Sorting them by instance number or by position alone interleaves them.

use super::ImagePlane;

/// Slices whose normals differ by less belong to one block.
pub const PARALLEL_TOLERANCE_DEG: f64 = 1.5;

/// Images that are nearer than this lie at one place, mm: no stack is so dense, and positions are rounded.
pub const SAME_PLACE_MM: f64 = 0.05;

/// Parallel slices, as indices into the list that [`blocks`] was given, in order of position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceBlock {
    /// Indices of the slices in reading order: from head to foot, from the patient's right to left, or from front to
    /// back.
    pub slices: Vec<usize>,
}

/// Splits slices into blocks of one orientation and orders everything: each block by position
/// along its own normal, the blocks by where their centres lie (head to foot for axial blocks,
/// patient's right to left for sagittal ones).
///
/// Slices of equal position keep the order in which they were given.
///
/// ```
/// use foramen::geometry::{ImagePlane, blocks, spacing_between};
///
/// let at = |z| ImagePlane::new([0.0, 0.0, z], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [0.5, 0.5], 320, 320);
/// // In order of acquisition: every other slice first.
/// let planes = [at(0.0)?, at(8.0)?, at(4.0)?, at(12.0)?];
///
/// let blocks = blocks(&planes);
/// assert_eq!(blocks.len(), 1);
/// // Axial slices are read from head to foot.
/// assert_eq!(blocks[0].slices, [3, 1, 2, 0]);
/// assert_eq!(spacing_between(&planes, &blocks[0]), Some(4.0));
/// # Ok::<(), foramen::geometry::InvalidPlane>(())
/// ```
pub fn blocks(planes: &[ImagePlane]) -> Vec<SliceBlock> {
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for (i, plane) in planes.iter().enumerate() {
        let home = blocks.iter_mut().find(|b| planes[b[0]].is_parallel(plane, PARALLEL_TOLERANCE_DEG));
        match home {
            Some(block) => block.push(i),
            None => blocks.push(vec![i]),
        }
    }
    for block in &mut blocks {
        // One normal for the whole block: rounding in single slices must not swap neighbours.
        let normal = planes[block[0]].normal();
        let position = |i: usize| planes[i].origin().dot(normal);
        // Head first for axial blocks, the patient's right first for sagittal ones.
        let sign = reading_sign(normal);
        block.sort_by(|&a, &b| (sign * position(a)).total_cmp(&(sign * position(b))));
    }
    let head_first = |block: &Vec<usize>| {
        let sum: f64 = block.iter().map(|&i| reading_position(&planes[i])).sum();
        sum / block.len() as f64
    };
    blocks.sort_by(|a, b| head_first(a).total_cmp(&head_first(b)));
    blocks.into_iter().map(|slices| SliceBlock { slices }).collect()
}

/// +1 where the normal points in reading direction (right to left, front to back, head to foot), else -1.
fn reading_sign(normal: glam::DVec3) -> f64 {
    let a = normal.abs();
    let along = if a.x >= a.y && a.x >= a.z {
        normal.x
    } else if a.y >= a.z {
        normal.y
    } else {
        -normal.z
    };
    along.signum()
}

impl ImagePlane {
    /// Of two parallel images: whether they start at one point, or, stored in different ways, have one middle.
    fn is_same_place(&self, other: &Self) -> bool {
        let near = |a: glam::DVec3, b: glam::DVec3| a.distance(b) <= SAME_PLACE_MM;
        near(self.origin(), other.origin()) || near(self.center(), other.center())
    }
}

fn reading_position(plane: &ImagePlane) -> f64 {
    let (n, c) = (plane.normal().abs(), plane.center());
    if n.x >= n.y && n.x >= n.z {
        c.x
    } else if n.y >= n.z {
        c.y
    } else {
        -c.z
    }
}

/// The median distance in mm between neighbours of a block, from positions
/// (`SliceThickness` is something else). Images at one place count once. `None` for fewer than two places.
pub fn spacing_between(planes: &[ImagePlane], block: &SliceBlock) -> Option<f64> {
    let normal = planes[*block.slices.first()?].normal();
    let mut steps: Vec<f64> = block
        .slices
        .windows(2)
        .map(|w| (planes[w[1]].origin() - planes[w[0]].origin()).dot(normal).abs())
        .filter(|step| *step > SAME_PLACE_MM)
        .collect();
    steps.sort_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied()
}

/// Which images lie at one place, less than [`SAME_PLACE_MM`] apart. Indices into `planes`, a
/// list for each place.
pub fn places(planes: &[ImagePlane]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = Vec::new();
    for block in blocks(planes) {
        let normal = planes[block.slices[0]].normal();
        let depth = |i: usize| planes[i].origin().dot(normal);
        // Where the places at this depth begin: others at it lie beside them.
        let mut here = all.len();
        for i in block.slices {
            if all.last().is_some_and(|last| (depth(last[0]) - depth(i)).abs() > SAME_PLACE_MM) {
                here = all.len();
            }
            let is_here = |place: &&mut Vec<usize>| planes[place[0]].is_same_place(&planes[i]);
            match all[here..].iter_mut().find(is_here) {
                Some(place) => place.push(i),
                None => all.push(vec![i]),
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn axial(z: f64, tilt_deg: f64) -> ImagePlane {
        let t = tilt_deg.to_radians();
        ImagePlane::new([0.0, 0.0, z], [1.0, 0.0, 0.0, 0.0, t.cos(), -t.sin()], [1.0; 2], 10, 10).unwrap()
    }

    #[test]
    fn overlapping_angled_blocks_stay_apart() {
        // Two blocks that overlap in z: sorting by z alone would interleave them.
        let planes = [axial(2.0, 20.0), axial(10.0, 0.0), axial(6.0, 20.0), axial(4.0, 0.0), axial(7.0, 0.0)];
        let blocks = blocks(&planes);
        let order: Vec<_> = blocks.iter().map(|b| b.slices.clone()).collect();
        assert_eq!(order, vec![vec![1, 4, 3], vec![2, 0]]);
        assert!((spacing_between(&planes, &blocks[0]).unwrap() - 3.0).abs() < 1e-9);
    }

    #[test]
    fn sagittal_reads_from_right_to_left_however_the_normal_points() {
        let sagittal = |x: f64, flip: f64| {
            ImagePlane::new([x, 0.0, 0.0], [0.0, flip, 0.0, 0.0, 0.0, -1.0], [1.0; 2], 4, 4).unwrap()
        };
        for flip in [1.0, -1.0] {
            let planes = [sagittal(5.0, flip), sagittal(-5.0, flip), sagittal(0.0, flip)];
            assert_eq!(blocks(&planes)[0].slices, vec![1, 2, 0]);
        }
    }

    /// Two echoes at each place, one of them mirrored: the distance of slices is that of the places, not 0.
    #[test]
    fn several_images_at_one_place_count_once() {
        let mirrored = |z| ImagePlane::new([9.0, 0.0, z], [-1.0, 0.0, 0.0, 0.0, 1.0, 0.0], [1.0; 2], 10, 10).unwrap();
        let planes: Vec<ImagePlane> = [0.0, 4.0, 8.0].into_iter().flat_map(|z| [axial(z, 0.0), mirrored(z)]).collect();
        let all = blocks(&planes);
        assert_eq!((all.len(), spacing_between(&planes, &all[0])), (1, Some(4.0)));
        assert_eq!(places(&planes), [[4, 5], [2, 3], [0, 1]]);
        assert_eq!(spacing_between(&planes[..2], &blocks(&planes[..2])[0]), None);
    }

    proptest! {
        #[test]
        fn every_slice_is_in_one_block_once(
            planes in prop::collection::vec(super::super::plane::tests::any_plane(), 0..30)
        ) {
            let mut seen: Vec<usize> = blocks(&planes).into_iter().flat_map(|b| b.slices).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..planes.len()).collect::<Vec<_>>());
        }
    }
}
