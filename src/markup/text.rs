//! A measurement in the words that stand beside it on the image.

use super::{Mark, Measurement, Unit};
use crate::geometry::Vec3;

impl Unit {
    /// The sign behind a length: `mm` or `px`.
    pub const fn length(self) -> &'static str {
        match self {
            Self::Millimetres => "mm",
            Self::Pixels => "px",
        }
    }

    /// The sign behind an area: `mm²` or `px²`.
    pub const fn area(self) -> &'static str {
        match self {
            Self::Millimetres => "mm²",
            Self::Pixels => "px²",
        }
    }
}

/// The lines beside a mark: what the reader wrote, then what was measured.
pub fn lines(mark: &Mark, measurement: &Measurement) -> Vec<String> {
    let mut lines: Vec<String> = mark.text.lines().map(str::to_owned).collect();
    match *measurement {
        Measurement::Length { length, unit } => lines.push(format!("{} {}", tenths(length), unit.length())),
        Measurement::Angle { degrees, unit } => lines.push(match (degrees, unit) {
            (None, _) => "no angle".to_owned(),
            (Some(degrees), Unit::Millimetres) => format!("{}°", tenths(degrees)),
            (Some(degrees), Unit::Pixels) => format!("{}° if pixels are square", tenths(degrees)),
        }),
        Measurement::Region { area, unit, statistics } => {
            lines.push(format!("area {} {}", tenths(area), unit.area()));
            if let Some(found) = statistics {
                lines.push(format!("mean {}  SD {}", tenths(found.mean), tenths(found.sd)));
                lines.push(format!("min {}  max {}", value_text(found.min), value_text(found.max)));
                lines.push(format!("{} pixels", found.count));
            }
        }
        Measurement::Probe { pixel, value, patient } => {
            // Inside of the image only padding has no value.
            let words = |value: Option<f32>| {
                value.map_or("padding: no value".to_owned(), |v| format!("value {}", value_text(v)))
            };
            lines.extend(pixel.map(|_| words(value)));
            lines.extend(pixel.map(|(column, row)| format!("column {column}, row {row}")));
            lines.extend(patient.map(patient_text));
        }
        Measurement::Text => (),
    }
    lines
}

/// A place in the patient: `L 12.3  P 4.5  H 101.2 mm`.
fn patient_text(point: Vec3) -> String {
    let along = |v: f64, positive: char, negative: char| {
        let text = tenths(v);
        match text.strip_prefix('-') {
            Some(size) => format!("{negative} {size}"),
            None => format!("{positive} {text}"),
        }
    };
    let [x, y, z] = point.to_array();
    format!("{}  {}  {} mm", along(x, 'L', 'R'), along(y, 'P', 'A'), along(z, 'H', 'F'))
}

/// One decimal; never a negative zero.
fn tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    if text == "-0.0" { "0.0".to_owned() } else { text }
}

/// Whole numbers, as most MR files hold, without decimals.
fn value_text(value: f32) -> String {
    if value.fract() == 0.0 { format!("{:.0}", value + 0.0) } else { tenths(f64::from(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        geometry::ImagePlane,
        markup::{Point, Shape, measure, strategies::mark},
        raster::Slice,
    };

    fn said(shape: Shape, spacing: Option<[f64; 2]>, slice: Option<&Slice>) -> Vec<String> {
        let mark = mark(shape);
        lines(&mark, &measure(&mark, spacing, slice))
    }

    #[test]
    fn numbers_are_rounded_as_readers_write_them() {
        let (a, b) = (Point::new(0.0, 0.0), Point::new(3.0, 4.0));
        assert_eq!(said(Shape::Length { from: a, to: b }, Some([0.5, 0.5]), None), ["2.5 mm"]);
        assert_eq!(said(Shape::Length { from: a, to: b }, None, None), ["5.0 px"]);
        let angle = Shape::Angle { first: Point::new(1.0, 0.0), vertex: a, second: Point::new(0.0, 1.0) };
        assert_eq!(said(angle, Some([2.0, 0.5]), None), ["90.0°"]);
        assert_eq!(said(angle, None, None), ["90.0° if pixels are square"]);
        let slice = Slice::new(2, 2, vec![1.0, 2.0, 3.0, 4.5]).unwrap();
        let region = Shape::Rectangle { corner: a, opposite: Point::new(1.0, 1.0) };
        assert_eq!(
            said(region, Some([2.0, 0.5]), Some(&slice)),
            ["area 1.0 mm²", "mean 2.6  SD 1.3", "min 1  max 4.5", "4 pixels"]
        );
        assert_eq!(said(region, None, None), ["area 1.0 px²"]);
    }

    #[test]
    fn a_place_in_the_patient_has_letters_for_its_signs() {
        let mut slice = Slice::new(2, 2, vec![7.0; 4]).unwrap();
        let iop = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
        slice.plane = Some(ImagePlane::new([-12.34, 4.5, -101.2], iop, [2.0, 0.5], 2, 2).unwrap());
        let probe = said(Shape::Probe { at: Point::new(0.0, 0.0) }, None, Some(&slice));
        assert_eq!(probe, ["value 7", "column 0, row 0", "R 12.3  P 4.5  F 101.2 mm"]);
        assert_eq!(patient_text(Vec3::new(-0.04, -2.0, 0.0)), "L 0.0  A 2.0  H 0.0 mm");
    }

    #[test]
    fn what_the_reader_wrote_comes_first() {
        let mut note = mark(Shape::Length { from: Point::new(0.0, 0.0), to: Point::new(1.0, 0.0) });
        note.text = "disc height\nL4/L5".to_owned();
        assert_eq!(lines(&note, &measure(&note, None, None)), ["disc height", "L4/L5", "1.0 px"]);
    }
}
