//! Who comes in: by a key in one of three headers that senders use, or by the cookie of a session. One look-up, one scope for
//! each group of routes. A key goes before a cookie, because somebody has put it there on purpose, while a browser sends its
//! cookie with everything. Where data only comes in, the key may also stand in the address, because some senders can set no
//! header; addresses are never logged.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::http::cookie;
use crate::http::doors::Doors;
use crate::http::drain::drain;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::model::key::{By, Principal, Proof, Scope, hash};
use crate::model::session::USE_SECONDS;
use crate::store::keys::Known;
use crate::store::sessions;

/// The parameter that holds a key.
pub const TOKEN: &str = "token";

/// Whose key or session a request had; in the extensions of its answer, for what sees only that.
#[derive(Debug, Clone, Copy)]
pub struct Asker(pub i64);

/// Lets a request through when its key or session has the scope, with the `Principal` in its extensions.
pub async fn require(State(doors): State<Doors>, scope: Scope, mut request: Request, next: Next) -> Response {
    let key = match scope {
        Scope::Ingest => key_with_data(&request),
        _ => key(request.headers()).map(str::to_owned),
    };
    let https = cookie::is_https(&doors, request.headers());
    let proof = key.map(|key| Proof::Key(hash(&key))).or_else(|| session(request.headers(), https));
    let (problem, asker) = match found(&doors, peer(&request), proof).await {
        Ok(found) if found.principal.may(scope) => {
            let asker = Asker(found.principal.user);
            let renewed = found.renewed(request.headers(), https);
            request.extensions_mut().insert(found.principal);
            proof.and_then(|proof| request.extensions_mut().insert(proof));
            let mut response = next.run(request).await;
            response.extensions_mut().insert(asker);
            renewed.and_then(|cookie| response.headers_mut().insert(header::SET_COOKIE, cookie));
            return response;
        }
        Ok(found) => (Problem::wrong_scope(scope.as_str()), Some(Asker(found.principal.user))),
        Err(problem) => (problem, None),
    };
    drain(request.into_body()).await;
    let mut response = problem.into_response();
    asker.and_then(|asker| response.extensions_mut().insert(asker));
    response
}

/// The key that a request with data came with, right or wrong.
pub fn key_with_data(request: &Request) -> Option<String> {
    key(request.headers()).map(str::to_owned).or_else(|| token(request.uri().query()?))
}

/// Who sends this, by what the request has shown; `peer` has to answer for what is wrong.
pub async fn principal(doors: &Doors, peer: Option<IpAddr>, proof: Option<Proof>) -> Result<Principal, Problem> {
    Ok(found(doors, peer, proof).await?.principal)
}

async fn found(doors: &Doors, peer: Option<IpAddr>, proof: Option<Proof>) -> Result<Found, Problem> {
    let refused = || refused(doors, peer, Problem::missing_key());
    match proof {
        Some(proof) => find(doors, proof).await?.ok_or_else(refused),
        None => Err(refused()),
    }
}

/// Whose key or session was shown.
pub struct Found {
    pub principal: Principal,
    /// Whether it is a session that has just been prolonged, so that the browser's cookie has to be too.
    is_prolonged: bool,
}

impl Found {
    /// The cookie that was shown, for as long as the session lasts now.
    pub fn renewed(&self, headers: &HeaderMap, https: bool) -> Option<HeaderValue> {
        let secret = cookie::secret(headers, https).filter(|_| self.is_prolonged)?;
        HeaderValue::from_str(&cookie::kept(&secret, https)).ok()
    }
}

/// Finds whose it is, and notes that it was used.
pub async fn find(doors: &Doors, proof: Proof) -> Result<Option<Found>, Problem> {
    let now = jiff::Timestamp::now().as_second();
    let known = known(doors, proof, now).await?;
    Ok(known.map(|known| Found { is_prolonged: note_use(doors, &known, now), principal: known.principal }))
}

/// Whether what was shown once still lets in for as much, which is no use of it.
pub async fn is_still_good(doors: &Doors, proof: Proof, before: &Principal) -> bool {
    // Where that cannot be found out, as little is told as when it is not.
    let Ok(Some(Known { principal, .. })) = known(doors, proof, jiff::Timestamp::now().as_second()).await else {
        return false;
    };
    principal.user == before.user && before.scopes.iter().all(|scope| principal.may(*scope))
}

/// Keys and sessions are found by their hash and never compared with one another. How long a look-up takes may tell how far a
/// hash goes along with that of a key, but nobody can choose a secret by its SHA-256, so it tells nothing of use.
async fn known(doors: &Doors, proof: Proof, now: i64) -> Result<Option<Known>, Problem> {
    let store = doors.app.store.clone();
    Ok(match store.current().remembered(&proof, now) {
        Some(known) => Some(known),
        None => blocking(move || store.current().known(&proof, now)).await?,
    })
}

/// Notes that a key was used, and prolongs a session, without anybody waiting for it: one that cannot be prolonged, as on a
/// full disk, still works. Tells whether it prolongs one.
fn note_use(doors: &Doors, known: &Known, now: i64) -> bool {
    if let By::Key(id) = known.principal.by {
        doors.app.store.key_use().note(id, now);
    }
    let (By::Session(id), Some(used_at)) = (known.principal.by, known.used_at) else { return false };
    if now - used_at < USE_SECONDS {
        return false;
    }
    let noted = doors.app.store.writer().submit(move |writing| sessions::touch(writing.connection, id, now));
    if let Err(fault) = noted {
        tracing::debug!("the use of a session could not be noted: {fault}");
    }
    true
}

/// The address that a request comes from: the proxy's, where there is one.
pub fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip())
}

/// Counts what somebody has shown in vain; `problem` is the answer unless there have been too many.
pub fn refused(doors: &Doors, peer: Option<IpAddr>, problem: Problem) -> Problem {
    metrics::counter!("health_export_refused_keys_total").increment(1);
    match peer.and_then(|peer| doors.throttle.wrong_key(peer, Instant::now())) {
        Some(seconds) => {
            metrics::counter!("health_export_throttled_total").increment(1);
            Problem::throttled(seconds)
        }
        None => problem,
    }
}

/// What the head of a request shows.
pub fn shown(doors: &Doors, headers: &HeaderMap) -> Option<Proof> {
    let session = || session(headers, cookie::is_https(doors, headers));
    key(headers).map(|key| Proof::Key(hash(key))).or_else(session)
}

/// The key in a header.
pub fn key(headers: &HeaderMap) -> Option<&str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, secret) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(secret)
    });
    bearer.or_else(|| text("x-api-key")).or_else(|| text("api-key")).map(str::trim)
}

/// What the cookie of a session shows.
pub fn session(headers: &HeaderMap, https: bool) -> Option<Proof> {
    cookie::secret(headers, https).map(|secret| Proof::Session(hash(&secret)))
}

fn token(query: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == TOKEN).map(|(_, secret)| secret.trim().to_owned())
}
