//! Uses the named profile and no other credentials.
//!
//! The SDK's default chain tries the environment first and the machine last, even if a profile is named. A scan
//! could then silently run with someone else's credentials.

use std::env;

use aws_config::Region;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::timeout::TimeoutConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::DEFAULT_REGION;
use super::connect_error::ConnectError;
use super::error;
use super::options::CONNECT_TIMEOUT;
use crate::options::Limits;
use leastwise_core::closest::closest;

/// Where profiles are: the variable that says so, and the place where it does not.
const FILES: [(&str, &str); 2] = [
    ("AWS_CONFIG_FILE", "~/.aws/config"),
    ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
];

/// The credentials of a profile: keys, SSO, a role and its source, a process.
pub(super) fn provider(
    name: &str,
    region: Option<Region>,
    client: SharedHttpClient,
    limits: &Limits,
) -> ProfileFileCredentialsProvider {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(limits.call_timeout)
        .build();
    let config = ProviderConfig::without_region()
        .with_region(Some(
            region.unwrap_or_else(|| Region::from_static(DEFAULT_REGION)),
        ))
        .with_http_client(client)
        .with_timeout_config(timeouts);
    ProfileFileCredentialsProvider::builder()
        .configure(&config)
        .profile_name(name)
        .build()
}

/// A name that no file has is a slip of the pen.
pub(super) async fn must_exist(name: &str) -> Result<(), ConnectError> {
    let files = || FILES.map(|(variable, usual)| env::var(variable).unwrap_or_else(|_| usual.to_owned()));
    // The SDK's types of files and environment have no public names; their defaults are the real ones.
    let found = aws_config::profile::load(
        &Default::default(),
        &Default::default(),
        &Default::default(),
        None,
    )
    .await
    .map_err(|error| ConnectError::Profiles {
        files: files(),
        why: error::with_causes(&error),
    })?;
    if let Some(profile) = found.get_profile(name) {
        // The SDK reads these with four more crates, for which there is no need yet.
        return match profile.get("login_session") {
            Some(_) => Err(ConnectError::LoginSession {
                profile: name.to_owned(),
            }),
            None => Ok(()),
        };
    }
    let mut known: Vec<String> = found.profiles().map(str::to_owned).collect();
    known.sort_unstable();
    let near = closest(name, known.iter().map(String::as_str)).map(str::to_owned);
    Err(ConnectError::NoProfile {
        name: name.to_owned(),
        files: files(),
        near,
        known,
    })
}
