//! The SDK's clients for one set of credentials.

use std::sync::{Arc, OnceLock};

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::Credentials;
use aws_sdk_sts::config::SharedCredentialsProvider;

use super::guard::Guard;
use super::operations::Purpose;
use super::options::CONNECT_TIMEOUT;
use crate::options::Limits;

/// Clients that are made when they are first needed.
#[derive(Debug, Clone)]
pub(super) struct Clients(Arc<SdkClients>);

#[derive(Debug)]
struct SdkClients {
    sdk: SdkConfig,
    purpose: Purpose,
    iam: OnceLock<aws_sdk_iam::Client>,
    analyzer: OnceLock<aws_sdk_accessanalyzer::Client>,
    organizations: OnceLock<aws_sdk_organizations::Client>,
    sts: OnceLock<aws_sdk_sts::Client>,
}

/// The settings that all clients share. They share the HTTP client, hence its connections.
pub(super) fn settings(sdk: &SdkConfig, limits: &Limits) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        // There is no read timeout by default: a server that accepts and never answers would hold a call for ever.
        .read_timeout(limits.call_timeout)
        .operation_attempt_timeout(limits.call_timeout)
        .operation_timeout(limits.call_timeout)
        .build();
    sdk.to_builder()
        .timeout_config(timeouts)
        // One attempt: repeating is the session's, which passes the pacer each time. The SDK's own retries draw on a
        // quota that clients of one service and Region share, so that one account's throttling starves another.
        .retry_config(RetryConfig::disabled())
        // The SDK's cache is shared by all clients of a config and holds few identities: over 100 accounts it assumes
        // roles for nearly every call. Sessions keep their credentials themselves.
        .identity_cache(IdentityCache::no_cache())
        // A call that trickles ends by the time limits above; to watch every answer for that costs each call time.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}

impl Clients {
    pub(super) fn new(settings: &SdkConfig, credentials: Credentials, purpose: Purpose) -> Self {
        let sdk = settings
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        Self(Arc::new(SdkClients {
            sdk,
            purpose,
            iam: OnceLock::new(),
            analyzer: OnceLock::new(),
            organizations: OnceLock::new(),
            sts: OnceLock::new(),
        }))
    }

    fn guard(&self) -> Guard {
        Guard(self.0.purpose)
    }

    pub(super) fn iam(&self) -> &aws_sdk_iam::Client {
        self.0.iam.get_or_init(|| {
            let config = aws_sdk_iam::config::Builder::from(&self.0.sdk)
                .interceptor(self.guard())
                .build();
            aws_sdk_iam::Client::from_conf(config)
        })
    }

    pub(super) fn analyzer(&self) -> &aws_sdk_accessanalyzer::Client {
        self.0.analyzer.get_or_init(|| {
            let config = aws_sdk_accessanalyzer::config::Builder::from(&self.0.sdk)
                .interceptor(self.guard())
                .build();
            aws_sdk_accessanalyzer::Client::from_conf(config)
        })
    }

    pub(super) fn organizations(&self) -> &aws_sdk_organizations::Client {
        self.0.organizations.get_or_init(|| {
            let config = aws_sdk_organizations::config::Builder::from(&self.0.sdk)
                .interceptor(self.guard())
                .build();
            aws_sdk_organizations::Client::from_conf(config)
        })
    }

    pub(super) fn sts(&self) -> &aws_sdk_sts::Client {
        self.0.sts.get_or_init(|| {
            let config = aws_sdk_sts::config::Builder::from(&self.0.sdk)
                .interceptor(self.guard())
                .build();
            aws_sdk_sts::Client::from_conf(config)
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_config::{BehaviorVersion, Region};
    use aws_smithy_runtime_api::client::http::http_client_fn;

    use super::*;

    /// The SDK can write; these clients cannot.
    #[tokio::test]
    #[expect(clippy::panic, reason = "a test fails by panicking")]
    async fn an_operation_that_is_not_listed_is_refused_before_there_is_a_request() {
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("us-east-1"))
            .http_client(http_client_fn(|_, _| panic!("a request was made")))
            .build();
        let clients = |purpose| {
            let credentials = Credentials::new("AKIA", "s", None, None, "test");
            Clients::new(&settings(&sdk, &Limits::default()), credentials, purpose)
        };
        for clients in [Purpose::Scan, Purpose::Check].map(clients) {
            assert!(clients.iam().delete_role().role_name("r").send().await.is_err());
            assert!(
                clients
                    .analyzer()
                    .delete_analyzer()
                    .analyzer_name("a")
                    .send()
                    .await
                    .is_err()
            );
            let generate = clients.analyzer().generate_finding_recommendation();
            assert!(generate.analyzer_arn("a").id("i").send().await.is_err());
            assert!(clients.organizations().leave_organization().send().await.is_err());
            assert!(clients.sts().get_session_token().send().await.is_err());
        }
        let scan = clients(Purpose::Scan);
        assert!(
            scan.analyzer()
                .validate_policy()
                .policy_document("{}")
                .send()
                .await
                .is_err()
        );
        assert!(scan.analyzer().check_no_new_access().send().await.is_err());
        assert!(scan.iam().simulate_custom_policy().send().await.is_err());
        let check = clients(Purpose::Check);
        assert!(
            check
                .iam()
                .get_account_authorization_details()
                .send()
                .await
                .is_err()
        );
        assert!(check.organizations().list_accounts().send().await.is_err());
    }
}
