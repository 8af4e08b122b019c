//! Totals and means over samples and buckets of every grain, against a reference that goes second by second: at each
//! moment one claim counts.

use health_export::app::App;
use health_export::model::bucket::Bucket;
use health_export::model::sample::{Batch, Sample, Series};
use health_export::model::time::Layer;
use health_export::query::aggregate::{Question, answer};
use health_export::query::budget::Stop;
use health_export::query::stat::Stat;
use health_export::store::deliveries::{self, Delivery, Head, Origin};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::support::InProcess;
use crate::support::fill::{OWNER, sample};

/// 2024-05-01T00:00:00Z
pub const FIRST: i64 = 1_714_521_600;
pub const DAY: i64 = 86_400;
/// Two days, and one that what is told late reaches into.
const SECONDS: usize = 3 * DAY as usize;

/// In the order in which they rank.
pub const SOURCES: [&str; 3] = ["Robin's Apple Watch", "Robin's iPhone", "Pedometer"];

/// One row, and the delivery that brings it alone.
#[derive(Debug, Clone)]
pub struct Told {
    pub layer: Layer,
    /// Seconds after the first.
    pub start: i64,
    pub span: i64,
    pub value: f64,
    pub source: usize,
    pub manual: bool,
    /// When it was sent, in seconds after the first.
    pub sent: i64,
    pub complete: bool,
}

fn told() -> impl Strategy<Value = Told> {
    let of_sample = (0..2 * 1440_i64, prop_oneof![Just(0), 60..4000_i64], 0..SOURCES.len(), prop::bool::weighted(0.1));
    let sample =
        of_sample.prop_map(|(minute, span, source, manual)| (Layer::Raw, minute * 60 + 7, span, source, manual));
    let bucket = |layer: Layer, length: i64, most: i64| {
        (0..most).prop_map(move |at| (layer, at * length, length, 0_usize, false))
    };
    let place = prop_oneof![
        6 => sample,
        3 => bucket(Layer::Minute, 60, 2 * 1440),
        3 => bucket(Layer::Hour, 3600, 48),
        2 => bucket(Layer::Day, DAY, 2),
    ];
    // Buckets are sent while they are open, or later.
    (place, 0..500_u32, 1..3 * DAY, any::<bool>()).prop_map(
        |((layer, start, span, source, manual), value, wait, complete)| {
            let sent = if layer == Layer::Raw { start + span + wait % 7200 } else { start + 1 + wait };
            Told { layer, start, span, value: f64::from(value), source, manual, sent, complete }
        },
    )
}

pub fn tellings() -> impl Strategy<Value = Vec<Told>> {
    prop::collection::vec(told(), 1..25).prop_map(|mut all| {
        // One row for each key: what two deliveries say of one and the same is another matter.
        all.sort_by_key(|told| (told.layer, told.start, told.source));
        all.dedup_by_key(|told| (told.layer, told.start));
        all.sort_by_key(|told| told.sent);
        all
    })
}

pub fn tell(app: &App, metric: &str, unit: &str, told: &Told) {
    let Told { layer, start, span, value, source, manual, sent, complete } = *told;
    let row = Sample { source: source as u32, manual, ..sample(layer, FIRST + start, span, value) };
    let batch = Batch {
        series: vec![Series { metric: metric.into(), unit: unit.into(), unit_sent: unit.into() }],
        sources: SOURCES.map(str::to_owned).to_vec(),
        items: vec![0],
        item_names: vec![metric.into()],
        samples: vec![row],
        ..Batch::default()
    };
    let automation_period = complete.then(|| "Today".to_owned());
    let head = Head {
        public_id: uuid::Uuid::now_v7().to_string(),
        user: OWNER,
        api_key: None,
        received_at_ms: (FIRST + sent) * 1000,
        format: "test",
        // Each a sync of its own.
        origin: Origin {
            automation_period,
            automation_id: Some(uuid::Uuid::now_v7().to_string()),
            ..Origin::default()
        },
        bytes: 0,
    };
    let delivery = Delivery { head, body: Vec::new(), content: Ok(batch) };
    app.store.writer().run(move |writing| deliveries::write(writing, &delivery)).unwrap();
}

/// The statistic of each day.
fn days(app: &App, metric: &str, stat: Stat) -> Vec<(i64, f64)> {
    let question = Question {
        user: OWNER,
        metric: metric.into(),
        from: None,
        to: None,
        bucket: Bucket::Day,
        zone: TimeZone::UTC,
        stats: vec![stat],
        layer: None,
        sources: Vec::new(),
        dedupe: true,
    };
    let found = answer(&app.store, &app.engine, &question, &Stop::default()).unwrap();
    found.points.iter().filter_map(|point| Some(((point.start - FIRST) / DAY, point.values[0]?))).collect()
}

/// What counts of a second, and who said so.
#[derive(Debug, Clone, Copy, Default)]
struct Second {
    value: f64,
    /// When it was sent, and whether it is all there was.
    said: Option<(i64, bool)>,
}

/// Totals of steps, second by second.
fn slow_totals(all: &[Told]) -> Vec<f64> {
    let rank = |told: &Told| if told.manual { 0 } else { told.source + 1 };
    let samples: Vec<&Told> = all.iter().filter(|told| told.layer == Layer::Raw).collect();
    // Without an end: to the next of the source, at most a quarter of an hour.
    let end = |told: &Told| {
        let next = samples.iter().filter(|other| rank(other) == rank(told) && other.start > told.start);
        let next = next.map(|other| other.start).min().unwrap_or(i64::MAX);
        if told.span > 0 || told.manual { told.start + told.span } else { next.min(told.start + 900) }
    };
    let is_open = |told: &Told| told.span == 0 && !told.manual;
    let mut best = vec![usize::MAX; SECONDS];
    let mut order = samples.clone();
    order.sort_by_key(|told| (is_open(told), rank(told), told.start));
    // Which open ones count at all depends on those that rank before them.
    let mut counted: Vec<&Told> = Vec::new();
    for rank_now in 0..=SOURCES.len() {
        for told in order.iter().filter(|told| rank(told) == rank_now) {
            let hidden = best[told.start as usize] < rank_now;
            if is_open(told) && hidden {
                continue;
            }
            counted.push(told);
        }
        for told in counted.iter().filter(|told| rank(told) == rank_now) {
            for second in told.start..end(told).min(SECONDS as i64) {
                best[second as usize] = best[second as usize].min(rank_now);
            }
        }
    }
    let mut seconds = vec![Second::default(); SECONDS];
    let mut moments: Vec<(i64, f64)> = Vec::new();
    // The time of what counts where it begins.
    let mut estimates: Vec<(i64, i64)> = Vec::new();
    let say = |second: &mut Second, told: &Told| {
        let newer = second.said.is_none_or(|(sent, _)| told.sent >= sent);
        second.said = if newer { Some((told.sent, told.complete)) } else { second.said };
    };
    for told in counted {
        let (start, end) = (told.start, end(told));
        if end == start {
            if best[start as usize] >= rank(told) {
                moments.push((start, told.value));
                say(&mut seconds[start as usize], told);
            }
            continue;
        }
        let own: Vec<i64> = (start..end).filter(|second| best[*second as usize] == rank(told)).collect();
        if is_open(told) {
            // Nobody knows when, so it counts where it begins.
            if !own.is_empty() {
                moments.push((start, told.value * own.len() as f64 / (end - start) as f64));
                estimates.push((start, start + own.len() as i64));
                say(&mut seconds[start as usize], told);
            }
            continue;
        }
        for second in own {
            seconds[second as usize].value += told.value / (end - start) as f64;
            say(&mut seconds[second as usize], told);
        }
    }
    let mut of_days = [0.0; 3];
    for layer in [Layer::Minute, Layer::Hour, Layer::Day] {
        let mut winners = Vec::new();
        let until = |told: &Told| (told.start + told.span).min(told.sent);
        let mut buckets: Vec<&Told> = all.iter().filter(|told| told.layer == layer).collect();
        buckets.sort_by_key(|told| told.start);
        // An estimate that reaches over the end of a bucket into the next is compared with both.
        let over = |at: i64| estimates.iter().any(|(start, end)| *start < at && at < *end);
        let together = |one: &&Told, next: &&Told| layer < Layer::Day && until(one) == next.start && over(next.start);
        for group in buckets.chunk_by(together) {
            let time = group[0].start as usize..until(group[group.len() - 1]) as usize;
            let inside = |(at, _): &&(i64, f64)| time.contains(&(*at as usize));
            let value = seconds[time.clone()].iter().map(|second| second.value).sum::<f64>()
                + moments.iter().filter(inside).map(|(_, value)| value).sum::<f64>();
            let newest = seconds[time.clone()].iter().filter_map(|second| second.said).max_by_key(|(sent, _)| *sent);
            let said: f64 = group.iter().map(|told| told.value).sum();
            let last = group.iter().max_by_key(|told| told.sent).unwrap();
            let wins = match newest {
                None => true,
                Some(_) if layer == Layer::Day && last.sent >= last.start + last.span => true,
                Some((sent, _)) if last.sent > sent => last.complete || said >= value - 1e-9,
                Some((_, complete)) => !complete && value < said - 1e-9,
            };
            if wins {
                winners.extend(group.iter().map(|told| (*told, told.start as usize..until(told) as usize)));
            }
        }
        for (told, time) in winners {
            moments.retain(|(at, _)| !time.contains(&(*at as usize)));
            estimates.retain(|(at, _)| !time.contains(&(*at as usize)));
            let length = time.len() as f64;
            for second in &mut seconds[time] {
                let value = if layer == Layer::Day { 0.0 } else { told.value / length };
                *second = Second { value, said: Some((told.sent, told.complete)) };
            }
            if layer == Layer::Day {
                of_days[(told.start / DAY) as usize] += told.value;
            }
        }
    }
    for (day, total) in of_days.iter_mut().enumerate() {
        let time = day * DAY as usize..(day + 1) * DAY as usize;
        *total += seconds[time.clone()].iter().map(|second| second.value).sum::<f64>();
        *total += moments.iter().filter(|(at, _)| time.contains(&(*at as usize))).map(|(_, value)| value).sum::<f64>();
    }
    of_days.to_vec()
}

/// Means of heart rates, second by second: the finest claim of each second, but for days that were over when they were sent.
fn slow_means(all: &[Told]) -> Vec<Option<f64>> {
    let starts: Vec<i64> = all.iter().filter(|told| told.layer == Layer::Raw).map(|told| told.start).collect();
    let end = |told: &Told| match (told.layer, told.span) {
        (Layer::Raw, 0) => {
            let next = starts.iter().copied().filter(|start| *start > told.start).min().unwrap_or(i64::MAX);
            next.min(told.start + 600)
        }
        (Layer::Raw, span) => told.start + span,
        (Layer::Minute, span) => {
            let fine = all.iter().filter(|other| other.layer <= Layer::Minute && other.start > told.start);
            let next = fine.map(|other| other.start).min().unwrap_or(i64::MAX);
            next.min(told.start + 600).max((told.start + span).min(told.sent))
        }
        (_, span) => (told.start + span).min(told.sent),
    };
    let is_final = |told: &&Told| told.layer == Layer::Day && told.sent >= told.start + told.span;
    let mut means = Vec::new();
    for day in 0..3_i64 {
        if let Some(told) = all.iter().filter(is_final).find(|told| told.start / DAY == day) {
            means.push(Some(told.value));
            continue;
        }
        let (mut weight, mut sum) = (0.0, 0.0);
        for second in day * DAY..(day + 1) * DAY {
            let speaking = all.iter().filter(|told| told.start <= second && second < end(told));
            let finest = speaking.clone().map(|told| told.layer).min();
            for told in speaking.filter(|told| Some(told.layer) == finest) {
                // Several that begin in one second share the time that is estimated.
                let same = starts.iter().filter(|start| **start == told.start).count() as f64;
                let part = if told.layer == Layer::Raw && told.span == 0 { 1.0 / same } else { 1.0 };
                (weight, sum) = (weight + part, sum + part * told.value);
            }
        }
        // What lasts over midnight was measured on both dates.
        let reaches = |told: &Told| {
            let lasts = told.layer == Layer::Raw && told.start / DAY < day && told.start + told.span > day * DAY;
            told.start / DAY == day || lasts
        };
        means.push((weight > 0.0 && all.iter().any(reaches)).then_some(sum / weight));
    }
    means
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, max_shrink_iters: 200, failure_persistence: None, ..Default::default() })]

    #[test]
    fn totals_of_any_claims_are_those_of_the_reference(all in tellings()) {
        let server = InProcess::start();
        all.iter().for_each(|told| tell(&server.app, "step_count", "count", told));
        let wanted = slow_totals(&all);
        let found = days(&server.app, "step_count", Stat::Sum);
        for (day, wanted) in wanted.into_iter().enumerate() {
            let found = found.iter().find(|(at, _)| *at == day as i64).map_or(0.0, |(_, found)| *found);
            prop_assert!((found - wanted).abs() < 1e-6, "day {}: {}, not {}", day, found, wanted);
        }
    }

    #[test]
    fn means_of_any_claims_are_those_of_the_reference(all in tellings()) {
        let server = InProcess::start();
        all.iter().for_each(|told| tell(&server.app, "heart_rate", "count/min", told));
        let wanted = slow_means(&all);
        let found = days(&server.app, "heart_rate", Stat::Avg);
        for (day, wanted) in wanted.into_iter().enumerate() {
            let found = found.iter().find(|(at, _)| *at == day as i64).map(|(_, found)| *found);
            let close = match (found, wanted) {
                (Some(found), Some(wanted)) => (found - wanted).abs() < 1e-6,
                (found, wanted) => found == wanted,
            };
            prop_assert!(close, "day {}: {:?}, not {:?}", day, found, wanted);
        }
    }
}
