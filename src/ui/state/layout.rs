//! How panes share the middle of the window.

use egui::{Rect, Vec2, pos2, vec2};
use serde::{Deserialize, Serialize};

/// Points between panes.
const GAP: f32 = 2.0;

/// How many panes of a study are on screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Layout {
    /// The active pane.
    One,
    /// Sagittal T2 and axial T2.
    Two,
    /// Sagittal T1, sagittal T2, axial T2.
    #[default]
    Three,
    /// Four, two above two.
    Four,
}

impl Layout {
    /// Which panes of a study it shows, from left to right and from top to bottom.
    pub fn panes(self, active: usize) -> Vec<usize> {
        match self {
            Self::One => vec![active],
            Self::Two => vec![1, 2],
            Self::Three => vec![0, 1, 2],
            Self::Four => vec![0, 1, 2, 3],
        }
    }

    /// How many panes stand side by side.
    pub const fn columns(self) -> usize {
        match self {
            Self::One => 1,
            Self::Two | Self::Four => 2,
            Self::Three => 3,
        }
    }
}

/// Rows of panes that fill an area; each row fills its width.
pub fn grid<T: Copy>(area: Rect, rows: &[Vec<T>]) -> Vec<(T, Rect)> {
    let share = |whole: f32, count: usize| (whole - GAP * (count.saturating_sub(1)) as f32) / count.max(1) as f32;
    let height = share(area.height(), rows.len());
    let mut places = Vec::new();
    for (r, row) in rows.iter().enumerate() {
        let width = share(area.width(), row.len());
        let top = area.top() + r as f32 * (height + GAP);
        for (c, &pane) in row.iter().enumerate() {
            let left = area.left() + c as f32 * (width + GAP);
            places.push((pane, Rect::from_min_size(pos2(left, top), vec2(width, height))));
        }
    }
    places
}

/// The area that panes of these sizes fill, the other way round: rows of equal height, as wide as the first.
pub fn whole(rows: &[Vec<Vec2>]) -> Vec2 {
    let gaps = |count: usize| GAP * count.saturating_sub(1) as f32;
    let width = rows.first().map_or(0.0, |row| row.iter().map(|size| size.x).sum::<f32>() + gaps(row.len()));
    let height: f32 = rows.iter().filter_map(|row| row.first()).map(|size| size.y).sum();
    vec2(width, height + gaps(rows.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_fill_the_area_and_never_overlap() {
        let area = Rect::from_min_size(pos2(10.0, 20.0), vec2(800.0, 600.0));
        let places = grid(area, &[vec![0, 1, 2], vec![3]]);
        assert_eq!(places.len(), 4);
        for (i, (_, a)) in places.iter().enumerate() {
            assert!(area.expand(1e-3).contains_rect(*a));
            for (_, b) in &places[i + 1..] {
                assert!(!a.intersects(b.shrink(0.1)));
            }
        }
        let sizes: Vec<Vec2> = places.iter().map(|(_, rect)| rect.size()).collect();
        assert!((whole(&[sizes[..3].to_vec(), sizes[3..].to_vec()]) - area.size()).length() < 1e-2);
        let covered: f32 = places.iter().map(|(_, r)| r.area()).sum();
        assert!(covered > 0.99 * area.area());
    }
}
