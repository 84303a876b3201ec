//! Which of several analyzers tells about an account (E10, E16).

use std::cmp::Reverse;

use super::finding::{AnalysisRule, Analyzer};

/// Whether two spellings of an enum's value mean the same: AWS uses several (E11).
pub(super) fn is(found: &str, wanted: &str) -> bool {
    let letters =
        |text: &str| text.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_lowercase()).collect();
    let (found, wanted): (Vec<u8>, Vec<u8>) = (letters(found), letters(wanted));
    found == wanted
}

impl Analyzer {
    /// What it leaves out; only `GetAnalyzer` tells.
    pub fn rule(&self) -> Option<&AnalysisRule> {
        self.configuration.as_ref()?.unused_access.as_ref()?.analysis_rule.as_ref()
    }

    /// Whether it works.
    pub fn is_active(&self) -> bool {
        self.status.is_empty() || is(&self.status, "ACTIVE")
    }

    /// Whether it is an active unused-access analyzer, of the organisation or of an account itself.
    pub fn is_for(&self, account: &str) -> bool {
        let is_about = is(&self.kind, "ORGANIZATION_UNUSED_ACCESS")
            || is(&self.kind, "ACCOUNT_UNUSED_ACCESS") && self.account() == account;
        self.is_active() && is_about
    }

    /// Whether it looks at an account at all: it is for it, and no rule of it leaves it out.
    pub fn covers(&self, account: &str) -> bool {
        let exclusions = self.rule().into_iter().flat_map(|rule| &rule.exclusions);
        let mut left_out = exclusions.flat_map(|exclusion| &exclusion.account_ids);
        self.is_for(account) && !left_out.any(|id| id == account)
    }

    /// How many accounts and tags it leaves out.
    fn exclusion_count(&self) -> usize {
        let exclusions = self.rule().into_iter().flat_map(|rule| &rule.exclusions);
        exclusions.map(|exclusion| exclusion.account_ids.len() + exclusion.resource_tags.len()).sum()
    }
}

/// The analyzers that cover an account; the findings of the first one count. The longest window comes first, then the fewest
/// exclusions, the customer's own before those that an AWS service manages, an organisation's before the account's, the
/// oldest, and the first by ARN. If every analyzer excludes the account, the result is one of those, so that the report can say so.
pub fn choose_analyzers<'a>(analyzers: &'a [Analyzer], account: &str) -> Vec<&'a Analyzer> {
    let mut covering: Vec<&Analyzer> = analyzers.iter().filter(|analyzer| analyzer.covers(account)).collect();
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
        covering
            .extend(analyzers.iter().filter(|analyzer| analyzer.is_for(account)).min_by_key(|it| &it.arn));
    }
    covering
}
