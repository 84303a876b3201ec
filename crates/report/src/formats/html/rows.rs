//! The rows of the table of all principals, as compact JSON that the index's script reads.
//!
//! An account is one element: its policies' kinds and states, its changes with confidence, services and actions, and a row
//! for each principal that names them by number. Changes that are decided for many accounts stand once at the beginning, and
//! a row names the first of them as -1, the second as -2.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::owners::Owners;
use super::text::{anchor, in_script};
use super::words::STATUSES;
use super::{sentence, severity};
use crate::formats::weight;
use leastwise_core::arn::Arn;
use leastwise_core::decide::PolicyKind;
use leastwise_core::inventory::PrincipalKind;
use leastwise_core::report::{
    AccountReport, ActionLevel, PolicyState, PrincipalRow, Recommendation, Report, UnusedService,
};
use leastwise_core::visible::visible;

/// How the filter calls those without an owner. No tag has a line's end.
pub(super) const NOBODY: &str = "(none)";

/// What comes before the accounts.
pub(super) fn head(report: &Report) -> String {
    let statuses: Vec<_> = STATUSES.iter().map(|it| json!([it, it.title()])).collect();
    let not_covered = sentence::NOT_COVERED;
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
            let actions: Vec<_> = it.unused.iter().flat_map(names).collect();
            with_ready(json!([visible(&it.id), it.confidence.level, services, actions]), it)
        })
        .collect();
    let severities: Vec<_> = severity::SCALE.iter().map(|(it, _)| json!([it.name(), it.title()])).collect();
    let head = json!({
        "statuses": statuses, "notCovered": not_covered, "nobody": NOBODY, "levels": levels, "severities": severities, "families": families, "shared": shared,
        "partition": visible(&report.partition),
    });
    let head = head.to_string();
    // The list of accounts comes part by part, and the end closes it.
    format!("{},\"accounts\":[\n", in_script(head.strip_suffix('}').unwrap_or(&head)))
}

/// One account.
pub(super) fn account(report: &Report, account: &AccountReport, owners: &Owners) -> String {
    let id = &account.summary.id;
    let services: BTreeSet<&str> = account
        .recommendations
        .iter()
        .flat_map(|it| it.unused.iter().map(|it| it.service_namespace.as_str()))
        .collect();
    let place: BTreeMap<&str, usize> = services.iter().copied().zip(0..).collect();
    let actions: BTreeSet<String> =
        account.recommendations.iter().flat_map(|it| it.unused.iter().flat_map(names)).collect();
    let place_of_action: BTreeMap<&String, usize> = actions.iter().zip(0..).collect();
    let change = |it: &Recommendation| {
        let short = it.id.strip_prefix(id.as_str()).and_then(|rest| rest.strip_prefix('/'));
        // One that does not begin with its account's id is told by a space before it.
        let short = short.map_or_else(|| format!(" {}", it.id), str::to_owned);
        let own = it.unused.iter().filter_map(|it| place.get(it.service_namespace.as_str()).copied());
        let lost = it.unused.iter().flat_map(names).filter_map(|name| place_of_action.get(&name).copied());
        with_ready(json!([visible(&short), it.confidence.level, ranges(own), ranges(lost)]), it)
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
    let policy_names: BTreeSet<&str> = account.policies.iter().map(|it| it.name.as_str()).collect();
    let place_of_name: BTreeMap<&str, usize> = policy_names.iter().copied().zip(0..).collect();
    let name_of: BTreeMap<&str, usize> = account
        .policies
        .iter()
        .filter_map(|it| Some((it.id.as_str(), *place_of_name.get(it.name.as_str())?)))
        .collect();
    let all_owners: BTreeSet<&str> = account.principals.iter().filter_map(|it| owners.of(it)).collect();
    let place_of_owner: BTreeMap<&str, usize> = all_owners.iter().copied().zip(0..).collect();
    let reached = Reached::of(report, account);
    let row = |row| {
        let mut cells = principal(row, &of_policy, &reached);
        let held: BTreeSet<usize> =
            row.policies.iter().filter_map(|id| name_of.get(id.as_str()).copied()).collect();
        cells.push(json!(owners.of(row).and_then(|owner| place_of_owner.get(owner))));
        cells.push(json!(severity::place(weight::of_principal(row))));
        cells.push(json!(ranges(held)));
        let tags = row.tags.iter().map(|(key, value)| format!("{key}={value}"));
        cells.push(json!(visible(&tags.collect::<Vec<_>>().join(" "))));
        cells.push(json!(visible(path(&row.arn))));
        let place = anchor(row.kind.name(), &row.name);
        if place != format!("{}/{}", row.kind, row.name) {
            cells.push(json!(place));
        }
        Value::Array(cells)
    };
    let rows: Vec<Value> = account.principals.iter().map(row).collect();
    let element = json!({
        "id": visible(id),
        "name": visible(&account.summary.name),
        "policies": numbered.iter().map(|((kind, state), _)| json!([kind, state])).collect::<Vec<_>>(),
        "services": services.iter().map(|it| visible(it)).collect::<Vec<_>>(),
        "actions": by_service(&actions),
        "names": policy_names.iter().map(|it| visible(it)).collect::<Vec<_>>(),
        "owners": all_owners.iter().map(|it| visible(it)).collect::<Vec<_>>(),
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

fn principal(row: &PrincipalRow, of_policy: &BTreeMap<&str, usize>, reached: &Reached<'_>) -> Vec<Value> {
    let effect = &row.effect;
    let status = STATUSES.iter().position(|it| *it == row.status);
    let levels = ActionLevel::ALL.iter().enumerate().fold(0_u8, |bits, (at, level)| {
        let some = effect.removed_by_level.get(level).is_some_and(|count| *count > 0);
        bits | u8::from(some) << at
    });
    let held: BTreeSet<usize> =
        row.policies.iter().filter_map(|id| of_policy.get(id.as_str()).copied()).collect();
    let empty = Vec::new();
    vec![
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
    ]
}

/// The path of a principal, where it is not the root.
fn path(arn: &str) -> &str {
    let resource = Arn::of(arn).resource;
    let below = resource.split_once('/').map_or("", |(_, below)| below);
    below.rsplit_once('/').map_or("", |(path, _)| path)
}

/// The names of what is unused of a service.
fn names(service: &UnusedService) -> Vec<String> {
    let names = service.actions.iter().flatten();
    names.map(|action| format!("{}:{action}", service.service_namespace)).collect()
}

/// How many characters a name shares with the one before, in the digits that the page reads.
const DIGITS: [char; 36] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k',
    'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z',
];

/// Names in their order, each service once, each name behind a digit that says how much it shares with the one before:
/// `s3 0GetObject 9Acl`. They are most of the page.
fn by_service(actions: &BTreeSet<String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let (mut last, mut before) = ("", String::new());
    for (service, name) in actions.iter().filter_map(|it| it.split_once(':')) {
        if service != last {
            all.push(visible(service).into_owned());
            (last, before) = (service, String::new());
        }
        // A space parts names.
        let name = visible(name).replace(' ', "_");
        let same = before.bytes().zip(name.bytes()).take_while(|(a, b)| a == b && a.is_ascii());
        let (digit, same) = DIGITS.iter().zip(0..=same.count()).last().unwrap_or((&'0', 0));
        if let Some(line) = all.last_mut() {
            line.extend([' ', *digit]);
            line.push_str(name.get(same..).unwrap_or_default());
        }
        before = name;
    }
    all
}

/// Numbers, ascending, as `0-5 7`: a policy that granted everything names hundreds.
fn ranges(numbers: impl IntoIterator<Item = usize>) -> String {
    let numbers: BTreeSet<usize> = numbers.into_iter().collect();
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
