//! The SDK's HTTP client. By default, it uses no proxy and trusts only the system's certificates.

use std::collections::BTreeMap;
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
use aws_smithy_types::body::SdkBody;

use super::proxy::Proxies;
use super::trust::bundle;
use super::{Environment, NetworkError};

/// The time that a connection and an answer may take.
type Timeouts = (Option<Duration>, Option<Duration>);

/// The variable that names the proxy of a call, once one went through a proxy.
pub(crate) type ProxiedBy = Arc<OnceLock<&'static str>>;

/// The HTTP client. Calls with the same timeouts share connections.
pub(crate) struct Client {
    tls: TlsContext,
    proxies: Arc<Proxies>,
    proxied_by: ProxiedBy,
    read: fn(SdkBody) -> SdkBody,
    connectors: Mutex<BTreeMap<Timeouts, SharedHttpConnector>>,
}

impl Client {
    /// A client whose answers are read through `read`, which may bound them.
    ///
    /// # Errors
    /// When the environment has a setting that cannot be followed.
    pub(crate) fn new(
        environment: Environment<'_>,
        read: fn(SdkBody) -> SdkBody,
    ) -> Result<Self, NetworkError> {
        let mut tls = TlsContext::builder();
        if let Some(pem) = bundle(environment)? {
            tls = tls.with_trust_store(TrustStore::empty().with_pem_certificate(pem));
        }
        Ok(Self {
            tls: tls
                .build()
                .map_err(|error| NetworkError::Tls(error.to_string()))?,
            proxies: Arc::new(Proxies::new(environment)?),
            proxied_by: ProxiedBy::default(),
            read,
            connectors: Mutex::default(),
        })
    }

    pub(crate) fn proxied_by(&self) -> ProxiedBy {
        Arc::clone(&self.proxied_by)
    }

    pub(crate) fn connector(&self, settings: &HttpConnectorSettings) -> SharedHttpConnector {
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        connectors
            .entry(timeouts)
            .or_insert_with(|| SharedHttpConnector::new(self.routed(settings)))
            .clone()
    }

    fn routed(&self, settings: &HttpConnectorSettings) -> Routed {
        let new = |proxy: ProxyConfig| {
            let connector = Connector::builder()
                .connector_settings(settings.clone())
                .proxy_config(proxy);
            connector
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(self.tls.clone())
                .build()
        };
        let proxied = self
            .proxies
            .all()
            .map(|proxy| (proxy.variable, new(proxy.config.clone())));
        Routed {
            direct: new(ProxyConfig::disabled()),
            proxied: proxied.collect(),
            proxies: Arc::clone(&self.proxies),
            proxied_by: self.proxied_by(),
            read: self.read,
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("proxies", &self.proxies)
            .finish_non_exhaustive()
    }
}

impl HttpClient for Client {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        self.connector(settings)
    }
}

/// Sends each call directly or through its proxy.
#[derive(Debug)]
struct Routed {
    direct: Connector,
    /// By the variable that names the proxy.
    proxied: BTreeMap<&'static str, Connector>,
    proxies: Arc<Proxies>,
    proxied_by: ProxiedBy,
    read: fn(SdkBody) -> SdkBody,
}

impl HttpConnector for Routed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let variable = request
            .uri()
            .parse()
            .ok()
            .and_then(|uri| self.proxies.variable_for(&uri));
        let connector = match variable.and_then(|variable| self.proxied.get_key_value(variable)) {
            Some((variable, connector)) => {
                let _first = self.proxied_by.set(variable);
                connector
            }
            None => &self.direct,
        };
        let (answer, read) = (connector.call(request), self.read);
        HttpConnectorFuture::new(async move { Ok(answer.await?.map(read)) })
    }
}
