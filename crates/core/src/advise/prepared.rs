//! One account, ready for decisions: its policies, its evidence, and what is known about each principal.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::Terms;
use crate::answers::Answers;
use crate::arn::last_name;
use crate::catalog::{Catalog, Harvest, Unobserved};
use crate::decide::{
    AccountExceptions, Ages, Circumstances, Confidence, EditScope, EvidenceOrigin, Facts, Grain, GrantAge,
    GrantLog, Holder, Level, PlanFacts, PolicyPlan, Removable, Source, Standing, Usage, emergency,
    granted_before, is_aws_managed, standings,
};
use crate::evidence::Evidence;
use crate::evidence::{Failure, FailureKind, PrincipalEvidence, Windows, join};
use crate::inventory::Inventory;
use crate::inventory::wire::{Account, InlinePolicy, ManagedPolicyDetail, PolicyText};
use crate::policy::{ActionSet, Document};

/// Window of an analyzer that does not return one: AWS's default of 90 days.
const USUAL_WINDOW: u32 = 90;

/// One account, ready for decisions.
#[derive(Debug)]
pub struct Prepared {
    pub(super) inventory: Inventory,
    pub(super) evidence: Result<Evidence, Failure>,
    /// What is known about each principal, by ARN.
    pub(super) known: BTreeMap<String, PrincipalEvidence>,
    /// Newest date on which AWS evaluated the use of one of them.
    evaluated: Option<String>,
    /// In the order of the inventory's principals.
    pub(super) standings: Vec<Standing>,
    /// Why a principal looks like emergency access, in the same order.
    pub(super) emergencies: Vec<Option<String>>,
    /// Since when each policy is held, where the evidence does not look at that itself.
    pub(super) grants: Option<GrantLog>,
}

/// What the confidence in a change depends on.
pub(super) struct ConfidenceFacts<'p> {
    /// The affected principals.
    pub(super) reaches: &'p [usize],
    /// When the policy last changed, if IAM returns it.
    pub(super) updated: Option<&'p str>,
    /// Whether services, actions or both are unused.
    pub(super) grain: Option<Grain>,
    /// How long the policy has been attached.
    pub(super) age: GrantAge,
}

impl<'p> ConfidenceFacts<'p> {
    /// For a change of a policy for some of its principals.
    pub(super) fn of(held: &'p PolicyPlan<'_>, part: &'p EditScope<'_>, grain: Option<Grain>) -> Self {
        Self {
            reaches: &part.reaches,
            updated: held.updated,
            grain,
            age: held.age(&part.holders),
        }
    }
}

impl Prepared {
    /// Whether a group's name or path suggests emergency access.
    pub(super) fn is_reserve_group(&self, name: &str) -> bool {
        let group = self.inventory.groups.get(name);
        group.is_some_and(|group| emergency(&group.group_name, &group.path, &[]).is_some())
    }

    /// Combines the responses about an account. `earlier` is what earlier runs saw of its grants.
    ///
    /// # Errors
    /// Why its principals and policies could not be read.
    pub fn of(
        account: &Account,
        answers: Answers,
        terms: Terms<'_>,
        earlier: Option<&GrantLog>,
    ) -> Result<Self, Failure> {
        let Answers {
            authorization,
            evidence,
        } = answers;
        let inventory = Inventory::new(account.clone(), authorization?).map_err(|error| {
            let failure = Failure::new("GetAccountAuthorizationDetails", FailureKind::Malformed);
            failure.saying(None, Some(&error.to_string()))
        })?;
        let known = evidence.as_ref().map_or_else(
            |_| BTreeMap::new(),
            |evidence| {
                let findings = evidence
                    .analyzer
                    .as_ref()
                    .and_then(|it| it.window_days())
                    .unwrap_or(USUAL_WINDOW);
                let windows = Windows {
                    findings,
                    last_accessed: terms.window_days,
                };
                join(&evidence.findings, &evidence.last_accessed, windows)
            },
        );
        let evaluated = known
            .values()
            .filter_map(|known| known.analyzed_at.as_ref())
            .max()
            .cloned();
        let all = inventory.principals.iter();
        let emergencies = all.map(|it| emergency(&it.name, &it.path, &it.tags)).collect();
        let mut prepared = Self {
            inventory,
            evidence,
            known,
            evaluated,
            standings: Vec::new(),
            emergencies,
            grants: None,
        };
        let rules = terms.exceptions.of(&prepared.inventory);
        let around = Circumstances {
            source: prepared.source(terms),
            as_of: terms.as_of,
            oldest_days: terms.oldest_days,
            excluded: &|principal| rules.principal(principal),
        };
        let standings = standings(&prepared.inventory, &prepared.known, &around);
        let by_last_accessed = matches!(around.source, Source::LastAccessed { .. });
        let today = prepared.today(terms).filter(|_| by_last_accessed);
        prepared.grants = today.map(|today| GrantLog::of(&prepared.inventory, earlier, today));
        prepared.standings = standings;
        Ok(prepared)
    }

    /// Since when each policy is held, where the evidence does not look at that itself.
    pub fn grants(&self) -> Option<&GrantLog> {
        self.grants.as_ref()
    }

    /// Date to which ages are counted: that of the responses, otherwise that of the evidence.
    fn today<'p>(&'p self, terms: Terms<'p>) -> Option<&'p str> {
        terms.as_of.or(self.evaluated.as_deref())
    }

    /// Last date that all evidence covers. What was granted later had no time to be used.
    fn until<'p>(&'p self, terms: Terms<'p>) -> Option<&'p str> {
        let oldest = self
            .known
            .values()
            .filter_map(|known| known.oldest.as_deref())
            .min();
        self.today(terms).into_iter().chain(oldest).min()
    }

    /// All inline policies.
    fn inline(&self) -> impl Iterator<Item = &InlinePolicy> {
        let principals = self.inventory.principals.iter();
        let principals = principals.flat_map(|principal| &principal.inline);
        let groups = self.inventory.groups.values();
        principals.chain(groups.flat_map(|group| &group.group_policy_list))
    }

    /// The policies that people of the account wrote, inline and customer-managed ones: name and document.
    pub fn own_documents(&self) -> impl Iterator<Item = (&str, &str)> {
        let managed = self.inventory.managed.values();
        let managed = managed.filter(|policy| !is_aws_managed(&policy.arn));
        let managed = managed.filter_map(|policy| Some((last_name(&policy.arn), policy.document()?)));
        let inline = self.inline();
        let inline = inline.map(|policy| (policy.policy_name.as_str(), &policy.policy_document));
        inline.chain(managed).map(|(name, text)| (name, text.0.as_str()))
    }

    /// What its policies and its evidence name beyond the catalog.
    pub(super) fn harvest(&self, catalog: &Catalog) -> Harvest {
        let mut harvest = Harvest::default();
        let managed = self
            .inventory
            .managed
            .values()
            .filter_map(ManagedPolicyDetail::document);
        // Many principals have the same text.
        let texts: BTreeSet<&PolicyText> = self
            .inline()
            .map(|policy| &policy.policy_document)
            .chain(managed)
            .collect();
        for document in texts.into_iter().filter_map(|text| Document::parse(&text.0).ok()) {
            harvest.add_document(catalog, &document);
        }
        self.known
            .values()
            .for_each(|known| harvest.add_evidence(catalog, &known.observed));
        harvest
    }

    /// Account ID.
    pub fn account(&self) -> &str {
        &self.inventory.account.id
    }

    /// Source of the account's evidence.
    pub(super) fn source(&self, terms: Terms<'_>) -> Source<'_> {
        match &self.evidence {
            Err(failure) => Source::Failed(failure),
            Ok(evidence) => match &evidence.analyzer {
                Some(analyzer) => {
                    let window_days = analyzer.window_days().unwrap_or(USUAL_WINDOW);
                    Source::Analyzer {
                        analyzer,
                        window_days,
                    }
                }
                None if !evidence.last_accessed.is_empty() => Source::LastAccessed {
                    window_days: terms.window_days,
                },
                None => Source::None,
            },
        }
    }

    /// Confidence that some principals do not need what a policy loses. Idle ones do not count, because they lose
    /// nothing that they use.
    pub(super) fn confidence(&self, about: &ConfidenceFacts<'_>, terms: Terms<'_>) -> Confidence {
        let source = self.source(terms);
        // The day that the window ends, else that of the answers.
        let as_of = self.evaluated.as_deref().or(terms.as_of);
        let of = |at: &usize| {
            let principal = self.inventory.principals.get(*at)?;
            if !matches!(self.standings.get(*at), Some(Standing::Unused(_))) {
                return None;
            }
            let known = self.known.get(&principal.arn);
            let newest = known.and_then(|known| known.last_used.values().max());
            Some(Confidence::of(&Facts {
                origin: match source {
                    Source::LastAccessed { .. } => EvidenceOrigin::LastAccessed,
                    _ => EvidenceOrigin::Analyzer,
                },
                window_days: source.window_days().unwrap_or_default(),
                grain: about.grain,
                as_of,
                analyzed_at: known.and_then(|known| known.analyzed_at.as_deref()),
                policy_updated: about.updated,
                grant_age_unknown: about.age == GrantAge::Unknown,
                created: principal.created.as_deref(),
                last_used: principal.last_used.as_deref().or(newest.map(String::as_str)),
                name: &principal.name,
                path: &principal.path,
                tags: &principal.tags,
            }))
        };
        let all = about
            .reaches
            .iter()
            .filter_map(of)
            .reduce(|all, one| all.join(&one));
        all.unwrap_or(Confidence {
            level: Level::High,
            reasons: Vec::new(),
        })
    }

    /// ARNs of principals.
    pub(super) fn arns(&self, places: &[usize]) -> Vec<String> {
        places
            .iter()
            .filter_map(|at| self.inventory.principals.get(*at))
            .map(|it| it.arn.clone())
            .collect()
    }
}

/// What rules and the age of grants leave of the evidence, policy by policy.
pub(super) struct RemovableActions<'p> {
    prepared: &'p Prepared,
    rules: AccountExceptions<'p>,
    terms: Terms<'p>,
    ages: Option<Ages<'p>>,
}

impl<'p> RemovableActions<'p> {
    pub(super) fn of(prepared: &'p Prepared, terms: Terms<'p>) -> Self {
        let ages = prepared
            .grants
            .as_ref()
            .zip(prepared.until(terms))
            .map(|(log, until)| Ages {
                inventory: &prepared.inventory,
                log,
                until,
                window_days: prepared.source(terms).window_days().unwrap_or_default(),
            });
        Self {
            prepared,
            rules: terms.exceptions.of(&prepared.inventory),
            terms,
            ages,
        }
    }

    /// What the rules cover in this account.
    pub(super) fn usage(&self) -> Usage {
        self.rules.usage(&self.prepared.standings, self.terms.catalog)
    }

    /// Whether the document of a managed policy changed within the window of last-accessed data.
    pub(super) fn changed_lately(&self, policy: &str) -> bool {
        self.ages.is_some_and(|ages| ages.older(policy).is_some())
    }

    /// The part that the earlier document also granted, if the policy changed within the window.
    fn settled<'n>(&self, removable: Cow<'n, Removable>, policy: &str) -> Cow<'n, Removable> {
        let Some(older) = self.ages.and_then(|ages| ages.older(policy)) else {
            return removable;
        };
        let current = self
            .prepared
            .inventory
            .managed
            .get(policy)
            .and_then(ManagedPolicyDetail::document);
        let documents = current
            .and_then(|text| Document::parse(&text.0).ok())
            .zip(Document::parse(&older.0).ok());
        match documents {
            Some((current, older)) => {
                Cow::Owned(granted_before(&removable, &current, &older, self.terms.basis()))
            }
            // What cannot be read cannot be compared.
            None => Cow::Owned(Removable::Nothing),
        }
    }
}

impl PlanFacts for RemovableActions<'_> {
    fn removable(&self, principal: usize, policy: &str) -> Cow<'_, Removable> {
        let standing = self.prepared.standings.get(principal);
        let Some((standing, who)) = standing.zip(self.prepared.inventory.principals.get(principal)) else {
            return Cow::Owned(Removable::Nothing);
        };
        match standing.removable() {
            Removable::Nothing => Cow::Borrowed(&Removable::Nothing),
            _ if self.rules.policy(who, policy).is_some() => Cow::Owned(Removable::Nothing),
            // An exception also holds for a principal that uses nothing, because others may share the policy.
            removable => {
                let kept = self.rules.kept(who, policy);
                self.settled(kept.narrow(removable, self.terms.basis()), policy)
            }
        }
    }

    fn used(&self, principal: usize) -> Cow<'_, ActionSet> {
        let who = self.prepared.inventory.principals.get(principal);
        let known = who.and_then(|who| self.prepared.known.get(&who.arn));
        known.map_or_else(Cow::default, |known| Cow::Borrowed(&known.observed.used))
    }

    fn unobserved(&self) -> &Unobserved {
        self.terms.unobserved
    }

    fn is_reserve(&self, principal: usize) -> bool {
        self.prepared
            .emergencies
            .get(principal)
            .is_some_and(Option::is_some)
    }

    fn is_reserve_group(&self, group: &str) -> bool {
        self.prepared.is_reserve_group(group)
    }

    fn age(&self, holder: Holder<'_>, policy: &str) -> GrantAge {
        self.ages
            .map_or(GrantAge::Settled, |ages| ages.of(holder, policy))
    }

    fn is_excepted(&self, principal: usize, policy: &str) -> bool {
        let who = self.prepared.inventory.principals.get(principal);
        who.is_some_and(|who| self.rules.policy(who, policy).is_some())
    }
}
