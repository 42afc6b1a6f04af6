//! A grader's point to boxes: of a physical size, on the slice of the point and on its neighbours in depth.

use super::{labels::Point, skipped::Reason};
use crate::{
    grading::{DetectionClass, Role, Severity},
    raster::BBox,
    study::Series,
};

/// Where spacing is unknown, a millimetre is taken for this many pixels.
const PIXELS_PER_MM_UNKNOWN: f64 = 1.5;

/// How a point becomes boxes.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BoxShape {
    /// Width of the box, mm.
    pub width_mm: f64,
    /// Height of the box, mm.
    pub height_mm: f64,
    /// Slices whose plane lies within this of the point are labelled too, mm. A point lies on its own
    /// slice, so this must be more than the distance between slices for any neighbour to count; 0 labels its own alone.
    pub depth_mm: f64,
    /// Width and height as a share of the image's, whatever its spacing, in place of millimetres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_of_image: Option<f64>,
}

impl BoxShape {
    /// So that a box shows the structure and what narrows it: foramen with the disc's edge and facet, canal
    /// from disc to lamina, recess with facet joint.
    ///
    /// ```
    /// use foramen::{dataset::BoxShape, grading::Role};
    ///
    /// let shape = BoxShape::of(Role::Scs);
    /// assert_eq!((shape.width_mm, shape.height_mm), (26.0, 24.0));
    /// ```
    pub const fn of(role: Role) -> Self {
        match role {
            Role::Nfn => Self { width_mm: 20.0, height_mm: 26.0, depth_mm: 5.0, share_of_image: None },
            Role::Scs => Self { width_mm: 26.0, height_mm: 24.0, depth_mm: 5.0, share_of_image: None },
            Role::Ss => Self { width_mm: 20.0, height_mm: 20.0, depth_mm: 4.7, share_of_image: None },
        }
    }

    /// As the solution that Foramen started from had it: 20 of the network's 384 pixels wide and high, which is a share
    /// of the image's sides, on the slice of the point alone.
    pub const fn seed(role: Role) -> Self {
        Self { share_of_image: Some(20.0 / 384.0), depth_mm: 0.0, ..Self::of(role) }
    }

    /// Width and height on an image, in its pixels.
    fn pixels(&self, image: &crate::study::Instance, spacing: Option<[f64; 2]>) -> (f64, f64) {
        if let Some(share) = self.share_of_image {
            return (share * f64::from(image.columns), share * f64::from(image.rows));
        }
        let [row, column] = spacing.unwrap_or([1.0 / PIXELS_PER_MM_UNKNOWN; 2]);
        (self.width_mm / column, self.height_mm / row)
    }
}

/// One labelled box on one slice of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledBox {
    /// Index into the slices of the series.
    pub slice: usize,
    /// Grade and severity by `train.csv`.
    pub class: DetectionClass,
    /// In pixel edges of the upright image, inside it.
    pub bbox: BBox,
}

/// The boxes of one point, or why there are none: the reason, and what is special about this one.
pub fn boxes(
    series: &Series,
    point: &Point,
    severity: Severity,
    shape: &BoxShape,
) -> Result<Vec<LabelledBox>, (Reason, String)> {
    let home = home(series, point)?;
    let image = &series.slices[home].instance;
    let inside = (0.0..f64::from(image.columns)).contains(&point.x) && (0.0..f64::from(image.rows)).contains(&point.y);
    if !inside {
        let what = format!("({}, {}) on an image of {} x {}", point.x, point.y, image.columns, image.rows);
        return Err((Reason::Outside, what));
    }
    let class = DetectionClass { grade: point.id, severity };
    let target = series.slices[home].plane.map(|plane| (plane, plane.patient_from_pixel(point.x, point.y)));
    let mut all = Vec::new();
    for (index, slice) in series.slices.iter().enumerate() {
        let position = match (slice.plane, target) {
            _ if index == home => Some((point.x, point.y)),
            (Some(plane), Some((home_plane, target))) if shape.depth_mm > 0.0 => {
                let near = plane.distance_from_patient(target).abs() <= shape.depth_mm;
                // Neighbours of another orientation show another cut.
                let alike = plane.is_parallel(&home_plane, crate::geometry::PARALLEL_TOLERANCE_DEG);
                (near && alike).then(|| plane.pixel_from_patient(target))
            }
            _ => None,
        };
        let Some((x, y)) = position else { continue };
        let (width, height) = shape.pixels(&slice.instance, slice.pixel_spacing);
        let (columns, rows) = (slice.instance.columns as f32, slice.instance.rows as f32);
        // Pixel centres are integers for DICOM; for boxes the first pixel spans 0 to 1.
        let bbox =
            BBox::from_center(x as f32 + 0.5, y as f32 + 0.5, width as f32, height as f32).clipped(columns, rows);
        if bbox.area() > 0.0 {
            // The image is written as detectors see it.
            let bbox = bbox.turned(slice.turn, [slice.instance.columns, slice.instance.rows]);
            all.push(LabelledBox { slice: index, class, bbox });
        }
    }
    Ok(all)
}

/// The slice that a point lies on.
fn home(series: &Series, point: &Point) -> Result<usize, (Reason, String)> {
    let mut all = series.slices.iter().enumerate().filter(|(_, s)| s.instance.number == Some(point.instance));
    let number = format!("InstanceNumber {}", point.instance);
    let Some((home, _)) = all.next() else { return Err((Reason::NoImage, number)) };
    // Two files of one number, or one file of several frames: the point does not say which.
    if all.next().is_some() { Err((Reason::Ambiguous, number)) } else { Ok(home) }
}
