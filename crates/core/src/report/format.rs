//! Output formats of a report, as the configuration and the report name them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An output format besides JSON, as in `formats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// `asff/<account>/0001.json`, `0002.json`, and so on
    Asff,
    /// `changes/`: scripts of AWS CLI commands
    Changes,
    /// `changes/<account>/cloudformation.template.json`
    CloudFormation,
    /// `findings.csv`
    Csv,
    /// `index.html` and a page for each account
    Html,
    /// `findings.ocsf.jsonl`
    Ocsf,
    /// `report.sarif`
    Sarif,
    /// `summary.md`
    Summary,
    /// `changes/<account>/terraform/`
    Terraform,
    /// `tickets/`
    Tickets,
}

impl ReportFormat {
    /// All formats, sorted by name.
    pub const ALL: [Self; 10] = [
        Self::Asff,
        Self::Changes,
        Self::CloudFormation,
        Self::Csv,
        Self::Html,
        Self::Ocsf,
        Self::Sarif,
        Self::Summary,
        Self::Terraform,
        Self::Tickets,
    ];

    /// Formats written by default. The others must be requested.
    pub const DEFAULT: [Self; 7] = [
        Self::Changes,
        Self::Csv,
        Self::Html,
        Self::Ocsf,
        Self::Sarif,
        Self::Summary,
        Self::Tickets,
    ];

    /// Name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Asff => "asff",
            Self::Changes => "changes",
            Self::Csv => "csv",
            Self::CloudFormation => "cloudformation",
            Self::Html => "html",
            Self::Ocsf => "ocsf",
            Self::Sarif => "sarif",
            Self::Summary => "summary",
            Self::Terraform => "terraform",
            Self::Tickets => "tickets",
        }
    }
}

/// What `split-by` creates a pack for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SplitBy {
    /// One pack for each owner.
    Owner,
    /// One pack for each account.
    Account,
    /// One pack for each organisational unit.
    Ou,
}
