//! Holds off a rollup that is not what the samples give: after any mix of deliveries that come, grow, shrink and are sent
//! again, with rolling up in between at any moment, every answer is that of a scan from nothing.

use std::collections::BTreeSet;

use health_export::app::App;
use health_export::model::bucket::Bucket;
use health_export::model::category::Category;
use health_export::model::sample::{Batch, Sample, Series};
use health_export::model::time::Layer;
use health_export::query::aggregate::{Answer, Question, answer, answer_from_samples};
use health_export::query::budget::Stop;
use health_export::query::rollups::{refresh, verify};
use health_export::query::stat::Stat;
use health_export::store::deliveries::{self, Delivery, Head, Origin};
use health_export::store::priority::{self, Matter};
use health_export::store::{imports, rollups};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::support::fill::{OWNER, sample};
use crate::support::{Client, InProcess};

const ZONE: &str = "Europe/Berlin";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// 2024-10-20 in Berlin; the clocks change on the 27th.
const FIRST: i64 = 1_729_375_200;
const DAYS: i64 = 14;

const METRICS: [(&str, &str); 3] = [("step_count", "count"), ("heart_rate", "count/min"), ("dietary_energy", "kcal")];
const SOURCES: [&str; 4] = ["Robin's Apple Watch", "Robin's iPhone", "Scale", "Shortcuts"];

/// One sample: metric, layer, start, span of a raw one, source, value.
type Told = (usize, Layer, i64, i64, usize, u8);

#[derive(Debug, Clone)]
enum Deed {
    /// A delivery replaces each group that it names, so a later and smaller one takes samples away.
    Deliver(Vec<Told>),
    /// The same as an import in two pieces, which takes away at its end.
    Import(Vec<Told>, Vec<Told>),
    /// Another order of sources, of everything, of a category or of a metric.
    Believe(Matter, Vec<usize>),
    RollUp,
}

fn told() -> impl Strategy<Value = Told> {
    let layer = prop_oneof![
        6 => Just(Layer::Raw), 1 => Just(Layer::Minute), 2 => Just(Layer::Hour), 2 => Just(Layer::Day)
    ];
    // Few starts, so that groups meet; spans up to a day and a half.
    let span = prop_oneof![Just(0), Just(60), Just(HOUR), Just(5 * HOUR), Just(36 * HOUR)];
    (0..METRICS.len(), layer, 0..DAYS * 4, span, 0..SOURCES.len(), any::<u8>()).prop_map(
        |(metric, layer, at, span, source, value)| match layer {
            Layer::Raw => (metric, layer, FIRST + at * 6 * HOUR + 77 * (at % 3), span, source, value),
            Layer::Minute => (metric, layer, FIRST + at * 6 * HOUR, 60, source, value),
            Layer::Hour => (metric, layer, FIRST + at * 6 * HOUR, HOUR, source, value),
            _ => (metric, layer, FIRST + at / 4 * DAY, DAY, source, value),
        },
    )
}

fn matter() -> impl Strategy<Value = Matter> {
    prop_oneof![
        Just(Matter::Everything),
        Just(Matter::Category(Category::Activity)),
        Just(Matter::Metric("step_count".into())),
        Just(Matter::Metric("dietary_energy".into())),
    ]
}

fn deed() -> impl Strategy<Value = Deed> {
    let samples = || prop::collection::vec(told(), 1..12);
    prop_oneof![
        6 => samples().prop_map(Deed::Deliver),
        2 => (samples(), samples()).prop_map(|(one, other)| Deed::Import(one, other)),
        1 => (matter(), Just((0..SOURCES.len()).collect::<Vec<_>>()).prop_shuffle(), 0..=SOURCES.len())
            .prop_map(|(matter, order, named)| Deed::Believe(matter, order[..named].to_vec())),
        3 => Just(Deed::RollUp),
    ]
}

fn batch(samples: &[Told]) -> Batch {
    let series =
        |(metric, unit): (&str, &str)| Series { metric: metric.into(), unit: unit.into(), unit_sent: unit.into() };
    let read = |(item, told): (u32, &Told)| {
        let (metric, layer, start, span, source, value) = *told;
        Sample { item, series: metric as u32, source: source as u32, ..sample(layer, start, span, f64::from(value)) }
    };
    Batch {
        series: METRICS.map(series).to_vec(),
        sources: SOURCES.map(str::to_owned).to_vec(),
        items: vec![0; samples.len()],
        item_names: vec!["anything".into()],
        samples: (0..).zip(samples).map(read).collect(),
        ..Batch::default()
    }
}

fn head() -> Head {
    Head {
        public_id: uuid::Uuid::now_v7().to_string(),
        user: OWNER,
        api_key: None,
        // After all of the days, so that the phone's own of them are believed.
        received_at_ms: (FIRST + 2 * DAYS * DAY) * 1000,
        format: "test",
        origin: Origin::default(),
        bytes: 0,
    }
}

fn deliver(app: &App, samples: &[Told]) {
    let delivery = Delivery { head: head(), body: Vec::new(), content: Ok(batch(samples)) };
    app.store.writer().run(move |writing| deliveries::write(writing, &delivery)).unwrap();
}

fn import(app: &App, pieces: [&[Told]; 2]) {
    let (head, batches) = (head(), pieces.map(batch));
    let writer = app.store.writer();
    let mut importing = writer.run(move |writing| imports::begin(writing, &head)).unwrap();
    for batch in batches {
        importing = writer.run(move |writing| imports::add(writing, importing, &batch)).unwrap();
    }
    writer.run(move |writing| imports::finish(writing, importing)).unwrap();
}

fn believe(app: &App, matter: &Matter, order: &[usize]) {
    let matter = matter.clone();
    let order: Vec<String> = order.iter().map(|at| SOURCES[*at].to_owned()).collect();
    let known = priority::ordered(&app.store.reader().unwrap(), OWNER, &Matter::Everything).unwrap();
    let ids: Vec<i64> = order
        .iter()
        .filter_map(|name| known.iter().find(|source| source.name == *name))
        .map(|found| found.id)
        .collect();
    app.store.writer().run(move |writing| priority::set_order(writing.connection, OWNER, &matter, &ids)).unwrap();
}

fn roll_up(app: &App) -> usize {
    refresh(&app.store, &app.engine, &app.home()).unwrap()
}

fn question(metric: &str, bucket: Bucket, zone: &TimeZone) -> Question {
    Question {
        user: OWNER,
        metric: metric.into(),
        from: None,
        to: None,
        bucket,
        zone: zone.clone(),
        stats: Stat::DEFAULT.to_vec(),
        layer: None,
        sources: Vec::new(),
        dedupe: true,
    }
}

fn ask(app: &App, question: &Question) -> Answer {
    answer(&app.store, &app.engine, question, &Stop::default()).unwrap()
}

/// Both ways give the same, but for the last digits of a sum.
fn assert_same(app: &App, question: &Question) {
    let found = ask(app, question);
    let wanted = answer_from_samples(&app.store, &app.engine, question, &Stop::default()).unwrap();
    assert_eq!(found.starts, wanted.starts, "{question:?}");
    // A scan also names a layer of which nothing counts, because all of it is covered by a better source.
    assert!(found.layers.iter().all(|layer| wanted.layers.contains(layer)), "{found:?}, not {wanted:?}: {question:?}");
    let starts = |answer: &Answer| answer.points.iter().map(|point| point.start).collect::<Vec<_>>();
    assert_eq!(starts(&found), starts(&wanted), "{question:?}");
    for (found, wanted) in found.points.iter().zip(&wanted.points) {
        for (one, other) in found.values.iter().zip(&wanted.values) {
            let close = match (one, other) {
                (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * one.abs().max(1.0),
                (one, other) => one == other,
            };
            assert!(close, "{found:?}, not {wanted:?}: {question:?}");
        }
    }
}

fn assert_all_the_same(app: &App, edges: (i64, i64)) {
    for (metric, _) in METRICS {
        for bucket in [Bucket::Hour, Bucket::Day, Bucket::Week, Bucket::Month, Bucket::Year, Bucket::Minutes(15)] {
            let whole = question(metric, bucket, &app.home());
            let (from, to) = (FIRST + edges.0.min(edges.1), FIRST + edges.0.max(edges.1));
            for (from, to) in [(None, None), (Some(from), None), (None, Some(to)), (Some(from), Some(to))] {
                assert_same(app, &Question { from, to, ..whole.clone() });
            }
        }
        assert_same(app, &question(metric, Bucket::Day, &TimeZone::get("Asia/Tokyo").unwrap()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 20, failure_persistence: None, ..Default::default() })]

    #[test]
    fn rollups_say_what_a_scan_from_nothing_says(
        deeds in prop::collection::vec(deed(), 1..14),
        edges in (0..DAYS * DAY, 0..DAYS * DAY),
    ) {
        let server = InProcess::start_with(&[("home_zone", ZONE), ("duckdb_threads", "1")]);
        let app = &server.app;
        // So that every metric exists, and is one that was rolled up before.
        for metric in 0..METRICS.len() {
            deliver(app, &[(metric, Layer::Raw, FIRST + 9, 60, 0, 1)]);
        }
        roll_up(app);
        for deed in &deeds {
            match deed {
                Deed::Deliver(samples) => deliver(app, samples),
                Deed::Import(one, other) => import(app, [one, other]),
                Deed::Believe(matter, order) => believe(app, matter, order),
                Deed::RollUp => drop(roll_up(app)),
            }
        }
        assert_all_the_same(app, edges);
        roll_up(app);
        prop_assert_eq!(rollups::days_left(&app.store.reader().unwrap()).unwrap(), 0);
        prop_assert_eq!(verify(&app.store, &app.engine, &app.home()).unwrap(), Vec::<String>::new());
        assert_all_the_same(app, edges);
        prop_assert_eq!(roll_up(app), 0, "nothing is made twice");
    }
}

/// Ten years of a sample each hour.
fn ten_years() -> InProcess {
    let server = InProcess::start_with(&[("home_zone", ZONE)]);
    for year in 0..10 {
        let hours = year * 365 * 24..(year + 1) * 365 * 24;
        let samples: Vec<Told> =
            hours.map(|hour| (1, Layer::Raw, FIRST + hour * HOUR, 0, 0, (hour % 97) as u8)).collect();
        deliver(&server.app, &samples);
    }
    server
}

#[test]
fn a_chart_of_ten_years_reads_a_row_for_each_day_and_what_has_changed_is_scanned() {
    let server = ten_years();
    let app = &server.app;
    let by_day = question("heart_rate", Bucket::Day, &app.home());
    assert!(ask(app, &by_day).rows_stepped >= 87_600, "nothing is rolled up yet");
    assert!(roll_up(app) > 87_600);
    let rolled = ask(app, &by_day);
    assert_eq!(rolled.rows_stepped, rolled.points.len() as u64);
    deliver(app, &[(1, Layer::Raw, FIRST + 1000 * DAY + 5, 0, 0, 200)]);
    let changed = ask(app, &by_day);
    assert!((3650..3750).contains(&changed.rows_stepped), "{}", changed.rows_stepped);
    assert_same(app, &by_day);
    for stats in [vec![Stat::Median], vec![Stat::Sum, Stat::Last]] {
        assert!(ask(app, &Question { stats, ..by_day.clone() }).rows_stepped > 87_600, "these need the samples");
    }
    for narrowed in [
        Question { sources: vec![SOURCES[0].into()], ..by_day.clone() },
        Question { layer: Some(Layer::Raw), ..by_day.clone() },
        Question { dedupe: false, ..by_day.clone() },
        Question { zone: TimeZone::UTC, ..by_day.clone() },
    ] {
        assert!(ask(app, &narrowed).rows_stepped > 87_600, "{narrowed:?}");
        assert_same(app, &narrowed);
    }
}

#[test]
fn what_changes_while_it_is_rolled_up_stays_marked() {
    let server = ten_years();
    let app = &server.app;
    roll_up(app);
    let by_day = question("heart_rate", Bucket::Day, &app.home());
    let wanted: BTreeSet<i64> = (0..40).collect();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            wanted.iter().for_each(|at| deliver(app, &[(1, Layer::Raw, FIRST + at * 50 * DAY + 7, 0, 0, 250)]))
        });
        for _ in 0..20 {
            roll_up(app);
            assert_same_count_or_later(app, &by_day);
        }
    });
    assert_same(app, &by_day);
    roll_up(app);
    assert_same(app, &by_day);
    assert_eq!(verify(&app.store, &app.engine, &app.home()).unwrap(), Vec::<String>::new());
}

/// Deliveries come in between the two questions, so the second may count more, never less.
fn assert_same_count_or_later(app: &App, question: &Question) {
    let counted = |answer: &Answer| answer.points.iter().filter_map(|point| point.values[0]).sum::<f64>();
    let found = counted(&ask(app, question));
    let later = counted(&answer_from_samples(&app.store, &app.engine, question, &Stop::default()).unwrap());
    assert!(87_600.0 <= found && found <= later, "{found} {later}");
}

#[test]
fn a_wrong_rollup_is_found_by_check_and_made_anew() {
    let server = ten_years();
    let app = &server.app;
    roll_up(app);
    let spoil = "UPDATE rollup SET total = total + 1 WHERE grain = 1 AND start = (SELECT max(start) FROM rollup WHERE grain = 1)";
    app.store.writer().run(move |writing| Ok(writing.connection.execute(spoil, [])?)).unwrap();
    let faults = verify(&app.store, &app.engine, &app.home()).unwrap();
    assert!(faults.len() == 1 && faults[0].starts_with("heart_rate at 20"), "{faults:?}");
    assert_same(app, &question("heart_rate", Bucket::Day, &app.home()));
    assert!(roll_up(app) > 87_600);
    assert_eq!(verify(&app.store, &app.engine, &app.home()).unwrap(), Vec::<String>::new());
}

#[test]
fn another_home_zone_makes_them_anew() {
    let server = ten_years();
    let app = &server.app;
    roll_up(app);
    let tokyo = TimeZone::get("Asia/Tokyo").unwrap();
    assert!(refresh(&app.store, &app.engine, &tokyo).unwrap() > 87_600);
    let by_day = question("heart_rate", Bucket::Day, &tokyo);
    assert_eq!(ask(app, &by_day).rows_stepped, ask(app, &by_day).points.len() as u64);
    assert_same(app, &by_day);
    assert_same(app, &question("heart_rate", Bucket::Day, &app.home()));
}

#[test]
fn a_sample_of_years_is_no_burden() {
    let server = ten_years();
    let app = &server.app;
    deliver(app, &[(0, Layer::Raw, FIRST, 60, 0, 9)]);
    roll_up(app);
    deliver(app, &[(0, Layer::Raw, FIRST + DAY, 8 * 365 * DAY, 1, 77)]);
    assert_eq!(rollups::days_left(&app.store.reader().unwrap()).unwrap(), 2, "all of the metric, which has two days");
    let by_day = question("step_count", Bucket::Day, &app.home());
    assert_same(app, &by_day);
    roll_up(app);
    assert_same(app, &by_day);
    // It counts on each of its days.
    assert_eq!(ask(app, &by_day).rows_stepped, 8 * 365 + 1);
}

#[test]
fn the_real_server_rolls_up_by_itself() {
    use crate::support::RealServer;
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    let points: Vec<_> = (0..500).map(|at| serde_json::json!({"date": FIRST + at * HOUR, "qty": 60})).collect();
    client.ingest(&crate::support::body("heart_rate", "count/min", points.into())).expect(200);
    let rolled = || {
        let connection = rusqlite::Connection::open(folder.path().join("health.db")).unwrap();
        connection.query_row("SELECT count(*) FROM rollup", [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let enough = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(200));
        rolled() > 500
    });
    assert!(enough, "{} buckets after 20 seconds", rolled());
}
