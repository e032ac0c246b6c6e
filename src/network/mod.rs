//! Where a request comes from: the network of its client, which proxies tell where they are trusted, and nobody else.

mod forwarded;

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::text::Fault;

/// What limits count by: the network that one subscriber has, a /24 of IPv4 or a /64 of IPv6. Whoever has one address of
/// it usually has them all. It has no `Display`, so that it does not come into a log.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network(IpNet);

impl Network {
    /// The network of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        let bits = if address.is_ipv4() { 24 } else { 64 };
        let whole = IpNet::new(address, bits).unwrap_or_else(|_| address.into());
        Self(whole.trunc())
    }

    /// Where no address is known, as of a peer behind a socket of the machine.
    #[must_use]
    pub fn unknown() -> Self {
        Self::of(Ipv4Addr::UNSPECIFIED.into())
    }

    /// The network as text, to make a mark of; never to be stored or logged.
    #[must_use]
    pub fn expose(&self) -> String {
        self.0.to_string()
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Network(…)")
    }
}

/// Networks, as settings name them: with commas.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Whether an address is in one of them.
    #[must_use]
    pub fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The proxies whose word on where a request comes from is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct TrustedProxies(Networks);

impl TrustedProxies {
    /// Who the client is: the peer, unless it is trusted; then the last hop that is not, from right to left, of what
    /// `X-Forwarded-For` or `Forwarded` (RFC 7239) say. Where both are there and disagree, one of them comes from the
    /// client: neither is believed.
    #[must_use]
    pub fn client(&self, peer: IpAddr, x_forwarded_for: &[&str], forwarded: &[&str]) -> IpAddr {
        let peer = peer.to_canonical();
        let told = [
            (!x_forwarded_for.is_empty()).then(|| forwarded::by_x(x_forwarded_for)),
            (!forwarded.is_empty()).then(|| forwarded::by_rfc_7239(forwarded)),
        ];
        match told.map(|hops| hops.map(|hops| self.walk(peer, &hops))) {
            [Some(one), Some(other)] if one != other => peer,
            [one, other] => one.or(other).unwrap_or(peer),
        }
    }

    /// From the peer outwards, as long as whoever names the next hop is trusted. What cannot be read ends the way.
    fn walk(&self, peer: IpAddr, hops: &[Option<IpAddr>]) -> IpAddr {
        let mut client = peer;
        for hop in hops {
            match hop {
                Some(next) if self.0.hold(client) => client = *next,
                _ => break,
            }
        }
        client
    }
}

impl TryFrom<String> for Networks {
    type Error = Fault;
    fn try_from(text: String) -> Result<Self, Fault> {
        let parse = |one: &str| {
            let whole = one.parse::<IpAddr>().map(IpNet::from);
            let network = one.parse::<IpNet>().or(whole).map_err(|_| {
                let detail = "networks like 10.0.0.0/8, 2001:db8::/32 are expected, with commas";
                Fault::new("invalid_network", detail)
            })?;
            match network.prefix_len() {
                0 => Err(Fault::new("everybody", "a network is expected, which everybody is not")),
                _ => Ok(network),
            }
        };
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        parts.map(parse).collect::<Result<_, _>>().map(Self)
    }
}

impl From<Networks> for String {
    fn from(networks: Networks) -> Self {
        networks.0.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies() -> TrustedProxies {
        TrustedProxies(Networks::try_from("10.0.0.0/8, 2001:db8:aaaa::/48".to_owned()).unwrap())
    }

    #[test]
    fn a_network_is_what_one_subscriber_has() {
        let of = |text| Network::of(address(text));
        assert_eq!(of("192.0.2.1"), of("192.0.2.254"));
        assert_ne!(of("192.0.2.1"), of("192.0.3.1"));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:ffff:ffff:ffff"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("192.0.2.7").expose(), "192.0.2.0/24");
        assert_eq!(format!("{:?}", of("192.0.2.7")), "Network(…)");
    }

    #[test]
    fn the_client_is_the_last_hop_that_is_not_trusted() {
        const PEER: &str = "10.0.0.1";
        for (peer, x, forwarded, client) in [
            // Nobody is trusted but the proxies.
            ("203.0.113.9", "198.51.100.1", "", "203.0.113.9"),
            ("203.0.113.9", "", "for=198.51.100.1", "203.0.113.9"),
            (PEER, "", "", PEER),
            (PEER, "198.51.100.1", "", "198.51.100.1"),
            // What the client wrote itself stands to the left.
            (PEER, "1.2.3.4, 198.51.100.1", "", "198.51.100.1"),
            (PEER, "1.2.3.4, 198.51.100.1, 10.1.1.1, 10.2.2.2", "", "198.51.100.1"),
            (PEER, "10.3.3.3, 10.1.1.1", "", "10.3.3.3"),
            // What cannot be read is of whoever reported it.
            (PEER, "198.51.100.1, unknown", "", PEER),
            (PEER, "198.51.100.1, unknown, 10.1.1.1", "", "10.1.1.1"),
            (PEER, "198.51.100.1, ", "", PEER),
            // Forms of an address.
            (PEER, "198.51.100.1:4711", "", "198.51.100.1"),
            (PEER, "[2001:db8::1]:4711", "", "2001:db8::1"),
            (PEER, "2001:db8::1", "", "2001:db8::1"),
            (PEER, "::ffff:198.51.100.1", "", "198.51.100.1"),
            ("::ffff:10.0.0.1", "198.51.100.1", "", "198.51.100.1"),
            (PEER, "", "for=198.51.100.1", "198.51.100.1"),
            (PEER, "", "For=\"[2001:db8::1]:4711\";proto=https;by=10.0.0.1", "2001:db8::1"),
            (PEER, "", "for=1.2.3.4, proto=http;for=198.51.100.1", "198.51.100.1"),
            (PEER, "", "for=\"a, for=1.2.3.4\"", PEER),
            (PEER, "", "for=198.51.100.1, by=10.0.0.1", PEER),
            (PEER, "", "for=_hidden", PEER),
            // A quote that is left open takes in what the proxy adds.
            (PEER, "", "for=1.2.3.4;x=\", for=198.51.100.1", PEER),
            (PEER, "", "for=1.2.3.4;x=\", for=\"198.51.100.1:80\"", PEER),
            (PEER, "", "for=1.2.3.4;x=\"\\, for=\"198.51.100.1:80\";a", PEER),
            // Both: only where they agree.
            (PEER, "198.51.100.1", "for=198.51.100.1", "198.51.100.1"),
            (PEER, "198.51.100.1", "for=1.2.3.4", PEER),
        ] {
            let lines = |text: &'static str| Some(text).filter(|text| !text.is_empty());
            let (x, forwarded): (Vec<_>, Vec<_>) =
                (lines(x).into_iter().collect(), lines(forwarded).into_iter().collect());
            let found = proxies().client(address(peer), &x, &forwarded);
            assert_eq!(found, address(client), "{x:?} {forwarded:?}");
        }
        let lines = ["1.2.3.4, 198.51.100.1", "10.1.1.1"];
        assert_eq!(proxies().client(address(PEER), &lines, &[]), address("198.51.100.1"));
    }

    #[test]
    fn proxies_are_named_by_networks_and_never_everybody() {
        let read = |text: &str| Networks::try_from(text.to_owned());
        assert_eq!(read("").unwrap(), Networks::default());
        assert_eq!(String::from(read("10.1.2.3,::1/128").unwrap()), "10.1.2.3/32, ::1/128");
        for wrong in ["proxy.example", "10.0.0.0/33", "0.0.0.0/0", "::/0"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    fn addresses() -> impl Strategy<Value = IpAddr> {
        let v4 = any::<u32>().prop_map(|bits| IpAddr::from(Ipv4Addr::from_bits(bits)));
        let v6 = any::<u128>().prop_map(|bits| IpAddr::from(Ipv6Addr::from_bits(bits)));
        prop_oneof![v4, v6].prop_map(|address| address.to_canonical())
    }

    proptest! {
        #[test]
        fn whatever_a_stranger_sends_changes_nothing(
            peer in addresses(), x in ".{0,80}", forwarded in "(for=)?.{0,80}",
        ) {
            prop_assume!(!proxies().0.hold(peer));
            prop_assert_eq!(proxies().client(peer, &[&x], &[&forwarded]), peer);
        }

        #[test]
        fn whatever_a_client_writes_before_its_proxy_does_changes_nothing(
            client in addresses(), lie in "[ -~]{0,60}|[a-f;=,\"1-4.\\\\ ]{0,40}", port in any::<u16>(),
        ) {
            prop_assume!(!proxies().0.hold(client));
            let peer = address("10.0.0.1");
            let x = format!("{lie}, {client}");
            prop_assert_eq!(proxies().client(peer, &[&x], &[]), client);
            let lines = [lie.as_str(), &client.to_string()];
            prop_assert_eq!(proxies().client(peer, &lines, &[]), client);
            let node = std::net::SocketAddr::new(client, port);
            // A quote that the client leaves open could take in what the proxy adds: then nothing is believed.
            let line = format!("for={lie}, for=\"{node}\"");
            let found = proxies().client(peer, &[], &[&line]);
            prop_assert!(found == client || (lie.contains('"') && found == peer), "{line}: {found}");
        }

        #[test]
        fn a_header_of_any_bytes_is_read_without_a_fault(x in any::<String>(), forwarded in any::<String>()) {
            let _ = proxies().client(address("10.0.0.1"), &[&x], &[&forwarded]);
        }
    }
}
