//! Tables that files carry: from stored values to modality values, from palette indices to luminance, and from modality
//! values to grey.

use std::sync::Arc;

use dicom_core::{PrimitiveValue, Tag, value::Value};
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, mem::InMemElement};

use super::{
    doubts::Doubt,
    element::{element_value, number, text},
    frames,
};
use crate::raster::VoiTable;

/// A table: the value of its first entry, and the entries.
#[derive(Debug, PartialEq)]
struct Table {
    first: i64,
    entries: Vec<u16>,
    /// Of an entry, as the file says.
    bits: u32,
}

/// Why a table is unusable.
#[derive(Debug, PartialEq)]
enum NoTable {
    /// There is none.
    Absent,
    /// It is inconsistent; a phrase.
    Broken(String),
}

impl Table {
    /// `is_signed`: values that are looked up may be negative, so that the first one is meant with a sign.
    fn read(object: &InMemDicomObject, descriptor: Tag, data: Tag, is_signed: bool) -> Result<Self, NoTable> {
        let broken = NoTable::Broken;
        let Some(descriptor) = element_value(object, descriptor) else { return Err(NoTable::Absent) };
        let words = descriptor_words(descriptor);
        let Some([count, first, bits]) = words else {
            return Err(broken("its LUTDescriptor does not have three numbers".to_owned()));
        };
        let count = if count == 0 { 65536 } else { usize::from(count) };
        let first = if is_signed { i64::from(first as i16) } else { i64::from(first) };
        let bits = u32::from(bits);
        if !(1..=16).contains(&bits) {
            return Err(broken(format!("its entries have {bits} bits")));
        }
        let Some(Value::Primitive(data)) = object.get(data).map(InMemElement::value) else {
            return Err(broken("it has no entries".to_owned()));
        };
        let data = data.to_bytes();
        // Entries of 8 bits are packed, two in a word; writers give each of them a word, too.
        let mut entries: Vec<u16> = if bits <= 8 && data.len() < 2 * count {
            data.iter().map(|&b| u16::from(b)).collect()
        } else {
            data.as_chunks::<2>().0.iter().map(|word| u16::from_le_bytes(*word)).collect()
        };
        if entries.len() < count {
            return Err(broken(format!("it has {} of {count} entries", entries.len())));
        }
        entries.truncate(count);
        Ok(Self { first, entries, bits })
    }

    fn look_up(&self, value: f32) -> f32 {
        let at = (value as i64).saturating_sub(self.first).clamp(0, self.entries.len() as i64 - 1);
        f32::from(self.entries[at as usize])
    }
}

/// Three words of 16 bits, whatever kind they were written as.
fn descriptor_words(value: &PrimitiveValue) -> Option<[u16; 3]> {
    match value {
        PrimitiveValue::U16(words) => words.as_slice().try_into().ok(),
        PrimitiveValue::U8(bytes) => {
            let words: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|word| u16::from_le_bytes(*word)).collect();
            words.try_into().ok()
        }
        other => {
            let numbers = other.to_multi_int::<i64>().ok()?;
            let word = |n: &i64| (-32768..=65536).contains(n).then_some(*n as u16);
            numbers.iter().map(word).collect::<Option<Vec<u16>>>()?.try_into().ok()
        }
    }
}

/// Whether stored values have a sign.
fn is_signed(object: &InMemDicomObject) -> bool {
    number::<u32>(object, tags::PIXEL_REPRESENTATION) == Some(1)
}

fn modality_table(object: &InMemDicomObject) -> Result<Table, NoTable> {
    let item = object.get(tags::MODALITY_LUT_SEQUENCE).and_then(|e| e.items()?.first()).ok_or(NoTable::Absent)?;
    Table::read(item, tags::LUT_DESCRIPTOR, tags::LUT_DATA, is_signed(object))
}

/// The modality LUT, where there is one instead of slope and intercept. An unusable table changes nothing, and
/// [`doubts`] reports it.
pub fn modality(object: &InMemDicomObject, values: &mut [f32]) {
    if let Ok(table) = modality_table(object) {
        for value in values {
            *value = table.look_up(*value);
        }
    }
}

/// The first VOI LUT of a frame.
pub fn voi(object: &InMemDicomObject, frame: u32) -> Option<Arc<VoiTable>> {
    voi_table(object, frame).ok().map(Arc::new)
}

fn voi_table(object: &InMemDicomObject, frame: u32) -> Result<VoiTable, NoTable> {
    let item = frames::voi_item(object, frame).ok_or(NoTable::Absent)?;
    // What is looked up are modality values (PS3.3 C.11.2.1.1): of a table none is negative, of a rescale some may be.
    let rescale = frames::rescale(object, frame);
    let has_negatives = match (&rescale, modality_table(object)) {
        (None, Ok(_)) => false,
        _ => is_signed(object) || rescale.is_some_and(|(slope, intercept)| slope < 0.0 || intercept < 0.0),
    };
    let Table { first, entries, bits } = Table::read(item, tags::LUT_DESCRIPTOR, tags::LUT_DATA, has_negatives)?;
    let table = VoiTable::new(first as i32, &entries, bits, text(item, tags::LUT_EXPLANATION));
    table.ok_or(NoTable::Absent)
}

/// Unusable tables of a file.
pub fn doubts(object: &InMemDicomObject) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if frames::rescale(object, 0).is_none()
        && let Err(NoTable::Broken(why)) = modality_table(object)
    {
        doubts.push(Doubt::new(format!("its modality LUT cannot be used: {why}; stored values are shown")));
    }
    if let Err(NoTable::Broken(why)) = voi_table(object, 0) {
        doubts.push(Doubt::note(format!("its VOI LUT cannot be used: {why}")));
    }
    doubts
}

/// Palette indices to luminance of 0 to 255. With an unusable palette, the indices stay.
pub fn palette(object: &InMemDicomObject, values: &mut [f32]) {
    let [Ok(red), Ok(green), Ok(blue)] = [
        (tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        (tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        (tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA),
    ]
    .map(|(descriptor, data)| Table::read(object, descriptor, data, is_signed(object))) else {
        return;
    };
    // Colours of 16 bits are shown with 8.
    let highest = [&red, &green, &blue].into_iter().flat_map(|t| &t.entries).max().copied().unwrap_or_default();
    let scale = if highest > 255 { 257.0 } else { 1.0 };
    for value in values {
        *value = luminance(red.look_up(*value), green.look_up(*value), blue.look_up(*value)) / scale;
    }
}

/// Rec. 601.
pub fn luminance(red: f32, green: f32, blue: f32) -> f32 {
    0.299 * red + 0.587 * green + 0.114 * blue
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, VR, value::DataSetSequence};
    use proptest::prelude::*;

    use super::*;

    fn item(descriptor: PrimitiveValue, vr: VR, data: PrimitiveValue, data_vr: VR) -> InMemDicomObject {
        let mut item = InMemDicomObject::new_empty();
        item.put(DataElement::new(tags::LUT_DESCRIPTOR, vr, descriptor));
        item.put(DataElement::new(tags::LUT_DATA, data_vr, data));
        item
    }

    fn read(item: &InMemDicomObject, is_signed: bool) -> Result<Table, NoTable> {
        Table::read(item, tags::LUT_DESCRIPTOR, tags::LUT_DATA, is_signed)
    }

    fn within(sequence: Tag, item: InMemDicomObject, signed: u16) -> InMemDicomObject {
        let mut object = InMemDicomObject::new_empty();
        object.put(DataElement::new(tags::PIXEL_REPRESENTATION, VR::US, PrimitiveValue::from(signed)));
        object.put(DataElement::new(sequence, VR::SQ, DataSetSequence::from(vec![item])));
        object
    }

    proptest! {
        /// However the table is written, a value below it is its first entry, one above it its last, and any other its own.
        #[test]
        fn a_modality_table_is_looked_up_as_the_standard_says(
            entries in prop::collection::vec(any::<u16>(), 1..200),
            first in -32768i32..=32767,
            form in 0..4,
            steps in prop::collection::vec(-300i32..500, 1..20),
            eight: bool,
        ) {
            let is_signed = first < 0;
            let entries: Vec<u16> = if eight { entries.iter().map(|e| e & 0xFF).collect() } else { entries };
            let descriptor = [entries.len() as u16, first as u16, if eight { 8 } else { 16 }];
            let bytes = |words: &[u16]| words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
            let (vr, value) = match form {
                0 => (VR::US, PrimitiveValue::U16(descriptor.as_slice().into())),
                1 => (VR::SS, PrimitiveValue::I16(descriptor.map(|w| w as i16).as_slice().into())),
                _ => (VR::UN, PrimitiveValue::U8(bytes(&descriptor).into())),
            };
            let packed = || PrimitiveValue::U8(entries.iter().map(|e| *e as u8).collect());
            let (data_vr, data) = match form {
                _ if eight && form == 3 => (VR::OW, packed()),
                0 => (VR::US, PrimitiveValue::U16(entries.as_slice().into())),
                _ => (VR::OW, PrimitiveValue::U8(bytes(&entries).into())),
            };
            let object = within(tags::MODALITY_LUT_SEQUENCE, item(value, vr, data, data_vr), u16::from(is_signed));
            for step in steps {
                let mut found = [(first + step) as f32];
                modality(&object, &mut found);
                let expected = entries[(step.max(0) as usize).min(entries.len() - 1)];
                prop_assert_eq!(found[0].to_bits(), f32::from(expected).to_bits());
            }
        }
    }

    #[test]
    fn no_entries_are_sixty_five_thousand() {
        let whole = item(
            PrimitiveValue::U16([0, 0, 16].as_slice().into()),
            VR::US,
            PrimitiveValue::U16((0..=65535).collect()),
            VR::US,
        );
        assert_eq!(read(&whole, false).unwrap().entries.len(), 65536);
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "a value that is left alone")]
    fn a_table_that_does_not_hold_is_named_and_changes_nothing() {
        let table = |words: &[u16], entries: &[u16]| {
            item(PrimitiveValue::U16(words.into()), VR::US, PrimitiveValue::U16(entries.into()), VR::US)
        };
        for (item, why) in [
            (table(&[4, 0, 16], &[1, 2, 3]), "3 of 4 entries"),
            (table(&[4, 0], &[1, 2, 3, 4]), "three numbers"),
            (table(&[4, 0, 99], &[1, 2, 3, 4]), "99 bits"),
        ] {
            let object = within(tags::MODALITY_LUT_SEQUENCE, item.clone(), 0);
            let mut values = [7.0];
            modality(&object, &mut values);
            assert_eq!(values, [7.0]);
            let doubts = doubts(&object);
            assert!(doubts.len() == 1 && doubts[0].message.contains(why) && !doubts[0].is_note, "{doubts:?}");
            let shown = within(tags::VOILUT_SEQUENCE, item, 0);
            assert!(voi(&shown, 0).is_none() && super::doubts(&shown)[0].is_note);
        }
    }

    #[test]
    fn a_voi_table_begins_below_zero_where_values_may_be_negative() {
        let table = || {
            let descriptor = PrimitiveValue::U16([3, 65036, 8].as_slice().into());
            item(descriptor, VR::US, PrimitiveValue::U16([0, 100, 255].as_slice().into()), VR::US)
        };
        let center = |object: &InMemDicomObject| voi(object, 0).unwrap().window().center;
        assert_eq!(center(&within(tags::VOILUT_SEQUENCE, table(), 1)).to_bits(), (-498.5f32).to_bits());
        let mut object = within(tags::VOILUT_SEQUENCE, table(), 0);
        assert_eq!(center(&object).to_bits(), 65037.5f32.to_bits());
        for (tag, value) in [(tags::RESCALE_SLOPE, "1"), (tags::RESCALE_INTERCEPT, "-1024")] {
            object.put(DataElement::new(tag, VR::DS, PrimitiveValue::from(value)));
        }
        assert_eq!(center(&object).to_bits(), (-498.5f32).to_bits());
    }
}
