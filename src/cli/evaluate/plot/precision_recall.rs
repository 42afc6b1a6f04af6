//! Precision against recall, the mean over the classes of each severity.

use plotters::prelude::*;

use super::{Area, Drawn, GRID, INK, colour, text};
use crate::{
    grading::{Role, Severity},
    metric::{AveragePrecision, ClassPrecision},
};

pub fn draw(area: &Area<'_>, role: Role, ap: &AveragePrecision) -> Drawn {
    let title = format!("{} ({role}): precision and recall at IoU 0.5", role.label());
    let mut chart = ChartBuilder::on(area)
        .caption(title, text(18))
        .margin(10)
        .margin_right(22)
        .x_label_area_size(46)
        .y_label_area_size(58)
        .build_cartesian_2d(0f64..1f64, 0f64..1.02f64)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .x_labels(6)
        .y_labels(6)
        .x_label_formatter(&|v| format!("{v:.1}"))
        .y_label_formatter(&|v| format!("{v:.1}"))
        .x_desc("recall")
        .y_desc(format!("precision ({})", ap.definition.label()))
        .label_style(text(13))
        .axis_desc_style(text(14))
        .draw()?;
    let all: Vec<&ClassPrecision> = ap.classes.iter().collect();
    let black = INK.stroke_width(2);
    chart
        .draw_series(DashedLineSeries::new(mean(&all), 6, 4, black))?
        .label(format!("all {} classes: mAP50 {:.3}", all.len(), ap.map50))
        .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], black));
    for &severity in Severity::ALL {
        let Some((labels, ap50, _)) = ap.mean_of(|class| class.severity == severity) else { continue };
        let classes: Vec<&ClassPrecision> = ap.classes.iter().filter(|c| c.class.severity == severity).collect();
        let style = colour(severity).stroke_width(2);
        let name = severity.label().to_lowercase();
        chart
            .draw_series(LineSeries::new(mean(&classes), style))?
            .label(format!("{name}: mAP50 {ap50:.3} ({} classes, {labels} labels)", classes.len()))
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .background_style(WHITE.mix(0.85))
        .border_style(GRID)
        .label_font(text(13))
        .draw()?;
    Ok(())
}

/// (recall, mean precision).
fn mean(classes: &[&ClassPrecision]) -> Vec<(f64, f64)> {
    let recalls = classes.first().map_or(0, |c| c.precision.len());
    let at = |i: usize| classes.iter().map(|c| c.precision[i]).sum::<f64>() / classes.len() as f64;
    (0..recalls).map(|i| (i as f64 / (recalls.max(2) - 1) as f64, at(i))).collect()
}
