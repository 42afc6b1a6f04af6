//! What a report says, before it takes a form: the program's grades, the reader's word where there is one, the boxes,
//! the sentences, and where all of it comes from.

use std::collections::{HashMap, HashSet};

use super::{
    SYNTHETIC,
    identity::Identity,
    provenance::{Provenance, ReviewStatus},
};
use crate::{
    RESEARCH_USE_ONLY,
    grading::{Grade, GradeId, Level, Severity, SliceId},
    markup::Markup,
    moment::Moment,
    pipeline::GradedStudy,
    raster::BBox,
    review::{self, BoxChoice, CellReview, Review, Statement},
    study::{Patient, Study},
    uid::{SeriesUid, SopInstanceUid},
};

/// Why there is no report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Grades of another study.
    #[error("the grades are of another study than the images: no report is written. Grade this study again")]
    OtherStudy,
    /// Boxes on images that the study does not have.
    #[error("{0} boxes lie on images that are not in this study: no report is written. Grade this study again")]
    OtherImages(usize),
    /// The levels of the grades have other numbers than the reader gave them.
    #[error("the levels were renumbered while the report was made: make it again")]
    OtherNumbers,
    /// Files of several patients under one `StudyInstanceUID`.
    #[error(
        "the files of this study name different patients: no report is written. Correct the headers, or open the \
         patients' files apart"
    )]
    MixedPatients,
}

/// One study with all that is said of it.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// Headers.
    pub study: &'a Study,
    /// What the program found.
    pub graded: &'a GradedStudy,
    /// What the reader says; untouched if nobody looked.
    pub review: &'a Review,
    /// Measurements, notes, key images.
    pub markup: &'a Markup,
    /// Where it comes from.
    pub provenance: Provenance,
    /// Whether it says whose it is.
    pub identity: Identity,
    /// Every `SOPInstanceUID` that images of several series have.
    repeated: HashSet<&'a str>,
}

/// A box behind a row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowRegion {
    /// On which slice.
    pub slice: SliceId,
    /// Where, in pixel edges.
    pub bbox: BBox,
    /// What the detector's box votes for; none of a reader's box.
    pub severity: Option<Severity>,
    /// The detector's score; none of a reader's box.
    pub score: Option<f32>,
    /// The reader drew it.
    pub by_reader: bool,
}

/// One of the 25 rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// Which.
    pub id: GradeId,
    /// What the program says.
    pub grade: &'a Grade,
    /// What the reader says.
    pub review: &'a CellReview,
    /// What is said in the end.
    pub statement: Statement,
    /// The reader's comment; empty for none, and where the identity is removed.
    pub comment: &'a str,
    /// The boxes behind it, the one to show first in front: the reader's alone, or the detector's.
    pub regions: Vec<RowRegion>,
}

impl<'a> Report<'a> {
    /// Puts together what belongs together, and refuses what does not.
    pub fn new(
        study: &'a Study,
        graded: &'a GradedStudy,
        review: &'a Review,
        markup: &'a Markup,
        created: Moment,
        identity: Identity,
    ) -> Result<Self, ReportError> {
        if study.mixed_patients {
            return Err(ReportError::MixedPatients);
        }
        if study.uid != graded.study_uid {
            return Err(ReportError::OtherStudy);
        }
        if graded.shift() != review.shift() {
            return Err(ReportError::OtherNumbers);
        }
        let provenance = Provenance::of(study, graded, review, created);
        let report = Self { study, graded, review, markup, provenance, identity, repeated: repeated(study) };
        let regions = report.rows().into_iter().flat_map(|row| row.regions);
        match regions.filter(|region| study.find(&region.slice).is_none()).count() {
            0 => Ok(report),
            strange => Err(ReportError::OtherImages(strange)),
        }
    }

    /// Who it is of; blank where the identity is removed.
    pub fn patient(&self) -> Patient {
        self.identity.patient(&self.study.patient)
    }

    /// `StudyDate` as in the file.
    pub fn study_date(&self) -> &'a str {
        self.identity.text(&self.study.date)
    }

    /// `StudyDescription`.
    pub fn description(&self) -> &'a str {
        self.identity.text(&self.study.description)
    }

    /// A UID as it stands in the file, or its stand-in.
    pub fn uid(&self, original: impl AsRef<str>) -> String {
        self.identity.uid(original.as_ref())
    }

    /// The same of an image of a series. An image's UID that several files of the study have, as in the contest, has a
    /// stand-in for each series.
    pub fn instance_uid(&self, series: &SeriesUid, original: &SopInstanceUid) -> String {
        if self.identity.is_removed() && self.is_repeated(original) {
            self.identity.uid(&format!("{series}/{original}"))
        } else {
            self.identity.uid(original.as_str())
        }
    }

    /// Whether images of several series have this `SOPInstanceUID`, so that it names none of them.
    pub fn is_repeated(&self, instance: &SopInstanceUid) -> bool {
        self.repeated.contains(instance.as_str())
    }

    /// Whether a person has decided anything.
    pub fn is_reviewed(&self) -> bool {
        self.provenance.status != ReviewStatus::NotReviewed
    }

    /// The 25 rows in the order of [`GradeId::ALL`].
    pub fn rows(&self) -> Vec<Row<'a>> {
        self.graded.table.rows().iter().map(|grade| self.row(grade)).collect()
    }

    fn row(&self, grade: &'a Grade) -> Row<'a> {
        let review = self.review.cell(grade.id);
        Row {
            id: grade.id,
            grade,
            review,
            statement: Statement::of(grade, review),
            comment: self.identity.text(&review.comment),
            regions: regions(grade, review),
        }
    }

    /// What is said of each level, head to foot.
    pub fn sentences(&self) -> Vec<(Level, String)> {
        let statements = self.statements();
        let of = |id: GradeId| statements.get(id.index());
        let written = |level| self.review.sentence(level).filter(|_| !self.identity.is_removed());
        let sentence = |level| written(level).map_or_else(|| review::sentence(level, &of), str::to_owned);
        Level::ALL.iter().map(|&level| (level, sentence(level))).collect()
    }

    /// The end of the impression.
    pub fn conclusion(&self) -> String {
        let statements = self.statements();
        let written = self.review.conclusion().filter(|_| !self.identity.is_removed());
        written.map_or_else(|| review::conclusion(&|id: GradeId| statements.get(id.index())), str::to_owned)
    }

    fn statements(&self) -> Vec<Statement> {
        self.graded.table.rows().iter().map(|grade| Statement::of(grade, self.review.cell(grade.id))).collect()
    }

    /// The reader's comment to the whole study.
    pub fn remark(&self) -> &'a str {
        self.identity.text(self.review.remark())
    }

    /// What must be read before anything else, on every form and page.
    pub fn banner(&self) -> Vec<String> {
        let mut lines = vec![RESEARCH_USE_ONLY.to_owned()];
        if self.study.is_synthetic() {
            lines.push(SYNTHETIC.to_owned());
        }
        if self.provenance.is_demo() {
            lines.push("DEMO models, trained on computed phantoms: the grades mean nothing for a patient".to_owned());
        }
        lines.push(self.status_line());
        lines
    }

    /// How far a person has gone through the grades, in words.
    pub fn status_line(&self) -> String {
        match &self.provenance.status {
            ReviewStatus::NotReviewed => "Not reviewed by a person".to_owned(),
            ReviewStatus::InReview { decided } => format!("{decided} of 25 grades reviewed; not signed"),
            ReviewStatus::Signed(_) if self.identity.is_removed() => "Reviewed and signed by a person".to_owned(),
            ReviewStatus::Signed(signature) => format!("Signed by {}, {} UTC", signature.who, signature.when),
        }
    }

    /// Where it comes from, line by line.
    pub fn provenance_lines(&self) -> Vec<String> {
        self.provenance.lines(self.identity.is_removed())
    }
}

/// The UIDs that images of several series have. Within one series, images that share a UID are told apart as twins.
fn repeated(study: &Study) -> HashSet<&str> {
    let instances = study.series.iter().flat_map(|series| &series.slices).map(|slice| &slice.instance);
    let mut series_of: HashMap<&str, &str> = HashMap::new();
    instances
        .filter(|instance| !instance.sop_instance_uid.is_missing())
        .map(|instance| (instance.sop_instance_uid.as_str(), instance.series_uid.as_str()))
        .filter(|(uid, series)| *series_of.entry(uid).or_insert(series) != *series)
        .map(|(uid, _)| uid)
        .collect()
}

/// The reader's box alone where there is one; none where the reader took it away; else the detector's, the one to show
/// first in front.
fn regions(grade: &Grade, review: &CellReview) -> Vec<RowRegion> {
    match &review.region {
        BoxChoice::Removed => Vec::new(),
        BoxChoice::Reader(region) => vec![RowRegion {
            slice: region.slice.clone(),
            bbox: region.bbox,
            severity: None,
            score: None,
            by_reader: true,
        }],
        BoxChoice::Model => {
            let stated = review.decision.and_then(review::Decision::severity);
            let first = grade.evidence().iter().find(|e| Some(e.severity) == stated).or_else(|| grade.key_evidence());
            let rest = grade.evidence().iter().filter(|e| first != Some(*e));
            first.into_iter().chain(rest).map(RowRegion::from).collect()
        }
    }
}

impl From<&crate::grading::Evidence> for RowRegion {
    fn from(evidence: &crate::grading::Evidence) -> Self {
        Self {
            slice: evidence.detection.slice.clone(),
            bbox: evidence.detection.bbox,
            severity: Some(evidence.severity),
            score: Some(evidence.detection.score),
            by_reader: false,
        }
    }
}

#[cfg(test)]
mod tests;
