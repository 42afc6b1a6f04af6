//! The lines of the worklist. Only those on screen are made: a list may have thousands.

use egui::{Align2, FontId, Response, RichText, Sense, TextStyle, TextWrapMode, Ui, WidgetText};
use egui_extras::{Column as TableColumn, TableBuilder, TableRow};

use crate::{
    library::{Entry, Moment, Order, Query, StudySource},
    ui::{
        state::{icon, words, worklist::Worklist},
        view::theme,
    },
};

/// A column: its head, what it sorts by, how wide it is (points, and share of what is left).
struct Column {
    head: &'static str,
    order: Order,
    least: f32,
    share: f32,
}

const fn column(head: &'static str, order: Order, least: f32, share: f32) -> Column {
    Column { head, order, least, share }
}

const COLUMNS: [Column; 8] = [
    column("State", Order::State, 76.0, 0.0),
    column("Patient", Order::Name, 90.0, 0.24),
    column("ID", Order::PatientId, 84.0, 0.20),
    column("Date", Order::StudyDate, 84.0, 0.0),
    column("Study", Order::Description, 80.0, 0.22),
    column("Images", Order::Images, 62.0, 0.0),
    column("Last opened", Order::LastOpened, 108.0, 0.0),
    column("Location", Order::Place, 80.0, 0.34),
];

const HEAD: f32 = 22.0;

/// The table in `height` points; lines that are not on screen are not made. `on_line` gets each line on screen with its
/// response. With `follow` the chosen line is brought into view. Returns the column whose head was clicked.
pub fn table_ui(
    ui: &mut Ui,
    height: f32,
    worklist: &Worklist,
    follow: bool,
    mut on_line: impl FnMut(&Entry, Response),
) -> Option<Order> {
    let (now, line) = (Moment::now(), ui.text_style_height(&TextStyle::Body) + 6.0);
    let (entries, query, mut clicked) = (&worklist.listing.entries, &worklist.query, None);
    let columns = columns(ui);
    let mut table = TableBuilder::new(ui)
        .id_salt("worklist")
        .sense(Sense::click())
        .auto_shrink(false)
        .min_scrolled_height(height)
        .max_scroll_height(height);
    for column in columns {
        table = table.column(column);
    }
    if let Some(at) = worklist.chosen_line().filter(|_| follow) {
        table = table.scroll_to_row(at, None);
    }
    let table = table.header(HEAD, |mut heads| {
        for column in &COLUMNS {
            let (_, response) = heads.col(|ui| head_ui(ui, column, query));
            let spoken = spoken(column, query);
            response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &spoken));
            if response.on_hover_text(spoken).clicked() {
                clicked = Some(column.order);
            }
        }
    });
    table.body(|body| {
        body.rows(line, entries.len(), |mut row| {
            let Some(entry) = entries.get(row.index()) else { return };
            let (is_chosen, is_gone) = (worklist.chosen.as_ref() == Some(&entry.uid), worklist.is_gone(&entry.uid));
            row.set_selected(is_chosen);
            let response = line_ui(&mut row, entry, is_gone, now);
            let in_words = in_words(entry, is_gone);
            response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Row, true, is_chosen, &in_words));
            on_line(entry, response.on_hover_ui(|ui| hint_ui(ui, entry, &place(entry))));
        });
    });
    clicked
}

/// Their widths: what is left of the window's width is shared out, so that a wide window shows whole names.
fn columns(ui: &Ui) -> Vec<TableColumn> {
    let fixed: f32 = COLUMNS.iter().map(|c| c.least + ui.spacing().item_spacing.x).sum();
    let left = (ui.available_width() - fixed - ui.spacing().scroll.allocated_width()).max(0.0);
    COLUMNS.iter().map(|c| TableColumn::exact(c.least + left * c.share).clip(true)).collect()
}

fn head_ui(ui: &Ui, column: &Column, query: &Query) {
    let is_sorted = column.order == query.order;
    let sign = match (is_sorted, query.ascending) {
        (false, _) => "",
        (true, true) => icon::UP,
        (true, false) => icon::DOWN,
    };
    let palette = theme::of(ui);
    let color = if is_sorted { palette.text } else { palette.weak_text };
    text_ui(ui, RichText::new(format!("{} {sign}", column.head)).color(color).family(theme::bold()));
}

/// What a screen reader says of a head.
fn spoken(column: &Column, query: &Query) -> String {
    let order = if query.ascending { "ascending" } else { "descending" };
    if column.order == query.order {
        format!("Sorted by {}, {order}", column.head)
    } else {
        format!("Sort by {}", column.head)
    }
}

/// The cells of one study.
fn line_ui(row: &mut TableRow<'_, '_>, entry: &Entry, is_gone: bool, now: Moment) -> Response {
    let place = place(entry);
    let texts = [
        entry.state.label().to_owned(),
        entry.patient.name.clone(),
        entry.patient.id.clone(),
        entry.shown_date(),
        entry.description.clone(),
        entry.summary.images.to_string(),
        entry.last_opened.ago(now),
        if is_gone { format!("{} moved?  {place}", icon::WARNING) } else { place },
    ];
    for (index, text) in texts.into_iter().enumerate() {
        row.col(|ui| {
            let palette = theme::of(ui);
            let color = match index {
                7 if is_gone => palette.warning,
                0..=2 => palette.text,
                _ => palette.weak_text,
            };
            text_ui(ui, RichText::new(text).color(color));
        });
    }
    row.response()
}

/// What a screen reader says of a study.
fn in_words(entry: &Entry, is_gone: bool) -> String {
    let gone = if is_gone { ", moved?" } else { "" };
    let (id, date, state) = (&entry.patient.id, entry.shown_date(), entry.state.label());
    format!("{}, {id}, {date}, {}, {state}{gone}", name(entry), entry.description)
}

/// A text in its cell, painted: it takes neither clicks nor a place among what a screen reader reads.
fn text_ui(ui: &Ui, text: RichText) {
    let cell = ui.max_rect();
    let galley = WidgetText::from(text).into_galley(ui, Some(TextWrapMode::Truncate), cell.width(), TextStyle::Body);
    let at = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), cell).min;
    ui.painter().with_clip_rect(cell.intersect(ui.clip_rect())).galley(at, galley, ui.visuals().text_color());
}

fn hint_ui(ui: &mut Ui, entry: &Entry, place: &str) {
    let summary = &entry.summary;
    ui.label(RichText::new(name(entry)).font(FontId::new(14.0, theme::bold())));
    let roles: Vec<&str> = summary.roles.iter().map(|role| role.label()).collect();
    let of = |head: &str, text: &str| (!text.is_empty()).then(|| format!("{head}: {text}"));
    let lines = [
        of("Born", &entry.patient.birth_date),
        of("Sex", &entry.patient.sex),
        Some(format!(
            "{} in {} series {}",
            words::count(summary.images, "image", "images"),
            summary.series,
            summary.modalities.join(", ")
        )),
        of("Graded as", &roles.join(", ")),
        of("Findings of the program", entry.findings.as_deref().unwrap_or_default()),
        Some(format!("Last opened {} UTC, first {} UTC", entry.last_opened, entry.first_seen)),
        of("Location", place),
    ];
    lines.into_iter().flatten().for_each(|line| drop(ui.label(line)));
}

/// The patient, for a reader.
pub fn name(entry: &Entry) -> &str {
    words::study_name(&entry.patient, entry.uid.as_str()).unwrap_or_default()
}

fn place(entry: &Entry) -> String {
    match entry.place.to_open() {
        StudySource::Demo => "Demo study".to_owned(),
        StudySource::Paths(paths) => match paths.as_slice() {
            [] => "unknown".to_owned(),
            [one] => one.display().to_string(),
            [first, rest @ ..] => format!("{} and {} more", first.display(), rest.len()),
        },
    }
}
