//! Names to positions, so that a hundred thousand points that share five sources cost five strings.

use std::collections::HashMap;

#[derive(Default)]
pub struct Interner {
    names: Vec<String>,
    positions: HashMap<String, u32>,
    last: u32,
}

impl Interner {
    /// The position of `name`, added when new. Runs of one name, the usual case, cost one comparison.
    pub fn intern(&mut self, name: &str) -> u32 {
        if self.names.get(self.last as usize).is_some_and(|last| last == name) {
            return self.last;
        }
        self.last = match self.positions.get(name) {
            Some(position) => *position,
            None => self.add(name),
        };
        self.last
    }

    fn add(&mut self, name: &str) -> u32 {
        let position = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.positions.insert(name.to_owned(), position);
        position
    }

    pub fn into_names(self) -> Vec<String> {
        self.names
    }
}
