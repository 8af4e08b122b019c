//! What table functions read, by the number that the SQL names.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::query::duck::request::lock;

/// Things by number. Cloning it gives another handle on the same things.
pub struct Numbered<T>(Arc<Mutex<Things<T>>>);

struct Things<T> {
    last: i64,
    open: HashMap<i64, Arc<T>>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Numbered<T> {
        Numbered(Arc::new(Mutex::new(Things { last: 0, open: HashMap::new() })))
    }
}

impl<T> Clone for Numbered<T> {
    fn clone(&self) -> Numbered<T> {
        Numbered(self.0.clone())
    }
}

impl<T> Numbered<T> {
    pub fn add(&self, thing: Arc<T>) -> i64 {
        let mut things = lock(&self.0);
        things.last += 1;
        let number = things.last;
        things.open.insert(number, thing);
        number
    }

    pub fn find(&self, number: i64) -> Option<Arc<T>> {
        lock(&self.0).open.get(&number).cloned()
    }

    pub fn remove(&self, number: i64) {
        lock(&self.0).open.remove(&number);
    }
}
