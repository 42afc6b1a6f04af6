//! A report as PDF: pages, mostly two, that a reader can print, search and copy from. All fonts are embedded.
//!
//! Everything is first laid out as pages of simple shapes (`sheet`), since only then the number of pages is known; then
//! they are written with krilla (`write`).

mod grades;
mod head;
mod images;
mod ink;
mod sheet;
mod text;
mod words;
mod write;

use self::{
    sheet::{Place, Sheet},
    text::Typesetter,
};
use super::{KeyImage, Paper, Report, Template};

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// krilla failed; not expected.
    #[error("the PDF could not be written: {0}")]
    Write(String),
}

/// The report, and what to tell the reader: letters that no font has, a logo that cannot be read. The same report makes
/// the same bytes.
///
/// # Errors
///
/// krilla refuses the document; not to be expected.
pub fn pdf_bytes(
    report: &Report,
    images: &[KeyImage],
    template: &Template,
) -> Result<(Vec<u8>, Vec<String>), PdfError> {
    let mut warnings = Vec::new();
    let size = match template.paper {
        Paper::A4 => [595.28, 841.89],
        Paper::Letter => [612.0, 792.0],
    };
    let mut sheet = Sheet::new(size, Typesetter::new(true));
    let banner = report.banner();
    head::first(&mut sheet, report, template, &mut warnings);
    sheet.banner(&banner);
    let running = head::running(report);
    sheet.set_running(running, banner);
    grades::table(&mut sheet, report);
    words::impression(&mut sheet, report);
    images::all(&mut sheet, images);
    words::provenance(&mut sheet, report);
    let footer = head::footer(template);
    sheet.finish(&footer);
    let missing: String = sheet.typesetter().missing().iter().collect();
    if !missing.is_empty() {
        warnings.push(format!("no font on this machine has {missing}: shown as empty boxes in the PDF"));
    }
    let bytes = write::bytes(&sheet.into_pages(), size, report, template)?;
    Ok((bytes, warnings))
}

/// The width of the text area.
fn across(sheet: &Sheet) -> Place {
    sheet.across()
}

#[cfg(test)]
mod tests;
