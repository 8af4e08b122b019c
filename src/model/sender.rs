//! Who tells: the three kinds of sender whose accounts of one thing are kept apart and put together on reading.

use serde::{Deserialize, Serialize};

/// A kind of sender. The order is the order of trust: where two tell the same thing differently, the first is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// Apple's own export.zip or export.xml.
    AppleExport = 0,
    /// The Health Auto Export app, or another that hands on what HealthKit has.
    AutoExport = 1,
    /// An Apple Shortcut, or a script that speaks like one.
    Shortcuts = 2,
}

impl Sender {
    pub const ALL: [Sender; 3] = [Sender::AppleExport, Sender::AutoExport, Sender::Shortcuts];

    /// The number stored in the database.
    pub fn id(self) -> i64 {
        self as i64
    }

    /// The sender stored under that number, if there is one.
    pub fn from_id(id: i64) -> Option<Sender> {
        Sender::ALL.into_iter().find(|sender| sender.id() == id)
    }
}
