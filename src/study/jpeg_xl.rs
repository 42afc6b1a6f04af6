//! JPEG XL, with a limit on its decoder's memory.

use dicom_dictionary_std::uids;
use jxl_oxide::{AllocTracker, JxlImage};

use super::{error::PixelError, layout::Layout};

/// For each pixel of the image, all channels and what is computed on the way; measured, and some more.
const BYTES_A_PIXEL: usize = 256;
/// Plus this, whatever the size.
const BYTES: usize = 16 << 20;

/// Whether this transfer syntax is one of JPEG XL's.
pub fn is_one(transfer_syntax: &str) -> bool {
    [uids::JPEGXL, uids::JPEGXL_LOSSLESS, uids::JPEGXLJPEG_RECOMPRESSION].contains(&transfer_syntax)
}

/// Bytes of one frame: one or two a sample, as the header says, little-endian, samples of a pixel side by side.
pub fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<u8>, PixelError> {
    let error = |why: &dyn std::fmt::Display| PixelError::Codec(format!("JPEG XL: {why}"));
    let limit = AllocTracker::with_limit(BYTES + layout.pixels() * BYTES_A_PIXEL);
    let image = JxlImage::builder().alloc_tracker(limit).read(bytes).map_err(|e| error(&e))?;
    let (columns, rows, samples) = (layout.columns, layout.rows, layout.samples);
    if (image.width(), image.height()) != (columns, rows) {
        let size = format!("{} x {} pixels, but the header says {columns} x {rows}", image.width(), image.height());
        return Err(error(&size));
    }
    let render = image.render_frame(0).map_err(|e| error(&e))?;
    let mut stream = render.stream_no_alpha();
    if stream.channels() as usize != samples {
        return Err(error(&format!("{} samples, but the header says {samples}", stream.channels())));
    }
    // Between 0 and 1; times the largest number of so many bits it is the very number that was compressed.
    let bits = image.image_header().metadata.bit_depth.bits_per_sample();
    if bits > layout.allocated || ![8, 16].contains(&layout.allocated) {
        return Err(error(&format!("{bits}-bit samples in {} are not supported", layout.allocated)));
    }
    let largest = ((1_u32 << bits) - 1) as f32;
    let mut values = vec![0_f32; layout.pixels() * samples];
    stream.write_to_buffer(&mut values);
    let numbers = values.into_iter().map(|value| (value * largest).round().clamp(0.0, largest) as u16);
    Ok(if layout.allocated == 8 {
        numbers.map(|number| number as u8).collect()
    } else {
        numbers.flat_map(u16::to_le_bytes).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Without loss from 64 x 48 pixels counted up in steps: 12 bits by libjxl 0.11, the others by 0.7.
    const BITS_12: &[u8] = include_bytes!("../../tests/fixtures/jpeg-xl/grey-12-bits-5i.jxl");
    const BITS_16: &[u8] = include_bytes!("../../tests/fixtures/jpeg-xl/grey-16-bits-21i.jxl");
    const COLOUR: &[u8] = include_bytes!("../../tests/fixtures/jpeg-xl/colour-8-bits-i.jxl");

    fn layout(samples: usize, allocated: u32) -> Layout {
        Layout::of_words((64, 48), samples, allocated)
    }

    fn words(bytes: &[u8]) -> Vec<u32> {
        bytes.as_chunks::<2>().0.iter().map(|word| u32::from(u16::from_le_bytes(*word))).collect()
    }

    #[test]
    fn numbers_come_out_as_they_went_in() {
        let grey = words(&decode(BITS_12, &layout(1, 16)).unwrap());
        assert!(grey == (0..64 * 48).map(|i| i * 5 % 4096).collect::<Vec<u32>>());
        let grey = words(&decode(BITS_16, &layout(1, 16)).unwrap());
        assert!(grey == (0..64 * 48).map(|i| i * 21 % 65536).collect::<Vec<u32>>());
        let colour = decode(COLOUR, &layout(3, 8)).unwrap();
        assert!(colour == (0..64 * 48 * 3).map(|i| (i % 256) as u8).collect::<Vec<u8>>());
    }

    #[test]
    fn what_is_not_as_the_header_says_is_refused() {
        let wide = Layout { columns: 63, ..layout(1, 16) };
        assert!(
            decode(BITS_16, &wide).unwrap_err().to_string().contains("64 x 48 pixels, but the header says 63 x 48")
        );
        assert!(decode(COLOUR, &layout(1, 8)).unwrap_err().to_string().contains("3 samples"));
        assert!(decode(BITS_16, &layout(1, 8)).unwrap_err().to_string().contains("16-bit samples in 8"));
        for length in 0..BITS_16.len() {
            let _ = decode(&BITS_16[..length], &layout(1, 16));
        }
    }
}
