//! The proxy of an update.

use ureq::Proxy;

use super::UpdateError;
use super::address::Site;
use crate::network::{Environment, Proxies};

/// The proxy for a site and the variable that names it, if the environment asks for one.
pub(super) fn proxy_for(
    site: &Site,
    environment: Environment<'_>,
) -> Result<Option<(&'static str, Proxy)>, UpdateError> {
    let proxies = Proxies::of(environment);
    let Some(named) = proxies.to(&site.place()) else { return Ok(None) };
    let variable = named.variable;
    let proxy = named.address().and_then(|address| Proxy::new(&address).ok());
    proxy.map(|proxy| Some((variable, proxy))).ok_or(UpdateError::BadProxy { variable })
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::super::address::Base;
    use super::proxy_for;

    #[test]
    fn a_broken_setting_is_named_without_its_value() {
        let environment = |name: &str| (name == "https_proxy").then(|| OsString::from("ftp://user:secret@p"));
        let base = Base::of("https://x").ok();
        let told = base.and_then(|base| proxy_for(base.site(), &environment).err());
        let told = told.map(|error| error.to_string());
        assert_eq!(told.as_deref(), Some("https_proxy does not name a usable proxy"));
    }
}
