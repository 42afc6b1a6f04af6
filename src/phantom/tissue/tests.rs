//! Grades are what anatomy leaves, and labels lie on what they name.

use proptest::prelude::*;
use rand::SeedableRng;

use super::*;
use crate::{
    grading::{GradeId, Severity},
    phantom::{disease::Disease, variety::Variety},
};

proptest! {
    /// The shortcuts must not change a phantom: labels and models were made with the plain formula.
    #[test]
    fn the_short_cuts_of_the_superellipse_change_nothing(a in 0f64..1.5, b in 0f64..1.5, n in 2f64..4.0) {
        prop_assert_eq!(is_outside_superellipse(a, b, n), a.powf(n) + b.powf(n) > 1.0);
    }
}

/// The same person with one grade everywhere.
fn subject(seed: u64, severity: Severity) -> Subject {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut disease = Disease::draw(&mut rng, 0.5, 0.0);
    for id in GradeId::ALL {
        disease.set(id, severity);
    }
    Subject::draw(&mut rng, disease, Variety::new(1.0))
}

/// What lies within `reach` mm of the place that a label refers to, in the plane of its disc.
fn around(subject: &Subject, id: GradeId, reach: f64) -> Vec<Blend> {
    let center = subject.center_of(id);
    let center = center + subject.warp.shift(center);
    let node = subject.disc(id.level());
    let steps = || (-12..=12).map(|i| f64::from(i) / 12.0 * reach);
    let offsets = steps().flat_map(|x| steps().map(move |y| node.left * x + node.back * y));
    offsets.filter(|o| o.length() <= reach).map(|offset| tissue_at(subject, center + offset)).collect()
}

fn share(blends: &[Blend], tissues: &[Tissue]) -> f64 {
    blends.iter().filter(|b| tissues.contains(&b.tissue)).count() as f64 / blends.len() as f64
}

/// A grade is a consequence of anatomy: the narrower a place, the less room its contents have.
#[test]
fn the_worse_the_grade_the_less_of_the_sac_or_of_fat_is_left_at_its_place() {
    for seed in 0..12 {
        let people: Vec<Subject> = Severity::ALL.iter().map(|&severity| subject(seed, severity)).collect();
        for id in GradeId::ALL {
            let (bright, reach) = match id.condition() {
                Condition::SpinalCanalStenosis => (&[Tissue::Csf, Tissue::Nerve][..], 9.0),
                Condition::NeuralForaminalNarrowing | Condition::SubarticularStenosis => (&[Tissue::Fat][..], 5.0),
            };
            let [normal, moderate, severe] =
                [0, 1, 2].map(|grade: usize| share(&around(&people[grade], id, reach), bright));
            assert!(
                normal > moderate + 0.03 && moderate > severe + 0.03,
                "person {seed}, {id}: {normal:.2} {moderate:.2} {severe:.2} of {bright:?}"
            );
        }
    }
}

#[test]
fn a_label_lies_on_what_it_names() {
    for seed in 0..20 {
        let person = subject(seed, Severity::NormalMild);
        for id in GradeId::ALL {
            let expected: &[Tissue] = match id.condition() {
                Condition::SpinalCanalStenosis => &[Tissue::Csf, Tissue::Nerve],
                Condition::NeuralForaminalNarrowing | Condition::SubarticularStenosis => &[Tissue::Fat, Tissue::Nerve],
            };
            let found = share(&around(&person, id, 1.0), expected);
            assert!(found > 0.5, "person {seed}, {id}: {found:.2} of {expected:?}");
        }
    }
}

/// As in real axial images 180 mm wide, muscles are a large part of the picture.
#[test]
fn muscles_fill_axial_images() {
    for seed in 0..8 {
        let person = subject(seed, Severity::NormalMild);
        let disc = person.disc(Level::L3L4);
        let steps = || (-30..=30).map(|i| f64::from(i) * 3.0);
        let plane = steps().flat_map(|x| steps().map(move |y| disc.center + disc.left * x + disc.back * (y + 20.0)));
        let blends: Vec<Blend> = plane.map(|point| tissue_at(&person, point)).collect();
        let muscle = share(&blends, &[Tissue::Muscle]);
        assert!((0.1..0.5).contains(&muscle), "person {seed}: {muscle:.2}");
    }
}
