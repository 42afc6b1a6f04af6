//! Colours, fonts and icons; nowhere else is a colour written.
//!
//! Images stand on near black in both themes, with the constants below painted over them. What stands around them
//! takes its colours from a [`Palette`].

use std::sync::Arc;

use egui::{Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, Stroke, Ui, Visuals};

use crate::{grading::Severity, ink, ui::state::settings::ThemeChoice};

/// Around images: nearly black, so that nothing outshines them.
pub const AROUND_IMAGES: Color32 = Color32::from_rgb(6, 7, 8);
/// Text on images.
pub const IMAGE_TEXT: Color32 = Color32::from_rgb(232, 226, 190);
/// Text on images that matters less, and on empty panes.
pub const IMAGE_WEAK_TEXT: Color32 = Color32::from_rgb(150, 156, 165);
/// Something failed, on an image.
pub const IMAGE_ERROR: Color32 = Color32::from_rgb(255, 120, 110);
/// Orientation letters.
pub const LETTERS: Color32 = color(ink::LETTERS);
/// What is active or chosen, on images and in panels.
pub const ACCENT: Color32 = Color32::from_rgb(96, 170, 255);
/// Edge of a pane that is not active.
pub const PANE_EDGE: Color32 = Color32::from_rgb(44, 47, 52);
/// Measurements and notes.
pub const MARK: Color32 = color(ink::MARK);
/// A measurement that is selected or under the pointer.
pub const MARK_ACTIVE: Color32 = Color32::from_rgb(255, 240, 110);
/// Under the lines of measurements, so that they read on white too.
pub const MARK_SHADOW: Color32 = Color32::from_black_alpha(170);
/// Behind texts of measurements: what is painted below does not mix with them.
pub const MARK_GROUND: Color32 = Color32::from_black_alpha(165);
/// The point that all panes show.
pub const CROSSHAIR: Color32 = Color32::from_rgb(255, 130, 210);
/// Names of levels beside discs.
pub const LEVEL_LABEL: Color32 = Color32::from_rgb(180, 215, 255);
/// The sign of a key image.
pub const KEY_IMAGE: Color32 = Color32::from_rgb(255, 214, 90);

/// Around letters on images, so that they read on white too.
pub const TEXT_EDGE: Color32 = Color32::from_black_alpha(200);
/// Over the whole window while files are held above it.
pub const DROP_SHADE: Color32 = Color32::from_black_alpha(180);
/// Images as they are.
pub const UNTINTED: Color32 = Color32::WHITE;

/// Colours of what stands around the images.
#[derive(Debug)]
pub struct Palette {
    /// Panels.
    pub panel: Color32,
    /// The warning strip.
    pub banner: Color32,
    /// Text of the warning strip.
    pub banner_text: Color32,
    /// The strip that says that something is missing.
    pub alarm: Color32,
    /// Its text.
    pub alarm_text: Color32,
    /// Ordinary text.
    pub text: Color32,
    /// Text that matters less; 5 : 1 on a panel.
    pub weak_text: Color32,
    /// A warning in a panel.
    pub warning: Color32,
    /// Something failed.
    pub error: Color32,
    /// What is active or chosen.
    pub accent: Color32,
    /// Edges.
    pub edge: Color32,
    /// A cell that says nothing.
    pub empty_cell: Color32,
    is_dark: bool,
}

static DARK: Palette = Palette {
    panel: Color32::from_rgb(22, 24, 27),
    banner: Color32::from_rgb(74, 52, 8),
    banner_text: Color32::from_rgb(255, 214, 130),
    alarm: Color32::from_rgb(112, 26, 22),
    alarm_text: Color32::from_rgb(255, 226, 220),
    text: Color32::from_rgb(214, 217, 222),
    weak_text: Color32::from_rgb(150, 156, 165),
    warning: Color32::from_rgb(255, 214, 130),
    error: Color32::from_rgb(255, 120, 110),
    accent: ACCENT,
    edge: PANE_EDGE,
    empty_cell: Color32::from_rgb(32, 35, 39),
    is_dark: true,
};

static LIGHT: Palette = Palette {
    panel: Color32::from_rgb(240, 241, 243),
    banner: Color32::from_rgb(255, 226, 160),
    banner_text: Color32::from_rgb(74, 48, 0),
    alarm: Color32::from_rgb(255, 205, 198),
    alarm_text: Color32::from_rgb(105, 12, 8),
    text: Color32::from_rgb(28, 31, 36),
    weak_text: Color32::from_rgb(88, 94, 104),
    warning: Color32::from_rgb(132, 80, 0),
    error: Color32::from_rgb(176, 28, 20),
    accent: Color32::from_rgb(10, 98, 196),
    edge: Color32::from_rgb(186, 190, 197),
    empty_cell: Color32::from_rgb(224, 226, 230),
    is_dark: false,
};

/// The colours of the theme in use.
pub fn of(ui: &Ui) -> &'static Palette {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

impl Palette {
    /// The ground of a cell, on which [`text`](Self::text) reads: the severity's colour, darkened or paled, the
    /// stronger the higher the score (0 to 1).
    pub fn severity_ground(&self, of: Severity, score: f32) -> Color32 {
        let share = 0.14 + 0.22 * score.clamp(0.0, 1.0);
        mix(self.panel, severity(of), if self.is_dark { share } else { share * 1.3 })
    }

    /// A severity as text in a panel.
    pub fn severity_text(&self, of: Severity) -> Color32 {
        if self.is_dark { severity(of) } else { mix(severity(of), Color32::BLACK, 0.55) }
    }
}

fn mix(from: Color32, to: Color32, share: f32) -> Color32 {
    let one = |a: u8, b: u8| (f32::from(a) + (f32::from(b) - f32::from(a)) * share).round() as u8;
    Color32::from_rgb(one(from.r(), to.r()), one(from.g(), to.g()), one(from.b(), to.b()))
}

/// Reference lines: one colour for each pane that casts them.
pub const fn reference_line(pane: usize) -> Color32 {
    match pane % 4 {
        0 => color(ink::LINE),
        1 => Color32::from_rgb(190, 160, 255),
        2 => Color32::from_rgb(250, 230, 110),
        _ => Color32::from_rgb(150, 230, 200),
    }
}

/// From Okabe and Ito's colour-blind safe set, brightened for a dark ground. A letter always stands beside it.
pub const fn severity(severity: Severity) -> Color32 {
    color(ink::severity(severity))
}

const fn color([red, green, blue]: ink::Rgb) -> Color32 {
    Color32::from_rgb(red, green, blue)
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

/// Text in bold.
pub fn bold() -> FontFamily {
    FontFamily::Name("bold".into())
}

/// Sets fonts, once.
pub fn install_fonts(ctx: &Context) {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in [
        ("inter", include_bytes!("../../../../assets/Inter-Regular.otf").as_slice()),
        ("inter-semibold", include_bytes!("../../../../assets/Inter-SemiBold.otf").as_slice()),
        ("phosphor", include_bytes!("../../../../assets/Phosphor.ttf").as_slice()),
    ] {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    // What Inter does not have is looked for in egui's own fonts; icons lie in a range that no language uses.
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let family = |first: &str| {
        let mut names = vec![first.to_owned(), "phosphor".to_owned()];
        names.extend(fallback.iter().cloned());
        names
    };
    fonts.families.insert(FontFamily::Proportional, family("inter"));
    fonts.families.insert(bold(), family("inter-semibold"));
    ctx.set_fonts(fonts);
}

/// Sets the colours of a theme.
pub fn apply(ctx: &Context, choice: ThemeChoice) {
    let (theme, palette, mut visuals) = match choice {
        ThemeChoice::Dark => (egui::Theme::Dark, &DARK, Visuals::dark()),
        ThemeChoice::Light => (egui::Theme::Light, &LIGHT, Visuals::light()),
    };
    visuals.panel_fill = palette.panel;
    visuals.window_fill = palette.panel;
    visuals.override_text_color = Some(palette.text);
    visuals.weak_text_color = Some(palette.weak_text);
    visuals.selection.bg_fill = palette.accent.gamma_multiply(0.35);
    visuals.selection.stroke = Stroke::new(1.0, palette.accent);
    visuals.window_corner_radius = CornerRadius::same(4);
    ctx.set_theme(theme);
    ctx.set_visuals_of(theme, visuals);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2's contrast of two colours.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let light = |c: Color32| {
            let linear = egui::Rgba::from(c);
            0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b() + 0.05
        };
        let (a, b) = (light(a), light(b));
        a.max(b) / a.min(b)
    }

    #[test]
    fn all_text_reads_on_its_ground_in_both_themes() {
        for palette in [&DARK, &LIGHT] {
            for text in [palette.text, palette.weak_text, palette.warning, palette.error] {
                assert!(contrast(text, palette.panel) >= 4.5, "{text:?} on a panel, {palette:?}");
            }
            assert!(contrast(palette.banner_text, palette.banner) >= 4.5);
            assert!(contrast(palette.alarm_text, palette.alarm) >= 4.5);
            for &severity in Severity::ALL {
                assert!(contrast(palette.severity_text(severity), palette.panel) >= 4.5, "{severity:?} {palette:?}");
                for score in [0.0, 0.5, 1.0] {
                    let ground = palette.severity_ground(severity, score);
                    assert!(contrast(palette.text, ground) >= 4.5, "{severity:?} {score} {palette:?}");
                }
            }
        }
    }
}
