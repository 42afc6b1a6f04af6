//! RLE Lossless (DICOM PS3.5 Annex G), the encoding of the contest's files. None of our crates encodes it.

/// One frame of 16-bit values: two segments, high bytes and low bytes, each row packed separately.
pub fn encode_u16(values: &[u16], columns: usize) -> Vec<u8> {
    let plane = |shift: u32| {
        let bytes: Vec<u8> = values.iter().map(|v| (v >> shift) as u8).collect();
        let mut packed = Vec::new();
        for row in bytes.chunks(columns.max(1)) {
            pack_bits(row, &mut packed);
        }
        if packed.len() % 2 == 1 {
            packed.push(0);
        }
        packed
    };
    let (high, low) = (plane(8), plane(0));
    let mut header = [0u32; 16];
    header[..3].copy_from_slice(&[2, 64, 64 + high.len() as u32]);
    let mut frame: Vec<u8> = header.iter().flat_map(|v| v.to_le_bytes()).collect();
    frame.extend(high);
    frame.extend(low);
    frame
}

/// Runs of 2 to 128 equal bytes as (1 - n, byte), the rest as (n - 1, bytes).
fn pack_bits(row: &[u8], out: &mut Vec<u8>) {
    let run_at = |at: usize| row[at..].iter().take(128).take_while(|b| **b == row[at]).count();
    let mut at = 0;
    while at < row.len() {
        let run = run_at(at);
        if run >= 2 {
            out.extend([(257 - run) as u8, row[at]]);
            at += run;
            continue;
        }
        let start = at;
        while at < row.len() && at - start < 128 && run_at(at) < 3 {
            at += 1;
        }
        out.push((at - start - 1) as u8);
        out.extend(&row[start..at]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn unpack(packed: &[u8], length: usize) -> Vec<u8> {
        let (mut out, mut at) = (Vec::new(), 0);
        while out.len() < length {
            let n = i16::from(packed[at] as i8);
            if n >= 0 {
                out.extend(&packed[at + 1..at + 2 + n as usize]);
                at += 2 + n as usize;
            } else {
                out.extend(std::iter::repeat_n(packed[at + 1], (1 - n) as usize));
                at += 2;
            }
        }
        out
    }

    proptest! {
        /// Decoded by the rule of PS3.5 G.3.2; dicom-rs and pydicom read the phantom's files in other tests.
        #[test]
        fn packing_is_undone_by_unpacking(row in prop::collection::vec(prop_oneof![Just(0u8), Just(7u8), any::<u8>()], 1..400)) {
            let mut packed = Vec::new();
            pack_bits(&row, &mut packed);
            prop_assert_eq!(unpack(&packed, row.len()), row);
        }
    }
}
