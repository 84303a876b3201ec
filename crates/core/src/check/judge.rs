//! What follows from AWS's answers.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::{AwsAdvice, CheckDecision, FindingLevel, PolicyFinding, PolicyOpinion};
use super::plan::Simulation;
use crate::catalog::{Catalog, Permissions};
use crate::evidence::{Failure, FailureKind, clean_message};
use crate::policy::{Document, parse_all};
use crate::report::{CheckKind, CheckOutcome, CheckRemark, CheckRow, UnusedService};

/// How many actions and remarks a row names.
const NAMED: usize = 20;

/// A question without an answer. If AWS rejected the question itself, asking again is useless, so the result
/// is undecided.
pub fn failed(check: CheckKind, failure: Failure) -> CheckRow {
    let is_refused = failure.kind == FailureKind::Malformed && failure.code.is_some();
    let outcome = if is_refused {
        CheckOutcome::Undecided
    } else {
        CheckOutcome::NotAsked
    };
    if !is_refused {
        return CheckRow {
            failure: Some(failure),
            ..row(check, outcome)
        };
    }
    let words = failure
        .words()
        .map(std::borrow::Cow::into_owned)
        .unwrap_or_default();
    let remark = remark(
        false,
        words,
        "AWS cannot decide this, so it neither confirms nor disputes the proof",
    );
    CheckRow {
        remarks: vec![remark],
        ..row(check, outcome)
    }
}

/// A question that has not been asked yet.
pub fn not_asked(check: CheckKind) -> CheckRow {
    row(check, CheckOutcome::NotAsked)
}

/// Not asked, or not everything, as that would cost too much.
pub fn over_budget(check: CheckKind, compared: usize, unpaid_calls: u64) -> CheckRow {
    CheckRow {
        compared,
        unpaid_calls,
        ..row(check, CheckOutcome::OverBudget)
    }
}

/// Of the findings on the policy before and on those after. A finding that both have is not the change's.
pub fn validated(before: &[PolicyFinding], after: &[Vec<PolicyFinding>]) -> CheckRow {
    let had: BTreeSet<(FindingLevel, &str)> = before.iter().map(|it| (it.level, it.code.as_str())).collect();
    let mut seen = BTreeSet::new();
    let mut new: Vec<&PolicyFinding> = after
        .iter()
        .flatten()
        .filter(|it| !had.contains(&(it.level, it.code.as_str())))
        .filter(|it| seen.insert((it.level, it.code.as_str(), it.details.as_str())))
        .collect();
    new.sort_by_key(|it| (it.level, &it.code, &it.details));
    let remarks: Vec<CheckRemark> = new
        .into_iter()
        .take(NAMED)
        .map(|it| {
            let words = format!("{} {}: {}", it.level.name(), it.code, it.details);
            let disputes = it.level == FindingLevel::Error;
            remark(
                disputes,
                words,
                "the current policy does not have this finding; the proof compares what the two policies grant, not how \
                 they are written",
            )
        })
        .collect();
    judged(CheckKind::ValidatePolicy, after.len(), remarks)
}

/// Of the decisions under the policy before and the policies after, for each simulation.
pub fn simulated(asked: &[(Simulation, Vec<CheckDecision>, Vec<CheckDecision>)]) -> CheckRow {
    let (mut compared, mut not_comparable) = (0, 0);
    let (mut denied, mut allowed) = (Vec::new(), Vec::new());
    let mut missing = BTreeSet::new();
    for (simulation, before, after) in asked {
        let (before, after) = (by_action(before), by_action(after));
        let of = |decisions: &BTreeMap<String, &CheckDecision>, action: &str| {
            decisions
                .get(&action.to_ascii_lowercase())
                .map(|decision| decision.is_allowed)
        };
        for action in &simulation.kept {
            match (of(&before, action), of(&after, action)) {
                (Some(true), Some(true)) => compared += 1,
                (Some(true), Some(false)) => denied.push(action.clone()),
                _ => not_comparable += 1,
            }
        }
        for action in &simulation.removed {
            match (of(&before, action), of(&after, action)) {
                (_, Some(true)) => allowed.push(action.clone()),
                (Some(true), Some(false)) => compared += 1,
                // It may be the missing context that denies it, and not the change.
                _ => not_comparable += 1,
            }
        }
        let all = before.values().chain(after.values());
        missing.extend(all.flat_map(|decision| decision.missing.iter().cloned()));
    }
    compared += denied.len() + allowed.len();
    let mut remarks = Vec::new();
    if !denied.is_empty() {
        let words = "the current policy allows these actions, the reduced policy does not";
        remarks.push(about(
            true,
            words,
            "the proof says that both policies allow them",
            denied,
        ));
    }
    if !allowed.is_empty() {
        let words = "the reduced policy allows these actions";
        remarks.push(about(
            true,
            words,
            "the proof says that the reduced policy does not allow them",
            allowed,
        ));
    }
    if not_comparable > 0 && !missing.is_empty() {
        let keys: Vec<String> = missing.into_iter().take(NAMED).collect();
        let words = format!(
            "the result depends on condition keys without a value: {}",
            keys.join(", ")
        );
        remarks.push(remark(
            false,
            clean_message(&words).unwrap_or_default(),
            "the change keeps every condition as it is, so this disputes nothing",
        ));
    }
    let row = judged(CheckKind::Simulate, compared, remarks);
    let outcome = match row.outcome {
        CheckOutcome::Disputes => CheckOutcome::Disputes,
        _ if compared == 0 => CheckOutcome::Undecided,
        _ => CheckOutcome::Agrees,
    };
    CheckRow {
        outcome,
        not_comparable,
        ..row
    }
}

/// Of what `CheckNoNewAccess` says to each document.
pub fn no_new_access(opinions: &[PolicyOpinion]) -> CheckRow {
    let fails = opinions.iter().filter(|it| !it.passes);
    let remarks = fails.map(|it| {
        let ours =
            "the proof says that the reduced policy allows nothing that the current policy does not allow";
        remark(true, it.words.clone(), ours)
    });
    judged(CheckKind::NoNewAccess, opinions.len(), remarks.collect())
}

/// Of what `CheckAccessNotGranted` says to each batch of removed actions.
pub fn not_granted(opinions: &[(&[String], PolicyOpinion)]) -> CheckRow {
    let fails = opinions.iter().filter(|(_, it)| !it.passes);
    let remarks = fails.map(|(actions, it)| {
        let ours = "the proof says that the reduced policy grants none of these actions";
        about(true, &it.words, ours, actions.to_vec())
    });
    let compared = opinions.iter().map(|(actions, _)| actions.len()).sum();
    judged(CheckKind::AccessNotGranted, compared, remarks.collect())
}

/// Of what AWS recommends to the principals that a change reaches, action by action. None where there is no recommendation.
///
/// AWS keeps an action by name, or by a wildcard. If the usage data names an action as unused and AWS's wildcard covers it all
/// the same, AWS has only written it shorter than it might.
pub fn advised(
    catalog: &Catalog,
    before: &Document<'_>,
    after: &[Document<'_>],
    unused: &[UnusedService],
    advice: &[AwsAdvice],
) -> Option<CheckRow> {
    let granted = Permissions::allowed_by(catalog, before);
    let without = |documents: &[Document<'_>]| {
        let mut lost = granted.clone();
        documents
            .iter()
            .for_each(|document| lost.subtract(&Permissions::allowed_by(catalog, document)));
        lost
    };
    let ours = without(after);
    let mut remarks = Vec::new();
    let (mut compared, mut unreadable) = (0, 0);
    for one in advice {
        let parsed: Result<Vec<_>, _> = one.instead.iter().map(|text| parse_all(text)).collect();
        let Ok(parsed) = parsed else {
            unreadable += 1;
            let aws = format!("the recommendation for {} cannot be read", one.principal);
            remarks.push(remark(false, aws, "nothing of it was compared"));
            continue;
        };
        compared += 1;
        let instead: Vec<Document<'_>> = parsed.into_iter().flatten().collect();
        let theirs = without(&instead);
        let (mut kept, mut only_theirs) = (ours.clone(), theirs.clone());
        kept.subtract(&theirs);
        only_theirs.subtract(&ours);
        let written = Literals::of(&instead);
        let (named, other): (Vec<String>, Vec<String>) = full_names(&kept)
            .into_iter()
            .partition(|action| is_named(unused, action) && !written.has(action));
        let who = &one.principal;
        if !other.is_empty() {
            let aws = format!("the recommendation for {who} keeps these actions");
            remarks.push(about(
                true,
                &aws,
                "the usage data counts them as unused, so the change removes them",
                other,
            ));
        }
        if !named.is_empty() {
            let aws = format!("the recommendation for {who} keeps these actions, through a wildcard");
            let ours = "the usage data names them as unused, so the change removes them";
            remarks.push(about(false, &aws, ours, named));
        }
        let more = full_names(&only_theirs);
        if !more.is_empty() {
            let aws = format!("the recommendation for {who} removes these actions as well");
            remarks.push(about(false, &aws, "the change keeps them", more));
        }
    }
    let mut row = judged(CheckKind::Recommendation, compared, remarks);
    if unreadable > 0 && row.outcome != CheckOutcome::Disputes {
        row.outcome = CheckOutcome::Undecided;
    }
    (compared + unreadable > 0).then_some(row)
}

/// The actions that documents write out in full.
struct Literals(BTreeSet<String>);

impl Literals {
    fn of(documents: &[Document<'_>]) -> Self {
        let statements = documents.iter().flat_map(|document| &document.statements);
        let patterns = statements.flat_map(|statement| &statement.clause.patterns);
        Self(
            patterns
                .map(|pattern| pattern.text().to_ascii_lowercase())
                .collect(),
        )
    }

    fn has(&self, action: &str) -> bool {
        self.0.contains(&action.to_ascii_lowercase())
    }
}

/// Whether the usage data names the action itself, and not only its service.
fn is_named(unused: &[UnusedService], action: &str) -> bool {
    let (prefix, name) = action.split_once(':').unwrap_or((action, ""));
    let mut services = unused
        .iter()
        .filter(|it| it.service_namespace.eq_ignore_ascii_case(prefix));
    services.any(|service| {
        service
            .actions
            .iter()
            .flatten()
            .any(|known| known.eq_ignore_ascii_case(name))
    })
}

fn full_names(set: &Permissions<'_>) -> Vec<String> {
    set.iter()
        .map(|(service, name, _)| format!("{service}:{name}"))
        .collect()
}

fn by_action(decisions: &[CheckDecision]) -> BTreeMap<String, &CheckDecision> {
    decisions
        .iter()
        .map(|decision| (decision.action.to_ascii_lowercase(), decision))
        .collect()
}

fn row(check: CheckKind, outcome: CheckOutcome) -> CheckRow {
    CheckRow {
        check,
        outcome,
        compared: 0,
        not_comparable: 0,
        unpaid_calls: 0,
        remarks: Vec::new(),
        failure: None,
    }
}

fn judged(check: CheckKind, compared: usize, remarks: Vec<CheckRemark>) -> CheckRow {
    let outcome = match remarks.iter().map(|it| it.disputes).max() {
        Some(true) => CheckOutcome::Disputes,
        Some(false) => CheckOutcome::Differs,
        None => CheckOutcome::Agrees,
    };
    CheckRow {
        compared,
        remarks,
        ..row(check, outcome)
    }
}

fn remark(disputes: bool, aws: String, leastwise: &str) -> CheckRemark {
    CheckRemark {
        disputes,
        aws,
        leastwise: leastwise.to_owned(),
        actions: Vec::new(),
        more: 0,
    }
}

fn about(disputes: bool, aws: &str, leastwise: &str, mut actions: Vec<String>) -> CheckRemark {
    let more = actions.len().saturating_sub(NAMED);
    actions.truncate(NAMED);
    CheckRemark {
        actions,
        more,
        ..remark(disputes, aws.to_owned(), leastwise)
    }
}
