//! What systemd hears of the real binary, over a socket that is systemd's for the test: that it is ready when it is, that
//! it lives while its writer answers and no longer, and that it stops.

use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::support::{Client, RealServer, command};

/// The time in which systemd wants to hear something; the server tells twice in it.
const ALLOWED: Duration = Duration::from_secs(2);

/// A server, and what it says.
struct Told {
    server: RealServer,
    socket: UnixDatagram,
}

impl Told {
    fn start(data_dir: &Path) -> Told {
        let place = data_dir.with_extension("socket");
        let socket = UnixDatagram::bind(&place).unwrap();
        let mut process = command(data_dir)
            .args(["serve", "--listen", "127.0.0.1:0", "--home-zone", "UTC"])
            .env("NOTIFY_SOCKET", &place)
            .env("WATCHDOG_USEC", ALLOWED.as_micros().to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
        let base = line.split_whitespace().last().unwrap().to_owned();
        Told { server: RealServer { process, base }, socket }
    }

    /// The next message within that time.
    fn hear(&self, within: Duration) -> Option<String> {
        let mut message = [0; 1024];
        self.socket.set_read_timeout(Some(within)).unwrap();
        let bytes = self.socket.recv(&mut message).ok()?;
        Some(String::from_utf8(message[..bytes].to_vec()).unwrap())
    }

    /// Hears messages until one has `wanted` in it.
    #[track_caller]
    fn hear_of(&self, wanted: &str, within: Duration) -> String {
        let until = Instant::now() + within;
        loop {
            let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            match self.hear(left) {
                Some(message) if message.contains(wanted) => return message,
                Some(_) => {}
                None => panic!("no {wanted} within {within:?}"),
            }
        }
    }
}

#[test]
fn systemd_hears_of_the_start_of_life_and_of_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let mut told = Told::start(&folder.path().join("data"));
    let ready = told.hear_of("READY=1", Duration::from_secs(10));
    assert!(ready.contains(&format!("STATUS=listening on {}", told.server.base)), "{ready}");
    assert_eq!(Client::new(&told.server.base, None).get("/health/ready").status, 200, "ready means that it answers");
    for _ in 0..3 {
        told.hear_of("WATCHDOG=1", ALLOWED);
    }
    let pid = told.server.process.id().to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    told.hear_of("STOPPING=1", Duration::from_secs(5));
    assert!(told.server.process.wait().unwrap().success());
}

#[test]
fn a_writer_that_does_not_answer_starves_the_watchdog() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let told = Told::start(&data_dir);
    told.hear_of("WATCHDOG=1", Duration::from_secs(10));
    let other = Connection::open(data_dir.join("health.db")).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    // What was on its way when the writer was held up is no sign of life.
    while told.hear(Duration::from_millis(200)).is_some() {}
    assert_eq!(told.hear(ALLOWED * 2), None, "it is fed although the writer is held up");
    assert_eq!(Client::new(&told.server.base, None).get("/health/live").status, 200, "all else goes on");
    other.execute_batch("COMMIT").unwrap();
    told.hear_of("WATCHDOG=1", ALLOWED);
}

#[test]
fn without_systemd_nothing_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = RealServer::start(&folder.path().join("data"));
    assert_eq!(Client::new(&server.base, None).get("/health/ready").status, 200);
}
