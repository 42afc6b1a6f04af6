//! `foramen evaluate`: measures performance. One file for each thing that is evaluated.

mod calibration;
mod compare;
mod data_set;
mod detections;
mod grades;
mod localisation;
mod plot;
mod points;
mod score;
mod scored;

use std::path::PathBuf;

use super::exit::{Exit, Failure, Outcome, print};

/// Score a submission, a detector's boxes, or the position of the evidence, against labels
///
/// --solution with --submission: the weighted log loss of RSNA 2024. The score is the mean of four log losses:
/// spinal, foraminal and subarticular rows, and whether any level's canal is severe, one row per study. Normal/mild
/// counts 1, moderate 2, severe 4. Lower is better; 0 is perfect. Cells without a label are not scored. For comparison,
/// the score of the contest's prevalence alone is shown for the same rows: a submission must beat it to have seen
/// anything. Every labelled row of every study of the solution must be in the submission, as in the contest. With
/// --studies-of-submission only the studies that the submission names count; each of those must be complete.
/// Numbers agree with scikit-learn's `log_loss` (1.5 and later), which uses rows as they are. Where rows do not
/// sum to 1, the score that the contest itself gave is given too: its scikit-learn divided each row by its sum, and its
/// metric took "any severe" from the severe column as it was submitted.
///
/// --detections: mAP and confusion, over the validation images of a data set that `foramen dataset`
/// made.
///
/// --localisation with --grades: how many millimetres the evidence of `foramen grade --format json` lies from the
/// graders' points, and whether it is at the right level.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["solution", "detections", "localisation"])))]
pub struct Args {
    // Before the groups: a group's heading in the help also covers whatever follows it.
    /// Folder for charts (SVG): reliability of a submission; precision-recall and confusion of detections
    #[arg(long, value_name = "DIR", conflicts_with = "localisation")]
    plots: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    score: score::ScoreArgs,
    #[command(flatten)]
    detections: detections::DetectionArgs,
    #[command(flatten)]
    localisation: localisation::LocalisationArgs,
}

pub fn run(args: &Args) -> Outcome {
    let plots = args.plots.as_deref();
    if let Some(solution) = &args.score.solution {
        return score::run(solution, &args.score, plots, args.json);
    }
    if let Some(data) = &args.detections.detections {
        return detections::run(data, &args.detections, plots, args.json);
    }
    match (&args.localisation.localisation, &args.localisation.grades) {
        (Some(data), Some(grades)) => localisation::run(data, grades, args.json),
        // clap requires one of the three and its companion arguments.
        _ => Err(Failure::new(
            Exit::Usage,
            anyhow::anyhow!("nothing to evaluate was given; see `foramen evaluate --help`"),
        )),
    }
}

/// Prints `text`, or `report` as JSON.
fn answer<T: serde::Serialize>(report: &T, json: bool, text: impl FnOnce() -> String) -> Result<(), Failure> {
    let text = if json {
        serde_json::to_string_pretty(report).map_err(|e| Failure::new(Exit::Error, e))? + "\n"
    } else {
        text()
    };
    print(text.as_bytes())
}
