//! Where the frames of a file lie and how they are to be shown: from the plain attributes, or from the functional
//! groups of enhanced multi-frame objects.

use std::collections::BTreeSet;

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{
    decimal,
    doubts::Doubt,
    element::{name, number, text},
    groups::Groups,
    traits::Traits,
};
use crate::{
    geometry::ImagePlane,
    raster::{VoiFunction, Window},
};

/// A claim of more frames than this in one file is not trusted.
const MAX_FRAMES: u32 = 100_000;
/// A compressed frame has a head of eight bytes; one that is not has at least some pixels.
const LEAST_BYTES: u64 = 8;

/// No pixel is larger, mm.
const LARGEST_PIXEL: f64 = 1000.0;
/// At most this many oddities of one file are reported individually.
const SAID: usize = 8;

/// What differs from frame to frame.
#[derive(Debug, Clone, Default)]
pub struct FrameHeader {
    pub plane: Option<ImagePlane>,
    /// Its orientation; from `plane`, or from an image without a position.
    pub orientation: Option<ImagePlane>,
    /// It has a position, but an invalid one.
    pub is_place_wrong: bool,
    pub pixel_spacing: Option<[f64; 2]>,
    pub pixel_aspect: Option<[f64; 2]>,
    pub window: Option<Window>,
    /// What distinguishes it from other images at its position.
    pub traits: Traits,
}

/// The frames of a file.
#[derive(Debug, Default)]
pub struct Frames {
    /// One for each.
    pub headers: Vec<FrameHeader>,
    /// Why a frame has no position in the patient, if the file gives an invalid one.
    pub doubt: Option<String>,
    /// What else is odd about them.
    pub doubts: Vec<Doubt>,
}

/// The frames of a file of `size` bytes: at most as many as the file can hold, or as `held` finds present.
pub fn of(
    object: &InMemDicomObject,
    [columns, rows]: [u32; 2],
    size: u64,
    held: &dyn Fn(u32) -> Option<u64>,
) -> Frames {
    let most = (size / LEAST_BYTES).clamp(1, MAX_FRAMES.into()) as u32;
    let said = number::<u32>(object, tags::NUMBER_OF_FRAMES).unwrap_or(1);
    let claimed = said.clamp(1, most);
    // An image without a single complete frame is reported as truncated.
    let count = held(claimed).filter(|held| *held > 0).map_or(claimed, |held| held as u32);
    let groups = Groups::of(object);
    let mut frames = Frames::default();
    let mut doubts = Doubts::default();
    let aspect = aspect(object, &mut doubts);
    if count < claimed {
        let holds = if count == 1 { "one frame: it is shown".to_owned() } else { format!("{count}: these are shown") };
        doubts.add(Doubt::new(format!("its NumberOfFrames says {said}, but its pixels are those of {holds}")));
    }
    for frame in 0..count {
        let found = geometry(&groups, frame, count, [columns, rows], &mut doubts);
        let is_place_wrong = found.is_err();
        let (plane, spacing) = found.unwrap_or_else(|why| {
            frames.doubt.get_or_insert(why);
            (None, None)
        });
        check_rescale(&groups, frame, &mut doubts);
        frames.headers.push(FrameHeader {
            plane,
            orientation: plane.or_else(|| orientation(&groups, frame, columns, rows)),
            is_place_wrong,
            pixel_spacing: spacing,
            pixel_aspect: aspect,
            window: window(&groups, frame, &mut doubts),
            traits: Traits::of(&groups, frame),
        });
    }
    frames.doubts = doubts.said();
    frames
}

/// Slope and intercept of a frame, if the file gives any.
pub fn rescale(object: &InMemDicomObject, frame: u32) -> Option<(f64, f64)> {
    rescale_of(&Groups::of(object), frame)
}

fn rescale_of(groups: &Groups<'_>, frame: u32) -> Option<(f64, f64)> {
    let place = groups.find(frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, tags::RESCALE_SLOPE)?;
    let slope = decimal::first(place, tags::RESCALE_SLOPE)?;
    Some((slope, decimal::first(place, tags::RESCALE_INTERCEPT).unwrap_or(0.0)))
}

/// The item of the first VOI LUT of a frame.
pub fn voi_item(object: &InMemDicomObject, frame: u32) -> Option<&InMemDicomObject> {
    let place = Groups::of(object).find(frame, tags::FRAME_VOILUT_SEQUENCE, tags::VOILUT_SEQUENCE)?;
    place.get(tags::VOILUT_SEQUENCE)?.items()?.first()
}

/// This many numbers; none if there is nothing.
fn exactly<const N: usize>(
    groups: &Groups<'_>,
    frame: u32,
    (group, tag): (Tag, Tag),
    doubts: &mut Doubts,
) -> Exactly<N> {
    let Some(place) = groups.find(frame, group, tag) else { return Ok(None) };
    let found = decimal::read(place, tag);
    doubts.see_commas(&found, tag);
    found.exactly(place, tag)
}

type Exactly<const N: usize> = Result<Option<[f64; N]>, String>;

/// What is odd about the frames of a file, each once.
#[derive(Default)]
struct Doubts {
    others: Vec<Doubt>,
    /// The number of further oddities.
    unsaid: usize,
    with_commas: BTreeSet<&'static str>,
}

impl Doubts {
    fn add(&mut self, doubt: Doubt) {
        if self.others.contains(&doubt) {
            return;
        }
        if self.others.len() < SAID {
            self.others.push(doubt);
        } else {
            self.unsaid += 1;
        }
    }

    fn see_commas(&mut self, found: &decimal::Decimals, tag: Tag) {
        if found.with_commas() {
            self.with_commas.insert(name(tag));
        }
    }

    fn said(mut self) -> Vec<Doubt> {
        if self.unsaid > 0 {
            let more = format!("its frames have other problems too, {} in all", self.unsaid + self.others.len());
            self.others.push(Doubt::new(more));
        }
        if !self.with_commas.is_empty() {
            let names: Vec<&str> = self.with_commas.into_iter().collect();
            self.others.push(Doubt::note(format!("decimal commas are read as decimal points: {}", names.join(", "))));
        }
        self.others
    }
}

type Geometry = (Option<ImagePlane>, Option<[f64; 2]>);

fn geometry(
    groups: &Groups<'_>,
    frame: u32,
    count: u32,
    [columns, rows]: [u32; 2],
    doubts: &mut Doubts,
) -> Result<Geometry, String> {
    let spacing = spacing(groups, frame, doubts);
    // The plain position of a classic multi-frame file is that of its first frame: the others are unknown.
    let is_further = count > 1 && groups.per_frame.is_empty() && frame > 0;
    let position = exactly::<3>(groups, frame, (tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT), doubts);
    let orientation =
        exactly::<6>(groups, frame, (tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT), doubts);
    if is_further || position == Ok(None) || orientation == Ok(None) {
        let spacing = spacing.unwrap_or_else(|why| {
            doubts.add(Doubt::new(format!("{why}; lengths are measured in pixels")));
            None
        });
        return Ok((None, spacing));
    }
    let (position, orientation) = (position?, orientation?);
    let spacing = spacing?;
    let (Some(position), Some(orientation)) = (position, orientation) else { return Ok((None, spacing)) };
    let Some(spacing) = spacing else {
        return Err("it has a position but no PixelSpacing".to_owned());
    };
    let plane = ImagePlane::new(position, orientation, spacing, columns, rows).map_err(|e| e.to_string())?;
    Ok((Some(plane), Some(spacing)))
}

/// The first of the attributes that say how large a pixel is. If it exists but is unusable, this is reported and no
/// other one is tried, because the others may mean something else.
fn spacing(groups: &Groups<'_>, frame: u32, doubts: &mut Doubts) -> Exactly<2> {
    for tag in [tags::PIXEL_SPACING, tags::IMAGER_PIXEL_SPACING, tags::NOMINAL_SCANNED_PIXEL_SPACING] {
        let Some(spacing) = exactly::<2>(groups, frame, (tags::PIXEL_MEASURES_SEQUENCE, tag), doubts)? else {
            continue;
        };
        if spacing.iter().any(|v| *v <= 0.0 || *v > LARGEST_PIXEL) {
            let text = groups.find(frame, tags::PIXEL_MEASURES_SEQUENCE, tag).map(|o| decimal::elements_text(o, tag));
            return Err(format!("its {} '{}' is not a distance", name(tag), text.unwrap_or_default()));
        }
        return Ok(Some(spacing));
    }
    Ok(None)
}

/// `PixelAspectRatio`: relative height and width of a pixel.
fn aspect(object: &InMemDicomObject, doubts: &mut Doubts) -> Option<[f64; 2]> {
    let shown = "; pixels are shown as squares";
    match decimal::exactly::<2>(object, tags::PIXEL_ASPECT_RATIO) {
        Ok(Some(ratio)) if ratio.iter().all(|v| *v > 0.0) => Some(ratio),
        Ok(None) => None,
        Ok(Some(_)) => {
            let text = decimal::elements_text(object, tags::PIXEL_ASPECT_RATIO);
            doubts.add(Doubt::new(format!("its PixelAspectRatio '{text}' is not a ratio{shown}")));
            None
        }
        Err(why) => {
            doubts.add(Doubt::new(format!("{why}{shown}")));
            None
        }
    }
}

/// Reports a rescale that exists but is unusable.
fn check_rescale(groups: &Groups<'_>, frame: u32, doubts: &mut Doubts) {
    for tag in [tags::RESCALE_SLOPE, tags::RESCALE_INTERCEPT] {
        let Some(place) = groups.find(frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, tag) else { continue };
        let found = decimal::read(place, tag);
        doubts.see_commas(&found, tag);
        let is_zero = |values: &[Option<f64>]| tag == tags::RESCALE_SLOPE && values.first() == Some(&Some(0.0));
        let values = found.each();
        if values.first() == Some(&None) || is_zero(&values) {
            let text = decimal::elements_text(place, tag);
            doubts.add(Doubt::new(format!("its {} '{text}' cannot be used; values are shown without it", name(tag))));
        }
    }
}

/// The orientation of an image without a position: a plane through an arbitrary point.
fn orientation(groups: &Groups<'_>, frame: u32, columns: u32, rows: u32) -> Option<ImagePlane> {
    let place = groups.find(frame, tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT)?;
    let cosines = decimal::exactly(place, tags::IMAGE_ORIENTATION_PATIENT).ok()??;
    ImagePlane::new([0.0; 3], cosines, [1.0; 2], columns, rows).ok()
}

/// The first usable window. Values of fractions, which a slope below 1 makes, are not shifted by the half step that
/// LINEAR has for whole numbers: viewers show such windows as `LINEAR_EXACT`.
fn window(groups: &Groups<'_>, frame: u32, doubts: &mut Doubts) -> Option<Window> {
    let place = groups.find(frame, tags::FRAME_VOILUT_SEQUENCE, tags::WINDOW_CENTER)?;
    let found = [tags::WINDOW_CENTER, tags::WINDOW_WIDTH].map(|tag| decimal::read(place, tag));
    let [centers, widths] = found.each_ref().map(decimal::Decimals::each);
    if centers.is_empty() && widths.is_empty() {
        return None;
    }
    let can_be_used = |(center, width): (&Option<f64>, &Option<f64>)| {
        let (center, width) = ((*center)? as f32, (*width)? as f32);
        (center.is_finite() && width.is_finite() && width > 0.0).then_some((center, width))
    };
    let Some((center, width)) = centers.iter().zip(&widths).find_map(can_be_used) else {
        // Centres differ from slice to slice, and the text must be equal to be reported once for many files.
        let has_width = widths.iter().flatten().any(|width| *width > 0.0);
        let tag = if has_width { tags::WINDOW_CENTER } else { tags::WINDOW_WIDTH };
        let text = decimal::elements_text(place, tag);
        let why = format!("its {} '{text}' cannot be used; an automatic window is shown", name(tag));
        doubts.add(Doubt::note(why));
        return None;
    };
    doubts.see_commas(&found[0], tags::WINDOW_CENTER);
    doubts.see_commas(&found[1], tags::WINDOW_WIDTH);
    let has_fractions = || rescale_of(groups, frame).is_some_and(|(slope, _)| slope != 0.0 && slope.abs() < 1.0);
    let function = match text(place, tags::VOILUT_FUNCTION).to_ascii_uppercase().as_str() {
        "SIGMOID" => VoiFunction::Sigmoid,
        "LINEAR_EXACT" => VoiFunction::LinearExact,
        _ if width < 1.0 || has_fractions() => VoiFunction::LinearExact,
        _ => VoiFunction::Linear,
    };
    Some(Window { center, width, function })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dicom_core::{DataElement, PrimitiveValue, VR, value::DataSetSequence};
    use dicom_dictionary_std::uids;
    use dicom_object::FileMetaTableBuilder;

    use super::*;
    use crate::study::{Scan, Series, scan_memory};

    const SIZE: u16 = 2;

    fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: impl Into<PrimitiveValue>) {
        object.put(DataElement::new(tag, vr, value.into()));
    }

    fn numbers(object: &mut InMemDicomObject, tag: Tag, values: &[f64]) {
        let texts: Vec<String> = values.iter().map(ToString::to_string).collect();
        put(object, tag, VR::DS, PrimitiveValue::Strs(texts.into()));
    }

    /// A sequence of one item that is itself one group of one attribute or two.
    fn group(into: &mut InMemDicomObject, sequence: Tag, attributes: &[(Tag, &[f64])]) {
        let mut item = InMemDicomObject::new_empty();
        for (tag, values) in attributes {
            numbers(&mut item, *tag, values);
        }
        into.put(DataElement::new(sequence, VR::SQ, DataSetSequence::from(vec![item])));
    }

    /// An enhanced MR file: frames at `positions` along z, each with a rescale and window of its own; pixel values
    /// are those of `frame * 10 + pixel`, 16 bits, signed.
    fn enhanced(positions: &[f64]) -> Series {
        let mut scan = scan_of(positions, positions.len());
        assert!(scan.issues.is_empty() && scan.studies[0].issues.is_empty(), "{:?}", scan.issues);
        scan.studies.remove(0).series.remove(0)
    }

    /// The same, where the file says that it has another number of frames.
    fn scan_of(positions: &[f64], claimed: usize) -> Scan {
        let mut object = InMemDicomObject::new_empty();
        for (tag, vr, text) in [
            (tags::SOP_CLASS_UID, VR::UI, uids::ENHANCED_MR_IMAGE_STORAGE),
            (tags::SOP_INSTANCE_UID, VR::UI, "1.2.3"),
            (tags::STUDY_INSTANCE_UID, VR::UI, "1.2"),
            (tags::MODALITY, VR::CS, "MR"),
            (tags::NUMBER_OF_FRAMES, VR::IS, &claimed.to_string()),
            (tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1"),
        ] {
            put(&mut object, tag, vr, text);
        }
        for (tag, value) in [
            (tags::SAMPLES_PER_PIXEL, 1),
            (tags::ROWS, SIZE),
            (tags::COLUMNS, SIZE),
            (tags::BITS_ALLOCATED, 16),
            (tags::BITS_STORED, 12),
            (tags::HIGH_BIT, 11),
            (tags::PIXEL_REPRESENTATION, 1),
        ] {
            put(&mut object, tag, VR::US, value);
        }
        let mut shared = InMemDicomObject::new_empty();
        group(&mut shared, tags::PIXEL_MEASURES_SEQUENCE, &[(tags::PIXEL_SPACING, &[0.5, 0.75])]);
        let axial = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        group(&mut shared, tags::PLANE_ORIENTATION_SEQUENCE, &[(tags::IMAGE_ORIENTATION_PATIENT, &axial)]);
        let per_frame: Vec<InMemDicomObject> = (positions.iter().enumerate())
            .map(|(frame, z)| {
                let (mut own, number) = (InMemDicomObject::new_empty(), frame as f64);
                group(&mut own, tags::PLANE_POSITION_SEQUENCE, &[(tags::IMAGE_POSITION_PATIENT, &[1.0, 2.0, *z])]);
                let rescale: [(Tag, &[f64]); 2] =
                    [(tags::RESCALE_SLOPE, &[number + 1.0]), (tags::RESCALE_INTERCEPT, &[100.0])];
                group(&mut own, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, &rescale);
                let window: [(Tag, &[f64]); 2] = [(tags::WINDOW_CENTER, &[number]), (tags::WINDOW_WIDTH, &[7.0])];
                group(&mut own, tags::FRAME_VOILUT_SEQUENCE, &window);
                own
            })
            .collect();
        let sequence = |items| DataSetSequence::from(items);
        object.put(DataElement::new(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, VR::SQ, sequence(vec![shared])));
        object.put(DataElement::new(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, VR::SQ, sequence(per_frame)));
        // -1 as 12 bits with an overlay in the four above, which is not part of the value.
        let pixels: Vec<u16> =
            (0..positions.len() as u16).flat_map(|f| [f * 10, f * 10 + 1, f * 10 + 2, 0x5FFF]).collect();
        put(&mut object, tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into()));
        // Its planes are the bits from 12 on.
        put(&mut object, Tag(0x6000, 0x0100), VR::US, PrimitiveValue::from(16_u16));
        for (number, position) in (12_u16..16).enumerate() {
            let tag = Tag(0x6000 + 2 * number as u16, 0x0102);
            put(&mut object, tag, VR::US, PrimitiveValue::from(position));
        }
        let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
        let mut bytes = Vec::new();
        object.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
        scan_memory(vec![("enhanced.dcm".to_owned(), Arc::from(bytes))])
    }

    #[test]
    fn frames_that_are_claimed_and_not_there_are_said_once() {
        let scan = scan_of(&[8.0, 0.0, 4.0], 2000);
        let study = &scan.studies[0];
        assert_eq!(study.series[0].slices.len(), 3);
        assert!(study.series[0].slices.iter().all(|slice| slice.decode().is_ok()));
        let said: Vec<&str> = study.issues.iter().map(|issue| issue.message.as_str()).collect();
        assert!(
            said.len() == 1 && said[0].contains("NumberOfFrames says 2000") && said[0].contains("of 3"),
            "{said:?}"
        );
    }

    #[test]
    fn frames_of_an_enhanced_file_are_slices_in_patient_order() {
        let series = enhanced(&[8.0, 0.0, 4.0]);
        assert_eq!((series.slices.len(), series.blocks.len(), series.spacing), (3, 1, Some(4.0)));
        let z: Vec<f64> = series.slices.iter().map(|s| s.plane.unwrap().origin().z).collect();
        assert!(z == [0.0, 4.0, 8.0] || z == [8.0, 4.0, 0.0], "{z:?}");
        for slice in &series.slices {
            assert_eq!(slice.pixel_spacing, Some([0.5, 0.75]));
            assert_eq!(slice.window.map(|w| (w.center, w.width)), Some((slice.frame as f32, 7.0)));
        }
    }

    #[test]
    fn each_frame_has_its_own_rescale_and_its_own_pixels() {
        let series = enhanced(&[8.0, 0.0, 4.0]);
        for slice in &series.slices {
            let (image, frame) = (slice.decode().unwrap(), slice.frame as f32);
            let expected = [0.0, 1.0, 2.0].map(|pixel| (frame * 10.0 + pixel) * (frame + 1.0) + 100.0);
            assert_eq!(image.values()[..3], expected);
            assert_eq!(image.values()[3..], [99.0 - frame], "12 bits, signed");
            assert!(image.inverted, "MONOCHROME1");
        }
    }
}
