//! How many connections there may be.
//!
//! Each costs a file and some memory, and without files the database cannot be read either. Whoever comes when all places
//! are taken is let in and shown out at once: left waiting in the system's queue, an honest client behind a greedy one
//! would hear nothing at all, and the server could not tell the two apart. So that nobody takes all places, an address has
//! a part of them; this machine has no such limit, because behind a proxy on it everybody comes from here.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The part of all places that one address may take.
const SHARE: usize = 4;

#[derive(Clone)]
pub struct Places(Arc<Inside>);

struct Inside {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection's place, free again when it is dropped.
pub struct Place {
    places: Places,
    address: IpAddr,
}

impl Places {
    pub fn new(most: usize) -> Places {
        Places(Arc::new(Inside { most, taken: Mutex::default() }))
    }

    /// A place for a connection from there; none when all, or all of that address, are taken.
    pub fn take(&self, peer: IpAddr) -> Option<Place> {
        let address = peer.to_canonical();
        let mut taken = self.taken();
        let of_address = taken.by_address.get(&address).copied().unwrap_or(0);
        let share = if address.is_loopback() { self.0.most } else { (self.0.most / SHARE).max(1) };
        if taken.all >= self.0.most || of_address >= share {
            metrics::counter!("health_export_connections_refused_total").increment(1);
            return None;
        }
        taken.all += 1;
        taken.by_address.insert(address, of_address + 1);
        taken.show();
        Some(Place { places: self.clone(), address })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        // Nothing in here runs anybody else's code, so a panic elsewhere leaves nothing half done behind it.
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn show(&self) {
        metrics::gauge!("health_export_connections").set(self.all as f64);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        taken.all -= 1;
        let left = taken.by_address.get(&self.address).map_or(0, |count| count - 1);
        match left {
            0 => taken.by_address.remove(&self.address),
            left => taken.by_address.insert(self.address, left),
        };
        taken.show();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_a_part_and_this_machine_all() {
        let places = Places::new(8);
        let (greedy, other): (IpAddr, IpAddr) = ("192.0.2.7".parse().unwrap(), "192.0.2.8".parse().unwrap());
        let mut held: Vec<Place> = (0..2).map(|_| places.take(greedy).unwrap()).collect();
        assert!(places.take(greedy).is_none() && places.take("::ffff:192.0.2.7".parse().unwrap()).is_none());
        held.push(places.take(other).unwrap());
        let here: IpAddr = "127.0.0.1".parse().unwrap();
        held.extend((0..5).map(|_| places.take(here).unwrap()));
        assert!(places.take(here).is_none() && places.take(other).is_none(), "all are taken");
        held.clear();
        assert!(places.taken().by_address.is_empty() && places.taken().all == 0);
        assert!(places.take(greedy).is_some());
    }
}
