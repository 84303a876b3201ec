//! The generator of organisations: the same one for the same seed, and one that could be real.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use leastwise_core::evidence::Finding;
use leastwise_core::inventory::wire::Authorization;
use leastwise_core::policy::{Document, decode};
use serde_json::{Value, json};

use crate::fake::{Fake, Invented, World, write_folder};
use crate::raw::{BASE, analyzer, iam, key, organizations};

const ACCOUNT: &str = "200000000002";

fn invented() -> Invented {
    Invented {
        accounts: 5,
        principals: 200,
        seed: 42,
    }
}

fn books() -> (Authorization, Vec<Finding>) {
    let books = invented().books(ACCOUNT);
    (books.authorization.unwrap(), books.findings.unwrap())
}

#[test]
fn an_account_is_the_same_in_every_organisation_of_its_seed() {
    let text = |organisation: Invented| {
        let books = organisation.books(ACCOUNT);
        serde_json::to_string(&(books.authorization, books.findings)).unwrap()
    };
    let one = text(invented());
    assert_eq!(
        one,
        text(Invented {
            accounts: 1000,
            ..invented()
        })
    );
    assert_ne!(
        one,
        text(Invented {
            seed: 43,
            ..invented()
        })
    );
}

#[test]
fn most_roles_have_an_inline_policy_and_one_or_two_managed_ones() {
    let (all, findings) = books();
    assert_eq!(all.user_detail_list.len() + all.role_detail_list.len(), 200);
    let both = all.role_detail_list.iter().filter(|role| {
        role.role_policy_list.len() == 1 && (1..=2).contains(&role.attached_managed_policies.len())
    });
    let share = both.count() * 100 / all.role_detail_list.len();
    assert!((60..80).contains(&share), "{share} in 100");
    assert!(
        all.user_detail_list
            .iter()
            .any(|user| !user.group_list.is_empty())
    );
    assert!(
        all.role_detail_list
            .iter()
            .any(|role| role.path.starts_with("/aws-service-role/"))
    );
    let attached = |aws: bool| {
        let of = all
            .policies
            .iter()
            .filter(|policy| policy.arn.contains(":aws:policy/") == aws);
        of.map(|policy| policy.attachment_count.unwrap()).max().unwrap()
    };
    assert!(attached(true) > 1 && attached(false) > 1, "shared");
    let kinds: BTreeSet<&str> = findings
        .iter()
        .map(|finding| finding.finding_type.as_str())
        .collect();
    assert_eq!(kinds.len(), 4, "{kinds:?}");
    let ids: BTreeSet<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids.len(), findings.len());
    let mut sizes: Vec<usize> = findings.iter().map(actions).filter(|count| *count > 0).collect();
    sizes.sort_unstable();
    let median = sizes[sizes.len() / 2];
    assert!(
        (20..120).contains(&median) && *sizes.last().unwrap() <= 200,
        "{sizes:?}"
    );
}

fn actions(finding: &Finding) -> usize {
    let details = finding.finding_details.iter().flatten();
    let unused = details.filter_map(|detail| detail.unused_permission_details.as_ref());
    unused
        .map(|service| service.actions.as_ref().map_or(0, Vec::len))
        .sum()
}

#[test]
fn every_document_is_a_policy_and_every_name_in_a_finding_is_granted() {
    let (all, findings) = books();
    let inline = all
        .role_detail_list
        .iter()
        .flat_map(|role| role.role_policy_list.iter().map(|policy| &policy.policy_document));
    let managed = all.policies.iter().map(|policy| policy.document().unwrap());
    for document in inline.chain(managed) {
        Document::parse(&document.0).unwrap();
    }
    for role in &all.role_detail_list {
        let mut texts: Vec<&str> = role
            .role_policy_list
            .iter()
            .map(|policy| policy.policy_document.0.as_str())
            .collect();
        for attached in &role.attached_managed_policies {
            let policy = all
                .policies
                .iter()
                .find(|policy| policy.arn == attached.policy_arn)
                .unwrap();
            texts.push(&policy.document().unwrap().0);
        }
        let patterns: Vec<String> = texts.into_iter().flat_map(allowed).collect();
        for finding in findings.iter().filter(|finding| finding.resource == role.arn) {
            let details = finding.finding_details.iter().flatten();
            for unused in details.filter_map(|detail| detail.unused_permission_details.as_ref()) {
                for action in unused.actions.iter().flatten() {
                    let name = format!("{}:{}", unused.service_namespace, action.action);
                    let grants = |pattern: &String| match pattern.strip_suffix('*') {
                        Some(start) => name.starts_with(start),
                        None => *pattern == name,
                    };
                    assert!(patterns.iter().any(grants), "{name} of {}", role.arn);
                }
            }
        }
    }
}

/// The patterns of a document's Allow statements.
fn allowed(document: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(document).unwrap();
    let statements = document["Statement"].as_array().unwrap().clone();
    let patterns = statements
        .into_iter()
        .filter(|one| one["Effect"] == "Allow")
        .flat_map(|one| match &one["Action"] {
            Value::Array(list) => list.clone(),
            one => vec![one.clone()],
        });
    patterns
        .map(|pattern| pattern.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_written_organisation_is_served_as_it_is_in_memory() {
    let organisation = Invented {
        accounts: 3,
        principals: 30,
        seed: 9,
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("invented");
    fs::remove_dir_all(&folder).ok();
    write_folder(&organisation, &folder).unwrap();
    let fakes = [World::folder(&folder), World::invented(organisation)].map(|world| Fake::of(world).start());
    let answers = fakes.each_ref().map(|fake| {
        let owner = key("200000000001");
        let body = json!({ "analyzerArn": organisation.analyzer().arn }).to_string();
        let listed = analyzer(fake, &owner, "POST", "/findingv2", &body).unwrap();
        let id = listed.json()["findings"][7]["id"].as_str().unwrap().to_owned();
        let path = format!("/findingv2/{id}?analyzerArn={}", organisation.analyzer().arn);
        [
            organizations(fake, BASE, "ListAccounts", &json!({})).body,
            iam(fake, ACCOUNT, "Action=GetAccountAuthorizationDetails").body,
            listed.body,
            crate::raw::get(fake, &owner, &path).body,
        ]
    });
    assert_eq!(answers[0], answers[1]);
    let account = iam(&fakes[0], ACCOUNT, "Action=GetAccountAuthorizationDetails").xml();
    let document = account["RoleDetailList"][0]["AssumeRolePolicyDocument"]
        .as_str()
        .unwrap();
    assert!(
        decode(document.as_bytes())
            .unwrap()
            .contains("lambda.amazonaws.com")
    );
}
