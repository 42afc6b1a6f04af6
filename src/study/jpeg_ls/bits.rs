//! The bits of a scan (ITU-T T.87 A.1): in the byte behind one of ones the first bit is a stuffed zero; were it a one, the
//! two bytes are a marker, where the scan ends.
#![expect(clippy::inline_always, reason = "a sample takes 15 ns; calls between its steps double that")]

/// Bytes of ones in eight bytes: `0x80` at least in one place if there is one.
const fn has_ones(word: u64) -> bool {
    (!word).wrapping_sub(0x0101_0101_0101_0101) & word & 0x8080_8080_8080_8080 != 0
}

/// Reads from the highest bit on. Every reader gives `None` where the scan ends before its value does.
pub struct Bits<'a> {
    bytes: &'a [u8],
    /// Of the first byte that is not in `cache`.
    at: usize,
    /// The next bits, from the highest on; zeros behind them.
    cache: u64,
    /// How many there are.
    count: u32,
}

impl<'a> Bits<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, cache: 0, count: 0 }
    }

    /// What lies behind the scan, from its marker on. `None` if more than the last byte's filling was left over: a scan
    /// that is longer than its image is not the image's.
    pub fn behind(mut self) -> Option<&'a [u8]> {
        self.fill();
        (self.count < 16).then(|| &self.bytes[self.at..])
    }

    /// At least 49 bits, or all there are.
    #[inline(always)]
    fn fill(&mut self) {
        if let Some(next) = self.bytes.get(self.at..).and_then(<[u8]>::first_chunk) {
            let word = u64::from_be_bytes(*next);
            if !has_ones(word) {
                let bytes = (64 - self.count) / 8;
                let bits = bytes * 8;
                if bits > 0 {
                    self.cache |= word >> (64 - bits) << (64 - bits - self.count);
                }
                self.at += bytes as usize;
                self.count += bits;
                return;
            }
        }
        self.fill_slowly();
    }

    fn fill_slowly(&mut self) {
        while self.count <= 48 {
            let (bits, width, bytes) = match self.bytes.get(self.at..) {
                Some([0xFF, next @ 0..0x80, ..]) => (0x7F80 | u64::from(*next), 15, 2),
                Some([byte @ 0..=0xFE, ..]) => (u64::from(*byte), 8, 1),
                _ => return,
            };
            self.cache |= bits << (64 - width - self.count);
            self.count += width;
            self.at += bytes;
        }
    }

    #[inline(always)]
    pub fn bit(&mut self) -> Option<bool> {
        if self.count == 0 {
            self.fill();
        }
        self.count = self.count.checked_sub(1)?;
        let bit = self.cache >> 63 == 1;
        self.cache <<= 1;
        Some(bit)
    }

    /// A number of up to 16 bits.
    #[inline]
    pub fn value(&mut self, width: u32) -> Option<u32> {
        if self.count < width {
            self.fill();
        }
        self.count = self.count.checked_sub(width)?;
        let value = self.cache >> 1 >> (63 - width);
        self.cache <<= width;
        Some(value as u32)
    }

    /// A.5.3: zeros and a one, then `k` bits below that many; or, behind `most` zeros, a number of `width` bits less one.
    #[inline(always)]
    pub fn golomb(&mut self, k: u32, most: u32, width: u32) -> Option<u32> {
        if self.count < 32 {
            self.fill();
        }
        let zeros = self.cache.leading_zeros();
        if zeros + k < self.count && zeros < most {
            self.cache = self.cache << zeros << 1;
            let low = self.cache >> 1 >> (63 - k);
            self.cache <<= k;
            self.count -= zeros + 1 + k;
            return Some(zeros << k | low as u32);
        }
        self.long_golomb(k, most, width)
    }

    #[inline(never)]
    fn long_golomb(&mut self, k: u32, most: u32, width: u32) -> Option<u32> {
        let mut zeros = 0;
        loop {
            self.fill();
            let here = self.cache.leading_zeros();
            if here < self.count {
                zeros += here;
                self.cache = self.cache << here << 1;
                self.count -= here + 1;
                break;
            }
            zeros += self.count;
            if self.count == 0 || zeros > most {
                return None;
            }
            self.count = 0;
        }
        if zeros < most {
            Some(zeros << k | self.value(k)?)
        } else {
            // No code has more.
            (zeros == most).then(|| self.value(width))?.map(|value| value + 1)
        }
    }
}
