//! The sentences that are proposed for the impression: level by level, as radiologists dictate, then what matters most.
//!
//! They say what the table says and no more: what was not seen, not assessed or not assessable is named as such.

use super::Statement;
use crate::grading::{Condition, GradeId, Level, Severity, Side};

/// The order in which a level is dictated: from the middle outwards.
const ORDER: [Condition; 3] =
    [Condition::SpinalCanalStenosis, Condition::SubarticularStenosis, Condition::NeuralForaminalNarrowing];

/// What is said of one condition at one level, of both sides where it has them.
enum Sides<'a> {
    One(&'a Statement),
    Two { right: &'a Statement, left: &'a Statement },
}

/// The proposed sentence of a level: `Severe spinal canal stenosis. Moderate right and severe left ...`.
pub fn sentence<'a>(level: Level, of: &impl Fn(GradeId) -> Option<&'a Statement>) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut clear: Vec<&str> = Vec::new();
    for condition in ORDER {
        let Some(said) = said(condition, level, of) else { continue };
        match phrase(condition, &said) {
            Some(phrase) => parts.push(phrase),
            None => clear.push(noun(condition)),
        }
    }
    if !clear.is_empty() {
        parts.push(format!("No moderate or severe {}.", list(&clear, "or")));
    }
    parts.join(" ")
}

/// The proposed end of the impression: the findings, worst first, then what is not known.
pub fn conclusion<'a>(of: &impl Fn(GradeId) -> Option<&'a Statement>) -> String {
    let mut lines: Vec<String> = Vec::new();
    for severity in [Severity::Severe, Severity::Moderate] {
        let found: Vec<String> = ORDER.iter().filter_map(|&condition| places(condition, severity, of)).collect();
        if !found.is_empty() {
            lines.push(format!("{}: {}.", severity.label(), found.join("; ")));
        }
    }
    let count =
        |wanted: fn(&Statement) -> bool| GradeId::ALL.iter().filter_map(|&id| of(id)).filter(|s| wanted(s)).count();
    let stated = count(|s| s.severity().is_some());
    if lines.is_empty() && stated > 0 {
        lines.push("No moderate or severe stenosis where graded.".to_owned());
    }
    let unknown = [
        (count(|s| matches!(s, Statement::Doubtful)), "doubtful: the images are unlike those that the models know"),
        (count(|s| matches!(s, Statement::NotSeen)), "not seen by the detector"),
        (count(|s| matches!(s, Statement::NotAssessed { .. })), "not assessed"),
        (count(|s| matches!(s, Statement::NotAssessable)), "not assessable"),
    ];
    for (count, what) in unknown {
        match count {
            0 => (),
            1 => lines.push(format!("1 of 25 grades {what}.")),
            _ => lines.push(format!("{count} of 25 grades {what}.")),
        }
    }
    lines.join(" ")
}

fn said<'a>(condition: Condition, level: Level, of: &impl Fn(GradeId) -> Option<&'a Statement>) -> Option<Sides<'a>> {
    let one = |side| of(GradeId::new(condition, side, level)?);
    if condition.has_side() {
        Some(Sides::Two { right: one(Some(Side::Right))?, left: one(Some(Side::Left))? })
    } else {
        one(None).map(Sides::One)
    }
}

/// `None` where all of it is normal or mild: such conditions share a sentence.
fn phrase(condition: Condition, said: &Sides) -> Option<String> {
    let noun = noun(condition);
    let is_clear = |said: &Statement| said.severity() == Some(Severity::NormalMild);
    Some(match said {
        Sides::One(one) if is_clear(one) => return None,
        Sides::One(one) if one.is_finding() => capital(&format!("{} {noun}.", word(one))),
        Sides::One(one) => capital(&format!("{noun}: {}.", word(one))),
        Sides::Two { right, left } if right.label() == left.label() => match left {
            left if is_clear(left) => return None,
            left if left.is_finding() => capital(&format!("{} bilateral {noun}.", word(left))),
            left => capital(&format!("Bilateral {noun}: {}.", word(left))),
        },
        Sides::Two { right, left } => {
            let mut sides = [(*right, "right"), (*left, "left")];
            // The worse side first.
            sides.sort_by_key(|(said, _)| std::cmp::Reverse(said.severity()));
            let [(worse, a), (better, b)] = sides;
            capital(&match (worse.is_finding(), better.is_finding()) {
                (true, true) => format!("{} {a} and {} {b} {noun}.", word(worse), word(better)),
                (true, false) => format!("{} {a} {noun}; {b} {}.", word(worse), word(better)),
                _ => format!("{noun}: {a} {}, {b} {}.", word(worse), word(better)),
            })
        }
    })
}

const fn word(said: &Statement) -> &'static str {
    match said {
        Statement::Severity { severity: Severity::NormalMild, .. } => "normal or mild",
        Statement::Severity { severity: Severity::Moderate, .. } => "moderate",
        Statement::Severity { severity: Severity::Severe, .. } => "severe",
        Statement::NotAssessable => "not assessable",
        Statement::Doubtful => "doubtful",
        Statement::NotSeen => "not seen by the detector",
        Statement::NotAssessed { .. } => "not assessed",
    }
}

const fn noun(condition: Condition) -> &'static str {
    match condition {
        Condition::SpinalCanalStenosis => "spinal canal stenosis",
        Condition::SubarticularStenosis => "subarticular stenosis",
        Condition::NeuralForaminalNarrowing => "neural foraminal narrowing",
    }
}

/// `left subarticular stenosis L3/L4, L4/L5`, of one severity.
fn places<'a>(
    condition: Condition,
    severity: Severity,
    of: &impl Fn(GradeId) -> Option<&'a Statement>,
) -> Option<String> {
    let at = |level: Level| -> Option<String> {
        let has =
            |side| GradeId::new(condition, side, level).and_then(of).is_some_and(|s| s.severity() == Some(severity));
        let side = match (has(None), has(Some(Side::Right)), has(Some(Side::Left))) {
            (true, ..) => "",
            (_, true, true) => " bilateral",
            (_, true, _) => " right",
            (_, _, true) => " left",
            _ => return None,
        };
        Some(format!("{}{side}", level.label()))
    };
    let found: Vec<String> = Level::ALL.iter().filter_map(|&level| at(level)).collect();
    (!found.is_empty()).then(|| format!("{} {}", noun(condition), found.join(", ")))
}

fn list(words: &[&str], last: &str) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [most @ .., end] => format!("{} {last} {end}", most.join(", ")),
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
