//! Which series hangs in which pane, and how panes follow one another in patient space.

use super::pane::Pane;
use crate::{geometry::Vec3, grading::Role, study::Study};

/// How many panes a study has; a layout shows some of them.
pub const PANES: usize = 4;

/// Sagittal T1, sagittal T2 or STIR, axial T2, and one more series. A role that is missing leaves its pane to
/// another series, the longest first; a study that is no spine shows what it has.
pub fn hang(study: &Study) -> [Pane; PANES] {
    let mut series: [Option<usize>; PANES] = [None; PANES];
    for (pane, &role) in series.iter_mut().zip(Role::ALL) {
        *pane = longest(study, |i| study.series[i].role == Some(role));
    }
    for pane in 0..PANES {
        if series[pane].is_none() {
            series[pane] = longest(study, |i| study.series[i].role.is_none() && !series.contains(&Some(i)));
        }
    }
    series.map(|s| s.map_or_else(Pane::default, |s| Pane::of_series(study, s)))
}

fn longest(study: &Study, is_fit: impl Fn(usize) -> bool) -> Option<usize> {
    (0..study.series.len())
        .filter(|&i| !study.series[i].slices.is_empty() && is_fit(i))
        // Of equals the first.
        .max_by_key(|&i| (study.series[i].slices.len(), usize::MAX - i))
}

/// The slice of a series that lies nearest to a patient point and has it within its edges;
/// without such a slice, the nearest one.
pub fn nearest_slice(study: &Study, series: usize, point: Vec3) -> Option<usize> {
    let slices = &study.series.get(series)?.slices;
    let nearest = |must_contain: bool| {
        let candidates = slices.iter().enumerate().filter_map(|(i, s)| Some((i, s.plane?)));
        candidates
            .filter(|(_, plane)| !must_contain || plane.contains(plane.pixel_from_patient(point)))
            .min_by(|(_, a), (_, b)| {
                a.distance_from_patient(point).abs().total_cmp(&b.distance_from_patient(point).abs())
            })
            .map(|(i, _)| i)
    };
    nearest(true).or_else(|| nearest(false))
}

/// Brings every pane that shares the patient space with series `from` to a patient point.
pub fn follow(study: &Study, panes: &mut [Pane; PANES], from: usize, point: Vec3) {
    for pane in panes {
        let Some(series) = pane.series.filter(|&s| s != from && study.share_space(s, from)) else { continue };
        if let Some(slice) = nearest_slice(study, series, point) {
            pane.go_to(study, slice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{phantom, study};

    #[test]
    fn the_demo_study_hangs_t1_t2_axial_and_a_point_brings_all_panes_there() {
        let scan = study::scan_memory(phantom::study_in_memory(phantom::DEMO_SEED));
        let study = &scan.studies[0];
        let mut panes = hang(study);
        let role = |p: &Pane| study.series[p.series.unwrap()].role;
        assert_eq!(panes[..3].iter().map(|p| role(p).unwrap()).collect::<Vec<_>>(), Role::ALL);
        assert_eq!(role(&panes[3]), None, "the localizer has the fourth pane");
        let axial = panes[2].series.unwrap();
        let target = study.series[axial].slices[2].plane.unwrap().center();
        follow(study, &mut panes, usize::MAX, target);
        assert!(!study.share_space(usize::MAX, axial), "an unknown series shares no space");
        let t1 = panes[0].series.unwrap();
        follow(study, &mut panes, t1, target);
        assert_eq!(panes[2].slice, 2);
        let t2 = panes[1].series.unwrap();
        let plane = study.series[t2].slices[panes[1].slice].plane.unwrap();
        assert!(plane.distance_from_patient(target).abs() <= study.series[t2].spacing.unwrap() / 2.0 + 1e-6);
    }
}
