//! Holds off stale answers and wasted ones: a tag says "nothing new" exactly as long as nothing new came, for every
//! answer that is made of data.

use health_export::model::key::Scope;
use serde_json::json;

use crate::support::{Answer, Client, InProcess, body};

const ADDRESSES: [&str; 10] = [
    "/api/v1/metrics",
    "/api/v1/data/step_count?limit=2",
    "/api/v1/data/step_count?format=csv",
    "/api/v1/aggregate/step_count?bucket=day",
    "/api/v1/aggregate/step_count?bucket=day&fill=0",
    "/api/v1/aggregate/step_count?bucket=auto&shape=columns",
    "/api/v1/today?date=2024-05-01",
    "/api/v1/export/samples?format=csv",
    "/api/v1/export/samples?format=ndjson",
    "/api/v1/export/samples?format=parquet",
];

fn store(client: &Client, hour: u32) {
    let date = format!("2024-05-01 {hour:02}:00:00 +0000");
    client.ingest(&body("step_count", "count", json!([{"date": date, "qty": hour, "source": "Watch"}]))).expect(200);
}

fn asked_again(client: &Client, address: &str, tag: &str) -> Answer {
    client.get_with(address, &[("if-none-match", tag)])
}

#[test]
fn an_answer_is_the_same_until_something_comes() {
    let server = InProcess::start();
    store(&server.client, 1);
    for (hour, address) in (2..).zip(ADDRESSES) {
        let first = server.client.get(address);
        let tag = first.header("etag").to_owned();
        assert!(first.status == 200 && tag.starts_with("W/\"") && tag.ends_with('"'), "{address}: {tag}");
        for known in [tag.clone(), format!("\"other\", {tag}"), "*".into(), tag.trim_start_matches("W/").into()] {
            let again = asked_again(&server.client, address, &known);
            assert_eq!((again.status, again.bytes.len(), again.header("etag")), (304, 0, &*tag), "{address}: {known}");
            assert_eq!(again.header("cache-control"), first.header("cache-control"));
            assert_eq!(again.header("vary"), first.header("vary"));
        }
        assert_eq!(asked_again(&server.client, address, "\"other\"").status, 200);
        store(&server.client, hour);
        let after = asked_again(&server.client, address, &tag);
        assert_eq!(after.status, 200, "{address} did not notice a delivery");
        assert_ne!(after.header("etag"), tag);
        assert_ne!(after.bytes, first.bytes, "{address}");
    }
}

#[test]
fn every_question_person_and_representation_has_a_tag_of_its_own() {
    let server = InProcess::start();
    let other = server.client.with_key(Some(&server.key("other", &[Scope::Ingest, Scope::Read, Scope::Export])));
    let mut tags = Vec::new();
    for client in [&server.client, &other] {
        store(client, 1);
        tags.extend(ADDRESSES.map(|address| client.get(address).header("etag").to_owned()));
        for more in ["tz=Asia/Kathmandu", "start=2024-01-01", "layer=hour", "source=Watch"] {
            for address in ["/api/v1/data/step_count", "/api/v1/aggregate/step_count", "/api/v1/export/samples"] {
                tags.push(client.get(&format!("{address}?{more}")).header("etag").to_owned());
            }
        }
    }
    let count = tags.len();
    tags.sort();
    tags.dedup();
    assert!(tags.iter().all(|tag| !tag.is_empty()));
    // A zone changes nothing in a download whose range holds no dates; it may have a tag of its own or not.
    assert!(tags.len() >= count - 2, "{} tags for {count} questions", tags.len());
}

#[test]
fn caches_keep_answers_to_their_key_and_for_as_long_as_is_right() {
    let server = InProcess::start();
    store(&server.client, 1);
    for address in ADDRESSES {
        let answer = server.client.get(address);
        let age = if address.contains("export") { "private, max-age=300" } else { "private, max-age=60" };
        assert_eq!(answer.header("cache-control"), age, "{address}");
        let vary = answer.headers.get_all("vary").iter().map(|value| value.to_str().unwrap().to_lowercase());
        let vary = vary.collect::<Vec<_>>().join(",");
        for header in ["authorization", "x-api-key", "api-key", "accept-encoding"] {
            assert!(vary.contains(header), "{address} varies by {vary}");
        }
        let tag = answer.header("etag");
        assert_eq!(asked_again(&server.client.with_key(None), address, tag).status, 401, "{address}");
    }
    for address in ["/health", "/health/live", "/health/ready", "/api/v1/deliveries"] {
        assert_eq!(server.client.get(address).header("cache-control"), "no-store", "{address}");
    }
}
