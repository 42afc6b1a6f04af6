//! The archives that Foramen may talk to, from a TOML file that its user or administrator writes.
//!
//! Nothing is asked of a computer that is not in this file. A file with a key that we don't know is refused as a whole:
//! a mistyped `tls` must not become a connection without it.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

use crate::files::{self, config_folder};

/// The file's name in the folder of the user's settings.
pub const FILE_NAME: &str = "nodes.toml";
/// The most bytes that it may have.
const MOST_OF_NODES: u64 = 1 << 20;

/// Why there are no nodes to be used.
#[derive(Debug, thiserror::Error)]
pub enum NodesError {
    /// No place for settings is known.
    #[error("no folder for settings is known; name a file of nodes with --nodes FILE")]
    NoFolder,
    /// It can't be read.
    #[error("cannot read the nodes file {}: {source}; docs/network.md shows how to write one", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: std::io::Error,
    },
    /// Its content is wrong.
    #[error("{}{place}: {what}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The line as it stands there.
        place: String,
        /// What is wrong with it.
        what: String,
    },
    /// A name that is not in it.
    #[error("{}: there is no node '{name}' in it; it has {known}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// The name that was asked for.
        name: String,
        /// Those that are there.
        known: String,
    },
}

/// An application entity title: what DICOM programs call one another.
///
/// ```
/// use foramen::archive::AeTitle;
///
/// let title: AeTitle = "ORTHANC".parse()?;
/// assert_eq!(title.as_str(), "ORTHANC");
/// assert!("A TITLE THAT IS TOO LONG".parse::<AeTitle>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct AeTitle(String);

impl AeTitle {
    /// Without the spaces around it, which do not count.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for AeTitle {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let title = text.trim_matches(' ');
        let is_allowed = |c: char| matches!(c, ' '..='~') && c != '\\';
        if title.is_empty() || title.len() > 16 || !title.chars().all(is_allowed) {
            return Err(format!(
                "{text:?} is not an AE title: it has 1 to 16 letters, digits and signs of ASCII, without backslash"
            ));
        }
        Ok(Self(title.to_owned()))
    }
}

impl TryFrom<String> for AeTitle {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for AeTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the file holds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Content {
    #[serde(default = "our_title")]
    ae_title: AeTitle,
    #[serde(default)]
    receive: Option<Receive>,
    #[serde(default)]
    nodes: BTreeMap<String, Entry>,
}

fn our_title() -> AeTitle {
    AeTitle("FORAMEN".to_owned())
}

/// Where the images of a C-MOVE come in, while one is under way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Receive {
    /// Address and port that the archive has for our AE title.
    pub listen: SocketAddr,
    /// Addresses that may connect, beside that of the node which is asked.
    #[serde(default)]
    pub from: Vec<IpAddr>,
    /// AE titles that may connect, beside that of the node which is asked.
    #[serde(default)]
    pub calling: Vec<AeTitle>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    ae_title: AeTitle,
    host: Host,
    port: Port,
    /// Seconds without an answer.
    #[serde(default)]
    patience: Patience,
    #[serde(default)]
    tls: Option<Tls>,
}

/// How a connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tls {
    /// PEM file of the authorities that may sign the archive's certificate; the system's if left out.
    pub ca: Option<PathBuf>,
    /// PEM file of our own certificate, if the archive asks for one.
    pub certificate: Option<PathBuf>,
    /// PEM file of its key.
    pub key: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Host(String);

impl TryFrom<String> for Host {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if text.is_empty() || text.len() > 253 || !text.chars().all(is_allowed) {
            return Err(format!("{text:?} is not the name or address of a computer"));
        }
        Ok(Self(text))
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "i64")]
struct Port(u16);

impl TryFrom<i64> for Port {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        match u16::try_from(number) {
            Ok(port) if port > 0 => Ok(Self(port)),
            _ => Err(format!("{number} is not a port: 1 to 65535, for DICOM mostly 104, 4242 or 11112")),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "i64")]
struct Patience(Duration);

impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(30))
    }
}

impl TryFrom<i64> for Patience {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        match u64::try_from(number) {
            Ok(seconds @ 1..=3600) => Ok(Self(Duration::from_secs(seconds))),
            _ => Err(format!("{number} is no patience: 1 to 3600 seconds")),
        }
    }
}

/// One archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// As it is called here.
    pub name: String,
    /// As it calls itself.
    pub ae_title: AeTitle,
    /// Name or address of its computer.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How long it may be silent.
    pub patience: Duration,
    /// If the connection is encrypted.
    pub tls: Option<Tls>,
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tls = if self.tls.is_some() { " over TLS" } else { "" };
        write!(f, "{} ({} at {}:{}{tls})", self.name, self.ae_title, self.host, self.port)
    }
}

/// The nodes of a file.
#[derive(Debug, Clone)]
pub struct Nodes {
    path: PathBuf,
    /// What we call ourselves.
    pub ae_title: AeTitle,
    /// Where a C-MOVE may send to.
    pub receive: Option<Receive>,
    all: BTreeMap<String, Node>,
}

impl Nodes {
    /// Reads a file, or `nodes.toml` in the folder of the user's settings.
    ///
    /// # Errors
    ///
    /// It is not there, or anything in it is wrong.
    pub fn read(path: Option<&Path>) -> Result<Self, NodesError> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => config_folder().ok_or(NodesError::NoFolder)?.join(FILE_NAME),
        };
        let text = files::read_text(&path, MOST_OF_NODES);
        let text = text.map_err(|source| NodesError::Read { path: path.clone(), source })?;
        Self::parse(&path, &text)
    }

    /// Reads the text of a file; paths in it count from the file's folder.
    ///
    /// # Errors
    ///
    /// Anything in it is wrong.
    pub fn parse(path: &Path, text: &str) -> Result<Self, NodesError> {
        let content: Content = toml::from_str(text).map_err(|error| {
            let place = error.span().map_or_else(String::new, |span| place(text, span.start));
            NodesError::Content { path: path.to_owned(), place, what: error.message().to_owned() }
        })?;
        let wrong = |name: &str, what: String| NodesError::Content {
            path: path.to_owned(),
            place: format!(", [nodes.{name}]"),
            what,
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut nodes = BTreeMap::new();
        for (name, entry) in content.nodes {
            if !is_name(&name) {
                let what = "a node's name has 1 to 40 letters, digits, - and _ of ASCII".to_owned();
                return Err(wrong(&name, what));
            }
            let mut tls = entry.tls;
            if let Some(tls) = &mut tls {
                if tls.certificate.is_some() != tls.key.is_some() {
                    return Err(wrong(&name, "`certificate` and `key` of `tls` go together".to_owned()));
                }
                for file in [&mut tls.ca, &mut tls.certificate, &mut tls.key].into_iter().flatten() {
                    *file = folder.join(&*file);
                }
            }
            let node = Node {
                name: name.clone(),
                ae_title: entry.ae_title,
                host: entry.host.0,
                port: entry.port.0,
                patience: entry.patience.0,
                tls,
            };
            nodes.insert(name, node);
        }
        Ok(Self { path: path.to_owned(), ae_title: content.ae_title, receive: content.receive, all: nodes })
    }

    /// The node of a name.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn get(&self, name: &str) -> Result<&Node, NodesError> {
        self.all.get(name).ok_or_else(|| {
            let known = self.all.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { "none".to_owned() } else { known };
            NodesError::Unknown { path: self.path.clone(), name: name.escape_debug().to_string(), known }
        })
    }
}

/// Whether a text can be a node's name. It holds no colon, so `NODE:UID` has one meaning.
pub fn is_name(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    (1..=40).contains(&text.len()) && text.chars().all(is_allowed)
}

/// The line at an offset, with its number.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let number = before.matches('\n').count();
    let line = text.lines().nth(number).unwrap_or_default().trim();
    let shown: String = line.chars().take(100).collect();
    format!(", line {} ({shown})", number + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        ae-title = "READER 1"
        [receive]
        listen = "127.0.0.1:11113"
        from = ["127.0.0.2"]
        [nodes.main-pacs]
        ae-title = "ARCHIVE"
        host = "pacs.example.org"
        port = 104
        tls = { ca = "ca.pem" }
        [nodes.other]
        ae-title = "OTHER"
        host = "::1"
        port = 4242
        patience = 5
    "#;

    fn parse(text: &str) -> Result<Nodes, String> {
        Nodes::parse(Path::new("/etc/foramen/nodes.toml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_right_is_read() {
        let nodes = parse(GOOD).unwrap();
        let node = nodes.get("main-pacs").unwrap();
        assert_eq!((nodes.ae_title.as_str(), node.ae_title.as_str(), node.port), ("READER 1", "ARCHIVE", 104));
        assert_eq!(node.tls.as_ref().unwrap().ca.as_deref(), Some(Path::new("/etc/foramen/ca.pem")));
        assert_eq!(nodes.get("other").unwrap().patience, Duration::from_secs(5));
        assert_eq!(parse("").unwrap().ae_title.as_str(), "FORAMEN");
        let unknown = nodes.get("mian-pacs").unwrap_err().to_string();
        assert!(unknown.contains("no node 'mian-pacs'") && unknown.contains("main-pacs, other"), "{unknown}");
    }

    #[test]
    fn what_is_wrong_is_refused_with_file_and_key() {
        let node = |more: &str| format!("[nodes.a]\nae-title = \"A\"\nhost = \"h\"\nport = 104\n{more}");
        for (text, word) in [
            (node("prot = 104"), "prot"),
            (node("tls = { verify = false }"), "verify"),
            (node("tls = { key = \"k.pem\" }"), "certificate"),
            (node("patience = 0"), "patience"),
            (node("").replace("104", "70000"), "port = 70000"),
            (node("").replace("104", "0"), "not a port"),
            (node("").replace("\"A\"", "\"A NAME OF 17 SIGNS\""), "AE title"),
            (node("").replace("\"A\"", "\"MÜLLER\""), "AE title"),
            (node("").replace("\"A\"", "\"  \""), "AE title"),
            (node("").replace("\"h\"", "\"http://h/\""), "not the name"),
            (node("").replace("host = \"h\"\n", ""), "host"),
            (node("").replace("nodes.a", "nodes.\"../a\""), "a node's name"),
            ("[receive]\nlisten = \"localhost\"".to_owned(), "listen"),
            ("secret = \"x\"".to_owned(), "secret"),
            ("= 3".to_owned(), "line 1"),
        ] {
            let error = parse(&text).unwrap_err();
            assert!(error.starts_with("/etc/foramen/nodes.toml") && error.contains(word), "{text}: {error}");
        }
    }
}
