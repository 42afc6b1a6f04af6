//! From one file's bytes to a DICOM object, reading no more of the file than needed.

use std::{
    borrow::Cow,
    io::{Cursor, Read},
};

use dicom_dictionary_std::uids;
use dicom_encoding::{Codec, TransferSyntaxIndex};
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder, InMemDicomObject};
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::{
    archive::MAX_BYTES,
    error::{HeaderError, chain},
    extent::{self, Encoding, Extent, MetaElement, Missing, Plain, Stop},
    memory::{self, Turn},
    syntax::BIG_ENDIAN,
};
use crate::panics;

/// What a file holds.
pub struct Loaded {
    /// The header, and the pixels if they were asked for.
    pub object: DefaultDicomObject,
    /// Whether it has any.
    pub has_pixels: bool,
    /// The pixels stop early.
    pub missing: Option<Missing>,
    /// Where the pixels lie in the file, if they can be taken as they are.
    pub plain: Option<Plain>,
    /// The pixels are in fragments, as compressed ones are. Known only where they were not asked for.
    pub is_in_fragments: bool,
}

/// Most headers fit into this.
const FIRST_READ: u64 = 16 << 10;
/// Only pixels are this large. A deflated file must be read completely to see its header.
const MAX_HEADER: u64 = 512 << 20;
/// A deflated data set may inflate to this. More is a mistake or an attack.
const MAX_INFLATED: u64 = 1 << 30;
/// It is inflated up to this size, then twice as far, as long as there is memory.
const FIRST_INFLATED: u64 = 64 << 20;

/// Reads a file of `size` bytes: up to its pixels, or `whole`.
pub fn load(mut from: impl Read, size: u64, whole: bool) -> Result<Loaded, HeaderError> {
    let mut bytes = Vec::new();
    from.by_ref().take(132).read_to_end(&mut bytes)?;
    let start = Start::of(&bytes).ok_or(HeaderError::NotDicom)?;
    if whole && size > MAX_BYTES {
        return Err(HeaderError::Broken("the file is larger than 4 GiB".to_owned()));
    }
    let mut turn = Turn::default();
    let mut want = if whole { size } else { FIRST_READ.min(size) };
    loop {
        if !whole && want > MAX_HEADER {
            return Err(HeaderError::Broken(
                "its header, or the deflated file that it is in, is larger than 512 MiB".to_owned(),
            ));
        }
        turn.take(want)?;
        let more = want.saturating_sub(bytes.len() as u64);
        memory::reserve(&mut bytes, more)?;
        from.by_ref().take(more).read_to_end(&mut bytes)?;
        // A file that shrank after its size was read.
        let size = if (bytes.len() as u64) < want { bytes.len() as u64 } else { size };
        match start.parse(&bytes, size, whole, &mut turn) {
            Err(Trouble::Stop(Stop::Incomplete(more))) if more > bytes.len() as u64 && more <= size => {
                want = more.max(2 * want).min(size);
            }
            Err(Trouble::Stop(Stop::Incomplete(_))) => {
                return Err(HeaderError::Broken("its lengths do not fit together".to_owned()));
            }
            // It is only a guess that this is DICOM: what cannot be read as DICOM is something else.
            Err(_) if start == Start::Bare => return Err(HeaderError::NotDicom),
            Err(Trouble::Stop(Stop::Broken(why)) | Trouble::Other(why)) => return Err(HeaderError::Broken(why)),
            Ok(loaded) => return Ok(loaded),
        }
    }
}

/// Whether a file begins as DICOM files do.
pub fn begins_as_dicom(bytes: &[u8]) -> bool {
    Start::of(bytes).is_some()
}

/// The transfer syntax of a file, and where its data set begins: what stands before tells who sent it, not what it is.
pub fn data_set(bytes: &[u8]) -> Option<(String, usize)> {
    let meta = Start::of(bytes)?.meta(bytes, bytes.len() as u64).ok()?;
    Some((meta.transfer_syntax, meta.data_set))
}

enum Trouble {
    Stop(Stop),
    Other(String),
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// How a file begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// `DICM` and the file meta group, at this place.
    Meta(usize),
    /// The data set at once: old files without a meta group.
    Bare,
}

/// What the file meta group says.
#[derive(Debug, Default)]
struct Meta {
    transfer_syntax: String,
    sop_class: String,
    sop_instance: String,
    data_set: usize,
}

impl Start {
    fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.get(128..132) == Some(b"DICM") {
            return Some(Self::Meta(132));
        }
        if bytes.starts_with(b"DICM") {
            return Some(Self::Meta(4));
        }
        // A first element of group 0008 (or a meta group without preamble) with a small length.
        let [g0, g1, e0, e1, a, b, c, d] = *bytes.first_chunk::<8>()?;
        let (group, element) = (u16::from_le_bytes([g0, g1]), u16::from_le_bytes([e0, e1]));
        if !(group == 8 || group == 2) || element > 0x0100 {
            return None;
        }
        let is_explicit = a.is_ascii_uppercase() && b.is_ascii_uppercase();
        if group == 2 && is_explicit {
            return Some(Self::Meta(0));
        }
        (is_explicit || u32::from_le_bytes([a, b, c, d]) < 256).then_some(Self::Bare)
    }

    fn meta(self, bytes: &[u8], size: u64) -> Result<Meta, Stop> {
        let Self::Meta(mut at) = self else { return Ok(Meta::default()) };
        let mut meta = Meta::default();
        let text = |value: &[u8]| String::from_utf8_lossy(value).trim_matches(['\0', ' ']).to_owned();
        while let Some(MetaElement { number, value, next }) = extent::meta_element(bytes, at, size)? {
            match number {
                0x02 => meta.sop_class = text(value),
                0x03 => meta.sop_instance = text(value),
                0x10 => meta.transfer_syntax = text(value),
                _ => (),
            }
            at = next;
        }
        meta.data_set = at;
        Ok(meta)
    }

    fn parse(self, bytes: &[u8], size: u64, whole: bool, turn: &mut Turn) -> Result<Loaded, Trouble> {
        let mut meta = self.meta(bytes, size)?;
        let is_deflated = meta.transfer_syntax == uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN;
        if is_deflated && (bytes.len() as u64) < size {
            return Err(Stop::Incomplete(size).into());
        }
        let inflated;
        let (bytes, size, at) = if is_deflated {
            inflated = inflate(&bytes[meta.data_set..], turn).map_err(Trouble::Other)?;
            (inflated.as_slice(), inflated.len() as u64, 0)
        } else {
            (bytes, size, meta.data_set)
        };
        let encoding = encoding(&meta.transfer_syntax, bytes, at, size)?;
        let found = extent::of(bytes, at, size, encoding, whole)?;
        if meta.transfer_syntax.is_empty() {
            syntax_of(encoding).clone_into(&mut meta.transfer_syntax);
        }
        let Extent { pixels, end, has_pixels, missing, plain, is_in_fragments, mended } = found;
        let end = if whole && missing.is_none() { end } else { pixels };
        let mut data_set = Cow::Borrowed(&bytes[at..end]);
        for (place, bytes) in mended.into_iter().filter(|(place, bytes)| place + bytes.len() <= end) {
            data_set.to_mut()[place - at..place - at + bytes.len()].copy_from_slice(&bytes);
        }
        let object = object(&meta, &data_set, encoding).map_err(Trouble::Other)?;
        let is_as_it_lies = !is_deflated && encoding != Encoding::ExplicitBig;
        Ok(Loaded { object, has_pixels, missing, plain: plain.filter(|_| is_as_it_lies), is_in_fragments })
    }
}

/// As the transfer syntax says; but some writers declare one and write the other, which the first element reveals.
fn encoding(transfer_syntax: &str, bytes: &[u8], at: usize, size: u64) -> Result<Encoding, Stop> {
    if transfer_syntax == BIG_ENDIAN {
        return Ok(Encoding::ExplicitBig);
    }
    let Some(head) = bytes.get(at..at + 6) else {
        let end = at as u64 + 6;
        return if end > size {
            Err(Stop::Broken("the file ends before its data set: it is truncated or damaged".to_owned()))
        } else {
            Err(Stop::Incomplete(end))
        };
    };
    let is_explicit = head[4].is_ascii_uppercase() && head[5].is_ascii_uppercase();
    Ok(if is_explicit { Encoding::ExplicitLittle } else { Encoding::ImplicitLittle })
}

fn syntax_of(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::ImplicitLittle => uids::IMPLICIT_VR_LITTLE_ENDIAN,
        Encoding::ExplicitLittle => uids::EXPLICIT_VR_LITTLE_ENDIAN,
        Encoding::ExplicitBig => BIG_ENDIAN,
    }
}

fn inflate(bytes: &[u8], turn: &mut Turn) -> Result<Vec<u8>, String> {
    let syntax = TransferSyntaxRegistry.get(uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN);
    let Some(Codec::Dataset(Some(adapter))) = syntax.map(dicom_encoding::TransferSyntax::codec) else {
        return Err("deflated files cannot be read by this build".to_owned());
    };
    let mut inflated = Vec::new();
    let mut from = adapter.adapt_reader(Box::new(bytes));
    let mut want = FIRST_INFLATED;
    loop {
        let read = from.by_ref().take(want - inflated.len() as u64).read_to_end(&mut inflated);
        match read {
            Ok(_) if (inflated.len() as u64) < want => return Ok(inflated),
            Ok(_) if want >= MAX_INFLATED => return Err("it inflates to more than 1 GiB".to_owned()),
            Ok(_) => want *= 2,
            // The output before the error may contain the whole header; the walk over its lengths will show that.
            Err(_) if !inflated.is_empty() => return Ok(inflated),
            Err(error) => return Err(format!("its deflated data set cannot be inflated: {error}")),
        }
        turn.take(want).map_err(|e| e.to_string())?;
    }
}

fn object(meta: &Meta, data_set: &[u8], encoding: Encoding) -> Result<DefaultDicomObject, String> {
    let syntax = TransferSyntaxRegistry.get(syntax_of(encoding)).ok_or("its encoding is unknown")?;
    let read = panics::caught(|| {
        InMemDicomObject::read_dataset_with_ts(Cursor::new(data_set), syntax)
            .map_err(|e| format!("its DICOM elements are invalid: {}", chain(&e)))
    });
    let object = read.map_err(|_| "the DICOM reader failed unexpectedly on it".to_owned())??;
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(&meta.transfer_syntax)
        .media_storage_sop_class_uid(&meta.sop_class)
        .media_storage_sop_instance_uid(&meta.sop_instance)
        .build()
        .map_err(|e| chain(&e))?;
    Ok(object.with_exact_meta(meta))
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    /// Zeros, and how many of them were read.
    struct Zeros<'a>(&'a std::cell::Cell<u64>);

    impl Read for Zeros<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(0);
            self.0.set(self.0.get() + buffer.len() as u64);
            Ok(buffer.len())
        }
    }

    #[test]
    fn a_header_that_claims_to_be_huge_is_not_read() {
        let head = |transfer_syntax: &[u8], element: &[u8]| {
            let mut bytes = vec![0; 128];
            bytes.extend(b"DICM");
            bytes.extend([2, 0, 0x10, 0, b'U', b'I', transfer_syntax.len() as u8, 0]);
            bytes.extend(transfer_syntax);
            bytes.extend(element);
            bytes
        };
        let long = [&[9, 0, 1, 0, b'O', b'B', 0, 0][..], &(600_u32 << 20).to_le_bytes()].concat();
        for bytes in [head(b"1.2.840.10008.1.2.1\0", &long), head(b"1.2.840.10008.1.2.1.99", &[])] {
            let read = std::cell::Cell::new(0);
            let result = load(bytes.as_slice().chain(Zeros(&read)), 700 << 20, false);
            let why = result.err().map(|e| e.to_string()).unwrap_or_default();
            assert!(why.contains("larger than 512 MiB"), "{why}");
            assert!(read.get() < 1 << 20, "{} bytes of it", read.get());
        }
    }
}
