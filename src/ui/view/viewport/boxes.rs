//! The boxes of the detectors, coloured and lettered by severity.

use egui::{Align2, FontId, Pos2, Rect, Shape, Stroke, StrokeKind};

use super::{
    Labels,
    view::{Look, View},
};
use crate::{
    grading::{GradeId, Severity, Side, SliceId, Vote},
    raster::BBox,
    ui::{
        state::{session::Session, transform::Transform, visibility::Visibility},
        view::theme,
    },
};
use crate::{review::BoxChoice, ui::state::gesture::boxes::BoxDrag};

/// Of boxes that overlap more than this, only the one with the best score is shown.
const SAME_PLACE_IOU: f32 = 0.5;
/// Points of a dash and of the gap after it, of what is normal.
const DASHES: (f32, f32) = (4.0, 3.0);

/// The boxes of a slice that are painted, least important first: of the conditions and levels that the reader wants
/// to see, above the threshold, the best of those at one place. The highlighted one is last, whatever its score.
pub fn visible<'a>(session: &'a Session, visibility: &Visibility, threshold: f32, slice: &SliceId) -> Vec<&'a Vote> {
    let highlighted = |vote: &Vote| is_highlighted(session, vote);
    let of_slice = session.run.votes.get(slice).into_iter().flatten();
    let mut all: Vec<&Vote> = of_slice
        .filter(|vote| visibility.shows(session, vote.grade) && !is_overruled(session, vote))
        .filter(|vote| vote.detection.score >= threshold || highlighted(vote))
        .collect();
    all.sort_by(|a, b| highlighted(b).cmp(&highlighted(a)).then(b.detection.score.total_cmp(&a.detection.score)));
    let mut shown: Vec<&Vote> = Vec::new();
    for vote in all {
        if shown.iter().all(|other| !is_one_place(&other.detection.bbox, &vote.detection.bbox)) {
            shown.push(vote);
        }
    }
    shown.reverse();
    shown
}

fn is_one_place(a: &BBox, b: &BBox) -> bool {
    a.iou(b) > SAME_PLACE_IOU
}

/// The best score of each severity among the boxes of one condition at one place of a slice.
pub fn scores_at(of_slice: &[Vote], place: &Vote) -> [f32; 3] {
    let mut scores = [0.0f32; 3];
    for vote in of_slice {
        let is_alike = vote.grade.condition() == place.grade.condition();
        if is_alike && is_one_place(&vote.detection.bbox, &place.detection.bbox) {
            let best = &mut scores[vote.severity.index()];
            *best = best.max(vote.detection.score);
        }
    }
    scores
}

/// The box under a point of the screen; of several the smallest.
pub fn at_point<'a>(visible: &[&'a Vote], transform: &Transform, point: Pos2) -> Option<&'a Vote> {
    let at = transform.pixel_from_screen(point);
    // Boxes count from pixel edges.
    let hit = visible.iter().copied().filter(|vote| vote.detection.bbox.contains(at));
    hit.min_by(|a, b| a.detection.bbox.area().total_cmp(&b.detection.bbox.area()))
}

/// A box on screen, as the image is turned now.
pub fn rect_of(transform: &Transform, vote: &Vote) -> Rect {
    transform.screen_rect(&vote.detection.bbox)
}

/// The boxes of the slice on screen, the highlighted one last, so that nothing hides it. Returns them.
pub fn paint_boxes<'a>(view: &View<'a>, labels: &mut Labels) -> Vec<&'a Vote> {
    let settings = &view.viewer.settings;
    let mut visible = visible(view.session, &view.viewer.visibility, settings.threshold, &view.header().id());
    // What is under the hand stands instead of the box that it began with.
    let dragged = drag_in(view).map(|drag| drag.cell);
    visible.retain(|vote| Some(vote.grade) != dragged);
    labels.spare(visible.iter().map(|vote| rect_of(&view.transform, vote)));
    for vote in &visible {
        paint_box(view, vote);
    }
    visible
}

/// Their labels; the most important boxes choose places first.
pub fn paint_labels(view: &View<'_>, visible: &[&Vote], labels: &mut Labels) {
    for vote in visible.iter().rev() {
        paint_label(view, vote, labels);
    }
}

fn is_highlighted(session: &Session, vote: &Vote) -> bool {
    session.focus.evidence.as_ref().is_some_and(|e| e.detection == vote.detection)
}

/// Severities differ in colour, in width, and in whether the line is whole.
fn paint_box(view: &View<'_>, vote: &Vote) {
    let rect = rect_of(&view.transform, vote);
    if view.is_highlighted(vote) {
        let halo = Stroke::new(2.0, theme::ACCENT);
        view.painter.rect_stroke(rect.expand(2.0), 3.0, halo, StrokeKind::Outside);
    }
    let stroke = Stroke::new(theme::severity_width(vote.severity), theme::severity(vote.severity));
    if vote.severity == Severity::NormalMild {
        let corners = [rect.left_top(), rect.right_top(), rect.right_bottom(), rect.left_bottom(), rect.left_top()];
        view.painter.extend(Shape::dashed_line(&corners, stroke, DASHES.0, DASHES.1));
    } else {
        view.painter.rect_stroke(rect, 2.0, stroke, StrokeKind::Inside);
    }
}

/// The label in full where there is room, else the severity's letter.
fn paint_label(view: &View<'_>, vote: &Vote, labels: &mut Labels) {
    let rect = rect_of(&view.transform, vote).expand(1.0);
    let (size, color) = (if view.is_highlighted(vote) { 13.5 } else { 12.0 }, theme::severity(vote.severity));
    for text in [label(vote), theme::severity_letter(vote.severity).to_owned()] {
        let galley = view.painter.layout_no_wrap(text.clone(), FontId::proportional(size), color);
        if let Some(place) = labels.beside(rect, galley.size()) {
            view.text(place.min, Align2::LEFT_TOP, &text, size, color);
            return;
        }
    }
}

/// `L4/L5 R`.
pub fn place_name(cell: GradeId) -> String {
    let side = cell.side().map_or("", |side| match side {
        Side::Left => " L",
        Side::Right => " R",
    });
    format!("{}{side}", cell.level().label())
}

/// Level, side, severity and score; `!` where the detector named another place than the one at which the box lies.
fn label(vote: &Vote) -> String {
    let doubt = if vote.conflicts.is_empty() { "" } else { " !" };
    let letter = theme::severity_letter(vote.severity);
    format!("{} {letter} {:.2}{doubt}", place_name(vote.grade), vote.detection.score)
}

/// Whether the reader took a detector's box away, or put another one on its slice.
pub fn is_overruled(session: &Session, vote: &Vote) -> bool {
    match &session.review().cell(vote.grade).region {
        BoxChoice::Model => false,
        BoxChoice::Reader(region) => region.slice == vote.detection.slice,
        BoxChoice::Removed => true,
    }
}

/// The box that follows the pointer in this pane, where that shows.
pub fn drag_in<'a>(view: &View<'a>) -> Option<&'a BoxDrag> {
    let drag = view.viewer.hand.box_drag.as_ref().filter(|_| view.look == Look::Screen);
    drag.filter(|drag| drag.pane == view.id && drag.slice == view.header().id())
}

#[cfg(test)]
mod tests {
    use egui::vec2;

    use super::*;
    use crate::{
        geometry::PixelCorner,
        grading::{self, Detection, DetectionClass, Evidence, Level, Role},
        raster::Slice,
        study::Study,
        ui::state::{pane::Pane, transform::Extent},
        worker::{SessionId, Ticket},
    };

    fn slice() -> SliceId {
        SliceId { series_uid: "1".into(), sop_instance_uid: "1".into(), twin: 0, frame: 0 }
    }

    fn vote(class: usize, score: f32, x: f32) -> Vote {
        let class = DetectionClass::all(Role::Scs)[class];
        let bbox = BBox::new(x, 0.0, x + 10.0, 10.0);
        grading::max(&[Detection { class, score, bbox, slice: slice() }]).remove(0)
    }

    fn session(votes: Vec<Vote>) -> Session {
        let mut session = Session::new(SessionId(1), Ticket(1), Study::default(), false);
        session.run.votes.insert(slice(), votes);
        session
    }

    fn scores(session: &Session, visibility: &Visibility) -> Vec<f32> {
        visible(session, visibility, 0.25, &slice()).iter().map(|v| v.detection.score).collect()
    }

    #[test]
    fn of_boxes_in_one_place_the_best_is_shown_and_none_below_the_threshold() {
        let mut session = session(vec![vote(0, 0.4, 0.0), vote(1, 0.6, 1.0), vote(3, 0.5, 40.0), vote(4, 0.2, 80.0)]);
        let all = Visibility::default();
        assert_eq!(scores(&session, &all), [0.5, 0.6]);
        // The one that the reader looks at is shown instead of a better one at its place, and whatever its score.
        session.focus.evidence = Some(Evidence::from(&vote(0, 0.4, 0.0)));
        assert_eq!(scores(&session, &all), [0.5, 0.4]);
        session.focus.evidence = Some(Evidence::from(&vote(4, 0.2, 80.0)));
        assert_eq!(scores(&session, &all), [0.5, 0.6, 0.2]);
    }

    #[test]
    fn conditions_levels_and_all_can_be_hidden() {
        // Classes 0 to 2 are of the first level, 3 to 5 of the second.
        let mut session = session(vec![vote(0, 0.4, 0.0), vote(3, 0.5, 40.0)]);
        let shown = |change: &dyn Fn(&mut Visibility), session: &Session| {
            let mut visibility = Visibility::default();
            change(&mut visibility);
            scores(session, &visibility)
        };
        assert_eq!(shown(&|v| v.levels[Level::L1L2.index()] = false, &session), [0.5]);
        assert!(shown(&|v| v.conditions[0] = false, &session).is_empty());
        assert_eq!(shown(&|v| v.conditions[1] = false, &session), [0.4, 0.5]);
        assert!(shown(&|v| v.overlays = false, &session).is_empty());
        session.focus.cell = "spinal_canal_stenosis_l1_l2".parse::<GradeId>().ok();
        assert_eq!(shown(&|v| v.only_selected_level = true, &session), [0.4]);
    }

    #[test]
    fn a_place_has_the_best_score_of_each_severity_and_no_other_places() {
        let all = [vote(0, 0.4, 0.0), vote(2, 0.6, 1.0), vote(2, 0.3, 0.5), vote(1, 0.9, 40.0)];
        assert_eq!(scores_at(&all, &all[0]).map(|score| (score * 10.0).round() as u8), [4, 0, 6]);
    }

    #[test]
    fn the_smallest_box_under_the_pointer_is_found_however_the_image_is_turned() {
        let (large, mut small) = (vote(0, 0.9, 0.0), vote(3, 0.5, 2.0));
        small.detection.bbox = BBox::new(2.0, 4.0, 6.0, 6.0);
        let all = [&small, &large];
        let extent = Extent::of_slice(&Slice::new(60, 40, vec![0.0; 2400]).unwrap());
        let rect = Rect::from_min_size(Pos2::new(5.0, 7.0), vec2(300.0, 200.0));
        for quarters in 0..4 {
            let mut pane = Pane::default();
            pane.turn_right(quarters);
            pane.flip_horizontally();
            let transform = Transform::new(rect, extent, &pane);
            let at = |x: f32, y: f32| {
                at_point(&all, &transform, transform.screen_from_pixel(PixelCorner::new(x.into(), y.into())))
            };
            assert_eq!(at(4.0, 5.0), Some(&small));
            assert_eq!(at(8.0, 9.0), Some(&large));
            assert_eq!(at(12.0, 5.0), None);
        }
    }
}
