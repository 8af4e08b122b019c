//! How long a client is waited for, at each step of a request. Whatever holds a connection, memory or a thread while
//! nothing moves has an end here, so that nobody is kept out by somebody who does nothing.

use std::time::Duration;

use axum::http::Extensions;

/// The limits of a listener; tests set shorter ones.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For the head of a request, also from the answer before it.
    pub head: Duration,
    /// In which nothing comes of a body.
    pub silence: Duration,
    /// For the whole small body of somebody who has shown no key.
    pub unknown: Duration,
    /// In which nothing more of an answer can be written.
    pub writing: Duration,
    /// For a question whose client has ended its side: it may still read, or be gone.
    pub half_closed: Duration,
    /// After which an event stream asks anew whether its key or session is still good.
    pub proof: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            head: Duration::from_secs(30),
            silence: Duration::from_secs(30),
            unknown: Duration::from_secs(10),
            writing: Duration::from_secs(60),
            half_closed: Duration::from_secs(3),
            proof: Duration::from_secs(2),
        }
    }
}

impl Patience {
    /// That of the listener that a request came by.
    pub fn of(extensions: &Extensions) -> Patience {
        extensions.get().copied().unwrap_or_default()
    }
}
