//! Where the frames of a file lie and how they want to be shown: from the plain attributes, or from the
//! functional groups of enhanced multi-frame objects.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::header::{FrameHeader, decimals, number, text};
use crate::{
    geometry::ImagePlane,
    raster::{VoiFunction, Window},
};

/// More frames than this in one file are not believed.
const MAX_FRAMES: u32 = 100_000;

/// One header for each frame, and a word of doubt if the geometry does not hold.
pub fn of(object: &InMemDicomObject, columns: u32, rows: u32) -> (Vec<FrameHeader>, Option<String>) {
    let count = number::<u32>(object, tags::NUMBER_OF_FRAMES).unwrap_or(1).clamp(1, MAX_FRAMES);
    let groups = Groups::of(object);
    let mut doubt = None;
    let frames = (0..count)
        .map(|frame| {
            let (plane, spacing) = geometry(&groups, frame, count, columns, rows).unwrap_or_else(|why| {
                doubt.get_or_insert(why);
                (None, None)
            });
            FrameHeader { plane, pixel_spacing: spacing, window: window(&groups, frame) }
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
struct Groups<'a> {
    object: &'a InMemDicomObject,
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
    fn find(&self, frame: u32, group: Tag, tag: Tag) -> Option<&'a InMemDicomObject> {
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
