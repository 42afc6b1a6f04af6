//! Command sets (PS3.7): the requests and answers that travel before data sets.

use super::{
    elements::{Elements, Malformed, Tag},
    status::Status,
};

/// The most bytes of a command set: some ten elements.
pub const MOST_OF_COMMAND: usize = 64 << 10;

const CLASS: Tag = (0, 0x0002);
const FIELD: Tag = (0, 0x0100);
const MESSAGE: Tag = (0, 0x0110);
const ANSWERED: Tag = (0, 0x0120);
const DESTINATION: Tag = (0, 0x0600);
const PRIORITY: Tag = (0, 0x0700);
const DATA_SET: Tag = (0, 0x0800);
const STATUS: Tag = (0, 0x0900);
const COMMENT: Tag = (0, 0x0902);
const INSTANCE: Tag = (0, 0x1000);
const REMAINING: Tag = (0, 0x1020);
const COMPLETED: Tag = (0, 0x1021);
const FAILED: Tag = (0, 0x1022);
const WARNED: Tag = (0, 0x1023);

/// `CommandDataSetType` where no data set follows.
const NO_DATA_SET: u16 = 0x0101;

/// What is asked or answered. An answer has the number of its request and the highest bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// C-STORE.
    Store,
    /// C-GET.
    Get,
    /// C-FIND.
    Find,
    /// C-MOVE.
    Move,
    /// C-ECHO.
    Echo,
    /// C-CANCEL, which nobody answers.
    Cancel,
}

impl Verb {
    const ALL: [Self; 6] = [Self::Store, Self::Get, Self::Find, Self::Move, Self::Echo, Self::Cancel];

    fn code(self) -> u16 {
        match self {
            Self::Store => 0x0001,
            Self::Get => 0x0010,
            Self::Find => 0x0020,
            Self::Move => 0x0021,
            Self::Echo => 0x0030,
            Self::Cancel => 0x0FFF,
        }
    }

    /// As DICOM writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Store => "C-STORE",
            Self::Get => "C-GET",
            Self::Find => "C-FIND",
            Self::Move => "C-MOVE",
            Self::Echo => "C-ECHO",
            Self::Cancel => "C-CANCEL",
        }
    }
}

/// How far a retrieval is, as the archive counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// To be sent yet.
    pub remaining: u16,
    /// Sent.
    pub completed: u16,
    /// Not sent.
    pub failed: u16,
    /// Sent with a warning.
    pub warned: u16,
}

/// A command set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(Elements);

impl Command {
    /// A request.
    pub fn request(verb: Verb, class: &str, message: u16, has_data: bool) -> Self {
        let mut set = Elements::default();
        set.put_uid(CLASS, class);
        set.put_number(FIELD, verb.code());
        set.put_number(MESSAGE, message);
        if verb != Verb::Echo {
            set.put_number(PRIORITY, 0);
        }
        set.put_number(DATA_SET, if has_data { 1 } else { NO_DATA_SET });
        Self(set)
    }

    /// A request to stop answering another one.
    pub fn cancel(message: u16) -> Self {
        let mut set = Elements::default();
        set.put_number(FIELD, Verb::Cancel.code());
        set.put_number(ANSWERED, message);
        set.put_number(DATA_SET, NO_DATA_SET);
        Self(set)
    }

    /// The answer to a request, without a data set.
    #[must_use]
    pub fn answer(&self, status: u16) -> Self {
        let mut set = Elements::default();
        set.put_uid(CLASS, &self.class());
        set.put_number(FIELD, self.0.number(FIELD).unwrap_or_default() | 0x8000);
        set.put_number(ANSWERED, self.message());
        set.put_number(DATA_SET, NO_DATA_SET);
        set.put_number(STATUS, status);
        if !self.instance().is_empty() {
            set.put_uid(INSTANCE, &self.instance());
        }
        Self(set)
    }

    /// With the instance that is stored.
    #[must_use]
    pub fn of_instance(mut self, instance: &str) -> Self {
        self.0.put_uid(INSTANCE, instance);
        self
    }

    /// With the AE title that images are sent to.
    #[must_use]
    pub fn to_destination(mut self, title: &str) -> Self {
        self.0.put_text(DESTINATION, title);
        self
    }

    /// Reads a command set.
    ///
    /// # Errors
    ///
    /// It is no set, or one without a command.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        Elements::decode(bytes).map(Self)
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        self.0.encode_command()
    }

    /// The verb, and whether it is an answer; `None` if we don't know it.
    pub fn verb(&self) -> Option<(Verb, bool)> {
        let code = self.0.number(FIELD)?;
        let verb = Verb::ALL.into_iter().find(|verb| verb.code() == code & 0x7FFF)?;
        Some((verb, code & 0x8000 != 0))
    }

    /// Whether a data set follows.
    pub fn has_data(&self) -> bool {
        self.0.number(DATA_SET).is_some_and(|kind| kind != NO_DATA_SET)
    }

    /// `AffectedSOPClassUID`.
    pub fn class(&self) -> String {
        self.0.text(CLASS)
    }

    /// `AffectedSOPInstanceUID`: from outside, so anything.
    pub fn instance(&self) -> String {
        self.0.text(INSTANCE)
    }

    /// The number of the request.
    pub fn message(&self) -> u16 {
        self.0.number(MESSAGE).unwrap_or_default()
    }

    /// The number of the request that this answers.
    pub fn answered(&self) -> Option<u16> {
        self.0.number(ANSWERED)
    }

    /// The status of an answer; one without is a failure.
    pub fn status(&self) -> Status {
        Status { code: self.0.number(STATUS).unwrap_or(0x0110), comment: self.0.text(COMMENT) }
    }

    /// How far a retrieval is, if the answer says so.
    pub fn counts(&self) -> Option<Counts> {
        let number = |tag: Tag| self.0.number(tag);
        [REMAINING, COMPLETED, FAILED, WARNED].into_iter().any(|tag| number(tag).is_some()).then(|| Counts {
            remaining: number(REMAINING).unwrap_or_default(),
            completed: number(COMPLETED).unwrap_or_default(),
            failed: number(FAILED).unwrap_or_default(),
            warned: number(WARNED).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_and_its_answer() {
        let request = Command::request(Verb::Store, "1.2.840.10008.5.1.4.1.1.4", 7, true).of_instance("1.2.3");
        let read = Command::decode(&request.encode()).unwrap();
        assert_eq!((read.verb(), read.has_data(), read.message()), (Some((Verb::Store, false)), true, 7));
        let answer = Command::decode(&read.answer(0xA700).encode()).unwrap();
        assert_eq!((answer.verb(), answer.has_data()), (Some((Verb::Store, true)), false));
        assert_eq!((answer.answered(), answer.status().code, answer.instance().as_str()), (Some(7), 0xA700, "1.2.3"));
        assert_eq!((answer.counts(), Command::cancel(7).answered()), (None, Some(7)));
    }

    #[test]
    fn a_set_without_what_it_needs_is_a_failure_not_a_success() {
        let empty = Command::decode(&[]).unwrap();
        assert_eq!((empty.verb(), empty.has_data(), empty.answered()), (None, false, None));
        assert_eq!(empty.status().outcome(), super::super::status::Outcome::Failure);
    }
}
