//! A study from an archive into a folder: what is here is not fetched again, and what did not come is said.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use super::{
    dimse::{Ended, Finder, FoundInstance, Offer, Taken, Wanted, fetch, get},
    error::ArchiveError,
    inbox::Inbox,
    node::{AeTitle, Node, Receive},
};
use crate::{
    cancel::Cancel,
    uid::{self, SeriesUid, SopInstanceUid, StudyUid},
};

/// UIDs in one request: 64 characters each, so that no archive's buffer for a list is too small.
const UIDS_IN_ONE: usize = 50;
/// The most series of a study.
const MOST_SERIES: usize = 10_000;

/// How instances come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Over the connection that asks for them.
    Get,
    /// Over a connection that the archive makes to us.
    Move(Receive),
}

/// What came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Retrieved {
    /// New in the folder.
    pub stored: usize,
    /// In the folder before.
    pub known: usize,
    /// What the archive listed, and is not in the folder.
    pub missing: Vec<SopInstanceUid>,
    /// What was not taken, and other remarks.
    pub remarks: Vec<String>,
}

impl Retrieved {
    /// Whether all of it is here, as far as we know.
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty() && self.remarks.is_empty()
    }
}

/// How far it is: so many of so many, if the archive listed them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// In the folder.
    pub here: usize,
    /// In the archive.
    pub all: Option<usize>,
}

/// Fetches a study.
///
/// # Errors
///
/// Nothing, or nothing more, can be fetched. What came until then is in the folder, and is not fetched again.
pub fn retrieve(
    (ours, node): (&AeTitle, &Node),
    study: &StudyUid,
    by: &By,
    inbox: &Inbox,
    cancel: &Cancel,
    on_progress: &(dyn Fn(Progress) + Sync),
) -> Result<Retrieved, ArchiveError> {
    if !uid::is_valid(study.as_str()) {
        return Err(ArchiveError::Bound(format!("{:?} is not a study UID", study.as_str())));
    }
    if node.tls.is_some() && matches!(by, By::Move(_)) {
        let why = "the images of a C-MOVE would come unencrypted, although the node has `tls`; use --by get";
        return Err(ArchiveError::Bound(why.to_owned()));
    }
    let listed = match list(ours, node, study, cancel) {
        Ok(listed) => Some(listed),
        // An archive that lists no images may give them all the same.
        Err(error @ (ArchiveError::NotOffered(_) | ArchiveError::Failed { .. })) => {
            tracing::info!("the archive does not list the images of a study: {error}");
            None
        }
        Err(error) => return Err(error),
    };
    let mut retrieved = Retrieved::default();
    let all = listed.as_ref().map(|listed| listed.iter().map(|(_, instances)| instances.len()).sum::<usize>());
    let is_here = |instance: &FoundInstance| inbox.has(instance.uid.as_str());
    if let Some(listed) = &listed {
        if all == Some(0) {
            return Err(ArchiveError::Bound("the archive has no images of this study".to_owned()));
        }
        retrieved.known = listed.iter().flat_map(|(_, instances)| instances).filter(|i| is_here(i)).count();
    }
    let wanted = wanted(study, listed.as_deref(), inbox);
    if wanted.is_empty() {
        on_progress(Progress { here: retrieved.known, all });
        return Ok(retrieved);
    }
    let (here, stored) = (AtomicUsize::new(retrieved.known), AtomicUsize::new(0));
    let remarks = Mutex::new(Vec::new());
    let on_taken = |taken: Taken| match taken {
        Taken::Stored => {
            stored.fetch_add(1, Ordering::Relaxed);
            on_progress(Progress { here: here.fetch_add(1, Ordering::Relaxed) + 1, all });
        }
        Taken::Known => (),
        Taken::Refused(why) => {
            if let Ok(mut remarks) = remarks.lock() {
                remarks.push(why);
            }
        }
    };
    let classes = classes(listed.as_deref());
    let get = |wanted: &[Wanted], offer: Offer| {
        get((ours, node), wanted, (&classes, offer), inbox, cancel, &on_taken).map(|ended| failures(&ended))
    };
    let mut refusal = None;
    let mut failures = match by {
        By::Get => match get(&wanted, Offer::All) {
            Err(error @ ArchiveError::Failed { .. }) if listed.is_some() => {
                let why = vec![error.to_string()];
                refusal = Some(error);
                why
            }
            ended => ended?,
        },
        By::Move(receive) => failures(&fetch((ours, node), receive, &wanted, inbox, cancel, &on_taken)?),
    };
    let missing = || listed.iter().flatten().flat_map(|(_, instances)| instances).filter(|i| !is_here(i));
    if *by == By::Get && !failures.is_empty() && missing().next().is_some() {
        let rest = self::wanted(study, listed.as_deref(), inbox);
        match get(&rest, Offer::Compressed) {
            Ok(again) => failures = again,
            Err(error) => tracing::info!("asked again for compressed images: {error}"),
        }
    }
    retrieved.stored = stored.into_inner();
    if let Some(refusal) = refusal.filter(|_| retrieved.stored == 0) {
        return Err(refusal);
    }
    retrieved.missing = missing().map(|instance| instance.uid.clone()).collect();
    retrieved.remarks = remarks.into_inner().unwrap_or_default();
    retrieved.remarks.extend(failures);
    if listed.is_none() && retrieved.stored == 0 && !retrieved.remarks.is_empty() {
        retrieved.remarks.push("nothing came".to_owned());
    }
    Ok(retrieved)
}

/// What an archive said of images that it did not send.
fn failures(ended: &[Ended]) -> Vec<String> {
    let words = |ended: &Ended| {
        let failed = ended.counts.map_or(0, |counts| counts.failed);
        let is_whole = ended.status.code == 0 && failed == 0;
        (!is_whole).then(|| format!("the archive did not send {failed} of the images: {}", ended.status))
    };
    ended.iter().filter_map(words).collect()
}

type Listed = [(SeriesUid, Vec<FoundInstance>)];

/// Each series with its instances.
fn list(
    ours: &AeTitle,
    node: &Node,
    study: &StudyUid,
    cancel: &Cancel,
) -> Result<Vec<(SeriesUid, Vec<FoundInstance>)>, ArchiveError> {
    let mut finder = Finder::connect(ours, node, cancel)?;
    let mut listed = Vec::new();
    for series in finder.series(study, MOST_SERIES)?.answers {
        let instances = finder.instances(study, &series.series_uid)?;
        listed.push((series.series_uid, instances));
    }
    finder.release();
    Ok(listed)
}

/// The whole study if nothing of it is here, else what is missing.
fn wanted(study: &StudyUid, listed: Option<&Listed>, inbox: &Inbox) -> Vec<Wanted> {
    let is_here = |instance: &FoundInstance| inbox.has(instance.uid.as_str());
    let whole = || vec![Wanted::Study(study.clone())];
    let Some(listed) = listed else { return whole() };
    if !listed.iter().flat_map(|(_, instances)| instances).any(is_here) {
        return whole();
    }
    let mut wanted = Vec::new();
    for (series, instances) in listed {
        let missing: Vec<SopInstanceUid> = instances.iter().filter(|i| !is_here(i)).map(|i| i.uid.clone()).collect();
        let parts = missing.chunks(UIDS_IN_ONE);
        wanted.extend(parts.map(|part| Wanted::Instances(study.clone(), series.clone(), part.to_vec())));
    }
    wanted
}

/// The classes of the listed instances; none if one is not said.
fn classes(listed: Option<&Listed>) -> Vec<String> {
    let mut classes = Vec::new();
    for instance in listed.into_iter().flatten().flat_map(|(_, instances)| instances) {
        if instance.class.is_empty() {
            return Vec::new();
        }
        if !classes.contains(&instance.class) {
            classes.push(instance.class.clone());
        }
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::inbox::Bounds;

    #[test]
    fn only_what_is_missing_is_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let inbox = Inbox::open(dir.path(), Bounds::default()).unwrap();
        let instance = |uid: String| FoundInstance { uid: uid.into(), class: "1.2".to_owned() };
        let listed = vec![
            ("1.1".into(), (0..120).map(|i| instance(format!("1.1.{i}"))).collect::<Vec<_>>()),
            ("1.2".into(), vec![instance("1.2.0".to_owned())]),
        ];
        let study: StudyUid = "1".into();
        assert_eq!(wanted(&study, Some(&listed), &inbox), [Wanted::Study(study.clone())]);
        for uid in ["1.1.3", "1.2.0"] {
            std::fs::write(dir.path().join(format!("{uid}.dcm")), "x").unwrap();
        }
        let parts: Vec<usize> = wanted(&study, Some(&listed), &inbox)
            .iter()
            .map(|wanted| match wanted {
                Wanted::Instances(_, series, uids) if series.as_str() == "1.1" => uids.len(),
                _ => 0,
            })
            .collect();
        assert_eq!(parts, [50, 50, 19]);
        assert_eq!(classes(Some(&listed)), ["1.2"]);
    }
}
