//! What the numbers in answers mean (PS3.4 and PS3.7 annex C), in words.

use std::fmt;

/// The status of an answer, with what the archive said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// The number.
    pub code: u16,
    /// `ErrorComment`, which some archives give.
    pub comment: String,
}

/// What follows from a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Success,
    /// Done, but not quite as asked.
    Warning,
    /// More answers come.
    Pending,
    /// Stopped, as asked.
    Cancelled,
    /// Not done.
    Failure,
}

impl Status {
    /// A status without a comment.
    pub fn of(code: u16) -> Self {
        Self { code, comment: String::new() }
    }

    /// What follows from it.
    pub fn outcome(&self) -> Outcome {
        match self.code {
            0 => Outcome::Success,
            0xFF00 | 0xFF01 => Outcome::Pending,
            0xFE00 => Outcome::Cancelled,
            0x0001 | 0x0107 | 0x0116 | 0xB000..=0xBFFF => Outcome::Warning,
            _ => Outcome::Failure,
        }
    }

    fn meaning(&self) -> &'static str {
        match self.code {
            0x0000 => "done",
            0x0001 => "done, but without something that was asked for",
            0x0105 => "no such attribute",
            0x0106 => "invalid attribute value",
            0x0107 => "some attributes were ignored",
            0x0110 => "the archive could not process the request",
            0x0111 => "it has this object already",
            0x0112 => "no such object",
            0x0115 => "invalid argument",
            0x0116 => "an attribute value was out of range",
            0x0117 => "invalid object instance",
            0x0118 => "no such class of objects",
            0x0119 => "class and instance do not belong together",
            0x0120 => "an attribute is missing",
            0x0122 => "it does not support this class of objects",
            0x0124 => "we are not authorised to do that",
            0x0210 => "two requests had the same number",
            0x0211 => "it does not know this operation",
            0x0212 => "it takes an argument of the request for wrong",
            0x0213 => "it is short of resources",
            0xA700..=0xA7FF if self.code == 0xA701 => "it is too busy to count what matches",
            0xA700..=0xA7FF if self.code == 0xA702 => "some or all images could not be sent",
            0xA700..=0xA7FF => "it is out of resources: its disk may be full",
            0xA801 => "it does not know where to send: our AE title, address and port must be entered there",
            0xA900..=0xA9FF => "the data set does not belong to its class of objects",
            0xAA00..=0xAAFF => "it could not process the request",
            0xB000 => "done with warnings: some elements were changed, or some images could not be sent",
            0xB006 => "stored, but some elements were left out",
            0xB007 => "stored, although the data set does not belong to its class of objects",
            0xC000..=0xCFFF => "it did not understand the request or the data",
            0xFE00 => "stopped, as asked",
            0xFF00 => "more answers follow",
            0xFF01 => "more answers follow; some keys of the question were ignored",
            _ => "for a reason that DICOM has no words for",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (status {:04X})", self.meaning(), self.code)?;
        if !self.comment.is_empty() {
            write!(f, ", and says: {}", crate::plain::line(&self.comment))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_words_and_an_outcome() {
        for (code, outcome, word) in [
            (0x0000, Outcome::Success, "done"),
            (0xA700, Outcome::Failure, "disk"),
            (0xA702, Outcome::Failure, "could not be sent"),
            (0xA801, Outcome::Failure, "AE title"),
            (0xB000, Outcome::Warning, "warnings"),
            (0xC001, Outcome::Failure, "understand"),
            (0xFE00, Outcome::Cancelled, "stopped"),
            (0xFF01, Outcome::Pending, "keys"),
            (0x0122, Outcome::Failure, "support"),
            (0x0110, Outcome::Failure, "process"),
            (0x1234, Outcome::Failure, "no words"),
        ] {
            let status = Status::of(code);
            assert_eq!(status.outcome(), outcome, "{code:04X}");
            assert!(status.to_string().contains(word) && status.to_string().contains(&format!("{code:04X}")));
        }
        let said = Status { code: 0xA700, comment: "disk\nfull".to_owned() }.to_string();
        assert!(said.ends_with("says: disk\\u{a}full"), "{said}");
    }
}
