use super::*;
use crate::grading::{Prior, Severity};

/// Fifty studies whose canal boxes score from 0.9 down to 0.7, with few rows without a box.
fn familiar() -> Familiar {
    let study = |i: u16| {
        let share = f32::from(i) / 49.0;
        Signs::from([
            (Sign::CanalScores, Sign::of_score(0.9 - 0.2 * share)),
            (Sign::WithoutBox, 0.08 * share),
            (Sign::FewDiscs, 0.0),
        ])
    };
    Familiar::fit(&(0..50).map(study).collect::<Vec<_>>(), vec!["a".into()], "tests").unwrap()
}

fn signs(canal: f32, without_box: f32) -> Signs {
    Signs::from([(Sign::CanalScores, Sign::of_score(canal)), (Sign::WithoutBox, without_box), (Sign::FewDiscs, 0.0)])
}

#[test]
fn within_the_limits_nothing_is_pulled_and_beyond_them_the_pull_rises_to_the_prior() {
    let familiar = familiar();
    assert!(familiar.judge(&signs(0.8, 0.04)).pull <= 0.0);
    assert!(familiar.judge(&signs(0.69, 0.0)).pull <= 0.0);
    let pulls: Vec<f32> = (1..=14u8).map(|i| familiar.judge(&signs(0.7 - 0.05 * f32::from(i), 0.0)).pull).collect();
    assert!(pulls.windows(2).all(|pair| pair[0] <= pair[1]), "{pulls:?}");
    assert!(pulls.iter().any(|pull| (0.1..0.9).contains(pull)) && (pulls[12] - 1.0).abs() < 1e-6, "{pulls:?}");
}

#[test]
fn several_signs_say_more_than_one_and_a_sign_without_a_limit_says_nothing() {
    let familiar = familiar();
    assert!(
        familiar.distance(&signs(0.4, 0.5))
            > familiar.distance(&signs(0.4, 0.0)).max(familiar.distance(&signs(0.8, 0.5)))
    );
    let mut strange = signs(0.4, 0.0);
    strange.insert(Sign::Crops, 9.0);
    assert!((familiar.distance(&strange) - familiar.distance(&signs(0.4, 0.0))).abs() < 1e-6);
    // Nothing looked: that is no sign of anything.
    assert!(familiar.judge(&Signs::new()).pull <= 0.0);
}

#[test]
fn reasons_are_the_signs_beyond_their_limits_the_strongest_first() {
    let seen = familiar().judge(&signs(0.1, 0.3));
    let reasons = seen.reasons();
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(reasons[0].starts_with("the boxes of the canal score 0.10 (0.70 or more"), "{reasons:?}");
}

#[test]
fn limits_survive_a_manifest_and_few_studies_give_none() {
    let familiar = familiar();
    let text = serde_json::to_string(&familiar).unwrap();
    assert_eq!(serde_json::from_str::<Familiar>(&text).unwrap(), familiar);
    let few = Familiar::fit(&[signs(0.1, 0.0), Signs::new()], Vec::new(), "");
    assert_eq!(few, Err(TooFewStudies(1)));
}

#[test]
fn rows_that_were_not_detected_stay_and_half_a_pull_is_half_way() {
    let prior = Prior::default();
    let sure = Probabilities::normalized([0.0, 0.0, 1.0]).unwrap();
    let table = GradeTable::from_fn(|id| match id.index() {
        0 => Assessment::NotAssessed { reason: "no series".into() },
        1 => Assessment::Prior { probabilities: prior.of(id) },
        _ => Assessment::Detected { probabilities: sure, evidence: Vec::new() },
    });
    let pulled = |pull: f32| Unfamiliar { pull, signs: Vec::new() }.pulled(table.clone(), |id| prior.of(id));
    assert_eq!(pulled(0.0), table);
    let half = pulled(0.5);
    assert_eq!(half.rows()[..2], table.rows()[..2]);
    for row in &half.rows()[2..] {
        let p = row.probabilities().unwrap();
        let way = f32::midpoint(sure.of(Severity::Severe), prior.of(row.id).of(Severity::Severe));
        assert!((p.of(Severity::Severe) - way).abs() < 1e-3, "{p:?}");
    }
}
