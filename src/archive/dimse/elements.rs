//! Elements in implicit VR little endian: what command sets, questions and their answers are written in.
//!
//! Only these small sets are decoded here, never the data set of an instance. Each length is checked against the bytes
//! that are there before anything is done with it.

use std::collections::BTreeMap;

/// Group and element number.
pub type Tag = (u16, u16);

/// The most elements of a set.
const MOST_ELEMENTS: usize = 2000;
/// How deep sequences may lie in one another.
const MOST_NESTED: usize = 8;

const ITEM: Tag = (0xFFFE, 0xE000);
const ITEM_END: Tag = (0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = (0xFFFE, 0xE0DD);
const UNDEFINED: u32 = u32::MAX;

/// What is wrong with a set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(String);

/// Values by their tags. Sequences are skipped: nothing that we ask for has any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Elements(BTreeMap<Tag, Vec<u8>>);

impl Elements {
    /// Reads a set.
    ///
    /// # Errors
    ///
    /// A length leads beyond the end, an element stands twice, or there are too many of them.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut rest = bytes;
        let mut found = BTreeMap::new();
        while !rest.is_empty() {
            let (tag, length) = header(&mut rest)?;
            if length == UNDEFINED {
                skip_items(&mut rest, 1)?;
                continue;
            }
            let value = take(&mut rest, tag, length)?;
            if found.insert(tag, value.to_vec()).is_some() {
                return Err(Malformed(format!("the element {} stands in it twice", name(tag))));
            }
            if found.len() > MOST_ELEMENTS {
                return Err(Malformed(format!("it has more than {MOST_ELEMENTS} elements")));
            }
        }
        Ok(Self(found))
    }

    /// The bytes, in the order of the tags. If it is a command set, with its group length.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for ((group, element), value) in &self.0 {
            bytes.extend(group.to_le_bytes());
            bytes.extend(element.to_le_bytes());
            bytes.extend((value.len() as u32).to_le_bytes());
            bytes.extend(value);
        }
        bytes
    }

    /// The bytes behind the group length that a command set begins with.
    pub fn encode_command(&self) -> Vec<u8> {
        let rest = self.encode();
        let mut length = Self::default();
        length.put((0, 0), (rest.len() as u32).to_le_bytes().to_vec());
        [length.encode(), rest].concat()
    }

    /// Sets a value; its length must be even.
    pub fn put(&mut self, tag: Tag, value: Vec<u8>) {
        self.0.insert(tag, value);
    }

    /// Sets a number.
    pub fn put_number(&mut self, tag: Tag, number: u16) {
        self.put(tag, number.to_le_bytes().to_vec());
    }

    /// Sets a UID, which is padded with a zero.
    pub fn put_uid(&mut self, tag: Tag, uid: &str) {
        self.put(tag, padded(uid.as_bytes(), 0));
    }

    /// Sets a text, which is padded with a space.
    pub fn put_text(&mut self, tag: Tag, text: &str) {
        self.put(tag, padded(text.as_bytes(), b' '));
    }

    /// The bytes of a value.
    pub fn bytes(&self, tag: Tag) -> Option<&[u8]> {
        self.0.get(&tag).map(Vec::as_slice)
    }

    /// A number of two bytes.
    pub fn number(&self, tag: Tag) -> Option<u16> {
        self.bytes(tag)?.try_into().ok().map(u16::from_le_bytes)
    }

    /// A text of ASCII, without what it is padded with; empty if it is missing.
    pub fn text(&self, tag: Tag) -> String {
        let bytes = self.bytes(tag).unwrap_or_default();
        let text: String = bytes.iter().map(|&b| if b.is_ascii() { char::from(b) } else { '?' }).collect();
        text.trim_matches(['\0', ' ']).to_owned()
    }
}

fn padded(bytes: &[u8], with: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if !bytes.len().is_multiple_of(2) {
        bytes.push(with);
    }
    bytes
}

fn name((group, element): Tag) -> String {
    format!("({group:04X},{element:04X})")
}

fn header(rest: &mut &[u8]) -> Result<(Tag, u32), Malformed> {
    let Some((head, after)) = rest.split_first_chunk::<8>() else {
        return Err(Malformed("it ends within an element".to_owned()));
    };
    *rest = after;
    let half = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
    Ok(((half(0), half(2)), u32::from_le_bytes([head[4], head[5], head[6], head[7]])))
}

fn take<'a>(rest: &mut &'a [u8], tag: Tag, length: u32) -> Result<&'a [u8], Malformed> {
    let Some((value, after)) = rest.split_at_checked(length as usize) else {
        let (left, name) = (rest.len(), name(tag));
        return Err(Malformed(format!("the element {name} claims {length} bytes where {left} are left")));
    };
    *rest = after;
    Ok(value)
}

/// Skips what follows the header of a sequence without a length.
fn skip_items(rest: &mut &[u8], depth: usize) -> Result<(), Malformed> {
    if depth > MOST_NESTED {
        return Err(Malformed("its sequences are nested too deep".to_owned()));
    }
    loop {
        match header(rest)? {
            (SEQUENCE_END, _) => return Ok(()),
            (ITEM, UNDEFINED) => skip_elements(rest, depth)?,
            (ITEM, length) => drop(take(rest, ITEM, length)?),
            (tag, _) => return Err(Malformed(format!("the element {} stands where an item belongs", name(tag)))),
        }
    }
}

/// Skips the elements of an item without a length.
fn skip_elements(rest: &mut &[u8], depth: usize) -> Result<(), Malformed> {
    loop {
        match header(rest)? {
            (ITEM_END, _) => return Ok(()),
            (_, UNDEFINED) => skip_items(rest, depth + 1)?,
            (tag, length) => drop(take(rest, tag, length)?),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn element(tag: Tag, length: u32, value: &[u8]) -> Vec<u8> {
        [&tag.0.to_le_bytes()[..], &tag.1.to_le_bytes(), &length.to_le_bytes(), value].concat()
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_set_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            if let Ok(set) = Elements::decode(&bytes) {
                prop_assert_eq!(Elements::decode(&set.encode()), Ok(set));
            }
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut set = Elements::default();
        set.put_number((0, 0x100), 0x30);
        set.put_uid((0, 2), "1.2.840.10008.1.1");
        set.put_text((8, 0x60), "MR ");
        let read = Elements::decode(&set.encode_command()).unwrap();
        assert_eq!((read.number((0, 0x100)), read.text((0, 2)).as_str()), (Some(0x30), "1.2.840.10008.1.1"));
        assert_eq!((read.text((8, 0x60)), read.text((8, 0x61))), ("MR".to_owned(), String::new()));
        assert_eq!(read.bytes((0, 0)), Some(&(set.encode().len() as u32).to_le_bytes()[..]));
    }

    #[test]
    fn sequences_are_skipped_however_they_are_written() {
        let inner = element((8, 0x1150), 2, b"1\0");
        let open = [
            element((8, 0x1110), UNDEFINED, &[]),
            element(ITEM, UNDEFINED, &inner),
            element(ITEM_END, 0, &[]),
            element(ITEM, inner.len() as u32, &inner),
            element(SEQUENCE_END, 0, &[]),
            element((0x10, 0x10), 4, b"A^B "),
        ]
        .concat();
        assert_eq!(Elements::decode(&open).unwrap().text((0x10, 0x10)), "A^B");
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        for bytes in [
            element((8, 0x60), 4_000_000_000, b"MR"),
            element((8, 0x60), 3, b"MR"),
            vec![8, 0, 0x60],
            [element((8, 0x60), 2, b"MR"), element((8, 0x60), 2, b"CT")].concat(),
            element((8, 0x1110), UNDEFINED, &element((8, 0x60), 2, b"MR")),
            [element((8, 0x1110), UNDEFINED, &[]), element(ITEM, UNDEFINED, &[])].concat().repeat(20),
        ] {
            assert!(Elements::decode(&bytes).is_err(), "{bytes:?}");
        }
    }
}
