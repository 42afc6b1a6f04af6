//! What one pane does, the panes of the same plane do with it.

use egui::{Vec2, vec2};

use super::Viewer;
use crate::{
    geometry::{ImagePlane, PixelCorner},
    ui::state::{hanging, pane::PaneId},
};

/// Planes that differ by more than this are not one plane for a reader: angled blocks still are.
const SAME_PLANE_DEG: f64 = 30.0;

impl Viewer {
    /// The plane of the wanted slice of a pane.
    pub fn plane(&self, id: PaneId) -> Option<ImagePlane> {
        self.slice(self.wanted_in(id)?)?.1.plane
    }

    /// The other panes on screen that lie in the same plane as a pane.
    fn fellows(&self, id: PaneId) -> Vec<PaneId> {
        let Some(plane) = self.plane(id) else { return Vec::new() };
        let is_fellow =
            |&other: &PaneId| other != id && self.plane(other).is_some_and(|p| plane.is_parallel(&p, SAME_PLANE_DEG));
        self.visible_panes().into_iter().filter(is_fellow).collect()
    }

    fn share_space(&self, a: PaneId, b: PaneId) -> bool {
        let series = |id: PaneId| self.pane(id).and_then(|(_, pane)| pane.series);
        a.session == b.session
            && self.find(a.session).zip(series(a).zip(series(b))).is_some_and(|(s, (a, b))| s.study.share_space(a, b))
    }

    /// Goes to a slice, and brings the panes of the same plane along: in one patient space to the same place, in
    /// another study as many mm on.
    pub fn go_to(&mut self, id: PaneId, slice: usize) {
        let before = self.plane(id);
        self.with_pane(id, |pane, study| pane.go_to(study, slice));
        if !self.settings.link_scroll {
            return;
        }
        let (Some(before), Some(now)) = (before, self.plane(id)) else { return };
        for other in self.fellows(id) {
            let target = if self.share_space(id, other) {
                self.nearest(other, now.center())
            } else if other.session != id.session && other.index == id.index {
                // How far the slice moved along the other study's normal.
                self.plane(other).and_then(|plane| {
                    let same_way = if plane.normal().dot(now.normal()) < 0.0 { -1.0 } else { 1.0 };
                    let moved = (now.position() - before.position()) * same_way;
                    self.nearest(other, plane.center() + plane.normal() * moved)
                })
            } else {
                None
            };
            if let Some(target) = target {
                self.with_pane(other, |pane, study| pane.go_to(study, target));
            }
        }
    }

    fn nearest(&self, id: PaneId, point: crate::geometry::Vec3) -> Option<usize> {
        let (session, pane) = self.pane(id)?;
        hanging::nearest_slice(&session.study, pane.series?, point)
    }

    /// Brings zoom and position of the panes of the same plane to those of a pane.
    pub fn link_view(&mut self, id: PaneId) {
        if !self.settings.link_zoom {
            return;
        }
        let (Some(from), Some(plane), Some((_, pane))) = (self.transform(id), self.plane(id), self.pane(id)) else {
            return;
        };
        let (area, zoom, pan) = (pane.area, pane.zoom, pane.pan);
        let pixel = from.pixel_from_screen((area / 2.0).to_pos2());
        let middle = plane.patient_from_pixel(pixel);
        for other in self.fellows(id) {
            let shares = self.share_space(id, other);
            let plane = self.plane(other);
            let Some(pane) = self.pane_mut(other) else { continue };
            if !shares {
                (pane.zoom, pane.pan) = (zoom, pan);
                continue;
            }
            pane.pan = Vec2::ZERO;
            let (Some(at_fit), Some(plane)) = (self.transform(other), plane) else { continue };
            let Some(pane) = self.pane_mut(other) else { continue };
            pane.zoom = pane.zoom * from.points_per_mm() / at_fit.points_per_mm();
            let Some(zoomed) = self.transform(other) else { continue };
            let Some(pane) = self.pane_mut(other) else { continue };
            let offset = zoomed.screen_from_pixel(plane.pixel_from_patient(middle)) - (pane.area / 2.0).to_pos2();
            pane.pan = -vec2(offset.x, offset.y) / zoomed.points_per_pan();
        }
    }

    /// The panes whose window changes when that of a pane does, the pane itself first.
    pub fn windowed_with(&self, id: PaneId) -> Vec<PaneId> {
        let mut all = vec![id];
        if self.settings.link_window {
            all.extend(self.fellows(id));
        }
        all
    }

    /// Brings every pane of a study that shares its patient space to a point of the slice on screen.
    pub fn set_crosshair(&mut self, id: PaneId, at: PixelCorner) {
        let Some(key) = self.shown_in(id) else { return };
        let Some(session) = self.find_mut(id.session) else { return };
        let study = session.study.clone();
        let Some(plane) = study.series[key.series].slices[key.slice].plane else {
            self.notices.warn("This slice has no position: other panes cannot go to a point on it".to_owned());
            return;
        };
        let point = plane.patient_from_pixel(at);
        session.crosshair = Some((key.series, point));
        hanging::follow(&study, &mut session.panes, key.series, point);
    }
}
