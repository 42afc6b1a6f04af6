//! The contact sheet: a few images of every class with their boxes, to look at before anything is trained on them.
//!
//! A row is a condition, side and level; its columns are the severities. Boxes are coloured and lettered by severity as
//! in the viewer, the class of the column thick, the others on the same slice thin. Letters at the edges of an image
//! say where the patient's right, left, front, back, head and feet are; the line below it gives how far a sagittal
//! slice lies to the left or right of the middle one.

use std::{convert::Infallible, ops::Range, path::Path};

use embedded_graphics::{
    mono_font::{
        MonoFont, MonoTextStyle,
        ascii::{FONT_6X13, FONT_8X13_BOLD, FONT_10X20},
    },
    pixelcolor::Rgb888,
    prelude::{DrawTarget, Drawable, OriginDimensions, Pixel, Point, Primitive, RgbColor, Size},
    primitives::{PrimitiveStyle, Rectangle},
    text::{Alignment, Baseline, Text, TextStyle, TextStyleBuilder},
};
use image::{ExtendedColorType, GrayImage, RgbImage, imageops};
use rayon::prelude::*;

use super::{
    DatasetError, LabelledBox,
    yolo::{self, Picture},
};
use crate::{
    geometry::{PlaneKind, direction_letters},
    grading::{DetectionClass, GradeId, Role, Severity},
};

/// The file in a data set's folder.
const NAME: &str = "contact_sheet.png";
/// Images of each class.
const EXAMPLES: usize = 3;
/// Side of an image, pixels.
const TILE: u32 = 232;
/// Between images.
const GAP: u32 = 6;
/// Between severities.
const SEVERITY_GAP: u32 = 18;
/// Heights of the sheet's header, of a row's header, and of the line under an image.
const HEAD: u32 = 46;
const ROW_HEAD: u32 = 24;
const CAPTION: u32 = 17;
/// Side of the background of an orientation letter.
const LETTER: u32 = 13;

/// The colours of `ui::theme`, which the core cannot import.
const BACKGROUND: Rgb888 = Rgb888::new(22, 24, 27);
const EMPTY: Rgb888 = Rgb888::new(32, 35, 39);
const TEXT: Rgb888 = Rgb888::new(214, 217, 222);
const WEAK_TEXT: Rgb888 = Rgb888::new(150, 156, 165);
const LETTERS: Rgb888 = Rgb888::new(255, 214, 130);

const fn colour(severity: Severity) -> Rgb888 {
    match severity {
        Severity::NormalMild => Rgb888::new(60, 190, 150),
        Severity::Moderate => Rgb888::new(240, 178, 40),
        Severity::Severe => Rgb888::new(255, 106, 61),
    }
}

const fn letter(severity: Severity) -> &'static str {
    match severity {
        Severity::NormalMild => "N",
        Severity::Moderate => "M",
        Severity::Severe => "S",
    }
}

/// An image to draw on.
struct Canvas(RgbImage);

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(at, colour) in pixels {
            if let (Ok(x), Ok(y)) = (u32::try_from(at.x), u32::try_from(at.y))
                && let Some(pixel) = self.0.get_pixel_mut_checked(x, y)
            {
                pixel.0 = [colour.r(), colour.g(), colour.b()];
            }
        }
        Ok(())
    }
}

impl Canvas {
    /// Anything outside is not drawn.
    fn fill(&mut self, x: u32, y: u32, width: u32, height: u32, colour: Rgb888) {
        let (x1, y1) = ((x + width).min(self.0.width()), (y + height).min(self.0.height()));
        for y in y..y1 {
            (x..x1).for_each(|x| self.0.put_pixel(x, y, image::Rgb([colour.r(), colour.g(), colour.b()])));
        }
    }

    /// Draws a grey image row by row; it must fit.
    fn paste(&mut self, image: &GrayImage, left: u32, top: u32) {
        let stride = self.0.width() as usize * 3;
        let start = top as usize * stride + left as usize * 3;
        let rows = self.0.get_mut(start..).into_iter().flat_map(|rest| rest.chunks_mut(stride));
        for (to, from) in rows.zip(image.chunks_exact(image.width() as usize)) {
            to.as_chunks_mut::<3>().0.iter_mut().zip(from).for_each(|(pixel, grey)| *pixel = [*grey; 3]);
        }
    }

    fn text(&mut self, words: &str, at: Point, font: &MonoFont<'_>, colour: Rgb888, style: TextStyle) {
        // The fonts only have ASCII.
        let words: String = words.chars().map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' }).collect();
        let Ok(_) = Text::with_text_style(&words, at, MonoTextStyle::new(font, colour), style).draw(self);
    }
}

fn point(x: u32, y: u32) -> Point {
    Point::new(x as i32, y as i32)
}

fn style(alignment: Alignment, baseline: Baseline) -> TextStyle {
    TextStyleBuilder::new().alignment(alignment).baseline(baseline).build()
}

/// One image on the sheet.
struct Tile<'a> {
    picture: &'a Picture<'a>,
    shown: &'a LabelledBox,
    /// Scaled to fit the tile.
    image: GrayImage,
    /// Tile pixels per pixel of the slice.
    scale: [f32; 2],
}

/// Writes the contact sheet of a data set from its PNGs.
pub fn write(root: &Path, pictures: &[Picture<'_>], role: Role) -> Result<(), DatasetError> {
    let grades: Vec<GradeId> = GradeId::ALL.into_iter().filter(|id| id.condition().role() == role).collect();
    let column = EXAMPLES as u32 * (TILE + GAP) + SEVERITY_GAP;
    let row = ROW_HEAD + TILE + CAPTION + GAP;
    let (width, height) = (GAP + column * 3 - SEVERITY_GAP, HEAD + row * grades.len() as u32 + GAP);
    let mut canvas = Canvas(RgbImage::from_pixel(width, height, image::Rgb([22, 24, 27])));
    head(&mut canvas, role);
    let cells: Vec<(usize, GradeId, Severity)> = grades
        .iter()
        .enumerate()
        .flat_map(|(row, &grade)| Severity::ALL.iter().map(move |&severity| (row, grade, severity)))
        .collect();
    let drawn: Vec<(usize, Vec<Tile<'_>>)> = cells
        .par_iter()
        .map(|&(_, grade, severity)| examples(root, pictures, DetectionClass { grade, severity }))
        .collect::<Result<_, DatasetError>>()?;
    for (&(at, grade, severity), (count, tiles)) in cells.iter().zip(&drawn) {
        let (x, y) = (GAP + column * severity.index() as u32, HEAD + row * at as u32);
        row_head(&mut canvas, [x, y], grade, severity, *count);
        for place in 0..EXAMPLES {
            let x = x + place as u32 * (TILE + GAP);
            match tiles.get(place) {
                Some(tile) => tile.draw(&mut canvas, x, y + ROW_HEAD),
                None => canvas.fill(x, y + ROW_HEAD, TILE, TILE, EMPTY),
            }
        }
    }
    yolo::save_png(&root.join(NAME), canvas.0.as_raw(), [width, height], ExtendedColorType::Rgb8)
}

fn head(canvas: &mut Canvas, role: Role) {
    let left = style(Alignment::Left, Baseline::Middle);
    let title = format!("{}: {}", role.word(), role.condition().label());
    canvas.text(&title, Point::new(GAP as i32 + 2, 23), &FONT_10X20, TEXT, left);
    let words = format!(
        "on {}. Thick: the box of the class; thin: others on the same slice. N normal/mild, M moderate, S severe",
        role.label()
    );
    let x = GAP as i32 + 2 + 10 * (title.len() as i32 + 2);
    canvas.text(&words, Point::new(x, 23), &FONT_6X13, WEAK_TEXT, left);
}

fn row_head(canvas: &mut Canvas, [x, y]: [u32; 2], grade: GradeId, severity: Severity, count: usize) {
    let left = style(Alignment::Left, Baseline::Middle);
    let middle = (y + ROW_HEAD / 2) as i32;
    canvas.fill(x, y + 5, 13, 15, colour(severity));
    canvas.text(letter(severity), Point::new(x as i32 + 3, middle), &FONT_8X13_BOLD, BACKGROUND, left);
    let name = format!("{} {}", grade.label(), severity.label().to_lowercase());
    canvas.text(&name, Point::new(x as i32 + 19, middle), &FONT_8X13_BOLD, TEXT, left);
    let words = if count == 0 { "none".to_owned() } else { format!("{count} boxes") };
    let x = x as i32 + 19 + 8 * (name.len() as i32 + 2);
    canvas.text(&words, Point::new(x, middle), &FONT_6X13, WEAK_TEXT, left);
}

/// How many boxes of a class there are, and a few of them, spread over the data set.
fn examples<'a>(
    root: &Path,
    pictures: &'a [Picture<'a>],
    class: DetectionClass,
) -> Result<(usize, Vec<Tile<'a>>), DatasetError> {
    let all: Vec<(&Picture<'_>, &LabelledBox)> = pictures
        .iter()
        .flat_map(|picture| picture.boxes.iter().filter(|b| b.class == class).map(move |&b| (picture, b)))
        .collect();
    let mut places: Vec<usize> = (0..EXAMPLES).map(|i| (2 * i + 1) * all.len() / (2 * EXAMPLES)).collect();
    places.dedup();
    let chosen = places.into_iter().filter_map(|place| all.get(place));
    let tiles = chosen.map(|&(picture, shown)| Tile::read(root, picture, shown)).collect::<Result<_, _>>()?;
    Ok((all.len(), tiles))
}

/// A smaller image in which each pixel is the mean of those it covers. A few times as fast as `imageops`, which matters
/// for the 225 images of three sheets.
fn shrunk(image: &GrayImage, width: u32, height: u32) -> GrayImage {
    let (columns, rows) = (image.width() as usize, image.height() as usize);
    let spans = |from: usize, to: u32| -> Vec<Range<usize>> {
        let to = to as usize;
        (0..to).map(|i| i * from / to..(i + 1) * from / to).collect()
    };
    let across = spans(columns, width);
    let mut sums = vec![0u32; across.len()];
    let mut out = Vec::with_capacity((width * height) as usize);
    for down in spans(rows, height) {
        sums.fill(0);
        let count = down.len();
        for row in image.chunks_exact(columns).take(down.end).skip(down.start) {
            for (sum, span) in sums.iter_mut().zip(&across) {
                *sum += row[span.clone()].iter().map(|&grey| u32::from(grey)).sum::<u32>();
            }
        }
        out.extend(sums.iter().zip(&across).map(|(sum, span)| (sum / ((span.len() * count) as u32).max(1)) as u8));
    }
    GrayImage::from_raw(width, height, out).unwrap_or_default()
}

impl<'a> Tile<'a> {
    fn read(root: &Path, picture: &'a Picture<'a>, shown: &'a LabelledBox) -> Result<Self, DatasetError> {
        let file = root.join("images").join(&picture.name).with_added_extension("png");
        let whole = image::open(&file)
            .map_err(|e| DatasetError::Image { file, message: format!("it cannot be read back: {e}") })?
            .into_luma8();
        let sides = [whole.width(), whole.height()];
        let fit = TILE as f32 / sides[0].max(sides[1]) as f32;
        let [width, height] = sides.map(|side| ((side as f32 * fit).round() as u32).clamp(1, TILE));
        let image = if fit < 1.0 {
            shrunk(&whole, width, height)
        } else {
            imageops::resize(&whole, width, height, imageops::FilterType::Triangle)
        };
        let scale = [width as f32 / sides[0] as f32, height as f32 / sides[1] as f32];
        Ok(Self { picture, shown, image, scale })
    }

    fn draw(&self, canvas: &mut Canvas, x: u32, y: u32) {
        canvas.fill(x, y, TILE, TILE, Rgb888::BLACK);
        let (left, top) = (x + (TILE - self.image.width()) / 2, y + (TILE - self.image.height()) / 2);
        canvas.paste(&self.image, left, top);
        // The box of the class is drawn over the others.
        let mut boxes: Vec<&LabelledBox> = self.picture.boxes.clone();
        boxes.sort_by_key(|b| **b == *self.shown);
        for labelled in boxes {
            self.draw_box(canvas, [left, top], labelled);
        }
        self.draw_letters(canvas, x, y);
        let caption = style(Alignment::Left, Baseline::Top);
        canvas.text(&self.caption(), point(x + 1, y + TILE + 1), &FONT_6X13, WEAK_TEXT, caption);
    }

    fn draw_box(&self, canvas: &mut Canvas, [left, top]: [u32; 2], labelled: &LabelledBox) {
        let (b, severity) = (labelled.bbox, labelled.class.severity);
        let at = |v: f32, axis: usize| (v * self.scale[axis]).round() as u32;
        let (x, y) = (left + at(b.x0, 0), top + at(b.y0, 1));
        let size = Size::new(at(b.width(), 0).max(1), at(b.height(), 1).max(1));
        let is_shown = *labelled == *self.shown;
        let frame = PrimitiveStyle::with_stroke(colour(severity), if is_shown { 2 } else { 1 });
        let Ok(()) = Rectangle::new(point(x, y), size).into_styled(frame).draw(canvas);
        // Next to the box, not over its content; outwards where a left and a right box are side by side.
        let width = if is_shown { 11 } else { 7 };
        let is_right_of_all = self.picture.boxes.iter().all(|other| other.bbox.x0 <= b.x0 + b.width() / 2.0);
        let has_left_neighbour = self.picture.boxes.iter().any(|other| other.bbox.x0 + other.bbox.width() / 2.0 < b.x0);
        let tag = if is_right_of_all && has_left_neighbour { x + size.width + 1 } else { x.saturating_sub(width + 1) };
        let corner = style(Alignment::Left, Baseline::Top);
        if is_shown {
            canvas.fill(tag, y, width, 14, colour(severity));
            canvas.text(letter(severity), point(tag + 2, y), &FONT_8X13_BOLD, BACKGROUND, corner);
        } else {
            canvas.fill(tag, y, width, 12, Rgb888::BLACK);
            canvas.text(letter(severity), point(tag + 1, y - 1), &FONT_6X13, colour(severity), corner);
        }
    }

    /// The patient's sides; none if the file does not say.
    fn draw_letters(&self, canvas: &mut Canvas, x: u32, y: u32) {
        let slice = &self.picture.from.series.slices[self.picture.slice];
        let Some(plane) = slice.plane.map(|plane| plane.turned(slice.turn)) else { return };
        let (across, down) = (plane.column_direction(), plane.row_direction());
        let (middle, edge) = ((TILE - LETTER) / 2, TILE - LETTER);
        for (direction, x, y) in [
            (-across, x, y + middle),
            (across, x + edge, y + middle),
            (-down, x + middle, y),
            (down, x + middle, y + edge),
        ] {
            let first: String = direction_letters(direction).chars().take(1).collect();
            if !first.is_empty() {
                // On a dark background, because fat is as bright as the letters.
                canvas.fill(x, y, LETTER, LETTER, Rgb888::BLACK);
                let corner = style(Alignment::Left, Baseline::Top);
                canvas.text(&first, point(x + 2, y), &FONT_8X13_BOLD, LETTERS, corner);
            }
        }
    }

    /// `slice 7/15, 14 mm left of middle`.
    fn caption(&self) -> String {
        let (series, slice) = (self.picture.from.series, self.picture.slice);
        let words = format!("slice {}/{}", slice + 1, series.slices.len());
        let centres = || series.slices.iter().filter_map(|s| s.plane).map(|plane| plane.center().x);
        let here = series.slices[slice].plane.filter(|plane| PlaneKind::of(plane) == PlaneKind::Sagittal);
        if let Some(plane) = here {
            let middle = centres().sum::<f64>() / centres().count().max(1) as f64;
            let off = plane.center().x - middle;
            // +x is the patient's left.
            let side = if off < 0.0 { "right" } else { "left" };
            return format!("{words}, {:.0} mm {side} of middle", off.abs());
        }
        words
    }
}
