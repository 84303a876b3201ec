//! How sure the evidence is, rule by rule.

mod hints;

use leastwise_core::decide::{Confidence, EvidenceOrigin, Facts, Grain, Level, ReasonEffect, is_stale};
use leastwise_core::policy::ActionSet;
use proptest::prelude::*;
use proptest::sample::select;

use crate::chance::config as cases;

/// Nothing speaks against this one.
fn sure() -> Facts<'static> {
    Facts {
        origin: EvidenceOrigin::Analyzer,
        window_days: 90,
        grain: Some(Grain::Actions),
        as_of: Some("2026-11-01T06:00:00Z"),
        analyzed_at: Some("2026-10-31T22:00:00Z"),
        policy_updated: Some("2026-01-01T00:00:00Z"),
        grant_age_unknown: false,
        created: Some("2024-05-05T00:00:00Z"),
        last_used: Some("2026-10-30T00:00:00Z"),
        name: "orders-api",
        path: "/",
        tags: &[],
    }
}

fn codes(confidence: &Confidence) -> Vec<&'static str> {
    confidence
        .reasons
        .iter()
        .map(|reason| reason.code().name())
        .collect()
}

/// The codes of what lowers it.
fn doubts(facts: &Facts<'_>) -> (Level, Vec<&'static str>) {
    let confidence = Confidence::of(facts);
    let lowers = confidence
        .reasons
        .iter()
        .filter(|reason| reason.effect() != ReasonEffect::Supports);
    (
        confidence.level,
        lowers.map(|reason| reason.code().name()).collect(),
    )
}

#[test]
fn what_nothing_speaks_against_is_high_and_says_what_speaks_for_it() {
    let confidence = Confidence::of(&sure());
    assert_eq!(confidence.level, Level::High);
    assert_eq!(codes(&confidence), ["used-in-window", "unused-by-action"]);
    let sentences: Vec<String> = confidence
        .reasons
        .iter()
        .map(|reason| reason.sentence())
        .collect();
    assert_eq!(
        sentences,
        [
            "active: last used 1 day before the usage data was taken",
            "AWS tracks the use of every action removed",
        ]
    );
}

#[test]
fn a_window_shorter_than_ninety_days_is_medium_and_shorter_than_thirty_low() {
    let of = |window_days| {
        doubts(&Facts {
            window_days,
            ..sure()
        })
    };
    assert_eq!(of(90), (Level::High, vec![]));
    assert_eq!(of(89), (Level::Medium, vec!["window-short"]));
    assert_eq!(of(30), (Level::Medium, vec!["window-short"]));
    assert_eq!(of(29), (Level::Low, vec!["window-very-short"]));
    let told = |origin| {
        let facts = Facts {
            window_days: 60,
            origin,
            ..sure()
        };
        Confidence::of(&facts).reasons[0].sentence()
    };
    assert_eq!(
        told(EvidenceOrigin::Analyzer),
        "the analyzer looks back 60 days, which can miss quarterly use"
    );
    assert_eq!(
        told(EvidenceOrigin::LastAccessed),
        "the last-accessed data covers 60 days, which can miss quarterly use"
    );
}

#[test]
fn a_principal_hardly_older_than_the_window_is_medium() {
    let of = |created| doubts(&Facts { created, ..sure() });
    // 120 days before the evidence was evaluated, and a second less.
    assert_eq!(of(Some("2026-07-03T22:00:00Z")), (Level::High, vec![]));
    assert_eq!(
        of(Some("2026-07-03T22:00:01Z")),
        (Level::Medium, vec!["principal-young"])
    );
    assert_eq!(
        of(Some("2026-12-01T00:00:00Z")),
        (Level::Medium, vec!["principal-young"])
    );
    assert_eq!(of(None), (Level::Medium, vec!["principal-age-unknown"]));
    assert_eq!(
        of(Some("yesterday")),
        (Level::Medium, vec!["principal-age-unknown"])
    );
    let facts = Facts {
        created: Some("2026-07-28T22:00:00Z"),
        ..sure()
    };
    assert_eq!(
        Confidence::of(&facts).reasons[0].sentence(),
        "created 95 days before the usage data was taken; the window is 90 days"
    );
}

#[test]
fn a_principal_that_is_not_known_to_be_alive_is_medium() {
    let of = |last_used| doubts(&Facts { last_used, ..sure() });
    // 90 and 91 days before the evidence was evaluated.
    assert_eq!(of(Some("2026-08-02T22:00:00Z")), (Level::High, vec![]));
    assert_eq!(
        of(Some("2026-08-01T22:00:00Z")),
        (Level::Medium, vec!["last-use-before-window"])
    );
    assert_eq!(of(None), (Level::Medium, vec!["last-use-unknown"]));
    // Used since it was looked at: alive.
    assert_eq!(of(Some("2026-11-01T07:00:00Z")), (Level::High, vec![]));
}

#[test]
fn what_is_said_does_not_depend_on_the_day_on_which_the_evidence_is_read() {
    for window_days in [20, 90, 365] {
        let facts = Facts {
            window_days,
            ..sure()
        };
        let later = Facts {
            as_of: Some("2027-10-01T00:00:00Z"),
            ..facts
        };
        assert_eq!(Confidence::of(&facts), Confidence::of(&later));
    }
    // Unless nothing tells when it was looked at.
    let undated = Facts {
        analyzed_at: None,
        ..sure()
    };
    let later = Facts {
        as_of: Some("2027-10-01T00:00:00Z"),
        ..undated
    };
    assert_ne!(Confidence::of(&undated), Confidence::of(&later));
}

#[test]
fn a_policy_changed_since_its_use_was_looked_at_is_low() {
    let of = |updated| {
        doubts(&Facts {
            policy_updated: updated,
            ..sure()
        })
    };
    assert_eq!(
        of(Some("2026-10-31T22:00:01Z")),
        (Level::Low, vec!["policy-newer-than-evidence"])
    );
    // The same moment in another zone's letters is not later.
    assert_eq!(of(Some("2026-11-01T00:00:00+02:00")), (Level::High, vec![]));
    assert_eq!(
        of(Some("no date")),
        (Level::Low, vec!["policy-newer-than-evidence"])
    );
    assert_eq!(of(None), (Level::High, vec![]));
}

#[test]
fn evidence_without_a_date_is_medium() {
    let facts = Facts {
        analyzed_at: None,
        ..sure()
    };
    assert_eq!(doubts(&facts), (Level::Medium, vec!["evidence-undated"]));
    let facts = Facts {
        analyzed_at: Some("soon"),
        as_of: None,
        ..sure()
    };
    assert_eq!(
        doubts(&facts),
        (
            Level::Medium,
            vec!["principal-age-unknown", "evidence-undated", "last-use-unknown"]
        )
    );
}

#[test]
fn what_lowers_most_comes_first_whatever_the_order_of_finding() {
    let facts = Facts {
        window_days: 7,
        name: "audit-backup",
        last_used: None,
        policy_updated: Some("2026-10-31T23:00:00Z"),
        grain: Some(Grain::Both),
        ..sure()
    };
    let confidence = Confidence::of(&facts);
    assert_eq!(
        codes(&confidence),
        [
            "policy-newer-than-evidence",
            "window-very-short",
            "hint-backup",
            "hint-audit",
            "last-use-unknown",
            "unused-by-service-and-action",
        ]
    );
    assert!(confidence.reasons.is_sorted_by_key(|reason| reason.effect()));
}

#[test]
fn the_grain_is_that_of_the_evidence() {
    let mut unused = ActionSet::new();
    assert_eq!(Grain::of(&unused), None);
    unused.add_service("sqs");
    assert_eq!(Grain::of(&unused), Some(Grain::Services));
    unused.add_actions("s3", ["GetObject"]);
    assert_eq!(Grain::of(&unused), Some(Grain::Both));
    let mut unused = ActionSet::new();
    unused.add_actions("s3", ["GetObject"]);
    assert_eq!(Grain::of(&unused), Some(Grain::Actions));
}

#[test]
fn several_are_as_sure_as_the_least_sure_and_the_most_telling_speaks_for_its_kind() {
    let aged = |created, name| {
        Confidence::of(&Facts {
            created: Some(created),
            name,
            ..sure()
        })
    };
    let young = aged("2026-08-01T22:00:00Z", "a");
    let younger = aged("2026-08-11T22:00:00Z", "b");
    let old = Confidence::of(&Facts {
        name: "restore",
        ..sure()
    });
    let all = young.join(&younger).join(&old);
    assert_eq!(all.level, Level::Low);
    assert_eq!(
        codes(&all),
        [
            "hint-backup",
            "principal-young",
            "used-in-window",
            "unused-by-action"
        ]
    );
    let principals: Vec<usize> = all.reasons.iter().map(|reason| reason.principals()).collect();
    assert_eq!(principals, [1, 2, 3, 3]);
    assert_eq!(
        all.reasons[1].sentence(),
        "created 81 days before the usage data was taken; the window is 90 days (and 1 more principal)"
    );
}

#[test]
fn evidence_is_stale_when_it_is_older_than_allowed() {
    assert_eq!(is_stale("2026-10-18T00:00:00Z", "2026-11-01T00:00:00Z", 14), None);
    assert_eq!(
        is_stale("2026-10-17T00:00:00Z", "2026-11-01T00:00:00Z", 14),
        Some(15)
    );
    assert_eq!(is_stale("2026-12-01T00:00:00Z", "2026-11-01T00:00:00Z", 14), None);
    assert_eq!(is_stale("long ago", "2026-11-01T00:00:00Z", 14), None);
}

fn confidence() -> impl Strategy<Value = Confidence> {
    let dates = [
        None,
        Some("2026-10-31T00:00:00Z"),
        Some("2026-08-01T00:00:00Z"),
        Some("2020-01-01T00:00:00Z"),
    ];
    let date = move || select(dates.to_vec());
    let name = select(vec!["a", "dr", "failover-audit", "backup", "ci-backup"]);
    let origin = select(vec![EvidenceOrigin::Analyzer, EvidenceOrigin::LastAccessed]);
    let grain = select(vec![
        None,
        Some(Grain::Services),
        Some(Grain::Actions),
        Some(Grain::Both),
    ]);
    let window = select(vec![7_u32, 30, 60, 90, 365]);
    (name, origin, grain, window, date(), date(), date(), date()).prop_map(
        |(name, origin, grain, window_days, created, last_used, policy_updated, analyzed_at)| {
            Confidence::of(&Facts {
                name,
                origin,
                grain,
                window_days,
                created,
                last_used,
                policy_updated,
                analyzed_at,
                ..sure()
            })
        },
    )
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn joining_is_commutative_and_associative_and_takes_the_lower_level(
        a in confidence(), b in confidence(), c in confidence(),
    ) {
        let (ab, ba) = (a.clone().join(&b), b.clone().join(&a));
        prop_assert_eq!(&ab, &ba);
        prop_assert_eq!(ab.level, a.level.min(b.level));
        prop_assert_eq!(ab.clone().join(&c), a.clone().join(&b.clone().join(&c)));
        for reason in &ab.reasons {
            let of = |side: &Confidence| {
                side.reasons.iter().filter(|it| it.code() == reason.code()).map(|it| it.principals()).sum::<usize>()
            };
            prop_assert_eq!(reason.principals(), of(&a) + of(&b));
            prop_assert!(!reason.sentence().is_empty());
        }
        let mut codes = codes(&ab);
        codes.sort_unstable();
        codes.dedup();
        prop_assert_eq!(codes.len(), ab.reasons.len());
    }
}
