//! Archives that lie, stall and give up in the middle: each ends in a message that says what was wrong, in the time that it
//! may take, and leaves nothing half-written. Archives that others wrote are in `tests/peers`.

#![cfg(feature = "network")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops where it is")]

mod peer;

use std::{
    io::Write,
    net::TcpStream,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use dicom_ul::pdu::{
    AbortRQSource, AssociationRJ, AssociationRJResult, AssociationRJServiceUserReason, AssociationRJSource,
    PDataValueType, Pdu,
};
use foramen::{
    archive::{self, ArchiveError, Bounds, By, Finder, Head, Inbox, Outgoing, Question, Retrieved, Sent},
    cancel::Cancel,
};
use peer::{Peer, command, node};

const MR: &str = "1.2.840.10008.5.1.4.1.1.4";
const MOVE: &str = "1.2.840.10008.5.1.4.1.2.2.2";
const FIND: &str = "1.2.840.10008.5.1.4.1.2.2.1";

/// What C-ECHO says of an archive, within five seconds.
fn echoed(more: &str, serve: impl Fn(TcpStream) + Send + 'static) -> String {
    let (nodes, node) = node(more, serve);
    let begun = Instant::now();
    let error = archive::echo(&nodes.ae_title, &node, &Cancel::default()).unwrap_err();
    assert!(begun.elapsed() < Duration::from_secs(5), "{error} after {:?}", begun.elapsed());
    error.to_string()
}

fn said(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

#[test]
fn what_is_no_archive_is_told() {
    let http = |mut stream: TcpStream| said(&mut stream, b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let said_of_http = echoed("", http);
    assert!(said_of_http.contains("not DICOM"), "{said_of_http}");
    let huge = echoed("", |mut stream| said(&mut stream, &[2, 0, 0xFF, 0xFF, 0xFF, 0xF0, 0, 0]));
    assert!(huge.contains("claims 4294967280 bytes"), "{huge}");
    let closed = echoed("", drop);
    assert!(closed.contains("closed the connection") || closed.contains("broke"), "{closed}");
    // An acceptance that ends in the middle of an item.
    let short = echoed("", |stream| {
        let mut peer = Peer(stream);
        peer.read();
        said(&mut peer.0, &[2, 0, 0, 0, 0, 4, 0, 1, 0, 0]);
        thread::sleep(Duration::from_millis(100));
    });
    assert!(short.contains("not what DICOM asks for"), "{short}");
}

#[test]
fn silence_and_drips_end_when_patience_does() {
    let silent = echoed("", |stream| {
        thread::sleep(Duration::from_secs(6));
        drop(stream);
    });
    assert!(silent.contains("no answer for 1 s"), "{silent}");
    let dripped = echoed("", |mut stream| {
        for byte in [2, 0, 0, 0, 1, 0].into_iter().chain([0; 20]) {
            if stream.write_all(&[byte]).is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(200));
        }
    });
    assert!(dripped.contains("no answer for 1 s"), "{dripped}");
}

#[test]
fn a_user_who_stops_waits_no_longer() {
    let (nodes, mut node) = node("", |stream| {
        thread::sleep(Duration::from_secs(20));
        drop(stream);
    });
    node.patience = Duration::from_secs(15);
    let cancel = Cancel::default();
    let of_thread = cancel.clone();
    thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        of_thread.cancel();
    });
    let begun = Instant::now();
    let error = archive::echo(&nodes.ae_title, &node, &cancel).unwrap_err();
    assert!(matches!(error, ArchiveError::Cancelled) && begun.elapsed() < Duration::from_secs(3), "{error}");
}

#[test]
fn refusals_have_words() {
    let rejected = echoed("", |stream| {
        let mut peer = Peer(stream);
        peer.read();
        let source = AssociationRJSource::ServiceUser(AssociationRJServiceUserReason::CalledAETitleNotRecognized);
        peer.write(&AssociationRJ { result: AssociationRJResult::Permanent, source }.into());
    });
    assert!(rejected.contains("check `ae-title` of the node"), "{rejected}");
    let aborted = echoed("", |stream| {
        let mut peer = Peer(stream);
        peer.accept(|_| true);
        peer.message();
        peer.write(&Pdu::AbortRQ { source: AbortRQSource::ServiceUser });
    });
    assert!(aborted.contains("ended the connection"), "{aborted}");
    let nothing = echoed("", |stream| drop(Peer(stream).accept(|_| false)));
    assert!(nothing.contains("does not offer C-ECHO"), "{nothing}");
    let failed = echoed("", |stream| {
        let mut peer = Peer(stream);
        peer.accept(|_| true);
        peer.answer_all(0x30, 0x0122);
    });
    assert!(failed.contains("does not support this class") && failed.contains("0122"), "{failed}");
    let other = echoed("", |stream| {
        let mut peer = Peer(stream);
        peer.accept(|_| true);
        peer.answer_all(0x20, 0);
    });
    assert!(other.contains("another message came"), "{other}");
}

#[test]
fn plain_text_where_tls_is_due_is_told() {
    let (nodes, mut node) = node("", |mut stream| {
        said(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        thread::sleep(Duration::from_millis(200));
    });
    node.tls = Some(archive::Tls { ca: None, certificate: None, key: None });
    node.host = "localhost".to_owned();
    let error = archive::echo(&nodes.ae_title, &node, &Cancel::default()).unwrap_err().to_string();
    assert!(error.contains("does not speak TLS"), "{error}");
}

#[test]
fn a_search_that_fails_or_never_ends() {
    let question = Question { patient_id: "7".to_owned(), ..Question::default() };
    let ask = |serve: fn(TcpStream)| {
        let (nodes, node) = node("", serve);
        let mut finder = Finder::connect(&nodes.ae_title, &node, &Cancel::default())?;
        finder.studies(&question, 3)
    };
    let failed = ask(|stream| {
        let mut peer = Peer(stream);
        peer.accept(|_| true);
        peer.answer_all(0x20, 0xA700);
    });
    let failed = failed.unwrap_err().to_string();
    assert!(failed.contains("out of resources") && failed.contains("A700"), "{failed}");
    // One that goes on until it is asked to stop.
    let cut = ask(|stream| {
        let mut peer = Peer(stream);
        peer.accept(|_| true);
        let (context, message) = peer.message().unwrap();
        for _ in 0..20 {
            let set = command(&[(0x0100, 0x8020), (0x0120, message), (0x0800, 1), (0x0900, 0xFF00)], None);
            peer.send(context, PDataValueType::Command, true, set);
            let element = [&[0x20, 0, 0x0D, 0, 4, 0, 0, 0][..], b"1.2\0"].concat();
            peer.send(context, PDataValueType::Data, true, element);
        }
        peer.read();
        peer.answer(context, 0x20, message, 0xFE00);
        peer.read();
    });
    let cut = cut.unwrap();
    assert_eq!((cut.answers.len(), cut.is_cut), (3, true));
    // An answer whose lengths lie.
    let lied = ask(|stream| {
        let mut peer = Peer(stream);
        peer.accept(|_| true);
        let (context, message) = peer.message().unwrap();
        let set = command(&[(0x0100, 0x8020), (0x0120, message), (0x0800, 1), (0x0900, 0xFF00)], None);
        peer.send(context, PDataValueType::Command, true, set);
        peer.send(context, PDataValueType::Data, true, vec![0x10, 0, 0x10, 0, 0xFF, 0xFF, 0xFF, 0x7F]);
        peer.read();
    });
    let lied = lied.unwrap_err().to_string();
    assert!(lied.contains("(0010,0010) claims 2147483647 bytes"), "{lied}");
}

/// A retrieval from an archive that lists nothing; what it says, and the names in the folder and beside it.
fn retrieved(
    more: &str,
    by: &By,
    bounds: Bounds,
    serve: impl Fn(&mut Peer, &[(u8, String)]) + Send + 'static,
) -> (Result<Retrieved, String>, Vec<String>) {
    let (nodes, node) = node(more, move |stream| {
        let mut peer = Peer(stream);
        let contexts = peer.accept(|class| class != FIND);
        serve(&mut peer, &contexts);
    });
    let dir = tempfile::tempdir().unwrap();
    let inbox = Inbox::open(&dir.path().join("in"), bounds).unwrap();
    let cancel = Cancel::default();
    let result = archive::retrieve((&nodes.ae_title, &node), &"1.2".into(), by, &inbox, &cancel, &|_| ());
    let files = walkdir::WalkDir::new(dir.path()).min_depth(1).sort_by_file_name().into_iter();
    let files = files.map(|entry| entry.unwrap().path().strip_prefix(dir.path()).unwrap().display().to_string());
    (result.map_err(|error| error.to_string()), files.collect())
}

fn sends(peer: &mut Peer, contexts: &[(u8, String)], instance: &str, pieces: usize, is_whole: bool) {
    let Some((context, _)) = contexts.iter().find(|(_, class)| class == MR) else { return };
    let set = command(&[(0x0100, 1), (0x0110, 5), (0x0700, 0), (0x0800, 1)], Some((MR, instance)));
    peer.send(*context, PDataValueType::Command, true, set);
    for piece in 0..pieces {
        peer.send(*context, PDataValueType::Data, is_whole && piece + 1 == pieces, vec![7; 1000]);
    }
}

#[test]
fn an_archive_that_gives_up_in_the_middle_leaves_what_was_whole() {
    let (result, files) = retrieved("", &By::Get, Bounds::default(), |peer, contexts| {
        if peer.message().is_none() {
            return;
        }
        sends(peer, contexts, "1.2.1", 3, true);
        peer.read();
        sends(peer, contexts, "1.2.2", 3, false);
        peer.write(&Pdu::AbortRQ { source: AbortRQSource::ServiceUser });
    });
    assert!(result.unwrap_err().contains("ended the connection"));
    assert_eq!(files, ["in", "in/1.2.1.dcm"]);
}

#[test]
fn a_name_that_is_a_path_is_not_taken_and_the_others_are() {
    let (result, files) = retrieved("", &By::Get, Bounds::default(), |peer, contexts| {
        let Some((service, message)) = peer.message() else { return };
        for instance in ["../../1.2.9", "/tmp/1.2.9", "1.2.1"] {
            sends(peer, contexts, instance, 2, true);
            peer.read();
        }
        peer.answer(service, 0x10, message, 0);
        peer.read();
    });
    let retrieved = result.unwrap();
    assert_eq!((retrieved.stored, retrieved.remarks.len(), retrieved.is_whole()), (1, 2, false));
    assert!(retrieved.remarks[0].contains("not a UID"), "{:?}", retrieved.remarks);
    assert_eq!(files, ["in", "in/1.2.1.dcm"]);
}

#[test]
fn an_instance_without_an_end_ends_at_our_bound() {
    let (result, files) = retrieved("", &By::Get, Bounds { instance: 1 << 20, total: 1 << 30 }, |peer, contexts| {
        if peer.message().is_some() {
            sends(peer, contexts, "1.2.1", 2000, false);
        }
    });
    assert!(result.unwrap_err().contains("more than 1 MiB"));
    assert_eq!(files, ["in"]);
}

#[test]
fn refusals_of_a_retrieval_have_words() {
    let status = |verb: u16, status: u16| move |peer: &mut Peer, _: &[(u8, String)]| peer.answer_all(verb, status);
    let (busy, _) = retrieved("", &By::Get, Bounds::default(), status(0x10, 0xA702));
    assert!(busy.unwrap_err().contains("could not be sent (status A702)"));
    let (partial, _) = retrieved("", &By::Get, Bounds::default(), status(0x10, 0xB000));
    assert!(!partial.unwrap().is_whole(), "a warning is said");
    let receive = archive::Receive { listen: ([127, 0, 0, 1], 0).into(), from: Vec::new(), calling: Vec::new() };
    let (unknown, _) = retrieved("", &By::Move(receive.clone()), Bounds::default(), status(0x21, 0xA801));
    assert!(unknown.unwrap_err().contains("our AE title, address and port must be entered there (status A801)"));
    let (no_get, _) = retrieved("", &By::Get, Bounds::default(), |_, _| ());
    assert!(no_get.is_err());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let receive = archive::Receive { listen: taken.local_addr().unwrap(), ..receive };
    let (busy_port, _) = retrieved("", &By::Move(receive), Bounds::default(), status(0x21, 0));
    assert!(busy_port.unwrap_err().contains("cannot listen on"));
}

/// A listener takes instances from those who may send, and from nobody else.
#[test]
fn only_who_may_send_is_heard() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = free.local_addr().unwrap();
    drop(free);
    let receive = archive::Receive { listen, from: Vec::new(), calling: Vec::new() };
    let (result, files) = retrieved("", &By::Move(receive), Bounds::default(), move |peer, contexts| {
        assert!(contexts.iter().all(|(_, class)| class == MOVE || class == FIND));
        let Some((service, message)) = peer.message() else { return };
        for (title, instance) in [("STRANGER", "1.2.8"), ("LIAR", "1.2.1")] {
            push(listen, title, instance);
        }
        peer.answer(service, 0x21, message, 0);
        peer.read();
    });
    assert_eq!((result.unwrap().stored, files), (1, vec!["in".to_owned(), "in/1.2.1.dcm".to_owned()]));
}

/// Sends one instance to a listener, as an archive would.
fn push(to: std::net::SocketAddr, title: &str, instance: &str) {
    let text = format!(
        "ae-title = \"{title}\"\n[nodes.a]\nae-title = \"FORAMEN\"\nhost = \"{}\"\nport = {}\npatience = 2",
        to.ip(),
        to.port()
    );
    let nodes = archive::Nodes::parse(Path::new("nodes.toml"), &text).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = outgoing(dir.path(), instance);
    let result =
        archive::store(&nodes.ae_title, nodes.get("a").unwrap(), &[file], &Cancel::default(), &mut |_, sent| {
            assert_eq!(sent, Sent::Stored);
        });
    let refusal = result.err().map(|error| error.to_string());
    assert_eq!(refusal.is_some_and(|why| why.contains("does not know our AE title")), title == "STRANGER");
}

/// A file with 200 kB of a data set.
fn outgoing(folder: &Path, instance: &str) -> Outgoing {
    let inbox = Inbox::open(folder, Bounds::default()).unwrap();
    let syntax = "1.2.840.10008.1.2.1".to_owned();
    let head = Head { class: MR.to_owned(), instance: instance.to_owned(), syntax };
    let mut incoming = inbox.begin(&head, "TEST").unwrap().unwrap();
    incoming.write(&vec![9; 200_000]).unwrap();
    incoming.finish().unwrap();
    Outgoing::open(&folder.join(format!("{instance}.dcm"))).unwrap()
}

#[test]
fn what_an_archive_does_not_take_is_said_of_each_file() {
    let dir = tempfile::tempdir().unwrap();
    let files = [outgoing(dir.path(), "1.2.1"), outgoing(dir.path(), "1.2.2")];
    let send = |serve: fn(TcpStream)| {
        let (nodes, node) = node("", serve);
        let mut sent = Vec::new();
        let result = archive::store(&nodes.ae_title, &node, &files, &Cancel::default(), &mut |_, what| sent.push(what));
        (result.map_err(|error| error.to_string()), sent)
    };
    let (result, sent) = send(|stream| {
        let mut peer = Peer(stream);
        peer.accept(|_| true);
        for status in [0xA700, 0xB000] {
            let (context, message) = peer.message().unwrap();
            peer.answer(context, 1, message, status);
        }
        peer.read();
    });
    assert_eq!(result, Ok(()));
    assert!(matches!(&sent[0], Sent::Refused(why) if why.contains("disk may be full (status A700)")), "{sent:?}");
    assert!(matches!(&sent[1], Sent::Warned(why) if why.contains("B000")), "{sent:?}");
    let (result, sent) = send(|stream| {
        let mut peer = Peer(stream);
        peer.accept(|_| false);
        peer.read();
    });
    assert!(result.is_ok() && matches!(&sent[0], Sent::Refused(why) if why.contains("class of objects")), "{sent:?}");
    // It goes away after the first.
    let (result, sent) = send(|stream| {
        let mut peer = Peer(stream);
        peer.accept(|_| true);
        let (context, message) = peer.message().unwrap();
        peer.answer(context, 1, message, 0);
    });
    assert!(result.is_err() && sent == [Sent::Stored], "{result:?} {sent:?}");
}
