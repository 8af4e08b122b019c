//! Small JSON bodies that change something: one that is not as it should be is refused by the name of what is wrong.

use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// `shape` shows what the body should be.
pub fn read<T: DeserializeOwned>(body: &[u8], shape: &str) -> Result<T> {
    serde_json::from_slice(body).map_err(|fault| Error::BadRequest(format!("the body must be {shape}: {fault}")))
}
