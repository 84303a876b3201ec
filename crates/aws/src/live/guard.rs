//! Checks of every client before a request and after a response.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use memchr::memmem;
use thiserror::Error;

use super::operations::Purpose;

/// Stops operations that are not in the list, before a request is built, and incomplete responses.
///
/// The SDK accepts truncated XML as complete, a missing list as empty, and a page without a continuation flag
/// as the last one. Each would silently lose principals or findings.
#[derive(Debug)]
pub(super) struct Guard(pub(super) Purpose);

/// What was asked for is not the first page.
#[derive(Debug)]
struct Further;

impl Storable for Further {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    // The earliest hook at which the SDK has said which operation it is.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        match bag.load::<Metadata>() {
            Some(called)
                if self
                    .0
                    .operations()
                    .iter()
                    .any(|listed| listed.name() == called.name()) =>
            {
                Ok(())
            }
            Some(called) => Err(format!("{} is not an operation of leastwise", called.name()).into()),
            None => Err("an operation without a name".into()),
        }
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.request().uri().contains("nextToken=") {
            bag.interceptor_state().store_put(Further);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        if !response.status().is_success() {
            return Ok(());
        }
        let operation = bag.load::<Metadata>().map(Metadata::name).unwrap_or_default();
        let is_further = bag.load::<Further>().is_some();
        // It could not be read, which the call fails with by itself.
        let Some(body) = response.body().bytes() else {
            return Ok(());
        };
        match lack(body, operation, is_further) {
            None => Ok(()),
            Some(lack) => Err(NotWhole(lack).into()),
        }
    }
}

/// Why an answer is none.
#[derive(Debug, Clone, Copy, Error)]
#[error("the answer {0}")]
pub(super) struct NotWhole(&'static str);

/// What an answer lacks, if it lacks something.
fn lack(body: &[u8], operation: &str, is_further: bool) -> Option<&'static str> {
    if !is_whole(body, operation) {
        return Some("is cut off, or is of something else");
    }
    let lacks = |member: &&RequiredMember| !(member.is_in)(body);
    if let Some(member) = members_of(body, operation).iter().find(lacks) {
        return Some(member.lack);
    }
    lacks_details(body, operation, is_further).then_some("lacks `findingDetails`")
}

fn is_whole(body: &[u8], operation: &str) -> bool {
    match body.trim_ascii() {
        xml @ [b'<', ..] => {
            let tag = xml
                .strip_suffix(b"Response>")
                .and_then(|xml| xml.strip_suffix(operation.as_bytes()));
            tag.is_some_and(|xml| xml.ends_with(b"</"))
        }
        [b'{', .., b'}'] => true,
        _ => false,
    }
}

/// Something that is in every answer of an operation.
struct RequiredMember {
    is_in: fn(&[u8]) -> bool,
    /// That it is not.
    lack: &'static str,
}

macro_rules! members {
    ($is_in:ident: $($name:literal),*) => {
        &[$(RequiredMember { is_in: |body| $is_in(body, $name), lack: concat!("lacks `", $name, "`") }),*]
    };
}

/// Members that are always there, though lists may be empty: an answer without one of them is none of this operation. The SDK
/// takes a list that is not there for an empty one, and `IsTruncated` for false.
fn members_of(body: &[u8], operation: &str) -> &'static [RequiredMember] {
    match operation {
        "GetAccountAuthorizationDetails" => {
            members!(has_element: "IsTruncated", "UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
        }
        "AssumeRole" => members!(has_element: "Credentials"),
        "GenerateServiceLastAccessedDetails" => members!(has_element: "JobId"),
        "GetCallerIdentity" => members!(has_element: "Arn"),
        "GetAnalyzer" => members!(has_member: "analyzer"),
        "GetFindingV2" => members!(has_member: "id"),
        // Of a job that goes on nothing is known.
        "GetServiceLastAccessedDetails" if contains(body, b"<JobStatus>COMPLETED<") => {
            members!(has_element: "IsTruncated", "ServicesLastAccessed")
        }
        "GetServiceLastAccessedDetails" => members!(has_element: "JobStatus"),
        "ListFindingsV2" => members!(has_list: "findings"),
        "ListAnalyzers" => members!(has_list: "analyzers"),
        "ListAccounts" | "ListAccountsForParent" => members!(has_list: "Accounts"),
        "ListRoots" => members!(has_list: "Roots"),
        "ListOrganizationalUnitsForParent" => members!(has_list: "OrganizationalUnits"),
        "ListDelegatedAdministrators" => members!(has_list: "DelegatedAdministrators"),
        "ValidatePolicy" => members!(has_list: "findings"),
        "SimulateCustomPolicy" => members!(has_element: "IsTruncated", "EvaluationResults"),
        "CheckNoNewAccess" | "CheckAccessNotGranted" => members!(has_member: "result"),
        "GetFindingRecommendation" => members!(has_member: "status"),
        _ => &[],
    }
}

/// Whether an element of that name begins somewhere. In text its bracket would be escaped.
fn has_element(xml: &[u8], name: &str) -> bool {
    let behind = |at: usize| xml.get(at + name.len());
    let mut places = memmem::find_iter(xml, name);
    places.any(|at| {
        at.checked_sub(1).and_then(|before| xml.get(before)) == Some(&b'<')
            && behind(at).is_some_and(|byte| matches!(byte, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n'))
    })
}

/// Whether a list of that name is somewhere in the JSON.
fn has_list(json: &[u8], name: &str) -> bool {
    values(json, name).any(|value| value.starts_with(b"["))
}

/// Whether a member of that name is somewhere in the JSON, and is something.
fn has_member(json: &[u8], name: &str) -> bool {
    values(json, name).any(|value| !value.starts_with(b"null"))
}

/// What stands behind the members of that name. In text their marks would be escaped.
fn values<'j>(json: &'j [u8], name: &'j str) -> impl Iterator<Item = &'j [u8]> {
    memmem::find_iter(json, name).filter_map(move |at| {
        let after = json
            .get(at + name.len()..)?
            .strip_prefix(b"\"")?
            .trim_ascii_start();
        let value = after.strip_prefix(b":")?.trim_ascii_start();
        let before = at.checked_sub(1).and_then(|before| json.get(before));
        (before == Some(&b'"')).then_some(value)
    })
}

/// Whether a page of a finding has no details. On its own, such a page means that nothing is known; among
/// others it would look empty, and its details would be lost.
fn lacks_details(body: &[u8], operation: &str, is_further: bool) -> bool {
    // Most have them, and are looked through for nothing else.
    operation == "GetFindingV2"
        && !contains(body, b"\"findingDetails\"")
        && (is_further || contains(body, b"\"nextToken\""))
}

fn contains(body: &[u8], member: &[u8]) -> bool {
    memmem::find(body, member).is_some()
}
