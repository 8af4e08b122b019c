//! Holds off broken downloads: files of one question that disagree, and names that tear a row apart.

use duckdb::Connection;
use serde_json::{Value, json};

use crate::support::{Answer, Client, InProcess, body};

const COLUMNS: &str = "metric,start,end,value,unit,min,max,source,layer,offset_minutes";

const SOURCES: [&str; 10] = [
    "Robin\u{2019}s Apple\u{a0}Watch",
    "one, two",
    "say \"yes\"",
    "two\nlines",
    "two\r\nlines, \"quoted\"",
    "\u{1f3c3}\u{200d}\u{2640}\u{fe0f} \u{65e5}\u{672c}\u{8a9e}",
    "semi;colon\tand tab",
    "'single' \\ backslash\\",
    "NULL",
    "",
];

fn fill(client: &Client) {
    let point =
        |(at, source): (usize, &&str)| json!({"date": 1_714_521_601 + at, "qty": at as f64 / 3.0, "source": source});
    let points = SOURCES.iter().enumerate().map(point).collect();
    client.ingest(&body("step_count", "count", points)).expect(200);
    let heart = json!([
        {"date": "2024-05-01 10:00:00 +0545", "Min": 50, "Avg": 61.25, "Max": 90, "source": "Watch"},
        {"date": "1969-07-20 20:17:40 -0500", "Min": 150, "Max": 160, "source": "Watch"},
    ]);
    client.ingest(&body("heart_rate", "count/min", heart)).expect(200);
}

/// A row as texts, in the order of the columns.
type Row = Vec<String>;

fn number(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{:?}", text.parse::<f64>().unwrap()) }
}

fn csv_rows(answer: &Answer) -> Vec<Row> {
    let text = answer.text();
    assert_eq!(text.lines().next(), Some(COLUMNS));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let row = |record: csv::StringRecord| {
        let text = |(at, field): (usize, &str)| if [3, 5, 6].contains(&at) { number(field) } else { field.to_owned() };
        record.iter().enumerate().map(text).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn ndjson_rows(answer: &Answer) -> Vec<Row> {
    let field = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_f64() => format!("{:?}", number.as_f64().unwrap()),
        other => other.to_string(),
    };
    let text = answer.text();
    let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| COLUMNS.split(',').map(|column| field(&row[column])).collect()).collect()
}

/// Read by a DuckDB that has nothing to do with the server's.
fn parquet_rows(answer: &Answer) -> Vec<Row> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &answer.bytes).unwrap();
    let connection = Connection::open_in_memory().unwrap();
    let time = |column: &str| format!("strftime(make_timestamp(epoch_us(\"{column}\")), '%Y-%m-%dT%H:%M:%SZ')");
    let sql = format!(
        "SELECT metric, {}, {}, value, unit, min, max, source, layer, offset_minutes FROM read_parquet('{}')",
        time("start"),
        time("end"),
        file.path().display()
    );
    let mut statement = connection.prepare(&sql).unwrap();
    let rows = statement.query_map([], |row| {
        (0..10)
            .map(|at| match at {
                3 | 5 | 6 => Ok(row.get::<_, Option<f64>>(at)?.map(|value| format!("{value:?}")).unwrap_or_default()),
                9 => Ok(row.get::<_, i32>(at)?.to_string()),
                _ => row.get(at),
            })
            .collect()
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn rows_in_every_format(client: &Client, question: &str) -> [Vec<Row>; 3] {
    let get = |format: &str| client.get(&format!("/api/v1/export/samples?format={format}{question}"));
    [csv_rows(&get("csv")), ndjson_rows(&get("ndjson")), parquet_rows(&get("parquet"))]
}

#[test]
fn all_formats_hold_the_same_rows_whatever_the_names() {
    let server = InProcess::start();
    fill(&server.client);
    let [csv, ndjson, parquet] = rows_in_every_format(&server.client, "");
    assert_eq!(csv, ndjson);
    assert_eq!(csv, parquet);
    let sources: Vec<&str> = csv.iter().filter(|row| row[0] == "step_count").map(|row| &*row[7]).collect();
    assert_eq!(sources, SOURCES);
    let heart: Vec<String> = csv[..2].iter().map(|row| row.join(" ")).collect();
    assert_eq!(
        heart,
        [
            "heart_rate 1969-07-21T01:17:40Z 1969-07-21T01:17:40Z  count/min 150.0 160.0 Watch raw -300",
            "heart_rate 2024-05-01T04:15:00Z 2024-05-01T04:15:00Z 61.25 count/min 50.0 90.0 Watch raw 345",
        ]
    );
    let [csv, ndjson, parquet] = rows_in_every_format(&server.client, "&metric=heart_rate&start=2024-01-01");
    assert_eq!((csv.len(), &csv, &csv), (1, &ndjson, &parquet));
}

#[test]
fn times_are_utc_timestamps_in_parquet() {
    let server = InProcess::start();
    fill(&server.client);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), server.client.get("/api/v1/export/samples?format=parquet").bytes).unwrap();
    let connection = Connection::open_in_memory().unwrap();
    let sql = format!(
        "SELECT column_name || ' ' || column_type FROM (DESCRIBE FROM read_parquet('{}'))",
        file.path().display()
    );
    let mut statement = connection.prepare(&sql).unwrap();
    let columns: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let expected = "metric VARCHAR,start TIMESTAMP WITH TIME ZONE,end TIMESTAMP WITH TIME ZONE,value DOUBLE,unit VARCHAR,\
                    min DOUBLE,max DOUBLE,source VARCHAR,layer VARCHAR,offset_minutes INTEGER";
    assert_eq!(columns.join(","), expected);
}

#[test]
fn nothing_found_is_an_empty_file_of_the_same_shape() {
    let server = InProcess::start();
    for question in ["", "&metric=step_count", "&start=2030-01-01"] {
        let [csv, ndjson, parquet] = rows_in_every_format(&server.client, question);
        assert_eq!((csv.len(), ndjson.len(), parquet.len()), (0, 0, 0), "{question}");
        assert_eq!(
            server.client.get(&format!("/api/v1/export/samples?format=csv{question}")).text(),
            format!("{COLUMNS}\n")
        );
        // Then once more with something stored that the question is not about.
        if question.contains("step") {
            server.client.ingest(&body("heart_rate", "bpm", json!([{"date": "2024-05-01", "qty": 60}]))).expect(200);
        }
    }
}

#[test]
fn a_download_has_a_name_and_a_type() {
    let server = InProcess::start();
    fill(&server.client);
    for (question, name, kind) in [
        ("format=csv", "health-samples.csv", "text/csv; charset=utf-8"),
        ("metric=step_count", "health-step_count.csv", "text/csv; charset=utf-8"),
        ("format=ndjson&metric=step_count,heart_rate", "health-samples.ndjson", "application/x-ndjson"),
        ("format=parquet&metric=heart_rate", "health-heart_rate.parquet", "application/vnd.apache.parquet"),
        (
            "metric=step_count&layer=raw&start=2024-05-01&end=2024-06-01",
            "health-step_count-raw-2024-05-01-to-2024-05-31.csv",
            "text/csv; charset=utf-8",
        ),
        ("start=2024-05-01", "health-samples-from-2024-05-01.csv", "text/csv; charset=utf-8"),
        ("end=2024-06-01", "health-samples-to-2024-05-31.csv", "text/csv; charset=utf-8"),
        ("start=2024-05-01&end=2024-05-02", "health-samples-2024-05-01.csv", "text/csv; charset=utf-8"),
    ] {
        let answer = server.client.get(&format!("/api/v1/export/samples?{question}"));
        assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{name}\""));
        assert_eq!((answer.status, answer.header("content-type")), (200, kind));
    }
}
