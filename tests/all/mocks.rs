//! The demonstration snapshots: that they are what mocks/README.md says, whole, and in the form that `capture` writes.

mod refined;
mod snapshot;

use std::collections::BTreeSet;

use leastwise_aws::Snapshot;
use leastwise_core::evidence::{Analyzer, Finding, Windows, choose_analyzers, join};
use leastwise_core::inventory::wire::PolicyText;
use leastwise_core::inventory::{Inventory, Principal, PrincipalKind};
use leastwise_core::policy::Document;
use leastwise_core::refine::Kind;

use snapshot::{mocks, open};

const SNAPSHOTS: [&str; 3] = ["acme", "partial", "fabrikam"];

/// A principal's own policies and those of its groups: name, quota that the result must keep to, text.
fn policies<'i>(inventory: &'i Inventory, principal: &'i Principal) -> Vec<(&'i str, Kind, &'i PolicyText)> {
    let kind = if principal.kind == PrincipalKind::Role {
        Kind::Role
    } else {
        Kind::User
    };
    let groups = || principal.groups.iter().map(|name| &inventory.groups[name]);
    let inline = principal.inline.iter().map(|policy| (kind, policy));
    let of_groups = groups()
        .flat_map(|group| group.group_policy_list.iter())
        .map(|policy| (Kind::Group, policy));
    let attached = principal
        .attached
        .iter()
        .chain(groups().flat_map(|group| &group.attached_managed_policies));
    inline
        .chain(of_groups)
        .map(|(kind, policy)| (policy.policy_name.as_str(), kind, &policy.policy_document))
        .chain(attached.map(|attached| {
            let managed = &inventory.managed[&attached.policy_arn];
            assert_eq!(managed.name(), attached.policy_name);
            (
                managed.name(),
                Kind::Managed,
                managed.document().expect("a default version"),
            )
        }))
        .collect()
}

/// The snapshot's rows in mocks/README.md: heading of the table's third column, and the cells.
fn rows(snapshot: &str) -> Vec<(String, Vec<String>)> {
    let page = std::fs::read_to_string(mocks().join("README.md")).unwrap();
    let (_, part) = page.split_once(&format!("\n## mocks/{snapshot}\n")).unwrap();
    let part = part.split_once("\n## ").map_or(part, |(this, _)| this);
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|')
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    let (mut third, mut found) = (String::new(), Vec::new());
    for line in part.lines() {
        match line.starts_with('|') {
            false => third.clear(),
            true if third.is_empty() => third.clone_from(&cells(line)[2]),
            true if line.starts_with("| ---") => {}
            true => found.push((third.clone(), cells(line))),
        }
    }
    found
}

/// The names in code style of a cell.
fn names(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn acme_is_an_organisation_that_can_be_read_whole() {
    let acme = open("acme");
    let opened = Snapshot::open(&mocks().join("acme")).unwrap();
    assert_eq!(opened.captured_at(), Some("2026-11-01T02:00:00Z"));
    let analyzers: Vec<Analyzer> = acme
        .analyzers
        .iter()
        .map(|answer| answer.analyzer.clone())
        .collect();
    assert_eq!((opened.analyzers(), analyzers.len()), (analyzers.as_slice(), 1));

    let states: Vec<&str> = acme
        .accounts
        .accounts
        .iter()
        .map(|account| account.state())
        .collect();
    assert_eq!(states.iter().filter(|state| **state == "SUSPENDED").count(), 1);
    assert!(states.iter().filter(|state| **state == "ACTIVE").count() >= 7);
    assert!(acme.failures.is_empty());
    for account in acme
        .accounts
        .accounts
        .iter()
        .filter(|account| account.state() == "ACTIVE")
    {
        assert!(
            acme.inventories.contains_key(&account.id),
            "{} has no inventory",
            account.name
        );
        assert!(
            acme.findings.contains_key(&account.id),
            "{} has no findings",
            account.name
        );
        let analyzer = choose_analyzers(opened.analyzers(), &account.id)
            .into_iter()
            .next()
            .expect("an analyzer");
        assert_eq!(
            (analyzer.window_days(), analyzer.account()),
            (Some(90), acme.id("acme-security"))
        );
    }
    let principals = acme.principals().count();
    assert!((75..=120).contains(&principals), "{principals} principals");
}

#[test]
fn partial_cannot_be_read_whole() {
    let partial = open("partial");
    Snapshot::open(&mocks().join("partial")).unwrap();
    let failed = |name: &str| partial.failures.get(partial.id(name));
    let denied = failed("partial-denied").unwrap();
    assert_eq!(
        (denied.operation.as_str(), denied.kind.name()),
        ("GetAccountAuthorizationDetails", "denied")
    );
    assert!(!partial.inventories.contains_key(partial.id("partial-denied")));
    let unlisted = failed("partial-unlisted").unwrap();
    assert_eq!(
        (unlisted.operation.as_str(), unlisted.kind.name()),
        ("ListFindingsV2", "denied")
    );
    assert!(partial.inventories.contains_key(partial.id("partial-unlisted")));
    assert!(failed("partial-fine").is_none());
    let unread: Vec<&Finding> = partial
        .findings
        .values()
        .flatten()
        .filter(|finding| finding.failure.is_some())
        .collect();
    assert_eq!(unread.len(), 1);
    assert!(unread[0].finding_details.is_none());
}

#[test]
fn every_finding_is_about_a_principal_that_is_there() {
    for snapshot in SNAPSHOTS {
        let all = open(snapshot);
        let mut ids = BTreeSet::new();
        for (account, findings) in &all.findings {
            for finding in findings {
                let inventory = &all.inventories[account];
                let principal = inventory
                    .principals
                    .iter()
                    .find(|principal| principal.arn == finding.resource);
                let principal = principal.unwrap_or_else(|| panic!("{} is nobody", finding.resource));
                let kind = if principal.kind == PrincipalKind::Role {
                    "AWS::IAM::Role"
                } else {
                    "AWS::IAM::User"
                };
                assert_eq!(finding.resource_type, kind);
                assert_eq!(finding.resource_owner_account, *account);
                assert!(ids.insert(&finding.id), "{} twice", finding.id);
                assert!(
                    !principal.is_service_linked(),
                    "AWS does not analyse {}",
                    principal.name
                );
            }
        }
    }
}

#[test]
fn every_example_of_the_page_is_there() {
    for snapshot in SNAPSHOTS {
        let all = open(snapshot);
        let mut told = BTreeSet::new();
        for (third, cells) in rows(snapshot) {
            let [_, accounts, name, rest @ ..] = cells.as_slice() else {
                panic!("{cells:?}")
            };
            if third == "Name" {
                assert_eq!(all.id(names(name)[0]), names(accounts)[0]);
                continue;
            }
            for account in names(accounts) {
                let inventory = &all.inventories[all.id(account)];
                let (name, policies) = (
                    names(name)[0],
                    rest.first().map_or(Vec::new(), |cell| names(cell)),
                );
                let found: Vec<&str> = match third.as_str() {
                    "Principal" => {
                        let is = |principal: &&Principal| principal.name == name;
                        let principal = inventory.principals.iter().find(is);
                        let principal = principal.unwrap_or_else(|| panic!("no {name} in {account}"));
                        told.insert(principal.arn.clone());
                        let inline = principal.inline.iter().map(|policy| policy.policy_name.as_str());
                        inline
                            .chain(
                                principal
                                    .attached
                                    .iter()
                                    .map(|policy| policy.policy_name.as_str()),
                            )
                            .collect()
                    }
                    "Group" => {
                        let group = &inventory.groups[name];
                        let inline = group
                            .group_policy_list
                            .iter()
                            .map(|policy| policy.policy_name.as_str());
                        let attached = group.attached_managed_policies.iter();
                        inline
                            .chain(attached.map(|policy| policy.policy_name.as_str()))
                            .collect()
                    }
                    "Policy" => {
                        assert!(
                            inventory.managed.values().any(|policy| policy.name() == name),
                            "no {name}"
                        );
                        Vec::new()
                    }
                    other => panic!("a table of {other}"),
                };
                assert_eq!(found, policies, "policies of {name} in {account}");
            }
        }
        for (_, principal) in all.principals() {
            assert!(
                told.contains(&principal.arn),
                "the page does not mention {}",
                principal.arn
            );
        }
    }
}

#[test]
fn attachments_of_managed_policies_are_counted_as_iam_counts_them() {
    for snapshot in SNAPSHOTS {
        for inventory in open(snapshot).inventories.values() {
            for (arn, policy) in &inventory.managed {
                let principals = inventory.principals.iter().map(|principal| &principal.attached);
                let groups = inventory
                    .groups
                    .values()
                    .map(|group| &group.attached_managed_policies);
                let attached = principals
                    .chain(groups)
                    .filter(|attached| attached.iter().any(|one| one.policy_arn == *arn))
                    .count();
                let bounds = inventory
                    .principals
                    .iter()
                    .filter(|principal| principal.boundary.as_ref() == Some(arn));
                let counts = (policy.attachment_count, policy.permissions_boundary_usage_count);
                let count = |number: usize| Some(u32::try_from(number).unwrap());
                assert_eq!(counts, (count(attached), count(bounds.count())), "{arn}");
            }
        }
    }
}

#[test]
fn every_version_of_every_policy_parses() {
    for snapshot in SNAPSHOTS {
        for inventory in open(snapshot).inventories.values() {
            let versions = inventory
                .managed
                .values()
                .flat_map(|policy| &policy.policy_version_list);
            for text in versions.filter_map(|version| version.document.as_ref()) {
                Document::parse(&text.0).unwrap();
            }
        }
    }
}

#[test]
fn the_rarer_examples_are_what_their_names_say() {
    let acme = open("acme");
    let known = |name: &str| {
        let (inventory, principal) = acme.principal(name);
        join(
            &acme.findings[&inventory.account.id],
            &[],
            Windows {
                findings: 90,
                last_accessed: 90,
            },
        )
        .remove(&principal.arn)
    };
    let findings = |name: &str| {
        let arn = &acme.principal(name).1.arn;
        acme.findings
            .values()
            .flatten()
            .filter(|finding| finding.resource == *arn)
            .count()
    };
    for name in [
        "nothing-unused-worker",
        "too-young-deployer",
        "excluded-by-tag-scanner",
        "user-without-evidence",
        "AWSServiceRoleForAccessAnalyzer",
    ] {
        assert_eq!(findings(name), 0, "{name}");
    }
    assert_eq!(findings("two-permission-findings"), 2);
    assert_eq!(findings("three-findings-user"), 3);
    assert_eq!(known("unused-access-keys").unwrap().keys.len(), 2);
    assert!(known("unused-password").unwrap().password.is_some());
    assert!(known("error-finding").unwrap().gap.is_some());
    assert_eq!(known("archived-finding").unwrap().archived, 1);
    assert_eq!(known("unused-role-external").unwrap().idle, Some(None));
    let both = known("unused-role-with-permissions").unwrap();
    assert!(both.idle.is_some() && !both.observed.is_empty());

    let paged = acme
        .findings
        .values()
        .flatten()
        .find(|f| f.resource.ends_with("/paged-finding-details"))
        .unwrap();
    let details = paged.finding_details.as_ref().unwrap();
    let permissions = details
        .iter()
        .filter_map(|detail| detail.unused_permission_details.as_ref());
    let actions: usize = permissions
        .filter_map(|service| service.actions.as_ref())
        .map(Vec::len)
        .sum();
    assert!(
        details.len() >= 12 && actions >= 150,
        "{} services, {actions} actions",
        details.len()
    );

    let names: String = acme
        .principals()
        .map(|(_, principal)| principal.name.as_str())
        .collect();
    assert!("+=,.@-_".chars().all(|letter| names.contains(letter)));
    let shop = &acme.inventories[acme.id("acme-shop-prod")];
    let policy = |name: &str| {
        shop.managed
            .values()
            .find(|policy| policy.name() == name)
            .unwrap()
    };
    assert_eq!(policy("five-versions-already").policy_version_list.len(), 5);
    assert!(
        policy("hotfixed-after-analysis").update_date
            > known("policy-newer-than-evidence").unwrap().analyzed_at
    );
    assert_eq!(acme.principal("ten-attached-policies").1.attached.len(), 10);
    assert_eq!(shop.reached_by(&policy("shop-assets-shared").arn).count(), 3);

    let fleet: Vec<&Principal> = acme
        .principals()
        .map(|(_, one)| one)
        .filter(|one| one.name == "fleet-inventory-collector")
        .collect();
    assert_eq!(fleet.len(), 7);
    let sets: BTreeSet<&str> = acme
        .principals()
        .filter_map(|(_, one)| one.permission_set())
        .collect();
    assert_eq!(sets, BTreeSet::from(["DeveloperAccess", "SupportReadOnly"]));
}
