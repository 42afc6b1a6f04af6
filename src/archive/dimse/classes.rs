//! What we take and how it may be encoded: what `study` reads and decodes.

use super::association::Proposal;

/// Under this prefix lie the classes of all objects that are stored.
const STORAGE: &str = "1.2.840.10008.5.1.4.1.1.";

/// As they are, in the order that we like best.
const NATIVE: [&str; 2] = ["1.2.840.10008.1.2.1", "1.2.840.10008.1.2"];
/// Not compressed, or as a whole: any of these can be converted to any other.
const UNUSUAL: [&str; 2] = ["1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"];
/// Each is proposed on its own, so that an archive can send what it has without decoding it.
const COMPRESSED: [&str; 11] = [
    "1.2.840.10008.1.2.4.50",
    "1.2.840.10008.1.2.4.51",
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80",
    "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.91",
    "1.2.840.10008.1.2.4.110",
    "1.2.840.10008.1.2.4.112",
    "1.2.840.10008.1.2.5",
];

/// Images: MR and its enhanced form, CT, secondary capture and its multi-frame forms, CR.
const IMAGES: [&str; 7] = [
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.4.1",
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.7",
    "1.2.840.10008.5.1.4.1.1.7.2",
    "1.2.840.10008.5.1.4.1.1.7.4",
    "1.2.840.10008.5.1.4.1.1.1",
];
/// The rest of what lies beside them: reports, presentation states, key objects, segmentations, PDF, raw data.
const OTHERS: [&str; 12] = [
    "1.2.840.10008.5.1.4.1.1.88.11",
    "1.2.840.10008.5.1.4.1.1.88.22",
    "1.2.840.10008.5.1.4.1.1.88.33",
    "1.2.840.10008.5.1.4.1.1.88.34",
    "1.2.840.10008.5.1.4.1.1.88.59",
    "1.2.840.10008.5.1.4.1.1.88.67",
    "1.2.840.10008.5.1.4.1.1.11.1",
    "1.2.840.10008.5.1.4.1.1.11.2",
    "1.2.840.10008.5.1.4.1.1.66.4",
    "1.2.840.10008.5.1.4.1.1.104.1",
    "1.2.840.10008.5.1.4.1.1.66",
    "1.2.840.10008.5.1.4.1.1.4.2",
];

/// Whether objects of a class are stored, so that we take them.
pub fn is_storage(class: &str) -> bool {
    class.starts_with(STORAGE)
}

/// Whether we take this encoding.
pub fn is_known(syntax: &str) -> bool {
    [&NATIVE[..], &UNUSUAL, &COMPRESSED].iter().any(|known| known.contains(&syntax))
}

/// What of an archive's objects is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offer {
    /// Every encoding.
    All,
    /// Compressed ones only: there are archives that send all objects of a class in the first encoding that was agreed on
    /// for it, and give up on those that they can't convert.
    Compressed,
}

/// What is proposed for objects that come over the same connection: those that the archive has, if it said so.
pub fn incoming(classes: &[String], offer: Offer) -> Vec<Proposal> {
    let of = |class: &str, syntaxes: &[&str]| Proposal {
        class: class.to_owned(),
        syntaxes: syntaxes.iter().map(|&syntax| syntax.to_owned()).collect(),
        to_us: true,
    };
    let one = |class: &str, syntaxes: &[&str]| syntaxes.iter().map(|syntax| of(class, &[syntax])).collect::<Vec<_>>();
    if offer == Offer::Compressed {
        let images = IMAGES.map(str::to_owned);
        let classes = if classes.is_empty() { &images } else { classes };
        return classes.iter().flat_map(|class| one(class, &COMPRESSED)).collect();
    }
    let (images, others): (Vec<&str>, &[&str]) = match classes {
        [] => (IMAGES.to_vec(), &OTHERS),
        classes => (classes.iter().map(String::as_str).collect(), &[]),
    };
    // The plain encodings of all come first: there are 128 places.
    let plain = images.iter().chain(others).map(|class| of(class, &NATIVE));
    let compressed = images.iter().flat_map(|class| one(class, &COMPRESSED));
    let unusual = images.iter().flat_map(|class| one(class, &UNUSUAL));
    plain.chain(compressed).chain(unusual).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_proposals_have_a_place_beside_the_service() {
        assert!(incoming(&[], Offer::All).len() < 128);
        let natives = incoming(&[], Offer::Compressed).into_iter().filter(|offered| offered.syntaxes == NATIVE);
        assert_eq!(natives.count(), 0);
        assert!(
            is_storage(IMAGES[0]) && OTHERS.iter().all(|class| is_storage(class)) && !is_storage("1.2.840.10008.1.1")
        );
    }
}
