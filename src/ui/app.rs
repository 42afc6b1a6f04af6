//! The window: takes in what happened, paints, and sends on what the reader asked for.

use std::{path::PathBuf, sync::Arc};

use egui::{CentralPanel, Context, Frame, Panel, Ui, ViewportCommand};

use super::{
    command::UiCommand,
    dialogs::Dialogs,
    panels, theme,
    viewer::{Action, Effect, Viewer},
    viewport::{self, Textures},
};
use crate::worker::{GradeWith, OpenSource, Worker};

/// The window's state and what only a window has.
pub struct App {
    /// The state.
    pub viewer: Viewer,
    textures: Textures,
    dialogs: Dialogs,
    actions: Vec<Action>,
}

impl App {
    /// Starts the background threads and opens the first study.
    pub fn new(ctx: &Context, with: GradeWith, first: OpenSource) -> Self {
        theme::apply(ctx);
        let repaint = ctx.clone();
        let worker = Worker::start(with, None, Arc::new(move || repaint.request_repaint()));
        let mut viewer = Viewer::new(worker);
        viewer.perform(Action::Open(first));
        Self { viewer, textures: Textures::default(), dialogs: Dialogs::default(), actions: Vec::new() }
    }

    fn perform_all(&mut self, ctx: &Context) {
        for action in std::mem::take(&mut self.actions) {
            match self.viewer.perform(action) {
                Some(Effect::Quit) => ctx.send_viewport_cmd(ViewportCommand::Close),
                Some(effect) => self.dialogs.open(effect, ctx),
                None => (),
            }
        }
        self.viewer.show_cached();
        self.viewer.want_slices();
    }

    fn panes_ui(&mut self, ui: &mut Ui) {
        if self.viewer.session().is_none() {
            if self.viewer.opening.is_none() {
                viewport::welcome_ui(ui, &mut self.actions);
            }
            return;
        }
        let visible = self.viewer.visible_panes();
        if visible.is_empty() {
            ui.centered_and_justified(|ui| ui.label("No images in this study can be shown; F2 says why."));
            return;
        }
        let count = visible.len() as f32;
        let gap = 2.0;
        let area = ui.available_rect_before_wrap();
        let width = (area.width() - gap * (count - 1.0)) / count;
        for (place, index) in visible.into_iter().enumerate() {
            let left = area.left() + place as f32 * (width + gap);
            let rect = egui::Rect::from_min_size(egui::pos2(left, area.top()), egui::vec2(width, area.height()));
            let mut pane = ui.new_child(egui::UiBuilder::new().max_rect(rect).id_salt(("pane", index)));
            viewport::pane_ui(&mut pane, &mut self.viewer, &mut self.textures, index, &mut self.actions);
        }
        ui.advance_cursor_after_rect(area);
    }

    fn right_ui(&mut self, ui: &mut Ui) {
        if let Some(session) = self.viewer.session() {
            ui.add_space(4.0);
            panels::grade_table_ui(ui, session, &mut self.actions);
            ui.add_space(4.0);
            panels::evidence_ui(ui, &self.viewer, session, &mut self.actions);
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _: &mut eframe::Frame) {
        self.viewer.take_events();
        self.actions.extend(self.dialogs.answers());
        self.actions.extend(UiCommand::pressed(ctx));
        let dropped: Vec<PathBuf> =
            ctx.input(|i| i.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        if !dropped.is_empty() {
            self.actions.push(Action::Open(OpenSource::Paths(dropped)));
        }
        self.perform_all(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        Panel::top("menu").show(ui, |ui| panels::menu_ui(ui, &self.viewer, &mut self.actions));
        panels::banner_ui(ui, &self.viewer);
        Panel::bottom("status").show(ui, |ui| panels::status_ui(ui, &self.viewer, &mut self.actions));
        Panel::left("browser")
            .default_size(210.0)
            .size_range(150.0..=420.0)
            .show(ui, |ui| panels::browser_ui(ui, &self.viewer, &mut self.actions));
        Panel::right("grades").default_size(340.0).size_range(300.0..=520.0).show(ui, |ui| self.right_ui(ui));
        CentralPanel::default().frame(Frame::new().fill(theme::AROUND_IMAGES)).show(ui, |ui| self.panes_ui(ui));
        panels::windows_ui(ui.ctx(), &mut self.viewer);
        if !self.actions.is_empty() {
            let ctx = ui.ctx().clone();
            self.perform_all(&ctx);
            // What was asked for in this frame shows in the next.
            ctx.request_repaint();
        }
    }

    fn clear_color(&self, _: &egui::Visuals) -> [f32; 4] {
        theme::AROUND_IMAGES.to_normalized_gamma_f32()
    }
}
