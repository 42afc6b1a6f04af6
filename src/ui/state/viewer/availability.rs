//! Which commands can be done now, and which switches are on.

use super::{OpenWindows, Viewer};
use crate::{
    library::StudyState,
    ui::state::{command::UiCommand, layout::Layout, settings::ThemeChoice, tool::Tool},
};

impl Viewer {
    /// Whether a switch is on; `None` for a command that is no switch.
    pub fn is_on(&self, command: UiCommand) -> Option<bool> {
        use UiCommand as C;
        if let Some(tool) = Tool::of(command) {
            return Some(self.hand.tool == tool);
        }
        let pane = self.active_pane().and_then(|id| self.pane(id)).map(|(_, pane)| pane);
        Some(match command {
            C::Overlays => self.visibility.overlays,
            C::ShowCanal => self.visibility.conditions[0],
            C::ShowForamina => self.visibility.conditions[1],
            C::ShowSubarticular => self.visibility.conditions[2],
            C::OnlySelectedLevel => self.visibility.only_selected_level,
            C::LevelLabels => self.settings.level_labels,
            C::ReferenceLines => self.settings.reference_lines,
            C::Captions => self.settings.captions,
            C::LinkScroll => self.settings.link_scroll,
            C::LinkZoom => self.settings.link_zoom,
            C::LinkWindow => self.settings.link_window,
            C::Smooth => self.settings.smooth,
            C::ToggleBrowser => self.settings.show_browser,
            C::ToggleGrades => self.settings.show_grades,
            C::ToggleTheme => self.settings.theme == ThemeChoice::Light,
            C::LayoutOne => self.settings.layout == Layout::One,
            C::LayoutTwo => self.settings.layout == Layout::Two,
            C::LayoutThree => self.settings.layout == Layout::Three,
            C::LayoutFour => self.settings.layout == Layout::Four,
            C::Maximise => self.screen.maximised.is_some(),
            C::Compare => self.screen.compared.is_some(),
            C::PlayCine => self.cine.is_some(),
            C::MarkUnread => self.session()?.listed.state? == StudyState::Unread,
            C::MarkReviewed => self.session()?.listed.state? == StudyState::Reviewed,
            C::KeyImage => self.is_on_key_image(),
            C::ShowMarks => self.screen.windows.marks,
            C::ShowReport => self.screen.windows.report,
            C::ShowExport => self.screen.windows.export,
            C::Invert => pane.is_some_and(|p| p.inverted),
            _ => return None,
        })
    }

    /// Whether a command would do something.
    pub fn is_possible(&self, command: UiCommand) -> bool {
        use UiCommand as C;
        let is_open = self.session().is_some();
        match command {
            C::Cancel => self.is_busy() || self.screen.windows != OpenWindows::default(),
            C::KeyImage => self.active_slice().is_some(),
            C::Undo => {
                self.hand.drawing.is_some() || self.marked_session().is_some_and(|s| Self::next_undo(s).is_some())
            }
            C::Redo => self.marked_session().is_some_and(|s| Self::next_redo(s).is_some()),
            C::DeleteMark => {
                let is_box = self.hand.tool == Tool::Box && self.removable_box().is_some();
                is_box || self.marked_session().is_some_and(|s| s.marks.selected.is_some())
            }
            C::RemoveBox => self.removable_box().is_some(),
            C::RestoreBox => self.restorable_box().is_some(),
            C::PreviousStudy | C::NextStudy | C::Compare => self.sessions.len() > 1,
            C::ExportCsv | C::ExportJson => self.session().is_some_and(|s| s.run.graded.is_some()),
            C::SavePanePicture | C::CopyPicture => self.active_pane().is_some_and(|id| self.shown_in(id).is_some()),
            C::SavePicture => self.visible_panes().into_iter().any(|id| self.shown_in(id).is_some()),
            C::CopyReport => self.session().is_some_and(|s| s.run.graded.is_some()),
            C::Undecide | C::CommentGrade => self.session().is_some_and(|s| s.focus.cell.is_some()),
            C::DiscIsL1L2 | C::DiscIsL2L3 | C::DiscIsL3L4 | C::DiscIsL4L5 | C::DiscIsL5S1 => {
                self.session().is_some_and(|s| s.run.graded.is_some() && s.focus.cell.is_some())
            }
            C::PreviousFinding | C::NextFinding => self.session().is_some_and(|s| !s.findings().is_empty()),
            C::PreviousEvidence | C::NextEvidence => self.session().is_some_and(|s| s.focus.cell.is_some()),
            C::OpenFolder
            | C::OpenFiles
            | C::OpenDemo
            | C::ShowWorklist
            | C::Quit
            | C::CineFaster
            | C::CineSlower
            | C::ThresholdUp
            | C::ThresholdDown
            | C::ShowPalette
            | C::ShowKeys
            | C::ShowMessages
            | C::ShowProblems
            | C::ShowSettings
            | C::UiLarger
            | C::UiSmaller
            | C::UiNormal
            | C::ShowHints
            | C::ShowAbout => true,
            // A switch can be set before a study is open, but for those of one pane.
            _ => is_open || self.is_on(command).is_some() && !matches!(command, C::Invert | C::PlayCine | C::Maximise),
        }
    }
}
