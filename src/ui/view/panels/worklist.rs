//! The worklist: studies that were opened before, searched, sorted and opened again.

use egui::{Button, Context, EventFilter, Id, Key, Modifiers, Response, RichText, TextEdit, Ui, Window, vec2};

use super::{Memory, worklist_table as table};
use crate::{
    library::{Entry, StudyState},
    ui::{
        state::{
            icon,
            viewer::{Action, Viewer, Wanted},
            worklist::{ListAction, Worklist},
        },
        view::theme,
    },
    uid::StudyUid,
};

/// Lines for Page up and Page down.
const PAGE: isize = 12;
/// Height of what stands below the lines.
const FOOT: f32 = 40.0;

/// The window, while it is open.
pub fn worklist_ui(ui: &Ui, viewer: &Viewer, memory: &mut Memory, open: &mut bool, actions: &mut Vec<Action>) {
    let is_new = viewer.screen.windows.worklist && !memory.was_worklist_shown;
    memory.was_worklist_shown = viewer.screen.windows.worklist;
    if !viewer.screen.windows.worklist {
        return;
    }
    let (ctx, field) = (ui.ctx(), Id::unique("search the worklist"));
    let follow = keys(ctx, &viewer.worklist, field, open, actions);
    let has_front = viewer.session().is_some();
    let worklist = &viewer.worklist;
    let mut is_left_open = true;
    Window::new("Worklist")
        .open(&mut is_left_open)
        .collapsible(false)
        .pivot(egui::Align2::CENTER_CENTER)
        .default_pos(ctx.content_rect().center())
        .default_size(vec2(920.0, 440.0))
        .min_size(vec2(620.0, 240.0))
        .show(ctx, |ui| {
            let mut is_used = search_ui(ui, worklist, field, actions);
            ui.separator();
            let height = (ui.available_height() - FOOT - 22.0).max(80.0);
            let on_line = |entry: &Entry, response: Response| is_used |= answer(entry, &response, has_front, actions);
            if let Some(order) = table::table_ui(ui, height, worklist, follow, on_line) {
                actions.push(Action::List(ListAction::SortBy(order)));
                is_used = true;
            }
            ui.separator();
            foot_ui(ui, worklist, actions);
            // The keys of the list are those of its search field.
            if is_new || is_used {
                ui.memory_mut(|memory| memory.request_focus(field));
            }
        });
    *open &= is_left_open;
}

/// Takes the keys of the list while its search field has the keyboard. Returns whether another line is chosen.
fn keys(ctx: &Context, worklist: &Worklist, field: Id, open: &mut bool, actions: &mut Vec<Action>) -> bool {
    if !ctx.memory(|memory| memory.has_focus(field)) {
        return false;
    }
    let (step, enter, beside, escape) = ctx.input_mut(|input| {
        let mut count = |key| input.count_and_consume_key(Modifiers::NONE, key) as isize;
        let lines = count(Key::ArrowDown) - count(Key::ArrowUp);
        let step = lines + PAGE * (count(Key::PageDown) - count(Key::PageUp));
        let beside = input.consume_key(Modifiers::SHIFT, Key::Enter);
        let enter = input.consume_key(Modifiers::NONE, Key::Enter);
        (step, enter, beside, input.consume_key(Modifiers::NONE, Key::Escape))
    });
    if step != 0 {
        actions.push(Action::List(ListAction::Step(step)));
    }
    if enter || beside {
        actions.extend(worklist.chosen_entry().map(|entry| opening(entry, beside)));
    }
    // First the question goes, then the search, then the window.
    if escape && worklist.removing.is_some() {
        actions.push(Action::List(ListAction::AskRemoval(None)));
    } else if escape && worklist.query.text.is_empty() {
        *open = false;
    } else if escape {
        actions.push(Action::List(ListAction::Search(String::new())));
    }
    step != 0
}

fn opening(entry: &Entry, beside: bool) -> Action {
    Action::OpenListed(Wanted { uid: entry.uid.clone(), beside }, entry.place.to_open())
}

/// The search field and the states. Returns whether a state was clicked.
fn search_ui(ui: &mut Ui, worklist: &Worklist, field: Id, actions: &mut Vec<Action>) -> bool {
    let mut is_used = false;
    ui.horizontal(|ui| {
        ui.label(icon::SEARCH);
        let hint = "Name, ID, study, or a date: 2026, 2026-01, 2026-01-31";
        let mut text = worklist.query.text.clone();
        let edit = TextEdit::singleline(&mut text).id(field).hint_text(hint).desired_width(380.0);
        // Escape is ours: it must neither take the keyboard away nor cancel what is under way.
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, tab: false, escape: true };
        let response = ui.add(edit.event_filter(filter));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, "Search the worklist"));
        if response.changed() {
            actions.push(Action::List(ListAction::Search(text)));
        }
        for state in StudyState::ALL {
            let is_on = worklist.query.states.contains(&state);
            let chip = ui.add(Button::new(state.label()).selected(is_on).corner_radius(10.0));
            chip.widget_info(|| {
                let text = format!("Only {}", state.label().to_lowercase());
                egui::WidgetInfo::selected(egui::Role::CheckBox, true, is_on, text)
            });
            if chip.on_hover_text(meaning(state)).clicked() {
                actions.push(Action::List(ListAction::ToggleState(state)));
                is_used = true;
            }
        }
    });
    is_used
}

const fn meaning(state: StudyState) -> &'static str {
    match state {
        StudyState::Unread => "Not looked at yet",
        StudyState::Graded => "Graded by the program; nobody has reviewed the grades",
        StudyState::Reviewed => "Reviewed by a person",
        StudyState::Signed => "Signed by a person",
    }
}

/// Answers to the mouse on a line. Returns whether it was clicked.
fn answer(entry: &Entry, response: &Response, has_front: bool, actions: &mut Vec<Action>) -> bool {
    let is_clicked = response.clicked() || response.secondary_clicked();
    if is_clicked {
        actions.push(Action::List(ListAction::Choose(entry.uid.clone())));
    }
    if response.double_clicked() {
        actions.push(opening(entry, false));
    }
    response.context_menu(|ui| {
        if entry_menu_ui(ui, entry, has_front, actions) {
            actions.push(Action::List(ListAction::AskRemoval(Some(entry.uid.clone()))));
        }
    });
    is_clicked
}

/// What can be done with a study. Returns whether it is to be removed.
fn entry_menu_ui(ui: &mut Ui, entry: &Entry, has_front: bool, actions: &mut Vec<Action>) -> bool {
    let mut choose = |ui: &mut Ui, is_possible: bool, text: &str, action: Action| {
        if ui.add_enabled(is_possible, Button::new(text)).clicked() {
            actions.push(action);
            ui.close();
        }
    };
    choose(ui, true, "Open", opening(entry, false));
    choose(ui, has_front, "Open below the current study", opening(entry, true));
    ui.separator();
    for (state, text) in [(StudyState::Unread, "Mark as unread"), (StudyState::Reviewed, "Mark as reviewed")] {
        choose(ui, entry.state != state, text, Action::SetState(entry.uid.clone(), state));
    }
    ui.separator();
    choose(ui, true, "Find its new location...", Action::FindListed(entry.uid.clone()));
    let is_removed = ui.button(format!("{}  Remove from the list...", icon::TRASH)).clicked();
    if is_removed {
        ui.close();
    }
    is_removed
}

/// How many there are, and what can be done with the chosen one; or the question before one is removed.
fn foot_ui(ui: &mut Ui, worklist: &Worklist, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        if let Some(uid) = worklist.removing.clone() {
            return removing_ui(ui, worklist, uid, actions);
        }
        let shown = worklist.listing.entries.len();
        let count = match worklist.listing.known {
            0 => "No study was opened yet".to_owned(),
            1 if shown == 1 => "1 study".to_owned(),
            known if known == shown => format!("{known} studies"),
            known => format!("{shown} of {known} studies"),
        };
        ui.label(RichText::new(count).color(theme::of(ui).weak_text));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let Some(entry) = worklist.chosen_entry() else { return };
            if ui.button(format!("{}  Open", icon::FOLDER)).on_hover_text("Enter; Shift+Enter: below").clicked() {
                actions.push(opening(entry, false));
            }
            if worklist.is_gone(&entry.uid) {
                let find = ui.button(format!("{}  Find...", icon::SEARCH));
                if find.on_hover_text("Choose the folder it was moved to").clicked() {
                    actions.push(Action::FindListed(entry.uid.clone()));
                }
                let text = "It is no longer where it was last opened";
                ui.label(RichText::new(text).color(theme::of(ui).warning));
            }
        });
    });
}

fn removing_ui(ui: &mut Ui, worklist: &Worklist, uid: StudyUid, actions: &mut Vec<Action>) {
    let entry = worklist.listing.entries.iter().find(|entry| entry.uid == uid);
    let name = entry.map_or("this study", table::name);
    let question = format!(
        "Remove {name} from the list? Its measurements and review, including the audit trail, are deleted too; the images stay."
    );
    ui.label(RichText::new(question).color(theme::of(ui).warning));
    if ui.button("Remove").clicked() {
        actions.push(Action::Forget(uid));
    } else if ui.button("Keep").clicked() {
        actions.push(Action::List(ListAction::AskRemoval(None)));
    }
}
