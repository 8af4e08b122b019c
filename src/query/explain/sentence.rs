//! The whole answer in a sentence or two.

use std::collections::BTreeMap;

use crate::model::day::date_text;
use crate::query::explain::{Entry, Question};

/// `value` and whether it is complete.
pub fn of(
    question: &Question,
    unit: &str,
    (value, complete): (Option<f64>, bool),
    claims: &[Entry],
    is_total: bool,
) -> String {
    let date = date_text(question.day);
    let Some(value) = value else { return format!("Nothing is stored of {date}.") };
    let unit = if unit == "count" { "" } else { unit };
    let whole = format!("{} {unit}", number(value));
    let made = match made_of(claims, is_total).as_slice() {
        [] => String::new(),
        [only] => format!(": {only}"),
        parts => format!(": {}", parts.join("; ")),
    };
    let time = if question.is_sleep() { "night" } else { "day" };
    let may = if is_total { "grow" } else { "change" };
    let ending = match (question.over, complete) {
        (_, true) => format!("The phone has sent all of the {time} since it ended."),
        (true, false) => format!("Since the {time} ended, the phone has not sent all of it again: it may still {may}."),
        (false, false) => format!("The day is not over: the number may still {may}."),
    };
    format!("{date}: {}{made}. {ending}", whole.trim_end())
}

/// What counts, by reason; the largest first.
fn made_of(claims: &[Entry], is_total: bool) -> Vec<String> {
    let mut parts: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for claim in claims.iter().filter(|claim| claim.weight.is_some() || claim.counted != 0.0) {
        let who = match (claim.grain, claim.source.as_str()) {
            ("raw", "") => "samples".to_owned(),
            ("raw", source) => source.to_owned(),
            (..) => claim.why.clone(),
        };
        let part = parts.entry(who).or_insert((0.0, 0.0));
        *part = (part.0 + claim.counted, part.1 + claim.weight.unwrap_or(0.0));
    }
    let weight: f64 = parts.values().map(|part| part.1).sum();
    let mut parts: Vec<(String, f64, f64)> = parts.into_iter().map(|(who, (counted, w))| (who, counted, w)).collect();
    parts.sort_by(|one, other| (other.2, other.1).partial_cmp(&(one.2, one.1)).unwrap_or(std::cmp::Ordering::Equal));
    let single = parts.len() == 1;
    let told = parts.into_iter().map(|(who, counted, part)| match (single, is_total) {
        (true, _) => who,
        (false, true) => format!("{} from {who}", number(counted)),
        (false, false) => format!("{} % of it from {who}", number(100.0 * part / weight.max(f64::MIN_POSITIVE))),
    });
    told.collect()
}

/// With as many digits as a person reads: 8,250 or 63.4.
pub fn number(value: f64) -> String {
    let digits = if value.abs() >= 1000.0 { 0 } else { 1 };
    let text = format!("{value:.digits$}");
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() || rest == "0" { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{rest}") }
}
