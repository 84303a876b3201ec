//! Bounds on what others send: a body, a list, a pause, a file of certificates.

use crate::fake::{Fault, Rule, When};
use crate::run::folder;
use crate::scan::{acme, command_as};

/// Much more than a body may have, and much less than memory has.
const MUCH: u64 = 512 << 20;

#[test]
fn a_body_without_end_is_left_when_it_is_longer_than_any_of_aws() {
    let out = folder("bounds-body").join("report");
    let args = ["scan", "--out", out.to_str().unwrap()];
    let cases = [
        (
            "GetCallerIdentity",
            1,
            "GetCallerIdentity malformed (the answer is longer than 64 MiB",
        ),
        (
            "ListAccounts",
            1,
            "ListAccounts malformed (the answer is longer than 64 MiB",
        ),
        (
            "GetAccountAuthorizationDetails",
            3,
            "(444444444444): unusable response on iam:GetAccountAuthorizationDetails",
        ),
    ];
    for (operation, code, said) in cases {
        let endless = Rule::new(Fault::EndlessBody, When::Always).on(operation);
        let endless = if code == 3 {
            endless.of("444444444444")
        } else {
            endless
        };
        let fake = acme().fault(endless).start();
        // The body ends the call, and not the time.
        let run = command_as(&fake, "AKIA222222222222", &args);
        let run = run
            .with("LEASTWISE_LIMITS_CALL_TIMEOUT", "10m")
            .with("LEASTWISE_LIMITS_ACCOUNT_TIMEOUT", "1h");
        run.ran().exits(code).says(said);
        let poured = fake.bytes_poured();
        assert!((64 << 20..MUCH).contains(&poured), "{operation}: {poured} bytes");
        // What is too long once is too long again.
        assert_eq!(fake.struck()[&Fault::EndlessBody], 1, "{operation}");
    }
}

#[test]
fn a_finding_has_less_room_than_an_account() {
    let out = folder("bounds-finding").join("report");
    let endless = Rule::new(Fault::EndlessBody, When::Nth(1)).on("GetFindingV2");
    let fake = acme().fault(endless).start();
    let run = command_as(
        &fake,
        "AKIA222222222222",
        &["scan", "-v", "--out", out.to_str().unwrap()],
    );
    run.with("LEASTWISE_LIMITS_CALL_TIMEOUT", "10m")
        .ran()
        .exits(3)
        .says("longer than 16 MiB together");
    assert!(fake.bytes_poured() < MUCH);
}

#[cfg(unix)]
#[test]
fn certificates_without_end_are_refused_by_name() {
    let out = folder("bounds-certificates").join("report");
    let fake = acme().start();
    for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        let run = command_as(
            &fake,
            "AKIA222222222222",
            &["scan", "--out", out.to_str().unwrap()],
        );
        let ran = run
            .without("AWS_CA_BUNDLE")
            .with(variable, "/dev/zero")
            .ran()
            .exits(1);
        ran.says(variable)
            .says("/dev/zero")
            .says("larger than 16 MiB")
            .says("help: ");
        let update = crate::run::leastwise(["catalog", "update", "--from", "https://localhost:1/"]);
        update
            .without("AWS_CA_BUNDLE")
            .with(variable, "/dev/zero")
            .ran()
            .exits(1)
            .says("larger than 16 MiB");
    }
}
