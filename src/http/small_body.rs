//! The one way in which a body is read that is no delivery and no file: at most so many bytes, and a sender who stalls
//! is given up, soon where nobody knows who it is.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};

use crate::error::{Error, Result};
use crate::http::drain::Incoming;
use crate::http::patience::Patience;
use crate::http::problem::Problem;
use crate::model::key::Principal;

/// Most bytes of whoever has shown a key, and of anybody else.
const KNOWN: usize = 2 << 20;
const UNKNOWN: usize = 64 << 10;

/// The whole body of a request.
pub struct SmallBody(pub Bytes);

impl<S: Sync> FromRequest<S> for SmallBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<SmallBody, Problem> {
        let patience = Patience::of(request.extensions());
        let is_known = request.extensions().get::<Principal>().is_some();
        let mut incoming = Incoming::new(request.into_body()).patient(patience.silence);
        let read = match is_known {
            true => gather(&mut incoming, KNOWN).await,
            false => tokio::time::timeout(patience.unknown, gather(&mut incoming, UNKNOWN))
                .await
                .unwrap_or_else(|_| Err(incoming.give_up())),
        };
        match read {
            Ok(body) => Ok(SmallBody(body.into())),
            Err(fault) => {
                incoming.drain().await;
                Err(fault.into())
            }
        }
    }
}

async fn gather(incoming: &mut Incoming, most: usize) -> Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = incoming.next().await? {
        if body.len() + chunk.len() > most {
            return Err(Error::TooLarge(format!("at most {most} bytes are taken here")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
