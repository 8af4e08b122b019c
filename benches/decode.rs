//! The body of a delivery, from its bytes to what is handed to the writer: simd-json as it is used against serde_json at its
//! best, beside a copy of the body; and what keeping the body costs, brotli against zstd.

use std::borrow::Cow;
use std::hint::black_box;

use health_export::decode::auto_export::{Point, with_document};
use health_export::receive::{Encoding, Upload};
use health_export::store::deliveries::Origin;
use health_export::validate::{self, Aggregation};
use jiff::tz::TimeZone;
use serde::Deserialize;

use crate::ingest::body;
use crate::support::{Bench, print, race};

const COPY: &str = "a copy of the body";

pub fn run() {
    let bench = Bench::start(2);
    for (points, rounds) in [(1_000, 200), (100_000, 7)] {
        parse(&bench, points, rounds);
    }
    keep(100_000);
}

/// What of a point the decoder asks for, when its shape is known and never differs.
#[derive(Deserialize)]
struct Typed<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    metrics: Vec<Metric<'a>>,
}

#[derive(Deserialize)]
struct Metric<'a> {
    #[serde(borrow)]
    data: Vec<TypedPoint<'a>>,
}

#[derive(Deserialize)]
struct TypedPoint<'a> {
    qty: f64,
    #[serde(borrow)]
    date: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
}

fn parse(bench: &Bench, points: i64, rounds: usize) {
    let body = body(0, points);
    let stored_unit = |_: &str| None;
    let context =
        validate::Context { aggregation: Aggregation::Unstated, home: &TimeZone::UTC, stored_unit: &stored_unit };
    // What is stored already is only looked at: the same in each round.
    let receive = || {
        let (origin, body) = (Origin::default(), body.clone().into());
        let upload = Upload { user: 1, api_key: None, origin, encoding: Encoding::Identity, body };
        black_box(bench.app.receiver.receive_blocking(upload).expect("a receipt"));
    };
    receive();
    let times = race(
        rounds,
        [
            (COPY, Box::new(|| drop(black_box(body.clone())))),
            ("serde_json, to a tree", Box::new(|| drop(black_box(tree(&body))))),
            ("serde_json, to the one shape of this body", Box::new(|| assert!(typed(&body) > 0.0))),
            ("simd-json, to every point as sent", Box::new(|| assert!(as_sent(&body) > 0))),
            (
                "the same, to samples in canonical units",
                Box::new(|| {
                    let batch = with_document(&body, |document| validate::batch(&document, &context));
                    assert_eq!(batch.expect("a batch").samples.len() as i64, points);
                }),
            ),
            ("a delivery that was stored before, whole", Box::new(receive)),
        ],
    );
    print(&format!("Decoding {points} points, {:.2} MB", body.len() as f64 / 1e6), points as u64, COPY, &times);
}

fn tree(body: &[u8]) -> serde_json::Value {
    serde_json::from_slice(body).expect("JSON")
}

fn typed(body: &[u8]) -> f64 {
    let typed: Typed = serde_json::from_slice(body).expect("the shape");
    let points = typed.data.metrics.iter().flat_map(|metric| &metric.data);
    points.map(|point| point.qty + (point.date.len() + point.source.len()) as f64).sum()
}

fn as_sent(body: &[u8]) -> usize {
    let read = with_document(body, |document| {
        let points = document.metrics.iter().flat_map(|section| &section.points);
        points.filter(|point| Point::read(**point).quantity != Default::default()).count()
    });
    read.expect("a document")
}

/// Time and size of the body as it is kept.
fn keep(points: i64) {
    let body = body(0, points);
    println!("\n### Keeping {points} points, {:.2} MB\n\n| | ms | kept |\n|---|---:|---:|", body.len() as f64 / 1e6);
    let zstd = |level: i32| zstd::encode_all(&body[..], level).expect("a compressed body").len();
    let names = ["brotli 3", "zstd 1", "zstd 3", "zstd 6"];
    let sizes = [brotli(&body), zstd(1), zstd(3), zstd(6)];
    let times = race(
        5,
        [
            (names[0], Box::new(|| assert!(brotli(&body) > 0)) as Box<dyn FnMut()>),
            (names[1], Box::new(|| assert!(zstd(1) > 0))),
            (names[2], Box::new(|| assert!(zstd(3) > 0))),
            (names[3], Box::new(|| assert!(zstd(6) > 0))),
        ],
    );
    for ((name, time), size) in times.iter().zip(sizes) {
        println!("| {name} | {:.1} | {:.1} % |", time.as_secs_f64() * 1e3, 100.0 * size as f64 / body.len() as f64);
    }
}

fn brotli(body: &[u8]) -> usize {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 3, size_hint: body.len(), ..Default::default() };
    let mut kept = Vec::with_capacity(body.len() / 8 + 64);
    brotli::BrotliCompress(&mut &body[..], &mut kept, &parameters).expect("a compressed body");
    kept.len()
}
