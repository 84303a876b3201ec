//! Whose code a policy is: by tags, by Terraform states, and by a checkout, for which the report has patches.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use leastwise_core::report::{Action, CodeState, CodeTool, Defines, Recommendation};
use serde_json::{Value, json};

use crate::run::{folder, leastwise};
use crate::scan::{account, changes, copy, demonstration, files, lasting_files, manifest, report};

const SECRET: &str = "hunter2-in-a-state";

/// All changes of single accounts, by account.
fn all(out: &Path) -> Vec<(String, Recommendation)> {
    let accounts = report(out).accounts;
    let each = accounts.iter().flat_map(|it| {
        let all = account(out, &it.id).recommendations;
        all.into_iter().map(|change| (it.id.clone(), change))
    });
    each.collect()
}

/// The first inline policy of a role that is replaced.
fn replaced() -> (String, Recommendation) {
    let out = demonstration();
    let is_one = |it: &Recommendation| it.action == Action::Replace && it.id.contains("/role/");
    all(&out).into_iter().find(|(_, it)| is_one(it)).unwrap()
}

fn text(out: &Path, path: &str) -> String {
    fs::read_to_string(out.join(path)).unwrap()
}

#[test]
fn tags_say_whose_code_a_policy_is_in_every_format_and_the_script_refuses() {
    let folder = folder("code-tags");
    let (snapshot, out) = (folder.join("snapshot"), folder.join("report"));
    copy("mocks/acme", &snapshot, |path, value| {
        if path.ends_with("authorization.json") {
            for role in value["RoleDetailList"].as_array_mut().unwrap() {
                let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
                role["Tags"] = json!([
                    tag("aws:cloudformation:stack-name", "platform"),
                    tag("aws:cloudformation:logical-id", "TheRole"),
                ]);
            }
        }
    });
    let formats = "changes,csv,html,ocsf,sarif,tickets,terraform,cloudformation";
    let arguments = [
        "scan",
        "--snapshot",
        snapshot.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--format",
        formats,
    ];
    leastwise(arguments).ran().exits(0);
    let (id, change) = all(&out)
        .into_iter()
        .find(|(_, it)| it.action == Action::Replace && it.id.contains("/role/"))
        .unwrap();
    let [owner] = change.code_owners.as_slice() else {
        panic!("{:?}", change.code_owners)
    };
    assert_eq!(
        (owner.tool, owner.defines),
        (CodeTool::CloudFormation, Defines::Holder)
    );
    let sentence = change.owned_by().unwrap();
    let place = "is defined in the CloudFormation stack `platform` (resource `TheRole`); change its inline policy there.";
    assert!(sentence.ends_with(place), "{sentence}");
    // An edit of a customer-managed policy is no matter of who has it.
    let edited = all(&out)
        .into_iter()
        .filter(|(_, it)| it.action == Action::NewVersion);
    let edited: Vec<_> = edited.collect();
    assert!(!edited.is_empty() && edited.iter().all(|(_, it)| it.code_owners.is_empty()));
    let attached = all(&out)
        .into_iter()
        .find(|(_, it)| it.action == Action::Substitute)
        .unwrap()
        .1;
    assert_eq!(attached.code_owners[0].defines, Defines::Attachment);

    for path in ["findings.csv", "report.sarif"] {
        assert!(text(&out, path).contains(place), "{path}");
    }
    assert!(text(&out, "findings.ocsf.jsonl").contains("\"code_owners\":[{\"tool\":\"cloudformation\""));
    assert!(text(&out, &format!("accounts/{id}.html")).contains("<strong>In code:</strong>"));
    let tickets = files(&out.join("tickets"));
    assert!(
        tickets
            .values()
            .any(|it| String::from_utf8_lossy(it).contains("- Code: The role "))
    );
    // Nobody adopts what a stack defines.
    let terraform = text(&out, &format!("changes/{id}/terraform/main.tf"));
    assert!(
        terraform.contains(place)
            && !terraform.contains(&format!(
                "import {{\n  to = aws_iam_role_policy.{}",
                change.holder
            ))
    );
    let template = text(&out, &format!("changes/{id}/cloudformation.template.json"));
    assert!(template.contains("is defined in the CloudFormation stack"));

    let name = changes(&out)
        .into_iter()
        .find(|(_, row)| row["id"] == change.id.as_str())
        .unwrap();
    assert_eq!(name.1["ownedBy"], sentence.as_str());
    let apply = |owned: Option<&str>| {
        let mut command = Command::new("bash");
        command
            .args(["changes/apply.sh", &name.0])
            .current_dir(&out)
            .env("PATH", std::env::var("PATH").unwrap());
        command.envs(owned.map(|it| ("OWNED_ELSEWHERE", it)));
        command
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            .env("AWS_ACCESS_KEY_ID", "x");
        let done = command.output().unwrap();
        assert!(!done.status.success());
        String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout)
    };
    let refused = apply(None);
    assert!(
        refused.contains("stopped: The role") && refused.contains("OWNED_ELSEWHERE=1"),
        "{refused}"
    );
    let warned = apply(Some("1"));
    assert!(
        warned.contains("warning: The role") && !warned.contains("run this with"),
        "{warned}"
    );
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
}

/// A state with that inline policy, and with secrets.
fn state(id: &str, change: &Recommendation) -> Value {
    let resource = |kind: &str, name: &str, attributes: Value| {
        json!({ "module": "module.ci", "mode": "managed", "type": kind, "name": name, "provider": "provider[\"aws\"]",
            "instances": [{ "attributes": attributes }] })
    };
    let role = json!({ "arn": format!("arn:aws:iam::{id}:role/{}", change.holder), "name": change.holder });
    let policy = json!({ "name": change.policy, "role": change.holder, "policy": SECRET });
    json!({ "version": 4, "outputs": { "password": { "value": SECRET } }, "resources": [
        resource("aws_db_instance", "db", json!({ "password": SECRET })),
        resource("aws_iam_access_key", "k", json!({ "secret": SECRET, "user": change.holder })),
        resource("aws_iam_role", "r", role),
        resource("aws_iam_role_policy", "p", policy),
    ]})
}

#[test]
fn a_terraform_state_gives_the_address_and_keeps_its_secrets() {
    let folder = folder("code-state");
    let (path, out) = (folder.join("terraform.tfstate"), folder.join("report"));
    let (id, change) = replaced();
    fs::write(&path, state(&id, &change).to_string()).unwrap();
    let arguments = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--out",
        out.to_str().unwrap(),
        "--terraform-state",
        path.to_str().unwrap(),
        "-vv",
    ];
    let ran = leastwise(arguments).ran().exits(0);
    let found = all(&out)
        .into_iter()
        .find(|(_, it)| it.id == change.id)
        .unwrap()
        .1;
    let [owner] = found.code_owners.as_slice() else {
        panic!("{:?}", found.code_owners)
    };
    assert_eq!(
        (owner.tool, owner.defines),
        (CodeTool::Terraform, Defines::Policy)
    );
    assert_eq!(owner.resource.as_deref(), Some("module.ci.aws_iam_role_policy.p"));
    assert!(!ran.err.contains(SECRET) && !ran.out.contains(SECRET));
    for (path, bytes) in files(&out) {
        assert!(!String::from_utf8_lossy(&bytes).contains(SECRET), "{path}");
    }
}

#[test]
fn what_is_no_state_is_wrong_usage_and_is_not_quoted() {
    let folder = folder("code-no-state");
    let path = folder.join("state");
    fs::write(&path, format!("{{\"version\":4,\"resources\":\"{SECRET}\"}}")).unwrap();
    let out = folder.join("report");
    let arguments = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--out",
        out.to_str().unwrap(),
        "--terraform-state",
        path.to_str().unwrap(),
    ];
    let ran = leastwise(arguments)
        .ran()
        .exits(2)
        .says("it is not a Terraform state: line 1, column");
    assert!(!ran.err.contains(SECRET));
}

/// A template with that policy, as somebody writes it.
fn template(before: &str) -> String {
    let document: Value = serde_json::from_str(before).unwrap();
    let properties = json!({ "PolicyName": "mine", "PolicyDocument": document });
    let resource = json!({ "Type": "AWS::IAM::RolePolicy", "Properties": properties });
    serde_json::to_string_pretty(&json!({ "Resources": { "Mine": resource } })).unwrap() + "\n"
}

#[test]
fn a_checkout_gives_a_patch_that_applies_and_makes_the_recommended_policy() {
    let folder = folder("code-checkout");
    let (checkout, out) = (folder.join("checkout"), folder.join("report"));
    let (id, change) = replaced();
    let demonstration = demonstration();
    let before = text(&demonstration, &change.files.before);
    fs::create_dir_all(checkout.join("stacks/node_modules")).unwrap();
    fs::write(checkout.join("stacks/role.json"), template(&before)).unwrap();
    // What is nobody's own code, or is only linked to, is not read; else there were three such places.
    fs::write(checkout.join("stacks/node_modules/role.json"), template(&before)).unwrap();
    fs::write(folder.join("outside.json"), template(&before)).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.join("outside.json"), checkout.join("linked.json")).unwrap();
    fs::write(checkout.join("odd.yaml"), [0xff, 0xfe]).unwrap();
    let scan = |out: &Path| {
        let (iac, out) = (checkout.to_str().unwrap(), out.to_str().unwrap());
        leastwise(["scan", "--snapshot", "mocks/acme", "--out", out, "--iac", iac])
            .ran()
            .exits(0)
            .says("skipped 1 file of the checkout");
    };
    scan(&out);
    let found: BTreeMap<String, Recommendation> =
        all(&out).into_iter().map(|(_, it)| (it.id.clone(), it)).collect();
    let code = found[&change.id].code.as_ref().unwrap();
    assert_eq!(
        (code.state, code.variables),
        (CodeState::Patched, false),
        "{code:?}"
    );
    assert_eq!(code.places, ["stacks/role.json:5"]);
    let path = code.patch.as_ref().unwrap();
    assert!(path.starts_with(&format!("patches/{id}/role/")), "{path}");
    assert!(manifest(&out).files.contains_key(path));
    assert!(
        found
            .values()
            .any(|it| it.code.as_ref().is_some_and(|it| it.state == CodeState::NotFound))
    );
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);

    let patch = out.canonicalize().unwrap().join(path);
    // In a folder of a repository, git leaves out what is not below it from the root.
    let applied = Command::new("git")
        .args(["apply", patch.to_str().unwrap()])
        .current_dir(&checkout)
        .env("GIT_CEILING_DIRECTORIES", folder.canonicalize().unwrap())
        .output()
        .unwrap();
    assert!(
        applied.status.success(),
        "{}",
        String::from_utf8_lossy(&applied.stderr)
    );
    let now: Value = serde_json::from_str(&text(&checkout, "stacks/role.json")).unwrap();
    let after: Value = serde_json::from_str(&text(&out, &change.files.after)).unwrap();
    let document = &now["Resources"]["Mine"]["Properties"]["PolicyDocument"];
    let actions = |document: &Value| -> Vec<Vec<String>> {
        let each = document["Statement"].as_array().unwrap().iter().map(|it| {
            let list = [&it["Action"], &it["NotAction"]]
                .into_iter()
                .flat_map(|it| match it {
                    Value::Array(all) => all.clone(),
                    Value::Null => Vec::new(),
                    one => vec![one.clone()],
                });
            let mut all: Vec<String> = list.map(|it| it.as_str().unwrap().to_owned()).collect();
            all.sort();
            all
        });
        each.collect()
    };
    assert_eq!(actions(document), actions(&after));

    // The same again, with the file as it was.
    fs::write(checkout.join("stacks/role.json"), template(&before)).unwrap();
    let again = folder.join("again");
    scan(&again);
    assert_eq!(lasting_files(&out), lasting_files(&again));
}

/// A change of a snapshot, as a scan with a checkout reports it.
fn looked_up(id: &str, [snapshot, checkout, out]: [&Path; 3]) -> Recommendation {
    let [from, iac, to] = [snapshot, checkout, out].map(|it| it.to_str().unwrap());
    let args = ["scan", "--snapshot", from, "--out", to, "--iac", iac];
    leastwise(args).ran().exits(0);
    let found = all(out).into_iter().find(|(_, it)| it.id == id);
    found.unwrap().1
}

#[test]
fn code_that_stands_for_policies_in_use_elsewhere_is_not_patched() {
    let folder = folder("code-used-elsewhere");
    let (snapshot, checkout, out) = (
        folder.join("snapshot"),
        folder.join("checkout"),
        folder.join("report"),
    );
    let (id, change) = replaced();
    let before = text(&demonstration(), &change.files.before);
    fs::create_dir_all(&checkout).unwrap();
    fs::write(checkout.join("role.json"), template(&before)).unwrap();
    let document: Value = serde_json::from_str(&before).unwrap();
    // Another role has the same policy, and nothing is known of what it uses.
    copy("mocks/acme", &snapshot, |path, value| {
        if path == format!("accounts/{id}/authorization.json") {
            let mut role = value["RoleDetailList"][0].clone();
            role["RoleName"] = json!("another-role");
            role["Arn"] = json!(format!("arn:aws:iam::{id}:role/another-role"));
            role["Path"] = json!("/");
            role["AttachedManagedPolicies"] = json!([]);
            role["RolePolicyList"] = json!([{ "PolicyName": "theirs", "PolicyDocument": document }]);
            value["RoleDetailList"].as_array_mut().unwrap().push(role);
        }
    });
    let found = looked_up(&change.id, [&snapshot, &checkout, &out]);
    let code = found.code.unwrap();
    assert_eq!((code.state, code.patch), (CodeState::Repeated, None));
}

#[test]
fn the_cdk_is_named_with_its_construct() {
    let folder = folder("code-cdk");
    let (snapshot, checkout, out) = (folder.join("snapshot"), folder.join("app"), folder.join("report"));
    let (id, change) = replaced();
    copy("mocks/acme", &snapshot, |path, value| {
        if path == format!("accounts/{id}/authorization.json") {
            for role in value["RoleDetailList"].as_array_mut().unwrap() {
                let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
                role["Tags"] = json!([
                    tag("aws:cloudformation:stack-name", "api-prod"),
                    tag("aws:cloudformation:logical-id", "Role1ABCC5F0"),
                ]);
            }
        }
    });
    let made = checkout.join("cdk.out");
    fs::create_dir_all(&made).unwrap();
    let properties = json!({ "templateFile": "Api.template.json", "stackName": "api-prod" });
    let above = json!({ "templateFile": "../../secret.json", "stackName": "above" });
    let artifacts = json!({
        "Api": { "type": "aws:cloudformation:stack", "properties": properties },
        "Above": { "type": "aws:cloudformation:stack", "properties": above },
    });
    fs::write(
        made.join("manifest.json"),
        json!({ "artifacts": artifacts }).to_string(),
    )
    .unwrap();
    let metadata = json!({ "aws:cdk:path": "Api/Role/Resource" });
    let document: Value = serde_json::from_str(&text(&demonstration(), &change.files.before)).unwrap();
    let policy = json!({ "PolicyName": "x", "PolicyDocument": document });
    let role =
        json!({ "Type": "AWS::IAM::Role", "Metadata": metadata, "Properties": { "Policies": [policy] } });
    let template = json!({ "Resources": { "Role1ABCC5F0": role } });
    fs::write(made.join("Api.template.json"), template.to_string()).unwrap();
    let found = looked_up(&change.id, [&snapshot, &checkout, &out]);
    assert_eq!(found.code_owners[0].tool, CodeTool::Cdk);
    assert_eq!(found.code_owners[0].resource.as_deref(), Some("Api/Role"));
    assert_eq!(found.code.unwrap().state, CodeState::Generated);
}
