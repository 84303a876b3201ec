//! What to do about an AWS error, and whether the earlier report is unchanged.

use std::collections::BTreeMap;

use super::error::{NothingRead, RunError};
use super::terminal::shown;
use crate::config::Config;
use leastwise_aws::options::Role;
use leastwise_core::evidence::{Failure, FailureKind};
use leastwise_report::folder::writer::Writer;

/// How to fix what could not be read of an account, where that is known.
pub(crate) fn on_failure(config: &Config, account: &str, failure: &Failure) -> Option<String> {
    match failure.kind {
        FailureKind::Denied | FailureKind::Absent if failure.operation == "AssumeRole" => {
            Some(role(config, account))
        }
        FailureKind::Denied => {
            Some("`leastwise iam-policy` prints the permissions that a scan needs".to_owned())
        }
        FailureKind::Expired => Some("log in again (`aws sso login`)".to_owned()),
        FailureKind::Throttled => Some("try again later, or lower `limits.calls-per-second`".to_owned()),
        FailureKind::Unreachable => Some("check the network, then scan with --resume".to_owned()),
        FailureKind::Absent | FailureKind::Malformed => None,
    }
}

/// AWS returns the same error for a missing role and for one that does not trust the caller.
fn role(config: &Config, account: &str) -> String {
    let Some(Role {
        name: role,
        external_id,
        ..
    }) = config.assume.role_in(account)
    else {
        return "check the credentials of the account that runs the scan".to_owned();
    };
    let mut command = "leastwise iam-policy --trust ACCOUNT_ID".to_owned();
    if *role != Role::default().name {
        command.push_str(&format!(" --role {role}"));
    }
    if external_id.is_some() {
        // Which id it is, is the business of those who have the config.
        command.push_str(" --external-id ID");
    }
    format!(
        "deploy the role `{role}` in {account}; `{command}` prints its CloudFormation template, where ACCOUNT_ID is the account \
         that runs the scan"
    )
}

/// The earlier report or snapshot in the place of this one, as a message calls it.
pub(crate) fn earlier(writer: &Writer) -> Option<String> {
    writer.target().exists().then(|| shown(writer.target()))
}

/// The error if none of these accounts could be read: access was denied to each, or there is none.
pub(crate) fn nothing_read(
    config: &Config,
    accounts: usize,
    failed: BTreeMap<String, Failure>,
    writer: &Writer,
) -> RunError {
    let (count, earlier) = (failed.len(), earlier(writer));
    match failed.into_iter().next() {
        Some((account, failure)) => {
            let help = on_failure(config, &account, &failure);
            RunError::NothingRead(Box::new(NothingRead {
                account,
                failure,
                failed: count,
                earlier,
                help,
            }))
        }
        None => RunError::NothingToRead { accounts, earlier },
    }
}
