//! One account, ready to be decided on: what is there, what is known, where each principal stands.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Terms;
use crate::aws::{Answers, Evidence};
use crate::catalog::Catalog;
use crate::decide::{
    AccountExceptions, Circumstances, Confidence, Facts, Grain, Level, Needs, Origin, Source, Standing,
    Usage, Wants, standings,
};
use crate::evidence::{Failure, Known, join};
use crate::inventory::Inventory;
use crate::inventory::wire::Account;

/// See the module.
#[derive(Debug)]
pub struct Prepared {
    pub(super) inventory: Inventory,
    pub(super) evidence: Result<Evidence, Failure>,
    /// What is known of each principal, by ARN.
    pub(super) known: BTreeMap<String, Known>,
    /// The newest day on which the use of one of them was looked at.
    evaluated: Option<String>,
    /// In the order of the inventory's principals.
    pub(super) standings: Vec<Standing>,
}

impl Prepared {
    /// Joins what was answered about an account.
    ///
    /// # Errors
    /// Why its principals and policies could not be read.
    pub fn of(account: &Account, answers: Answers, terms: Terms<'_>) -> Result<Self, Failure> {
        let Answers { authorization, evidence } = answers;
        let inventory = Inventory::new(account.clone(), authorization?);
        let known = evidence.as_ref().map_or_else(
            |_| BTreeMap::new(),
            |evidence| join(&evidence.findings, &evidence.last_accessed, terms.window_days),
        );
        let evaluated = known.values().filter_map(|known| known.analyzed_at.as_ref()).max().cloned();
        let mut prepared = Self { inventory, evidence, known, evaluated, standings: Vec::new() };
        let rules = terms.exceptions.of(&prepared.inventory);
        let around = Circumstances {
            source: prepared.source(terms),
            as_of: terms.as_of,
            oldest_days: terms.oldest_days,
            excluded: &|principal| rules.principal(principal),
        };
        let standings = standings(&prepared.inventory, &prepared.known, &around);
        prepared.standings = standings;
        Ok(prepared)
    }

    /// The account's id.
    pub fn account(&self) -> &str {
        &self.inventory.account.id
    }

    /// Where the account's evidence comes from.
    pub(super) fn source(&self, terms: Terms<'_>) -> Source<'_> {
        match &self.evidence {
            Err(failure) => Source::Failed(failure),
            Ok(evidence) => match &evidence.analyzer {
                // An analyzer without a window cannot be: ninety days is what AWS sets when nobody chooses.
                Some(analyzer) => {
                    Source::Analyzer { analyzer, window_days: analyzer.window_days().unwrap_or(90) }
                }
                None if !evidence.last_accessed.is_empty() => {
                    Source::LastAccessed { window_days: terms.window_days }
                }
                None => Source::None,
            },
        }
    }

    /// How sure it is that some principals can do without what a policy is to lose. Idle ones do not count: nothing that
    /// they use can be lost.
    pub(super) fn confidence(
        &self,
        principals: &[usize],
        updated: Option<&str>,
        grain: Option<Grain>,
        terms: Terms<'_>,
    ) -> Confidence {
        let source = self.source(terms);
        // The day that the window ends, else that of the answers.
        let as_of = self.evaluated.as_deref().or(terms.as_of);
        let of = |at: &usize| {
            let principal = self.inventory.principals.get(*at)?;
            matches!(self.standings.get(*at), Some(Standing::Unused(_))).then_some(())?;
            let known = self.known.get(&principal.arn);
            let newest = known.and_then(|known| known.last_used.values().max());
            Some(Confidence::of(&Facts {
                origin: match source {
                    Source::LastAccessed { .. } => Origin::LastAccessed,
                    _ => Origin::Analyzer,
                },
                window_days: source.window_days().unwrap_or_default(),
                grain,
                as_of,
                analyzed_at: known.and_then(|known| known.analyzed_at.as_deref()),
                policy_updated: updated,
                created: principal.created.as_deref(),
                last_used: principal.last_used.as_deref().or(newest.map(String::as_str)),
                name: &principal.name,
                path: &principal.path,
                tags: &principal.tags,
            }))
        };
        let all = principals.iter().filter_map(of).reduce(|all, one| all.join(&one));
        all.unwrap_or(Confidence { level: Level::High, reasons: Vec::new() })
    }

    /// The ARNs of principals.
    pub(super) fn arns(&self, places: &[usize]) -> Vec<String> {
        places.iter().filter_map(|at| self.inventory.principals.get(*at)).map(|it| it.arn.clone()).collect()
    }
}

/// What the rules leave of the evidence, policy by policy.
pub(super) struct Desk<'p> {
    prepared: &'p Prepared,
    rules: AccountExceptions<'p>,
    catalog: &'p Catalog,
}

impl<'p> Desk<'p> {
    pub(super) fn of(prepared: &'p Prepared, terms: Terms<'p>) -> Self {
        Self { prepared, rules: terms.exceptions.of(&prepared.inventory), catalog: terms.catalog }
    }

    /// What the rules cover in this account.
    pub(super) fn usage(&self) -> Usage {
        self.rules.usage(&self.prepared.standings, self.catalog)
    }
}

impl Wants for Desk<'_> {
    fn needs(&self, principal: usize, policy: &str) -> Cow<'_, Needs> {
        let standing = self.prepared.standings.get(principal);
        let Some((standing, who)) = standing.zip(self.prepared.inventory.principals.get(principal)) else {
            return Cow::Owned(Needs::Everything);
        };
        match standing.needs() {
            Needs::Everything => Cow::Borrowed(&Needs::Everything),
            _ if self.rules.policy(who, policy).is_some() => Cow::Owned(Needs::Everything),
            // What is kept for somebody is kept though he uses nothing: others may share the policy.
            needs => {
                let kept = self.rules.kept(who, policy);
                if kept.is_empty() { Cow::Borrowed(needs) } else { kept.narrow(needs, self.catalog) }
            }
        }
    }

    fn is_excepted(&self, principal: usize, policy: &str) -> bool {
        let who = self.prepared.inventory.principals.get(principal);
        who.is_some_and(|who| self.rules.policy(who, policy).is_some())
    }
}
