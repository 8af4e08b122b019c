//! Formats at their edges: what real phones, exports, Shortcuts and relays have sent that a good guess did not foresee.

mod apple;
mod numbers;
mod routes;
mod samples;
mod senders;
mod shortcuts;
mod unknown;

use health_export::model::receipt::Receipt;
use serde_json::Value;

use crate::support::InProcess;
use crate::support::apple::{import_bytes, receipt, xml};

/// Posts a body and gives its receipt.
#[track_caller]
fn post(server: &InProcess, body: &str) -> Value {
    server.client.post("/api/v1/ingest", &[], body.as_bytes()).expect(200)
}

/// Imports an export with these children of its root.
#[track_caller]
fn export(server: &InProcess, children: &str) -> Receipt {
    receipt(import_bytes(server, "export.xml", xml(children).as_bytes()))
}

/// The values of a metric, in order of time.
#[track_caller]
fn values(server: &InProcess, metric: &str) -> Vec<f64> {
    let page = server.client.get(&format!("/api/v1/data/{metric}?limit=1000")).expect(200);
    page["samples"].as_array().unwrap().iter().map(|sample| sample["value"].as_f64().unwrap()).collect()
}

/// A record of Apple's export on 2024-05-01, from and to a time of day.
fn record(kind: &str, unit: &str, from: &str, to: &str, value: &str) -> String {
    format!(
        "<Record type=\"{kind}\" sourceName=\"Watch\" unit=\"{unit}\" startDate=\"2024-05-01 {from} +0000\" \
         endDate=\"2024-05-01 {to} +0000\" value=\"{value}\"/>\n"
    )
}
