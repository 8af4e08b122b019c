//! What the handlers share beside `App`: everything that only HTTP needs.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;

use crate::app::App;
use crate::http::answers::Answers;

/// The state of the router; cheap to clone.
#[derive(Clone)]
pub struct Doors(Arc<Inside>);

pub struct Inside {
    pub app: App,
    pub answers: Answers,
}

impl Doors {
    pub fn new(app: App) -> Doors {
        let answers = Answers::new(app.answer_cache);
        Doors(Arc::new(Inside { app, answers }))
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
