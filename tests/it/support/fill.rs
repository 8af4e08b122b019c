//! Samples written straight to the store, for tests that need more of them than is worth sending.

use health_export::app::App;
use health_export::model::receipt::Receipt;
use health_export::model::sample::{Batch, Sample, Series};
use health_export::model::time::Layer;
use health_export::store::deliveries::{self, Delivery, Origin};

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
    let delivery = Delivery {
        public_id: uuid::Uuid::now_v7().to_string(),
        user: OWNER,
        api_key: None,
        received_at_ms: 0,
        format: "test",
        origin: Origin::default(),
        bytes: 0,
        body: Vec::new(),
        content: Ok(batch),
    };
    app.store.writer().run(move |writing| deliveries::write(writing, &delivery)).unwrap()
}
