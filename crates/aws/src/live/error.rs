//! What went wrong with a call: decided by code, HTTP status and the types in the chain of causes, never by the
//! text of a message. AWS's message is passed on for people.

use std::error::Error;
use std::iter::successors;
use std::time::{Duration, SystemTime};

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_sdk_sts::operation::assume_role_with_web_identity::AssumeRoleWithWebIdentityError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::date_time::{DateTime, Format};
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};

use super::body::TooMuch;
use super::guard::NotWhole;
use super::operations::Operation;
use crate::pace::LONGEST_PAUSE;
use leastwise_core::evidence::{Failure, FailureKind, clean_message};

/// One attempt that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CallFault {
    pub(super) kind: FailureKind,
    /// Whether the same call may succeed when it is made again.
    pub(super) again: bool,
    /// How long AWS asks to wait.
    pub(super) retry_after: Option<Duration>,
    /// The code and the message of AWS's answer. Of the request nothing is kept.
    code: Option<String>,
    message: Option<String>,
    /// What is wrong with an answer that is none.
    detail: Option<String>,
}

impl CallFault {
    fn of(kind: FailureKind) -> Self {
        Self {
            kind,
            again: false,
            retry_after: None,
            code: None,
            message: None,
            detail: None,
        }
    }

    fn again(kind: FailureKind) -> Self {
        Self {
            again: true,
            ..Self::of(kind)
        }
    }

    fn saying(self, answer: &impl ProvideErrorMetadata) -> Self {
        let [code, message] = [answer.code(), answer.message()].map(|text| text.map(str::to_owned));
        Self {
            code,
            message,
            ..self
        }
    }

    /// The failure to report for an operation.
    pub(super) fn of_operation(&self, operation: &Operation) -> Failure {
        let failure =
            Failure::new(operation.name(), self.kind).saying(self.code.as_deref(), self.message.as_deref());
        match &self.detail {
            Some(detail) => failure.because(detail),
            None => failure,
        }
    }
}

/// The fault of an attempt.
pub(super) fn of_call<E>(error: &SdkError<E, HttpResponse>) -> CallFault
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            let retry_after = retry_after(answer.raw());
            CallFault {
                retry_after,
                ..of_answer(answer.err().code(), status).saying(answer.err())
            }
        }
        // The answer was cut off, or is not of the protocol, such as a gateway's page.
        SdkError::ResponseError(answer) => {
            let retry_after = retry_after(answer.raw());
            let fault = CallFault {
                retry_after,
                ..of_answer(None, answer.raw().status().as_u16())
            };
            causes(error)
                .find_map(of_body)
                .map_or(fault.clone(), |(detail, again)| {
                    let (kind, detail) = (FailureKind::Malformed, Some(detail));
                    CallFault {
                        kind,
                        again,
                        detail,
                        ..fault
                    }
                })
        }
        SdkError::TimeoutError(_) => CallFault::again(FailureKind::Unreachable),
        // No credentials surface here as well, with their own failure inside.
        SdkError::DispatchFailure(failure) => {
            let cause = failure
                .as_connector_error()
                .map(|error| error as &(dyn Error + 'static));
            cause
                .and_then(of_chain)
                .unwrap_or_else(|| CallFault::again(FailureKind::Unreachable))
        }
        other => {
            of_chain(other as &(dyn Error + 'static)).unwrap_or_else(|| CallFault::of(FailureKind::Malformed))
        }
    }
}

/// What is wrong with a body, where we say so ourselves, and whether another one may be right.
fn of_body(cause: &(dyn Error + 'static)) -> Option<(String, bool)> {
    let not_whole = cause
        .downcast_ref::<NotWhole>()
        .map(|why| (why.to_string(), true));
    not_whole.or_else(|| {
        cause
            .downcast_ref::<TooMuch>()
            .map(|why| (why.to_string(), false))
    })
}

/// The fault of credentials that could not be had.
pub(super) fn of_credentials(error: &CredentialsError) -> CallFault {
    of_chain(error).unwrap_or_else(|| CallFault::of(FailureKind::Denied))
}

/// Why there are no credentials: what AWS says, where it was asked, else what the SDK tried.
pub(super) fn why_none(error: &CredentialsError) -> String {
    if matches!(error, CredentialsError::CredentialsNotLoaded(_)) && error.source().is_none() {
        return "the profile has no access keys, SSO session, role or credential process".to_owned();
    }
    let fault = of_credentials(error);
    let said = fault.code.as_deref().zip(fault.message.as_deref());
    let told = said.map_or_else(
        || with_causes(error),
        |(code, message)| format!("{code}: {message}"),
    );
    // Part of it may be what a server said.
    clean_message(&told).unwrap_or_default()
}

/// The fault for a response with this code and HTTP status.
fn of_answer(code: Option<&str>, status: u16) -> CallFault {
    if let Some(kind) = code.and_then(of_code) {
        return CallFault::of(kind);
    }
    match status {
        // Success in the header, nonsense in the body: it was cut off on its way, or a proxy answered.
        ..=399 => CallFault::again(FailureKind::Malformed),
        401 | 403 => CallFault::of(FailureKind::Denied),
        404 | 410 => CallFault::of(FailureKind::Absent),
        // A proxy that wants another password; AWS was never asked.
        407 => CallFault::of(FailureKind::Unreachable),
        408 => CallFault::again(FailureKind::Unreachable),
        429 => CallFault::of(FailureKind::Throttled),
        500.. => CallFault::again(FailureKind::Unreachable),
        // AWS did not take the question: it will not take it again.
        _ => CallFault::of(FailureKind::Malformed),
    }
}

/// What a code means, where it means more than its HTTP status.
fn of_code(code: &str) -> Option<FailureKind> {
    // `aws.protocoltests#FooError:http://...` is a legal spelling of FooError.
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code.split(':').next().unwrap_or(code);
    Some(match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "LimitExceededException"
        | "PriorRequestNotComplete"
        | "BandwidthLimitExceeded"
        | "SlowDown" => FailureKind::Throttled,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "ExpiredTokenIdentityException"
        | "RequestExpired"
        | "TokenRefreshRequired"
        | "UnauthorizedException" => FailureKind::Expired,
        "AccessDenied"
        | "AccessDeniedException"
        | "AuthFailure"
        | "ForbiddenException"
        | "IncompleteSignature"
        | "InvalidClientTokenId"
        | "InvalidIdentityToken"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "NotAuthorized"
        | "OptInRequired"
        | "RegionDisabledException"
        | "SignatureDoesNotMatch"
        | "UnauthorizedOperation"
        | "UnrecognizedClientException" => FailureKind::Denied,
        "AWSOrganizationsNotInUseException"
        | "NoSuchEntity"
        | "NoSuchEntityException"
        | "ResourceNotFoundException" => FailureKind::Absent,
        _ => return None,
    })
}

/// Searches the chain of causes for a known one: a response of the token service, or missing credentials.
fn of_chain(error: &(dyn Error + 'static)) -> Option<CallFault> {
    let mut credentials = None;
    for cause in causes(error) {
        if let Some(answer) = cause.downcast_ref::<SdkError<AssumeRoleError, HttpResponse>>() {
            return Some(of_call(answer));
        }
        if let Some(answer) = cause.downcast_ref::<SdkError<AssumeRoleWithWebIdentityError, HttpResponse>>() {
            return Some(of_call(answer));
        }
        let answer = None
            .or_else(|| {
                cause
                    .downcast_ref::<AssumeRoleError>()
                    .map(ProvideErrorMetadata::meta)
            })
            .or_else(|| {
                cause
                    .downcast_ref::<AssumeRoleWithWebIdentityError>()
                    .map(ProvideErrorMetadata::meta)
            })
            .or_else(|| cause.downcast_ref::<ErrorMetadata>());
        if let Some((answer, kind)) =
            answer.and_then(|answer| Some((answer, answer.code().and_then(of_code)?)))
        {
            return Some(CallFault::of(kind).saying(answer));
        }
        // Kept for later, because the error that it wraps may be more specific.
        credentials = credentials.or_else(|| {
            Some(match cause.downcast_ref::<CredentialsError>()? {
                CredentialsError::CredentialsNotLoaded(_) => CallFault::of(FailureKind::Absent),
                CredentialsError::ProviderTimedOut(_) => CallFault::again(FailureKind::Unreachable),
                _ => CallFault::of(FailureKind::Denied),
            })
        });
    }
    credentials
}

/// The error and what caused it, outermost first.
fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    successors(Some(error), |error: &&'e (dyn Error + 'static)| (*error).source())
}

/// `Retry-After`, in seconds or as a date, up to the maximum pause.
fn retry_after(answer: &HttpResponse) -> Option<Duration> {
    let text = answer.headers().get("retry-after")?.trim();
    let asked = match text.parse::<f64>() {
        // More seconds than a duration has are as many as there are.
        Ok(seconds) => Duration::try_from_secs_f64(seconds)
            .ok()
            .or((seconds > 0.0).then_some(Duration::MAX)),
        Err(_) => {
            let until = DateTime::from_str(text, Format::HttpDate).ok()?;
            SystemTime::try_from(until)
                .ok()?
                .duration_since(SystemTime::now())
                .ok()
        }
    };
    asked.map(|pause| pause.min(LONGEST_PAUSE))
}

/// An error with all its causes, for people, in one line. The SDK lists what it tried in lines of their own.
pub(super) fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in causes(error) {
        // One that has a cause says in general what that says in particular.
        if cause.is::<CredentialsError>() && cause.source().is_some() {
            continue;
        }
        let text = cause.to_string();
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let (first, rest) = lines.split_first().unwrap_or((&"", &[]));
        let text = match rest {
            [] => (*first).to_owned(),
            rest => format!("{first} {}", rest.join("; ")),
        };
        // A cause often repeats the one that it is the cause of.
        if !text.is_empty() && !told.last().is_some_and(|before| before.contains(&text)) {
            told.push(text);
        }
    }
    told.join(": ")
}
