//! A contest's `sample_submission.csv`: the rows that a submission must have, and how each of them gets its numbers. A
//! submission that lacks one row is void, whatever was wrong with that one study.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::BufReader,
    path::{Path, PathBuf},
};

use serde::Serialize;

use super::csv;
use crate::{
    files,
    grading::{GradeId, Prior},
    study::Source,
};

/// The numbers of each grade of a study, mildest first, in the order of [`GradeId::ALL`]; `None` where it was not assessed.
pub type Scores = [Option<[f32; 3]>; GradeId::ALL.len()];

/// The rows that a submission must have, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// (study id, grade).
    rows: Vec<(String, GradeId)>,
    /// The ids of all studies.
    studies: BTreeSet<String>,
}

/// A file that is no sample submission.
#[derive(Debug, thiserror::Error)]
#[error("{}: {why}; --sample needs a sample_submission.csv with a column row_id that holds ids such as \
         4003253_spinal_canal_stenosis_l1_l2", file.display())]
pub struct SampleError {
    file: PathBuf,
    why: String,
}

/// What the rows of a submission came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Filling {
    /// Rows that the sample asks for; the submission has each of them.
    pub rows: usize,
    /// Those with numbers of their own.
    pub graded: usize,
    /// The others, study by study; they hold the contest's prevalence.
    pub filled: Vec<FilledStudy>,
    /// Studies that were graded and not asked for: they have no row.
    pub not_asked_for: Vec<String>,
}

/// A study of which rows had to be filled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilledStudy {
    /// As the sample names it.
    pub study_id: String,
    /// How many of its rows hold the prevalence.
    pub rows: usize,
    /// What they hold instead: `prevalence`.
    pub with: &'static str,
    /// Why they have no numbers.
    pub why: String,
}

/// What is known of a study that a sample asks for.
pub enum Known {
    /// It was graded, perhaps in part.
    Graded(Box<Scores>),
    /// It has no numbers, and why.
    Lost(String),
}

impl Sample {
    /// Reads and checks the file. Other columns than `row_id` are not looked at.
    ///
    /// # Errors
    ///
    /// The file cannot be read, has no such column or no row, or a row whose id cannot be read or stands twice.
    pub fn read(file: &Path) -> Result<Self, SampleError> {
        let fail = |why: String| SampleError { file: file.to_owned(), why };
        let opened =
            files::open_regular(file, files::MOST_OF_TABLE).map_err(|e| fail(format!("cannot be read: {e}")))?;
        let mut reader =
            ::csv::ReaderBuilder::new().trim(::csv::Trim::All).flexible(true).from_reader(BufReader::new(opened));
        let header = reader.headers().map_err(|e| fail(format!("not a readable CSV: {e}")))?;
        // Excel puts a mark before the first name.
        let is_row_id = |name: &str| name.trim_start_matches('\u{feff}') == csv::HEADER[0];
        let Some(column) = header.iter().position(is_row_id) else {
            return Err(fail("it has no column row_id".to_owned()));
        };
        let (mut rows, mut seen) = (Vec::new(), BTreeSet::new());
        for record in reader.records() {
            let record = record.map_err(|e| fail(format!("not a readable CSV: {e}")))?;
            let cell = record.get(column).unwrap_or_default();
            let line = record.position().map_or(0, ::csv::Position::line);
            let Some((study, id)) = GradeId::parse_row_id(cell) else {
                return Err(fail(format!("line {line}: {cell:?} is not a row id")));
            };
            if !seen.insert((study.to_owned(), id)) {
                return Err(fail(format!("line {line}: {cell} appears twice")));
            }
            rows.push((study.to_owned(), id));
        }
        if rows.is_empty() {
            return Err(fail("it has no rows".to_owned()));
        }
        Ok(Self { studies: rows.iter().map(|(study, _)| study.clone()).collect(), rows })
    }

    /// Whether it asks for a study.
    pub fn asks_for(&self, study: &str) -> bool {
        self.studies.contains(study)
    }

    /// For each of the studies found, by its UID and where its images lie, the id by which the sample asks for it: its
    /// UID, or else the name of a folder that all its images lie in and no other study's.
    pub fn claim(&self, found: &[(&str, Vec<&Source>)]) -> Vec<Option<String>> {
        let by_uid: BTreeSet<&str> = found.iter().map(|(uid, _)| *uid).filter(|uid| self.asks_for(uid)).collect();
        let by_folder = |sources: &[&Source]| -> Option<String> {
            let mut common: Option<BTreeSet<String>> = None;
            for source in sources {
                let folders: BTreeSet<String> = source.folders().into_iter().collect();
                common = Some(common.map_or_else(|| folders.clone(), |c| c.intersection(&folders).cloned().collect()));
            }
            let mut asked = common?.into_iter().filter(|name| self.asks_for(name) && !by_uid.contains(name.as_str()));
            asked.next().filter(|_| asked.next().is_none())
        };
        let mut claims: Vec<Option<String>> = found
            .iter()
            .map(|(uid, sources)| if self.asks_for(uid) { Some((*uid).to_owned()) } else { by_folder(sources) })
            .collect();
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        claims.iter().flatten().for_each(|id| *times.entry(id.clone()).or_default() += 1);
        for (claim, (uid, _)) in claims.iter_mut().zip(found) {
            // Two studies in one folder: nobody knows which of them is meant.
            if claim.as_deref().is_some_and(|id| id != *uid && times.get(id).is_some_and(|n| *n > 1)) {
                *claim = None;
            }
        }
        claims
    }

    /// The submission: every row of the sample, in its order. `known` says what became of a study by its id in the
    /// sample; `not_asked_for` are the studies that it does not name.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use foramen::output::{Known, Sample};
    ///
    /// let dir = tempfile::tempdir()?;
    /// let file = dir.path().join("sample_submission.csv");
    /// let asked = ["7_spinal_canal_stenosis_l1_l2", "7_spinal_canal_stenosis_l2_l3"];
    /// std::fs::write(&file, format!("row_id\n{}\n", asked.join("\n")))?;
    /// let sample = Sample::read(&file)?;
    ///
    /// let known = BTreeMap::from([("7".to_owned(), Known::Lost("its zip is damaged".to_owned()))]);
    /// let (csv, filling) = sample.fill(&known, vec![]);
    /// assert_eq!(String::from_utf8(csv)?.lines().count(), 3);
    /// assert_eq!((filling.rows, filling.graded), (2, 0));
    /// assert_eq!(filling.filled[0].why, "its zip is damaged");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fill(&self, known: &BTreeMap<String, Known>, not_asked_for: Vec<String>) -> (Vec<u8>, Filling) {
        let prior = Prior::default();
        let mut filled: BTreeMap<&str, FilledStudy> = BTreeMap::new();
        let mut lines = Vec::with_capacity(self.rows.len());
        for (study, id) in &self.rows {
            let why = match known.get(study) {
                Some(Known::Graded(scores)) => match scores[id.index()] {
                    Some(scores) => {
                        lines.push((id.row_id(study), scores));
                        continue;
                    }
                    None => "they were not assessed",
                },
                Some(Known::Lost(why)) => why,
                None => "no image of this study was found",
            };
            lines.push((id.row_id(study), prior.of(*id).as_array()));
            let new = || FilledStudy { study_id: study.clone(), rows: 0, with: "prevalence", why: why.to_owned() };
            filled.entry(study).or_insert_with(new).rows += 1;
        }
        let filled: Vec<FilledStudy> = filled.into_values().collect();
        let rows = self.rows.len();
        let graded = rows - filled.iter().map(|f| f.rows).sum::<usize>();
        (csv::rows_bytes(lines.into_iter()), Filling { rows, graded, filled, not_asked_for })
    }
}

impl Filling {
    /// What must be said of it, a line each.
    pub fn words(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .filled
            .iter()
            .map(|f| {
                let rows = if f.rows == 1 { "1 row holds".to_owned() } else { format!("{} rows hold", f.rows) };
                format!("study {}: {rows} the contest's prevalence: {}", f.study_id, f.why)
            })
            .collect();
        lines.extend(self.not_asked_for.iter().map(|id| format!("study {id}: not in the sample, so it has no rows")));
        let filled = self.rows - self.graded;
        lines.push(format!("{} rows, as in the sample: {} graded, {filled} filled", self.rows, self.graded));
        lines
    }

    /// Whether every row has numbers of its own.
    pub fn is_whole(&self) -> bool {
        self.filled.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sample, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sample.csv");
        std::fs::write(&file, text).unwrap();
        Sample::read(&file).map_err(|e| e.to_string())
    }

    const CANAL: &str = "7_spinal_canal_stenosis_l1_l2";

    #[test]
    fn the_rows_are_those_of_the_sample_in_its_order() {
        let other = "8_left_subarticular_stenosis_l5_s1";
        let sample = read(&format!("\u{feff}row_id,normal_mild\r\n{other},0.3\r\n{CANAL},0.3\r\n")).unwrap();
        let mut scores: Scores = [None; 25];
        scores[20] = Some([0.25, 0.25, 0.5]);
        let known = [("7".to_owned(), Known::Graded(Box::new(scores)))].into();
        let (bytes, filling) = sample.fill(&known, vec!["9".to_owned()]);
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "row_id,normal_mild,moderate,severe");
        assert!(lines[1].starts_with(other) && lines[1].split(',').skip(1).all(|p| p.parse::<f64>().unwrap() > 0.0));
        assert_eq!(&lines[2..], [format!("{CANAL},0.25,0.25,0.5")]);
        assert_eq!((filling.rows, filling.graded, filling.filled[0].rows), (2, 1, 1));
        assert_eq!(filling.filled[0].study_id, "8");
        let said = filling.words().join("\n");
        assert!(said.contains("study 8: 1 row holds the contest's prevalence: no image of this study"), "{said}");
        assert!(
            said.contains("study 9: not in the sample, so it has no rows") && said.contains("1 graded, 1 filled"),
            "{said}"
        );
    }

    #[test]
    fn what_is_no_sample_is_said_with_the_line() {
        for (text, expected) in [
            ("study_id,series_id\n1,2\n".to_owned(), "it has no column row_id"),
            ("row_id\n".to_owned(), "it has no rows"),
            (format!("row_id\n{CANAL}\n7_knee_l1_l2\n"), "line 3: \"7_knee_l1_l2\" is not a row id"),
            (format!("row_id\n{CANAL}\n{CANAL}\n"), "line 3: 7_spinal_canal_stenosis_l1_l2 appears twice"),
            (String::new(), "it has no column row_id"),
        ] {
            let message = read(&text).unwrap_err();
            assert!(message.contains("sample.csv: ") && message.contains(expected), "{message}");
        }
        assert!(Sample::read(Path::new("/nowhere.csv")).unwrap_err().to_string().contains("cannot be read"));
    }

    #[test]
    fn a_study_is_claimed_by_its_uid_or_by_the_one_folder_of_its_images() {
        let sample = read(&format!("row_id\n{CANAL}\n8_spinal_canal_stenosis_l1_l2\n")).unwrap();
        let file = |path: &str| Source::File(path.into());
        let (a, b, c) = (file("in/8/1/1.dcm"), file("in/8/2/1.dcm"), file("in/9/1/1.dcm"));
        let found = [("7", vec![&c]), ("1.2.3", vec![&a, &b]), ("1.2.4", vec![&c])];
        assert_eq!(sample.claim(&found), [Some("7".to_owned()), Some("8".to_owned()), None]);
        let both = [("1.2.3", vec![&a]), ("1.2.4", vec![&b])];
        assert_eq!(sample.claim(&both), [None, None], "two studies in one folder");
    }
}
