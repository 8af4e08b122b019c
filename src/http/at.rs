//! Where the server listens, as answers and links need to know it.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// The address that is bound, and what is spoken there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct At {
    pub address: SocketAddr,
    pub https: bool,
}

impl At {
    pub fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }

    /// Whether other machines can connect.
    pub fn is_reachable(&self) -> bool {
        !self.address.ip().to_canonical().is_loopback()
    }

    /// Whether others can read what passes.
    pub fn is_overheard(&self) -> bool {
        !self.https && self.is_reachable()
    }

    /// The address of a host under which it may be found, such as `http://pi.local:8787`.
    pub fn url(&self, host: &str) -> String {
        format!("{}://{host}:{}", self.scheme(), self.address.port())
    }
}
