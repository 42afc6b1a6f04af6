//! The key images, three in a row: boxes, lines, letters and marks are drawn over the pixels, not into them.

use std::sync::Arc;

use super::{
    ink,
    sheet::{Picture, Place, Shape, Sheet},
    text::{Align, Ink, Style},
};
use crate::{
    geometry::PixelCorner,
    grading::Severity,
    markup::{Mark, lines, measure},
    raster::BBox,
    report::{KeyBox, KeyImage, KeyLine},
};

const COLUMNS: usize = 3;
const GAP: f32 = 10.0;
const LABEL: Style = Style::new(6.6, crate::ink::LETTERS).bold();
/// Three rows of this, and the provenance, fit on one page.
const HIGHEST: f32 = 144.0;

/// All of them.
pub fn all(sheet: &mut Sheet, images: &[KeyImage]) {
    if images.is_empty() {
        return;
    }
    let width = (super::across(sheet).width - GAP * (COLUMNS - 1) as f32) / COLUMNS as f32;
    sheet.heading("Key images", HIGHEST + 30.0);
    let numbered: Vec<(usize, &KeyImage)> = (1..).zip(images).collect();
    for row in numbered.chunks(COLUMNS) {
        let captions: Vec<_> = row
            .iter()
            .map(|(number, image)| {
                let note = if image.note.is_empty() { String::new() } else { format!(" \"{}\"", image.note) };
                let text = format!("{number}. {}{note}", image.caption);
                sheet.set(&text, Style::new(7.2, ink::TEXT), Align::Start, Some(width))
            })
            .collect();
        let sizes: Vec<[f32; 2]> = row.iter().map(|(_, image)| size(image, width)).collect();
        let height = sizes.iter().map(|size| size[1]).fold(0.0, f32::max);
        let words = captions.iter().map(super::text::Block::height).fold(0.0, f32::max);
        sheet.need(height + words + 8.0);
        let place = super::across(sheet);
        for (column, (((_, image), size), caption)) in row.iter().zip(&sizes).zip(captions).enumerate() {
            let left = place.x + column as f32 * (width + GAP);
            let at = Place::new(left + (width - size[0]) / 2.0, sheet.y(), size[0], size[1]);
            draw(sheet, image, at);
            sheet.put(Shape::Text(caption, [left, sheet.y() + height + 2.0]));
        }
        sheet.skip(height + words + 8.0);
    }
}

/// With the correct aspect ratio, as wide as the column or as high as the row.
fn size(image: &KeyImage, width: f32) -> [f32; 2] {
    let [between_rows, between_columns] = image.pixel_spacing;
    let across = f64::from(image.pixels.width()) * between_columns;
    let down = f64::from(image.pixels.height()) * between_rows;
    let scale = (f64::from(width) / across).min(f64::from(HIGHEST) / down);
    [(across * scale) as f32, (down * scale) as f32]
}

fn draw(sheet: &mut Sheet, image: &KeyImage, place: Place) {
    let mut png = std::io::Cursor::new(Vec::new());
    if image.pixels.write_to(&mut png, image::ImageFormat::Png).is_err() {
        return;
    }
    sheet.put(Shape::Picture(Picture(Arc::new(png.into_inner())), place));
    let view =
        View { place, scale: [place.width / image.pixels.width() as f32, place.height / image.pixels.height() as f32] };
    sheet.put(Shape::Clip(place));
    for line in &image.lines {
        view.line(sheet, line);
    }
    for shown in &image.boxes {
        let (a, b) = (view.at((shown.bbox.x0, shown.bbox.y0)), view.at((shown.bbox.x1, shown.bbox.y1)));
        let color = crate::ink::graded(shown.severity);
        let frame = Place::new(a[0], a[1], b[0] - a[0], b[1] - a[1]);
        let dash = (shown.severity == Some(Severity::NormalMild)).then_some(2.0);
        sheet.put(Shape::Frame(frame, color, 1.3, dash));
        if shown.by_reader {
            sheet.put(Shape::Frame(frame.shrunk(-2.0), color, 0.6, None));
        }
        let side = shown.id.side().map_or(String::new(), |side| format!(" {}", &side.label()[..1]));
        let letter = shown.severity.map_or("", |severity| &severity.label()[..1]);
        let words = format!("{}{side} {letter}", shown.id.level().label());
        // Outwards, where a left and a right box are side by side.
        let middle = |b: &BBox| f32::midpoint(b.x0, b.x1);
        let beside = |o: &&KeyBox| *o != shown && o.bbox.y0 < shown.bbox.y1 && shown.bbox.y0 < o.bbox.y1;
        let is_left = image.boxes.iter().filter(beside).any(|o| middle(&o.bbox) > middle(&shown.bbox));
        let x = if is_left { a[0] - 2.0 - View::width(sheet, &words) } else { b[0] + 2.0 };
        view.label(sheet, &words, [x, a[1] - 1.0], color);
    }
    for mark in &image.marks {
        view.mark(sheet, image, mark);
    }
    view.letters(sheet, image.letters);
    sheet.put(Shape::EndClip);
}

/// From the image to the page.
struct View {
    place: Place,
    scale: [f32; 2],
}

impl View {
    /// A position in pixel edges.
    fn at(&self, (x, y): (f32, f32)) -> [f32; 2] {
        [self.place.x + x * self.scale[0], self.place.y + y * self.scale[1]]
    }

    fn line(&self, sheet: &mut Sheet, line: &KeyLine) {
        let ends = vec![self.at(line.from), self.at(line.to)];
        let [x, y] = ends[1];
        sheet.put(Shape::Line(ends, crate::ink::LINE, 0.45));
        self.label(sheet, &line.label, [x - 8.0, y - 10.0], crate::ink::LINE);
    }

    /// Of a label.
    fn width(sheet: &mut Sheet, words: &str) -> f32 {
        sheet.set(words, LABEL, Align::Left, None).width() + 2.0
    }

    /// A text that stays within the image, on a dark background.
    fn label(&self, sheet: &mut Sheet, words: &str, at: [f32; 2], color: Ink) {
        let block = sheet.set(words, Style { ink: color, ..LABEL }, Align::Left, None);
        let (width, height) = (block.width() + 2.0, block.height());
        let keep = |v: f32, from: f32, room: f32, size: f32| v.clamp(from, (from + room - size).max(from));
        let x = keep(at[0], self.place.x, self.place.width, width);
        let y = keep(at[1], self.place.y, self.place.height, height);
        sheet.put(Shape::Fill(Place::new(x, y, width, height), [16, 18, 22]));
        sheet.put(Shape::Text(block, [x + 1.0, y]));
    }

    fn mark(&self, sheet: &mut Sheet, image: &KeyImage, mark: &Mark) {
        let edge = |p: crate::markup::Point| {
            let at = PixelCorner::from(p);
            self.at((at.x as f32, at.y as f32))
        };
        let outline: Vec<[f32; 2]> = mark.shape.outline().into_iter().map(edge).collect();
        let Some(&[x, y]) = outline.last() else { return };
        if outline.len() == 1 {
            sheet.put(Shape::Frame(Place::new(x - 1.5, y - 1.5, 3.0, 3.0), crate::ink::MARK, 0.9, None));
        } else {
            sheet.put(Shape::Line(outline, crate::ink::MARK, 0.9));
        }
        let words = lines(mark, &measure(mark, image.mark_spacing, None)).join(" ");
        if !words.is_empty() {
            self.label(sheet, &words, [x + 3.0, y + 1.0], crate::ink::MARK);
        }
    }

    fn letters(&self, sheet: &mut Sheet, letters: [Option<char>; 4]) {
        let Place { x, y, width, height } = self.place;
        let places = [
            [x + 1.0, y + height / 2.0 - 5.0],
            [x + width / 2.0 - 3.0, y + 1.0],
            [x + width - 8.0, y + height / 2.0 - 5.0],
            [x + width / 2.0 - 3.0, y + height - 10.0],
        ];
        for (letter, at) in letters.into_iter().zip(places) {
            if let Some(letter) = letter {
                self.label(sheet, &letter.to_string(), at, crate::ink::LETTERS);
            }
        }
    }
}
