//! A picture as a PNG file that says which program made it and what it is not for.

use std::path::Path;

use image::RgbaImage;

use super::Sketch;
use crate::{
    RESEARCH_USE_ONLY,
    files::{WriteError, write_atomic},
    ui::picture::raster::MissingTexture,
};

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It cannot be painted.
    #[error("the picture cannot be painted: {0}")]
    Paint(#[from] MissingTexture),
    /// It cannot be encoded.
    #[error("the picture cannot be encoded as PNG: {0}")]
    Encode(#[from] png::EncodingError),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Paints a picture and writes it.
pub fn save(sketch: &Sketch, path: &Path) -> Result<(), PictureError> {
    let bytes = encode(&sketch.paint()?, &sketch.cautions)?;
    Ok(write_atomic(path, &bytes)?)
}

/// The keywords are the PNG standard's own.
fn encode(picture: &RgbaImage, cautions: &[String]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk("Software".to_owned(), format!("Foramen {}", env!("CARGO_PKG_VERSION")))?;
    encoder.add_text_chunk("Disclaimer".to_owned(), RESEARCH_USE_ONLY.to_owned())?;
    encoder.add_itxt_chunk("Warning".to_owned(), cautions.join("; "))?;
    let mut writer = encoder.write_header()?;
    let rgb: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel.0[0], pixel.0[1], pixel.0[2]]).collect();
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    Ok(bytes)
}
