//! Holds off downloads that differ from the answers, or from format to format, and a folder that is less than everything.

use std::collections::BTreeMap;

use duckdb::Connection;
use health_export::model::document::Document;
use health_export::model::event::{Event, EventSeries};
use health_export::model::sample::Batch;
use health_export::model::sender::Sender;
use health_export::model::sleep::Stage;
use health_export::model::workout::{Figure, RoutePoint, SeriesPoint, WorkoutSeries};
use serde_json::Value;

use crate::support::fill::{at, deliver_items, event, events, sleep, workout, workouts};
use crate::support::{Answer, InProcess, body, command};

/// Of each kind, the columns as CSV names them and as DuckDB sees them in Parquet.
const KINDS: [(&str, &str, &str); 5] = [
    (
        "workouts",
        "id,type,name,start,end,duration_seconds,active_energy,distance,heart_rate_avg,heart_rate_min,heart_rate_max,\
         elevation_ascended,location,source,offset_minutes,figures,metadata",
        "VARCHAR,VARCHAR,VARCHAR,TIMESTAMP WITH TIME ZONE,TIMESTAMP WITH TIME ZONE,DOUBLE,DOUBLE,DOUBLE,DOUBLE,DOUBLE,\
         DOUBLE,DOUBLE,VARCHAR,VARCHAR,INTEGER,VARCHAR,VARCHAR",
    ),
    (
        "routes",
        "workout,type,time,latitude,longitude,altitude,speed,course,horizontal_accuracy,vertical_accuracy",
        "VARCHAR,VARCHAR,TIMESTAMP WITH TIME ZONE,DOUBLE,DOUBLE,DOUBLE,DOUBLE,DOUBLE,DOUBLE,DOUBLE",
    ),
    (
        "sleep",
        "date,start,end,asleep_minutes,in_bed_minutes,core_minutes,deep_minutes,rem_minutes,awake_minutes,\
         unspecified_minutes,source,summary",
        "DATE,TIMESTAMP WITH TIME ZONE,TIMESTAMP WITH TIME ZONE,DOUBLE,DOUBLE,DOUBLE,DOUBLE,DOUBLE,DOUBLE,DOUBLE,VARCHAR,\
         VARCHAR",
    ),
    (
        "events",
        "kind,code,name,start,end,value,value_sent,source,offset_minutes,details,series",
        "VARCHAR,VARCHAR,VARCHAR,TIMESTAMP WITH TIME ZONE,TIMESTAMP WITH TIME ZONE,VARCHAR,VARCHAR,VARCHAR,INTEGER,VARCHAR,\
         VARCHAR",
    ),
    (
        "aggregate",
        "metric,unit,bucket,layer,start,local_start,count,sum,avg,min,max",
        "VARCHAR,VARCHAR,VARCHAR,VARCHAR,TIMESTAMP WITH TIME ZONE,VARCHAR,BIGINT,DOUBLE,DOUBLE,DOUBLE,DOUBLE",
    ),
];

/// More than one vector of DuckDB's, and more than one page of ours.
const POINTS: i64 = 5_000;

fn filled() -> InProcess {
    let server = InProcess::start();
    let mut run = workout(Sender::AppleExport, "2024-05-01T10:00:00Z");
    run.account.name = "Run, \"fast\"\nand far".into();
    run.account.offset_minutes = 120;
    run.account.figures =
        BTreeMap::from([("distance".into(), Figure { unit: "km".into(), value: Some(5.25), ..Figure::default() })]);
    run.route = (0..POINTS)
        .map(|n| RoutePoint {
            at: run.start + n,
            latitude: n as f64 / 100.0,
            longitude: -0.5,
            altitude: (n % 2 == 0).then_some(n as f64),
            ..RoutePoint::default()
        })
        .collect();
    let point = SeriesPoint { at: run.start, value: Some(150.0), ..SeriesPoint::default() };
    run.series = vec![WorkoutSeries { name: "heart_rate".into(), unit: "count/min".into(), points: vec![point] }];
    workouts(&server.app, vec![run, workout(Sender::AutoExport, "2024-05-02T10:00:00Z")]);
    sleep(&server.app, "Watch", &[(Stage::Core, "2024-05-01T22:00:00Z", "2024-05-02T05:00:00Z")]);
    let told = (0..120).map(|n| {
        let start = jiff::Timestamp::from_second(at("2024-05-01T00:00:00Z") + n * 60).unwrap().to_string();
        event(Sender::AutoExport, "symptoms", "headache", &start)
    });
    let voltages = EventSeries { unit: "uV".into(), frequency: Some(512.0), values: vec![1.0, 2.5], at: Vec::new() };
    let ecg = Event { series: Some(voltages), ..event(Sender::AppleExport, "ecg", "ecg", "2024-05-01T00:00:00Z") };
    events(&server.app, told.chain([ecg]).collect());
    let documents = vec![Document {
        item: 0,
        kind: "clinical",
        name: "clinical-records/../Note 1.json".into(),
        media_type: "application/json",
        body: b"{}".to_vec(),
    }];
    deliver_items(&server.app, "documents", Batch { documents, ..Batch::default() });
    let steps = serde_json::json!([
        {"date": "2024-05-01 10:00:00 +0000", "qty": 100, "source": "Watch"},
        {"date": "2024-05-02 10:00:00 +0000", "qty": 250, "source": "Watch"},
    ]);
    server.client.ingest(&body("step_count", "count", steps)).expect(200);
    server
}

fn address(kind: &str, format: &str) -> String {
    let more = if kind == "aggregate" { "&metric=step_count" } else { "" };
    format!("/api/v1/export/{kind}?format={format}{more}")
}

type Row = Vec<String>;

/// Texts as they are, numbers as one way of writing them.
fn plain(text: &str) -> String {
    text.parse::<f64>().map_or(text.to_owned(), |number| format!("{number:?}"))
}

fn csv_rows(text: &str) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(plain).collect()).collect()
}

fn ndjson_rows(text: &str, columns: &str) -> Vec<Row> {
    let field = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => plain(text),
        other => plain(&other.to_string()),
    };
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| columns.split(',').map(|column| field(&row[column])).collect()).collect()
}

/// Rows and types, read by a DuckDB that has nothing to do with the server's.
fn parquet_rows(bytes: &[u8], columns: &str) -> (Vec<Row>, String) {
    assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let connection = Connection::open_in_memory().unwrap();
    let from = format!("read_parquet('{}')", file.path().display());
    let texts = |sql: &str, columns: usize| -> Vec<Vec<Option<String>>> {
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect()).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let described = texts(&format!("SELECT column_type FROM (DESCRIBE FROM {from})"), 1);
    let types: Vec<String> = described.into_iter().map(|row| row[0].clone().unwrap()).collect();
    let select = columns.split(',').zip(&types).map(|(column, kind)| match kind.as_str() {
        "TIMESTAMP WITH TIME ZONE" => {
            format!("strftime(make_timestamp(epoch_us(\"{column}\")), '%Y-%m-%dT%H:%M:%SZ')")
        }
        _ => format!("\"{column}\"::VARCHAR"),
    });
    let sql = format!("SELECT {} FROM {from}", select.collect::<Vec<_>>().join(", "));
    let rows = texts(&sql, types.len());
    let rows = rows.into_iter().map(|row| row.iter().map(|text| plain(text.as_deref().unwrap_or_default())).collect());
    (rows.collect(), types.join(","))
}

#[test]
fn all_formats_hold_the_same_rows_of_the_same_columns() {
    let server = filled();
    for ((kind, columns, types), rows) in KINDS.into_iter().zip([2, POINTS as usize, 1, 121, 2]) {
        let get = |format: &str| server.client.get(&address(kind, format));
        let csv = get("csv").text();
        assert_eq!(csv.lines().next(), Some(columns));
        let by_csv = csv_rows(&csv);
        let (by_parquet, found) = parquet_rows(&get("parquet").bytes, columns);
        assert_eq!((by_csv.len(), found.as_str()), (rows, types), "{kind}");
        assert_eq!(by_csv, by_parquet, "{kind}");
        assert_eq!(by_csv, ndjson_rows(&get("ndjson").text(), columns), "{kind}");
    }
}

#[test]
fn rows_say_what_the_answers_say() {
    let server = filled();
    let rows = |kind: &str| csv_rows(&server.client.get(&address(kind, "csv")).text());
    let run = &rows("workouts")[0];
    assert_eq!(
        run[1..6],
        ["running", "Run, \"fast\"\nand far", "2024-05-01T10:00:00Z", "2024-05-01T10:30:00Z", "1800.0"]
    );
    assert_eq!((&*run[7], &*run[14], &*run[15]), ("5.25", "120.0", r#"{"distance":{"unit":"km","value":5.25}}"#));
    let route = rows("routes");
    assert_eq!(route[4_999][2..6], ["2024-05-01T11:23:19Z", "49.99", "-0.5", ""]);
    assert_eq!(rows("sleep")[0][..5], ["2024-05-02", "2024-05-01T22:00:00Z", "2024-05-02T05:00:00Z", "420.0", ""]);
    let told = rows("events");
    assert_eq!(told.iter().filter(|row| row[0] == "symptoms").count(), 120);
    let ecg = told.iter().find(|row| row[0] == "ecg").unwrap();
    assert_eq!(ecg[10], r#"{"unit":"uV","frequency":512.0,"values":[1.0,2.5],"at":[]}"#);
    let days = rows("aggregate");
    assert_eq!(
        days[1],
        "step_count count day hour 2024-05-02T00:00:00Z 2024-05-02T00:00:00Z 1.0 250.0 250.0 250.0 250.0"
            .split(' ')
            .map(str::to_owned)
            .collect::<Vec<_>>()
    );
    let text = server.client.get(&address("aggregate", "csv")).text();
    assert!(text.lines().nth(2).unwrap().ends_with(",1,250.0,250.0,250.0,250.0"), "a count is a whole number: {text}");
    let nested: Value =
        serde_json::from_str(server.client.get(&address("workouts", "ndjson")).text().lines().next().unwrap()).unwrap();
    assert_eq!(nested["figures"]["distance"]["value"], 5.25);
}

#[test]
fn downloads_are_narrowed_and_wrong_questions_refused() {
    let server = filled();
    let count = |question: &str| csv_rows(&server.client.get(&format!("/api/v1/export/{question}")).text()).len();
    assert_eq!(count("workouts?start=2024-05-02"), 1);
    assert_eq!(count("workouts?type=cycling"), 0);
    assert_eq!(count("routes?start=2024-05-02"), 0);
    assert_eq!(count("events?kind=ecg"), 1);
    assert_eq!(count("events?code=headache&end=2024-05-01T00:10:00Z"), 10);
    assert_eq!(count("sleep?end=2024-05-02"), 0);
    assert_eq!(count("aggregate?metric=step_count&bucket=month&stat=sum"), 1);
    assert_eq!(count("aggregate?metric=step_count,heart_rate"), 2);
    for (question, status, word) in [
        ("aggregate", 400, "metric"),
        ("aggregate?metric=stp_count", 404, "step_count"),
        ("events?kind=symptom", 404, "symptoms"),
        ("workouts?format=xlsx", 400, "parquet"),
        ("workouts?typ=x", 400, "type"),
        ("sleep?source=nobody", 400, "nobody"),
    ] {
        let detail = server.client.get(&format!("/api/v1/export/{question}")).problem(status);
        assert!(detail.contains(word), "{question}: {detail}");
    }
}

#[test]
fn downloads_answer_head_ranges_and_revalidation() {
    let server = filled();
    for (kind, ..) in KINDS {
        let address = address(kind, "parquet");
        let whole = server.client.get(&address);
        let name = if kind == "aggregate" { "step_count-day" } else { kind };
        assert_eq!(whole.header("content-disposition"), format!("attachment; filename=\"health-{name}.parquet\""));
        assert_eq!(whole.header("cache-control"), "private, max-age=300");
        let head = server.client.request("HEAD", &address, &[], b"").unwrap();
        assert_eq!((head.status, head.header("content-length")), (200, &*whole.bytes.len().to_string()));
        let tail: Answer = server.client.get_with(&address, &[("range", "bytes=-4")]);
        assert_eq!((tail.status, &*tail.bytes), (206, &b"PAR1"[..]));
        let again = server.client.get_with(&address, &[("if-none-match", whole.header("etag"))]);
        assert_eq!(again.status, 304);
    }
}

#[test]
fn nothing_stored_is_a_file_with_a_head() {
    let server = InProcess::start();
    for (kind, columns, _) in KINDS {
        assert_eq!(server.client.get(&address(kind, "csv")).text(), format!("{columns}\n"));
        assert_eq!(parquet_rows(&server.client.get(&address(kind, "parquet")).bytes, columns).0, Vec::<Row>::new());
    }
}

/// Names of the files of a folder, sorted.
fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<String> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_command_line_writes_one_kind_or_a_folder_of_everything() {
    let server = filled();
    let place = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let out = place.path().join(arguments[0]).display().to_string();
        let all = [&["export", "--home-zone", "UTC", "--out", &out], &arguments[1..]].concat();
        command(server.data_dir.path()).args(all).output().unwrap()
    };
    let done = run(&["all", "--all", "--format", "csv"]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let folder = place.path().join("all");
    assert_eq!(
        names(&folder),
        [
            "README.md",
            "daily.csv",
            "deliveries.ndjson",
            "documents",
            "events.csv",
            "routes",
            "routes.csv",
            "samples.csv",
            "sleep.csv",
            "workout_series.csv",
            "workouts.csv",
        ]
    );
    assert_eq!(names(place.path()), ["all"], "nothing unfinished is left");
    for (kind, ..) in &KINDS[..4] {
        let served = server.client.get(&address(kind, "csv")).text();
        assert_eq!(std::fs::read_to_string(folder.join(format!("{kind}.csv"))).unwrap(), served, "{kind}");
    }
    let daily = std::fs::read_to_string(folder.join("daily.csv")).unwrap();
    let served = server.client.get("/api/v1/export/aggregate?format=csv&metric=step_count&tz=UTC").text();
    let of_steps = |text: &str| text.lines().filter(|line| line.starts_with("step_count")).map(str::to_owned).collect();
    let (daily, served): (Vec<String>, Vec<String>) = (of_steps(&daily), of_steps(&served));
    assert!(!served.is_empty() && daily == served, "{daily:?}");
    assert!(std::fs::read_to_string(folder.join("README.md")).unwrap().contains("Do not add up `samples`"));
    let tracks = names(&folder.join("routes"));
    assert!(tracks.len() == 1 && tracks[0].starts_with("2024-05-01T100000Z-running-"), "{tracks:?}");
    assert_eq!(names(&folder.join("documents")), ["1-Note_1.json"]);
    let deliveries = std::fs::read_to_string(folder.join("deliveries.ndjson")).unwrap();
    assert_eq!(deliveries.lines().count(), 5);
    assert!(!run(&["all", "--all", "--format", "csv"]).status.success(), "it must not write over anything");
    let one = run(&["series.csv", "--kind", "workout_series", "--format", "csv"]);
    assert!(one.status.success(), "{}", String::from_utf8_lossy(&one.stderr));
    let series = std::fs::read_to_string(place.path().join("series.csv")).unwrap();
    assert_eq!(
        series.lines().nth(1).unwrap().split_once(',').unwrap().1,
        "running,heart_rate,2024-05-01T10:00:00Z,150.0,count/min,,"
    );
    let days = run(&["days.csv", "--kind", "aggregate", "--metric", "steps", "--stat", "sum", "--format", "csv"]);
    assert!(days.status.success(), "{}", String::from_utf8_lossy(&days.stderr));
    assert_eq!(std::fs::read_to_string(place.path().join("days.csv")).unwrap().lines().count(), 3);
    let wrong = run(&["x", "--kind", "everything", "--format", "csv"]);
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("everything"));
}
