//! A body within limits becomes a delivery on disk: the one function that HTTP and `import` call.
//!
//! The raw body is kept whatever it turns out to be, so that a decoder which learns a new shape can read it again, and
//! so that a refusal loses nothing.

mod inflate;
mod uploads;

pub mod import;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::decode::{self, auto_export};
use crate::error::{Error, Result};
use crate::model::receipt::Receipt;
use crate::model::sample::Batch;
use crate::store::Store;
use crate::store::deliveries::{self, Delivery, Origin};
use crate::store::dictionary;
use crate::validate::{self, Aggregation};

use inflate::inflate;
pub use inflate::{Encoding, too_large};
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
        if body.trim_ascii().is_empty() {
            return Err(Error::BadRequest("the body is empty: send the JSON that the app exports".into()));
        }
        let aggregation = upload.origin.automation_aggregation.as_deref().unwrap_or_default();
        let (kept, content) = rayon::join(|| compress(&body), || self.decode(&body, Aggregation::parse(aggregation)));
        Ok(Delivery {
            public_id: uuid::Uuid::now_v7().to_string(),
            user: upload.user,
            api_key: upload.api_key,
            received_at_ms: Timestamp::now().as_millisecond(),
            format: if content.is_ok() { decode::Format::AutoExport.as_str() } else { "unknown" },
            origin: upload.origin,
            bytes: body.len() as u64,
            body: kept?,
            content,
        })
    }

    /// What the body says, or why it is not understood at all.
    fn decode(&self, body: &[u8], aggregation: Aggregation) -> Result<Batch, String> {
        decode::recognise(body)?;
        let stored_unit = |name: &str| self.stored_unit(name);
        let context = validate::Context { aggregation, home: &self.home, stored_unit: &stored_unit };
        auto_export::with_document(body, |document| validate::batch(&document, &context))
    }

    /// A fault here shows again when the writer meets the metric, so it may read as "not stored yet".
    fn stored_unit(&self, name: &str) -> Option<String> {
        let reader = self.store.reader().ok()?;
        dictionary::find_metric(&reader, name).ok()?.map(|row| row.unit)
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
