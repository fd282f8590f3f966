//! Which places on the network messages may be sent to. Whoever sets up an endpoint chooses its URL, and must not be able to make
//! the host talk to what only the host can reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// Longest URL, bytes.
const LONGEST: usize = 2_048;

/// Ports that messages are sent to.
const PORTS: [u16; 2] = [443, 8443];

/// IPv4 that is not the internet's (IANA special-purpose registry; multicast and what is reserved).
const SPECIAL_V4: [Ipv4Net; 15] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    v4([240, 0, 0, 0], 4),
];

/// IPv6 of the internet; everything else (mapped and translated IPv4 among it) is not.
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// What of that is not either: protocol assignments with Teredo, documentation, 6to4, documentation again.
const SPECIAL_V6: [Ipv6Net; 4] = [v6(0x2001, 0, 23), v6(0x2001, 0xdb8, 32), v6(0x2002, 0, 16), v6(0x3fff, 0, 20)];

/// A machine's own and private IPv4.
const PRIVATE_V4: [Ipv4Net; 4] = [v4([127, 0, 0, 0], 8), v4([10, 0, 0, 0], 8), v4([172, 16, 0, 0], 12), v4([192, 168, 0, 0], 16)];

/// Unique local IPv6, but for the place where a cloud keeps its machines' secrets.
const PRIVATE_V6: Ipv6Net = v6(0xfc00, 0, 7);
const CLOUD_V6: Ipv6Net = v6(0xfd00, 0xec2, 32);

const fn v4(address: [u8; 4], prefix: u8) -> Ipv4Net {
    let [a, b, c, d] = address;
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(first: u16, second: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(first, second, 0, 0, 0, 0, 0, 0), prefix)
}

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// Those of the internet, by `https`, on ports 443 and 8443.
    #[default]
    Public,
    /// Also the machine's own and private ones, by `http` too, on any port: for trials and tests.
    Private,
}

/// Why a URL is not one that messages may be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the message says it")]
pub enum BadUrl {
    #[error("must be a URL of at most 2048 visible ASCII characters, without a backslash or fragment")]
    Malformed,
    #[error("must begin with https://")]
    Scheme,
    #[error("must not hold a user or password")]
    User,
    #[error("must name port 443 or 8443, or none")]
    Port,
    #[error("names a host that cannot be looked up")]
    Unknown,
    #[error("leads to an address that is not the internet's")]
    Address,
}

impl Reach {
    /// A URL that messages may be sent to, as far as it says itself: where its host's name leads has to be looked at as well.
    pub fn url(self, text: &str) -> Result<Url, BadUrl> {
        let odd = |b: u8| !b.is_ascii_graphic() || b == b'\\' || b == b'#';
        if text.len() > LONGEST || text.bytes().any(odd) {
            return Err(BadUrl::Malformed);
        }
        let url = Url::parse(text).map_err(|_| BadUrl::Malformed)?;
        let scheme = url.scheme() == "https" || self == Self::Private && url.scheme() == "http";
        if !scheme {
            return Err(BadUrl::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadUrl::User);
        }
        if self == Self::Public && !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
            return Err(BadUrl::Port);
        }
        let allowed = match url.host() {
            Some(Host::Ipv4(address)) => self.allows(address.into()),
            Some(Host::Ipv6(address)) => self.allows(address.into()),
            Some(Host::Domain(_)) => true,
            None => return Err(BadUrl::Malformed),
        };
        if allowed { Ok(url) } else { Err(BadUrl::Address) }
    }

    /// Whether an address may be reached.
    pub fn allows(self, address: IpAddr) -> bool {
        let public = match address {
            IpAddr::V4(address) => !SPECIAL_V4.iter().any(|net| net.contains(&address)),
            IpAddr::V6(address) => GLOBAL_V6.contains(&address) && !SPECIAL_V6.iter().any(|net| net.contains(&address)),
        };
        public || self == Self::Private && private(address)
    }
}

fn private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => PRIVATE_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => address.is_loopback() || PRIVATE_V6.contains(&address) && !CLOUD_V6.contains(&address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> BadUrl {
        Reach::Public.url(text).expect_err(text)
    }

    #[test]
    fn no_spelling_of_an_inner_address_is_a_way_in() {
        for host in [
            "127.0.0.1",
            "127.1",
            "0",
            "0.0.0.0",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[64:ff9b::7f00:1]",
            "[fe80::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "169.254.169.254",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "100.127.255.254",
            "192.0.0.8",
            "198.18.0.1",
            "198.19.255.255",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "192.0.2.7",
            "198.51.100.1",
            "203.0.113.1",
            "[2002:7f00:1::]",
            "[2001::1]",
            "[2001:db8::1]",
            "127.0.0.1.",
            "%31%32%37.0.0.1",
        ] {
            assert_eq!(refused(&format!("https://{host}/hook")), BadUrl::Address, "{host}");
        }
    }

    #[test]
    fn only_plain_https_on_its_ports() {
        for (text, why) in [
            ("http://example.com/", BadUrl::Scheme),
            ("file:///etc/passwd", BadUrl::Scheme),
            ("gopher://example.com/", BadUrl::Scheme),
            ("ftp://example.com/", BadUrl::Scheme),
            ("javascript:alert(1)", BadUrl::Scheme),
            ("https://user:pass@example.com/", BadUrl::User),
            ("https://good@169.254.169.254/", BadUrl::User),
            ("https://example.com:22/", BadUrl::Port),
            ("https://example.com:25/", BadUrl::Port),
            ("https://example.com:6379/", BadUrl::Port),
            ("https://example.com:8080/", BadUrl::Port),
            ("https://example.com:80/", BadUrl::Port),
            ("https://example.com/#@10.0.0.1/", BadUrl::Malformed),
            ("https://example.com\\@10.0.0.1/", BadUrl::Malformed),
            ("https://１２７.0.0.1/", BadUrl::Malformed),
            ("https://exa mple.com/", BadUrl::Malformed),
            ("https://example.com/\n", BadUrl::Malformed),
            ("https://", BadUrl::Malformed),
            ("//example.com", BadUrl::Malformed),
            ("example.com", BadUrl::Malformed),
            ("", BadUrl::Malformed),
        ] {
            assert_eq!(refused(text), why, "{text}");
        }
        assert_eq!(refused(&format!("https://example.com/{}", "a".repeat(2_048))), BadUrl::Malformed);
        for good in
            ["https://example.com/hook?a=b", "https://example.com:8443/", "https://1.1.1.1/", "https://[2606:4700::1111]/"]
        {
            assert!(Reach::Public.url(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_trial_reaches_its_own_machine_and_network_and_no_clouds_secrets() {
        for good in
            ["http://127.0.0.1:9999/", "http://[::1]:80/", "https://10.0.0.1/", "http://192.168.1.1/", "http://[fd12::1]/"]
        {
            assert!(Reach::Private.url(good).is_ok(), "{good}");
        }
        for bad in [
            "http://169.254.169.254/",
            "http://[fd00:ec2::254]/",
            "http://0.0.0.0/",
            "http://[::ffff:127.0.0.1]/",
            "http://100.64.0.1/",
            "http://224.0.0.1/",
        ] {
            assert_eq!(Reach::Private.url(bad).expect_err(bad), BadUrl::Address, "{bad}");
        }
    }
}
