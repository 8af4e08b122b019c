//! `/api/v1/session`: signing in and out, and who is signed in. Open, because who asks has nothing to show yet.

use std::net::SocketAddr;

use axum::Extension;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::{Error, Result};
use crate::http::aggregate::zone_name;
use crate::http::auth;
use crate::http::cookie;
use crate::http::deliveries::private;
use crate::http::doors::Doors;
use crate::http::params::Params;
use crate::http::problem::Problem;
use crate::http::run::blocking;
use crate::http::small_body::SmallBody;
use crate::model::key::{By, Principal, Proof, Scope, hash, random};
use crate::model::session::{browser, read_code};
use crate::store::keys;
use crate::store::sessions::{self, NewSession};
use crate::store::{Store, codes};

pub const PATH: &str = "/api/v1/session";

#[derive(Debug, Serialize, ToSchema)]
pub struct SessionState {
    pub signed_in: bool,
    pub version: &'static str,
    #[serde(flatten)]
    pub who: Option<SignedIn>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    pub person: String,
    /// Whether they may do what the owner may.
    pub admin: bool,
    pub scopes: Vec<Scope>,
    pub home_zone: String,
    /// Units of answers that name none.
    pub units: &'static str,
    /// Whether everyone on the network can read what passes.
    pub plain_http: bool,
}

/// One of both.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Of the link that `setup` shows.
    pub code: Option<String>,
    /// A key with the scope read; the session ends with it.
    pub key: Option<String>,
}

/// Who is signed in
#[utoipa::path(
    get, path = "/api/v1/session", tag = "session", security(()),
    responses((status = 200, body = SessionState), (status = 400, body = Problem))
)]
pub async fn get(State(doors): State<Doors>, params: Params, headers: HeaderMap) -> Result<Response, Problem> {
    params.finish()?;
    let found = match auth::shown(&doors, &headers) {
        Some(proof) => auth::find(&doors, proof).await?,
        None => None,
    };
    let https = cookie::is_https(&doors, &headers);
    let renewed = found.as_ref().and_then(|found| found.renewed(&headers, https));
    let mut answer = private(state(&doors, found.map(|found| found.principal)).await?);
    renewed.and_then(|cookie| answer.headers_mut().insert(header::SET_COOKIE, cookie));
    Ok(answer)
}

/// Sign in
///
/// The answer sets the cookie of the session, which is good for 90 days since it was last used.
#[utoipa::path(
    post, path = "/api/v1/session", tag = "session", security(()), request_body = SignIn,
    responses(
        (status = 200, body = SessionState), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 429, body = Problem)
    )
)]
pub async fn post(
    State(doors): State<Doors>,
    params: Params,
    headers: HeaderMap,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    SmallBody(body): SmallBody,
) -> Result<Response, Problem> {
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer.ip());
    params.finish()?;
    let https = cookie::is_https(&doors, &headers);
    let secret = random().map_err(|fault| Error::internal("making a secret", fault))?;
    let begin = Begin {
        hash: hash(&secret),
        before: auth::session(&headers, https),
        browser: browser(&text(&headers, header::USER_AGENT)),
        now: jiff::Timestamp::now().as_second(),
    };
    let principal = match wanted(&body)? {
        SignIn { code: Some(code), .. } => match with_code(&doors, code, begin).await? {
            Some(principal) => principal,
            None => return Err(auth::refused(&doors, peer, wrong_code())),
        },
        SignIn { key, .. } => with_key(&doors, auth::principal(&doors, peer, key.map(proof)).await?, begin).await?,
    };
    let state = private(state(&doors, Some(principal)).await?);
    Ok(([(header::SET_COOKIE, cookie::kept(&secret, https))], state).into_response())
}

/// Sign out
#[utoipa::path(
    delete, path = "/api/v1/session", tag = "session", security(()),
    responses((status = 204, description = "Signed out"), (status = 400, body = Problem))
)]
pub async fn delete(State(doors): State<Doors>, params: Params, headers: HeaderMap) -> Result<Response, Problem> {
    params.finish()?;
    let https = cookie::is_https(&doors, &headers);
    if let Some(Proof::Session(hash)) = auth::session(&headers, https) {
        let store = doors.app.store.clone();
        let ended = move || store.writer().run(move |writing| sessions::end_of(writing.connection, &hash));
        blocking(ended).await?;
    }
    let headers = [(header::SET_COOKIE, cookie::gone(https)), (header::CACHE_CONTROL, "no-store".into())];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

fn wanted(body: &[u8]) -> Result<SignIn> {
    let wrong = || Error::BadRequest("the body must be {\"code\": \"...\"} or {\"key\": \"he_...\"}".into());
    // What cannot be read is not quoted, for it may hold a secret.
    let wanted: SignIn = serde_json::from_slice(body).map_err(|_| wrong())?;
    if wanted.code.is_some() == wanted.key.is_some() { Err(wrong()) } else { Ok(wanted) }
}

fn wrong_code() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "wrong-code",
        "This code does not work",
        "the code is wrong, was used already, or is older than 30 minutes: `health-export setup` on the server's machine \
         makes a new link, and so does starting `health-export serve` again while nobody is signed in",
    )
}

/// What a new session is made of, but for the person.
struct Begin {
    hash: [u8; 32],
    /// The session that it takes the place of.
    before: Option<Proof>,
    browser: String,
    now: i64,
}

async fn with_code(doors: &Doors, code: String, begin: Begin) -> Result<Option<Principal>> {
    let Some(code) = read_code(&code).map(|code| hash(&code)) else { return Ok(None) };
    let (store, now) = (doors.app.store.clone(), begin.now);
    blocking(move || {
        if !codes::is_usable(&*store.own_reader()?, &code, now)? {
            return Ok(None);
        }
        store.writer().run(move |writing| {
            let Some(admitted) = codes::take(writing.connection, &code, now)? else { return Ok(None) };
            let (user, scopes) = (admitted.user, admitted.scopes);
            begin.write(writing.connection, user, None, scopes).map(Some)
        })
    })
    .await
}

async fn with_key(doors: &Doors, principal: Principal, begin: Begin) -> Result<Principal, Problem> {
    if !principal.may(Scope::Read) {
        return Err(Problem::wrong_scope(Scope::Read.as_str()));
    }
    let store = doors.app.store.clone();
    let begun = move || {
        store.writer().run(move |writing| {
            let (user, key) = (principal.user, principal.key());
            begin.write(writing.connection, user, key, principal.scopes)
        })
    };
    Ok(blocking(begun).await?)
}

impl Begin {
    fn write(
        self,
        connection: &crate::store::Reading,
        user: i64,
        key: Option<i64>,
        scopes: Vec<Scope>,
    ) -> Result<Principal> {
        if let Some(Proof::Session(before)) = self.before {
            sessions::end_of(connection, &before)?;
        }
        let Begin { hash, browser, now, .. } = self;
        let session = NewSession { user, key, scopes, hash, browser, created_at: now };
        let by = By::Session(sessions::create(connection, &session)?);
        Ok(Principal { by, user, scopes: session.scopes, locale: None })
    }
}

fn proof(key: String) -> Proof {
    Proof::Key(hash(key.trim()))
}

async fn state(doors: &Doors, principal: Option<Principal>) -> Result<SessionState> {
    let who = match principal {
        Some(principal) => Some(signed_in(doors, principal).await?),
        None => None,
    };
    Ok(SessionState { signed_in: who.is_some(), version: env!("CARGO_PKG_VERSION"), who })
}

async fn signed_in(doors: &Doors, principal: Principal) -> Result<SignedIn> {
    let (store, user) = (doors.app.store.clone(), principal.user);
    let person = blocking(move || name_of(&store, user)).await?;
    Ok(SignedIn {
        person,
        admin: principal.may(Scope::Admin),
        scopes: principal.scopes,
        home_zone: zone_name(&doors.app.home()),
        units: doors.app.units().as_str(),
        plain_http: doors.at.is_overheard(),
    })
}

fn name_of(store: &Store, user: i64) -> Result<String> {
    keys::user_name(&*store.own_reader()?, user)
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}
