//! Whose credentials a run has: those of the named profile and no others, and it says whose they are.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fake::Fake;
use crate::run::{Run, folder};
use crate::scan::{acme, command_as};

/// What the environment offers as well: the keys of the delegated administrator.
const ENVIRONMENT: &str = "AKIA222222222222";

/// A folder with a file of profiles, whatever each needs beside it.
fn profiles(name: &str) -> (PathBuf, PathBuf) {
    let folder = folder(name);
    let process = folder.join("process.sh");
    let keys = r#"{"Version":1,"AccessKeyId":"AKIA333333333333","SecretAccessKey":"invented"}"#;
    let asked = folder.join("asked");
    fs::write(
        &process,
        format!("echo once >> {}; echo '{keys}'\n", asked.display()),
    )
    .unwrap();
    let text = format!(
        "[profile audit]\naws_access_key_id = AKIA111111111111\naws_secret_access_key = invented\nregion = us-east-1\n\
         [profile entered]\nrole_arn = arn:aws:iam::444444444444:role/entered\nsource_profile = audit\nrole_session_name = me\n\
         [profile process]\ncredential_process = sh {}\n\
         [profile empty]\nregion = us-east-1\n\
         [profile sso]\nsso_start_url = https://sso.invalid/start\nsso_region = us-east-1\nsso_account_id = 111111111111\n\
         sso_role_name = audit\n\
         [profile login]\nlogin_session = arn:aws:iam::111111111111:user/me\n",
        process.display()
    );
    let file = folder.join("config");
    fs::write(&file, text).unwrap();
    (folder, file)
}

fn scan(fake: &Fake, folder: &Path, file: &Path, more: &[&str]) -> Run {
    let out = folder.join("report");
    let args = [
        "scan",
        "--accounts",
        "333333333333",
        "--format",
        "json",
        "--out",
        out.to_str().unwrap(),
    ];
    command_as(fake, ENVIRONMENT, &[&args, more].concat())
        .with("AWS_CONFIG_FILE", file.to_str().unwrap())
        .with("AWS_ENDPOINT_URL_STS", &fake.url())
        .with("HOME", folder.to_str().unwrap())
        .without("AWS_PROFILE")
}

/// Whose credentials the calls of this fake were made with.
fn callers(fake: &Fake) -> Vec<String> {
    let asked = fake
        .calls()
        .into_keys()
        .filter(|(operation, _)| operation == "GetCallerIdentity");
    asked.map(|(_, account)| account).collect()
}

#[test]
fn a_named_profile_is_used_though_the_environment_has_other_keys_and_the_run_says_who_calls() {
    let (folder, file) = profiles("profiles-named");
    let config = folder.join("leastwise.toml");
    fs::write(&config, "profile = \"audit\"\n").unwrap();
    let by_config = ["--config", config.to_str().unwrap()];
    let cases: [(&[&str], &str, &str); 5] = [
        (&[], "arn:aws:iam::222222222222:user/scanner", "222222222222"),
        (
            &["--profile", "audit"],
            "arn:aws:iam::111111111111:user/scanner",
            "111111111111",
        ),
        (
            &by_config,
            "arn:aws:iam::111111111111:user/scanner",
            "111111111111",
        ),
        (
            &["--profile", "entered"],
            "arn:aws:sts::444444444444:assumed-role/entered/me",
            "444444444444",
        ),
        (
            &["--profile", "process"],
            "arn:aws:iam::333333333333:user/scanner",
            "333333333333",
        ),
    ];
    for (more, arn, account) in cases {
        let fake = acme().start();
        let ran = scan(&fake, &folder, &file, more).ran().exits(0);
        assert_eq!(
            ran.err.lines().next(),
            Some(format!("Credentials: {arn}").as_str()),
            "{more:?}"
        );
        assert_eq!(callers(&fake), [account], "{more:?}");
    }
    // A process may ask for a second factor.
    assert_eq!(fs::read_to_string(folder.join("asked")).unwrap(), "once\n");
}

#[test]
fn a_profile_that_is_not_there_is_refused_by_name_and_nobody_else_is_asked() {
    let (folder, file) = profiles("profiles-unknown");
    for (name, help) in [
        ("audti", "help: did you mean `audit`?"),
        (
            "production",
            "help: profiles: `audit`, `empty`, `entered`, `login`, `process`, `sso`",
        ),
    ] {
        let fake = acme().start();
        let ran = scan(&fake, &folder, &file, &["--profile", name])
            .ran()
            .exits(2)
            .says(help);
        let place = format!(
            "error: AWS profile `{name}` not found in {} or /dev/null\n",
            file.display()
        );
        assert!(ran.err.contains(&place), "{}", ran.err);
        assert!(fake.calls().is_empty() && !folder.join("report").exists());
    }
}

#[test]
fn a_profile_without_credentials_gets_no_others() {
    let (folder, file) = profiles("profiles-empty");
    for (name, why) in [("empty", "the profile has no access keys"), ("sso", "")] {
        let fake = acme().start();
        let ran = scan(&fake, &folder, &file, &["--profile", name])
            .ran()
            .exits(1)
            .says(&format!("error: no credentials from AWS profile `{name}`: {why}"))
            .says(&format!("help: log in (`aws sso login --profile {name}`)"));
        assert!(!ran.err.contains("\\u"), "{}", ran.err);
        assert!(fake.calls().is_empty());
    }
    let fake = acme().start();
    scan(&fake, &folder, &file, &["--profile", "login"])
        .ran()
        .exits(1)
        .says("error: AWS profile `login` uses `aws login`")
        .says("credential_process = aws configure export-credentials --profile login");
    assert!(fake.calls().is_empty());
}

#[test]
fn a_role_that_a_profile_may_not_assume_is_told_in_the_words_of_aws() {
    let (folder, file) = profiles("profiles-refused");
    let fake = acme().role("another").start();
    scan(&fake, &folder, &file, &["--profile", "entered"])
        .ran()
        .exits(1)
        .says("error: no credentials from AWS profile `entered`: AccessDenied: ");
}

#[test]
fn without_any_credentials_everything_that_was_tried_is_told_in_one_line() {
    let folder = folder("profiles-none");
    let fake = acme().start();
    let ran = scan(&fake, &folder, Path::new("/dev/null"), &[])
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .ran()
        .exits(1)
        .says("error: no AWS credentials found: ")
        .says("Environment: ")
        .says("Profile: ");
    assert!(
        !ran.err.contains("\\u") && ran.err.lines().count() == 2,
        "{}",
        ran.err
    );
}

#[test]
fn a_capture_and_a_shard_say_who_calls_as_well_and_programs_are_told_by_name() {
    let (folder, file) = profiles("profiles-others");
    let fake = acme().start();
    let run = |args: &[&str]| {
        command_as(
            &fake,
            ENVIRONMENT,
            &[args, &["--accounts", "333333333333", "--profile", "audit"]].concat(),
        )
        .with("AWS_CONFIG_FILE", file.to_str().unwrap())
        .ran()
        .exits(0)
    };
    let (snapshot, parts) = (folder.join("snapshot"), folder.join("parts"));
    let capture = ["capture", "--out", snapshot.to_str().unwrap()];
    let shard = ["scan", "--shard", "1/1", "--parts", parts.to_str().unwrap()];
    let caller = "Credentials: arn:aws:iam::111111111111:user/scanner";
    assert_eq!(run(&capture).err.lines().next(), Some(caller));
    assert_eq!(run(&shard).err.lines().next(), Some(caller));
    let told = run(&[&capture[..], &["--log-format", "json"]].concat()).err;
    let events = told
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let caller = events
        .into_iter()
        .find(|event| event["event"] == "caller")
        .unwrap();
    assert_eq!(caller["arn"], "arn:aws:iam::111111111111:user/scanner");
    assert_eq!(caller["account"], "111111111111");
}
