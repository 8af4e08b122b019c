//! A body within limits becomes a delivery on disk: the one function that HTTP and `import` call.
//!
//! The raw body is kept whatever it turns out to be, so that a decoder which learns a new shape can read it again, and
//! so that a refusal loses nothing.

mod arriving;
mod bundle;
pub mod import;
mod inflate;
mod names;
mod replay;
mod rereading;
mod room;
mod turns;
mod understand;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot::{self, error::RecvError};

use crate::decode::shortcuts;
use crate::error::{Error, Result};
use crate::model::preferences::Preferences;
use crate::model::receipt::Receipt;
use crate::model::sample::Batch;
use crate::store::Store;
use crate::store::deliveries::{self, Delivery, Head, Origin};
use crate::store::writer::Lane;
use crate::sys::clock;

use arriving::SMALL;
pub use arriving::{Arrived, Arriving, Content};
use inflate::inflate_within;
pub use inflate::{Encoding, inflate, too_large};
pub use replay::{Replayed, Step};
pub use rereading::Rereading;
pub use room::{Limits, Room};
use turns::{Turn, Turns};

/// zstd's level for kept bodies: as small as brotli's quality 3 makes them, in a ninth of the time.
const BODY_LEVEL: i32 = 1;

/// A body as it came in, and what is known about it.
pub struct Upload {
    pub user: i64,
    pub api_key: Option<i64>,
    pub origin: Origin,
    pub encoding: Encoding,
    pub body: Content,
}

/// Turns uploads into deliveries.
#[derive(Clone)]
pub struct Receiver {
    pub store: Arc<Store>,
    pub preferences: Preferences,
    /// Most bytes of a body, both as sent and as decompressed.
    pub max_body: u64,
    turns: Turns,
    /// When all of it comes, for a past that is made up; else now.
    as_of: Option<Timestamp>,
}

impl Receiver {
    pub fn new(store: Arc<Store>, preferences: impl Into<Preferences>, max_body: u64) -> Receiver {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Receiver { store, preferences: preferences.into(), max_body, turns: Turns::new(cores), as_of: None }
    }

    /// The same, for what came at another time: made-up people have a past.
    pub fn as_of(&self, when: Timestamp) -> Receiver {
        Receiver { as_of: Some(when), ..self.clone() }
    }

    fn now(&self) -> Timestamp {
        self.as_of.unwrap_or_else(clock::now)
    }

    /// Receives from async code.
    pub async fn receive(self, upload: Upload) -> Result<Receipt> {
        let store = self.store.clone();
        let (delivery, _turn) = self.prepared(upload).await?;
        let (refused, written) = submit(&store, delivery)?;
        answered(written.await, refused)
    }

    /// The same for a caller that may block.
    pub fn receive_blocking(&self, upload: Upload) -> Result<Receipt> {
        let mut turn = self.turns.enter_blocking(upload.body.bytes())?;
        let delivery = match self.prepare_small(upload)? {
            Prepared::Done(delivery) => *delivery,
            Prepared::Large(upload) => {
                if !turn.is_large() {
                    drop(turn);
                    turn = self.turns.enter_blocking(u64::MAX)?;
                }
                self.prepare_large(*upload)?
            }
        };
        turn.decoded(delivery.head.bytes);
        let (refused, written) = submit(&self.store, delivery)?;
        answered(written.blocking_recv(), refused)
    }

    /// A delivery for the writer, and the turn that it has until it is written.
    async fn prepared(self, upload: Upload) -> Result<(Delivery, Turn)> {
        let mut turn = self.turns.enter(upload.body.bytes()).await?;
        let receiver = self.clone();
        let prepared = blocking(move || receiver.prepare_small(upload)).await?;
        let delivery = match prepared {
            Prepared::Done(delivery) => *delivery,
            Prepared::Large(upload) => {
                if !turn.is_large() {
                    drop(turn);
                    turn = self.turns.enter(u64::MAX).await?;
                }
                in_pool(move || self.prepare_large(*upload)).await?
            }
        };
        turn.decoded(delivery.head.bytes);
        Ok((delivery, turn))
    }

    /// What is compressed is small as long as it is not known to be large.
    fn prepare_small(&self, mut upload: Upload) -> Result<Prepared> {
        if upload.body.bytes() > SMALL {
            return Ok(Prepared::Large(Box::new(upload)));
        }
        Ok(match inflate_within(upload.encoding, &mut upload.body, SMALL)? {
            Some(body) => Prepared::Done(Box::new(self.prepare(upload, &body, false)?)),
            None => Prepared::Large(Box::new(upload)),
        })
    }

    fn prepare_large(&self, mut upload: Upload) -> Result<Delivery> {
        let body = inflate(upload.encoding, std::mem::take(&mut upload.body), self.max_body)?;
        self.prepare(upload, &body, true)
    }

    /// Everything that is left but the write: decode, validate, compress for keeping.
    fn prepare(&self, upload: Upload, body: &[u8], large: bool) -> Result<Delivery> {
        if body.trim_ascii().is_empty() && !shortcuts::holds_values(&upload.origin.query) {
            return Err(Error::BadRequest(
                "the body is empty: send what the app exports, or a value such as ?type=weight&value=72.5".into(),
            ));
        }
        let received_at_ms = self.now().as_millisecond();
        let understand = || self.understand(upload.user, body, &upload.origin, received_at_ms.div_euclid(1000));
        let (kept, (format, content)) = match large {
            true => rayon::join(|| compress(body), understand),
            // Other cores have others to work on, and nobody waits for the pool, which may be at a large one.
            false => (compress(body), understand()),
        };
        let head = Head {
            public_id: uuid::Uuid::now_v7().to_string(),
            user: upload.user,
            api_key: upload.api_key,
            received_at_ms,
            format,
            origin: upload.origin,
            bytes: body.len() as u64,
        };
        Ok(Delivery { head, body: kept?, content })
    }
}

/// What has come of a body that was taken for a small one.
enum Prepared {
    Done(Box<Delivery>),
    Large(Box<Upload>),
}

/// What comes of the writer, once it is committed.
type Written = oneshot::Receiver<Result<Receipt>>;

/// Hands a delivery to the writer, so that a large one does not hold up the small ones; also tells why it was refused, if it
/// was.
fn submit(store: &Store, delivery: Delivery) -> Result<(Option<String>, Written)> {
    let refused = delivery.content.as_ref().err().cloned();
    let bytes = delivery.body.len() + delivery.content.as_ref().map_or(0, Batch::memory);
    let lane = if bytes as u64 > SMALL { Lane::Bulk } else { Lane::Quick };
    let written = store.writer().submit_to(lane, bytes, move |writing| deliveries::write(writing, &delivery))?;
    Ok((refused, written))
}

/// Runs work on the few threads of the pool, whose allocator keeps what a large body took: on threads that come and go it would
/// be kept once for each.
async fn in_pool<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let (send, done) = oneshot::channel();
    rayon::spawn(move || {
        let caught = catch_unwind(AssertUnwindSafe(work));
        // Whoever asked may be gone.
        let _ =
            send.send(caught.unwrap_or_else(|_| Err(Error::Internal("decoding a delivery ended by a panic".into()))));
    });
    done.await.map_err(|fault| Error::internal("decoding a delivery", fault))?
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|fault| Error::internal("decoding a delivery", fault))?
}

/// A body that is not understood is kept, and then still an error for its sender.
fn answered(written: Result<Result<Receipt>, RecvError>, refused: Option<String>) -> Result<Receipt> {
    let receipt = written.map_err(|_| Error::Internal("the writer has stopped".into()))??;
    match refused {
        Some(reason) => Err(Error::NotUnderstood { reason, delivery: Some(receipt.delivery) }),
        None => Ok(receipt),
    }
}

fn compress(body: &[u8]) -> Result<Vec<u8>> {
    let mut kept = zstd::bulk::compress(body, BODY_LEVEL).map_err(|fault| Error::io("compressing a body", &fault))?;
    // It begins with room for the case that nothing can be saved.
    kept.shrink_to_fit();
    Ok(kept)
}
