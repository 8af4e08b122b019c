//! Under which names and addresses other machines find this one, and which addresses are those of a private network.

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv6Addr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Interfaces by the beginnings of their names that lead to containers and virtual machines, not to phones.
const VIRTUAL: [&str; 7] = ["docker", "br-", "veth", "virbr", "lxc", "podman", "cni"];

/// There when somebody answers for names under `.local`.
const MDNS: &str = "/run/avahi-daemon/socket";

/// There in containers, whose names nobody outside knows.
const CONTAINERS: [&str; 2] = ["/.dockerenv", "/run/.containerenv"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Name,
    Private,
    Tailscale,
    /// Of the internet.
    Public,
    Loopback,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Name => "name",
            Kind::Private => "private",
            Kind::Tailscale => "tailscale",
            Kind::Public => "public",
            Kind::Loopback => "loopback",
        }
    }

    fn of(address: IpAddr) -> Kind {
        match address.to_canonical() {
            address if address.is_loopback() => Kind::Loopback,
            address if is_tailscale(address) => Kind::Tailscale,
            address if is_private(address) => Kind::Private,
            _ => Kind::Public,
        }
    }
}

/// A host as an address names it; IPv6 is in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub host: String,
    pub kind: Kind,
}

/// Whether an address is of this machine or of a private network: loopback, RFC 1918, link-local, unique local, and the space
/// that carriers and Tailscale share (100.64.0.0/10).
pub fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(address) => address.is_loopback() || address.is_unicast_link_local() || address.is_unique_local(),
    }
}

/// The half of an IPv6 address that is somebody's; the other half they choose themselves.
const NETWORK: u128 = !0 << 64;

/// What counts as one somebody: an IPv4 address, or the /64 of an IPv6 address.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
        address => address,
    }
}

fn is_tailscale(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private(address.into()) && address.octets()[0] == 100,
        IpAddr::V6(address) => address.segments()[..3] == [0xfd7a, 0x115c, 0xa1e0],
    }
}

/// Where a server that listens on `address` is found, the best for a phone first.
pub fn hosts(address: IpAddr) -> Vec<Host> {
    if !address.is_unspecified() {
        return vec![host(address)];
    }
    let mut hosts: Vec<(u8, Host)> =
        interfaces(address).into_iter().map(|address| (rank(address), host(address))).collect();
    // A name outlives the address that a router gives, but not every network knows it.
    let of_name = if Path::new(MDNS).exists() { 0 } else { 40 };
    hosts.extend(name().map(|host| (of_name, Host { host, kind: Kind::Name })));
    hosts.sort_by_key(|(rank, _)| *rank);
    hosts.into_iter().map(|(_, host)| host).collect()
}

fn host(address: IpAddr) -> Host {
    let host = match address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    Host { host, kind: Kind::of(address) }
}

fn rank(address: IpAddr) -> u8 {
    match (Kind::of(address), address) {
        (Kind::Private, IpAddr::V4(address)) if address.octets()[0] == 192 => 10,
        (Kind::Private, IpAddr::V4(_)) => 20,
        (Kind::Name, _) => 40,
        (Kind::Tailscale, IpAddr::V4(_)) => 50,
        (Kind::Private | Kind::Tailscale, IpAddr::V6(_)) => 60,
        (Kind::Public, _) => 70,
        (Kind::Loopback, _) => 80,
    }
}

/// The addresses of the interfaces that a phone may reach, of IPv6 only where that is listened on.
fn interfaces(listens: IpAddr) -> Vec<IpAddr> {
    let found = if_addrs::get_if_addrs().unwrap_or_else(|fault| {
        tracing::warn!("the addresses of this machine cannot be found out: {fault}");
        Vec::new()
    });
    let leads_out = |name: &str| !VIRTUAL.iter().any(|begin| name.starts_with(begin));
    found
        .into_iter()
        .filter(|interface| leads_out(&interface.name) && !interface.is_link_local())
        .map(|interface| interface.ip())
        .filter(|address| address.is_ipv4() || listens == IpAddr::V6(Ipv6Addr::UNSPECIFIED))
        .collect()
}

/// The machine's name on its network.
fn name() -> Option<String> {
    if CONTAINERS.iter().any(|file| Path::new(file).exists()) {
        return None;
    }
    local_name(&host_name()?)
}

/// The name that the machine itself goes by, whether or not others know it.
pub fn host_name() -> Option<String> {
    let system = rustix::system::uname();
    OsStr::from_bytes(system.nodename().to_bytes()).to_str().map(str::to_owned)
}

fn local_name(host: &str) -> Option<String> {
    let label = host.split('.').next()?.to_ascii_lowercase();
    let is_name = !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (is_name && label != "localhost").then(|| format!("{label}.local"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_private_and_what_is_the_internet() {
        let private = [
            "127.0.0.1",
            "127.255.0.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.7",
            "169.254.3.4",
            "100.64.0.1",
            "100.127.255.255",
            "::1",
            "fe80::1",
            "febf::1",
            "fc00::1",
            "fd12:3456::1",
            "fd7a:115c:a1e0::5",
            "::ffff:192.168.0.7",
            "::ffff:127.0.0.1",
        ];
        let public = [
            "8.8.8.8",
            "172.15.255.255",
            "172.32.0.1",
            "192.167.255.255",
            "192.169.0.0",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.0",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "::",
            "2001:db8::1",
            "2606:4700::1111",
            "fec0::1",
            "ff02::1",
            "::ffff:8.8.8.8",
            "::ffff:100.128.0.1",
            "::192.168.0.7",
            "64:ff9b::c0a8:7",
            "2002:c0a8:7::1",
        ];
        for (addresses, expected) in [(&private[..], true), (&public[..], false)] {
            for text in addresses {
                assert_eq!(is_private(text.parse().unwrap()), expected, "{text}");
            }
        }
    }

    #[test]
    fn kinds_and_hosts_are_written_as_addresses_want_them() {
        let told = |text: &str| {
            let Host { host, kind } = host(text.parse().unwrap());
            (host, kind.as_str())
        };
        assert_eq!(told("192.168.1.5"), ("192.168.1.5".into(), "private"));
        assert_eq!(told("100.101.1.5"), ("100.101.1.5".into(), "tailscale"));
        assert_eq!(told("fd7a:115c:a1e0::1"), ("[fd7a:115c:a1e0::1]".into(), "tailscale"));
        assert_eq!(told("8.8.8.8"), ("8.8.8.8".into(), "public"));
        assert_eq!(told("::1"), ("[::1]".into(), "loopback"));
    }

    #[test]
    fn one_address_is_found_under_itself_and_all_of_them_with_this_machine_last() {
        let one: IpAddr = "127.0.0.1".parse().unwrap();
        assert_eq!(hosts(one), [host(one)]);
        let all = hosts("0.0.0.0".parse().unwrap());
        assert_eq!(all.last().map(|host| host.kind), Some(Kind::Loopback), "{all:?}");
        assert!(all.iter().all(|host| !host.host.starts_with('[')), "{all:?}");
    }

    #[test]
    fn a_machine_without_a_name_of_its_own_has_none() {
        assert_eq!(local_name("Pi.example.org"), Some("pi.local".into()));
        for none in ["", "localhost", "localhost.localdomain", "a_b", "a b", ".x"] {
            assert_eq!(local_name(none), None, "{none:?}");
        }
    }
}
