//! Archives that others wrote: Orthanc, and DCMTK's `dcmqrscp` and `storescp`, all on this computer alone. What is sent and
//! fetched back is equal element by element, and a run that is killed leaves nothing half-written.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use dicom_object::{FileDicomObject, InMemDicomObject, mem::InMemElement, open_file};

use super::{
    dicom_support::demo_files,
    orthanc::{Orthanc, free_port},
    program::{ok, run, text},
};

/// A program of DCMTK that listens; ends when dropped.
struct Server(Child);

impl Server {
    fn start(program: &str, args: &[&str], folder: &Path, port: u16) -> Self {
        let mut command = Command::new(program);
        command.args(args).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self(command.spawn().unwrap_or_else(|error| panic!("{program}: {error}: apt-get install dcmtk")));
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "{program} does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A nodes file with one node.
fn nodes(folder: &Path, title: &str, port: u16, ours: u16, more: &str) -> PathBuf {
    let path = folder.join("nodes.toml");
    let node = format!("[nodes.pacs]\nae-title = \"{title}\"\nhost = \"localhost\"\nport = {port}\n{more}\n");
    std::fs::write(&path, format!("[receive]\nlisten = \"127.0.0.1:{ours}\"\n{node}")).unwrap();
    path
}

type Object = FileDicomObject<InMemDicomObject>;

/// The files below a folder that are DICOM.
fn files(folder: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap().into_path());
    files.filter(|path| path.is_file() && path.extension().is_none_or(|e| e != "txt")).collect()
}

/// Every DICOM object below a folder by its UID.
fn objects(folder: &Path) -> BTreeMap<String, Object> {
    let read = |path: PathBuf| {
        let object = open_file(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (object.meta().media_storage_sop_instance_uid().trim_end_matches('\0').to_owned(), object)
    };
    files(folder).into_iter().map(read).collect()
}

/// Whether two folders hold the same objects, element by element.
fn assert_equal(sent: &Path, came: &Path) {
    let (sent, came) = (objects(sent), objects(came));
    assert!(sent.len() > 10 && sent.keys().eq(came.keys()), "{} sent, {} came", sent.len(), came.len());
    for (uid, object) in &sent {
        let is_equal = |element: &InMemElement| {
            came[uid].element(element.header().tag).is_ok_and(|other| match element.fragments() {
                Some(fragments) => other.vr() == element.vr() && other.fragments() == Some(fragments),
                None => other == element,
            })
        };
        let differing = object.iter().filter(|element| !is_equal(element));
        let differing: Vec<_> = differing.map(|element| element.header().tag).collect();
        assert!(differing.is_empty() && object.iter().count() == came[uid].iter().count(), "{uid}: {differing:?}");
    }
}

fn study_of(folder: &Path) -> String {
    let object = objects(folder).into_values().next().unwrap();
    object.element_by_name("StudyInstanceUID").unwrap().to_str().unwrap().trim_end_matches('\0').to_owned()
}

/// Sends a study, finds it, fetches it in two ways, stops in the middle and goes on.
fn round_trip(nodes: &Path, dir: &Path, images: &Path, ways: &[&str]) {
    let (nodes, images_text) = (text(nodes), text(images));
    let count = objects(images).len();
    assert!(ok(&["echo", "pacs", "--nodes", nodes]).contains("answered FORAMEN"));
    let sent = ok(&["send", "pacs", images_text, "--nodes", nodes]);
    assert_eq!(sent.matches(": stored\n").count(), count, "{sent}");

    let study = study_of(images);
    let found = ok(&["query", "pacs", "--study", &study, "--series", "--json", "--nodes", nodes]);
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    let first = &found["studies"][0];
    assert_eq!(
        (first["study_uid"].as_str(), found["studies"].as_array().map(Vec::len)),
        (Some(study.as_str()), Some(1))
    );
    assert!(first["list"].as_array().is_some_and(|series| series.len() >= 2), "{first}");
    let name = first["patient_name"].as_str().unwrap();
    let by_name = ok(&["query", "pacs", "--patient-name", &name[..3].to_lowercase(), "--nodes", nodes]);
    let by_star = ok(&["query", "pacs", "--patient-name", &format!("{}*", &name[..3]), "--nodes", nodes]);
    assert!(by_star.contains(&study) && by_name.contains("0 studies"), "{by_star} {by_name}");
    assert!(ok(&["query", "pacs", "--patient-name", "Nobody Müller", "--nodes", nodes]).contains("0 studies"));

    let fetch = |out: &Path, by: &str| {
        run(&["retrieve", "pacs", "--study", &study, "--out", text(out), "--by", by, "--nodes", nodes])
    };
    for by in ways {
        let out = dir.join(format!("by-{by}"));
        let (code, said) = fetch(&out, by);
        assert!(code == 0 && said.contains(&format!("{count} images came")), "{by}: {code} {said}");
        assert_equal(images, &out);
        // What is missing is fetched, and nothing else.
        let files: Vec<PathBuf> = std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
        for file in &files[..2] {
            std::fs::remove_file(file).unwrap();
        }
        let (code, said) = fetch(&out, by);
        assert!(code == 0 && said.contains(&format!("2 images came, {} were there", count - 2)), "{by}: {code} {said}");
        assert_equal(images, &out);
        let (code, said) = fetch(&out, by);
        assert!(code == 0 && said.contains("0 images came"), "{by}: {code} {said}");
    }

    // Killed in the middle, at several moments: what has a name is whole.
    let out = dir.join("killed");
    for wait in [1, 5, 20, 60] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_foramen"))
            .args(["retrieve", "pacs", "--study", &study, "--out", text(&out), "--nodes", nodes])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let is_begun = || std::fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_some());
        while !is_begun() && begun.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        for entry in std::fs::read_dir(&out).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "dcm") {
                open_file(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            }
        }
    }
    let (code, said) = fetch(&out, "get");
    assert_eq!(code, 0, "{said}");
    // A temporary file of a killed run stays for an hour, lest it be another run's.
    for entry in std::fs::read_dir(&out).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_string_lossy().starts_with(".foramen-") {
            std::fs::remove_file(path).unwrap();
        }
    }
    assert_equal(images, &out);
}

#[test]
#[ignore = "needs Orthanc; .ci/run installs it"]
fn a_study_goes_to_orthanc_and_comes_back() {
    let server = Orthanc::start();
    let dir = tempfile::tempdir().unwrap();
    let images = dir.path().join("images");
    demo_files(&images);
    let nodes = nodes(dir.path(), "ORTHANC", server.dicom, server.ours, "");
    round_trip(&nodes, dir.path(), &images, &["get", "move"]);
}

/// `dcmqrscp` sends nothing compressed by C-MOVE.
#[test]
#[ignore = "needs dcmqrscp; .ci/run installs it"]
fn dcmqrscp_sends_to_the_listener() {
    let dir = tempfile::tempdir().unwrap();
    let images = dir.path().join("images");
    demo_files(&images);
    for path in files(&images) {
        let is_native = open_file(&path).unwrap().meta().transfer_syntax().starts_with("1.2.840.10008.1.2.1");
        if !is_native {
            std::fs::remove_file(path).unwrap();
        }
    }
    let ours = free_port();
    let (_server, port) = dcmqrscp(dir.path(), ours);
    round_trip(&nodes(dir.path(), "DCMQR", port, ours, ""), dir.path(), &images, &["move"]);
}

/// DCMTK's archive with one store, which knows our AE title.
fn dcmqrscp(dir: &Path, ours: u16) -> (Server, u16) {
    let (port, store) = (free_port(), dir.join("store"));
    std::fs::create_dir(&store).unwrap();
    let config = format!(
        "NetworkTCPPort = {port}\nMaxPDUSize = 16384\nMaxAssociations = 16\n\
         HostTable BEGIN\nforamen = (FORAMEN, localhost, {ours})\nHostTable END\n\
         VendorTable BEGIN\nVendorTable END\n\
         AETable BEGIN\nDCMQR {} RW (100, 1024mb) ANY\nAETable END\n",
        store.display()
    );
    let file = dir.join("dcmqrscp.cfg");
    std::fs::write(&file, config).unwrap();
    (Server::start("dcmqrscp", &["-c", text(&file), "+xr", "+B"], dir, port), port)
}

#[test]
#[ignore = "needs dcmqrscp; .ci/run installs it"]
fn a_study_goes_to_dcmqrscp_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let images = dir.path().join("images");
    demo_files(&images);
    let ours = free_port();
    let (_server, port) = dcmqrscp(dir.path(), ours);
    let file = nodes(dir.path(), "DCMQR", port, ours, "");
    // It sends a class in one encoding alone: what it can't send at first is asked for again.
    round_trip(&file, dir.path(), &images, &["get"]);

    // An AE title that it does not know, in the nodes file's place for ours.
    let stranger = dir.path().join("stranger.toml");
    let content = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&stranger, format!("ae-title = \"STRANGER\"\n{content}")).unwrap();
    let (study, out) = (study_of(&images), dir.path().join("nowhere"));
    let (code, said) =
        run(&["retrieve", "pacs", "--study", &study, "--out", text(&out), "--by", "move", "--nodes", text(&stranger)]);
    assert!(code == 9 && said.contains("(status A801)"), "{code} {said}");
    let wrong = nodes(dir.path(), "OTHER", port, ours, "");
    let (code, said) = run(&["echo", "pacs", "--nodes", text(&wrong)]);
    assert!(code == 9 && said.contains("check `ae-title` of the node"), "{code} {said}");
    let closed = nodes(dir.path(), "DCMQR", free_port(), ours, "");
    let (code, said) = run(&["echo", "pacs", "--nodes", text(&closed)]);
    assert!(code == 9 && said.contains("cannot connect"), "{code} {said}");
}

#[test]
#[ignore = "needs storescp; .ci/run installs it"]
fn files_that_a_peer_does_not_take_are_named() {
    let dir = tempfile::tempdir().unwrap();
    let images = dir.path().join("images");
    demo_files(&images);
    let port = free_port();
    let _server = Server::start("storescp", &["+xi", &port.to_string()], dir.path(), port);
    let nodes = nodes(dir.path(), "ANY", port, free_port(), "");
    std::fs::write(images.join("note.txt"), "not DICOM").unwrap();
    let (code, said) = run(&["send", "pacs", text(&images), "--nodes", text(&nodes)]);
    assert!(code == 6 && said.contains("REFUSED: the archive does not take its"), "{code} {said}");
    assert!(said.contains("note.txt: not sent: it is not a DICOM file"), "{said}");
    let (code, said) = run(&["query", "pacs", "--patient-id", "7", "--nodes", text(&nodes)]);
    assert!(code == 9 && said.contains("does not offer C-FIND"), "{code} {said}");
}

/// A certificate for `localhost` that signs itself.
fn certificate(folder: &Path, name: &str) {
    let (key, certificate) = (folder.join(format!("{name}.key")), folder.join(format!("{name}.pem")));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(key)
        .arg("-out")
        .arg(certificate)
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(made.success(), "openssl");
}

#[test]
#[ignore = "needs storescp with TLS and openssl; .ci/run installs them"]
fn tls_is_checked_on_both_sides() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["server", "client", "stranger"] {
        certificate(dir.path(), name);
    }
    let images = dir.path().join("images");
    demo_files(&images);
    let (port, open) = (free_port(), free_port());
    let tls = ["+xa", "+tls", "server.key", "server.pem", "+cf", "client.pem", "-rc"];
    let port_text = port.to_string();
    let args: Vec<&str> = tls.into_iter().chain([port_text.as_str()]).collect();
    let _server = Server::start("storescp", &args, dir.path(), port);
    let _open = Server::start("storescp", &[&open.to_string()], dir.path(), open);
    let said = |port: u16, tls: &str| {
        let nodes = nodes(dir.path(), "ANY", port, free_port(), tls);
        run(&["echo", "pacs", "--nodes", text(&nodes)])
    };
    let ours = "certificate = \"client.pem\", key = \"client.key\"";
    let (code, heard) = said(port, &format!("tls = {{ ca = \"server.pem\", {ours} }}"));
    assert!(code == 0 && heard.contains("over TLS"), "{code} {heard}");
    let (code, heard) = said(port, &format!("tls = {{ ca = \"stranger.pem\", {ours} }}"));
    assert!(code == 9 && heard.contains("TLS:"), "{code} {heard}");
    let (code, heard) = said(port, "tls = { ca = \"server.pem\" }");
    assert!(code == 9, "{code} {heard}");
    let (code, heard) = said(port, "patience = 3");
    assert!(code == 9, "{code} {heard}");
    let (code, heard) = said(open, "tls = { ca = \"server.pem\" }\npatience = 3");
    assert!(code == 9, "{code} {heard}");
    let nodes = nodes(dir.path(), "ANY", port, free_port(), &format!("tls = {{ ca = \"server.pem\", {ours} }}"));
    let sent = ok(&["send", "pacs", text(&images), "--nodes", text(&nodes)]);
    assert_eq!(sent.matches(": stored\n").count(), objects(&images).len(), "{sent}");
}
