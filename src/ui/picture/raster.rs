//! Paints what egui tessellates, on the CPU: the same pixels on every machine, without a graphics driver.

use std::collections::HashMap;

use egui::{
    Color32, ColorImage, ImageData, Pos2, Rect, TextureFilter, TextureId, TextureOptions, TexturesDelta, Vec2,
    epaint::{ClippedPrimitive, Primitive, Vertex},
};
use image::{Rgba, RgbaImage};

/// A mesh names a texture that was never sent.
#[derive(Debug, thiserror::Error)]
#[error("a part of the picture has no texture")]
pub struct MissingTexture;

/// The textures that egui has sent.
#[derive(Default)]
pub struct Raster(HashMap<TextureId, (ColorImage, TextureOptions)>);

impl Raster {
    /// Takes in new textures and changes of old ones, and lets go of those that are not needed any more.
    pub fn take_in(&mut self, delta: &mut TexturesDelta) {
        for (id, changes) in delta.set.drain() {
            for change in changes {
                let ImageData::Color(image) = change.image;
                match (change.pos, self.0.get_mut(&id)) {
                    (Some([x, y]), Some((whole, _))) => patch(whole, &image, x, y),
                    _ => {
                        self.0.insert(id, ((*image).clone(), change.options));
                    }
                }
            }
        }
        for id in delta.free.drain() {
            self.0.remove(&id);
        }
    }

    /// Paints triangles on black: a picture of so many pixels, `scale` of them for a point.
    pub fn paint(
        &self,
        primitives: &[ClippedPrimitive],
        [width, height]: [u32; 2],
        scale: f32,
    ) -> Result<RgbaImage, MissingTexture> {
        let mut canvas = RgbaImage::from_pixel(width, height, Rgba([0, 0, 0, 255]));
        let whole = Rect::from_min_size(Pos2::ZERO, Vec2::new(width as f32, height as f32));
        for job in primitives {
            let Primitive::Mesh(mesh) = &job.primitive else { continue };
            let (texture, options) = self.0.get(&mesh.texture_id).ok_or(MissingTexture)?;
            let clip = (job.clip_rect * scale).intersect(whole);
            for corners in mesh.indices.as_chunks::<3>().0 {
                let corners = corners.map(|i| mesh.vertices[i as usize]);
                triangle(&mut canvas, clip, scale, &corners, texture, options.magnification);
            }
        }
        Ok(canvas)
    }
}

fn patch(whole: &mut ColorImage, image: &ColorImage, x: usize, y: usize) {
    for row in 0..image.size[1] {
        let from = &image.pixels[row * image.size[0]..][..image.size[0]];
        let at = (y + row) * whole.size[0] + x;
        whole.pixels[at..at + from.len()].copy_from_slice(from);
    }
}

/// Twice the area of a triangle, positive where the corners run clockwise on screen.
fn edge(a: Pos2, b: Pos2, p: Pos2) -> f32 {
    (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)
}

/// Pixels whose middle lies inside; of an edge that two triangles share, one has the pixels.
#[expect(clippy::float_cmp, reason = "points on an edge belong to one of its two triangles")]
fn triangle(
    canvas: &mut RgbaImage,
    clip: Rect,
    scale: f32,
    corners: &[Vertex; 3],
    texture: &ColorImage,
    filter: TextureFilter,
) {
    let mut c = *corners;
    let mut p = c.map(|v| (v.pos.to_vec2() * scale).to_pos2());
    let mut area = edge(p[0], p[1], p[2]);
    if area == 0.0 {
        return;
    }
    if area < 0.0 {
        c.swap(1, 2);
        p.swap(1, 2);
        area = -area;
    }
    // An edge function is zero exactly on the edge, and rounds in the same way for both triangles of an edge.
    let owns = |a: Pos2, b: Pos2| b.y < a.y || (b.y == a.y && b.x > a.x);
    let inside = |w: f32, a: Pos2, b: Pos2| w > 0.0 || (w == 0.0 && owns(a, b));
    let bounds = Rect::from_points(&p).intersect(clip);
    for y in bounds.top().floor() as u32..bounds.bottom().ceil().max(0.0) as u32 {
        for x in bounds.left().floor() as u32..bounds.right().ceil().max(0.0) as u32 {
            let at = Pos2::new(x as f32 + 0.5, y as f32 + 0.5);
            let w = [edge(p[1], p[2], at), edge(p[2], p[0], at), edge(p[0], p[1], at)];
            let is_in = inside(w[0], p[1], p[2]) && inside(w[1], p[2], p[0]) && inside(w[2], p[0], p[1]);
            if !is_in || !clip.contains(at) || x >= canvas.width() || y >= canvas.height() {
                continue;
            }
            let w = w.map(|w| w / area);
            let mix = |of: fn(&Vertex) -> f32| w[0] * of(&c[0]) + w[1] * of(&c[1]) + w[2] * of(&c[2]);
            let texel = sample(texture, mix(|v| v.uv.x), mix(|v| v.uv.y), filter);
            let tint = [
                mix(|v| v.color.r().into()),
                mix(|v| v.color.g().into()),
                mix(|v| v.color.b().into()),
                mix(|v| v.color.a().into()),
            ];
            blend(canvas.get_pixel_mut(x, y), std::array::from_fn(|i| tint[i] * texel[i] / 255.0));
        }
    }
}

fn blend(under: &mut Rgba<u8>, over: [f32; 4]) {
    for i in 0..3 {
        under.0[i] = (over[i] + f32::from(under.0[i]) * (1.0 - over[3] / 255.0)).round().clamp(0.0, 255.0) as u8;
    }
}

/// Red, green, blue, alpha, 0 to 255, premultiplied.
fn sample(texture: &ColorImage, u: f32, v: f32, filter: TextureFilter) -> [f32; 4] {
    let [width, height] = texture.size;
    let texel = |x: f32, y: f32| -> Color32 {
        let at = |value: f32, size: usize| value.clamp(0.0, size as f32 - 1.0) as usize;
        texture.pixels[at(y, height) * width + at(x, width)]
    };
    let (x, y) = (u * width as f32, v * height as f32);
    if filter == TextureFilter::Nearest {
        return texel(x.floor(), y.floor()).to_array().map(f32::from);
    }
    let (x, y) = (x - 0.5, y - 0.5);
    let (fx, fy) = (x - x.floor(), y - y.floor());
    let mut sum = [0.0; 4];
    for (dx, dy, share) in [
        (0.0, 0.0, (1.0 - fx) * (1.0 - fy)),
        (1.0, 0.0, fx * (1.0 - fy)),
        (0.0, 1.0, (1.0 - fx) * fy),
        (1.0, 1.0, fx * fy),
    ] {
        for (sum, part) in sum.iter_mut().zip(texel(x.floor() + dx, y.floor() + dy).to_array()) {
            *sum += share * f32::from(part);
        }
    }
    sum
}
