//! One row of the table as a measurement group: TID 1410 if it has a box, TID 1501 if not.

use super::{code, note};
use crate::{
    grading::{Assessment, GradeId, Severity},
    pipeline::UsedModel,
    report::{
        Row, RowRegion,
        dicom::{
            DicomError, codes,
            context::Context,
            tree::{Item, Relation, Value, outline},
        },
    },
    review::{Decision, Statement},
    uid,
};

/// The group of a row.
pub fn item(context: &Context, row: &Row) -> Result<Item, DicomError> {
    let shown = row.regions.first().map(|shown| region(context, shown)).transpose()?.flatten();
    let template = if shown.is_some() { "1410" } else { "1501" };
    let group = Item::new(Relation::Contains, codes::MEASUREMENT_GROUP, Value::Container(Some(template)));
    let drawn = row.regions.first().filter(|_| shown.is_some()).map(|shown| {
        let by = if shown.by_reader { codes::BY_READER } else { codes::BY_MODEL };
        code(Relation::Contains, codes::REGION_SOURCE, by)
    });
    Ok(group
        .with(tracking(context, row.id))
        .with([code(Relation::Contains, codes::FINDING, codes::condition(row.id.condition()))])
        .with([site(row.id)])
        .with(algorithm(context, row.id))
        .with(shown.map(|line| line.named(Relation::Contains, codes::IMAGE_REGION)))
        .with(drawn)
        .with(evaluations(row))
        .with(scores(context, row)?)
        .with(texts(row)))
}

/// The same row of the same study has the same UID in every export.
fn tracking(context: &Context, id: GradeId) -> [Item; 2] {
    let study = context.report.uid(&context.report.study.uid);
    let uid = uid::derived(&["tracking", &study, &id.to_string()]);
    [
        Item::new(Relation::HasObsContext, codes::TRACKING_IDENTIFIER, Value::Text(id.to_string())),
        Item::new(Relation::HasObsContext, codes::TRACKING_UID, Value::UidRef(uid)),
    ]
}

fn site(id: GradeId) -> Item {
    let side = id.side().map(|side| code(Relation::HasConceptMod, codes::LATERALITY, codes::side(side)));
    code(Relation::HasConceptMod, codes::FINDING_SITE, codes::level(id.level())).with(side)
}

/// Program and models (TID 4019).
fn algorithm(context: &Context, id: GradeId) -> Vec<Item> {
    let made = &context.report.provenance;
    let role = id.condition().role();
    let models: Vec<&UsedModel> = made.models.iter().filter(|model| model.role == role.into()).collect();
    let names: Vec<String> = models.iter().map(|model| demo_name(model)).collect();
    let name = match names.len() {
        0 => format!("{}, no model for {}", made.program, role.label()),
        _ => format!("{}, {}", made.program, names.join(", ")),
    };
    let mut parameters: Vec<String> = models
        .iter()
        .map(|m| format!("model {} sha256 {} engine {} standardize {}", m.name, m.sha256, m.engine, m.standardize))
        .collect();
    parameters.push(format!("threshold {}", made.threshold));
    parameters.push(format!("aggregate {}", made.aggregate.word()));
    parameters.push(format!("calibrated {}", if made.calibrated { "yes" } else { "no" }));
    let mut items = vec![
        note(Relation::HasConceptMod, codes::ALGORITHM_NAME, &name),
        note(Relation::HasConceptMod, codes::ALGORITHM_VERSION, made.version),
    ];
    items.extend(parameters.iter().map(|words| note(Relation::HasConceptMod, codes::ALGORITHM_PARAMETERS, words)));
    items
}

fn demo_name(model: &UsedModel) -> String {
    if model.demo { format!("DEMO model {}", model.name) } else { format!("model {}", model.name) }
}

/// The final severity, the reader's decision, and the program's severity where it differs.
fn evaluations(row: &Row) -> Vec<Item> {
    let said = match &row.statement {
        Statement::Severity { severity, .. } => codes::severity(*severity),
        Statement::NotAssessable => codes::NOT_ASSESSABLE,
        Statement::Doubtful => codes::DOUBTFUL,
        Statement::NotSeen => codes::NOT_SEEN,
        Statement::NotAssessed { .. } => codes::NOT_ASSESSED,
    };
    let decided = match row.review.decision {
        Some(Decision::Accepted(_)) => codes::ACCEPTED,
        Some(Decision::Changed(_)) => codes::CHANGED,
        Some(Decision::NotAssessable) => codes::REFUSED,
        None => codes::UNDECIDED,
    };
    let mut items =
        vec![code(Relation::Contains, codes::SEVERITY, said), code(Relation::Contains, codes::DECISION, decided)];
    if row.review.decision.is_some() {
        let of_model = match Statement::of_model(row.grade) {
            Statement::Severity { severity, .. } => codes::severity(severity),
            Statement::Doubtful => codes::DOUBTFUL,
            Statement::NotSeen => codes::NOT_SEEN,
            _ => codes::NOT_ASSESSED,
        };
        items.push(code(Relation::Contains, codes::MODEL_SEVERITY, of_model));
    }
    items
}

/// The model's score for each severity, with our own codes; that of the stated severity also as DICOM's "Certainty of
/// Finding", unless a person states it. Rows in which nothing was seen, and doubtful ones, have none: the prevalence in
/// other patients is not a measurement of this patient.
fn scores(context: &Context, row: &Row) -> Result<Vec<Item>, DicomError> {
    let Assessment::Detected { probabilities, .. } = &row.grade.assessment else { return Ok(vec![]) };
    if row.grade.is_doubtful() {
        return Ok(vec![]);
    }
    let mut items = Vec::new();
    let values = Severity::ALL.iter().zip(probabilities.as_array());
    for (&severity, value) in values {
        let score = percent(codes::score(severity), value);
        // The box that is shown is the group's own region; the others are stored with the scores that they led to.
        let others = row.regions.iter().skip(1).filter(|r| r.severity == Some(severity) && !r.by_reader);
        let others = others.map(|other| region(context, other)).collect::<Result<Vec<_>, _>>()?;
        let others = others.into_iter().flatten();
        items.push(score.with(others.map(|o| o.named(Relation::InferredFrom, codes::SOURCE_OF_MEASUREMENT))));
        if row.statement == (Statement::Severity { severity, by_reader: false }) {
            items.push(percent(codes::CERTAINTY, value));
        }
    }
    Ok(items)
}

fn percent(concept: codes::Code, share: f32) -> Item {
    Item::new(Relation::Contains, concept, Value::Percent(100.0 * f64::from(share)))
}

fn texts(row: &Row) -> Vec<Item> {
    let text = |concept, words: &str| Item::new(Relation::Contains, concept, Value::Text(words.to_owned()));
    let mut items = Vec::new();
    if let Assessment::NotAssessed { reason } = &row.grade.assessment {
        items.push(text(codes::REASON, reason));
    }
    if !row.comment.trim().is_empty() {
        items.push(text(codes::COMMENT, row.comment));
    }
    items
}

/// A box that still needs its name.
struct Outline {
    points: Vec<[f32; 2]>,
    image: Item,
}

impl Outline {
    fn named(self, relation: Relation, concept: codes::Code) -> Item {
        Item::new(relation, concept, Value::Polyline(self.points)).with([self.image])
    }
}

/// None for a box that lies outside the image, or on one of several images with one UID, which a warning reports.
fn region(context: &Context, region: &RowRegion) -> Result<Option<Outline>, DicomError> {
    let instance = &context.slice(&region.slice)?.instance;
    let Some(points) = outline(region.bbox, instance.columns, instance.rows) else { return Ok(None) };
    if context.is_one_of_several(&region.slice) {
        return Ok(None);
    }
    let image = Item::image(Relation::SelectedFrom, context.reference(&region.slice)?);
    Ok(Some(Outline { points, image }))
}
