//! The parts of SARIF 2.1.0 that we write, named as in the standard.

use std::collections::BTreeMap;

use serde::Serialize;

use leastwise_core::visible::visible;

/// Text for people.
#[derive(Debug, Serialize)]
pub(super) struct Message {
    pub(super) text: String,
}

impl Message {
    /// Escapes braces and square brackets, which have a meaning in SARIF. Backslashes before a bracket are doubled,
    /// because an even number of them would otherwise escape each other instead of the bracket. Invisible
    /// characters are written out, because viewers show the text as it is.
    pub(super) fn of(text: &str) -> Self {
        let text = visible(text);
        let mut safe = String::with_capacity(text.len());
        let mut backslashes = 0;
        for c in text.chars() {
            match c {
                '{' | '}' => safe.extend([c, c]),
                '[' | ']' => {
                    safe.extend(std::iter::repeat_n('\\', backslashes + 1));
                    safe.push(c);
                }
                c => safe.push(c),
            }
            backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        }
        Self { text: safe }
    }
}

/// `reportingDescriptor`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    pub(super) id: &'static str,
    pub(super) short_description: Message,
    pub(super) full_description: Message,
    pub(super) help: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) help_uri: Option<String>,
    pub(super) default_configuration: RuleConfiguration,
    pub(super) properties: Tags,
}

#[derive(Debug, Serialize)]
pub(super) struct RuleConfiguration {
    pub(super) level: &'static str,
}

/// Tags that code scanning shows, and a score from 0 to 10 that it turns into a word.
#[derive(Debug, Serialize)]
pub(super) struct Tags {
    pub(super) precision: &'static str,
    #[serde(rename = "security-severity")]
    pub(super) security_severity: &'static str,
    pub(super) tags: [&'static str; 2],
}

/// `result`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifResult {
    pub(super) rule_id: &'static str,
    pub(super) rule_index: usize,
    pub(super) level: &'static str,
    pub(super) message: Message,
    pub(super) locations: [Location; 1],
    pub(super) partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) suppressions: Vec<Suppression>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) baseline_state: Option<&'static str>,
    pub(super) properties: serde_json::Value,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location {
    pub(super) physical_location: PhysicalLocation,
    pub(super) logical_locations: Vec<LogicalLocation>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub(super) artifact_location: ArtifactLocation,
    pub(super) region: Region,
}

/// Code scanning shows a result only if it has a line. The result is about the whole file, so this is line 1.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Region {
    pub(super) start_line: u8,
}

impl Region {
    pub(super) const FIRST: Self = Self { start_line: 1 };
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactLocation {
    pub(super) uri: String,
    pub(super) uri_base_id: &'static str,
}

impl ArtifactLocation {
    /// The URI of a file of the report. `%` and characters that a URI does not allow are written as `%XX`.
    pub(super) fn of(path: &str) -> Self {
        let mut uri = String::with_capacity(path.len());
        for byte in path.bytes() {
            if byte.is_ascii_alphanumeric() || b"-._~/@+=,!$&'()*;".contains(&byte) {
                uri.push(char::from(byte));
            } else {
                uri.push_str(&format!("%{byte:02X}"));
            }
        }
        Self {
            uri,
            uri_base_id: super::BASE,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation {
    pub(super) name: String,
    pub(super) fully_qualified_name: String,
    pub(super) kind: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Suppression {
    pub(super) kind: &'static str,
    pub(super) status: &'static str,
    pub(super) justification: String,
}

/// `invocation`
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation {
    pub(super) execution_successful: bool,
    pub(super) tool_execution_notifications: Vec<Notification>,
}

#[derive(Debug, Serialize)]
pub(super) struct Notification {
    pub(super) level: &'static str,
    pub(super) message: Message,
}
