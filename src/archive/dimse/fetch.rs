//! C-MOVE: an archive is asked to send instances to our AE title, and a listener takes them while that lasts.

use std::{
    net::{IpAddr, SocketAddr, TcpListener},
    sync::{Mutex, atomic::AtomicUsize},
    thread,
    time::{Duration, Instant},
};

use super::{
    association::{Association, Proposal},
    command::{Command, Verb},
    get::{Ended, Wanted, ended},
    listener::Listener,
    status::Outcome,
    take::Taken,
    wire,
};
use crate::{
    archive::{
        error::ArchiveError,
        inbox::Inbox,
        node::{AeTitle, Node, Receive},
    },
    cancel::Cancel,
};

/// Study root query/retrieve information model, MOVE.
const MOVE: &str = "1.2.840.10008.5.1.4.1.2.2.2";
/// How long the last connections may take after the archive said that it had sent everything.
const GRACE: Duration = Duration::from_secs(30);

/// Fetches into a folder. `on_taken` hears of each instance.
pub fn fetch(
    (ours, node): (&AeTitle, &Node),
    receive: &Receive,
    wanted: &[Wanted],
    inbox: &Inbox,
    cancel: &Cancel,
    on_taken: &(dyn Fn(Taken) + Sync),
) -> Result<Vec<Ended>, ArchiveError> {
    let failed = |source| ArchiveError::Listen { address: receive.listen.to_string(), source };
    let door = TcpListener::bind(receive.listen).map_err(failed)?;
    let known = wire::resolve(&node.host, node.port)
        .map_err(|source| ArchiveError::Connect { address: format!("{}:{}", node.host, node.port), source })?;
    let from: Vec<IpAddr> = known.iter().map(SocketAddr::ip).chain(receive.from.iter().copied()).collect();
    let calling: Vec<AeTitle> = receive.calling.iter().cloned().chain([node.ae_title.clone()]).collect();
    let closing = Cancel::default();
    let listener = Listener {
        ours,
        from,
        calling,
        patience: node.patience,
        inbox,
        closing: &closing,
        on_taken,
        busy: AtomicUsize::new(0),
        failure: Mutex::new(None),
    };
    thread::scope(|scope| {
        let listening = scope.spawn(|| listener.run(&door));
        let ended = ask(ours, node, wanted, cancel);
        let since = Instant::now();
        while ended.is_ok() && listener.is_busy() && since.elapsed() < GRACE && !cancel.is_cancelled() {
            thread::sleep(Duration::from_millis(10));
        }
        closing.cancel();
        let heard = listening.join().unwrap_or(Ok(()));
        // Why our side failed says more than what the archive made of it.
        heard.and(ended)
    })
}

fn ask(ours: &AeTitle, node: &Node, wanted: &[Wanted], cancel: &Cancel) -> Result<Vec<Ended>, ArchiveError> {
    let mut association = Association::request(ours, node, &[Proposal::service(MOVE)], cancel)?;
    let service = association.service(MOVE, "C-MOVE")?;
    association.during("to C-MOVE");
    let mut all = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        let message = association.next_message();
        let request = Command::request(Verb::Move, MOVE, message, true).to_destination(ours.as_str());
        association.send(service, &request)?;
        association.send_elements(service, &wanted.elements())?;
        let last = loop {
            let answer = association.answer(Verb::Move, message)?;
            if answer.has_data() {
                association.receive_elements(service)?;
            }
            if answer.status().outcome() != Outcome::Pending {
                break answer;
            }
        };
        all.push(ended(&last, "C-MOVE")?);
    }
    association.release();
    Ok(all)
}
