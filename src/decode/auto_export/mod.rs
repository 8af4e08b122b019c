//! Health Auto Export's JSON, in every envelope and spelling that its versions have sent.
//!
//! The body is parsed to a flat tape (no tree is built) and read once. Nothing is converted here: numbers may be text,
//! dates are text or epochs, units are whatever the phone's owner likes.

mod envelope;
mod point;
mod repair;

use std::cell::RefCell;
use std::collections::BTreeMap;

use simd_json::Buffers;
use simd_json::tape::Value;

pub use point::{Field, PROTECTION, Point};

/// What one body holds, borrowed from it.
#[derive(Debug, Default)]
pub struct Document<'a> {
    pub metrics: Vec<MetricSection<'a>>,
    /// Arrays other than metrics: name to number of items.
    pub others: BTreeMap<String, u64>,
    /// Items that are no objects where objects are due.
    pub broken: Vec<Broken>,
}

/// One element of `metrics`.
#[derive(Debug)]
pub struct MetricSection<'a> {
    /// JSON path of the section.
    pub path: String,
    pub name: &'a str,
    /// Empty when the sender gave none.
    pub units: &'a str,
    pub points: Vec<Point<'a>>,
}

/// Something that is not of the shape that its place asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    pub path: String,
    pub reason: String,
    pub item: String,
}

thread_local! {
    /// Reused from body to body: the parser's speed is lost when it allocates its megabytes anew each time.
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// The largest body whose parse buffers are kept for the next, in bytes.
const BUFFERS_KEPT_BELOW: usize = 4 << 20;

/// Parses `body` and hands what it holds to `read`; the reason when it is no such document at all.
pub fn with_document<T>(body: &[u8], read: impl Fn(Document) -> T) -> Result<T, String> {
    match parse_and_read(body, &read) {
        Ok(done) => done,
        Err(fault) => match repair::quote_unrepresentable_numbers(body) {
            Some(repaired) => parse_and_read(&repaired, &read).map_err(|_| not_json(body, &fault))?,
            None => Err(not_json(body, &fault)),
        },
    }
}

/// The outer error is a fault of the JSON, the inner one of what it says.
fn parse_and_read<T>(body: &[u8], read: impl Fn(Document) -> T) -> simd_json::Result<Result<T, String>> {
    // The parser unescapes strings in place; the body itself stays as it was sent.
    let mut scratch = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).to_vec();
    // Taken, not borrowed: `read` may work in parallel, and while it waits this thread may begin with another body.
    let mut buffers = BUFFERS.take();
    let tape = simd_json::to_tape_with_buffers(&mut scratch, &mut buffers);
    if body.len() <= BUFFERS_KEPT_BELOW {
        BUFFERS.set(buffers);
    }
    Ok(envelope::read(tape?.as_value()).map(read))
}

fn not_json(body: &[u8], fault: &simd_json::Error) -> String {
    let last = body.trim_ascii_end().last();
    match last {
        Some(b'}' | b']') => format!("the body is not valid JSON: {fault}"),
        _ => format!("the body is not valid JSON, it seems to be cut off after {} bytes: send it again", body.len()),
    }
}

fn encoded(value: Value) -> String {
    use simd_json::prelude::Writable;
    value.encode()
}
