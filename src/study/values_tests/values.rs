//! Spacing, places, rescales, windows and proportions.

use dicom_core::{DataElement, value::DataSetSequence};
use proptest::prelude::*;

use super::*;
use crate::raster::{VoiFunction, Window};

#[test]
fn spacing_is_read_from_any_kind_of_element() {
    for vr in [VR::DS, VR::UT, VR::LO, VR::ST, VR::SH, VR::UN, VR::CS] {
        for text in ["0.5\\0.75", " 0.5 \\ 0.75 ", "+5.0e-01\\7.5E-1", "0.5\\0.75\0", "0,5\\0,75"] {
            let mut made = Made::new();
            made.text(tags::PIXEL_SPACING, vr, text);
            let (slice, issues) = made.read();
            assert_eq!(slice.pixel_spacing, Some([0.5, 0.75]), "{vr:?} {text:?}");
            assert!(slice.plane.is_some());
            if text.contains(',') {
                assert!(only(&issues, "decimal commas are read as decimal points: PixelSpacing"));
            } else {
                assert!(issues.is_empty(), "{issues:?}");
            }
        }
    }
}

#[test]
fn spacing_that_cannot_be_used_is_named_with_its_text() {
    for (text, words) in [
        ("0.5", "its PixelSpacing '0.5' has 1 value instead of 2"),
        ("0.5\\0\\0.75", "its PixelSpacing '0.5\\0\\0.75' has 3 values instead of 2"),
        ("0.5,0.75", "its PixelSpacing '0.5,0.75' cannot be read"),
        ("half\\half", "its PixelSpacing 'half\\half' cannot be read"),
        ("0\\0", "its PixelSpacing '0\\0' is not a distance"),
        ("-0.5\\0.5", "its PixelSpacing '-0.5\\0.5' is not a distance"),
        ("", "it has a position but no PixelSpacing"),
    ] {
        for vr in [VR::DS, VR::UT, VR::UN] {
            let mut made = Made::new();
            made.text(tags::PIXEL_SPACING, vr, text);
            let (slice, issues) = made.read();
            assert_eq!((slice.pixel_spacing, slice.plane.is_some()), (None, false));
            assert!(!only(&issues, words));
        }
        // Where no place is given, it is not said to be lost.
        let mut made = Made::new();
        made.text(tags::PIXEL_SPACING, VR::DS, text);
        made.remove(tags::IMAGE_POSITION_PATIENT);
        let (_, issues) = made.read();
        if text.is_empty() {
            assert!(issues.is_empty());
        } else {
            assert!(!only(&issues, words) && issues[0].message.contains("measured in pixels"));
        }
    }
}

#[test]
fn every_number_that_decides_may_have_commas_and_is_named_where_it_cannot_be_read() {
    let mut made = Made::new();
    for (tag, text) in [
        (tags::PIXEL_SPACING, "0,5\\0,75"),
        (tags::IMAGE_POSITION_PATIENT, "1,5\\2,5\\3,5"),
        (tags::IMAGE_ORIENTATION_PATIENT, "1,0\\0,0\\0,0\\0,0\\1,0\\0,0"),
        (tags::RESCALE_SLOPE, "2,5"),
        (tags::RESCALE_INTERCEPT, "-1,5"),
        (tags::WINDOW_CENTER, "10,5"),
        (tags::WINDOW_WIDTH, "20,5"),
    ] {
        made.text(tag, VR::DS, text);
    }
    let (slice, issues) = made.read();
    assert_eq!(slice.plane, Made::new().read().0.plane);
    assert_eq!(slice.window, Some(Window::new(10.5, 20.5)));
    assert_eq!(slice.decode().unwrap().values()[..3], [-1.5, 1.0, 3.5]);
    assert!(only(&issues, "commas") && issues[0].message.contains("WindowWidth"), "{issues:?}");
    for (tag, words) in [
        (tags::IMAGE_POSITION_PATIENT, "its ImagePositionPatient '1.2.3' cannot be read"),
        (tags::IMAGE_ORIENTATION_PATIENT, "its ImageOrientationPatient '1.2.3' cannot be read"),
        (tags::RESCALE_SLOPE, "its RescaleSlope '1.2.3' cannot be used"),
        (tags::RESCALE_INTERCEPT, "its RescaleIntercept '1.2.3' cannot be used"),
    ] {
        let mut made = Made::new();
        made.text(tag, VR::DS, "1.2.3");
        assert!(!only(&made.read().1, words));
    }
    let mut made = Made::new();
    made.text(tags::RESCALE_SLOPE, VR::DS, "0");
    assert!(!only(&made.read().1, "its RescaleSlope '0' cannot be used"));
}

fn windows(center: &str, width: &str, others: &[(Tag, &str)]) -> (Option<Window>, Vec<Issue>) {
    let mut made = Made::new();
    made.text(tags::WINDOW_CENTER, VR::DS, center);
    made.text(tags::WINDOW_WIDTH, VR::DS, width);
    for (tag, text) in others {
        made.text(*tag, if *tag == tags::VOILUT_FUNCTION { VR::CS } else { VR::DS }, text);
    }
    let (slice, issues) = made.read();
    (slice.window, issues)
}

#[test]
fn the_first_window_that_can_be_used_counts() {
    let linear = |center, width| (Some(Window::new(center, width)), vec![]);
    assert_eq!(windows("40\\400\\3000", "80\\900\\10", &[]), linear(40.0, 80.0));
    assert_eq!(windows("40\\400", "0\\900", &[]), linear(400.0, 900.0));
    assert_eq!(windows("40\\400", "-80\\900", &[]), linear(400.0, 900.0));
    assert_eq!(windows("x\\400", "80\\900", &[]), linear(400.0, 900.0));
    assert_eq!(windows("40", "80\\900", &[]), linear(40.0, 80.0));
    assert_eq!(windows("40", "80", &[(tags::VOILUT_FUNCTION, "")]), linear(40.0, 80.0));
    assert_eq!(windows("", "", &[]), (None, vec![]), "nothing is nothing to speak of");
    for (center, width, words) in [
        ("40", "0", "its WindowWidth '0' cannot be used"),
        ("40", "-200", "its WindowWidth '-200' cannot be used"),
        ("40", "", "its WindowWidth '' cannot be used"),
        ("abc", "80", "its WindowCenter 'abc' cannot be used"),
        ("", "80", "its WindowCenter '' cannot be used"),
        ("40", "1e40", "its WindowCenter '40' cannot be used"),
    ] {
        let (window, issues) = windows(center, width, &[]);
        assert!(window.is_none() && only(&issues, words), "only how it is shown: a note");
    }
    let function = |text| windows("40", "80", &[(tags::VOILUT_FUNCTION, text)]).0.unwrap().function;
    assert_eq!(function("SIGMOID"), VoiFunction::Sigmoid);
    assert_eq!(function("linear_exact"), VoiFunction::LinearExact);
    assert_eq!(function("LINEAR"), VoiFunction::Linear);
}

proptest! {
    /// A slope makes other numbers of the same picture: it is as grey.
    #[test]
    fn a_small_slope_with_its_window_shows_the_same_picture(
        exponent in -7i32..0, center in 10.0f64..60.0, width in 20.0f64..80.0
    ) {
        let slope = 10f64.powi(exponent);
        let picture = |slope: f64, function: &str| {
            let mut made = Made::new();
            for (tag, number) in [
                (tags::RESCALE_SLOPE, slope), (tags::RESCALE_INTERCEPT, 0.0),
                (tags::WINDOW_CENTER, center * slope), (tags::WINDOW_WIDTH, width * slope),
            ] {
                made.text(tag, VR::DS, &format!("{number:.9e}"));
            }
            made.text(tags::VOILUT_FUNCTION, VR::CS, function);
            let slice = made.decoded();
            slice.greys(slice.first_window(), false, |grey| grey)
        };
        let (small, plain) = (picture(slope, "LINEAR"), picture(1.0, "LINEAR_EXACT"));
        prop_assert!(small.iter().zip(&plain).all(|(a, b)| a.abs_diff(*b) <= 1), "{small:?} {plain:?}");
    }

    /// A file with a VOI LUT and no window is as grey as its table says.
    #[test]
    fn a_voi_lut_is_applied(entries in prop::collection::vec(0u16..4096, 64), first in 0u16..20, inverted: bool) {
        let mut item = InMemDicomObject::new_empty();
        let descriptor = PrimitiveValue::U16([64, first, 12].as_slice().into());
        item.put(DataElement::new(tags::LUT_DESCRIPTOR, VR::US, descriptor));
        item.put(DataElement::new(tags::LUT_DATA, VR::OW, PrimitiveValue::U16(entries.as_slice().into())));
        item.put(DataElement::new(tags::LUT_EXPLANATION, VR::LO, PrimitiveValue::from("S CURVE")));
        let mut made = Made::new();
        made.0.put(DataElement::new(tags::VOILUT_SEQUENCE, VR::SQ, DataSetSequence::from(vec![item])));
        if inverted {
            made.text(tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
        }
        let slice = made.decoded();
        prop_assert_eq!(slice.table.as_ref().unwrap().explanation.as_str(), "S CURVE");
        let greys = slice.greys(slice.first_window(), slice.inverted, |grey| grey);
        for (value, grey) in greys.into_iter().enumerate() {
            let entry = entries[value.saturating_sub(usize::from(first)).min(63)];
            let share = f64::from(entry) / 4095.0;
            let right = 255.0 * if inverted { 1.0 - share } else { share };
            prop_assert!((f64::from(grey) - right).abs() <= 0.51, "{value}: {grey}, not {right}");
        }
        // A window is the writer's first choice.
        made.text(tags::WINDOW_CENTER, VR::DS, "40");
        made.text(tags::WINDOW_WIDTH, VR::DS, "80");
        prop_assert_eq!(made.decoded().first_window(), Window::new(40.0, 80.0));
    }
}

#[test]
#[expect(clippy::float_cmp, reason = "numbers that are passed on")]
fn proportions_are_known_without_a_spacing() {
    for (text, right) in [("2\\1", Some([2.0, 1.0])), ("1,5\\1", Some([1.5, 1.0])), ("", None)] {
        let mut made = Made::new();
        made.remove(tags::PIXEL_SPACING);
        made.remove(tags::IMAGE_POSITION_PATIENT);
        made.text(tags::PIXEL_ASPECT_RATIO, VR::IS, text);
        let (slice, issues) = made.read();
        assert_eq!(
            (slice.pixel_spacing, slice.pixel_aspect, slice.decode().unwrap().pixel_aspect),
            (None, right, right)
        );
        assert_eq!(slice.pixel_size(), right.unwrap_or([1.0, 1.0]));
        assert!(issues.iter().all(|issue| issue.is_note));
    }
    for text in ["0\\1", "2", "2\\-1", "wide"] {
        let mut made = Made::new();
        made.text(tags::PIXEL_ASPECT_RATIO, VR::IS, text);
        let (slice, issues) = made.read();
        assert_eq!((slice.pixel_aspect, slice.pixel_size()), (None, [0.5, 0.75]));
        assert!(!only(&issues, &format!("its PixelAspectRatio '{text}'")));
    }
}
