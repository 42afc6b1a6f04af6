//! Oddities of single files that did not prevent reading them. Files of one series usually share them, so each is
//! reported once.

use super::issue::Issue;

/// Something odd about one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// What it was and how it was handled.
    pub message: String,
    /// Nothing is missing or doubtful because of it.
    pub is_note: bool,
}

impl Doubt {
    /// Something is missing or doubtful.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_note: false }
    }

    /// Something to know, for which nothing is missing.
    pub fn note(message: impl Into<String>) -> Self {
        Self { message: message.into(), is_note: true }
    }
}

/// Each doubt once, with the first file it concerns and the number of others; in order of appearance.
pub fn gathered(doubts: impl IntoIterator<Item = (Doubt, String)>) -> Vec<Issue> {
    let mut once: Vec<(Doubt, String, usize)> = Vec::new();
    for (doubt, file) in doubts {
        match once.iter_mut().find(|(seen, ..)| *seen == doubt) {
            Some((_, _, more)) => *more += 1,
            None => once.push((doubt, file, 0)),
        }
    }
    let issue = |(Doubt { message, is_note }, file, more): (Doubt, String, usize)| {
        let message = match more {
            0 => message,
            1 => format!("{message} (also in 1 more file)"),
            _ => format!("{message} (also in {more} more files)"),
        };
        Issue { file, message, is_note }
    };
    once.into_iter().map(issue).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_files_share_is_said_once() {
        let doubts = [("a", "x"), ("b", "y"), ("c", "x"), ("d", "x")];
        let mut doubts: Vec<_> = doubts.iter().map(|(f, m)| (Doubt::new(*m), (*f).to_owned())).collect();
        doubts.push((Doubt::note("x"), "e".to_owned()));
        let issues = gathered(doubts);
        let said: Vec<_> = issues.iter().map(|i| (i.file.as_str(), i.message.as_str(), i.is_note)).collect();
        assert_eq!(said, [("a", "x (also in 2 more files)", false), ("b", "y", false), ("e", "x", true)]);
    }
}
