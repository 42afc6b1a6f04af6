//! `foramen bench`: measures the speed of the viewer on this machine, using its real state without a screen.

use std::{path::PathBuf, time::Instant};

use super::exit::{Exit, Failure, Outcome, print};
use crate::detector::EngineChoice;

/// Measure the viewer on a study: time to the first image, CPU time per frame while scrolling, memory
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder, file, zip or DICOMDIR; the demo study if left out
    study: Option<PathBuf>,
    /// Number of frames to scroll, one slice each, at 60 per second
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
    /// Measure only decoding: every slice once, on one thread, after a warm-up round
    #[arg(long, requires = "study", conflicts_with_all = ["grading", "frames"])]
    decode: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// What `--decode` measured.
#[derive(Debug, serde::Serialize)]
struct Decoded {
    slices: usize,
    failed: usize,
    seconds: f64,
}

fn size(text: &str) -> Result<[f32; 2], String> {
    let parts: Option<Vec<f32>> = text.split('x').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some(&[width, height]) if (100.0..=16_000.0).contains(&width) && (100.0..=16_000.0).contains(&height) => {
            Ok([width, height])
        }
        _ => Err("expected a size such as 1920x1080, each side 100 to 16000".to_owned()),
    }
}

pub fn run(args: Args) -> Outcome {
    match &args.study {
        Some(path) if !path.exists() => {
            Err(Failure::new(Exit::Input, anyhow::anyhow!("{}: no such file or folder", path.display())))
        }
        Some(path) if args.decode => decode(path.clone(), args.json),
        _ => view(args),
    }
}

fn decode(path: PathBuf, as_json: bool) -> Outcome {
    let scan = super::scan(&[path])?;
    let slices: Vec<_> = scan.studies.iter().flat_map(|s| &s.series).flat_map(|s| &s.slices).collect();
    let round = || slices.iter().filter(|slice| std::hint::black_box(slice.decode()).is_err()).count();
    let failed = round();
    let start = Instant::now();
    round();
    let decoded = Decoded { slices: slices.len(), failed, seconds: start.elapsed().as_secs_f64() };
    let text = if as_json {
        serde_json::to_string(&decoded).map_err(|e| Failure::new(Exit::Error, e))? + "\n"
    } else {
        let each = decoded.seconds * 1000.0 / decoded.slices.max(1) as f64;
        format!("{} slices decoded, {failed} failed, {each:.3} ms each\n", decoded.slices)
    };
    print(text.as_bytes()).map(|()| Exit::Ok)
}

#[cfg(feature = "gui")]
fn view(args: Args) -> Outcome {
    use crate::{ui::bench, worker::GradeWith};

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
        ("slice not ready in time", format!("{} of {} frames", report.late_frames, report.frames)),
        (
            "slices in memory, at most",
            format!("{:.1} of {:.0} MiB", mega(report.cache_bytes as u64), mega(report.cache_bound as u64)),
        ),
        ("peak memory", format!("{:.1} MiB", mega(report.peak_memory))),
    ];
    lines.map(|(name, value)| format!("{name:<28} {value}\n")).concat()
}

#[cfg(not(feature = "gui"))]
fn view(_: Args) -> Outcome {
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
