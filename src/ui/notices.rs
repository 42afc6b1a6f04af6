//! What the reader should know: the last line in the status bar, all of them in a window.

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something was done.
    Said,
    /// Something is missing or in doubt.
    Warning,
    /// Something failed.
    Error,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How bad it is.
    pub kind: Kind,
    /// In the reader's words.
    pub text: String,
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
        self.0.push(Notice { kind, text });
    }

    /// The newest.
    pub fn last(&self) -> Option<&Notice> {
        self.0.last()
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
