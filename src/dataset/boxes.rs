//! Turns a grader's point into boxes of a physical size, on the point's slice and on its neighbours in depth.

use super::{labels::Point, skipped::Reason};
use crate::{
    geometry::{PixelCenter, PixelCorner},
    grading::{DetectionClass, Role, Severity},
    raster::BBox,
    study::Series,
};

/// If the spacing is unknown, a millimetre counts as this many pixels.
const PIXELS_PER_MM_UNKNOWN: f64 = 1.5;

/// How a point becomes boxes.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct BoxShape {
    /// Width of the box, mm.
    pub width_mm: f64,
    /// Height of the box, mm.
    pub height_mm: f64,
    /// Slices whose plane lies within this of the point are labelled too, mm. A point lies on its own slice, so this
    /// must be more than the slice spacing for any neighbour to count; 0 labels only its own slice.
    pub depth_mm: f64,
    /// Width and height as a fraction of the image's, whatever its spacing, instead of millimetres.
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

    /// As the solution that Foramen started from had it: 20 of the network's 384 pixels wide and high, which is a
    /// fraction of the image's sides, only on the slice of the point.
    pub const fn seed(role: Role) -> Self {
        Self { share_of_image: Some(20.0 / 384.0), depth_mm: 0.0, ..Self::of(role) }
    }

    /// Width and height of the box on an image, in its pixels.
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

/// The boxes of one point, or why there are none: the reason, and details of this case.
pub fn boxes(
    series: &Series,
    point: &Point,
    severity: Severity,
    shape: &BoxShape,
) -> Result<Vec<LabelledBox>, (Reason, String)> {
    let home = home(series, point)?;
    let class = DetectionClass { grade: point.id, severity };
    let at = PixelCenter::new(point.x, point.y);
    let target = series.slices[home].plane.map(|plane| (plane, plane.patient_from_pixel(at)));
    let mut all = Vec::new();
    for (index, slice) in series.slices.iter().enumerate() {
        let position = match (slice.plane, target) {
            _ if index == home => Some(at),
            (Some(plane), Some((home_plane, target))) if shape.depth_mm > 0.0 => {
                let near = plane.distance_from_patient(target).abs() <= shape.depth_mm;
                // Neighbours with another orientation show a different section.
                let alike = plane.is_parallel(&home_plane, crate::geometry::PARALLEL_TOLERANCE_DEG);
                (near && alike).then(|| plane.pixel_from_patient(target))
            }
            _ => None,
        };
        let Some(center) = position.map(PixelCorner::from) else { continue };
        let (width, height) = shape.pixels(&slice.instance, slice.pixel_spacing);
        let (columns, rows) = (slice.instance.columns as f32, slice.instance.rows as f32);
        let bbox =
            BBox::from_center(center.x as f32, center.y as f32, width as f32, height as f32).clipped(columns, rows);
        if bbox.area() > 0.0 {
            // The image is written upright, as detectors see it.
            let bbox = bbox.turned(slice.turn, [slice.instance.columns, slice.instance.rows]);
            all.push(LabelledBox { slice: index, class, bbox });
        }
    }
    Ok(all)
}

/// The slice that a point lies on, inside its image.
pub fn home(series: &Series, point: &Point) -> Result<usize, (Reason, String)> {
    let mut all = series.slices.iter().enumerate().filter(|(_, s)| s.instance.number == Some(point.instance));
    let number = format!("InstanceNumber {}", point.instance);
    let Some((home, _)) = all.next() else { return Err((Reason::NoImage, number)) };
    // Two files with one number, or one multi-frame file: the point does not say which.
    if all.next().is_some() {
        return Err((Reason::Ambiguous, number));
    }
    let image = &series.slices[home].instance;
    let inside = (0.0..f64::from(image.columns)).contains(&point.x) && (0.0..f64::from(image.rows)).contains(&point.y);
    if !inside {
        let what = format!("({}, {}) on an image of {} x {}", point.x, point.y, image.columns, image.rows);
        return Err((Reason::Outside, what));
    }
    Ok(home)
}
