//! RLE Lossless (PS3.5 annex G) for samples of any number of bytes. The codec library stops at two, and allocates as
//! much memory as a damaged header requests.

/// One frame: little-endian samples, interleaved. `None` if the data is invalid.
pub fn decode(fragment: &[u8], pixels: usize, samples: usize, bytes_each: usize) -> Option<Vec<u8>> {
    let word = |at: usize| Some(u32::from_le_bytes(*fragment.get(at..at + 4)?.first_chunk()?) as usize);
    let count = word(0)?;
    if count != samples * bytes_each || count > 15 {
        return None;
    }
    // Two bytes say how often one is repeated, 128 times at most: a size that the data cannot fill takes no memory.
    if pixels * count > fragment.len() * 64 {
        return None;
    }
    let mut out = vec![0; pixels * count];
    let mut plane = vec![0; pixels];
    for segment in 0..count {
        let start = word(4 + 4 * segment)?;
        let end = if segment + 1 < count { word(8 + 4 * segment)? } else { fragment.len() };
        // Segments go sample by sample, highest byte first.
        let (sample, byte) = (segment / bytes_each, bytes_each - 1 - segment % bytes_each);
        unpack(fragment.get(start..end)?, &mut plane)?;
        let places = out.iter_mut().skip(sample * bytes_each + byte).step_by(count);
        places.zip(&plane).for_each(|(place, value)| *place = *value);
    }
    Some(out)
}

/// `PackBits`. `None` if it ends before all places are filled.
fn unpack(mut packed: &[u8], mut places: &mut [u8]) -> Option<()> {
    while !places.is_empty() {
        let (&head, rest) = packed.split_first()?;
        packed = rest;
        let count = match head as i8 {
            -128 => continue,
            literal @ 0.. => usize::from(literal.unsigned_abs()) + 1,
            run => usize::from(run.unsigned_abs()) + 1,
        };
        // Any excess is padding.
        let (filled, left) = places.split_at_mut(count.min(places.len()));
        if head < 128 {
            let (bytes, rest) = packed.split_at_checked(count)?;
            filled.copy_from_slice(&bytes[..filled.len()]);
            packed = rest;
        } else {
            let (&byte, rest) = packed.split_first()?;
            filled.fill(byte);
            packed = rest;
        }
        places = left;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Literal runs only: valid, if not short.
    fn encode(bytes: &[u8], count: usize, bytes_each: usize) -> Vec<u8> {
        let mut head = vec![count as u32];
        let mut body = Vec::new();
        for segment in 0..count {
            head.push(64 + body.len() as u32);
            let (sample, byte) = (segment / bytes_each, bytes_each - 1 - segment % bytes_each);
            let plane: Vec<u8> = bytes.iter().skip(sample * bytes_each + byte).step_by(count).copied().collect();
            for chunk in plane.chunks(128) {
                body.push(chunk.len() as u8 - 1);
                body.extend(chunk);
            }
        }
        head.resize(16, 0);
        head.iter().flat_map(|w| w.to_le_bytes()).chain(body).collect()
    }

    #[test]
    fn runs_and_literals() {
        let mut out = [0; 6];
        assert_eq!(unpack(&[0xFE, 7, 0x80, 1, 8, 9, 0, 5], &mut out), Some(()));
        assert_eq!(out, [7, 7, 7, 8, 9, 5]);
        assert_eq!(unpack(&[0xFE, 7], &mut out), None);
    }

    proptest! {
        #[test]
        fn what_was_packed_comes_back(values in prop::collection::vec(any::<u32>(), 1..300)) {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            prop_assert_eq!(decode(&encode(&bytes, 4, 4), values.len(), 1, 4), Some(bytes));
        }

        #[test]
        fn any_bytes_give_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..300), pixels in 0usize..200) {
            let _ = decode(&bytes, pixels, 1, 4);
        }
    }
}
