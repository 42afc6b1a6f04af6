//! Why two tables cannot be scored, with the place and what to do about it.

use std::{io, path::PathBuf};

/// A table that cannot be scored.
#[derive(Debug, thiserror::Error)]
pub enum MetricError {
    /// The file cannot be opened.
    #[error("{}: cannot be read: {source}", file.display())]
    Open {
        /// Path of the table.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is no CSV.
    #[error("{}: not a readable CSV: {source}", file.display())]
    Csv {
        /// Path of the table.
        file: PathBuf,
        /// Why, with the line.
        source: csv::Error,
    },
    /// Columns are missing or stand twice.
    #[error("{}: {problem}; expected columns: {expected}", file.display())]
    Columns {
        /// Path of the table.
        file: PathBuf,
        /// What is wrong, as the end of a sentence.
        problem: String,
        /// The columns that should be there.
        expected: &'static str,
    },
    /// A row cannot be understood.
    #[error("{}, line {line}: {row}: {problem}", file.display())]
    Row {
        /// Path of the table.
        file: PathBuf,
        /// From 1, the head included.
        line: u64,
        /// Study or row id that it begins with.
        row: String,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// The table has no rows.
    #[error("{}: it has no rows below the header", file.display())]
    Empty {
        /// Path of the table.
        file: PathBuf,
    },
    /// Rows with a label have no prediction.
    #[error(
        "{}: {count} labelled rows are missing, the first {first}; it must have all labelled rows of {studies}",
        file.display()
    )]
    Missing {
        /// Path of the submission.
        file: PathBuf,
        /// How many labelled rows have no prediction.
        count: usize,
        /// Row id of the first of them.
        first: String,
        /// Which studies had to be complete.
        studies: &'static str,
    },
    /// A part of the score has nothing to be computed from.
    #[error("no scored study has a label for {group}; the score is the mean of four parts and needs all of them")]
    NoLabels {
        /// Name of the part of the score.
        group: &'static str,
    },
}
