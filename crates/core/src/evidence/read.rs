//! Evidence about one policy, as a user provides it.
//!
//! Two formats are accepted: the plain list `[{"serviceNamespace":"s3","actions":["GetBucketAcl"]}]`, and the
//! response of `get-finding-v2`. A service without `actions` is entirely unused (E1). In the plain list,
//! `"used":["GetObject"]` names actions in use, and `"used":true` means that the service is in use. Anything
//! invalid is an error and never means "nothing unused": a finding with an error or without details, details that
//! this version does not know (E4, E11), an action that is both used and unused (E15).

use std::borrow::Cow;

use thiserror::Error;

use crate::policy::json::{Json, decoded};
use crate::policy::{ActionSet, Observed, PolicyError};

/// Why a text is not evidence.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EvidenceError {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] PolicyError),
    /// JSON of another structure.
    #[error("{what} must be {wanted}, found {found}")]
    Form {
        /// The element.
        what: &'static str,
        /// What it should be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// The finding has an error.
    #[error("the finding has the error `{0}` and no usage data")]
    ErrorFinding(String),
    /// The finding is about something else.
    #[error("the finding is of type `{0}`, not `UnusedPermission`")]
    OtherType(String),
    /// The finding was resolved or archived.
    #[error("the finding's status is `{0}`, not `ACTIVE`")]
    NotActive(String),
    /// The finding has more pages.
    #[error("this is only one page of the finding (it has a `nextToken`)")]
    MorePages,
    /// The details have an element of an unknown kind.
    #[error("the finding has details of unknown type `{0}`")]
    UnknownDetails(String),
    /// A name that no action can have.
    #[error("`{0}` is not an action name")]
    BadName(String),
    /// Something is reported as both used and unused.
    #[error("`{0}` is both used and unused")]
    Contradiction(String),
}

impl EvidenceError {
    /// How to fix it, as a sentence.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Json(error) => error.help(),
            Self::Form { .. } => {
                "give a list such as [{\"serviceNamespace\":\"s3\",\"actions\":[\"GetBucketAcl\"]}], or the output of \
                 `aws accessanalyzer get-finding-v2`"
            }
            Self::ErrorFinding(_) => "wait for the analyzer's next run, then read the finding again",
            Self::OtherType(_) => "give a finding of type UnusedPermission",
            Self::NotActive(_) => "give an active finding of the same principal",
            Self::MorePages => {
                "combine all pages of `findingDetails` first; the AWS CLI does this by default"
            }
            Self::UnknownDetails(_) => "a newer version of leastwise may support this type",
            Self::Contradiction(_) => "list each action either as used or as unused",
            Self::BadName(_) => "use plain action names such as GetBucketAcl, without wildcards",
        }
    }
}

/// Parses evidence from JSON text.
///
/// # Errors
/// If the text is not evidence; [`EvidenceError::help`] says how to fix it.
pub fn read_unused(text: &str) -> Result<Observed, EvidenceError> {
    from_json(&Json::parse(text)?)
}

/// Reads evidence from a parsed value.
pub fn from_json(json: &Json<'_>) -> Result<Observed, EvidenceError> {
    let mut observed = Observed::default();
    match json {
        Json::List(services, _) => {
            services
                .iter()
                .try_for_each(|service| add_entry(&mut observed, service))?;
        }
        Json::Map(..) => finding(&mut observed.unused, json)?,
        other => return Err(form("the usage data", "a list of services, or a finding", other)),
    }
    match observed.contradiction() {
        Some(action) => Err(EvidenceError::Contradiction(action)),
        None => Ok(observed),
    }
}

/// Adds an entry of the plain list, which may also report use.
fn add_entry(observed: &mut Observed, json: &Json<'_>) -> Result<(), EvidenceError> {
    let Some(used) = json.get("used") else {
        return add_service(&mut observed.unused, json);
    };
    let service = service_of(json)?;
    match used {
        Json::List(actions, _) => {
            let names = actions
                .iter()
                .map(|action| name(&service, action))
                .collect::<Result<Vec<_>, _>>()?;
            observed.used.add_actions(service, names);
        }
        other if other.is_true() => observed.used.add_service(service),
        other => return Err(form("used", "true, or a list of action names", other)),
    }
    if json.get("actions").is_some() {
        add_service(&mut observed.unused, json)
    } else {
        Ok(())
    }
}

fn form(what: &'static str, wanted: &'static str, found: &Json<'_>) -> EvidenceError {
    EvidenceError::Form {
        what,
        wanted,
        found: found.kind(),
    }
}

fn finding(unused: &mut ActionSet, json: &Json<'_>) -> Result<(), EvidenceError> {
    let text = |key| json.get(key).and_then(Json::as_text);
    let is = |found: &str, wanted: &str| found.replace(['_', '-'], "").eq_ignore_ascii_case(wanted);
    if let Some(error) = json.get("error").filter(|error| !error.is_null()) {
        let shown = error
            .as_text()
            .map_or_else(|| error.kind().to_owned(), Cow::into_owned);
        return Err(EvidenceError::ErrorFinding(shown));
    }
    if let Some(other) = text("findingType").filter(|kind| !is(kind, "UnusedPermission")) {
        return Err(EvidenceError::OtherType(other.into_owned()));
    }
    if let Some(other) = text("status").filter(|status| !is(status, "ACTIVE")) {
        return Err(EvidenceError::NotActive(other.into_owned()));
    }
    if json.get("nextToken").is_some_and(|token| !token.is_null()) {
        return Err(EvidenceError::MorePages);
    }
    let wanted = "a list with one element per service";
    let details = match json.get("findingDetails") {
        Some(Json::List(details, _)) if !details.is_empty() => details,
        Some(Json::List(..)) => {
            return Err(EvidenceError::Form {
                what: "findingDetails",
                wanted,
                found: "an empty list",
            });
        }
        Some(other) => return Err(form("findingDetails", wanted, other)),
        None => {
            return Err(EvidenceError::Form {
                what: "findingDetails",
                wanted,
                found: "none",
            });
        }
    };
    for element in details {
        match element {
            Json::Map(members, _) => match (element.get("unusedPermissionDetails"), members.first()) {
                (Some(service), _) => add_service(unused, service)?,
                (None, Some((key, _))) => {
                    return Err(EvidenceError::UnknownDetails(decoded(key).into_owned()));
                }
                (None, None) => return Err(EvidenceError::UnknownDetails("{}".to_owned())),
            },
            other => return Err(form("each element of findingDetails", "an object", other)),
        }
    }
    Ok(())
}

/// The service of an entry.
fn service_of<'a>(json: &Json<'a>) -> Result<Cow<'a, str>, EvidenceError> {
    let missing = EvidenceError::Form {
        what: "serviceNamespace",
        wanted: "a service prefix",
        found: "none",
    };
    let service = match json.get("serviceNamespace") {
        Some(value) => value
            .as_text()
            .ok_or_else(|| form("serviceNamespace", "a service prefix", value))?,
        None if matches!(json, Json::Map(..)) => return Err(missing),
        None => return Err(form("each entry of the usage data", "an object", json)),
    };
    if service.is_empty()
        || !service
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    {
        return Err(EvidenceError::BadName(service.into_owned()));
    }
    Ok(service)
}

fn add_service(unused: &mut ActionSet, json: &Json<'_>) -> Result<(), EvidenceError> {
    let service = service_of(json)?;
    match json.get("actions") {
        None => unused.add_service(service),
        Some(actions) if actions.is_null() => unused.add_service(service),
        Some(Json::List(actions, _)) if actions.is_empty() => unused.add_service(service),
        Some(Json::List(actions, _)) => {
            let names = actions
                .iter()
                .map(|action| name(&service, action))
                .collect::<Result<Vec<_>, _>>()?;
            unused.add_actions(service, names);
        }
        Some(other) => return Err(form("actions", "a list of action names", other)),
    }
    Ok(())
}

/// An action: its name, or `{"action": name}` as in findings. The prefix of its own service is accepted.
fn name<'a>(service: &str, json: &Json<'a>) -> Result<Cow<'a, str>, EvidenceError> {
    let wanted = "an action name";
    let text = match json {
        Json::Map(..) => json.get("action").and_then(Json::as_text),
        other => other.as_text(),
    };
    let text = text.ok_or_else(|| form("each entry of actions", wanted, json))?;
    let odd = |text: &str| text.is_empty() || text.bytes().any(|b| matches!(b, b'*' | b'?' | b':'));
    if !odd(&text) {
        return Ok(text);
    }
    match text.split_once(':') {
        Some((prefix, bare)) if prefix.eq_ignore_ascii_case(service) && !odd(bare) => {
            Ok(Cow::Owned(bare.to_owned()))
        }
        _ => Err(EvidenceError::BadName(text.into_owned())),
    }
}
