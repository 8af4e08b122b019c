//! Sizes: what is too large is refused within bounded memory, and what is merely unusual is not slow.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::check::assert_sound;
use crate::support::counts::{assert_balanced, assert_unchanged, count};
use crate::support::memory::peak;
use crate::support::problems::refusal;
use crate::support::{InProcess, RealServer, body};

const MEGABYTE: usize = 1 << 20;

/// Posts 100 MB of blanks after an opening brace without ever holding them; gives the answer's text.
fn post_a_hundred_megabytes(base: &str, key: &str, chunked: bool) -> String {
    let mut socket = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
    let length = match chunked {
        true => "transfer-encoding: chunked".to_owned(),
        false => format!("content-length: {}", 100 * MEGABYTE),
    };
    write!(
        socket,
        "POST /api/v1/ingest HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nconnection: close\r\n{length}\r\n\r\n"
    )
    .unwrap();
    let mut block = vec![b' '; MEGABYTE];
    block[0] = b'{';
    for _ in 0..100 {
        let framed =
            if chunked { [format!("{MEGABYTE:x}\r\n").as_bytes(), &block, b"\r\n"].concat() } else { block.clone() };
        socket.write_all(&framed).unwrap();
    }
    if chunked {
        socket.write_all(b"0\r\n\r\n").unwrap();
    }
    let mut text = String::new();
    BufReader::new(socket).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_hundred_megabytes_are_refused_within_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let server = RealServer::start(folder.path());
    let idle = peak(server.process.id());
    for chunked in [false, true] {
        let answer = post_a_hundred_megabytes(&server.base, &key, chunked);
        assert!(answer.starts_with("HTTP/1.1 413 "), "chunked {chunked}: {answer}");
        assert!(answer.contains("application/problem+json") && answer.contains("urn:health-export:problem:too-large"));
        assert!(answer.contains("64 MB") && answer.contains("Batch Requests"), "it says what to do: {answer}");
    }
    let grown = peak(server.process.id()) - idle;
    println!("grown by {} MB", grown / MEGABYTE);
    assert!(grown < 200 * MEGABYTE, "grown by {} MB", grown / MEGABYTE);
}

/// A hundred megabytes of blanks under each encoding.
fn bombs() -> [(&'static str, Vec<u8>); 4] {
    let blanks = vec![b' '; 100 * MEGABYTE];
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&blanks).unwrap();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(&blanks).unwrap();
    let mut brotli = Vec::new();
    let quick = brotli::enc::BrotliEncoderParams { quality: 1, ..Default::default() };
    brotli::BrotliCompress(&mut &blanks[..], &mut brotli, &quick).unwrap();
    let zstd = zstd::encode_all(&blanks[..], 1).unwrap();
    [("gzip", gzip.finish().unwrap()), ("deflate", zlib.finish().unwrap()), ("br", brotli), ("zstd", zstd)]
}

#[test]
fn a_bomb_is_refused_whatever_its_encoding() {
    let server = InProcess::start();
    for (encoding, bomb) in bombs() {
        assert!(bomb.len() < MEGABYTE, "{encoding}: {} bytes", bomb.len());
        let answer = server.client.post("/api/v1/ingest", &[("content-encoding", encoding)], &bomb);
        refusal(&server, &answer, 413, "too-large");
    }
    server.client.get("/health").expect(200);
}

#[test]
fn the_limit_is_a_setting_and_counts_to_the_byte() {
    let server = InProcess::start_with(&[("max_body_mb", "1")]);
    let mut sent = br#"{"data":{}}"#.to_vec();
    sent.resize(MEGABYTE, b' ');
    server.client.post("/api/v1/ingest", &[], &sent).expect(200);
    sent.push(b' ');
    let detail = refusal(&server, &server.client.post("/api/v1/ingest", &[], &sent), 413, "too-large");
    assert!(detail.contains("1 MB"), "{detail}");
}

const MANY: u32 = 100_000;

/// How long an unusual delivery may take at most: 10 s where a usual one of as many points takes a quarter of a second, and as
/// many times as long as that one on a machine that is slower, or busy.
struct Patience(Duration);

impl Patience {
    fn measured() -> Patience {
        let usual = |at: u32| {
            let start = jiff::Timestamp::from_second(1_600_000_000 + i64::from(at) * 60).unwrap();
            json!({"date": start.strftime("%Y-%m-%d %H:%M:%S +0000").to_string(), "qty": 1, "source": "Watch"})
        };
        let sent = body("step_count", "count", (0..MANY).map(usual).collect()).to_string();
        let server = InProcess::start();
        let begun = Instant::now();
        server.client.post("/api/v1/ingest", &[("automation-aggregation", "None")], sent.as_bytes()).expect(200);
        Patience(begun.elapsed().max(Duration::from_millis(250)) * 40)
    }

    /// Posts and checks that it took no longer.
    fn post(&self, server: &InProcess, headers: &[(&str, &str)], sent: &str) -> Value {
        let begun = Instant::now();
        let receipt = server.client.post("/api/v1/ingest", headers, sent.as_bytes()).expect(200);
        assert!(begun.elapsed() < self.0, "it took {:?} of {:?}", begun.elapsed(), self.0);
        receipt
    }
}

/// Posts raw points of one instant and checks that it took no more than seconds.
fn post_quickly(patience: &Patience, server: &InProcess, points: impl Iterator<Item = Value>) -> Value {
    let sent = body("dietary_energy", "kcal", points.collect()).to_string();
    let receipt = patience.post(server, &[("automation-aggregation", "None")], &sent);
    assert_balanced(&receipt);
    assert_eq!(count(&receipt, "received"), u64::from(MANY));
    receipt
}

fn at_once(qty: u32, source: &str) -> Value {
    json!({"date": "2024-02-06 14:30:00 +0000", "qty": f64::from(qty) / 10.0, "source": source})
}

#[test]
fn a_hundred_thousand_records_of_one_instant_take_seconds() {
    let (patience, server) = (Patience::measured(), InProcess::start());
    let first = post_quickly(&patience, &server, (0..MANY).map(|qty| at_once(qty, "Log")));
    assert_eq!(count(&first, "stored"), u64::from(MANY));
    assert_unchanged(&post_quickly(&patience, &server, (0..MANY).rev().map(|qty| at_once(qty, "Log"))));
    let changed = post_quickly(&patience, &server, (0..MANY).map(|qty| at_once(qty + MANY / 2, "Log")));
    // Other entries of that moment, not other values of the same.
    assert_eq!((count(&changed, "unchanged"), count(&changed, "stored")), (50_000, 50_000));
    assert_sound(&server.app);
}

#[test]
fn a_hundred_thousand_sources_of_one_instant_take_seconds() {
    let (patience, server) = (Patience::measured(), InProcess::start());
    let first = post_quickly(&patience, &server, (0..MANY).map(|at| at_once(1, &format!("Device {at}"))));
    assert_eq!(count(&first, "stored"), u64::from(MANY));
    assert_unchanged(&post_quickly(&patience, &server, (0..MANY).map(|at| at_once(1, &format!("Device {at}")))));
    let changed = post_quickly(&patience, &server, (0..MANY).map(|at| at_once(2, &format!("Device {at}"))));
    assert_eq!(count(&changed, "stored"), u64::from(MANY));
    assert_sound(&server.app);
}

#[test]
fn a_hundred_thousand_records_of_one_instant_without_and_with_ends_and_names_take_seconds() {
    let (patience, server) = (Patience::measured(), InProcess::start());
    let start = jiff::Timestamp::from_second(1_707_229_800).unwrap();
    let record = |at: u32, is_whole: bool| {
        let mut record = json!({"type": "step_count", "value": at + 1, "unit": "count", "start": start.to_string()});
        if is_whole {
            record["end"] = json!((start + jiff::SignedDuration::from_secs(i64::from(at) + 1)).to_string());
            record["source"] = json!(format!("Device {}", at % 100));
        }
        record
    };
    let post = |wholes: &[bool]| {
        let records: Vec<Value> =
            (0..MANY / 2).flat_map(|at| wholes.iter().map(move |whole| record(at, *whole))).collect();
        let sent = json!({"metrics": records}).to_string();
        let receipt = patience.post(&server, &[], &sent);
        assert_balanced(&receipt);
        receipt
    };
    assert_eq!(count(&post(&[false]), "stored"), u64::from(MANY / 2));
    assert_eq!(count(&post(&[true]), "quarantined"), 0);
    assert_unchanged(&post(&[true, false]));
    assert_sound(&server.app);
}

#[test]
fn a_hundred_thousand_contexts_of_one_bucket_take_seconds() {
    let (patience, server) = (Patience::measured(), InProcess::start());
    let points = |qty: u32| {
        (0..MANY)
            .map(move |at| json!({"date": "2024-02-06 00:00:00 +0000", "qty": qty, "reason": format!("Reason {at}")}))
    };
    let post = |qty: u32| {
        let sent = body("insulin_delivery", "IU", points(qty).collect()).to_string();
        patience.post(&server, &[("automation-aggregation", "Days")], &sent)
    };
    assert_eq!(count(&post(1), "stored"), u64::from(MANY));
    assert_unchanged(&post(1));
    assert_eq!(count(&post(2), "updated"), u64::from(MANY));
}

/// Posts with the length announced, so that the server lets many in at once.
fn post_sized(server: &InProcess, sent: &[u8]) -> u16 {
    let length = sent.len().to_string();
    server.client.clone().post("/api/v1/ingest", &[("content-length", &length)], sent).status
}

#[test]
fn large_deliveries_do_not_disturb_the_small_ones_beside_them() {
    let server = InProcess::start();
    let points = |number: u32| (0..number).map(|qty| at_once(qty, "Log")).collect();
    // Large enough to be validated in parallel, small enough to be let in beside others.
    let large = body("dietary_energy", "kcal", points(9_000)).to_string();
    let small = body("step_count", "count", points(3)).to_string();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (server, sent) = (&server, if thread % 2 == 0 { &large } else { &small });
            scope.spawn(move || (0..25).for_each(|_| assert_eq!(post_sized(server, sent.as_bytes()), 200)));
        }
    });
    assert_sound(&server.app);
}
