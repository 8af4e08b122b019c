//! Holds off the phone that gets no answer, the acknowledged delivery that is lost, and the machine that runs out of memory
//! when more comes at once than can be stored: room is bounded, and whoever finds none is told when to come back.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::counts::count;
use crate::support::memory::peak;
use crate::support::problems::refusal;
use crate::support::{Answer, Client, InProcess, RealServer, body};

const MEGABYTE: usize = 1 << 20;

/// A metric of its own, so that what is stored of a delivery can be told.
fn delivery(number: usize, points: usize) -> String {
    let point = |at: usize| json!({"date": 1_500_000_000 + at * 60, "qty": at, "source": "Robin\u{2019}s Watch"});
    body(&format!("made_up_{number}"), "things", (0..points).map(point).collect()).to_string()
}

/// Samples by metric.
fn stored(client: &Client) -> BTreeMap<String, u64> {
    let metrics = client.get("/api/v1/metrics").expect(200);
    let named = |metric: &Value| (metric["name"].as_str().unwrap().to_owned(), count(metric, "count"));
    metrics["metrics"].as_array().unwrap().iter().map(named).collect()
}

fn deliveries(client: &Client) -> Vec<Value> {
    client.get("/api/v1/deliveries?limit=1000").expect(200)["deliveries"].as_array().unwrap().clone()
}

/// A post whose body is written by the caller, or not.
fn begin(base: &str, key: &str, framing: &str) -> TcpStream {
    let mut socket = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "POST /api/v1/ingest HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\nconnection: close\r\n{framing}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).unwrap();
    socket
}

fn announcing(base: &str, key: &str, bytes: usize) -> TcpStream {
    begin(base, key, &format!("content-length: {bytes}"))
}

fn answer(mut socket: TcpStream) -> String {
    let mut text = String::new();
    socket.read_to_string(&mut text).unwrap();
    text
}

/// Files of the process that have no name any more: spooled bodies.
fn nameless_files(process: u32) -> usize {
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().flatten();
    let targets = files.filter_map(|file| std::fs::read_link(file.path()).ok());
    targets.filter(|target| target.to_string_lossy().ends_with("(deleted)")).count()
}

#[track_caller]
fn wait_until(what: &str, longest: Duration, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < longest, "not within {longest:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Posts all of them at the same moment.
fn post_at_once(client: &Client, bodies: &[String]) -> Vec<Answer> {
    let together = Barrier::new(bodies.len());
    let post = |body: &String| {
        let (client, length) = (client.fresh(), body.len().to_string());
        together.wait();
        client.post("/api/v1/ingest", &[("content-length", &length)], body.as_bytes())
    };
    let post = &post;
    std::thread::scope(|scope| {
        let posting: Vec<_> = bodies.iter().map(|body| scope.spawn(move || post(body))).collect();
        posting.into_iter().map(|posting| posting.join().unwrap()).collect()
    })
}

#[test]
fn of_two_hundred_at_once_each_is_stored_or_told_when_to_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let tiny = ["--upload-memory-mb", "1", "--upload-disk-mb", "3", "--max-body-mb", "3"];
    let server = RealServer::start_with(folder.path(), &tiny);
    let client = Client::new(&server.base, Some(&key));
    let points = |number: usize| if number.is_multiple_of(4) { 20_000 } else { 50 };
    let bodies: Vec<String> = (0..200).map(|number| delivery(number, points(number))).collect();
    assert!(bodies[0].len() > MEGABYTE && bodies[0].len() < 3 * MEGABYTE);
    let answers = post_at_once(&client, &bodies);

    let mut accepted = BTreeMap::new();
    for (number, answer) in answers.iter().enumerate() {
        match answer.status {
            200 => drop(accepted.insert(format!("made_up_{number}"), points(number) as u64)),
            429 => {
                let seconds: u64 = answer.header("retry-after").parse().unwrap();
                assert!((1..=60).contains(&seconds), "{seconds}");
                let detail = answer.problem(429);
                assert!(detail.contains("second"), "{detail}");
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    println!("{} of 200 were stored", accepted.len());
    assert!(accepted.len() >= 150 && accepted.len() < 200, "{} were stored", accepted.len());
    assert_eq!(stored(&client), accepted);
    assert_eq!(deliveries(&client).len(), accepted.len());
    assert_eq!(nameless_files(server.process.id()), 0);
    assert!(peak(server.process.id()) < 200 * MEGABYTE, "{} MB", peak(server.process.id()) / MEGABYTE);

    // Whoever comes back as told is stored.
    for (number, body) in bodies.iter().enumerate().filter(|(at, _)| answers[*at].status == 429) {
        let receipt = client.post("/api/v1/ingest", &[], body.as_bytes()).expect(200);
        assert_eq!(count(&receipt, "stored"), points(number) as u64);
    }
    assert_eq!(stored(&client).len(), 200);
}

#[test]
fn deliveries_of_a_hundred_thousand_points_at_once_take_bounded_memory() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    let bodies: Vec<String> = (0..12).map(|number| delivery(number, 100_000)).collect();
    for answer in post_at_once(&client, &bodies) {
        assert_eq!(count(&answer.expect(200), "stored"), 100_000);
    }
    let peak = peak(server.process.id()) / MEGABYTE;
    println!("at most {peak} MB resident");
    assert!(peak < 200, "{peak} MB");
}

#[test]
fn senders_who_stall_hold_nobody_up_and_are_given_up() {
    let server = InProcess::start_with(&[("upload_memory_mb", "1"), ("upload_disk_mb", "64")]);
    let key = server.key("owner", &[health_export::model::key::Scope::Ingest]);
    let begun = Instant::now();
    let stalled: Vec<TcpStream> = (0..100)
        .map(|at| {
            let mut socket = announcing(server.client.base(), &key, if at % 2 == 0 { 60 * MEGABYTE } else { 50_000 });
            socket.write_all(&vec![b' '; 40_000]).unwrap();
            socket
        })
        .collect();
    std::thread::sleep(Duration::from_millis(200));
    for number in 0..20 {
        let points = if number % 5 == 0 { 20_000 } else { 10 };
        let receipt = server.client.post("/api/v1/ingest", &[], delivery(number, points).as_bytes()).expect(200);
        assert_eq!(count(&receipt, "stored"), points as u64);
    }
    assert!(begun.elapsed() < Duration::from_secs(15), "it took {:?}", begun.elapsed());
    let waited = Instant::now();
    for socket in stalled {
        let text = answer(socket);
        assert!(text.starts_with("HTTP/1.1 400 ") && text.contains("stopped coming"), "{text}");
    }
    assert!(waited.elapsed() < Duration::from_secs(45), "they were held for {:?}", waited.elapsed());
    assert_eq!(deliveries(&server.client).len(), 20);
}

#[test]
fn a_body_of_unknown_length_over_the_limit_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let server = RealServer::start_with(folder.path(), &["--max-body-mb", "3"]);
    let mut socket = begin(&server.base, &key, "transfer-encoding: chunked");
    for _ in 0..5 {
        socket.write_all(&[format!("{MEGABYTE:x}\r\n").as_bytes(), &vec![b' '; MEGABYTE], b"\r\n"].concat()).unwrap();
    }
    socket.write_all(b"0\r\n\r\n").unwrap();
    let text = answer(socket);
    assert!(text.starts_with("HTTP/1.1 413 "), "{text}");
    wait_until("the file is gone", Duration::from_secs(5), || nameless_files(server.process.id()) == 0);
}

/// Begins large deliveries and waits until their files are there.
fn begin_spooled(server: &RealServer, key: &str, bodies: usize) -> Vec<TcpStream> {
    let begin = |_| {
        let mut socket = announcing(&server.base, key, 10 * MEGABYTE);
        socket.write_all(&vec![b'['; 5 * MEGABYTE]).unwrap();
        socket
    };
    let sockets = (0..bodies).map(begin).collect();
    let process = server.process.id();
    wait_until("bodies are in files", Duration::from_secs(10), || nameless_files(process) == bodies);
    sockets
}

/// What lies in the folder of temporary files, at any depth.
fn temporary_files(data_dir: &Path) -> Vec<String> {
    fn below(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path().is_dir() {
                true => below(&entry.path(), found),
                false => found.push(entry.path().display().to_string()),
            }
        }
    }
    let mut found = Vec::new();
    below(&data_dir.join("tmp"), &mut found);
    found
}

#[test]
fn a_sender_who_hangs_up_in_the_middle_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let server = RealServer::start(folder.path());
    let senders = begin_spooled(&server, &key, 3);
    assert_eq!(temporary_files(folder.path()), [""; 0], "a body has a name");
    drop(senders);
    let process = server.process.id();
    wait_until("the files are gone", Duration::from_secs(5), || nameless_files(process) == 0);
    assert_eq!(deliveries(&Client::new(&server.base, Some(&key))), Vec::<Value>::new());
}

#[test]
fn a_kill_in_the_middle_of_uploads_leaves_nothing_to_clean() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let mut server = RealServer::start(folder.path());
    let small = Client::new(&server.base, Some(&key)).post("/api/v1/ingest", &[], delivery(0, 5).as_bytes());
    small.expect(200);
    let _senders = begin_spooled(&server, &key, 3);
    server.process.kill().unwrap();
    server.process.wait().unwrap();
    assert_eq!(temporary_files(folder.path()), [""; 0]);
    let server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    assert_eq!(deliveries(&client).len(), 1);
    let receipt = client.post("/api/v1/ingest", &[], delivery(1, 20_000).as_bytes()).expect(200);
    assert_eq!(count(&receipt, "stored"), 20_000);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_bomb_counts_to_the_byte_and_costs_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let key = RealServer::create_key(folder.path(), "ingest,read");
    let server = RealServer::start(folder.path());
    let client = Client::new(&server.base, Some(&key));
    client.get("/health").expect(200);
    let before = peak(server.process.id());
    let post = |bytes: &[u8]| client.post("/api/v1/ingest", &[("content-encoding", "gzip")], &gzip(bytes));
    let mut body = br#"{"data":{}}"#.to_vec();
    body.resize(64 * MEGABYTE + 1, b' ');
    post(&body).problem(413);
    post(&vec![b' '; 600 * MEGABYTE]).problem(413);
    let grown = (peak(server.process.id()) - before) / MEGABYTE;
    assert!(grown < 32, "grown by {grown} MB");
    body.pop();
    post(&body).expect(200);
}

#[test]
fn a_folder_that_cannot_be_written_refuses_large_deliveries_with_a_sentence_and_loses_nothing() {
    let server = InProcess::start();
    let tmp = server.data_dir.path().join("tmp");
    let small = || server.client.post("/api/v1/ingest", &[], delivery(0, 5).as_bytes());
    let large = || server.client.post("/api/v1/ingest", &[], delivery(1, 20_000).as_bytes());
    small().expect(200);
    std::fs::remove_dir_all(&tmp).unwrap();
    large().expect(200);
    std::fs::remove_dir_all(&tmp).unwrap();
    std::fs::write(&tmp, "in the way").unwrap();
    let detail = refusal(&server, &large(), 503, "unavailable");
    assert!(detail.contains("temporary files") && detail.contains("nothing was stored"), "{detail}");
    assert_eq!(count(&small().expect(200), "unchanged"), 5);
    std::fs::remove_file(&tmp).unwrap();
    assert_eq!(count(&large().expect(200), "unchanged"), 20_000);
    assert_eq!(deliveries(&server.client).len(), 4);
}
