//! AWS API calls that failed, and what AWS returned.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::visible::is_unseen;

/// An AWS API call that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// API operation, such as `GetAccountAuthorizationDetails`.
    pub operation: String,
    /// Kind of failure.
    pub kind: FailureKind,
    /// Error code that AWS returned, such as `AccessDenied`. Absent if AWS returned none.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "code")]
    pub code: Option<String>,
    /// Error message that AWS returned, on one line. For people only: nothing depends on it.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "message"
    )]
    pub message: Option<String>,
    /// What is invalid in the response, and in which file of a recorded snapshot.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "message"
    )]
    pub detail: Option<String>,
}

impl Failure {
    /// A failure without an error code or message.
    pub fn new(operation: impl Into<String>, kind: FailureKind) -> Self {
        Self {
            operation: operation.into(),
            kind,
            code: None,
            message: None,
            detail: None,
        }
    }

    /// Adds what is invalid in the response. It may quote the response, so it is cleaned.
    #[must_use]
    pub fn because(self, detail: &str) -> Self {
        Self {
            detail: clean_message(detail),
            ..self
        }
    }

    /// Adds the error code and message that AWS returned, cleaned.
    #[must_use]
    pub fn saying(self, code: Option<&str>, message: Option<&str>) -> Self {
        Self {
            code: code.and_then(clean_code),
            message: message.and_then(clean_message),
            ..self
        }
    }

    /// Error code and message, if known.
    pub fn words(&self) -> Option<Cow<'_, str>> {
        match (&self.code, &self.message) {
            (Some(code), Some(message)) => Some(format!("{code}: {message}").into()),
            (code, message) => message.as_deref().or(code.as_deref()).map(Cow::Borrowed),
        }
    }

    /// Error code and message, or what is invalid in the response.
    pub fn reason(&self) -> Option<Cow<'_, str>> {
        self.words().or_else(|| self.detail.as_deref().map(Cow::Borrowed))
    }
}

impl fmt::Display for Failure {
    /// `AssumeRole denied (AccessDenied: User: ... is not authorized to perform: sts:AssumeRole ...)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.operation, self.kind.name())?;
        self.reason().map_or(Ok(()), |words| write!(f, " ({words})"))
    }
}

/// Kind of failure. The text of a message never decides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// Access was denied.
    Denied,
    /// AWS still throttled the call after all retries.
    Throttled,
    /// The credentials expired.
    Expired,
    /// The requested resource does not exist.
    Absent,
    /// The response is invalid.
    Malformed,
    /// No response, or none in time.
    Unreachable,
}

impl FailureKind {
    /// Name in files and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Throttled => "throttled",
            Self::Expired => "expired",
            Self::Absent => "absent",
            Self::Malformed => "malformed",
            Self::Unreachable => "unreachable",
        }
    }
}

/// Maximum length of AWS's message and of its code, in characters.
const LONGEST: usize = 500;
const LONGEST_CODE: usize = 100;
/// A run of base64 of this length is not a word: session tokens and encoded messages look like that.
const TOKEN: usize = 80;

/// AWS's message on one bounded line, without anything that controls a terminal, reverses text or could be a
/// credential. Cleaning twice changes nothing, so that a recorded snapshot gives the same report.
pub fn clean_message(text: &str) -> Option<String> {
    // Signature errors quote the request with its headers, including the session token, on separate lines.
    let first = text.trim_start().lines().next().unwrap_or_default();
    let words = first
        .split(|c: char| c == ' ' || is_unseen(c))
        .filter(|word| !word.is_empty());
    let words: Vec<Cow<'_, str>> = words.map(without_tokens).collect();
    bounded(&words.join(" "), LONGEST)
}

/// Accepts codes of letters and digits, perhaps with a namespace.
fn clean_code(text: &str) -> Option<String> {
    let is_code = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '#' | ':');
    let code: String = text.chars().filter(is_code).take(LONGEST_CODE).collect();
    Some(code).filter(|code| !code.is_empty())
}

fn bounded(text: &str, most: usize) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    if text.chars().count() <= most {
        return Some(text.to_owned());
    }
    let kept: String = text.chars().take(most - 1).collect();
    Some(kept.trim_end().to_owned() + "…")
}

/// Removes a word that could be a token: a long run of base64, in either of its alphabets. Mixing the alphabets
/// would also remove long paths of names.
fn without_tokens(word: &str) -> Cow<'_, str> {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '=' | '%');
    let standard = without_runs(word, |c| is_letter(c) || matches!(c, '+' | '/'));
    match without_runs(&standard, |c| is_letter(c) || matches!(c, '-' | '_')) {
        Cow::Owned(left) => Cow::Owned(left),
        Cow::Borrowed(_) => standard,
    }
}

fn without_runs(word: &str, is_in: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_token = |run: &str| run.len() >= TOKEN;
    if !word.split(|c| !is_in(c)).any(is_token) {
        return Cow::Borrowed(word);
    }
    let mut out = String::new();
    for run in word.split_inclusive(|c| !is_in(c)) {
        let end = run.chars().next_back().filter(|c| !is_in(*c));
        let token = run.trim_end_matches(|c| Some(c) == end);
        out.push_str(if is_token(token) { "…" } else { token });
        out.extend(end);
    }
    Cow::Owned(out)
}

/// Cleans what a file contains, because anyone may have written it.
fn message<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?
        .as_deref()
        .and_then(clean_message))
}

fn code<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?
        .as_deref()
        .and_then(clean_code))
}

#[cfg(test)]
mod tests {
    use super::{Failure, FailureKind, LONGEST, clean_message};

    fn cleaned(text: &str) -> String {
        let once = clean_message(text).unwrap_or_default();
        assert_eq!(
            clean_message(&once).unwrap_or_default(),
            once,
            "cleaning twice changes nothing"
        );
        once
    }

    #[test]
    fn the_words_of_aws_are_one_bounded_line_that_steers_nothing() {
        let denied = "User: arn:aws:sts::111111111111:assumed-role/audit/me is not authorized to perform: sts:AssumeRole";
        assert_eq!(cleaned(denied), denied);
        assert_eq!(cleaned("a\u{1b}[31mb\u{202e}c\t d "), "a [31mb c d");
        assert_eq!(cleaned("Zürich\u{feff}"), "Zürich");
        let long = cleaned(&"word ".repeat(1000));
        assert!(long.chars().count() <= LONGEST && long.ends_with('…'));
        assert_eq!(clean_message(" \n"), None);
    }

    #[test]
    fn what_could_be_a_credential_is_left_out() {
        let token = "IQoJb3JpZ2luX2VjE".repeat(20);
        let quoted = format!(
            "The request signature we calculated does not match.\n\nThe Canonical String should have been\nx-amz-security-token:{token}"
        );
        assert_eq!(
            cleaned(&quoted),
            "The request signature we calculated does not match."
        );
        assert_eq!(
            cleaned(&format!("the token '{token}' is bad")),
            "the token '…' is bad"
        );
        assert_eq!(cleaned(&format!("{token}.{token}")), "….…");
        // The alphabet of JSON web tokens and of URLs.
        let web = "eyJhbGciOi_JIUzI1-NiIsInR5".repeat(5);
        assert_eq!(
            cleaned(&format!("token {web}.{web}: expired")),
            "token ….…: expired"
        );
        let longest = format!(
            "arn:aws:sts::111111111111:assumed-role/{}/{}",
            "a-b_".repeat(16),
            "c-d_".repeat(16)
        );
        assert_eq!(cleaned(&longest), longest, "names are no tokens");
    }

    #[test]
    fn a_failure_is_read_from_a_file_as_it_was_written_and_cleaned_when_somebody_else_wrote_it() {
        let failure =
            Failure::new("AssumeRole", FailureKind::Denied).saying(Some("AccessDenied"), Some("no\nmore"));
        assert_eq!(failure.to_string(), "AssumeRole denied (AccessDenied: no)");
        let text = serde_json::to_string(&failure).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Failure>(&text).ok(), Some(failure));
        let bare = Failure::new("AssumeRole", FailureKind::Denied);
        let text = serde_json::to_string(&bare).unwrap_or_default();
        assert_eq!(text, r#"{"operation":"AssumeRole","kind":"denied"}"#);
        assert_eq!(serde_json::from_str::<Failure>(&text).ok(), Some(bare));
        let odd = r#"{"operation":"AssumeRole","kind":"denied","message":"a\u001bb"}"#;
        let read = serde_json::from_str::<Failure>(odd)
            .ok()
            .and_then(|failure| failure.message);
        assert_eq!(read.as_deref(), Some("a b"));
    }
}
