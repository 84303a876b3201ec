//! What the environment says of the way to other machines: through which proxy, and whose certificates are believed. One
//! answer for all that is called.

mod proxy;
mod trust;

use std::ffi::OsString;

pub(crate) use self::proxy::{Place, Proxies};
pub use self::trust::TrustError;
pub(crate) use self::trust::bundle;

/// How to ask for an environment variable.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<OsString>;
