//! C-STORE: files to an archive, as they are.

use dicom_ul::pdu::PresentationContextResultReason as Reason;

use super::{
    association::{Association, Proposal},
    command::{Command, Verb},
    status::Outcome,
};
use crate::{
    archive::{
        error::ArchiveError,
        meta::Outgoing,
        node::{AeTitle, Node},
    },
    cancel::Cancel,
};

/// Contexts of an association.
const MOST_CONTEXTS: usize = 128;

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The archive has it.
    Stored,
    /// The archive has it, with this remark.
    Warned(String),
    /// The archive did not take it, and why.
    Refused(String),
}

/// Sends files; `on_sent` hears of each one that was answered.
///
/// # Errors
///
/// Nothing more can be sent: what `on_sent` did not hear of was not stored, or nobody knows.
pub fn store(
    ours: &AeTitle,
    node: &Node,
    files: &[Outgoing],
    cancel: &Cancel,
    on_sent: &mut dyn FnMut(&Outgoing, Sent),
) -> Result<(), ArchiveError> {
    let mut rest: Vec<&Outgoing> = files.iter().collect();
    while !rest.is_empty() {
        let mut kinds: Vec<(&str, &str)> = Vec::new();
        let (mut now, mut later) = (Vec::new(), Vec::new());
        for file in rest {
            let kind = (file.head.class.as_str(), file.head.syntax.as_str());
            if !kinds.contains(&kind) && kinds.len() < MOST_CONTEXTS {
                kinds.push(kind);
            }
            if kinds.contains(&kind) { now.push(file) } else { later.push(file) }
        }
        rest = later;
        let proposals: Vec<Proposal> = kinds
            .iter()
            .map(|(class, syntax)| Proposal {
                class: (*class).to_owned(),
                syntaxes: vec![(*syntax).to_owned()],
                to_us: false,
            })
            .collect();
        let mut association = Association::request(ours, node, &proposals, cancel)?;
        association.during("to C-STORE");
        for file in now {
            let sent = one(&mut association, file)?;
            on_sent(file, sent);
        }
        association.release();
    }
    Ok(())
}

fn one(association: &mut Association, file: &Outgoing) -> Result<Sent, ArchiveError> {
    let head = &file.head;
    let Some(context) = association.context(&head.class, Some(&head.syntax)).map(|context| context.id) else {
        // Some archives name the wrong reason: the class that they take in another encoding tells.
        let takes_class = association.context(&head.class, None).is_some();
        let reason = association.refused.iter().find(|(class, _)| *class == head.class).map(|(_, reason)| reason);
        return Ok(Sent::Refused(match reason {
            Some(Reason::AbstractSyntaxNotSupported) if !takes_class => {
                format!("the archive does not take its class of objects ({})", head.class)
            }
            Some(Reason::TransferSyntaxesNotSupported | Reason::AbstractSyntaxNotSupported) => {
                format!("the archive does not take its encoding ({})", head.syntax)
            }
            _ => format!("the archive does not take its class and encoding ({}, {})", head.class, head.syntax),
        }));
    };
    let mut data = match file.data() {
        Ok(data) => data,
        Err(error) => return Ok(Sent::Refused(format!("it cannot be read any more: {error}"))),
    };
    let message = association.next_message();
    let request = Command::request(Verb::Store, &head.class, message, true).of_instance(&head.instance);
    association.send(context, &request)?;
    association.send_data(context, &mut data, &mut |source| ArchiveError::Read { path: file.path.clone(), source })?;
    let status = association.answer(Verb::Store, message)?.status();
    Ok(match status.outcome() {
        Outcome::Success => Sent::Stored,
        Outcome::Warning => Sent::Warned(status.to_string()),
        _ => Sent::Refused(status.to_string()),
    })
}
