//! One scan by several processes: the parts, and what joins them.

mod numbering;
mod refused;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use leastwise_aws::parts::{PartManifest, shard_of};
use leastwise_core::inventory::wire::PolicyText;

use crate::fake::{Fake, Fault, Invented, Rule, When, World};
use crate::run::{Ran, Run, folder, leastwise};
use crate::scan::{acme, assert_same, command_as, copy_files, files, lasting_files, manifest, scan};

const ORGANISATION: Invented = Invented {
    accounts: 12,
    principals: 12,
    seed: 3,
};
/// The account that has the analyzer.
const INVENTED: &str = "AKIA200000000001";
const ACME: &str = "AKIA222222222222";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// `scan` against a fake AWS, at the speed of a test.
fn live(fake: &Fake, key: &str, args: &[&str]) -> Run {
    let all: Vec<&str> = ["scan"].iter().chain(args).copied().collect();
    command_as(fake, key, &all).with("LEASTWISE_LIMITS_CALLS_PER_SECOND_ACCESS_ANALYZER", "1000")
}

/// All shards at once, each a process.
fn shards(of: usize, one: impl Fn(&str) -> Run + Sync) -> Vec<Ran> {
    thread::scope(|scope| {
        let one = &one;
        let runs: Vec<_> = (1..=of)
            .map(|i| scope.spawn(move || one(&format!("{i}/{of}")).ran()))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    })
}

fn recorded(snapshot: &str, parts: &Path, which: &str, more: &[&str]) -> Run {
    let args = [
        "scan",
        "--snapshot",
        snapshot,
        "--shard",
        which,
        "--parts",
        text(parts),
    ];
    leastwise(args.iter().chain(more))
}

fn merge(parts: &Path, out: &Path, more: &[&str]) -> Ran {
    let args = ["merge", text(parts), "--out", text(out)];
    // What is recorded grows older every day.
    leastwise(args.iter().chain(more))
        .with("LEASTWISE_LIMITS_EVIDENCE_MAX_AGE", "none")
        .ran()
}

#[test]
fn shards_and_a_merge_give_the_bytes_of_one_process_whatever_their_number() {
    let place = folder("shards-numbers");
    let fake = Fake::of(World::invented(ORGANISATION)).threads(2).start();
    let whole = place.join("whole");
    live(&fake, INVENTED, &["--out", text(&whole)]).ran().exits(0);
    let calls = |out: &Path, api: &str| -> u64 {
        manifest(out)
            .calls
            .iter()
            .filter(|row| row.api == api)
            .map(|row| row.calls)
            .sum()
    };
    let whole_calls = calls(&whole, "access-analyzer:get-finding");
    assert!(whole_calls > 0);
    for of in [1, 3, 8] {
        let (parts, out) = (
            place.join(format!("parts-{of}")),
            place.join(format!("report-{of}")),
        );
        let shard = |which: &str| live(&fake, INVENTED, &["--shard", which, "--parts", text(&parts)]);
        shards(of, shard)
            .into_iter()
            .for_each(|ran| drop(ran.exits(0).says("Wrote shard ")));
        let mut left: Vec<String> = fs::read_dir(&parts)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        left.sort();
        assert_eq!(
            left,
            (1..=of).map(|i| format!("shard-{i}-of-{of}")).collect::<Vec<_>>()
        );
        merge(&parts, &out, &[]).exits(0);
        assert_same(&whole, &out);
        // What they called is added up, and the run began when the first of them did.
        assert_eq!(calls(&out, "access-analyzer:get-finding"), whole_calls);
        assert!(calls(&out, "organizations") >= of as u64);
        let began = left.iter().map(|name| {
            let text = fs::read(parts.join(name).join("part.json")).unwrap();
            serde_json::from_slice::<PartManifest>(&text).unwrap().started
        });
        assert_eq!(manifest(&out).started, began.min().unwrap().to_string());
        leastwise(["verify", text(&out)]).ran().exits(0);
    }
}

#[test]
fn what_could_not_be_read_comes_out_of_the_merge_as_one_process_tells_it() {
    const DENIED: &str = "444444444444";
    let place = folder("shards-failures");
    let denied = || {
        Rule::new(Fault::Denied, When::Always)
            .on("GetAccountAuthorizationDetails")
            .of(DENIED)
    };
    // A finding of one account fails, and the list of findings of another.
    let unread = || {
        Rule::new(Fault::Denied, When::Always)
            .on("GetFindingV2")
            .of("555555555555")
    };
    let unlisted = || {
        Rule::new(Fault::Denied, When::Always)
            .on("ListFindingsV2")
            .of("888888888888")
    };
    let fake = acme().fault(denied()).fault(unread()).fault(unlisted()).start();
    let (whole, parts, out) = (place.join("whole"), place.join("parts"), place.join("report"));
    let more = ["--exclude", "acme-*-dev"];
    let args: Vec<&str> = more.iter().copied().chain(["--out", text(&whole)]).collect();
    live(&fake, ACME, &args).ran().exits(3);
    let ran = shards(3, |which| {
        let args: Vec<&str> = more
            .iter()
            .copied()
            .chain(["--shard", which, "--parts", text(&parts)])
            .collect();
        live(&fake, ACME, &args)
    });
    let not_whole: BTreeSet<u32> = [DENIED, "555555555555", "888888888888"]
        .iter()
        .map(|id| shard_of(id, 3))
        .collect();
    for (ran, shard) in ran.iter().zip(1_u32..) {
        assert_eq!(
            ran.code,
            if not_whole.contains(&shard) { 3 } else { 0 },
            "shard {shard}: {}",
            ran.err
        );
    }
    assert!(not_whole.len() < 3, "every shard fails, so the test shows little");
    merge(&parts, &out, &[])
        .exits(3)
        .says("(444444444444): AccessDenied on iam:GetAccountAuthorizationDetails\n");
    assert_same(&whole, &out);
}

#[test]
fn recorded_answers_are_shared_out_as_well_and_the_report_is_what_merge_is_told() {
    for snapshot in ["mocks/acme", "mocks/partial"] {
        let place = folder(&format!("shards-{}", snapshot.replace('/', "-")));
        let (whole, parts, out) = (place.join("whole"), place.join("parts"), place.join("report"));
        let code = scan(snapshot, &whole).code;
        let ran = shards(3, |which| recorded(snapshot, &parts, which, &[]));
        assert_eq!(ran.iter().map(|ran| ran.code).max(), Some(code));
        merge(&parts, &out, &[]).exits(code);
        assert_same(&whole, &out);
    }
    let place = folder("shards-flags");
    let (whole, parts, out) = (place.join("whole"), place.join("parts"), place.join("report"));
    let flags = [
        "--shared",
        "both",
        "--keep",
        "s3:Get*",
        "--format",
        "json,csv",
        "--fail-on",
        "unused",
    ];
    let exclude = "acme-sandbox,888888888888";
    let args = [
        "scan",
        "--snapshot",
        "mocks/acme",
        "--exclude",
        exclude,
        "--out",
        text(&whole),
    ];
    leastwise(args.iter().chain(&flags)).ran().exits(5);
    shards(3, |which| {
        recorded("mocks/acme", &parts, which, &["--exclude", exclude])
    })
    .into_iter()
    .for_each(|ran| drop(ran.exits(0)));
    merge(&parts, &out, &flags).exits(5);
    assert_same(&whole, &out);
    merge(&parts, &out, &["--previous", text(&whole)]).exits(0);
    assert!(out.join("history.json").is_file());
}

#[test]
fn an_account_with_findings_and_no_principals_that_could_be_read_comes_out_of_the_merge() {
    let place = folder("shards-no-principals");
    let (snapshot, whole) = (place.join("snapshot"), place.join("whole"));
    let (parts, out) = (place.join("parts"), place.join("report"));
    copy_files(Path::new("mocks/acme"), &snapshot);
    let authorization = |id: &str| snapshot.join(format!("accounts/{id}/authorization.json"));
    assert!(
        authorization("444444444444")
            .with_file_name("findings.json")
            .is_file()
    );
    assert!(
        authorization("555555555555")
            .with_file_name("findings.json")
            .is_file()
    );
    fs::remove_file(authorization("444444444444")).unwrap();
    fs::write(authorization("555555555555"), "{").unwrap();
    scan(text(&snapshot), &whole).exits(3);
    shards(2, |which| recorded(text(&snapshot), &parts, which, &[]));
    merge(&parts, &out, &[])
        .exits(3)
        .says("(444444444444): not found on iam:GetAccountAuthorizationDetails\n");
    assert_same(&whole, &out);
}

#[cfg(unix)]
#[test]
fn a_shard_that_is_killed_leaves_no_part_and_goes_on_where_it_was() {
    let place = folder("shards-killed");
    let (whole, parts, out) = (place.join("whole"), place.join("parts"), place.join("report"));
    let silent = || {
        acme()
            .fault(Rule::new(Fault::Silent, When::From(11)).on("GetFindingV2"))
            .start()
    };
    // What the first had under way when it was killed may still be counted later: the second has an AWS of its own.
    let (first, second, fake) = (silent(), silent(), acme().start());
    let shard = |fake: &Fake, which: &str, more: &[&str]| {
        let args = ["--shard", which, "--parts", text(&parts)];
        live(fake, ACME, &[&args[..], more].concat())
    };
    let far = || first.calls_of("GetFindingV2") > 10;
    assert_eq!(shard(&first, "2/2", &[]).killed_when(far).code, -1);
    assert!(!parts.join("shard-2-of-2").exists() && parts.join(".shard-2-of-2.journal").is_dir());
    let far = || second.calls_of("GetFindingV2") > 0;
    let ran = shard(&second, "1/2", &[]).stopped_when(far).exits(1);
    assert!(
        !parts.join("shard-1-of-2").exists() && !parts.join(".shard-1-of-2.partial").exists(),
        "{}",
        ran.err
    );
    shard(&fake, "2/2", &["--resume"])
        .ran()
        .exits(0)
        .says("Continuing the scan of");
    shard(&fake, "1/2", &[]).ran().exits(0);
    let left = fs::read_dir(&parts)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert_eq!(
        left.collect::<BTreeSet<_>>(),
        BTreeSet::from(["shard-1-of-2".into(), "shard-2-of-2".into()])
    );
    live(&fake, ACME, &["--out", text(&whole)]).ran().exits(0);
    merge(&parts, &out, &[]).exits(0);
    assert_same(&whole, &out);
}

#[test]
fn shards_share_what_nights_remember() {
    let place = folder("shards-state");
    let (state, parts, out) = (place.join("state"), place.join("parts"), place.join("report"));
    let fake = acme().start();
    live(&fake, ACME, &["--state", text(&state), "--out", text(&out)])
        .ran()
        .exits(0);
    // Findings that carry an error are asked for every night.
    let calls_of_a_night = || {
        let calls = fake.calls_of("GetFindingV2");
        fake.forget();
        calls
    };
    let first = calls_of_a_night();
    live(&fake, ACME, &["--state", text(&state), "--out", text(&out)])
        .ran()
        .exits(0);
    assert!(calls_of_a_night() < first);
    let with = |which: &str| {
        live(
            &fake,
            ACME,
            &["--state", text(&state), "--shard", which, "--parts", text(&parts)],
        )
    };
    shards(3, with).into_iter().for_each(|ran| drop(ran.exits(0)));
    // Which findings are read again is drawn anew, and some have more pages than others.
    assert!(calls_of_a_night() < first);
    merge(&parts, &place.join("merged"), &[]).exits(0);
    assert_same(&out, &place.join("merged"));
}

#[cfg(unix)]
#[test]
fn a_part_is_for_its_owners_eyes_and_no_snapshot() {
    use std::os::unix::fs::MetadataExt;
    let parts = folder("shards-eyes").join("parts");
    recorded("mocks/acme", &parts, "2/3", &[]).ran().exits(0);
    let part = parts.join("shard-2-of-3");
    for path in files(&part).keys() {
        assert_eq!(
            fs::metadata(part.join(path)).unwrap().mode() & 0o777,
            0o600,
            "{path}"
        );
    }
    for folder in ["", "accounts"] {
        assert_eq!(
            fs::metadata(part.join(folder)).unwrap().mode() & 0o777,
            0o700,
            "{folder}"
        );
    }
    let out = parts.with_file_name("report");
    leastwise(["scan", "--snapshot", text(&part), "--out", text(&out)])
        .ran()
        .exits(1)
        .says("is not a snapshot");
    // And nothing else is replaced by one.
    fs::remove_file(part.join("part.json")).unwrap();
    recorded("mocks/acme", &parts, "2/3", &[])
        .ran()
        .exits(1)
        .says("refusing to overwrite");
}

#[test]
fn last_accessed_data_keeps_the_window_that_the_shards_looked_back_on() {
    let place = folder("shards-last-accessed");
    let (whole, parts, out) = (place.join("whole"), place.join("parts"), place.join("report"));
    let invented = Invented {
        accounts: 4,
        principals: 8,
        seed: 5,
    };
    let fake = Fake::of(World::invented(invented)).polls(0).start();
    // Recorded, as the time of each answer is part of a report.
    let snapshot = place.join("snapshot");
    let args = ["capture", "--evidence", "last-accessed", "--out", text(&snapshot)];
    command_as(&fake, INVENTED, &args)
        .with("LEASTWISE_LIMITS_CALLS_PER_SECOND_IAM", "1000")
        .ran()
        .exits(0);
    let window = ["--window-days", "7"];
    let scan = |more: &[&str]| {
        leastwise([&["scan", "--snapshot", text(&snapshot)], more].concat())
            .ran()
            .exits(0)
    };
    scan(&["--out", text(&whole)]);
    let default = lasting_files(&whole);
    scan(&[&window[..], &["--out", text(&whole)]].concat());
    assert!(
        lasting_files(&whole) != default,
        "the window decides nothing, so the test shows nothing"
    );
    shards(3, |which| recorded(text(&snapshot), &parts, which, &window))
        .into_iter()
        .for_each(|ran| drop(ran.exits(0)));
    merge(&parts, &out, &[]).exits(0);
    assert_same(&whole, &out);
}

#[test]
fn a_document_is_the_same_text_before_and_after_it_was_kept() {
    // As templates leave them: with the line's end of their heredoc, percent-encoded or not.
    for written in [
        "{\"Version\":\"2012-10-17\"}\n",
        " {}\r\n",
        "%7B%7D%0A",
        "not JSON\n",
        "{} {}",
    ] {
        let text = PolicyText::decoded(written);
        let kept = serde_json::to_string(&text).unwrap();
        assert_eq!(
            serde_json::from_str::<PolicyText>(&kept).unwrap(),
            text,
            "{written:?}"
        );
    }
}
