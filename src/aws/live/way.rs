//! The HTTP client of the SDK, with the proxies and certificates that the environment names: left to itself the SDK goes
//! through no proxy and believes the system's certificates only.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::ConnectError;
use crate::network::{Place, Proxies, bundle};

/// The time that a connection and an answer may take.
type Timeouts = (Option<Duration>, Option<Duration>);

/// The client. Its connections are shared by all that have the same timeouts.
pub(super) struct Way {
    tls: TlsContext,
    proxies: Arc<Proxies>,
    https: ProxyConfig,
    http: ProxyConfig,
    made: Mutex<BTreeMap<Timeouts, SharedHttpConnector>>,
}

impl Way {
    /// As the environment has it. What is wrong with that is told here, before anybody is called.
    pub(super) fn from_environment() -> Result<Self, ConnectError> {
        let environment = |name: &str| env::var_os(name);
        let proxies = Proxies::of(&environment);
        let mut tls = TlsContext::builder();
        if let Some(bundle) = bundle(&environment)? {
            tls = tls.with_trust_store(TrustStore::empty().with_pem_certificate(bundle.pem));
        }
        Ok(Self {
            tls: tls.build().map_err(|error| ConnectError::Tls(error.to_string()))?,
            https: proxy(proxies.of_scheme(true))?,
            http: proxy(proxies.of_scheme(false))?,
            proxies: Arc::new(proxies),
            made: Mutex::default(),
        })
    }
}

impl fmt::Debug for Way {
    /// Without the proxies' addresses: they may hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}

/// The proxy that a variable names. One for SOCKS cannot be used.
fn proxy(named: Option<(&'static str, &str)>) -> Result<ProxyConfig, ConnectError> {
    let Some((variable, value)) = named else { return Ok(ProxyConfig::disabled()) };
    let url = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    ProxyConfig::all(url).map_err(|_| ConnectError::Proxy { variable })
}

impl HttpClient for Way {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let make = |proxy: ProxyConfig| {
            let mut connector = Connector::builder().connector_settings(settings.clone()).proxy_config(proxy);
            connector.set_sleep_impl(components.sleep_impl());
            connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(self.tls.clone()).build()
        };
        let fork = || {
            SharedHttpConnector::new(Fork {
                proxies: Arc::clone(&self.proxies),
                direct: make(ProxyConfig::disabled()),
                https: make(self.https.clone()),
                http: make(self.http.clone()),
            })
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry((settings.connect_timeout(), settings.read_timeout())).or_insert_with(fork).clone()
    }
}

/// Where a call's way parts: through a proxy or not.
#[derive(Debug)]
struct Fork {
    proxies: Arc<Proxies>,
    direct: Connector,
    https: Connector,
    http: Connector,
}

impl HttpConnector for Fork {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let place = Place::of(request.uri()).filter(|place| !place.is_here());
        match place.filter(|place| self.proxies.to(place).is_some()) {
            Some(Place { https: true, .. }) => self.https.call(request),
            Some(_) => self.http.call(request),
            None => self.direct.call(request),
        }
    }
}
