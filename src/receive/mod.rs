//! A body within limits becomes a delivery on disk: the one function that HTTP and `import` call.
//!
//! The raw body is kept whatever it turns out to be, so that a decoder which learns a new shape can read it again, and
//! so that a refusal loses nothing.

mod bundle;
pub mod import;
mod inflate;
mod replay;
mod understand;
mod uploads;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::decode::shortcuts;
use crate::error::{Error, Result};
use crate::model::receipt::Receipt;
use crate::store::Store;
use crate::store::deliveries::{self, Delivery, Head, Origin};

use inflate::inflate;
pub use inflate::{Encoding, too_large};
pub use replay::{Replayed, Step};
pub use uploads::Uploads;

/// Brotli quality of kept bodies: the highest that keeps up with the decoder on the other core.
const BODY_QUALITY: i32 = 3;

/// A body as it came in, and what is known about it.
pub struct Upload {
    pub user: i64,
    pub api_key: Option<i64>,
    pub origin: Origin,
    pub encoding: Encoding,
    pub body: Vec<u8>,
}

/// Turns uploads into deliveries.
#[derive(Clone)]
pub struct Receiver {
    pub store: Arc<Store>,
    pub home: TimeZone,
    /// Most bytes of a body, both as sent and as decompressed.
    pub max_body: u64,
}

impl Receiver {
    /// Receives from async code.
    pub async fn receive(self, upload: Upload) -> Result<Receipt> {
        let store = self.store.clone();
        let delivery = tokio::task::spawn_blocking(move || self.prepare(upload))
            .await
            .map_err(|fault| Error::internal("decoding a delivery", fault))??;
        let refused = delivery.content.as_ref().err().cloned();
        let written = store.writer().submit(move |writing| deliveries::write(writing, &delivery))?;
        answered(written.await.map_err(|_| Error::Internal("the writer has stopped".into()))??, refused)
    }

    /// The same for a caller that may block.
    pub fn receive_blocking(&self, upload: Upload) -> Result<Receipt> {
        let delivery = self.prepare(upload)?;
        let refused = delivery.content.as_ref().err().cloned();
        answered(self.store.writer().run(move |writing| deliveries::write(writing, &delivery))?, refused)
    }

    /// Everything that needs no write: inflate, decode, validate, compress for keeping.
    fn prepare(&self, upload: Upload) -> Result<Delivery> {
        let body = inflate(upload.encoding, upload.body, self.max_body)?;
        if body.trim_ascii().is_empty() && !shortcuts::holds_values(&upload.origin.query) {
            return Err(Error::BadRequest(
                "the body is empty: send what the app exports, or a value such as ?type=weight&value=72.5".into(),
            ));
        }
        let received_at_ms = Timestamp::now().as_millisecond();
        let (kept, (format, content)) =
            rayon::join(|| compress(&body), || self.understand(&body, &upload.origin, received_at_ms.div_euclid(1000)));
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

/// A body that is not understood is kept, and then still an error for its sender.
fn answered(receipt: Receipt, refused: Option<String>) -> Result<Receipt> {
    match refused {
        Some(reason) => Err(Error::NotUnderstood { reason, delivery: Some(receipt.delivery) }),
        None => Ok(receipt),
    }
}

fn compress(body: &[u8]) -> Result<Vec<u8>> {
    let parameters =
        brotli::enc::BrotliEncoderParams { quality: BODY_QUALITY, size_hint: body.len(), ..Default::default() };
    let mut kept = Vec::with_capacity(body.len() / 8 + 64);
    brotli::BrotliCompress(&mut &body[..], &mut kept, &parameters)
        .map_err(|fault| Error::io("compressing a body", &fault))?;
    Ok(kept)
}
