//! PDUs, the packets of DICOM (PS3.8): their bounds, and the values in P-DATA. The forms of association, rejection and
//! abort are read by dicom-ul, after our own check of the length.

use dicom_ul::pdu::{
    AbortRQServiceProviderReason as Provider, AbortRQSource, AssociationRJResult,
    AssociationRJServiceProviderPresentationReason as Presentation, AssociationRJServiceUserReason as User,
    AssociationRJSource, Pdu,
};

use super::wire::Wire;
use crate::{archive::error::ArchiveError, panics};

/// The most bytes of a PDU in either direction, without its header.
pub const MOST_OF_PDU: usize = 128 << 10;
/// Of a PDU: its kind, a reserved byte, the length.
const HEADER: usize = 6;
/// Of a value in P-DATA, after its length: the context, and what it is.
const VALUE_HEADER: usize = 2;

const DATA: u8 = 0x04;
const IS_COMMAND: u8 = 1;
const IS_LAST: u8 = 2;

/// A piece of a command set or data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The presentation context.
    pub context: u8,
    /// Of a command set, not of a data set.
    pub is_command: bool,
    /// The last of it.
    pub is_last: bool,
    /// Its bytes.
    pub bytes: &'a [u8],
}

/// What came.
pub enum Packet {
    /// P-DATA; its content is in the buffer.
    Data,
    /// Another.
    Other(Pdu),
}

/// Reads one PDU; the content of P-DATA into the buffer.
pub fn receive(wire: &mut Wire, buffer: &mut Vec<u8>) -> Result<Packet, ArchiveError> {
    let mut header = [0; HEADER];
    wire.read_exact(&mut header)?;
    let length = u32::from_be_bytes([header[2], header[3], header[4], header[5]]) as usize;
    if !(1..=7).contains(&header[0]) {
        return Err(protocol("its first bytes are not DICOM; the port may be that of another program, or expect TLS"));
    }
    if length > MOST_OF_PDU {
        return Err(protocol(&format!("a packet claims {length} bytes; {MOST_OF_PDU} are the most that we agree to")));
    }
    buffer.clear();
    buffer.resize(length, 0);
    wire.read_exact(buffer)?;
    if header[0] == DATA {
        return Ok(Packet::Data);
    }
    decode(header, buffer).map(Packet::Other)
}

/// A PDU other than P-DATA, from its header and content.
pub fn decode(header: [u8; HEADER], content: &[u8]) -> Result<Pdu, ArchiveError> {
    let whole = [&header[..], content].concat();
    match panics::caught(|| dicom_ul::pdu::read_pdu(&whole[..], MOST_OF_PDU as u32, true)) {
        Ok(Ok(Some(pdu))) => Ok(pdu),
        Ok(Ok(None)) => Err(protocol("a packet is shorter than it says")),
        Ok(Err(error)) => Err(protocol(&error.to_string())),
        Err(panics::Panicked) => Err(protocol("a packet cannot be read")),
    }
}

/// The pieces in the content of P-DATA, from the first on: (the piece, where the next one begins).
pub fn piece(content: &[u8], at: usize) -> Result<(Piece<'_>, usize), ArchiveError> {
    let rest = content.get(at..).unwrap_or_default();
    let Some((head, rest)) = rest.split_first_chunk::<6>() else {
        return Err(protocol("P-DATA ends within a value"));
    };
    let length = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
    let bytes = length.checked_sub(VALUE_HEADER).and_then(|length| rest.get(..length));
    let bytes = bytes.ok_or_else(|| protocol("a value of P-DATA has a wrong length"))?;
    let flags = head[5];
    let piece = Piece { context: head[4], is_command: flags & IS_COMMAND != 0, is_last: flags & IS_LAST != 0, bytes };
    Ok((piece, at + 4 + length))
}

/// The most bytes of a piece for a peer that takes PDUs of `most` bytes. An even number.
pub fn room(most: usize) -> usize {
    most.saturating_sub(4 + VALUE_HEADER) & !1
}

/// Puts a piece into the buffer as a PDU of its own.
pub fn write_piece(buffer: &mut Vec<u8>, piece: Piece<'_>) {
    let length = (piece.bytes.len() + VALUE_HEADER) as u32;
    buffer.clear();
    buffer.extend([DATA, 0]);
    buffer.extend((length + 4).to_be_bytes());
    buffer.extend(length.to_be_bytes());
    buffer.push(piece.context);
    buffer.push(u8::from(piece.is_command) * IS_COMMAND + u8::from(piece.is_last) * IS_LAST);
    buffer.extend(piece.bytes);
}

/// The bytes of a PDU of any kind.
pub fn encode(pdu: &Pdu) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    dicom_ul::pdu::write_pdu(&mut bytes, pdu).map_err(|error| protocol(&error.to_string()))?;
    Ok(bytes)
}

/// An error about what came.
pub fn protocol(what: &str) -> ArchiveError {
    ArchiveError::Protocol(what.to_owned())
}

/// A PDU that ends things, as an error; or one that does not belong here.
pub fn unexpected(pdu: &Pdu) -> ArchiveError {
    match pdu {
        Pdu::AssociationRJ(rejection) => {
            let mut why = match &rejection.source {
                AssociationRJSource::ServiceUser(User::CalledAETitleNotRecognized) => {
                    "it does not call itself by the AE title of this node; check `ae-title` of the node".to_owned()
                }
                AssociationRJSource::ServiceUser(User::CallingAETitleNotRecognized) => {
                    "it does not know our AE title; enter `ae-title` of the nodes file there".to_owned()
                }
                AssociationRJSource::ServiceProviderPresentation(Presentation::TemporaryCongestion) => {
                    "it is busy".to_owned()
                }
                AssociationRJSource::ServiceProviderPresentation(Presentation::LocalLimitExceeded) => {
                    "it has too many connections".to_owned()
                }
                other => other.to_string(),
            };
            if rejection.result == AssociationRJResult::Transient {
                why.push_str("; try again later");
            }
            ArchiveError::Rejected(why)
        }
        Pdu::AbortRQ { source } => ArchiveError::Aborted(match source {
            AbortRQSource::ServiceUser => "it gave no reason; its log may have one".to_owned(),
            AbortRQSource::Reserved => "for an unknown reason".to_owned(),
            AbortRQSource::ServiceProvider(Provider::ReasonNotSpecified) => "it gave no reason".to_owned(),
            AbortRQSource::ServiceProvider(reason) => format!("it says: {reason}"),
        }),
        Pdu::ReleaseRQ => ArchiveError::Aborted("it wants to end it before it has answered".to_owned()),
        other => protocol(&format!("this does not belong here: {}", kind(other))),
    }
}

fn kind(pdu: &Pdu) -> &'static str {
    match pdu {
        Pdu::Unknown { .. } => "an unknown packet",
        Pdu::AssociationRQ(_) => "a request for an association",
        Pdu::AssociationAC(_) => "the acceptance of an association",
        Pdu::AssociationRJ(_) => "a rejection",
        Pdu::PData { .. } => "data",
        Pdu::ReleaseRQ | Pdu::ReleaseRP => "the end of an association",
        Pdu::AbortRQ { .. } => "an abort",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_content_has_pieces_or_is_an_error(content in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut at = 0;
            while at < content.len() {
                let Ok((piece, next)) = piece(&content, at) else { break };
                prop_assert!(next > at && piece.bytes.len() < content.len());
                at = next;
            }
            for kind in 0..9 {
                let _ = decode([kind, 0, 0, 0, 0, content.len() as u8], &content);
            }
        }
    }

    #[test]
    fn a_piece_is_read_as_it_was_written() {
        let sent = Piece { context: 3, is_command: true, is_last: false, bytes: b"abcd" };
        let mut buffer = Vec::new();
        write_piece(&mut buffer, sent);
        assert_eq!(piece(&buffer[HEADER..], 0).unwrap(), (sent, buffer.len() - HEADER));
        assert_eq!(buffer[5] as usize, buffer.len() - HEADER);
        assert_eq!((room(16384), room(7), room(0)), (16378, 0, 0));
    }
}
