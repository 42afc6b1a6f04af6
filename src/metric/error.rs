//! Why two tables cannot be scored, with the place and what to do about it.

use std::{io, path::PathBuf};

/// A table that cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum MetricError {
    /// The file cannot be opened.
    #[error("{}: cannot be read: {source}", file.display())]
    Open {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is no CSV.
    #[error("{}: not a readable CSV: {source}", file.display())]
    Csv {
        /// The file.
        file: PathBuf,
        /// Why, with the line.
        source: csv::Error,
    },
    /// Columns are missing or stand twice.
    #[error("{}: {problem}; expected columns: {expected}", file.display())]
    Columns {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        problem: String,
        /// What should be there.
        expected: &'static str,
    },
    /// One row is wrong.
    #[error("{}, line {line}: {row}: {problem}", file.display())]
    Row {
        /// The file.
        file: PathBuf,
        /// From 1, the head included.
        line: u64,
        /// Study or row id.
        row: String,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// The table has no rows.
    #[error("{}: it has no rows below the header", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// Rows with a label have no prediction.
    #[error(
        "{}: {count} labelled rows are missing, the first {first}; it must have all labelled rows of {studies}",
        file.display()
    )]
    Missing {
        /// The submission.
        file: PathBuf,
        /// How many.
        count: usize,
        /// The first row id.
        first: String,
        /// Which studies had to be complete.
        studies: &'static str,
    },
    /// A part of the score has nothing to be computed from.
    #[error("no scored study has a label for {group}; the score is the mean of four parts and needs all of them")]
    NoLabels {
        /// Which part.
        group: &'static str,
    },
}
