//! Words in descriptions: the names that scanners, protocols and people use in several languages.

use crate::geometry::PlaneKind;

/// Body parts that are not the lumbar spine.
pub const ELSEWHERE: [(&str, &[&str]); 9] = [
    (
        "the sacrum or sacroiliac joints",
        &[
            "sacrum",
            "sakrum",
            "sacro",
            "sij",
            "sijoint",
            "sijoints",
            "isg",
            "iliosacral",
            "iliosakral",
            "sacroiliac",
            "sacroiliaque",
            "sacroiliaco",
            "kreuzbein",
            "coccyx",
        ],
    ),
    ("the head", &["head", "brain", "cranium", "neuro", "skull", "kopf", "schädel", "cerebral", "tête", "hersenen"]),
    ("the cervical spine", &["cspine", "cervical", "cervicale", "cervicaal", "neck", "hws", "cwk"]),
    ("the thoracic spine", &["tspine", "thoracic", "thoracique", "thoracaal", "torácica", "dorsal", "dorsale", "bws"]),
    ("a knee", &["knee", "knie", "genou", "rodilla"]),
    ("a hip or the pelvis", &["hip", "pelvis", "becken", "hüfte", "prostate", "hanche", "bassin", "bekken", "heup"]),
    ("a shoulder or arm", &["shoulder", "schulter", "elbow", "wrist", "hand"]),
    ("a foot or leg", &["foot", "ankle", "leg", "femur", "fuss", "pied", "voet"]),
    ("the chest, heart or abdomen", &["chest", "heart", "cardiac", "liver", "abdomen", "breast", "thorax"]),
];

/// The lumbar spine.
pub const LUMBAR: [&str; 18] = [
    "lumbar",
    "lspine",
    "ls",
    "lws",
    "lwk",
    "lwz",
    "lumbosacral",
    "lumbal",
    "lumbale",
    "lumbaal",
    "lombaire",
    "lombare",
    "lumbares",
    "lumbo",
    "lendenwirbelsäule",
    "tlspine",
    "thoracolumbar",
    "phantom",
];

/// The part of the spine whose vertebrae a text names, if it names none of the lumbar spine: "DISC C5-6". T1 and T2 are
/// weightings, so the thoracic ones count from T3 on; Th1 and Th2 are not.
pub fn vertebrae_elsewhere(all: &[String]) -> Option<&'static str> {
    let names = |start: &str, numbers: std::ops::RangeInclusive<u32>| {
        all.iter().any(|word| {
            let Some(rest) = word.strip_prefix(start) else { return false };
            // "c5c6" and "l5s1" are one word.
            let number = rest.split(|c: char| "clst".contains(c)).next().and_then(|digits| digits.parse().ok());
            number.is_some_and(|number| numbers.contains(&number))
        })
    };
    if names("l", 1..=5) || names("s", 1..=1) {
        return None;
    }
    if names("c", 2..=7) {
        return Some("the cervical spine");
    }
    (names("t", 3..=12) || names("th", 1..=12)).then_some("the thoracic spine")
}

/// Localizers.
const LOCALIZER: [&str; 19] = [
    "localizer",
    "localiser",
    "localizador",
    "lokalizer",
    "lokalisator",
    "localisateur",
    "scout",
    "survey",
    "loc",
    "locator",
    "pilot",
    "topogram",
    "planscan",
    "smartbrain",
    "übersicht",
    "uebersicht",
    "repérage",
    "reperage",
    "3plane",
];

/// More of the spine than its lumbar part.
const WHOLE_SPINE: [&str; 9] = [
    "wholespine",
    "totalspine",
    "fullspine",
    "entirespine",
    "gws",
    "wholebody",
    "gesamtwirbelsäule",
    "ganzwirbelsäule",
    "rachisentier",
];

/// Kinds of images that are not plain T1, T2 or STIR, with the words that name them. The first match counts.
const OTHER_KINDS: [(&str, &[&str]); 9] = [
    ("a map", &["map", "maps", "mapping", "t2map", "t1map", "mapit", "cartigram"]),
    (
        "diffusion",
        &[
            "adc",
            "dwi",
            "dti",
            "diff",
            "diffusion",
            "trace",
            "tracew",
            "eadc",
            "b0",
            "b50",
            "b400",
            "b800",
            "b1000",
            "fa",
        ],
    ),
    ("perfusion or dynamic", &["perf", "perfusion", "dce", "dsc", "dyn", "dynamic", "twist"]),
    ("a subtraction", &["sub", "subtr", "subtraction", "subtracted", "subtraktion", "soustraction"]),
    (
        "computed from other images",
        &[
            "mip",
            "minip",
            "mpr",
            "mprs",
            "reformat",
            "reformats",
            "reformatted",
            "refor",
            "reformatierung",
            "composed",
            "composing",
        ],
    ),
    ("myelography", &["myelo", "myelography", "myelographie", "mielo", "mrm", "mryelo", "myelogram"]),
    ("T2*", &["t2star", "star", "medic", "merge", "gre", "fl2d", "fl3d", "swi", "mffe"]),
    ("in or out of phase", &["opp", "outphase", "oop", "outofphase", "opposed", "oppphase"]),
    ("fat only", &["fatonly", "fatimage"]),
];

/// Contrast agents.
const CONTRAST: [&str; 23] = [
    "ce",
    "enhanced",
    "magnevist",
    "multihance",
    "prohance",
    "gbca",
    "gd",
    "gad",
    "gado",
    "contrast",
    "contraste",
    "contrastmiddel",
    "kontrast",
    "kontrastmittel",
    "km",
    "kmgabe",
    "gadovist",
    "dotarem",
    "clariscan",
    "gadavist",
    "injection",
    "injecté",
    "postgad",
];

/// Before the name of a contrast agent: none was given.
const WITHOUT: [&str; 14] =
    ["no", "non", "without", "wo", "pre", "before", "ohne", "vor", "sans", "avant", "sin", "senza", "zonder", "voor"];

/// In lower case, cut at whatever is no letter or digit; `é` is a letter.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// Words, and what two neighbours make together: "L SPINE" and "C-SPINE" are one word elsewhere.
pub fn with_pairs(text: &str) -> Vec<String> {
    let mut all = words(text);
    let pairs: Vec<String> = all.windows(2).map(<[String]>::concat).collect();
    all.extend(pairs);
    all
}

/// Whether one of the words is in a list.
pub fn has(list: &[&str], all: &[String]) -> bool {
    list.iter().any(|w| all.iter().any(|x| x == w))
}

/// Whether an image is there to show where others lie.
pub fn is_localizer(image_type: &str, description: &str) -> bool {
    image_type.to_ascii_uppercase().contains("LOCALIZER") || has(&LOCALIZER, &with_pairs(description))
}

/// The kind of series, from its description, for which there is no detector.
pub fn other_kind(description: &str) -> Option<&'static str> {
    let (all, plain) = (with_pairs(description), words(description));
    let lower = description.to_lowercase();
    if has(&WHOLE_SPINE, &all) {
        return Some("of the whole spine");
    }
    if lower.contains("t2*") || lower.contains("t2 *") {
        return Some("T2*");
    }
    // Siemens and GE name the four images of a Dixon series by a letter or word at the end.
    if plain.iter().any(|w| w == "dixon" || w == "ideal" || w == "flex" || w == "mdixon")
        && plain.last().is_some_and(|w| w == "f" || w == "fat")
        || lower.contains("fat:")
    {
        return Some("fat only");
    }
    OTHER_KINDS.iter().find(|(_, list)| has(list, &all)).map(|(what, _)| *what)
}

/// Whether a description says that contrast agent was given. "Post op" says that the patient was operated on.
pub fn is_after_contrast(description: &str) -> bool {
    let (all, lower) = (words(description), description.to_lowercase());
    let is_end = |rest: &str| !rest.chars().next().is_some_and(char::is_alphanumeric);
    let plus = lower.match_indices("+c").any(|(at, _)| is_end(&lower[at + 2..])) || lower.contains("c+");
    let agent = all.iter().enumerate().any(|(i, w)| {
        let before = &all[i.saturating_sub(2)..i];
        CONTRAST.contains(&w.as_str()) && !has(&WITHOUT, before)
    });
    let post = all.iter().enumerate().any(|(i, w)| {
        w == "post" && !all.get(i + 1).is_some_and(|next| next.starts_with("op") || next.starts_with("surg"))
    });
    plus || post || agent
}

/// The planes that a description names.
pub fn planes(description: &str) -> Vec<PlaneKind> {
    let all = words(description);
    let starts = |list: &[&str]| all.iter().any(|w| list.iter().any(|start| w.starts_with(start)));
    let is = |list: &[&str]| has(list, &all);
    let mut planes = Vec::new();
    if starts(&["sag"]) {
        planes.push(PlaneKind::Sagittal);
    }
    if starts(&["cor", "kor", "frontal"]) && !starts(&["cord", "corp"]) {
        planes.push(PlaneKind::Coronal);
    }
    if starts(&["axi", "trans", "axa"]) || is(&["ax", "tra", "tr"]) {
        planes.push(PlaneKind::Axial);
    }
    planes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vertebrae_tell_parts_of_the_spine_and_weightings_are_no_vertebrae() {
        let part = |text| vertebrae_elsewhere(&words(text));
        for text in ["AX T2 DISC C5-6", "AX T2 C5C6", "c2/3 tra"] {
            assert_eq!(part(text), Some("the cervical spine"), "{text}");
        }
        for text in ["AX T2 T7-8", "ax th11", "Th1 tra", "AX T12"] {
            assert_eq!(part(text), Some("the thoracic spine"), "{text}");
        }
        for text in [
            "AX T2 T12-L1",
            "SAG T1",
            "T2 SAG 3T",
            "sag t2_tse",
            "AX L5-S1",
            "L1-5 C7",
            "t1 tra 320",
            "CISS3D",
            "T2W_TSE",
            "T3D",
        ] {
            assert_eq!(part(text), None, "{text}");
        }
    }

    #[test]
    fn words_of_several_languages_and_vendors_are_known() {
        for text in ["LOCALIZER", "3-Plane Loc", "Übersicht", "Repérage", "3 plane scout"] {
            assert!(is_localizer("", text), "{text}");
        }
        for (text, what) in [
            ("SAG T2 MAP", "a map"),
            ("T2* sag", "T2*"),
            ("T2star MEDIC SAG", "T2*"),
            ("t2_tse_dixon_sag_F", "fat only"),
            ("t2_tse_dixon_sag_opp", "in or out of phase"),
            ("T2 SAG ADC", "diffusion"),
            ("SAG T2 WHOLE SPINE", "of the whole spine"),
            ("T2 HASTE MYELO SAG", "myelography"),
            ("SAG T1 MPR from T2", "computed from other images"),
            ("T1 SUB SAG", "a subtraction"),
        ] {
            assert_eq!(other_kind(text), Some(what), "{text}");
        }
        for text in
            ["SAG T2 TSE", "t2_tse_dixon_sag_W", "SAG T2 FS", "SAG T2 POST OP", "t2_tse_tra_384", "IRM LOMBAIRE T2 SAG"]
        {
            assert_eq!(other_kind(text), None, "{text}");
        }
        for text in ["T1 SAG +C", "T1 SAG C+", "SAG T1 POST", "T1 sag KM", "t1 sag post gd", "T1 SAG avec injection"] {
            assert!(is_after_contrast(text), "{text}");
        }
        for text in ["T1 enhanced sag", "SAG T1 PROHANCE"] {
            assert!(is_after_contrast(text), "{text}");
        }
        for text in ["SAG T2 POST OP", "SAG T1", "T2 C-SPINE", "T1 ohne KM", "T1 pre contrast", "SAG T2 POST SURGERY"] {
            assert!(!is_after_contrast(text), "{text}");
        }
        assert_eq!(planes("t2_tse_tra"), [PlaneKind::Axial]);
        assert_eq!(planes("sag t2 spc COR"), [PlaneKind::Sagittal, PlaneKind::Coronal]);
        assert_eq!(planes("T2 cord"), []);
    }
}
