//! Bodies as they come, and how long for. What is refused is read away: a server that answers and closes while the body is still coming resets the
//! connection, and the sender sees "connection lost" in place of the reason.

use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use bytes::Bytes;
use futures::stream::{self, Stream, StreamExt};

use crate::error::{Error, Result};

/// Most bytes that are read away, and the longest that it may take: the answer is for honest senders.
const MOST: u64 = 64 << 20;
const LONGEST: Duration = Duration::from_secs(10);

/// The same for a sender who has shown a key, may be on a slow line, and has begun to be read.
const MOST_BEGUN: u64 = 512 << 20;
const LONGEST_BEGUN: Duration = Duration::from_secs(30);

/// Longest that nothing may come of a body, and from when on it must have come at that least speed on the average.
const SILENCE: Duration = Duration::from_secs(30);
const GRACE: Duration = Duration::from_secs(60);
const SLOWEST: u64 = 1 << 10;

/// The rest of a body that is wanted. A sender who stalls, or brings a byte at a time, is given up, because what it has sent
/// takes room that others need.
pub struct Incoming {
    chunks: BodyDataStream,
    begun: Instant,
    bytes: u64,
    silence: Duration,
    given_up: bool,
}

impl Incoming {
    pub fn new(body: Body) -> Incoming {
        Incoming { chunks: body.into_data_stream(), begun: Instant::now(), bytes: 0, silence: SILENCE, given_up: false }
    }

    /// With another limit of time in which nothing may come.
    pub fn patient(self, silence: Duration) -> Incoming {
        Incoming { silence, ..self }
    }

    /// Gives the sender up for a reason of the caller's: what is still to come is not read away.
    pub fn give_up(&mut self) -> Error {
        self.given_up = true;
        stalled()
    }

    /// What comes next; none at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>> {
        let next = self.chunk().await;
        self.given_up |= next.is_err();
        next
    }

    async fn chunk(&mut self) -> Result<Option<Bytes>> {
        let next = tokio::time::timeout(self.silence, self.chunks.next()).await.map_err(|_| stalled())?;
        let Some(chunk) = next.transpose().map_err(|_| ended_early())? else { return Ok(None) };
        self.bytes += chunk.len() as u64;
        let time = self.begun.elapsed();
        if time > GRACE && self.bytes < SLOWEST * time.as_secs() {
            return Err(stalled());
        }
        Ok(Some(chunk))
    }

    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
        stream::try_unfold(self, async |mut incoming| Ok(incoming.next().await?.map(|chunk| (chunk, incoming))))
    }

    /// Reads the rest and forgets it, unless it has been given up.
    pub async fn drain(self) {
        if !self.given_up {
            read_away(self.chunks, MOST_BEGUN, LONGEST_BEGUN).await;
        }
    }
}

fn stalled() -> Error {
    Error::BadRequest(
        "the body has stopped coming, or comes too slowly: send it again, from a better connection".into(),
    )
}

fn ended_early() -> Error {
    Error::BadRequest("the body ended early: send it again".into())
}

/// Reads a refused body and forgets it.
pub async fn drain(body: Body) {
    read_away(body.into_data_stream(), MOST, LONGEST).await;
}

/// The same for the rest of one whose sender has shown a key.
pub async fn drain_rest(chunks: impl Stream<Item = Result<Bytes>> + Unpin) {
    read_away(chunks, MOST_BEGUN, LONGEST_BEGUN).await;
}

async fn read_away<E>(
    mut chunks: impl Stream<Item = std::result::Result<Bytes, E>> + Unpin,
    most: u64,
    longest: Duration,
) {
    let all = async {
        let mut total: u64 = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            total += chunk.len() as u64;
            if total > most {
                break;
            }
        }
    };
    // Out of patience means that the answer may be lost; it is not worth more.
    let _ = tokio::time::timeout(longest, all).await;
}
