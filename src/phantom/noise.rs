//! Textures: smooth pseudo-random fields that are the same wherever and in whatever order they are sampled.

use glam::DVec3;

/// A value from 0 to 1 that varies smoothly over about `scale` mm.
pub fn field(seed: u32, point: DVec3, scale: f64) -> f64 {
    // Rotated, so that the lattice does not show in images along the axes.
    let DVec3 { x, y, z } = point / scale;
    let p = DVec3::new(0.8 * x + 0.6 * y, -0.48 * x + 0.64 * y + 0.6 * z, 0.36 * x - 0.48 * y + 0.8 * z);
    // Not `floor`: without SSE 4.1 that is a function call, and the body is far smaller than the range of i32.
    let [x, y, z] = [p.x, p.y, p.z].map(below);
    let t = p - DVec3::new(f64::from(x), f64::from(y), f64::from(z));
    let ease = t * t * (DVec3::splat(3.0) - t * 2.0);
    let corner = |dx: i32, dy: i32, dz: i32| hash(seed, x.wrapping_add(dx), y.wrapping_add(dy), z.wrapping_add(dz));
    let mix = |a: f64, b: f64, t: f64| a + (b - a) * t;
    let plane = |dz| {
        mix(mix(corner(0, 0, dz), corner(1, 0, dz), ease.x), mix(corner(0, 1, dz), corner(1, 1, dz), ease.x), ease.y)
    };
    mix(plane(0), plane(1), ease.z)
}

/// The largest integer that is not above `x`.
fn below(x: f64) -> i32 {
    let toward_zero = x as i32;
    toward_zero - i32::from(f64::from(toward_zero) > x)
}

/// A uniform value from 0 to 1 for a lattice point.
fn hash(seed: u32, x: i32, y: i32, z: i32) -> f64 {
    let mut h = seed
        ^ (x as u32).wrapping_mul(0x8da6_b343)
        ^ (y as u32).wrapping_mul(0xd816_3841)
        ^ (z as u32).wrapping_mul(0xcb1a_b31f);
    // The finaliser of MurmurHash3.
    h ^= h >> 16;
    h = h.wrapping_mul(0x85eb_ca6b);
    h ^= h >> 13;
    h = h.wrapping_mul(0xc2b2_ae35);
    h ^= h >> 16;
    f64::from(h) / f64::from(u32::MAX)
}
