//! The rows of the table of all principals, as compact JSON that the index's script reads.
//!
//! An account is one element: its policies' kinds and states, its changes with confidence and services, and a row for
//! each principal that names them by number. Changes that are decided for many accounts stand once at the beginning, and
//! a row names the first of them as -1, the second as -2.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::text::{anchor, in_script};
use super::words::STATUSES;
use crate::decide::PolicyKind;
use crate::inventory::PrincipalKind;
use crate::report::whole::Report;
use crate::report::{AccountReport, ActionLevel, PolicyState, PrincipalRow, Recommendation, UnusedService};
use crate::visible::visible;

/// What comes before the accounts.
pub(super) fn head(report: &Report) -> String {
    let statuses: Vec<_> = STATUSES.iter().map(|it| json!([it, it.title()])).collect();
    let levels: Vec<_> = ActionLevel::ALL.iter().map(|it| json!([it, it.title()])).collect();
    let families: Vec<_> = report
        .families
        .iter()
        .map(|it| json!([visible(&it.id), visible(&format!("{} {} / {}", it.kind, it.name, it.policy))]))
        .collect();
    let shared: Vec<_> = report
        .recommendations
        .iter()
        .map(|it| {
            let services: Vec<_> = it.unused.iter().map(|it| visible(&it.service_namespace)).collect();
            with_ready(json!([visible(&it.id), it.confidence.level, services]), it)
        })
        .collect();
    let head = json!({ "statuses": statuses, "levels": levels, "families": families, "shared": shared });
    let head = head.to_string();
    // The list of accounts comes part by part, and the end closes it.
    format!("{},\"accounts\":[\n", in_script(head.strip_suffix('}').unwrap_or(&head)))
}

/// One account.
pub(super) fn account(report: &Report, account: &AccountReport) -> String {
    let id = &account.summary.id;
    let services: BTreeSet<&str> = account
        .recommendations
        .iter()
        .flat_map(|it| it.unused.iter().map(|it| it.service_namespace.as_str()))
        .collect();
    let place: BTreeMap<&str, usize> = services.iter().copied().zip(0..).collect();
    let change = |it: &Recommendation| {
        let short = it.id.strip_prefix(id.as_str()).and_then(|rest| rest.strip_prefix('/'));
        // One that does not begin with its account's id is told by a space before it.
        let short = short.map_or_else(|| format!(" {}", it.id), str::to_owned);
        with_ready(json!([visible(&short), it.confidence.level, ranges(&it.unused, &place)]), it)
    };
    let mut kinds: BTreeMap<(PolicyKind, PolicyState), usize> = BTreeMap::new();
    for policy in &account.policies {
        let next = kinds.len();
        kinds.entry((policy.kind, policy.state)).or_insert(next);
    }
    let of_policy: BTreeMap<&str, usize> = account
        .policies
        .iter()
        .filter_map(|it| Some((it.id.as_str(), *kinds.get(&(it.kind, it.state))?)))
        .collect();
    let mut numbered: Vec<_> = kinds.into_iter().collect();
    numbered.sort_by_key(|(_, number)| *number);
    let reached = Reached::of(report, account);
    let rows: Vec<Value> =
        account.principals.iter().map(|row| principal(row, &of_policy, &reached)).collect();
    let element = json!({
        "id": visible(id),
        "name": visible(&account.summary.name),
        "policies": numbered.iter().map(|((kind, state), _)| json!([kind, state])).collect::<Vec<_>>(),
        "services": services.iter().map(|it| visible(it)).collect::<Vec<_>>(),
        "changes": account.recommendations.iter().map(change).collect::<Vec<_>>(),
        "rows": rows,
    });
    in_script(&element.to_string())
}

/// A change with whether it is ready, where that is asked.
fn with_ready(mut change: Value, it: &Recommendation) -> Value {
    if let (Some(cells), Some(is_ready)) = (change.as_array_mut(), it.ready) {
        cells.push(json!(u8::from(is_ready)));
    }
    change
}

/// Which changes and families reach a principal.
struct Reached<'r> {
    changes: BTreeMap<&'r str, Vec<i64>>,
    families: BTreeMap<&'r str, Vec<usize>>,
}

impl<'r> Reached<'r> {
    fn of(report: &'r Report, account: &'r AccountReport) -> Self {
        let here: BTreeSet<&str> = account.principals.iter().map(|it| it.arn.as_str()).collect();
        let mut changes: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        let own = (0..).zip(&account.recommendations);
        let shared = (1..).map(|at: i64| -at).zip(&report.recommendations);
        for (number, it) in own.chain(shared) {
            for arn in it.reaches.iter().filter(|arn| here.contains(arn.as_str())) {
                changes.entry(arn).or_default().push(number);
            }
        }
        let mut families: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, family) in report.families.iter().enumerate() {
            let own = family.accounts.iter().filter(|it| it.account == account.summary.id);
            for arn in own.flat_map(|it| &it.principals) {
                families.entry(arn).or_default().push(number);
            }
        }
        Self { changes, families }
    }
}

fn principal(row: &PrincipalRow, of_policy: &BTreeMap<&str, usize>, reached: &Reached<'_>) -> Value {
    let effect = &row.effect;
    let status = STATUSES.iter().position(|it| *it == row.status);
    let levels = ActionLevel::ALL.iter().enumerate().fold(0_u8, |bits, (at, level)| {
        let some = effect.removed_by_level.get(level).is_some_and(|count| *count > 0);
        bits | u8::from(some) << at
    });
    let held: BTreeSet<usize> =
        row.policies.iter().filter_map(|id| of_policy.get(id.as_str()).copied()).collect();
    let empty = Vec::new();
    let mut cells = vec![
        json!(u8::from(row.kind == PrincipalKind::User)),
        json!(visible(&row.name)),
        json!(status),
        json!(effect.granted),
        json!(effect.unused),
        json!(effect.removed),
        json!(effect.risk.before),
        json!(effect.risk.after),
        json!(levels),
        json!(held),
        json!(reached.changes.get(row.arn.as_str()).unwrap_or(&empty)),
        json!(reached.families.get(row.arn.as_str()).cloned().unwrap_or_default()),
        json!(row.credentials()),
        json!(u8::from(row.emergency.is_some())),
    ];
    let place = anchor(row.kind.name(), &row.name);
    if place != format!("{}/{}", row.kind, row.name) {
        cells.push(json!(place));
    }
    Value::Array(cells)
}

/// The numbers of services, ascending, as `0-5 7`: a policy that granted everything names hundreds.
fn ranges(unused: &[UnusedService], place: &BTreeMap<&str, usize>) -> String {
    let numbers: BTreeSet<usize> =
        unused.iter().filter_map(|it| place.get(it.service_namespace.as_str()).copied()).collect();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let run = |(first, last): &(usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(" ")
}
