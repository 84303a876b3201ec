//! What a report is written as, as the configuration and the report itself name it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A form in which a report is written beside JSON: an entry of `formats`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// `asff/<account>/0001.json` and on
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
    /// All of them, in the order of their names.
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

    /// Those that are written unless others are named; the rest is for those who ask.
    pub const DEFAULT: [Self; 7] =
        [Self::Changes, Self::Csv, Self::Html, Self::Ocsf, Self::Sarif, Self::Summary, Self::Tickets];

    /// As the configuration calls it.
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

/// By what packs are made: `split-by`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SplitBy {
    /// A pack for every owner.
    Owner,
    /// A pack for every account.
    Account,
    /// A pack for the accounts of every organisational unit.
    Ou,
}
