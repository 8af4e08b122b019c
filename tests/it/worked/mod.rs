//! Situations that public bug reports tell of, each with the number that is right, in several variants of its kind. The
//! clock is the scenario's: each delivery says when it came.

mod again;
mod days;
mod nights;
mod samples;
mod words;

use health_export::model::receipt::Receipt;
use health_export::receive::{Encoding, Upload};
use health_export::store::deliveries::Origin;
use serde_json::{Value, json};

use crate::support::apple::{import_bytes, receipt, xml};
use crate::support::fill::OWNER;
use crate::support::{InProcess, body};

/// What the phone says beside a body.
#[derive(Clone, Copy, Default)]
struct Headers<'a> {
    aggregation: Option<&'a str>,
    period: Option<&'a str>,
    automation: Option<&'a str>,
    session: Option<&'a str>,
}

const NONE: Headers = Headers { aggregation: None, period: None, automation: None, session: None };

fn by(aggregation: &str) -> Headers<'_> {
    Headers { aggregation: Some(aggregation), automation: Some("daily"), ..NONE }
}

/// Sends a body that came at that moment, RFC 3339.
#[track_caller]
fn send(server: &InProcess, at: &str, headers: Headers, body: &Value) -> Receipt {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let origin = Origin {
        automation_name: owned(headers.automation),
        automation_id: owned(headers.automation),
        automation_aggregation: owned(headers.aggregation),
        automation_period: owned(headers.period),
        session_id: owned(headers.session),
        ..Origin::default()
    };
    let upload = Upload {
        user: OWNER,
        api_key: None,
        origin,
        encoding: Encoding::Identity,
        body: body.to_string().into_bytes().into(),
    };
    server.app.receiver.as_of(at.parse().unwrap()).receive_blocking(upload).unwrap()
}

/// A body of one metric: (date as sent, value, source); without a source when it is empty.
fn points(metric: &str, unit: &str, points: &[(&str, f64, &str)]) -> Value {
    let point = |(date, value, source): &(&str, f64, &str)| {
        let mut point = json!({"date": date, "qty": value});
        if !source.is_empty() {
            point["source"] = json!(source);
        }
        point
    };
    body(metric, unit, points.iter().map(point).collect())
}

/// Imports an export of these elements.
#[track_caller]
fn export(server: &InProcess, children: &str) -> Receipt {
    receipt(import_bytes(server, "export.xml", xml(children).as_bytes()))
}

/// Imports an export that was made at that moment, as Apple writes one.
#[track_caller]
fn export_of(server: &InProcess, date: &str, children: &str) -> Receipt {
    let xml = xml(children).replace("2024-07-01 10:00:00 +0000", date);
    receipt(import_bytes(server, "export.xml", xml.as_bytes()))
}

/// A record of a quantity type.
fn record(kind: &str, unit: &str, source: &str, (start, end): (&str, &str), value: f64) -> String {
    format!(
        "<Record type=\"HKQuantityTypeIdentifier{kind}\" sourceName=\"{source}\" unit=\"{unit}\" \
         creationDate=\"{end}\" startDate=\"{start}\" endDate=\"{end}\" value=\"{value}\"/>"
    )
}

/// (date or hour, statistic) of each bucket that has any.
fn stat(server: &InProcess, metric: &str, stat: &str, question: &str) -> Vec<(String, f64)> {
    let answer = server.client.get(&format!("/api/v1/aggregate/{metric}?stat={stat}&{question}")).expect(200);
    let point = |point: &Value| Some((point["start"].as_str()?.to_owned(), point[stat].as_f64()?));
    answer["points"].as_array().unwrap().iter().filter_map(point).collect()
}

/// (month-day, total) of each day.
fn days(server: &InProcess, metric: &str) -> Vec<(String, f64)> {
    let days = stat(server, metric, "sum", "bucket=day").into_iter();
    days.map(|(start, total)| (start[5..10].to_owned(), total)).filter(|(_, total)| *total != 0.0).collect()
}

fn total(server: &InProcess, metric: &str) -> f64 {
    days(server, metric).iter().map(|(_, total)| total).sum()
}

#[track_caller]
fn assert_total(server: &InProcess, metric: &str, expected: f64) {
    let found = total(server, metric);
    assert!((found - expected).abs() < 1e-6 * expected.abs().max(1.0), "{metric}: {found} is not {expected}");
}

/// Stored samples of a metric.
fn stored(server: &InProcess, metric: &str) -> Vec<Value> {
    let page = server.client.get(&format!("/api/v1/data/{metric}?limit=10000")).expect(200);
    page["samples"].as_array().unwrap().clone()
}

/// Runs a scenario with its deliveries in each of two orders.
fn in_both_orders(one: impl Fn(&InProcess), other: impl Fn(&InProcess), check: impl Fn(&InProcess)) {
    for forward in [true, false] {
        let server = InProcess::start();
        if forward {
            one(&server);
            other(&server);
        } else {
            other(&server);
            one(&server);
        }
        check(&server);
    }
}
