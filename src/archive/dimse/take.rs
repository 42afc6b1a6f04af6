//! The receiving half of C-STORE, for C-GET and for the listener alike.

use super::{association::Association, command::Command, pdu::protocol};
use crate::archive::{
    error::ArchiveError,
    inbox::{BadName, Inbox},
    meta::Head,
};

/// What became of an instance that an archive sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is in the folder.
    Stored,
    /// It was there.
    Known,
    /// It was not taken, and why.
    Refused(String),
}

/// Takes the data set of a C-STORE request, and answers it.
pub fn take(
    association: &mut Association,
    context: u8,
    request: &Command,
    inbox: &Inbox,
    title: &str,
) -> Result<Taken, ArchiveError> {
    let agreed = association.contexts.iter().find(|agreed| agreed.id == context).cloned();
    let agreed = agreed.ok_or_else(|| protocol("an instance came in a context that was not agreed on"))?;
    if !request.has_data() {
        association.send(context, &request.answer(0xA900))?;
        return Ok(Taken::Refused("an instance came without its data".to_owned()));
    }
    let head = Head { class: agreed.class, instance: request.instance(), syntax: agreed.syntax };
    if request.class() != head.class {
        association.receive_data(context, &mut |_| Ok(()))?;
        association.send(context, &request.answer(0x0119))?;
        return Ok(Taken::Refused("an instance came in the context of another class".to_owned()));
    }
    if inbox.has(&head.instance) {
        association.receive_data(context, &mut |_| Ok(()))?;
        association.send(context, &request.answer(0))?;
        return Ok(Taken::Known);
    }
    match inbox.begin(&head, title)? {
        Err(BadName(why)) => {
            association.receive_data(context, &mut |_| Ok(()))?;
            association.send(context, &request.answer(0x0117))?;
            Ok(Taken::Refused(why))
        }
        Ok(mut incoming) => {
            let taken = association.receive_data(context, &mut |piece| incoming.write(piece));
            let taken = taken.and_then(|()| incoming.finish());
            if let Err(error) = taken {
                if matches!(error, ArchiveError::Write(_) | ArchiveError::Bound(_)) {
                    // So that the archive knows why it ends.
                    let _ = association.send(context, &request.answer(0xA700));
                }
                return Err(error);
            }
            association.send(context, &request.answer(0))?;
            Ok(Taken::Stored)
        }
    }
}
