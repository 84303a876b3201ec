//! Which proxy the environment asks for, by the rules that curl and most others follow.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use ureq::http::Uri;

use super::Environment;

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) https: bool,
    /// In small letters.
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// What the environment says, read once.
#[derive(Clone)]
pub(crate) struct Proxies {
    https: Option<Named>,
    http: Option<Named>,
    /// What is called without one.
    excepted: String,
}

/// A proxy, and the variable that names it.
#[derive(Clone)]
pub(crate) struct Named {
    pub(crate) variable: &'static str,
    /// May hold a password.
    value: String,
}

impl Named {
    /// The address of the proxy, if what is named is one. Clients read a port that is no number as none, and would hand the
    /// password to whoever listens at the usual one.
    pub(crate) fn address(&self) -> Option<String> {
        let value = &self.value;
        let address = if value.contains("://") { value.clone() } else { format!("http://{value}") };
        let uri: Uri = address.parse().ok()?;
        let authority = uri.authority()?.as_str();
        // Behind a slash or the like it would be a part of a password.
        if address.contains('@') && !authority.contains('@') {
            return None;
        }
        let place = authority.rsplit('@').next()?;
        let port = place.strip_prefix(uri.host()?)?;
        let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
        let is_one = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        (is_one && place.len() > port.len()).then_some(address)
    }
}

impl Place {
    /// The place of an absolute address.
    pub(crate) fn of(url: &str) -> Option<Self> {
        let uri: Uri = url.parse().ok()?;
        let https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        Some(Self { https, host: uri.host()?.to_ascii_lowercase(), port })
    }

    /// Whether it is this machine, or what tells it who it is and gives it credentials: no proxy stands in between, and none
    /// should hear what is said there.
    pub(crate) fn is_here(&self) -> bool {
        let is_own_v6 = |ip: Ipv6Addr| {
            let [first, second, ..] = ip.segments();
            ip.is_loopback() || ip.is_unicast_link_local() || (first, second) == (0xfd00, 0xec2)
        };
        match self.host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local(),
            Ok(IpAddr::V6(ip)) => is_own_v6(ip),
            Err(_) => self.host == "localhost",
        }
    }
}

impl Proxies {
    /// For each scheme its own variable, then `ALL_PROXY`, in small letters first; empty ones count as not set.
    pub(crate) fn of(environment: Environment<'_>) -> Self {
        let get = |name: &'static str| {
            let value = environment(name)?.into_string().unwrap_or_default();
            (!value.trim().is_empty()).then(|| Named { variable: name, value: value.trim().to_owned() })
        };
        let first = |names: [&'static str; 4]| names.into_iter().find_map(get);
        Self {
            https: first(["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
            http: first(["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]),
            excepted: get("no_proxy").or_else(|| get("NO_PROXY")).map(|it| it.value).unwrap_or_default(),
        }
    }

    /// The proxy of a scheme, whatever is excepted.
    pub(crate) fn of_scheme(&self, https: bool) -> Option<&Named> {
        if https { self.https.as_ref() } else { self.http.as_ref() }
    }

    /// The proxy on the way to a place. `None` without one and for what `NO_PROXY` excepts.
    pub(crate) fn to(&self, place: &Place) -> Option<&Named> {
        self.of_scheme(place.https).filter(|_| !is_excepted(place, &self.excepted))
    }
}

impl fmt::Debug for Proxies {
    /// Without the values: they may hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variables = [&self.https, &self.http].map(|named| named.as_ref().map(|it| it.variable));
        f.debug_tuple("Proxies").field(&variables).finish()
    }
}

/// Whether a list of hosts and domains, `*` for all, names the place. A domain stands for what is below it too, with or
/// without a dot or `*.` before it; a port narrows it. Ranges of addresses are not read.
fn is_excepted(place: &Place, list: &str) -> bool {
    let entries = list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty());
    entries.map(str::to_ascii_lowercase).any(|entry| {
        let (domain, port) = match entry.rsplit_once(':') {
            Some((domain, port)) if !domain.ends_with(':') => match port.parse::<u16>() {
                Ok(port) => (domain, Some(port)),
                Err(_) => (entry.as_str(), None),
            },
            _ => (entry.as_str(), None),
        };
        let domain = domain.strip_prefix('*').unwrap_or(domain);
        let domain = domain.strip_prefix('.').unwrap_or(domain);
        let below = |host: &str| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
        let named = entry == "*" || !domain.is_empty() && (place.host == domain || below(&place.host));
        named && port.is_none_or(|port| port == place.port)
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::{Named, Place, Proxies};

    /// The variable and the proxy that are taken.
    fn taken(url: &str, set: &[(&str, &str)]) -> Option<String> {
        let environment =
            |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| OsString::from(value));
        let proxies = Proxies::of(&environment);
        proxies.to(&Place::of(url)?).map(|named| format!("{} {}", named.variable, named.value))
    }

    #[test]
    fn the_scheme_s_own_variable_comes_before_the_general_one() {
        let set = [("HTTPS_PROXY", "http://s:1"), ("http_proxy", "h:2"), ("ALL_PROXY", "socks5://a:3")];
        assert_eq!(taken("https://x", &set).as_deref(), Some("HTTPS_PROXY http://s:1"));
        assert_eq!(taken("http://x", &set).as_deref(), Some("http_proxy h:2"));
        let set = [("HTTP_PROXY", " "), ("ALL_PROXY", "a:3")];
        assert_eq!(taken("http://x", &set).as_deref(), Some("ALL_PROXY a:3"));
        assert_eq!(taken("https://x", &[("HTTP_PROXY", "h:2")]), None);
    }

    #[test]
    fn exceptions_name_hosts_domains_and_ports() {
        let excepted =
            |url: &str, list: &str| taken(url, &[("ALL_PROXY", "http://a:3"), ("NO_PROXY", list)]).is_none();
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
        for list in ["", "ample.com", "example.org", "example.com:8443", "a.b.example.com", ".", "*."] {
            assert!(!excepted("https://b.example.com", list), "{list}");
        }
        assert!(excepted("http://127.0.0.1:99", "localhost,127.0.0.1"));
    }

    #[test]
    fn what_gives_a_machine_its_credentials_is_here() {
        let is_here = |url: &str| Place::of(url).is_some_and(|place| place.is_here());
        for url in [
            "http://169.254.169.254/latest",
            "http://169.254.170.2/v2/credentials",
            "http://[fd00:ec2::254]/latest",
            "http://127.0.0.1:9911/",
            "http://[::1]:9911/",
            "http://LocalHost:9911/",
        ] {
            assert!(is_here(url), "{url}");
        }
        for url in ["https://sts.us-east-1.amazonaws.com/", "http://10.0.0.1/", "http://localhost.example/"] {
            assert!(!is_here(url), "{url}");
        }
    }

    #[test]
    fn what_names_no_host_or_no_port_that_can_be_is_no_proxy() {
        let address = |value: &str| {
            let environment = |_: &str| Some(OsString::from(value));
            Proxies::of(&environment).of_scheme(true).and_then(Named::address)
        };
        for (value, is) in [
            ("p:3128", "http://p:3128"),
            ("user:pw@p", "http://user:pw@p"),
            ("http://user:pw@127.0.0.1:65535/", "http://user:pw@127.0.0.1:65535/"),
            ("https://[::1]:443", "https://[::1]:443"),
            ("socks5://P", "socks5://P"),
        ] {
            assert_eq!(address(value).as_deref(), Some(is));
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
        ] {
            assert_eq!(address(value), None, "{value}");
        }
    }

    #[test]
    fn a_password_is_not_told() {
        let environment = |_: &str| Some(OsString::from("http://user:secret@p:1"));
        assert_eq!(
            format!("{:?}", Proxies::of(&environment)),
            "Proxies([Some(\"https_proxy\"), Some(\"http_proxy\")])"
        );
    }
}
