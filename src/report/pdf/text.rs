//! Text as it is drawn: shaped, in the order of its script, broken into lines, with a font for every letter.
//!
//! The two faces of Inter are built into the program, so that a report looks the same on every machine. For characters
//! that Inter lacks (a name in Arabic or Chinese, say) the system's fonts are used.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
    sync::Arc,
};

use krilla::text::{Font, GlyphId, KrillaGlyph, Tag};
use parley::{
    Alignment, AlignmentOptions, FontContext, FontFamily, FontFamilyName, FontWeight, GenericFamily, Layout,
    LayoutContext, LineHeight, OverflowWrap, StyleProperty,
    fontique::{Blob, FontInfoOverride},
};

/// A colour, red, green, blue.
pub type Ink = [u8; 3];

const REGULAR: &[u8] = include_bytes!("../../../assets/Inter-Regular.otf");
const SEMI_BOLD: &[u8] = include_bytes!("../../../assets/Inter-SemiBold.otf");
/// Not "Inter": a machine may have another version of it.
const FAMILY: &str = "Foramen Inter";
/// Line height relative to the font size; leaves room for the marks above and below Arabic and Devanagari.
const LEADING: f32 = 1.34;

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// Size of the letters in points.
    pub size: f32,
    /// Semi-bold.
    pub bold: bool,
    /// The colour of the letters.
    pub ink: Ink,
}

impl Style {
    /// Plain letters.
    pub const fn new(size: f32, ink: Ink) -> Self {
        Self { size, bold: false, ink }
    }

    /// The same, semi-bold.
    #[must_use]
    pub const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
}

/// Horizontal alignment of lines in their block. The start of a right-to-left paragraph is on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// At the left edge, whatever the script: a value next to its label.
    Left,
    /// Where the script starts.
    Start,
    /// In the middle.
    Middle,
    /// At the right edge.
    Right,
}

/// Glyphs of one font, one size and one colour on one line.
#[derive(Debug, Clone)]
pub struct Run {
    /// Left end on the base line, from the left of the block.
    pub x: f32,
    pub font: Font,
    pub size: f32,
    pub ink: Ink,
    pub glyphs: Vec<KrillaGlyph>,
}

/// A line of a [`Block`].
#[derive(Debug, Clone)]
pub struct Line {
    /// Its top, from the top of the block.
    pub top: f32,
    pub height: f32,
    /// Its base line, from the top of the block.
    pub baseline: f32,
    /// Left and right end of what is drawn.
    pub across: Range<f32>,
    pub runs: Vec<Run>,
}

/// A paragraph, broken into lines.
#[derive(Debug, Clone)]
pub struct Block {
    /// Its text, for copying out of the file.
    pub text: Arc<str>,
    pub lines: Vec<Line>,
}

impl Block {
    /// From the top of the first line to the bottom of the last.
    pub fn height(&self) -> f32 {
        self.lines.iter().map(|line| line.height).sum()
    }

    /// Keeps the first lines, and returns the others as a separate block.
    #[must_use]
    pub fn split_off(&mut self, at: usize) -> Self {
        let mut lines = self.lines.split_off(at);
        let top = lines.first().map_or(0.0, |line| line.top);
        for line in &mut lines {
            line.top -= top;
            line.baseline -= top;
        }
        Self { text: self.text.clone(), lines }
    }

    /// The length of the longest line.
    pub fn width(&self) -> f32 {
        self.lines.iter().map(|line| line.across.end).fold(0.0, f32::max)
    }
}

/// A system font: its file as parley numbers it, its index in the file, its position on the variation axes.
type FontKey = (u64, u32, Vec<(u32, u32)>);

/// Lays out text. Expensive to create (it reads the system's font list), cheap to use.
pub struct Typesetter {
    fonts: FontContext,
    layouts: LayoutContext<Ink>,
    known: HashMap<FontKey, Option<Font>>,
    missing: BTreeSet<char>,
}

impl Typesetter {
    /// With Inter first, and the system's fonts after it if `system` is set.
    pub fn new(system: bool) -> Self {
        let options = parley::fontique::CollectionOptions { system_fonts: system, ..Default::default() };
        let collection = parley::fontique::Collection::new(options);
        let mut fonts = FontContext { collection, source_cache: parley::fontique::SourceCache::default() };
        for (bytes, weight) in [(REGULAR, FontWeight::NORMAL), (SEMI_BOLD, FontWeight::SEMI_BOLD)] {
            let name = FontInfoOverride { family_name: Some(FAMILY), weight: Some(weight), ..Default::default() };
            fonts.collection.register_fonts(Blob::new(Arc::new(bytes)), Some(name));
        }
        Self { fonts, layouts: LayoutContext::new(), known: HashMap::new(), missing: BTreeSet::new() }
    }

    /// Characters that no font had so far. They are drawn as empty boxes.
    pub const fn missing(&self) -> &BTreeSet<char> {
        &self.missing
    }

    /// One style throughout. Lines break at `width`; if none, only where the text does.
    pub fn block(&mut self, text: &str, style: Style, align: Align, width: Option<f32>) -> Block {
        self.spans(&[(text, style)], align, width)
    }

    /// Pieces of different style in one paragraph.
    pub fn spans(&mut self, spans: &[(&str, Style)], align: Align, width: Option<f32>) -> Block {
        let (text, ranges) = joined(spans);
        let mut builder = self.layouts.ranged_builder(&mut self.fonts, &text, 1.0, false);
        let families = [FontFamilyName::named(FAMILY), FontFamilyName::Generic(GenericFamily::SansSerif)];
        builder.push_default(StyleProperty::FontFamily(FontFamily::List(families.as_slice().into())));
        builder.push_default(StyleProperty::LineHeight(LineHeight::FontSizeRelative(LEADING)));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        for (range, style) in ranges {
            let weight = if style.bold { FontWeight::SEMI_BOLD } else { FontWeight::NORMAL };
            builder.push(StyleProperty::FontSize(style.size), range.clone());
            builder.push(StyleProperty::FontWeight(weight), range.clone());
            builder.push(StyleProperty::Brush(style.ink), range);
        }
        let mut layout = builder.build(&text);
        layout.break_all_lines(width);
        layout.align(alignment(align), AlignmentOptions::default());
        let lines = self.lines(&layout);
        Block { text: text.into(), lines }
    }

    fn lines(&mut self, layout: &Layout<Ink>) -> Vec<Line> {
        let mut lines = Vec::with_capacity(layout.len());
        let mut top = 0.0;
        for line in layout.lines() {
            let metrics = line.metrics();
            let height = metrics.line_height;
            // parley rounds base lines to whole points, which is meant for screens.
            let ascent = (height - metrics.ascent - metrics.descent) / 2.0 + metrics.ascent;
            let mut runs = Vec::new();
            let mut x = metrics.offset + metrics.inline_min_coord;
            let start = x;
            for run in line.runs() {
                self.runs(layout, &run, &mut x, &mut runs);
            }
            lines.push(Line { top, height, baseline: top + ascent, across: start..x, runs });
            top += height;
        }
        lines
    }

    /// The glyphs of a run, in as many pieces as it has colours. `x` advances to the end of the run.
    fn runs(&mut self, layout: &Layout<Ink>, run: &parley::Run<'_, Ink>, x: &mut f32, runs: &mut Vec<Run>) {
        let Some(font) = self.font(run) else { return };
        let size = run.font_size();
        let mut current: Option<(u16, Run)> = None;
        for cluster in run.visual_clusters() {
            if cluster.is_ligature_continuation() {
                // All glyphs of the previous character stand for this one too (a base and its vowel sign, say);
                // otherwise copied text would have the first character twice.
                if let Some((_, piece)) = current.as_mut() {
                    widen(&mut piece.glyphs, &cluster.text_range());
                }
                continue;
            }
            if cluster.glyphs().any(|glyph| glyph.id == 0) && is_visible(cluster.source_char()) {
                self.missing.insert(cluster.source_char());
            }
            for glyph in cluster.glyphs() {
                let style = glyph.style_index() as u16;
                if current.as_ref().is_some_and(|(s, _)| *s != style) {
                    runs.extend(current.take().map(|(_, run)| run));
                }
                let (_, piece) = current.get_or_insert_with(|| {
                    let ink = layout.styles().get(glyph.style_index()).map_or([0; 3], |style| style.brush);
                    (style, Run { x: *x, font: font.clone(), size, ink, glyphs: Vec::new() })
                });
                piece.glyphs.push(KrillaGlyph::new(
                    GlyphId::new(glyph.id),
                    glyph.advance / size,
                    glyph.x / size,
                    // Down for parley, up for krilla.
                    -glyph.y / size,
                    0.0,
                    cluster.text_range(),
                    None,
                ));
                *x += glyph.advance;
            }
        }
        runs.extend(current.map(|(_, run)| run));
    }

    fn font(&mut self, run: &parley::Run<'_, Ink>) -> Option<Font> {
        let data = run.font();
        let synthesis = run.synthesis();
        let axes: Vec<(Tag, f32)> =
            synthesis.variation_settings().iter().map(|(tag, value)| (Tag::new(&tag.into_bytes()), *value)).collect();
        let place = synthesis.variation_settings().iter();
        let place = place.map(|(tag, value)| (u32::from_be_bytes(tag.into_bytes()), value.to_bits())).collect();
        let (bytes, id) = data.data.clone().into_raw_parts();
        let make = || Font::new_variable(bytes.into(), data.index, &axes);
        self.known.entry((id, data.index, place)).or_insert_with(make).clone()
    }
}

fn joined(spans: &[(&str, Style)]) -> (String, Vec<(Range<usize>, Style)>) {
    let mut text = String::new();
    let mut ranges = Vec::new();
    for (piece, style) in spans {
        let start = text.len();
        // A control character has no glyph in any font; it is treated as a space.
        text.extend(piece.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }));
        ranges.push((start..text.len(), *style));
    }
    (text, ranges)
}

/// Adds characters to the last cluster of glyphs, which all share one range.
fn widen(glyphs: &mut [KrillaGlyph], with: &Range<usize>) {
    let Some(last) = glyphs.last().map(|glyph| glyph.text_range.clone()) else { return };
    let wider = last.start.min(with.start)..last.end.max(with.end);
    for glyph in glyphs.iter_mut().rev().take_while(|glyph| glyph.text_range == last) {
        glyph.text_range = wider.clone();
    }
}

const fn alignment(align: Align) -> Alignment {
    match align {
        Align::Left => Alignment::Left,
        Align::Start => Alignment::Start,
        Align::Middle => Alignment::Center,
        Align::Right => Alignment::Right,
    }
}

/// Joiners, direction marks and spaces draw nothing even in a font that has them.
fn is_visible(c: char) -> bool {
    let is_format = matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{ad}');
    !c.is_whitespace() && !c.is_control() && !is_format
}

/// The beginning of a text that is too long for its space.
pub fn short(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style::new(10.0, [0; 3]);

    fn width(run: &Run) -> f32 {
        run.glyphs.iter().map(|glyph| glyph.x_advance * run.size).sum()
    }

    #[test]
    fn no_line_is_longer_than_the_room_and_no_letter_is_lost() {
        let mut set = Typesetter::new(false);
        let text = "Severe stenosis of the spinal canal at L4/L5, \
                    Donaudampfschifffahrtsgesellschaftskapitänsmützenverordnungen and 1.2.826.0.1.3680043.10.54321.999.1.";
        for room in [60.0, 120.0, 333.0] {
            let block = set.block(text, PLAIN, Align::Left, Some(room));
            assert!(block.lines.len() > 1 && block.width() <= room + 0.01, "{room}: {}", block.width());
            let mut seen = vec![false; text.len()];
            for glyph in block.lines.iter().flat_map(|line| &line.runs).flat_map(|run| &run.glyphs) {
                seen[glyph.text_range.clone()].fill(true);
            }
            assert!(seen.iter().zip(text.bytes()).all(|(seen, byte)| *seen || byte == b' '));
            let bottoms = block.lines.iter().map(|line| line.top + line.height);
            assert!((bottoms.fold(0.0, f32::max) - block.height()).abs() < 1e-3);
        }
    }

    #[test]
    fn pieces_keep_their_style_and_stand_one_after_the_other() {
        let mut set = Typesetter::new(false);
        let red = Style::new(12.0, [200, 0, 0]).bold();
        let block = set.spans(&[("L4/L5 ", PLAIN), ("severe", red)], Align::Left, None);
        let runs = &block.lines[0].runs;
        assert_eq!(
            runs.iter().map(|run| (run.ink, run.size)).collect::<Vec<_>>(),
            [([0; 3], 10.0), ([200, 0, 0], 12.0)]
        );
        assert!((runs[0].x + width(&runs[0]) - runs[1].x).abs() < 0.01);
        assert_ne!(runs[0].font, runs[1].font, "semi-bold is a font of its own");
    }

    #[test]
    fn the_right_edge_is_kept_and_the_middle_is_the_middle() {
        let mut set = Typesetter::new(false);
        let right = set.block("1.25", PLAIN, Align::Right, Some(100.0));
        assert!((right.lines[0].across.end - 100.0).abs() < 0.01);
        let middle = set.block("1.25", PLAIN, Align::Middle, Some(100.0));
        let across = &middle.lines[0].across;
        assert!((across.start + across.end - 100.0).abs() < 0.02);
    }

    #[test]
    fn a_letter_and_its_accent_are_copied_once() {
        let mut set = Typesetter::new(false);
        // No font has these two as one glyph.
        let glyphs = set.block("q\u{303}", PLAIN, Align::Left, None).lines.remove(0).runs.remove(0).glyphs;
        assert_eq!(glyphs.iter().map(|g| g.text_range.clone()).collect::<Vec<_>>(), [0..3, 0..3]);
    }

    #[test]
    fn a_letter_without_a_font_is_named() {
        let mut set = Typesetter::new(false);
        let block = set.block("Ωμέγα, Ёлка \u{e123}\u{200f}", PLAIN, Align::Start, None);
        assert_eq!(set.missing().iter().copied().collect::<Vec<_>>(), ['\u{e123}'], "Inter has Greek and Cyrillic");
        assert!(block.width() > 50.0);
    }
}
