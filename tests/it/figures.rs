//! Holds off figures that nobody explains, that are never told, or that tell something else than what has happened.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use health_export::model::key::Scope;
use health_export::telemetry::table::{FIGURES, Kind};
use serde_json::json;

use crate::support::sources::read;
use crate::support::{Client, InProcess, RealServer, body};

/// The value on the line that begins so.
#[track_caller]
fn value(page: &str, line: &str) -> f64 {
    let rest = page.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
    rest.unwrap_or_else(|| panic!("{line} is missing from:\n{page}")).parse().unwrap()
}

fn page(client: &Client) -> String {
    client.get("/metrics").text()
}

/// Names and labels of the lines of a page, without what a histogram adds.
fn told(page: &str) -> BTreeSet<(String, BTreeSet<String>)> {
    let lines = page.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let (name, rest) = line.split_at(line.find(['{', ' ']).unwrap());
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
            let labels = rest.strip_prefix('{').and_then(|rest| rest.rsplit_once('}')).map_or("", |(labels, _)| labels);
            let names = labels.split("\",").filter_map(|label| Some(label.split_once('=')?.0.to_owned()));
            (family.to_owned(), names.filter(|name| name != "le").collect())
        })
        .collect()
}

fn steps(second: u32, quantity: &str) -> serde_json::Value {
    body("step_count", "count", json!([{"date": format!("2024-05-01 01:00:{second:02} +0000"), "qty": quantity}]))
}

/// Does a little of everything that is counted.
fn short_run(server: &RealServer, key: &str, data_dir: &Path) {
    let client = Client::new(&server.base, Some(key));
    let points: Vec<_> = (0..300)
        .map(|at| json!({"date": format!("2024-05-01 {:02}:{:02}:00 +0000", at / 60, at % 60), "qty": at}))
        .collect();
    let sent = body("step_count", "count", json!(points)).to_string();
    let zipped = zstd::encode_all(sent.as_bytes(), 1).unwrap();
    let headers = [("content-encoding", "zstd"), ("automation-name", "Hourly \"steps\""), ("automation-id", "A-1")];
    client.post("/api/v1/ingest", &headers, &zipped).expect(200);
    client.ingest(&steps(59, "not a number")).expect(200);
    client.post("/api/v1/ingest", &[], b"neither this nor that").problem(400);
    for _ in 0..2 {
        client.get_with("/api/v1/data/step_count?limit=300", &[("accept-encoding", "zstd")]);
    }
    client.get_with("/api/v1/export/samples?format=csv", &[("accept-encoding", "gzip")]);
    std::fs::create_dir_all(data_dir.join("backups")).unwrap();
    let yesterday = jiff::Timestamp::now() - Duration::from_secs(86_400);
    let name = format!("backups/health-{}.db", yesterday.strftime("%Y%m%dT%H%M%SZ"));
    std::fs::write(data_dir.join(name), "made up").unwrap();
}

/// Only what a full server must do to be told.
const RARE: [&str; 1] = ["health_export_busy_total"];

#[test]
fn every_figure_of_the_table_is_told_with_its_labels_and_no_other_is() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read,export");
    let server = RealServer::start(folder.path());
    short_run(&server, &key, folder.path());
    let page = page(&Client::new(&server.base, Some(&RealServer::create_key(folder.path(), "admin"))));
    let table: BTreeSet<(String, BTreeSet<String>)> = FIGURES
        .iter()
        .filter(|figure| !RARE.contains(&figure.name))
        .map(|figure| (figure.name.to_owned(), figure.labels.iter().map(|label| label.to_string()).collect()))
        .collect();
    assert_eq!(told(&page), table);
    for figure in FIGURES.iter().filter(|figure| !RARE.contains(&figure.name)) {
        let kind = format!("{:?}", figure.kind).to_lowercase();
        assert_eq!(page.matches(&format!("# TYPE {} {kind}\n", figure.name)).count(), 1, "{}", figure.name);
        assert_eq!(page.matches(&format!("# HELP {} {}\n", figure.name, figure.meaning)).count(), 1, "{}", figure.name);
    }
    figures_are_right(&page, folder.path());
}

/// What the short run must have left.
fn figures_are_right(page: &str, data_dir: &Path) {
    for (line, expected) in [
        (r#"health_export_deliveries_total{format="health-auto-export",outcome="whole"}"#, 1.0),
        (r#"health_export_deliveries_total{format="health-auto-export",outcome="partial"}"#, 1.0),
        (r#"health_export_deliveries_total{format="unknown",outcome="refused"}"#, 1.0),
        (r#"health_export_samples_total{outcome="stored"}"#, 300.0),
        (r#"health_export_samples_total{outcome="quarantined"}"#, 2.0),
        ("health_export_quarantine_items", 2.0),
        ("health_export_backups", 1.0),
        ("health_export_figure_faults_total", 0.0),
        ("health_export_concurrent_requests", 1.0),
    ] {
        assert_eq!(value(page, line), expected, "{line}");
    }
    let hourly = r#"{user="owner",automation="Hourly \"steps\""}"#;
    assert!(value(page, &format!("health_export_last_delivery_age_seconds{hourly}")) < 60.0);
    assert!((86_400.0..86_500.0).contains(&value(page, "health_export_backup_age_seconds")));
    let name = |name: &str| value(page, &format!("health_export_{name}"));
    let database = std::fs::metadata(data_dir.join("health.db")).unwrap().len();
    assert_eq!(name("database_bytes"), database as f64);
    assert!(name("wal_bytes") > 1000.0 && name("disk_free_bytes") < name("disk_size_bytes"));
    assert!(name("memory_usage_bytes") > 1e6 && name("memory_usage_bytes") < name("memory_limit_bytes"));
    assert!(name("cpu_usage_percent") > 0.0 && name("cpu_usage_percent") <= 100.0 * 1.05);
    assert!((0.3..1.0).contains(&name("compression_ratio")), "{}", name("compression_ratio"));
    let encodings = ["zstd", "gzip"].map(|encoding| {
        let bytes = |end: &str| name(&format!("compression_{end}_bytes_total{{encoding=\"{encoding}\"}}"));
        bytes("input") - bytes("output")
    });
    assert_eq!(name("compressed_bytes_saved"), encodings.iter().sum::<f64>());
    assert_eq!(name("compression_time_seconds_count"), 2.0, "one answer came from memory");
    let seconds = name("compression_time_seconds_sum");
    assert!(seconds > 0.0 && seconds < 1.0, "{seconds}");
    let inflated = |end: &str| name(&format!("decompression_{end}_bytes_total{{encoding=\"zstd\"}}"));
    assert!(inflated("output") > 5.0 * inflated("input"));
    quantiles_are_right(page);
}

fn quantiles_are_right(page: &str) {
    let of = |name: &str| value(page, &format!("health_export_response_time_{name}{{endpoint=\"/api/v1/ingest\"}}"));
    let (mean, p95, p99) = (of("mean_seconds"), of("p95_seconds"), of("p99_seconds"));
    assert_eq!(of("seconds_count"), 3.0);
    assert!((mean / (of("seconds_sum") / 3.0) - 1.0).abs() < 0.02, "{mean}");
    assert!(mean <= p95 && p95 <= p99 && p99 < 30.0, "{mean} {p95} {p99}");
}

#[test]
fn what_is_given_up_or_imported_is_no_automation_and_names_are_escaped() {
    let server = InProcess::start();
    let other = server.client.with_key(Some(&server.key("ben", &[Scope::Ingest])));
    let named = |client: &Client, name: &str, id: &str, at: u32| {
        let headers = [("automation-name", name), ("automation-id", id)];
        client.post("/api/v1/ingest", &headers, steps(at, "1").to_string().as_bytes()).expect(200);
    };
    named(&server.client, "Before", "A-1", 1);
    named(&server.client, "Old", "A-2", 2);
    let month_ago = jiff::Timestamp::now().as_millisecond() - 31 * 86_400_000;
    let sql = "UPDATE delivery SET received_at_ms = ?1 WHERE origin ->> 'automation_name' = 'Old'";
    let age = move |writing: &mut health_export::store::writer::Writing| {
        writing.connection.execute(sql, [month_ago]).map_err(health_export::error::Error::from)
    };
    assert_eq!(server.app.store.writer().run(age).unwrap(), 1);
    named(&server.client, "After", "A-1", 3);
    named(&other, "Line\\break", "", 4);
    server.client.ingest(&steps(5, "1")).expect(200);
    crate::support::jobs::import(&server.client, steps(6, "1").to_string().as_bytes());
    let page = page(&server.client.with_key(Some(&server.key("owner", &[Scope::Admin]))));
    let lines: Vec<&str> = page.lines().filter(|line| line.starts_with("health_export_last_delivery_age")).collect();
    let labels: Vec<&str> = lines.iter().map(|line| line.rsplit_once(' ').unwrap().0).collect();
    let expected = [
        r#"user="ben",automation="Line\\break""#,
        r#"user="owner",automation="""#,
        r#"user="owner",automation="After""#,
    ];
    assert_eq!(labels, expected.map(|labels| format!("health_export_last_delivery_age_seconds{{{labels}}}")));
}

#[test]
fn the_page_is_there_while_a_figure_cannot_be_taken() {
    let server = InProcess::start();
    std::fs::write(server.data_dir.path().join("backups"), "no folder").unwrap();
    let page = page(&server.client);
    assert!(value(&page, "health_export_figure_faults_total") >= 1.0);
    assert!(value(&page, "health_export_memory_usage_bytes") > 0.0);
}

#[test]
fn the_documentation_lists_every_figure_and_no_other() {
    let listed: BTreeSet<String> = names(&read("docs/monitoring.md"));
    let table: BTreeSet<String> = FIGURES.iter().map(|figure| figure.name.to_owned()).collect();
    assert_eq!(listed, table);
    assert_eq!(table.len(), FIGURES.len(), "a figure is in the table twice");
}

/// The figures that a text names.
pub fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    words.filter(|word| word.starts_with("health_export_")).map(family).collect()
}

/// The figure that a series is of: a histogram has three series.
fn family(series: &str) -> String {
    let histogram = |name: &&str| FIGURES.iter().any(|figure| figure.name == *name && figure.kind == Kind::Histogram);
    let ends = ["_bucket", "_sum", "_count"].iter().find_map(|end| series.strip_suffix(end));
    ends.filter(histogram).unwrap_or(series).to_owned()
}
