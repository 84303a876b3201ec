//! The scripts, run for real with the AWS CLI on moto: what was there, what is wanted, and what was there again.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::acme::Acme;
use crate::run::folder;
use crate::scan::copy;

pub(super) const SHOP: &str = "444444444444";
pub(super) const DEV: &str = "666666666666";

/// Whatever is not named here is as it was.
fn with(before: &Value, changes: &[(&str, &str, Value)]) -> Value {
    let mut all = before.clone();
    for (part, key, value) in changes {
        let part = all[part].as_object_mut().unwrap();
        match value {
            Value::Null => drop(part.remove(*key)),
            value => drop(part.insert((*key).to_owned(), value.clone())),
        }
    }
    all
}

/// What a holder has attached, with some in place of one.
fn attached(before: &Value, holder: &str, goes: &str, comes: &[&str]) -> Value {
    let mut list: Vec<String> = serde_json::from_value(before["attached"][holder].clone()).unwrap();
    let count = list.len();
    list.retain(|arn| arn != goes);
    assert!(
        list.len() < count || goes.is_empty(),
        "{holder} does not have {goes}"
    );
    list.extend(comes.iter().map(|arn| (*arn).to_owned()));
    list.sort();
    list.into()
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn inline_policies_are_replaced_and_deleted_and_put_back() {
    let acme = Acme::with("changes-inline", &[SHOP, DEV]);
    let cases = [
        (SHOP, "role/nightly-backup/copy"),
        (SHOP, "role/inline-only-worker/forgotten-email"),
        (DEV, "group/developers/developers-inline"),
        (DEV, "user/ci+bot=dev,build.1@shop-dev_01/push"),
    ];
    for (account, place) in cases {
        let folder = format!("{account}/{place}");
        let before = acme.all(account);
        assert_eq!(
            before["inline"][place],
            acme.document(&format!("{folder}.before.json")),
            "{place}"
        );
        let after = acme.document(&format!("{folder}.after.json"));
        assert_eq!(
            acme.applied(account, &folder, None),
            with(&before, &[("inline", place, after)]),
            "{place}"
        );
        assert_eq!(acme.taken_back(account, &folder, None), before, "{place}");
    }
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn a_managed_policy_gets_a_version_also_when_it_has_five() {
    let acme = Acme::with("changes-version", &[SHOP]);
    let folder = format!("{SHOP}/managed/five-versions-already");
    let arn = "arn:aws:iam::444444444444:policy/five-versions-already";
    let before = acme.all(SHOP);
    let after = acme.document(&format!("{folder}.after.json"));
    assert_eq!(
        acme.applied(SHOP, &folder, None),
        with(&before, &[("managed", arn, after)])
    );
    let versions: Vec<String> =
        serde_json::from_value(acme.with_versions(SHOP)["versions"][arn].clone()).unwrap();
    let versions: std::collections::BTreeSet<&str> = versions.iter().map(String::as_str).collect();
    assert_eq!(
        versions.into_iter().collect::<Vec<_>>(),
        ["v2", "v3", "v4", "v5", "v6"],
        "the oldest went"
    );
    assert_eq!(acme.taken_back(SHOP, &folder, None), before);
    assert_eq!(
        acme.with_versions(SHOP)["versions"][arn]
            .as_array()
            .unwrap()
            .len(),
        5,
        "the old one is taken again"
    );

    // Somebody who was not looked at has it by now.
    acme.meanwhile(
        SHOP,
        &[
            "iam",
            "attach-role-policy",
            "--role-name",
            "nightly-backup",
            "--policy-arn",
            arn,
        ],
    );
    let before = acme.all(SHOP);
    let ran = acme.runs(SHOP, ("apply.sh", &folder), None).exits(1);
    assert!(
        ran.err.contains("now also attached to role/nightly-backup"),
        "{}",
        ran.err
    );
    assert_eq!(acme.all(SHOP), before);
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn policies_that_take_the_place_of_one_are_created_attached_and_taken_back() {
    let acme = Acme::with("changes-moved", &[SHOP]);
    let arn = |name: &str| format!("arn:aws:iam::{SHOP}:policy/{name}");
    let before = acme.all(SHOP);

    // A managed policy of which nothing is used.
    let folder = format!("{SHOP}/managed/legacy-queue-access");
    let holders: BTreeMap<String, Vec<String>> = serde_json::from_value(before["attached"].clone()).unwrap();
    let queue = arn("legacy-queue-access");
    let holder = holders.iter().find(|(_, arns)| arns.contains(&queue)).unwrap().0;
    let wanted = with(
        &before,
        &[("attached", holder, attached(&before, holder, &queue, &[]))],
    );
    assert_eq!(acme.applied(SHOP, &folder, None), wanted);
    assert_eq!(acme.taken_back(SHOP, &folder, None), before);

    // A managed policy that becomes two.
    let folder = format!("{SHOP}/managed/platform-operations-large");
    let old = arn("platform-operations-large");
    let holder = holders.iter().find(|(_, arns)| arns.contains(&old)).unwrap().0;
    let new = [1, 2].map(|number| arn(&format!("platform-operations-large-leastwise-{number}")));
    let texts = acme.document(&format!("{folder}.after.json"));
    let wanted = with(
        &before,
        &[
            (
                "attached",
                holder,
                attached(&before, holder, &old, &[&new[0], &new[1]]),
            ),
            ("managed", &new[0], texts[0].clone()),
            ("managed", &new[1], texts[1].clone()),
        ],
    );
    assert_eq!(acme.applied(SHOP, &folder, None), wanted);
    assert_eq!(acme.taken_back(SHOP, &folder, None), before);

    // An inline policy that becomes a managed one.
    let place = "role/inline-policies-near-the-quota/first-half";
    let folder = format!("{SHOP}/{place}");
    let holder = "role/inline-policies-near-the-quota";
    let new = arn("first-half-leastwise");
    let wanted = with(
        &before,
        &[
            ("inline", place, Value::Null),
            ("attached", holder, attached(&before, holder, "", &[&new])),
            ("managed", &new, acme.document(&format!("{folder}.after.json"))),
        ],
    );
    assert_eq!(acme.applied(SHOP, &folder, None), wanted);
    // What somebody else has by now stays.
    let other = "role/nightly-backup";
    let name = other.split_once('/').unwrap().1;
    acme.meanwhile(
        SHOP,
        &[
            "iam",
            "attach-role-policy",
            "--role-name",
            name,
            "--policy-arn",
            &new,
        ],
    );
    let ran = acme.runs(SHOP, ("rollback.sh", &folder), None).exits(0);
    assert!(
        ran.out.contains("is kept: it is attached to role/nightly-backup"),
        "{}",
        ran.out
    );
    let text = acme.document(&format!("{folder}.after.json"));
    let held = attached(&before, other, "", &[&new]);
    let wanted = with(&before, &[("attached", other, held), ("managed", &new, text)]);
    assert_eq!(acme.all(SHOP), wanted);
}

/// One of two holders has no room any more for what goes back to both.
#[test]
#[ignore = "needs aws, jq and moto"]
fn nobody_gets_a_policy_back_when_one_of_its_holders_has_no_room_for_it() {
    let (name, second) = ("wholly-unused-policy-holder", "wholly-unused-policy-holder-2");
    let snapshot = folder("changes-no-room-back").join("snapshot");
    copy("mocks/acme", &snapshot, |path, value| {
        let again = |all: &mut Value, is_it: &dyn Fn(&Value) -> bool| {
            let all = all.as_array_mut().unwrap();
            let one = all.iter().find(|it| is_it(it)).unwrap().to_string();
            all.push(serde_json::from_str(&one.replace(name, second)).unwrap());
        };
        if path.ends_with(&format!("{SHOP}/authorization.json")) {
            again(&mut value["RoleDetailList"], &|role| role["RoleName"] == name);
            let policies = value["Policies"].as_array_mut().unwrap();
            let shared = policies
                .iter_mut()
                .find(|it| it["PolicyName"] == "legacy-queue-access")
                .unwrap();
            shared["AttachmentCount"] = 2.into();
        }
        if path.ends_with(&format!("{SHOP}/findings.json")) {
            again(value, &|it| {
                it["resource"].as_str().unwrap().ends_with(&format!("/{name}"))
            });
            let last = value.as_array_mut().unwrap().last_mut().unwrap();
            last["id"] = "0b729b78-3bbf-5de8-a185-c841bed21bc1".into();
        }
    });
    let acme = Acme::of(&snapshot, "changes-no-room-back-report", &[SHOP]);
    let folder = format!("{SHOP}/managed/legacy-queue-access");
    let before = acme.all(SHOP);
    let applied = acme.applied(SHOP, &folder, None);
    for role in [name, second] {
        let role = format!("role/{role}");
        assert_eq!(before["attached"][&role].as_array().unwrap().len(), 2);
        assert_eq!(applied["attached"][&role].as_array().unwrap().len(), 1);
    }
    for number in 1..=9 {
        let arn = format!("arn:aws:iam::{SHOP}:policy/tenth-part-{number:02}");
        let arn = if number == 9 {
            "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess"
        } else {
            &arn
        };
        acme.meanwhile(
            SHOP,
            &[
                "iam",
                "attach-role-policy",
                "--role-name",
                second,
                "--policy-arn",
                arn,
            ],
        );
    }
    let full = acme.all(SHOP);
    let ran = acme.runs(SHOP, ("rollback.sh", &folder), None).exits(1);
    assert!(
        ran.err
            .contains(&format!("role/{second} has 10 of 10 managed policies")),
        "{}",
        ran.err
    );
    assert_eq!(acme.all(SHOP), full, "it wrote before it refused");
    let detached = "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess";
    acme.meanwhile(
        SHOP,
        &[
            "iam",
            "detach-role-policy",
            "--role-name",
            second,
            "--policy-arn",
            detached,
        ],
    );
    let back = acme.taken_back(SHOP, &folder, None);
    let queue = format!("arn:aws:iam::{SHOP}:policy/legacy-queue-access");
    for role in [name, second] {
        let attached = back["attached"][format!("role/{role}")].as_array().unwrap();
        assert!(attached.iter().any(|arn| *arn == *queue), "{role}");
    }
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn a_copy_of_a_policy_of_aws_wants_room_or_leave_to_detach_first() {
    let acme = Acme::with("changes-room", &[SHOP]);
    let before = acme.all(SHOP);
    let holder = "role/ten-attached-policies";
    let folder = format!("{SHOP}/{holder}/CloudWatchReadOnlyAccess~aws");
    let ran = acme.runs(SHOP, ("apply.sh", &folder), None).exits(1);
    assert!(
        ran.err.contains("has 10 of 10 managed policies") && ran.err.contains("DETACH_FIRST=1"),
        "{}",
        ran.err
    );
    assert_eq!(acme.all(SHOP), before);

    let new = format!("arn:aws:iam::{SHOP}:policy/CloudWatchReadOnlyAccess-leastwise");
    let old = "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess";
    let wanted = with(
        &before,
        &[
            ("attached", holder, attached(&before, holder, old, &[&new])),
            ("managed", &new, acme.document(&format!("{folder}.after.json"))),
        ],
    );
    assert_eq!(acme.applied(SHOP, &folder, Some("DETACH_FIRST")), wanted);
    assert_eq!(acme.taken_back(SHOP, &folder, Some("DETACH_FIRST")), before);

    // Another policy bears the name.
    let name = "CloudWatchReadOnlyAccess-leastwise";
    let text = r#"{"Version":"2012-10-17","Statement":[]}"#;
    acme.meanwhile(
        SHOP,
        &[
            "iam",
            "create-policy",
            "--policy-name",
            name,
            "--policy-document",
            text,
        ],
    );
    let before = acme.all(SHOP);
    acme.runs(SHOP, ("apply.sh", &folder), Some("DETACH_FIRST"))
        .exits(1)
        .says("has changed since the scan");
    assert_eq!(acme.all(SHOP), before);
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn a_script_refuses_what_was_not_analysed_and_a_dry_run_writes_nothing() {
    let acme = Acme::with("changes-refused", &[SHOP, DEV]);
    let folder = format!("{SHOP}/role/nightly-backup/copy");
    let script = ("apply.sh", &*folder);
    let before = acme.all(SHOP);
    for folder in [
        &*folder,
        "444444444444/managed/five-versions-already",
        "444444444444/managed/platform-operations-large",
    ] {
        acme.runs(SHOP, ("apply.sh", folder), Some("DRY_RUN"))
            .exits(0)
            .prints("would ");
    }
    assert_eq!(acme.all(SHOP), before, "a dry run wrote");

    acme.runs(DEV, script, None)
        .exits(1)
        .says("logged in to 666666666666");

    let file = acme.out.join(format!("policies/{folder}.after.json"));
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.clone() + "\n").unwrap();
    acme.runs(SHOP, script, None)
        .exits(1)
        .says("was modified after the report was written");
    fs::write(&file, text).unwrap();

    let put = [
        "iam",
        "put-role-policy",
        "--role-name",
        "nightly-backup",
        "--policy-name",
        "copy",
    ];
    let other = r#"--policy-document={"Version":"2012-10-17","Statement":[]}"#;
    acme.meanwhile(SHOP, &[&put[..], &[other]].concat());
    let changed = acme.all(SHOP);
    acme.runs(SHOP, ("apply.sh", &folder), None)
        .exits(1)
        .says("scan again");
    acme.runs(SHOP, ("rollback.sh", &folder), None)
        .exits(1)
        .says("FORCE=1 overrides this");
    assert_eq!(acme.all(SHOP), changed);
}

#[test]
#[ignore = "needs aws, jq and moto"]
fn a_permission_set_is_changed_in_identity_center_and_changed_back() {
    let acme = Acme::with("changes-set", &[DEV]);
    let before = acme.all(DEV);
    let set = "DeveloperAccess";
    let with_set = |all: &Value, part: &str, value: Value| {
        let mut all = all.clone();
        all["sets"][set][part] = value;
        all
    };
    let folder = "permission-sets/DeveloperAccess";
    let after = acme.document(&format!("{folder}.after.json"));
    assert_eq!(
        acme.applied(DEV, folder, None),
        with_set(&before, "inline", after)
    );
    assert_eq!(acme.taken_back(DEV, folder, None), before);

    // A policy of AWS: what takes its place stands beside what the inline policy says.
    let folder = "permission-sets/DeveloperAccess~CloudWatchReadOnlyAccess";
    let applied = acme.applied(DEV, folder, None);
    let mut inline = before["sets"][set]["inline"].clone();
    let statements = inline["Statement"].as_array_mut().unwrap();
    let sid = |it: &Value| {
        it["Sid"]
            .as_str()
            .is_some_and(|sid| sid.starts_with("leastwise"))
            .then_some(())
    };
    let there = applied["sets"][set]["inline"]["Statement"].as_array().unwrap();
    let added: Vec<&Value> = there.iter().filter(|it| sid(it).is_some()).collect();
    let after = acme.document(&format!("{folder}.after.json"));
    for (added, wanted) in added.iter().zip(after["Statement"].as_array().unwrap()) {
        let mut wanted = wanted.clone();
        wanted["Sid"] = added["Sid"].clone();
        assert_eq!(**added, wanted);
    }
    assert_eq!(added.len(), after["Statement"].as_array().unwrap().len());
    statements.extend(added.into_iter().cloned());
    let wanted = with_set(
        &with_set(&before, "inline", inline),
        "managed",
        Value::Array(vec![]),
    );
    assert_eq!(applied, wanted);
    assert_eq!(acme.taken_back(DEV, folder, None), before);
}
