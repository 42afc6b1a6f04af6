//! What distinguishes an image from others at the same position: echo, time, b-value, kind of image.
//!
//! Classic files say it in plain attributes, enhanced ones in functional groups of their frames; here both look alike.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{decimal, element::text, groups::Groups};

/// What one frame says of how it was made. Texts are empty where it says nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Traits {
    /// `ImageType`, or the frame's `FrameType` with its `ComplexImageComponent`.
    pub image_type: String,
    /// `EchoTime` or `EffectiveEchoTime`, ms.
    pub echo_time: Option<f64>,
    /// `EchoNumbers`.
    pub echo_number: String,
    /// `RepetitionTime`, ms.
    pub repetition_time: Option<f64>,
    /// `InversionTime` or the first of `InversionTimes`, ms.
    pub inversion_time: Option<f64>,
    /// `FlipAngle`, degrees.
    pub flip_angle: Option<f64>,
    /// `DiffusionBValue`, s/mm².
    pub b_value: Option<f64>,
    /// `DiffusionGradientOrientation`.
    pub gradient: String,
    /// `TemporalPositionIdentifier` or `TemporalPositionIndex`.
    pub temporal: String,
    /// `StackID`.
    pub stack: String,
    /// `AcquisitionNumber` or `FrameAcquisitionNumber`.
    pub acquisition: String,
    /// `AcquisitionTime`.
    pub time: String,
    /// `TriggerTime` or `NominalCardiacTriggerDelayTime`.
    pub trigger: String,
    /// `ScanningSequence`, or `EchoPulseSequence` in its words.
    pub scanning_sequence: String,
    /// `SequenceName` or `PulseSequenceName`.
    pub sequence_name: String,
    /// `SpacingBetweenSlices`, mm.
    pub spacing: Option<f64>,
    /// `DimensionIndexValues`.
    pub dimensions: Vec<String>,
}

impl Traits {
    /// Of one frame.
    pub fn of(groups: &Groups<'_>, frame: u32) -> Self {
        let decimal = |group, tag| groups.find(frame, group, tag).and_then(|at| decimal::first(at, tag));
        let words = |group, tag| groups.find(frame, group, tag).map(|at| text(at, tag)).unwrap_or_default();
        let first = |a: String, b: &dyn Fn() -> String| if a.is_empty() { b() } else { a };
        let object = groups.object;
        let plain = |tag| text(object, tag);
        let plain_decimal = |tag| decimal::first(object, tag);
        let frame_type = tags::MR_IMAGE_FRAME_TYPE_SEQUENCE;
        let mut image_type = first(words(frame_type, tags::FRAME_TYPE), &|| plain(tags::IMAGE_TYPE));
        let component = words(frame_type, tags::COMPLEX_IMAGE_COMPONENT);
        if !component.is_empty() {
            image_type = format!("{image_type}\\{component}");
        }
        let (echo, timing) = (tags::MR_ECHO_SEQUENCE, tags::MR_TIMING_AND_RELATED_PARAMETERS_SEQUENCE);
        let (content, diffusion) = (tags::FRAME_CONTENT_SEQUENCE, tags::MR_DIFFUSION_SEQUENCE);
        Self {
            image_type,
            echo_time: decimal(echo, tags::EFFECTIVE_ECHO_TIME).or_else(|| plain_decimal(tags::ECHO_TIME)),
            echo_number: plain(tags::ECHO_NUMBERS),
            repetition_time: decimal(timing, tags::REPETITION_TIME),
            inversion_time: decimal(tags::MR_MODIFIER_SEQUENCE, tags::INVERSION_TIMES)
                .or_else(|| plain_decimal(tags::INVERSION_TIME)),
            flip_angle: decimal(timing, tags::FLIP_ANGLE),
            b_value: decimal(diffusion, tags::DIFFUSION_B_VALUE),
            gradient: gradient(groups, frame),
            temporal: first(words(content, tags::TEMPORAL_POSITION_INDEX), &|| {
                plain(tags::TEMPORAL_POSITION_IDENTIFIER)
            }),
            stack: words(content, tags::STACK_ID),
            acquisition: first(words(content, tags::FRAME_ACQUISITION_NUMBER), &|| plain(tags::ACQUISITION_NUMBER)),
            time: plain(tags::ACQUISITION_TIME),
            trigger: first(
                words(tags::CARDIAC_SYNCHRONIZATION_SEQUENCE, tags::NOMINAL_CARDIAC_TRIGGER_DELAY_TIME),
                &|| plain(tags::TRIGGER_TIME),
            ),
            scanning_sequence: first(plain(tags::SCANNING_SEQUENCE), &|| pulse_sequence(object)),
            sequence_name: first(plain(tags::SEQUENCE_NAME), &|| plain(tags::PULSE_SEQUENCE_NAME)),
            spacing: decimal(tags::PIXEL_MEASURES_SEQUENCE, tags::SPACING_BETWEEN_SLICES),
            dimensions: dimensions(&words(content, tags::DIMENSION_INDEX_VALUES)),
        }
    }
}

/// `DiffusionGradientOrientation`: one sequence deeper than the rest.
fn gradient(groups: &Groups<'_>, frame: u32) -> String {
    let sequence = tags::DIFFUSION_GRADIENT_DIRECTION_SEQUENCE;
    let inside = groups
        .find(frame, tags::MR_DIFFUSION_SEQUENCE, sequence)
        .and_then(|at| at.get(sequence)?.items()?.first())
        .map(|item| text(item, tags::DIFFUSION_GRADIENT_ORIENTATION));
    inside.unwrap_or_else(|| text(groups.object, tags::DIFFUSION_GRADIENT_ORIENTATION))
}

/// `ScanningSequence` as classic files would say it.
fn pulse_sequence(object: &InMemDicomObject) -> String {
    match text(object, tags::ECHO_PULSE_SEQUENCE).as_str() {
        "GRADIENT" => "GR".to_owned(),
        "SPIN" => "SE".to_owned(),
        "BOTH" => "SE\\GR".to_owned(),
        _ => String::new(),
    }
}

fn dimensions(values: &str) -> Vec<String> {
    values.split('\\').filter(|value| !value.is_empty()).map(str::to_owned).collect()
}
