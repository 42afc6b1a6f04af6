//! Boxes from two programs that should be the same.

use std::slice::from_ref;

use serde::{Deserialize, Serialize};

/// Edges may differ by so many pixels.
pub const PIXELS: f32 = 0.5;
/// Confidences may differ by this much.
pub const CONFIDENCE: f32 = 1e-3;
/// Ultralytics keeps so many boxes of an image.
const MOST: usize = 300;

/// One box, as `foramen detect --json` and `tests/peers/predict.py` write it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Class name.
    pub class: String,
    /// Confidence.
    pub score: f32,
    /// Left, top, right, bottom.
    pub r#box: [f32; 4],
}

impl Found {
    fn distance(&self, other: &Self) -> f32 {
        self.r#box.iter().zip(other.r#box).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    fn is_same(&self, other: &Self) -> bool {
        self.class == other.class && (self.score - other.score).abs() <= CONFIDENCE && self.distance(other) <= PIXELS
    }
}

/// Every box of one side without its twin on the other, in words. A box that scores within the tolerance of
/// the threshold (or of the last box, where the most that are kept were kept) may be on one side alone.
pub fn differences(expected: &[Found], found: &[Found], conf: f32) -> Vec<String> {
    let mut left: Vec<&Found> = found.iter().collect();
    let mut alone: Vec<(&str, &Found)> = Vec::new();
    for wanted in expected {
        let same = left.iter().enumerate().filter(|(_, f)| wanted.is_same(f));
        match same.min_by(|a, b| wanted.distance(a.1).total_cmp(&wanted.distance(b.1))) {
            Some((at, _)) => drop(left.remove(at)),
            None => alone.push(("missing", wanted)),
        }
    }
    alone.extend(left.into_iter().map(|f| ("not expected", f)));
    let last = if expected.len() == MOST { expected.iter().map(|f| f.score).fold(1.0, f32::min) } else { conf };
    alone
        .into_iter()
        .filter(|(_, f)| f.score > last + CONFIDENCE)
        .map(|(what, f)| format!("{what}: {} {:.4} at {:.2?}", f.class, f.score, f.r#box))
        .collect()
}

#[test]
fn a_difference_is_seen_and_a_rounding_is_not() {
    let a = Found { class: "a".into(), score: 0.5, r#box: [1.0, 2.0, 3.0, 4.0] };
    let close = Found { score: 0.5005, r#box: [1.4, 2.0, 3.0, 3.6], ..a.clone() };
    assert!(differences(from_ref(&a), &[close], 0.25).is_empty());
    let others = [
        Found { class: "b".into(), ..a.clone() },
        Found { score: 0.502, ..a.clone() },
        Found { r#box: [1.0, 2.0, 3.0, 4.6], ..a.clone() },
    ];
    for other in others {
        assert_eq!(differences(from_ref(&a), &[other], 0.25).len(), 2);
    }
    assert_eq!(differences(from_ref(&a), &[a.clone(), a.clone()], 0.25).len(), 1, "a twin is not enough for two");
    assert!(differences(from_ref(&a), &[], 0.4995).is_empty(), "at the threshold");
}
