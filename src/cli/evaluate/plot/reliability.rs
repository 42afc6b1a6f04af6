//! Reliability: the observed share of the rows at each predicted probability, and how many rows there are.

use plotters::{
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{Area, Drawn, GRID, INK, colour, text};
use crate::{
    grading::Severity,
    metric::{BINS, Reliability},
};

/// One panel per condition, side by side, with the calibration error of each severity in its legend; below each how
/// many rows each bin holds.
pub fn draw(area: &Area<'_>, all: &[Reliability]) -> Drawn {
    for (panel, one) in area.split_evenly((1, all.len().max(1))).iter().zip(all) {
        let (head, body) = panel.split_vertically(56);
        let (upper, lower) = body.split_vertically(400);
        title(&head, one)?;
        curves(&upper, one)?;
        counts(&lower, one)?;
    }
    Ok(())
}

/// Condition and legend go above the panel, because a curve may use any corner inside it.
fn title(area: &Area<'_>, one: &Reliability) -> Drawn {
    let middle = area.dim_in_pixel().0 as i32 / 2 + 24;
    let centred = text(17).pos(Pos::new(HPos::Center, VPos::Top));
    area.draw(&Text::new(format!("{} ({} rows)", one.condition.label(), one.rows), (middle, 10), centred))?;
    for (index, curve) in one.curves.iter().enumerate() {
        let x = 52 + 130 * index as i32;
        let style = colour(curve.severity).stroke_width(2);
        area.draw(&PathElement::new([(x, 45), (x + 20, 45)], style))?;
        let (at, fill) = ((x + 10, 45), style.filled());
        match curve.severity {
            Severity::NormalMild => area.draw(&Circle::new(at, 4, fill))?,
            Severity::Moderate => area.draw(&TriangleMarker::new(at, 6, fill))?,
            Severity::Severe => area.draw(&Cross::new(at, 5, style))?,
        }
        let name = format!("{} ({:.3})", curve.severity.label().to_lowercase(), curve.ece);
        area.draw(&Text::new(name, (x + 26, 45), text(13).pos(Pos::new(HPos::Left, VPos::Center))))?;
    }
    Ok(())
}

fn curves(area: &Area<'_>, one: &Reliability) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(18)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(0f64..1f64, 0f64..1f64)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|v| format!("{v:.1}"))
        .y_label_formatter(&|v| format!("{v:.1}"))
        .x_desc("predicted probability")
        .y_desc("observed share")
        .label_style(text(13))
        .axis_desc_style(text(14))
        .draw()?;
    chart.draw_series(DashedLineSeries::new([(0.0, 0.0), (1.0, 1.0)], 5, 5, RGBColor(130, 130, 130).into()))?;
    for curve in &one.curves {
        let style = colour(curve.severity).stroke_width(2);
        let points: Vec<(f64, f64)> = curve.bins.iter().filter_map(|b| Some((b.predicted?, b.observed?))).collect();
        chart.draw_series(LineSeries::new(points.clone(), style))?;
        let fill = colour(curve.severity).filled();
        match curve.severity {
            Severity::NormalMild => chart.draw_series(points.iter().map(|&p| Circle::new(p, 4, fill)))?,
            Severity::Moderate => chart.draw_series(points.iter().map(|&p| TriangleMarker::new(p, 6, fill)))?,
            Severity::Severe => chart.draw_series(points.iter().map(|&p| Cross::new(p, 5, style)))?,
        };
    }
    Ok(())
}

/// On a logarithmic axis, because almost all rows are confident of normal/mild.
fn counts(area: &Area<'_>, one: &Reliability) -> Drawn {
    let most = one.curves.iter().flat_map(|c| &c.bins).map(|b| b.rows).max().unwrap_or(1).max(10) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(18)
        .x_label_area_size(44)
        .y_label_area_size(56)
        .build_cartesian_2d(0f64..1f64, (0.7f64..most * 1.5).log_scale())?;
    chart
        .configure_mesh()
        .disable_x_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .x_labels(6)
        .y_labels(4)
        .x_label_formatter(&|v| format!("{v:.1}"))
        .y_label_formatter(&|v| format!("{v:.0}"))
        .x_desc("predicted probability")
        .y_desc("rows (log)")
        .label_style(text(13))
        .axis_desc_style(text(14))
        .draw()?;
    let width = 0.8 / (BINS * one.curves.len().max(1)) as f64;
    for (index, curve) in one.curves.iter().enumerate() {
        let bars = curve.bins.iter().filter(|bin| bin.rows > 0).map(|bin| {
            let left = bin.from + 0.1 / BINS as f64 + index as f64 * width;
            Rectangle::new([(left, 0.7), (left + width, bin.rows as f64)], colour(curve.severity).filled())
        });
        chart.draw_series(bars)?;
    }
    Ok(())
}
