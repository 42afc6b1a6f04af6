//! Progress on a terminal, and argument values that several commands share.

use std::{
    io::IsTerminal,
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on stderr that counts `what`; hidden unless stderr is a terminal.
pub fn bar(what: &str) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template(&format!("{{msg}} {{wide_bar}} {{pos}}/{{len}} {what} {{eta}}"))
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(None, target).with_style(style)
}

/// How often a long operation reports its progress if no terminal shows a bar.
const EVERY: Duration = Duration::from_secs(5);

/// Progress of a long operation: a bar on a terminal, else a line on stderr every five seconds. Short operations print
/// nothing.
pub struct Teller {
    bar: ProgressBar,
    /// Without a terminal.
    pace: Option<Mutex<Pace>>,
}

impl Teller {
    /// Counts `what`.
    pub fn new(what: &'static str) -> Self {
        let has_terminal = std::io::stderr().is_terminal();
        Self { bar: bar(what), pace: (!has_terminal).then(|| Mutex::new(Pace::new(what, EVERY))) }
    }

    /// `done` of `all` in this stage of the work. May be called from any thread, and often.
    pub fn at(&self, stage: &str, done: usize, all: usize) {
        let Some(pace) = &self.pace else {
            self.bar.set_message(stage.to_owned());
            self.bar.set_length(all as u64);
            self.bar.set_position(done as u64);
            return;
        };
        // A thread that finds the lock taken lets the other one report.
        if let Ok(mut pace) = pace.try_lock()
            && let Some(line) = pace.line(Instant::now(), stage, done, all)
        {
            eprintln!("foramen: {line}");
        }
    }

    /// Removes the bar.
    pub fn end(&self) {
        if !self.bar.is_finished() {
            self.bar.finish_and_clear();
        }
    }
}

/// When to report progress, and of what.
struct Pace {
    what: &'static str,
    every: Duration,
    begun: Instant,
    said: Instant,
}

impl Pace {
    fn new(what: &'static str, every: Duration) -> Self {
        let now = Instant::now();
        Self { what, every, begun: now, said: now }
    }

    /// The line, if it is time for one.
    fn line(&mut self, now: Instant, stage: &str, done: usize, all: usize) -> Option<String> {
        if now.duration_since(self.said) < self.every {
            return None;
        }
        self.said = now;
        let percent = done * 100 / all.max(1);
        let seconds = now.duration_since(self.begun).as_secs();
        Some(format!("{stage}: {done} of {all} {} ({percent} %) after {seconds} s", self.what))
    }
}

/// A number from 0 to 1.
pub fn share(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_work_says_how_far_it_is_and_a_short_one_nothing() {
        let mut pace = Pace::new("images", Duration::from_secs(5));
        let at = |seconds: u64| pace.begun + Duration::from_secs(seconds);
        let times = [1, 4, 5, 6, 9, 11].map(at);
        let lines: Vec<String> =
            times.iter().enumerate().filter_map(|(i, now)| pace.line(*now, "scs", 100 * i, 800)).collect();
        assert_eq!(lines, ["scs: 200 of 800 images (25 %) after 5 s", "scs: 500 of 800 images (62 %) after 11 s"]);
    }
}
