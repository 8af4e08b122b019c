//! How many connections there may be.
//!
//! Each costs a file and some memory, and without files the database cannot be read either. Whoever comes when all places
//! are taken is let in and shown out at once: left waiting in the system's queue, an honest client behind a greedy one
//! would hear nothing at all, and the server could not tell the two apart. So that nobody takes all places, an address has
//! a part of them, and one of IPv6 shares it with the other 2^64 of its network, for they are one machine's; and a few are
//! for this machine alone, so that its owner and what watches over it always get in. It has no part, because behind a proxy
//! on it everybody comes from here.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sys::address::network;

/// The part of all places that one address may take.
const SHARE: usize = 4;

/// Places that only this machine may take: one of so many, and at most so many.
const RESERVE: usize = 16;
const MOST_RESERVED: usize = 32;

#[derive(Clone)]
pub struct Places(Arc<Inside>);

struct Inside {
    most: usize,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    all: usize,
    by_network: HashMap<IpAddr, usize>,
}

/// A connection's place, free again when it is dropped.
pub struct Place {
    places: Places,
    network: IpAddr,
}

impl Places {
    pub fn new(most: usize) -> Places {
        Places(Arc::new(Inside { most, taken: Mutex::default() }))
    }

    /// A place for a connection from there; none when all, or all of that address, are taken.
    pub fn take(&self, peer: IpAddr) -> Option<Place> {
        let network = network(peer);
        let most = self.0.most;
        let (share, all) = match network.is_loopback() {
            true => (most, most),
            false => ((most / SHARE).max(1), most - (most / RESERVE).min(MOST_RESERVED)),
        };
        let mut taken = self.taken();
        let of_network = taken.by_network.get(&network).copied().unwrap_or(0);
        if taken.all >= all || of_network >= share {
            metrics::counter!("health_export_connections_refused_total").increment(1);
            return None;
        }
        taken.all += 1;
        taken.by_network.insert(network, of_network + 1);
        taken.show();
        Some(Place { places: self.clone(), network })
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
        let left = taken.by_network.get(&self.network).map_or(0, |count| count - 1);
        match left {
            0 => taken.by_network.remove(&self.network),
            left => taken.by_network.insert(self.network, left),
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
        assert!(places.taken().by_network.is_empty() && places.taken().all == 0);
        assert!(places.take(greedy).is_some());
    }

    #[test]
    fn a_network_of_ipv6_is_one_client_and_some_places_are_this_machine_s() {
        let places = Places::new(32);
        let at = |text: String| -> IpAddr { text.parse().unwrap() };
        let held: Vec<Place> = (0..64).filter_map(|host| places.take(at(format!("2001:db8::{host:x}")))).collect();
        assert_eq!(held.len(), 8, "a quarter, however many addresses");
        let others: Vec<Place> = (0..64).filter_map(|host| places.take(at(format!("10.0.0.{host}")))).collect();
        assert_eq!(held.len() + others.len(), 30, "two are kept");
        let here: Vec<Place> = (0..4).filter_map(|_| places.take(at("::1".into()))).collect();
        assert_eq!(here.len(), 2);
    }
}
