//! Holds off one person learning of another, or being changed by them: what one sends changes no byte of what another is answered,
//! at any address, and a second person's answers are the same with and without the first.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use health_export::model::key::Scope;
use serde_json::{Value, json};

use crate::support::apple::{fixture_zip, xml};
use crate::support::check::assert_sound;
use crate::support::jobs::import;
use crate::support::{Client, InProcess, body};

/// Answers that are of the whole server, or of the moment.
const OF_THE_SERVER: [&str; 5] = ["/api/v1/addresses", "/api/v1/qr", "/api/v1/settings", "/api/v1/session", "/metrics"];

fn of(server: &InProcess, person: &str) -> Client {
    server.client.with_key(Some(&server.key(person, &Scope::ALL)))
}

fn step(source: &str, hardware: &str, minute: i64, value: i64) -> String {
    let at = |minute: i64| {
        jiff::Timestamp::from_second(1_714_550_400 + minute * 60)
            .unwrap()
            .strftime("%Y-%m-%d %H:%M:%S +0000")
            .to_string()
    };
    format!(
        "<Record type=\"HKQuantityTypeIdentifierStepCount\" sourceName=\"{source}\" unit=\"count\" device=\"&lt;&lt;HKDevice: 0x1&gt;, name:x, \
         manufacturer:Apple Inc., model:x, hardware:{hardware}, software:1&gt;\" startDate=\"{}\" endDate=\"{}\" value=\"{value}\"/>",
        at(minute),
        at(minute + 10)
    )
}

fn private_thing(unit: &str, value: f64) -> Value {
    body("PrivateThing", unit, json!([{"date": "2024-05-01 09:00:00 +0000", "qty": value, "source": "Alpha"}]))
}

/// What Ben has: every kind of thing.
fn bens(ben: &Client) {
    import(ben, &fixture_zip());
    let steps = [step("Alpha", "iPhone14,2", 0, 600), step("Beta", "Watch6,4", 0, 400)];
    import(ben, xml(&steps.concat()).as_bytes());
    ben.ingest(&private_thing("kg", 70.0)).expect(200);
    ben.ingest(&body(
        "step_count",
        "count",
        json!([{"date": "no date", "qty": 1}, {"date": "2024-05-02 09:00:00 +0000", "qty": 7, "source": "Alpha"}]),
    ))
    .expect(200);
    ben.post("/api/v1/ingest", &[], b"\xff\x00\xfenothing that anybody writes").problem(400);
    let deleted = json!({"range": {"metric": "step_count", "start": "2024-05-02", "end": "2024-05-03"}});
    ben.post("/api/v1/deletions", &[("content-type", "application/json")], deleted.to_string().as_bytes()).expect(201);
}

/// The same names with everything else about them different, and much of it.
fn the_owners(owner: &Client, at: i64) {
    let steps = [
        step("Alpha", "Watch6,4", 5_000 + at, 1),
        step("Beta", "iPhone14,2", 5_000 + at, 1),
        step("Gamma", "Watch7,1", 0, 9),
    ];
    import(owner, xml(&steps.concat()).as_bytes());
    import(owner, &fixture_zip());
    owner.ingest(&private_thing("zorb", 1.0)).expect(200);
    owner.ingest(&private_thing("g", 2.0)).expect(200);
    let many = (0..20).map(
        |number| json!({"date": format!("2024-03-{:02} 09:00:00 +0000", number + 1), "qty": number, "source": "Alpha"}),
    );
    owner.ingest(&body("OnlyTheOwners", "s", many.collect())).expect(200);
    owner.ingest(&body("heart_rate", "count/min", json!([{"date": "no date", "qty": 1}]))).expect(200);
    owner.post("/api/v1/ingest", &[], b"\xff\x00\xfeneither is this").problem(400);
    for (source, kind) in [("Alpha", "watch"), ("Gamma", "watch")] {
        let deleted = json!({"source": {"name": source}});
        let answer =
            owner.post("/api/v1/deletions", &[("content-type", "application/json")], deleted.to_string().as_bytes());
        // The second time it is deleted already.
        assert!(answer.status == 201 || at > 0, "{kind}: {}", answer.text());
    }
    owner
        .request(
            "PUT",
            "/api/v1/sources",
            &[("content-type", "application/json")],
            json!({"order": ["Beta"]}).to_string().as_bytes(),
        )
        .unwrap();
}

/// Every address that a person can ask, with what is in its places.
fn addresses(ben: &Client) -> BTreeSet<String> {
    let description = ben.get("/openapi.json").expect(200);
    let listed = |path: &str, list: &str, field: &str| -> Vec<String> {
        let found = ben.get(path).expect(200);
        let each = found[list].as_array().unwrap_or_else(|| panic!("{path}: {found}")).iter();
        each.filter_map(|one| one[field].as_str().map(str::to_owned).or(one[field].as_i64().map(|id| id.to_string())))
            .collect()
    };
    let metrics = listed("/api/v1/metrics", "metrics", "name");
    let workouts = listed("/api/v1/workouts", "workouts", "id");
    let documents = listed("/api/v1/documents", "documents", "id");
    let deliveries = listed("/api/v1/deliveries", "deliveries", "delivery");
    let jobs = listed("/api/v1/jobs", "jobs", "job");
    assert!([&metrics, &workouts, &documents, &deliveries, &jobs].iter().all(|found| !found.is_empty()), "{metrics:?}");
    let mut found = BTreeSet::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        let is_asked =
            methods.get("get").is_some() && path.starts_with("/api/v1/") && !OF_THE_SERVER.contains(&path.as_str());
        if !is_asked
            || ["backups", "keys", "people", "storage", "requests", "sessions"].iter().any(|name| path.ends_with(name))
        {
            continue;
        }
        let places: Vec<String> = match path.as_str() {
            path if path.contains("{metric}") => {
                metrics.iter().map(|metric| path.replace("{metric}", metric)).collect()
            }
            path if path.contains("workouts/{id}") => workouts.iter().map(|id| path.replace("{id}", id)).collect(),
            path if path.contains("documents/{id}") => documents.iter().map(|id| path.replace("{id}", id)).collect(),
            path if path.contains("deliveries/{id}") => deliveries.iter().map(|id| path.replace("{id}", id)).collect(),
            path if path.contains("jobs/{id}") => jobs.iter().map(|id| path.replace("{id}", id)).collect(),
            path if path.contains("{kind}") => ["ecg", "symptoms", "state_of_mind", "heart_notifications"]
                .map(|kind| path.replace("{kind}", kind).replace("/{id}", ""))
                .to_vec(),
            path => vec![path.to_owned()],
        };
        for place in places {
            match place.as_str() {
                path if path.contains("/export/aggregate") => {
                    found.insert(format!("{path}?metric=step_count&bucket=hour&format=csv"));
                }
                path if path.contains("/export/") => {
                    found.insert(format!("{path}?format=csv"));
                    found.insert(format!("{path}?format=ndjson"));
                }
                path if path.contains("/aggregate/") => {
                    for bucket in ["hour", "day", "month"] {
                        found.insert(format!("{path}?bucket={bucket}&stat=sum,avg,count"));
                    }
                }
                path if path.contains("/explain/") => {
                    found.insert(format!("{path}?date=2024-05-01"));
                }
                path => {
                    found.insert(path.to_owned());
                    let is_list = ["deliveries", "jobs", "quarantine", "documents", "deletions", "workouts"]
                        .iter()
                        .any(|list| path.ends_with(list));
                    if is_list || path.contains("/data/") {
                        found.insert(format!("{path}?limit=1"));
                    }
                }
            }
        }
    }
    found
}

/// Without the moment that an answer is of.
fn without_moment(text: &str) -> String {
    const OF: &str = "\"as_of\":\"";
    match text.split_once(OF).and_then(|(before, after)| Some((before, after.split_once('"')?.1))) {
        Some((before, after)) => format!("{before}{OF}\"{after}"),
        None => text.to_owned(),
    }
}

/// Status, tag and body of each.
fn answers(ben: &Client, addresses: &BTreeSet<String>) -> BTreeMap<String, (u16, String, String)> {
    let one = |address: &String| {
        let answer = ben.get(address);
        let text = without_moment(&String::from_utf8_lossy(&answer.bytes));
        (address.clone(), (answer.status, answer.header("etag").to_owned(), text))
    };
    addresses.iter().map(one).collect()
}

#[test]
fn what_one_person_sends_changes_no_byte_of_another_s_answers() {
    let server = InProcess::start();
    let (owner, ben) = (of(&server, "owner"), of(&server, "ben"));
    bens(&ben);
    let addresses = addresses(&ben);
    let before = answers(&ben, &addresses);
    let steps = &before["/api/v1/aggregate/step_count?bucket=day&stat=sum,avg,count"].2;
    assert!(steps.contains("400"), "the watch is believed: {steps}");
    the_owners(&owner, 0);
    let same = |wanted: &BTreeMap<String, (u16, String, String)>| {
        for (address, found) in answers(&ben, &addresses) {
            assert_eq!(found, wanted[&address], "{address}");
        }
    };
    same(&before);
    // Nor is anything of it seen once Ben's own data has moved on and nothing is answered from memory.
    let water = |at: i64| {
        let point = json!([{"date": format!("2024-05-01 {at:02}:00:00 +0000"), "qty": 100, "source": "Alpha"}]);
        body("dietary_water", "mL", point)
    };
    ben.ingest(&water(10)).expect(200);
    let moved_on = answers(&ben, &addresses);
    for source in [
        "\"Alpha\",\"kind\":\"phone\",\"device\":\"iPhone14,2\"",
        "\"Beta\",\"kind\":\"watch\",\"device\":\"Watch6,4\"",
    ] {
        assert!(moved_on["/api/v1/sources"].2.contains(source), "{source}: {}", moved_on["/api/v1/sources"].2);
    }
    let total = |answers: &BTreeMap<String, (u16, String, String)>, bucket: &str| {
        let text = &answers[&format!("/api/v1/aggregate/step_count?bucket={bucket}&stat=sum,avg,count")].2;
        let answer: Value = serde_json::from_str(text).unwrap();
        answer["points"]
            .as_array()
            .unwrap()
            .iter()
            .map(|bucket| bucket["sum"].as_f64().unwrap_or_default())
            .sum::<f64>()
    };
    for bucket in ["hour", "day", "month"] {
        assert_eq!(total(&moved_on, bucket), total(&before, bucket), "{bucket}");
    }
    the_owners(&owner, 100);
    same(&moved_on);
    // The unit of a metric that no catalogue has is a person's own, and a reason says nothing of another's.
    let sent = owner.ingest(&private_thing("m", 3.0)).text();
    assert!(!sent.contains("kg"), "{sent}");
    let unit = |client: &Client| client.get("/api/v1/data/PrivateThing").expect(200)["unit"].clone();
    assert_eq!(unit(&ben), "kg");
    assert_sound(&server.app);
}

/// Ids that are made up of time and chance, and the time of today, in the order in which they come.
fn masked(text: &str, known: &mut BTreeMap<String, usize>) -> String {
    let words: Vec<&str> =
        text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric() && !"-_:.+".contains(letter)).collect();
    let today = jiff::Timestamp::now().to_string()[..4].to_owned();
    let mut masked = String::new();
    for word in words {
        let bare = word.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
        let behind = &word[bare.len()..];
        let opened = URL_SAFE_NO_PAD.decode(bare).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let inner = opened.filter(|inner| bare.len() > 40 && inner.is_ascii());
        let whole = inner.as_deref().unwrap_or(bare);
        // Of a cursor, the place behind the id.
        let (bare, place) = whole.split_once(',').unwrap_or((whole, ""));
        if uuid::Uuid::parse_str(bare).is_ok() {
            let next = known.len();
            masked += &format!("<{}>{place}", known.entry(bare.to_owned()).or_insert(next));
        } else if bare.starts_with(&format!("{today}-")) && bare.contains('T') {
            masked += "<now>";
        } else {
            masked += whole;
        }
        masked += behind;
    }
    masked
}

#[test]
fn a_person_s_answers_are_the_same_with_and_without_others() {
    let told = |with_others: bool| {
        let server = InProcess::start();
        let (owner, ben) = (of(&server, "owner"), of(&server, "ben"));
        if with_others {
            the_owners(&owner, 0);
        }
        bens(&ben);
        if with_others {
            the_owners(&owner, 100);
        }
        let mut known = BTreeMap::new();
        let answers = answers(&ben, &addresses(&ben));
        let mask = |(address, (status, _, text)): (String, (u16, String, String))| {
            let address = masked(&address, &mut known);
            (address, (status, masked(&text, &mut known)))
        };
        answers.into_iter().map(mask).collect::<BTreeMap<String, (u16, String)>>()
    };
    let (alone, beside) = (told(false), told(true));
    assert_eq!(alone.keys().collect::<Vec<_>>(), beside.keys().collect::<Vec<_>>());
    for (address, answer) in &alone {
        assert_eq!(answer, &beside[address], "{address}");
    }
}
