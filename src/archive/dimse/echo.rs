//! C-ECHO: whether the other side hears us.

use super::{
    association::{Association, Proposal},
    command::{Command, Verb},
    status::Outcome,
};
use crate::{
    archive::{
        error::ArchiveError,
        node::{AeTitle, Node},
    },
    cancel::Cancel,
};

/// The class of C-ECHO.
pub const VERIFICATION: &str = "1.2.840.10008.1.1";

/// Asks a node whether it hears us, and knows us.
///
/// # Errors
///
/// It does not, and why.
pub fn echo(ours: &AeTitle, node: &Node, cancel: &Cancel) -> Result<(), ArchiveError> {
    let mut association = Association::request(ours, node, &[Proposal::service(VERIFICATION)], cancel)?;
    association.during("to C-ECHO");
    let context = association.service(VERIFICATION, "C-ECHO, the test of a connection")?;
    let message = association.next_message();
    association.send(context, &Command::request(Verb::Echo, VERIFICATION, message, false))?;
    let status = association.answer(Verb::Echo, message)?.status();
    if !matches!(status.outcome(), Outcome::Success | Outcome::Warning) {
        return Err(ArchiveError::Failed { what: "C-ECHO", status });
    }
    association.release();
    Ok(())
}
