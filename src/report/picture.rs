//! A key image with everything burned in, for viewers that draw no overlays themselves: boxes, lines of the other
//! images, orientation letters, measured lengths, caption, and notices.
//!
//! What a person typed is never burned in, because it may contain a name; nor are the names in the file.

use std::convert::Infallible;

use embedded_graphics::{
    mono_font::{
        MonoFont, MonoTextStyle,
        iso_8859_1::{FONT_8X13_BOLD, FONT_10X20},
    },
    pixelcolor::Rgb888,
    prelude::{DrawTarget, Drawable, OriginDimensions, Pixel, Point, Primitive, RgbColor, Size},
    primitives::{Line, PrimitiveStyle, Rectangle},
    text::{Alignment, Baseline, Text, TextStyleBuilder},
};
use image::{RgbImage, imageops};

use super::{KeyBox, KeyImage, Report, ReviewStatus, SYNTHETIC};
use crate::{
    RESEARCH_USE_ONLY,
    geometry::PixelCorner,
    grading::Severity,
    ink,
    markup::{Mark, lines, measure},
};

/// Longer side of the image itself, pixels; smaller images are enlarged to it, up to four times.
const SIDE: f64 = 900.0;
const MOST_ENLARGED: f64 = 4.0;
/// Height of a line of the banner.
const LINE: u32 = 24;
/// Space for the notices next to a narrow slice.
const LEAST_WIDTH: u32 = 600;
const MARGIN: u32 = 6;

const BACKGROUND: Rgb888 = Rgb888::new(22, 24, 27);
const TEXT: Rgb888 = Rgb888::new(214, 217, 222);
const WARNING: Rgb888 = Rgb888::new(255, 214, 130);
const REFERENCE: Rgb888 = of(ink::LINE);
const MARK: Rgb888 = of(ink::MARK);

const fn of([red, green, blue]: ink::Rgb) -> Rgb888 {
    Rgb888::new(red, green, blue)
}

/// The picture of a key image, the `number`th of the report: lines on other images refer to it by its number.
pub fn picture(report: &Report, key: &KeyImage, number: usize) -> RgbImage {
    let size = shown_size(key);
    let width = size[0].max(LEAST_WIDTH);
    let wrapped = |words: &str| lines_within(words, (width - 2 * MARGIN) / FONT_10X20.character_size.width);
    let notices: Vec<String> = notices(report).iter().flat_map(|notice| wrapped(notice)).collect();
    let caption = wrapped(&format!("Image {number}: {}", key.caption));
    let mut picture = Canvas::new(key, size, width, [notices.len(), caption.len()]);
    picture.paste(key);
    for line in &key.lines {
        picture.line(line.from, line.to, REFERENCE, 1);
        picture.label(&line.label, picture.at(line.to), REFERENCE, Alignment::Right);
    }
    for shown in &key.boxes {
        picture.draw_box(shown, &key.boxes);
    }
    for mark in &key.marks {
        picture.draw_mark(key, mark);
    }
    picture.letters(key.letters);
    picture.words(&notices, &caption);
    picture.image
}

/// Like the report's banner, but without the signer's name.
fn notices(report: &Report) -> Vec<String> {
    let mut notices = vec![RESEARCH_USE_ONLY.to_owned()];
    if report.study.is_synthetic() {
        notices.push(SYNTHETIC.to_owned());
    }
    let demo: Vec<&str> = report.provenance.models.iter().filter(|m| m.demo).map(|m| m.name.as_str()).collect();
    if !demo.is_empty() {
        notices.push(format!("DEMO models, trained on computed phantoms: {}", demo.join(", ")));
    }
    notices.push(match &report.provenance.status {
        ReviewStatus::NotReviewed => "Not reviewed by a person".to_owned(),
        ReviewStatus::InReview { decided } => format!("{decided} of 25 grades reviewed; not signed"),
        ReviewStatus::Signed(_) => "Reviewed and signed by a person".to_owned(),
    });
    notices
}

/// The size at which a slice is shown: with square pixels, small ones enlarged.
fn shown_size(key: &KeyImage) -> [u32; 2] {
    let [between_rows, between_columns] = key.pixel_spacing;
    let finest = between_rows.min(between_columns);
    let (columns, rows) = (f64::from(key.pixels.width()), f64::from(key.pixels.height()));
    let square = [columns * between_columns / finest, rows * between_rows / finest];
    let enlarged = (SIDE / square[0].max(square[1])).clamp(f64::MIN_POSITIVE, MOST_ENLARGED);
    square.map(|side| ((side * enlarged).round() as u32).max(1))
}

/// Words in lines of at most this many characters; a longer word gets its own line and is truncated.
fn lines_within(words: &str, most: u32) -> Vec<String> {
    let most = most as usize;
    let mut lines: Vec<String> = vec![String::new()];
    for word in plain(words).split(' ').filter(|word| !word.is_empty()) {
        let word: String = word.chars().take(most).collect();
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(&word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= most => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// An image to draw on, larger than the slice.
struct Canvas {
    image: RgbImage,
    /// Where the slice begins.
    top: u32,
    left: u32,
    /// Size of the slice on the canvas.
    shown: [u32; 2],
    /// Canvas pixels per column and per row of the slice.
    scale: [f64; 2],
}

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.image.width(), self.image.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(at, colour) in pixels {
            let place = u32::try_from(at.x).ok().zip(u32::try_from(at.y).ok());
            if let Some(pixel) = place.and_then(|(x, y)| self.image.get_pixel_mut_checked(x, y)) {
                *pixel = image::Rgb([colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}

impl Canvas {
    /// Large enough for the slice and for this many lines above and below it.
    fn new(key: &KeyImage, shown: [u32; 2], width: u32, lines: [usize; 2]) -> Self {
        let [above, below] = lines.map(|count| LINE * count as u32 + MARGIN);
        let ground = image::Rgb([BACKGROUND.r(), BACKGROUND.g(), BACKGROUND.b()]);
        let (columns, rows) = (f64::from(key.pixels.width()), f64::from(key.pixels.height()));
        Self {
            image: RgbImage::from_pixel(width, above + shown[1] + below, ground),
            top: above,
            left: (width - shown[0]) / 2,
            shown,
            scale: [f64::from(shown[0]) / columns, f64::from(shown[1]) / rows],
        }
    }

    fn paste(&mut self, key: &KeyImage) {
        let resized = imageops::resize(&key.pixels, self.shown[0], self.shown[1], imageops::FilterType::CatmullRom);
        for (x, y, pixel) in resized.enumerate_pixels() {
            self.image.put_pixel(self.left + x, self.top + y, image::Rgb([pixel.0[0]; 3]));
        }
    }

    /// Where a position on the slice, in pixel edges, is on the canvas.
    fn at(&self, (x, y): (f32, f32)) -> Point {
        let along = |v: f32, axis: usize, start: u32| (f64::from(v) * self.scale[axis]).round() as i32 + start as i32;
        Point::new(along(x, 0, self.left), along(y, 1, self.top))
    }

    fn line(&mut self, from: (f32, f32), to: (f32, f32), colour: Rgb888, width: u32) {
        let style = PrimitiveStyle::with_stroke(colour, width);
        let Ok(()) = Line::new(self.at(from), self.at(to)).into_styled(style).draw(self);
    }

    fn text(&mut self, words: &str, at: Point, font: &MonoFont<'_>, colour: Rgb888) {
        let style = TextStyleBuilder::new().alignment(Alignment::Left).baseline(Baseline::Top).build();
        let Ok(_) = Text::with_text_style(&plain(words), at, MonoTextStyle::new(font, colour), style).draw(self);
    }

    /// A text on a dark background, on the slice, with its left or right end at a position.
    fn label(&mut self, words: &str, at: Point, colour: Rgb888, alignment: Alignment) {
        let size = FONT_8X13_BOLD.character_size;
        let (width, height) = (plain(words).chars().count() as u32 * size.width + 4, size.height + 2);
        let from = if alignment == Alignment::Right { at.x - width as i32 } else { at.x };
        let within = |v: i32, start: u32, room: u32, size: u32| {
            let last = (start + room.saturating_sub(size)) as i32;
            v.clamp(start as i32, last.max(start as i32))
        };
        let corner =
            Point::new(within(from, self.left, self.shown[0], width), within(at.y, self.top, self.shown[1], height));
        let ground = PrimitiveStyle::with_fill(BACKGROUND);
        let Ok(()) = Rectangle::new(corner, Size::new(width, height)).into_styled(ground).draw(self);
        self.text(words, corner + Point::new(2, 1), &FONT_8X13_BOLD, colour);
    }

    /// A box, with its statement next to it: outwards, where a left and a right box are side by side.
    fn draw_box(&mut self, shown: &KeyBox, all: &[KeyBox]) {
        let b = shown.bbox;
        let (a, c) = (self.at((b.x0, b.y0)), self.at((b.x1, b.y1)));
        let frame = PrimitiveStyle::with_stroke(of(ink::graded(shown.severity)), 2);
        let Ok(()) = Rectangle::with_corners(a, c).into_styled(frame).draw(self);
        let middle = |b: &KeyBox| f32::midpoint(b.bbox.x0, b.bbox.x1);
        let beside = |o: &&KeyBox| *o != shown && o.bbox.y0 < b.y1 && b.y0 < o.bbox.y1;
        let has_neighbour_on_the_right = all.iter().filter(beside).any(|o| middle(o) > middle(shown));
        let (at, alignment) = if has_neighbour_on_the_right {
            (Point::new(a.x - 4, a.y), Alignment::Right)
        } else {
            (Point::new(c.x + 4, a.y), Alignment::Left)
        };
        self.label(&words_of(shown), at, of(ink::graded(shown.severity)), alignment);
    }

    /// The shape, and what it measures; not the text written on it.
    fn draw_mark(&mut self, key: &KeyImage, mark: &Mark) {
        let edge = |p: crate::markup::Point| {
            let at = PixelCorner::from(p);
            (at.x as f32, at.y as f32)
        };
        let outline: Vec<(f32, f32)> = mark.shape.outline().into_iter().map(edge).collect();
        for pair in outline.windows(2) {
            self.line(pair[0], pair[1], MARK, 2);
        }
        let Some(&place) = outline.last() else { return };
        if outline.len() == 1 {
            let corner = self.at(place) - Point::new(3, 3);
            let style = PrimitiveStyle::with_stroke(MARK, 2);
            let Ok(()) = Rectangle::new(corner, Size::new(7, 7)).into_styled(style).draw(self);
        }
        let silent = Mark { text: String::new(), ..mark.clone() };
        if let Some(words) = lines(&silent, &measure(&silent, key.mark_spacing, None)).first() {
            self.label(words, self.at(place) + Point::new(8, 4), MARK, Alignment::Left);
        }
    }

    fn letters(&mut self, letters: [Option<char>; 4]) {
        let size = FONT_10X20.character_size;
        let (left, top) = (self.left as i32, self.top as i32);
        let [width, height] = self.shown.map(|side| side as i32);
        let (letter, line) = (size.width as i32, size.height as i32);
        let places = [
            Point::new(left + 4, top + (height - line) / 2),
            Point::new(left + (width - letter) / 2, top + 4),
            Point::new(left + width - letter - 4, top + (height - line) / 2),
            Point::new(left + (width - letter) / 2, top + height - line - 4),
        ];
        for (letter, place) in letters.into_iter().zip(places) {
            let Some(letter) = letter else { continue };
            let ground = PrimitiveStyle::with_fill(BACKGROUND);
            let corner = place - Point::new(1, 0);
            let Ok(()) = Rectangle::new(corner, size + Size::new(2, 0)).into_styled(ground).draw(self);
            self.text(&letter.to_string(), place, &FONT_10X20, WARNING);
        }
    }

    fn words(&mut self, notices: &[String], caption: &[String]) {
        let bottom = self.top + self.shown[1] + 2;
        for (lines, from, colour) in [(notices, 2, WARNING), (caption, bottom, TEXT)] {
            for (line, at) in lines.iter().zip((from..).step_by(LINE as usize)) {
                self.text(line, Point::new(MARGIN as i32, at as i32), &FONT_10X20, colour);
            }
        }
    }
}

/// `L4/L5 left NFN: severe`.
fn words_of(shown: &KeyBox) -> String {
    let side = shown.id.side().map_or(String::new(), |side| format!(" {side}"));
    let severity = shown.severity.map_or("not graded", Severity::label).to_lowercase();
    let reader = if shown.by_reader { " (reader)" } else { "" };
    format!("{}{side}: {severity}{reader}", shown.id.level().label())
}

/// What the fonts have.
fn plain(words: &str) -> String {
    words.chars().map(|c| if c == ' ' || c.is_ascii_graphic() || matches!(c, '°' | '²') { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// A caption with many findings is shown completely.
        #[test]
        fn no_word_is_lost_and_no_line_too_long(words in "[a-z]{1,20}( [a-z]{1,20}){0,30}") {
            let lines = lines_within(&words, 20);
            prop_assert!(lines.iter().all(|line| line.len() <= 20));
            prop_assert_eq!(lines.join(" "), words);
        }
    }
}
