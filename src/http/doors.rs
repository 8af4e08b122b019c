//! What the handlers share beside `App`: everything that only HTTP needs.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Mutex;

use crate::app::App;
use crate::error::Result;
use crate::http::answers::Answers;
use crate::http::at::At;
use crate::http::looks::Looks;
use crate::http::recent::Recent;
use crate::http::throttle::Throttle;
use crate::telemetry::figures;

/// The state of the router; cheap to clone.
#[derive(Clone)]
pub struct Doors(Arc<Inside>);

pub struct Inside {
    pub app: App,
    /// Where it listens.
    pub at: At,
    pub answers: Answers,
    pub throttle: Throttle,
    /// Held while a backup is made: one at a time.
    pub backing_up: Arc<Mutex<()>>,
    /// Held while a setting is changed, so that the file and what is in force stay the same.
    pub changing: Arc<Mutex<()>>,
    /// Writes the page of figures.
    pub figures: &'static PrometheusHandle,
    /// Takes those that count only when somebody looks.
    pub looks: Looks,
    /// The last requests to the ingest addresses.
    pub recent: Recent,
}

impl Doors {
    pub fn new(app: App, at: At) -> Result<Doors> {
        let (answers, throttle) = (Answers::new(app.answer_cache), Throttle::new(app.wrong_keys_per_minute));
        Ok(Doors(Arc::new(Inside {
            app,
            at,
            answers,
            throttle,
            backing_up: Arc::default(),
            changing: Arc::default(),
            figures: figures::start()?,
            looks: Looks::new(),
            recent: Recent::new(),
        })))
    }
}

impl Deref for Doors {
    type Target = Inside;

    fn deref(&self) -> &Inside {
        &self.0
    }
}

impl FromRef<Doors> for App {
    fn from_ref(doors: &Doors) -> App {
        doors.app.clone()
    }
}
