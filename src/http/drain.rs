//! Reads a refused body away. A server that answers and closes while the body is still coming resets the connection, and
//! the sender sees "connection lost" in place of the reason.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use futures::StreamExt;

/// Most bytes that are read away, and the longest that it may take: the answer is for honest senders.
const MOST: u64 = 64 << 20;
const LONGEST: Duration = Duration::from_secs(10);

/// Reads the rest of `body` and forgets it.
pub async fn drain(body: Body) {
    // Out of patience means that the answer may be lost; it is not worth more.
    let _ = tokio::time::timeout(LONGEST, read_away(&mut body.into_data_stream(), MOST)).await;
}

/// Reads at least `most` bytes and forgets them, or what there is.
pub async fn read_away(chunks: &mut BodyDataStream, most: u64) {
    let mut total: u64 = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        total += chunk.len() as u64;
        if total > most {
            break;
        }
    }
}
