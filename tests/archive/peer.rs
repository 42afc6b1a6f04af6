//! An archive of the test's own making, which says what the test wants.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    thread,
};

use dicom_ul::pdu::{
    AssociationAC, PDataValue, PDataValueType, Pdu, PresentationContextResult, PresentationContextResultReason,
    read_pdu, write_pdu,
};
use foramen::archive::{Node, Nodes};

/// A node that points to what `serve` does with each connection.
pub fn node(more: &str, serve: impl Fn(TcpStream) + Send + 'static) -> (Nodes, Node) {
    let door = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = door.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in door.incoming() {
            serve(stream.unwrap());
        }
    });
    let text =
        format!("{more}\n[nodes.liar]\nae-title = \"LIAR\"\nhost = \"127.0.0.1\"\npatience = 1\nport = {port}\n");
    let nodes = Nodes::parse(Path::new("nodes.toml"), &text).unwrap();
    let node = nodes.get("liar").unwrap().clone();
    (nodes, node)
}

/// A connection on the side of the archive.
pub struct Peer(pub TcpStream);

impl Peer {
    /// Reads one PDU; none if the other side has gone.
    pub fn read(&mut self) -> Option<Pdu> {
        let mut header = [0; 6];
        self.0.read_exact(&mut header).ok()?;
        let length = u32::from_be_bytes([header[2], header[3], header[4], header[5]]) as usize;
        let mut bytes = header.to_vec();
        bytes.resize(6 + length, 0);
        self.0.read_exact(&mut bytes[6..]).ok()?;
        read_pdu(&bytes[..], 1 << 20, false).unwrap()
    }

    pub fn write(&mut self, pdu: &Pdu) {
        let mut bytes = Vec::new();
        write_pdu(&mut bytes, pdu).unwrap();
        // The other side may have had enough.
        let _ = self.0.write_all(&bytes);
    }

    /// Accepts what is proposed if `takes` says so of its class; returns the classes with their contexts.
    pub fn accept(&mut self, takes: impl Fn(&str) -> bool) -> Vec<(u8, String)> {
        let Some(Pdu::AssociationRQ(request)) = self.read() else { return Vec::new() };
        let results = request.presentation_contexts.iter().map(|context| PresentationContextResult {
            id: context.id,
            reason: if takes(&context.abstract_syntax) {
                PresentationContextResultReason::Acceptance
            } else {
                PresentationContextResultReason::AbstractSyntaxNotSupported
            },
            transfer_syntax: context.transfer_syntaxes[0].clone(),
        });
        let answer = AssociationAC {
            protocol_version: 1,
            calling_ae_title: request.calling_ae_title.clone(),
            called_ae_title: request.called_ae_title.clone(),
            application_context_name: request.application_context_name.clone(),
            presentation_contexts: results.collect(),
            user_variables: Vec::new(),
        };
        self.write(&answer.into());
        request.presentation_contexts.into_iter().map(|context| (context.id, context.abstract_syntax)).collect()
    }

    /// Reads until a whole message, and its data set if it has one, are there; its context and number.
    pub fn message(&mut self) -> Option<(u8, u16)> {
        let mut command = Vec::new();
        let mut is_data_due = false;
        loop {
            let Pdu::PData { data } = self.read()? else { return None };
            for value in data {
                if value.value_type == PDataValueType::Command {
                    command.extend(&value.data);
                    if value.is_last {
                        is_data_due = number(&command, 0x0800) != Some(0x0101);
                    }
                } else if value.is_last {
                    is_data_due = false;
                }
                if value.is_last && !is_data_due {
                    return Some((value.presentation_context_id, number(&command, 0x0110)?));
                }
            }
        }
    }

    pub fn send(&mut self, context: u8, value_type: PDataValueType, is_last: bool, data: Vec<u8>) {
        let value = PDataValue { presentation_context_id: context, value_type, is_last, data };
        self.write(&Pdu::PData { data: vec![value] });
    }

    /// Sends an answer without a data set.
    pub fn answer(&mut self, context: u8, verb: u16, message: u16, status: u16) {
        let set = command(&[(0x0100, verb | 0x8000), (0x0120, message), (0x0800, 0x0101), (0x0900, status)], None);
        self.send(context, PDataValueType::Command, true, set);
    }

    /// Answers each message with the same status until the other side goes.
    pub fn answer_all(&mut self, verb: u16, status: u16) {
        while let Some((context, message)) = self.message() {
            self.answer(context, verb, message, status);
        }
    }
}

/// A command set of numbers, and of class and instance.
pub fn command(numbers: &[(u16, u16)], object: Option<(&str, &str)>) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut put = |element: u16, value: &[u8]| {
        bytes.extend([0, 0]);
        bytes.extend(element.to_le_bytes());
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(value);
    };
    for (element, text) in object.into_iter().flat_map(|(class, instance)| [(0x0002, class), (0x1000, instance)]) {
        let mut value = text.as_bytes().to_vec();
        value.resize(value.len().next_multiple_of(2), 0);
        put(element, &value);
    }
    for (element, number) in numbers {
        put(*element, &number.to_le_bytes());
    }
    bytes
}

fn number(set: &[u8], element: u16) -> Option<u16> {
    let mut at = 0;
    while at + 8 <= set.len() {
        let length = u32::from_le_bytes(set[at + 4..at + 8].try_into().unwrap()) as usize;
        if set[at + 2..at + 4] == element.to_le_bytes() {
            return Some(u16::from_le_bytes(set[at + 8..at + 10].try_into().unwrap()));
        }
        at += 8 + length;
    }
    None
}
