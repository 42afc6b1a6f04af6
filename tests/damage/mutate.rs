//! Ways to damage a DICOM file. Each is drawn from a fixed seed, so that a failure can be had again.

use rand::{RngExt, rngs::SmallRng, seq::IndexedRandom};

/// A way, and a word for it.
pub type Way = (&'static str, fn(&[u8], &mut SmallRng) -> Vec<u8>);

pub const WAYS: [Way; 10] = [
    ("cut", cut),
    ("bits flipped", flip),
    ("header byte", header_byte),
    ("value", value),
    ("kind of value", kind),
    ("element gone", gone),
    ("length", length),
    ("nested", nested),
    ("fragments", split),
    ("code stream", stream),
];

/// Elements that decide how pixels are read and where they lie, and values that no image has.
const VALUES: &[(u16, u16, &[&[u8]])] = &[
    (0x28, 0x0010, &[b"\xff\xff", b"\0\0", b"\x01\0", b"\xff\x7f", b"\0\x80"]),
    (0x28, 0x0011, &[b"\xff\xff", b"\0\0", b"\x01\0", b"\xff\x7f", b"\0\x80"]),
    (0x28, 0x0008, &[b"-1", b"0 ", b"99999999", b"2147483648", b"1e9 ", b"2 ", b"", b"65536 "]),
    (0x28, 0x0002, &[b"\0\0", b"\x02\0", b"\x03\0", b"\xff\xff"]),
    (0x28, 0x0004, &[b"RGB ", b"PALETTE COLOR ", b"YBR_FULL_422", b"MONOCHROME1 ", b"YBR_ICT ", b"\xff\xfe"]),
    (0x28, 0x0006, &[b"\x01\0", b"\xff\xff"]),
    (0x28, 0x0100, &[b"\0\0", b"\x01\0", b"\x08\0", b"\x20\0", b"\x40\0", b"\xff\xff"]),
    (0x28, 0x0101, &[b"\0\0", b"\x01\0", b"\xff\xff"]),
    (0x28, 0x0102, &[b"\0\0", b"\xff\xff"]),
    (0x28, 0x0103, &[b"\x01\0", b"\xff\xff"]),
    (0x28, 0x0030, &[b"0\\0 ", b"-1\\-1 ", b"NaN\\NaN ", b"1e-300\\1", b"1e308\\1e308 ", b"", b"1 ", b"inf\\inf "]),
    (0x20, 0x0032, &[b"", b"NaN\\NaN\\NaN ", b"1e308\\-1e308\\0", b"0\\0 ", b"a\\b\\c "]),
    (
        0x20,
        0x0037,
        &[b"", b"0\\0\\0\\0\\0\\0 ", b"NaN\\0\\0\\0\\NaN\\0 ", b"1\\0\\0\\1\\0\\0 ", b"1e308\\0\\0\\0\\1e308\\0 "],
    ),
    (0x28, 0x1052, &[b"NaN ", b"1e308 ", b"-inf", b""]),
    (0x28, 0x1053, &[b"0 ", b"NaN ", b"1e308 ", b"-1e308"]),
    (0x28, 0x1050, &[b"NaN ", b"1e308 ", b"1\\2\\3 ", b""]),
    (0x28, 0x1051, &[b"0 ", b"-1", b"NaN ", b"1e308 "]),
    (0x18, 0x0088, &[b"0 ", b"NaN ", b"-1"]),
    (0x20, 0x0013, &[b"-1", b"99999999999 ", b"x "]),
    (0x10, 0x0010, &[b"A\n  series 9\x1b[2J ", b"=1+1"]),
    (0x18, 0x5100, &[b"FFP ", b"HFS\\FFP "]),
    (0x08, 0x103E, &[b"\x1b]0;x\x07", b"-1\r\n@A "]),
    (0x08, 0x0005, &[b"ISO_IR 999", b"ISO 2022 IR 87\\ISO 2022 IR 159 ", b"\x1b\x24"]),
    (0x20, 0x000D, &[b"", b"../../../etc/passwd ", b"\0\0\0\0"]),
    (0x02, 0x0010, &[b"1.2.840.10008.1.2.5\0", b"1.2.840.10008.1.2.4.90", b"1.2.840.10008.1.2.1.99", b"1.2.3\0", b""]),
];

fn cut(bytes: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    // Everywhere, and more often in the header, where each byte matters.
    let end = if rng.random_bool(0.6) { bytes.len().min(3000) } else { bytes.len() };
    bytes[..rng.random_range(0..end)].to_vec()
}

fn flip(bytes: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(1..40) {
        let at = rng.random_range(0..bytes.len());
        bytes[at] ^= 1 << rng.random_range(0..8);
    }
    bytes
}

fn header_byte(bytes: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(1..12) {
        let at = rng.random_range(0..bytes.len().min(4000));
        bytes[at] = *[0, 0xFF, 0x7F, 0x80, rng.random()].choose(rng).unwrap();
    }
    bytes
}

/// An element of the file, found by its bytes: little endian, explicit or implicit.
struct Element {
    /// Of the tag.
    at: usize,
    /// Of the length, and its bytes.
    length: (usize, usize),
    value: std::ops::Range<usize>,
}

fn find(bytes: &[u8], group: u16, number: u16) -> Option<Element> {
    let tag = [group.to_le_bytes(), number.to_le_bytes()].concat();
    let at = 132 + bytes.get(132..)?.windows(4).position(|window| window == tag)?;
    let four = |at: usize| bytes.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let is_explicit = bytes.get(at + 4..at + 6)?.iter().all(u8::is_ascii_uppercase);
    let is_long = matches!(bytes.get(at + 4..at + 6)?, b"OB" | b"OW" | b"SQ" | b"UN" | b"UT" | b"OF" | b"OD");
    let (length, start) = match (is_explicit, is_long) {
        (true, true) => ((at + 8, 4), at + 12),
        (true, false) => ((at + 6, 2), at + 8),
        (false, _) => ((at + 4, 4), at + 8),
    };
    let size = match length.1 {
        2 => usize::from(u16::from_le_bytes([*bytes.get(length.0)?, *bytes.get(length.0 + 1)?])),
        _ => four(length.0)?,
    };
    Some(Element { at, length, value: start..start.saturating_add(size).min(bytes.len()).max(start.min(bytes.len())) })
}

/// Any of the elements above that the file has.
fn any(bytes: &[u8], rng: &mut SmallRng) -> Option<(Element, &'static [&'static [u8]])> {
    let there: Vec<_> = VALUES.iter().filter_map(|(g, e, values)| Some((find(bytes, *g, *e)?, *values))).collect();
    let at = rng.random_range(0..there.len().max(1));
    there.into_iter().nth(at)
}

fn value(bytes: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let Some((element, values)) = any(bytes, rng) else { return flip(bytes, rng) };
    let new = values.choose(rng).unwrap();
    let mut bytes = bytes.to_vec();
    let length = (new.len() as u32).to_le_bytes();
    bytes.splice(element.value, new.iter().copied());
    bytes[element.length.0..element.length.0 + element.length.1].copy_from_slice(&length[..element.length.1]);
    bytes
}

fn kind(bytes: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let Some((element, _)) = any(bytes, rng) else { return flip(bytes, rng) };
    let mut bytes = bytes.to_vec();
    let kind: &[u8; 2] =
        [b"SQ", b"UN", b"OB", b"FD", b"AT", b"US", b"DS", b"PN", b"XX", b"OW", b"UT", b"SV"].choose(rng).unwrap();
    bytes[element.at + 4..element.at + 6].copy_from_slice(kind);
    bytes
}

fn gone(bytes: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..rng.random_range(1..5) {
        if let Some((element, _)) = any(&bytes, rng) {
            bytes.drain(element.at..element.value.end.max(element.at));
        }
    }
    bytes
}

/// The length of an element, of the pixels among them: none, a little more, 2 GB, 4 GB, unknown.
fn length(bytes: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let pixels = find(bytes, 0x7FE0, 0x0010).filter(|_| rng.random_bool(0.5));
    let Some(element) = pixels.or_else(|| Some(any(bytes, rng)?.0)) else { return cut(bytes, rng) };
    let mut bytes = bytes.to_vec();
    let right = element.value.len() as u32;
    let lengths =
        [0, 1, right / 2, right + 1, right + 2, right.wrapping_mul(3), 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, u32::MAX];
    let length = lengths.choose(rng).unwrap().to_le_bytes();
    bytes[element.length.0..element.length.0 + element.length.1].copy_from_slice(&length[..element.length.1]);
    bytes
}

/// Sequences in sequences, some without an end, in front of an element.
fn nested(bytes: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let Some((element, _)) = any(bytes, rng) else { return cut(bytes, rng) };
    let open: Vec<u8> =
        [&[8, 0, 0x40, 0x11, b'S', b'Q', 0, 0, 255, 255, 255, 255][..], &[0xFE, 0xFF, 0, 0xE0, 255, 255, 255, 255]]
            .concat();
    let close = [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0, 0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0];
    let depth = *[1, 3, 20, 200, 20_000].choose(rng).unwrap();
    let closed = if rng.random_bool(0.5) { depth } else { rng.random_range(0..=depth) };
    let insert = [open.repeat(depth), close.repeat(closed)].concat();
    let mut bytes = bytes.to_vec();
    bytes.splice(element.at..element.at, insert);
    bytes
}

/// Where the items of compressed pixels lie, and what is in each; the first is the table of offsets.
fn fragments(bytes: &[u8]) -> Option<(std::ops::Range<usize>, Vec<Vec<u8>>)> {
    let start = find(bytes, 0x7FE0, 0x0010).filter(|e| bytes[e.length.0..].starts_with(&[0xFF; 4]))?.value.start;
    let (mut at, mut items) = (start, Vec::new());
    while let Some([0xFE, 0xFF, 0x00, 0xE0, a, b, c, d]) = bytes.get(at..at + 8) {
        let end = at + 8 + u32::from_le_bytes([*a, *b, *c, *d]) as usize;
        items.push(bytes.get(at + 8..end)?.to_vec());
        at = end;
    }
    (items.len() > 1).then_some((start..at, items))
}

fn with_fragments(bytes: &[u8], place: std::ops::Range<usize>, items: &[Vec<u8>]) -> Vec<u8> {
    let mut all = Vec::new();
    for item in items {
        all.extend([0xFE, 0xFF, 0x00, 0xE0]);
        all.extend((item.len() as u32).to_le_bytes());
        all.extend(item);
    }
    let mut bytes = bytes.to_vec();
    bytes.splice(place, all);
    bytes
}

/// One fragment made two, often within the head of its code stream, whose size may be damaged too.
fn split(bytes: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let Some((place, mut items)) = fragments(bytes) else { return header_byte(bytes, rng) };
    let which = rng.random_range(1..items.len());
    let item = &mut items[which];
    if rng.random_bool(0.5) && !item.is_empty() {
        let at = rng.random_range(0..item.len().min(60));
        item[at] = rng.random();
    }
    let end = if rng.random_bool(0.7) { item.len().min(12) } else { item.len() };
    let rest = item.split_off(rng.random_range(0..=end));
    items.insert(which + 1, rest);
    with_fragments(bytes, place, &items)
}

/// A code stream that ends early or lies about itself, in a file that is whole.
fn stream(bytes: &[u8], rng: &mut SmallRng) -> Vec<u8> {
    let Some((place, mut items)) = fragments(bytes) else { return cut(bytes, rng) };
    let which = rng.random_range(1..items.len());
    let item = &mut items[which];
    if rng.random_bool(0.5) {
        item.truncate(rng.random_range(0..=item.len()));
    }
    for _ in 0..rng.random_range(0..4) {
        if !item.is_empty() {
            let at = rng.random_range(0..item.len().min(200));
            item[at] = *[0, 0xFF, 0x7F, 0x80, rng.random()].choose(rng).unwrap();
        }
    }
    with_fragments(bytes, place, &items)
}
