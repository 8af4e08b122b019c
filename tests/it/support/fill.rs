//! Samples written straight to the store, for tests that need more of them than is worth sending.

use health_export::app::App;
use health_export::model::event::Event;
use health_export::model::receipt::Receipt;
use health_export::model::sample::{Batch, Sample, Series};
use health_export::model::sender::Sender;
use health_export::model::sleep::{SLEEP, Stage};
use health_export::model::time::Layer;
use health_export::model::workout::{Account, Workout};
use health_export::store::deliveries::{self, Delivery, Head, Origin};

/// The user that every database begins with.
pub const OWNER: i64 = 1;

/// A sample of the first series and source of its batch.
pub fn sample(layer: Layer, start: i64, span: i64, value: f64) -> Sample {
    Sample {
        item: 0,
        series: 0,
        layer,
        start,
        span,
        offset_minutes: 0,
        value: Some(value),
        min: None,
        max: None,
        source: 0,
        context: None,
        manual: false,
    }
}

/// Stores samples of one metric as one delivery.
pub fn deliver(app: &App, metric: &str, unit: &str, samples: Vec<Sample>) -> Receipt {
    let batch = Batch {
        series: vec![Series { metric: metric.into(), unit: unit.into(), unit_sent: unit.into() }],
        sources: vec!["Watch".into()],
        items: vec![0; samples.len()],
        item_names: vec![metric.into()],
        samples: samples.into_iter().zip(0..).map(|(sample, item)| Sample { item, ..sample }).collect(),
        ..Batch::default()
    };
    deliver_batch(app, batch)
}

/// Stores a batch whose items are all of one name; numbers what it holds, one item each.
pub fn deliver_items(app: &App, name: &str, mut batch: Batch) -> Receipt {
    let mut items = 0..;
    let mut number = |item: &mut u32| *item = items.next().unwrap();
    batch.samples.iter_mut().for_each(|sample| number(&mut sample.item));
    batch.workouts.iter_mut().for_each(|workout| number(&mut workout.item));
    batch.events.iter_mut().for_each(|event| number(&mut event.item));
    batch.nights.iter_mut().for_each(|night| number(&mut night.item));
    batch.documents.iter_mut().for_each(|document| number(&mut document.item));
    batch.items = vec![0; items.next().unwrap() as usize];
    batch.item_names = vec![name.into()];
    deliver_batch(app, batch)
}

/// UTC epoch seconds of an RFC 3339 time.
pub fn at(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap().as_second()
}

/// Stores segments of sleep of one source: stage, start, end.
pub fn sleep(app: &App, source: &str, segments: &[(Stage, &str, &str)]) -> Receipt {
    let segment =
        |(stage, start, end): &(Stage, &str, &str)| sample(Layer::Raw, at(start), at(end) - at(start), stage.value());
    let batch = Batch {
        series: vec![Series { metric: SLEEP.into(), unit: "stage".into(), unit_sent: String::new() }],
        sources: vec![source.into()],
        samples: segments.iter().map(segment).collect(),
        ..Batch::default()
    };
    deliver_items(app, SLEEP, batch)
}

/// A running workout of half an hour, without any figure.
pub fn workout(sender: Sender, start: &str) -> Workout {
    let account = Account { name: "Run".into(), end: at(start) + 1800, ..Account::default() };
    let (activity, start) = ("running".into(), at(start));
    Workout { item: 0, sender, sent_id: None, activity, start, account, series: Vec::new(), route: Vec::new() }
}

pub fn workouts(app: &App, workouts: Vec<Workout>) -> Receipt {
    deliver_items(app, "workouts", Batch { workouts, ..Batch::default() })
}

/// An event without duration.
pub fn event(sender: Sender, kind: &'static str, code: &str, start: &str) -> Event {
    Event {
        item: 0,
        sender,
        kind,
        code: code.into(),
        name: code.to_uppercase(),
        value: None,
        value_sent: None,
        start: at(start),
        span: 0,
        offset_minutes: 0,
        source: String::new(),
        details: serde_json::Map::new(),
        series: None,
    }
}

pub fn events(app: &App, events: Vec<Event>) -> Receipt {
    deliver_items(app, "events", Batch { events, ..Batch::default() })
}

/// Stores a batch as one delivery of the owner.
pub fn deliver_batch(app: &App, batch: Batch) -> Receipt {
    let head = Head {
        public_id: uuid::Uuid::now_v7().to_string(),
        user: OWNER,
        api_key: None,
        received_at_ms: 0,
        format: "test",
        origin: Origin::default(),
        bytes: 0,
    };
    let delivery = Delivery { head, body: Vec::new(), content: Ok(batch) };
    app.store.writer().run(move |writing| deliveries::write(writing, &delivery)).unwrap()
}
