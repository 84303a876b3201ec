//! What is marked ready, and after which nights.

use std::fs;

use serde_json::{Value, json};

use super::{ACCOUNT, Nights, OTHER, OWN, answers, unread, usual};
use crate::run::{folder, leastwise};
use crate::scan::{files, lasting_files};

const THREE: [&str; 2] = ["--ready-after", "3"];

#[test]
fn a_change_is_ready_on_the_third_night_and_not_on_the_second() {
    let mut nights = Nights::of("third");
    nights
        .night(&usual("2026-11-01"), &THREE)
        .exits(0)
        .says("ready         0 changes (the same in 3 daily runs)");
    assert_eq!(nights.ready(OWN), (false, 1));
    nights.night(&usual("2026-11-02"), &THREE).exits(0);
    assert_eq!(nights.ready(OWN), (false, 2));
    let text = |nights: &Nights, path: &str| fs::read_to_string(nights.report().join(path)).unwrap();
    assert_eq!(text(&nights, "changes/ready.txt"), "");
    assert!(!text(&nights, &format!("accounts/{ACCOUNT}.html")).contains("badge ready"));
    nights
        .night(&usual("2026-11-03"), &THREE)
        .exits(0)
        .says("ready         2 changes (the same in 3 daily runs)");
    assert_eq!(nights.ready(OWN), (true, 3));
    assert_eq!(
        nights.json("report.json")["ready"],
        json!({"after": 3, "changes": 2})
    );
    // Wherever a change stands it says so.
    let table = text(&nights, "findings.csv");
    let mut lines = table.lines();
    assert!(lines.next().unwrap().ends_with(",ready,nights_stable,flapping"));
    assert_eq!(
        lines.filter(|line| line.ends_with(",true,3,")).count(),
        2,
        "{table}"
    );
    let page = text(&nights, &format!("accounts/{ACCOUNT}.html"));
    assert_eq!(
        page.matches("<span class=\"badge ready\">Ready</span>").count(),
        2
    );
    assert!(page.contains("<span>the same in 3 runs</span>"));
    let index = text(&nights, "index.html");
    assert!(index.contains("<p>2 of 2 changes are ready: unchanged for at least 3 runs.</p>"));
    let cells = crate::harness::pages::between(&index, r#"["role/worker/own","high","s3:"#, "]")[0];
    assert!(cells.ends_with(",1"), "{cells}");
    assert!(text(&nights, &format!("tickets/{ACCOUNT}.md")).contains("- Ready: yes, the same for 3 runs\n"));
    let tickets = text(&nights, "tickets/tickets.csv");
    assert_eq!(tickets.matches(" confidence-high ready,").count(), 2, "{tickets}");
    assert_eq!(
        text(&nights, "changes/ready.txt"),
        "111111111111/role/other/own\n111111111111/role/worker/own\n"
    );
    assert!(text(&nights, "changes/README.md").contains("the same for 3 runs in a row"));
    let changes = crate::scan::changes(nights.report());
    for line in text(&nights, "changes/ready.txt").lines() {
        assert!(changes[line].get("refused").is_none(), "{line}");
    }
    leastwise(["verify", nights.report().to_str().unwrap()])
        .ran()
        .exits(0);
}

#[test]
fn the_same_evidence_looked_at_twice_is_one_night() {
    let mut nights = Nights::of("twice");
    for (day, wanted) in [
        ("2026-11-01", 1),
        ("2026-11-01", 1),
        ("2026-11-02", 2),
        ("2026-11-02", 2),
        // Evidence of before is no news either.
        ("2026-11-01", 2),
        ("2026-11-02", 2),
        ("2026-11-05", 3),
    ] {
        nights.night(&usual(day), &THREE).exits(0);
        assert_eq!(nights.ready(OWN), (wanted == 3, wanted), "{day}");
    }
    assert_eq!(nights.row(OWN)["lastNight"], "2026-11-05");
}

#[test]
fn what_was_not_looked_at_again_is_no_further_night_whatever_else_was() {
    let mut nights = Nights::of("stuck");
    for day in ["2026-11-01", "2026-11-02", "2026-11-03"] {
        let mut night = usual(day);
        night["accounts"][ACCOUNT]["unused"]
            .as_object_mut()
            .unwrap()
            .remove("worker");
        let details: Vec<_> = ["GetBucketAcl", "PutObject"]
            .map(|name| json!({"action": name}))
            .into();
        night["accounts"][ACCOUNT]["findings"] = json!([{
            "about": "worker", "findingType": "UnusedPermission", "analyzedAt": "2026-11-01T07:00:00Z",
            "findingDetails": [{"unusedPermissionDetails": {"serviceNamespace": "s3", "actions": details}}],
        }]);
        nights.night(&night, &THREE).exits(0);
    }
    assert_eq!((nights.ready(OWN), nights.ready(OTHER)), ((false, 1), (true, 3)));
}

#[test]
fn two_times_of_one_day_are_one_night_wherever_they_were_written() {
    let mut nights = Nights::of("zones");
    for (at, wanted) in [
        ("2026-11-02T01:00:00+02:00", 1),
        ("2026-11-01T23:30:00Z", 1),
        ("2026-11-02T00:30:00Z", 2),
    ] {
        let mut night = usual("2026-11-01");
        night["accounts"][ACCOUNT]["analyzedAt"] = json!(at);
        nights.night(&night, &THREE).exits(0);
        assert_eq!(nights.ready(OWN), (false, wanted), "{at}");
    }
}

#[test]
fn a_night_on_which_the_account_was_not_read_neither_counts_nor_begins_anew() {
    let mut nights = Nights::of("gap");
    nights.night(&usual("2026-11-01"), &THREE).exits(0);
    nights.night(&usual("2026-11-02"), &THREE).exits(0);
    nights.night(&unread(), &THREE).exits(3);
    nights.night(&unread(), &THREE).exits(3);
    let row = nights.row(OWN);
    assert_eq!((&row["status"], &row["nights"]), (&json!("not-read"), &json!(2)));
    // The analyzer has not looked since.
    nights.night(&usual("2026-11-02"), &THREE).exits(0);
    assert_eq!(nights.ready(OWN), (false, 2));
    nights.night(&usual("2026-11-03"), &THREE).exits(0);
    assert_eq!(nights.ready(OWN), (true, 3));
}

#[test]
fn what_changes_or_cannot_be_advised_for_a_night_begins_anew() {
    let mut nights = Nights::of("changed");
    nights.night(&usual("2026-11-01"), &THREE).exits(0);
    nights.night(&usual("2026-11-02"), &THREE).exits(0);
    nights
        .night(&answers("2026-11-03", &json!({"s3": ["GetBucketAcl"]})), &THREE)
        .exits(0);
    assert_eq!((nights.ready(OWN), nights.ready(OTHER)), ((false, 1), (true, 3)));
    nights
        .night(&answers("2026-11-04", &json!({"s3": ["GetBucketAcl"]})), &THREE)
        .exits(0);
    assert_eq!(nights.ready(OWN), (false, 2));
    // Its evidence fails for a night in which all accounts are read.
    let mut blind = usual("2026-11-05");
    blind["accounts"][ACCOUNT]["unused"] = json!({"other": {"s3": ["PutObject"]}});
    blind["accounts"][ACCOUNT]["findings"] = json!([{"about": "worker", "error": "INTERNAL_ERROR"}]);
    nights.night(&blind, &THREE).exits(0);
    let row = nights.row(OWN);
    assert_eq!((&row["status"], &row["nights"]), (&json!("withheld"), &json!(0)));
    nights
        .night(&answers("2026-11-06", &json!({"s3": ["GetBucketAcl"]})), &THREE)
        .exits(0);
    assert_eq!((nights.ready(OWN), nights.ready(OTHER)), ((false, 1), (true, 6)));
}

#[test]
fn a_change_that_takes_away_something_else_begins_anew() {
    let mut nights = Nights::of("swap");
    nights.night(&usual("2026-11-01"), &THREE).exits(0);
    nights.night(&usual("2026-11-02"), &THREE).exits(0);
    // The policy grants another action that is unused as well, so that the same document is left.
    let mut swapped = answers("2026-11-03", &json!({"s3": ["DeleteObject", "PutObject"]}));
    swapped["accounts"][ACCOUNT]["roles"]["worker"]["inline"]["own"] = json!([
        "s3:GetObject",
        "s3:PutObject",
        "s3:DeleteObject",
        "sqs:SendMessage",
        "sqs:DeleteQueue"
    ]);
    nights
        .night(&swapped, &THREE)
        .exits(0)
        .says("ready         1 change ");
    let [_, second, third] = &nights.reports[..] else {
        panic!("three nights")
    };
    let after = |report: &std::path::Path| {
        fs::read(report.join("policies/111111111111/role/worker/own.after.json")).unwrap()
    };
    assert_eq!(after(second), after(third));
    assert_eq!((nights.ready(OWN), nights.ready(OTHER)), ((false, 1), (true, 3)));
    let row = nights.row(OWN);
    // What the policy no longer grants did not come into use either, though it grants as much.
    assert_eq!((&row["status"], &row["used"]), (&json!("changed"), &Value::Null));
}

#[test]
fn a_gap_in_one_account_keeps_no_nights_of_another() {
    let mut nights = Nights::of("gap-elsewhere");
    for (day, is_blind) in [
        ("2026-11-01", false),
        ("2026-11-02", false),
        ("2026-11-03", true),
        ("2026-11-04", true),
    ] {
        let mut night = usual(day);
        if is_blind {
            night["accounts"][ACCOUNT]["unused"] = json!({"other": {"s3": ["PutObject"]}});
            night["accounts"][ACCOUNT]["findings"] = json!([{"about": "worker", "error": "INTERNAL_ERROR"}]);
        }
        night["accounts"]["222222222222"] = unread()["accounts"][ACCOUNT].clone();
        nights.night(&night, &THREE).exits(3);
    }
    let row = nights.row(OWN);
    assert_eq!((&row["status"], &row["nights"]), (&json!("withheld"), &json!(0)));
    nights.night(&usual("2026-11-05"), &THREE).exits(0);
    assert_eq!((nights.ready(OWN), nights.ready(OTHER)), ((false, 1), (true, 5)));
}

/// The same role with the same policy in three accounts, decided once for all of them, and a permission set in two of them.
fn fleet(day: &str, with_last: bool) -> serde_json::Value {
    const SET: &str = "AWSReservedSSO_Support_1111111111111111";
    let mut all = json!({"accounts": {}});
    for id in ["111111111111", "222222222222", "333333333333"] {
        let mut account = usual(day)["accounts"][ACCOUNT].clone();
        if id != "222222222222" {
            let inline = json!({"AwsSSOInlinePolicy": ["s3:GetObject", "s3:PutObject"]});
            account["roles"][SET] = json!({"path": "/aws-reserved/sso.amazonaws.com/", "inline": inline});
            account["unused"][SET] = json!({"s3": ["PutObject"]});
        }
        all["accounts"][id] = if id == "333333333333" && !with_last {
            unread()["accounts"][ACCOUNT].clone()
        } else {
            account
        };
    }
    all
}

#[test]
fn what_is_decided_for_many_accounts_waits_for_one_that_was_not_read_and_is_ready_with_all() {
    let mut nights = Nights::of("fleet");
    let family = |nights: &Nights| {
        let report = nights.json("report.json");
        let all = report["recommendations"].as_array().cloned().unwrap_or_default();
        let told = |it: &serde_json::Value| {
            let is_set = it["id"].as_str().unwrap().starts_with("permission-set/");
            (
                is_set,
                it["ready"].as_bool().unwrap(),
                it["nightsStable"].as_u64().unwrap(),
            )
        };
        all.iter().map(told).collect::<Vec<_>>()
    };
    let more = ["--ready-after", "3", "--split-by", "account"];
    nights.night(&fleet("2026-11-01", true), &more).exits(0);
    assert_eq!(
        family(&nights),
        [(false, false, 1), (false, false, 1), (true, false, 1)]
    );
    nights.night(&fleet("2026-11-02", true), &more).exits(0);
    // Where a permission set is has to be known of all accounts. Two of the same are no fleet.
    nights.night(&fleet("2026-11-03", false), &more).exits(3);
    assert_eq!(family(&nights), []);
    let row = nights.row("111111111111/role/AWSReservedSSO_Support_1111111111111111/AwsSSOInlinePolicy");
    assert_eq!((&row["status"], &row["nights"]), (&json!("withheld"), &json!(2)));
    nights.night(&fleet("2026-11-04", true), &more).exits(0);
    assert_eq!(
        family(&nights),
        [(false, true, 3), (false, true, 3), (true, true, 3)]
    );
    assert_eq!(
        nights.json("report.json")["ready"],
        json!({"after": 3, "changes": 3})
    );
    // A pack tells of its own.
    let ready = |id: &str| nights.json(&format!("packs/{id}/report.json"))["ready"].clone();
    assert_eq!(ready("222222222222"), json!({"after": 3, "changes": 2}));
    assert_eq!(ready("333333333333"), json!({"after": 3, "changes": 3}));
    let ready = fs::read_to_string(nights.report().join("changes/ready.txt")).unwrap();
    assert_eq!(ready.lines().count(), 7, "{ready}");
    assert!(ready.contains("222222222222/role/worker/own\n"), "{ready}");
    assert!(ready.contains("permission-sets/Support\n"), "{ready}");
}

#[test]
fn of_an_account_that_left_the_organisation_the_history_tells_in_its_place() {
    let mut nights = Nights::of("left");
    nights.night(&fleet("2026-11-01", true), &THREE).exits(0);
    let mut without = fleet("2026-11-02", true);
    without["accounts"]
        .as_object_mut()
        .unwrap()
        .remove("222222222222");
    nights.night(&without, &THREE).exits(0);
    let history = nights.json("history.json");
    let rows = history["rows"].as_array().unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row["account"].as_str().unwrap(), row["status"].as_str().unwrap()))
        .collect();
    let of = |id: &'static str, status, count| vec![(id, status); count];
    let wanted = [
        of("111111111111", "same", 3),
        of("222222222222", "not-read", 2),
        of("333333333333", "same", 3),
    ];
    assert_eq!(told, wanted.concat());
}

#[test]
fn without_the_wish_nothing_is_said_of_it() {
    let mut nights = Nights::of("unasked");
    nights.night(&usual("2026-11-01"), &[]).exits(0);
    nights.night(&usual("2026-11-02"), &[]).exits(0);
    for (path, bytes) in files(nights.report()) {
        let text = String::from_utf8(bytes).unwrap();
        // The style and the script of a page know of it; the rows do not.
        let text = text
            .split("<script>")
            .next()
            .unwrap()
            .split("</style>")
            .last()
            .unwrap()
            .to_owned();
        for word in [
            "\"ready\"",
            "nightsStable",
            "Ready",
            ",ready",
            " ready,",
            "ready.txt",
        ] {
            assert!(!text.contains(word), "{path} says {word}");
        }
    }
    assert!(!nights.report().join("changes/ready.txt").exists());
}

#[test]
fn the_config_and_the_environment_say_it_as_well_and_a_flag_without_an_earlier_report_is_refused() {
    let mut nights = Nights::of("config");
    nights
        .next(&usual("2026-11-01"), &[])
        .with("LEASTWISE_READY_AFTER", "1")
        .ran()
        .exits(0);
    assert_eq!(nights.ready(OWN), (true, 1));
    let config = nights.folder.join("leastwise.toml");
    fs::write(&config, "ready-after = 2\n").unwrap();
    nights
        .night(&usual("2026-11-02"), &["--config", config.to_str().unwrap()])
        .exits(0);
    assert_eq!(nights.ready(OWN), (true, 2));
    nights
        .night(&usual("2026-11-02"), &["--ready-after", "0"])
        .exits(2)
        .says("must be from 1 to 365, not `0`");
    let alone = ["scan", "--snapshot", "mocks/acme", "--ready-after", "7"];
    leastwise(alone).ran().exits(2).says("--previous <DIR>");
    // Without one, the config has nothing to go by.
    let out = folder("stability-alone").join("report");
    let args = ["scan", "--snapshot", "mocks/acme", "--out", out.to_str().unwrap()];
    leastwise(args).with("LEASTWISE_READY_AFTER", "7").ran().exits(0);
    assert!(
        !fs::read_to_string(out.join("report.json"))
            .unwrap()
            .contains("\"ready\"")
    );
}

#[test]
fn shards_and_the_same_again_give_the_same_bytes() {
    let mut nights = Nights::of("bytes");
    nights.night(&fleet("2026-11-01", true), &THREE).exits(0);
    nights.night(&fleet("2026-11-02", true), &THREE).exits(0);
    let changed = |day: &str| {
        let mut night = fleet(day, true);
        night["accounts"]["222222222222"]["unused"]["other"] =
            json!({"s3": ["PutObject"], "sqs": ["DeleteQueue"]});
        night
    };
    nights.night(&changed("2026-11-03"), &THREE).exits(0);
    let [_, previous, whole] = &nights.reports[..] else {
        panic!("three nights")
    };
    let path = |name: &str| nights.folder.join(name).to_str().unwrap().to_owned();
    let catalog = nights.catalog.to_str().unwrap();
    let (snapshot, parts) = (path("snapshot-2"), path("parts"));
    for shard in ["1/2", "2/2"] {
        leastwise([
            "scan",
            "--snapshot",
            &snapshot,
            "--shard",
            shard,
            "--parts",
            &parts,
        ])
        .ran()
        .exits(0);
    }
    let previous = previous.to_str().unwrap();
    let more = ["--previous", previous, "--catalog", catalog, "--ready-after", "3"];
    let (merged, again) = (path("merged"), path("again"));
    leastwise(["merge", &parts, "--out", &merged].iter().chain(&more))
        .ran()
        .exits(0);
    leastwise(
        ["scan", "--snapshot", &snapshot, "--out", &again]
            .iter()
            .chain(&more),
    )
    .ran()
    .exits(0);
    let wanted = lasting_files(whole);
    assert!(wanted.contains_key("changes/ready.txt") && wanted.contains_key("history.json"));
    assert!(lasting_files(merged.as_ref()) == wanted, "merged");
    assert!(lasting_files(again.as_ref()) == wanted, "again");
}
