//! The window: takes in what happened, paints, and sends on what the reader asked for.

use std::{path::PathBuf, sync::Arc};

use egui::{CentralPanel, Context, Frame, Panel, Ui, UiBuilder, ViewportCommand};

use super::{
    cover,
    dialogs::Dialogs,
    picture::{Clipboard, Sketch},
    state::{
        command::UiCommand,
        export::{self, PictureOf},
        home::Home,
        layout,
        settings::{self, Saver, Settings, ThemeChoice},
        viewer::{Action, Effect, Viewer},
    },
    view::{
        panels, theme,
        viewport::{self, Textures},
    },
};
use crate::worker::{GradeWith, StudySource, Worker};

/// The window's state and what only a window has.
pub struct App {
    /// The state.
    pub viewer: Viewer,
    textures: Textures,
    dialogs: Dialogs,
    panels: panels::Memory,
    clipboard: Clipboard,
    saver: Saver,
    look: Option<(ThemeChoice, f32)>,
    had_focus: bool,
    actions: Vec<Action>,
}

impl App {
    /// Starts the background threads and opens the first study.
    pub fn new(ctx: &Context, with: GradeWith, home: &Home, first: StudySource) -> Self {
        theme::install_fonts(ctx);
        // Size is ours to keep: egui's own keys for it would not be saved.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let (settings, doubt) = home.settings.as_deref().map_or_else(|| (Settings::default(), None), settings::load);
        let repaint = ctx.clone();
        let worker = Worker::start(with, home.library.clone(), Arc::new(move || repaint.request_repaint()));
        let saver = Saver::start(home.settings.clone(), &settings);
        let mut viewer = Viewer::new(worker, settings);
        viewer.home = home.clone();
        if let Some(doubt) = doubt {
            viewer.notices.warn(doubt);
        }
        viewer.perform(Action::Open(first));
        let mut app = Self {
            viewer,
            textures: Textures::default(),
            dialogs: Dialogs::default(),
            panels: panels::Memory::default(),
            clipboard: Clipboard::default(),
            saver,
            look: None,
            had_focus: true,
            actions: Vec::new(),
        };
        app.apply_look(ctx);
        app
    }

    /// Theme and size, when they changed.
    fn apply_look(&mut self, ctx: &Context) {
        let look = (self.viewer.settings.theme, self.viewer.settings.scale);
        if self.look != Some(look) {
            self.look = Some(look);
            theme::apply(ctx, look.0);
            ctx.set_zoom_factor(look.1);
        }
    }

    fn perform_all(&mut self, ctx: &Context) {
        for action in std::mem::take(&mut self.actions) {
            match self.viewer.perform(action) {
                Some(Effect::Quit) => ctx.send_viewport_cmd(ViewportCommand::Close),
                Some(Effect::SavePicture(of)) => {
                    if let Some(sketch) = Sketch::new(&self.viewer, of) {
                        self.dialogs.save_picture(ctx, sketch);
                    }
                }
                Some(Effect::CopyPicture) => {
                    if let Some(sketch) = Sketch::new(&self.viewer, PictureOf::Pane) {
                        self.clipboard.paint(ctx, sketch);
                    }
                }
                Some(Effect::CopyReport) => self.copy_report(ctx),
                Some(effect) => self.dialogs.open(effect, ctx),
                None => (),
            }
        }
        self.viewer.show_cached();
        self.viewer.want_slices();
    }

    /// The text of the report into the clipboard.
    fn copy_report(&mut self, ctx: &Context) {
        let Some(session) = self.viewer.session() else { return };
        match export::report_text(session) {
            Ok(text) => {
                ctx.copy_text(text);
                self.viewer.notices.say("Report text copied to the clipboard".to_owned());
            }
            Err(why) => self.viewer.notices.warn(why),
        }
    }

    fn panes_ui(&mut self, ui: &mut Ui) {
        if self.viewer.session().is_none() {
            if self.viewer.opening.is_none() {
                viewport::welcome_ui(ui, &self.viewer, &mut self.actions);
            }
            return;
        }
        let rows = self.viewer.rows();
        if rows.is_empty() {
            let text = egui::RichText::new("No images in this study can be shown; press F3 to see why.");
            ui.centered_and_justified(|ui| ui.label(text.color(theme::IMAGE_TEXT)));
            return;
        }
        self.textures.keep_only(&rows.concat());
        let area = ui.available_rect_before_wrap();
        for (id, rect) in layout::grid(area, &rows) {
            let mut pane = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(("pane", id)));
            viewport::pane_ui(&mut pane, &self.viewer, &mut self.textures, id, &mut self.actions);
        }
        ui.advance_cursor_after_rect(area);
        self.viewer.note_drawn();
    }

    fn right_ui(&mut self, ui: &mut Ui) {
        if let Some(session) = self.viewer.session() {
            ui.add_space(4.0);
            panels::grade_table_ui(ui, &self.viewer, session, &mut self.actions);
            ui.add_space(4.0);
            panels::review_ui(ui, &self.viewer, session, &mut self.panels, &mut self.actions);
            ui.add_space(4.0);
            panels::evidence_ui(ui, &self.viewer, session, &mut self.actions);
        }
    }

    fn sides_ui(&mut self, ui: &mut Ui) {
        if self.viewer.settings.show_browser {
            Panel::left("browser")
                .default_size(210.0)
                .size_range(150.0..=420.0)
                .show(ui, |ui| panels::browser_ui(ui, &self.viewer, &mut self.panels, &mut self.actions));
        }
        if self.viewer.settings.show_grades {
            Panel::right("grades").default_size(320.0).size_range(280.0..=520.0).show(ui, |ui| self.right_ui(ui));
        }
    }

    fn dropped(ctx: &Context) -> Option<Action> {
        let paths: Vec<PathBuf> =
            ctx.input(|i| i.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
        (!paths.is_empty()).then_some(Action::Open(StudySource::Paths(paths)))
    }

    /// What the keys ask for. Those that grade rest while something stands over the images, and say so.
    fn commands(&mut self, ctx: &Context) -> Vec<UiCommand> {
        let is_covered = cover::is_covered(ctx) || self.dialogs.is_open();
        let mut has_rested = false;
        let commands = self.viewer.keymap.pressed(ctx, |command| {
            let rests = is_covered && command.is_grading();
            has_rested |= rests;
            !rests
        });
        if has_rested && self.viewer.session().is_some() {
            self.viewer.notices.say_once(cover::RESTING);
        }
        commands
    }

    /// Takes in what happened since the last frame: background, dialogs, keys, drops.
    pub fn update(&mut self, ctx: &Context) {
        self.viewer.screen.pixels_per_point = ctx.pixels_per_point();
        let has_focus = ctx.input(|input| input.focused);
        if has_focus && !self.had_focus {
            // Another window may have been at work meanwhile.
            self.viewer.ask_news();
        }
        self.had_focus = has_focus;
        self.viewer.take_events();
        self.actions.extend(self.dialogs.answers());
        self.actions.extend(self.clipboard.hand_over(ctx).into_iter().map(Action::Done));
        if !self.panels.wants_keys() && !self.viewer.is_typing() {
            let commands = self.commands(ctx);
            self.actions.extend(commands.into_iter().map(Action::Do));
        }
        self.actions.extend(Self::dropped(ctx));
        if self.viewer.play(ctx.input(|i| i.unstable_dt)) {
            ctx.request_repaint();
        }
        self.perform_all(ctx);
        self.viewer.attend_worklist();
        self.apply_look(ctx);
        self.saver.keep(&self.viewer.settings);
    }

    /// Paints the whole window.
    pub fn window_ui(&mut self, ui: &mut Ui) {
        Panel::top("menu").show(ui, |ui| panels::menu_ui(ui, &self.viewer, &mut self.actions));
        panels::banner_ui(ui, &self.viewer);
        panels::problems_strip_ui(ui, &self.viewer, &mut self.actions);
        Panel::top("tools").show(ui, |ui| panels::toolbar_ui(ui, &self.viewer, &mut self.actions));
        Panel::bottom("status").show(ui, |ui| panels::status_ui(ui, &self.viewer, &mut self.actions));
        self.sides_ui(ui);
        CentralPanel::default().frame(Frame::new().fill(theme::AROUND_IMAGES)).show(ui, |ui| self.panes_ui(ui));
        panels::windows_ui(ui, &self.viewer, &mut self.panels, &mut self.actions);
        panels::toasts_ui(ui, &self.viewer, &mut self.actions);
        panels::drop_hint_ui(ui);
        if !self.actions.is_empty() {
            let ctx = ui.ctx().clone();
            self.perform_all(&ctx);
            // What was asked for in this frame shows in the next.
            ctx.request_repaint();
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _: &mut eframe::Frame) {
        self.update(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        self.window_ui(ui);
    }

    fn clear_color(&self, _: &egui::Visuals) -> [f32; 4] {
        theme::AROUND_IMAGES.to_normalized_gamma_f32()
    }
}
