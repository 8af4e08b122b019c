//! Holds off the stream of events that goes on when its key, or its session, has ended.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use health_export::http::patience::Patience;
use health_export::model::key::{Scope, hash};
use health_export::store::codes;
use serde_json::json;

use crate::support::{Client, InProcess, body};

/// Looks on with a line of the head; the events that come, until the other side ends.
fn look_on(address: SocketAddr, shown: &str) -> BufReader<TcpStream> {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        socket,
        "GET /api/v1/requests HTTP/1.1\r\nhost: x\r\n{shown}\r\nconnection: close\r\naccept: text/event-stream\r\n\r\n"
    )
    .unwrap();
    let mut reader = BufReader::new(socket);
    assert!(next_line(&mut reader, "HTTP/1.1").unwrap().contains("200"));
    reader
}

/// The next line that holds a text; none at the end.
fn next_line(reader: &mut BufReader<TcpStream>, text: &str) -> Option<String> {
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(0) | Err(_) => return None,
            Ok(_) if line.contains(text) => return Some(line),
            Ok(_) => {}
        }
    }
}

/// By the same address, which tells of what came by it.
fn deliver(server: &InProcess, address: SocketAddr, at: i64) {
    let point = json!([{"date": 1_700_000_000 + at, "qty": 1, "source": "Watch"}]);
    let client = Client::new(&format!("http://{address}"), Some(&server.key("owner", &[Scope::Ingest])));
    client.ingest(&body("step_count", "count", point)).expect(200);
}

fn revoke(server: &InProcess, key: &str) {
    let hash = hash(key);
    let revoke = "UPDATE api_key SET revoked_at = 1 WHERE hash = ?1";
    let changed = server.app.store.writer().run(move |writing| Ok(writing.connection.execute(revoke, [&hash[..]])?));
    assert_eq!(changed.unwrap(), 1);
}

#[test]
fn nothing_is_told_to_a_key_that_has_ended() {
    let server = InProcess::start();
    // It asks anew so seldom that only the event itself can be what ends it.
    let (address, _stop) = server.listen_with(Patience { proof: Duration::from_secs(600), ..Patience::default() });
    let key = server.key("owner", &[Scope::Admin]);
    let mut events = look_on(address, &format!("x-api-key: {key}"));
    deliver(&server, address, 1);
    assert!(next_line(&mut events, "event: request").is_some());
    revoke(&server, &key);
    deliver(&server, address, 2);
    assert_eq!(next_line(&mut events, "event: request"), None);
}

#[test]
fn a_silent_stream_ends_with_its_key_or_session() {
    let server = InProcess::start();
    let (address, _stop) = server.listen_with(Patience { proof: Duration::from_millis(100), ..Patience::default() });
    let key = server.key("owner", &[Scope::Admin]);
    let code = codes::make_for_owner(&server.app.store, jiff::Timestamp::now().as_second()).unwrap().code;
    let bare = server.client.with_key(None);
    let signed = bare.post("/api/v1/session", &[], json!({"code": code}).to_string().as_bytes());
    let cookie = signed.header("set-cookie").split(';').next().unwrap().to_owned();
    let mut by_key = look_on(address, &format!("x-api-key: {key}"));
    let mut by_session = look_on(address, &format!("cookie: {cookie}"));
    deliver(&server, address, 1);
    assert!(next_line(&mut by_key, "event: request").is_some());
    assert!(next_line(&mut by_session, "event: request").is_some());
    let begun = Instant::now();
    revoke(&server, &key);
    assert_eq!(bare.request("DELETE", "/api/v1/session", &[("cookie", &cookie)], b"").unwrap().status, 204);
    assert_eq!(next_line(&mut by_key, "event: request"), None);
    assert_eq!(next_line(&mut by_session, "event: request"), None);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
