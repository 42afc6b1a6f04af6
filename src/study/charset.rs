//! Text in files: in one character set or in several, switched within a text by escape sequences (PS3.5 6.1.2.5), as
//! used for names in Japan, Korea and China.
//!
//! The DICOM library is prevented from decoding text: it only knows the sets by their exact names, and one set per
//! file. It gives each byte as one character ([`element::CHARACTER_SETS`](super::element::CHARACTER_SETS)), and this is
//! the only place that decodes them. If a set is unknown or a text is invalid in it, the text is still decoded as far
//! as possible and the doubt is reported: never silently wrong characters.

use std::borrow::Cow;

use dicom_core::{PrimitiveValue, Tag};
use dicom_object::InMemDicomObject;
use encoding_rs::{
    EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_5, ISO_8859_6, ISO_8859_7,
    ISO_8859_8, ISO_8859_15, SHIFT_JIS, UTF_8, WINDOWS_874, WINDOWS_1254,
};

use super::{
    doubts::Doubt,
    element::{self, element_value, raw_text, text},
};
use crate::plain;

const ESCAPE: u8 = 0x1b;

/// One character set.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Set {
    /// ISO 646; also those that are only ever reached by an escape sequence.
    Ascii,
    /// ISO 8859-1: a byte is a character.
    Latin1,
    /// Another.
    Other(&'static Encoding),
}

/// The character sets of a file.
#[derive(Debug, Clone)]
pub struct CharacterSets {
    /// As the file has it.
    declared: String,
    /// The initial set of a text; `None` if the file names an unknown one.
    first: Option<Set>,
    /// The others, which escape sequences switch to.
    others: Vec<Set>,
}

impl CharacterSets {
    /// Those of a file.
    pub fn of(object: &InMemDicomObject) -> Self {
        // Implicit encodings name no kind, and no dictionary has the element that it was renamed to.
        let declared = match element_value(object, element::CHARACTER_SETS) {
            Some(PrimitiveValue::U8(bytes)) => bytes.iter().map(|&byte| char::from(byte)).collect(),
            _ => text(object, element::CHARACTER_SETS),
        };
        Self::named(declared.trim_matches(['\0', ' ']))
    }

    /// Those of a value of `SpecificCharacterSet`.
    pub fn named(declared: &str) -> Self {
        let mut names = declared.split(['\\', ',', ';']);
        let first = set(names.next().unwrap_or_default());
        Self { declared: declared.to_owned(), first, others: names.filter_map(set).collect() }
    }

    /// A text of which each character is a byte of the file, decoded; and what is doubtful about it.
    pub fn decode(&self, as_read: &str) -> (String, Option<Doubt>) {
        let is_plain = as_read.bytes().all(|b| b.is_ascii() && b != ESCAPE);
        if is_plain || as_read.chars().any(|c| u32::from(c) > 0xFF) {
            return (as_read.to_owned(), None);
        }
        let bytes: Vec<u8> = as_read.chars().map(|c| c as u8).collect();
        if bytes.contains(&ESCAPE) {
            let (text, fits) = self.pieces(&bytes);
            return (text, (!fits).then(|| self.misfit()));
        }
        let as_utf8 = || std::str::from_utf8(&bytes).ok().map(str::to_owned);
        let declared = &self.declared;
        match self.first {
            None => {
                let (text, shown) = as_utf8().map_or_else(
                    || (Set::Ascii.decode(&bytes).0, "non-ASCII characters are shown as U+FFFD"),
                    |text| (text, "its text is read as UTF-8, which it is"),
                );
                (text, Some(Doubt::new(format!("unknown character set '{declared}': {shown}"))))
            }
            Some(Set::Ascii) => self.undeclared(as_utf8(), &bytes),
            Some(Set::Latin1) if as_utf8().is_some() => {
                let why = format!("its text is read as '{declared}', as declared, but looks like UTF-8");
                (Set::Latin1.decode(&bytes).0, Some(Doubt::new(why)))
            }
            Some(set) => match set.decode(&bytes) {
                (text, true) => (text, None),
                (text, false) => match as_utf8() {
                    Some(text) => {
                        let why = format!("its text is not in the declared '{declared}' but in UTF-8: read as UTF-8");
                        (text, Some(Doubt::new(why)))
                    }
                    None => (text, Some(self.misfit())),
                },
            },
        }
    }

    /// A text that is not ASCII, although no set is declared.
    fn undeclared(&self, as_utf8: Option<String>, bytes: &[u8]) -> (String, Option<Doubt>) {
        if let Some(text) = as_utf8 {
            return (text, Some(Doubt::note("it declares no character set: read as UTF-8, which is valid")));
        }
        // Writers that forget the escape sequences.
        let forgotten = self.others.iter().filter(|set| **set != Set::Ascii).find_map(|set| match set.decode(bytes) {
            (text, true) => Some(text),
            _ => None,
        });
        if let Some(text) = forgotten {
            let why = format!("its text lacks the escape sequences of '{}': read without them", self.declared);
            return (text, Some(Doubt::new(why)));
        }
        let why = "it declares no character set for non-ASCII text: read as Latin-1";
        (Set::Latin1.decode(bytes).0, Some(Doubt::new(why)))
    }

    fn misfit(&self) -> Doubt {
        Doubt::new(format!(
            "its text is not valid in its character set '{}': invalid parts are shown as U+FFFD",
            self.declared
        ))
    }

    /// Piece by piece, each in the set of its escape sequence; and whether all of it is valid.
    fn pieces(&self, bytes: &[u8]) -> (String, bool) {
        let first = self.first.unwrap_or(Set::Ascii);
        let mut parts = bytes.split(|&byte| byte == ESCAPE);
        let (mut text, mut fits) = first.decode(parts.next().unwrap_or_default());
        for part in parts {
            let (piece, piece_fits) = piece(first, part);
            text.push_str(&piece);
            fits &= piece_fits;
        }
        (text, fits)
    }
}

impl Set {
    /// The text, with U+FFFD for invalid parts; and whether all of it was valid.
    fn decode(self, bytes: &[u8]) -> (String, bool) {
        match self {
            Self::Ascii => {
                let letter = |&b: &u8| if b.is_ascii() { char::from(b) } else { char::REPLACEMENT_CHARACTER };
                (bytes.iter().map(letter).collect(), bytes.is_ascii())
            }
            Self::Latin1 => (bytes.iter().map(|&b| char::from(b)).collect(), true),
            Self::Other(encoding) => {
                let (text, has_errors) = encoding.decode_without_bom_handling(bytes);
                (text.into_owned(), !has_errors)
            }
        }
    }
}

/// What follows an escape character: two to four bytes that select a set, then text in it.
fn piece(first: Set, part: &[u8]) -> (String, bool) {
    use Set::{Ascii, Latin1, Other};
    let (set, text): (Set, Cow<'_, [u8]>) = match part {
        // Back to ASCII in the lower half; what the upper half holds stays.
        [b'(', b'B', rest @ ..] => (first, rest.into()),
        [b'(', b'J', rest @ ..] | [b')', b'I', rest @ ..] => (Other(SHIFT_JIS), rest.into()),
        // Two bytes a character, in the lower half: EUC has them in the upper one, supplementary ones behind 0x8F.
        [b'$', b'B' | b'@', rest @ ..] => (Other(EUC_JP), upper(rest, false).into()),
        [b'$', b'(', b'D', rest @ ..] => (Other(EUC_JP), upper(rest, true).into()),
        [b'$', b')', b'C', rest @ ..] => (Other(EUC_KR), rest.into()),
        [b'$', b')', b'A', rest @ ..] => (Other(GBK), rest.into()),
        [b'-', b'A', rest @ ..] => (Latin1, rest.into()),
        [b'-', letter, rest @ ..] if right_half(*letter).is_some() => {
            (right_half(*letter).map_or(Ascii, Other), rest.into())
        }
        // Not one of DICOM's.
        rest => return (Ascii.decode(rest).0, false),
    };
    set.decode(&text)
}

/// The set that an escape sequence assigns to the upper half (PS3.3 C.12.1.1.2, table C.12-3).
fn right_half(letter: u8) -> Option<&'static Encoding> {
    Some(match letter {
        b'B' => ISO_8859_2,
        b'C' => ISO_8859_3,
        b'D' => ISO_8859_4,
        b'F' => ISO_8859_7,
        b'G' => ISO_8859_6,
        b'H' => ISO_8859_8,
        b'L' => ISO_8859_5,
        b'M' => WINDOWS_1254,
        b'T' => WINDOWS_874,
        b'b' => ISO_8859_15,
        _ => return None,
    })
}

/// Pairs of bytes in EUC form. A byte below 0x21 is not half of a character and ends the set.
fn upper(bytes: &[u8], is_supplement: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() * 3 / 2);
    let mut rest = bytes;
    while let [a @ 0x21..=0x7E, b @ 0x21..=0x7E, after @ ..] = rest {
        if is_supplement {
            out.push(0x8F);
        }
        out.extend([a | 0x80, b | 0x80]);
        rest = after;
    }
    out.extend(rest);
    out
}

/// The set for a name, however it is spelled: only its letters and digits count. `None` if it is unknown.
fn set(name: &str) -> Option<Set> {
    let key: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    let number = ["ISO2022IR", "ISOIR", "IR"].into_iter().find_map(|prefix| key.strip_prefix(prefix));
    Some(match number.unwrap_or(&key) {
        // JIS X 0208 and 0212 are there only behind escape sequences.
        "" | "6" | "14" | "87" | "159" | "ASCII" | "USASCII" | "ISO646" => Set::Ascii,
        "100" | "LATIN1" | "ISO88591" | "88591" => Set::Latin1,
        "101" => Set::Other(ISO_8859_2),
        "109" => Set::Other(ISO_8859_3),
        "110" => Set::Other(ISO_8859_4),
        "126" => Set::Other(ISO_8859_7),
        "127" => Set::Other(ISO_8859_6),
        "138" => Set::Other(ISO_8859_8),
        "144" => Set::Other(ISO_8859_5),
        "148" => Set::Other(WINDOWS_1254),
        "166" => Set::Other(WINDOWS_874),
        "203" => Set::Other(ISO_8859_15),
        "13" => Set::Other(SHIFT_JIS),
        "149" => Set::Other(EUC_KR),
        "58" | "GB2312" => Set::Other(GBK),
        "192" | "UTF8" | "ISO10646" | "UNICODE" => Set::Other(UTF_8),
        "GB18030" => Set::Other(GB18030),
        _ => Set::Other(by_label(name)?),
    })
}

/// By the names used on the web for character sets.
fn by_label(name: &str) -> Option<&'static Encoding> {
    let name = name.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    let label = |text: String| Encoding::for_label_no_replacement(text.as_bytes());
    label(name.to_owned())
        .or_else(|| label(name.replace(['_', ' '], "-")))
        .filter(|encoding| encoding.is_ascii_compatible())
}

/// Texts of one file, and what was doubtful about them.
pub struct Texts<'a> {
    object: &'a InMemDicomObject,
    sets: CharacterSets,
    /// Each once.
    pub doubts: Vec<Doubt>,
}

impl<'a> Texts<'a> {
    /// Those of a file.
    pub fn of(object: &'a InMemDicomObject) -> Self {
        Self { object, sets: CharacterSets::of(object), doubts: Vec::new() }
    }

    /// The text of an element, trimmed, several values joined by `\`; empty if it is missing.
    pub fn read(&mut self, tag: Tag) -> String {
        let (text, doubt) = self.sets.decode(&raw_text(self.object, tag));
        self.doubts.extend(doubt.filter(|doubt| !self.doubts.contains(doubt)));
        plain::into_line(text)
    }
}

#[cfg(test)]
mod tests;
