//! What the reader should know: shown for a while over the images, the last line in the status bar, all of them in
//! a window.

use std::time::{Duration, Instant};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something was done.
    Said,
    /// One of many details: only in the list.
    Detail,
    /// Something is missing or in doubt.
    Warning,
    /// Something failed.
    Error,
}

impl Kind {
    /// How long it stands over the images; `None` for not at all.
    const fn lifetime(self) -> Option<Duration> {
        match self {
            Self::Detail => None,
            Self::Said => Some(Duration::from_secs(4)),
            Self::Warning => Some(Duration::from_secs(10)),
            Self::Error => Some(Duration::from_hours(24)),
        }
    }
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How bad it is.
    pub kind: Kind,
    /// In the reader's words.
    pub text: String,
    /// When, counted from the start of the program.
    pub at: Instant,
    closed: bool,
}

/// More lines than this are not kept: a folder of broken files must not fill the memory.
const MOST: usize = 2000;

/// All lines, oldest first.
#[derive(Debug, Default)]
pub struct Notices(Vec<Notice>);

impl Notices {
    /// Something was done.
    pub fn say(&mut self, text: String) {
        self.push(Kind::Said, text);
    }

    /// The same, unless it is being said already.
    pub fn say_once(&mut self, text: &str) {
        if !self.fresh().any(|(_, notice, _)| notice.text == text) {
            self.say(text.to_owned());
        }
    }

    /// One of many details, of which a warning tells the sum.
    pub fn note(&mut self, text: String) {
        self.push(Kind::Detail, text);
    }

    /// Something is missing or in doubt.
    pub fn warn(&mut self, text: String) {
        self.push(Kind::Warning, text);
    }

    /// Something failed.
    pub fn error(&mut self, text: String) {
        self.push(Kind::Error, text);
    }

    fn push(&mut self, kind: Kind, text: String) {
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(Notice { kind, text, at: Instant::now(), closed: false });
    }

    /// The newest that is more than a detail.
    pub fn last(&self) -> Option<&Notice> {
        self.0.iter().rev().find(|n| n.kind != Kind::Detail)
    }

    /// Those that are shown over the images, newest last, and for how long still. An error stays until it is closed.
    pub fn fresh(&self) -> impl Iterator<Item = (usize, &Notice, Duration)> {
        let numbered = self.0.iter().enumerate().filter(|(_, n)| !n.closed);
        numbered.filter_map(|(i, n)| Some((i, n, n.kind.lifetime()?.checked_sub(n.at.elapsed())?)))
    }

    /// The reader has seen it.
    pub fn close(&mut self, index: usize) {
        self.0.iter_mut().skip(index).take(1).for_each(|n| n.closed = true);
    }

    /// All of them, to be copied into a letter.
    pub fn text(&self) -> String {
        self.0.iter().map(|n| n.text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Notice> {
        self.0.iter()
    }
}
