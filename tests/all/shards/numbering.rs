//! Which shard a process is, and which accounts are in it.

use leastwise_aws::parts::shard_of;

use super::{merge, recorded, text};
use crate::run::{folder, leastwise};
use crate::scan::{assert_same, scan};

#[test]
fn every_account_is_in_one_shard_and_stays_there() {
    for (account, of_3, of_8) in PINNED {
        assert_eq!(
            (shard_of(account, 3), shard_of(account, 8)),
            (of_3, of_8),
            "{account}"
        );
    }
    for of in [1, 2, 7, 64] {
        let mut held = vec![0_u32; of as usize];
        (0..6_400_u64).for_each(|id| held[shard_of(&format!("{:012}", id * 7_919), of) as usize - 1] += 1);
        let fair = 6_400 / of;
        assert!(
            held.iter().all(|held| *held > fair / 2 && *held < fair * 2),
            "{of}: {held:?}"
        );
    }
}

#[test]
fn a_number_is_taken_from_whoever_starts_the_processes() {
    let place = folder("shards-auto");
    let (whole, parts, out) = (place.join("whole"), place.join("parts"), place.join("report"));
    let auto = || {
        let run = recorded("mocks/partial", &parts, "auto/2", &[]);
        run.without("AWS_BATCH_JOB_ARRAY_INDEX")
            .without("JOB_COMPLETION_INDEX")
    };
    auto()
        .ran()
        .exits(2)
        .says("AWS_BATCH_JOB_ARRAY_INDEX")
        .says("JOB_COMPLETION_INDEX")
        .says("--shard 1/8");
    for wrong in ["2", "-1", "one", ""] {
        auto()
            .with("JOB_COMPLETION_INDEX", wrong)
            .ran()
            .exits(2)
            .says("must be from 0 to 1");
    }
    assert!(!parts.exists());
    auto().with("AWS_BATCH_JOB_ARRAY_INDEX", "0").ran();
    auto().with("JOB_COMPLETION_INDEX", "1").ran();
    assert!(parts.join("shard-1-of-2/part.json").is_file() && parts.join("shard-2-of-2/part.json").is_file());
    scan("mocks/partial", &whole).exits(3);
    merge(&parts, &out, &[]).exits(3);
    assert_same(&whole, &out);
}

#[test]
fn a_shard_that_is_told_nonsense_says_so_before_any_work() {
    let parts = folder("shards-usage").join("parts");
    for which in [
        "0/3", "4/3", "3", "1/0", "a/3", "1/3/5", "+1/3", "1/10001", "auto", "auto/",
    ] {
        recorded("mocks/acme", &parts, which, &[])
            .ran()
            .exits(2)
            .says("--shard");
    }
    recorded("mocks/acme", &parts, "1/3", &["--out", "x"])
        .ran()
        .exits(2)
        .says("--out");
    recorded("mocks/acme", &parts, "1/3", &["--previous", "x"])
        .ran()
        .exits(2)
        .says("--previous");
    recorded("mocks/acme", &parts, "1/3", &["--catalog", "x"])
        .ran()
        .exits(2)
        .says("--catalog")
        .says("merge");
    leastwise(["scan", "--snapshot", "mocks/acme", "--shard", "1/3"])
        .ran()
        .exits(2)
        .says("--parts");
    leastwise(["scan", "--snapshot", "mocks/acme", "--parts", text(&parts)])
        .ran()
        .exits(2)
        .says("--shard");
    assert!(!parts.exists());
    // The environment speaks to all of a run, and a shard need not understand all of it.
    let shard = recorded("mocks/acme", &parts, "1/3", &[]).with("LEASTWISE_CATALOG", "x");
    shard.ran().exits(0);
}

/// Each account of `mocks/acme` and others, and its shard of 3 and of 8. Parts of versions that differ here do not fit.
const PINNED: [(&str, u32, u32); 4] = [
    ("111111111111", 2, 3),
    ("222222222222", 3, 8),
    ("444444444444", 2, 2),
    ("000000000000", 1, 4),
];
