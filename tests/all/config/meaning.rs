//! What a valid configuration means.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use leastwise::config::{AccountChoice, Config, Overrides, find, keys, variable};
use leastwise_aws::options::EvidenceFrom;
use leastwise_core::decide::{Expires, Level, SharedPolicies};
use leastwise_core::inventory::wire::{Account, Tag};
use leastwise_core::inventory::{Principal, PrincipalKind};

use super::{read, with_environment};

#[test]
fn what_is_written_is_what_is_meant() {
    let config = read(
        r#"
        evidence = "last-accessed"
        shared = "both"
        min-confidence = "high"
        keep = ["iam:Pass*"]
        [assume]
        external-id = "abc"
        [limits]
        call-timeout = "5s"
        evidence-max-age = "none"
        calls-per-second = { iam = 0.5 }
        [[exception]]
        names = ["*"]
        reason = "r"
        owner = "o"
        expires = 2027-06-30
        [[exception]]
        actions = ["kms:*"]
        reason = "r"
        owner = "o"
        expires = "never"
        "#,
    );
    assert_eq!(config.evidence, EvidenceFrom::LastAccessed);
    assert_eq!(config.shared, SharedPolicies::Both);
    assert_eq!(config.min_confidence, Level::High);
    assert!(config.keep[0].matches("IAM", "passRole") && !config.keep[0].matches("iam", "GetRole"));
    assert_eq!(config.limits.call_timeout, Duration::from_secs(5));
    assert_eq!(config.limits.evidence_max_age, None);
    assert_eq!(
        (
            config.limits.calls_per_second.iam,
            config.limits.calls_per_second.sts
        ),
        (0.5, 20.0)
    );
    let [first, second] = config.exceptions.as_slice() else {
        panic!("two")
    };
    assert_eq!(
        (first.expires.to_string(), first.line),
        ("2027-06-30".to_owned(), 12)
    );
    let day = |text: &str| text.parse().expect("a date");
    assert!(!first.expires.is_past(day("2027-06-30")) && first.expires.is_past(day("2027-07-01")));
    assert_eq!(second.expires, Expires::Never);
    assert!(
        second.keeps("kms", "Decrypt") && !second.keeps("s3", "GetObject") && first.keeps("s3", "GetObject")
    );
}

#[test]
fn flags_go_before_the_environment_and_that_before_the_file() {
    let file = "region = \"eu-west-1\"\nout = \"a\"\nwindow-days = 30\nkeep = [\"s3:Get*\"]\n";
    let variables = [
        ("LEASTWISE_REGION", "eu-west-2"),
        ("LEASTWISE_WINDOW_DAYS", "60"),
        ("LEASTWISE_OUT", ""),
        ("LEASTWISE_LIMITS_CALLS_PER_SECOND_ACCESS_ANALYZER", "2.5"),
        ("LEASTWISE_ACCOUNTS_INCLUDE", "111111111111, prod-*"),
    ];
    let flags = Overrides::default()
        .text("region", "--region", &Some("eu-west-3"))
        .list("accounts.exclude", "--exclude", &["Acme, Inc*".to_owned()]);
    let config = with_environment(file, &variables, &flags).expect("it is valid");
    assert_eq!(
        (config.region.as_deref(), config.window_days, config.out.as_path()),
        (Some("eu-west-3"), 60, Path::new("a"))
    );
    assert_eq!(config.limits.calls_per_second.access_analyzer, 2.5);
    assert_eq!(config.keep.len(), 1);
    let include: Vec<String> = config.accounts.include.iter().map(ToString::to_string).collect();
    assert_eq!(include, ["111111111111", "prod-*"]);
    assert_eq!(config.accounts.exclude.len(), 1);
}

#[test]
fn no_two_keys_share_a_variable() {
    let mut seen = BTreeMap::new();
    for key in keys() {
        if let Some(other) = seen.insert(variable(&key), key.clone()) {
            panic!("`{key}` and `{other}` are both {}", variable(&key));
        }
    }
    assert_eq!(
        variable("limits.calls-per-second.iam"),
        "LEASTWISE_LIMITS_CALLS_PER_SECOND_IAM"
    );
}

#[test]
fn the_environment_does_not_reach_into_exceptions() {
    let variables = [
        ("LEASTWISE_EXCEPTION_REASON", "x"),
        ("LEASTWISE_EXCEPTION", "x"),
        ("LEASTWISE_ASSUME_ACCOUNTS", "x"),
    ];
    let config = with_environment("", &variables, &Overrides::default()).expect("it is valid");
    assert_eq!(config, Config::default());
}

fn account(id: &str, name: &str, path: &str) -> Account {
    Account {
        id: id.to_owned(),
        name: name.to_owned(),
        paths: vec![path.to_owned()],
        ..Account::default()
    }
}

#[test]
fn accounts_are_chosen_by_id_unit_and_name_and_exclusion_goes_first() {
    let config = read(
        "[accounts]\ninclude = [\"111111111111\", \"ou-ab12-cdefgh34\", \"prod-?\"]\nexclude = [\"prod-x\", \"r-zzzz\"]\n",
    );
    let takes = |id: &str, name: &str, path: &str| match config.accounts.takes(&account(id, name, path)) {
        AccountChoice::Yes => "yes".to_owned(),
        AccountChoice::Excluded(by) => format!("not by {by}"),
        AccountChoice::NotIncluded => "no".to_owned(),
    };
    assert_eq!(takes("111111111111", "a", "o-1/r-ab12/111111111111/"), "yes");
    assert_eq!(
        takes(
            "222222222222",
            "b",
            "o-1/r-ab12/ou-ab12-cdefgh34/ou-ab12-zzzzzzzz/222222222222/"
        ),
        "yes"
    );
    assert_eq!(takes("333333333333", "prod-1", "o-1/r-ab12/333333333333/"), "yes");
    assert_eq!(takes("333333333333", "Prod-1", "o-1/r-ab12/333333333333/"), "no");
    assert_eq!(
        takes("444444444444", "prod-x", "o-1/r-ab12/444444444444/"),
        "not by prod-x"
    );
    assert_eq!(
        takes("111111111111", "a", "o-1/r-zzzz/111111111111/"),
        "not by r-zzzz"
    );
}

#[test]
fn an_account_is_entered_by_the_role_unless_it_says_otherwise() {
    let config = read(
        r#"
        [assume]
        role = "reader"
        external-id = "abc"
        [assume.accounts."111111111111"]
        direct = true
        [assume.accounts."222222222222"]
        role = "audit/other"
        external-id = ""
        [assume.accounts."333333333333"]
        session-name = "night"
        "#,
    );
    let role = |account: &str| {
        let role = config.assume.role_in(account)?;
        Some((
            role.name.as_str(),
            role.external_id.as_deref(),
            role.session_name.as_str(),
        ))
    };
    assert_eq!(role("111111111111"), None);
    assert_eq!(role("222222222222"), Some(("audit/other", None, "leastwise")));
    assert_eq!(role("333333333333"), Some(("reader", Some("abc"), "night")));
    assert_eq!(role("444444444444"), Some(("reader", Some("abc"), "leastwise")));
}

#[test]
fn an_exception_covers_what_all_its_lists_match() {
    let config = read(
        r#"
        [[exception]]
        accounts = ["prod"]
        paths = ["/ops/*"]
        names = ["deploy-*", "ci"]
        tags = { team = "platform", tier = "*" }
        policies = ["Emergency*", "arn:aws:iam::aws:policy/*"]
        reason = "r"
        owner = "o"
        expires = "never"
        "#,
    );
    let exception = &config.exceptions[0];
    let prod = account("111111111111", "prod", "");
    let tag = |key: &str, value: &str| Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    };
    let deploy = Principal {
        last_used_region: None,
        kind: PrincipalKind::Role,
        arn: "arn:aws:iam::111111111111:role/ops/deploy-web".to_owned(),
        name: "deploy-web".to_owned(),
        path: "/ops/".to_owned(),
        created: None,
        inline: Vec::new(),
        attached: Vec::new(),
        groups: Vec::new(),
        boundary: None,
        tags: vec![tag("team", "platform"), tag("tier", "")],
        trust: None,
        last_used: None,
    };
    assert!(exception.covers(&prod, &deploy));
    assert!(!exception.covers(&account("222222222222", "dev", ""), &deploy));
    assert!(!exception.covers(
        &prod,
        &Principal {
            path: "/".to_owned(),
            ..deploy.clone()
        }
    ));
    assert!(!exception.covers(
        &prod,
        &Principal {
            name: "Deploy-web".to_owned(),
            ..deploy.clone()
        }
    ));
    assert!(!exception.covers(
        &prod,
        &Principal {
            tags: vec![tag("team", "platform")],
            ..deploy
        }
    ));
    assert!(exception.covers_policy("EmergencyAccess", None));
    assert!(exception.covers_policy("ReadOnlyAccess", Some("arn:aws:iam::aws:policy/ReadOnlyAccess")));
    assert!(!exception.covers_policy("ReadOnlyAccess", None));
}

#[test]
fn a_configuration_is_looked_for_where_it_was_named_then_here_then_at_home() {
    let home = |name: &str| (name == "HOME").then(|| OsString::from("/home/ada"));
    let xdg = |name: &str| match name {
        "XDG_CONFIG_HOME" => Some(OsString::from("/etc/ada")),
        _ => home(name),
    };
    let at_home = Path::new("/home/ada/.config/leastwise/leastwise.toml");
    let at_xdg = Path::new("/etc/ada/leastwise/leastwise.toml");
    assert_eq!(
        find(Some(Path::new("x.toml")), xdg, |_| false),
        Some(PathBuf::from("x.toml"))
    );
    assert_eq!(find(None, xdg, |_| true), Some(PathBuf::from("leastwise.toml")));
    assert_eq!(find(None, xdg, |path| path == at_xdg), Some(at_xdg.to_owned()));
    assert_eq!(find(None, home, |path| path == at_home), Some(at_home.to_owned()));
    assert_eq!(
        find(
            None,
            |_| Some(OsString::from("relative")),
            |path| path != Path::new("leastwise.toml")
        ),
        None
    );
    assert_eq!(find(None, |_| None, |_| false), None);
}
