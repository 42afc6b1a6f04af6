//! Does what the commands say.

use egui::{Vec2, vec2};

use super::{Action, Effect, OpenWindows, Viewer};
use crate::{
    grading::{Level, Role, Severity},
    library::StudyState,
    raster::{Slice, Window},
    report::Format,
    review::Decision,
    ui::state::{
        cells,
        cine::{self, Cine},
        command::UiCommand,
        export::PictureOf,
        layout::Layout,
        pane::{self, Pane, PaneId},
        settings::{SCALES, ThemeChoice},
        tool::Tool,
    },
    worker::{SessionId, StudySource},
};

impl Viewer {
    /// Does what a command says; what only the window can do comes back. One line a command, wherever it stands in the
    /// menus: leaving one out does not compile.
    #[expect(clippy::too_many_lines, reason = "one list, so that the compiler sees what is missing")]
    pub(super) fn command(&mut self, command: UiCommand) -> Option<Effect> {
        use UiCommand as C;
        match command {
            C::Quit => return Some(Effect::Quit),
            C::OpenFolder => return Some(Effect::PickFolder),
            C::OpenFiles => return Some(Effect::PickFiles),
            C::ExportCsv => return self.exportable().map(|id| Effect::PickExport(id, Format::Csv)),
            C::ExportJson => return self.exportable().map(|id| Effect::PickExport(id, Format::Json)),
            C::SavePanePicture => return Some(Effect::SavePicture(PictureOf::Pane)),
            C::SavePicture => return Some(Effect::SavePicture(PictureOf::AllPanes)),
            C::CopyPicture => return Some(Effect::CopyPicture),
            C::OpenDemo => self.open(StudySource::Demo),
            C::ShowWorklist => self.screen.windows.worklist = !self.screen.windows.worklist,
            C::PreviousStudy => self.step_study(-1),
            C::NextStudy => self.step_study(1),
            C::Compare => self.compare(),
            C::CloseStudy => self.screen.current.into_iter().for_each(|id| self.close(id)),
            C::MarkUnread => self.mark(StudyState::Unread),
            C::MarkReviewed => self.mark(StudyState::Reviewed),
            C::GradeAgain => self.screen.current.into_iter().for_each(|id| self.grade_again(id)),
            C::Cancel => self.cancel(),
            C::PreviousSlice => self.step_slice(-1),
            C::NextSlice => self.step_slice(1),
            C::SkipBack => self.step_slice(-5),
            C::SkipForward => self.step_slice(5),
            C::FirstSlice => self.on_active(|viewer, id| viewer.go_to(id, 0)),
            C::LastSlice => self.on_active(|viewer, id| viewer.go_to(id, usize::MAX)),
            C::PlayCine => self.cine = if self.cine.is_some() { None } else { self.active_pane().map(Cine::new) },
            C::CineFaster => self.change_cine_rate(1.25),
            C::CineSlower => self.change_cine_rate(0.8),
            C::PreviousPane => self.step_pane(-1),
            C::NextPane => self.step_pane(1),
            C::PreviousSeries => self.step_series(-1),
            C::NextSeries => self.step_series(1),
            C::Maximise => self.on_active(|viewer, id| drop(viewer.perform(Action::Maximise(id)))),
            C::LayoutOne => self.set_layout(Layout::One),
            C::LayoutTwo => self.set_layout(Layout::Two),
            C::LayoutThree => self.set_layout(Layout::Three),
            C::LayoutFour => self.set_layout(Layout::Four),
            C::LinkScroll => toggle(&mut self.settings.link_scroll),
            C::LinkZoom => {
                toggle(&mut self.settings.link_zoom);
                self.on_active(Self::link_view);
            }
            C::LinkWindow => toggle(&mut self.settings.link_window),
            C::ReferenceLines => toggle(&mut self.settings.reference_lines),
            C::Captions => toggle(&mut self.settings.captions),
            C::ToggleBrowser => toggle(&mut self.settings.show_browser),
            C::ToggleGrades => toggle(&mut self.settings.show_grades),
            C::Fit => self.on_active(|viewer, id| viewer.change_view(id, Pane::fit)),
            C::OneToOne => self.on_active(Self::show_one_to_one),
            C::ZoomIn => self.on_active(|viewer, id| viewer.change_view(id, |pane| pane.zoom_about(1.25, Vec2::ZERO))),
            C::ZoomOut => self.on_active(|viewer, id| viewer.change_view(id, |pane| pane.zoom_about(0.8, Vec2::ZERO))),
            C::PanLeft => self.on_active(|viewer, id| viewer.pan_by_a_tenth(id, vec2(-1.0, 0.0))),
            C::PanRight => self.on_active(|viewer, id| viewer.pan_by_a_tenth(id, vec2(1.0, 0.0))),
            C::PanUp => self.on_active(|viewer, id| viewer.pan_by_a_tenth(id, vec2(0.0, -1.0))),
            C::PanDown => self.on_active(|viewer, id| viewer.pan_by_a_tenth(id, vec2(0.0, 1.0))),
            C::FileWindow => self.on_active(|viewer, id| viewer.set_window(id, pane::file_window)),
            C::PercentileWindow => self.on_active(|viewer, id| viewer.set_window(id, pane::percentile_window)),
            C::FullWindow => self.on_active(|viewer, id| viewer.set_window(id, pane::full_window)),
            C::Wider => self.on_active(|viewer, id| viewer.drag_window(id, vec2(20.0, 0.0))),
            C::Narrower => self.on_active(|viewer, id| viewer.drag_window(id, vec2(-20.0, 0.0))),
            C::Brighter => self.on_active(|viewer, id| viewer.drag_window(id, vec2(0.0, -12.0))),
            C::Darker => self.on_active(|viewer, id| viewer.drag_window(id, vec2(0.0, 12.0))),
            C::Invert => self.on_active(|viewer, id| viewer.with_windowed(id, |pane| pane.inverted = !pane.inverted)),
            C::FlipHorizontal => self.on_active(|viewer, id| viewer.with_pane(id, |pane, _| pane.flip_horizontally())),
            C::FlipVertical => self.on_active(|viewer, id| viewer.with_pane(id, |pane, _| pane.flip_vertically())),
            C::RotateRight => self.on_active(|viewer, id| viewer.with_pane(id, |pane, _| pane.turn_right(1))),
            C::RotateLeft => self.on_active(|viewer, id| viewer.with_pane(id, |pane, _| pane.turn_right(3))),
            C::Smooth => toggle(&mut self.settings.smooth),
            C::ResetPane => self.on_active(Self::reset_pane),
            C::ToolWindow => self.take_tool(Tool::Window),
            C::ToolPan => self.take_tool(Tool::Pan),
            C::ToolZoom => self.take_tool(Tool::Zoom),
            C::ToolScroll => self.take_tool(Tool::Scroll),
            C::ToolCrosshair => self.take_tool(Tool::Crosshair),
            C::ToolLength => self.take_tool(Tool::Length),
            C::ToolAngle => self.take_tool(Tool::Angle),
            C::ToolEllipse => self.take_tool(Tool::Ellipse),
            C::ToolRectangle => self.take_tool(Tool::Rectangle),
            C::ToolProbe => self.take_tool(Tool::Probe),
            C::ToolArrow => self.take_tool(Tool::Arrow),
            C::ToolNote => self.take_tool(Tool::Note),
            C::ToolBox => self.take_tool(Tool::Box),
            C::KeyImage => self.toggle_key_image(),
            C::Undo => self.undo(),
            C::Redo => self.redo(),
            C::DeleteMark if self.hand.tool == Tool::Box && self.removable_box().is_some() => self.remove_box(),
            C::DeleteMark => self.delete_mark(),
            C::ShowMarks => toggle(&mut self.screen.windows.marks),
            C::PreviousFinding => self.look_at(|session| session.step_finding(-1)),
            C::NextFinding => self.look_at(|session| session.step_finding(1)),
            C::PreviousEvidence => self.look_at(|session| session.step_evidence(-1)),
            C::NextEvidence => self.look_at(|session| session.step_evidence(1)),
            C::CellUp => self.step_cell(0, -1),
            C::CellDown => self.step_cell(0, 1),
            C::CellLeft => self.step_cell(-1, 0),
            C::CellRight => self.step_cell(1, 0),
            C::RemoveBox => self.remove_box(),
            C::RestoreBox => self.restore_box(),
            C::Overlays => toggle(&mut self.visibility.overlays),
            C::LevelLabels => toggle(&mut self.settings.level_labels),
            C::ShowCanal => toggle(&mut self.visibility.conditions[0]),
            C::ShowForamina => toggle(&mut self.visibility.conditions[1]),
            C::ShowSubarticular => toggle(&mut self.visibility.conditions[2]),
            C::OnlySelectedLevel => toggle(&mut self.visibility.only_selected_level),
            C::GradeAsT1 => self.grade_active_as(Some(Role::Nfn)),
            C::GradeAsT2 => self.grade_active_as(Some(Role::Scs)),
            C::GradeAsAxial => self.grade_active_as(Some(Role::Ss)),
            C::DoNotGrade => self.grade_active_as(None),
            C::ThresholdUp => self.step_threshold(0.05),
            C::ThresholdDown => self.step_threshold(-0.05),
            C::AcceptGrade => self.accept(),
            C::SayNormal => self.say(Severity::NormalMild),
            C::SayModerate => self.say(Severity::Moderate),
            C::SaySevere => self.say(Severity::Severe),
            C::SayNotAssessable => self.decide(Decision::NotAssessable),
            C::Undecide => self.undecide(),
            C::NextUndecided => self.next_undecided(),
            C::DiscIsL1L2 => self.selected_disc_is(Level::L1L2),
            C::DiscIsL2L3 => self.selected_disc_is(Level::L2L3),
            C::DiscIsL3L4 => self.selected_disc_is(Level::L3L4),
            C::DiscIsL4L5 => self.selected_disc_is(Level::L4L5),
            C::DiscIsL5S1 => self.selected_disc_is(Level::L5S1),
            C::CommentGrade => self.screen.focus_comment = true,
            C::ShowReport => toggle(&mut self.screen.windows.report),
            C::ShowExport => toggle(&mut self.screen.windows.export),
            C::CopyReport => return Some(Effect::CopyReport),
            C::ShowPalette => toggle(&mut self.screen.windows.palette),
            C::ShowKeys => toggle(&mut self.screen.windows.keys),
            C::ShowMessages => toggle(&mut self.screen.windows.messages),
            C::ShowProblems => toggle(&mut self.screen.windows.problems),
            C::ShowSettings => toggle(&mut self.screen.windows.settings),
            C::ShowHints => toggle(&mut self.screen.windows.hints),
            C::ShowAbout => toggle(&mut self.screen.windows.about),
            C::UiLarger => self.set_scale(self.settings.scale * 1.1),
            C::UiSmaller => self.set_scale(self.settings.scale / 1.1),
            C::UiNormal => self.set_scale(1.0),
            C::ToggleTheme => {
                self.settings.theme = match self.settings.theme {
                    ThemeChoice::Dark => ThemeChoice::Light,
                    ThemeChoice::Light => ThemeChoice::Dark,
                };
            }
        }
        None
    }

    /// Does something with the pane that keys act on, if there is one.
    fn on_active(&mut self, act: impl FnOnce(&mut Self, PaneId)) {
        if let Some(id) = self.active_pane() {
            act(self, id);
        }
    }

    fn show_one_to_one(&mut self, id: PaneId) {
        let zoom = self.transform(id).map(|t| t.one_to_one(self.screen.pixels_per_point));
        self.change_view(id, |pane| pane.zoom = zoom.unwrap_or(1.0));
    }

    fn pan_by_a_tenth(&mut self, id: PaneId, way: Vec2) {
        let tenth =
            self.transform(id).zip(self.pane(id)).map_or(10.0, |(t, (_, p))| p.area.x / 10.0 / t.points_per_pan());
        self.change_view(id, |pane| pane.pan += way * tenth);
    }

    fn reset_pane(&mut self, id: PaneId) {
        self.change_view(id, |pane| {
            pane.orientation = pane.upright;
            pane.inverted = false;
            pane.fit();
        });
        self.set_window(id, pane::file_window);
    }

    fn take_tool(&mut self, tool: Tool) {
        self.leave_drawing();
        self.give_up_box();
        self.hand.tool = tool;
    }

    fn grade_active_as(&mut self, role: Option<Role>) {
        let active = self.active_pane().and_then(|id| Some((id.session, self.pane(id)?.1.series?)));
        if let Some((session, series)) = active {
            self.perform(Action::SetRole(session, series, role));
        }
    }

    fn set_scale(&mut self, scale: f32) {
        self.settings.scale = scale.clamp(*SCALES.start(), *SCALES.end());
    }

    fn set_layout(&mut self, layout: Layout) {
        // The pane that the reader works in stays the active one.
        self.screen.active = self.active_pane();
        self.settings.layout = layout;
        self.screen.maximised = None;
    }

    fn step_slice(&mut self, steps: isize) {
        if let Some(id) = self.active_pane() {
            self.scroll(id, steps);
        }
    }

    fn change_cine_rate(&mut self, factor: f32) {
        let rate = (self.settings.cine_rate * factor).round();
        self.settings.cine_rate = rate.clamp(*cine::RATES.start(), *cine::RATES.end());
        self.notices.say(format!("Playing {:.0} slices per second", self.settings.cine_rate));
    }

    /// The next pane on screen; where one is shown alone, the next that has a series.
    fn step_pane(&mut self, step: isize) {
        let Some(active) = self.active_pane() else { return };
        let is_single = self.screen.maximised.is_some() || self.settings.layout == Layout::One;
        let panes: Vec<PaneId> = if is_single {
            let all = (0..crate::ui::state::hanging::PANES).map(|index| PaneId { session: active.session, index });
            all.filter(|&id| self.is_filled(id)).collect()
        } else {
            self.visible_panes()
        };
        if let Some(at) = panes.iter().position(|&p| p == active) {
            let next = panes[(at as isize + step).rem_euclid(panes.len() as isize) as usize];
            self.screen.active = Some(next);
            self.screen.maximised = self.screen.maximised.map(|_| next);
        }
    }

    fn step_series(&mut self, step: isize) {
        let Some(id) = self.active_pane() else { return };
        let Some((session, pane)) = self.pane(id) else { return };
        let count = session.study.series.len();
        let Some(at) = pane.series.or(Some(0)).filter(|_| count > 0) else { return };
        let next = (at as isize + step).rem_euclid(count as isize) as usize;
        self.perform(Action::ShowSeries(id, id.session, next));
    }

    fn step_study(&mut self, step: isize) {
        let at = self.sessions.iter().position(|s| Some(s.id) == self.screen.current);
        if let Some(at) = at {
            let next = (at as isize + step).rem_euclid(self.sessions.len() as isize) as usize;
            self.select_study(self.sessions[next].id);
        }
    }

    /// Another study below, one of the same patient first; or none any more.
    fn compare(&mut self) {
        if self.screen.compared.take().is_some() {
            return;
        }
        let Some(current) = self.session() else { return };
        let patient = &current.study.patient.id;
        let others = || self.sessions.iter().filter(|s| s.id != current.id);
        let prior = others().find(|s| !patient.is_empty() && s.study.patient.id == *patient);
        let other = prior.or_else(|| others().next()).map(|s| s.id);
        match other {
            Some(other) => self.screen.compared = Some(other),
            None => self.notices.warn("Only one study is open: open another one to show it below".to_owned()),
        }
    }

    /// What lies nearest: playing, a window over the images, opening, grading.
    fn cancel(&mut self) {
        if self.give_up_box() || self.give_up_drawing() || self.cine.take().is_some() {
            return;
        }
        if self.screen.windows != OpenWindows::default() {
            self.open_windows(OpenWindows::default());
            return;
        }
        if let Some(opening) = self.opening.take() {
            opening.cancel.cancel();
            self.notices.say("Opening was cancelled".to_owned());
        } else if let Some(session) = self.session_mut()
            && session.marks.selected.take().is_none()
        {
            session.run.cancel.cancel();
        }
    }

    fn step_threshold(&mut self, step: f32) {
        let threshold = ((self.settings.threshold + step) * 20.0).round() / 20.0;
        self.perform(Action::SetThreshold(threshold));
        self.notices.say(format!("Showing boxes with scores from {:.2}", self.settings.threshold));
    }

    fn step_cell(&mut self, columns: isize, levels: isize) {
        let selected = self.session().and_then(|s| s.focus.cell);
        let next = match selected {
            Some(id) => Some(cells::beside(id, columns, levels)),
            None => cells::at(0, 0),
        };
        if let Some(next) = next {
            self.perform(Action::SelectGrade(next));
        }
    }

    fn drag_window(&mut self, id: PaneId, delta: Vec2) {
        self.perform(Action::DragWindow(id, delta));
    }

    fn with_windowed(&mut self, id: PaneId, change: impl Fn(&mut Pane)) {
        for id in self.windowed_with(id) {
            self.with_pane(id, |pane, _| change(pane));
        }
    }

    fn set_window(&mut self, id: PaneId, of: impl Fn(&Slice) -> Window) {
        for id in self.windowed_with(id) {
            let slice = self.shown_in(id).and_then(|key| self.slices.cache.get(key).cloned()).and_then(Result::ok);
            if let Some(slice) = slice {
                self.with_pane(id, |pane, _| pane.window = Some(of(&slice)));
            }
        }
    }

    /// The current study, if its grades can be written.
    fn exportable(&mut self) -> Option<SessionId> {
        let session = self.session()?;
        if session.run.graded.is_some() {
            return Some(session.id);
        }
        self.notices.warn("There are no grades to export yet: wait until the study is graded".to_owned());
        None
    }
}

const fn toggle(switch: &mut bool) {
    *switch = !*switch;
}
