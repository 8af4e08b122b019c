//! `GET /api/v1/requests`: what has just come to the ingest addresses, and what was answered.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use futures::{Stream, stream};
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::Result;
use crate::http::deliveries::private;
use crate::http::doors::Doors;
use crate::http::event_stream::{self, Onlooker};
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::reading::reading;
use crate::http::recent::Seen;
use crate::model::key::{Principal, Scope};
use crate::model::time::offset_rfc3339;
use crate::store::people;

/// How soon a stream notices that the server is to stop.
const EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Serialize, ToSchema)]
pub struct Requests {
    /// Newest first.
    pub requests: Vec<RequestEntry>,
}

/// A request to an ingest address.
#[derive(Debug, Serialize, ToSchema)]
pub struct RequestEntry {
    /// Counts up from the start of the server.
    pub id: u64,
    /// RFC 3339, UTC.
    pub at: String,
    pub endpoint: String,
    pub status: u16,
    /// What became of it, in a few words.
    pub verdict: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation: Option<String>,
    /// None where no valid key came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
    /// The program that sent it, by its own account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    pub milliseconds: u64,
    pub ok: bool,
}

/// The last requests to the ingest addresses
///
/// At most 50, in memory since the start of the server. An admin sees those of everybody, and those that came without a valid
/// key; others see their own. With `Accept: text/event-stream`, an event named `request` for each, the oldest first, and
/// then for each that comes.
#[utoipa::path(get, path = "/api/v1/requests", tag = "read", responses((status = 200, body = Requests), (status = 400, body = Problem)))]
pub async fn list(
    State(doors): State<Doors>,
    Extension(principal): Extension<Principal>,
    onlooker: Onlooker,
    params: Params,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    params.finish()?;
    if event_stream::is_wanted(&headers) {
        return Ok(onlooker.answer(events(&doors, principal)));
    }
    let names = names(&doors.app, principal.user).await?;
    let seen = doors.recent.list();
    let own = seen.iter().rev().filter(|seen| concerns(&principal, seen));
    Ok(private(Requests { requests: own.map(|seen| entry(seen, &names)).collect() }))
}

fn concerns(principal: &Principal, seen: &Seen) -> bool {
    principal.may(Scope::Admin) || seen.user == Some(principal.user)
}

/// The people by id.
type Names = HashMap<i64, String>;

async fn names(app: &App, person: i64) -> Result<Names> {
    reading(app, person, |reader| Ok(people::names(reader)?.into_iter().collect())).await
}

fn entry(seen: &Seen, names: &Names) -> RequestEntry {
    RequestEntry {
        id: seen.id,
        at: offset_rfc3339(seen.at, 0),
        endpoint: seen.endpoint.clone(),
        status: seen.status,
        verdict: seen.verdict.text.clone(),
        hint: seen.verdict.hint.clone(),
        automation: seen.automation.clone(),
        person: seen.user.and_then(|user| names.get(&user).cloned()),
        delivery: seen.verdict.delivery.clone(),
        client: seen.client.clone(),
        milliseconds: seen.milliseconds,
        ok: seen.status < 400,
    }
}

/// Somebody who looks on.
struct Following {
    app: App,
    principal: Principal,
    before: VecDeque<Arc<Seen>>,
    live: Receiver<Arc<Seen>>,
}

impl Following {
    /// None when the server is to stop, which must not be held up by someone who looks on.
    async fn next(&mut self) -> Option<Arc<Seen>> {
        if let Some(seen) = self.before.pop_front() {
            return Some(seen);
        }
        while !self.app.jobs.is_stopped() {
            match tokio::time::timeout(EVERY, self.live.recv()).await {
                Ok(Ok(seen)) => return Some(seen),
                Ok(Err(RecvError::Closed)) => return None,
                // Whoever reads too slowly goes on with what there still is.
                Ok(Err(RecvError::Lagged(_))) | Err(_) => {}
            }
        }
        None
    }

    async fn next_event(&mut self) -> Option<Event> {
        loop {
            let seen = self.next().await?;
            if concerns(&self.principal, &seen) {
                let entry = entry(&seen, &names(&self.app, self.principal.user).await.ok()?);
                return Event::default().event("request").id(seen.id.to_string()).json_data(entry).ok();
            }
        }
    }
}

fn events(doors: &Doors, principal: Principal) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    let (before, live) = doors.recent.follow();
    let following = Following { app: doors.app.clone(), principal, before: before.into(), live };
    stream::unfold(following, async |mut following| Some((Ok(following.next_event().await?), following)))
}
