//! The bits of a scan (ITU-T T.87 annex A): each sample is predicted from its neighbours, and the bits encode the
//! prediction error; where the neighbours are equal, they encode the length of a run.
#![expect(clippy::inline_always, reason = "a sample takes 15 ns; calls between its steps double that")]

use super::bits::Bits;

/// A.7.1.1: the length of a run, as a power of two, adapted to previous runs.
const RUNS: [u32; 32] =
    [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];
/// A valid scan has neither a larger error nor one with more low bits.
const LARGEST_ERROR: i32 = 65535;
const MOST_LOW_BITS: u32 = 16;

/// The parameters of a scan (C.2.4.1.1), checked.
#[derive(Debug, Clone, Copy)]
pub struct Parameters {
    /// The largest sample, 1 to 65535.
    pub largest: i32,
    /// By how much a sample may be wrong, 0 to 255.
    pub near: i32,
    /// Thresholds that quantise the differences of neighbours.
    pub thresholds: [i32; 3],
    /// After this many samples, the statistics are halved.
    pub reset: i32,
}

impl Parameters {
    /// Those that hold where the stream has no others (C.2.4.1.1.1), and a zero in place of any means its usual value.
    pub fn new(largest: i32, near: i32, [t1, t2, t3]: [i32; 3], reset: i32) -> Option<Self> {
        let clamped = |usual: i32, low: i32| if usual > largest || usual < low { low } else { usual };
        let or = |value: i32, usual: i32| if value == 0 { usual } else { value };
        let (mut usual, factor) = ([0; 3], (largest.min(4095) + 128) / 256);
        if largest >= 128 {
            usual[0] = clamped(factor + 2 + 3 * near, near + 1);
            usual[1] = clamped(factor * 4 + 3 + 5 * near, usual[0]);
            usual[2] = clamped(factor * 17 + 4 + 7 * near, usual[1]);
        } else {
            let factor = 256 / (largest + 1);
            usual[0] = clamped((3 / factor + 3 * near).max(2), near + 1);
            usual[1] = clamped((7 / factor + 5 * near).max(3), usual[0]);
            usual[2] = clamped((21 / factor + 7 * near).max(4), usual[1]);
        }
        let thresholds = [or(t1, usual[0]), or(t2, usual[1]), or(t3, usual[2])];
        let in_order = near < thresholds[0] && thresholds.is_sorted() && thresholds[2] <= largest;
        let reset = or(reset, 64);
        let is_valid =
            (0..=255.min(largest / 2)).contains(&near) && in_order && (3..=255.max(largest)).contains(&reset);
        is_valid.then_some(Self { largest, near, thresholds, reset })
    }
}

/// The statistics of one context.
#[derive(Debug, Clone, Copy)]
struct Context {
    /// The sum of the errors' sizes.
    a: u32,
    /// The sum of the errors.
    b: i32,
    /// What is added to a prediction.
    c: i32,
    /// The number of samples.
    n: i32,
}

impl Context {
    /// The number of low bits: the smallest power of two by which the samples exceed the errors.
    #[inline(always)]
    fn low_bits(sum: u32, n: u32) -> u32 {
        let k = n.leading_zeros().saturating_sub(sum.leading_zeros());
        k + u32::from(u64::from(n) << k < u64::from(sum))
    }

    /// Code segments A.12 and A.13.
    #[inline(always)]
    fn learn(&mut self, error: i32, step: i32, reset: i32) {
        self.a += error.unsigned_abs();
        self.b += error * step;
        if self.n == reset {
            self.a >>= 1;
            self.b >>= 1;
            self.n >>= 1;
        }
        self.n += 1;
        if self.b <= -self.n {
            self.b = (self.b + self.n).max(1 - self.n);
            self.c = (self.c - 1).max(-128);
        } else if self.b > 0 {
            self.b = (self.b - self.n).min(0);
            self.c = (self.c + 1).min(127);
        }
    }
}

/// Where a run is broken off: one kind where the samples to the left and above are equal, one where they are not.
#[derive(Debug, Clone, Copy)]
struct RunContext {
    a: u32,
    n: u32,
    /// How many errors were below zero.
    negative: u32,
}

/// One line of one component and the one above it, each with a sample more at both ends.
#[derive(Debug)]
pub struct Lines {
    above: Vec<i32>,
    this: Vec<i32>,
    run: usize,
}

impl Lines {
    pub fn new(width: usize) -> Self {
        Self { above: vec![0; width + 2], this: vec![0; width + 2], run: 0 }
    }

    /// The line that was decoded last.
    pub fn samples(&self) -> &[i32] {
        &self.above[1..self.above.len() - 1]
    }

    /// As at the beginning: behind a restart marker.
    pub fn restart(&mut self) {
        self.above.fill(0);
        self.run = 0;
    }

    /// A.2.1: what lies beyond the ends.
    fn begin(&mut self) {
        let width = self.above.len() - 2;
        self.above[width + 1] = self.above[width];
        self.this[0] = self.above[1];
    }

    fn end(&mut self) {
        std::mem::swap(&mut self.above, &mut self.this);
    }
}

/// Decodes lines. Every function gives `None` where the bits end or are damaged.
pub struct Decoder<'a> {
    pub bits: Bits<'a>,
    parameters: Parameters,
    /// 2 NEAR + 1.
    step: i32,
    /// The number of different errors, times `step`.
    turn: i32,
    /// Bits of an error that is written out.
    width: u32,
    /// Zeros before one.
    limit: u32,
    /// From `-T3` to `T3`: -4 to 4.
    quantized: Vec<i8>,
    contexts: [Context; 365],
    run_contexts: [RunContext; 2],
}

impl<'a> Decoder<'a> {
    pub fn new(bytes: &'a [u8], parameters: Parameters) -> Self {
        let Parameters { largest, near, thresholds: [t1, t2, t3], .. } = parameters;
        let step = 2 * near + 1;
        let range = (largest + 2 * near) / step + 1;
        // A.2.1: how many bits the numbers below these take.
        let width = 32 - (range - 1).leading_zeros();
        let bits = (32 - largest.leading_zeros()).max(2);
        let size = |d: i32| i8::from(d > near) + i8::from(d >= t1) + i8::from(d >= t2) + i8::from(d >= t3);
        let a = ((range + 32) / 64).max(2) as u32;
        Self {
            bits: Bits::new(bytes),
            parameters,
            step,
            turn: range * step,
            width,
            limit: 2 * (bits + bits.max(8)) - width - 1,
            quantized: (-t3..=t3).map(|d| size(d.abs()) * d.signum() as i8).collect(),
            contexts: [Context { a, b: 0, c: 0, n: 1 }; 365],
            run_contexts: [RunContext { a, n: 1, negative: 0 }; 2],
        }
    }

    /// The next line of one component.
    pub fn line(&mut self, lines: &mut Lines) -> Option<()> {
        lines.begin();
        let Lines { above, this, run } = lines;
        let width = above.len() - 2;
        // Known to be as long, so that they need no looking after.
        let (above, this) = (&above[..width + 2], &mut this[..width + 2]);
        let mut x = 1;
        while x <= width {
            let around @ [ra, ..] = [this[x - 1], above[x], above[x - 1], above[x + 1]];
            let context = self.context(around);
            if context != 0 {
                this[x] = self.sample(context, around)?;
                x += 1;
                continue;
            }
            let length = self.run(run, width + 1 - x)?;
            this[x..x + length].fill(ra);
            x += length;
            if x <= width {
                let rb = above[x];
                this[x] = self.break_off(ra, rb, *run, (ra - rb).abs() <= self.parameters.near)?;
                *run = run.saturating_sub(1);
                x += 1;
            }
        }
        lines.end();
        Some(())
    }

    /// The next line of several components, pixel by pixel: a run ends where any of them ends (A.7.2, for ILV = 2).
    pub fn pixels<const N: usize>(&mut self, lines: &mut [Lines; N]) -> Option<()> {
        lines.iter_mut().for_each(Lines::begin);
        let width = lines[0].above.len() - 2;
        let mut run = lines[0].run;
        let mut parts = lines.each_mut().map(|l| (&l.above[..width + 2], &mut l.this[..width + 2]));
        let mut x = 1;
        while x <= width {
            let arounds = parts.each_ref().map(|(above, this)| [this[x - 1], above[x], above[x - 1], above[x + 1]]);
            let contexts = arounds.map(|around| self.context(around));
            if contexts != [0; N] {
                for ((_, this), (context, around)) in parts.iter_mut().zip(contexts.into_iter().zip(arounds)) {
                    this[x] = self.sample(context, around)?;
                }
                x += 1;
                continue;
            }
            let length = self.run(&mut run, width + 1 - x)?;
            for (_, this) in &mut parts {
                let ra = this[x - 1];
                this[x..x + length].fill(ra);
            }
            x += length;
            if x <= width {
                for (above, this) in &mut parts {
                    this[x] = self.break_off(this[x - 1], above[x], run, false)?;
                }
                run = run.saturating_sub(1);
                x += 1;
            }
        }
        lines.iter_mut().for_each(Lines::end);
        lines[0].run = run;
        Some(())
    }

    /// A.3.3: -364 to 364, and 0 where the neighbours are equal.
    #[inline(always)]
    fn context(&self, [ra, rb, rc, rd]: [i32; 4]) -> i32 {
        let end = self.parameters.thresholds[2];
        let quantized = |d: i32| i32::from(self.quantized[(d.clamp(-end, end) + end) as usize]);
        (quantized(rd - rb) * 9 + quantized(rb - rc)) * 9 + quantized(rc - ra)
    }

    /// A.4 to A.6.
    #[inline(always)]
    fn sample(&mut self, context: i32, [ra, rb, rc, _]: [i32; 4]) -> Option<i32> {
        // All ones for a context that stands for its opposite: as cheap as a sign is without a multiplication.
        let opposite = context >> 31;
        let signed = |value: i32| (value ^ opposite) - opposite;
        let Parameters { largest, near, reset, .. } = self.parameters;
        let place = &mut self.contexts[signed(context) as usize];
        let (low, high) = (ra.min(rb), ra.max(rb));
        let median = (ra + rb - rc).clamp(low, high);
        let predicted = (median + signed(place.c)).clamp(0, largest);
        let k = Context::low_bits(place.a, place.n as u32);
        if k > MOST_LOW_BITS {
            return None;
        }
        let mapped = self.bits.golomb(k, self.limit, self.width)? as i32;
        let mut error = (mapped >> 1) ^ -(mapped & 1);
        if k == 0 && near == 0 && 2 * place.b <= -place.n {
            error = !error;
        }
        if error.abs() > LARGEST_ERROR {
            return None;
        }
        place.learn(error, self.step, reset);
        Some(self.around_the_turn(predicted + signed(error) * self.step))
    }

    /// A.4.5 and A.8: errors are taken modulo their number.
    #[inline(always)]
    fn around_the_turn(&self, value: i32) -> i32 {
        let Parameters { largest, near, .. } = self.parameters;
        let value = if value < -near {
            value + self.turn
        } else if value > largest + near {
            value - self.turn
        } else {
            value
        };
        value.clamp(0, largest)
    }

    /// A.7.1: how many samples are like the one before; `room` at most.
    fn run(&mut self, run: &mut usize, room: usize) -> Option<usize> {
        let mut length = 0;
        while self.bits.bit()? {
            let whole = 1 << RUNS[*run];
            if length + whole <= room {
                *run = (*run + 1).min(RUNS.len() - 1);
            }
            length = (length + whole).min(room);
            if length == room {
                return Some(length);
            }
        }
        length += self.bits.value(RUNS[*run])? as usize;
        (length <= room).then_some(length)
    }

    /// A.7.2: the sample that ends a run.
    fn break_off(&mut self, ra: i32, rb: i32, run: usize, is_level: bool) -> Option<i32> {
        let place = &mut self.run_contexts[usize::from(is_level)];
        let k = Context::low_bits(place.a + if is_level { place.n >> 1 } else { 0 }, place.n);
        if k > MOST_LOW_BITS {
            return None;
        }
        let mapped = self.bits.golomb(k, self.limit - RUNS[run] - 1, self.width)?;
        let number = mapped + u32::from(is_level);
        let size = number.div_ceil(2) as i32;
        if size > LARGEST_ERROR {
            return None;
        }
        let is_negative = (k != 0 || 2 * place.negative >= place.n) == (number % 2 == 1);
        let error = if is_negative { -size } else { size };
        place.negative += u32::from(error < 0);
        place.a += (mapped + 1 - u32::from(is_level)) >> 1;
        if place.n == self.parameters.reset as u32 {
            place.a >>= 1;
            place.n >>= 1;
            place.negative >>= 1;
        }
        place.n += 1;
        let (from, sign) = if is_level { (ra, 1) } else { (rb, if rb < ra { -1 } else { 1 }) };
        Some(self.around_the_turn(from + sign * error * self.step))
    }
}
