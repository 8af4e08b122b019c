//! A Shortcut's text: a line for each sample, or one sum for each day, over all writers alike.

use serde_json::{Value, json};

use super::Sync;
use crate::synth::phone::calendar::{date_of, days_after, midnight, text};
use crate::synth::phone::metric::Metric;

/// The body; `sums` are what "Calculate Statistics" gives, which counts what two writers have counted twice.
pub fn body(sync: &Sync, metrics: &[Metric], sums: bool) -> Value {
    let lists = metrics.iter().flat_map(|metric| match sums && metric.is_total() {
        true => day_sums(sync, *metric),
        false => samples(sync, *metric),
    });
    json!({"metrics": lists.collect::<Vec<Value>>()})
}

fn samples(sync: &Sync, metric: Metric) -> Vec<Value> {
    let seen = sync.seen(metric, sync.from, sync.to).into_iter().filter(|sample| sample.start >= sync.from);
    let written = seen.map(|sample| {
        json!({
            "type": metric.facts().name, "value": sample.value, "unit": metric.facts().unit,
            "start": text(sample.start, sync.zone), "end": text(sample.end, sync.zone),
            "source": sync.phone.names.name(sample.source)
        })
    });
    written.collect()
}

fn day_sums(sync: &Sync, metric: Metric) -> Vec<Value> {
    let mut sums = Vec::new();
    let mut date = date_of(sync.from, sync.zone);
    while midnight(date, sync.zone) < sync.to {
        let (start, end) = (midnight(date, sync.zone), midnight(days_after(date, 1), sync.zone));
        let own = sync.seen(metric, start, end.min(sync.to)).into_iter().filter(|sample| sample.start >= start);
        let values: Vec<f64> = own.map(|sample| sample.value).collect();
        if !values.is_empty() {
            let value: f64 = values.iter().sum();
            sums.push(json!({
                "type": metric.facts().name, "value": value, "unit": metric.facts().unit, "date": date.to_string()
            }));
        }
        date = days_after(date, 1);
    }
    sums
}
