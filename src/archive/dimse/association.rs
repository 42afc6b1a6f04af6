//! An association: what two programs agree on, and the messages that they exchange then.

use std::{io::Read, time::Duration};

use dicom_ul::pdu::{
    AbortRQSource, AssociationRQ, Pdu, PresentationContextProposed, PresentationContextResultReason as Reason,
    RequestorRoles, UserVariableItem,
};

use super::{
    command::{Command, MOST_OF_COMMAND, Verb},
    elements::Elements,
    pdu::{self, MOST_OF_PDU, Packet, Piece, protocol},
    tls,
    wire::{Limits, Wire},
};
use crate::{
    archive::{
        error::ArchiveError,
        node::{AeTitle, Node},
    },
    cancel::Cancel,
};

/// The most bytes of a question's answer.
pub const MOST_OF_ANSWER: usize = 1 << 20;
/// How long a whole connection may last.
pub const WHOLE: Duration = Duration::from_hours(2);
/// PS3.7 A.2.1.
pub const APPLICATION: &str = "1.2.840.10008.3.1.1.1";
/// Names this program to the other one.
pub const IMPLEMENTATION: &str = "2.25.271549832310541078311924587631206741333";
/// The same for people.
pub const IMPLEMENTATION_NAME: &str = concat!("FORAMEN_", env!("CARGO_PKG_VERSION"));
/// Implicit VR little endian, which every DICOM program knows.
pub const PLAIN: &str = "1.2.840.10008.1.2";
/// The peers that take no more than this in a PDU are none.
const LEAST_OF_PDU: usize = 128;

/// A kind of object or service that we propose to speak about.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// The class.
    pub class: String,
    /// How it may be encoded.
    pub syntaxes: Vec<String>,
    /// Whether the archive sends it to us over this connection (C-GET).
    pub to_us: bool,
}

impl Proposal {
    /// A service with small data sets.
    pub fn service(class: &str) -> Self {
        Self { class: class.to_owned(), syntaxes: vec![PLAIN.to_owned()], to_us: false }
    }
}

/// What was agreed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Its number.
    pub id: u8,
    /// The class.
    pub class: String,
    /// The encoding.
    pub syntax: String,
}

/// An association that stands. If it is dropped without [`release`](Self::release), the other side is told.
pub struct Association {
    wire: Wire,
    /// What was agreed on.
    pub contexts: Vec<Context>,
    /// Why the others were not accepted.
    pub refused: Vec<(String, Reason)>,
    most: usize,
    buffer: Vec<u8>,
    /// Where the next piece begins in the buffer.
    at: usize,
    out: Vec<u8>,
    last_message: u16,
    is_over: bool,
}

impl Association {
    /// Connects to a node and agrees on what can be done.
    pub fn request(ours: &AeTitle, node: &Node, proposals: &[Proposal], cancel: &Cancel) -> Result<Self, ArchiveError> {
        let limits = Limits { patience: node.patience, whole: WHOLE };
        let mut wire = Wire::connect(&node.host, node.port, limits, cancel)?;
        if let Some(tls) = &node.tls {
            wire = wire.encrypt(tls::connection(tls, &node.host)?);
        }
        wire.during = "while the connection was negotiated";
        let proposed = contexts(proposals);
        let mut user_variables = identity();
        for proposal in proposals.iter().filter(|proposal| proposal.to_us) {
            let roles = RequestorRoles { scu: false, scp: true };
            let item = UserVariableItem::ScuScpRoleSelectionSubItem(proposal.class.clone(), roles);
            if !user_variables.contains(&item) {
                user_variables.push(item);
            }
        }
        let request = AssociationRQ {
            protocol_version: 1,
            calling_ae_title: ours.as_str().to_owned(),
            called_ae_title: node.ae_title.as_str().to_owned(),
            application_context_name: APPLICATION.to_owned(),
            presentation_contexts: proposed.clone(),
            user_variables,
        };
        wire.write_all(&pdu::encode(&request.into())?)?;
        let mut buffer = Vec::new();
        let accepted = match pdu::receive(&mut wire, &mut buffer)? {
            Packet::Other(Pdu::AssociationAC(accepted)) => accepted,
            Packet::Other(other) => return Err(pdu::unexpected(&other)),
            Packet::Data => return Err(protocol("data came before the connection was negotiated")),
        };
        let mut association = Self::standing(wire, &accepted.user_variables, buffer)?;
        for result in accepted.presentation_contexts {
            // By its number: they come in any order.
            let Some(asked) = proposed.iter().find(|asked| asked.id == result.id) else {
                return Err(protocol("it accepted something that was not proposed"));
            };
            let class = asked.abstract_syntax.clone();
            if result.reason != Reason::Acceptance {
                association.refused.push((class, result.reason));
                continue;
            }
            let syntax = result.transfer_syntax.trim_end_matches(['\0', ' ']).to_owned();
            if !asked.transfer_syntaxes.contains(&syntax) {
                return Err(protocol("it chose an encoding that was not proposed"));
            }
            association.contexts.push(Context { id: result.id, class, syntax });
        }
        Ok(association)
    }

    /// After the negotiation, on either side.
    pub fn standing(wire: Wire, theirs: &[UserVariableItem], buffer: Vec<u8>) -> Result<Self, ArchiveError> {
        let most = theirs.iter().find_map(|item| match item {
            UserVariableItem::MaxLength(most) => Some(*most as usize),
            _ => None,
        });
        // None and 0 mean: any length.
        let most = most.filter(|most| *most > 0).unwrap_or(MOST_OF_PDU).min(MOST_OF_PDU);
        if most < LEAST_OF_PDU {
            return Err(protocol(&format!("it takes packets of {most} bytes at most, which is too little")));
        }
        let at = buffer.len();
        Ok(Self {
            wire,
            contexts: Vec::new(),
            refused: Vec::new(),
            most,
            buffer,
            at,
            out: Vec::new(),
            last_message: 0,
            is_over: false,
        })
    }

    /// The context for a class, and for an encoding if it matters.
    pub fn context(&self, class: &str, syntax: Option<&str>) -> Option<&Context> {
        self.contexts.iter().find(|found| found.class == class && syntax.is_none_or(|syntax| found.syntax == syntax))
    }

    /// The same for a service that must be there.
    pub fn service(&self, class: &str, name: &str) -> Result<u8, ArchiveError> {
        let found = self.context(class, None).map(|context| context.id);
        found.ok_or_else(|| ArchiveError::NotOffered(name.to_owned()))
    }

    /// A number for the next request.
    pub fn next_message(&mut self) -> u16 {
        self.last_message = self.last_message.wrapping_add(1).max(1);
        self.last_message
    }

    /// Says what is going on, for messages.
    pub fn during(&mut self, what: &'static str) {
        self.wire.during = what;
    }

    fn send_piece(&mut self, piece: Piece<'_>) -> Result<(), ArchiveError> {
        pdu::write_piece(&mut self.out, piece);
        self.wire.write_all(&self.out)
    }

    /// Sends a command set.
    pub fn send(&mut self, context: u8, command: &Command) -> Result<(), ArchiveError> {
        // No command set of ours is longer than the least that a peer takes would hold several times.
        let bytes = command.encode();
        let room = pdu::room(self.most);
        let mut pieces = bytes.chunks(room).peekable();
        while let Some(bytes) = pieces.next() {
            let is_last = pieces.peek().is_none();
            self.send_piece(Piece { context, is_command: true, is_last, bytes })?;
        }
        Ok(())
    }

    /// Sends a small data set.
    pub fn send_elements(&mut self, context: u8, elements: &Elements) -> Result<(), ArchiveError> {
        self.send_data(context, &mut &elements.encode()[..], &mut |error| protocol(&error.to_string()))
    }

    /// Sends a data set as it is read.
    pub fn send_data(
        &mut self,
        context: u8,
        data: &mut dyn Read,
        failed: &mut dyn FnMut(std::io::Error) -> ArchiveError,
    ) -> Result<(), ArchiveError> {
        let room = pdu::room(self.most);
        let (mut now, mut next) = (vec![0; room], vec![0; room]);
        let mut count = fill(data, &mut now).map_err(&mut *failed)?;
        loop {
            let following = fill(data, &mut next).map_err(&mut *failed)?;
            let is_last = following == 0;
            self.send_piece(Piece { context, is_command: false, is_last, bytes: &now[..count] })?;
            if is_last {
                return Ok(());
            }
            std::mem::swap(&mut now, &mut next);
            count = following;
        }
    }

    /// Makes sure that there is a piece in the buffer. `None` if the other side ended the association as it should.
    fn more(&mut self) -> Result<Option<()>, ArchiveError> {
        while self.at >= self.buffer.len() {
            match pdu::receive(&mut self.wire, &mut self.buffer)? {
                Packet::Data => self.at = 0,
                Packet::Other(Pdu::ReleaseRQ) => {
                    self.is_over = true;
                    self.wire.say_and_close(&pdu::encode(&Pdu::ReleaseRP)?);
                    return Ok(None);
                }
                Packet::Other(other) => {
                    self.is_over = true;
                    return Err(pdu::unexpected(&other));
                }
            }
        }
        Ok(Some(()))
    }

    /// The next command set and its context; `None` if the other side ended the association.
    pub fn receive(&mut self) -> Result<Option<(u8, Command)>, ArchiveError> {
        let mut set = Vec::new();
        loop {
            if self.more()?.is_none() {
                return Ok(None);
            }
            let (piece, next) = pdu::piece(&self.buffer, self.at)?;
            if !piece.is_command {
                return Err(protocol("data came where a command was due"));
            }
            if set.len() + piece.bytes.len() > MOST_OF_COMMAND {
                return Err(protocol("a command has more bytes than any needs"));
            }
            set.extend(piece.bytes);
            let (context, is_last) = (piece.context, piece.is_last);
            self.at = next;
            if is_last {
                let command = Command::decode(&set).map_err(|error| protocol(&format!("a command: {error}")))?;
                return Ok(Some((context, command)));
            }
        }
    }

    /// The next answer to a request of ours.
    pub fn answer(&mut self, verb: Verb, message: u16) -> Result<Command, ArchiveError> {
        let (_, command) = self.receive()?.ok_or(ArchiveError::Closed(self.wire.during))?;
        check_answer(&command, verb, message)?;
        Ok(command)
    }

    /// Takes a data set piece by piece. What the taker says ends the association.
    pub fn receive_data(
        &mut self,
        context: u8,
        take: &mut dyn FnMut(&[u8]) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        loop {
            if self.more()?.is_none() {
                return Err(protocol("the connection was ended within a data set"));
            }
            let (piece, next) = pdu::piece(&self.buffer, self.at)?;
            if piece.is_command || piece.context != context {
                return Err(protocol("something else came in the middle of a data set"));
            }
            let is_last = piece.is_last;
            take(piece.bytes)?;
            self.at = next;
            if is_last {
                return Ok(());
            }
        }
    }

    /// Takes a small data set.
    pub fn receive_elements(&mut self, context: u8) -> Result<Elements, ArchiveError> {
        let mut bytes = Vec::new();
        self.receive_data(context, &mut |piece| {
            if bytes.len() + piece.len() > MOST_OF_ANSWER {
                return Err(protocol("an answer has more bytes than any needs"));
            }
            bytes.extend(piece);
            Ok(())
        })?;
        Elements::decode(&bytes).map_err(|error| protocol(&format!("an answer: {error}")))
    }

    /// Ends it as it should. What goes wrong here changes nothing: all is done.
    pub fn release(mut self) {
        self.wire.during = "while the connection was ended";
        if let Ok(bytes) = pdu::encode(&Pdu::ReleaseRQ)
            && self.wire.write_all(&bytes).is_ok()
        {
            let _ = pdu::receive(&mut self.wire, &mut self.buffer);
            self.is_over = true;
            self.wire.say_and_close(&[]);
        }
    }
}

impl Drop for Association {
    fn drop(&mut self) {
        if !self.is_over
            && let Ok(bytes) = pdu::encode(&Pdu::AbortRQ { source: AbortRQSource::ServiceUser })
        {
            self.wire.say_and_close(&bytes);
        }
    }
}

/// An answer must be one to this request.
pub fn check_answer(command: &Command, verb: Verb, message: u16) -> Result<(), ArchiveError> {
    if command.verb() != Some((verb, true)) || command.answered() != Some(message) {
        return Err(protocol(&format!("another message came where an answer to {} was due", verb.name())));
    }
    Ok(())
}

/// What each side says about itself.
pub fn identity() -> Vec<UserVariableItem> {
    vec![
        UserVariableItem::MaxLength(MOST_OF_PDU as u32),
        UserVariableItem::ImplementationClassUID(IMPLEMENTATION.to_owned()),
        UserVariableItem::ImplementationVersionName(IMPLEMENTATION_NAME.to_owned()),
    ]
}

/// Numbered from 1 in odd numbers, at most 128.
fn contexts(proposals: &[Proposal]) -> Vec<PresentationContextProposed> {
    let numbers = (1..=255).step_by(2);
    let proposed = proposals.iter().zip(numbers).map(|(proposal, id)| PresentationContextProposed {
        id,
        abstract_syntax: proposal.class.clone(),
        transfer_syntaxes: proposal.syntaxes.clone(),
    });
    proposed.collect()
}

/// Reads until the buffer is full or the data end.
fn fill(data: &mut dyn Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match data.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
