//! What one pane shows: a series, a slice, a window, and how it is zoomed. No painting here.

use egui::Vec2;

use super::orientation::{self, Orientation};
use crate::{
    raster::{Slice, ValueRange, Window},
    study::Study,
    worker::SessionId,
};

/// The zoom that a reader can reach.
const ZOOM: std::ops::RangeInclusive<f32> = 0.2..=30.0;

/// Names a pane: of which study, and which of its panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PaneId {
    /// The study.
    pub session: SessionId,
    /// 0 to 3.
    pub index: usize,
}

/// One pane of one study.
#[derive(Debug, Clone)]
pub struct Pane {
    /// Index of the series; `None` for an empty pane.
    pub series: Option<usize>,
    /// The slice that the reader wants to see.
    pub slice: usize,
    /// The slice on screen: the wanted one as soon as it is decoded.
    pub shown: Option<usize>,
    /// The window, from the first slice that was decoded; the reader's once it was changed. Kept while scrolling.
    pub window: Option<Window>,
    /// Grey values turned round.
    pub inverted: bool,
    /// 1 shows the whole image.
    pub zoom: f32,
    /// How far the image is moved, mm on screen (pixels where spacing is unknown): a resized window keeps it.
    pub pan: Vec2,
    /// Turned and mirrored: upright, then as the reader wants it.
    pub orientation: Orientation,
    /// What shows the series upright, however it is stored.
    pub upright: Orientation,
    /// Its size on screen when it was last painted, in points.
    pub area: Vec2,
    /// +1 or -1: which way the reader scrolls; slices that lie there are decoded ahead.
    pub direction: isize,
    /// Parts of a wheel step not yet used.
    pub wheel: f32,
}

impl Default for Pane {
    fn default() -> Self {
        Self {
            series: None,
            slice: 0,
            shown: None,
            window: None,
            inverted: false,
            zoom: 1.0,
            pan: Vec2::ZERO,
            orientation: Orientation::default(),
            upright: Orientation::default(),
            area: Vec2::ZERO,
            direction: 1,
            wheel: 0.0,
        }
    }
}

impl Pane {
    /// Shows a series from its middle.
    pub fn of_series(study: &Study, series: usize) -> Self {
        let slices = study.series.get(series).map_or(&[][..], |s| &s.slices);
        let slice = slices.len() / 2;
        let upright = slices.get(slice).map_or(Orientation::default(), |s| Orientation::upright(s.turn));
        Self { series: Some(series), slice, orientation: upright, upright, ..Self::default() }
    }

    /// Goes to a slice.
    pub fn go_to(&mut self, study: &Study, slice: usize) {
        let last = self.slice_count(study).saturating_sub(1);
        let slice = slice.min(last);
        if slice != self.slice {
            self.direction = if slice > self.slice { 1 } else { -1 };
        }
        self.slice = slice;
    }

    /// How many slices there are.
    pub fn slice_count(&self, study: &Study) -> usize {
        self.series.and_then(|s| study.series.get(s)).map_or(0, |s| s.slices.len())
    }

    /// Takes a decoded slice: the wanted one comes on screen, and the first brings a window.
    pub fn decoded(&mut self, index: usize, slice: &Slice) {
        if index == self.slice {
            self.shown = Some(index);
            self.window.get_or_insert_with(|| file_window(slice));
        }
    }

    /// Zooms by a factor about a point that stays where it is; `from_center` is its place in mm on screen.
    pub fn zoom_about(&mut self, factor: f32, from_center: Vec2) {
        let zoom = (self.zoom * factor).clamp(*ZOOM.start(), *ZOOM.end());
        let change = zoom / self.zoom;
        self.pan = from_center + (self.pan - from_center) * change;
        self.zoom = zoom;
    }

    /// The whole image, centred.
    pub const fn fit(&mut self) {
        self.zoom = 1.0;
        self.pan = Vec2::ZERO;
    }

    /// Mirrors left and right; the middle of the pane stays where it is.
    pub fn flip_horizontally(&mut self) {
        self.orientation = self.orientation.flipped_horizontally();
        self.pan.x = -self.pan.x;
    }

    /// Mirrors top and bottom.
    pub fn flip_vertically(&mut self) {
        self.orientation = self.orientation.flipped_vertically();
        self.pan.y = -self.pan.y;
    }

    /// Turns to the right by quarters.
    pub fn turn_right(&mut self, quarters: u8) {
        self.orientation = self.orientation.turned_right(quarters);
        self.pan = orientation::turned(self.pan, quarters);
    }

    /// Changes the window by a drag of the mouse: right widens, down darkens, as in other viewers.
    pub fn drag_window(&mut self, delta: Vec2) {
        let Some(window) = &mut self.window else { return };
        // As fast in a series of values to 0.02 as in one to 4000.
        let speed = window.width / 256.0;
        // Narrower than this, neighbouring values cannot be told apart in 32 bits.
        let narrowest = (window.center.abs() * 1e-5).max(f32::MIN_POSITIVE);
        window.width = (window.width + delta.x * speed).max(window.width.abs() * 0.5).max(narrowest);
        window.center += delta.y * speed;
    }
}

/// The window of the file, else from the 0.5th to the 99.5th percentile.
pub fn file_window(slice: &Slice) -> Window {
    slice.first_window()
}

/// From the least to the greatest value.
pub fn full_window(slice: &Slice) -> Window {
    let range = ValueRange::min_max(slice);
    Window::from_range(range.low, range.high)
}

/// From the 1st to the 99th percentile: more contrast than the file's window mostly has.
pub fn percentile_window(slice: &Slice) -> Window {
    let mut sorted: Vec<f32> = slice.real_values().iter().copied().filter(|v| v.is_finite()).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let at = |share: f32| sorted.get(((sorted.len() as f32 - 1.0) * share).round() as usize).copied();
    match (at(0.01), at(0.99)) {
        (Some(low), Some(high)) if high > low => Window::from_range(low, high),
        _ => full_window(slice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_point_under_the_pointer() {
        let mut pane = Pane { pan: Vec2::new(5.0, -3.0), zoom: 2.0, ..Pane::default() };
        let at = Vec2::new(40.0, 10.0);
        // A place p of the image is on screen at pan + zoom * p.
        let place = (at - pane.pan) / pane.zoom;
        pane.zoom_about(1.7, at);
        assert!((pane.pan + place * pane.zoom - at).length() < 1e-4);
    }

    #[test]
    fn a_window_never_closes_and_stays_while_scrolling() {
        let mut pane = Pane { window: Some(Window::new(100.0, 50.0)), ..Pane::default() };
        for _ in 0..1000 {
            pane.drag_window(Vec2::new(-100.0, 0.0));
        }
        assert!(pane.window.unwrap().width > 0.0);
        let before = pane.window;
        pane.slice = 3;
        pane.decoded(3, &Slice::new(1, 1, vec![5.0]).unwrap());
        assert_eq!((pane.window, pane.shown), (before, Some(3)));
    }
}
