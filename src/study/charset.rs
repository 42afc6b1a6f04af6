//! Texts in several character sets at once, which change within a text at escape sequences (PS3.5 6.1.2.5): how names are
//! written in Japan and Korea. The DICOM library decodes a text as a whole in the first of the sets.

use dicom_dictionary_std::tags;
use dicom_encoding::text::{SpecificCharacterSet, TextCodec};
use dicom_object::InMemDicomObject;

use super::header::text;

const ESCAPE: u8 = 0x1b;

/// The text, decoded piece by piece where the file has several character sets; as it is where that is not possible.
pub fn decoded(object: &InMemDicomObject, as_read: String) -> String {
    let sets = text(object, tags::SPECIFIC_CHARACTER_SET);
    if !as_read.contains(char::from(ESCAPE)) || !sets.contains('\\') {
        return as_read;
    }
    pieces(sets.split('\\').next().unwrap_or_default(), &as_read).unwrap_or(as_read)
}

fn pieces(first: &str, as_read: &str) -> Option<String> {
    let first = if first.is_empty() { SpecificCharacterSet::ISO_IR_6 } else { SpecificCharacterSet::from_code(first)? };
    // Back to the bytes of the file.
    let bytes = first.encode(as_read).ok()?;
    let mut parts = bytes.split(|&byte| byte == ESCAPE);
    let mut out = first.decode(parts.next()?).ok()?;
    for part in parts {
        out.push_str(&piece(&first, part)?);
    }
    Some(out)
}

/// What follows an escape character: two or three bytes that name a set, and text in it.
fn piece(first: &SpecificCharacterSet, part: &[u8]) -> Option<String> {
    let of = |code: &str, skip: usize| SpecificCharacterSet::from_code(code)?.decode(part.get(skip..)?).ok();
    match part {
        [b'(', b'B', ..] => first.decode(part.get(2..)?).ok(),
        [b'(', b'J', ..] | [b')', b'I', ..] => of("ISO 2022 IR 13", 2),
        // This decoder wants to see the escape sequence itself.
        [b'$', b'B', ..] => {
            let with_escape: Vec<u8> = [ESCAPE].into_iter().chain(part.iter().copied()).collect();
            SpecificCharacterSet::from_code("ISO 2022 IR 87")?.decode(&with_escape).ok()
        }
        [b'$', b')', b'C', ..] => of("ISO 2022 IR 149", 3),
        [b'$', b')', b'A', ..] => of("ISO 2022 IR 58", 3),
        [b'-', set, ..] => {
            let code = match set {
                b'A' => "100",
                b'B' => "101",
                b'C' => "109",
                b'D' => "110",
                b'F' => "126",
                b'G' => "127",
                b'H' => "138",
                b'L' => "144",
                b'T' => "166",
                _ => return None,
            };
            of(&format!("ISO 2022 IR {code}"), 2)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of PS3.5, annexes H and I, and one of two alphabets.
    #[test]
    fn names_of_the_standard_are_read() {
        let latin = |bytes: &[u8]| bytes.iter().map(|&b| char::from(b)).collect::<String>();
        let kanji = latin(b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B");
        assert_eq!(pieces("", &kanji).as_deref(), Some("Yamada^Tarou=山田^太郎"));
        let hangul = latin(b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7");
        assert_eq!(pieces("", &hangul).as_deref(), Some("Hong^Gildong=洪^吉洞"));
        let greek = latin(b"Buc^J\xe9r\xf4me \x1b-F\xc4\xe9");
        assert_eq!(pieces("ISO 2022 IR 100", &greek).as_deref(), Some("Buc^Jérôme Δι"));
        assert_eq!(pieces("", &latin(b"\x1b$(D??")), None, "JIS X 0212: not known here");
    }
}
