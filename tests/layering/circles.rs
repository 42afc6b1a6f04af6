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
    let house = House::of(sources);
    let edges: BTreeMap<Segments, BTreeSet<Segments>> = house
        .imports
        .iter()
        .map(|(module, imports)| {
            let is_kin = |of: &Segments| of.starts_with(module) || module.starts_with(of);
            let used = imports.iter().filter_map(|path| house.home(path)).filter(|of| !is_kin(of));
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

/// What each module imports, as paths from the crate's root, without `crate`.
struct House {
    imports: BTreeMap<Segments, Vec<Segments>>,
}

impl House {
    fn of(sources: &[(PathBuf, String)]) -> Self {
        let imports = sources.iter().map(|(file, source)| {
            let module = paths::module_of(file);
            let absolute = |(_, path): (usize, Segments)| {
                // A child is named without `self`.
                let of_child: Segments = module.iter().chain(&path).cloned().collect();
                let is_child = sources.iter().any(|(file, _)| paths::module_of(file) == of_child[..=module.len()]);
                let path = paths::absolute(&module, &path);
                match path.split_first() {
                    Some((root, rest)) if root == "crate" => Some(rest.to_vec()),
                    _ => is_child.then_some(of_child),
                }
            };
            (module.clone(), paths::paths(source).into_iter().filter_map(absolute).collect())
        });
        Self { imports: imports.collect() }
    }

    /// The file that what a path names is in: a module may pass on what is in one of its children.
    fn home(&self, path: &[String]) -> Option<Segments> {
        let module =
            (1..=path.len()).rev().map(|count| &path[..count]).find(|part| self.imports.contains_key(*part))?;
        let name = path.get(module.len());
        let passed_on = self.imports[module].iter().find(|inner| {
            inner.len() == module.len() + 2 && inner.starts_with(module) && inner.last() == name && name.is_some()
        });
        Some(passed_on.map_or_else(|| module.to_vec(), |inner| inner[..=module.len()].to_vec()))
    }
}
