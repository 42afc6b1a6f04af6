//! What leaves the program: which forms, with or without the patient's identity, and to where.

use egui::{Button, Grid, RichText, TextEdit, Ui};

use super::Memory;
use crate::{
    report::{Format, Paper, Template},
    ui::{
        state::{
            command::UiCommand,
            export::Wish,
            icon,
            settings::Settings,
            viewer::{Action, Viewer},
        },
        view::theme,
    },
};

/// The window's content.
pub fn export_ui(ui: &mut Ui, viewer: &Viewer, memory: &mut Memory, actions: &mut Vec<Action>) {
    let Some(session) = viewer.session() else {
        ui.label("No study is open.");
        return;
    };
    if session.run.graded.is_none() {
        ui.label("There is nothing to export yet: wait until the study is graded.");
        return;
    }
    let id = session.id;
    let status = match (session.review().signature(), session.review().decided()) {
        (Some(signature), _) => format!("Signed by {}", signature.who),
        (None, decided) => format!("{decided} of 25 grades reviewed, not signed: the reports say so"),
    };
    ui.label(status);
    if session.study.mixed_patients {
        let text = "The files of this study name different patients: no report is written.";
        ui.label(RichText::new(text).color(theme::of(ui).error));
        return;
    }
    ui.separator();
    let wish = &mut memory.wish;
    for format in Format::ALL {
        let mut is_wanted = wish.formats.contains(&format);
        if ui.checkbox(&mut is_wanted, format.label()).changed() {
            wish.formats.retain(|&f| f != format);
            wish.formats.extend(is_wanted.then_some(format));
        }
    }
    ui.separator();
    ui.checkbox(&mut wish.deidentify, "Without the patient's identity").on_hover_text(
        "No name, ID, dates, readers' names or typed text; UIDs are replaced. Foramen never burns a name \
         into the pictures",
    );
    ui.checkbox(&mut wish.replace, "Replace existing files");
    // Elsewhere the folder says who may read.
    if cfg!(unix) {
        ui.add_enabled_ui(!wish.deidentify, |ui| {
            ui.checkbox(&mut wish.share, "Let other users of this computer read the files").on_hover_text(
                "Otherwise files with the patient's identity are readable only by you, like the worklist",
            );
        });
    }
    let mut template = viewer.settings.report.clone();
    ui.collapsing("Text and logo of the PDF", |ui| template_ui(ui, &mut template, &mut memory.logo));
    if template != viewer.settings.report {
        actions.push(Action::Settings(Box::new(Settings { report: template, ..viewer.settings.clone() })));
    }
    ui.separator();
    ui.horizontal(|ui| {
        let button = Button::new(format!("{} Export to a folder...", icon::EXPORT));
        let response = ui.add_enabled(!wish.formats.is_empty() && !viewer.is_exporting(), button);
        if response.on_hover_text("The files go into their own folder, named by the study's UID").clicked() {
            actions.push(Action::PickReports(id, wish.clone()));
        }
        if ui.button(format!("{} Copy text", icon::COPY)).clicked() {
            actions.push(Action::Do(UiCommand::CopyReport));
        }
        if viewer.is_exporting() {
            ui.spinner();
            ui.label("Writing");
        }
    });
}

fn template_ui(ui: &mut Ui, template: &mut Template, logo: &mut Option<String>) {
    Grid::new("template").num_columns(2).spacing([12.0, 6.0]).show(ui, |ui| {
        for (name, text) in [
            ("Institution", &mut template.institution),
            ("Title", &mut template.title),
            ("Footer", &mut template.footer),
        ] {
            let label = ui.label(name);
            ui.add(TextEdit::singleline(text).desired_width(260.0)).labelled_by(label.id);
            ui.end_row();
        }
        let label = ui.label("Logo");
        let path = logo
            .get_or_insert_with(|| template.logo.as_ref().map(|path| path.display().to_string()).unwrap_or_default());
        let field = TextEdit::singleline(path).hint_text("Path of a PNG or JPEG file").desired_width(260.0);
        if ui.add(field).labelled_by(label.id).changed() {
            template.logo = Some(path.trim()).filter(|path| !path.is_empty()).map(Into::into);
        }
        ui.end_row();
        ui.label("Paper");
        ui.horizontal(|ui| {
            ui.radio_value(&mut template.paper, Paper::A4, "A4");
            ui.radio_value(&mut template.paper, Paper::Letter, "Letter");
        });
        ui.end_row();
    });
}

/// What is asked for at first.
impl Default for Wish {
    fn default() -> Self {
        Self { formats: vec![Format::Pdf, Format::Json], deidentify: false, replace: false, share: false }
    }
}
