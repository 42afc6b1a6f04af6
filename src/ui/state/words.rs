//! Grades, boxes and places in words, for tooltips, for the panel and for those who listen.

use super::{
    place::{self},
    session::{Gone, Grading, Session},
    strip::Weak,
};
use crate::{
    geometry::PlaneKind,
    grading::{Assessment, Conflict, Evidence, Grade, GradeId, Severity, Side, SliceId},
    review::BoxChoice,
    study::{Patient, Series, Study},
};

/// What is said of a cell, the reader's word first. Three different things stay three different things.
pub fn of_cell(session: &Session, id: GradeId) -> String {
    let cell = session.review().cell(id);
    let program = of_program(session, id);
    let comment = if cell.comment.is_empty() { "" } else { "; with a comment" };
    match cell.decision {
        Some(decision) => format!("{} by the reader; the program: {program}{comment}", decision.label()),
        None => format!("{program}{comment}"),
    }
}

fn of_program(session: &Session, id: GradeId) -> String {
    let row = session.run.table.as_ref().map(|table| table.get(id));
    match row.map(|row| (&row.assessment, doubt(row))) {
        Some((Assessment::Detected { probabilities: p, .. }, doubt)) => {
            let parts = Severity::ALL.iter().map(|&s| format!("{} {:.2}", s.label(), p.of(s)));
            let scores = parts.collect::<Vec<_>>().join(", ");
            match doubt {
                Some(doubt) => format!("{doubt} (scores: {scores})"),
                None => format!("{} (scores: {scores})", p.most_likely().label()),
            }
        }
        _ => why_empty(session, id).unwrap_or_default(),
    }
}

/// Why a cell has no scores of its own; `None` where it has.
pub fn why_empty(session: &Session, id: GradeId) -> Option<String> {
    Some(match session.run.table.as_ref().map(|table| &table.get(id).assessment) {
        Some(Assessment::Detected { .. }) => return None,
        Some(Assessment::Prior { .. }) => {
            "not seen: the detector looked and drew no box; exports state the prevalence of each severity".to_owned()
        }
        _ if session.run.progress.is_pending() => "not graded yet".to_owned(),
        Some(Assessment::NotAssessed { reason }) => format!("not assessed: {reason}"),
        None => match &session.run.progress {
            Grading::Failed(why) => format!("not assessed: {why}"),
            _ => "not assessed".to_owned(),
        },
    })
}

/// What is said of a row instead of a grade whose study is too unlike those that the models know; `None` of others.
pub fn doubt(row: &Grade) -> Option<String> {
    let moved = row.moved().filter(|_| row.is_doubtful())?;
    Some(format!("doubtful, not a grade: the scores were moved {moved} of the way to what is usual for the level"))
}

/// How little stands behind a cell; `None` where enough does.
pub fn weak(weak: &Weak) -> String {
    let Weak { score, voted, slices } = weak;
    format!("weak evidence: the best box scores {score:.2}; {voted} of {} voted", count(*slices, "slice", "slices"))
}

/// Where the panes were brought for a cell without a box.
pub fn gone(id: GradeId, gone: Gone) -> String {
    let level = id.level().label();
    match gone {
        Gone::ToDisc => format!("The panes show where to look: {level}, found on the sagittal images"),
        Gone::ToEstimate => {
            format!("The panes show roughly where to look: {level} was not found; estimated from other discs")
        }
        Gone::ToNearest => format!("No slice of this series lies at {level}; the panes show the nearest"),
        Gone::Nowhere(why) => format!("The position of {level} is not known: {why}"),
    }
}

/// The same where it is in doubt.
pub fn gone_doubt(id: GradeId, gone: Gone) -> Option<String> {
    (gone != Gone::ToDisc).then(|| self::gone(id, gone))
}

/// What the reader's box was drawn for against where it lies; `None` where they agree, or nobody knows.
pub fn conflict_by_hand(session: &Session, id: GradeId) -> Option<String> {
    let lies = place::of_box_by_hand(session, id)?;
    let side = |side: Option<Side>| side.map_or("", Side::label).to_lowercase();
    let words = |conflict: &Conflict| match (conflict, lies.level) {
        (Conflict::Level, Some(level)) => format!("drawn for {}, lies at {}", id.level().label(), level.label()),
        (Conflict::Level, None) => format!("drawn for {}, lies at no disc of that level", id.level().label()),
        (Conflict::Side, _) => format!("drawn for the {} side, lies on the {}", side(id.side()), side(lies.side)),
        (Conflict::Size, _) => "far too large for any graded structure".to_owned(),
    };
    let parts: Vec<String> = lies.conflicts.iter().map(words).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What contradicts the box that a cell shows: the reader's where there is one, else the detector's best.
pub fn conflict_of_cell(session: &Session, id: GradeId) -> Option<String> {
    match session.review().cell(id).region {
        BoxChoice::Reader(_) => conflict_by_hand(session, id),
        BoxChoice::Removed => None,
        BoxChoice::Model => conflict(id, session.run.table.as_ref()?.get(id).key_evidence()?),
    }
}

/// What a box claims against where it lies; `None` where they agree.
pub fn conflict(id: GradeId, evidence: &Evidence) -> Option<String> {
    let claim = evidence.detection.class.grade;
    let side = |side: Option<Side>| side.map_or("", Side::label);
    let mut parts = Vec::new();
    for conflict in &evidence.conflicts {
        parts.push(match conflict {
            Conflict::Level if claim.level() == id.level() => {
                format!("says {}, lies at no disc of that level", claim.level().label())
            }
            Conflict::Level => format!("says {}, lies at {}", claim.level().label(), id.level().label()),
            Conflict::Size => "far too large for any graded structure".to_owned(),
            Conflict::Side => format!("says {}, lies {}", side(claim.side()), side(id.side())),
        });
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The series and the slice: `SAG T2, slice 7 of 13, L 1.6 mm`.
pub fn place(study: &Study, id: &SliceId) -> Option<String> {
    let (series, slice) = study.find(id)?;
    let series = &study.series[series];
    let name = series_name(series);
    let at = position(series, slice).map(|at| format!(", {at}")).unwrap_or_default();
    Some(format!("{name}, slice {} of {}{at}", slice + 1, series.slices.len()))
}

/// What a series is called.
pub fn series_name(series: &Series) -> &str {
    if series.description.is_empty() { "series without a name" } else { &series.description }
}

/// Where a slice lies, along the axis nearest to its normal: `L 1.6 mm`.
pub fn position(series: &Series, slice: usize) -> Option<String> {
    let plane = series.slices.get(slice)?.plane?;
    let center = plane.center();
    let (value, positive, negative) = match PlaneKind::of(&plane) {
        PlaneKind::Sagittal => (center.x, 'L', 'R'),
        PlaneKind::Coronal => (center.y, 'P', 'A'),
        PlaneKind::Axial => (center.z, 'H', 'F'),
    };
    Some(format!("{} {:.1} mm", if value < 0.0 { negative } else { positive }, value.abs()))
}

/// A box's score, and what it counts where that is something else.
pub fn score(evidence: &Evidence) -> String {
    let (score, counts) = (evidence.detection.score, evidence.weight);
    if evidence.is_place {
        return format!("no detector drew it; the second stage looked here: {} {score:.2}", evidence.severity.label());
    }
    if (score - counts).abs() < 0.005 {
        format!("{} {score:.2}", evidence.severity.label())
    } else {
        format!("{} {score:.2}, counts {counts:.2}", evidence.severity.label())
    }
}

/// What a study is called: the patient, else an ID; `None` where the files name neither.
pub fn study_name<'a>(patient: &'a Patient, uid: &'a str) -> Option<&'a str> {
    [patient.name.as_str(), &patient.id, uid].into_iter().find(|text| !text.is_empty())
}

/// The same for an open study.
pub fn open_study_name(session: &Session) -> &str {
    study_name(&session.study.patient, session.study.uid.as_str()).unwrap_or("Study without a name")
}

/// `20260102` as `2026-01-02`; anything else as it is.
pub fn date(date: &str) -> String {
    match (date.get(..4), date.get(4..6), date.get(6..8)) {
        (Some(y), Some(m), Some(d)) if date.len() == 8 => format!("{y}-{m}-{d}"),
        _ => date.to_owned(),
    }
}

/// "1 slice", "2 slices".
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Why a grade cannot be accepted at this moment.
pub const fn not_drawn(is_hidden: bool) -> &'static str {
    if is_hidden {
        "Not accepted: the box behind this grade is hidden. Show it, or enter the severity that you see"
    } else {
        "Not accepted: the box behind this grade was not on screen yet"
    }
}

/// With a capital letter first.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{grading::Detection, raster::BBox};

    #[test]
    fn a_box_that_is_overruled_says_what_it_names_and_where_it_lies() {
        let slice = SliceId { series_uid: "1".into(), sop_instance_uid: "1".into(), twin: 0, frame: 0 };
        let class = "left_neural_foraminal_narrowing_l3_l4_severe".parse().unwrap();
        let detection = Detection { class, score: 0.7, bbox: BBox::new(0.0, 0.0, 9.0, 9.0), slice };
        let conflicts = vec![Conflict::Level, Conflict::Side];
        let mut evidence = Evidence { severity: Severity::Severe, weight: 0.25, detection, conflicts, is_place: false };
        let id = "right_neural_foraminal_narrowing_l4_l5".parse().unwrap();
        assert_eq!(conflict(id, &evidence).unwrap(), "says L3/L4, lies at L4/L5; says Left, lies Right");
        assert_eq!(score(&evidence), "Severe 0.70, counts 0.25");
        evidence.conflicts.clear();
        evidence.weight = 0.7;
        assert_eq!((conflict(id, &evidence), score(&evidence)), (None, "Severe 0.70".to_owned()));
        evidence.is_place = true;
        assert!(score(&evidence).starts_with("no detector drew it"));
    }
}
