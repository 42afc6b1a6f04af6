//! `--sample`: the outcome of each study that a contest's sample submission asks for.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use crate::{
    cli::exit::{Exit, Failure},
    output::{Filling, Known, Sample, SampleScores},
    study::{BareFolder, Issue, Source},
};

/// A sample submission that is being filled.
pub struct Submission {
    sample: Sample,
    known: BTreeMap<String, Known>,
    /// Studies that were graded and are not asked for.
    others: Vec<String>,
    /// For each study found, its id in the sample.
    claims: Vec<Option<String>>,
}

impl Submission {
    /// Reads the sample, before any work.
    pub fn begin(file: Option<&Path>) -> Result<Option<Self>, Failure> {
        let read = |file| Sample::read(file).map_err(|error| Failure::new(Exit::Input, error));
        let sample = file.map(read).transpose()?;
        Ok(sample.map(|sample| Self { sample, known: BTreeMap::new(), others: Vec::new(), claims: Vec::new() }))
    }

    /// Learns which studies were found, by UID and where their images lie.
    pub fn found(&mut self, studies: &[(&str, Vec<&Source>)]) {
        self.claims = self.sample.claim(studies);
        for (claim, (uid, _)) in self.claims.iter().zip(studies) {
            match claim {
                None => self.others.push(if uid.is_empty() { "without a UID".to_owned() } else { (*uid).to_owned() }),
                Some(id) if id != uid => {
                    eprintln!("foramen: study {id}: its files have a different UID; identified by its folder");
                }
                Some(_) => (),
            }
        }
    }

    /// A graded study, by its index among those found.
    pub fn graded(&mut self, index: usize, scores: &SampleScores) {
        self.is(index, Known::Graded(Box::new(*scores)));
    }

    /// A study without scores, and why.
    pub fn lost(&mut self, index: usize, why: &str) {
        self.is(index, Known::Lost(why.to_owned()));
    }

    fn is(&mut self, index: usize, known: Known) {
        if let Some(Some(id)) = self.claims.get(index) {
            self.known.insert(id.clone(), known);
        }
    }

    /// Folders without any image: only their names are known.
    pub fn bare(&mut self, folders: &[BareFolder]) {
        for folder in folders.iter().filter(|folder| self.sample.asks_for(&folder.name())) {
            self.known.entry(folder.name()).or_insert_with(|| Known::Lost(folder.why()));
        }
    }

    /// The file, and where its rows come from.
    pub fn finish(self) -> (Vec<u8>, Filling) {
        self.sample.fill(&self.known, self.others)
    }
}

/// Says where rows come from.
pub fn say(filling: &Filling) {
    for line in filling.words() {
        eprintln!("foramen: --sample: {line}");
    }
}

/// The paths that exist; the others are reported as issues. Only used with a sample, where a missing study is no reason
/// to write nothing.
pub fn present(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Issue>) {
    let (there, missing): (Vec<PathBuf>, Vec<PathBuf>) = paths.iter().cloned().partition(|path| path.exists());
    (there, missing.iter().map(|path| Issue::new(path.display(), "no such file or folder")).collect())
}
