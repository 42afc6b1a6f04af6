//! Playing through the slices of a pane.

use super::pane::PaneId;

/// Slices a second that can be chosen.
pub const RATES: std::ops::RangeInclusive<f32> = 1.0..=60.0;

/// What is being played.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cine {
    /// Where.
    pub pane: PaneId,
    /// Seconds since the last slice.
    waited: f32,
}

impl Cine {
    /// Starts with the slice on screen.
    pub const fn new(pane: PaneId) -> Self {
        Self { pane, waited: 0.0 }
    }

    /// How many slices to go on after `seconds` more. A window that was hidden for a while does not race.
    pub fn advance(&mut self, seconds: f32, rate: f32) -> usize {
        let step = 1.0 / rate.clamp(*RATES.start(), *RATES.end());
        self.waited += seconds.min(0.5);
        let slices = (self.waited / step).floor();
        self.waited -= slices * step;
        slices as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::SessionId;

    #[test]
    fn a_second_plays_as_many_slices_as_the_rate_says() {
        let mut cine = Cine::new(PaneId { session: SessionId(1), index: 0 });
        let played: usize = (0..60).map(|_| cine.advance(1.0 / 60.0, 8.0)).sum();
        assert!((7..=8).contains(&played), "{played}");
        assert!(cine.advance(600.0, 60.0) <= 31);
    }
}
