//! What the environment says of the way to other machines: through which proxy, and whose certificates are believed. One
//! answer for all that is called.

mod proxy;
mod trust;

use std::ffi::OsString;

pub(crate) use self::proxy::{Named, Place, Proxies};
pub use self::trust::TrustError;
pub(crate) use self::trust::bundle;

/// The mend of a call that went through the proxy of a variable and did not arrive. The value may hold a password, and is not
/// told.
pub(crate) fn by_proxy(variable: &str) -> String {
    format!("the call goes through the proxy of {variable}: check it and its password")
}

/// How to ask for an environment variable.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<OsString>;
