//! `leastwise watch` on small trails that each test writes. What each verdict takes is in the cases of the core; here are the files,
//! the changes of a whole report, and what is printed.

mod answers;
mod files;
mod hostile;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::run::{Ran, folder, leastwise};
use crate::scan::{demonstration, manifest};

pub(super) const SHOP: &str = "444444444444";
/// Removes most of `ec2:Describe*` and `s3:Get*`, and nothing whose use is a data event.
pub(super) const READER: &str = "444444444444/role/wildcard-prefix-reader/prefix-wildcards";
const ROLE: &str = "wildcard-prefix-reader";

/// The records of a trail, each with its account and Region.
#[derive(Clone)]
pub(super) struct Records {
    started: jiff::Timestamp,
    pub(super) all: Vec<Value>,
}

impl Records {
    /// So many days of a report's accounts in which nobody is denied anything.
    pub(super) fn quiet(days: i64, accounts: &[&str]) -> Self {
        let started = manifest(&demonstration()).started.parse().unwrap();
        let mut it = Self {
            started,
            all: Vec::new(),
        };
        for account in accounts {
            for day in 0..=days {
                for (source, region, reads) in [
                    ("ec2.amazonaws.com", "eu-west-1", true),
                    ("ec2.amazonaws.com", "eu-west-1", false),
                    ("iam.amazonaws.com", "us-east-1", false),
                ] {
                    it.add(account, day, 0, json!({
                        "eventSource": source, "eventName": "Background", "awsRegion": region, "readOnly": reads,
                    }));
                }
            }
        }
        it
    }

    /// When so many days and minutes have gone by since the report.
    pub(super) fn at(&self, day: i64, minutes: i64) -> String {
        let time =
            jiff::Timestamp::from_second(self.started.as_second() + day * 86_400 + minutes * 60).unwrap();
        time.to_string()
    }

    pub(super) fn add(&mut self, account: &str, day: i64, minutes: i64, more: Value) -> &mut Self {
        let mut record = json!({
            "eventVersion": "1.09", "eventTime": self.at(day, minutes), "awsRegion": "us-east-1", "eventCategory": "Management",
            "recipientAccountId": account, "eventID": format!("event-{}", self.all.len()),
        });
        extend(&mut record, more);
        self.all.push(record);
        self
    }

    /// The reader's change is applied.
    pub(super) fn applied(&mut self, day: i64) -> &mut Self {
        let document = document(READER, "after");
        self.add(SHOP, day, 1, json!({
            "eventSource": "iam.amazonaws.com", "eventName": "PutRolePolicy", "readOnly": false,
            "requestParameters": {"roleName": ROLE, "policyName": "prefix-wildcards", "policyDocument": document},
        }))
    }

    pub(super) fn denied(&mut self, day: i64, more: Value) -> &mut Self {
        let mut record = json!({
            "eventSource": "ec2.amazonaws.com", "eventName": "DescribeVolumes", "awsRegion": "eu-west-1", "readOnly": true,
            "errorCode": "Client.UnauthorizedOperation", "errorMessage": "You are not authorized to perform this operation.",
            "userIdentity": session(SHOP, ROLE),
        });
        extend(&mut record, more);
        self.add(SHOP, day, 2, record)
    }

    /// In the layout of a bucket, gzipped, some records in each file.
    pub(super) fn write(&self, folder: &Path) {
        for (at, records) in self.all.chunks(7).enumerate() {
            let about = &records[0];
            let day = about["eventTime"]
                .as_str()
                .unwrap()
                .split('T')
                .next()
                .unwrap()
                .replace('-', "/");
            let (account, region) = (
                about["recipientAccountId"].as_str().unwrap(),
                about["awsRegion"].as_str().unwrap(),
            );
            let file = folder.join(format!(
                "AWSLogs/o-acme/{account}/CloudTrail/{region}/{day}/{at}.json.gz"
            ));
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, gzipped(json!({"Records": records}).to_string().as_bytes())).unwrap();
        }
    }

    /// In one file.
    pub(super) fn text(&self) -> String {
        json!({"Records": self.all}).to_string()
    }
}

fn extend(record: &mut Value, more: Value) {
    if let Value::Object(more) = more {
        record.as_object_mut().unwrap().extend(more);
    }
}

pub(super) fn session(account: &str, role: &str) -> Value {
    json!({
        "type": "AssumedRole",
        "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/run-7"),
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::{account}:role/{role}")}},
    })
}

pub(super) fn document(change: &str, which: &str) -> String {
    fs::read_to_string(demonstration().join(format!("policies/{change}.{which}.json"))).unwrap()
}

pub(super) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn watch(trail: &Path, more: &[&str]) -> Ran {
    let (report, trail) = (demonstration(), trail.to_str().unwrap().to_owned());
    let args = ["watch", report.to_str().unwrap(), "--trail", &trail];
    leastwise(args.iter().chain(more)).ran()
}

/// The same as JSON, about the reader alone.
pub(super) fn reader(trail: &Path, more: &[&str]) -> (i32, Value) {
    let ran = watch(trail, &[&["--change", READER, "--format", "json"], more].concat());
    (
        ran.code,
        serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}{}", ran.out, ran.err)),
    )
}

fn verdict(result: &Value, change: &str) -> Value {
    let all = result["changes"].as_array().unwrap();
    all.iter()
        .find(|it| it["change"] == change)
        .unwrap_or_else(|| panic!("{change}: {result:#}"))
        .clone()
}

#[test]
fn a_quiet_change_is_confirmed_and_a_denied_one_is_shown_with_the_line_that_undoes_it() {
    let folder = folder("watch-told");
    let mut records = Records::quiet(20, &[SHOP]);
    records.applied(2);
    let quiet = folder.join("quiet");
    records.write(&quiet);
    let ran = watch(&quiet, &["--change", READER]).exits(0);
    let ran = ran
        .prints("Changes: 1 confirmed\n")
        .prints("nothing denied for 17 days");
    assert!(!ran.out.contains("undo"), "{}", ran.out);
    let message = "User: arn:aws:sts::444444444444:assumed-role/wildcard-prefix-reader/run-7 is not authorized to perform: \
                   ec2:DescribeVolumes on resource: arn:aws:ec2:::volume/v-1 because no identity-based policy allows the \
                   ec2:DescribeVolumes action";
    records.denied(5, json!({"errorMessage": message}));
    let denied = folder.join("denied");
    records.write(&denied);
    let ran = watch(&denied, &["--change", READER])
        .exits(0)
        .prints("Changes: 1 denied\n")
        .prints(message);
    let when = records.at(5, 2);
    ran.prints(&format!(
        "  {when}  ec2:DescribeVolumes on arn:aws:ec2:::volume/v-1, eu-west-1, by arn:aws:sts::444444444444"
    ))
    .prints(&format!(
        "  undo it, in the report folder: bash changes/rollback.sh {READER}\n"
    ));
    watch(&denied, &["--change", READER, "--fail-on", "denied"]).exits(5);
    watch(&quiet, &["--change", READER, "--fail-on", "denied"]).exits(0);
}

#[test]
fn the_result_has_its_published_schema_and_every_key_is_in_it() {
    let folder = folder("watch-schema");
    let mut records = Records::quiet(20, &[SHOP, "222222222222"]);
    records
        .applied(2)
        .denied(5, json!({}))
        .denied(6, json!({"eventName": "Unheard"}));
    records.write(&folder);
    fs::write(folder.join("broken.json"), "{").unwrap();
    let out = folder.join("watch.json");
    let printed = watch(&folder, &["--format", "json", "--out", out.to_str().unwrap()])
        .exits(3)
        .out;
    assert_eq!(fs::read_to_string(&out).unwrap(), printed);
    let result: Value = serde_json::from_str(&printed).unwrap();
    let schema: Value = serde_json::from_str(&leastwise(["schema", "watch"]).ran().exits(0).out).unwrap();
    let faults: Vec<String> = jsonschema::draft202012::new(&schema)
        .unwrap()
        .iter_errors(&result)
        .map(|fault| fault.to_string())
        .collect();
    assert_eq!(faults, Vec::<String>::new());
    let counts = result["counts"].as_object().unwrap();
    let changes = result["changes"].as_array().unwrap().len() as u64;
    assert_eq!(
        counts.values().map(|count| count.as_u64().unwrap()).sum::<u64>(),
        changes
    );
    assert!(changes > 60 && counts["denied"] == 1, "{counts:?}");
    // Whatever comes first is what somebody has to do something about.
    assert_eq!(result["changes"][0]["change"], READER);
}

#[test]
fn every_change_of_a_report_is_there_by_the_name_that_its_scripts_know() {
    let folder = folder("watch-names");
    Records::quiet(1, &[SHOP]).write(&folder);
    let result: Value = serde_json::from_str(&watch(&folder, &["--format", "json"]).exits(3).out).unwrap();
    let mut found: Vec<&str> = result["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["change"].as_str().unwrap())
        .collect();
    found.sort_unstable();
    // What only creates policies for a permission set changes nobody's permissions.
    let scripts = crate::scan::changes(&demonstration());
    let wanted = scripts
        .iter()
        .filter(|(_, row)| row["how"] != "create")
        .map(|(name, _)| name.as_str());
    assert_eq!(found, wanted.collect::<Vec<_>>());
    watch(&folder, &["--change", "no/such"])
        .exits(2)
        .says("has no change `no/such`")
        .says("apply.sh");
}

#[test]
fn versions_detachments_groups_and_permission_sets_are_found_by_what_iam_writes() {
    let folder = folder("watch-kinds");
    let mut records = Records::quiet(20, &[SHOP, "666666666666", "777777777777", "888888888888"]);
    let iam = |name: &str, asked: Value| json!({"eventSource": "iam.amazonaws.com", "eventName": name, "requestParameters": asked});
    let version = "444444444444/managed/five-versions-already";
    let arn = "arn:aws:iam::444444444444:policy/five-versions-already";
    let asked = json!({"policyArn": arn, "policyDocument": document(version, "after"), "setAsDefault": true});
    records.add(SHOP, 1, 5, iam("CreatePolicyVersion", asked));
    let detached = "444444444444/managed/legacy-queue-access";
    let asked = json!({"policyArn": "arn:aws:iam::444444444444:policy/legacy-queue-access", "roleName": "wholly-unused-policy-holder"});
    records.add(SHOP, 1, 6, iam("DetachRolePolicy", asked));
    let group = "666666666666/group/developers/developers-inline";
    let asked = json!({"groupName": "developers", "policyName": "developers-inline", "policyDocument": document(group, "after")});
    records.add("666666666666", 1, 7, iam("PutGroupPolicy", asked));
    let set = "permission-sets/DeveloperAccess";
    let roles = [
        (SHOP, "4ad6d0033dd1e095"),
        ("666666666666", "1e8f86da6988b64c"),
        ("777777777777", "d91bae96ae1c9e00"),
        ("888888888888", "687020941f771002"),
    ];
    for (account, hash) in roles {
        let role = format!("AWSReservedSSO_DeveloperAccess_{hash}");
        let asked = json!({"roleName": role, "policyName": "AwsSSOInlinePolicy", "policyDocument": document(set, "after")});
        records.add(account, 1, 8, iam("PutRolePolicy", asked));
    }
    records.write(&folder);
    let result: Value = serde_json::from_str(&watch(&folder, &["--format", "json"]).exits(3).out).unwrap();
    for change in [version, detached, group, set] {
        let it = verdict(&result, change);
        assert_eq!(it["stage"], "applied", "{it:#}");
        assert_ne!(it["verdict"], "denied", "{it:#}");
        assert!(it["quietDays"].as_i64().unwrap() >= 18, "{it:#}");
    }
}
