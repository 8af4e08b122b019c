//! Holds off broken transfers: Parquet that its readers cannot seek in, a download that goes on with another file, and
//! bodies sent larger than need be.

use std::io::Read;

use serde_json::json;

use crate::support::{Answer, Client, InProcess, body};

const PARQUET: &str = "/api/v1/export/samples?format=parquet";

fn fill(client: &Client) {
    let point = |at: i64| json!({"date": 1_714_521_601 + at * 7, "qty": at, "source": "Watch"});
    client.ingest(&body("step_count", "count", (0..100).map(point).collect())).expect(200);
}

#[test]
fn parquet_can_be_read_in_pieces() {
    let server = InProcess::start();
    fill(&server.client);
    let head = server.client.request("HEAD", PARQUET, &[("accept-encoding", "gzip, br, zstd")], b"").unwrap();
    let whole = server.client.get_with(PARQUET, &[("accept-encoding", "gzip, br, zstd")]);
    for answer in [&head, &whole] {
        let length = whole.bytes.len().to_string();
        assert_eq!((answer.status, answer.header("accept-ranges")), (200, "bytes"));
        assert_eq!((answer.header("content-length"), answer.header("content-encoding")), (&*length, ""));
    }
    assert_eq!(head.bytes.len(), 0);
    let all = whole.bytes.len();
    for (range, from, to) in [
        ("bytes=0-3".to_owned(), 0, 4),
        ("bytes=-8".to_owned(), all - 8, all),
        ("bytes=100-199".to_owned(), 100, 200),
        (format!("bytes={}-", all - 5), all - 5, all),
        (format!("bytes=10-{}", all + 1000), 10, all),
    ] {
        let piece = server.client.get_with(PARQUET, &[("range", &range), ("accept-encoding", "gzip")]);
        assert_eq!((piece.status, &piece.bytes[..]), (206, &whole.bytes[from..to]), "{range}");
        assert_eq!(piece.header("content-range"), format!("bytes {from}-{}/{all}", to - 1));
    }
    let ranged = [("range", "bytes=-8"), ("accept-encoding", "zstd")];
    let head = server.client.request("HEAD", PARQUET, &ranged, b"").unwrap();
    assert_eq!((head.status, head.header("content-length"), head.bytes.len()), (206, "8", 0));
    assert_eq!(head.header("content-range"), format!("bytes {}-{}/{all}", all - 8, all - 1));
    // The whole is a right answer to what is not one range of bytes.
    for range in ["bytes=0-3,8-11", "bytes=0-0,-1", "lines=1-2"] {
        let answer = server.client.get_with(PARQUET, &[("range", range)]);
        assert_eq!((answer.status, answer.bytes == whole.bytes), (200, true), "{range}");
    }
    let beyond = server.client.get_with(PARQUET, &[("range", &format!("bytes={all}-"))]);
    assert_eq!((beyond.status, beyond.header("content-range")), (416, &*format!("bytes */{all}")));
}

#[test]
fn a_download_never_goes_on_with_another_file() {
    let server = InProcess::start();
    fill(&server.client);
    let tag = server.client.get(PARQUET).header("etag").to_owned();
    server
        .client
        .ingest(&body("step_count", "count", json!([{"date": "2024-06-01 10:00:01 +0000", "qty": 1}])))
        .expect(200);
    let range = [("range", "bytes=4-"), ("if-range", &*tag)];
    let answer = server.client.get_with(PARQUET, &range);
    assert_eq!((answer.status, &answer.bytes[..4]), (200, &b"PAR1"[..]));
    // A weak tag never holds for a range, not even the right one.
    let range = [("range", "bytes=4-"), ("if-range", answer.header("etag"))];
    assert_eq!(server.client.get_with(PARQUET, &range).status, 200);
    let known = [("range", "bytes=4-"), ("if-none-match", answer.header("etag"))];
    assert_eq!(server.client.get_with(PARQUET, &known).status, 304);
}

pub fn plain(answer: &Answer) -> Vec<u8> {
    let (mut plain, bytes) = (Vec::new(), &answer.bytes[..]);
    match answer.header("content-encoding") {
        "gzip" => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).map(drop).unwrap(),
        "zstd" => plain = zstd::decode_all(bytes).unwrap(),
        "br" => brotli::BrotliDecompress(&mut &*bytes, &mut plain).unwrap(),
        other => panic!("not compressed: {other:?}"),
    }
    plain
}

#[test]
fn text_is_sent_at_most_three_tenths_as_large() {
    let server = InProcess::start();
    let point =
        |at: i64| json!({"date": 1_714_521_600 + at * 60, "qty": (at * 7919 % 1000) as f64 / 8.0, "source": "Watch"});
    server.client.ingest(&body("step_count", "count", (0..5000).map(point).collect())).expect(200);
    for address in [
        "/api/v1/export/samples?format=csv",
        "/api/v1/export/samples?format=ndjson",
        "/api/v1/data/step_count?limit=5000",
        "/api/v1/data/step_count?limit=5000&format=csv",
        "/api/v1/aggregate/step_count?bucket=15m",
    ] {
        let whole = server.client.get(address);
        assert_eq!(whole.header("content-encoding"), "");
        for encoding in ["gzip", "zstd", "br"] {
            let small = server.client.get_with(address, &[("accept-encoding", encoding)]);
            assert_eq!(small.header("content-encoding"), encoding, "{address}");
            assert_eq!(plain(&small), whole.bytes, "{address} by {encoding}");
            let share = small.bytes.len() as f64 / whole.bytes.len() as f64;
            assert!(share <= 0.3, "{address} by {encoding}: {share}");
        }
    }
    let little = server.client.get_with("/api/v1/data/step_count?limit=1", &[("accept-encoding", "gzip")]);
    assert_eq!((little.header("content-encoding"), little.status), ("", 200));
}
