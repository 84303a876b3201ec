//! One name, one thing. An account in which two things have one name is not one that IAM has, and what is
//! reported about one would be attributed to the other. Names that IAM distinguishes are distinct on every
//! file system.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use leastwise_core::report::Coverage;
use serde_json::{Value, json};

use crate::run::{folder, leastwise};
use crate::scan::{account, files, report};

const FINE: &str = "111111111111";
const ODD: &str = "222222222222";

fn arn(resource: &str) -> String {
    format!("arn:aws:iam::{ODD}:{resource}")
}

fn document(actions: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

fn inline(name: &str) -> Value {
    json!({"PolicyName": name, "PolicyDocument": document("s3:Get*")})
}

fn role(path: &str, name: &str, inlines: &[Value]) -> Value {
    let arn = arn(&format!("role{path}{name}"));
    let created = "2020-01-01T00:00:00Z";
    json!({"Path": path, "RoleName": name, "Arn": arn, "CreateDate": created, "RolePolicyList": inlines})
}

fn managed(path: &str, name: &str, account: &str) -> Value {
    let versions = [json!({"VersionId": "v1", "IsDefaultVersion": true, "Document": document("s3:Get*")})];
    json!({
        "PolicyName": name,
        "Arn": format!("arn:aws:iam::{account}:policy{path}{name}"),
        "DefaultVersionId": "v1",
        "PolicyVersionList": versions,
    })
}

/// With the lists that are not told: AWS sends all four.
fn whole(answer: &Value) -> Value {
    let mut all = answer.clone();
    for list in ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"] {
        if all[list].is_null() {
            all[list] = json!([]);
        }
    }
    all
}

/// A snapshot in which the second account answers so; all roles use nothing of `s3:GetBucketAcl`.
fn snapshot(name: &str, odd: &Value) -> PathBuf {
    let place = folder(name).join("snapshot");
    let write = |path: &str, value: &Value| {
        let path = place.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, value.to_string()).unwrap();
    };
    let of_mock = |path: &str| -> Value {
        serde_json::from_slice(&fs::read(Path::new("mocks/partial").join(path)).unwrap()).unwrap()
    };
    let mut accounts = of_mock("accounts.json");
    accounts["Accounts"].as_array_mut().unwrap().truncate(2);
    write("accounts.json", &accounts);
    for path in ["snapshot.json", "analyzers.json"] {
        write(path, &of_mock(path));
    }
    for file in ["authorization.json", "findings.json"] {
        let path = format!("accounts/{FINE}/{file}");
        write(&path, &of_mock(&path));
    }
    let roles = odd["RoleDetailList"].as_array().cloned().unwrap_or_default();
    let finding = |role: &Value| {
        let unused = json!({"serviceNamespace": "s3", "actions": [{"action": "GetBucketAcl"}]});
        json!({
            "id": format!("finding-{}", role["Arn"]), "resource": role["Arn"], "resourceType": "AWS::IAM::Role",
            "resourceOwnerAccount": ODD, "status": "ACTIVE", "findingType": "UnusedPermission",
            "analyzedAt": "2026-10-31T07:25:34Z", "createdAt": "2026-09-29T09:31:39Z",
            "updatedAt": "2026-10-20T16:21:07Z", "findingDetails": [{"unusedPermissionDetails": unused}],
        })
    };
    write(&format!("accounts/{ODD}/authorization.json"), &whole(odd));
    write(
        &format!("accounts/{ODD}/findings.json"),
        &roles.iter().map(finding).collect(),
    );
    place
}

const FORMATS: &str = "asff,changes,cloudformation,csv,html,json,ocsf,sarif,summary,terraform,tickets";

fn scanned(snapshot: &Path, code: i32) -> PathBuf {
    let out = snapshot.with_file_name("report");
    let args = [
        "scan",
        "--format",
        FORMATS,
        "--snapshot",
        snapshot.to_str().unwrap(),
        "--out",
    ];
    leastwise(args.into_iter().chain([out.to_str().unwrap()]))
        .ran()
        .exits(code);
    leastwise(["verify", out.to_str().unwrap()]).ran().exits(0);
    out
}

/// The second account is not reported on, for this reason.
fn refused(name: &str, odd: &Value, why: &str) {
    let out = scanned(&snapshot(name, odd), 3);
    let failed = account(&out, ODD);
    assert_eq!(failed.summary.coverage, Coverage::Failed, "{why}");
    assert!(failed.recommendations.is_empty() && failed.principals.is_empty());
    let failure = &failed.summary.failures[0].failure;
    assert_eq!(
        failure.to_string(),
        format!("GetAccountAuthorizationDetails malformed ({why})")
    );
    assert_eq!(account(&out, FINE).summary.coverage, Coverage::Complete);
}

#[test]
fn an_account_with_two_things_of_one_name_is_malformed_and_both_are_named() {
    let same = |one: &str, other: &str, kind: &str| {
        format!("`{one}` and `{other}` have the same name, and an account has one {kind} of a name")
    };
    let policies = json!({"Policies": [managed("/x/", "P", ODD), managed("/y/", "P", ODD)]});
    refused(
        "twins-policies",
        &policies,
        &same(&arn("policy/x/P"), &arn("policy/y/P"), "policy"),
    );
    let roles = json!({"RoleDetailList": [role("/", "r1", &[]), role("/a/", "R1", &[])]});
    refused(
        "twins-roles",
        &roles,
        &same(&arn("role/r1"), &arn("role/a/R1"), "role"),
    );
    let users = ["ada", "Ada"]
        .map(|name| json!({"Path": "/", "UserName": name, "Arn": arn(&format!("user/{name}"))}));
    refused(
        "twins-users",
        &json!({"UserDetailList": users}),
        &same(&arn("user/ada"), &arn("user/Ada"), "user"),
    );
    let groups = ["/a/", "/b/"]
        .map(|path| json!({"Path": path, "GroupName": "g", "Arn": arn(&format!("group{path}g"))}));
    refused(
        "twins-groups",
        &json!({"GroupDetailList": groups}),
        &same(&arn("group/a/g"), &arn("group/b/g"), "group"),
    );
    let twice = json!({"RoleDetailList": [role("/", "r", &[inline("in"), inline("out"), inline("in")])]});
    refused(
        "twins-inline",
        &twice,
        &format!("`{}` has two inline policies called `in`", arn("role/r")),
    );
}

#[test]
fn an_account_with_an_arn_that_names_something_else_is_malformed() {
    let with = |member: &str, value: &str| {
        let mut role = role("/", "victim", &[inline("in")]);
        role[member] = value.into();
        json!({"RoleDetailList": [role]})
    };
    let wrong = |arn: &str| format!("the role `victim` has the ARN `{arn}`, which is not its own");
    for (at, wrong_arn) in [
        arn("role/other"),
        arn("user/victim"),
        arn("role/path/victim"),
        format!("arn:aws:iam::{FINE}:role/victim"),
        "victim".to_owned(),
    ]
    .iter()
    .enumerate()
    {
        refused(
            &format!("twins-arn-{at}"),
            &with("Arn", wrong_arn),
            &wrong(wrong_arn),
        );
    }
    let slash = json!({"RoleDetailList": [role("/", "a/b", &[])]});
    refused(
        "twins-slash",
        &slash,
        &format!("the name `a/b` of `{}` has a slash in it", arn("role/a/b")),
    );
}

#[test]
fn what_two_pages_tell_alike_is_one_thing_and_a_name_of_aws_is_not_one_of_the_account() {
    let mut reader = role("/", "reader", &[inline("in")]);
    reader["AttachedManagedPolicies"] = json!([
        {"PolicyName": "P", "PolicyArn": arn("policy/P")},
        {"PolicyName": "P", "PolicyArn": "arn:aws:iam::aws:policy/P"},
    ]);
    let policy = managed("/", "P", ODD);
    let odd = json!({
        "RoleDetailList": [reader.clone(), reader],
        "Policies": [policy.clone(), policy, managed("/", "P", "aws")],
    });
    let out = scanned(&snapshot("twins-pages", &odd), 0);
    assert_eq!(account(&out, ODD).principals.len(), 1);
}

#[test]
fn a_partners_policy_and_the_many_versions_of_one_of_aws_are_as_good_as_any() {
    let mut of_aws = managed("/", "ReadOnlyAccess", "aws");
    let old = json!({"VersionId": "v0", "IsDefaultVersion": false, "Document": document("s3:Get*")});
    of_aws["PolicyVersionList"]
        .as_array_mut()
        .unwrap()
        .extend(vec![old; 200]);
    let bound = managed("/permissions-boundary/example.com/", "Deploy", "partner");
    let mut reader = role("/", "reader", &[inline("in")]);
    reader["AttachedManagedPolicies"] =
        json!([{"PolicyName": "ReadOnlyAccess", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]);
    reader["PermissionsBoundary"] =
        json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": bound["Arn"]});
    let odd = json!({"RoleDetailList": [reader], "Policies": [of_aws, bound]});
    let out = scanned(&snapshot("twins-partner", &odd), 0);
    assert_eq!(account(&out, ODD).principals[0].status.name(), "reducible");
}

#[test]
fn names_that_differ_in_case_alone_or_that_windows_does_not_take_have_files_of_their_own() {
    let inlines = ["Read", "read", "Write", "con"].map(inline);
    let roles = [
        role("/", "loader", &inlines),
        role("/", "CON", &[inline("a:b")]),
        role("/", "loader.", &inlines),
    ];
    let out = scanned(&snapshot("twins-case", &json!({"RoleDetailList": roles})), 0);
    let recommendations = account(&out, ODD).recommendations;
    assert_eq!(recommendations.len(), 9);
    let all: Vec<String> = files(&out).into_keys().collect();
    let folded: BTreeSet<String> = all.iter().map(|path| path.to_ascii_lowercase()).collect();
    assert_eq!(folded.len(), all.len());
    // So do the folders.
    let parts = |path: &String| path.split('/').map(str::to_owned).collect::<Vec<_>>();
    let mut spelled: BTreeSet<String> = BTreeSet::new();
    for path in &all {
        for part in parts(path) {
            let device = part.split('.').next().unwrap().to_ascii_lowercase();
            assert!(!["con", "aux", "nul", "prn"].contains(&device.as_str()), "{path}");
            assert!(
                !part.ends_with('.') && !part.contains([':', ' ', '?', '*', '"', '<', '>', '|', '\\']),
                "{path}"
            );
        }
        spelled.extend(path.match_indices('/').map(|(at, _)| path[..at].to_owned()));
    }
    let folded: BTreeSet<String> = spelled.iter().map(|path| path.to_ascii_lowercase()).collect();
    assert_eq!(folded.len(), spelled.len(), "{spelled:?}");
    // A name that is alone stays as it is.
    for path in ["loader/Write", "%43ON/a%3Ab", "loader%2E/%63on"] {
        assert!(
            all.contains(&format!("policies/{ODD}/role/{path}.after.json")),
            "{path} {all:#?}"
        );
    }
    // Each has its own document and its own ids.
    for (format, file) in [
        ("sarif", "report.sarif"),
        ("html", &*format!("accounts/{ODD}.html")),
    ] {
        let text = fs::read_to_string(out.join(file)).unwrap();
        let marks: Vec<&str> = match format {
            "html" => text
                .split(" id=\"")
                .skip(1)
                .map(|rest| rest.split('"').next().unwrap())
                .collect(),
            _ => text
                .split("\"partialFingerprints\"")
                .skip(1)
                .map(|rest| rest.split('}').next().unwrap())
                .collect(),
        };
        assert!(marks.len() >= 9, "{format}");
        assert_eq!(
            marks.iter().collect::<BTreeSet<_>>().len(),
            marks.len(),
            "{format}"
        );
    }
    // No template holds the name `a:b`.
    let terraform = fs::read_to_string(out.join(format!("changes/{ODD}/terraform/main.tf"))).unwrap();
    let heads: Vec<&str> = terraform
        .lines()
        .filter(|line| line.starts_with("resource "))
        .collect();
    assert_eq!(
        (heads.len(), heads.iter().collect::<BTreeSet<_>>().len()),
        (8, 8),
        "{heads:#?}"
    );
    let documents = all
        .iter()
        .filter(|path| path.contains(&format!("{ODD}/terraform/documents/")));
    assert_eq!(documents.count(), 8);
}

#[test]
fn fleets_whose_roles_differ_in_case_alone_have_files_of_their_own() {
    let place = folder("twins-fleets").join("snapshot");
    let write = |path: &str, value: &Value| {
        let path = place.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, value.to_string()).unwrap();
    };
    let ids: Vec<String> = (1..=8).map(|at| format!("{at}{at}{at}000000000")).collect();
    let accounts: Vec<Value> = ids
        .iter()
        .map(|id| json!({"Id": id, "Name": id, "State": "ACTIVE"}))
        .collect();
    write(
        "snapshot.json",
        &json!({"format": 1, "capturedAt": "2026-11-01T02:00:00Z", "partition": "aws"}),
    );
    write("accounts.json", &json!({ "Accounts": accounts }));
    let analyzers: Value =
        serde_json::from_slice(&fs::read("mocks/partial/analyzers.json").unwrap()).unwrap();
    write("analyzers.json", &analyzers);
    for (at, id) in ids.iter().enumerate() {
        let name = if at < 4 { "Loader" } else { "loader" };
        let text = role("/", name, &[inline("ci")]).to_string().replace(ODD, id);
        let role: Value = serde_json::from_str(&text).unwrap();
        write(
            &format!("accounts/{id}/authorization.json"),
            &whole(&json!({ "RoleDetailList": [role] })),
        );
        let finding = json!([{
            "id": format!("finding-{id}"), "resource": role["Arn"], "resourceType": "AWS::IAM::Role",
            "resourceOwnerAccount": id, "status": "ACTIVE", "findingType": "UnusedPermission",
            "analyzedAt": "2026-10-31T07:25:34Z", "createdAt": "2026-09-29T09:31:39Z",
            "updatedAt": "2026-10-20T16:21:07Z", "findingDetails": [{"unusedPermissionDetails":
                {"serviceNamespace": "s3", "actions": [{"action": "GetBucketAcl"}]}}],
        }]);
        write(&format!("accounts/{id}/findings.json"), &finding);
    }
    let out = scanned(&place, 0);
    let fleets = report(&out).recommendations;
    assert_eq!(fleets.len(), 2, "{fleets:#?}");
    let paths: BTreeSet<String> = fleets
        .iter()
        .map(|it| it.files.after.to_ascii_lowercase())
        .collect();
    assert_eq!(paths.len(), 2, "{paths:?}");
}

#[test]
fn a_malformed_account_tells_which_file_it_is_and_why() {
    let place = snapshot("twins-why", &json!({"RoleDetailList": []}));
    let said = |file: &str, text: &str| {
        let path = place.join(format!("accounts/{ODD}/{file}"));
        let before = fs::read(&path).unwrap();
        fs::write(&path, text).unwrap();
        let out = scanned(&place, 3);
        fs::write(&path, before).unwrap();
        account(&out, ODD).summary.failures[0].failure.to_string()
    };
    let wrong = said("authorization.json", "{\"RoleDetailList\": [{\"RoleName\": 1}]}");
    assert_eq!(
        wrong,
        "GetAccountAuthorizationDetails malformed (`accounts/222222222222/authorization.json`: \
         it is not what the AWS CLI prints: invalid type: integer `1`, expected a string at line 1 column 34)"
    );
    let wrong = said("findings.json", "[");
    assert_eq!(
        wrong,
        "GetFindingV2 malformed (`accounts/222222222222/findings.json`: it is not what the AWS CLI prints: \
         EOF while parsing a list at line 1 column 1)"
    );
}
