//! One function for each thing that reads bytes of strangers. Each must return, whatever it is given: the fuzzers look for
//! an input that keeps it from that, and so do the property tests (`tests/it/strangers.rs`), which run everywhere.
//!
//! What can be said of any result is asserted here, so that both hold it.

use std::sync::LazyLock;

use health_export::decode::apple_export::{Items, Next, Tree, ecg, gpx, sniff};
use health_export::decode::auto_export::csv::{self, Content as Table};
use health_export::decode::{self, auto_export as app, date, multipart as form, shortcuts as shortcut};
use health_export::http::params::Params;
use health_export::model::bucket::Bucket;
use health_export::model::sample::Batch;
use health_export::model::time::{offset_rfc3339, parse_instant, parse_zone};
use health_export::receive::{Content, Encoding, Receiver, inflate as undo};
use health_export::store::Store;
use health_export::store::deliveries::Origin;
use health_export::validate::apple_export::{Attached, Validator};
use health_export::validate::{self, Aggregation, Context, shortcuts as meaning};
use jiff::tz::TimeZone;

/// 2026-09-15T12:00:00Z.
const NOW: i64 = 1_789_473_600;

/// Most bytes that a body may become.
const LIMIT: u64 = 4 << 20;

/// A zone with days of 23 and 25 hours.
static HOME: LazyLock<TimeZone> = LazyLock::new(|| parse_zone("Europe/Berlin").expect("the zone is built in"));

pub type Function = fn(&[u8]);

/// All functions by name.
pub const ALL: [(&str, Function); 13] = [
    ("apple_export", apple_export),
    ("auto_export", auto_export),
    ("csv", csv),
    ("dates", dates),
    ("ecg", ecg),
    ("gpx", gpx),
    ("inflate", inflate),
    ("multipart", multipart),
    ("numbers", numbers),
    ("query", query),
    ("recognise", recognise),
    ("shortcuts", shortcuts),
    ("understand", understand),
];

/// Every index of a batch leads somewhere, and no sample ends before it starts.
fn hold(batch: &Batch) {
    assert!(batch.items.iter().all(|name| (*name as usize) < batch.item_names.len()));
    assert!(batch.rejected.iter().all(|rejected| (rejected.name as usize) < batch.item_names.len()));
    for sample in &batch.samples {
        assert!(sample.span >= 0 && (sample.series as usize) < batch.series.len());
        assert!((sample.item as usize) < batch.items.len() && sample.value.is_none_or(f64::is_finite));
    }
}

fn context<T>(aggregation: &str, read: impl FnOnce(&Context) -> T) -> T {
    let nothing = |_: &str| None;
    read(&Context { aggregation: Aggregation::parse(aggregation), home: &HOME, stored_unit: &nothing })
}

/// Takes a byte off the front, which decides between `kinds` ways to read the rest.
fn choice(data: &[u8], kinds: u8) -> (u8, &[u8]) {
    data.split_first().map_or((0, data), |(first, rest)| (first % kinds, rest))
}

/// The app's JSON.
pub fn auto_export(data: &[u8]) {
    let (kind, body) = choice(data, 4);
    let aggregation = ["", "none", "hours", "days"][usize::from(kind)];
    let read = context(aggregation, |context| app::with_document(body, |document| validate::batch(&document, context)));
    if let Ok(batch) = read {
        hold(&batch);
    }
}

/// The app's tables.
pub fn csv(data: &[u8]) {
    let (kind, file) = choice(data, 3);
    let name = ["", "Workouts-2026.csv", "Running-Heart Rate-20260915_073000.csv"][usize::from(kind)];
    if let Some(Table::Data(data)) = csv::read(name, file) {
        assert!(!data.is_empty());
    }
}

/// What a Shortcut sends.
pub fn shortcuts(data: &[u8]) {
    let (kind, body) = choice(data, 4);
    let asked = [("type".to_owned(), "steps".to_owned()), ("locale".to_owned(), "de".to_owned())];
    let hints = shortcut::Hints {
        content_type: ["", "application/json", "application/x-www-form-urlencoded", "text/plain"][usize::from(kind)],
        query: if kind.is_multiple_of(2) { &[] } else { &asked },
        insisted: kind > 1,
    };
    let read =
        context("", |context| shortcut::with_document(body, hints, |document| meaning::batch(&document, context, NOW)));
    if let Ok(batch) = read {
        hold(&batch);
    }
}

/// Whose a body is.
pub fn recognise(data: &[u8]) {
    let format = decode::recognise(data);
    assert_eq!(decode::Format::parse(format.as_str()), Some(format));
}

/// A form of parts, whose boundary stands in a header or only in itself.
pub fn multipart(data: &[u8]) {
    let (kind, body) = choice(data, 2);
    let header = ["", "multipart/form-data; boundary=XX"][usize::from(kind)];
    if kind == 1 || form::is_multipart(body) {
        let parts = form::parts(body, header).unwrap_or_default();
        assert!(parts.iter().map(|part| part.bytes.len()).sum::<usize>() <= body.len());
    }
}

/// Apple's export.xml, from its first byte to the last.
pub fn apple_export(data: &[u8]) {
    sniff::kind(data);
    let unknown = |_: &str| None;
    let mut validator = Validator::new(&HOME, &unknown);
    let Ok(Some(mut items)) = Items::open(data) else { return };
    let mut tree = Tree::default();
    loop {
        match items.next(&mut tree) {
            Ok(Next::Element | Next::Unclosed) => {
                if let Some(root) = tree.root() {
                    validator.add(root, Attached::default());
                }
            }
            Ok(Next::Damaged { reason, item }) => validator.add_damaged(reason, item),
            Ok(Next::End { .. }) | Err(_) => break,
        }
    }
    hold(&validator.finish());
}

/// The route of a workout.
pub fn gpx(data: &[u8]) {
    let _ = gpx::points(data);
}

/// An electrocardiogram's file.
pub fn ecg(data: &[u8]) {
    if let Ok(ecg) = ecg::read(&String::from_utf8_lossy(data), &HOME) {
        assert!(!ecg.microvolts.is_empty() && ecg.recorded.is_believable());
    }
}

/// A compressed body, never past the limit.
pub fn inflate(data: &[u8]) {
    let (kind, body) = choice(data, 4);
    let encoding = [Encoding::Gzip, Encoding::Deflate, Encoding::Brotli, Encoding::Zstd][usize::from(kind)];
    if let Ok(inflated) = undo(encoding, Content::Memory(body.to_vec()), LIMIT) {
        assert!(inflated.len() as u64 <= LIMIT);
    }
}

/// The question of an address.
pub fn query(data: &[u8]) {
    let mut params = Params::parse(&String::from_utf8_lossy(data));
    let zone = params.zone(&HOME).unwrap_or_else(|_| HOME.clone());
    if let Ok((Some(from), Some(to))) = params.range(&zone) {
        assert!(from <= to);
    }
    let _ = params.layer();
    let _ = params.parsed("bucket", "a bucket", Bucket::parse);
    params.list("stat");
    let _ = params.finish();
}

/// A date as phones and people write it, and as an address may.
pub fn dates(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Some(stamp) = date::parse(&text, &HOME) {
        let again = offset_rfc3339(stamp.utc, stamp.offset_minutes.unwrap_or(0));
        assert_eq!(date::parse(&again, &HOME).map(|stamp| stamp.utc), Some(stamp.utc), "{text:?} as {again:?}");
    }
    if let Some(utc) = parse_instant(&text, &HOME) {
        assert_eq!(parse_instant(&offset_rfc3339(utc, 0), &HOME), Some(utc), "{text:?}");
    }
    if let Some(zone) = parse_zone(&text) {
        let _ = parse_instant("2026-03-29T02:30:00", &zone);
    }
}

/// A number in any country's writing.
pub fn numbers(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for decimal in [None, Some('.'), Some(',')] {
        for counts in [false, true] {
            let _ = shortcut::number::parse(&text, shortcut::number::Habits { decimal, counts });
        }
    }
    shortcut::number::is_numeric(&text);
    shortcut::number::decimal_of(&text);
    let _ = shortcut::repair::repair(&text);
}

/// A receiver over a database that holds nothing.
static RECEIVER: LazyLock<Receiver> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder").keep();
    let store = Store::open(&folder, 4).expect("an empty store");
    Receiver::new(store.into(), HOME.clone(), LIMIT)
});

/// A whole body, by whichever way its content leads.
pub fn understand(data: &[u8]) {
    let (format, told) = RECEIVER.understand(1, data, &Origin::default(), NOW);
    assert_eq!(format == "unknown", told.is_err());
    if let Ok(batch) = told {
        hold(&batch);
    }
}
