//! The content of a report, independent of the format: the program's grades, the reader's decisions where there are
//! any, the boxes, the sentences, and the provenance.

use std::collections::{HashMap, HashSet};

use super::{
    SYNTHETIC,
    identity::Identity,
    provenance::{Provenance, ReviewStatus},
};
use crate::{
    RESEARCH_USE_ONLY,
    grading::{Grade, GradeId, Level, Severity, SliceId, Unfamiliar},
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
    /// The grades belong to another study.
    #[error("the grades belong to a different study from the images: no report is written. Grade this study again")]
    OtherStudy,
    /// Boxes are on images that the study does not have.
    #[error("{0} boxes lie on images that are not in this study: no report is written. Grade this study again")]
    OtherImages(usize),
    /// The levels of the grades are numbered differently from the review.
    #[error("the levels were renumbered while the report was made: make it again")]
    OtherNumbers,
    /// Files of several patients share one `StudyInstanceUID`.
    #[error(
        "the files of this study name different patients: no report is written. Correct the headers, or open the \
         patients' files separately"
    )]
    MixedPatients,
}

/// One study with all its results.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// The headers of its images.
    pub study: &'a Study,
    /// The program's grades, with models and warnings.
    pub graded: &'a GradedStudy,
    /// The reader's review; untouched if nobody reviewed it.
    pub review: &'a Review,
    /// The reader's measurements, notes and key images.
    pub markup: &'a Markup,
    /// Program, models, settings, images and issues that it comes from.
    pub provenance: Provenance,
    /// Whether it contains the patient's identity.
    pub identity: Identity,
    /// Every `SOPInstanceUID` that images of several series share.
    repeated: HashSet<&'a str>,
}

/// A box behind a row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowRegion {
    /// The frame that the box lies on.
    pub slice: SliceId,
    /// In pixel edges of the slice as it is stored in the file.
    pub bbox: BBox,
    /// What the detector's box votes for; none for a reader's box.
    pub severity: Option<Severity>,
    /// The detector's score; none for a reader's box.
    pub score: Option<f32>,
    /// Whether the reader drew it; else the detector did.
    pub by_reader: bool,
}

/// One of the 25 rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// Condition, side and level.
    pub id: GradeId,
    /// The program's row, with evidence.
    pub grade: &'a Grade,
    /// The reader's decision, comment and box; untouched if there are none.
    pub review: &'a CellReview,
    /// The final statement.
    pub statement: Statement,
    /// The reader's comment; empty if there is none or the identity is removed.
    pub comment: &'a str,
    /// The boxes behind it, the one to show first at the front: only the reader's, or the detector's.
    pub regions: Vec<RowRegion>,
}

impl<'a> Report<'a> {
    /// Puts together what belongs together, and refuses what does not.
    ///
    /// ```
    /// use foramen::{
    ///     cancel::Cancel,
    ///     detector::ModelSet,
    ///     grading::{Assessment, GradeTable, Prior},
    ///     markup::Markup,
    ///     moment::Moment,
    ///     phantom,
    ///     pipeline::{self, GradeOptions},
    ///     report::{self, Format, Identity, Report, Template},
    ///     review::Review,
    ///     study,
    /// };
    ///
    /// let study = study::scan_memory(phantom::study_in_memory(1)).studies.remove(0);
    /// // Graded without models; the rows are those of another program.
    /// let (models, options) = (ModelSet::default(), GradeOptions::default());
    /// let mut graded = pipeline::grade(&study, &models, &options, &Cancel::default(), &|_| ())?;
    /// let prior = Prior::default();
    /// graded.table = GradeTable::from_fn(|id| Assessment::Prior { probabilities: prior.of(id) });
    ///
    /// let (review, markup) = (Review::default(), Markup::default());
    /// let report = Report::new(&study, &graded, &review, &markup, Moment::now(), Identity::Full)?;
    /// assert_eq!(report.rows().len(), 25);
    /// assert!(!report.is_reviewed());
    ///
    /// let text = report::text(&report);
    /// assert!(text.contains(foramen::RESEARCH_USE_ONLY));
    ///
    /// // As PDF and as DICOM structured report.
    /// let (files, _warnings) = Format::Pdf.produce(&report, &Template::default())?;
    /// assert!(files[0].bytes.starts_with(b"%PDF"));
    /// let (files, _warnings) = Format::Sr.produce(&report, &Template::default())?;
    /// assert_eq!(&files[0].bytes[128..132], b"DICM");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Study and grades are of two studies, a box lies on an image that the study does not have, or the files of the
    /// study name several patients.
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

    /// Whose report it is; blank where the identity is removed.
    pub fn patient(&self) -> Patient {
        self.identity.patient(&self.study.patient)
    }

    /// `StudyDate` as in the file; empty where the identity is removed.
    pub fn study_date(&self) -> &'a str {
        self.identity.text(&self.study.date)
    }

    /// `StudyDescription`; empty where the identity is removed.
    pub fn description(&self) -> &'a str {
        self.identity.text(&self.study.description)
    }

    /// A UID as in the file, or its replacement.
    pub fn uid(&self, original: impl AsRef<str>) -> String {
        self.identity.uid(original.as_ref())
    }

    /// The same for an image of a series. An image UID that several files of the study share, as in the contest, gets a
    /// replacement for each series.
    pub fn instance_uid(&self, series: &SeriesUid, original: &SopInstanceUid) -> String {
        if self.identity.is_removed() && self.is_repeated(original) {
            self.identity.uid(&format!("{series}/{original}"))
        } else {
            self.identity.uid(original.as_str())
        }
    }

    /// Whether images of several series have this `SOPInstanceUID`, so that it identifies none of them.
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

    /// The sentence for each level, head to foot.
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

    /// The reader's comment on the whole study.
    pub fn remark(&self) -> &'a str {
        self.identity.text(self.review.remark())
    }

    /// What must be read before anything else, in every format and on every page.
    pub fn banner(&self) -> Vec<String> {
        let mut lines = vec![RESEARCH_USE_ONLY.to_owned()];
        if self.study.is_synthetic() {
            lines.push(SYNTHETIC.to_owned());
        }
        if self.provenance.is_demo() {
            lines.push("DEMO models, trained on computed phantoms: the grades mean nothing for a patient".to_owned());
        }
        if self.graded.unfamiliar.as_ref().is_some_and(Unfamiliar::is_mostly_prior) {
            lines.push(
                "Images unlike those that the models were trained on: only a reader's grades say anything".to_owned(),
            );
        }
        lines.push(self.status_line());
        lines
    }

    /// The review state, in words.
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

/// The UIDs that images of several series have. Within one series, images that share a UID are distinguished as twins.
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

/// Only the reader's box if there is one; none if the reader removed it; else the detector's, the one to show first at
/// the front.
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
