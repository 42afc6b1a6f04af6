//! `foramen bench`: how fast the viewer is on this machine, measured on its real state without a screen.

use std::path::PathBuf;

use super::exit::{Exit, Failure, Outcome};
use crate::detector::EngineChoice;

/// Measure the viewer on a study: time to the first image, CPU time of a frame while scrolling, memory
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder, file, zip or DICOMDIR; the demo study if left out
    study: Option<PathBuf>,
    /// Frames of scrolling, one slice each, at 60 a second
    #[arg(long, default_value_t = 600, value_name = "N")]
    frames: usize,
    /// Scroll while the detectors run
    #[arg(long)]
    grading: bool,
    /// Size of the window, in points
    #[arg(long, default_value = "1920x1080", value_name = "WxH", value_parser = size)]
    size: [f32; 2],
    /// Folder of ONNX models; the demo models if left out
    #[arg(long, value_name = "DIR")]
    models: Option<PathBuf>,
    /// Inference engine
    #[arg(long, value_enum, default_value_t)]
    engine: EngineChoice,
    /// As JSON
    #[arg(long)]
    json: bool,
}

fn size(text: &str) -> Result<[f32; 2], String> {
    let parts: Option<Vec<f32>> = text.split('x').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some(&[width, height]) if (100.0..=16_000.0).contains(&width) && (100.0..=16_000.0).contains(&height) => {
            Ok([width, height])
        }
        _ => Err("a size is written 1920x1080, each side 100 to 16000".to_owned()),
    }
}

#[cfg(feature = "gui")]
pub fn run(args: Args) -> Outcome {
    use super::exit::print;
    use crate::{ui::bench, worker::GradeWith};

    if let Some(path) = args.study.as_ref().filter(|path| !path.exists()) {
        return Err(Failure::new(Exit::Input, anyhow::anyhow!("{}: no such file or folder", path.display())));
    }
    let options = bench::Options { study: args.study, frames: args.frames, grading: args.grading, size: args.size };
    let with = GradeWith { models: args.models, engine: args.engine };
    let report = bench::run(&options, with).map_err(|why| Failure::new(Exit::Input, anyhow::anyhow!(why)))?;
    let text = if args.json {
        serde_json::to_string_pretty(&report).map_err(|e| Failure::new(Exit::Error, e))? + "\n"
    } else {
        table(&report)
    };
    print(text.as_bytes()).map(|()| Exit::Ok)
}

#[cfg(feature = "gui")]
fn table(report: &crate::ui::bench::Report) -> String {
    let mega = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let frame = report.frame_ms;
    let lines = [
        ("slices", format!("{}", report.slices)),
        ("first image", format!("{:.1} ms", report.first_image_ms)),
        ("CPU time of a frame, median", format!("{:.2} ms", frame.median)),
        ("99th percentile", format!("{:.2} ms", frame.p99)),
        ("largest", format!("{:.2} ms", frame.max)),
        ("slice not there in time", format!("{} of {} frames", report.late_frames, report.frames)),
        (
            "slices in memory, at most",
            format!("{:.1} of {:.0} MiB", mega(report.cache_bytes as u64), mega(report.cache_bound as u64)),
        ),
        ("peak memory", format!("{:.1} MiB", mega(report.peak_memory))),
    ];
    lines.map(|(name, value)| format!("{name:<28} {value}\n")).concat()
}

#[cfg(not(feature = "gui"))]
pub fn run(_: Args) -> Outcome {
    Err(Failure::new(Exit::NoDisplay, anyhow::anyhow!("this build has no window to measure (feature `gui` is off)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_numbers() {
        assert_eq!(size("1280x720"), Ok([1280.0, 720.0]));
        assert!(["", "x", "1280", "1x1", "axb", "1280x720x3"].iter().all(|text| size(text).is_err()));
    }
}
