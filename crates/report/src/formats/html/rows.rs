//! Rows of the table of all principals, as compact JSON for the script of the index.
//!
//! Each account is one element: the kinds and states of its policies, its changes with confidence and what they
//! remove, and one row for each principal that refers to them by number. Changes to several accounts are listed
//! once at the beginning; rows refer to the first as -1, to the second as -2.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::owners::Owners;
use super::text::{anchor, change_anchor, in_script};
use super::words::STATUSES;
use super::{sentence, severity};
use crate::formats::weight;
use leastwise_core::arn::Arn;
use leastwise_core::catalog::Catalog;
use leastwise_core::decide::PolicyKind;
use leastwise_core::inventory::PrincipalKind;
use leastwise_core::report::{
    AccountReport, ActionLevel, PolicyState, PrincipalRow, Recommendation, Report, UnusedService,
};
use leastwise_core::visible::visible;

/// Filter value for principals without an owner. No tag contains a line feed.
pub(super) const NOBODY: &str = "(none)";

/// What comes before the accounts.
pub(super) fn head(report: &Report) -> String {
    let statuses: Vec<_> = STATUSES.iter().map(|it| json!([it, it.title()])).collect();
    let not_covered = sentence::NOT_COVERED;
    let levels: Vec<_> = ActionLevel::ALL
        .iter()
        .map(|it| json!([it, it.title()]))
        .collect();
    let families: Vec<_> = report
        .families
        .iter()
        .map(|it| {
            json!([
                visible(&it.id),
                visible(&format!("{} {} / {}", it.kind, it.name, it.policy))
            ])
        })
        .collect();
    let shared: Vec<_> = report
        .recommendations
        .iter()
        .map(|it| change(it, &visible(&it.id)))
        .collect();
    let severities: Vec<_> = severity::SCALE
        .iter()
        .map(|(it, _)| json!([it.name(), it.title()]))
        .collect();
    let head = json!({
        "statuses": statuses, "notCovered": not_covered, "nobody": NOBODY, "levels": levels, "severities": severities, "families": families, "shared": shared,
        "partition": visible(&report.partition),
    });
    let head = head.to_string();
    // The list of accounts is written in parts; `end` closes it.
    format!(
        "{},\"accounts\":[\n",
        in_script(head.strip_suffix('}').unwrap_or(&head))
    )
}

/// One account.
pub(super) fn account(report: &Report, account: &AccountReport, owners: &Owners) -> String {
    let id = &account.summary.id;
    let change = |it: &Recommendation| {
        let short = it
            .id
            .strip_prefix(id.as_str())
            .and_then(|rest| rest.strip_prefix('/'));
        // A space marks an ID that does not begin with the account ID.
        change(
            it,
            &short.map_or_else(|| format!(" {}", visible(&it.id)).into(), visible),
        )
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
    let reached = ReachIndex::of(report, account);
    let row = |row| {
        let mut cells = principal(row, &of_policy, &reached);
        let held: BTreeSet<usize> = row
            .policies
            .iter()
            .filter_map(|id| name_of.get(id.as_str()).copied())
            .collect();
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
        "ou": account.summary.ou().map(visible),
        "policies": numbered.iter().map(|((kind, state), _)| json!([kind, state])).collect::<Vec<_>>(),
        "names": policy_names.iter().map(|it| visible(it)).collect::<Vec<_>>(),
        "owners": all_owners.iter().map(|it| visible(it)).collect::<Vec<_>>(),
        "changes": account.recommendations.iter().map(change).collect::<Vec<_>>(),
        "rows": rows,
    });
    in_script(&element.to_string())
}

/// A change: its ID, its confidence, what it removes, whether it is ready (if that is asked for), and its anchor
/// unless the ID spells it.
fn change(it: &Recommendation, id: &str) -> Value {
    let place = change_anchor(&it.id);
    let place = (place != format!("change/{}", it.id)).then_some(place);
    let mut cells = vec![json!(id), json!(it.confidence.level), json!(lost(it))];
    if it.ready.is_some() || place.is_some() {
        cells.push(json!(it.ready.map(u8::from)));
    }
    cells.extend(place.map(|it| json!(it)));
    Value::Array(cells)
}

/// Which changes affect which principal.
struct ReachIndex<'r> {
    changes: BTreeMap<&'r str, Vec<i64>>,
    families: BTreeMap<&'r str, Vec<usize>>,
}

impl<'r> ReachIndex<'r> {
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
            let own = family
                .accounts
                .iter()
                .filter(|it| it.account == account.summary.id);
            for arn in own.flat_map(|it| &it.principals) {
                families.entry(arn).or_default().push(number);
            }
        }
        Self { changes, families }
    }
}

fn principal(row: &PrincipalRow, of_policy: &BTreeMap<&str, usize>, reached: &ReachIndex<'_>) -> Vec<Value> {
    let effect = &row.effect;
    let status = STATUSES.iter().position(|it| *it == row.status);
    let levels = ActionLevel::ALL
        .iter()
        .enumerate()
        .fold(0_u8, |bits, (at, level)| {
            let some = effect.removed_by_level.get(level).is_some_and(|count| *count > 0);
            bits | u8::from(some) << at
        });
    let held: BTreeSet<usize> = row
        .policies
        .iter()
        .filter_map(|id| of_policy.get(id.as_str()).copied())
        .collect();
    let empty = Vec::new();
    vec![
        json!(u8::from(row.kind == PrincipalKind::User)),
        json!(visible(&row.name)),
        json!(status),
        json!(effect.granted),
        json!(row.has_usage().then_some(effect.unused)),
        json!(effect.removed),
        json!(effect.risk.before),
        json!(effect.risk.after),
        json!(levels),
        json!(held),
        json!(reached.changes.get(row.arn.as_str()).unwrap_or(&empty)),
        json!(
            reached
                .families
                .get(row.arn.as_str())
                .cloned()
                .unwrap_or_default()
        ),
        json!(row.credentials()),
        json!(u8::from(row.emergency.is_some())),
    ]
}

/// The path of a principal, unless it is the root.
fn path(arn: &str) -> &str {
    let resource = Arn::of(arn).resource;
    let below = resource.split_once('/').map_or("", |(_, below)| below);
    below.rsplit_once('/').map_or("", |(path, _)| path)
}

/// Index of each action in the page's list of its service.
static PLACES: LazyLock<BTreeMap<&str, BTreeMap<&str, usize>>> = LazyLock::new(|| {
    let mut places: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for action in Catalog::embedded().actions() {
        let names = places.entry(action.service).or_default();
        names.insert(action.name, names.len());
    }
    places
});

/// What a change removes, such as `ec2,s3:0-5 7 +Unheard`: a whole service, or actions by index, and by name if
/// they have none. Names would take most of the space, so the page has each only once.
fn lost(it: &Recommendation) -> String {
    let service = |it: &UnusedService| {
        let prefix = word(&it.service_namespace);
        let Some(actions) = &it.actions else { return prefix };
        let known = PLACES.get(it.service_namespace.as_str());
        let place = |name: &String| known.and_then(|names| names.get(name.as_str())).copied();
        let unheard = actions
            .iter()
            .filter(|name| place(name).is_none())
            .map(|name| format!("+{}", word(name)));
        let places = ranges(actions.iter().filter_map(place));
        let all: Vec<String> = Some(places)
            .filter(|it| !it.is_empty())
            .into_iter()
            .chain(unheard)
            .collect();
        format!("{prefix}:{}", all.join(" "))
    };
    it.unused.iter().map(service).collect::<Vec<_>>().join(",")
}

/// A name without the characters that separate names.
fn word(name: &str) -> String {
    visible(name).replace([' ', ',', ':'], "_")
}

/// Lists of actions, for services of which individual actions are removed.
pub(super) fn names(services: &BTreeSet<String>) -> String {
    let wanted: BTreeMap<&str, String> = services
        .iter()
        .filter_map(|service| {
            let (service, names) = PLACES.get_key_value(service.as_str())?;
            let mut names: Vec<(&usize, &str)> = names.iter().map(|(name, place)| (place, *name)).collect();
            names.sort_unstable();
            Some((
                *service,
                names
                    .into_iter()
                    .map(|(_, name)| name)
                    .collect::<Vec<_>>()
                    .join(" "),
            ))
        })
        .collect();
    in_script(&json!(wanted).to_string())
}

/// Ascending numbers such as `0-5 7`, because a policy that granted everything would list hundreds.
fn ranges(numbers: impl IntoIterator<Item = usize>) -> String {
    let numbers: BTreeSet<usize> = numbers.into_iter().collect();
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let run = |(first, last): &(usize, usize)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    };
    runs.iter().map(run).collect::<Vec<_>>().join(" ")
}
