//! What a transfer syntax says about the pixels, and what the pixels themselves show if that is wrong.

use dicom_dictionary_std::{tags, uids};
use dicom_encoding::TransferSyntaxIndex;
use dicom_object::DefaultDicomObject;
use dicom_transfer_syntax_registry::TransferSyntaxRegistry;

use super::{codestream, layout::Layout};

/// Explicit VR Big Endian: retired, but there in old archives.
pub const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

/// GE's own: the data set is implicit little-endian, and the words of the pixels are big-endian.
pub const GE_BIG_PIXELS: &str = "1.2.840.113619.5.2";
/// PS3.5 A.4.11: the plain bytes of each frame in a fragment.
const PLAIN_IN_FRAGMENTS: &str = "1.2.840.10008.1.2.1.98";
/// All compressed syntaxes of the JPEG family, retired ones too.
const JPEGS: &str = "1.2.840.10008.1.2.4.";

/// How pixels lie in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As they are.
    Native,
    /// In fragments, through a codec.
    Compressed,
    /// Unknown: decoding the bytes might give noise.
    Unknown,
}

/// What a transfer syntax says.
pub fn form(uid: &str) -> Form {
    match uid {
        uids::IMPLICIT_VR_LITTLE_ENDIAN
        | uids::EXPLICIT_VR_LITTLE_ENDIAN
        | uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
        | BIG_ENDIAN
        | GE_BIG_PIXELS => Form::Native,
        _ if uid.starts_with(JPEGS) || uid == PLAIN_IN_FRAGMENTS => Form::Compressed,
        _ if TransferSyntaxRegistry.get(uid).is_some() => Form::Compressed,
        _ => Form::Unknown,
    }
}

/// Its name with its UID, or the UID alone.
pub fn name(uid: &str) -> String {
    match TransferSyntaxRegistry.get(uid) {
        Some(syntax) => syntax.name().to_owned(),
        None if uid == GE_BIG_PIXELS => "GE private (big-endian pixels)".to_owned(),
        None => uid.to_owned(),
    }
}

/// Kinds of code streams, of which any decoder reads all syntaxes.
fn family(uid: &str) -> &str {
    let number = uid.strip_prefix(JPEGS).and_then(|number| number.parse::<u32>().ok());
    match number {
        Some(50..=70) => "JPEG",
        Some(80 | 81) => "JPEG-LS",
        Some(90..=93 | 201..=203) => "JPEG 2000",
        Some(110..=112) => "JPEG XL",
        _ => uid,
    }
}

/// The transfer syntax of the fragments: as it is declared, unless the code stream itself says that it is another.
pub fn of_fragments(object: &DefaultDicomObject, layout: &Layout, frame: u32) -> String {
    let declared = object.meta().transfer_syntax();
    let fragments = object.get(tags::PIXEL_DATA).and_then(|e| e.fragments()).unwrap_or_default();
    // Of a frame in several fragments, and of the first frame if there is no other, the first has the head.
    let head = fragments.get(frame as usize).or_else(|| fragments.first());
    let found = head.and_then(|fragment| codestream::syntax(fragment, layout.samples, layout.allocated));
    found.filter(|found| family(found) != family(declared)).unwrap_or(declared).to_owned()
}

/// Whether a syntax is that of plain frames in fragments.
pub fn is_plain_in_fragments(uid: &str) -> bool {
    uid == PLAIN_IN_FRAGMENTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntaxes_are_native_compressed_or_unknown() {
        assert_eq!(form(uids::IMPLICIT_VR_LITTLE_ENDIAN), Form::Native);
        assert_eq!(form(GE_BIG_PIXELS), Form::Native);
        for compressed in [uids::RLE_LOSSLESS, "1.2.840.10008.1.2.4.52", "1.2.840.10008.1.2.4.70", PLAIN_IN_FRAGMENTS] {
            assert_eq!(form(compressed), Form::Compressed, "{compressed}");
        }
        for unknown in
            ["", "1.2.3", "1.2.840.113619.5.3", "1.2.840.113619.5.2.1", "1.3.46.670589.33.1.4.1", "1.2.840.10008.1.2.9"]
        {
            assert_eq!(form(unknown), Form::Unknown, "{unknown}");
        }
    }
}
