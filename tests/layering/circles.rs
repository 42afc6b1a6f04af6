//! Files of one room that import one another in a circle: to read one of them is to read all.
//!
//! A file and the folder that it stands for (`study.rs` and `study/scan.rs`) are one thing and no circle.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use crate::paths::{self, Segments};

/// Each circle as the paths of its files, in order.
pub fn circles(sources: &[(PathBuf, String)]) -> BTreeSet<Vec<String>> {
    let modules: BTreeSet<Segments> = sources.iter().map(|(file, _)| paths::module_of(file)).collect();
    let edges: BTreeMap<Segments, BTreeSet<Segments>> = sources
        .iter()
        .map(|(file, source)| {
            let module = paths::module_of(file);
            let used = paths::paths(source).into_iter().filter_map(|(_, path)| {
                let absolute = paths::absolute(&module, &path);
                let names = absolute.split_first().filter(|(root, _)| *root == "crate")?.1;
                let of = (1..=names.len()).rev().map(|count| &names[..count]).find(|part| modules.contains(*part))?;
                let is_kin = of.starts_with(&module) || module.starts_with(of);
                (!is_kin).then(|| of.to_vec())
            });
            (module.clone(), used.collect())
        })
        .collect();
    let reach: BTreeMap<&Segments, BTreeSet<&Segments>> =
        edges.keys().map(|from| (from, reached(from, &edges))).collect();
    edges
        .keys()
        .filter_map(|one| {
            let circle: Vec<String> = edges
                .keys()
                .filter(|other| *other == one || (reach[one].contains(other) && reach[other].contains(one)))
                .map(|module| module.join("/"))
                .collect();
            (circle.len() > 1).then_some(circle)
        })
        .collect()
}

fn reached<'a>(from: &'a Segments, edges: &'a BTreeMap<Segments, BTreeSet<Segments>>) -> BTreeSet<&'a Segments> {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(module) = open.pop() {
        for next in edges.get(module).into_iter().flatten() {
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    seen
}
