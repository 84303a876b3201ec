//! What never reaches standard error: control characters, forged lines, and credentials.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{ADMINISTRATOR, events, scan};
use crate::fake::{Fault, Rule, When};
use crate::run::{folder, leastwise};
use crate::scan::{acme, command_as};

/// A snapshot with an account of a hostile name.
fn hostile(folder: &Path, name: &str) -> PathBuf {
    let snapshot = folder.join("snapshot");
    let capture = [
        "capture",
        "-q",
        "--snapshot",
        "mocks/partial",
        "--out",
        snapshot.to_str().unwrap(),
    ];
    leastwise(capture).ran().exits(3);
    let accounts = snapshot.join("accounts.json");
    let mut all: Value = serde_json::from_slice(&fs::read(&accounts).unwrap()).unwrap();
    all["Accounts"][0]["Name"] = name.into();
    fs::write(&accounts, all.to_string()).unwrap();
    snapshot
}

#[test]
fn a_name_cannot_steer_the_terminal_nor_forge_a_line() {
    let name = "x\u{1b}[2J\u{9b}31m\u{202e}\nerror: forged";
    let folder = folder("logs-hostile");
    let snapshot = hostile(&folder, name);
    let run = |more: &[&str]| {
        scan(snapshot.to_str().unwrap(), &folder.join("report"), more)
            .ran()
            .exits(3)
    };
    let steers = |text: &str| {
        text.chars()
            .any(|c| c != '\n' && c.is_control() || c == '\u{202e}')
    };
    let text = run(&["-vv"]).says("x\\u001b[2J\\u009b31m\\u202e\\nerror: forged");
    assert!(
        !steers(&text.err) && !text.err.lines().any(|line| line.starts_with("error:")),
        "{}",
        text.err
    );
    let json = run(&["-vv", "--log-format", "json"]);
    assert!(!steers(&json.err), "{}", json.err);
    // Programs get the name as it is.
    assert!(events(&json).iter().any(|event| event["name"] == name));
}

#[test]
fn no_credential_and_no_external_id_is_ever_told() {
    let out = folder("logs-secrets").join("report");
    for format in ["text", "json"] {
        let fake = acme()
            .external_id("ext-0451")
            .retry_after(2)
            .fault(Rule::new(Fault::Throttle, When::Nth(3)).on("GetFindingV2"))
            .fault(Rule::new(Fault::Internal, When::Nth(1)).on("AssumeRole"))
            .fault(Rule::new(Fault::Expired, When::Nth(1)).on("GetAccountAuthorizationDetails"))
            .fault(
                Rule::new(Fault::Denied, When::Always)
                    .on("AssumeRole")
                    .of("444444444444"),
            )
            .start();
        let accounts = "111111111111,333333333333,444444444444";
        let args = [
            "scan",
            "-vv",
            "--external-id",
            "ext-0451",
            "--accounts",
            accounts,
            "--log-format",
            format,
        ];
        let args: Vec<&str> = args.into_iter().chain(["--out", out.to_str().unwrap()]).collect();
        let ran = command_as(&fake, ADMINISTRATOR, &args)
            .with("AWS_SECRET_ACCESS_KEY", "swordfish")
            .ran();
        let told: &[&str] = match format {
            "text" => &[
                " attempt 1 throttled",
                " attempt 1 failed (expired)",
                "(rate limit)",
                "AssumeRole denied",
            ],
            _ => &[
                "call-throttled",
                "call-repeated",
                "call-waited",
                "\"kind\":\"denied\"",
            ],
        };
        let ran = told.iter().fold(ran.exits(3), |ran, told| ran.says(told));
        // The fake's secret keys and session tokens begin with `invented`, the ids of its keys with four letters.
        for secret in ["swordfish", "invented", "ASIA", "AKIA", "0451"] {
            assert!(!ran.err.contains(secret), "{secret} in\n{}", ran.err);
        }
    }
}
