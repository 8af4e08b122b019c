//! Addresses that keep sending wrong keys are told to wait.
//!
//! Nobody guesses 256 random bits, so this is not what keeps a guesser out; it keeps the look-ups and the log lines of a
//! script that tries within bounds. A right key is let in from anywhere at any time, because a family shares an address
//! behind a router, and everybody shares that of a proxy. Each address has one moment to its name, up to which it has used
//! its minute (the generic cell rate algorithm), in a cache of fixed size: many addresses push each other out, and cost
//! no memory.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use quick_cache::sync::Cache;

use crate::sys::address::network;

const MINUTE: Duration = Duration::from_secs(60);

/// Addresses that are remembered.
const ADDRESSES: usize = 4096;

pub struct Throttle {
    used_up_to: Cache<IpAddr, Instant>,
    /// What one wrong key takes of the minute.
    each: Duration,
}

impl Throttle {
    /// So many wrong keys a minute are answered as such; 0 is no limit.
    pub fn new(most: u32) -> Throttle {
        Throttle { used_up_to: Cache::new(ADDRESSES), each: MINUTE.checked_div(most).unwrap_or_default() }
    }

    /// Counts a wrong key; the seconds to wait when there have been too many.
    pub fn wrong_key(&self, peer: IpAddr, now: Instant) -> Option<u64> {
        let network = network(peer);
        let used = self.used_up_to.get(&network).map_or(now, |used| used.max(now)) + self.each;
        match used.duration_since(now).checked_sub(MINUTE).filter(|over| !over.is_zero()) {
            Some(over) => Some(over.as_secs() + 1),
            None => {
                self.used_up_to.insert(network, used);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn after_the_minute_s_share_each_waits_its_turn() {
        let (throttle, begun) = (Throttle::new(20), Instant::now());
        let peer = address("192.0.2.7");
        assert!((0..20).all(|_| throttle.wrong_key(peer, begun).is_none()));
        assert_eq!(throttle.wrong_key(peer, begun), Some(4));
        assert_eq!(throttle.wrong_key(address("192.0.2.8"), begun), None, "somebody else");
        assert_eq!(throttle.wrong_key(peer, begun + Duration::from_secs(3)), None);
        assert!(throttle.wrong_key(peer, begun + Duration::from_secs(3)).is_some());
        assert!((0..20).all(|_| throttle.wrong_key(peer, begun + Duration::from_secs(90)).is_none()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_mapped_ipv4_is_ipv4() {
        let (throttle, now) = (Throttle::new(1), Instant::now());
        assert_eq!(throttle.wrong_key(address("2001:db8::1"), now), None);
        assert!(throttle.wrong_key(address("2001:db8::ffff:1"), now).is_some());
        assert_eq!(throttle.wrong_key(address("2001:db8:0:1::1"), now), None);
        assert_eq!(throttle.wrong_key(address("::ffff:192.0.2.7"), now), None);
        assert!(throttle.wrong_key(address("192.0.2.7"), now).is_some());
    }

    #[test]
    fn no_limit_is_none_and_many_addresses_cost_no_memory() {
        let (throttle, now) = (Throttle::new(0), Instant::now());
        assert!((0..1000).all(|_| throttle.wrong_key(address("192.0.2.7"), now).is_none()));
        let throttle = Throttle::new(1);
        let told = (0..100_000u32).filter_map(|bits| throttle.wrong_key(IpAddr::V4(bits.into()), now));
        assert_eq!(told.count(), 0);
        assert!(throttle.used_up_to.len() <= ADDRESSES);
    }
}
