//! What a person may change while the server runs: the home zone, and the units of answers that name none.
//!
//! Whoever needs one asks at the moment of need and keeps what was told for one question or one body only, so that a change
//! counts from the next on and never in the middle.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::tz::TimeZone;

use crate::model::shown::System;

/// One of them.
#[derive(Debug, Clone)]
pub struct Preference<T> {
    pub value: T,
    /// As it stands in the settings.
    pub text: String,
    /// Where it came from, as the settings name that.
    pub from: &'static str,
    /// False where something goes before the file of settings.
    pub changeable: bool,
}

/// All of them, as they are at one moment.
#[derive(Debug, Clone)]
pub struct Chosen {
    pub home: Preference<TimeZone>,
    pub units: Preference<System>,
}

/// The handle by which everything reads them; cheap to clone, and all clones see a change.
#[derive(Debug, Clone)]
pub struct Preferences(Arc<RwLock<Chosen>>);

impl Preferences {
    pub fn new(chosen: Chosen) -> Preferences {
        Preferences(Arc::new(RwLock::new(chosen)))
    }

    pub fn home(&self) -> TimeZone {
        self.0.read().unwrap_or_else(PoisonError::into_inner).home.value.clone()
    }

    pub fn units(&self) -> System {
        self.0.read().unwrap_or_else(PoisonError::into_inner).units.value
    }

    pub fn chosen(&self) -> Chosen {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn change(&self, chosen: Chosen) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = chosen;
    }
}

/// Of a program without settings.
impl From<TimeZone> for Preferences {
    fn from(home: TimeZone) -> Preferences {
        let text = home.iana_name().unwrap_or_default().to_owned();
        let home = Preference { value: home, text, from: "default", changeable: false };
        let units = Preference { value: System::Metric, text: "metric".into(), from: "default", changeable: false };
        Preferences::new(Chosen { home, units })
    }
}
