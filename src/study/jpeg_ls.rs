//! JPEG-LS (ITU-T T.87, ISO 14495-1), lossless and near-lossless: 2 to 16 bits, components in sequence, line by line or
//! pixel by pixel, non-default thresholds, restart markers.
//!
//! Our own implementation: `CharLS` needs cmake and a C++ compiler, and neither of the decoders in Rust is good enough
//! (docs/dependencies.md).
//!
//! Memory is allocated for the image size in the header plus two lines. A stream that ends early, continues after its
//! last sample, or does not have the header's size is refused.

mod bits;
mod scan;

use dicom_dictionary_std::uids;

use self::scan::{Decoder, Lines, Parameters};
use super::{error::PixelError, layout::Layout};

/// Whether this transfer syntax is one of JPEG-LS's.
pub fn is_one(transfer_syntax: &str) -> bool {
    [uids::JPEGLS_LOSSLESS, uids::JPEGLS_NEAR_LOSSLESS].contains(&transfer_syntax)
}

/// The frame's bytes: as many a sample as the header allocates, little-endian, samples of a pixel side by side.
pub fn decode(bytes: &[u8], layout: &Layout) -> Result<Vec<u8>, PixelError> {
    decode_stream(bytes, layout).map_err(|why| PixelError::Codec(format!("JPEG-LS: {why}")))
}

/// The content of the segments before a scan.
struct Stream<'a> {
    layout: &'a Layout,
    bytes_each: usize,
    /// The largest sample of so many bits; 0 before there is a frame.
    largest: u16,
    /// The name of each component.
    components: Vec<u8>,
    /// MAXVAL, T1, T2, T3 and RESET; zeros are the usual values.
    preset: [u16; 5],
    /// Lines between two restart markers; 0 for none.
    restart: usize,
}

fn decode_stream(bytes: &[u8], layout: &Layout) -> Result<Vec<u8>, String> {
    let bytes_each = layout.allocated.div_ceil(8) as usize;
    let (preset, components) = ([0; 5], Vec::new());
    let mut stream = Stream { layout, bytes_each, largest: 0, components, preset, restart: 0 };
    let mut rest = bytes.strip_prefix(&[0xFF, 0xD8]).ok_or("it does not begin with an image")?;
    let mut pixels = Vec::new();
    let mut decoded = [false; 3];
    loop {
        let (marker, segment, behind) = segment(rest)?;
        rest = behind;
        match marker {
            0xF7 => {
                stream.frame(segment)?;
                pixels = vec![0; layout.pixels() * layout.samples * bytes_each];
            }
            0xF8 => stream.preset(segment)?,
            // C.2.5: two, three or four bytes.
            0xDD => stream.restart = segment.iter().fold(0, |lines, byte| lines << 8 | usize::from(*byte)),
            0xDA => {
                for place in stream.scan(segment, &mut rest, &mut pixels)? {
                    decoded[place] = true;
                }
                if decoded[..layout.samples].iter().all(|is_there| *is_there) {
                    return Ok(pixels);
                }
            }
            0xE8 if segment.starts_with(b"mrfx") && segment.get(4) != Some(&0) => {
                return Err("its colour transform is not supported".to_owned());
            }
            0xE0..=0xEF | 0xFE => {}
            0xD9 => return Err("a component is missing".to_owned()),
            _ => return Err(format!("the marker FF{marker:02X} is not allowed there")),
        }
    }
}

/// A marker, what its segment holds, and what follows.
fn segment(mut bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), String> {
    while let [0xFF, 0xFF, ..] = bytes {
        bytes = &bytes[1..];
    }
    match bytes {
        [0xFF, 0xD9, ..] => Ok((0xD9, &[], &[])),
        [0xFF, marker, high, low, rest @ ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low])).checked_sub(2);
            let parts = length.and_then(|length| rest.split_at_checked(length));
            parts
                .map(|(segment, rest)| (*marker, segment, rest))
                .ok_or_else(|| "one of its segments is truncated".to_owned())
        }
        _ => Err("it is truncated".to_owned()),
    }
}

impl Stream<'_> {
    /// C.2.2: the frame must be what the header says.
    fn frame(&mut self, segment: &[u8]) -> Result<(), String> {
        let [bits, y1, y2, x1, x2, count, components @ ..] = segment else {
            return Err("its frame header is truncated".to_owned());
        };
        if !self.components.is_empty() {
            return Err("it has two frames".to_owned());
        }
        let (rows, columns) = (u16::from_be_bytes([*y1, *y2]), u16::from_be_bytes([*x1, *x2]));
        let layout = self.layout;
        if (u32::from(columns), u32::from(rows)) != (layout.columns, layout.rows) {
            let (wide, high) = (layout.columns, layout.rows);
            return Err(format!("{columns} x {rows} pixels, but the header says {wide} x {high}"));
        }
        if usize::from(*count) != layout.samples || components.len() != 3 * layout.samples || layout.samples > 3 {
            return Err(format!("{count} samples per pixel, but the header says {}", layout.samples));
        }
        if !(2..=16).contains(bits) || usize::from(*bits) > 8 * self.bytes_each {
            return Err(format!("{bits}-bit samples in {} are not supported", layout.allocated));
        }
        let components = components.as_chunks::<3>().0;
        if components.iter().any(|[_, sampling, _]| *sampling != components[0][1]) {
            return Err("components of different sizes are not supported".to_owned());
        }
        self.largest = u16::MAX >> (16 - bits);
        self.components = components.iter().map(|[name, ..]| *name).collect();
        Ok(())
    }

    /// C.2.4.1: thresholds of its own. Tables of values and images of more than 65,535 lines are other matters.
    fn preset(&mut self, segment: &[u8]) -> Result<(), String> {
        let [1, numbers @ ..] = segment else {
            return Err("it has a table or an extension that is not supported".to_owned());
        };
        let (numbers, rest) = numbers.as_chunks::<2>();
        let numbers: Vec<u16> = numbers.iter().map(|number| u16::from_be_bytes(*number)).collect();
        match numbers.try_into() {
            Ok(numbers) if rest.is_empty() => self.preset = numbers,
            _ => return Err("its thresholds are truncated".to_owned()),
        }
        Ok(())
    }

    /// C.2.3 and the lines behind it, into their places among the pixels. Which components they were.
    fn scan(&self, segment: &[u8], rest: &mut &[u8], pixels: &mut [u8]) -> Result<Vec<usize>, String> {
        let parts = segment.split_first().and_then(|(count, parts)| parts.split_at_checked(2 * usize::from(*count)));
        let Some((components, &[near, interleave, point_transform])) = parts else {
            return Err("its scan header is truncated".to_owned());
        };
        if point_transform & 0x0F != 0
            || interleave > 2
            || components.iter().skip(1).step_by(2).any(|table| *table != 0)
        {
            return Err("a point transform, mapping table or this interleaving is not supported".to_owned());
        }
        let count = self.components.len();
        let places: Vec<usize> = match components {
            // All of them come in their order.
            _ if components.len() == 2 * count && (count == 1 || interleave > 0) => (0..count).collect(),
            [name, _] => self.components.iter().position(|component| component == name).into_iter().collect(),
            _ => Vec::new(),
        };
        if places.is_empty() {
            return Err("its scan does not match its frame's components".to_owned());
        }
        let [largest, t1, t2, t3, reset] = self.preset.map(i32::from);
        let largest = if largest == 0 { i32::from(self.largest) } else { largest };
        let parameters = Parameters::new(largest, i32::from(near), [t1, t2, t3], reset)
            .filter(|_| largest <= i32::from(self.largest))
            .ok_or("its thresholds are invalid")?;
        self.lines(&places, interleave == 2, parameters, rest, pixels)?;
        Ok(places)
    }

    fn lines(
        &self,
        places: &[usize],
        is_by_pixel: bool,
        parameters: Parameters,
        rest: &mut &[u8],
        pixels: &mut [u8],
    ) -> Result<(), String> {
        let (columns, rows) = (self.layout.columns as usize, self.layout.rows as usize);
        let step = self.layout.samples * self.bytes_each;
        let interval = if self.restart == 0 { rows } else { self.restart };
        let mut lines: Vec<Lines> = places.iter().map(|_| Lines::new(columns)).collect();
        for (number, stripe) in pixels.chunks_mut(interval.saturating_mul(columns * step)).enumerate() {
            if number > 0 {
                let marker = 0xD0 | ((number as u8 - 1) % 8);
                *rest = rest.strip_prefix(&[0xFF, marker]).ok_or("a restart marker is missing")?;
                lines.iter_mut().for_each(Lines::restart);
            }
            let mut decoder = Decoder::new(rest, parameters);
            for out in stripe.chunks_exact_mut(columns * step) {
                let line = match <&mut [Lines; 3]>::try_from(&mut *lines) {
                    Ok(three) if is_by_pixel => decoder.pixels(three),
                    _ => lines.iter_mut().try_for_each(|line| decoder.line(line)),
                };
                line.ok_or("its data is damaged, or ends before its last pixel")?;
                for (place, line) in places.iter().zip(&lines) {
                    write(line.samples(), &mut out[place * self.bytes_each..], step, self.bytes_each);
                }
            }
            *rest = decoder.bits.behind().ok_or("its data continues after its last pixel")?;
        }
        Ok(())
    }
}

/// Samples, little-endian, a `step` apart.
fn write(samples: &[i32], out: &mut [u8], step: usize, bytes_each: usize) {
    match (step, bytes_each) {
        (1, 1) => out.iter_mut().zip(samples).for_each(|(to, s)| *to = *s as u8),
        (2, 2) => {
            out.as_chunks_mut::<2>().0.iter_mut().zip(samples).for_each(|(to, s)| *to = (*s as u16).to_le_bytes());
        }
        (_, 1) => out.iter_mut().step_by(step).zip(samples).for_each(|(to, s)| *to = *s as u8),
        _ => {
            let places = out.chunks_mut(step).zip(samples);
            places.for_each(|(to, s)| to[..bytes_each].copy_from_slice(&s.to_le_bytes()[..bytes_each]));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    macro_rules! stream {
        ($name:literal) => {
            include_bytes!(concat!("../../tests/fixtures/jpeg-ls/", $name, ".jls")).as_slice()
        };
    }

    /// Columns and rows of nearly all of them.
    const SIZE: (u32, u32) = (53, 38);

    fn layout(size: (u32, u32), samples: usize, allocated: u32) -> Layout {
        Layout::of_words(size, samples, allocated)
    }

    /// What was compressed: level places, slopes and what looks like noise, `top` at most.
    fn image(layout: &Layout, top: u32) -> Vec<u32> {
        let places = (0..layout.rows).flat_map(|y| (0..layout.columns).map(move |x| (x, y)));
        let sample = |(x, y, c): (u32, u32, u32)| match (x / 9 + y / 7) % 3 {
            0 => top / 3,
            1 => (x + 2 * y + 5 * c) * top / 200 % (top + 1),
            _ => (x * x * 31 + y * y * 17 + x * y * 7 + c * 101) % (top + 1),
        };
        places.flat_map(|(x, y)| (0..layout.samples as u32).map(move |c| sample((x, y, c)))).collect()
    }

    fn numbers(bytes: &[u8], allocated: u32) -> Vec<u32> {
        let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| number << 8 | u32::from(*byte));
        bytes.chunks(allocated as usize / 8).map(number).collect()
    }

    // By CharLS 2.4 (pyjpegls 1.5.1); the thresholds by DCMTK 3.6.7, restart markers put between stripes by CharLS.
    #[test]
    fn pixels_are_what_was_compressed() {
        let bits_2 = stream!("grey-2");
        for (stream, size, samples, allocated, top) in [
            (bits_2, SIZE, 1, 8, 3),
            (stream!("grey-8"), SIZE, 1, 8, 255),
            (stream!("grey-12"), SIZE, 1, 16, 4095),
            (stream!("grey-16"), SIZE, 1, 16, 65535),
            (stream!("grey-12-thresholds"), SIZE, 1, 16, 4095),
            (stream!("grey-12-restart-3"), SIZE, 1, 16, 4095),
            (stream!("row-12"), (61, 1), 1, 16, 4095),
            (stream!("column-12"), (1, 61), 1, 16, 4095),
            (stream!("colour-8-by-plane"), SIZE, 3, 8, 255),
            (stream!("colour-8-by-line"), SIZE, 3, 8, 255),
            (stream!("colour-8-by-pixel"), SIZE, 3, 8, 255),
            (stream!("colour-16-by-pixel"), SIZE, 3, 16, 65535),
            (stream!("colour-8-by-line-restart-3"), SIZE, 3, 8, 255),
            // Samples as wide as the header says, whatever the stream's are.
            (bits_2, SIZE, 1, 16, 3),
            (bits_2, SIZE, 1, 32, 3),
        ] {
            let layout = layout(size, samples, allocated);
            let decoded = numbers(&decode(stream, &layout).unwrap(), allocated);
            assert!(decoded == image(&layout, top), "{size:?}, {samples} samples of {allocated} bits, {top} at most");
        }
    }

    #[test]
    fn near_lossless_is_as_near_as_it_says_and_as_charls_has_it() {
        for (stream, samples, allocated, top, near, sum) in [
            (
                stream!("grey-8-near-3"),
                1,
                8,
                255,
                3,
                "116952c689e569f186823799d3769e1c43ec9721a20b163c9a2777569de3b4a6",
            ),
            (
                stream!("grey-12-near-7"),
                1,
                16,
                4095,
                7,
                "ec40babd9d75c92a51d8331ab9595a384d6e4763a62bf50d6123f9418d72bb59",
            ),
            (
                stream!("colour-8-by-pixel-near-2"),
                3,
                8,
                255,
                2,
                "6579263557ceaa217be0d04524bb71578c37e03201347e89a628141a0b1c3d04",
            ),
        ] {
            let layout = layout(SIZE, samples, allocated);
            let decoded = decode(stream, &layout).unwrap();
            let pairs = numbers(&decoded, allocated).into_iter().zip(image(&layout, top));
            assert_eq!(pairs.map(|(is, was)| is.abs_diff(was)).max(), Some(near));
            assert_eq!(hex::encode(Sha256::digest(&decoded)), sum);
        }
    }

    #[test]
    fn a_stream_that_is_cut_short_is_refused_wherever_it_is_cut() {
        let (grey, colour) = (layout(SIZE, 1, 16), layout(SIZE, 3, 8));
        for (stream, layout) in [
            (stream!("grey-12"), &grey),
            (stream!("grey-12-restart-3"), &grey),
            (stream!("colour-8-by-plane"), &colour),
            (stream!("colour-8-by-pixel"), &colour),
        ] {
            for length in 0..stream.len() - 3 {
                assert!(decode(&stream[..length], layout).is_err(), "{length} of {} bytes", stream.len());
            }
            // The marker at the end says nothing; many writers leave it out, or fill up behind it.
            let whole = decode(stream, layout).unwrap();
            assert_eq!(decode(&stream[..stream.len() - 2], layout).unwrap(), whole);
            assert_eq!(decode(&[stream, &[0]].concat(), layout).unwrap(), whole);
        }
    }

    #[test]
    fn what_is_not_as_the_header_says_is_refused() {
        let grey = stream!("grey-12");
        let why = |layout: &Layout, stream: &[u8]| decode(stream, layout).unwrap_err().to_string();
        assert!(why(&layout((38, 53), 1, 16), grey).contains("53 x 38 pixels, but the header says 38 x 53"));
        assert!(why(&layout(SIZE, 3, 16), grey).contains("1 samples per pixel, but the header says 3"));
        assert!(why(&layout(SIZE, 1, 8), grey).contains("12-bit samples in 8"));
        let behind_the_start = |segment: &[u8]| [&grey[..2], segment, &grey[2..]].concat();
        let layout = layout(SIZE, 1, 16);
        let why = |stream: &[u8]| why(&layout, stream);
        assert!(why(&behind_the_start(b"\xFF\xE8\0\x07mrfx\x01")).contains("its colour transform is not supported"));
        assert!(decode(&behind_the_start(b"\xFF\xE8\0\x07mrfx\0"), &layout).is_ok());
        assert!(decode(&behind_the_start(b"\xFF\xFE\0\x05abc"), &layout).is_ok(), "a comment");
        assert!(why(&behind_the_start(b"\xFF\xF8\0\x06\x02\x01\x02\x03")).contains("a table or an extension"));
        assert!(why(&behind_the_start(b"\xFF\xF8\0\x0D\x01\x0F\xFF\0\x09\0\x08\0\x07\0\x40")).contains("thresholds"));
        assert!(why(&behind_the_start(b"\xFF\xC0\0\x02")).contains("the marker FFC0 is not allowed there"));
        // Bits behind the last pixel: the stream is of another image.
        let scan = grey.windows(2).position(|marker| marker == [0xFF, 0xDA]).unwrap() + 10;
        assert!(why(&[&grey[..scan], &[0; 4], &grey[scan..]].concat()).contains("its data"));
        let longer = [&grey[..grey.len() - 2], &[0x12; 4], &grey[grey.len() - 2..]].concat();
        assert!(why(&longer).contains("its data continues after its last pixel"));
    }

    proptest! {
        /// No panic, which the tests' checks of overflow would make of a number that is too large.
        #[test]
        fn damage_ends_in_an_answer(
            which in 0..6_usize,
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        ) {
            let (stream, layout) = &[
                (stream!("grey-2"), layout(SIZE, 1, 8)),
                (stream!("grey-16"), layout(SIZE, 1, 16)),
                (stream!("grey-12-near-7"), layout(SIZE, 1, 16)),
                (stream!("grey-12-thresholds"), layout(SIZE, 1, 16)),
                (stream!("colour-8-by-line-restart-3"), layout(SIZE, 3, 8)),
                (stream!("colour-16-by-pixel"), layout(SIZE, 3, 16)),
            ][which];
            let mut stream = stream.to_vec();
            for (place, byte) in flips {
                *place.get_mut(&mut stream) = byte;
            }
            if let Ok(decoded) = decode(&stream, layout) {
                prop_assert_eq!(decoded.len(), layout.pixels() * layout.samples * layout.allocated as usize / 8);
            }
        }
    }
}
