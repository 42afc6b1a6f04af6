//! Colours and sizes; nowhere else is a colour written.

use egui::{Color32, CornerRadius, Stroke, Visuals};

use crate::grading::Severity;

/// Around images: nearly black, so that nothing outshines them.
pub const AROUND_IMAGES: Color32 = Color32::from_rgb(6, 7, 8);
/// Panels.
pub const PANEL: Color32 = Color32::from_rgb(22, 24, 27);
/// The warning strip.
pub const BANNER: Color32 = Color32::from_rgb(74, 52, 8);
/// Text of the warning strip.
pub const BANNER_TEXT: Color32 = Color32::from_rgb(255, 214, 130);
/// Ordinary text.
pub const TEXT: Color32 = Color32::from_rgb(214, 217, 222);
/// Text that matters less; 5 : 1 on a panel.
pub const WEAK_TEXT: Color32 = Color32::from_rgb(150, 156, 165);
/// Text on images.
pub const IMAGE_TEXT: Color32 = Color32::from_rgb(232, 226, 190);
/// Orientation letters.
pub const LETTERS: Color32 = Color32::from_rgb(255, 214, 130);
/// What is active or chosen.
pub const ACCENT: Color32 = Color32::from_rgb(96, 170, 255);
/// Edge of a pane that is not active.
pub const EDGE: Color32 = Color32::from_rgb(44, 47, 52);
/// A cell that says nothing.
pub const EMPTY_CELL: Color32 = Color32::from_rgb(32, 35, 39);
/// Something failed.
pub const ERROR: Color32 = Color32::from_rgb(255, 120, 110);

/// Reference lines: one colour for each pane that casts them.
pub const fn reference_line(pane: usize) -> Color32 {
    match pane % 3 {
        0 => Color32::from_rgb(120, 200, 255),
        1 => Color32::from_rgb(190, 160, 255),
        _ => Color32::from_rgb(250, 230, 110),
    }
}

/// From Okabe and Ito's colour-blind safe set, brightened for a dark ground. A letter always stands beside it.
pub const fn severity(severity: Severity) -> Color32 {
    match severity {
        Severity::NormalMild => Color32::from_rgb(60, 190, 150),
        Severity::Moderate => Color32::from_rgb(240, 178, 40),
        Severity::Severe => Color32::from_rgb(255, 106, 61),
    }
}

/// The ground of a cell: the colour, darkened so that white text reads on it.
pub fn severity_ground(of: Severity) -> Color32 {
    let [r, g, b, _] = severity(of).to_array();
    let darker = |v: u8| (f32::from(v) * 0.42) as u8;
    Color32::from_rgb(darker(r), darker(g), darker(b))
}

/// One letter for a severity: N, M, S.
pub const fn severity_letter(severity: Severity) -> &'static str {
    match severity {
        Severity::NormalMild => "N",
        Severity::Moderate => "M",
        Severity::Severe => "S",
    }
}

/// Box lines grow with severity.
pub const fn severity_width(severity: Severity) -> f32 {
    match severity {
        Severity::NormalMild => 1.0,
        Severity::Moderate => 1.6,
        Severity::Severe => 2.4,
    }
}

/// Sets the colours.
pub fn apply(ctx: &egui::Context) {
    let mut visuals = Visuals::dark();
    visuals.panel_fill = PANEL;
    visuals.window_fill = PANEL;
    visuals.override_text_color = Some(TEXT);
    visuals.weak_text_color = Some(WEAK_TEXT);
    visuals.selection.bg_fill = ACCENT.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, ACCENT);
    visuals.window_corner_radius = CornerRadius::same(4);
    ctx.set_theme(egui::Theme::Dark);
    ctx.set_visuals_of(egui::Theme::Dark, visuals);
}
