//! Which slices are wanted from the background, and which are on screen.

use super::Viewer;
use crate::{
    ui::state::pane::{Pane, PaneId},
    worker::SliceKey,
};

/// Slices decoded ahead in the direction of scrolling, and behind.
const AHEAD: isize = 8;
const BEHIND: isize = 2;

impl Viewer {
    /// Asks the background for the slices that the panes need and will need, then for the thumbnails.
    pub fn want_slices(&mut self) {
        let mut keys = Vec::new();
        let visible = self.visible_panes();
        for step in (0..=AHEAD).chain(-BEHIND..0) {
            keys.extend(visible.iter().filter_map(|&id| self.key_at(id, step)));
        }
        keys.retain(|key| !self.slices.cache.contains(*key));
        if self.settings.show_browser
            && let Some(session) = self.session()
        {
            keys.extend(session.thumbnails.missing(session.id, &session.study));
        }
        if keys == self.slices.wanted {
            return;
        }
        let find = |key: &SliceKey| Some((*key, self.slice(*key)?.1.clone()));
        self.jobs.worker.want(keys.iter().filter_map(find).collect());
        self.slices.wanted = keys;
    }

    fn key_at(&self, id: PaneId, step: isize) -> Option<SliceKey> {
        let (session, pane) = self.pane(id)?;
        let slice = pane.slice.checked_add_signed(step * pane.direction)?;
        (slice < pane.slice_count(&session.study)).then_some(SliceKey {
            session: id.session,
            series: pane.series?,
            slice,
        })
    }

    /// Brings slices that are in the cache already on screen.
    pub fn show_cached(&mut self) {
        for id in self.visible_panes() {
            let Some((_, Pane { series: Some(series), slice, shown, .. })) = self.pane(id) else { continue };
            let (key, is_shown) =
                (SliceKey { session: id.session, series: *series, slice: *slice }, *shown == Some(*slice));
            if !is_shown
                && let Some(Ok(slice)) = self.slices.cache.get(key).cloned()
                && let Some(pane) = self.pane_mut(id)
            {
                pane.decoded(key.slice, &slice);
            }
        }
    }

    /// Plays on, `seconds` after the last call. Returns whether something is being played.
    pub fn play(&mut self, seconds: f32) -> bool {
        let Some(mut cine) = self.cine else { return false };
        let Some((session, pane)) = self.pane(cine.pane) else {
            self.cine = None;
            return false;
        };
        let (count, is_there) = (pane.slice_count(&session.study), pane.shown == Some(pane.slice));
        if count < 2 {
            self.cine = None;
            return false;
        }
        // A slice that is not decoded yet is waited for: none is skipped without being seen.
        if is_there {
            let steps = cine.advance(seconds, self.settings.cine_rate);
            if steps > 0 {
                let next = (pane.slice + steps) % count;
                self.cine = Some(cine);
                self.go_to(cine.pane, next);
                return true;
            }
        }
        self.cine = Some(cine);
        true
    }
}
