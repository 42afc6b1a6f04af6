//! Confusion of severity and level, as two tables shaded by the share of the row.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{Area, Drawn, INK, text};
use crate::{
    grading::{Level, Role, Severity},
    metric::Confusion,
};

/// One table: `None` is a cell without a meaning.
struct Table {
    title: &'static str,
    rows: Vec<String>,
    columns: Vec<String>,
    cells: Vec<Vec<Option<usize>>>,
}

pub fn draw(area: &Area<'_>, role: Role, confusion: &Confusion) -> Drawn {
    let (head, body) = area.split_vertically(44);
    let title = format!(
        "{} ({role}): the highest-scoring box on each label (score above 0.25, IoU at least 0.5)",
        role.label()
    );
    let middle = head.dim_in_pixel().0 as i32 / 2;
    head.draw(&Text::new(title, (middle, 16), text(18).pos(Pos::new(HPos::Center, VPos::Top))))?;
    let halves = body.split_evenly((1, 2));
    for (half, one) in halves.iter().zip([severity(confusion), level(confusion)]) {
        table(half, &one)?;
    }
    Ok(())
}

fn severity(confusion: &Confusion) -> Table {
    let names: Vec<String> = Severity::ALL.iter().map(|s| s.label().to_lowercase()).collect();
    let mut cells: Vec<Vec<Option<usize>>> = confusion
        .severity
        .iter()
        .zip(confusion.missed)
        .map(|(row, missed)| row.iter().copied().chain([missed]).map(Some).collect())
        .collect();
    cells.push(confusion.false_boxes.iter().copied().map(Some).chain([None]).collect());
    let with = |last: &str| names.iter().cloned().chain([last.to_owned()]).collect();
    Table { title: "severity", rows: with("no label"), columns: with("no box"), cells }
}

fn level(confusion: &Confusion) -> Table {
    let names: Vec<String> = Level::ALL.iter().map(|l| l.label().to_owned()).collect();
    let cells = confusion.level.iter().map(|row| row.iter().copied().map(Some).collect()).collect();
    Table { title: "level", rows: names.clone(), columns: names, cells }
}

fn table(area: &Area<'_>, table: &Table) -> Drawn {
    const LEFT: i32 = 120;
    const TOP: i32 = 52;
    let (width, height) = area.dim_in_pixel();
    let (width, height) = (width as i32 - LEFT - 24, height as i32 - TOP - 24);
    let (columns, rows) = (table.columns.len() as i32, table.rows.len() as i32);
    let (w, h) = (width / columns, height / rows);
    let at = |h: HPos, v: VPos, size: u32| text(size).pos(Pos::new(h, v));
    let head = format!("{} of the box", table.title);
    area.draw(&Text::new(head, (LEFT + w * columns / 2, 4), at(HPos::Center, VPos::Top, 15)))?;
    area.draw(&Text::new(format!("{} of", table.title), (LEFT - 10, TOP - 34), at(HPos::Right, VPos::Top, 15)))?;
    area.draw(&Text::new("the label", (LEFT - 10, TOP - 17), at(HPos::Right, VPos::Top, 15)))?;
    for (column, name) in table.columns.iter().enumerate() {
        let x = LEFT + w * column as i32 + w / 2;
        area.draw(&Text::new(name.clone(), (x, TOP - 8), at(HPos::Center, VPos::Bottom, 14)))?;
    }
    for (row, (name, cells)) in table.rows.iter().zip(&table.cells).enumerate() {
        let top = TOP + h * row as i32;
        area.draw(&Text::new(name.clone(), (LEFT - 10, top + h / 2), at(HPos::Right, VPos::Center, 14)))?;
        let sum: usize = cells.iter().flatten().sum();
        for (column, cell) in cells.iter().enumerate() {
            let Some(count) = cell else { continue };
            let share = *count as f64 / sum.max(1) as f64;
            let corner = (LEFT + w * column as i32, top);
            let corners = [corner, (corner.0 + w, corner.1 + h)];
            area.draw(&Rectangle::new(corners, shade(share).filled()))?;
            area.draw(&Rectangle::new(corners, RGBColor(200, 200, 200).stroke_width(1)))?;
            let colour = if share > 0.55 { WHITE } else { INK };
            let middle = (corner.0 + w / 2, corner.1 + h / 2);
            let big = at(HPos::Center, VPos::Bottom, 17).color(&colour);
            area.draw(&Text::new(count.to_string(), middle, big))?;
            if *count == 0 {
                continue;
            }
            let small = at(HPos::Center, VPos::Top, 12).color(&colour);
            area.draw(&Text::new(format!("{:.0} %", 100.0 * share), (middle.0, middle.1 + 4), small))?;
        }
    }
    Ok(())
}

/// From white to blue.
fn shade(share: f64) -> RGBColor {
    let mix = |full: f64| (255.0 + (full - 255.0) * share).round() as u8;
    RGBColor(mix(8.0), mix(81.0), mix(156.0))
}
