//! Where the frames of a file lie and how they want to be shown: from the plain attributes, or from the
//! functional groups of enhanced multi-frame objects.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{
    header::{FrameHeader, decimals, number, text},
    traits::Traits,
};
use crate::{
    geometry::ImagePlane,
    raster::{VoiFunction, Window},
};

/// More frames than this in one file are not believed.
const MAX_FRAMES: u32 = 100_000;
/// A compressed frame has a head of eight bytes; one that is not has at least some pixels.
const LEAST_BYTES: u64 = 8;

/// One header for each frame, and a word of doubt if the geometry does not hold. Of a file of `size` bytes no more
/// frames are believed than it can hold.
pub fn of(object: &InMemDicomObject, columns: u32, rows: u32, size: u64) -> (Vec<FrameHeader>, Option<String>) {
    let most = (size / LEAST_BYTES).clamp(1, MAX_FRAMES.into()) as u32;
    let count = number::<u32>(object, tags::NUMBER_OF_FRAMES).unwrap_or(1).clamp(1, most);
    let groups = Groups::of(object);
    let mut doubt = None;
    let frames = (0..count)
        .map(|frame| {
            let found = geometry(&groups, frame, count, columns, rows);
            let is_place_wrong = found.is_err();
            let (plane, spacing) = found.unwrap_or_else(|why| {
                doubt.get_or_insert(why);
                (None, None)
            });
            let orientation = plane.or_else(|| orientation(&groups, frame, columns, rows));
            let traits = Traits::of(&groups, frame);
            let window = window(&groups, frame);
            FrameHeader { plane, orientation, is_place_wrong, pixel_spacing: spacing, window, traits }
        })
        .collect();
    (frames, doubt)
}

/// Slope and intercept of a frame, if the file gives any.
pub fn rescale(object: &InMemDicomObject, frame: u32) -> Option<(f64, f64)> {
    let groups = Groups::of(object);
    let place = groups.find(frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE, tags::RESCALE_SLOPE)?;
    let first = |tag| decimals(place, tag).first().copied();
    Some((first(tags::RESCALE_SLOPE)?, first(tags::RESCALE_INTERCEPT).unwrap_or(0.0)))
}

/// The places where an attribute of a frame may stand.
pub struct Groups<'a> {
    /// The file itself.
    pub object: &'a InMemDicomObject,
    shared: Option<&'a InMemDicomObject>,
    per_frame: &'a [InMemDicomObject],
}

impl<'a> Groups<'a> {
    fn of(object: &'a InMemDicomObject) -> Self {
        let items = |tag| object.get(tag).and_then(|e| e.items()).unwrap_or_default();
        Self {
            object,
            shared: items(tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE).first(),
            per_frame: items(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE),
        }
    }

    /// The data set that holds `tag` for a frame: its own group, the shared one, or the file itself.
    pub fn find(&self, frame: u32, group: Tag, tag: Tag) -> Option<&'a InMemDicomObject> {
        let inside = |object: &'a InMemDicomObject| object.get(group)?.items()?.first();
        let own = self.per_frame.get(frame as usize).and_then(inside);
        [own, self.shared.and_then(inside), Some(self.object)].into_iter().flatten().find(|o| o.get(tag).is_some())
    }

    fn decimals(&self, frame: u32, group: Tag, tag: Tag) -> Vec<f64> {
        self.find(frame, group, tag).map(|o| decimals(o, tag)).unwrap_or_default()
    }
}

type Geometry = (Option<ImagePlane>, Option<[f64; 2]>);

fn geometry(groups: &Groups<'_>, frame: u32, count: u32, columns: u32, rows: u32) -> Result<Geometry, String> {
    let spacing = groups.decimals(frame, tags::PIXEL_MEASURES_SEQUENCE, tags::PIXEL_SPACING);
    let plain = |tag| decimals(groups.object, tag);
    let spacing = [spacing, plain(tags::IMAGER_PIXEL_SPACING), plain(tags::NOMINAL_SCANNED_PIXEL_SPACING)]
        .into_iter()
        .find_map(|s| <[f64; 2]>::try_from(s).ok())
        .filter(|s| s.iter().all(|v| v.is_finite() && *v > 0.0));
    // The plain position of a classic multi-frame file is that of its first frame: the others are unknown.
    if count > 1 && groups.per_frame.is_empty() && frame > 0 {
        return Ok((None, spacing));
    }
    let position = groups.decimals(frame, tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT);
    let orientation = groups.decimals(frame, tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT);
    if position.is_empty() || orientation.is_empty() {
        return Ok((None, spacing));
    }
    let (Ok(position), Ok(orientation)) = (<[f64; 3]>::try_from(position), <[f64; 6]>::try_from(orientation)) else {
        return Err("ImagePositionPatient or ImageOrientationPatient has the wrong number of values".to_owned());
    };
    let Some(spacing) = spacing else {
        return Err("it has a position but no PixelSpacing".to_owned());
    };
    let plane = ImagePlane::new(position, orientation, spacing, columns, rows).map_err(|e| e.to_string())?;
    Ok((Some(plane), Some(spacing)))
}

/// How an image lies that does not say where: a plane through nowhere in particular.
fn orientation(groups: &Groups<'_>, frame: u32, columns: u32, rows: u32) -> Option<ImagePlane> {
    let cosines = groups.decimals(frame, tags::PLANE_ORIENTATION_SEQUENCE, tags::IMAGE_ORIENTATION_PATIENT);
    ImagePlane::new([0.0; 3], cosines.try_into().ok()?, [1.0; 2], columns, rows).ok()
}

fn window(groups: &Groups<'_>, frame: u32) -> Option<Window> {
    let place = groups.find(frame, tags::FRAME_VOILUT_SEQUENCE, tags::WINDOW_CENTER)?;
    let first = |tag| decimals(place, tag).first().copied();
    let (center, width) = (first(tags::WINDOW_CENTER)? as f32, first(tags::WINDOW_WIDTH)? as f32);
    let function = match text(place, tags::VOILUT_FUNCTION).as_str() {
        "SIGMOID" => VoiFunction::Sigmoid,
        "LINEAR_EXACT" => VoiFunction::LinearExact,
        _ => VoiFunction::Linear,
    };
    (center.is_finite() && width.is_finite() && width > 0.0).then_some(Window { center, width, function })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dicom_core::{DataElement, PrimitiveValue, VR, value::DataSetSequence};
    use dicom_dictionary_std::uids;
    use dicom_object::FileMetaTableBuilder;

    use super::*;
    use crate::study::{Series, scan_memory};

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
        let mut object = InMemDicomObject::new_empty();
        for (tag, vr, text) in [
            (tags::SOP_CLASS_UID, VR::UI, uids::ENHANCED_MR_IMAGE_STORAGE),
            (tags::SOP_INSTANCE_UID, VR::UI, "1.2.3"),
            (tags::STUDY_INSTANCE_UID, VR::UI, "1.2"),
            (tags::MODALITY, VR::CS, "MR"),
            (tags::NUMBER_OF_FRAMES, VR::IS, &positions.len().to_string()),
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
        let meta = FileMetaTableBuilder::new().transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN);
        let mut bytes = Vec::new();
        object.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
        let mut scan = scan_memory(vec![("enhanced.dcm".to_owned(), Arc::from(bytes))]);
        assert!(scan.issues.is_empty() && scan.studies[0].issues.is_empty(), "{:?}", scan.issues);
        scan.studies.remove(0).series.remove(0)
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
