//! What every client checks on its own, before it asks and after it was answered.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeSerializationInterceptorContextRef,
    BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use super::operations::OPERATIONS;

/// Stops operations that are not in the list, before a request exists, and answers that are not whole.
///
/// The SDK takes XML that ends in the middle for all there is, and an empty JSON answer for an empty list: both would
/// lose principals or findings without a word.
#[derive(Debug)]
pub(super) struct Guard;

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
            Some(called) if OPERATIONS.iter().any(|listed| listed.name() == called.name()) => Ok(()),
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
        match response.body().bytes() {
            Some(body) if is_whole(body, operation) && !lacks_details(body, operation, is_further) => Ok(()),
            _ => Err("the answer is cut off or is of something else".into()),
        }
    }
}

fn is_whole(body: &[u8], operation: &str) -> bool {
    match body.trim_ascii() {
        xml @ [b'<', ..] => {
            let tag = xml.strip_suffix(b"Response>").and_then(|xml| xml.strip_suffix(operation.as_bytes()));
            tag.is_some_and(|xml| xml.ends_with(b"</"))
        }
        json @ [b'{', .., b'}'] => list_of(operation).is_none_or(|list| contains(json, list)),
        _ => false,
    }
}

/// Lists that are always there, though they may be empty: an answer without its list is not one of this operation.
fn list_of(operation: &str) -> Option<&'static [u8]> {
    Some(match operation {
        "ListFindingsV2" => b"\"findings\"",
        "ListAnalyzers" => b"\"analyzers\"",
        "ListAccounts" | "ListAccountsForParent" => b"\"Accounts\"",
        "ListRoots" => b"\"Roots\"",
        "ListOrganizationalUnitsForParent" => b"\"OrganizationalUnits\"",
        "ListDelegatedAdministrators" => b"\"DelegatedAdministrators\"",
        _ => return None,
    })
}

/// One page of a finding's details that has none. Alone it tells that nothing is known; beside other pages it would pass for an
/// empty one, and what it should have had would be lost.
fn lacks_details(body: &[u8], operation: &str, is_further: bool) -> bool {
    // Most have them, and are looked through for nothing else.
    operation == "GetFindingV2"
        && !contains(body, b"\"findingDetails\"")
        && (is_further || contains(body, b"\"nextToken\""))
}

fn contains(body: &[u8], member: &[u8]) -> bool {
    body.windows(member.len()).any(|window| window == member)
}
