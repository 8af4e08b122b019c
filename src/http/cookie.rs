//! The cookie of a session. Over HTTPS its name says to browsers that it is for HTTPS and for this very host alone
//! (`__Host-`), so that nothing else under the same domain can set it; over plain HTTP no browser would keep such a one.

use axum::http::HeaderMap;
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};

use crate::http::doors::Doors;
use crate::model::session::SESSION_SECONDS;

/// By plain HTTP, and by HTTPS.
pub const PLAIN: &str = "he_session";
pub const SECURE: &str = "__Host-he_session";

/// A proxy in front may speak HTTPS for us; whoever only claims so loses their own cookie over HTTP.
pub fn is_https(doors: &Doors, headers: &HeaderMap) -> bool {
    doors.at.https || headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https")
}

/// The secret that a request shows. Over HTTPS only the name counts that nobody else can set.
pub fn secret(headers: &HeaderMap, https: bool) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    jar.get(name(https)).map(|cookie| cookie.value().to_owned())
}

/// The header `Set-Cookie` that has a browser keep a secret for as long as an unused session lasts.
pub fn kept(secret: &str, https: bool) -> String {
    format!("{}; Max-Age={SESSION_SECONDS}", guarded(secret, https))
}

/// The one that has it forget the secret.
pub fn gone(https: bool) -> String {
    format!("{}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT", guarded("", https))
}

fn name(https: bool) -> &'static str {
    if https { SECURE } else { PLAIN }
}

/// No script reads it, and no other site sends it.
fn guarded(secret: &str, https: bool) -> Cookie<'_> {
    let cookie = Cookie::build((name(https), secret)).path("/").http_only(true).same_site(SameSite::Strict);
    if https { cookie.secure(true).build() } else { cookie.build() }
}
