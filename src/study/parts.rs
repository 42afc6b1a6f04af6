//! Splits a series by its images: files of one `SeriesInstanceUID` may hold several series.
//!
//! Some attributes are the same for all images of a series: series number, description, nearest plane, size, whether
//! they are screen captures. Images that differ in one of these are separate parts. Other attributes may also vary
//! within a valid series; they matter if several images share a position, and then distinguish echoes, times, b-values
//! or kinds of images. If nothing does, the positions of the images are treated as unknown.
//!
//! Nothing here depends on the order of the files.

use std::collections::{BTreeMap, BTreeSet};

use super::{frames::FrameHeader, header::Header, model::SliceRef, words};
use crate::geometry::{self, ImagePlane, PlaneKind, Turn};

/// One image on its way into a series.
#[derive(Debug, Clone)]
pub struct Image<'a> {
    /// What the series will hold.
    pub slice: SliceRef,
    /// What its file says.
    pub header: &'a Header,
    /// What its frame says.
    pub frame: &'a FrameHeader,
    /// Its words say that it shows where other images lie.
    is_localizer: bool,
}

/// The images of one series: slices, each with what its file and its frame say. Most have the same words.
pub fn images<'a>(all: impl Iterator<Item = (SliceRef, (&'a Header, &'a FrameHeader))>) -> Vec<Image<'a>> {
    let mut known: BTreeMap<[&str; 3], bool> = BTreeMap::new();
    let image = |(slice, (header, frame)): (SliceRef, (&'a Header, &'a FrameHeader))| {
        let words = [&frame.traits.image_type, &header.series_description, &header.protocol_name].map(String::as_str);
        let is_localizer = *known.entry(words).or_insert_with_key(|[kind, description, protocol]| {
            words::is_localizer(kind, &format!("{description} {protocol}"))
        });
        Image { slice, header, frame, is_localizer }
    };
    all.map(image).collect()
}

/// Images that are one series.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// What distinguishes it from the other parts; empty if there is only one.
    pub name: String,
    /// In order of number, UID, frame and name.
    pub images: Vec<Image<'a>>,
    /// The plane that they are near to.
    pub plane: Option<PlaneKind>,
    /// Colour, or captures of a screen.
    pub is_picture: bool,
    /// They are localizers.
    pub is_localizer: bool,
    /// How many images lost their position because nothing distinguished several at one place.
    pub unplaced: usize,
    /// What it was separated by.
    causes: BTreeSet<Cause>,
}

/// What images were distinguished by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    /// By what a good series may hold besides its images, and by what makes several volumes.
    Fair,
    /// By their echo times: the name of the series is that of one of them.
    Echo,
    /// By what shows that the series is a mixture.
    Foul,
    /// By the order of their numbers alone.
    Numbers,
}

/// Why a series was split, for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// None.
    None,
    /// The series is a mixture that should not be.
    Mixed,
    /// Only instance numbers distinguished the volumes.
    Numbers,
}

/// What distinguishes images.
#[derive(Debug, Clone, Copy)]
enum Trait {
    Number,
    Picture,
    Localizer,
    Description,
    Plane,
    Size,
    Contrast,
    EchoTime,
    EchoNumber,
    BValue,
    Gradient,
    ImageType,
    Temporal,
    Stack,
    InversionTime,
    FlipAngle,
    Spacing,
    SequenceName,
    Acquisition,
    Trigger,
    RepetitionTime,
    Protocol,
    Agent,
    FrameOfReference,
    Time,
    Dimension(usize),
}

/// Images of one series never differ in these.
const ALWAYS: [Trait; 7] =
    [Trait::Number, Trait::Picture, Trait::Localizer, Trait::Description, Trait::Plane, Trait::Size, Trait::Contrast];

/// Tell volumes at one place apart, in this order.
const AT_ONE_PLACE: [Trait; 10] = [
    Trait::EchoTime,
    Trait::EchoNumber,
    Trait::BValue,
    Trait::Gradient,
    Trait::ImageType,
    Trait::Temporal,
    Trait::Stack,
    Trait::InversionTime,
    Trait::FlipAngle,
    Trait::Spacing,
];

/// The same, but these may also vary from image to image, and then distinguish nothing.
const PERHAPS: [Trait; 8] = [
    Trait::SequenceName,
    Trait::Acquisition,
    Trait::Trigger,
    Trait::RepetitionTime,
    Trait::Protocol,
    Trait::Agent,
    Trait::FrameOfReference,
    Trait::Time,
];

/// A block of an axial series may be angled along its disc by as much, degrees, and is axial still.
const ANGLED_DEG: f64 = 50.0;
/// Fewer images of a plane are no series: a scout's three planes stay together.
const FEWEST_OF_A_PLANE: usize = 6;
/// Echo times that differ by this factor are of two contrasts.
const OTHER_CONTRAST: f64 = 1.5;
/// Repeats at fewer positions are not volumes.
const FEWEST_PLACES: usize = 3;

impl Image<'_> {
    /// How it lies, whether or not it says where.
    pub fn orientation(&self) -> Option<ImagePlane> {
        self.slice.plane.or(self.frame.orientation)
    }

    fn key(&self) -> (i32, &str, u32, String) {
        let instance = &self.slice.instance;
        let source = if instance.sop_instance_uid.is_missing() { instance.source.to_string() } else { String::new() };
        (instance.number.unwrap_or(i32::MAX), instance.sop_instance_uid.as_str(), self.slice.frame, source)
    }

    fn is_picture(&self) -> bool {
        // Secondary Capture, and the multi-frame kinds of it.
        let is_capture =
            self.slice.instance.sop_class_uid.as_deref().is_some_and(|c| c.starts_with("1.2.840.10008.5.1.4.1.1.7"));
        self.header.samples > 1 || (is_capture && self.orientation().is_none())
    }
}

/// The parts of one series, in a fixed order, and what is doubtful about there being several.
pub fn split<'a>(mut images: Vec<Image<'a>>) -> (Vec<Part<'a>>, Doubt) {
    images.sort_by(|a, b| a.key().cmp(&b.key()));
    let (is_picture, is_localizer) =
        (images.iter().any(Image::is_picture), images.iter().any(|image| image.is_localizer));
    let whole = Part {
        name: String::new(),
        images,
        plane: None,
        is_picture,
        is_localizer,
        unplaced: 0,
        causes: BTreeSet::new(),
    };
    let mut parts = vec![whole];
    for kind in ALWAYS {
        let cut = |part: Part<'a>| {
            let labels = kind.labels_of(&part);
            part.by(kind, &labels)
        };
        parts = parts.into_iter().flat_map(cut).collect();
    }
    parts = parts.into_iter().flat_map(Part::volumes).collect();
    for part in &mut parts {
        part.plane = plane_of(&part.images);
    }
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    let causes: BTreeSet<Cause> = parts.iter().flat_map(|part| part.causes.iter().copied()).collect();
    let doubt = match causes.last() {
        Some(Cause::Numbers) => Doubt::Numbers,
        Some(Cause::Foul) => Doubt::Mixed,
        _ => Doubt::None,
    };
    (parts, doubt)
}

impl<'a> Part<'a> {
    /// A few stray images among those of another series; the largest part has `most`.
    pub fn is_stray(&self, most: usize) -> bool {
        let count = self.images.len();
        self.causes.contains(&Cause::Foul) && (count < 4 || (count < FEWEST_OF_A_PLANE && count * 3 < most))
    }

    /// One of several echoes that have one name.
    pub fn is_one_of_echoes(&self) -> bool {
        self.causes.contains(&Cause::Echo)
    }

    /// What makes one of its images upright. A scout's planes are each laid in their own way.
    pub fn turn(&self, image: &Image<'_>) -> Turn {
        let Some((plane, kind)) = image.orientation().zip(self.plane) else { return Turn::NONE };
        let kind = if kind.angle(&plane) <= ANGLED_DEG { kind } else { PlaneKind::of(&plane) };
        Turn::upright(&plane, kind)
    }

    /// Cut by labels, one for each image. An image without one is apart where the others have several.
    fn by(self, by: Trait, labels: &[Option<String>]) -> Vec<Self> {
        let distinct: BTreeSet<&String> = labels.iter().flatten().collect();
        if distinct.len() < 2 {
            return vec![self];
        }
        let mut groups: BTreeMap<&Option<String>, Vec<Image<'a>>> = BTreeMap::new();
        for (image, label) in self.images.into_iter().zip(labels) {
            groups.entry(label).or_default().push(image);
        }
        let part = |(label, images): (&Option<String>, Vec<Image<'a>>)| {
            let label = label.clone().unwrap_or_else(|| format!("no {}", by.what()));
            let parts = [self.name.as_str(), label.as_str()].into_iter().filter(|name| !name.is_empty());
            let mut causes = self.causes.clone();
            causes.insert(by.cause());
            Part {
                name: parts.collect::<Vec<_>>().join(", "),
                is_picture: images.iter().any(Image::is_picture),
                is_localizer: images.iter().any(|image| image.is_localizer),
                images,
                plane: None,
                unplaced: 0,
                causes,
            }
        };
        groups.into_iter().map(part).collect()
    }

    /// Several images at one position are several volumes, if anything distinguishes them.
    fn volumes(mut self) -> Vec<Self> {
        let (at, planes): (Vec<usize>, Vec<ImagePlane>) =
            self.images.iter().enumerate().filter_map(|(i, image)| Some((i, image.slice.plane?))).unzip();
        let places: Vec<Vec<usize>> =
            geometry::places(&planes).into_iter().map(|place| place.into_iter().map(|i| at[i]).collect()).collect();
        let crowded: Vec<&Vec<usize>> = places.iter().filter(|place| place.len() > 1).collect();
        if crowded.is_empty() {
            return vec![self];
        }
        let dimensions = self.images.iter().map(|image| image.frame.traits.dimensions.len()).max().unwrap_or(0);
        let surely = AT_ONE_PLACE.into_iter().map(|by| (by, true));
        let perhaps = PERHAPS.into_iter().chain((0..dimensions).map(Trait::Dimension)).map(|by| (by, false));
        for (by, is_sure) in surely.chain(perhaps) {
            let labels = by.labels(&self.images);
            let distinct = labels.iter().collect::<BTreeSet<_>>().len();
            let differs = crowded.iter().any(|place| place.iter().any(|&i| labels[i] != labels[place[0]]));
            if !differs || (!is_sure && distinct * 2 > self.images.len()) {
                continue;
            }
            let is_at_origin = planes[0].origin() == geometry::Vec3::ZERO;
            if places.len() == 1 && distinct == self.images.len() && !is_at_origin {
                // One slice over time, or echo by echo: a series to scroll through.
                return vec![self];
            }
            // An image without a label is a volume's of its own.
            let none = format!("no {}", by.what());
            let labels: Vec<Option<String>> =
                labels.into_iter().map(|l| Some(l.unwrap_or_else(|| none.clone()))).collect();
            return self.by(by, &labels).into_iter().flat_map(Part::volumes).collect();
        }
        if let Some(labels) = by_runs(&self.images, &places) {
            let mut parts = self.by(Trait::Number, &labels);
            for part in &mut parts {
                part.causes.insert(Cause::Numbers);
            }
            return parts;
        }
        let crowded: Vec<usize> = crowded.into_iter().flatten().copied().collect();
        self.unplaced = crowded.len();
        for i in crowded {
            self.images[i].slice.plane = None;
        }
        vec![self]
    }
}

/// Volumes one after the other, each at every place: nothing but their numbers tells them apart, and it does.
fn by_runs(images: &[Image<'_>], places: &[Vec<usize>]) -> Option<Vec<Option<String>>> {
    let count = places.first()?.len();
    let placed = places.iter().map(Vec::len).sum::<usize>();
    if places.len() < FEWEST_PLACES || places.iter().any(|place| place.len() != count) || placed != images.len() {
        return None;
    }
    let mut labels = vec![None; images.len()];
    let mut spans = vec![(i32::MAX, i32::MIN); count];
    for place in places {
        let mut numbers: Vec<(i32, usize)> =
            place.iter().map(|&i| Some((images[i].slice.instance.number?, i))).collect::<Option<_>>()?;
        numbers.sort_unstable();
        for (volume, (number, image)) in numbers.into_iter().enumerate() {
            let (low, high) = &mut spans[volume];
            (*low, *high) = ((*low).min(number), (*high).max(number));
            labels[image] = Some(format!("volume {}", volume + 1));
        }
    }
    spans.windows(2).all(|pair| pair[0].1 < pair[1].0).then_some(labels)
}

impl Trait {
    /// What images lack that have no label.
    fn what(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Picture => "picture",
            Self::Localizer => "localizer",
            Self::Description => "description",
            Self::Plane => "place",
            Self::Size => "size",
            Self::Contrast | Self::EchoTime => "echo time",
            Self::EchoNumber => "echo number",
            Self::BValue => "b-value",
            Self::Gradient => "gradient",
            Self::ImageType => "ImageType",
            Self::Temporal => "temporal position",
            Self::Stack => "stack",
            Self::InversionTime => "inversion time",
            Self::FlipAngle => "flip angle",
            Self::Spacing => "spacing",
            Self::SequenceName => "sequence",
            Self::Acquisition => "acquisition",
            Self::Trigger => "trigger time",
            Self::RepetitionTime => "repetition time",
            Self::Protocol => "protocol",
            Self::Agent => "contrast agent",
            Self::FrameOfReference => "frame of reference",
            Self::Time => "time",
            Self::Dimension(_) => "index",
        }
    }

    fn cause(self) -> Cause {
        match self {
            Self::Description | Self::Plane | Self::Size => Cause::Foul,
            Self::Contrast | Self::EchoTime | Self::EchoNumber => Cause::Echo,
            _ => Cause::Fair,
        }
    }

    fn labels_of(self, part: &Part<'_>) -> Vec<Option<String>> {
        // The planes and sizes of localizers do not matter, nor do those of pictures.
        let is_free =
            (part.is_localizer || part.is_picture) && matches!(self, Self::Plane | Self::Size | Self::Contrast);
        if is_free { vec![None; part.images.len()] } else { self.labels(&part.images) }
    }

    /// What each image is in this respect.
    fn labels(self, images: &[Image<'_>]) -> Vec<Option<String>> {
        match self {
            Self::Plane => plane_labels(images),
            Self::Contrast => contrast_labels(images),
            _ => images.iter().map(|image| self.label(image)).collect(),
        }
    }

    fn label(self, image: &Image<'_>) -> Option<String> {
        let traits = &image.frame.traits;
        let told = |what: &str, value: &str| (!value.is_empty()).then(|| format!("{what} {value}"));
        let decimal = |what: &str, value: Option<f64>, unit: &str| {
            value.map(|value| format!("{what} {}{unit}", (value * 1000.0).round() / 1000.0))
        };
        match self {
            Self::Number => image.header.series_number.map(|number| format!("series {number}")),
            Self::Picture => Some(if image.is_picture() { "picture".to_owned() } else { String::new() }),
            Self::Localizer => Some(if image.is_localizer { "localizer".to_owned() } else { String::new() }),
            Self::Description => told("", &image.header.series_description).map(|text| format!("'{}'", text.trim())),
            Self::Plane | Self::Contrast => None,
            Self::Size => {
                // Stored on its side it is of the same size.
                let sides = [image.slice.instance.columns, image.slice.instance.rows];
                let (long, short) = (sides[0].max(sides[1]), sides[0].min(sides[1]));
                Some(format!("{long} x {short} pixels"))
            }
            Self::EchoTime => decimal("TE", traits.echo_time, " ms"),
            Self::EchoNumber => told("echo", &traits.echo_number),
            Self::BValue => decimal("b", traits.b_value, ""),
            Self::Gradient => told("gradient", &traits.gradient),
            Self::ImageType => told("ImageType", &traits.image_type),
            Self::Temporal => told("time", &traits.temporal),
            Self::Stack => told("stack", &traits.stack),
            Self::InversionTime => decimal("TI", traits.inversion_time, " ms"),
            Self::FlipAngle => decimal("flip angle", traits.flip_angle, ""),
            Self::Spacing => decimal("spacing", traits.spacing, " mm"),
            Self::SequenceName => told("sequence", &traits.sequence_name),
            Self::Acquisition => told("acquisition", &traits.acquisition),
            Self::Trigger => told("trigger", &traits.trigger),
            Self::RepetitionTime => decimal("TR", traits.repetition_time, " ms"),
            Self::Protocol => told("protocol", &image.header.protocol_name),
            Self::Agent => told("agent", &image.header.contrast_agent),
            Self::FrameOfReference => told("frame of reference", image.header.frame_of_reference_uid.known()?),
            Self::Time => told("time", &traits.time),
            Self::Dimension(i) => told(&format!("index {}:", i + 1), traits.dimensions.get(i)?),
        }
    }
}

/// The plane of each image: the kinds from the commonest on, each with all that is angled to it no more than a block
/// along a disc may be.
fn plane_kinds(images: &[Image<'_>]) -> Vec<Option<PlaneKind>> {
    let mut kinds = vec![None; images.len()];
    let lying: Vec<Option<ImagePlane>> = images.iter().map(Image::orientation).collect();
    loop {
        let left = || lying.iter().zip(&kinds).filter(|(_, kind)| kind.is_none()).filter_map(|(plane, _)| *plane);
        let count = |kind| left().filter(|plane| PlaneKind::of(plane) == kind).count();
        let commonest =
            [PlaneKind::Coronal, PlaneKind::Axial, PlaneKind::Sagittal].into_iter().max_by_key(|&k| count(k));
        let Some(kind) = commonest.filter(|&kind| count(kind) > 0) else { return kinds };
        for (plane, of) in lying.iter().zip(&mut kinds) {
            let is_near = |plane: &ImagePlane| PlaneKind::of(plane) == kind || kind.angle(plane) <= ANGLED_DEG;
            if of.is_none() && plane.as_ref().is_some_and(is_near) {
                *of = Some(kind);
            }
        }
    }
}

fn plane_labels(images: &[Image<'_>]) -> Vec<Option<String>> {
    let kinds = plane_kinds(images);
    let most = |kind: &PlaneKind| kinds.iter().flatten().filter(|other| *other == kind).count();
    if kinds.iter().flatten().map(most).max().unwrap_or(0) < FEWEST_OF_A_PLANE {
        return vec![None; images.len()];
    }
    let label = |(kind, image): (Option<PlaneKind>, &Image<'_>)| match kind {
        Some(kind) => Some(kind.to_string()),
        // One whose place is wrong is told of with its file, and stays where it belongs by all else.
        None if image.frame.is_place_wrong => None,
        None => Some("no position".to_owned()),
    };
    let labels: Vec<Option<String>> = kinds.into_iter().zip(images).map(label).collect();
    let planes: BTreeSet<&String> = labels.iter().flatten().collect();
    match planes.iter().find(|label| **label != "no position") {
        // Of one plane: those of doubtful place are among them.
        Some(only) if planes.iter().filter(|label| **label != "no position").count() == 1 => {
            let only = (*only).clone();
            labels.into_iter().map(|label| Some(label.unwrap_or_else(|| only.clone()))).collect()
        }
        _ => labels,
    }
}

fn plane_of(images: &[Image<'_>]) -> Option<PlaneKind> {
    let kinds = plane_kinds(images);
    let count = |kind| kinds.iter().flatten().filter(|other| **other == kind).count();
    kinds.iter().flatten().copied().max_by_key(|&kind| count(kind))
}

/// Echo times that are far apart.
fn contrast_labels(images: &[Image<'_>]) -> Vec<Option<String>> {
    let time = |image: &Image<'_>| image.frame.traits.echo_time.filter(|te| te.is_finite() && *te > 0.0);
    let mut all: Vec<f64> = images.iter().filter_map(time).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    let mut groups: Vec<(f64, f64)> = Vec::new();
    for te in all {
        match groups.last_mut() {
            Some((_, high)) if te <= *high * OTHER_CONTRAST => *high = te,
            _ => groups.push((te, te)),
        }
    }
    let label = |te: f64| {
        let (low, high) = groups.iter().find(|(low, high)| (*low..=*high).contains(&te))?;
        Some(if low >= high { format!("TE {low} ms") } else { format!("TE {low} to {high} ms") })
    };
    images.iter().map(|image| time(image).and_then(label)).collect()
}
