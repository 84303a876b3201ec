//! The proxy of an update.

use ureq::Proxy;

use super::UpdateError;
use super::address::Site;
use crate::network::{Environment, Proxies};

/// The proxy for a site, if the environment asks for one.
pub(super) fn proxy_for(site: &Site, environment: Environment<'_>) -> Result<Option<Proxy>, UpdateError> {
    match Proxies::of(environment).to(&site.place()) {
        None => Ok(None),
        Some((variable, value)) => match Proxy::new(value) {
            Ok(proxy) => Ok(Some(proxy)),
            Err(_) => Err(UpdateError::BadProxy { variable }),
        },
    }
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
