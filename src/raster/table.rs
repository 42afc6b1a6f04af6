//! A VOI table (PS3.3 C.11.2.1.1): a file's own curve from values to grey, which no centre and width describe.

use super::{VoiFunction, Window, window::grey_of};

/// A curve over modality values: one grey for each whole value from `first` on.
///
/// ```
/// use foramen::raster::VoiTable;
///
/// // Three entries of 8 bits, for the values 100, 101 and 102.
/// let table = VoiTable::new(100, &[0, 64, 255], 8, "bones".to_owned()).unwrap();
/// let greys = [99.0, 100.0, 101.0, 102.0, 500.0].map(|value| table.grey(table.window(), value, false));
/// assert_eq!(greys, [0, 0, 64, 255, 255]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct VoiTable {
    first: i32,
    /// From black 0 to white 1; at least one.
    shares: Vec<f32>,
    /// `LUTExplanation`; empty where there is none.
    pub explanation: String,
}

impl VoiTable {
    /// `first` is the value of the first entry, `bits` what the file says an entry has. `None` without an entry.
    ///
    /// Entries beyond what `bits` hold show that it is not true: then the scale is that of the bits they need.
    pub fn new(first: i32, entries: &[u16], bits: u32, explanation: String) -> Option<Self> {
        let highest = *entries.iter().max()?;
        let bits = bits.clamp(1, 16).max(u16::BITS - highest.leading_zeros());
        let white = ((1_u32 << bits) - 1) as f32;
        let shares = entries.iter().map(|&entry| f32::from(entry) / white).collect();
        Some(Self { first, shares, explanation })
    }

    /// The modality value of the first entry.
    pub const fn first(&self) -> i32 {
        self.first
    }

    /// The entries, scaled to 16 bits.
    pub fn entries(&self) -> impl Iterator<Item = u16> + '_ {
        self.shares.iter().map(|share| (share * f32::from(u16::MAX)).round() as u16)
    }

    /// The window that shows the table as it is. Another centre or width moves and stretches it.
    pub fn window(&self) -> Window {
        let width = self.shares.len() as f32;
        Window { center: self.first as f32 + width / 2.0, width, function: VoiFunction::Table }
    }

    /// A modality value as grey, 0 to 255. Values before the first entry and behind the last are as grey as these.
    pub fn grey(&self, window: Window, value: f32, inverted: bool) -> u8 {
        let count = self.shares.len();
        let (center, width) = (f64::from(window.center), f64::from(window.width).max(f64::MIN_POSITIVE));
        // Multiplied first: a whole number of steps stays one.
        let place = (f64::from(value) - (center - width / 2.0)) * count as f64 / width;
        // What is no number becomes 0.
        let at = (place as usize).min(count - 1);
        let grey = grey_of(self.shares[at]);
        if inverted { 255 - grey } else { grey }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// C.11.2.1.1 word by word: at or below the first value its entry, then one by one, then the last.
        #[test]
        fn a_table_is_looked_up_as_the_standard_says(
            first in -40_000i32..40_000,
            entries in prop::collection::vec(0u16..4096, 1..300),
            steps in prop::collection::vec(-400i32..700, 1..50),
            inverted: bool,
        ) {
            let table = VoiTable::new(first, &entries, 12, String::new()).unwrap();
            for step in steps {
                let value = first + step;
                let entry = match step {
                    ..0 => entries[0],
                    step if step as usize >= entries.len() => entries[entries.len() - 1],
                    step => entries[step as usize],
                };
                let grey = (f64::from(entry) / 4095.0 * 255.0).round();
                let expected = if inverted { 255.0 - grey } else { grey };
                let found = f64::from(table.grey(table.window(), value as f32, inverted));
                // Exactly half way may be rounded to either side.
                prop_assert!((found - expected).abs() <= 1.0, "{value}: {found}, not {expected}");
            }
        }
    }

    #[test]
    fn entries_larger_than_the_bits_say_set_the_scale() {
        let grey = |bits, entries: &[u16]| {
            let table = VoiTable::new(0, entries, bits, String::new()).unwrap();
            (0..entries.len()).map(|at| table.grey(table.window(), at as f32, false)).collect::<Vec<_>>()
        };
        assert_eq!(grey(8, &[0, 255]), [0, 255]);
        assert_eq!(grey(8, &[0, 32768, 65535]), [0, 128, 255]);
        assert_eq!(grey(16, &[0, 32768, 65535]), [0, 128, 255]);
        assert!(VoiTable::new(0, &[], 16, String::new()).is_none());
        let wide = VoiTable::new(0, &[0, 128, 255], 8, String::new()).unwrap();
        assert_eq!(wide.entries().collect::<Vec<_>>(), [0, 128 * 257, 65535]);
    }

    #[test]
    fn a_wider_window_stretches_the_table() {
        let table = VoiTable::new(100, &[0, 85, 170, 255], 8, String::new()).unwrap();
        let own = table.window();
        assert_eq!((own.center, own.width), (102.0, 4.0));
        let wide = Window { center: 100.0, width: 8.0, ..own };
        assert_eq!([96.0, 98.0, 100.0, 102.0].map(|value| table.grey(wide, value, false)), [0, 85, 170, 255]);
    }
}
