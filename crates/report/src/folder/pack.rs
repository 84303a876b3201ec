//! The part of a report about one owner's principals. A pack contains no data of other owners, only the number of
//! their principals.
//!
//! The content of a policy or trust policy of an owner's principal belongs to that owner, even where it names
//! others.

use std::collections::BTreeMap;

use super::owner::Own;
use leastwise_core::arn::Arn;
use leastwise_core::decide::{Escalation, PrincipalStatus, RuleCode, Severity, impersonal};
use leastwise_core::report::{
    AccountReport, AccountSummary, Coverage, EffectTotals, EscalationRow, ExceptionRow, Failed,
    FamilyAccount, FamilyRow, LeftAlone, PolicyRow, PolicyState, PrincipalRow, Recommendation, Removal,
    Report,
};

/// What a pack says of an account.
pub fn account(whole: &AccountReport, own: &Own<'_>) -> AccountReport {
    let mut pack = whole.clone();
    // The analyzer may be in the account of its administrator.
    let account = &whole.summary.id;
    let is_at_home = |arn: &String| Arn::of(arn).account == account;
    pack.summary.evidence.analyzer = pack.summary.evidence.analyzer.filter(is_at_home);
    pack.summary.evidence.other_analyzers.retain(is_at_home);
    // Only the next scan of the whole organisation uses it.
    pack.grants = None;
    // AWS's message names the principal that was denied: the scanner, from another account.
    for failed in &mut pack.summary.failures {
        (failed.failure.message, failed.failure.detail) = (None, None);
    }
    if whole.principals.iter().all(|principal| own.has(&principal.arn)) {
        return pack;
    }
    pack.principals.retain(|principal| own.has(&principal.arn));
    pack.policies = pack
        .policies
        .into_iter()
        .filter_map(|it| policy(it, own))
        .collect();
    let removals = removals(&pack.principals);
    let recommendations = pack.recommendations.into_iter().map(|it| share(it, &removals));
    pack.recommendations = recommendations.filter_map(|it| change(it, own)).collect();
    // Alternatives and their figures concern all affected principals.
    pack.alternatives = pack
        .alternatives
        .into_iter()
        .filter_map(|it| change(it, own))
        .collect();
    pack.left_alone = pack
        .left_alone
        .into_iter()
        .filter_map(|it| left_alone(it, own))
        .collect();
    pack.trials
        .iter_mut()
        .for_each(|it| it.principals.retain(|arn| own.has(arn)));
    pack.trials.retain(|it| !it.principals.is_empty());
    summarise(&mut pack, own);
    pack
}

/// Summarises the owner's share of the account.
fn summarise(pack: &mut AccountReport, own: &Own<'_>) {
    let summary = &mut pack.summary;
    let is_told = |failed: &Failed| failed.principal.as_deref().is_none_or(|arn| own.has(arn));
    summary.failures.retain(is_told);
    if summary.coverage == Coverage::Partial && summary.failures.is_empty() {
        summary.coverage = Coverage::Complete;
    }
    pack.summary = counted(&pack.summary, pack);
}

/// The account in short, with all that can be counted counted again.
pub fn counted(summary: &AccountSummary, account: &AccountReport) -> AccountSummary {
    let AccountReport {
        principals,
        recommendations,
        left_alone,
        ..
    } = account;
    let in_status = |status| principals.iter().filter(|it| it.status == status).count();
    let statuses = PrincipalStatus::ALL.iter().map(|it| (*it, in_status(*it)));
    let mut effect = EffectTotals::default();
    principals.iter().for_each(|it| effect.add(&it.effect));
    AccountSummary {
        statuses: statuses.collect(),
        principals: principals.len(),
        recommendations: recommendations.len(),
        credentials: principals.iter().map(PrincipalRow::credentials).sum(),
        left_alone: left_alone.len(),
        effect,
        ..summary.clone()
    }
}

/// Leaves of a list of principals the owner's, and counts the others.
fn reached(reaches: &mut Vec<String>, others: &mut usize, own: &Own<'_>) {
    let before = reaches.len();
    reaches.retain(|arn| own.has(arn));
    *others += before - reaches.len();
}

fn policy(mut it: PolicyRow, own: &Own<'_>) -> Option<PolicyRow> {
    reached(&mut it.reaches, &mut it.others, own);
    if it.reaches.is_empty() {
        return None;
    }
    it.holders
        .retain(|holder| own.is_holder(holder.kind, &holder.name));
    Some(it)
}

/// What changes take from some principals, by the change's id.
pub fn removals(principals: &[PrincipalRow]) -> BTreeMap<String, Removal> {
    let mut all: BTreeMap<String, Removal> = BTreeMap::new();
    for (change, removal) in principals.iter().flat_map(|it| &it.removals) {
        *all.entry(change.clone()).or_default() += *removal;
    }
    all
}

/// With what it takes from the owner's principals.
fn share(mut it: Recommendation, removals: &BTreeMap<String, Removal>) -> Recommendation {
    let removal = removals.get(&it.id).copied().unwrap_or_default();
    (it.permissions_removed, it.impact.risk) = (removal.permissions, removal.risk);
    it
}

fn change(mut it: Recommendation, own: &Own<'_>) -> Option<Recommendation> {
    let hands: Vec<_> = own.hands(&it).into_iter().cloned().collect();
    reached(&mut it.reaches, &mut it.others, own);
    if it.reaches.is_empty() {
        return None;
    }
    if it.others > 0 {
        // The status may be that of another owner's principal.
        it.since = None;
        // What some of the others use is not this owner's to know.
        it.used.clear();
        // The last use may be another owner's, and a reason may contain another owner's tag or date.
        it.unused
            .iter_mut()
            .for_each(|service| service.last_accessed = None);
        it.confidence
            .reasons
            .iter_mut()
            .for_each(|reason| reason.why = impersonal(reason.code));
        it.flapping.iter_mut().for_each(|action| action.last_used.clear());
        // The code is theirs as well.
        it.code = None;
        hide_paths(&mut it);
    }
    it.code_owners.retain(|owner| {
        owner
            .holder
            .as_ref()
            .is_none_or(|it| own.is_holder(it.kind, &it.name))
    });
    if let Some(first) = hands.first() {
        // The change is named after the first principal whose attachment changes.
        (it.holder_kind, it.holder, it.files) = (first.kind, first.name.clone(), first.files.clone());
    }
    it.holders = hands;
    Some(it)
}

/// A path of several actions may be open to one of the others by another policy, which is not this owner's to know. A path of one
/// action lies in the policy itself.
fn hide_paths(it: &mut Recommendation) {
    let single = |row: &EscalationRow| {
        Escalation::all()
            .iter()
            .find(|it| it.is_single() && it.name() == row.actions)
    };
    it.impact.escalations.retain(|row| single(row).is_some());
    let left: Vec<&Escalation> = it.impact.escalations.iter().filter_map(single).collect();
    let levels = it.impact.by_level.iter().filter(|(_, count)| **count > 0);
    let known = levels.map(|(level, _)| Severity::of_level(level.in_catalog()));
    it.impact.severity = it
        .impact
        .severity
        .min(known.fold(Severity::of_escalations(&left), Severity::max));
}

fn left_alone(mut it: LeftAlone, own: &Own<'_>) -> Option<LeftAlone> {
    reached(&mut it.reaches, &mut it.others, own);
    it.blockers.retain(|arn| own.has(arn));
    it.why = why(it.code, it.why, it.others);
    (!it.reaches.is_empty()).then_some(it)
}

/// Why a policy is not changed. With low confidence, this includes the first reason, which may concern
/// another owner's principal.
fn why(code: PolicyState, why: String, others: usize) -> String {
    match code {
        PolicyState::Blocked if others > 0 => {
            "also attached to principals of other owners that are treated as using everything".to_owned()
        }
        PolicyState::NotSureEnough if others > 0 => "confidence is lower than `min-confidence`".to_owned(),
        _ => why,
    }
}

/// The changes for several accounts in a pack: families with their recommendations. `removals` has what each
/// change removes from the pack's principals, by account.
pub fn families(
    whole: &Report,
    own: &Own<'_>,
    removals: &BTreeMap<String, BTreeMap<String, Removal>>,
) -> (Vec<FamilyRow>, Vec<Recommendation>) {
    let mut together: BTreeMap<String, Removal> = BTreeMap::new();
    for (change, removal) in removals.values().flatten() {
        *together.entry(change.clone()).or_default() += *removal;
    }
    let rows = whole.families.iter().filter_map(|family| {
        let here = |it: &FamilyAccount| {
            let mut it = it.clone();
            it.principals.retain(|arn| own.has(arn));
            it.removal = removals
                .get(&it.account)
                .and_then(|all| all.get(&family.id))
                .copied()
                .unwrap_or_default();
            (!it.principals.is_empty()).then_some(it)
        };
        let all: usize = family.accounts.iter().map(|it| it.principals.len()).sum();
        let accounts: Vec<FamilyAccount> = family.accounts.iter().filter_map(here).collect();
        let told: usize = accounts.iter().map(|it| it.principals.len()).sum();
        let blockers = family.blockers.iter().filter(|it| own.has(it)).cloned().collect();
        let others = family.others + all - told;
        let why = why(family.code, family.why.clone(), others);
        let trial = family.trial.clone().filter(|_| others == 0);
        let row = FamilyRow {
            accounts,
            blockers,
            others,
            why,
            trial,
            ..family.clone()
        };
        (told > 0).then_some(row)
    });
    let changes = whole
        .recommendations
        .iter()
        .filter_map(|it| change(share(it.clone(), &together), own));
    (rows.collect(), changes.collect())
}

/// The rules that except some of a pack's principals. `covered` has the number of principals of each rule, by
/// ID.
pub fn exceptions(whole: &Report, covered: &BTreeMap<String, usize>) -> Vec<ExceptionRow> {
    let rows = whole.exceptions.iter().filter_map(|rule| {
        let principals = *covered.get(&rule.id)?;
        // Its effects elsewhere are in other packs.
        let mut row = ExceptionRow {
            principals,
            policies: 0,
            actions: 0,
            ..rule.clone()
        };
        row.states
            .retain(|it| matches!(it.code, RuleCode::Active | RuleCode::Expired | RuleCode::Expiring));
        Some(row)
    });
    rows.collect()
}

/// How many principals each rule leaves as they are, by its id.
pub fn covered(principals: &[PrincipalRow], into: &mut BTreeMap<String, usize>) {
    for rule in principals.iter().filter_map(|it| it.rule.as_ref()) {
        *into.entry(rule.clone()).or_default() += 1;
    }
}
