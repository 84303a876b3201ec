//! Why a scan cannot start, worded for the person who started it.

use std::borrow::Cow;

use thiserror::Error;

use crate::network::{NetworkError, by_proxy};
use leastwise_core::evidence::{Failure, FailureKind};
use leastwise_core::visible::visible_line;

/// Why AWS cannot be reached at all.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// There are no credentials.
    #[error("no AWS credentials found: {0}")]
    Credentials(String),
    /// There is no profile of that name.
    #[error("AWS profile `{name}` not found in {}", files.join(" or "))]
    NoProfile {
        /// The name.
        name: String,
        /// Where profiles are looked for.
        files: [String; 2],
        /// The profile that may be meant.
        near: Option<String>,
        /// The profiles there are, sorted.
        known: Vec<String>,
    },
    /// The files of profiles cannot be read as such.
    #[error("cannot read the AWS profiles in {}: {why}", files.join(" and "))]
    Profiles {
        /// Where they are.
        files: [String; 2],
        /// Why.
        why: String,
    },
    /// The profile that was named gives no credentials.
    #[error("no credentials from AWS profile `{profile}`: {why}")]
    ProfileCredentials {
        /// Its name.
        profile: String,
        /// Why.
        why: String,
    },
    /// A profile of a kind that is not read.
    #[error("AWS profile `{profile}` uses `aws login`, which leastwise does not support")]
    LoginSession {
        /// Its name.
        profile: String,
    },
    /// AWS does not say who calls.
    #[error("cannot check the AWS credentials: {0}")]
    Identity(Failure),
    /// The same, by way of a proxy.
    #[error("cannot check the AWS credentials: {failure}")]
    BeyondProxy {
        /// What AWS was asked.
        failure: Box<Failure>,
        /// The variable that names the proxy.
        variable: &'static str,
    },
    /// A setting of the environment that cannot be followed.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Something that should be an account id is none.
    #[error("`{}` is not an account ID (12 digits)", visible_line(.0))]
    AccountId(String),
    /// Something that should be the ARN of an analyzer is none.
    #[error("`{}` is not the ARN of an analyzer", visible_line(.0))]
    AnalyzerArn(String),
}

impl ConnectError {
    /// How to fix it, in one sentence.
    pub fn help(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::BeyondProxy { variable, .. } => {
                return format!(
                    "{}; if the proxy inspects TLS, set AWS_CA_BUNDLE to its root certificate",
                    by_proxy(variable)
                )
                .into();
            }
            Self::NoProfile { near: Some(near), .. } => return format!("did you mean `{near}`?").into(),
            Self::NoProfile { known, name, .. } => return other_profiles(known, name).into(),
            Self::Profiles { .. } => "check `aws configure list-profiles`",
            Self::ProfileCredentials { profile, .. } => {
                return format!(
                    "log in (`aws sso login --profile {profile}`), or check `aws configure export-credentials --profile \
                     {profile}`; with --profile, no other credentials are used"
                )
                .into();
            }
            Self::LoginSession { profile } => {
                return format!(
                    "use another profile with `credential_process = aws configure export-credentials --profile {profile} \
                     --format process`"
                )
                .into();
            }
            Self::Credentials(_) => {
                "log in (`aws sso login --profile NAME`) and scan with --profile NAME, or try the demonstration with --snapshot mocks/acme"
            }
            Self::Identity(failure) if failure.kind == FailureKind::Expired => {
                "log in again (`aws sso login`)"
            }
            Self::Identity(failure) if failure.kind == FailureKind::Unreachable => {
                "check the network; behind a proxy, set HTTPS_PROXY, and if the proxy inspects TLS, set AWS_CA_BUNDLE to its \
                 root certificate"
            }
            Self::Network(error) => error.help(),
            Self::Identity(_) => {
                "log in again, or choose other credentials with --profile; `aws sts get-caller-identity` shows which ones are used"
            }
            Self::AccountId(_) => "write account IDs in quotes, so that leading zeros are kept",
            Self::AnalyzerArn(_) => {
                "give an ARN such as arn:aws:access-analyzer:us-east-1:111111111111:analyzer/unused, from `aws accessanalyzer \
                 list-analyzers`"
            }
        })
    }

    /// The same of a call that went through the proxy of a variable, where that may be why.
    pub(super) fn beyond(self, variable: Option<&'static str>) -> Self {
        match (self, variable) {
            (Self::Identity(failure), Some(variable)) if failure.kind == FailureKind::Unreachable => {
                Self::BeyondProxy {
                    failure: Box::new(failure),
                    variable,
                }
            }
            (error, _) => error,
        }
    }
}

/// How to fix a profile name that resembles no known one.
fn other_profiles(known: &[String], name: &str) -> String {
    /// A longer list helps nobody.
    const SHOWN: usize = 8;
    let shown = known
        .iter()
        .take(SHOWN)
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ");
    match known.len() {
        0 => format!("create it with `aws configure sso --profile {name}`"),
        1..=SHOWN => format!("profiles: {shown}"),
        more => format!("profiles: {shown} and {} more", more - SHOWN),
    }
}
