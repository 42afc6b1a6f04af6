//! `foramen retrieve`: a study from an archive into a folder; and `NODE:UID` in the place of a path.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::{NodeArgs, failure};
use crate::{
    archive::{self, ArchiveError, Bounds, By, Inbox, Node, Nodes, Retrieved},
    cancel::Cancel,
    cli::{
        exit::{Exit, Failure, Outcome, print},
        progress::Teller,
    },
    uid::{self, StudyUid},
};

/// Fetch a study from an archive into a folder
///
/// Each instance becomes a file named after its UID. What is in the folder is not fetched again, so a run that was
/// stopped goes on where it was. Exit code 6 if some of the study did not come.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    node: NodeArgs,
    /// The study, as `foramen query` lists it
    #[arg(long, value_name = "UID")]
    study: String,
    /// Folder to fill
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How it comes
    #[arg(long, value_enum, default_value_t)]
    by: Way,
    /// The most GiB that may come
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..=65536))]
    most: u64,
}

/// How a study comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Way {
    /// C-GET: over the connection that asks for it.
    #[default]
    Get,
    /// C-MOVE: the archive connects to us; needs [receive] in the nodes file.
    Move,
}

pub fn run(args: &Args) -> Outcome {
    let (nodes, node) = args.node.read()?;
    let bounds = Bounds { total: args.most << 30, ..Bounds::default() };
    let retrieved = fetch(&nodes, &node, &args.study.as_str().into(), args.by, &args.out, bounds)?;
    let Retrieved { stored, known, .. } = &retrieved;
    let known = if *known > 0 { format!(", {known} were there") } else { String::new() };
    print(format!("{node}: {stored} images came{known}\n").as_bytes())?;
    Ok(if say(&node, &retrieved) { Exit::Ok } else { Exit::Partial })
}

/// Reports what did not come; whether all did.
fn say(node: &Node, retrieved: &Retrieved) -> bool {
    for remark in &retrieved.remarks {
        eprintln!("foramen: {node}: {remark}");
    }
    if !retrieved.missing.is_empty() {
        eprintln!("foramen: {node}: {} images of the study did not come", retrieved.missing.len());
    }
    retrieved.is_whole()
}

fn fetch(
    nodes: &Nodes,
    node: &Node,
    study: &StudyUid,
    way: Way,
    out: &Path,
    bounds: Bounds,
) -> Result<Retrieved, Failure> {
    let by = match (way, &nodes.receive) {
        (Way::Get, _) => By::Get,
        (Way::Move, Some(receive)) => By::Move(receive.clone()),
        (Way::Move, None) => {
            let why = "--by move needs [receive] in the nodes file: where the archive is to send images to";
            return Err(Failure::new(Exit::Usage, anyhow!(why)));
        }
    };
    let fetch = || -> Result<Retrieved, ArchiveError> {
        let inbox = Inbox::open(out, bounds)?;
        let teller = Teller::new("images");
        let on_progress = |at: archive::Progress| teller.at("retrieving", at.here, at.all.unwrap_or(at.here));
        let retrieved =
            archive::retrieve((&nodes.ae_title, node), study, &by, &inbox, &Cancel::default(), &on_progress);
        teller.end();
        retrieved
    };
    fetch().map_err(|error| failure(node, &error))
}

/// Paths of which some may have been studies in archives, and the temporary folders that these are in now.
pub struct Fetched {
    /// To be read in the place of what was named.
    pub paths: Vec<PathBuf>,
    /// Some of a study did not come.
    pub is_partial: bool,
    /// They are removed at the end.
    folders: Vec<tempfile::TempDir>,
}

/// Fetches each `NODE:UID` among the paths into a folder of its own, which only the user can read.
pub fn fetched(paths: &[PathBuf], nodes: Option<&Path>) -> Result<Fetched, Failure> {
    let mut fetched = Fetched { paths: Vec::with_capacity(paths.len()), is_partial: false, folders: Vec::new() };
    for path in paths {
        let Some((name, study)) = named(path) else {
            fetched.paths.push(path.clone());
            continue;
        };
        let (nodes, node) = super::read(nodes, name)?;
        let folder = cache().and_then(|cache| {
            std::fs::create_dir_all(&cache)?;
            tempfile::Builder::new().prefix("study-").tempdir_in(cache)
        });
        let folder = folder.map_err(|error| Failure::new(Exit::Output, anyhow!("no folder for {node}: {error}")))?;
        let retrieved = fetch(&nodes, &node, &study.into(), Way::Get, folder.path(), Bounds::default())?;
        fetched.is_partial |= !say(&node, &retrieved);
        fetched.paths.push(folder.path().to_owned());
        fetched.folders.push(folder);
    }
    Ok(fetched)
}

/// The user's cache, not a folder that all users share.
fn cache() -> std::io::Result<PathBuf> {
    let folder = directories::ProjectDirs::from("", "", "foramen").map(|dirs| dirs.cache_dir().join("retrieved"));
    folder.ok_or_else(|| std::io::Error::other("the system has no place for caches"))
}

/// Node and study, if that is what a path stands for: it is not there, and looks like it.
fn named(path: &Path) -> Option<(&str, &str)> {
    let (name, study) = path.to_str()?.split_once(':')?;
    (archive::is_name(name) && uid::is_valid(study) && !path.exists()).then_some((name, study))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_study_in_an_archive_is_told_from_a_path() {
        assert_eq!(named(Path::new("main-pacs:1.2.840.1")), Some(("main-pacs", "1.2.840.1")));
        for path in ["C:1", "C:\\a", "a/b:1.2.3", "pacs:", "pacs:1.2/..", "1.2.3", ":1.2.3"] {
            assert_eq!(named(Path::new(path)), None, "{path}");
        }
    }
}
