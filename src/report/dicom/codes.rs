//! The codes of our objects: DICOM's, SNOMED CT's, and our own (scheme `99FORAMEN`) where neither has the concept.
//!
//! Our own codes matter most where a similar code would mislead: the contest's lowest grade is "normal or mild", which
//! SNOMED's "Normal" and "Mild" both misstate, and "not seen", "not assessed" and "not assessable" are not severities
//! at all.

use crate::grading::{Condition, Level, Severity, Side};

/// A coded concept: value, scheme, meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub value: &'static str,
    pub scheme: &'static str,
    pub meaning: &'static str,
}

/// Our coding scheme.
pub const SCHEME: &str = "99FORAMEN";

const fn dcm(value: &'static str, meaning: &'static str) -> Code {
    Code { value, scheme: "DCM", meaning }
}

const fn sct(value: &'static str, meaning: &'static str) -> Code {
    Code { value, scheme: "SCT", meaning }
}

const fn own(value: &'static str, meaning: &'static str) -> Code {
    Code { value, scheme: SCHEME, meaning }
}

pub const MEASUREMENT_REPORT: Code = dcm("126000", "Imaging Measurement Report");
pub const LANGUAGE: Code = dcm("121049", "Language of Content Item and Descendants");
pub const ENGLISH: Code = Code { value: "en-US", scheme: "RFC5646", meaning: "English (United States)" };
pub const OBSERVER_TYPE: Code = dcm("121005", "Observer Type");
pub const PERSON: Code = dcm("121006", "Person");
pub const DEVICE: Code = dcm("121007", "Device");
pub const PERSON_OBSERVER_NAME: Code = dcm("121008", "Person Observer Name");
pub const DEVICE_OBSERVER_UID: Code = dcm("121012", "Device Observer UID");
pub const DEVICE_OBSERVER_NAME: Code = dcm("121013", "Device Observer Name");
pub const DEVICE_OBSERVER_MANUFACTURER: Code = dcm("121014", "Device Observer Manufacturer");
pub const DEVICE_OBSERVER_MODEL: Code = dcm("121015", "Device Observer Model Name");
pub const PROCEDURE_REPORTED: Code = dcm("121058", "Procedure reported");
pub const IMAGE_LIBRARY: Code = dcm("111028", "Image Library");
pub const IMAGE_LIBRARY_GROUP: Code = dcm("126200", "Image Library Group");
pub const MODALITY: Code = dcm("121139", "Modality");
pub const MR: Code = dcm("MR", "Magnetic Resonance");
pub const IMAGING_MEASUREMENTS: Code = dcm("126010", "Imaging Measurements");
pub const MEASUREMENT_GROUP: Code = dcm("125007", "Measurement Group");
pub const TRACKING_IDENTIFIER: Code = dcm("112039", "Tracking Identifier");
pub const TRACKING_UID: Code = dcm("112040", "Tracking Unique Identifier");
pub const FINDING: Code = dcm("121071", "Finding");
pub const ALGORITHM_NAME: Code = dcm("111001", "Algorithm Name");
pub const ALGORITHM_PARAMETERS: Code = dcm("111002", "Algorithm Parameters");
pub const ALGORITHM_VERSION: Code = dcm("111003", "Algorithm Version");
pub const IMAGE_REGION: Code = dcm("111030", "Image Region");
pub const SOURCE_OF_MEASUREMENT: Code = dcm("121112", "Source of Measurement");
pub const CERTAINTY: Code = dcm("111012", "Certainty of Finding");
pub const COMMENT: Code = dcm("121106", "Comment");
pub const IMPRESSION: Code = dcm("121073", "Impression");
pub const OF_INTEREST: Code = dcm("113000", "Of Interest");
pub const KEY_OBJECT_DESCRIPTION: Code = dcm("113012", "Key Object Description");

pub const FINDING_SITE: Code = sct("363698007", "Finding Site");
pub const LATERALITY: Code = sct("272741003", "Laterality");
pub const SEVERITY: Code = sct("246112005", "Severity");

pub const PERCENT: Code = Code { value: "%", scheme: "UCUM", meaning: "Percent" };

/// SNOMED's procedure with this name could not be checked here; our own has the same meaning.
pub const LUMBAR_MRI: Code = own("mri_lumbar_spine", "MRI of the lumbar spine");
pub const NOTICE: Code = own("notice", "Notice");
pub const WARNING: Code = own("warning", "Warning of the program");
pub const PROVENANCE: Code = own("provenance", "Provenance");
pub const REMARK: Code = own("remark", "Remark of the reader");
pub const REASON: Code = own("reason", "Reason why it was not assessed");
pub const DECISION: Code = own("reader_decision", "Decision of the reader");
pub const MODEL_SEVERITY: Code = own("model_severity", "Severity stated by the model");
pub const REGION_SOURCE: Code = own("region_source", "Who drew the image region");

pub const ACCEPTED: Code = own("accepted", "Accepted by the reader");
pub const CHANGED: Code = own("changed", "Changed by the reader");
pub const REFUSED: Code = own("refused", "Called not assessable by the reader");
pub const UNDECIDED: Code = own("undecided", "No decision by a reader");

pub const BY_MODEL: Code = own("model", "Model");
pub const BY_READER: Code = own("reader", "Reader");

pub const DOUBTFUL: Code = own("doubtful", "Doubtful: images unlike those that the models were trained on");
pub const NOT_SEEN: Code = own("not_seen", "Not seen by the model: no box, which does not mean normal");
pub const NOT_ASSESSED: Code = own("not_assessed", "Not assessed");
pub const NOT_ASSESSABLE: Code = own("not_assessable", "Not assessable");

/// The code of a severity.
pub const fn severity(severity: Severity) -> Code {
    match severity {
        Severity::NormalMild => own("normal_mild", "Normal or mild, not told apart"),
        Severity::Moderate => sct("6736007", "Moderate"),
        Severity::Severe => sct("24484000", "Severe"),
    }
}

/// The name of a model's score for one severity. A score, not a probability of disease.
pub const fn score(severity: Severity) -> Code {
    match severity {
        Severity::NormalMild => own("score_norm_mild", "Model score for Normal/Mild"),
        Severity::Moderate => own("score_moderate", "Model score for Moderate"),
        Severity::Severe => own("score_severe", "Model score for Severe"),
    }
}

/// The code of a condition.
pub const fn condition(condition: Condition) -> Code {
    match condition {
        Condition::SpinalCanalStenosis => sct("18347007", "Spinal stenosis of lumbar region"),
        Condition::NeuralForaminalNarrowing => sct("371000119109", "Stenosis of intervertebral foramina"),
        Condition::SubarticularStenosis => own("subarticular", "Subarticular stenosis"),
    }
}

/// Where.
pub const fn level(level: Level) -> Code {
    match level {
        Level::L1L2 => sct("243920003", "Level of L1/L2 intervertebral disc"),
        Level::L2L3 => sct("243921004", "Level of L2/L3 intervertebral disc"),
        Level::L3L4 => sct("243922006", "Level of L3/L4 intervertebral disc"),
        Level::L4L5 => sct("243923001", "Level of L4/L5 intervertebral disc"),
        Level::L5S1 => sct("243927000", "Level of L5/S1 intervertebral disc"),
    }
}

/// On which side of the patient.
pub const fn side(side: Side) -> Code {
    match side {
        Side::Left => sct("7771000", "Left"),
        Side::Right => sct("24028007", "Right"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_fit_and_ours_are_not_confused() {
        let severities = Severity::ALL.iter().flat_map(|&s| [severity(s), score(s)]);
        let conditions = Condition::ALL.iter().map(|&c| condition(c));
        let levels = Level::ALL.iter().map(|&l| level(l));
        let others = [
            LUMBAR_MRI,
            NOTICE,
            WARNING,
            PROVENANCE,
            REMARK,
            REASON,
            DECISION,
            MODEL_SEVERITY,
            REGION_SOURCE,
            ACCEPTED,
            CHANGED,
            REFUSED,
            UNDECIDED,
            BY_MODEL,
            BY_READER,
            DOUBTFUL,
            NOT_SEEN,
            NOT_ASSESSED,
            NOT_ASSESSABLE,
        ];
        let all: Vec<Code> = severities.chain(conditions).chain(levels).chain(others).collect();
        for code in &all {
            assert!(code.value.len() <= 16 && code.meaning.len() <= 64, "{code:?}");
        }
        let distinct: BTreeSet<(&str, &str)> = all.iter().map(|code| (code.scheme, code.value)).collect();
        assert_eq!(distinct.len(), all.len());
    }
}
