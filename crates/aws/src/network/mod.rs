//! HTTP for all calls: which proxy to use and which certificates to trust, from the environment.

mod client;
mod proxy;
mod trust;

use std::ffi::OsString;

use thiserror::Error;

pub(crate) use self::client::{Client, ProxiedBy};
pub use self::trust::TrustError;

/// Looks up an environment variable.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<OsString>;

/// An unusable setting in the environment, found before the first call.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// An unusable proxy. The variable's value may contain a password, so it is not shown.
    #[error("{variable} is not a usable proxy")]
    Proxy {
        /// The variable.
        variable: &'static str,
    },
    /// The certificates that should be believed.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The settings of TLS are not taken.
    #[error("cannot set up TLS: {0}")]
    Tls(String),
}

impl NetworkError {
    /// How to fix it, in one sentence.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Proxy { .. } => {
                "set it to http://host:port or https://host:port; list hosts to call directly in NO_PROXY"
            }
            Self::Trust(error) => error.help(),
            Self::Tls(_) => "check AWS_CA_BUNDLE, SSL_CERT_FILE and the system's certificates",
        }
    }
}

/// How to fix a call that went through the proxy of a variable and did not arrive. The value may contain a
/// password, so it is not shown.
pub(crate) fn by_proxy(variable: &str) -> String {
    format!("the call goes through the proxy in {variable}; check its address and password")
}
