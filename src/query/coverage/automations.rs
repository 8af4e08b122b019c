//! Automations of a phone, as their deliveries tell: how often each sends, and whether it is late.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::time::offset_rfc3339;
use crate::store::coverage::Arrival;

/// Deliveries that follow each other by less are parts of one batch.
const BATCH_MS: i64 = 60_000;

/// Least time after which an automation counts as overdue: a phone that is locked cannot read its health data.
const LEAST_MS: i64 = 3_600_000;

/// Batches after which something is usual.
const ENOUGH: usize = 4;

/// What one automation has done.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Automation {
    /// As it calls itself; missing for senders that give no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub format: String,
    /// RFC 3339, UTC.
    pub last_delivery: String,
    /// Deliveries looked at: of the person's latest 5000.
    pub deliveries: u64,
    /// Median minutes from one batch to the next; missing until there are four.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usual_interval_minutes: Option<i64>,
    /// Minutes since the last delivery.
    pub silent_minutes: i64,
    /// Silent for longer than three usual intervals, and than half as long again as nearly all of its pauses so far.
    pub overdue: bool,
}

/// The automations of `arrivals`, which are newest first, by name.
pub fn automations(arrivals: &[Arrival], now_ms: i64) -> Vec<Automation> {
    let mut groups: BTreeMap<(&str, &str), Vec<&Arrival>> = BTreeMap::new();
    for arrival in arrivals {
        let origin = &arrival.origin;
        let key = origin.automation_id.as_deref().or(origin.automation_name.as_deref()).unwrap_or_default();
        // Without a name, senders of one format are taken together.
        let format = if key.is_empty() { arrival.format.as_str() } else { "" };
        groups.entry((key, format)).or_default().push(arrival);
    }
    let mut found: Vec<Automation> = groups.into_values().map(|group| automation(&group, now_ms)).collect();
    found.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
    found
}

/// `arrivals` is never empty and newest first; the newest has the name that counts.
fn automation(arrivals: &[&Arrival], now_ms: i64) -> Automation {
    let latest = arrivals[0];
    let mut pauses: Vec<i64> = arrivals
        .windows(2)
        .map(|pair| pair[0].received_at_ms - pair[1].received_at_ms)
        .filter(|pause| *pause >= BATCH_MS)
        .collect();
    pauses.sort_unstable();
    let silent = now_ms - latest.received_at_ms;
    let usual = (pauses.len() >= ENOUGH - 1).then(|| pauses[(pauses.len() - 1) / 2]);
    let nearly_all = pauses.get((pauses.len() * 95).div_ceil(100).saturating_sub(1)).copied().unwrap_or(0);
    Automation {
        name: latest.origin.automation_name.clone(),
        id: latest.origin.automation_id.clone(),
        format: latest.format.clone(),
        last_delivery: offset_rfc3339(latest.received_at_ms.div_euclid(1000), 0),
        deliveries: arrivals.len() as u64,
        usual_interval_minutes: usual.map(|usual| usual / 60_000),
        silent_minutes: silent / 60_000,
        overdue: usual.is_some_and(|usual| silent > (3 * usual).max(nearly_all * 3 / 2).max(LEAST_MS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::deliveries::Origin;

    const MINUTE: i64 = 60_000;

    fn arrivals(name: Option<&str>, minutes: &[i64]) -> Vec<Arrival> {
        let origin = Origin { automation_name: name.map(str::to_owned), ..Origin::default() };
        let arrival = |at: &i64| Arrival {
            origin: origin.clone(),
            format: "health-auto-export".into(),
            received_at_ms: at * MINUTE,
        };
        minutes.iter().rev().map(arrival).collect()
    }

    #[test]
    fn an_hourly_one_may_sleep_at_night_but_not_for_days() {
        let hours = (0..20 * 24).filter(|hour| hour % 24 >= 7).map(|hour| hour * 60).collect::<Vec<i64>>();
        let last = hours[hours.len() - 1];
        let at = |minutes: i64| automations(&arrivals(Some("Hourly"), &hours), (last + minutes) * MINUTE).remove(0);
        assert_eq!(at(0).usual_interval_minutes, Some(60));
        assert!(!at(9 * 60).overdue, "a night");
        assert!(at(15 * 60).overdue);
        assert_eq!(at(15 * 60).silent_minutes, 900);
    }

    #[test]
    fn parts_of_a_batch_are_one_and_few_say_nothing() {
        let batches: Vec<Arrival> = arrivals(Some("Daily"), &[0, 1440, 2880, 4320])
            .into_iter()
            .flat_map(|arrival| [Arrival { received_at_ms: arrival.received_at_ms + 900, ..arrival.clone() }, arrival])
            .collect();
        let daily = automations(&batches, 4400 * MINUTE).remove(0);
        assert_eq!((daily.deliveries, daily.usual_interval_minutes, daily.overdue), (8, Some(1439), false));
        let young = automations(&arrivals(Some("New"), &[0, 60]), 1_000_000 * MINUTE).remove(0);
        assert_eq!((young.usual_interval_minutes, young.overdue), (None, false));
    }

    #[test]
    fn each_automation_is_its_own() {
        let both = [arrivals(Some("A"), &[0, 1]), arrivals(Some("B"), &[0]), arrivals(None, &[0])].concat();
        let names: Vec<_> = automations(&both, 0).into_iter().map(|one| (one.name, one.deliveries)).collect();
        assert_eq!(names, [(None, 1), (Some("A".into()), 2), (Some("B".into()), 1)]);
    }
}
