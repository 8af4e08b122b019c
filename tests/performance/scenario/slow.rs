//! 200 clients that send or read a byte a second, and what the others notice of them.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::task::JoinSet;

use crate::arrival::open_loop;
use crate::asks;
use crate::client::Ask;
use crate::measure::model::Report;
use crate::stage::Stage;

const SLOW: usize = 200;
const RATE: f64 = 50.0;

/// They come one after the other: what many at once do is for `stress` to tell.
const APART: Duration = Duration::from_millis(15);

/// Bytes; the smaller it is, the more of an answer stays with the server.
const RECEIVE_BUFFER: u32 = 4096;

pub async fn run(stage: &Stage) -> Report {
    let mut report = Report::titled("50 requests/s beside 200 clients that send or read a byte a second");
    let key = stage.client.key().to_owned();
    let mut slow = JoinSet::new();
    for number in 0..SLOW {
        slow.spawn(dawdle(stage.client.address, request(stage, &key, number), APART * number as u32));
    }
    let asks: Vec<Ask> = (0..stage.requests(RATE, 12.0)).map(|number| ask(stage, number)).collect();
    let (sent, _) = stage.watched(&mut report, open_loop(&stage.client, "the others", RATE, asks)).await;
    let mut gone = 0;
    while slow.try_join_next().is_some() {
        gone += 1;
    }
    report.notes.push(format!("{gone} of {SLOW} slow clients were sent away meanwhile"));
    slow.abort_all();
    report.take(sent);
    report
}

fn ask(stage: &Stage, number: usize) -> Ask {
    match number % 3 {
        0 => asks::health(number),
        1 => asks::one_day(&stage.world, number),
        _ => asks::year_weekly(&stage.world, number),
    }
}

/// Half of them send; a quarter each read a file and a page of samples. What is sent at once, and what a byte at a time.
fn request(stage: &Stage, key: &str, number: usize) -> (String, String) {
    let head = |line: String| format!("{line} HTTP/1.1\r\nhost: slow\r\nx-api-key: {key}\r\n");
    let path = match number % 4 {
        0 | 1 => {
            let head = head("POST /api/v1/ingest".into());
            return (format!("{head}content-length: 100000\r\n\r\n"), "{".repeat(1_000));
        }
        2 => asks::export(&stage.world, 0, 365, "csv").path,
        _ => format!("/api/v1/data/heart_rate?start={}&limit=5000", stage.world.day(number as i64)),
    };
    (format!("{}\r\n", head(format!("GET {path}"))), String::new())
}

/// Until it is sent away, or aborted.
async fn dawdle(address: SocketAddr, (at_once, slowly): (String, String), after: Duration) -> std::io::Result<()> {
    tokio::time::sleep(after).await;
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
    let mut stream = socket.connect(address).await?;
    stream.write_all(at_once.as_bytes()).await?;
    let mut rest = slowly.bytes();
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        match rest.next() {
            Some(byte) => stream.write_all(&[byte]).await?,
            None => {
                if stream.read(&mut [0]).await? == 0 {
                    return Ok(());
                }
            }
        }
    }
}
