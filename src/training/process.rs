//! The driver as a running program: its output, and how it ends.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::{Kind, Python, PythonError, TrainError};
use crate::files::WriteError;

/// Number of last lines kept for an error message.
const KEPT: usize = 200;

/// What happens while a model is trained.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A stage begins, or is skipped.
    Stage(&'a Stage),
    /// An epoch is done.
    Epoch(&'a Progress),
    /// Something that the user should know.
    Warning(&'a str),
    /// A line of the program's own output.
    Line(&'a str),
}

/// A stage of a training.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Stage {
    /// Number of the stage, from 1.
    pub stage: usize,
    /// How many stages there are.
    pub stages: usize,
    /// Whether any earlier work exists.
    pub state: StageState,
    /// Where its table of epochs is written.
    pub results: PathBuf,
}

/// What already exists of a stage when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Nothing is there: it begins.
    New,
    /// Some epochs: it is resumed.
    Begun,
    /// All of it: it is skipped.
    Done,
}

/// What is known after an epoch.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Progress {
    /// Number of the stage, from 1.
    pub stage: usize,
    /// How many stages there are.
    pub stages: usize,
    /// From 1, within the stage.
    pub epoch: usize,
    /// As far as is known.
    pub epochs: usize,
    /// Losses by their names, and what validation gave where there was one.
    pub loss: Vec<(String, f64)>,
    /// Since the stage began or was resumed.
    pub seconds: u64,
}

/// A trained and exported model, before it is checked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exported {
    /// In the work folder.
    pub onnx: PathBuf,
    /// Version of the ONNX operators.
    pub opset: i64,
    /// By class index; the second stage has none.
    pub names: Vec<String>,
    /// How good it is on the validation part, by the names of the measures.
    pub metrics: Vec<(String, f64)>,
    /// Of the second stage: a file with an input and what the trained network answers, as little-endian floats.
    #[serde(default)]
    pub example: Option<PathBuf>,
    /// Whether the forward pass ran in bfloat16.
    pub bfloat16: bool,
    /// Programs that made it.
    pub versions: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Epoch(Progress),
    Stage(Stage),
    Exported(Exported),
    Refused { refused: String },
    Unfetched { unfetched: String, why: String },
    Warning { warning: String },
}

/// The output of both streams of the driver, in order of arrival.
struct Words {
    log: File,
    kept: VecDeque<String>,
}

/// Runs the driver and its job, which are in `work`.
pub fn run(kind: Kind, python: &Python, work: &Path, on_event: &dyn Fn(Event<'_>)) -> Result<Exported, TrainError> {
    let start = |source| PythonError::Start { python: python.path.clone(), source };
    let log = work.join(kind.log());
    let file = File::options()
        .create(true)
        .append(true)
        .open(&log)
        .map_err(|source| WriteError { path: log.clone(), source })?;
    let words = Mutex::new(Words { log: file, kept: VecDeque::new() });
    let mut child = Command::new(&python.path)
        .args(["driver.py", "job.json", "attended"])
        .current_dir(work)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(start)?;
    // Held until the driver has ended: it exits when this pipe is closed.
    let attendance = child.stdin.take();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (mut exported, mut refused) = (None, None::<TrainError>);
    std::thread::scope(|scope| {
        // Both pipes must be emptied, or the child waits for us.
        scope.spawn(|| lines(stderr, &mut |line| keep(&words, line)));
        lines(stdout, &mut |line| {
            let message = line.strip_prefix("FORAMEN ").and_then(|m| serde_json::from_str(m).ok());
            match message {
                Some(Message::Epoch(progress)) => on_event(Event::Epoch(&progress)),
                Some(Message::Stage(stage)) => on_event(Event::Stage(&stage)),
                Some(Message::Warning { warning }) => on_event(Event::Warning(&warning)),
                Some(Message::Exported(done)) => exported = Some(done),
                Some(Message::Refused { refused: why }) => refused = Some(TrainError::Refused(why)),
                Some(Message::Unfetched { unfetched: name, why }) => {
                    refused = Some(TrainError::Fetch { name, fetcher: kind.fetcher(), why });
                }
                None => {
                    on_event(Event::Line(line));
                    keep(&words, line);
                }
            }
        });
    });
    let status = child.wait().map_err(start)?;
    drop(attendance);
    if let Some(why) = refused {
        return Err(why);
    }
    match exported {
        Some(exported) if status.success() => Ok(exported),
        _ => {
            let kept = words.into_inner().unwrap_or_else(PoisonError::into_inner).kept;
            if kept.iter().any(|line| line.contains("No space left on device")) {
                return Err(TrainError::DiskFull(work.to_owned()));
            }
            let begun = work.join("stage1/weights/last.pt").is_file();
            let (trainer, words) = (kind.trainer(), last_words(&kept));
            Err(TrainError::Failed { trainer, status: status.to_string(), words, log, begun })
        }
    }
}

/// Calls `each` with every line, without colours and without text that a progress bar has overwritten.
fn lines(stream: Option<impl Read>, each: &mut dyn FnMut(&str)) {
    let Some(mut stream) = stream.map(BufReader::new) else { return };
    let mut bytes = Vec::new();
    while stream.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
        let line = plain(&String::from_utf8_lossy(&bytes));
        if let Some(line) = line.trim_end().rsplit('\r').find(|part| !part.trim().is_empty()) {
            each(line);
        }
        bytes.clear();
    }
}

fn keep(words: &Mutex<Words>, line: &str) {
    let mut words = words.lock().unwrap_or_else(PoisonError::into_inner);
    // A log that cannot be written is no reason to end a training.
    let _ = writeln!(words.log, "{line}");
    if words.kept.len() == KEPT {
        words.kept.pop_front();
    }
    words.kept.push_back(line.to_owned());
}

/// Without terminal colours (`ESC [ … letter`).
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        rest = after.find(|c: char| c.is_ascii_alphabetic()).map_or("", |at| &after[at + 1..]);
    }
    out + rest
}

/// The error that ended it, or its last line.
fn last_words(lines: &VecDeque<String>) -> String {
    const LONGEST: usize = 400;
    let lines: Vec<&str> = lines.iter().map(|line| strip_rank(line).trim()).filter(|line| !line.is_empty()).collect();
    // With several GPUs the launcher's own error comes last and says only that a worker failed.
    let is_error = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default();
        let is_name = !name.contains(' ') && ["Error", "Exception", "Interrupt"].iter().any(|e| name.ends_with(e));
        is_name && !name.ends_with("CalledProcessError") && !name.ends_with("ChildFailedError")
    };
    let words = match lines.iter().rposition(is_error) {
        Some(at) => lines[at..].iter().take(4).copied().collect::<Vec<_>>().join(" "),
        None => lines.last().map_or_else(|| "no output".to_owned(), ToString::to_string),
    };
    match words.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{} ...", &words[..at]),
        None => words,
    }
}

/// torch puts `[rank0]: ` before a worker's output.
fn strip_rank(line: &str) -> &str {
    match line.strip_prefix("[rank").and_then(|rest| rest.split_once("]:")) {
        Some((number, rest)) if number.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> String {
        let mut kept = VecDeque::new();
        lines(Some(text.as_bytes()), &mut |line| kept.push_back(line.to_owned()));
        last_words(&kept)
    }

    #[test]
    fn the_error_is_found_among_what_ultralytics_says() {
        let cases = [
            (
                "\u{1b}[31mTraceback\u{1b}[0m (most recent call last):\n  File \"x\", line 1\nValueError: Invalid CUDA 'device=7' requested.\nuse 'device=cpu'\n\n",
                "ValueError: Invalid CUDA 'device=7' requested. use 'device=cpu'",
            ),
            (
                "[rank1]: torch.cuda.OutOfMemoryError: CUDA out of memory\nTraceback\nsubprocess.CalledProcessError: Command '[...]' returned\n",
                "torch.cuda.OutOfMemoryError: CUDA out of memory Traceback subprocess.CalledProcessError: Command '[...]' returned",
            ),
            ("1/9 one\r2/9 two\r9/9 all\nKilled\n", "Killed"),
            ("1/9 one\r2/9 two\r", "2/9 two"),
            ("", "no output"),
        ];
        for (text, expected) in cases {
            assert_eq!(words(text), expected);
        }
        assert!(words(&"x".repeat(5000)).len() < 500);
    }
}
