//! The lines of the worklist. Only those on screen are made: a list may have thousands.

use egui::{Align2, FontId, Rect, Response, RichText, Sense, TextStyle, TextWrapMode, Ui, WidgetText, pos2, vec2};

use crate::{
    library::{Entry, Moment, Order, StudySource},
    ui::{
        state::{icon, words},
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

const GAP: f32 = 8.0;

/// The columns of a line, from left to right.
fn cells(line: Rect) -> impl Iterator<Item = Rect> {
    let fixed: f32 = COLUMNS.iter().map(|c| c.least).sum::<f32>() + GAP * COLUMNS.len() as f32;
    let left = (line.width() - fixed).max(0.0);
    let mut x = line.left() + GAP / 2.0;
    COLUMNS.iter().map(move |column| {
        let width = column.least + left * column.share;
        let cell = Rect::from_min_size(pos2(x, line.top()), vec2(width, line.height()));
        x += width + GAP;
        cell
    })
}

/// The heads. Returns the column that was clicked.
pub fn heads_ui(ui: &mut Ui, sorted: Order, ascending: bool) -> Option<Order> {
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let mut clicked = None;
    for (column, cell) in COLUMNS.iter().zip(cells(line)) {
        let is_sorted = column.order == sorted;
        let sign = match (is_sorted, ascending) {
            (false, _) => "",
            (true, true) => icon::UP,
            (true, false) => icon::DOWN,
        };
        let response = ui.interact(cell, ui.scope_id().with(("head", column.head)), Sense::click());
        let order = if ascending { "ascending" } else { "descending" };
        let spoken =
            if is_sorted { format!("Sorted by {}, {order}", column.head) } else { format!("Sort by {}", column.head) };
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &spoken));
        let palette = theme::of(ui);
        let color = if response.hovered() || is_sorted { palette.text } else { palette.weak_text };
        let text = RichText::new(format!("{} {sign}", column.head)).color(color).family(theme::bold());
        text_ui(ui, cell, text);
        if response.on_hover_text(spoken).clicked() {
            clicked = Some(column.order);
        }
    }
    clicked
}

/// The height of a line.
pub fn line_height(ui: &Ui) -> f32 {
    ui.text_style_height(&TextStyle::Body) + 6.0
}

/// One study.
pub fn line_ui(ui: &mut Ui, entry: &Entry, is_chosen: bool, is_gone: bool, now: Moment) -> Response {
    let (line, response) = ui.allocate_exact_size(vec2(ui.available_width(), line_height(ui)), Sense::click());
    let palette = theme::of(ui);
    if is_chosen {
        ui.painter().rect_filled(line, 2.0, ui.visuals().selection.bg_fill);
    } else if response.hovered() {
        ui.painter().rect_filled(line, 2.0, ui.visuals().widgets.hovered.weak_bg_fill);
    }
    let place = place(entry);
    let texts = [
        entry.state.label().to_owned(),
        entry.patient.name.clone(),
        entry.patient.id.clone(),
        entry.shown_date(),
        entry.description.clone(),
        entry.summary.images.to_string(),
        entry.last_opened.ago(now),
        if is_gone { format!("{} moved?  {place}", icon::WARNING) } else { place.clone() },
    ];
    for (index, (text, cell)) in texts.iter().zip(cells(line)).enumerate() {
        let color = match index {
            7 if is_gone => palette.warning,
            0..=2 => palette.text,
            _ => palette.weak_text,
        };
        text_ui(ui, cell, RichText::new(text).color(color));
    }
    let gone = if is_gone { ", moved?" } else { "" };
    let spoken = format!(
        "{}, {}, {}, {}, {}{gone}",
        name(entry),
        entry.patient.id,
        entry.shown_date(),
        entry.description,
        entry.state.label()
    );
    response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Row, true, is_chosen, &spoken));
    response.on_hover_ui(|ui| hint_ui(ui, entry, &place))
}

fn text_ui(ui: &Ui, cell: Rect, text: RichText) {
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
