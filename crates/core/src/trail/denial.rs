//! Whether a record is a denial, and what AWS's message says about it.
//!
//! The form of the messages is documented at
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>: "User: ... is not authorized to perform:
//! ACTION on resource: ... because no identity-based policy allows the ACTION action", or "with an explicit deny in an
//! identity-based policy". Some services answer in another form; then the message names nothing.

use super::outcome::DenialCause;

/// Error codes of calls that were not allowed, behind a prefix such as `Client.`.
///
/// - `AccessDenied`, `AccessDeniedException`: <https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html>
/// - `UnauthorizedOperation`: <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
/// - `AuthorizationError`, `AuthorizationErrorException`: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
/// - `NotAuthorized`: <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/CommonErrors.html>
/// - `UnauthorizedAccess`, `AccessDeniedFault`: <https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateEndpoint.html>
const CODES: [&str; 11] = [
    "accessdenied",
    "accessdeniedexception",
    "accessdeniederror",
    "accessdeniedfault",
    "unauthorizedoperation",
    "unauthorizedaccess",
    "unauthorizedexception",
    "authorizationerror",
    "authorizationerrorexception",
    "notauthorized",
    "notauthorizedexception",
];

/// The text before the action. AWS uses it with and without a colon.
const PERFORM: &str = "not authorized to perform";

/// What a message says: the action, the resource and the kind of policy that decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Told<'m> {
    /// Service and name.
    pub(super) action: Option<(&'m str, &'m str)>,
    pub(super) resource: Option<&'m str>,
    pub(super) cause: DenialCause,
}

/// Whether a call failed because it was not allowed. A message that says so decides as well, whatever the code.
pub(super) fn is_denial(code: &str, message: &str) -> bool {
    if code.is_empty() {
        return false;
    }
    let last = code.rsplit('.').next().unwrap_or(code);
    CODES.iter().any(|known| last.eq_ignore_ascii_case(known)) || message.contains(PERFORM)
}

/// Reads a message.
pub(super) fn told(message: &str) -> Told<'_> {
    let mut told = Told {
        cause: cause(message),
        ..Told::default()
    };
    let Some((_, rest)) = message.split_once(PERFORM) else {
        return told;
    };
    let rest = rest.trim_start_matches(':').trim_start();
    let (action, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    told.action = split_action(action.trim_end_matches(['.', ',', ';']));
    let resource = rest
        .trim_start()
        .strip_prefix("on resource")
        .map(|rest| rest.trim_start_matches(':').trim_start());
    let resource = resource.and_then(|rest| rest.split(char::is_whitespace).next());
    told.resource = resource
        .map(|text| text.trim_matches('"'))
        .filter(|text| !text.is_empty());
    told
}

/// The parts of `s3:GetObject`, if it has that form.
fn split_action(text: &str) -> Option<(&str, &str)> {
    let (service, name) = text.split_once(':')?;
    (crate::catalog::is_prefix(service) && crate::catalog::is_name(name)).then_some((service, name))
}

/// Which kind of policy AWS says decided.
fn cause(message: &str) -> DenialCause {
    const CAUSES: [(&str, DenialCause); 8] = [
        ("identity-based policy", DenialCause::IdentityPolicy),
        ("service control policy", DenialCause::ServiceControlPolicy),
        ("resource control policy", DenialCause::ResourceControlPolicy),
        ("permissions boundary", DenialCause::PermissionsBoundary),
        ("session policy", DenialCause::SessionPolicy),
        ("vpc endpoint policy", DenialCause::EndpointPolicy),
        ("resource-based policy", DenialCause::ResourcePolicy),
        ("role trust policy", DenialCause::ResourcePolicy),
    ];
    // The text before may contain names that anyone chose; the reason is at the end.
    let because = message.rfind("because no ").map(|at| (at, "because no "));
    let explicit = message
        .rfind("explicit deny in a")
        .map(|at| (at, "explicit deny in a"));
    let Some((at, what)) = because.max(explicit) else {
        return DenialCause::Unknown;
    };
    let rest = message
        .get(at + what.len()..)
        .unwrap_or_default()
        .to_ascii_lowercase();
    let rest = rest.strip_prefix("n ").unwrap_or(&rest).trim_start();
    CAUSES
        .iter()
        .find(|(words, _)| rest.starts_with(words))
        .map_or(DenialCause::Unknown, |(_, cause)| *cause)
}

#[cfg(test)]
mod tests {
    use super::{Told, is_denial, told};
    use crate::trail::outcome::DenialCause;

    #[test]
    fn a_denial_is_told_by_its_code_whatever_stands_before_it_or_by_its_message() {
        for code in [
            "AccessDenied",
            "Client.UnauthorizedOperation",
            "AccessDeniedException",
            "Server.AccessDenied",
        ] {
            assert!(is_denial(code, ""), "{code}");
        }
        assert!(is_denial(
            "Odd",
            "User: a is not authorized to perform: s3:GetObject"
        ));
        assert!(!is_denial("", "not authorized to perform") && !is_denial("NoSuchBucket", "gone"));
    }

    #[test]
    fn a_message_names_the_action_the_resource_and_what_decided() {
        let text = "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: s3:GetObject on resource: \
                    \"arn:aws:s3:::x/y\" because no identity-based policy allows the s3:GetObject action";
        let wanted = Told {
            action: Some(("s3", "GetObject")),
            resource: Some("arn:aws:s3:::x/y"),
            cause: DenialCause::IdentityPolicy,
        };
        assert_eq!(told(text), wanted);
        let explicit = "User: u is not authorized to perform: sqs:SendMessage on resource: q with an explicit deny in an \
                        identity-based policy: arn:aws:iam::1:policy/leastwise-trial";
        assert_eq!(told(explicit).cause, DenialCause::IdentityPolicy);
        let control =
            "User: u is not authorized to perform: a:B with an explicit deny in a service control policy";
        assert_eq!(
            (told(control).action, told(control).cause),
            (Some(("a", "B")), DenialCause::ServiceControlPolicy)
        );
    }

    #[test]
    fn a_message_of_another_form_names_nothing() {
        let encoded =
            "You are not authorized to perform this operation. Encoded authorization failure message: AbC";
        assert_eq!(told(encoded), Told::default());
        assert_eq!(told("Access Denied"), Told::default());
        assert_eq!(
            told("not authorized to perform: s3:* on resource: x").action,
            None
        );
    }
}
