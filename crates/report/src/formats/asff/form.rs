//! The parts of the AWS Security Finding Format that we write, under its own names and within its limits.

use std::collections::BTreeMap;

use serde::Serialize;

use leastwise_core::visible::visible_line;

/// Maximum length of a title, in characters.
pub(super) const TITLE: usize = 256;
/// Maximum length of a description.
pub(super) const DESCRIPTION: usize = 1024;
/// Maximum length of a remediation text.
pub(super) const MEND: usize = 512;
/// Maximum length of the ID of a finding or resource.
pub(super) const ID: usize = 512;
/// Maximum length of a value in `ProductFields`.
pub(super) const FIELD: usize = 2048;
/// Maximum number of resources of a finding.
pub(super) const RESOURCES: usize = 32;

/// `AwsSecurityFinding`
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AsffFinding {
    /// ID of the finding, the same as in other formats.
    #[serde(skip)]
    pub(super) uid: String,
    /// ARN of the principal, if the finding is about only one.
    #[serde(skip)]
    pub(super) principal: Option<String>,
    pub(super) schema_version: &'static str,
    pub(super) id: String,
    pub(super) product_arn: String,
    pub(super) product_name: &'static str,
    pub(super) generator_id: String,
    pub(super) aws_account_id: String,
    pub(super) types: [&'static str; 1],
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) last_observed_at: String,
    pub(super) severity: AsffSeverity,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) remediation: AsffRemediation,
    pub(super) product_fields: BTreeMap<&'static str, String>,
    pub(super) resources: Vec<AsffResource>,
    pub(super) workflow: Workflow,
    pub(super) record_state: &'static str,
    pub(super) finding_provider_fields: ProviderFields,
}

/// Fields that the provider of a finding may update after the first import.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ProviderFields {
    pub(super) severity: AsffSeverity,
    pub(super) types: [&'static str; 1],
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AsffSeverity {
    pub(super) label: &'static str,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AsffRemediation {
    pub(super) recommendation: AsffText,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AsffText {
    pub(super) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AsffResource {
    pub(super) r#type: &'static str,
    pub(super) id: String,
    pub(super) partition: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Workflow {
    pub(super) status: &'static str,
}

/// Text on one line within the limit. Cut text is marked, and two IDs that are cut stay different.
pub(super) fn fitted(text: &str, most: usize) -> String {
    const MARK: &str = " ...";
    let line = visible_line(text);
    if line.trim().is_empty() {
        // Required fields are never empty.
        return "-".to_owned();
    }
    if line.chars().count() <= most {
        return line.into_owned();
    }
    line.chars().take(most - MARK.len()).chain(MARK.chars()).collect()
}

/// An ID within the limit. A longer one ends with a hash of the whole.
pub(super) fn fitted_id(text: &str) -> String {
    let fitted = fitted(text, ID);
    if fitted == text {
        return fitted;
    }
    let digest = leastwise_core::digest::sha256(text.as_bytes());
    let head: String = fitted.chars().take(ID - 17).collect();
    format!("{head}~{}", digest.get(..16).unwrap_or_default())
}
