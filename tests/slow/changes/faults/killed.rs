//! A script that ends in the middle: killed, throttled, or dry.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::kinds::every_kind;
use super::{AWS, Bench, COPY, PROFILE, meaning};

/// Nobody is without both what goes and what comes.
fn is_never_without(bench: &Bench, state: &Value) {
    if let Some(set) = state.get("set") {
        let has_old = set["managed"].as_array().unwrap().iter().any(|it| it == AWS);
        let has_new =
            set["inline"].to_string().contains("s3:GetObject") || set["named"].as_array().unwrap().len() == 2;
        assert!(
            has_old || has_new || bench.change.contains("set-detach"),
            "{}: {state:#}",
            bench.change
        );
        return;
    }
    for (name, it) in state["holders"].as_object().unwrap() {
        let has = |arn: &str| it["attached"].as_array().unwrap().iter().any(|held| held == arn);
        let is_right = match bench.change.rsplit('-').next().unwrap() {
            "copy" => has(AWS) || has(COPY),
            "split" => it["inline"]["p"].is_object() || it["attached"].as_array().unwrap().len() == 2,
            _ => true,
        };
        assert!(is_right, "{}: {name} has nothing: {state:#}", bench.change);
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn whenever_a_script_is_killed_running_it_again_completes_it_and_rollback_leads_back() {
    let benches = every_kind("killed");
    std::thread::scope(|scope| {
        benches
            .iter()
            .for_each(|bench| drop(scope.spawn(|| kill_everywhere(bench, &CHANGE))));
    });
}

/// Two scripts that undo each other, what each says at its end, and what when there is nothing left to do.
pub(super) struct Pair {
    pub(super) scripts: [&'static str; 2],
    pub(super) ends: [&'static str; 2],
    pub(super) done: [&'static str; 2],
}

const CHANGE: Pair = Pair {
    scripts: ["apply.sh", "rollback.sh"],
    ends: ["applied", "rolled back"],
    done: ["already applied", "already rolled back"],
};

/// Kills each script after each of its calls, and looks where running it again or the other one leads.
pub(super) fn kill_everywhere(bench: &Bench, pair: &Pair) {
    let start = bench.raw();
    let name = &bench.change;
    let [forward, back] = pair.scripts;
    bench.run(forward, &[PROFILE]).exits(0).prints(pair.ends[0]);
    let (done, calls) = (bench.state(), bench.calls());
    assert_ne!(done, bench.before, "{name}");
    let after = bench.raw();
    bench.run(forward, &[PROFILE]).exits(0).prints(pair.done[0]);
    assert_eq!(bench.state(), done, "{name}: {forward} wrote twice");
    bench.run(back, &[]).exits(0).prints(pair.ends[1]);
    let (undone, calls_back) = (bench.state(), bench.calls());
    bench.is_back();
    bench.run(back, &[]).exits(0).prints(pair.done[1]);
    assert_eq!(bench.state(), undone, "{name}: {back} wrote twice");

    for (script, other, from, calls, there, back) in [
        (forward, back, &start, calls, &done, &bench.before),
        (back, forward, &after, calls_back, &bench.before, &done),
    ] {
        let mut seen = BTreeSet::new();
        // Between two calls that write nothing there is nothing to see.
        let reads = ["get-", "list-", "describe-"];
        let writes = |call: &String| {
            !reads
                .iter()
                .any(|it| call.split(' ').nth(1).unwrap().starts_with(it))
        };
        for (number, _) in (1..)
            .zip(&calls)
            .filter(|(number, call)| *number == 1 || writes(call))
        {
            bench.set(from);
            let ran = bench.run(script, &[PROFILE, ("KILL_AFTER", &number.to_string())]);
            assert_eq!(
                ran.code, -1,
                "{name}: {script} was not killed at {number}: {}",
                ran.err
            );
            let killed = bench.raw();
            is_never_without(bench, &bench.state());
            if !seen.insert(bench.state().to_string()) {
                continue;
            }
            let place = format!("{name}: {script} killed after call {number} of {}", calls.len());
            bench.run(script, &[PROFILE]).exits(0);
            assert_eq!(meaning(&bench.state()), meaning(there), "{place}, and run again");
            bench.set(&killed);
            let ran = bench.run(other, &[PROFILE]);
            // Edits that wait may be somebody else's, so only the script that made them goes on from there.
            if other == forward && ran.err.contains("left them, run that again") {
                continue;
            }
            let ran = ran.exits(0);
            assert_eq!(
                meaning(&bench.state()),
                meaning(back),
                "{place}, then {other}: {}{}",
                ran.out,
                ran.err
            );
        }
        assert!(seen.len() > 1, "{name}: {script} wrote nothing");
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn a_dry_run_of_every_kind_shows_the_steps_and_writes_nothing() {
    for bench in every_kind("dry") {
        let dry = [PROFILE, ("DRY_RUN", "1")];
        let ran = bench
            .apply(&dry)
            .exits(0)
            .prints("dry run: would ")
            .prints("dry run: nothing was changed");
        assert!(!ran.out.contains("wait "), "{}", ran.out);
        assert_eq!(bench.state(), bench.before);
        bench.apply(&[PROFILE]).exits(0);
        let applied = bench.state();
        bench.roll_back(&dry).exits(0).prints("dry run: would ");
        assert_eq!(bench.state(), applied, "{}", bench.change);
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn a_step_that_aws_throttles_leaves_a_change_that_the_same_command_finishes() {
    let writes = [
        "detach-role-policy",
        "create-policy-version",
        "delete-role-policy",
        "detach-managed-policy-from-permission-set",
    ];
    for bench in every_kind("throttled") {
        bench.apply(&[PROFILE]).exits(0);
        let done = bench.state();
        bench.roll_back(&[]).exits(0);
        let before = bench.state();
        bench.fault(json!({"throttled": writes}));
        let ran = bench.apply(&[PROFILE]);
        if ran.code == 0 {
            // None of them is among its steps.
            continue;
        }
        assert!(ran.err.contains("Rate exceeded"), "{}: {}", bench.change, ran.err);
        let halfway = bench.state() != before;
        assert_eq!(
            ran.err.contains("not finished: "),
            halfway,
            "{}: {}",
            bench.change,
            ran.err
        );
        bench.fault(json!({}));
        bench.apply(&[PROFILE]).exits(0);
        assert_eq!(meaning(&bench.state()), meaning(&done), "{}", bench.change);
    }
}
