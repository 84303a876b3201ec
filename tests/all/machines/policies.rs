//! What a policy is, every format says as the inventory has it: inline, customer-managed or managed by AWS.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use leastwise_core::decide::{HolderKind, PolicyKind};
use leastwise_core::report::{Action, PrincipalRow, Recommendation};
use serde_json::Value;

use super::ocsf::events;
use super::{json, text};
use crate::harness::pages::data;
use crate::run::{folder, leastwise};
use crate::scan::{account, report};

const HOLDERS: [(HolderKind, &str, &str, &str); 3] = [
    (HolderKind::Role, "RoleDetailList", "RoleName", "RolePolicyList"),
    (HolderKind::User, "UserDetailList", "UserName", "UserPolicyList"),
    (
        HolderKind::Group,
        "GroupDetailList",
        "GroupName",
        "GroupPolicyList",
    ),
];

/// What is attached to whom, by kind of holder, name of holder and name of policy, over some accounts.
type Inventory = BTreeMap<(HolderKind, String, String), BTreeSet<PolicyKind>>;

fn list<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value[key].as_array().into_iter().flatten()
}

fn kind_of(arn: &str) -> PolicyKind {
    if arn.contains("::aws:") {
        PolicyKind::AwsManaged
    } else {
        PolicyKind::CustomerManaged
    }
}

/// Read from the recorded answers alone.
fn inventory(snapshot: &str, account: &str, into: &mut Inventory) {
    let path = Path::new(snapshot)
        .join("accounts")
        .join(account)
        .join("authorization.json");
    if !path.is_file() {
        return;
    }
    let answers = json(&path);
    let mut add = |kind, holder: &str, policy: &str, is| {
        into.entry((kind, holder.to_owned(), policy.to_owned()))
            .or_default()
            .insert(is);
    };
    for (kind, all, name, inline) in HOLDERS {
        for holder in list(&answers, all) {
            let own = holder[name].as_str().unwrap();
            // AWSReservedSSO_<permission set>_<random>
            let set = own
                .strip_prefix("AWSReservedSSO_")
                .and_then(|it| it.rsplit_once('_'));
            let mut add = |policy: &str, is| {
                add(kind, own, policy, is);
                set.into_iter()
                    .for_each(|(set, _)| add(HolderKind::PermissionSet, set, policy, is));
            };
            list(holder, inline).for_each(|it| add(text(it, "/PolicyName"), PolicyKind::Inline));
            for it in list(holder, "AttachedManagedPolicies") {
                add(text(it, "/PolicyName"), kind_of(text(it, "/PolicyArn")));
            }
        }
    }
    for policy in list(&answers, "Policies") {
        let name = text(policy, "/PolicyName");
        add(HolderKind::Managed, name, name, kind_of(text(policy, "/Arn")));
    }
}

/// What the policy of a change is; a holder may have two policies of one name.
fn has(inventory: &Inventory, it: &Recommendation, kind: PolicyKind) -> bool {
    let key = (it.holder_kind, it.holder.clone(), it.policy.clone());
    inventory.get(&key).is_some_and(|kinds| kinds.contains(&kind))
}

fn check(snapshot: &str) {
    let out = folder(&format!("policies-{}", snapshot.rsplit('/').next().unwrap())).join("report");
    let formats = "--format=html,csv,sarif,ocsf,asff,tickets,changes,terraform,cloudformation";
    let ran = leastwise([
        "scan",
        "--snapshot",
        snapshot,
        formats,
        "--out",
        out.to_str().unwrap(),
    ])
    .ran();
    assert!(matches!(ran.code, 0 | 3), "{}", ran.err);
    let whole = report(&out);
    let mut everywhere = Inventory::new();
    let mut told = BTreeMap::new();
    for summary in &whole.accounts {
        let mut here = Inventory::new();
        inventory(snapshot, &summary.id, &mut here);
        let account = account(&out, &summary.id);
        for row in &account.policies {
            for holder in &row.holders {
                let key = (holder.kind, holder.name.clone(), row.name.clone());
                assert!(here[&key].contains(&row.kind), "{}: {}", row.id, row.kind);
            }
        }
        for it in &account.recommendations {
            let kind = it.policy_kind.unwrap();
            assert!(has(&here, it, kind), "{}: {kind}", it.id);
            told.insert(it.id.clone(), kind);
        }
    }
    for summary in &whole.accounts {
        inventory(snapshot, &summary.id, &mut everywhere);
    }
    in_findings(&out, &told);
    in_tickets(&out, &told);
    in_cloudformation(&out, &told);
    for it in &whole.recommendations {
        let kind = it.policy_kind.unwrap();
        assert!(has(&everywhere, it, kind), "{}: {kind}", it.id);
        told.insert(it.id.clone(), kind);
    }
    in_events(&out, &told);
    in_rows(&out, &told);
    in_terraform(&out, &told);
    in_tables(&out, &told);
    in_pages(&out, snapshot);
    assert!(told.len() > 5);
}

fn in_events(out: &Path, told: &BTreeMap<String, PolicyKind>) {
    let mut seen = 0;
    for event in events(out) {
        let Some(id) = text(&event, "/finding_info/uid").strip_prefix("policy:") else {
            continue;
        };
        let policy = &event["permission_analysis_results"][0]["policy"];
        assert_eq!(text(policy, "/type"), told[id].name(), "{id}");
        seen += 1;
    }
    assert_eq!(seen, told.len());
}

fn in_rows(out: &Path, told: &BTreeMap<String, PolicyKind>) {
    let mut reader = csv::Reader::from_path(out.join("findings.csv")).unwrap();
    let head = reader.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|it| it == name).unwrap();
    let (kind, change) = (at("policy_kind"), at("recommendation_id"));
    let mut seen = 0;
    for row in reader.records() {
        let row = row.unwrap();
        if let Some(told) = told.get(&row[change]) {
            assert_eq!(&row[kind], told.name(), "{}", &row[change]);
            seen += 1;
        }
    }
    assert!(seen >= told.len() / 2);
}

/// Only a managed policy has an ARN, and only in one account.
fn in_findings(out: &Path, own: &BTreeMap<String, PolicyKind>) {
    let results = json(&out.join("report.sarif"));
    let mut seen = 0;
    for result in list(&results["runs"][0], "results") {
        let Some(kind) = result["properties"]["recommendation"]
            .as_str()
            .and_then(|id| own.get(id))
        else {
            continue;
        };
        let place = text(result, "/locations/0/logicalLocations/0/fullyQualifiedName");
        assert_eq!(
            if place.starts_with("arn:") {
                kind_of(place)
            } else {
                PolicyKind::Inline
            },
            *kind
        );
        seen += 1;
    }
    assert_eq!(seen, own.len());
    for account in fs::read_dir(out.join("asff")).unwrap() {
        for file in fs::read_dir(account.unwrap().path()).unwrap() {
            for finding in json(&file.unwrap().path()).as_array().unwrap() {
                let id = finding["ProductFields"]["leastwise/recommendation"].as_str();
                let Some(kind) = id.and_then(|id| own.get(id)) else {
                    continue;
                };
                let is_policy = |it: &&Value| text(it, "/Type") == "AwsIamPolicy";
                let policy = list(finding, "Resources")
                    .find(is_policy)
                    .map(|it| kind_of(text(it, "/Id")));
                assert_eq!(policy.unwrap_or(PolicyKind::Inline), *kind, "{finding}");
                seen -= 1;
            }
        }
    }
    assert_eq!(seen, 0);
}

/// Only an inline policy is a resource of its holder.
fn in_terraform(out: &Path, told: &BTreeMap<String, PolicyKind>) {
    for summary in report(out).accounts {
        let Ok(main) = fs::read_to_string(out.join(format!("changes/{}/terraform/main.tf", summary.id)))
        else {
            continue;
        };
        for change in main.split("\n# change: ").skip(1) {
            let id = change.lines().next().unwrap();
            let is_inline = HOLDERS
                .iter()
                .any(|(kind, ..)| change.contains(&format!("resource \"aws_iam_{kind}_policy\"")));
            let replaced = account(out, &summary.id)
                .recommendations
                .iter()
                .any(|it| it.id == id && it.action == Action::Replace);
            if is_inline || replaced {
                assert_eq!(told[id], PolicyKind::Inline, "{id}");
            }
        }
    }
}

/// A ticket names a managed policy by its ARN, which a change has in one account only.
fn in_tickets(out: &Path, own: &BTreeMap<String, PolicyKind>) {
    let mut reader = csv::Reader::from_path(out.join("tickets/tickets.csv")).unwrap();
    let mut seen = 0;
    for row in reader.records() {
        let row = row.unwrap();
        let id = row[0].strip_prefix("policy:").and_then(|it| it.rsplit_once('@'));
        let Some((id, kind)) = id.and_then(|(id, _)| own.get_key_value(id)) else {
            continue;
        };
        let arn = row[2]
            .split('`')
            .find(|it| it.starts_with("arn:") && it.contains(":policy/"));
        assert_eq!(arn.map_or(PolicyKind::Inline, kind_of), *kind, "{id}");
        seen += 1;
    }
    assert!(seen >= own.len());
}

/// What the scripts change is the policy of the ARN, and without one the holder's inline policy.
fn in_tables(out: &Path, told: &BTreeMap<String, PolicyKind>) {
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(out.join("changes")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|it| it != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(path).unwrap().lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            // What a permission set is to name, which is nothing yet.
            if row["how"] == "create" {
                continue;
            }
            let id = text(&row, "/id");
            assert_eq!(
                row["arn"].as_str().map_or(PolicyKind::Inline, kind_of),
                told[id],
                "{row}"
            );
            seen.insert(id.to_owned());
        }
    }
    assert!(seen.iter().eq(told.keys()), "{seen:?}");
}

/// A template has an inline policy as a resource of its holder, and what is left by hand says what it takes away.
fn in_cloudformation(out: &Path, own: &BTreeMap<String, PolicyKind>) {
    let mut seen = BTreeSet::new();
    for summary in report(out).accounts {
        let path = out.join(format!("changes/{}/cloudformation.template.json", summary.id));
        if !path.is_file() {
            continue;
        }
        let template = json(&path);
        for change in list(&template["Metadata"]["Leastwise"], "changes") {
            let Some((id, kind)) = own.get_key_value(text(change, "/id")) else {
                continue;
            };
            let resources =
                list(change, "resources").filter_map(|it| match template["Resources"][it.as_str()?]["Type"]
                    .as_str()?
                {
                    "AWS::IAM::ManagedPolicy" => {
                        (change["action"] == "new-version").then_some(PolicyKind::CustomerManaged)
                    }
                    _ => Some(PolicyKind::Inline),
                });
            let by_hand = list(change, "byHand").filter_map(|it| {
                let line = it.as_str()?;
                let arn = line.split_once("--policy-arn=").map(|(_, arn)| kind_of(arn));
                arn.or_else(|| line.starts_with("aws iam delete-").then_some(PolicyKind::Inline))
            });
            for is in resources.chain(by_hand) {
                assert_eq!(is, *kind, "{change}");
                seen.insert(id);
            }
        }
    }
    assert!(seen.into_iter().eq(own.keys()));
}

/// The pages say of each principal of which kinds the policies are that it holds, or has from its groups.
fn in_pages(out: &Path, snapshot: &str) {
    for of_account in list(&data(out), "accounts") {
        let id = text(of_account, "/id");
        let mut here = Inventory::new();
        inventory(snapshot, id, &mut here);
        let kinds: Vec<&str> = list(of_account, "policies").map(|it| text(it, "/0")).collect();
        for row in list(of_account, "rows") {
            let kind = if row[0] == 1 {
                HolderKind::User
            } else {
                HolderKind::Role
            };
            let name = text(row, "/1");
            let is = |it: &&PrincipalRow| HolderKind::from(it.kind) == kind && it.name == name;
            let account = account(out, id);
            let groups = account.principals.iter().find(is).unwrap().groups.clone();
            let holds = |it: HolderKind, holder: &String| match it {
                HolderKind::Group => groups.contains(holder),
                it => it == kind && holder == name,
            };
            let held = here.iter().filter(|((kind, holder, _), _)| holds(*kind, holder));
            let held: BTreeSet<&str> = held
                .flat_map(|(_, kinds)| kinds.iter().map(|it| it.name()))
                .collect();
            let said = row[9].as_array().unwrap().iter().map(|it| it.as_u64().unwrap());
            let said: BTreeSet<&str> = said.map(|at| kinds[usize::try_from(at).unwrap()]).collect();
            assert_eq!(said, held, "{id} {name}");
        }
    }
}

#[test]
fn every_format_says_of_each_policy_what_the_inventory_has() {
    ["mocks/acme", "mocks/fabrikam"].into_iter().for_each(check);
}
