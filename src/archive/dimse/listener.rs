//! Takes instances from archives that connect to us, for as long as a job lasts. Who may connect is decided by address
//! before a byte is read, and by AE title before anything is agreed on.

use std::{
    net::{IpAddr, SocketAddr, TcpListener, TcpStream},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use dicom_ul::pdu::{
    AssociationAC, AssociationRJ, AssociationRJResult, AssociationRJServiceUserReason as Why, AssociationRJSource,
    AssociationRQ, Pdu, PresentationContextResult, PresentationContextResultReason as Reason,
};

use super::{
    association::{self, APPLICATION, Association, Context, PLAIN, WHOLE},
    classes,
    command::Verb,
    echo::VERIFICATION,
    pdu::{self, Packet, protocol},
    take::{Taken, take},
    wire::{Limits, Wire},
};
use crate::{
    archive::{error::ArchiveError, inbox::Inbox, node::AeTitle},
    cancel::Cancel,
};

/// Connections at the same time.
const MOST_CONNECTIONS: usize = 8;
/// How often it looks for a new connection.
const GLANCE: Duration = Duration::from_millis(20);

/// Who is let in, and where things go.
pub struct Listener<'a> {
    /// What we are called.
    pub ours: &'a AeTitle,
    /// Addresses that may connect.
    pub from: Vec<IpAddr>,
    /// AE titles that may connect.
    pub calling: Vec<AeTitle>,
    /// How long a peer may be silent.
    pub patience: Duration,
    /// Where instances go.
    pub inbox: &'a Inbox,
    /// Ends it.
    pub closing: &'a Cancel,
    /// Hears of each instance.
    pub on_taken: &'a (dyn Fn(Taken) + Sync),
    /// Connections that are open.
    pub busy: AtomicUsize,
    /// What went wrong on our side.
    pub failure: Mutex<Option<ArchiveError>>,
}

impl Listener<'_> {
    /// Whether somebody is connected.
    pub fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Relaxed) > 0
    }

    /// Takes connections until it is closed. A peer that misbehaves is sent away, and the others go on; if our disk is
    /// full, all ends.
    pub fn run(&self, door: &TcpListener) -> Result<(), ArchiveError> {
        let failed = |source| ArchiveError::Broken { during: "while listening", source };
        door.set_nonblocking(true).map_err(failed)?;
        thread::scope(|scope| {
            while !self.closing.is_cancelled() {
                match door.accept() {
                    Ok((stream, address)) if self.lets_in(address) => {
                        self.busy.fetch_add(1, Ordering::Relaxed);
                        scope.spawn(move || {
                            self.serve_and_note(stream);
                            self.busy.fetch_sub(1, Ordering::Relaxed);
                        });
                    }
                    // Closed without a word.
                    Ok(_) => tracing::info!("a connection from an address that is not allowed was closed"),
                    Err(_) => thread::sleep(GLANCE),
                }
            }
        });
        let failure = self.failure.lock().ok().and_then(|mut failure| failure.take());
        failure.map_or(Ok(()), Err)
    }

    fn lets_in(&self, address: SocketAddr) -> bool {
        let ip = address.ip().to_canonical();
        self.from.iter().any(|allowed| allowed.to_canonical() == ip)
            && self.busy.load(Ordering::Relaxed) < MOST_CONNECTIONS
    }

    fn serve_and_note(&self, stream: TcpStream) {
        match self.serve(stream) {
            Ok(()) | Err(ArchiveError::Cancelled) => (),
            Err(error @ (ArchiveError::Write(_) | ArchiveError::Bound(_))) => {
                if let Ok(mut failure) = self.failure.lock() {
                    failure.get_or_insert(error);
                }
            }
            Err(error) => tracing::info!("a connection ended early: {error}"),
        }
    }

    fn serve(&self, stream: TcpStream) -> Result<(), ArchiveError> {
        let limits = Limits { patience: self.patience, whole: WHOLE };
        let broken = |source| ArchiveError::Broken { during: "while it was accepted", source };
        let mut wire = Wire::over(stream, limits, self.closing).map_err(broken)?;
        let mut buffer = Vec::new();
        let request = match pdu::receive(&mut wire, &mut buffer)? {
            Packet::Other(Pdu::AssociationRQ(request)) => request,
            Packet::Other(other) => return Err(pdu::unexpected(&other)),
            Packet::Data => return Err(protocol("data came before the connection was negotiated")),
        };
        if let Some(why) = self.refusal(&request) {
            let source = AssociationRJSource::ServiceUser(why);
            let answer = AssociationRJ { result: AssociationRJResult::Permanent, source };
            wire.write_all(&pdu::encode(&answer.into())?)?;
            wire.say_and_close(&[]);
            tracing::info!("a connection from an AE title that is not allowed was refused");
            return Ok(());
        }
        let (contexts, results) = agree(&request);
        let answer = AssociationAC {
            protocol_version: 1,
            calling_ae_title: request.calling_ae_title.clone(),
            called_ae_title: request.called_ae_title.clone(),
            application_context_name: APPLICATION.to_owned(),
            presentation_contexts: results,
            user_variables: association::identity(),
        };
        wire.write_all(&pdu::encode(&answer.into())?)?;
        let mut association = Association::standing(wire, &request.user_variables, buffer)?;
        association.contexts = contexts;
        association.during("of an archive that sends");
        while let Some((context, command)) = association.receive()? {
            match command.verb() {
                Some((Verb::Store, false)) => {
                    let taken = take(&mut association, context, &command, self.inbox, &request.calling_ae_title)?;
                    (self.on_taken)(taken);
                }
                Some((Verb::Echo, false)) => association.send(context, &command.answer(0))?,
                _ => return Err(protocol("a message came that this listener does not take")),
            }
        }
        Ok(())
    }

    fn refusal(&self, request: &AssociationRQ) -> Option<Why> {
        if request.called_ae_title.trim() != self.ours.as_str() {
            return Some(Why::CalledAETitleNotRecognized);
        }
        let is_known = self.calling.iter().any(|title| title.as_str() == request.calling_ae_title.trim());
        (!is_known).then_some(Why::CallingAETitleNotRecognized)
    }
}

/// What of the proposed we take.
fn agree(request: &AssociationRQ) -> (Vec<Context>, Vec<PresentationContextResult>) {
    let mut contexts = Vec::new();
    let mut results = Vec::new();
    for proposed in &request.presentation_contexts {
        let class = proposed.abstract_syntax.trim_end_matches(['\0', ' ']);
        let is_echo = class == VERIFICATION;
        let mut syntaxes = proposed.transfer_syntaxes.iter().map(|syntax| syntax.trim_end_matches(['\0', ' ']));
        let syntax = syntaxes.find(|syntax| classes::is_known(syntax));
        let (reason, syntax) = match syntax {
            _ if !is_echo && !classes::is_storage(class) => (Reason::AbstractSyntaxNotSupported, PLAIN),
            None => (Reason::TransferSyntaxesNotSupported, PLAIN),
            Some(syntax) => (Reason::Acceptance, syntax),
        };
        if reason == Reason::Acceptance {
            contexts.push(Context { id: proposed.id, class: class.to_owned(), syntax: syntax.to_owned() });
        }
        results.push(PresentationContextResult { id: proposed.id, reason, transfer_syntax: syntax.to_owned() });
    }
    (contexts, results)
}
