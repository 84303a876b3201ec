//! Which of several analyzers to use for an account (E10, E16).

use std::cmp::Reverse;

use super::finding::{AnalysisRule, Analyzer};

/// Whether two spellings of an enum value are the same: AWS uses several (E11).
pub(super) fn is(found: &str, wanted: &str) -> bool {
    let letters = |text: &str| {
        text.bytes()
            .filter(u8::is_ascii_alphanumeric)
            .map(|b| b.to_ascii_lowercase())
            .collect()
    };
    let (found, wanted): (Vec<u8>, Vec<u8>) = (letters(found), letters(wanted));
    found == wanted
}

impl Analyzer {
    /// Its exclusions; only `GetAnalyzer` returns them.
    pub fn rule(&self) -> Option<&AnalysisRule> {
        self.configuration
            .as_ref()?
            .unused_access
            .as_ref()?
            .analysis_rule
            .as_ref()
    }

    /// Whether its status is active.
    pub fn is_active(&self) -> bool {
        self.status.is_empty() || is(&self.status, "ACTIVE")
    }

    /// Whether it is an active unused-access analyzer of the organisation or of the account.
    pub fn is_for(&self, account: &str) -> bool {
        let is_about = is(&self.kind, "ORGANIZATION_UNUSED_ACCESS")
            || is(&self.kind, "ACCOUNT_UNUSED_ACCESS") && self.account() == account;
        self.is_active() && is_about
    }

    /// Whether it analyzes an account: it is for the account, and no rule excludes it.
    pub fn covers(&self, account: &str) -> bool {
        let exclusions = self.rule().into_iter().flat_map(|rule| &rule.exclusions);
        let mut left_out = exclusions.flat_map(|exclusion| &exclusion.account_ids);
        self.is_for(account) && !left_out.any(|id| id == account)
    }

    /// Number of excluded accounts and tags.
    fn exclusion_count(&self) -> usize {
        let exclusions = self.rule().into_iter().flat_map(|rule| &rule.exclusions);
        exclusions
            .map(|exclusion| exclusion.account_ids.len() + exclusion.resource_tags.len())
            .sum()
    }
}

/// The analyzers that cover an account; the findings of the first one are used. Order: longest window, fewest
/// exclusions, customer-managed before service-managed, the organisation's before the account's, oldest, first ARN.
/// If every analyzer excludes the account, the result is one of them, so that the report can say so.
pub fn choose_analyzers<'a>(analyzers: &'a [Analyzer], account: &str) -> Vec<&'a Analyzer> {
    let mut covering: Vec<&Analyzer> = analyzers
        .iter()
        .filter(|analyzer| analyzer.covers(account))
        .collect();
    covering.sort_by_key(|analyzer| {
        (
            Reverse(analyzer.window_days().unwrap_or_default()),
            analyzer.exclusion_count(),
            analyzer.managed_by.is_some(),
            !is(&analyzer.kind, "ORGANIZATION_UNUSED_ACCESS"),
            analyzer.created_at.as_deref().unwrap_or("~"),
            analyzer.arn.as_str(),
        )
    });
    covering.dedup_by(|later, first| later.arn == first.arn);
    if covering.is_empty() {
        covering.extend(
            analyzers
                .iter()
                .filter(|analyzer| analyzer.is_for(account))
                .min_by_key(|it| &it.arn),
        );
    }
    covering
}
