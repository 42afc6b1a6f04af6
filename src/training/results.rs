//! `results.csv`, which is written for each stage: one line per epoch.

use std::{fmt, path::Path};

/// The main figures of an epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Number of the epoch in its stage, from 1.
    pub epoch: u32,
    /// Since the stage began, without the time between a kill and resuming.
    pub seconds: f64,
    /// Losses, by the names in the file.
    pub losses: Vec<(String, f64)>,
    /// What validation gave: mAP of detectors, the parts of the contest's score of crops. None where an epoch was not
    /// validated.
    pub measures: Vec<(&'static str, f64)>,
}

/// The columns of measures, and how they are called.
const MEASURES: [(&str, &str); 7] = [
    ("metrics/mAP50(B)", "mAP50"),
    ("metrics/mAP50-95(B)", "mAP50-95"),
    ("val/canal", "canal"),
    ("val/foraminal", "foraminal"),
    ("val/subarticular", "subarticular"),
    ("val/any severe", "any severe"),
    ("val/score", "score"),
];

impl Figures {
    /// The last line of a `results.csv`; `None` if there is no complete line yet.
    pub fn last(file: &Path) -> Option<Self> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(file).ok()?;
        let header = reader.headers().ok()?.clone();
        let at = |name: &str| header.iter().position(|h| h == name);
        let number = |record: &csv::StringRecord, at: usize| record.get(at)?.parse::<f64>().ok();
        // A line that is being written has too few cells, which ends the reading.
        let records: Vec<csv::StringRecord> = reader.records().map_while(Result::ok).collect();
        let record = records.last()?;
        let cell = |name: &str| number(record, at(name)?);
        // The clock restarts when a killed training is resumed.
        let (mut seconds, mut before) = (0.0, 0.0);
        for time in records.iter().filter_map(|r| number(r, at("time")?)) {
            seconds += if time < before { time } else { time - before };
            before = time;
        }
        let losses = header.iter().filter_map(|h| Some((h.strip_prefix("train/")?.to_owned(), cell(h)?))).collect();
        let measures: Vec<_> = MEASURES.iter().filter_map(|(column, name)| Some((*name, cell(column)?))).collect();
        // Ultralytics writes zeros for epochs that it does not validate.
        let measures = if measures.iter().any(|(_, value)| *value > 0.0) { measures } else { Vec::new() };
        Some(Self { epoch: cell("epoch")? as u32, seconds, losses, measures })
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "epoch {}", self.epoch)?;
        for (name, loss) in &self.losses {
            write!(f, ", {} {loss:.4}", name.replace('_', " "))?;
        }
        for (name, value) in &self.measures {
            write!(f, ", {name} {value:.3}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Ultralytics 8.4.190 wrote it.
    const FILE: &str = "epoch,time,train/box_loss,train/cls_loss,train/dfl_loss,metrics/precision(B),metrics/recall(B),metrics/mAP50(B),metrics/mAP50-95(B),val/box_loss,val/cls_loss,val/dfl_loss,lr/pg0,lr/pg1,lr/pg2
67,770.457,0.50857,0.85223,0.81688,0,0,0,0,0,0,0,0.000104053,0.000104053,0.000104053
68,780.184,0.51278,0.83839,0.81839,0.92505,0.9014,0.96024,0.73572,0.89644,1.11432,0.82841,0.000101014,0.000101014,0.000101014
";

    #[test]
    fn the_last_whole_line_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("results.csv");
        let last = |text: &str| {
            std::fs::write(&file, text).unwrap();
            Figures::last(&file).map(|f| f.to_string())
        };
        let whole = "epoch 68, box loss 0.5128, cls loss 0.8384, dfl loss 0.8184, mAP50 0.960, mAP50-95 0.736";
        assert_eq!(last(FILE).unwrap(), whole);
        assert_eq!(last(&format!("{FILE}69,790.1,0.5")).unwrap(), whole, "a line that is being written is passed over");
        let first: Vec<&str> = FILE.lines().take(2).collect();
        assert_eq!(last(&first.join("\n")).unwrap(), "epoch 67, box loss 0.5086, cls loss 0.8522, dfl loss 0.8169");
        assert!((Figures::last(&file).unwrap().seconds - 770.457).abs() < 1e-9);
        last(&format!("{FILE}69,12.5,0.5,0.8,0.8,0,0,0,0,0,0,0,0,0,0\n"));
        assert!((Figures::last(&file).unwrap().seconds - 792.684).abs() < 1e-9, "the time after going on is added");
        let crops = "epoch,time,train/loss,val/canal,val/foraminal,val/subarticular,val/any severe,val/score,lr\n";
        let of_crops = last(&format!("{crops}1,20,0.9,,,,,,0.003\n2,41,0.8,0.3,0.4,0.5,0.2,0.35,0.002\n")).unwrap();
        assert_eq!(
            of_crops,
            "epoch 2, loss 0.8000, canal 0.300, foraminal 0.400, subarticular 0.500, any severe 0.200, score 0.350"
        );
        assert_eq!(last(&format!("{crops}1,20,0.9,,,,,,0.003\n")).unwrap(), "epoch 1, loss 0.9000");
        assert_eq!((last(""), last("epoch,time\n"), last("hello\nworld\n")), (None, None, None));
        assert_eq!(Figures::last(&dir.path().join("gone")), None);
    }
}
