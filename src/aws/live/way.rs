//! The HTTP client of the SDK, with bounds on what it reads, and the proxies and certificates that the environment names: left to itself the SDK goes
//! through no proxy and believes the system's certificates only.

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
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

use super::{ConnectError, body};
use crate::network::{Named, Place, Proxies, bundle};

/// The time that a connection and an answer may take.
type Timeouts = (Option<Duration>, Option<Duration>);

/// The variable that names the proxy through which calls went, once one did.
pub(super) type Through = Arc<OnceLock<&'static str>>;

/// The client. Its connections are shared by all that have the same timeouts.
pub(super) struct Way {
    tls: TlsContext,
    proxies: Arc<Proxies>,
    https: ProxyConfig,
    http: ProxyConfig,
    through: Through,
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
            through: Through::default(),
            made: Mutex::default(),
        })
    }

    /// Where it is told through which proxy calls go.
    pub(super) fn through(&self) -> Through {
        Arc::clone(&self.through)
    }
}

impl fmt::Debug for Way {
    /// Without the proxies' addresses: they may hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}

/// The proxy that a variable names. One for SOCKS cannot be used.
fn proxy(named: Option<&Named>) -> Result<ProxyConfig, ConnectError> {
    let Some(named) = named else { return Ok(ProxyConfig::disabled()) };
    let made = named.address().and_then(|address| ProxyConfig::all(address).ok());
    made.ok_or(ConnectError::Proxy { variable: named.variable })
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
                through: self.through(),
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
    through: Through,
    direct: Connector,
    https: Connector,
    http: Connector,
}

impl HttpConnector for Fork {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let answer = self.send(request);
        HttpConnectorFuture::new(async move { Ok(answer.await?.map(body::bounded)) })
    }
}

impl Fork {
    fn send(&self, request: HttpRequest) -> HttpConnectorFuture {
        let place = Place::of(request.uri()).filter(|place| !place.is_here());
        let Some((place, named)) = place.and_then(|place| self.proxies.to(&place).map(|it| (place, it)))
        else {
            return self.direct.call(request);
        };
        let _first = self.through.set(named.variable);
        if place.https { self.https.call(request) } else { self.http.call(request) }
    }
}
