//! Organizations: the accounts, and the tree above them as far as the accounts' paths tell it.

use std::collections::BTreeSet;

use leastwise_core::inventory::wire::Account;
use serde_json::{Value, json};

use super::call::Call;
use super::fault::Fault;
use super::refusal::Refusal;

/// When every account joined: the number of the AWS CLI's example.
const JOINED: f64 = 1_481_830_215.45;

pub(crate) fn answer(call: &Call<'_>) -> Result<String, Refusal> {
    let world = &call.state.world;
    let organisation = world.organisation_id().ok_or(Refusal::NoOrganisation)?;
    let management = world.management();
    let of = |kind: &str, id: &str| {
        format!(
            "arn:{}:organizations::{management}:{kind}/{organisation}/{id}",
            world.partition
        )
    };
    if call.operation != "DescribeOrganization" && !is_administrator(call) {
        return Err(Refusal::Denied);
    }
    let unit = |id: &str| {
        let arn = format!(
            "arn:{}:organizations::{management}:ou/{organisation}/{id}",
            world.partition
        );
        json!({ "Id": id, "Arn": arn, "Name": id })
    };
    let answer = match call.operation.as_str() {
        "DescribeOrganization" => json!({ "Organization": {
            "Id": organisation,
            "Arn": format!("arn:{}:organizations::{management}:organization/{organisation}", world.partition),
            "FeatureSet": "ALL",
            "MasterAccountArn": of("account", management),
            "MasterAccountId": management,
            "MasterAccountEmail": email(management),
            "AvailablePolicyTypes": [],
        }}),
        "ListAccounts" => list(
            call,
            "Accounts",
            &world.accounts.iter().collect::<Vec<_>>(),
            |one| account(call, one),
        )?,
        "ListAccountsForParent" => {
            let parent = wanted(call, "ParentId")?;
            let inside = |account: &&Account| above(account).last().copied() == Some(parent);
            let accounts: Vec<&Account> = world.accounts.iter().filter(inside).collect();
            list(call, "Accounts", &accounts, |one| account(call, one))?
        }
        "DescribeAccount" => {
            let id = wanted(call, "AccountId")?;
            let found = world.account(id).ok_or_else(|| Refusal::Absent(id.to_owned()))?;
            json!({ "Account": account(call, found) })
        }
        "ListParents" => {
            let child = wanted(call, "ChildId")?;
            let parents: Vec<&str> = parents(call, child).into_iter().collect();
            if parents.is_empty() {
                return Err(Refusal::Absent(child.to_owned()));
            }
            let kind = |id: &str| {
                if id.starts_with("r-") {
                    "ROOT"
                } else {
                    "ORGANIZATIONAL_UNIT"
                }
            };
            list(
                call,
                "Parents",
                &parents,
                |id| json!({ "Id": id, "Type": kind(id) }),
            )?
        }
        "ListChildren" => {
            let parent = wanted(call, "ParentId")?;
            let kind = wanted(call, "ChildType")?;
            let children = match kind {
                "ACCOUNT" => {
                    let inside = |account: &&Account| above(account).last().copied() == Some(parent);
                    world
                        .accounts
                        .iter()
                        .filter(inside)
                        .map(|account| account.id.as_str())
                        .collect()
                }
                _ => units(call, parent),
            };
            list(
                call,
                "Children",
                &children,
                |id| json!({ "Id": id, "Type": kind }),
            )?
        }
        "ListOrganizationalUnitsForParent" => list(
            call,
            "OrganizationalUnits",
            &units(call, wanted(call, "ParentId")?),
            unit,
        )?,
        "DescribeOrganizationalUnit" => {
            let id = wanted(call, "OrganizationalUnitId")?;
            let known = world.accounts.iter().any(|account| above(account).contains(&id));
            known
                .then(|| json!({ "OrganizationalUnit": unit(id) }))
                .ok_or_else(|| Refusal::Absent(id.to_owned()))?
        }
        "ListRoots" => {
            let roots: BTreeSet<&str> = world
                .accounts
                .iter()
                .filter_map(|account| above(account).first().copied())
                .collect();
            let roots: Vec<&str> = roots.into_iter().collect();
            let root =
                |id: &str| json!({ "Id": id, "Arn": of("root", id), "Name": "Root", "PolicyTypes": [] });
            list(call, "Roots", &roots, root)?
        }
        "ListDelegatedAdministrators" => {
            let is_analyzer = call
                .json("ServicePrincipal")
                .as_str()
                .is_none_or(|it| it == "access-analyzer.amazonaws.com");
            let delegated = delegated(call).into_iter().filter(|_| is_analyzer);
            let delegated: Vec<&Account> = delegated.filter_map(|id| world.account(id)).collect();
            list(call, "DelegatedAdministrators", &delegated, |one| {
                let mut value = account(call, one);
                value["DelegationEnabledDate"] = JOINED.into();
                value
            })?
        }
        _ => return Err(Refusal::UnknownOperation),
    };
    Ok(answer.to_string())
}

/// One page of a list.
fn list<T: Copy>(
    call: &Call<'_>,
    name: &str,
    items: &[T],
    each: impl Fn(T) -> Value,
) -> Result<Value, Refusal> {
    let page = call.page(items.len())?;
    let values: Vec<Value> = items[page.from..page.to].iter().map(|item| each(*item)).collect();
    let mut answer = json!({ name: values });
    if let Some(token) = page.next {
        answer["NextToken"] = token.into();
    }
    Ok(answer)
}

fn wanted<'c>(call: &'c Call<'_>, name: &str) -> Result<&'c str, Refusal> {
    call.json(name)
        .as_str()
        .ok_or_else(|| Refusal::Invalid(format!("{name} is missing")))
}

fn account(call: &Call<'_>, account: &Account) -> Value {
    // What the snapshot leaves out stays out.
    let mut value = serde_json::to_value(account).unwrap();
    if call.state.knobs.no_paths {
        value.as_object_mut().unwrap().remove("Paths");
    }
    value["Email"] = email(&account.id).into();
    value["JoinedMethod"] = "CREATED".into();
    value["JoinedTimestamp"] = JOINED.into();
    if call.twist == Some(Fault::UnknownEnum) {
        value["State"] = "HIBERNATING".into();
    }
    value
}

fn email(account: &str) -> String {
    format!("{account}@example.com")
}

/// The management account, and who it has given a service's administration to.
fn is_administrator(call: &Call<'_>) -> bool {
    let caller = call.caller.account.as_str();
    caller == call.state.world.management() || delegated(call).contains(caller)
}

/// The members that have an analyzer of the organisation.
fn delegated<'c>(call: &'c Call<'_>) -> BTreeSet<&'c str> {
    let world = &call.state.world;
    let analyzers = world
        .analyzers
        .iter()
        .filter(|analyzer| analyzer.kind.starts_with("ORGANIZATION"));
    analyzers
        .map(|analyzer| analyzer.account())
        .filter(|id| *id != world.management())
        .collect()
}

/// Root and organisational units above an account, from the root down.
fn above(account: &Account) -> Vec<&str> {
    let parts = account.paths.iter().flat_map(|path| path.split('/'));
    parts
        .filter(|part| part.starts_with("r-") || part.starts_with("ou-"))
        .collect()
}

fn parents<'c>(call: &'c Call<'_>, child: &str) -> BTreeSet<&'c str> {
    let mut found = BTreeSet::new();
    for account in &call.state.world.accounts {
        let above = above(account);
        if account.id == child {
            found.extend(above.last().copied());
        }
        found.extend(
            above
                .windows(2)
                .filter(|pair| pair[1] == child)
                .map(|pair| pair[0]),
        );
    }
    found
}

fn units<'c>(call: &'c Call<'_>, parent: &str) -> Vec<&'c str> {
    let mut found = BTreeSet::new();
    for account in &call.state.world.accounts {
        let above = above(account);
        found.extend(
            above
                .windows(2)
                .filter(|pair| pair[0] == parent)
                .map(|pair| pair[1]),
        );
    }
    found.into_iter().collect()
}
