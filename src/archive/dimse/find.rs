//! C-FIND: studies, series, and the instances of a series.

use super::{
    association::{Association, Proposal},
    command::{Command, Verb},
    elements::{Elements, Tag},
    pdu::protocol,
    status::Outcome,
};
use crate::{
    archive::{
        error::ArchiveError,
        node::{AeTitle, Node},
        query::{self, Found, FoundSeries, FoundStudy, Question},
    },
    cancel::Cancel,
    plain,
    study::CharacterSets,
    uid::{SeriesUid, SopInstanceUid, StudyUid},
};

/// Study root query/retrieve information model, FIND.
pub const FIND: &str = "1.2.840.10008.5.1.4.1.2.2.1";
/// The most instances of a series that we ask about.
const MOST_INSTANCES: usize = 100_000;

const CHARACTER_SET: Tag = (0x0008, 0x0005);
const CLASS: Tag = (0x0008, 0x0016);
pub const INSTANCE: Tag = (0x0008, 0x0018);
const STUDY_DATE: Tag = (0x0008, 0x0020);
const STUDY_TIME: Tag = (0x0008, 0x0030);
const ACCESSION: Tag = (0x0008, 0x0050);
const LEVEL: Tag = (0x0008, 0x0052);
const MODALITY: Tag = (0x0008, 0x0060);
const MODALITIES: Tag = (0x0008, 0x0061);
const STUDY_DESCRIPTION: Tag = (0x0008, 0x1030);
const SERIES_DESCRIPTION: Tag = (0x0008, 0x103E);
const PATIENT_NAME: Tag = (0x0010, 0x0010);
const PATIENT_ID: Tag = (0x0010, 0x0020);
const BIRTH_DATE: Tag = (0x0010, 0x0030);
const SEX: Tag = (0x0010, 0x0040);
const BODY_PART: Tag = (0x0018, 0x0015);
pub const STUDY: Tag = (0x0020, 0x000D);
pub const SERIES: Tag = (0x0020, 0x000E);
const SERIES_NUMBER: Tag = (0x0020, 0x0011);
const STUDY_SERIES: Tag = (0x0020, 0x1206);
const STUDY_INSTANCES: Tag = (0x0020, 0x1208);
const SERIES_INSTANCES: Tag = (0x0020, 0x1209);

/// An instance, as the archive lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundInstance {
    /// `SOPInstanceUID`: from outside, so anything.
    pub uid: SopInstanceUid,
    /// `SOPClassUID`, if it says so.
    pub class: String,
}

/// A connection to ask questions over.
pub struct Finder {
    association: Association,
    context: u8,
}

impl Finder {
    /// Connects to a node.
    pub fn connect(ours: &AeTitle, node: &Node, cancel: &Cancel) -> Result<Self, ArchiveError> {
        let mut association = Association::request(ours, node, &[Proposal::service(FIND)], cancel)?;
        association.during("to C-FIND");
        let context = association.service(FIND, "C-FIND, the search for studies")?;
        Ok(Self { association, context })
    }

    /// Ends the connection.
    pub fn release(self) {
        self.association.release();
    }

    /// At most `limit` answers.
    fn ask<T>(
        &mut self,
        question: &Elements,
        limit: usize,
        read: impl Fn(&Answer) -> T,
    ) -> Result<Found<T>, ArchiveError> {
        let message = self.association.next_message();
        self.association.send(self.context, &Command::request(Verb::Find, FIND, message, true))?;
        self.association.send_elements(self.context, question)?;
        let (mut answers, mut is_cut) = (Vec::new(), false);
        loop {
            let answer = self.association.answer(Verb::Find, message)?;
            let elements = answer.has_data().then(|| self.association.receive_elements(self.context)).transpose()?;
            let status = answer.status();
            match (status.outcome(), elements) {
                // What was on its way when we asked to stop.
                (Outcome::Pending, Some(_)) if is_cut => (),
                (Outcome::Pending, Some(_)) if answers.len() == limit => {
                    is_cut = true;
                    self.association.send(self.context, &Command::cancel(message))?;
                }
                (Outcome::Pending, Some(elements)) => answers.push(read(&Answer::new(elements))),
                (Outcome::Pending, None) => return Err(protocol("an answer to C-FIND has no content")),
                (Outcome::Success | Outcome::Warning, _) => return Ok(Found { answers, is_cut }),
                (Outcome::Cancelled, _) if is_cut => return Ok(Found { answers, is_cut }),
                (Outcome::Cancelled | Outcome::Failure, _) => {
                    return Err(ArchiveError::Failed { what: "the search (C-FIND)", status });
                }
            }
        }
    }

    /// The studies that match, lumbar MR first.
    pub fn studies(&mut self, question: &Question, limit: usize) -> Result<Found<FoundStudy>, ArchiveError> {
        let mut found = self.ask(&of_studies(question), limit, study)?;
        query::sort(&mut found.answers);
        Ok(found)
    }

    /// The series of a study.
    pub fn series(&mut self, study: &StudyUid, limit: usize) -> Result<Found<FoundSeries>, ArchiveError> {
        let mut asked = level("SERIES");
        asked.put_uid(STUDY, study.as_str());
        for tag in [SERIES, SERIES_NUMBER, MODALITY, SERIES_DESCRIPTION, BODY_PART, SERIES_INSTANCES] {
            asked.put(tag, Vec::new());
        }
        let mut found = self.ask(&asked, limit, |answer| FoundSeries {
            series_uid: answer.plain(SERIES).into(),
            number: answer.plain(SERIES_NUMBER).parse().ok(),
            modality: answer.text(MODALITY),
            description: answer.text(SERIES_DESCRIPTION),
            body_part: answer.text(BODY_PART),
            instances: answer.plain(SERIES_INSTANCES).parse().ok(),
        })?;
        found.answers.sort_by(|a, b| (a.number, &a.series_uid).cmp(&(b.number, &b.series_uid)));
        Ok(found)
    }

    /// The instances of a series.
    pub fn instances(&mut self, study: &StudyUid, series: &SeriesUid) -> Result<Vec<FoundInstance>, ArchiveError> {
        let mut asked = level("IMAGE");
        asked.put_uid(STUDY, study.as_str());
        asked.put_uid(SERIES, series.as_str());
        asked.put(INSTANCE, Vec::new());
        asked.put(CLASS, Vec::new());
        let read = |answer: &Answer| FoundInstance { uid: answer.plain(INSTANCE).into(), class: answer.plain(CLASS) };
        let found = self.ask(&asked, MOST_INSTANCES, read)?;
        if found.is_cut {
            return Err(ArchiveError::Bound(format!("a series has more than {MOST_INSTANCES} images")));
        }
        Ok(found.answers)
    }
}

/// A question, or a request, at a level.
pub fn level(name: &str) -> Elements {
    let mut asked = Elements::default();
    asked.put_text(LEVEL, name);
    asked
}

/// The keys of a search for studies.
fn of_studies(question: &Question) -> Elements {
    let mut asked = level("STUDY");
    for tag in [STUDY_TIME, STUDY_DESCRIPTION, BIRTH_DATE, SEX, STUDY_SERIES, STUDY_INSTANCES] {
        asked.put(tag, Vec::new());
    }
    let texts = [
        (PATIENT_NAME, question.patient_name.as_str()),
        (PATIENT_ID, &question.patient_id),
        (MODALITIES, &question.modality),
        (ACCESSION, &question.accession),
        (STUDY_DATE, &question.days()),
    ];
    for (tag, text) in texts {
        asked.put_text(tag, text);
    }
    if texts.iter().any(|(_, text)| !text.is_ascii()) {
        asked.put_text(CHARACTER_SET, "ISO_IR 192");
    }
    asked.put_uid(STUDY, question.study.as_ref().map_or("", StudyUid::as_str));
    asked
}

fn study(answer: &Answer) -> FoundStudy {
    let modalities = answer.text(MODALITIES);
    FoundStudy {
        study_uid: answer.plain(STUDY).into(),
        patient_name: answer.text(PATIENT_NAME),
        patient_id: answer.text(PATIENT_ID),
        birth_date: answer.text(BIRTH_DATE),
        sex: answer.text(SEX),
        date: answer.text(STUDY_DATE),
        time: answer.text(STUDY_TIME),
        description: answer.text(STUDY_DESCRIPTION),
        accession: answer.text(ACCESSION),
        modalities: modalities.split('\\').map(str::trim).filter(|m| !m.is_empty()).map(str::to_owned).collect(),
        series: answer.plain(STUDY_SERIES).parse().ok(),
        instances: answer.plain(STUDY_INSTANCES).parse().ok(),
    }
}

/// An answer with its own character set.
struct Answer {
    elements: Elements,
    sets: CharacterSets,
}

impl Answer {
    fn new(elements: Elements) -> Self {
        let sets = CharacterSets::named(&elements.text(CHARACTER_SET));
        Self { elements, sets }
    }

    /// A text in the answer's character set, harmless.
    fn text(&self, tag: Tag) -> String {
        let bytes = self.elements.bytes(tag).unwrap_or_default();
        let as_read: String = bytes.iter().map(|&b| char::from(b)).collect();
        // The doubts that it has are of no use in a list: what doesn't decode is shown as U+FFFD.
        let (text, _) = self.sets.decode(&as_read);
        plain::into_line(text.trim_matches(['\0', ' ']).to_owned())
    }

    /// UIDs and numbers.
    fn plain(&self, tag: Tag) -> String {
        plain::into_line(self.elements.text(tag).trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_asked_in_utf_8_and_read_in_the_set_of_the_answer() {
        let mut question = Question { patient_name: "Müller*".to_owned(), ..Question::default() };
        let asked = of_studies(&question);
        assert_eq!(
            (asked.text(CHARACTER_SET).as_str(), asked.bytes(PATIENT_NAME)),
            ("ISO_IR 192", Some("Müller*".as_bytes()))
        );
        question.patient_name = "Muller".to_owned();
        assert_eq!(of_studies(&question).bytes(CHARACTER_SET), None);
        for (set, bytes, name) in [
            ("ISO_IR 100", &b"M\xFCller^Zo\xEB"[..], "Müller^Zoë"),
            ("ISO_IR 192", "Müller^Zoë".as_bytes(), "Müller^Zoë"),
            ("ISO_IR 144", b"\xBB\xDE\xDA", "Лок"),
            ("\\ISO 2022 IR 87", b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", "Yamada^Tarou=山田^太郎"),
        ] {
            let mut elements = Elements::default();
            elements.put_text(CHARACTER_SET, set);
            elements.put(PATIENT_NAME, bytes.to_vec());
            assert_eq!(study(&Answer::new(elements)).patient_name, name, "{set}");
        }
    }

    #[test]
    fn what_an_archive_says_is_harmless_and_typed() {
        let mut elements = Elements::default();
        elements.put_text(MODALITIES, "MR\\SR ");
        elements.put_text(STUDY_DESCRIPTION, "LWS\n\x1b[2J");
        elements.put_text(STUDY_INSTANCES, " 120");
        elements.put_text(STUDY_SERIES, "many");
        let found = study(&Answer::new(elements));
        assert_eq!(
            (found.modalities, found.instances, found.series),
            (vec!["MR".into(), "SR".into()], Some(120), None)
        );
        assert!(!found.description.contains(char::is_control), "{}", found.description);
    }
}
