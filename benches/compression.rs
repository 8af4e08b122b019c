//! What each coding makes of real answers at each level, against a copy of their bytes.
//!
//! Read it on one core: `taskset -c 0 make bench BENCH=compression`.

use std::time::{Duration, Instant};

use health_export::http::coding::Coding;
use health_export::http::serve::Listening;
use health_export::model::key::{Scope, hash, new_secret};
use health_export::store::keys::{self, NewKey};
use health_export::synth::random::Random;

use crate::support::{ASKED, Bench, FROM, deliver, sample};

const DAY: i64 = 86_400;
const YEARS: i64 = 10;

const LEVELS: [(Coding, &[i32]); 3] =
    [(Coding::Zstd, &[1, 3, 5, 9]), (Coding::Brotli, &[1, 3, 4, 5]), (Coding::Gzip, &[1, 4, 6])];

/// A time is the best of so many.
const ROUNDS: usize = 9;

pub fn run() {
    let bench = Bench::start(2);
    fill(&bench);
    for (name, body) in answers(&bench) {
        println!(
            "\n### {name}, {} kB\n\n| | kB | smaller by | ms | x a copy |\n|---|---:|---:|---:|---:|",
            body.len() / 1000
        );
        let copy = best(|| body.to_vec());
        row("a copy", &body, copy, copy);
        for (coding, levels) in LEVELS {
            for level in levels {
                let time = best(|| coding.encode(&body, *level).expect("an encoding"));
                let used = if *level == coding.level() { "**" } else { "" };
                row(&format!("{used}{} {level}{used}", coding.as_str()), &body, time, copy);
            }
        }
    }
}

/// Prints a line of the table.
fn row(name: &str, body: &[u8], (time, bytes): (Duration, usize), (copy, _): (Duration, usize)) {
    let saved = 100.0 * (1.0 - bytes as f64 / body.len() as f64);
    let ms = time.as_secs_f64() * 1e3;
    println!("| {name} | {:.1} | {saved:.1} % | {ms:.2} | {:.0} |", bytes as f64 / 1e3, ms / copy.as_secs_f64() / 1e3);
}

/// The shortest time, and the bytes that came out.
fn best(mut run: impl FnMut() -> Vec<u8>) -> (Duration, usize) {
    let timed = |run: &mut dyn FnMut() -> Vec<u8>| {
        let begun = Instant::now();
        let made = std::hint::black_box(run());
        (begun.elapsed(), made.len())
    };
    (0..ROUNDS).map(|_| timed(&mut run)).min().unwrap_or_default()
}

/// Two samples a day for ten years, and one day of a watch.
fn fill(bench: &Bench) {
    let mut random = Random::new(7);
    let mut value = |from: f64, to: f64| (random.between(from, to) * 100.0).round() / 100.0;
    let days = 0..2 * 365 * YEARS;
    let history = days.map(|at| sample(FROM + at * DAY / 2, 0, value(45.0, 150.0), 0)).collect();
    deliver(&bench.app.store, "resting_heart_rate", "count/min", history);
    let day = (0..900).map(|at| sample(FROM + at * 96, 0, value(45.0, 150.0), 0)).collect();
    deliver(&bench.app.store, ASKED, "count/min", day);
}

/// Bodies as a client gets them, uncompressed.
fn answers(bench: &Bench) -> Vec<(&'static str, Vec<u8>)> {
    let secret = new_secret().expect("random bits");
    let (name, scopes) = (String::from("bench"), vec![Scope::Read, Scope::Export]);
    let key = NewKey { user: "owner".into(), name, scopes, hash: hash(&secret), created_at: 0, expires_at: None };
    bench.app.store.writer().run(move |writing| keys::create(writing.connection, &key)).expect("a key");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let listening = runtime.block_on(Listening::bind(any)).expect("a socket");
    let base = format!("http://{}", listening.address().expect("an address"));
    runtime.spawn(listening.serve(bench.app.clone(), std::future::pending()));
    [
        ("Ten years by day, JSON", "/api/v1/aggregate/resting_heart_rate?bucket=day"),
        ("A day of samples, JSON", "/api/v1/data/heart_rate"),
        ("A day of samples, CSV", "/api/v1/data/heart_rate?format=csv"),
        ("Ten years of samples, NDJSON download", "/api/v1/export/samples?metric=resting_heart_rate&format=ndjson"),
    ]
    .map(|(name, address)| {
        let request = ureq::get(format!("{base}{address}")).header("x-api-key", &secret);
        let mut answer = request.call().expect("an answer");
        (name, answer.body_mut().read_to_vec().expect("a body"))
    })
    .into()
}
