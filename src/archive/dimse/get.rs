//! C-GET: instances come over the connection that they are asked for on.

use super::{
    association::{Association, Proposal},
    classes::{self, Offer},
    command::{Command, Counts, Verb},
    elements::Elements,
    find,
    pdu::protocol,
    status::{Outcome, Status},
    take::{Taken, take},
};
use crate::{
    archive::{
        error::ArchiveError,
        inbox::Inbox,
        node::{AeTitle, Node},
    },
    cancel::Cancel,
    uid::{SeriesUid, SopInstanceUid, StudyUid},
};

/// Study root query/retrieve information model, GET.
const GET: &str = "1.2.840.10008.5.1.4.1.2.2.3";

/// What is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All of a study.
    Study(StudyUid),
    /// Some instances of a series.
    Instances(StudyUid, SeriesUid, Vec<SopInstanceUid>),
}

impl Wanted {
    /// As a question's keys.
    pub fn elements(&self) -> Elements {
        match self {
            Self::Study(study) => {
                let mut asked = find::level("STUDY");
                asked.put_uid(find::STUDY, study.as_str());
                asked
            }
            Self::Instances(study, series, instances) => {
                let list = instances.iter().map(SopInstanceUid::as_str).collect::<Vec<_>>().join("\\");
                let mut asked = find::level("IMAGE");
                asked.put_uid(find::STUDY, study.as_str());
                asked.put_uid(find::SERIES, series.as_str());
                asked.put_uid(find::INSTANCE, &list);
                asked
            }
        }
    }
}

/// What the archive said at the end of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Its last word.
    pub status: Status,
    /// How it counted.
    pub counts: Option<Counts>,
}

/// Whether a request was carried out, if only in part.
pub fn ended(answer: &Command, what: &'static str) -> Result<Ended, ArchiveError> {
    let ended = Ended { status: answer.status(), counts: answer.counts() };
    match ended.status.outcome() {
        Outcome::Success | Outcome::Warning => Ok(ended),
        // Some archives call it a failure if one image of many could not be sent.
        _ if ended.counts.is_some_and(|counts| counts.completed > 0) => Ok(ended),
        _ => Err(ArchiveError::Failed { what, status: ended.status }),
    }
}

/// Fetches into a folder. `on_taken` hears of each instance.
pub fn get(
    (ours, node): (&AeTitle, &Node),
    wanted: &[Wanted],
    (classes, offer): (&[String], Offer),
    inbox: &Inbox,
    cancel: &Cancel,
    on_taken: &dyn Fn(Taken),
) -> Result<Vec<Ended>, ArchiveError> {
    let mut proposals = vec![Proposal::service(GET)];
    proposals.extend(classes::incoming(classes, offer));
    let mut association = Association::request(ours, node, &proposals, cancel)?;
    let service = association.service(GET, "C-GET; try --by move")?;
    if association.contexts.len() == 1 {
        return Err(ArchiveError::NotOffered("any class of images by C-GET; try --by move".to_owned()));
    }
    association.during("to C-GET");
    let mut all = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        let message = association.next_message();
        association.send(service, &Command::request(Verb::Get, GET, message, true))?;
        association.send_elements(service, &wanted.elements())?;
        let last = loop {
            let (context, command) =
                association.receive()?.ok_or(ArchiveError::Closed("before it had sent everything"))?;
            match command.verb() {
                Some((Verb::Store, false)) => {
                    on_taken(take(&mut association, context, &command, inbox, node.ae_title.as_str())?);
                }
                Some((Verb::Get, true)) if command.answered() == Some(message) => {
                    // The list of what failed, which we find out ourselves.
                    if command.has_data() {
                        association.receive_elements(context)?;
                    }
                    if command.status().outcome() != Outcome::Pending {
                        break command;
                    }
                }
                _ => return Err(protocol("another message came in the middle of C-GET")),
            }
        };
        all.push(ended(&last, "C-GET")?);
    }
    association.release();
    Ok(all)
}
