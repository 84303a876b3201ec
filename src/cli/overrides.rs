//! Which configuration key each option overrides.

use super::{ReportArgs, SourceArgs, StateArg};
use crate::config::Overrides;

impl SourceArgs {
    /// What these flags override.
    pub fn overrides(&self) -> Overrides {
        Overrides::default()
            .text("profile", "--profile", &self.profile)
            .text("region", "--region", &self.region)
            .text("assume.role", "--role", &self.role)
            .text("assume.external-id", "--external-id", &self.external_id)
            .text("accounts.own", "--own-account", &self.own_account.then_some(true))
            .list("accounts.list", "--accounts", &self.accounts)
            .list("accounts.include", "--include", &self.include)
            .list("accounts.exclude", "--exclude", &self.exclude)
            .text("evidence", "--evidence", &self.evidence)
            .text("window-days", "--window-days", &self.window_days)
            .text("analyzer", "--analyzer", &self.analyzer)
    }
}

impl StateArg {
    /// What this flag overrides.
    pub fn overrides(&self) -> Overrides {
        Overrides::default().path("state", "--state", &self.state)
    }
}

impl ReportArgs {
    /// What these flags override.
    pub fn overrides(&self) -> Overrides {
        Overrides::default()
            .text("shared", "--shared", &self.shared)
            .text("wildcards", "--wildcards", &self.wildcards)
            .list("keep", "--keep", &self.keep)
            .text("min-confidence", "--min-confidence", &self.min_confidence)
            .paths("terraform-state", "--terraform-state", &self.terraform_state)
            .paths("iac", "--iac", &self.iac)
            .path("out", "--out", &self.out)
            .list("formats", "--format", &self.format)
            .text("split-by", "--split-by", &self.split_by)
            .text("ready-after", "--ready-after", &self.ready_after)
            .path("catalog", "--catalog", &self.catalog.catalog)
    }
}
