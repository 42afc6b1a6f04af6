//! An archive that nobody here wrote: Orthanc (Debian package), on this computer alone, takes images and reports from
//! DCMTK's `storescu` and gives them back unchanged, under one patient and study.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use foramen::report::Identity;
use serde::Deserialize;

use super::{
    dicom_support::{DEMO, Exported, demo_files, marked, said, signed, without_identity},
    python,
};

/// A running Orthanc with an empty archive; ends when dropped.
pub struct Orthanc {
    process: Child,
    http: u16,
    pub dicom: u16,
    /// Where it sends what a C-MOVE asks for.
    pub ours: u16,
    dir: tempfile::TempDir,
}

pub fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

impl Orthanc {
    pub fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (http, dicom, ours) = (free_port(), free_port(), free_port());
        let config = serde_json::json!({
            "Name": "Foramen test",
            "StorageDirectory": dir.path().join("storage"),
            "IndexDirectory": dir.path().join("storage"),
            "Plugins": [],
            "HttpPort": http,
            "RemoteAccessAllowed": false,
            "AuthenticationEnabled": false,
            "DicomPort": dicom,
            "DicomAet": "ORTHANC",
            "DicomModalities": { "foramen": ["FORAMEN", "127.0.0.1", ours] },
        });
        let file = dir.path().join("orthanc.json");
        std::fs::write(&file, config.to_string()).unwrap();
        let log = std::fs::File::create(dir.path().join("log")).unwrap();
        // Debian puts it where only administrators have programs.
        let program = ["Orthanc", "/usr/sbin/Orthanc"].into_iter().find(|name| {
            Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
        });
        let program = program.expect("Orthanc does not run: apt-get install orthanc");
        let process = Command::new(program).arg(&file).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut server = Self { process, http, dicom, ours, dir };
        server.wait();
        server
    }

    fn wait(&mut self) {
        let begun = Instant::now();
        let listens = |port: u16| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        while !(listens(self.http) && listens(self.dicom)) {
            let log = || std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            assert!(self.process.try_wait().unwrap().is_none(), "Orthanc ended:\n{}", log());
            assert!(begun.elapsed() < Duration::from_mins(1), "Orthanc does not answer:\n{}", log());
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn store(&self, files: &[PathBuf]) {
        let (host, port) = ("127.0.0.1", self.dicom.to_string());
        let mut args: Vec<&Path> = ["-R", "-aec", "ORTHANC", host, &port].into_iter().map(Path::new).collect();
        args.extend(files.iter().map(PathBuf::as_path));
        let (ok, text) = said("storescu", "dcmtk", &args);
        assert!(ok, "storescu: {text}");
    }

    fn content(&self, files: &[PathBuf]) -> Content {
        let address = format!("http://127.0.0.1:{}", self.http);
        let args: Vec<&Path> = [Path::new(&address)].into_iter().chain(files.iter().map(PathBuf::as_path)).collect();
        python::run("dicom_orthanc.py", &args, "")
    }
}

impl Drop for Orthanc {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[derive(Deserialize)]
struct Content {
    differs: Vec<String>,
    patients: Vec<Patient>,
    modalities: Vec<String>,
}

#[derive(Deserialize)]
struct Patient {
    id: String,
    studies: usize,
}

#[test]
#[ignore = "needs Orthanc and storescu; .ci/run installs them"]
fn orthanc_keeps_reports_beside_the_images_unchanged() {
    let server = Orthanc::start();
    let dir = tempfile::tempdir().unwrap();
    demo_files(&dir.path().join("images"));
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(dir.path().join("images"))
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.is_file())
        .collect();
    let (signed, marked) = (signed(&DEMO), marked(&DEMO));
    let exported = Exported::write(&DEMO.report(&signed, &marked, Identity::Full), &dir.path().join("exported"));
    files.extend(exported.all().into_iter().map(Path::to_owned));
    server.store(&files);
    let content = server.content(&files);
    assert!(content.differs.is_empty(), "{:#?}", content.differs);
    assert_eq!(content.patients.len(), 1, "the reports are under the patient of the images");
    assert_eq!((content.patients[0].id.as_str(), content.patients[0].studies), (DEMO.study.patient.id.as_str(), 1));
    let of = |modality: &str| content.modalities.iter().filter(|m| *m == modality).count();
    assert_eq!((of("MR"), of("SR"), of("OT"), of("KO"), of("PR")), (DEMO.study.series.len(), 1, 1, 1, 1));

    // An export without identity is another patient's, and one only.
    let nameless = Exported::write(&DEMO.report(&signed, &marked, without_identity()), &dir.path().join("nameless"));
    let more: Vec<PathBuf> = nameless.all().into_iter().map(Path::to_owned).collect();
    server.store(&more);
    files.extend(more);
    let content = server.content(&files);
    assert!(content.differs.is_empty(), "{:#?}", content.differs);
    let mut ids: Vec<&str> = content.patients.iter().map(|patient| patient.id.as_str()).collect();
    ids.sort_unstable();
    assert!(ids.len() == 2 && ids[0] == DEMO.study.patient.id && ids[1].starts_with("REMOVED-"), "{ids:?}");

    // The comparison is one: a file that was changed since is noticed.
    let bytes = std::fs::read(&exported.sr).unwrap();
    let at = bytes.windows(7).position(|w| w == b"LSPINE " || w == b"Foramen").unwrap();
    let mut changed = bytes;
    changed[at] ^= 1;
    std::fs::write(&exported.sr, changed).unwrap();
    assert!(!server.content(&files).differs.is_empty());
}
