//! Which proxy the environment names. As in the SDK, hyper-util evaluates `NO_PROXY`; this module adds the
//! variable's name for messages, the refusal of unusable values, and addresses that are never contacted through a
//! proxy.

use std::fmt;

use aws_smithy_http_client::proxy::ProxyConfig;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;

use super::{Environment, NetworkError};

/// This machine, and the metadata services that give it credentials.
const NEVER_PROXIED: [&str; 6] = [
    "localhost",
    "127.0.0.0/8",
    "::1",
    "169.254.0.0/16",
    "fe80::/10",
    "fd00:ec2::/32",
];

/// The proxies of the environment, and what is called without one.
#[derive(Debug)]
pub(super) struct Proxies {
    https: Option<Proxy>,
    http: Option<Proxy>,
    direct: Vec<NoProxyEntry>,
}

/// A proxy, and the variable that names it.
pub(super) struct Proxy {
    pub(super) variable: &'static str,
    /// May hold a password.
    pub(super) config: ProxyConfig,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.variable)
    }
}

/// An entry of `NO_PROXY`: a host, a domain with all below it, a range of addresses, or `*`.
#[derive(Debug)]
struct NoProxyEntry {
    matcher: Matcher,
    port: Option<u16>,
}

impl NoProxyEntry {
    fn new(entry: &str) -> Self {
        // The last colon of an IPv6 address without brackets stands before no port.
        let with_port = entry
            .rsplit_once(':')
            .filter(|(host, _)| !host.contains(':') || host.ends_with(']'));
        let with_port = with_port.and_then(|(host, port)| Some((host, port.parse().ok()?)));
        let (host, port) = with_port.map_or((entry, None), |(host, port)| (host, Some(port)));
        // `*.example.com` is not known to the matcher; `.example.com` means the same.
        let host = if host.starts_with("*.") {
            host.trim_start_matches('*')
        } else {
            host
        };
        let matcher = Matcher::builder()
            .all("http://proxy")
            .no(host.trim_matches(['[', ']']))
            .build();
        Self { matcher, port }
    }

    fn covers(&self, uri: &Uri, port: u16) -> bool {
        self.port.is_none_or(|it| it == port) && self.matcher.intercept(uri).is_none()
    }
}

impl Proxies {
    /// For each scheme its own variable, then `ALL_PROXY`, in small letters first; empty ones count as not set.
    pub(super) fn new(environment: Environment<'_>) -> Result<Self, NetworkError> {
        let get = |variable: &'static str| {
            let value = environment(variable)?
                .into_string()
                .unwrap_or_default()
                .trim()
                .to_owned();
            (!value.is_empty()).then_some((variable, value))
        };
        let proxy = |variables: [&'static str; 4]| {
            let named = variables.into_iter().find_map(get);
            let proxy = named.map(|(variable, value)| match config(&value) {
                Some(config) => Ok(Proxy { variable, config }),
                None => Err(NetworkError::Proxy { variable }),
            });
            proxy.transpose()
        };
        let no_proxy = get("no_proxy")
            .or_else(|| get("NO_PROXY"))
            .map(|(_, list)| list)
            .unwrap_or_default();
        let named = no_proxy.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
        Ok(Self {
            https: proxy(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?,
            http: proxy(["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])?,
            direct: NEVER_PROXIED
                .into_iter()
                .chain(named)
                .map(NoProxyEntry::new)
                .collect(),
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Proxy> {
        self.https.iter().chain(&self.http)
    }

    /// The variable that names the proxy for an address; `None` for what is called directly.
    pub(super) fn variable_for(&self, uri: &Uri) -> Option<&'static str> {
        let (proxy, usual) = match uri.scheme_str()? {
            "https" => (self.https.as_ref()?, 443),
            "http" => (self.http.as_ref()?, 80),
            _ => return None,
        };
        let port = uri.port_u16().unwrap_or(usual);
        (!self.direct.iter().any(|exception| exception.covers(uri, port))).then_some(proxy.variable)
    }
}

/// The proxy at an address, if it is one. Clients ignore a port that is not a number, and would send the
/// password to whatever listens on the default one.
fn config(value: &str) -> Option<ProxyConfig> {
    let address = if value.contains("://") {
        value
    } else {
        &format!("http://{value}")
    };
    let uri: Uri = address.parse().ok()?;
    let authority = uri.authority()?.as_str();
    // After a slash or similar, it would be part of a password.
    if address.contains('@') && !authority.contains('@') {
        return None;
    }
    let host = uri.host().filter(|host| !host.is_empty())?;
    let port = authority.rsplit('@').next()?.strip_prefix(host)?;
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    let is_usable = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    ProxyConfig::all(uri).ok().filter(|_| is_usable)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{Proxies, config};

    fn proxies(set: &[(&str, &str)]) -> Option<Proxies> {
        let environment = |name: &str| {
            set.iter()
                .find(|(set, _)| *set == name)
                .map(|(_, value)| OsString::from(value))
        };
        Proxies::new(&environment).ok()
    }

    fn variable(url: &str, set: &[(&str, &str)]) -> Option<&'static str> {
        proxies(set)?.variable_for(&url.parse().ok()?)
    }

    #[test]
    fn the_scheme_s_own_variable_comes_before_the_general_one() {
        let set = [
            ("HTTPS_PROXY", "http://s:1"),
            ("http_proxy", "h:2"),
            ("ALL_PROXY", "https://a:3"),
        ];
        assert_eq!(variable("https://x", &set), Some("HTTPS_PROXY"));
        assert_eq!(variable("http://x", &set), Some("http_proxy"));
        assert_eq!(
            variable("http://x", &[("HTTP_PROXY", " "), ("ALL_PROXY", "a:3")]),
            Some("ALL_PROXY")
        );
        assert_eq!(variable("https://x", &[("HTTP_PROXY", "h:2")]), None);
    }

    #[test]
    fn exceptions_name_hosts_domains_ranges_and_ports() {
        let excepted = |url: &str, list: &str| {
            variable(url, &[("ALL_PROXY", "http://a:3"), ("NO_PROXY", list)]).is_none()
        };
        for list in [
            "*",
            "b.example.com",
            "example.com",
            ".example.com",
            "*.Example.com",
            "x, example.com",
            "x example.com:443",
        ] {
            assert!(excepted("https://b.example.com", list), "{list}");
        }
        for list in [
            "",
            "ample.com",
            "example.org",
            "example.com:8443",
            "a.b.example.com",
            ".",
            "*.",
        ] {
            assert!(!excepted("https://b.example.com", list), "{list}");
        }
        for list in [
            "10.1.2.3",
            "10.0.0.0/8",
            "10.1.2.3:99",
            "192.168.0.0/16 10.1.0.0/16",
        ] {
            assert!(excepted("http://10.1.2.3:99", list), "{list}");
        }
        for list in ["fd12::/16", "fd12::3", "[fd12::3]", "[fd12::3]:99"] {
            assert!(excepted("http://[fd12::3]:99", list), "{list}");
        }
        for list in ["10.1.2.4", "11.0.0.0/8", "10.1.2.3:98", "fd12::/16"] {
            assert!(!excepted("http://10.1.2.3:99", list), "{list}");
        }
    }

    #[test]
    fn what_gives_a_machine_its_credentials_is_never_proxied() {
        let is_direct = |url: &str| variable(url, &[("ALL_PROXY", "http://a:3")]).is_none();
        for url in [
            "http://169.254.169.254/latest",
            "http://169.254.170.2/v2/credentials",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::254]/latest",
            "http://[fd00:ec2::23]/v1/credentials",
            "http://127.0.0.1:9911/",
            "http://[::1]:9911/",
            "http://LocalHost:9911/",
        ] {
            assert!(is_direct(url), "{url}");
        }
        for url in [
            "https://sts.us-east-1.amazonaws.com/",
            "http://10.0.0.1/",
            "http://localhost.example/",
        ] {
            assert!(!is_direct(url), "{url}");
        }
    }

    #[test]
    fn what_names_no_host_or_no_port_that_can_be_is_no_proxy() {
        for value in [
            "p:3128",
            "user:pw@p",
            "http://user:pw@127.0.0.1:65535/",
            "https://[::1]:443",
        ] {
            assert!(config(value).is_some(), "{value}");
        }
        for value in [
            "http://user:pw@127.0.0.1:99999",
            "user:pw@p:65536",
            "p:0",
            "p:",
            "p:x",
            "http://[::1]:70000",
            "http://user:pw@",
            "http://:3128",
            "http://user:p#w@p:3128",
            "http://user:1/w@p:3128",
            "http://user:1?w@p:3128",
            "http://",
            "a b",
            "socks5://p:1080",
            "ftp://p",
        ] {
            assert!(config(value).is_none(), "{value}");
        }
    }

    #[test]
    fn a_password_is_not_told() {
        let told = format!("{:?}", proxies(&[("ALL_PROXY", "http://user:secret@p:1")]));
        assert!(
            told.contains("Some(ALL_PROXY)") && !told.contains("secret"),
            "{told}"
        );
    }
}
