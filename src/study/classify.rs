//! Classifies series: the role that decides which detector looks at it, always with the reason.
//!
//! What the images are (plane, times) takes precedence over their name, because protocols are copied and not renamed.
//! If the two disagree, the images decide, and the doubt is reported.

use super::words::{self, has, words};
use crate::{geometry::PlaneKind, grading::Role};

/// What is known about a series when its role is decided.
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
    /// `DiffusionBValue`, s/mm².
    pub b_value: Option<f64>,
    /// Several echoes share its name, which only fits one of them.
    pub is_one_of_echoes: bool,
    /// Colour, or a screen capture.
    pub is_picture: bool,
    /// A few stray images of another series, and why they are separate.
    pub apart: Option<&'a str>,
    /// How many slices.
    pub slices: usize,
}

/// The weighting of the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weighting {
    T1,
    T2,
    Stir,
    Pd,
}

impl Weighting {
    const fn word(self) -> &'static str {
        match self {
            Self::T1 => "T1",
            Self::T2 => "T2",
            Self::Stir => "STIR",
            Self::Pd => "proton density",
        }
    }

    /// Whether times that say `seen` show that the name is wrong. STIR has echo times from those of T1 to those of T2.
    fn is_denied_by(self, seen: Self) -> bool {
        match self {
            Self::T1 => seen != Self::T1,
            Self::T2 => matches!(seen, Self::T1 | Self::Pd),
            Self::Stir => seen == Self::T1,
            Self::Pd => matches!(seen, Self::T1 | Self::T2),
        }
    }
}

/// A role, or none, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// What detector looks at it.
    pub role: Option<Role>,
    /// One phrase why.
    pub reason: String,
    /// A doubt about it, for the reader to check.
    pub doubt: Option<String>,
}

impl Verdict {
    fn none(reason: impl Into<String>) -> Self {
        Self { role: None, reason: reason.into(), doubt: None }
    }
}

/// The role and one phrase why.
pub fn classify(facts: &Facts<'_>) -> Verdict {
    if facts.is_picture && matches!(facts.modality, "" | "MR") {
        return Verdict::none("a picture: colour, or a screen capture");
    }
    if let Some(why) = facts.apart {
        return Verdict::none(why);
    }
    if let Some(text) = facts.csv_description {
        return by_csv(text, facts.plane);
    }
    if let Some(why) = excluded(facts) {
        return Verdict::none(why);
    }
    let Some(plane) = facts.plane else {
        return Verdict::none("its slices have no position and orientation");
    };
    let (weighting, from, mut doubt) = match weighting(facts) {
        Ok(found) => found,
        Err(why) => return Verdict::none(format!("{plane}, but {why}")),
    };
    let named = words::planes(facts.description);
    if !named.is_empty() && !named.contains(&plane) {
        let called: Vec<String> = named.iter().map(ToString::to_string).collect();
        let text = format!("called {}, but its images are {plane}: treated as {plane}", called.join(" and "));
        doubt = Some(doubt.map_or_else(|| text.clone(), |other| format!("{other}; {text}")));
    }
    let role = match (plane, weighting) {
        (PlaneKind::Sagittal, Weighting::T1) => Role::Nfn,
        (PlaneKind::Sagittal, Weighting::T2 | Weighting::Stir) => Role::Scs,
        (PlaneKind::Axial, Weighting::T2) => Role::Ss,
        _ => return Verdict { doubt, ..Verdict::none(format!("{plane} and {from}: no detector for that")) },
    };
    let reason = match &doubt {
        Some(doubt) => format!("{plane}, {from}; doubtful: {doubt}"),
        None => format!("{plane}, {from}"),
    };
    Verdict { role: Some(role), reason, doubt }
}

fn by_csv(text: &str, plane: Option<PlaneKind>) -> Verdict {
    let Ok(CsvDescription(role)) = text.parse::<CsvDescription>() else {
        return Verdict::none(format!(
            "train_series_descriptions.csv calls it '{text}', for which there is no detector"
        ));
    };
    let wanted = if role == Role::Ss { PlaneKind::Axial } else { PlaneKind::Sagittal };
    if let Some(plane) = plane.filter(|plane| *plane != wanted) {
        let why = format!("'{text}' in train_series_descriptions.csv, but its images are {plane}");
        return Verdict { doubt: Some(why.clone()), ..Verdict::none(why) };
    }
    Verdict { role: Some(role), reason: format!("'{text}' in train_series_descriptions.csv"), doubt: None }
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

/// Why a series is excluded from the detectors regardless of its weighting.
fn excluded(facts: &Facts<'_>) -> Option<String> {
    if !facts.modality.is_empty() && facts.modality != "MR" {
        return Some(format!("its modality is {}, not MR", facts.modality));
    }
    let own = format!("{} {}", facts.description, facts.protocol);
    if words::is_localizer(facts.image_type, &own) {
        return Some("a localizer".to_owned());
    }
    if let Some(why) = excluded_image_type(facts.image_type) {
        return Some(format!("{why} (ImageType)"));
    }
    if facts.b_value.is_some_and(|b| b > 0.0) {
        return Some("diffusion".to_owned());
    }
    // The description before the protocol name, which derived series share.
    if let Some(what) = words::other_kind(facts.description) {
        return Some(format!("its description says that it is {what}"));
    }
    let agent = words(facts.contrast_agent);
    let was_given = !agent.is_empty() && !has(&["no", "none", "nil", "n", "without", "ohne", "keine", "0"], &agent);
    if was_given || words::is_after_contrast(&own) {
        return Some("after contrast agent".to_owned());
    }
    // The series' own description before that of the whole study.
    for (text, place) in [
        (own, "its description"),
        (facts.body_part.to_owned(), "BodyPartExamined"),
        (facts.study_description.to_owned(), "the study's description"),
    ] {
        let all = words::with_pairs(&text);
        if has(&words::LUMBAR, &all) {
            return None;
        }
        if let Some((what, _)) = words::ELSEWHERE.iter().find(|(_, list)| has(list, &all)) {
            return Some(format!("{place} says it shows {what}, not the lumbar spine"));
        }
        if let Some(what) = words::vertebrae_elsewhere(&words(&text)) {
            return Some(format!("{place} names vertebrae of {what}, not of the lumbar spine"));
        }
    }
    // Nothing confirms that it is a lumbar spine: three slices never are one.
    (facts.slices < 4).then(|| format!("only {} slice{}", facts.slices, if facts.slices == 1 { "" } else { "s" }))
}

/// Image types for which there is no detector.
fn excluded_image_type(image_type: &str) -> Option<&'static str> {
    let image_type = image_type.to_ascii_uppercase();
    let has = |word: &str| image_type.split(['\\', '_', ' ']).any(|part| part == word);
    let is_derived = image_type.contains("DERIVED");
    if is_derived && ["PROJECTION", "MPR", "REFORMATTED", "SUBTRACT"].iter().any(|w| image_type.contains(w)) {
        return Some("computed from other images");
    }
    if ["ADC", "DIFFUSION", "TRACEW", "FA"].into_iter().any(has) {
        return Some("diffusion");
    }
    if ["MAP", "T2MAP", "T1MAP", "PERFUSION", "CBF", "CBV", "MTT", "TTP"].into_iter().any(has) {
        return Some("a map");
    }
    if image_type.contains("OPP_PHASE") || image_type.contains("OUT_PHASE") || image_type.contains("OUT_OF_PHASE") {
        return Some("out of phase");
    }
    if has("FAT") && !has("WATER") {
        return Some("fat only");
    }
    // The third value of Siemens and Philips files is M(agnitude), P(hase), R(eal) or I(maginary).
    let kind = image_type.split('\\').nth(2).unwrap_or_default();
    let is_complex = ["PHASE", "IMAGINARY", "REAL"].into_iter().any(|word| image_type.split('\\').any(|p| p == word));
    (matches!(kind, "P" | "I" | "PHASE MAP" | "VELOCITY") || is_complex).then_some("not a magnitude image")
}

/// A longer echo time, in ms, is so heavily T2-weighted that only fluid is visible.
const MYELOGRAPHY_TE: f64 = 400.0;

/// The weighting of the images, the evidence for it, and a doubt; or why it is unknown.
fn weighting(facts: &Facts<'_>) -> Result<(Weighting, String, Option<String>), String> {
    if let Some(te) = facts.echo_time.filter(|te| *te > MYELOGRAPHY_TE) {
        return Err(format!("so heavily T2-weighted (TE {te:.0} ms) that it is myelography"));
    }
    match (described(facts), timed(facts)) {
        // A gradient echo called T2 is T2*.
        (Some((Weighting::T2, _)), _) if is_gradient_echo(facts) => Err("a gradient echo: T2*, not T2".to_owned()),
        (Some((named, _)), Some((seen, timing))) if named.is_denied_by(seen) => {
            let is_other_echo = facts.is_one_of_echoes && seen == Weighting::Pd;
            let doubt = format!("called {}, but {timing} says {}", named.word(), seen.word());
            Ok((seen, timing, Some(doubt).filter(|_| !is_other_echo)))
        }
        (Some((named, word)), _) => Ok((named, format!("'{word}' in its description"), None)),
        (None, Some((seen, timing))) => Ok((seen, timing, None)),
        (None, None) => Err("neither its description nor its timing says T1 or T2".to_owned()),
    }
}

/// From the words of the description, with the word. None if it names two weightings.
fn described(facts: &Facts<'_>) -> Option<(Weighting, String)> {
    let of = |text: &str| {
        let all = words(text);
        // T12 is a vertebra.
        let starts = |w: &str, word: &str| {
            w.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
        };
        let says = |word: &str| all.iter().find(|w| starts(w, word) || w.ends_with(word)).cloned();
        let is = |list: &[&str]| all.iter().find(|w| list.contains(&w.as_str())).cloned();
        if let Some(word) = says("stir").or_else(|| says("tirm")) {
            return vec![(Weighting::Stir, word)];
        }
        let found = [
            (Weighting::T1, says("t1").map(|_| "T1".to_owned())),
            (Weighting::T2, says("t2").map(|_| "T2".to_owned())),
            (Weighting::Pd, is(&["pd", "pdw", "dp", "proton", "rho", "intermediate"])),
        ];
        found.into_iter().filter_map(|(weighting, word)| Some((weighting, word?))).collect()
    };
    // The series' own description first: the protocol's name may be that of a whole group of series.
    let mut found = of(facts.description);
    if found.is_empty() {
        found = of(facts.protocol);
    }
    if found.len() == 1 { found.pop() } else { None }
}

fn is_gradient_echo(facts: &Facts<'_>) -> bool {
    let is = |word| facts.scanning_sequence.split('\\').any(|part| part == word);
    (is("GR") || is("EP")) && !is("SE")
}

/// Only from the sequence's times, with a description of the times. None if they are ambiguous.
fn timed(facts: &Facts<'_>) -> Option<(Weighting, String)> {
    let (tr, te) = (facts.repetition_time?, facts.echo_time?);
    if is_gradient_echo(facts) || facts.scanning_sequence.contains("EP") || tr <= 0.0 || te <= 0.0 {
        return None;
    }
    let timing = format!("TR {tr:.0} ms, TE {te:.0} ms");
    let is_between = |low: f64, high: f64| facts.inversion_time.is_some_and(|ti| (low..high).contains(&ti));
    let is_inversion = facts.scanning_sequence.contains("IR");
    // Times that null fat. Longer ones make T1 contrast at long repetition times, or null fluid.
    if tr > 1500.0 && (is_between(80.0, 300.0) || (is_inversion && facts.inversion_time.is_none())) {
        return Some((Weighting::Stir, format!("{timing} with inversion")));
    }
    if is_between(300.0, f64::INFINITY) {
        return (te < 40.0 && is_between(300.0, 1500.0)).then(|| (Weighting::T1, format!("{timing} with inversion")));
    }
    if tr < 1000.0 && te < 30.0 {
        return Some((Weighting::T1, timing));
    }
    if tr > 1800.0 && te < 30.0 {
        return Some((Weighting::Pd, timing));
    }
    (tr > 1000.0 && te > 60.0).then_some((Weighting::T2, timing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(plane: PlaneKind, description: &str) -> Facts<'_> {
        Facts { plane: Some(plane), description, modality: "MR", slices: 15, ..Facts::default() }
    }

    fn timed(plane: PlaneKind, description: &str, tr: f64, te: f64) -> Facts<'_> {
        Facts { repetition_time: Some(tr), echo_time: Some(te), ..facts(plane, description) }
    }

    #[test]
    fn scanners_words_give_roles() {
        use PlaneKind::{Axial, Sagittal};
        for (plane, text, role) in [
            (Sagittal, "SAG T1 TSE", Some(Role::Nfn)),
            (Sagittal, "t2_tse_sag_384", Some(Role::Scs)),
            (Sagittal, "Sag STIR", Some(Role::Scs)),
            (Axial, "T2 AX FSE", Some(Role::Ss)),
            (Sagittal, "SAG T2 POST OP", Some(Role::Scs)),
            (Sagittal, "t2_tse_dixon_sag_W", Some(Role::Scs)),
            (Sagittal, "IRM RACHIS LOMBAIRE SAG T2", Some(Role::Scs)),
            (Axial, "AX T1", None),
            (Sagittal, "T1 SAG +C POST", None),
            (Sagittal, "LOCALIZER T2", None),
            (Sagittal, "T2 C-SPINE SAG", None),
            (Axial, "AX T2 DISC C5-6", None),
            (Axial, "AX T2 T12-L1", Some(Role::Ss)),
            (Sagittal, "SAG T2 BRAIN", None),
            (Sagittal, "t2_tse_dixon_sag_F", None),
            (Sagittal, "SAG T2 MAP", None),
            (Sagittal, "SAG T2 SI JOINTS", None),
            (Sagittal, "SAG T2 SACRUM", None),
            (Sagittal, "SAG T2 WHOLE SPINE", None),
            (Sagittal, "SAG DWI T2 b0", None),
            (Sagittal, "sag t2 spc iso COR reformat", None),
        ] {
            let Verdict { role: found, reason, .. } = classify(&facts(plane, text));
            assert_eq!(found, role, "{text}: {reason}");
        }
    }

    #[test]
    fn the_contest_csv_wins_and_timing_helps_out() {
        let csv = Facts { csv_description: Some("Sagittal T2/STIR"), ..facts(PlaneKind::Sagittal, "T1") };
        assert_eq!(classify(&csv).role, Some(Role::Scs));
        let verdict = classify(&timed(PlaneKind::Sagittal, "", 550.0, 10.0));
        assert_eq!((verdict.role, verdict.reason.as_str()), (Some(Role::Nfn), "sagittal, TR 550 ms, TE 10 ms"));
        assert_eq!(classify(&facts(PlaneKind::Sagittal, "")).role, None);
        let other_plane = classify(&Facts { plane: Some(PlaneKind::Axial), ..csv });
        assert!(other_plane.role.is_none() && other_plane.doubt.is_some(), "{other_plane:?}");
    }

    /// A protocol that was copied and not renamed: the times are what was measured.
    #[test]
    fn a_name_that_the_times_deny_is_a_doubt() {
        use PlaneKind::{Axial, Sagittal};
        for (plane, text, tr, te, role, is_doubt) in [
            (Sagittal, "SAG T2 TSE", 550.0, 10.0, Some(Role::Nfn), true),
            (Sagittal, "SAG T1 TSE", 3500.0, 100.0, Some(Role::Scs), true),
            (Sagittal, "SAG STIR", 500.0, 12.0, Some(Role::Nfn), true),
            (Sagittal, "SAG T2 TSE", 3000.0, 12.0, None, true),
            (Axial, "AX T2", 500.0, 12.0, None, true),
            (Sagittal, "AX T2", 3500.0, 100.0, Some(Role::Scs), true),
            (Sagittal, "SAG T2 TSE", 3500.0, 100.0, Some(Role::Scs), false),
            (Sagittal, "SAG T2 SPACE", 1500.0, 130.0, Some(Role::Scs), false),
            (Sagittal, "SAG STIR", 4000.0, 30.0, Some(Role::Scs), false),
            (Sagittal, "SAG T2 FS", 3000.0, 50.0, Some(Role::Scs), false),
            (Sagittal, "SAG PD+T2", 3000.0, 12.0, None, false),
            (Sagittal, "SAG PD+T2", 3000.0, 100.0, Some(Role::Scs), false),
            (Sagittal, "SAG T2 HASTE", 6000.0, 700.0, None, false),
        ] {
            let verdict = classify(&timed(plane, text, tr, te));
            assert_eq!((verdict.role, verdict.doubt.is_some()), (role, is_doubt), "{text} {tr} {te}: {verdict:?}");
            assert!(!is_doubt || role.is_none() || verdict.reason.contains("doubtful"), "{verdict:?}");
        }
        // T1 FLAIR: long repetition, and an inversion that nulls neither fat nor fluid.
        let flair = Facts { inversion_time: Some(860.0), ..timed(Sagittal, "SAG T1 FLAIR", 2300.0, 24.0) };
        assert_eq!(classify(&flair), Verdict { role: Some(Role::Nfn), doubt: None, ..classify(&flair) });
        let gradient = Facts { scanning_sequence: "GR", ..timed(Axial, "AX T2", 500.0, 14.0) };
        assert_eq!(classify(&gradient).role, None);
    }

    #[test]
    fn image_types_that_are_no_plain_image_are_not_graded() {
        for (image_type, is_graded) in [
            ("ORIGINAL\\PRIMARY\\M\\ND", true),
            ("ORIGINAL\\PRIMARY\\M_SE\\M\\SE", true),
            ("DERIVED\\PRIMARY\\M\\WATER\\DIS2D", true),
            ("ORIGINAL\\PRIMARY\\OTHER", true),
            ("ORIGINAL\\PRIMARY\\P\\ND", false),
            ("DERIVED\\PRIMARY\\ADC\\ND", false),
            ("DERIVED\\PRIMARY\\M\\FAT\\DIS2D", false),
            ("ORIGINAL\\PRIMARY\\OPP_PHASE", false),
            ("DERIVED\\SECONDARY\\MPR", false),
            ("DERIVED\\PRIMARY\\T2 MAP", false),
            ("ORIGINAL\\PRIMARY\\T2\\NONE\\PHASE", false),
        ] {
            let facts = Facts { image_type, ..facts(PlaneKind::Sagittal, "SAG T2") };
            assert_eq!(classify(&facts).role.is_some(), is_graded, "{image_type}");
        }
    }
}
