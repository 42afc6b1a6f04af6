//! Files that share the UIDs of series and image: copies, damaged copies of an intact one, or different images that an
//! anonymiser or an archive gave the same UIDs. Only a file with the same content is a copy.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
    sync::Arc,
};

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    extent::Missing,
    file,
    found::Found,
    header::Header,
    issue::Issue,
    model::{Instance, SliceRef, Study},
    source::Source,
    syntax::{self, Form},
};
use crate::{geometry::Turn, panics};

/// What distinguishes two images without reading their pixels: number, position of the first frame, size, frames, and
/// other header values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Features {
    number: i32,
    place: Option<[i64; 3]>,
    size: [u32; 2],
    frames: usize,
    series_number: Option<i32>,
}

impl Features {
    fn of(header: &Header) -> Self {
        let plane = header.frames.first().and_then(|frame| frame.plane);
        Self {
            number: header.instance_number.unwrap_or(i32::MAX),
            place: plane.map(|plane| plane.origin().to_array().map(ordered)),
            size: [header.columns, header.rows],
            frames: header.frames.len(),
            series_number: header.series_number,
        }
    }
}

/// A number whose order is that of the decimal numbers.
fn ordered(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// The status of a file among those that share its UIDs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// An image, and its index among those with these UIDs.
    Image(u32),
    Copy,
    DamagedCopy,
}

/// The files of a study without copies; images that share their UIDs are numbered. Reports and counts what was left
/// out.
pub fn apart(files: Vec<Found>, study: &mut Study) -> Vec<Found> {
    let mut fates = vec![Fate::Image(0); files.len()];
    let mut twins: BTreeMap<&str, Twins> = BTreeMap::new();
    for ((series, image), group) in sharing(&files) {
        let images = decide(&files, &group, &mut fates);
        if images > 1 {
            let of_series = twins.entry(series).or_insert_with(|| Twins::new(&files[group[0]].header));
            if image.is_empty() { of_series.nameless += images } else { of_series.named += images - 1 }
        }
    }
    study.issues.extend(twins.into_values().flat_map(Twins::issues));
    let mut kept = Vec::with_capacity(files.len());
    for (mut file, fate) in files.into_iter().zip(fates) {
        match fate {
            Fate::Image(twin) => {
                file.header.twin = twin;
                kept.push(file);
            }
            Fate::Copy => {
                study.copies += 1;
                study.issues.push(Issue::note(&file.source, "a copy of an image that is already there; left out"));
            }
            Fate::DamagedCopy => {
                study.damaged_copies += 1;
                let why = defect(&file.header).unwrap_or_else(|| "its pixels cannot be decoded".to_owned());
                let message = format!("{why}; another file holds this image complete, so this one is left out");
                study.issues.push(Issue::new(&file.source, message));
            }
        }
    }
    kept
}

/// Files by the UIDs of series and image, if several share them; in order of the UIDs.
fn sharing(files: &[Found]) -> BTreeMap<(&str, &str), Vec<usize>> {
    let mut by_uids: HashMap<(&str, &str), Vec<usize>> = HashMap::with_capacity(files.len());
    for (index, file) in files.iter().enumerate() {
        let uids = (file.header.series_uid.as_str(), file.header.sop_instance_uid.as_str());
        by_uids.entry(uids).or_default().push(index);
    }
    by_uids.into_iter().filter(|(_, group)| group.len() > 1).collect()
}

/// Decides what each file of a group is; returns the number of images.
fn decide(files: &[Found], group: &[usize], fates: &mut [Fate]) -> usize {
    let mut by_features: BTreeMap<Features, Vec<usize>> = BTreeMap::new();
    for &index in group {
        by_features.entry(Features::of(&files[index].header)).or_default().push(index);
    }
    // In an order that does not depend on file locations, so that a number identifies the same image in later runs.
    let mut images: Vec<usize> = Vec::new();
    for (_, mut alike) in by_features {
        let is_whole = |index: &usize| defect(&files[*index].header).is_none();
        if alike.iter().any(is_whole) {
            alike.iter().filter(|index| !is_whole(index)).for_each(|&index| fates[index] = Fate::DamagedCopy);
            alike.retain(is_whole);
        }
        if let [only] = alike[..] {
            images.push(only);
            continue;
        }
        let mut by_content: BTreeMap<[u8; 32], Vec<usize>> = BTreeMap::new();
        let contents: Vec<([u8; 32], usize)> =
            alike.into_par_iter().map(|index| (content(&files[index].source), index)).collect();
        for (content, index) in contents {
            by_content.entry(content).or_default().push(index);
        }
        let of_each: Vec<usize> = by_content.values().map(|same| same[0]).collect();
        let shown = if of_each.len() > 1 { decodable(files, &of_each) } else { of_each.clone() };
        for same in by_content.into_values() {
            if !shown.is_empty() && !shown.contains(&same[0]) {
                for &index in &same {
                    fates[index] = Fate::DamagedCopy;
                }
                continue;
            }
            images.push(same[0]);
            same[1..].iter().for_each(|&index| fates[index] = Fate::Copy);
        }
    }
    images.iter().zip(0..).for_each(|(&index, twin)| fates[index] = Fate::Image(twin));
    images.len()
}

/// Those of some files of which any frame can be decoded: there are few per UID, and finding the right image is worth
/// the time.
fn decodable(files: &[Found], all: &[usize]) -> Vec<usize> {
    let can = |&index: &usize| {
        let (slices, _) = slices(vec![files[index].clone()], &mut Vec::new());
        panics::caught(|| slices.iter().any(|slice| slice.decode().is_ok())).unwrap_or(false)
    };
    all.par_iter().copied().filter(can).collect()
}

/// A hash of a file's content. The part before its data set only tells which program wrote or sent it.
fn content(source: &Source) -> [u8; 32] {
    let read = || {
        let (mut from, _) = source.open_sized()?;
        let mut bytes = Vec::new();
        from.read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    let mut hash = Sha256::new();
    match read() {
        Ok(bytes) => {
            let (transfer_syntax, at) = file::data_set(&bytes).unwrap_or_default();
            hash.update(transfer_syntax.trim_end_matches('\0'));
            hash.update([0]);
            hash.update(bytes.get(at..).unwrap_or_default());
        }
        // What cannot be read again is not a copy of anything.
        Err(error) => hash.update(format!("{source}: {error}")),
    }
    hash.finalize().into()
}

/// Images of one series that cannot be distinguished by their UIDs.
struct Twins {
    series: String,
    /// More images than there are UIDs.
    named: usize,
    /// Images without a UID.
    nameless: usize,
}

impl Twins {
    fn new(header: &Header) -> Self {
        let series = match header.series_number {
            Some(number) => format!("series {number} '{}'", header.series_description),
            None => format!("series '{}'", header.series_description),
        };
        Self { series, named: 0, nameless: 0 }
    }

    fn issues(self) -> impl Iterator<Item = Issue> {
        let Self { series, named, nameless } = self;
        let are = |count| if count == 1 { "image has" } else { "images have" };
        let named = (named > 0).then(|| {
            let message = format!(
                "{series}: {named} {} the SOPInstanceUID of another image but different content: all are shown, but no DICOM \
                 object can point to one of them",
                are(named)
            );
            Issue::new("", message)
        });
        let nameless = (nameless > 0).then(|| {
            Issue::note(
                "",
                format!("{series}: {nameless} {} no SOPInstanceUID; they are distinguished by content", are(nameless)),
            )
        });
        named.into_iter().chain(nameless)
    }
}

/// Why the image of a file cannot be shown, as far as its header and length show.
fn defect(header: &Header) -> Option<String> {
    match header.missing {
        Some(Missing { found, needed }) => {
            Some(format!("the file is truncated: it has {found} of {needed} bytes of its pixels"))
        }
        None if !header.has_pixels => Some("it has no pixels".to_owned()),
        None => (syntax::form(&header.transfer_syntax) == Form::Unknown)
            .then(|| format!("its transfer syntax, {}, is unknown", syntax::name(&header.transfer_syntax))),
    }
}

/// One slice for each frame of each file, in the order of the headers and of their frames.
pub fn slices(files: Vec<Found>, issues: &mut Vec<Issue>) -> (Vec<SliceRef>, Vec<Header>) {
    let (mut slices, mut headers) = (Vec::new(), Vec::new());
    for Found { source, mut header } in files {
        if let Some(doubt) = header.doubt.take() {
            issues
                .push(Issue::new(&source, format!("{doubt}; the image is shown without its position in the patient")));
        }
        let defect = defect(&header);
        let is_whole = defect.is_none();
        if let Some(defect) = defect {
            issues.push(Issue::new(&source, format!("{defect}; this image cannot be shown")));
        }
        let instance = Arc::new(Instance {
            source,
            series_uid: header.series_uid.clone(),
            sop_instance_uid: header.sop_instance_uid.clone(),
            twin: header.twin,
            is_whole,
            sop_class_uid: header.sop_class_uid.clone(),
            number: header.instance_number,
            columns: header.columns,
            rows: header.rows,
            frames: header.frames.len() as u32,
            transfer_syntax: header.transfer_syntax.clone(),
            is_synthetic: header.is_synthetic,
        });
        for (number, frame) in header.frames.iter().enumerate() {
            slices.push(SliceRef {
                instance: instance.clone(),
                frame: number as u32,
                plane: frame.plane,
                turn: Turn::NONE,
                pixel_spacing: frame.pixel_spacing,
                pixel_aspect: frame.pixel_aspect,
                window: frame.window,
            });
        }
        headers.push(header);
    }
    (slices, headers)
}
