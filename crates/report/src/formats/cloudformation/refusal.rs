//! Changes that CloudFormation cannot make, and why.

use super::super::infrastructure::{Resource, ResourceChange};

const EVALUATED: &str =
    "its document holds what CloudFormation would evaluate as a reference, a function or a macro";
const ODD_PATH: &str = "the path of the policy is none that CloudFormation takes";

/// Why CloudFormation cannot make a change, if it cannot.
pub(super) fn refusal(change: &ResourceChange<'_>) -> Option<&'static str> {
    change.resources.iter().find_map(|resource| {
        let (path, documents) = match resource {
            Resource::Inline { before, after, .. } => (None, vec![before, after]),
            Resource::Managed {
                policy,
                before,
                after,
            } => (Some(&policy.path), vec![before, after]),
            Resource::Copy { policy, document, .. } => (Some(&policy.path), vec![document]),
            Resource::Attachment { .. } => return None,
        };
        if documents.iter().any(|document| is_evaluated(document)) {
            return Some(EVALUATED);
        }
        let is_odd = |path: &&String| {
            let inner = path.strip_prefix('/').and_then(|it| it.strip_suffix('/'));
            let takes = |byte: u8| byte.is_ascii_alphanumeric() || b".,+@=_-".contains(&byte);
            let is_part = |part: &str| !part.is_empty() && part.bytes().all(takes);
            path.as_str() != "/" && !inner.is_some_and(|inner| inner.split('/').all(is_part))
        };
        path.filter(is_odd).map(|_| ODD_PATH)
    })
}

/// Whether CloudFormation would evaluate part of a document: it resolves dynamic references in any text, and `Ref`
/// and `Fn::Transform` in any key. The author of a policy must not make a deployment read secrets.
fn is_evaluated(document: &str) -> bool {
    fn any(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::String(text) => text.contains("{{"),
            serde_json::Value::Array(items) => items.iter().any(any),
            serde_json::Value::Object(members) => members.iter().any(|(key, value)| {
                key == "Ref" || key.starts_with("Fn::") || key.contains("{{") || any(value)
            }),
            _ => false,
        }
    }
    serde_json::from_str(document).map_or(true, |value| any(&value))
}

#[cfg(test)]
mod tests {
    use super::is_evaluated;

    #[test]
    fn a_document_that_a_template_would_evaluate_is_seen() {
        for document in [
            r#"{"Sid":"{{resolve:ssm:secret}}"}"#,
            r#"{"Sid":"\u007b{resolve:secretsmanager:x}}"}"#,
            r#"{"Statement":[{"Condition":{"Ref":"AWS::Region"}}]}"#,
            r#"{"Statement":[{"Condition":{"Fn::Transform":{"Name":"AWS::Include"}}}]}"#,
            r#"{"Condition":{"StringEquals":{"{{resolve:ssm:x}}":"y"}}}"#,
        ] {
            assert!(is_evaluated(document), "{document}");
        }
        let usual =
            r#"{"Resource":"arn:aws:s3:::b/${aws:username}/*","Condition":{"StringLike":{"a":"${x}"}}}"#;
        assert!(!is_evaluated(usual));
    }
}
