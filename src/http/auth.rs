//! Keys at the door: three headers that senders use, one look-up, one scope for each group of routes. Where data only comes
//! in, the key may also stand in the address, because some senders can set no header; addresses are never logged.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::doors::Doors;
use crate::http::drain::drain;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::model::key::{Principal, Scope, hash};

/// The parameter that holds a key.
pub const TOKEN: &str = "token";

/// Whose key a request had; in the extensions of its answer, for what sees only that.
#[derive(Debug, Clone, Copy)]
pub struct Asker(pub i64);

/// Lets a request through when its key has the scope, with the `Principal` in its extensions.
pub async fn require(State(doors): State<Doors>, scope: Scope, mut request: Request, next: Next) -> Response {
    let secret = match scope {
        Scope::Ingest => shown(&request),
        _ => secret(request.headers()).map(str::to_owned),
    };
    let (problem, asker) = match principal(&doors, peer(&request), secret).await {
        Ok(principal) if principal.may(scope) => {
            let asker = Asker(principal.user);
            request.extensions_mut().insert(principal);
            let mut response = next.run(request).await;
            response.extensions_mut().insert(asker);
            return response;
        }
        Ok(principal) => (Problem::wrong_scope(scope.as_str()), Some(Asker(principal.user))),
        Err(problem) => (problem, None),
    };
    drain(request.into_body()).await;
    let mut response = problem.into_response();
    asker.and_then(|asker| response.extensions_mut().insert(asker));
    response
}

/// The key that a request with data came with, right or wrong.
pub fn shown(request: &Request) -> Option<String> {
    secret(request.headers()).map(str::to_owned).or_else(|| token(request.uri().query()?))
}

/// Who sends this, by the key that the request has; `peer` has to answer for a wrong one.
pub async fn principal(doors: &Doors, peer: Option<IpAddr>, secret: Option<String>) -> Result<Principal, Problem> {
    match secret {
        Some(secret) => find(doors, &secret).await?.ok_or_else(|| refused(doors, peer)),
        None => Err(refused(doors, peer)),
    }
}

/// Keys are found by their hash and never compared with one another. How long a look-up takes may tell how far a hash goes
/// along with that of a key, but nobody can choose a secret by its SHA-256, so it tells nothing of use.
async fn find(doors: &Doors, secret: &str) -> Result<Option<Principal>, Problem> {
    let hash = hash(secret);
    let now = jiff::Timestamp::now().as_second();
    let store = doors.app.store.clone();
    let found = match store.current().remembered_principal(&hash, now) {
        Some(principal) => Some(principal),
        None => blocking(move || store.current().principal(&hash, now)).await?,
    };
    found.iter().for_each(|principal| doors.app.store.key_use().note(principal.key, now));
    Ok(found)
}

/// The address that a request comes from: the proxy's, where there is one.
pub fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip())
}

fn refused(doors: &Doors, peer: Option<IpAddr>) -> Problem {
    metrics::counter!("health_export_refused_keys_total").increment(1);
    match peer.and_then(|peer| doors.throttle.wrong_key(peer, Instant::now())) {
        Some(seconds) => {
            metrics::counter!("health_export_throttled_total").increment(1);
            Problem::throttled(seconds)
        }
        None => Problem::missing_key(),
    }
}

pub fn secret(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, secret) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(secret)
    });
    bearer.or_else(|| text("x-api-key")).or_else(|| text("api-key")).map(str::trim)
}

fn token(query: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == TOKEN).map(|(_, secret)| secret.trim().to_owned())
}
