//! The organisational units of accounts, if the list of accounts does not contain them: older partitions and
//! emulators omit `Paths`. The tree is walked from its roots until no account is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::operations::{LIST_ACCOUNTS_FOR_PARENT, LIST_ROOTS, LIST_UNITS_FOR_PARENT};
use super::pages::{self, malformed};
use super::session::Session;
use leastwise_core::evidence::Failure;
use leastwise_core::inventory::wire::Account;

/// A root or an organisational unit.
struct Parent {
    id: String,
    /// All that is above it and itself, as `Paths` has it.
    path: String,
}

/// Adds the paths of accounts that have none. Accounts outside the organisation still have none afterwards.
pub(super) async fn place(caller: &Session, accounts: &mut [Account]) -> Result<(), Failure> {
    let nowhere = accounts.iter().filter(|account| account.paths.is_empty());
    let mut missing: BTreeSet<String> = nowhere.map(|account| account.id.clone()).collect();
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    let mut parents = roots(caller).await?;
    let mut met: BTreeSet<String> = parents.iter().map(|root| root.id.clone()).collect();
    while let Some(parent) = parents.pop() {
        if missing.is_empty() {
            break;
        }
        for id in accounts_in(caller, &parent).await? {
            missing.remove(&id);
            paths.insert(id.clone(), format!("{}{id}/", parent.path));
        }
        for unit in units_in(caller, &parent).await? {
            // A tree has no unit twice: this would go round for ever.
            if !met.insert(unit.id.clone()) {
                return Err(malformed(&LIST_UNITS_FOR_PARENT));
            }
            parents.push(unit);
        }
    }
    for account in accounts.iter_mut().filter(|account| account.paths.is_empty()) {
        account.paths.extend(paths.get(&account.id).cloned());
    }
    Ok(())
}

async fn roots(caller: &Session) -> Result<Vec<Parent>, Failure> {
    let found = pages::all(&LIST_ROOTS, |token| async move {
        let answer = caller
            .call(&LIST_ROOTS, |clients| {
                clients
                    .organizations()
                    .list_roots()
                    .max_results(20)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        Ok((answer.roots.unwrap_or_default(), answer.next_token))
    });
    let parent = |root: aws_sdk_organizations::types::Root| {
        let id = root.id.filter(|id| is_id(id, "r-"))?;
        // arn:aws:organizations::111111111111:root/o-exampleorgid/r-exampleroot
        let arn = root.arn.unwrap_or_default();
        let organisation = arn.split('/').nth(1).filter(|id| is_id(id, "o-"));
        let above = organisation.map(|id| format!("{id}/")).unwrap_or_default();
        Some(Parent {
            path: format!("{above}{id}/"),
            id,
        })
    };
    let roots: Option<Vec<Parent>> = found.await?.into_iter().map(parent).collect();
    roots
        .filter(|roots| !roots.is_empty())
        .ok_or_else(|| malformed(&LIST_ROOTS))
}

async fn units_in(caller: &Session, parent: &Parent) -> Result<Vec<Parent>, Failure> {
    let found = pages::all(&LIST_UNITS_FOR_PARENT, |token| async move {
        let answer = caller
            .call(&LIST_UNITS_FOR_PARENT, |clients| {
                let ask = clients.organizations().list_organizational_units_for_parent();
                ask.parent_id(&parent.id)
                    .max_results(20)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        Ok((answer.organizational_units.unwrap_or_default(), answer.next_token))
    });
    let unit = |unit: aws_sdk_organizations::types::OrganizationalUnit| {
        let id = unit.id.filter(|id| is_id(id, "ou-"))?;
        Some(Parent {
            path: format!("{}{id}/", parent.path),
            id,
        })
    };
    let units: Option<Vec<Parent>> = found.await?.into_iter().map(unit).collect();
    units.ok_or_else(|| malformed(&LIST_UNITS_FOR_PARENT))
}

async fn accounts_in(caller: &Session, parent: &Parent) -> Result<Vec<String>, Failure> {
    let found = pages::all(&LIST_ACCOUNTS_FOR_PARENT, |token| async move {
        let answer = caller
            .call(&LIST_ACCOUNTS_FOR_PARENT, |clients| {
                let ask = clients.organizations().list_accounts_for_parent();
                ask.parent_id(&parent.id)
                    .max_results(20)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        Ok((answer.accounts.unwrap_or_default(), answer.next_token))
    });
    let ids: Option<Vec<String>> = found.await?.into_iter().map(|account| account.id).collect();
    ids.ok_or_else(|| malformed(&LIST_ACCOUNTS_FOR_PARENT))
}

/// Whether a text is an id of that kind. Ids become parts of paths, which a slash would tear.
fn is_id(text: &str, kind: &str) -> bool {
    let rest = text.strip_prefix(kind);
    rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}
