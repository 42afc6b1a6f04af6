//! The extent of a data set: a walk over element lengths, before anything is allocated for their values.
//!
//! A length that the file cannot hold, nesting without end, and pixels that stop early are found here, exactly and
//! without reading the pixels; the DICOM library then only gets consistent bytes.

use dicom_core::{
    Tag, VR,
    dictionary::{DataDictionary, DataDictionaryEntry, DataDictionaryEntryRef},
};
use dicom_dictionary_std::{StandardDataDictionary, tags};

use super::element::CHARACTER_SETS;

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    ImplicitLittle,
    ExplicitLittle,
    ExplicitBig,
}

/// Where the parts of a data set lie, in bytes from the start of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extent {
    /// The first element of group 7FE0, or the end if there is none.
    pub pixels: usize,
    /// After the last element of group 7FE0. Known only where the whole file was walked.
    pub end: usize,
    /// Whether there is any element of group 7FE0 that is not empty.
    pub has_pixels: bool,
    /// The pixels stop early.
    pub missing: Option<Missing>,
    /// `PixelData` that are not compressed.
    pub plain: Option<Plain>,
    /// `PixelData` are in fragments. Known only where the walk stops at them.
    pub is_in_fragments: bool,
    /// Where the DICOM library must be given different bytes from the file's, and which: the number of
    /// `SpecificCharacterSet` ([`CHARACTER_SETS`] says why), the length of elements of unknown kind and undefined
    /// length, and the kind of elements whose values their length does not fit (it would read on from the middle of a
    /// value).
    pub mended: Vec<(usize, Vec<u8>)>,
}

/// Where uncompressed pixels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plain {
    /// Their first byte.
    pub at: u64,
    /// How many bytes there are.
    pub length: usize,
}

/// Pixels that are not all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Bytes there.
    pub found: u64,
    /// Bytes declared, as far as they could be counted.
    pub needed: u64,
}

/// Why a walk stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// This many bytes of the file must be read to continue.
    Incomplete(u64),
    /// The file is inconsistent; a phrase.
    Broken(String),
}

/// Deeper nesting than this is an attack on the stack.
const MAX_DEPTH: usize = 32;
const UNDEFINED: u32 = u32::MAX;
const PIXEL_GROUP: u16 = 0x7FE0;
const PIXEL_DATA: (u16, u16) = (PIXEL_GROUP, 0x0010);
/// VRs whose length has two bytes, in explicit encodings; all others, unknown ones too, have four.
#[rustfmt::skip]
const SHORT: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO",
    b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
];

/// Walks from `at`. `bytes` is the start of a file of `size` bytes, or all of it. Stops at the pixels unless `whole`.
pub fn of(bytes: &[u8], at: usize, size: u64, encoding: Encoding, whole: bool) -> Result<Extent, Stop> {
    let mut walk = Walk { bytes, size, at, encoding, open: Vec::new(), last: None, mended: Vec::new(), misfit: None };
    let mut pixels = None;
    loop {
        walk.close()?;
        if walk.is_at_end()? {
            return Ok(walk.extent(pixels, walk.at, None));
        }
        let start = walk.at;
        let element = walk.element()?;
        if walk.open.is_empty() && element.group == PIXEL_GROUP {
            let first = *pixels.get_or_insert(start);
            let missing = walk.missing(&element);
            if missing.is_some() || !whole {
                let is_data = element.number == PIXEL_DATA.1;
                let plain = (is_data && element.length != UNDEFINED)
                    .then_some(Plain { at: walk.at as u64, length: element.length as usize });
                let is_in_fragments = is_data && plain.is_none();
                let extent = walk.extent(Some(first), start, missing);
                return Ok(Extent { plain, is_in_fragments, has_pixels: element.length > 0, ..extent });
            }
        } else if walk.open.is_empty() && pixels.is_some() {
            // What follows the pixels (padding, signatures, garbage) is not needed here.
            return Ok(walk.extent(pixels, start, None));
        }
        walk.enter(&element)?;
    }
}

/// One element of a file meta group.
pub struct MetaElement<'a> {
    /// Its number within group 0002.
    pub number: u16,
    /// Its bytes.
    pub value: &'a [u8],
    /// Where the next one begins.
    pub next: usize,
}

/// The element of the file meta group at `at`; `None` behind its last.
pub fn meta_element(bytes: &[u8], at: usize, size: u64) -> Result<Option<MetaElement<'_>>, Stop> {
    let encoding = Encoding::ExplicitLittle;
    let mut walk = Walk { bytes, size, at, encoding, open: Vec::new(), last: None, mended: Vec::new(), misfit: None };
    if walk.is_at_end()? || walk.group(at)? != 2 {
        return Ok(None);
    }
    let element = walk.element()?;
    let value = walk.bytes_at(walk.at, element.length as usize)?;
    Ok(Some(MetaElement { number: element.number, value, next: walk.at + value.len() }))
}

struct Element {
    group: u16,
    number: u16,
    vr: Option<[u8; 2]>,
    length: u32,
}

/// What an element with parts is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Holds items.
    Sequence,
    /// Holds elements.
    Item,
    /// Holds items that are bytes, not data sets.
    Fragments,
}

/// A sequence or item that the walk is currently in.
struct Open {
    /// Where it ends, if its length is given.
    end: Option<usize>,
    kind: Kind,
    /// The encoding around it.
    outside: Encoding,
    /// Where its value begins, if it is of unknown kind and undefined length.
    unknown: Option<usize>,
}

struct Walk<'a> {
    bytes: &'a [u8],
    size: u64,
    at: usize,
    encoding: Encoding,
    open: Vec<Open>,
    /// The element at hand, for messages.
    last: Option<(u16, u16)>,
    mended: Vec<(usize, Vec<u8>)>,
    /// An element whose length does not fit its values and cannot be corrected: nothing may follow it.
    misfit: Option<(u16, u16)>,
}

impl<'a> Walk<'a> {
    fn extent(&mut self, pixels: Option<usize>, end: usize, missing: Option<Missing>) -> Extent {
        Extent {
            pixels: pixels.unwrap_or(end),
            end,
            has_pixels: pixels.is_some(),
            missing,
            plain: None,
            is_in_fragments: false,
            mended: std::mem::take(&mut self.mended),
        }
    }

    fn broken(&self) -> Stop {
        let place = self.last.map_or_else(String::new, |(g, e)| format!(", at element ({g:04X},{e:04X})"));
        Stop::Broken(format!("the file ends in the middle of its header{place}: it is truncated or damaged"))
    }

    fn bytes_at(&self, at: usize, length: usize) -> Result<&'a [u8], Stop> {
        let end = (at as u64).saturating_add(length as u64);
        if end > self.size {
            return Err(self.broken());
        }
        self.bytes.get(at..at.saturating_add(length)).ok_or(Stop::Incomplete(end))
    }

    fn u16(&self, at: usize) -> Result<u16, Stop> {
        let bytes = self.bytes_at(at, 2)?;
        let bytes = [bytes[0], bytes[1]];
        Ok(if self.encoding == Encoding::ExplicitBig { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    fn u32(&self, at: usize) -> Result<u32, Stop> {
        let bytes = self.bytes_at(at, 4)?;
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        Ok(if self.encoding == Encoding::ExplicitBig { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn group(&self, at: usize) -> Result<u16, Stop> {
        self.u16(at)
    }

    /// The end of the file, or a few zeros that pad it.
    fn is_at_end(&self) -> Result<bool, Stop> {
        let left = self.size.saturating_sub(self.at as u64);
        if !self.open.is_empty() || left >= 8 {
            return Ok(false);
        }
        Ok(self.bytes_at(self.at, left as usize)?.iter().all(|b| *b == 0))
    }

    /// Reads the head of the element at hand; `at` is then at its value.
    fn element(&mut self) -> Result<Element, Stop> {
        if let Some((group, number)) = self.misfit {
            let why = format!("the length of its element ({group:04X},{number:04X}) does not fit its VR");
            return Err(Stop::Broken(why));
        }
        let (group, number) = (self.u16(self.at)?, self.u16(self.at + 2)?);
        self.last = Some((group, number));
        if Tag(group, number) == tags::SPECIFIC_CHARACTER_SET {
            let other = CHARACTER_SETS.element();
            let is_big = self.encoding == Encoding::ExplicitBig;
            let bytes = if is_big { other.to_be_bytes() } else { other.to_le_bytes() };
            self.mended.push((self.at + 2, bytes.to_vec()));
        }
        if group == 0xFFFE || self.encoding == Encoding::ImplicitLittle {
            let length = self.u32(self.at + 4)?;
            self.at += 8;
            return Ok(Element { group, number, vr: None, length });
        }
        let letters = self.bytes_at(self.at + 4, 2)?;
        let vr = [letters[0], letters[1]];
        let (length, head) =
            if SHORT.contains(&&vr) { (u32::from(self.u16(self.at + 6)?), 8) } else { (self.u32(self.at + 8)?, 12) };
        self.at += head;
        Ok(Element { group, number, vr: Some(vr), length })
    }

    /// Enters a sequence or item, or skips a value.
    fn enter(&mut self, element: &Element) -> Result<(), Stop> {
        let inside = self.open.last().map_or(Kind::Item, |open| open.kind);
        match (element.group, element.number) {
            (0xFFFE, 0xE00D | 0xE0DD) => {
                if let Some(open) = self.open.pop() {
                    self.encoding = open.outside;
                    // Nested in another one it is a part of that one's bytes.
                    if let Some(value) = open.unknown.filter(|_| self.open.iter().all(|o| o.unknown.is_none())) {
                        self.mended.push((value - 4, ((self.at - value) as u32).to_le_bytes().to_vec()));
                    }
                }
                return Ok(());
            }
            (0xFFFE, 0xE000) if inside == Kind::Fragments => return self.skip(element.length),
            (0xFFFE, 0xE000) => return self.push(element.length, Kind::Item),
            (group, number) if inside != Kind::Item => {
                return Err(Stop::Broken(format!("it has element ({group:04X},{number:04X}) where an item should be")));
            }
            _ => (),
        }
        let is_undefined = element.length == UNDEFINED;
        // As the library recognises compressed pixels: only by their tag.
        let is_fragments = is_undefined && (element.group, element.number) == PIXEL_DATA && element.vr != Some(*b"SQ");
        let is_sequence = !is_fragments
            && match element.vr {
                Some(vr) => &vr == b"SQ" || (is_undefined && &vr == b"UN"),
                None => is_undefined || (element.group != 0xFFFE && is_sequence_by_dictionary(element)),
            };
        if is_undefined && !is_sequence && !is_fragments {
            let place = format!("({:04X},{:04X})", element.group, element.number);
            return Err(Stop::Broken(format!("its element {place} has no length, which its VR requires")));
        }
        if is_sequence || is_fragments {
            self.push(element.length, if is_fragments { Kind::Fragments } else { Kind::Sequence })?;
            // PS3.5 6.2.2: the content of an UN of undefined length is implicit.
            if is_sequence && element.vr == Some(*b"UN") {
                self.encoding = Encoding::ImplicitLittle;
                let value = self.at;
                if let Some(open) = self.open.last_mut() {
                    open.unknown = Some(value);
                }
            }
            return Ok(());
        }
        self.mend_misfit(element);
        self.skip(element.length)
    }

    /// The library reads whole values, and takes the rest of the length as the next element, whose length may then be
    /// anything: 4 GB of memory for a file of a few kB.
    fn mend_misfit(&mut self, element: &Element) {
        let is_bytes = self.open.iter().any(|open| open.unknown.is_some() || open.kind == Kind::Fragments);
        let unit = element.vr.map_or_else(|| unit_by_dictionary(element), unit);
        if is_bytes || element.length.is_multiple_of(unit) {
            return;
        }
        match element.vr {
            Some(vr) if SHORT.contains(&&vr) => self.mended.push((self.at - 4, b"ST".to_vec())),
            Some(_) => self.mended.push((self.at - 8, b"UN".to_vec())),
            None => self.misfit = Some((element.group, element.number)),
        }
    }

    fn push(&mut self, length: u32, kind: Kind) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Stop::Broken(format!("its sequences are nested more than {MAX_DEPTH} deep")));
        }
        let end = if length == UNDEFINED {
            None
        } else {
            if self.at as u64 + u64::from(length) > self.size {
                return Err(self.broken());
            }
            Some(self.at + length as usize)
        };
        self.open.push(Open { end, kind, outside: self.encoding, unknown: None });
        Ok(())
    }

    fn skip(&mut self, length: u32) -> Result<(), Stop> {
        let end = self.at as u64 + u64::from(length);
        if length == UNDEFINED || end > self.size {
            return Err(self.broken());
        }
        self.at = end as usize;
        Ok(())
    }

    /// Leaves sequences and items that have ended.
    fn close(&mut self) -> Result<(), Stop> {
        while let Some(end) = self.open.last().and_then(|open| open.end) {
            if self.at < end {
                break;
            }
            if self.at > end {
                let place = self.last.map_or_else(String::new, |(g, e)| format!(" ({g:04X},{e:04X})"));
                return Err(Stop::Broken(format!("its element{place} reaches beyond the sequence that it is in")));
            }
            if let Some(open) = self.open.pop() {
                self.encoding = open.outside;
            }
        }
        Ok(())
    }

    /// Whether the element at hand, pixels, is all there: of fragments, as far as the bytes are read.
    fn missing(&self, element: &Element) -> Option<Missing> {
        let found = self.size.saturating_sub(self.at as u64);
        if element.length != UNDEFINED {
            let needed = u64::from(element.length);
            return (needed > found).then_some(Missing { found, needed });
        }
        let mut at = self.at as u64;
        loop {
            if at + 8 > self.size {
                return Some(Missing { found, needed: at + 8 - self.at as u64 });
            }
            let head = self.bytes.get(at as usize..at as usize + 8)?;
            // The delimiter, or something that is not a fragment: the codec will detect that.
            if self.u16(at as usize).ok()? != 0xFFFE || self.u16(at as usize + 2).ok()? != 0xE000 || head.len() < 8 {
                return None;
            }
            at += 8 + u64::from(self.u32(at as usize + 4).ok()?);
            if at > self.size {
                return Some(Missing { found, needed: at - self.at as u64 });
            }
        }
    }
}

/// Bytes of one value of a VR.
fn unit(vr: [u8; 2]) -> u32 {
    match &vr {
        b"US" | b"SS" | b"OW" => 2,
        b"AT" | b"UL" | b"SL" | b"FL" | b"OF" | b"OL" => 4,
        b"FD" | b"OD" | b"OV" | b"SV" | b"UV" => 8,
        _ => 1,
    }
}

/// Implicit encodings do not say what is a sequence.
fn is_sequence_by_dictionary(element: &Element) -> bool {
    entry(element).is_some_and(|entry| entry.vr().exact() == Some(VR::SQ))
}

/// Nor how long a value is.
fn unit_by_dictionary(element: &Element) -> u32 {
    entry(element).map_or(1, |entry| unit(entry.vr().relaxed().to_bytes()))
}

fn entry(element: &Element) -> Option<&'static DataDictionaryEntryRef<'static>> {
    StandardDataDictionary.by_tag(Tag(element.group, element.number))
}

#[cfg(test)]
mod tests;
