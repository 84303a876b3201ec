//! Reads principals and policies of one account in one sweep.

use std::collections::BTreeSet;

use aws_sdk_iam::types::EntityType;

use super::convert;
use super::operations::GET_ACCOUNT_AUTHORIZATION_DETAILS as SWEEP;
use super::options::AUTHORIZATION_PAGE;
use super::pages::{Pages, malformed};
use super::session::Session;
use leastwise_core::arn::Arn;
use leastwise_core::evidence::Failure;
use leastwise_core::inventory::wire::Authorization;

/// Reads all pages. Users, groups, roles and policies interleave, so nothing is looked up before the last page.
pub(super) async fn read(session: &Session, account: &str) -> Result<Authorization, Failure> {
    let mut all = Authorization::default();
    let mut pages = Pages::of(&SWEEP);
    loop {
        let page = session.call(&SWEEP, |clients| {
            clients
                .iam()
                .get_account_authorization_details()
                .set_filter(Some(vec![
                    EntityType::User,
                    EntityType::Role,
                    EntityType::Group,
                    EntityType::LocalManagedPolicy,
                    EntityType::AwsManagedPolicy,
                ]))
                .max_items(AUTHORIZATION_PAGE)
                .set_marker(pages.token())
                .send()
        });
        let answer = pages.ask(page).await?;
        let elements = answer.user_detail_list().len()
            + answer.group_detail_list().len()
            + answer.role_detail_list().len()
            + answer.policies().len();
        let more = answer.is_truncated;
        let marker = answer.marker.clone();
        let nameless = || malformed(&SWEEP).because("something in the answer has no name or no ARN");
        convert::add_page(&mut all, answer).ok_or_else(nameless)?;
        // An answer that goes on and on ends here, not with the memory.
        all.within_limits()
            .map_err(|error| malformed(&SWEEP).because(&error.to_string()))?;
        let goes_on = pages.next(marker.filter(|_| more), elements)?;
        if !more {
            break;
        }
        // The rest would be lost.
        if !goes_on {
            return Err(malformed(&SWEEP).because("the answer goes on, and does not say from where"));
        }
    }
    if !is_of(&all, account) {
        return Err(malformed(&SWEEP).because("the answer is of another account"));
    }
    drop_idle_aws_managed(&mut all);
    Ok(all)
}

/// Whether the answer is of this account. Credentials that were given for another account would pass its principals
/// off as this one's.
fn is_of(all: &Authorization, account: &str) -> bool {
    let roles = all.role_detail_list.iter().map(|role| &role.arn);
    let users = all.user_detail_list.iter().map(|user| &user.arn);
    let groups = all.group_detail_list.iter().map(|group| &group.arn);
    roles
        .chain(users)
        .chain(groups)
        .all(|arn| Arn::of(arn).account == account)
}

/// AWS lists its own policies whether they are attached or not.
fn drop_idle_aws_managed(all: &mut Authorization) {
    let attached = (all
        .role_detail_list
        .iter()
        .map(|role| &role.attached_managed_policies))
    .chain(
        all.user_detail_list
            .iter()
            .map(|user| &user.attached_managed_policies),
    )
    .chain(
        all.group_detail_list
            .iter()
            .map(|group| &group.attached_managed_policies),
    );
    let boundaries = (all.role_detail_list.iter().map(|role| &role.permissions_boundary))
        .chain(all.user_detail_list.iter().map(|user| &user.permissions_boundary));
    let in_use: BTreeSet<String> = attached
        .flatten()
        .map(|policy| policy.policy_arn.clone())
        .chain(
            boundaries
                .flatten()
                .map(|boundary| boundary.permissions_boundary_arn.clone()),
        )
        .collect();
    all.policies
        .retain(|policy| Arn::of(&policy.arn).account != "aws" || in_use.contains(&policy.arn));
}
