//! Deliveries that can be told apart in the file, and a visitor who counts them there.

use std::path::Path;

use rusqlite::Connection;
use serde_json::json;

use crate::support::{Answer, Client, body};

const FIRST: i64 = 1_500_000_000;

/// Deliveries of one size; each has its number in its times and in its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size {
    pub metric: &'static str,
    pub samples: i64,
}

pub const SMALL: Size = Size { metric: "made_up_small", samples: 3 };
pub const LARGE: Size = Size { metric: "made_up_large", samples: 3_000 };
/// So large that its body waits in a file.
pub const SPOOLED: Size = Size { metric: "made_up_spooled", samples: 20_000 };

impl Size {
    pub fn body(self, number: i64) -> String {
        let point = |at: i64| json!({"date": FIRST + number * self.samples + at, "qty": number, "source": "Watch"});
        body(self.metric, "things", (0..self.samples).map(point).collect()).to_string()
    }

    /// Posts that number; none when no answer came.
    pub fn post(self, client: &Client, number: i64) -> Option<Answer> {
        let body = self.body(number);
        let length = body.len().to_string();
        client.request("POST", "/api/v1/ingest", &[("content-length", &length)], body.as_bytes())
    }

    /// Posts it and wants it stored; gives the delivery's id.
    #[track_caller]
    pub fn store(self, client: &Client, number: i64) -> String {
        let receipt = self.post(client, number).expect("no answer").expect(200);
        assert_eq!(receipt["received"], self.samples, "{receipt}");
        receipt["delivery"].as_str().unwrap().to_owned()
    }
}

/// Another process that looks into the file, as SQLite does.
pub struct Visitor(Connection);

impl Visitor {
    pub fn open(data_dir: &Path) -> Visitor {
        let connection = Connection::open(data_dir.join("health.db")).unwrap();
        connection.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        Visitor(connection)
    }

    /// How many samples of a delivery there are.
    pub fn samples(&self, size: Size, number: i64) -> i64 {
        let sql = "SELECT count(*) FROM sample JOIN metric ON metric.id = sample.metric
                   WHERE name = ?1 AND start >= ?2 AND start < ?3 AND value = ?4";
        let first = FIRST + number * size.samples;
        self.0.query_row(sql, (size.metric, first, first + size.samples, number), |row| row.get(0)).unwrap()
    }

    /// How many samples of that size there are at all.
    pub fn all_samples(&self, size: Size) -> i64 {
        let sql = "SELECT count(*) FROM sample JOIN metric ON metric.id = sample.metric WHERE name = ?1";
        self.0.query_row(sql, [size.metric], |row| row.get(0)).unwrap()
    }

    /// Whether a delivery is there, with its body.
    pub fn holds(&self, delivery: &str) -> bool {
        let sql = "SELECT count(*) FROM delivery JOIN delivery_body ON delivery = delivery.id WHERE public_id = ?1";
        self.0.query_row(sql, [delivery], |row| row.get::<_, i64>(0)).unwrap() == 1
    }

    pub fn connection(&self) -> &Connection {
        &self.0
    }
}
