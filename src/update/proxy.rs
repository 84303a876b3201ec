//! Which proxy the environment asks for, by the rules that curl and most others follow.

use ureq::Proxy;

use super::address::Site;
use super::{Environment, UpdateError};

/// The proxy for a site: the variable of its scheme, then `ALL_PROXY`, in small letters first; empty ones count as not
/// set. `None` without one and for what `NO_PROXY` excepts.
pub(super) fn proxy_for(site: &Site, environment: Environment<'_>) -> Result<Option<Proxy>, UpdateError> {
    let get = |name: &'static str| {
        let value = environment(name)?.into_string().unwrap_or_default();
        (!value.trim().is_empty()).then(|| (name, value.trim().to_owned()))
    };
    let excepted = get("no_proxy").or_else(|| get("NO_PROXY"));
    if excepted.is_some_and(|(_, list)| is_excepted(site, &list)) {
        return Ok(None);
    }
    let names = match site.is_https() {
        true => ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
        false => ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
    };
    match names.into_iter().find_map(get) {
        None => Ok(None),
        Some((variable, value)) => match Proxy::new(&value) {
            Ok(proxy) => Ok(Some(proxy)),
            Err(_) => Err(UpdateError::BadProxy { variable }),
        },
    }
}

/// Whether a list of hosts and domains, `*` for all, names the site. A domain stands for what is below it too, with or
/// without a dot or `*.` before it; a port narrows it. Ranges of addresses are not read.
fn is_excepted(site: &Site, list: &str) -> bool {
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
        let named = entry == "*" || !domain.is_empty() && (site.host() == domain || below(site.host()));
        named && port.is_none_or(|port| port == site.port())
    })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::super::address::Base;
    use super::proxy_for;

    /// The host of the proxy that is taken, or the variable that is complained of.
    fn taken(url: &str, set: &[(&str, &str)]) -> Option<String> {
        let environment =
            |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| OsString::from(value));
        let base = Base::of(url).ok()?;
        match proxy_for(base.site(), &environment) {
            Ok(proxy) => proxy.map(|proxy| format!("{}:{}", proxy.host(), proxy.port())),
            Err(error) => Some(error.to_string()),
        }
    }

    #[test]
    fn the_scheme_s_own_variable_comes_before_the_general_one() {
        let set = [("HTTPS_PROXY", "http://s:1"), ("http_proxy", "h:2"), ("ALL_PROXY", "socks5://a:3")];
        assert_eq!(taken("https://x", &set).as_deref(), Some("s:1"));
        assert_eq!(taken("http://x", &set).as_deref(), Some("h:2"));
        assert_eq!(taken("http://x", &[("HTTP_PROXY", " "), ("ALL_PROXY", "a:3")]).as_deref(), Some("a:3"));
        assert_eq!(taken("https://x", &[("HTTP_PROXY", "h:2")]), None);
    }

    #[test]
    fn a_broken_setting_is_named_without_its_value() {
        let told = taken("https://x", &[("https_proxy", "ftp://user:secret@p")]);
        assert_eq!(told.as_deref(), Some("https_proxy does not name a usable proxy"));
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
}
