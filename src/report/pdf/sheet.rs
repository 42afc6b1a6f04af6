//! Pages as lists of simple shapes, filled from top to bottom; what does not fit continues on the next page.

use std::sync::Arc;

use super::{
    ink,
    text::{Align, Block, Ink, Style, Typesetter, short},
};

/// Page margin, in points.
const MARGIN: f32 = 40.0;
/// Space at the bottom of each page.
const FOOT: f32 = 30.0;

/// A rectangle in points from the top left corner of the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Place {
    pub const fn new(x: f32, y: f32, width: f32, height: f32) -> Self {
        Self { x, y, width, height }
    }

    /// Smaller by this much on each side.
    pub fn shrunk(self, by: f32) -> Self {
        Self::new(self.x + by, self.y + by, (self.width - 2.0 * by).max(0.0), (self.height - 2.0 * by).max(0.0))
    }
}

/// A picture as PNG.
#[derive(Debug, Clone)]
pub struct Picture(pub Arc<Vec<u8>>);

/// Something on a page.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A paragraph, its top left corner.
    Text(Block, [f32; 2]),
    /// A filled rectangle.
    Fill(Place, Ink),
    /// The edge of a rectangle; with the lengths of its dashes.
    Frame(Place, Ink, f32, Option<f32>),
    /// A line through points.
    Line(Vec<[f32; 2]>, Ink, f32),
    /// A picture.
    Picture(Picture, Place),
    /// What follows is clipped to this, up to [`Shape::EndClip`].
    Clip(Place),
    /// The end of that.
    EndClip,
}

/// Pages that are being filled.
pub struct Sheet {
    size: [f32; 2],
    typesetter: Typesetter,
    pages: Vec<Vec<Shape>>,
    /// Where the next thing begins.
    y: f32,
    /// At the top of every page except the first: the patient, and what must be read first.
    running: Option<(String, Vec<String>)>,
}

impl Sheet {
    pub fn new(size: [f32; 2], typesetter: Typesetter) -> Self {
        Self { size, typesetter, pages: vec![Vec::new()], y: MARGIN - 8.0, running: None }
    }

    pub const fn typesetter(&self) -> &Typesetter {
        &self.typesetter
    }

    pub fn into_pages(self) -> Vec<Vec<Shape>> {
        self.pages
    }

    /// What stands at the top of every page from the second.
    pub fn set_running(&mut self, name: String, banner: Vec<String>) {
        self.running = Some((name, banner));
    }

    /// The full text width, at the current position.
    pub const fn across(&self) -> Place {
        Place::new(MARGIN, self.y, self.size[0] - 2.0 * MARGIN, 0.0)
    }

    /// Where the next thing begins.
    pub const fn y(&self) -> f32 {
        self.y
    }

    /// Moves down.
    pub fn skip(&mut self, by: f32) {
        self.y += by;
    }

    /// How much space is left on the page.
    pub const fn room(&self) -> f32 {
        self.size[1] - FOOT - 16.0 - self.y
    }

    /// Starts a new page, unless there is room for this much.
    pub fn need(&mut self, height: f32) {
        if self.room() < height {
            self.new_page();
        }
    }

    fn new_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = MARGIN - 8.0;
        if let Some((name, banner)) = self.running.clone() {
            let place = self.across();
            let block = self.typesetter.block(&name, Style::new(8.5, ink::WEAK), Align::Start, Some(place.width));
            self.block(block, place.x);
            self.skip(3.0);
            self.banner(&banner);
        }
    }

    /// What must be read before anything else.
    pub fn banner(&mut self, lines: &[String]) {
        let place = self.across();
        let text = lines.iter().map(|line| short(line, 200)).collect::<Vec<_>>().join("  ·  ");
        let block = self.set(&text, Style::new(9.0, ink::WARNING).bold(), Align::Middle, Some(place.width - 16.0));
        let frame = Place::new(place.x, self.y(), place.width, block.height() + 8.0);
        self.put(Shape::Fill(frame, ink::WARNING_GROUND));
        self.put(Shape::Frame(frame, ink::WARNING, 0.8, None));
        self.put(Shape::Text(block, [place.x + 8.0, self.y() + 4.0]));
        self.skip(frame.height + 4.0);
    }

    /// Puts something on the page.
    pub fn put(&mut self, shape: Shape) {
        if let Some(page) = self.pages.last_mut() {
            page.push(shape);
        }
    }

    /// Lays out a paragraph.
    pub fn set(&mut self, text: &str, style: Style, align: Align, width: Option<f32>) -> Block {
        self.typesetter.block(text, style, align, width)
    }

    /// Lays out a paragraph of several styles.
    pub fn set_spans(&mut self, spans: &[(&str, Style)], align: Align, width: Option<f32>) -> Block {
        self.typesetter.spans(spans, align, width)
    }

    /// Puts a paragraph at a position, without moving the current position.
    pub fn text_at(&mut self, text: &str, style: Style, align: Align, place: Place) {
        let block = self.typesetter.block(text, style, align, Some(place.width));
        self.put(Shape::Text(block, [place.x, place.y]));
    }

    /// Puts a paragraph, line by line, over as many pages as it needs, and continues below it.
    pub fn block(&mut self, block: Block, x: f32) {
        let mut rest = block;
        loop {
            let room = self.room();
            let fitting = rest.lines.iter().take_while(|line| line.top + line.height <= room).count();
            if fitting == rest.lines.len() {
                let height = rest.height();
                self.put(Shape::Text(rest, [x, self.y]));
                self.skip(height);
                return;
            }
            if fitting > 0 {
                let after = rest.split_off(fitting);
                self.put(Shape::Text(rest, [x, self.y]));
                rest = after;
            } else if room > self.size[1] / 2.0 {
                // A single line that is higher than a page is still placed.
                let after = rest.split_off(1);
                self.put(Shape::Text(rest, [x, self.y]));
                rest = after;
            }
            if rest.lines.is_empty() {
                return;
            }
            self.new_page();
        }
    }

    /// A heading that is never left alone at the bottom of a page.
    pub fn heading(&mut self, text: &str, with: f32) {
        self.need(22.0 + with);
        self.skip(9.0);
        let place = self.across();
        let block = self.set(text, Style::new(10.5, ink::TEXT).bold(), Align::Left, Some(place.width));
        self.block(block, place.x);
        self.put(Shape::Fill(Place::new(place.x, self.y + 1.0, place.width, 0.6), ink::EDGE));
        self.skip(5.0);
    }

    /// Numbers the pages, once all exist.
    pub fn finish(&mut self, footer: &str) {
        let count = self.pages.len();
        let y = self.size[1] - FOOT - 6.0;
        let (x, width) = (MARGIN, self.size[0] - 2.0 * MARGIN);
        for at in 0..count {
            let style = Style::new(7.5, ink::WEAK);
            let number = self.set(&format!("Page {} of {count}", at + 1), style, Align::Right, Some(80.0));
            let words = self.set(footer, style, Align::Start, Some(width - 90.0));
            let rule = Shape::Fill(Place::new(x, y - 3.0, width, 0.5), ink::EDGE);
            self.pages[at].extend([rule, Shape::Text(words, [x, y]), Shape::Text(number, [x + width - 80.0, y])]);
        }
    }
}
