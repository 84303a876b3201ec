//! Actions that are used every so often.

use std::fs;

use serde_json::{Value, json};

use super::{ACCOUNT, Nights, OTHER, OWN, answers, unread, usual};
use crate::run::leastwise;
use crate::verify::fit;

const TWO: [&str; 2] = ["--ready-after", "2"];

/// A night on which the worker uses what it usually does not.
fn busy(day: &str) -> Value {
    answers(day, &json!({"s3": ["GetBucketAcl"]}))
}

#[test]
fn what_is_unused_again_is_named_wherever_its_change_stands_and_is_not_ready() {
    let mut nights = Nights::of("flapping");
    nights.night(&usual("2026-11-01"), &TWO).exits(0);
    nights.night(&busy("2026-11-02"), &TWO).exits(0);
    let row = nights.row(OWN);
    assert_eq!(
        row["used"],
        json!({"s3:PutObject": {"last": "2026-11-02", "times": 1}})
    );
    assert_eq!(row["flapping"], Value::Null, "it is in use");
    assert_eq!(nights.change(OWN)["flapping"], Value::Null);
    nights.night(&usual("2027-02-01"), &TWO).exits(0);
    let told = json!([{"action": "s3:PutObject", "lastUsed": "2026-11-02", "times": 1}]);
    assert_eq!(nights.row(OWN)["flapping"], json!(["s3:PutObject"]));
    assert_eq!(nights.change(OWN)["flapping"], told);
    // The same for two nights, and yet it is known that this is used.
    nights.night(&usual("2027-02-02"), &TWO).exits(0);
    assert_eq!((nights.ready(OWN), nights.ready(OTHER)), ((false, 2), (true, 4)));
    assert_eq!(nights.change(OWN)["flapping"], told);
    let text = |path: &str| fs::read_to_string(nights.report().join(path)).unwrap();
    let page = text(&format!("accounts/{ACCOUNT}.html"));
    let sentence = "<strong>Used occasionally:</strong> <code>s3:PutObject</code> (once, on 2 Nov 2026)";
    assert_eq!(page.matches(sentence).count(), 1, "{page}");
    assert!(text(&format!("tickets/{ACCOUNT}.md")).contains("- Used occasionally: `s3:PutObject`\n"));
    assert_eq!(
        text("findings.csv").matches(",false,2,s3:PutObject\r\n").count(),
        1
    );
    let [.., third, fourth] = &nights.reports[..] else {
        panic!("four nights")
    };
    let compared = leastwise(["compare", third.to_str().unwrap(), fourth.to_str().unwrap()])
        .ran()
        .exits(0);
    compared.prints(&format!("occasional   {OWN}: s3:PutObject\n"));
    // Comparing says what the scan wrote.
    let args = [
        "compare",
        third.to_str().unwrap(),
        fourth.to_str().unwrap(),
        "--format",
        "json",
    ];
    let compared: Value = serde_json::from_str(&leastwise(args).ran().exits(0).out).unwrap();
    assert_eq!(compared, nights.json("history.json"));
    // Whoever wants the rest keeps that.
    nights
        .night(
            &usual("2027-02-03"),
            &["--ready-after", "1", "--keep", "s3:PutObject"],
        )
        .exits(0);
    assert_eq!(nights.ready(OWN), (true, 1));
}

#[test]
fn without_the_wish_for_what_is_ready_it_is_named_all_the_same() {
    let mut nights = Nights::of("flapping-only");
    for night in [usual("2026-11-01"), busy("2026-11-02"), usual("2026-11-03")] {
        nights.night(&night, &[]).exits(0);
    }
    let change = nights.change(OWN);
    assert_eq!(change["flapping"][0]["action"], "s3:PutObject");
    assert_eq!(
        (&change["ready"], &change["nightsStable"]),
        (&Value::Null, &Value::Null)
    );
    leastwise(["verify", nights.report().to_str().unwrap()])
        .ran()
        .exits(0);
}

#[test]
fn a_use_is_counted_each_time_and_forgotten_after_four_hundred_days() {
    let mut nights = Nights::of("lapse");
    for night in [
        usual("2026-11-01"),
        busy("2026-11-02"),
        usual("2026-11-03"),
        busy("2026-12-01"),
    ] {
        nights.night(&night, &TWO).exits(0);
    }
    // 2026-12-01 and 400 days are 2028-01-05.
    nights.night(&usual("2028-01-04"), &TWO).exits(0);
    nights.night(&usual("2028-01-05"), &TWO).exits(0);
    let told = json!([{"action": "s3:PutObject", "lastUsed": "2026-12-01", "times": 2}]);
    assert_eq!(
        (nights.change(OWN)["flapping"].clone(), nights.ready(OWN)),
        (told, (false, 2))
    );
    // That it is forgotten makes it ready, which is news.
    nights
        .night(&usual("2028-01-06"), &TWO)
        .exits(0)
        .says("ready         2 changes");
    assert_eq!(
        (nights.change(OWN)["flapping"].clone(), nights.ready(OWN)),
        (Value::Null, (true, 3))
    );
    assert_eq!(nights.row(OWN)["used"], Value::Null);
}

#[test]
fn what_is_no_longer_granted_did_not_come_into_use() {
    let mut nights = Nights::of("applied");
    nights.night(&usual("2026-11-01"), &TWO).exits(0);
    // Half of the change was made by hand, and something else is unused.
    let mut applied = answers("2026-11-02", &json!({"sqs": ["DeleteQueue"]}));
    applied["accounts"][ACCOUNT]["roles"]["worker"]["inline"]["own"] = json!([
        "s3:GetObject",
        "s3:GetBucketAcl",
        "sqs:SendMessage",
        "sqs:DeleteQueue"
    ]);
    nights.night(&applied, &TWO).exits(0);
    let row = nights.row(OWN);
    assert_eq!((&row["status"], &row["used"]), (&json!("changed"), &Value::Null));
    nights.night(&usual("2026-11-03"), &TWO).exits(0);
    let row = nights.row(OWN);
    assert_eq!(
        (&row["status"], &row["flapping"]),
        (&json!("regressed"), &Value::Null)
    );
}

#[test]
fn a_service_as_a_whole_and_a_change_that_was_gone_meanwhile_are_known_as_well() {
    let mut nights = Nights::of("service");
    let idle = |day| answers(day, &json!({"s3": ["PutObject"], "sqs": null}));
    nights.night(&idle("2026-11-01"), &TWO).exits(0);
    // Everything is used.
    nights.night(&answers("2026-11-02", &json!({})), &TWO).exits(0);
    let row = nights.row(OWN);
    assert_eq!(row["status"], "resolved");
    let used = json!({"last": "2026-11-02", "times": 1});
    assert_eq!(row["used"], json!({"s3:PutObject": used, "sqs:*": used}));
    // An action of a service that is unused as a whole is unused; a service of which a part is unused is not, but that part
    // is unused again.
    let partly = json!({"s3": null, "sqs": ["DeleteQueue"]});
    nights.night(&answers("2026-11-03", &partly), &TWO).exits(0);
    assert_eq!(
        nights.row(OWN)["flapping"],
        json!(["s3:PutObject", "sqs:DeleteQueue"])
    );
    nights.night(&idle("2026-11-04"), &TWO).exits(0);
    // That s3 is used again, but for one action of it, is another use than that of this action.
    assert_eq!(
        nights.row(OWN)["flapping"],
        json!(["s3:PutObject", "sqs:*", "sqs:DeleteQueue"])
    );
    assert_eq!(
        nights.row(OWN)["used"]["s3:*"],
        json!({"last": "2026-11-04", "times": 1})
    );
}

#[test]
fn an_action_of_a_service_that_was_unused_as_a_whole_and_is_unused_by_name_later_is_known() {
    let mut nights = Nights::of("service-part");
    let put = json!({"s3": ["PutObject"]});
    let with = |day: &str, sqs: Value| {
        let mut unused = put.clone();
        unused["sqs"] = sqs;
        answers(day, &unused)
    };
    nights.night(&with("2026-11-01", Value::Null), &TWO).exits(0);
    // One action is used, and the other still is not.
    nights
        .night(&with("2026-11-02", json!(["DeleteQueue"])), &TWO)
        .exits(0);
    nights
        .night(&with("2026-11-03", json!(["DeleteQueue"])), &TWO)
        .exits(0);
    assert_eq!(nights.row(OWN)["flapping"], Value::Null);
    assert_eq!(nights.ready(OWN), (true, 2));
    // What was never in use is not what is unused again.
    nights
        .night(&with("2026-11-04", json!(["DeleteQueue", "SendMessage"])), &TWO)
        .exits(0);
    let used = json!({"last": "2026-11-02", "times": 1});
    assert_eq!(
        nights.row(OWN)["used"],
        json!({"sqs:*": used, "sqs:SendMessage": used})
    );
    nights
        .night(&with("2026-11-05", json!(["DeleteQueue", "SendMessage"])), &TWO)
        .exits(0);
    assert_eq!(nights.row(OWN)["flapping"], json!(["sqs:SendMessage"]));
    assert_eq!(nights.ready(OWN), (false, 2));
    let [.., third, fourth, _] = &nights.reports[..] else {
        panic!("five nights")
    };
    // Comparing says what the scan wrote.
    let args = [
        "compare",
        third.to_str().unwrap(),
        fourth.to_str().unwrap(),
        "--format",
        "json",
    ];
    let compared: Value = serde_json::from_str(&leastwise(args).ran().exits(0).out).unwrap();
    let written: Value = serde_json::from_slice(&fs::read(fourth.join("history.json")).unwrap()).unwrap();
    assert_eq!(compared, written);
}

#[test]
fn what_a_rule_keeps_for_a_night_did_not_come_into_use() {
    let mut nights = Nights::of("kept");
    nights.night(&usual("2026-11-01"), &TWO).exits(0);
    let keep = ["--ready-after", "2", "--keep", "s3:PutObject"];
    nights.night(&usual("2026-11-02"), &keep).exits(0);
    assert_eq!(
        (&nights.row(OWN)["status"], &nights.row(OWN)["used"]),
        (&json!("changed"), &Value::Null)
    );
    nights.night(&usual("2026-11-03"), &TWO).exits(0);
    nights.night(&usual("2026-11-04"), &TWO).exits(0);
    assert_eq!(
        (&nights.change(OWN)["flapping"], nights.ready(OWN)),
        (&Value::Null, (true, 2))
    );
}

#[test]
fn what_is_kept_for_one_who_joins_did_not_come_into_use_and_what_one_of_several_uses_did() {
    let shared = |day: &str, third: Option<&Value>, first: &Value| {
        let mut night = usual(day);
        let account = &mut night["accounts"][ACCOUNT];
        account["policies"] = json!({"shared": ["s3:GetObject", "s3:PutObject", "s3:GetBucketAcl"]});
        let holds = json!({"attached": ["shared"]});
        account["roles"] = json!({"first": holds, "second": holds});
        account["unused"] = json!({"first": first, "second": {"s3": ["GetBucketAcl", "PutObject"]}});
        if let Some(third) = third {
            account["roles"]["third"] = holds;
            account["unused"]["third"] = third.clone();
        }
        night
    };
    let (all, one) = (
        json!({"s3": ["GetBucketAcl", "PutObject"]}),
        json!({"s3": ["GetBucketAcl"]}),
    );
    let more = ["--ready-after", "2", "--shared", "in-place"];
    let told = |name: &str, third: Option<&Value>, first: &Value| {
        let mut nights = Nights::of(name);
        nights.night(&shared("2026-11-01", None, &all), &more).exits(0);
        nights.night(&shared("2026-11-02", third, first), &more).exits(0);
        nights.night(&shared("2026-11-03", None, &all), &more).exits(0);
        nights.night(&shared("2026-11-04", None, &all), &more).exits(0);
        let account = nights.json(&format!("accounts/{ACCOUNT}.json"));
        let change = account["recommendations"][0].clone();
        (change["flapping"].clone(), change["ready"].clone())
    };
    assert_eq!(told("joins", Some(&one), &all), (Value::Null, json!(true)));
    let (flapping, ready) = told("one-of-several", None, &one);
    assert_eq!(
        (&flapping[0]["action"], ready),
        (&json!("s3:PutObject"), json!(false))
    );
}

#[test]
fn a_night_without_the_account_forgets_nothing_and_shows_no_use() {
    let mut nights = Nights::of("flapping-gap");
    for night in [usual("2026-11-01"), busy("2026-11-02"), usual("2026-11-03")] {
        nights.night(&night, &TWO).exits(0);
    }
    nights.night(&unread(), &TWO).exits(3);
    let row = nights.row(OWN);
    assert_eq!(
        row["used"],
        json!({"s3:PutObject": {"last": "2026-11-02", "times": 1}})
    );
    assert_eq!(row["flapping"], Value::Null, "nobody knows");
    nights.night(&usual("2026-11-05"), &TWO).exits(0);
    assert_eq!(nights.row(OWN)["flapping"], json!(["s3:PutObject"]));
}

#[test]
fn what_a_history_says_is_taken_as_far_as_it_can_be_true() {
    let mut nights = Nights::of("history");
    // Later than the clock of any run of this test.
    nights.night(&usual("2099-11-01"), &TWO).exits(0);
    let path = nights.report().join("history.json");
    let mut history: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut used: serde_json::Map<String, Value> = (0..60)
        .map(|at| (format!("sqs:A{at:02}"), json!({"last": "2099-10-01", "times": 1})))
        .collect();
    for name in [
        "S3:PutObject",
        "s3:Put*",
        "s3:",
        ":PutObject",
        "s3",
        "s3:[a](http://b.example)",
        "s3:a:b",
    ] {
        used.insert(name.to_owned(), json!({"last": "2099-10-31", "times": 1}));
    }
    used.insert(
        "s3:PutObject".to_owned(),
        json!({"last": "9999-12-31", "times": 1}),
    );
    for row in history["rows"].as_array_mut().unwrap() {
        row["lastNight"] = json!("9999-12-31");
        if row["policy"] == OWN {
            row["used"] = used.clone().into();
        }
    }
    fs::write(&path, history.to_string()).unwrap();
    fit(nights.report(), "history.json");
    nights.night(&usual("2099-11-02"), &TWO).exits(0);
    let row = nights.row(OWN);
    let used = row["used"].as_object().unwrap();
    assert_eq!(used.len(), 50);
    assert_eq!(used["s3:PutObject"]["last"], "2099-11-01");
    assert!(
        used.keys()
            .all(|name| name == "s3:PutObject" || name.starts_with("sqs:A")),
        "{used:?}"
    );
    assert_eq!((&row["nights"], nights.ready(OTHER)), (&json!(2), (true, 2)));
}

#[test]
fn no_more_is_remembered_than_a_person_would_read() {
    let mut nights = Nights::of("most");
    let names: Vec<String> = (0..120).map(|number| format!("s3:Invented{number:03}")).collect();
    let unused: Vec<&str> = names.iter().map(|name| name.trim_start_matches("s3:")).collect();
    let night = |day: &str, unused: &Value| {
        let mut night = answers(day, unused);
        night["accounts"][ACCOUNT]["roles"]["worker"]["inline"]["own"] = json!(names);
        night
    };
    nights
        .night(&night("2026-11-01", &json!({"s3": unused[..119]})), &TWO)
        .exits(0);
    nights
        .night(&night("2026-11-02", &json!({"s3": [unused[0]]})), &TWO)
        .exits(0);
    let remembered = nights.row(OWN)["used"].as_object().unwrap().clone();
    assert_eq!(remembered.len(), 50);
    assert_eq!(remembered.keys().next().unwrap(), "s3:Invented001");
}
