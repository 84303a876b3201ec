//! The way back, whatever has happened meanwhile.

use std::fs;

use serde_json::{Value, json};

use super::kinds::{
    copy_of_aws, detach, inline_of_role, inline_that_is_split, managed, set_detach, set_merge, set_move,
    version,
};
use super::{AWS, Bench, COPY, OWN, PROFILE, document, meaning, wide};

#[test]
#[ignore = "needs jq and python3"]
fn rollback_attaches_a_policy_of_aws_whatever_aws_made_of_it() {
    let newer = managed(document(&["s3:*"]));
    let benches = [
        copy_of_aws("newer"),
        set_merge("newer-set", None),
        set_detach("newer-detach"),
        set_move("newer-move"),
    ];
    for bench in benches {
        bench.apply(&[PROFILE]).exits(0);
        bench.meanwhile(|state| state["policies"][AWS] = newer.clone());
        bench
            .roll_back(&[])
            .exits(0)
            .says("it is attached as AWS has it now");
        bench
            .meanwhile(|state| state["policies"][AWS] = managed(wide()))
            .is_back();
        // A copy of what it was before is not what it is now.
        bench.meanwhile(|state| state["policies"][AWS] = newer.clone());
        bench
            .apply(&[PROFILE])
            .exits(1)
            .says("has changed since the scan");
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn rollback_overwrites_what_somebody_else_did_only_when_forced() {
    let other = document(&["ec2:*"]);
    let bench = inline_of_role("edited");
    bench.apply(&[]).exits(0);
    let edited = bench
        .meanwhile(|state| state["holders"]["role/app"]["inline"]["p"] = other.clone())
        .state();
    bench.roll_back(&[]).exits(1).says("FORCE=1 overrides this");
    bench
        .apply(&[("FORCE", "1")])
        .exits(1)
        .says("has changed since the scan");
    assert_eq!(bench.state(), edited);
    bench
        .roll_back(&[("FORCE", "1")])
        .exits(0)
        .says("ignored because of FORCE=1");
    assert_eq!(bench.state(), bench.before);

    let bench = version("edited-version");
    bench.apply(&[]).exits(0);
    bench.meanwhile(|state| {
        let it = &mut state["policies"][OWN];
        let default = it["default"].as_str().unwrap().to_owned();
        it["versions"][default] = other.clone();
    });
    bench.roll_back(&[]).exits(1).says("FORCE=1 overrides this");
    bench.roll_back(&[("FORCE", "1")]).exits(0);
    bench.is_back();
}

#[test]
#[ignore = "needs jq and python3"]
fn rollback_restores_what_was_cleared_away_and_keeps_what_somebody_made_of_a_copy() {
    let without = |state: &mut Value, arn: &str| drop(state["policies"].as_object_mut().unwrap().remove(arn));
    // A policy that nobody had any more was cleared away.
    let bench = detach("cleared");
    bench.apply(&[]).exits(0);
    bench.meanwhile(|state| without(state, OWN));
    bench
        .roll_back(&[])
        .exits(0)
        .prints("was deleted since the change");
    bench.is_back();

    // Somebody needed more and put it into the copy, which is theirs now.
    let bench = copy_of_aws("edited-copy");
    bench.apply(&[]).exits(0);
    bench.meanwhile(|state| state["policies"][COPY] = managed(document(&["ec2:*"])));
    bench
        .roll_back(&[])
        .exits(0)
        .prints("is kept: someone has changed it");
    bench.meanwhile(|state| without(state, COPY)).is_back();

    // Somebody took everything away, perhaps on purpose.
    bench.apply(&[]).exits(0);
    bench.meanwhile(|state| state["holders"]["role/app"]["attached"] = json!([]));
    bench
        .roll_back(&[])
        .exits(1)
        .says("FORCE=1 attaches the original policy");
    bench.roll_back(&[("FORCE", "1")]).exits(0);
    bench.is_back();
}

#[test]
#[ignore = "needs jq and python3"]
fn what_comes_is_everywhere_before_what_it_replaces_goes() {
    let waits = |bench: &Bench, wanted: &str| {
        let path = bench.root.join("aws/slept");
        let slept = fs::read_to_string(&path).unwrap_or_default();
        let _ = fs::remove_file(path);
        slept.lines().filter(|it| *it == wanted).count()
    };
    for bench in [
        copy_of_aws("pause"),
        inline_that_is_split("pause-split"),
        set_merge("pause-set", None),
    ] {
        bench.apply(&[PROFILE]).exits(0).prints("wait 15 seconds");
        assert_eq!(waits(&bench, "15"), 1);
        bench.roll_back(&[("PAUSE", "7")]).exits(0);
        assert_eq!(waits(&bench, "7"), 1);
        bench.apply(&[PROFILE, ("PAUSE", "0")]).exits(0);
        assert_eq!(waits(&bench, "0"), 0);
        bench
            .roll_back(&[("PAUSE", "1s")])
            .exits(1)
            .says("give a number of seconds");
    }
}

#[test]
#[ignore = "needs jq and python3"]
fn a_principal_that_was_deleted_since_keeps_no_other_from_getting_its_policy_back() {
    for bench in [detach("gone"), copy_of_aws("gone-move")] {
        bench.apply(&[]).exits(0);
        bench.meanwhile(|state| drop(state["holders"].as_object_mut().unwrap().remove("user/ann")));
        bench.roll_back(&[]).exits(0).says("user/ann no longer exists");
        assert_eq!(
            meaning(&bench.state())["holders"]["role/app"],
            meaning(&bench.before)["holders"]["role/app"]
        );
        bench.meanwhile(|state| drop(state["holders"].as_object_mut().unwrap().remove("role/app")));
        bench
            .roll_back(&[])
            .exits(1)
            .says("nobody of this change exists any more");
    }
}
