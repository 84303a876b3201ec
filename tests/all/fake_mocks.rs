//! The snapshots of this repository, as the fake serves them: nothing is lost or changed on the way.

use std::path::Path;

use leastwise_core::evidence::{Analyzer, Finding};
use leastwise_core::inventory::wire::{Authorization, PolicyText};
use serde_json::{Value, json};

use crate::fake::{Fake, World};
use crate::raw::{analyzer, get, iam, key};

/// Both snapshots: the fake, its accounts' answers, and the organisation's analyzer.
fn each(check: impl Fn(&Fake, &World, &Analyzer)) {
    for name in ["acme", "partial"] {
        let world = || World::folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks").join(name));
        let organisation = |analyzer: &&Analyzer| analyzer.kind == "ORGANIZATION_UNUSED_ACCESS";
        let analyzer = world().analyzers.iter().find(organisation).unwrap().clone();
        check(
            &Fake::of(world()).page("GetFindingV2", 2).start(),
            &world(),
            &analyzer,
        );
    }
}

fn array(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// Names, ARNs and documents, in the order of the snapshot.
fn told(all: &Authorization) -> Vec<String> {
    let mut told = Vec::new();
    for role in &all.role_detail_list {
        told.push(role.arn.clone());
        told.extend(
            role.assume_role_policy_document
                .iter()
                .map(|document| document.0.clone()),
        );
        told.extend(
            role.role_policy_list
                .iter()
                .map(|policy| policy.policy_document.0.clone()),
        );
    }
    for user in &all.user_detail_list {
        told.push(user.arn.clone());
        told.extend(
            user.user_policy_list
                .iter()
                .map(|policy| policy.policy_document.0.clone()),
        );
        told.extend(user.group_list.clone());
    }
    told.extend(all.group_detail_list.iter().map(|group| group.arn.clone()));
    for policy in &all.policies {
        told.push(policy.arn.clone());
        told.extend(policy.document().map(|document| document.0.clone()));
    }
    told
}

/// The same of an answer.
fn heard(answer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let document = |value: &Value| PolicyText::decoded(value.as_str().unwrap()).0;
    let mut heard = Vec::new();
    for role in array(&answer["RoleDetailList"]) {
        heard.push(text(&role["Arn"]));
        heard.extend(
            role["AssumeRolePolicyDocument"]
                .is_string()
                .then(|| document(&role["AssumeRolePolicyDocument"])),
        );
        heard.extend(
            array(&role["RolePolicyList"])
                .iter()
                .map(|policy| document(&policy["PolicyDocument"])),
        );
    }
    for user in array(&answer["UserDetailList"]) {
        heard.push(text(&user["Arn"]));
        heard.extend(
            array(&user["UserPolicyList"])
                .iter()
                .map(|policy| document(&policy["PolicyDocument"])),
        );
        heard.extend(array(&user["GroupList"]).iter().map(text));
    }
    heard.extend(
        array(&answer["GroupDetailList"])
            .iter()
            .map(|group| text(&group["Arn"])),
    );
    for policy in array(&answer["Policies"]) {
        heard.push(text(&policy["Arn"]));
        let version = array(&policy["PolicyVersionList"])
            .into_iter()
            .find(|one| one["IsDefaultVersion"] == "true");
        heard.extend(version.map(|version| document(&version["Document"])));
    }
    heard
}

#[test]
fn every_account_is_served_as_it_was_recorded() {
    each(|fake, world, _| {
        for account in &world.accounts {
            let reply = iam(
                fake,
                &account.id,
                "Action=GetAccountAuthorizationDetails&MaxItems=1000",
            );
            match &world.books(&account.id).authorization {
                Some(all) => assert_eq!(heard(&reply.xml()), told(all), "{}", account.id),
                None => assert!(
                    matches!(reply.status, 403 | 404),
                    "{}: {}",
                    account.id,
                    reply.status
                ),
            }
        }
    });
}

#[test]
fn every_finding_is_served_as_it_was_recorded() {
    each(|fake, world, chosen| {
        let owner = key(chosen.account());
        for account in &world.accounts {
            let books = world.books(&account.id);
            let filter = json!({ "resourceOwnerAccount": { "eq": [account.id] } });
            let body = json!({ "analyzerArn": chosen.arn, "filter": filter, "maxResults": 1000 }).to_string();
            let listed = analyzer(fake, &owner, "POST", "/findingv2", &body).unwrap();
            if books
                .error
                .as_ref()
                .is_some_and(|error| error.operation == "ListFindingsV2")
            {
                assert_eq!(listed.code(), "AccessDeniedException");
                continue;
            }
            let recorded = books.findings.as_deref().unwrap_or_default();
            let ids: Vec<Value> = array(&listed.json()["findings"])
                .iter()
                .map(|one| one["id"].clone())
                .collect();
            assert_eq!(ids, recorded.iter().map(|one| json!(one.id)).collect::<Vec<_>>());
            recorded
                .iter()
                .for_each(|finding| read(fake, &owner, &chosen.arn, finding));
        }
    });
}

fn read(fake: &Fake, owner: &str, arn: &str, finding: &Finding) {
    let (mut details, mut token) = (Vec::new(), String::new());
    loop {
        let reply = get(
            fake,
            owner,
            &format!("/findingv2/{}?analyzerArn={arn}{token}", finding.id),
        );
        if finding.failure.is_some() {
            assert_ne!(reply.status, 200, "{}", finding.id);
            return;
        }
        let page = reply.json();
        assert_eq!(page["error"], json!(finding.error));
        details.extend(array(&page["findingDetails"]));
        match page["nextToken"].as_str() {
            Some(next) => token = format!("&nextToken={}", next.replace('+', "%2B")),
            None => break,
        }
    }
    let recorded = finding
        .finding_details
        .iter()
        .flatten()
        .map(|detail| json!(detail));
    // A member that was not known when it was recorded is still none that is known.
    let unknown = |detail: &Value| detail.get("unusedFutureDetails").is_some();
    let served = details
        .into_iter()
        .map(|detail| if unknown(&detail) { json!({}) } else { detail });
    assert_eq!(
        served.collect::<Vec<_>>(),
        recorded.collect::<Vec<_>>(),
        "{}",
        finding.id
    );
}
