//! Tables that files carry: from stored values to modality values, and from palette indices to luminance.

use dicom_core::{Tag, value::Value};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::pixels::luminance;

/// A table: the stored value of its first entry, and the entries.
struct Table {
    first: i64,
    entries: Vec<f32>,
}

impl Table {
    fn read(object: &InMemDicomObject, descriptor: Tag, data: Tag) -> Option<Self> {
        let descriptor = object.get(descriptor)?.to_multi_int::<i64>().ok()?;
        let &[count, first, bits] = descriptor.as_slice() else { return None };
        let count = if count == 0 { 65536 } else { usize::try_from(count & 0xffff).ok()? };
        let Value::Primitive(data) = object.get(data)?.value() else { return None };
        let data = data.to_bytes();
        let entries: Vec<f32> = if bits == 8 && data.len() < 2 * count {
            data.iter().map(|&b| f32::from(b)).collect()
        } else {
            data.chunks_exact(2).map(|b| f32::from(u16::from_le_bytes([b[0], b[1]]))).collect()
        };
        (!entries.is_empty()).then_some(Self { first, entries })
    }

    fn look_up(&self, value: f32) -> f32 {
        let at = (value as i64 - self.first).clamp(0, self.entries.len() as i64 - 1);
        self.entries[at as usize]
    }
}

/// The modality LUT, where there is one instead of slope and intercept. A table that does not hold changes nothing.
pub fn modality(object: &InMemDicomObject, values: &mut [f32]) {
    let item = object.get(tags::MODALITY_LUT_SEQUENCE).and_then(|e| e.items()?.first());
    let table = item.and_then(|item| Table::read(item, tags::LUT_DESCRIPTOR, tags::LUT_DATA));
    if let Some(table) = table {
        for value in values {
            *value = table.look_up(*value);
        }
    }
}

/// Palette indices to luminance of 0 to 255. A palette that does not hold leaves the indices.
pub fn palette(object: &InMemDicomObject, values: &mut [f32]) {
    let [Some(red), Some(green), Some(blue)] = [
        (tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        (tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA),
        (tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR, tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA),
    ]
    .map(|(descriptor, data)| Table::read(object, descriptor, data)) else {
        return;
    };
    // Colours of 16 bits are shown with 8.
    let highest = [&red, &green, &blue].into_iter().flat_map(|t| &t.entries).fold(0.0f32, |a, b| a.max(*b));
    let scale = if highest > 255.0 { 257.0 } else { 1.0 };
    for value in values {
        *value = luminance(red.look_up(*value), green.look_up(*value), blue.look_up(*value)) / scale;
    }
}
