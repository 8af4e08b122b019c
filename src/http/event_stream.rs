//! Server-sent events: who asks for them, what every answer of them says, and that they end with the key or the session of who
//! looks on.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::{Stream, StreamExt};

use crate::http::auth;
use crate::http::doors::Doors;
use crate::http::patience::Patience;
use crate::http::problem::Problem;
use crate::model::key::{Principal, Proof};

/// Tells nginx and others like it to hand on each event as it comes, and not when their buffer is full.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

pub fn is_wanted(headers: &HeaderMap) -> bool {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accepts.is_some_and(|accepts| accepts.contains("text/event-stream"))
}

/// Somebody who looks on, for as long as what they have shown lets them.
#[derive(Clone)]
pub struct Onlooker {
    doors: Doors,
    principal: Principal,
    proof: Proof,
    patience: Patience,
}

impl FromRequestParts<Doors> for Onlooker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Onlooker, Problem> {
        let (principal, proof) = (parts.extensions.get::<Principal>(), parts.extensions.get::<Proof>());
        let (Some(principal), Some(proof)) = (principal.cloned(), proof.copied()) else {
            return Err(Problem::missing_key());
        };
        Ok(Onlooker { doors: doors.clone(), principal, proof, patience: Patience::of(&parts.extensions) })
    }
}

impl Onlooker {
    async fn may_look(&self) -> bool {
        auth::is_still_good(&self.doors, self.proof, &self.principal).await
    }

    /// Ready when they may look on no more.
    async fn ended(self) {
        while self.may_look().await {
            tokio::time::sleep(self.patience.proof).await;
        }
    }

    /// The events, as long as there are any and they may be seen, which is asked before each.
    pub fn answer(self, events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
        let asked = self.clone();
        let seen = events.take_until(Box::pin(self.ended())).take_while(move |_| {
            let asked = asked.clone();
            async move { asked.may_look().await }
        });
        let events = Sse::new(seen).keep_alive(KeepAlive::default());
        ([(header::CACHE_CONTROL, "no-store"), (BUFFERING, "no")], events).into_response()
    }
}
