//! Lists come in pages: `limit`, `order` and `cursor` mean the same everywhere, and a cursor says nothing to its bearer.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::error::{Error, Result};
use crate::http::params::Params;

/// `limit`, from 1 to `most`.
pub fn limit(params: &mut Params, default: usize, most: usize) -> Result<usize> {
    let limit = params.parsed("limit", &format!("a number from 1 to {most}"), |text| {
        text.parse().ok().filter(|limit| (1..=most).contains(limit))
    })?;
    Ok(limit.unwrap_or(default))
}

/// Whether `order` is `desc`.
pub fn descending(params: &mut Params) -> Result<bool> {
    let order = params.parsed("order", "asc or desc", |text| match text {
        "asc" => Some(false),
        "desc" => Some(true),
        _ => None,
    })?;
    Ok(order.unwrap_or(false))
}

/// `cursor`, as `read` understands what `write` was given.
pub fn cursor<T>(params: &mut Params, read: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
    params.parsed("cursor", "a cursor of an earlier answer", |text| read(&opened(text)?))
}

/// What to say of a cursor that leads nowhere.
pub fn no_cursor() -> Error {
    Error::BadRequest("cursor: it is not a cursor of an earlier answer".into())
}

/// A cursor or an id that says where something is.
pub fn sealed(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// What is in a cursor or an id.
pub fn opened(text: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Exactly `N` numbers joined by commas.
pub fn numbers<const N: usize>(text: &str) -> Option<[i64; N]> {
    let numbers: Vec<i64> = text.split(',').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}
