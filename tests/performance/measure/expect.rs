//! What a right answer is. Only that is a success; everything else is a failure of a named kind, or, where the server has
//! refused in the agreed way, shed.

use std::borrow::Cow;

use serde_json::Value;

use super::answer::Answer;
use super::counted::entries;

#[derive(Debug, Clone, PartialEq)]
pub enum Expect {
    /// 200 with a JSON object whose list has so many entries.
    List { name: &'static str, entries: usize },
    /// The same by counting a text in the body instead of parsing it, for a client that must not work as hard as the server.
    Counted { text: &'static str, times: usize },
    /// 200 with a header line and so many rows.
    Csv { rows: usize },
    /// 200 with so many lines, each a JSON object.
    Ndjson { rows: usize },
    /// 200 with a whole Parquet file, not compressed again.
    Parquet,
    /// 200 and `{"status":"ok"}`.
    Healthy,
    /// 200 with a receipt of so many fresh points.
    Stored { points: u64 },
    /// 200 with a receipt of so many points that were there already.
    Unchanged { points: u64 },
    /// 304 without a body, under the tag that was sent.
    NotModified { tag: String },
    /// 304 as above, or, because something was written since, a new tag and the answer itself.
    Revalidated { tag: String, otherwise: Box<Expect> },
}

#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    Success,
    /// 429 with a Retry-After. Never a success, and a failure wherever shedding is not what is looked at.
    Shed,
    Failure {
        kind: &'static str,
        detail: String,
    },
}

impl Expect {
    /// `body` is that of the answer, without its encoding.
    pub fn judge(&self, answer: &Answer, body: &Result<Cow<'_, [u8]>, String>) -> Verdict {
        if answer.status == 429 {
            return shed(answer);
        }
        match self.check(answer, body) {
            Ok(()) => Verdict::Success,
            Err((kind, detail)) => Verdict::Failure { kind, detail },
        }
    }

    fn check(&self, answer: &Answer, body: &Result<Cow<'_, [u8]>, String>) -> Result<(), (&'static str, String)> {
        match self {
            Expect::NotModified { tag } => return not_modified(answer, tag),
            Expect::Revalidated { tag, .. } if answer.status == 304 => return not_modified(answer, tag),
            _ => {}
        }
        if answer.status != 200 {
            return Err(("status", format!("{}: {}", answer.status, excerpt(&answer.wire))));
        }
        let plain = body.as_ref().map_err(|fault| ("encoding", fault.clone()))?;
        let right = match self {
            Expect::Revalidated { tag, .. } if answer.header("etag").is_none_or(|new| new == tag) => {
                return Err(("tag", "a changed answer without a new ETag".into()));
            }
            Expect::Revalidated { otherwise, .. } => return otherwise.check(answer, body),
            Expect::NotModified { .. } => Ok(()),
            Expect::List { name, entries: wanted } => entries(plain, name).and_then(|found| same(found, *wanted)),
            Expect::Counted { text, times } => same(memchr::memmem::find_iter(plain, text).count(), *times)
                .and_then(|()| if plain.ends_with(b"}") { Ok(()) } else { Err("the end is missing".into()) }),
            Expect::Csv { rows } => csv(plain, *rows),
            Expect::Ndjson { rows } => ndjson(plain, *rows),
            Expect::Parquet => parquet(answer, plain),
            Expect::Healthy => json(plain).and_then(|body| is(&body["status"], &Value::from("ok"))),
            Expect::Stored { points } => receipt(plain, "stored", *points),
            Expect::Unchanged { points } => receipt(plain, "unchanged", *points),
        };
        right.map_err(|detail| ("body", format!("{detail} in {}", excerpt(plain))))
    }
}

fn shed(answer: &Answer) -> Verdict {
    match answer.header("retry-after").and_then(|after| after.parse::<u32>().ok()) {
        Some(1..) => Verdict::Shed,
        _ => Verdict::Failure { kind: "retry-after", detail: "429 without a Retry-After of seconds".into() },
    }
}

fn not_modified(answer: &Answer, tag: &str) -> Result<(), (&'static str, String)> {
    match (answer.status, answer.wire.len(), answer.header("etag")) {
        (304, 0, Some(found)) if found == tag => Ok(()),
        (status, bytes, found) => Err(("revalidation", format!("{status} with {bytes} bytes and ETag {found:?}"))),
    }
}

fn same(found: usize, wanted: usize) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{found} entries instead of {wanted}")) }
}

fn is(found: &Value, wanted: &Value) -> Result<(), String> {
    if found == wanted { Ok(()) } else { Err(format!("{found} instead of {wanted}")) }
}

fn json(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|fault| fault.to_string())
}

fn csv(body: &[u8], rows: usize) -> Result<(), String> {
    let columns = body.split(|byte| *byte == b'\n').next().map_or(0, |line| line.split(|byte| *byte == b',').count());
    if columns < 5 || !body.ends_with(b"\n") {
        return Err(format!("{columns} columns, or a last line without its end"));
    }
    same(memchr::memchr_iter(b'\n', body).count(), rows + 1)
}

fn ndjson(body: &[u8], rows: usize) -> Result<(), String> {
    let mut lines = serde_json::Deserializer::from_slice(body).into_iter::<serde::de::IgnoredAny>();
    same(lines.try_fold(0, |count, line| line.map(|_| count + 1).map_err(|fault| fault.to_string()))?, rows)
}

fn parquet(answer: &Answer, body: &[u8]) -> Result<(), String> {
    if answer.header("content-encoding").is_some() {
        return Err("Parquet under a content encoding".into());
    }
    if answer.header("content-length").and_then(|length| length.parse().ok()) != Some(body.len()) {
        return Err("Parquet without its length".into());
    }
    let whole = body.len() > 8 && body.starts_with(b"PAR1") && body.ends_with(b"PAR1");
    if whole { Ok(()) } else { Err("no whole Parquet file".into()) }
}

fn receipt(body: &[u8], what: &str, points: u64) -> Result<(), String> {
    let receipt = json(body)?;
    is(&receipt["received"], &Value::from(points))?;
    is(&receipt["quarantined"], &Value::from(0))?;
    is(&receipt[what], &Value::from(points)).map_err(|fault| format!("{what}: {fault}"))
}

fn excerpt(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(200)]).replace('\n', " ")
}
