//! Long lists in one cell: JSON under zstd, which any other program can read as well.

use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Error, Result};

/// Level 3 keeps up with the writer and halves what level 1 leaves of a route.
const LEVEL: i32 = 3;

pub fn pack(value: &impl Serialize) -> Result<Vec<u8>> {
    let json = serde_json::to_vec(value).map_err(|fault| Error::internal("writing JSON", fault))?;
    pack_bytes(&json)
}

pub fn unpack<T: DeserializeOwned>(packed: &[u8]) -> Result<T> {
    let json = unpack_bytes(packed)?;
    serde_json::from_slice(&json).map_err(|fault| Error::internal("reading JSON", fault))
}

pub fn pack_bytes(bytes: &[u8]) -> Result<Vec<u8>> {
    zstd::encode_all(bytes, LEVEL).map_err(|fault| Error::io("compressing", &fault))
}

pub fn unpack_bytes(packed: &[u8]) -> Result<Vec<u8>> {
    zstd::decode_all(packed).map_err(|fault| Error::io("decompressing", &fault))
}
