//! Keys: who may do what.
//!
//! A key is 256 random bits, so a plain SHA-256 of it is enough to store; the secret itself is shown once and never
//! again. It holds no comma, because the sending app's set-up link separates headers by commas.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// What a key may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    Ingest,
    Read,
    Export,
    Admin,
}

impl Scope {
    pub const ALL: [Scope; 4] = [Scope::Ingest, Scope::Read, Scope::Export, Scope::Admin];

    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Ingest => "ingest",
            Scope::Read => "read",
            Scope::Export => "export",
            Scope::Admin => "admin",
        }
    }

    /// The scope of that name, if there is one.
    pub fn parse(name: &str) -> Option<Scope> {
        Scope::ALL.into_iter().find(|scope| scope.as_str() == name.trim())
    }
}

/// The person that every database begins with, whatever they are called by now.
pub const OWNER: i64 = 1;

/// What a request shows to be let in, as it is stored: a key, or the secret in the cookie of a session. Neither passes
/// for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    Key([u8; 32]),
    Session([u8; 32]),
}

/// By what somebody has come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Key(i64),
    Session(i64),
}

/// Who stands behind a request: the person whose data it is about, and what the key or session allows.
#[derive(Debug, Clone)]
pub struct Principal {
    pub by: By,
    pub user: i64,
    pub scopes: Vec<Scope>,
    /// How the sender writes numbers, such as `de`, when that was said as the key was made.
    pub locale: Option<String>,
}

impl Principal {
    /// The key of a sender. What a page sends has none, like what is imported from the command line: it comes when somebody
    /// likes, so nobody waits for more of it.
    pub fn key(&self) -> Option<i64> {
        match self.by {
            By::Key(id) => Some(id),
            By::Session(_) => None,
        }
    }

    /// `admin` includes every other scope.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope) || self.scopes.contains(&Scope::Admin)
    }
}

/// Characters of a secret.
pub const SECRET_LENGTH: usize = 46;

/// A new secret: `he_` and 43 characters of 256 random bits.
pub fn new_secret() -> Result<String, getrandom::Error> {
    Ok(format!("he_{}", random()?))
}

/// 43 characters of 256 random bits.
pub fn random() -> Result<String, getrandom::Error> {
    let mut bits = [0u8; 32];
    getrandom::fill(&mut bits)?;
    Ok(URL_SAFE_NO_PAD.encode(bits))
}

/// What is stored of a secret.
pub fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}
