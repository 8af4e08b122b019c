//! Holds off whoever keeps a place, memory or a thread of the server by doing nothing: bodies that do not come, answers that
//! are not read; and takes care of the honest client that only ends its side early.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use health_export::http::patience::Patience;
use health_export::model::key::Scope;

use crate::support::InProcess;

const SECOND: Duration = Duration::from_secs(1);

fn impatient() -> Patience {
    Patience { unknown: SECOND, silence: SECOND, writing: SECOND, half_closed: SECOND, ..Patience::default() }
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    socket
}

/// What came until the other side closed, and how long that took.
fn until_closed(mut socket: TcpStream) -> (String, Duration) {
    let begun = Instant::now();
    let mut text = Vec::new();
    // A reset is an end too.
    let _ = socket.read_to_end(&mut text);
    (String::from_utf8_lossy(&text).into_owned(), begun.elapsed())
}

#[test]
fn a_small_body_that_does_not_come_is_not_waited_for() {
    let server = InProcess::start();
    let (address, _stop) = server.listen_with(impatient());
    let key = server.key("owner", &[Scope::Admin]);
    let wanted = [
        ("POST", "/api/v1/session", ""),
        ("POST", "/api/v1/session", "he_wrong"),
        ("POST", "/api/v1/people", &key),
        ("PUT", "/api/v1/people/1", &key),
        ("POST", "/api/v1/codes", &key),
        ("POST", "/api/v1/keys", &key),
        ("PUT", "/api/v1/sources", &key),
        ("PUT", "/api/v1/settings", &key),
        ("POST", "/api/v1/deletions", &key),
    ];
    let begin = |(method, path, key): &(&str, &str, &str)| {
        let mut socket = connect(address);
        write!(socket, "{method} {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: 60000\r\n\r\n{{")
            .unwrap();
        socket
    };
    let begun: Vec<TcpStream> = wanted.iter().map(begin).collect();
    for ((method, path, _), socket) in wanted.iter().zip(begun) {
        let (text, took) = until_closed(socket);
        assert!(took < Duration::from_secs(8), "{method} {path}: {took:?}");
        assert!(text.starts_with("HTTP/1.1 400") && text.contains("stopped coming"), "{method} {path}: {text}");
    }
}

#[test]
fn who_shows_no_key_gains_nothing_by_a_byte_at_a_time() {
    let server = InProcess::start();
    let (address, _stop) = server.listen_with(Patience { silence: Duration::from_secs(60), ..impatient() });
    let mut socket = connect(address);
    write!(socket, "POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n").unwrap();
    let mut sending = socket.try_clone().unwrap();
    let trickling = std::thread::spawn(move || {
        while sending.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(100));
        }
    });
    let (_, took) = until_closed(socket);
    assert!(took < Duration::from_secs(8), "{took:?}");
    trickling.join().unwrap();
}

#[test]
fn a_body_that_comes_in_time_is_read_whole_however_it_is_cut() {
    let server = InProcess::start();
    let mut socket = connect(server.client.base().strip_prefix("http://").unwrap().parse().unwrap());
    write!(
        socket,
        "POST /api/v1/session HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    .unwrap();
    for letter in "{\"key\":\"he_wrong\"}".chars() {
        write!(socket, "1\r\n{letter}\r\n").unwrap();
        socket.flush().unwrap();
    }
    socket.write_all(b"0\r\n\r\n").unwrap();
    assert!(until_closed(socket).0.starts_with("HTTP/1.1 401"));
}

#[test]
fn who_does_not_read_is_disconnected() {
    let server = InProcess::start();
    let (address, _stop) = server.listen_with(impatient());
    let asked = 400;
    let mut socket = connect(address);
    socket.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
    // What the server cannot write it does not read either, so not all of these need arrive.
    for _ in 0..asked {
        if socket.write_all(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n").is_err() {
            break;
        }
    }
    std::thread::sleep(Duration::from_secs(4));
    let (text, took) = until_closed(socket);
    assert!(took < Duration::from_secs(15), "{took:?}");
    assert!(text.matches("HTTP/1.1 200").count() < asked, "every answer was kept for it");
}

#[test]
fn who_reads_slowly_is_not() {
    let server = InProcess::start();
    let (address, _stop) = server.listen_with(impatient());
    let mut socket = connect(address);
    for _ in 0..40 {
        socket.write_all(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\naccept-encoding: identity\r\n\r\n").unwrap();
    }
    socket.shutdown(Shutdown::Write).unwrap();
    let (mut text, mut piece) = (Vec::new(), vec![0; 512 << 10]);
    loop {
        match socket.read(&mut piece).unwrap() {
            0 => break,
            read => text.extend_from_slice(&piece[..read]),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(String::from_utf8_lossy(&text).matches("HTTP/1.1 200").count(), 40);
}

#[test]
fn who_ends_their_side_after_sending_is_answered() {
    let server = InProcess::start();
    let address: SocketAddr = server.client.base().strip_prefix("http://").unwrap().parse().unwrap();
    let key = server.key("owner", &[Scope::Ingest, Scope::Read]);
    let body = r#"{"data":{"metrics":[{"name":"step_count","units":"count","data":[{"date":1700000000,"qty":5,"source":"W"}]}]}}"#;
    let length = body.len();
    let requests = [
        format!(
            "POST /api/v1/ingest HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-length: {length}\r\n\r\n{body}"
        ),
        format!("GET /api/v1/data/step_count HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n\r\n"),
        "GET /health HTTP/1.1\r\nhost: x\r\n\r\n".into(),
        "GET /health HTTP/1.1\r\nhost: x\r\n\r\nGET /health/live HTTP/1.1\r\nhost: x\r\n\r\n".into(),
    ];
    for request in requests {
        let mut socket = connect(address);
        socket.write_all(request.as_bytes()).unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        let (text, _) = until_closed(socket);
        assert_eq!(text.matches("HTTP/1.1 200").count(), request.matches("HTTP/1.1").count(), "{request}\n{text}");
    }
}

#[test]
fn a_request_id_of_a_client_is_kept_when_it_is_a_short_one() {
    let server = InProcess::start();
    let id =
        |sent: &str| server.client.get_with("/health", &[("x-request-id", sent)]).header("x-request-id").to_owned();
    let (longest, long) = ("a".repeat(64), "a".repeat(65));
    for kept in ["a", "0", "6f1c2a00-1111-4222-8333-944444444444", &longest] {
        assert_eq!(id(kept), kept);
    }
    for (at, other) in ["a b", "a\"b", "x_y", "ä", &long, &"a".repeat(12_000)].into_iter().enumerate() {
        assert_eq!(id(other).len(), 36, "{at}");
    }
    let two = server.client.get_with("/health", &[("x-request-id", "a"), ("x-request-id", "b")]);
    assert_eq!(two.header("x-request-id").len(), 36);
}
