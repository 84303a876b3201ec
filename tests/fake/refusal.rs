//! The errors of the services, each in its service's form.

use super::http::Answer;
use leastwise_core::evidence::FailureKind;

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// IAM: forms in, XML out.
    Iam,
    /// STS: the same.
    Sts,
    /// Organizations: JSON 1.1.
    Organizations,
    /// Access Analyzer: REST with JSON.
    Analyzer,
}

impl Protocol {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Iam | Self::Sts => "text/xml",
            Self::Organizations => "application/x-amz-json-1.1",
            Self::Analyzer => "application/json",
        }
    }

    pub(crate) fn namespace(self) -> &'static str {
        match self {
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            _ => "https://iam.amazonaws.com/doc/2010-05-08/",
        }
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    Throttled,
    Internal,
    Denied,
    Expired,
    NoCredentials,
    UnknownKey,
    UnknownOperation,
    Absent(String),
    Invalid(String),
    /// There is no organisation.
    NoOrganisation,
    /// A recorded failure that no service has an error for: the answer makes no sense.
    Malformed,
    /// A recorded failure to answer.
    Unreachable,
}

impl Refusal {
    pub(crate) fn invalid(message: &str) -> Self {
        Self::Invalid(message.to_owned())
    }

    /// What a recorded failure looked like.
    pub(crate) fn recorded(kind: FailureKind) -> Self {
        match kind {
            FailureKind::Denied => Self::Denied,
            FailureKind::Throttled => Self::Throttled,
            FailureKind::Expired => Self::Expired,
            FailureKind::Absent => Self::Absent("what was recorded as absent".to_owned()),
            FailureKind::Malformed => Self::Malformed,
            FailureKind::Unreachable => Self::Unreachable,
        }
    }

    /// Status, code and message: of the query protocol, of JSON 1.1, of REST.
    fn told(&self, protocol: Protocol) -> (u16, &'static str, String) {
        let query = matches!(protocol, Protocol::Iam | Protocol::Sts);
        let json = protocol == Protocol::Organizations;
        // JSON 1.1 says 400 to everything that is the caller's fault.
        let denied = if json { 400 } else { 403 };
        let (status, code, message) = match self {
            Self::Throttled if query => (400, "Throttling", "Rate exceeded"),
            Self::Throttled if json => (400, "TooManyRequestsException", "Too many requests"),
            Self::Throttled => (429, "ThrottlingException", "Rate exceeded"),
            Self::Internal | Self::Malformed | Self::Unreachable if protocol == Protocol::Iam => {
                (500, "ServiceFailure", "An internal error occurred")
            }
            Self::Internal | Self::Malformed | Self::Unreachable if query => {
                (500, "InternalFailure", "An internal error occurred")
            }
            Self::Internal | Self::Malformed | Self::Unreachable if json => {
                (500, "ServiceException", "An internal error occurred")
            }
            Self::Internal | Self::Malformed | Self::Unreachable => {
                (500, "InternalServerException", "Internal server error")
            }
            Self::Denied if query => (
                403,
                "AccessDenied",
                "User is not authorized to perform this operation",
            ),
            Self::Denied => (
                denied,
                "AccessDeniedException",
                "You don't have permissions to access this resource.",
            ),
            Self::Expired if query => (403, "ExpiredToken", EXPIRED),
            Self::Expired => (denied, "ExpiredTokenException", EXPIRED),
            Self::NoCredentials if query => (403, "MissingAuthenticationToken", MISSING),
            Self::NoCredentials => (denied, "MissingAuthenticationTokenException", MISSING),
            Self::UnknownKey if query => (403, "InvalidClientTokenId", UNKNOWN),
            Self::UnknownKey => (denied, "UnrecognizedClientException", UNKNOWN),
            Self::UnknownOperation if query => (400, "InvalidAction", "Could not find that operation"),
            Self::UnknownOperation if json => (400, "UnknownOperationException", ""),
            Self::UnknownOperation => (404, "UnknownOperationException", ""),
            Self::Absent(what) if query => return (404, "NoSuchEntity", format!("{what} cannot be found.")),
            Self::Absent(what) if json => {
                return (400, "TargetNotFoundException", format!("{what} is not there"));
            }
            Self::Absent(what) => return (404, "ResourceNotFoundException", format!("{what} is not there")),
            Self::Invalid(why) if query => return (400, "ValidationError", why.clone()),
            Self::Invalid(why) if json => return (400, "InvalidInputException", why.clone()),
            Self::Invalid(why) => return (400, "ValidationException", why.clone()),
            Self::NoOrganisation => (
                400,
                "AWSOrganizationsNotInUseException",
                "Your account is not a member of an organization.",
            ),
        };
        (status, code, message.to_owned())
    }

    /// The error as the service writes it.
    pub(crate) fn answer(&self, protocol: Protocol, retry_after: u32) -> Answer {
        let (status, code, message) = self.told(protocol);
        let body = match protocol {
            Protocol::Iam | Protocol::Sts => format!(
                "<ErrorResponse xmlns=\"{}\"><Error><Type>{}</Type><Code>{code}</Code>\
                 <Message>{message}</Message></Error><RequestId>{}</RequestId></ErrorResponse>",
                protocol.namespace(),
                if status < 500 { "Sender" } else { "Receiver" },
                super::http::uuid(8),
            ),
            Protocol::Organizations => serde_json::json!({ "__type": code, "Message": message }).to_string(),
            Protocol::Analyzer => {
                let mut body = serde_json::json!({ "message": message });
                if let Self::Absent(what) = self {
                    body["resourceId"] = what.as_str().into();
                    body["resourceType"] = "Finding".into();
                }
                body.to_string()
            }
        };
        let mut answer = Answer::new(status, protocol.content_type(), body);
        if protocol == Protocol::Analyzer {
            answer.headers.push(("x-amzn-errortype", format!("{code}:")));
            if matches!(status, 429 | 500) {
                answer.headers.push(("retry-after", retry_after.to_string()));
            }
        }
        answer
    }
}

const EXPIRED: &str = "The security token included in the request is expired";
const MISSING: &str = "Request is missing Authentication Token";
const UNKNOWN: &str = "The security token included in the request is invalid.";
