//! `foramen send`: files to an archive.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use anyhow::anyhow;

use super::{NodeArgs, failure};
use crate::{
    archive::{self, Outgoing, Sent},
    cancel::Cancel,
    cli::{
        exit::{Exit, Failure, Outcome, print},
        progress::Teller,
    },
};

/// The class of a DICOMDIR, which lists files and belongs into no archive.
const DIRECTORY: &str = "1.2.840.10008.1.3.10";

/// Send DICOM files to an archive (C-STORE), as they are
///
/// Each file is listed with what became of it. Exit code 6 if some were not taken.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    node: NodeArgs,
    /// Files, and folders with files
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

pub fn run(args: &Args) -> Outcome {
    let (nodes, node) = args.node.read()?;
    let (files, left_out) = files(&args.paths)?;
    for (path, why) in &left_out {
        eprintln!("foramen: {}: not sent: {why}", path.display());
    }
    if files.is_empty() {
        return Err(Failure::new(Exit::Input, anyhow!("there is no DICOM file to send")));
    }
    let teller = Teller::new("files");
    let mut sent: Vec<(PathBuf, Sent)> = Vec::with_capacity(files.len());
    let mut on_sent = |file: &Outgoing, what: Sent| {
        sent.push((file.path.clone(), what));
        teller.at("sending", sent.len(), files.len());
    };
    let result = archive::store(&nodes.ae_title, &node, &files, &Cancel::default(), &mut on_sent);
    teller.end();
    let mut refused = 0;
    let mut lines = String::new();
    for (path, what) in &sent {
        let what = match what {
            Sent::Stored => "stored".to_owned(),
            Sent::Warned(why) => format!("stored: {why}"),
            Sent::Refused(why) => {
                refused += 1;
                format!("REFUSED: {why}")
            }
        };
        // Writing to a String does not fail.
        let _ = writeln!(lines, "{}: {what}", path.display());
    }
    print(lines.as_bytes())?;
    let unknown = files.len() - sent.len();
    eprintln!("foramen: {node}: {} stored, {refused} refused, {unknown} not sent", sent.len() - refused);
    result.map_err(|error| failure(&node, &error))?;
    Ok(if refused == 0 && left_out.is_empty() { Exit::Ok } else { Exit::Partial })
}

type LeftOut = Vec<(PathBuf, String)>;

/// What can be sent, and what can't and why. Files that hide their name are none.
fn files(paths: &[PathBuf]) -> Result<(Vec<Outgoing>, LeftOut), Failure> {
    let (mut files, mut left_out) = (Vec::new(), Vec::new());
    let mut add = |path: &Path| match Outgoing::open(path) {
        Ok(file) if file.head.class == DIRECTORY => (),
        Ok(file) => files.push(file),
        Err(why) => left_out.push((path.to_owned(), why)),
    };
    for path in paths {
        if !path.exists() {
            return Err(Failure::new(Exit::Input, anyhow!("{}: no such file or folder", path.display())));
        }
        for entry in walkdir::WalkDir::new(path).sort_by_file_name() {
            match entry {
                Ok(entry) if entry.file_type().is_file() => add(entry.path()),
                Ok(_) => (),
                Err(error) => return Err(Failure::new(Exit::Input, error)),
            }
        }
    }
    Ok((files, left_out))
}
