//! The patient, what must be read first, and the footer of each page.

use std::{path::Path, sync::Arc};

use super::{
    ink,
    sheet::{Picture, Place, Shape, Sheet},
    text::{Align, Style, short},
};
use crate::{
    RESEARCH_USE_ONLY, files,
    report::{Report, Template},
};

const TITLE: &str = "Lumbar spine MRI: stenosis report";
const LOGO: [f32; 2] = [110.0, 36.0];

/// The header of the first page.
pub fn first(sheet: &mut Sheet, report: &Report, template: &Template, warnings: &mut Vec<String>) {
    let place = super::across(sheet);
    let mut left = place.x;
    let mut low = sheet.y();
    if let Some(path) = &template.logo {
        match logo(path) {
            Ok((picture, [width, height])) => {
                let scale = (LOGO[0] / width).min(LOGO[1] / height);
                let at = Place::new(place.x, sheet.y(), width * scale, height * scale);
                sheet.put(Shape::Picture(picture, at));
                left += at.width + 12.0;
                low += at.height;
            }
            Err(why) => warnings.push(format!("the logo {} is left out: {why}", path.display())),
        }
    }
    let width = place.x + place.width - left;
    if !template.institution.is_empty() {
        let block = sheet.set(&template.institution, Style::new(10.0, ink::WEAK), Align::Start, Some(width));
        sheet.block(block, left);
    }
    let block = sheet.set(title(template), Style::new(17.0, ink::TEXT).bold(), Align::Start, Some(width));
    sheet.block(block, left);
    let down = (low - sheet.y()).max(0.0) + 4.0;
    sheet.skip(down);
    let rule = Place::new(place.x, sheet.y(), place.width, 1.2);
    sheet.put(Shape::Fill(rule, ink::RULE));
    sheet.skip(6.0);
    fields(sheet, report);
}

/// The title of the report.
pub fn title(template: &Template) -> &str {
    if template.title.is_empty() { TITLE } else { &template.title }
}

/// A PNG, and its size.
fn logo(path: &Path) -> Result<(Picture, [f32; 2]), String> {
    let bytes = files::read_regular(path, files::MOST_OF_TEXT).map_err(|error| error.to_string())?;
    // Decoded and re-encoded, so that the PDF gets a plain PNG whatever kind of PNG or JPEG it was.
    let image = image::load_from_memory(&bytes).map_err(|error| error.to_string())?.to_rgba8();
    let size = [image.width() as f32, image.height() as f32];
    if size.contains(&0.0) {
        return Err("it is empty".to_owned());
    }
    let mut png = std::io::Cursor::new(Vec::new());
    image.write_to(&mut png, image::ImageFormat::Png).map_err(|error| error.to_string())?;
    Ok((Picture(Arc::new(png.into_inner())), size))
}

/// Patient and study, in two columns.
fn fields(sheet: &mut Sheet, report: &Report) {
    let patient = report.patient();
    let date = readable(report.study_date());
    let birth = readable(&patient.birth_date);
    let uid = report.uid(&report.study.uid);
    let removed = report.identity.is_removed();
    let or_dash = |text: &str| match (text.is_empty(), removed) {
        (true, true) => "removed".to_owned(),
        (true, false) => "not given".to_owned(),
        _ => text.to_owned(),
    };
    let rows = [
        (("Patient", or_dash(&patient.name)), ("Study date", or_dash(&date))),
        (("Patient ID", or_dash(&patient.id)), ("Study", or_dash(report.description()))),
        (("Born", or_dash(&birth)), ("Study UID", or_dash(&uid))),
        (("Sex", or_dash(&patient.sex)), ("Review", report.status_line())),
    ];
    let place = super::across(sheet);
    let column = place.width / 2.0;
    for (left, right) in rows {
        let mut height: f32 = 0.0;
        for ((name, value), x) in [(left, place.x), (right, place.x + column)] {
            let label = sheet.set(name, Style::new(8.0, ink::WEAK), Align::Left, Some(54.0));
            let style = if name == "Patient" { Style::new(9.5, ink::TEXT).bold() } else { Style::new(9.0, ink::TEXT) };
            // Left-aligned whatever its script, because it belongs to its label.
            let value = sheet.set(&short(&value, 600), style, Align::Left, Some(column - 66.0));
            height = height.max(value.height());
            sheet.put(Shape::Text(label, [x, sheet.y() + 1.0]));
            sheet.put(Shape::Text(value, [x + 58.0, sheet.y()]));
        }
        sheet.skip(height + 1.0);
    }
    sheet.skip(4.0);
}

/// `20260102` as `2026-01-02`; anything else as it is.
fn readable(date: &str) -> String {
    match (date.get(..4), date.get(4..6), date.get(6..8)) {
        (Some(year), Some(month), Some(day)) if date.len() == 8 => format!("{year}-{month}-{day}"),
        _ => date.to_owned(),
    }
}

/// At the top of every page except the first, so that a separated page still shows whose it is.
pub fn running(report: &Report) -> String {
    let patient = report.patient();
    let uid = report.uid(&report.study.uid);
    let date = readable(report.study_date());
    let parts = [patient.name.as_str(), &patient.id, &date, &uid];
    let known = parts.iter().filter(|part| !part.is_empty());
    // The full text is on the first page; here it must not fill the page.
    known.map(|part| short(part, 80)).collect::<Vec<_>>().join("  ·  ")
}

/// At the foot of every page.
pub fn footer(template: &Template) -> String {
    if template.footer.is_empty() {
        RESEARCH_USE_ONLY.to_owned()
    } else {
        format!("{RESEARCH_USE_ONLY}  ·  {}", short(&template.footer, 160))
    }
}
