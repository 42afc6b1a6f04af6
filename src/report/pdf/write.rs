//! Pages of shapes to a PDF file.

use krilla::{
    Data, Document,
    color::rgb,
    geom::{Path, PathBuilder, Point, Rect, Size, Transform},
    image::Image,
    metadata::{DateTime, Metadata},
    num::NormalizedF32,
    page::PageSettings,
    paint::{Fill, FillRule, Stroke, StrokeDash},
    surface::Surface,
};

use super::{
    PdfError, head,
    sheet::{Place, Shape},
    text::{Block, Ink},
};
use crate::report::{Report, Template};

/// The file.
pub fn bytes(pages: &[Vec<Shape>], size: [f32; 2], report: &Report, template: &Template) -> Result<Vec<u8>, PdfError> {
    let failed = |what: &str| PdfError::Write(what.to_owned());
    let mut document = Document::new();
    document.set_metadata(metadata(report, template));
    for shapes in pages {
        let settings = PageSettings::from_wh(size[0], size[1]).ok_or_else(|| failed("the page has no size"))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for shape in shapes {
            draw(&mut surface, shape).map_err(PdfError::Write)?;
        }
        surface.finish();
        page.finish();
    }
    document.finish().map_err(|error| PdfError::Write(format!("{error:?}")))
}

fn metadata(report: &Report, template: &Template) -> Metadata {
    let from = &report.provenance;
    let [year, month, day, hour, minute, second] = from.created.clock();
    let created = DateTime::new(year as u16)
        .month(month as u8)
        .day(day as u8)
        .hour(hour as u8)
        .minute(minute as u8)
        .second(second as u8)
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(head::title(template).to_owned())
        .description(report.banner().join(". "))
        .language("en".to_owned())
        .creator(format!("{} {}", from.program, from.version))
        .creation_date(created)
}

fn draw(surface: &mut Surface<'_>, shape: &Shape) -> Result<(), String> {
    match shape {
        Shape::Text(block, at) => text(surface, block, *at),
        Shape::Fill(place, ink) => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(*ink)));
            draw_path(surface, rectangle(*place));
        }
        Shape::Frame(place, ink, width, dash) => {
            surface.set_fill(None);
            surface.set_stroke(Some(stroke(*ink, *width, *dash)));
            draw_path(surface, rectangle(*place));
        }
        Shape::Line(points, ink, width) => {
            surface.set_fill(None);
            surface.set_stroke(Some(stroke(*ink, *width, None)));
            draw_path(surface, polyline(points));
        }
        Shape::Picture(picture, place) => {
            let image = Image::from_png(Data::from(picture.0.as_ref().clone()), true)?;
            if let Some(size) = Size::from_wh(place.width, place.height) {
                surface.push_transform(&Transform::from_translate(place.x, place.y));
                surface.draw_image(image, size);
                surface.pop();
            }
        }
        Shape::Clip(place) => {
            // Every clip ends exactly once, even an empty one.
            let path = rectangle(*place).or_else(|| rectangle(Place::new(0.0, 0.0, 1.0, 1.0)));
            if let Some(path) = path {
                surface.push_clip_path(&path, &FillRule::NonZero);
            }
        }
        Shape::EndClip => surface.pop(),
    }
    Ok(())
}

fn text(surface: &mut Surface<'_>, block: &Block, [x, y]: [f32; 2]) {
    surface.set_stroke(None);
    for line in &block.lines {
        for run in &line.runs {
            surface.set_fill(Some(fill(run.ink)));
            let start = Point::from_xy(x + run.x, y + line.baseline);
            surface.draw_glyphs(start, &run.glyphs, run.font.clone(), &block.text, run.size, false);
        }
    }
}

fn draw_path(surface: &mut Surface<'_>, path: Option<Path>) {
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn rectangle(place: Place) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(place.x, place.y, place.width, place.height)?);
    path.finish()
}

fn polyline(points: &[[f32; 2]]) -> Option<Path> {
    let mut path = PathBuilder::new();
    let (&[x, y], rest) = points.split_first()?;
    path.move_to(x, y);
    for &[x, y] in rest {
        path.line_to(x, y);
    }
    path.finish()
}

fn fill([r, g, b]: Ink) -> Fill {
    Fill { paint: rgb::Color::new(r, g, b).into(), opacity: NormalizedF32::ONE, rule: FillRule::NonZero }
}

fn stroke([r, g, b]: Ink, width: f32, dash: Option<f32>) -> Stroke {
    let dash = dash.map(|length| StrokeDash { array: vec![length, length], offset: 0.0 });
    Stroke { paint: rgb::Color::new(r, g, b).into(), width, dash, ..Stroke::default() }
}
