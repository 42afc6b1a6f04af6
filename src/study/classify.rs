//! Which series is which: the role that decides what detector looks at it, always with the reason.

use crate::{geometry::PlaneKind, grading::Role};

/// What is known of a series when its role is decided.
#[derive(Debug, Clone, Default)]
pub struct Facts<'a> {
    /// Plane of most slices.
    pub plane: Option<PlaneKind>,
    /// The contest CSV's description, if there is one.
    pub csv_description: Option<&'a str>,
    /// `SeriesDescription`.
    pub description: &'a str,
    /// `ProtocolName`.
    pub protocol: &'a str,
    /// `StudyDescription`.
    pub study_description: &'a str,
    /// `BodyPartExamined`.
    pub body_part: &'a str,
    /// `Modality`; empty in contest files.
    pub modality: &'a str,
    /// `ImageType`.
    pub image_type: &'a str,
    /// `ContrastBolusAgent`.
    pub contrast_agent: &'a str,
    /// `ScanningSequence`.
    pub scanning_sequence: &'a str,
    /// `RepetitionTime`, ms.
    pub repetition_time: Option<f64>,
    /// `EchoTime`, ms.
    pub echo_time: Option<f64>,
    /// `InversionTime`, ms.
    pub inversion_time: Option<f64>,
    /// How many slices.
    pub slices: usize,
}

/// What the image weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weighting {
    T1,
    T2,
    Stir,
}

/// Body parts that are no lumbar spine, as words of descriptions.
const ELSEWHERE: [(&str, &[&str]); 8] = [
    ("the head", &["head", "brain", "cranium", "neuro", "skull", "kopf", "cerebral"]),
    ("the cervical spine", &["cspine", "cervical", "neck", "hws"]),
    ("the thoracic spine", &["tspine", "thoracic", "dorsal", "bws"]),
    ("a knee", &["knee", "knie"]),
    ("a hip or the pelvis", &["hip", "pelvis", "prostate"]),
    ("a shoulder or arm", &["shoulder", "elbow", "wrist", "hand"]),
    ("a foot or leg", &["foot", "ankle", "leg", "femur"]),
    ("the chest, heart or abdomen", &["chest", "heart", "cardiac", "liver", "abdomen", "breast"]),
];
const LUMBAR: [&str; 8] = ["lumbar", "lspine", "ls", "lws", "lumbosacral", "lumbal", "tlspine", "phantom"];

/// The role and one phrase why.
pub fn classify(facts: &Facts<'_>) -> (Option<Role>, String) {
    if let Some(text) = facts.csv_description {
        return match text.parse::<CsvDescription>() {
            Ok(CsvDescription(role)) => (Some(role), format!("'{text}' in train_series_descriptions.csv")),
            Err(()) => (None, format!("train_series_descriptions.csv calls it '{text}', which no detector reads")),
        };
    }
    if let Some(why) = excluded(facts) {
        return (None, why);
    }
    let Some(plane) = facts.plane else {
        return (None, "its slices have no position and orientation".to_owned());
    };
    let Some((weighting, from)) = weighting(facts) else {
        return (None, format!("{plane}, but neither its description nor its timing says T1 or T2"));
    };
    match (plane, weighting) {
        (PlaneKind::Sagittal, Weighting::T1) => (Some(Role::Nfn), format!("sagittal, {from}")),
        (PlaneKind::Sagittal, Weighting::T2 | Weighting::Stir) => (Some(Role::Scs), format!("sagittal, {from}")),
        (PlaneKind::Axial, Weighting::T2) => (Some(Role::Ss), format!("axial, {from}")),
        _ => (None, format!("{plane} and {from}: no detector reads that")),
    }
}

struct CsvDescription(Role);

impl std::str::FromStr for CsvDescription {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match words(text).join(" ").as_str() {
            "sagittal t1" => Ok(Self(Role::Nfn)),
            "sagittal t2 stir" | "sagittal t2" | "sagittal stir" => Ok(Self(Role::Scs)),
            "axial t2" => Ok(Self(Role::Ss)),
            _ => Err(()),
        }
    }
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_ascii_lowercase).collect()
}

/// Why a series is not for the detectors whatever it looks like.
fn excluded(facts: &Facts<'_>) -> Option<String> {
    if !facts.modality.is_empty() && facts.modality != "MR" {
        return Some(format!("its modality is {}, not MR", facts.modality));
    }
    let own = words(&format!("{} {}", facts.description, facts.protocol));
    let has = |list: &[&str], all: &[String]| list.iter().any(|w| all.iter().any(|x| x == w));
    let image_type = facts.image_type.to_ascii_uppercase();
    if image_type.contains("LOCALIZER") || has(&["localizer", "localiser", "scout", "survey", "loc", "locator"], &own) {
        return Some("a localizer".to_owned());
    }
    if image_type.contains("DERIVED")
        && ["PROJECTION", "MPR", "REFORMATTED", "SUBTRACT"].iter().any(|w| image_type.contains(w))
    {
        return Some("computed from other images (ImageType)".to_owned());
    }
    if !facts.contrast_agent.is_empty() || has(&["gd", "gad", "contrast", "post", "km", "+c"], &own) {
        return Some("after contrast agent".to_owned());
    }
    let region = |text: &str| {
        let mut all = words(text);
        // "L SPINE" and "C-SPINE" are one word elsewhere.
        let pairs: Vec<String> = all.windows(2).map(<[String]>::concat).collect();
        all.extend(pairs);
        all
    };
    // The series' own words before those of the whole study.
    for (text, place) in [
        (format!("{} {}", facts.description, facts.protocol), "its description"),
        (facts.body_part.to_owned(), "BodyPartExamined"),
        (facts.study_description.to_owned(), "the study's description"),
    ] {
        let all = region(&text);
        if has(&LUMBAR, &all) {
            return None;
        }
        if let Some((what, _)) = ELSEWHERE.iter().find(|(_, list)| has(list, &all)) {
            return Some(format!("{place} says it shows {what}, not the lumbar spine"));
        }
    }
    // Nothing says that it is a lumbar spine: three slices never are.
    (facts.slices < 4).then(|| format!("only {} slice{}", facts.slices, if facts.slices == 1 { "" } else { "s" }))
}

/// T1, T2 or STIR, from the words of the description or else from the sequence's times.
fn weighting(facts: &Facts<'_>) -> Option<(Weighting, String)> {
    let all = words(&format!("{} {}", facts.description, facts.protocol));
    let says = |prefix: &str| all.iter().find(|w| w.starts_with(prefix) || w.ends_with(prefix));
    if let Some(word) = says("stir").or_else(|| says("tirm")) {
        return Some((Weighting::Stir, format!("'{word}' in its description")));
    }
    let (t1, t2) = (says("t1"), says("t2"));
    match (t1, t2) {
        (Some(_), None) => return Some((Weighting::T1, "'T1' in its description".to_owned())),
        (None, Some(_)) => return Some((Weighting::T2, "'T2' in its description".to_owned())),
        _ => (),
    }
    let (tr, te) = (facts.repetition_time?, facts.echo_time?);
    let inversion =
        facts.inversion_time.is_some_and(|ti| (80.0..300.0).contains(&ti)) || facts.scanning_sequence.contains("IR");
    let timing = format!("TR {tr:.0} ms, TE {te:.0} ms");
    if facts.scanning_sequence.contains("GR") || facts.scanning_sequence.contains("EP") {
        return None;
    }
    if inversion && tr > 1500.0 {
        return Some((Weighting::Stir, format!("{timing} with inversion")));
    }
    if tr < 1000.0 && te < 30.0 {
        return Some((Weighting::T1, timing));
    }
    (tr > 1800.0 && te > 60.0).then_some((Weighting::T2, timing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(plane: PlaneKind, description: &str) -> Facts<'_> {
        Facts { plane: Some(plane), description, modality: "MR", slices: 15, ..Facts::default() }
    }

    #[test]
    fn scanners_words_give_roles() {
        use PlaneKind::{Axial, Sagittal};
        for (plane, text, role) in [
            (Sagittal, "SAG T1 TSE", Some(Role::Nfn)),
            (Sagittal, "t2_tse_sag_384", Some(Role::Scs)),
            (Sagittal, "Sag STIR", Some(Role::Scs)),
            (Axial, "T2 AX FSE", Some(Role::Ss)),
            (Axial, "AX T1", None),
            (Sagittal, "T1 SAG +C POST", None),
            (Sagittal, "LOCALIZER T2", None),
            (Sagittal, "T2 C-SPINE SAG", None),
            (Sagittal, "SAG T2 BRAIN", None),
        ] {
            let (found, why) = classify(&facts(plane, text));
            assert_eq!(found, role, "{text}: {why}");
        }
    }

    #[test]
    fn the_contest_csv_wins_and_timing_helps_out() {
        let csv = Facts { csv_description: Some("Sagittal T2/STIR"), ..facts(PlaneKind::Sagittal, "T1") };
        assert_eq!(classify(&csv).0, Some(Role::Scs));
        let timed = Facts { repetition_time: Some(550.0), echo_time: Some(10.0), ..facts(PlaneKind::Sagittal, "") };
        assert_eq!(classify(&timed), (Some(Role::Nfn), "sagittal, TR 550 ms, TE 10 ms".to_owned()));
        assert_eq!(classify(&facts(PlaneKind::Sagittal, "")).0, None);
    }
}
