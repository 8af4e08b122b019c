//! The door that Shortcuts come in by: keys in the address, the address's other parameters, the sentence that comes back,
//! and bodies that are nobody's.

use std::io::Read;

use health_export::model::key::Scope;
use health_export::store::keys;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::counts::{assert_balanced, count};
use crate::support::problems::refusal;
use crate::support::{Client, InProcess, RealServer, command};

const DAY: &[u8] = br#"{"date":"2026-09-15","steps":8412}"#;

#[test]
fn a_key_in_the_address_opens_ingest_only() {
    let server = InProcess::start();
    let bare = server.client.with_key(None);
    let (ingest, read) = (server.key("owner", &[Scope::Ingest]), server.key("owner", &[Scope::Read]));
    let receipt = bare.post(&format!("/api/v1/ingest?token={ingest}"), &[], DAY).expect(200);
    assert_eq!(count(&receipt, "stored"), 1);
    bare.post(&format!("/api/data?token={ingest}"), &[], DAY).expect(200);
    bare.post(&format!("/api/v1/ingest?token={read}"), &[], DAY).problem(403);
    bare.post("/api/v1/ingest?token=he_wrong", &[], DAY).problem(401);
    bare.get(&format!("/api/v1/metrics?token={read}")).problem(401);
    // It is not kept with what is kept of the address.
    let delivery = receipt["delivery"].as_str().unwrap();
    let kept = server.client.get(&format!("/api/v1/deliveries/{delivery}")).text();
    assert!(!kept.contains(&ingest) && !kept.contains("token"), "{kept}");
}

#[test]
fn the_log_holds_nothing_of_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest");
    let mut process = std::process::Command::new(env!("CARGO_BIN_EXE_health-export"));
    process.arg("--data-dir").arg(folder.path());
    process.args(["--log", "debug", "serve", "--listen", "127.0.0.1:0", "--home-zone", "UTC"]);
    let mut process =
        process.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let mut stderr = process.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stderr.read_to_string(&mut log).unwrap();
        log
    });
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(process.stdout.take().unwrap()), &mut line).unwrap();
    let client = Client::new(line.split_whitespace().last().unwrap(), None);
    client.post(&format!("/api/v1/ingest?token={key}&weight=72.5&date=2026-09-15"), &[], b"").expect(200);
    client.post(&format!("/api/v1/ingest?token={key}x"), &[], DAY).problem(401);
    process.kill().unwrap();
    process.wait().unwrap();
    let log = log.join().unwrap();
    assert!(log.contains("/api/v1/ingest"), "the log names the path: {log}");
    assert!(!log.contains(&key[..12]) && !log.contains("72.5"), "{log}");
}

#[test]
fn a_parameter_that_is_no_metric_is_refused() {
    let server = InProcess::start();
    let post = |query: &str| server.client.post(&format!("/api/v1/ingest?{query}"), &[], DAY);
    for (query, says) in [
        ("stpes=8412", "there is no such parameter"),
        ("loacle=de", "did you mean locale?"),
        ("locale=klingon", "locale: "),
        ("tz=Nowhere", "tz: "),
        ("format=xml", "shortcuts"),
    ] {
        let detail = refusal(&server, &post(query), 400, "bad-request");
        assert!(detail.contains(says), "{query}: {detail}");
    }
    assert_eq!(server.client.get("/api/v1/deliveries").expect(200)["deliveries"], json!([]));
}

#[test]
fn the_answer_is_a_sentence_when_text_is_wanted() {
    let server = InProcess::start();
    let accept = [("accept", "text/plain")];
    let body = br#"{"date":"2026-09-15","steps":8412,"weight":"heavy"}"#;
    let answer = server.client.post("/api/v1/ingest", &accept, body);
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").starts_with("text/plain"));
    let expected = "Stored 1 new value (step_count); 1 could not be read: \"heavy\" is not a number ($.weight).";
    assert_eq!(answer.text(), expected);
    let receipt =
        server.client.post("/api/v1/ingest", &[("accept", "application/json, text/plain, */*")], DAY).expect(200);
    assert_eq!(receipt["summary"], "1 was already known.");
    let kept = server.client.get(&format!("/api/v1/deliveries/{}", receipt["delivery"].as_str().unwrap())).expect(200);
    assert_eq!(kept["summary"], receipt["summary"]);
    assert_eq!(kept["format"], "shortcuts");
}

#[test]
fn a_keys_locale_decides_where_nothing_else_does() {
    let server = InProcess::start();
    let secret = server.key("owner", &[Scope::Ingest, Scope::Read]);
    let hash = health_export::model::key::hash(&secret);
    let id = keys::find(&server.app.store.reader().unwrap(), &hash).unwrap().unwrap().principal.key().unwrap();
    server.app.store.writer().run(move |writing| keys::set_locale(writing.connection, id, "de")).unwrap();
    let client = server.client.with_key(Some(&secret));
    let body = |date: &str| json!([{"type": "active_energy", "value": "1.234", "date": date}]);
    client.ingest(&body("2026-09-13")).expect(200);
    client.post("/api/v1/ingest?locale=en", &[], body("2026-09-14").to_string().as_bytes()).expect(200);
    // Nobody has said how that is meant.
    assert_eq!(server.client.ingest(&body("2026-09-15")).expect(200)["quarantined"], 1);
    let page = client.get("/api/v1/data/active_energy").expect(200);
    let values: Vec<&Value> = page["samples"].as_array().unwrap().iter().map(|sample| &sample["value"]).collect();
    assert_eq!(values, [1234.0, 1.234]);
}

#[test]
fn the_command_line_makes_a_key_with_a_locale() {
    let folder = tempfile::tempdir().unwrap();
    let make = |locale: &str| {
        let arguments = ["key", "create", "--name", "phone", "--scope", "ingest", "--locale", locale];
        command(folder.path()).args(arguments).output().unwrap()
    };
    assert!(make("de_AT").status.success());
    let refused = make("klingon");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--locale"));
}

#[test]
fn the_app_and_a_shortcut_come_in_by_the_same_door() {
    let server = InProcess::start();
    let app = r#"{"data":{"metrics":[{"units":"count","data":[{"qty":7,"date":"2024-02-06 14:30:00 +0000"}],"name":"step_count"}]}}"#;
    for (body, format) in [(app.as_bytes(), "health-auto-export"), (DAY, "shortcuts")] {
        let receipt = server.client.post("/api/v1/ingest", &[], body).expect(200);
        assert_eq!(count(&receipt, "stored"), 1);
        let delivery = format!("/api/v1/deliveries/{}", receipt["delivery"].as_str().unwrap());
        assert_eq!(server.client.get(&delivery).expect(200)["format"], format);
        server.client.post(&format!("/api/v1/ingest?format={format}"), &[], body).expect(200);
    }
    server.client.post("/api/v1/ingest?format=health-auto-export", &[], DAY).problem(400);
}

/// Bodies made to break a parser.
fn nasty() -> Vec<Vec<u8>> {
    let deep = |depth: usize| "{\"a\":".repeat(depth) + "1" + &"}".repeat(depth);
    let mut bodies: Vec<Vec<u8>> = [
        "\u{feff}\u{200f}\u{202e}steps: ٨٤١٢",
        "steps\t\t\t\t\t",
        "=====",
        "a=&b=&=c",
        "steps=%FF%00",
        "{\"steps\":\"\\ud800\"}",
        "{\"\":\"\",\"steps\":{\"\":[[[]]]}}",
        "[[],[[]],{}]",
        "\"“„\"",
        ",,,,;;;;\t\t",
        "steps,\"",
        "steps,\"\"\"\"\"",
        "--\r\n\r\n",
        "--x\r\nContent-Disposition: form-data; name=steps\r\n\r\n",
        "steps: 1e999\nsteps: -0\nsteps: ++1\nsteps: 1e-999",
        "{\"date\":\"9999-99-99\",\"steps\":1e300,\"hr\":-1e300}",
        "{\"date\":99999999999999999999,\"steps\":1}",
        "{\"period\":\"yesterday\",\"date\":[],\"steps\":[null,true,{}]}",
        "{\"workouts\":[[],{},1,{\"type\":\"\",\"start\":{}},{\"type\":\"Run\",\"start\":0,\"duration\":\"::\"}]}",
        "{\"sleep\":[{\"stage\":7},{\"stage\":\"Core\",\"start\":\"2026-09-15\",\"end\":\"2026-09-14\"}]}",
        "İ: 5\nẞ = 6\n\u{301}\u{301}: 7",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    bodies.push(deep(120).into_bytes());
    bodies.push(deep(100_000).into_bytes());
    bodies.push("[".repeat(1_000_000).into_bytes());
    bodies.push("steps,".repeat(200_000).into_bytes());
    bodies.push("\n1".repeat(300_000).into_bytes());
    bodies.push(b"steps: \xff\xfe".to_vec());
    bodies
}

#[test]
fn the_nastiest_bodies_get_an_answer_and_counts_that_add_up() {
    let server = InProcess::start();
    for body in nasty() {
        for query in ["", "?type=steps&unit=count", "?format=shortcuts&locale=de"] {
            let answer = server.client.post(&format!("/api/v1/ingest{query}"), &[], &body);
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
            match answer.status {
                200 => assert_balanced(&answer.json()),
                400 => drop(answer.problem(400)),
                other => panic!("{other} for {shown:?}: {}", answer.text()),
            }
        }
    }
    server.client.get("/health").expect(200);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// The decoder and the validation together, on text with the words that lead deep into both.
    #[test]
    fn no_text_panics(
        parts in prop::collection::vec(
            prop_oneof![
                Just("steps"), Just("weight"), Just("\"date\""), Just("2026-09-15"), Just("\n"), Just("\t"), Just(","),
                Just("{"), Just("}"), Just("["), Just("]"), Just(":"), Just("\""), Just("8,412"), Just("sleep"), Just("Core"),
                Just("workouts"), Just("value"), Just("=" ), Just("&"), Just("“"), Just("٨"), Just("é"), Just(" "),
            ],
            0..40,
        ),
        hinted: bool,
    ) {
        let text = parts.concat();
        let query = if hinted { vec![("type".to_owned(), "steps".to_owned())] } else { Vec::new() };
        let hints = health_export::decode::shortcuts::Hints { content_type: "", query: &query, insisted: true };
        let home = jiff::tz::TimeZone::UTC;
        let stored_unit = |_: &str| None;
        let context = health_export::validate::Context {
            aggregation: health_export::validate::Aggregation::Unstated,
            home: &home,
            stored_unit: &stored_unit,
        };
        let _ = health_export::decode::shortcuts::with_document(text.as_bytes(), hints, |document| {
            health_export::validate::shortcuts::batch(&document, &context, 1_789_000_000)
        });
    }
}
