//! Holds off the server that has no place left for anybody: connections that bring no request are closed, and those beyond
//! the limit at once.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use health_export::http::serve::Listening;
use tokio::sync::oneshot;

use crate::support::{Client, InProcess};

fn address(client: &Client) -> &str {
    client.base().strip_prefix("http://").unwrap()
}

/// Reads until the other side closes; what came, and how long it took.
fn until_closed(mut socket: TcpStream) -> (String, Duration) {
    let begun = Instant::now();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut text = Vec::new();
    // A reset is an end too.
    let _ = socket.read_to_end(&mut text);
    (String::from_utf8_lossy(&text).into_owned(), begun.elapsed())
}

#[test]
fn a_head_that_does_not_come_is_not_waited_for() {
    let server = InProcess::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listening = runtime.block_on(Listening::bind("127.0.0.1:0".parse().unwrap())).unwrap();
    let address = listening.address().unwrap();
    let (_stop, stopped) = oneshot::channel::<()>();
    let impatient = listening.with_head_limit(Duration::from_secs(1));
    runtime.spawn(impatient.serve(server.app.clone(), async move {
        let _ = stopped.await;
    }));
    let connect = || TcpStream::connect(address).unwrap();
    let silent = connect();
    let mut half = connect();
    half.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n").unwrap();
    // A byte at a time buys no time.
    let mut slow = connect();
    let trickling = std::thread::spawn(move || {
        let begun = Instant::now();
        while slow.write_all(b"G").is_ok() && begun.elapsed() < Duration::from_secs(8) {
            std::thread::sleep(Duration::from_millis(100));
        }
        begun.elapsed()
    });
    let mut idle = connect();
    idle.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    for (what, socket) in [("silent", silent), ("half a head", half), ("idle after an answer", idle)] {
        let (text, took) = until_closed(socket);
        assert!(took < Duration::from_secs(4), "{what}: {took:?}");
        assert_eq!(text.starts_with("HTTP/1.1 200"), what.starts_with("idle"), "{what}: {text}");
    }
    let took = trickling.join().unwrap();
    assert!(took < Duration::from_secs(4), "{took:?}");
    runtime.shutdown_timeout(Duration::from_secs(1));
}

#[test]
fn connections_beyond_the_limit_are_closed_at_once_and_those_within_go_on() {
    let server = InProcess::start_with(&[("max_connections", "20")]);
    let address = address(&server.client);
    let open: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
    std::thread::sleep(Duration::from_millis(200));
    let begun = Instant::now();
    for _ in 0..30 {
        let (text, took) = until_closed(TcpStream::connect(address).unwrap());
        assert!(text.is_empty() && took < Duration::from_secs(1), "{took:?} {text}");
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    let mut one = &open[7];
    one.write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let (text, _) = until_closed(one.try_clone().unwrap());
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    drop(open);
    let waited = Instant::now();
    while server.client.fresh().request("GET", "/health/live", &[], b"").is_none() {
        assert!(waited.elapsed() < Duration::from_secs(5), "no place is free again");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(server.client.fresh().get("/metrics").text().contains("health_export_connections_refused_total"));
}
