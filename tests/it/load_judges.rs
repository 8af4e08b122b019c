//! Holds off a load suite that passes whatever happens: each of its judges is fed what is broken, and must refuse it. The same
//! with whole scenarios and a broken server is `make load-selftest`.

#[path = "../performance/measure/mod.rs"]
#[allow(dead_code)]
mod measure;

use std::time::Duration;

use hyper::HeaderMap;
use measure::answer::Answer;
use measure::bars::{BARS, Limit};
use measure::baseline::{self, Baseline};
use measure::expect::{Expect, Verdict};
use measure::judge;
use measure::model::{Load, Report, Yardstick};
use measure::slope::slope;
use measure::tally::{Counts, Done};

fn answer(status: u16, headers: &[(&'static str, &str)], body: &[u8]) -> Answer {
    let mut map = HeaderMap::new();
    headers.iter().for_each(|(name, value)| drop(map.insert(*name, value.parse().unwrap())));
    Answer { status, headers: map, wire: body.to_vec() }
}

fn verdict(expect: &Expect, answer: &Answer) -> Verdict {
    expect.judge(answer, &answer.body())
}

fn kind(expect: &Expect, answer: &Answer) -> &'static str {
    match verdict(expect, answer) {
        Verdict::Failure { kind, .. } => kind,
        Verdict::Success => "success",
        Verdict::Shed => "shed",
    }
}

#[test]
fn a_list_is_right_only_with_all_of_its_entries() {
    let expect = Expect::List { name: "points", entries: 2 };
    let judged = |status, body: &str| kind(&expect, &answer(status, &[], body.as_bytes()));
    assert_eq!(judged(200, r#"{"metric":"x","points":[{"a":[1]},{}]}"#), "success");
    for wrong in [
        r#"{"metric":"x","points":[{}]}"#,
        r#"{"points":[{},{},{}]}"#,
        r#"{"points":[{},{}]"#,
        r#"{"points":[{},{}]}}"#,
        r#"{"points":[{},{}],"points":[{},{}]}"#,
        r#"{"samples":[{},{}]}"#,
        r#"[{},{}]"#,
        "",
    ] {
        assert_eq!(judged(200, wrong), "body", "{wrong}");
    }
    for status in [201, 204, 206, 304, 404, 500, 503] {
        assert_eq!(judged(status, r#"{"points":[{},{}]}"#), "status", "{status}");
    }
    let counted = Expect::Counted { text: "\"start\"", times: 2 };
    let judged = |body: &str| kind(&counted, &answer(200, &[], body.as_bytes()));
    assert_eq!(judged(r#"{"points":[{"start":1},{"start":2}]}"#), "success");
    assert_eq!(judged(r#"{"points":[{"start":1}]}"#), "body");
    assert_eq!(judged(r#"{"points":[{"start":1},{"start":2"#), "body");
}

#[test]
fn files_are_right_only_when_they_are_whole() {
    let csv = Expect::Csv { rows: 2 };
    let judged = |body: &str| kind(&csv, &answer(200, &[], body.as_bytes()));
    assert_eq!(judged("a,b,c,d,e\n1,2,3,4,5\n1,2,3,4,5\n"), "success");
    for wrong in ["a,b,c,d,e\n1,2,3,4,5\n", "a,b,c,d,e\n1,2,3,4,5\n1,2,3", "a\n1\n2\n", ""] {
        assert_eq!(judged(wrong), "body", "{wrong:?}");
    }
    let ndjson = Expect::Ndjson { rows: 2 };
    assert_eq!(kind(&ndjson, &answer(200, &[], b"{}\n{}\n")), "success");
    assert_eq!(kind(&ndjson, &answer(200, &[], b"{}\n")), "body");
    assert_eq!(kind(&ndjson, &answer(200, &[], b"{}\n{")), "body");
    let body = b"PAR1 and so on PAR1";
    let length = body.len().to_string();
    let headers = [("content-length", length.as_str())];
    assert_eq!(kind(&Expect::Parquet, &answer(200, &headers, body)), "success");
    assert_eq!(kind(&Expect::Parquet, &answer(200, &[], body)), "body");
    assert_eq!(kind(&Expect::Parquet, &answer(200, &headers, &body[..15])), "body");
    let compressed = zstd::encode_all(&body[..], 1).unwrap();
    let headers = [("content-length", length.as_str()), ("content-encoding", "zstd")];
    assert_eq!(kind(&Expect::Parquet, &answer(200, &headers, &compressed)), "body");
}

#[test]
fn a_body_counts_without_its_encoding() {
    let expect = Expect::Healthy;
    let body = br#"{"status":"ok"}"#;
    let compressed = zstd::encode_all(&body[..], 1).unwrap();
    assert_eq!(kind(&expect, &answer(200, &[("content-encoding", "zstd")], &compressed)), "success");
    assert_eq!(kind(&expect, &answer(200, &[("content-encoding", "zstd")], &compressed[..8])), "encoding");
    assert_eq!(kind(&expect, &answer(200, &[("content-encoding", "gzip")], &compressed)), "encoding");
    assert_eq!(kind(&expect, &answer(200, &[("content-encoding", "odd")], body)), "encoding");
    assert_eq!(kind(&expect, &answer(200, &[], &compressed)), "body");
    assert_eq!(kind(&expect, &answer(200, &[], br#"{"status":"ill"}"#)), "body");
}

#[test]
fn a_receipt_must_say_that_every_point_was_stored() {
    let receipt = |stored: u64, quarantined: u64| {
        let unchanged = 5 - stored - quarantined;
        let text = format!(
            r#"{{"received":5,"stored":{stored},"updated":0,"unchanged":{unchanged},"quarantined":{quarantined}}}"#
        );
        answer(200, &[], text.as_bytes())
    };
    let stored = Expect::Stored { points: 5 };
    assert_eq!(kind(&stored, &receipt(5, 0)), "success");
    assert_eq!(kind(&stored, &receipt(4, 0)), "body");
    assert_eq!(kind(&stored, &receipt(4, 1)), "body");
    assert_eq!(kind(&Expect::Unchanged { points: 5 }, &receipt(0, 0)), "success");
    assert_eq!(kind(&Expect::Unchanged { points: 5 }, &receipt(5, 0)), "body");
}

#[test]
fn a_304_is_right_only_empty_and_under_the_same_tag() {
    let tag = "W/\"1\"".to_owned();
    let same = Expect::NotModified { tag: tag.clone() };
    assert_eq!(kind(&same, &answer(304, &[("etag", &tag)], b"")), "success");
    assert_eq!(kind(&same, &answer(304, &[("etag", "W/\"2\"")], b"")), "revalidation");
    assert_eq!(kind(&same, &answer(304, &[], b"")), "revalidation");
    assert_eq!(kind(&same, &answer(304, &[("etag", &tag)], b"x")), "revalidation");
    assert_eq!(kind(&same, &answer(200, &[("etag", &tag)], b"{}")), "revalidation");
    let either = Expect::Revalidated { tag: tag.clone(), otherwise: Box::new(Expect::Healthy) };
    let body = br#"{"status":"ok"}"#;
    assert_eq!(kind(&either, &answer(304, &[("etag", &tag)], b"")), "success");
    assert_eq!(kind(&either, &answer(200, &[("etag", "W/\"2\"")], body)), "success");
    assert_eq!(kind(&either, &answer(200, &[("etag", &tag)], body)), "tag");
    assert_eq!(kind(&either, &answer(200, &[], body)), "tag");
    assert_eq!(kind(&either, &answer(500, &[], b"")), "status");
    assert_eq!(kind(&either, &answer(200, &[("etag", "W/\"2\"")], b"{}")), "body");
}

#[test]
fn a_refusal_is_never_a_success() {
    for expect in [Expect::Healthy, Expect::Stored { points: 1 }, Expect::NotModified { tag: "\"1\"".into() }] {
        assert_eq!(verdict(&expect, &answer(429, &[("retry-after", "2")], b"")), Verdict::Shed);
        for headers in [&[][..], &[("retry-after", "0")], &[("retry-after", "soon")]] {
            assert_eq!(kind(&expect, &answer(429, headers, b"")), "retry-after");
        }
    }
    let mut counts = Counts::default();
    let done = |answer| Done { name: "x", expect: Expect::Healthy, took: Duration::from_millis(3), answer };
    counts.add(&done(Ok(answer(429, &[("retry-after", "2")], b""))));
    counts.add(&done(Ok(answer(200, &[], br#"{"status":"ok"}"#))));
    counts.add(&done(Err(("timeout", "no answer".into()))));
    counts.add(&done(Ok(answer(500, &[], b"oh"))));
    let load = &counts.loads("all", 2.0)[0];
    assert_eq!((load.requests, load.successes, load.shed, load.failed()), (4, 1, 1, 2));
    assert_eq!((load.success_rate(), load.per_second), (25.0, 0.5));
    assert!(load.failures["status"].example.contains("oh"));
}

#[test]
fn every_bar_can_be_missed_and_what_was_not_measured_misses_it() {
    for bar in BARS {
        assert!(!judge::against(bar, None).passed, "{}", bar.id);
        assert!(!judge::against(bar, Some(f64::NAN)).passed, "{}", bar.id);
        let (worse, better) = match bar.limit {
            Limit::Under(limit) => (limit, limit - 0.01),
            Limit::AtMost(limit) => (limit + 0.01, limit),
            Limit::AtLeast(limit) => (limit - 0.01, limit),
        };
        let missed = judge::against(bar, Some(worse));
        assert!(!missed.passed && missed.words.starts_with("MISSED"), "{}", bar.id);
        assert!(judge::against(bar, Some(better)).passed, "{}", bar.id);
    }
    let ids: std::collections::BTreeSet<&str> = BARS.iter().map(|bar| bar.id).collect();
    assert_eq!(ids.len(), BARS.len(), "a bar is in the table twice");
}

#[test]
fn a_run_without_figures_or_with_a_lagging_client_has_failed() {
    let mut report = Report::default();
    assert!(!judge::passed(&report), "nothing was judged");
    report.judgements = judge::judge("health", &report, false);
    assert!(!report.judgements.is_empty() && !judge::passed(&report));
    report.figures = [("failures", 0.0), ("p99_ms", 3.0)].map(|(name, value)| (name.to_owned(), value)).into();
    report.judgements = judge::judge("health", &report, false);
    assert!(judge::passed(&report));
    report.invalid.push("the client kept no schedule".into());
    assert!(!judge::passed(&report));
    let small = judge::judge("health", &report, true);
    assert!(small.len() < report.judgements.len() && !small.is_empty(), "bars of speed are for two cores");
}

#[test]
fn growth_is_found_by_least_squares() {
    let line: Vec<(f64, f64)> = (0..100).map(|at| (f64::from(at) / 10.0, 80.0 + 2.5 * f64::from(at) / 10.0)).collect();
    assert!((slope(&line).unwrap() - 2.5).abs() < 1e-9);
    let noisy: Vec<(f64, f64)> = (0..100).map(|at| (f64::from(at), 80.0 + f64::from(at % 2))).collect();
    assert!(slope(&noisy).unwrap().abs() < 0.01);
    assert_eq!(slope(&line[..2]), None);
    assert_eq!(slope(&[(1.0, 1.0); 5]), None, "all at one time");
}

#[test]
fn a_slower_machine_is_no_regression_and_a_slower_program_is() {
    let report = |p50: f64, yardstick: f64| Report {
        loads: vec![Load { name: "reads".into(), successes: 9, p50, ..Load::default() }],
        figures: [("cached_per_s".to_owned(), 10_000.0 / p50)].into(),
        yardstick: Yardstick { sha256_ms: yardstick, inserts_ms: 1.0 },
        ..Report::default()
    };
    let results = measure::model::Results {
        scenarios: [("most".to_owned(), report(10.0, 20.0))].into(),
        ..measure::model::Results::default()
    };
    let known = baseline::of(&results);
    let slower = |p50, yardstick| baseline::regressions("most", &report(p50, yardstick), &known, 1.5);
    assert!(slower(10.0, 20.0).is_empty() && slower(14.0, 20.0).is_empty());
    assert!(slower(30.0, 60.0).is_empty(), "the machine is slower, not the program");
    assert_eq!(slower(16.0, 20.0).len(), 1, "a rate of one in a millisecond and a half is the client's clock");
    assert_eq!(slower(10.0, 10.0).len(), 1);
    let gone = Report { loads: vec![], figures: [].into(), ..report(10.0, 20.0) };
    assert_eq!(baseline::regressions("most", &gone, &known, 1.5).len(), 2, "what is no longer measured is told");
    assert!(baseline::regressions("most", &report(90.0, 1.0), &Baseline::new(), 1.5).is_empty());
}
