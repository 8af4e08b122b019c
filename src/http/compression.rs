//! Compresses answers on their way out, as they are sent and never whole, and counts what that saves.
//!
//! Answers that caching keeps come through here compressed already. HEAD is answered as GET up to here, so that its headers
//! are those of the GET; the router then drops the body.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use async_compression::Level;
use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder, ZstdEncoder};
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::{Stream, TryStreamExt};
use tokio::io::AsyncRead;
use tokio_util::io::{ReaderStream, StreamReader};

use crate::http::coding::{self, Accepted, Coding, SMALLEST};
use crate::http::problem::Problem;
use crate::telemetry::savings;

/// Bytes of compressed answer that are sent at a time.
const PIECE: usize = 32 << 10;

/// Settles the coding of an answer, lets it be made, and compresses what is not yet.
pub async fn compress(mut request: Request, next: Next) -> Response {
    let Some(accepted) = coding::accepted(request.headers()) else {
        return Problem::no_such_coding().into_response();
    };
    request.extensions_mut().insert(accepted);
    // There an answer without a length ends where the connection does, so one that broke off would be taken for whole.
    let needs_length = request.version() <= Version::HTTP_10 && accepted.identity;
    let head = request.method() == Method::HEAD;
    if head {
        *request.method_mut() = Method::GET;
    }
    let mut response = next.run(request).await;
    if head && response.status() == StatusCode::NOT_MODIFIED {
        // A length of nothing would be told as that of the answer which the client has.
        *response.body_mut() = Body::from_stream(futures::stream::empty::<io::Result<Bytes>>());
    }
    match accepted.best {
        Coding::Identity => response,
        _ if needs_length => response,
        coding if is_worth_it(&response, accepted) => compressed(response, coding),
        _ => response,
    }
}

fn is_worth_it(response: &Response, accepted: Accepted) -> bool {
    let (headers, body) = (response.headers(), response.body());
    // A range is a part of the bytes as they are.
    let is_settled = headers.contains_key(header::CONTENT_ENCODING) || headers.contains_key(header::CONTENT_RANGE);
    let is_small = body.size_hint().upper().is_some_and(|bytes| bytes < SMALLEST as u64);
    let gains = headers.get(header::CONTENT_TYPE).is_some_and(coding::is_compressible);
    gains && !is_settled && !body.is_end_stream() && (!is_small || !accepted.identity)
}

fn compressed(response: Response, coding: Coding) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::ACCEPT_RANGES);
    parts.headers.insert(header::CONTENT_ENCODING, coding.header());
    vary_by_coding(&mut parts.headers);
    Response::from_parts(parts, Body::from_stream(stream(body, coding)))
}

/// Says to caches that the answer depends on `Accept-Encoding`, unless it is said.
fn vary_by_coding(headers: &mut HeaderMap) {
    let named =
        |value: &HeaderValue| value.to_str().is_ok_and(|text| text.to_ascii_lowercase().contains("accept-encoding"));
    if !headers.get_all(header::VARY).iter().any(named) {
        headers.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    }
}

/// Bytes that went in and came out so far, and the time that it took; counted when the answer ends, also when its client has
/// left.
struct Tally {
    coding: Coding,
    input: Passed,
    output: Passed,
}

/// What has passed one end of the encoder.
#[derive(Default)]
struct Passed {
    bytes: AtomicU64,
    nanoseconds: AtomicU64,
}

impl Passed {
    fn get(&self) -> (u64, Duration) {
        let nanoseconds = self.nanoseconds.load(Ordering::Relaxed);
        (self.bytes.load(Ordering::Relaxed), Duration::from_nanos(nanoseconds))
    }

    /// The same pieces, each counted with the time that asking for it took.
    fn watch<E>(
        tally: Arc<Tally>,
        end: fn(&Tally) -> &Passed,
        pieces: impl Stream<Item = Result<Bytes, E>>,
    ) -> impl Stream<Item = Result<Bytes, E>> {
        let mut pieces = Box::pin(pieces);
        futures::stream::poll_fn(move |context| {
            let begun = Instant::now();
            let piece = pieces.as_mut().poll_next(context);
            let passed = end(&tally);
            passed.nanoseconds.fetch_add(begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
            if let Poll::Ready(Some(Ok(piece))) = &piece {
                passed.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
            piece
        })
    }
}

impl Drop for Tally {
    fn drop(&mut self) {
        // What the encoder takes is asked for while it is asked itself.
        let ((input, making), (output, both)) = (self.input.get(), self.output.get());
        // A HEAD has headers only.
        if output > 0 {
            savings::count(self.coding.as_str(), input, output, both.saturating_sub(making));
        }
    }
}

fn stream(body: Body, coding: Coding) -> impl Stream<Item = io::Result<Bytes>> {
    let tally = Arc::new(Tally { coding, input: Passed::default(), output: Passed::default() });
    let plain = Passed::watch(tally.clone(), |tally| &tally.input, body.into_data_stream());
    let plain = StreamReader::new(plain.map_err(io::Error::other));
    let level = Level::Precise(coding.level());
    let encoder: Pin<Box<dyn AsyncRead + Send>> = match coding {
        Coding::Identity => Box::pin(plain),
        Coding::Gzip => Box::pin(GzipEncoder::with_quality(plain, level)),
        Coding::Brotli => Box::pin(BrotliEncoder::with_quality(plain, level)),
        Coding::Zstd => Box::pin(ZstdEncoder::with_quality(plain, level)),
    };
    Passed::watch(tally, |tally| &tally.output, ReaderStream::with_capacity(encoder, PIECE))
}
