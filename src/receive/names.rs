//! How many names of metrics are taken that the catalogue lacks. Each is kept for ever and makes every list of a person's
//! metrics longer, so a sender whose names hold times or numbers is stopped before it has made thousands of them.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::model::metric::catalogue;
use crate::store::{Reading, Store, dictionary};
use crate::validate::NO_MORE_NAMES;

/// New names that one delivery may bring, and names that one person may have, of metrics that the catalogue lacks; also in the
/// words of `NO_MORE_NAMES`.
const OF_DELIVERY: usize = 200;
const OF_PERSON: usize = 1_000;

/// The names that one delivery brings.
pub(super) struct Names<'a> {
    store: &'a Store,
    user: i64,
    met: Mutex<Met>,
}

#[derive(Default)]
struct Met {
    new: HashSet<String>,
    /// How many the person has, once that was asked for.
    stored: Option<usize>,
}

impl<'a> Names<'a> {
    pub fn new(store: &'a Store, user: i64) -> Names<'a> {
        Names { store, user, met: Mutex::default() }
    }

    /// The unit that a metric is stored in already; none when its name is new, and `NO_MORE_NAMES` when it is one too many.
    pub fn unit(&self, name: &str) -> Option<String> {
        // A fault here shows again when the writer meets the metric, so it may read as "not stored yet".
        let reader = self.store.own_reader().ok()?;
        let unit = dictionary::own_unit(&reader, self.user, name).ok()?;
        unit.or_else(|| (!self.is_admitted(&reader, name)).then(|| NO_MORE_NAMES.to_owned()))
    }

    fn is_admitted(&self, reader: &Reading, name: &str) -> bool {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        if met.new.contains(name) {
            return true;
        }
        let stored = *met.stored.get_or_insert_with(|| unknown(reader, self.user));
        let has_room = met.new.len() < OF_DELIVERY && stored + met.new.len() < OF_PERSON;
        if has_room {
            met.new.insert(name.to_owned());
        }
        has_room
    }
}

/// How many metrics a person has that the catalogue lacks.
fn unknown(reader: &Reading, user: i64) -> usize {
    let names = dictionary::own_names(reader, user).unwrap_or_default();
    names.iter().filter(|name| catalogue().resolve(name).is_none()).count()
}
