//! Bad input by the table: every address and every parameter it knows, with every value that none of that name takes; every
//! place of a body that holds a date or a number, with everything that is none; every way to present a key that is not
//! one. Each has its status, its kind of problem, and a sentence that names what is wrong, and `cases` counts them.

use health_export::model::key::Scope;
use serde_json::{Value, json};

use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, count};
use crate::support::problems::refusal;
use crate::support::{Client, InProcess, body};

/// Texts that are no time.
const NO_TIMES: [&str; 23] = [
    "soon",
    "now",
    "the day before",
    "0000-00-00",
    "2024-00-10",
    "2024-13-01",
    "2024-02-30",
    "2023-02-29",
    "2024-04-31",
    "2024-1",
    "24:00",
    "2024-02-06T24:01:00Z",
    "2024-02-06T12:60:00Z",
    "2024-02-06T12:00:61Z",
    "2024-02-06T12:00:00+99:00",
    "1e300",
    "-1e300",
    "NaN",
    "Infinity",
    "0x10",
    "' OR 1=1 --",
    "<script>",
    "%00",
];

/// Values that no parameter of that name takes, whatever the address.
const NO_VALUES: &[(&str, &[&str])] = &[
    ("start", &NO_TIMES),
    ("end", &NO_TIMES),
    ("tz", &["Mars/Olympus", "../../etc/passwd", "Europe", "UTC+99", "%00", "25:00", "' OR 1=1 --", "<script>"]),
    ("limit", &["0", "-1", "1.5", "many", "99999999999999999999", "1e3", "0x10", "NaN", "1,2", "' OR 1=1 --", "%00"]),
    ("cursor", &["!!!", "AAAA", "0", "null", "%00", "' OR 1=1 --", "..%2F..", "=", "eyJhIjoxfQ"]),
    ("order", &["up", "ASCENDING", "1", "asc,desc", "' OR 1=1 --"]),
    ("layer", &["decade", "Raw", "0", "raw,day", "' OR 1=1 --"]),
    ("units", &["si", "METRES", "1", "metric,imperial", "' OR 1=1 --"]),
    ("bucket", &["fortnight", "0m", "7m", "-1h", "1.5h", "99999999999h", "h", "' OR 1=1 --"]),
    ("stat", &["mode", "p00", "p100", "p-1", "sum;avg", "' OR 1=1 --"]),
    ("dedupe", &["all", "1", "' OR 1=1 --"]),
    ("fill", &["1", "zero", "nul", "' OR 1=1 --"]),
    ("max_points", &["0", "-1", "1.5", "10001", "many", "99999999999999999999", "1e3", "0x10", "' OR 1=1 --"]),
    ("shape", &["column", "Rows", "rows,columns", "1", "' OR 1=1 --"]),
    ("segments", &["maybe", "1", "no", "' OR 1=1 --"]),
    (
        "date",
        &["soon", "2024-02-30", "2024-2-6", "2024-02-06T00:00:00Z", "1707177600", "0000-01-01", "9999-01-01", "%00"],
    ),
    ("gaps", &["0", "-1", "many", "1.5", "99999999999999999999"]),
    ("all", &["maybe", "1", "yes"]),
    ("format", &["xml", "CSV2", "json;csv", "../csv", "' OR 1=1 --"]),
];

/// Dates that no sender means, as JSON.
fn no_dates() -> Vec<Value> {
    let texts = [
        "soon",
        "no",
        "2024-02-30 10:00:00 +0000",
        "2024-13-01 10:00:00 +0000",
        "2024-00-01 10:00:00 +0000",
        "2023-02-29 10:00:00 +0000",
        "2024-02-06 24:30:00 +0000",
        "2024-02-06 12:60:00 +0000",
        "2024-02-06 12:00:61 +0000",
        "2024-02-06 10:00:00 +9900",
        "2024-02-06 10:00:00 +0060",
        "2024-02-06 10:00:00 +",
        "2024-02-06 13:00:00 PM AM +0000",
        "06/02",
        "2024-02",
        "NaN",
        "Infinity",
        "-1e300",
        "1e300",
        "0x1F",
        "2024\u{0}-02-06",
        "💥",
        "' OR 1=1 --",
        "1799-01-01 00:00:00 +0000",
        "9999-12-31 23:59:59 +0000",
    ];
    let others = [
        json!({}),
        json!({"date": "2024-02-06"}),
        json!([]),
        json!([2024, 2, 6]),
        json!(true),
        json!(1e300),
        json!(-1e300),
    ];
    texts.map(Value::from).into_iter().chain(others).collect()
}

/// Numbers that are none, as JSON.
fn no_numbers() -> Vec<Value> {
    let texts = [
        "many",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "1,2,3",
        "0x10",
        "1.2.3",
        "--1",
        "1e",
        "e1",
        "12 13",
        "½",
        "💥",
        "' OR 1=1 --",
        "true",
        "null",
    ];
    let others = [json!({}), json!({"value": 1}), json!([]), json!([1]), json!(true)];
    texts.map(Value::from).into_iter().chain(others).collect()
}

/// Counts what was tried, and collects what was not answered as it should be.
#[derive(Default)]
struct Cases {
    tried: usize,
    wrong: Vec<String>,
}

impl Cases {
    fn check(&mut self, what: impl Into<String>, check: impl FnOnce() + std::panic::UnwindSafe) {
        self.tried += 1;
        if let Err(fault) = std::panic::catch_unwind(check) {
            let text = fault.downcast_ref::<String>().map_or("", String::as_str);
            self.wrong.push(format!("{}: {text}", what.into()));
        }
    }

    #[track_caller]
    fn end(self, least: usize) {
        println!("{} bad inputs tried", self.tried);
        assert!(self.wrong.is_empty(), "{} of {}:\n{}", self.wrong.len(), self.tried, self.wrong.join("\n"));
        assert!(self.tried >= least, "only {} tried", self.tried);
    }
}

/// A server with one sample of one metric, one workout and one night, and the delivery that they came in.
fn server() -> (InProcess, String) {
    let server = InProcess::start();
    let (start, end) = ("2024-02-06 14:30:00 +0000", "2024-02-06 15:30:00 +0000");
    let told = json!({"data": {
        "metrics": [
            {"name": "step_count", "units": "count", "data": [{"date": start, "qty": 7, "source": "Watch"}]},
            {"name": "sleep_analysis", "units": "hr", "data": [
                {"startDate": start, "endDate": end, "value": "Core", "qty": 1, "source": "Watch"}
            ]}
        ],
        "workouts": [{"id": "one", "name": "Running", "start": start, "end": end, "duration": 3600}]
    }});
    let receipt = server.client.ingest(&told).expect(200);
    (server, receipt["delivery"].as_str().unwrap().to_owned())
}

/// Every address that is read from, with its parameters by the description, and its places filled.
fn addresses(client: &Client, delivery: &str) -> Vec<(String, Vec<String>)> {
    let description = client.get("/openapi.json").expect(200);
    let paths = description["paths"].as_object().unwrap();
    let read = paths.iter().filter(|(path, ways)| path.starts_with("/api/v1/") && ways["get"].is_object());
    read.map(|(path, ways)| {
        let id = if path.contains("/deliveries/") { delivery } else { "1" };
        let filled = path.replace("{metric}", "step_count").replace("{kind}", "symptoms").replace("{id}", id);
        let parameters = ways["get"]["parameters"].as_array().cloned().unwrap_or_default();
        let names = parameters.iter().filter(|parameter| parameter["in"] == "query");
        (filled, names.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect())
    })
    .collect()
}

/// A question about one parameter, with the metric that some addresses ask for first.
fn asked(path: &str, query: &str) -> String {
    let needed =
        if path == "/api/v1/export/aggregate" && !query.starts_with("metric=") { "metric=step_count&" } else { "" };
    format!("{path}?{needed}{query}")
}

#[test]
fn every_parameter_of_every_address_refuses_what_it_does_not_take() {
    let (server, delivery) = server();
    let client = server.client.with_key(Some(&server.key("owner", &Scope::ALL)));
    let mut cases = Cases::default();
    let addresses = addresses(&server.client, &delivery);
    assert!(addresses.len() > 20, "only {} addresses are described", addresses.len());
    for (path, names) in &addresses {
        for name in names {
            let values = NO_VALUES.iter().find(|(known, _)| known == name).map_or(&[][..], |(_, values)| values);
            for value in values {
                let value = value.replace([' ', '<', '>', '\''], "%27").replace('+', "%2B");
                let question = asked(path, &format!("{name}={value}"));
                cases.check(
                    question.clone(),
                    std::panic::AssertUnwindSafe(|| {
                        let detail = refusal(&server, &client.get(&question), 400, "bad-request");
                        assert!(detail.starts_with(&format!("{name}: ")), "{detail}");
                    }),
                );
            }
        }
        for (query, says) in [("qqq=1", "qqq: "), ("%00=1", ": "), ("start%20=1", ": "), ("tzz=UTC", "tzz: ")] {
            let question = asked(path, query);
            cases.check(
                question.clone(),
                std::panic::AssertUnwindSafe(|| {
                    let detail = refusal(&server, &client.get(&question), 400, "bad-request");
                    assert!(detail.contains(says), "{detail}");
                }),
            );
        }
    }
    assert_sound(&server.app);
    cases.end(1000);
}

/// Posts a body that has one good item and one bad one, whose reason must have one of these in it.
#[track_caller]
fn costs_one(server: &InProcess, path: &str, sent: &Value, reasons: &[&str]) {
    let receipt = server.client.post(path, &[], sent.to_string().as_bytes()).expect(200);
    assert_balanced(&receipt);
    assert_eq!(count(&receipt, "quarantined"), 1, "{receipt}");
    let reason = receipt["problems"][0]["reason"].as_str().unwrap();
    assert!(reasons.iter().any(|wanted| reason.contains(wanted)), "{reason}");
}

#[test]
fn a_date_that_is_none_costs_its_item_wherever_it_stands() {
    let (server, _) = server();
    let mut cases = Cases::default();
    let good = "2024-02-06 14:30:00 +0000";
    for bad in no_dates() {
        let metric = body("step_count", "count", json!([{"date": good, "qty": 7}, {"date": bad, "qty": 8}]));
        let one = json!({"data": {"workouts": [{"id": "two", "name": "Running", "start": bad, "end": good, "duration": 60}]}});
        let other = json!({"data": {"workouts": [{"id": "two", "name": "Running", "start": good, "end": bad, "duration": 60}]}});
        let symptom =
            json!({"data": {"symptoms": [{"start": bad, "end": bad, "name": "Headache", "severity": "Mild"}]}});
        let segment =
            body("sleep_analysis", "hr", json!([{"startDate": bad, "endDate": good, "value": "Core", "qty": 1}]));
        let shortcut = json!([{"type": "steps", "value": 7, "date": good}, {"type": "steps", "value": 8, "date": bad}]);
        for (place, sent) in [
            ("a point", metric),
            ("a workout's start", one),
            ("a workout's end", other),
            ("a symptom", symptom),
            ("a segment of sleep", segment),
            ("a Shortcut's item", shortcut),
        ] {
            cases.check(
                format!("{bad} in {place}"),
                std::panic::AssertUnwindSafe(|| {
                    costs_one(&server, "/api/v1/ingest", &sent, &["date", "start", "end", "time"]);
                }),
            );
        }
    }
    assert_sound(&server.app);
    cases.end(180);
}

#[test]
fn a_number_that_is_none_costs_its_item_wherever_it_stands() {
    let (server, _) = server();
    let mut cases = Cases::default();
    let good = "2024-02-06 14:30:00 +0000";
    for bad in no_numbers() {
        let metric = body("step_count", "count", json!([{"date": good, "qty": 7}, {"date": good, "qty": bad}]));
        let range = body("heart_rate", "count/min", json!([{"date": good, "Min": bad, "Avg": bad, "Max": bad}]));
        let shortcut =
            json!([{"type": "steps", "value": 7, "date": good}, {"type": "steps", "value": bad, "date": good}]);
        // In a Shortcut's item, a list or an object is many values.
        let several = bad.is_array() || bad.is_object();
        let places = [("a point", metric), ("a heart rate", range), ("a Shortcut's item", shortcut)];
        for (place, sent) in places.into_iter().take(if several { 2 } else { 3 }) {
            cases.check(
                format!("{bad} in {place}"),
                std::panic::AssertUnwindSafe(|| {
                    costs_one(&server, "/api/v1/ingest", &sent, &["number", "value", "ways", "unit"]);
                }),
            );
        }
    }
    assert_sound(&server.app);
    cases.end(55);
}

#[test]
fn a_key_that_is_none_opens_nothing_however_it_is_sent() {
    let (server, _) = server();
    let nobody = server.client.with_key(None);
    let mut cases = Cases::default();
    // Few, for whoever keeps guessing is held up.
    let keys = ["", "' OR 1=1 --", "he_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"];
    for key in keys {
        let ways = [
            ("authorization", format!("Bearer {key}")),
            ("authorization", format!("Basic {key}")),
            ("authorization", key.to_owned()),
            ("x-api-key", key.to_owned()),
            ("api-key", key.to_owned()),
        ];
        for (header, value) in ways {
            cases.check(
                format!("{header}: {value}"),
                std::panic::AssertUnwindSafe(|| {
                    refusal(&server, &nobody.get_with("/api/v1/metrics", &[(header, &value)]), 401, "unauthorized");
                }),
            );
        }
    }
    cases.end(15);
}
