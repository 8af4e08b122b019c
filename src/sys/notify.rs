//! Telling systemd how the server is doing: that it is ready, that it stops, and, again and again, that it lives.
//!
//! A watchdog that any idle thread could feed would only tell that the process exists. This one is fed when the server's
//! most important part has answered, and it is for the caller to say which that is. Without systemd, nothing is told.

use std::time::Duration;

use sd_notify::NotifyState;

use crate::error::Result;
use crate::sys::background::Background;

/// Says that the server answers; `status` is what `systemctl status` shows.
pub fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// Says that the server has begun to stop.
pub fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("answering what has begun, writing what is queued")]);
}

/// A server that cannot tell goes on: systemd acts on what it does not hear.
fn tell(state: &[NotifyState]) {
    if let Err(fault) = sd_notify::notify(state) {
        tracing::warn!("systemd cannot be told: {fault}");
    }
}

/// The thread that feeds systemd's watchdog; it ends when this is dropped.
pub struct Watchdog {
    _thread: Background,
}

impl Watchdog {
    /// Feeds it twice in the time that systemd allows, each time that `answers` has returned. None when nobody watches.
    pub fn start(answers: impl Fn() + Send + 'static) -> Result<Option<Watchdog>> {
        let Some(allowed) = sd_notify::watchdog_enabled() else { return Ok(None) };
        let feed = move || {
            answers();
            tell(&[NotifyState::Watchdog]);
            allowed / 2
        };
        Ok(Some(Watchdog { _thread: Background::start("watchdog", Duration::ZERO, feed)? }))
    }
}
