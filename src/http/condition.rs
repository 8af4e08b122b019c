//! A question that meets damage tells the store, which then writes nothing any more.
//!
//! Errors of the store have no way back to it: they travel up to the answer, which carries them to here.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::error::Error;
use crate::http::doors::Doors;

/// Tells the store of a fault of the disk that an answer is about.
pub async fn notice(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let Some(fault) = response.extensions_mut().remove::<Error>() {
        doors.app.store.condition().met(&fault);
    }
    response
}
