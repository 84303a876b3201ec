//! Identifies the caller, and lists the accounts.

use std::collections::BTreeSet;

use super::convert;
use super::operations::{GET_CALLER_IDENTITY, LIST_ACCOUNTS, LIST_DELEGATED_ADMINISTRATORS};
use super::pages::{self, List, malformed};
use super::session::Session;
use leastwise_core::arn::{Arn, is_account_id};
use leastwise_core::evidence::Failure;
use leastwise_core::inventory::wire::Account;

/// Access Analyzer, as Organizations calls it.
const ANALYZER: &str = "access-analyzer.amazonaws.com";

/// The caller of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// Of the user or of the session of a role.
    pub(super) arn: String,
    pub(super) account: String,
    pub(super) partition: String,
}

pub(super) async fn identity(caller: &Session) -> Result<Identity, Failure> {
    let answer = caller
        .call(&GET_CALLER_IDENTITY, |clients| {
            clients.sts().get_caller_identity().send()
        })
        .await?;
    // The ARN names the partition; some emulators leave the account to it as well.
    let arn = answer.arn.unwrap_or_default();
    let parts = Arn::of(&arn);
    let account = answer.account.unwrap_or_else(|| parts.account.to_owned());
    let partition = parts.partition.to_owned();
    // They become ARNs.
    let is_partition = |text: &str| {
        text.starts_with("aws") && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    };
    if !is_account_id(&account) || !is_partition(&partition) {
        return Err(malformed(&GET_CALLER_IDENTITY));
    }
    Ok(Identity {
        arn,
        account,
        partition,
    })
}

/// All accounts of the organisation.
pub(super) async fn accounts(caller: &Session) -> Result<List<Account>, Failure> {
    let found = pages::all_or_refused(&LIST_ACCOUNTS, |token| async move {
        let answer = caller
            .call(&LIST_ACCOUNTS, |clients| {
                clients
                    .organizations()
                    .list_accounts()
                    .max_results(20)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        Ok((answer.accounts.unwrap_or_default(), answer.next_token))
    });
    let found = match found.await? {
        List::Whole(found) => found,
        List::Refused(failure) => return Ok(List::Refused(failure)),
    };
    let mut accounts: Vec<Account> = found.into_iter().map(convert::account).collect();
    // What changes between two pages of a list can come with both.
    let mut met = BTreeSet::new();
    accounts.retain(|account| met.insert(account.id.clone()));
    // Ids become ARNs and file names. An organisation has its management account at least.
    if accounts.is_empty() || !accounts.iter().all(|account| is_account_id(&account.id)) {
        return Err(malformed(&LIST_ACCOUNTS));
    }
    Ok(List::Whole(accounts))
}

/// The accounts that administer Access Analyzer for the organisation, sorted by id.
pub(super) async fn administrators(caller: &Session) -> Result<List<String>, Failure> {
    let found = pages::all_or_refused(&LIST_DELEGATED_ADMINISTRATORS, |token| async move {
        let answer = caller
            .call(&LIST_DELEGATED_ADMINISTRATORS, |clients| {
                let ask = clients.organizations().list_delegated_administrators();
                ask.service_principal(ANALYZER)
                    .max_results(20)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        Ok((
            answer.delegated_administrators.unwrap_or_default(),
            answer.next_token,
        ))
    });
    let found = match found.await? {
        List::Whole(found) => found,
        List::Refused(failure) => return Ok(List::Refused(failure)),
    };
    let mut accounts = Vec::new();
    for account in found {
        let state = account.state.map(|state| state.as_str().to_owned());
        let status = account.status.map(|status| status.as_str().to_owned());
        let id = account.id.unwrap_or_default();
        if !is_account_id(&id) {
            return Err(malformed(&LIST_DELEGATED_ADMINISTRATORS));
        }
        let account = Account {
            id,
            state,
            status,
            ..Account::default()
        };
        if !account.is_closed() {
            accounts.push(account.id);
        }
    }
    accounts.sort();
    accounts.dedup();
    Ok(List::Whole(accounts))
}
