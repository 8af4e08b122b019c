//! Samples straight into the store, without a body that is decoded. The load suite fills its file with it as well.

use health_export::model::sample::{Batch, Sample, Series};
use health_export::model::time::Layer;
use health_export::store::Store;
use health_export::store::deliveries::{self, Delivery, Head, Origin};

pub fn deliver(store: &Store, metric: &str, unit: &str, samples: Vec<Sample>) {
    let delivery = delivery(metric, unit, samples);
    store.writer().run(move |writing| deliveries::write(writing, &delivery)).expect("a write");
}

pub fn sample(start: i64, span: i64, value: f64, source: u32) -> Sample {
    Sample {
        item: 0,
        series: 0,
        layer: Layer::Raw,
        start,
        span,
        offset_minutes: 60,
        value: Some(value),
        min: None,
        max: None,
        source,
        context: None,
        manual: false,
    }
}

fn delivery(metric: &str, unit: &str, samples: Vec<Sample>) -> Delivery {
    let series = Series { metric: metric.into(), unit: unit.into(), unit_sent: unit.into() };
    let batch = Batch {
        series: vec![series],
        sources: vec!["Robin\u{2019}s Apple Watch".into(), "Robin\u{2019}s iPhone".into()],
        samples,
        item_names: vec![metric.into()],
        items: vec![0],
        ..Batch::default()
    };
    let head = Head {
        public_id: uuid::Uuid::now_v7().to_string(),
        user: 1,
        api_key: None,
        received_at_ms: 0,
        format: "bench",
        origin: Origin::default(),
        bytes: 0,
    };
    Delivery { head, body: Vec::new(), content: Ok(batch) }
}
